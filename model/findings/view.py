"""What the checks look at: the graph sorted out once, and which links hear each other."""

from collections.abc import Iterator
from functools import cached_property
from typing import Final

from model.cables import BRIDGE_KINDS, BUNDLE_KINDS, CHILD_KINDS
from model.findings.observed import Observed
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.link import PEERED_KINDS, Bridge, Link
from model.namespace import Owner

SWITCHES: Final = frozenset({"bridge", *BUNDLE_KINDS})
"""Masters whose ports hear each other. Open vSwitch is not among them: all its bridges show one master."""
MACVLAN_KINDS: Final = frozenset({"macvlan", "macvtap"})
SILENT_KINDS: Final = frozenset({"loopback", "ifb", "nlmon", "vcan", "can", "dummy"})


class Wire:
    """Links that hear each other: a bridge, its ports and their other ends; a parent and its children."""

    __slots__ = ("has_vlans", "ports", "stations", "switches")

    def __init__(self) -> None:
        self.switches: list[Link] = []
        self.ports: dict[LinkId, Link] = {}
        self.stations: dict[LinkId, Link] = {}
        """Those with a stack of their own, bridges among them."""
        self.has_vlans = False
        """A bridge filters by VLAN: not all hear each other."""


class View:
    """One look at the graph. Not to be kept: it is of this moment."""

    def __init__(self, graph: Inventory, observed: Observed) -> None:
        self.graph = graph
        self.observed = observed
        self.pairs: list[tuple[Link, Link]] = []
        """Cables of which both ends are known, the smaller id first."""
        self.loose: list[Link] = []
        """Ends of cables whose other end is not known."""
        self.bridges: list[Link] = []
        self.children: list[Link] = []
        """Macvlans and macvtaps."""
        self.others: list[Link] = []
        for link in graph.links():
            kind = link.kind
            if kind in PEERED_KINDS:
                far = graph.peer(link.id)
                if not isinstance(far, Link):
                    self.loose.append(link)
                elif link.id < far.id:
                    self.pairs.append((link, far))
            elif kind == "bridge":
                self.bridges.append(link)
            elif kind in MACVLAN_KINDS:
                self.children.append(link)
            elif kind not in SILENT_KINDS:
                self.others.append(link)

    def address(self, subject: LinkId | NamespaceId) -> str:
        """What a thing is called, as it can be typed."""
        return self.graph.address(subject) or str(subject)

    def container(self, namespace: NamespaceId) -> Owner | None:
        """The proved container or pod that lives in a namespace; None: none does."""
        if namespace == self.graph.home:
            return None
        for owner in self.graph.owners(namespace):
            if owner.proved and not owner.host_network and owner.runtime not in ("process", "qemu", "libvirt"):
                return owner
        return None

    def bridge_of(self, link: Link) -> Link | None:
        """The bridge that a link is a port of."""
        if not link.master:
            return None
        master = self.graph.master(link.id)
        return master if isinstance(master, Link) and master.kind in BRIDGE_KINDS else None

    def is_port(self, link: Link) -> bool:
        """Whether a bridge or a bond takes its frames."""
        if not link.master:
            return False
        master = self.graph.master(link.id)
        return not isinstance(master, Link) or master.kind in SWITCHES or master.kind in BRIDGE_KINDS

    def by_wire(self, links: tuple[Link, ...]) -> Iterator[tuple["Wire", list[Link]]]:
        """Those of these links that hear each other, where all on a wire do: nobody filters by VLAN."""
        found: dict[int, tuple[Wire, list[Link]]] = {}
        for link in links:
            wire = self.wire_of.get(link.id)
            if wire is not None and not wire.has_vlans:
                found.setdefault(id(wire), (wire, []))[1].append(link)
        return iter(found.values())

    def speaks_ip(self, link: Link) -> bool:
        """Whether it has an address that is not link-local."""
        return any(address.scope not in ("link", "host") for address in self.graph.addresses(link.id))

    @cached_property
    def wires(self) -> list[Wire]:
        """Every wire with more than one link on it."""
        return list({id(wire): wire for wire in self.wire_of.values()}.values())

    @cached_property
    def wire_of(self) -> dict[LinkId, Wire]:
        """The wire of each link that hears another one."""
        graph, roots = self.graph, _Groups()
        ports: list[Link] = []
        for one, other in self.pairs:
            roots.join(one.id, other.id)
        for link in graph.links():
            ends = graph.ends(link.id) if link.master or link.kind in CHILD_KINDS else None
            if ends is None:
                continue
            if isinstance(ends.master, LinkId):
                master = graph.link(ends.master)
                if master is not None and master.kind in SWITCHES:
                    roots.join(ends.master, link.id)
                    ports.append(link)
            if link.kind in MACVLAN_KINDS and isinstance(ends.parent, LinkId):
                roots.join(ends.parent, link.id)
        wires: dict[LinkId, Wire] = {}
        found: dict[LinkId, Wire] = {}
        port_ids = {port.id for port in ports}
        for link_id in roots.members():
            member = graph.link(link_id)
            if member is None:
                continue
            wire = wires.setdefault(roots.root(link_id), Wire())
            found[link_id] = wire
            if member.kind in SWITCHES:
                wire.switches.append(member)
                wire.has_vlans = wire.has_vlans or (isinstance(member.detail, Bridge) and member.detail.vlan_filtering)
            if link_id in port_ids:
                wire.ports[link_id] = member
            elif not self.is_port(member) and member.kind not in SILENT_KINDS:
                wire.stations[link_id] = member
        return found


class _Groups:
    """Which links belong together (union-find)."""

    def __init__(self) -> None:
        self._above: dict[LinkId, LinkId] = {}

    def root(self, link: LinkId) -> LinkId:
        above = self._above
        at = above.setdefault(link, link)
        while at != above[at]:
            above[at] = above[above[at]]
            at = above[at]
        above[link] = at
        return at

    def join(self, one: LinkId, other: LinkId) -> None:
        here, there = self.root(one), self.root(other)
        if here != there:
            self._above[there] = here

    def members(self) -> list[LinkId]:
        return list(self._above)
