"""What `ip` says, as the oracle: a second program, with its own decoder and its own way to tell whose id is whose."""

import json
import subprocess
from collections.abc import Iterable
from typing import Any

Place = tuple[str, int]
"""(name of a namespace, ifindex)."""


def ip(*arguments: str, netns: str | None = None, stdin: str | None = None, check: bool = True) -> str:
    """Run `ip`, in a namespace that has a name or a path."""
    command = [*_into(netns), *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(command)}: {done.stderr}")
    return done.stdout


def _into(netns: str | None) -> tuple[str, ...]:
    if netns is None:
        return ("ip",)
    return ("nsenter", f"--net={netns}", "ip") if netns.startswith("/") else ("ip", "-n", netns)


def batch(netns: str, lines: Iterable[str]) -> None:
    """Run many commands in one program; what the kernel refuses is passed over."""
    ip("-force", "-batch", "-", netns=netns, stdin="\n".join(lines) + "\n", check=False)


def links_by_ip(netns: str) -> dict[Place, dict[str, Any]]:
    """Every link of a namespace in the words of `ip -d -j link`, with the place of its far end."""
    listed = json.loads(ip("-d", "-j", "link", netns=netns) or "[]")
    index_of = {link["ifname"]: link["ifindex"] for link in listed}
    names = {row["nsid"]: row.get("name") for row in json.loads(ip("-j", "netns", "list-id", netns=netns) or "[]")}
    found = {}
    for link in listed:
        kind = link.get("linkinfo", {})
        data = kind.get("info_data", {})
        far: Place | str | None = None
        lower = link.get("link") or data.get("link")
        if kind.get("info_kind") == "vxlan" and "link_netnsid" in link:
            lower = None  # `ip` looks its ifindex up in the wrong namespace
        elif "link_netnsid" in link:
            # an id that the second question no longer finds: that namespace died between the two, nothing equals it
            far = (names.get(link["link_netnsid"], "died meanwhile"), link["link_index"])
        if far is None and lower:
            far = (netns, index_of[lower]) if lower in index_of else "unknown"  # it is about to die
        found[netns, link["ifindex"]] = {
            "name": link["ifname"],
            "kind": kind.get("info_kind"),
            "mac": link.get("address"),
            "mtu": link["mtu"],
            "up": "UP" in link["flags"],
            "carrier": "LOWER_UP" in link["flags"],
            "operstate": link["operstate"].lower(),
            "master": index_of[link["master"]] if "master" in link else 0,
            "altnames": sorted(link.get("altnames", [])),
            "alias": link.get("ifalias"),
            "far": far,
            "mode": data.get("mode") if kind.get("info_kind") in ("macvlan", "macvtap") else None,
            "vni": data.get("id") if kind.get("info_kind") == "vxlan" else None,
            "isolated": kind.get("info_slave_data", {}).get("isolated"),
            "hairpin": kind.get("info_slave_data", {}).get("hairpin"),
            "addresses": addresses_by_ip(netns).get(link["ifindex"], []),
        }
    return found


def addresses_by_ip(netns: str) -> dict[int, list[str]]:
    """ifindex -> its addresses with their prefix length, sorted."""
    listed = json.loads(ip("-j", "address", netns=netns) or "[]")
    return {
        link["ifindex"]: sorted(f"{one['local']}/{one['prefixlen']}" for one in link["addr_info"] if "local" in one)
        for link in listed
    }
