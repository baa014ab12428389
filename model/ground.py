"""The part of a segment that matters to two ends: the way between them, and what could send frames back to it."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final

from model.conditions import Conditions
from model.guard import Guard
from model.identity import LinkId
from model.inventory import Inventory
from model.layer2 import CARRIED_KINDS, MACVLAN_KINDS, SWITCH_KINDS, Segment, is_guest, is_port
from model.link import PEERED_KINDS, Bridge, Link
from model.macvlan_rules import mode_of
from model.tables import ForwardingEntry

_NONE: Final[tuple[Link, ...]] = ()


class Ground:
    """Answers about the links that matter, as a frame meets them."""

    def __init__(
        self, graph: Inventory, around: Conditions, segment: Segment, ends: Iterable[LinkId], *, hopeful: bool = False
    ) -> None:
        self.graph = graph
        self.around = around
        self.segment = segment
        self.hopeful = hopeful
        """What is unknown lets frames pass; else it stops them. Where both worlds agree, the answer is certain."""
        known_mirrors = (link for link, hairpin in around.hairpin.items() if hairpin and link in segment.depth)
        self.links: dict[LinkId, Link] = {}
        for end in (*ends, *segment.mirrors, *known_mirrors):
            self._add(segment.to_root(self._turning_point(end)))
        self._add(list(self._grasping()))
        self._carriers: dict[LinkId, bool] = {}
        self._fdb: dict[tuple[LinkId, str], tuple[ForwardingEntry, ...] | None] = {}

    def _turning_point(self, end: LinkId) -> LinkId:
        """Frames that meet a port with hairpin turn at the bridge behind it."""
        link = self.graph.link(end)
        is_behind = link is not None and link.master_id is not None and self.segment.above.get(link.master_id) == end
        return link.master_id if link is not None and link.master_id is not None and is_behind else end

    def _add(self, links: Iterable[LinkId]) -> None:
        for link_id in links:
            if link_id in self.links:
                return  # and so are those above it
            link = self.graph.link(link_id)
            if link is not None:
                self.links[link_id] = link

    def _grasping(self) -> Iterable[LinkId]:
        """A passthru child takes what is meant for its parent."""
        for link in self.links.values():
            if link.kind not in SWITCH_KINDS and not link.master:
                first = next(iter(self.graph.children(link.id)), None)
                if first is not None and mode_of(first) == "passthru":
                    yield first.id

    # Who stands on what

    @cached_property
    def _below(self) -> Mapping[LinkId, tuple[Link, ...]]:
        found: dict[LinkId, tuple[Link, ...]] = {}
        for link in self.links.values():
            parent = self.graph.ends(link.id).parent if link.kind in CARRIED_KINDS else None
            if isinstance(parent, LinkId):
                found[parent] = (*found.get(parent, ()), link)
        return found

    @cached_property
    def _ports(self) -> Mapping[LinkId, tuple[Link, ...]]:
        found: dict[LinkId, tuple[Link, ...]] = {}
        for link in self.links.values():
            if link.master_id is not None and is_port(self.graph, link):
                found[link.master_id] = (*found.get(link.master_id, ()), link)
        return found

    def ports(self, bridge: LinkId) -> tuple[Link, ...]:
        """Those that matter."""
        return self._ports.get(bridge, _NONE)

    def macvlans(self, parent: LinkId) -> tuple[Link, ...]:
        """Those that matter."""
        return tuple(one for one in self._below.get(parent, _NONE) if one.kind in MACVLAN_KINDS)

    def others_on(self, parent: LinkId) -> tuple[Link, ...]:
        """Vlans, ipvlans ... that matter."""
        return tuple(one for one in self._below.get(parent, _NONE) if one.kind not in MACVLAN_KINDS)

    def mac_of(self, link: Link) -> str:
        """Of who lives there. A guest behind a tap has another MAC than the tap."""
        if self.is_guest(link):
            return f"guest of {link.id}"
        return link.mac or ""

    def is_guest(self, link: Link) -> bool:
        """Whether the end is meant that is behind the tap: the tap itself is a port."""
        return is_guest(self.graph, link)

    def guard_on(self, link: Link) -> Guard | None:
        """Ours, over what comes in at a link."""
        filters = self.around.filters.get(link.id.namespace)
        return None if filters is None else filters.guards.get(link.id)

    # In what state

    def has_carrier(self, link: Link) -> bool:
        """As the kernel says; in a predicted graph worked out, as far as that can be."""
        if not self.around.predicted:
            return link.carrier
        known = self._carriers.get(link.id)
        if known is None:
            known = self._carriers[link.id] = self._predicted_carrier(link)
        return known

    def _predicted_carrier(self, link: Link) -> bool:
        if link.kind in PEERED_KINDS:
            far = self.graph.peer(link.id)
            return far.up if isinstance(far, Link) else link.carrier
        if link.kind in CARRIED_KINDS:
            parent = self.graph.parent(link.id)
            return parent.up and self.has_carrier(parent) if isinstance(parent, Link) else link.carrier
        if link.kind == "bridge":
            return any(self.is_running(port, link) for port in self.graph.ports(link.id))
        return link.carrier

    def is_running(self, port: Link, bridge: Link) -> bool:
        """Whether a port forwards."""
        return port.up and self.has_carrier(port) and self.state_of(port, bridge) == "forwarding"

    def state_of(self, port: Link, bridge: Link) -> str:
        """A port's state. Without STP one that comes up forwards at once, so a plan's disabled one would."""
        state = port.port.state if port.port is not None else "forwarding"
        stp = isinstance(bridge.detail, Bridge) and bridge.detail.stp
        if self.around.predicted and state == "disabled" and not stp and port.up and self.has_carrier(port):
            return "forwarding"
        return state

    def sends_back(self, outside: LinkId) -> bool:
        """Whether what leaves there comes back."""
        return self.around.hairpin.get(outside, self.hopeful and not is_port(self.graph, self.links[outside]))

    # What bridges were told

    def entries(self, bridge: LinkId, mac: str) -> tuple[ForwardingEntry, ...] | None:
        """What the forwarding table says of a MAC; None: it was not read."""
        key = (bridge, mac)
        if key not in self._fdb:
            tables = self.around.tables.get(bridge.namespace)
            self._fdb[key] = (
                None
                if tables is None
                else tuple(one for one in tables.forwarding if one.mac == mac and one.bridge == bridge.ifindex)
            )
        return self._fdb[key]

    def is_own_mac(self, bridge: Link, mac: str) -> bool:
        """Whether the bridge takes it up to its own stack: its own MAC, and those of its ports."""
        if bridge.mac == mac:
            return True
        return self.port_called(bridge, mac) is not None

    def port_called(self, bridge: Link, mac: str) -> Link | None:
        """The port whose own MAC this is: not that of whoever lives behind it."""
        return next((one for one in self.graph.links_by_mac(mac) if one.master_id == bridge.id), None)
