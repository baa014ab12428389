"""Which links of a segment are interchangeable: turn one into the other, and nothing else is different.

A segment is a tree: two places are alike when the links above them are, and all that hangs below. A thousand containers
on a bridge are one kind of place.
"""

from collections import Counter
from collections.abc import Hashable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from model.identity import LinkId
from model.inventory import Inventory
from model.layer2 import Segment, is_endpoint, is_port
from model.link import Bridge, BridgePort, Link, Macvlan, Tun, Vlan
from model.surroundings import Filters, Stage, Surroundings
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

    def __init__(self, around: Surroundings) -> None:
        self.hairpin = around.hairpin
        self.filters = {space: _weight(filters) for space, filters in around.filters.items()}
        hooks = (hook for filters in around.filters.values() for hook in filters.hooks)
        self.hooked = {hook.link for hook in hooks if hook.stage is Stage.LINK}
        self.entries: dict[LinkId, list[ForwardingEntry]] = {}
        """By bridge."""
        for tables in around.tables.values():
            for entry in tables.forwarding:
                if entry.kind != "own":
                    self.entries.setdefault(LinkId(tables.namespace, entry.bridge), []).append(entry)


def places_of(graph: Inventory, survey: Survey, segment: Segment, register: Register) -> Places:
    """Sort the endpoints of a segment."""
    marks = _Marks(graph, survey, segment)
    below: dict[LinkId, list[int]] = {}
    looks: dict[LinkId, int] = {}
    for link in (*reversed(tuple(segment.above)), segment.root):
        found = graph.link(link)
        if found is None:
            raise KeyError(link)
        looks[link] = look = register.number((marks.of(found), tuple(sorted(below.pop(link, ())))))
        over = segment.above.get(link)
        if over is not None:
            below.setdefault(over, []).append(look)
    shape = register.number(("segment", looks[segment.root]))
    kind_of = {segment.root: shape}
    for link, over in segment.above.items():
        kind_of[link] = register.number((kind_of[over], looks[link]))
    kinds: dict[int, list[LinkId]] = {}
    for end in segment.endpoints:
        kinds.setdefault(kind_of[end], []).append(end)
    return Places(shape, {kind: tuple(kinds[kind]) for kind in sorted(kinds)})


class _Marks:
    """What decides over frames at one link, and nothing else of it."""

    def __init__(self, graph: Inventory, survey: Survey, segment: Segment) -> None:
        self._graph = graph
        self._survey = survey
        self._segment = segment
        self._told = dict(_told(graph, survey, segment))
        self._one_of_its_kind = frozenset(_one_of_its_kind(graph, segment))

    def of(self, link: Link) -> Hashable:
        graph, segment = self._graph, self._segment
        over = segment.above.get(link.id)
        ends = graph.ends(link.id)
        role = ("root", "port", "peer", "child", "under")[
            0
            if over is None
            else 1
            if over == ends.master
            else 2
            if over == ends.peer
            else 3
            if over == ends.parent
            else 4
        ]
        port = None if link.port is None or not is_port(graph, link) else _port_marks(link.port)
        return (
            role,
            link.kind,
            link.up,
            link.carrier,
            ends.peer is not None,
            ends.parent is not None,
            is_endpoint(graph, link),
            port,
            _detail_marks(link),
            self._survey.hairpin.get(link.id),
            self._survey.filters.get(link.id.namespace),
            link.id in self._survey.hooked,
            self._told.get(link.id),
            link.id if link.mac in self._one_of_its_kind else None,
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


def _one_of_its_kind(graph: Inventory, segment: Segment) -> Iterator[str]:
    """MACs that are on a list, or that several unrelated endpoints have."""
    macs: Counter[str] = Counter()
    for end in segment.endpoints:
        link = graph.link(end)
        if link is not None and link.mac is not None:
            ends = graph.ends(end)
            parent = graph.link(ends.parent) if isinstance(ends.parent, LinkId) else None
            if parent is None or parent.mac != link.mac:
                macs[link.mac] += 1
    yield from (mac for mac, count in macs.items() if count > 1)
    for link_id in segment.depth:
        link = graph.link(link_id)
        if link is not None and isinstance(link.detail, Macvlan):
            yield from link.detail.sources
