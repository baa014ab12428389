"""Which links of a segment are interchangeable: turn one into the other, and nothing else is different.

A segment is a tree: two places are alike when the links above them are, and all that hangs below. A thousand containers
on a bridge are one kind of place.
"""

from collections.abc import Hashable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from model.conditions import Conditions, Filters, Stage
from model.guard import Guard
from model.identity import LinkId
from model.inventory import Inventory
from model.layer2 import Segment, Spot, Spots, is_guest, is_port
from model.link import Bridge, BridgePort, Link, Macvlan, Tun, Vlan
from model.tables import ForwardingEntry

_DECIDES: Final = ("state", "isolated", "hairpin", "learning", "flood", "mcast_flood", "bcast_flood", "locked")


class Register:
    """Gives equal descriptions the same small number."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}

    def number(self, description: Hashable) -> int:
        """Always the same one."""
        return self._numbers.setdefault(description, len(self._numbers))


class Places(NamedTuple):
    """The endpoints of a segment by what kind of place they are."""

    shape: int
    """Segments with the same number are alike as a whole, and their kinds of places have the same numbers."""
    kinds: dict[int, tuple[LinkId, ...]]
    """By ascending number of the kind."""


class Survey:
    """What was read around the graph, by the link that it is about."""

    def __init__(self, around: Conditions) -> None:
        self.hairpin = around.hairpin
        self.filters = {space: _weight(filters) for space, filters in around.filters.items()}
        hooks = (hook for filters in around.filters.values() for hook in filters.hooks)
        self.hooked = {hook.link for hook in hooks if hook.stage is Stage.LINK}
        self.guards = {link: guard for filters in around.filters.values() for link, guard in filters.guards.items()}
        self.marks: dict[LinkId, tuple[int, LinkId | None]] = {}
        """Of links that were looked at; whoever changes a link forgets its marks."""
        self.entries: dict[LinkId, list[ForwardingEntry]] = {}
        """By bridge."""
        for tables in around.tables.values():
            for entry in tables.forwarding:
                if entry.kind != "own":
                    self.entries.setdefault(LinkId(tables.namespace, entry.bridge), []).append(entry)


def places_of(graph: Inventory, survey: Survey, segment: Segment, spots: Spots, register: Register) -> Places:
    """Sort the endpoints of a segment."""
    told = dict(_told(graph, survey, segment))
    single = frozenset(_one_of_its_kind(graph, segment, spots))
    below: dict[LinkId, list[int]] = {}
    looks: dict[LinkId, int] = {}
    for link_id in (*reversed(tuple(segment.above)), segment.root):
        spot, over = spots[link_id], segment.above.get(link_id)
        known = survey.marks.get(link_id)
        if known is None or known[1] != over:
            marks = (_marks(graph, survey, spot), _role(graph, link_id, over))
            known = survey.marks[link_id] = register.number(marks), over
        unlike = link_id if single and spot.link.mac in single else None
        under = below.get(link_id, ())
        look_below = tuple(sorted(under) if len(under) > 1 else under)
        look = register.number((known[0], told.get(link_id), unlike, look_below))
        looks[link_id] = look
        if over is not None:
            below.setdefault(over, []).append(look)
    shape = register.number(("segment", looks[segment.root]))
    kind_of = {segment.root: shape}
    for link_id, over in segment.above.items():
        kind_of[link_id] = register.number((kind_of[over], looks[link_id]))
    kinds: dict[int, list[LinkId]] = {}
    for end in segment.endpoints:
        kinds.setdefault(kind_of[end], []).append(end)
    return Places(shape, {kind: tuple(kinds[kind]) for kind in sorted(kinds)})


def _role(graph: Inventory, link: LinkId, over: LinkId | None) -> int:
    """What the link above is to this one: its master, peer, parent; else this one is above by those."""
    if over is None:
        return -1
    ends = graph.ends(link)
    return 0 if over == ends.master else 1 if over == ends.peer else 2 if over == ends.parent else 3


def _marks(graph: Inventory, survey: Survey, spot: Spot) -> Hashable:
    """What decides over frames at one link, wherever it stands."""
    link = spot.link
    ends = graph.ends(link.id)
    return (
        link.kind,
        link.up,
        link.carrier,
        ends.peer is not None,
        ends.parent is not None,
        spot.is_end,
        None if link.port is None or not is_port(graph, link) else _port_marks(link.port),
        _detail_marks(link),
        survey.hairpin.get(link.id),
        survey.filters.get(link.id.namespace),
        link.id in survey.hooked,
        _guard_marks(graph, link, survey.guards.get(link.id)),
    )


@lru_cache(maxsize=1024)
def _port_marks(port: BridgePort) -> Hashable:
    return tuple(getattr(port, name) for name in _DECIDES)


def _detail_marks(link: Link) -> Hashable:
    match link.detail:
        case Macvlan() | Vlan() as detail:
            return detail
        case Bridge(vlan_filtering=vlan_filtering, ageing_s=ageing_s):
            return vlan_filtering, ageing_s > 0
        case Tun(mode=mode):
            return mode
    return None


def _guard_marks(graph: Inventory, link: Link, guard: Guard | None) -> Hashable:
    """A guard for who is there is like any other such; one for somebody else is like none."""
    if guard is None:
        return None
    if guard.seal is not None:
        return "sealed"
    if guard.closed:
        return "closed"
    inside = graph.peer(link.id)
    is_own = is_guest(graph, link) or (isinstance(inside, Link) and inside.mac == guard.mac)
    return "guarded" if is_own else link.id


def _weight(filters: Filters) -> Hashable:
    stages = frozenset((hook.stage, hook.chain) for hook in filters.hooks if hook.stage not in (Stage.LINK, Stage.IP))
    return bool(filters.unread), stages


def _told(graph: Inventory, survey: Survey, segment: Segment) -> Iterator[tuple[LinkId, Hashable]]:
    """Endpoints that a forwarding table knows by more than learning: rightly, or so that they are like no other."""
    for bridge in survey.entries.keys() & segment.depth.keys() if survey.entries else ():
        for entry in survey.entries[bridge]:
            port = LinkId(bridge.namespace, entry.port)
            link = graph.link(port)
            is_locked = link is not None and link.port is not None and link.port.locked
            if entry.kind == "learned" and not is_locked:
                continue
            for known in graph.links_by_mac(entry.mac):
                if known.id in segment.depth:
                    way = list(segment.to_root(known.id))
                    rightly = port in way and bridge in way
                    yield known.id, entry.kind if rightly else (known.id, entry)


def _one_of_its_kind(graph: Inventory, segment: Segment, spots: Spots) -> Iterator[str]:
    """MACs on a list, or that several unrelated endpoints have, or an endpoint and a port that is not its own."""
    macs: set[str] = set()
    for end in segment.endpoints:
        link = spots[end].link
        if link.mac is None or (link.kind == "tun" and is_guest(graph, link)):
            continue
        if link.mac in macs:
            yield from _if_unrelated(graph, spots, link.mac)
        macs.add(link.mac)
    for link, _, is_end, _ in spots.values():
        if not is_end and link.master and link.mac in macs:
            bridge = graph.master(link.id)
            if not (isinstance(bridge, Link) and bridge.mac == link.mac):
                yield link.mac
        elif link.kind in _LISTING and isinstance(link.detail, Macvlan):
            yield from link.detail.sources


_LISTING: Final = frozenset({"macvlan", "macvtap"})


def _if_unrelated(graph: Inventory, spots: Spots, mac: str) -> Iterator[str]:
    """A vlan and a passthru macvlan have their parent's MAC, and are no doubles."""
    ends = [
        link.id
        for link in graph.links_by_mac(mac)
        if link.id in spots and spots[link.id].is_end and not is_guest(graph, link)
    ]
    parents = (graph.parent(end) for end in ends)
    if sum(not isinstance(parent, Link) or parent.mac != mac for parent in parents) > 1:
        yield mac
