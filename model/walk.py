"""One frame on its way through a segment: where it arrives, where it is dropped, and what bridges learn from it."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from model import bridging, macvlan_rules
from model.bridging import Learned
from model.cables import BUNDLE_KINDS, is_tap
from model.frame import Cast, Frame
from model.ground import Ground
from model.guard import Guard
from model.identity import UNKNOWN, LinkId
from model.layer2 import MACVLAN_KINDS, SELF_CONTAINED_KINDS, SILENT_KINDS, is_port
from model.link import PEERED_KINDS, Link, Vlan
from model.verdict import Because

Tags = tuple[tuple[str, int], ...]
"""VLAN tags, the outermost last: (protocol, vid)."""

START: Final = -1


class Drop(NamedTuple):
    """A frame was not let through."""

    at: LinkId
    because: Because
    certain: bool
    after: int
    """The step before it."""


@dataclass(slots=True)
class Trip:
    """All that became of one frame."""

    got: dict[LinkId, int] = field(default_factory=dict)
    """Who got it, and by which step."""
    left: dict[LinkId, int] = field(default_factory=dict)
    """Outsides through which it left."""
    drops: list[Drop] = field(default_factory=list)
    learned: Learned = field(default_factory=dict)
    steps: list[tuple[LinkId, int]] = field(default_factory=list)
    """(link, the step before)."""
    came_twice: LinkId | None = None
    """A bridge that it entered by two ports."""

    def way_to(self, step: int) -> tuple[LinkId, ...]:
        """The links passed until then."""
        way: list[LinkId] = []
        while step != START:
            link, step = self.steps[step]
            if not way or way[-1] != link:
                way.append(link)
        return tuple(reversed(way))


class _Job(NamedTuple):
    """`sends`: it goes out through the link; else it comes in there."""

    sends: bool
    link: LinkId
    tags: Tags
    after: int


def trip(
    ground: Ground, frame: Frame, start: LinkId, towards: dict[LinkId, LinkId], learned: Learned | None = None, *,
    comes_in: bool = False,
) -> Trip:  # fmt: skip
    """Send a frame from `start` (with `comes_in`: into it, from the wire).

    `towards` names the next link on the way to where it should go: for telling what stops it there. `learned`: where
    bridges have met the destination.
    """
    walk = _Walk(ground, frame, towards, learned or {})
    walk.later(start, sends=not comes_in, tags=(), after=START)
    while walk.queue:
        walk.step(walk.queue.popleft())
    return walk.trip


class _Walk:
    def __init__(self, ground: Ground, frame: Frame, towards: dict[LinkId, LinkId], learned: Learned) -> None:
        self.ground = ground
        self.frame = frame
        self.towards = towards
        self.known = learned
        self.trip = Trip()
        self.queue: deque[_Job] = deque()
        self._seen: set[tuple[bool, LinkId, Tags]] = set()

    def later(self, link: LinkId, *, sends: bool, tags: Tags, after: int) -> None:
        key = (sends, link, tags)
        if link in self.ground.links and key not in self._seen:
            self._seen.add(key)
            self.queue.append(_Job(sends, link, tags, after))

    def drop(self, at: LinkId, because: Because, after: int) -> None:
        self.trip.drops.append(Drop(at, because, certain=True, after=after))

    def may_pass(self, at: LinkId, because: Because, after: int) -> bool:
        """Where we cannot tell: a hopeful walk goes on, the other one stops."""
        if not self.ground.hopeful:
            self.trip.drops.append(Drop(at, because, certain=False, after=after))
        return self.ground.hopeful

    def step(self, job: _Job) -> None:
        link = self.ground.links[job.link]
        here = self._note(link.id, job.after)
        if not link.up:
            self.drop(link.id, Because.DOWN, job.after)
        elif job.sends:
            self._send(link, job.tags, here)
        else:
            self._arrive(link, job.tags, here)

    def _note(self, link: LinkId, after: int) -> int:
        self.trip.steps.append((link, after))
        return len(self.trip.steps) - 1

    # Out through a link

    def _send(self, link: Link, tags: Tags, here: int) -> None:
        if here == 0:
            self._tell_child(link, here)
        if not self.ground.has_carrier(link):
            self.drop(link.id, Because.NO_CARRIER, here)
        elif link.kind == "bridge":
            self._bridge(link, None, tags, here)
        elif link.kind in PEERED_KINDS:
            self._across(link, tags, here)
        elif link.kind in MACVLAN_KINDS:
            self._send_from_child(link, tags, here)
        elif link.kind in ("vlan", "ipvlan", "ipvtap", "macsec"):
            self._send_through_parent(link, tags, here)
        elif link.kind in BUNDLE_KINDS or link.kind == "openvswitch":
            self._fan_out(link, tags, here)
        elif link.kind == "tun":
            if self.ground.is_guest(link) and not tags and self._is_for(link):
                self.trip.got[link.id] = here
        elif link.kind not in SELF_CONTAINED_KINDS | SILENT_KINDS:
            self._leave(link, tags, here)

    def _tell_child(self, parent: Link, here: int) -> None:
        """Note why what a parent's own stack sends does not get to who stands on it, should it go there."""
        child = self.ground.links.get(self.towards.get(parent.id, parent.id))
        if child is None or self.ground.graph.ends(child.id).parent != parent.id:
            return
        if child.kind in MACVLAN_KINDS:
            self.drop(parent.id, macvlan_rules.why_apart(macvlan_rules.mode_of(child), ""), here)
        elif isinstance(child.detail, Vlan):
            self.drop(parent.id, Because.VLAN, here)

    def _across(self, link: Link, tags: Tags, here: int) -> None:
        if link.kind == "netkit" and not self.may_pass(link.id, Because.FILTER, here):
            return
        peer = self.ground.graph.ends(link.id).peer
        if isinstance(peer, LinkId):
            self.later(peer, sends=False, tags=tags, after=here)
        elif peer is UNKNOWN:
            self._leave(link, tags, here)

    def _leave(self, link: Link, tags: Tags, here: int) -> None:
        self.trip.left.setdefault(link.id, here)
        if self.ground.sends_back(link.id):
            self.later(link.id, sends=False, tags=tags, after=here)

    def _send_from_child(self, child: Link, tags: Tags, here: int) -> None:
        parent = self.ground.graph.ends(child.id).parent
        if not isinstance(parent, LinkId):
            self._leave(child, tags, here)
            return
        sent = macvlan_rules.on_send(child, self.ground.macvlans(parent), self.frame)
        for sibling in sent.straight:
            self.later(sibling.id, sends=False, tags=tags, after=here)
        self._tell_apart(child, parent, here)
        if sent.turns_at_parent:
            self.later(parent, sends=False, tags=tags, after=here)
        if sent.goes_out:
            self.later(parent, sends=True, tags=tags, after=here)

    def _tell_apart(self, child: Link, parent: LinkId, here: int) -> None:
        """Note why it does not get to a sibling, or to the parent's own stack, should that be where it should go."""
        if self.towards.get(child.id) != parent:
            return
        beyond = self.towards.get(parent)
        sibling = None if beyond is None else self.ground.links.get(beyond)
        if beyond is None:
            self.drop(parent, macvlan_rules.why_apart(macvlan_rules.mode_of(child), ""), here)
        elif sibling is not None and self.ground.graph.ends(beyond).parent == parent and sibling.kind in MACVLAN_KINDS:
            modes = macvlan_rules.mode_of(child), macvlan_rules.mode_of(sibling)
            if modes != ("bridge", "bridge"):
                self.drop(parent, macvlan_rules.why_apart(*modes), here)
            elif not self.frame.to_group and self.frame.destination != sibling.mac:
                self.drop(sibling.id, Because.FOREIGN_MAC, here)

    def _send_through_parent(self, child: Link, tags: Tags, here: int) -> None:
        parent = self.ground.graph.ends(child.id).parent
        if not isinstance(child.detail, Vlan):
            if not self.may_pass(child.id, Because.KIND_UNKNOWN, here):
                return
        else:
            tags = (*tags, (child.detail.protocol, child.detail.vid))
            if isinstance(parent, LinkId) and self.towards.get(child.id) == parent and parent not in self.towards:
                self.drop(parent, Because.VLAN, here)
        if isinstance(parent, LinkId):
            self.later(parent, sends=True, tags=tags, after=here)
            if not isinstance(child.detail, Vlan):
                self.later(parent, sends=False, tags=tags, after=here)
        else:
            self._leave(child, tags, here)

    def _fan_out(self, link: Link, tags: Tags, here: int) -> None:
        """A bond sends by one of its links, an openvswitch as its flows say."""
        if link.kind == "openvswitch" and not self.may_pass(link.id, Because.KIND_UNKNOWN, here):
            return
        for port in self.ground.ports(link.id):
            self.later(port.id, sends=True, tags=tags, after=here)

    # In at a link

    def _arrive(self, link: Link, tags: Tags, here: int) -> None:
        guard = self.ground.guard_on(link)
        if guard is not None and (guard.seal is not None or tags or not self._is_own(guard, link)):
            self.drop(link.id, Because.GUARD if guard.seal is None else Because.SEAL, here)
            return
        if is_tap(link) and not self.ground.has_carrier(link):
            self.drop(link.id, Because.NO_CARRIER, here)
            return
        if tags and self._untag(link, tags, here):
            return
        if is_port(self.ground.graph, link):
            self._arrive_at_port(link, tags, here)
            return
        macvlans = self.ground.macvlans(link.id)
        if macvlans and not self._arrive_at_parent(link, macvlans, tags, here):
            return
        self._to_stack(link, tags, here)

    def _is_own(self, guard: Guard, link: Link) -> bool:
        """Whether it is sent in the name that the guard is for: of a guest behind a tap no other is known."""
        own = self.ground.mac_of(link) if self.ground.is_guest(link) else guard.mac
        return not guard.closed and self.frame.source == own

    def _untag(self, link: Link, tags: Tags, here: int) -> bool:
        """A vlan takes its tag before a bridge or a macvlan sees the frame."""
        for child in self.ground.others_on(link.id):
            if isinstance(child.detail, Vlan) and (child.detail.protocol, child.detail.vid) == tags[-1]:
                self.later(child.id, sends=False, tags=tags[:-1], after=here)
                return True
        return False

    def _arrive_at_port(self, port: Link, tags: Tags, here: int) -> None:
        master = self.ground.links.get(port.master_id) if port.master_id is not None else None
        if master is None:
            self.may_pass(port.id, Because.PEER_UNKNOWN, here)
        elif master.kind == "bridge":
            self._bridge(master, port, tags, here)
        elif master.kind in BUNDLE_KINDS:
            self.later(master.id, sends=False, tags=tags, after=here)
        elif self.may_pass(master.id, Because.KIND_UNKNOWN, here):
            self.later(master.id, sends=False, tags=tags, after=here)
            for other in self.ground.ports(master.id):
                if other.id != port.id:
                    self.later(other.id, sends=True, tags=tags, after=here)

    def _arrive_at_parent(self, parent: Link, children: tuple[Link, ...], tags: Tags, here: int) -> bool:
        """Whether the parent's own stack sees it, too."""
        arrived = macvlan_rules.on_arrival(children, self.frame)
        for child in arrived.children:
            self.later(child.id, sends=False, tags=tags, after=here)
        beyond = self.towards.get(parent.id)
        missed = next((one for one in children if one.id == beyond and one not in arrived.children), None)
        if missed is not None:
            self._tell_missed(missed, here)
        elif not arrived.to_parent and beyond is None:
            taker = arrived.children[0] if arrived.children else None
            mode = macvlan_rules.mode_of(taker or children[0])
            self.drop(parent.id, macvlan_rules.why_apart(mode, ""), here)
        return arrived.to_parent

    def _tell_missed(self, child: Link, here: int) -> None:
        mode = macvlan_rules.mode_of(child)
        if not child.up:
            self.drop(child.id, Because.DOWN, here)
        elif not self.frame.to_group and mode != "source":
            self.drop(child.id, Because.FOREIGN_MAC, here)
        else:
            sender = next((one for one in self.ground.links.values() if one.mac == self.frame.source), None)
            self.drop(child.id, macvlan_rules.why_apart(mode, _mode(sender) or mode), here)

    def _to_stack(self, link: Link, tags: Tags, here: int) -> None:
        for child in self.ground.others_on(link.id):
            if not isinstance(child.detail, Vlan) and self.may_pass(child.id, Because.KIND_UNKNOWN, here):
                self.later(child.id, sends=False, tags=tags, after=here)
        if tags:
            self.drop(link.id, Because.VLAN, here)
        elif self._is_for(link):
            self.trip.got.setdefault(link.id, here)

    def _is_for(self, link: Link) -> bool:
        return self.frame.to_group or self.frame.destination == self.ground.mac_of(link)

    # Through a bridge

    def _bridge(self, bridge: Link, came_in: Link | None, tags: Tags, here: int) -> None:
        """`came_in` is None for what the bridge's own stack, or a macvlan on it, sends."""
        if came_in is not None:
            if not self._enter(bridge, came_in, here):
                return
            here = self._note(bridge.id, here)
        frame = self.frame
        local = frame.to_group or bool(self.ground.macvlans(bridge.id) or self.ground.others_on(bridge.id))
        port_to: LinkId | None = None
        if not frame.to_group:
            if self.ground.is_own_mac(bridge, frame.destination):
                self._keep(bridge, came_in, tags, here)
                return
            port_to = self._port_of(bridge)
            if port_to is not None and self._leads_away(bridge, port_to):
                self.drop(bridge.id, Because.WRONG_ENTRY, here)
        if came_in is not None and local:
            self.later(bridge.id, sends=False, tags=tags, after=here)
        for port in self.ground.ports(bridge.id):
            if port_to in (None, port.id):
                self._leave_by(bridge, port, came_in, tags, here, is_flooded=port_to is None)

    def _keep(self, bridge: Link, came_in: Link | None, tags: Tags, here: int) -> None:
        """A local entry of the table: up to the bridge's stack; what that sends goes out by the port of this MAC."""
        if came_in is not None:
            self.later(bridge.id, sends=False, tags=tags, after=here)
            if self._way_on(bridge) is not None:
                self.drop(bridge.id, Because.PORT_MAC, here)
            return
        port = self.ground.port_called(bridge, self.frame.destination)
        onward = self._way_on(bridge)
        if port is not None and port.id in self.ground.links:
            if onward is not None and onward.id != port.id:
                self.drop(bridge.id, Because.PORT_MAC, here)
            self._leave_by(bridge, port, None, tags, here, is_flooded=False)
        elif onward is not None:
            self.drop(bridge.id, Because.PORT_MAC, here)

    def _way_on(self, bridge: Link) -> Link | None:
        """The port by which it should leave the bridge."""
        onward = self.ground.links.get(self.towards.get(bridge.id, bridge.id))
        return onward if onward is not None and onward.master_id == bridge.id else None

    def _enter(self, bridge: Link, port: Link, here: int) -> bool:
        """Whether a frame that came in at a port is looked at any further; the bridge learns the sender's place."""
        flags, state = bridging.flags_of(port), self.ground.state_of(port, bridge)
        if not bridge.up:
            self.drop(bridge.id, Because.DOWN, here)
            return False
        if not bridging.receives(state):
            self.drop(port.id, Because.NOT_FORWARDING, here)
            return False
        if bridging.filters_vlans(bridge) and not self.may_pass(bridge.id, Because.VLAN_FILTERING, here):
            return False
        if flags.locked and not self._is_let_in(bridge, port, here):
            return False
        if bridging.learns(bridge, flags) and not self.ground.is_own_mac(bridge, self.frame.source):
            before = self.trip.learned.setdefault(bridge.id, port.id)
            if before != port.id:
                self.trip.came_twice = bridge.id
        if state == "learning":
            self.drop(port.id, Because.NOT_FORWARDING, here)
            return False
        return True

    def _is_let_in(self, bridge: Link, port: Link, here: int) -> bool:
        """A locked port lets in only whom the table has at this very port."""
        entries = self.ground.entries(bridge.id, self.frame.source)
        if entries is None:
            return self.may_pass(port.id, Because.TABLE_UNREAD, here)
        if any(entry.port == port.id.ifindex and entry.kind != "own" for entry in entries):
            return True
        self.drop(port.id, Because.LOCKED, here)
        return False

    def _port_of(self, bridge: Link) -> LinkId | None:
        """Where the bridge has the destination; None: it floods. What is static, not sticky, gives way to learning."""
        told = self.ground.entries(bridge.id, self.frame.destination) or ()
        places = {entry.kind: LinkId(bridge.id.namespace, entry.port) for entry in told}
        return places.get("sticky") or self.known.get(bridge.id) or places.get("static")

    def _leads_away(self, bridge: Link, port: LinkId) -> bool:
        """Whether the way goes out by another port than the table says."""
        onward = self._way_on(bridge)
        return onward is not None and onward.id != port

    def _leave_by(
        self, bridge: Link, port: Link, came_in: Link | None, tags: Tags, here: int, *, is_flooded: bool
    ) -> None:
        flags = bridging.flags_of(port)
        if came_in is not None and came_in.id == port.id and not flags.hairpin:
            return
        came_by = None if came_in is None else bridging.flags_of(came_in)
        state = self.ground.state_of(port, bridge)
        because = bridging.why_kept_from(flags, state, came_by, self.frame.cast, is_flooded=is_flooded)
        if because is Because.FLOOD_OFF and self._may_be_told(bridge):
            if not self.may_pass(port.id, Because.TABLE_UNREAD, here):
                return
        elif because is not None:
            self.drop(port.id, because, here)
            return
        self.later(port.id, sends=True, tags=tags, after=here)

    def _may_be_told(self, bridge: Link) -> bool:
        """Whether a table that was not read could lead the frame there."""
        return self.frame.cast is Cast.UNICAST and self.ground.entries(bridge.id, self.frame.destination) is None


def _mode(link: Link | None) -> str:
    return "" if link is None else macvlan_rules.mode_of(link)
