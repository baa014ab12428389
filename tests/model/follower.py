"""A client of `jackfield watch --json`: it knows the contract and nothing else, and keeps a graph of its own true."""

from typing import Any

from model.ethernet import link_local

Line = dict[str, Any]

LABELS = ("address", "name")
"""What things are called follows from names and owners: a follower works that out, or reads it from each line."""

SIMPLE = {
    "mac": "mac",
    "attached": "master",
    "detached": "master",
    "up": "up",
    "down": "up",
    "carrier": "carrier",
    "operstate": "operstate",
    "mtu": "mtu",
    "alias": "alias",
    "altname": "altnames",
    "options": "detail",
    "port": "port",
    "held": "held_by",
}


class Follower:
    """Namespaces and links by id, from a first snapshot and the lines after it. An unknown subject is an error."""

    def __init__(self, snapshot: Line) -> None:
        self.namespaces = {namespace["id"]: dict(namespace) for namespace in snapshot["namespaces"]}
        self.links = {link["id"]: dict(link) for link in snapshot["links"]}

    def follow(self, line: Line) -> None:
        what, subject, before, after = line["what"], line["subject"], line["before"], line["after"]
        match what:
            case "namespace-added":
                assert subject not in self.namespaces
                self.namespaces[subject] = dict(after)
            case "namespace-removed":
                del self.namespaces[subject]
            case "namespace-renamed":
                self.namespaces[subject]["names"] = after
            case "namespace":
                self.namespaces[subject].update(after)
            case "owner-added":
                self.namespaces[subject]["owners"].append(after)
            case "owner-removed":
                self.namespaces[subject]["owners"].remove(before)
            case "link-added":
                assert subject not in self.links
                self.links[subject] = dict(after)
            case "link-removed":
                del self.links[subject]
            case "moved":
                self.links.pop(before["id"], None)
                self.links[subject] = dict(after)
            case "resynced":
                pass
            case _:
                self._follow_link(self.links[subject], line)

    def _follow_link(self, link: Line, line: Line) -> None:
        what, before, after = line["what"], line["before"], line["after"]
        match what:
            case "renamed":
                assert link["name"] == before
                link["name"], link["name_hex"] = after, line["name_hex"]
            case "mode":
                link["detail"] = {**link["detail"], "mode": after}
            case "address-added":
                link["addresses"] = [*link["addresses"], after]
            case "address-removed":
                link["addresses"] = list(link["addresses"])
                link["addresses"].remove(before)
            case "peer" | "parent":
                link[what], link[f"{what}_state"] = after, line["state"]
            case _:
                assert link[SIMPLE[what]] == before, (what, link, before)
                link[SIMPLE[what]] = after
                link["link_local"] = link_local(link["mac"])

    def picture(self) -> Line:
        return picture({"namespaces": list(self.namespaces.values()), "links": list(self.links.values())})


def picture(snapshot: Line) -> Line:
    """What two snapshots must agree in: everything but labels, and the order of lists that have none."""
    return {
        "namespaces": {one["id"]: _unlabelled(one, "owners", label="name") for one in snapshot["namespaces"]},
        "links": {one["id"]: _unlabelled(one, "addresses", label="address") for one in snapshot["links"]},
    }


def _unlabelled(one: Line, unordered: str, *, label: str) -> Line:
    kept = {key: value for key, value in one.items() if key != label}
    kept[unordered] = sorted(kept[unordered], key=repr)
    return kept
