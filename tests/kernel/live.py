"""A live graph of this machine, fed by a LinuxHost, and the question whether it is true."""

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

from backend.host import LinuxHost
from model.change import Change, What
from model.facts import Fact
from model.identity import LinkId, NamespaceId
from model.topology import Topology
from tests.kernel.iproute import Place, links_by_ip

Picture = dict[Place, dict[str, Any]]


class LiveGraph:
    """The graph that the program would show now."""

    def __init__(self, host: LinuxHost) -> None:
        self.host = host
        self.topology = Topology()
        self.changes: list[Change] = []
        self.batches = 0
        self._told = threading.Condition()

    def deliver(self, facts: list[Fact]) -> None:
        """Take a batch; called by the host's thread."""
        with self._told:
            changes = self.topology.apply(facts)
            if self.batches:
                self.changes += changes
            self.batches += 1
            self._told.notify_all()

    def picture(self, netns: Collection[str]) -> Picture:
        """What it holds of these named namespaces."""
        with self._told:
            return picture_of(self.topology, netns)

    def wait_for(self, condition: Callable[["LiveGraph"], bool], seconds: float = 40) -> bool:
        """Until the condition holds after some batch; False when it never did."""
        with self._told:
            return self._told.wait_for(lambda: condition(self), seconds)

    def wait_until_equal(self, netns: Collection[str], truth: Callable[[], Picture], seconds: float = 40) -> list[str]:
        """The differences from the truth that are left when they are none, or when the time is over."""
        end = time.monotonic() + seconds
        while True:
            found = differences(self.picture(netns), truth())
            left = end - time.monotonic()
            if not found or left <= 0:
                return found
            with self._told:
                self._told.wait(min(left, 0.5))

    @property
    def resyncs(self) -> int:
        """How often events were lost, and everything was read again."""
        return sum(change.what is What.RESYNCED for change in self.changes)


@contextmanager
def live_graph(**options: Any) -> Iterator[LiveGraph]:
    """A graph that lives as long as the body; the options are LinuxHost's."""
    host = LinuxHost(**options)
    graph = LiveGraph(host)
    host.start(graph.deliver)
    try:
        assert graph.wait_for(lambda graph: graph.batches > 0)
        yield graph
    finally:
        host.close()


def fresh_picture(netns: Collection[str]) -> Picture:
    """What a program that starts now sees."""
    topology = Topology()
    topology.apply(LinuxHost().read())
    return picture_of(topology, netns)


def true_picture(netns: Collection[str]) -> Picture:
    """What `ip` says, namespace by namespace."""
    return {place: link for name in netns for place, link in links_by_ip(name).items()}


def picture_of(topology: Topology, netns: Collection[str]) -> Picture:
    """The links of named namespaces in the form of `links_by_ip`."""
    name_of: dict[NamespaceId, str] = {}
    for namespace in topology.namespaces():
        for name in namespace.names:
            name_of[namespace.id] = name

    def place(link: object) -> Place | str | None:
        if link is None:
            return None
        return (name_of.get(link.namespace, link.namespace), link.ifindex) if isinstance(link, LinkId) else "unknown"

    found: Picture = {}
    for namespace in topology.namespaces():
        if not set(namespace.names) & set(netns):
            continue
        for link in topology.links(namespace.id):
            detail = link.detail
            across = isinstance(link.parent, LinkId) and link.parent.namespace != namespace.id
            found[name_of[namespace.id], link.id.ifindex] = {
                "name": link.name,
                "kind": None if link.kind in ("device", "loopback") else link.kind,
                "mac": link.mac,
                "mtu": link.mtu,
                "up": link.up,
                "carrier": link.carrier,
                "operstate": link.operstate,
                "master": link.master,
                "altnames": sorted(link.altnames),
                "alias": link.alias,
                "far": None if across and link.kind == "vxlan" else place(link.peer) or place(link.parent),
                "mode": getattr(detail, "mode", None) if link.kind in ("macvlan", "macvtap") else None,
                "vni": getattr(detail, "vni", None),
                "isolated": None if link.port is None else link.port.isolated,
                "hairpin": None if link.port is None else link.port.hairpin,
                "addresses": sorted(address.cidr for address in topology.addresses(link.id)),
            }
    return found


def picture_of_json(snapshot: dict[str, Any], netns: Collection[str]) -> Picture:
    """The same, of what `jackfield snapshot --json` printed."""
    name_of = {space["id"]: space["names"][0] for space in snapshot["namespaces"] if set(space["names"]) & set(netns)}
    stated = {link["id"]: link for link in snapshot["links"]}

    def place(link: str | None) -> Place | None:
        if link is None:
            return None
        space, _, ifindex = link.partition(":")
        return name_of.get(space, space), int(ifindex)

    found: Picture = {}
    for link in stated.values():
        if link["namespace"] not in name_of:
            continue
        detail, port = link["detail"], link["port"]
        across = link["parent"] is not None and stated[link["parent"]]["namespace"] != link["namespace"]
        hidden = "unknown" in (link["peer_state"], link["parent_state"])
        found[name_of[link["namespace"]], link["ifindex"]] = {
            **{key: link[key] for key in ("name", "mac", "mtu", "up", "carrier", "operstate", "alias")},
            "kind": None if link["kind"] in ("device", "loopback") else link["kind"],
            "master": 0 if link["master"] is None else int(link["master"].partition(":")[2]),
            "altnames": sorted(link["altnames"]),
            "far": "unknown"
            if hidden
            else None
            if across and link["kind"] == "vxlan"
            else place(link["peer"] or link["parent"]),
            "mode": detail.get("mode") if link["kind"] in ("macvlan", "macvtap") else None,
            "vni": detail.get("vni"),
            "isolated": None if port is None else port["isolated"],
            "hairpin": None if port is None else port["hairpin"],
            "addresses": sorted(link["addresses"]),
        }
    return found


def differences(ours: Picture, theirs: Picture) -> list[str]:
    """A line for each thing that the two do not say alike."""
    lines = []
    for place in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(place), theirs.get(place)
        if mine is None or other is None:
            lines.append(f"{place}: ours {mine and mine['name']}, theirs {other and other['name']}")
            continue
        lines += [
            f"{place} {key}: ours {mine[key]!r}, theirs {other[key]!r}" for key in other if mine[key] != other[key]
        ]
    return lines
