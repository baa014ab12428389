"""Whether two links reach each other on layer 2, by which way, and if not, why.

The answer comes from walking frames (model.walk): once as if everything unknown stopped them, once as if it let them
pass. Where both say the same, it is certain.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from model.bridging import Learned
from model.conditions import Conditions
from model.filters_on_the_way import first_filter
from model.frame import Cast, Frame
from model.ground import Ground
from model.guard_words import guarded_on, guards_words
from model.identity import LinkId
from model.inventory import Inventory
from model.layer2 import Segment, is_endpoint, is_guest, is_on, segment_between
from model.link import PEERED_KINDS, Link, Macvlan
from model.reach_words import sentence
from model.verdict import Because, Flow, Reachable, Verdict
from model.walk import Drop, Trip, trip

_FOREIGN: Final = "outside"
"""The MAC of somebody outside."""


def verdict(graph: Inventory, around: Conditions, one: LinkId, other: LinkId) -> Verdict:
    """The answer for two endpoints (`model.layer2.is_endpoint`). Raises KeyError where one of them is no link.

    It is the same both ways, but for the order of the hops.
    """
    if one == other:
        return _said(graph, around, one, other, _Finding(Reachable.YES, Because.ITSELF, (one,)))
    segment = segment_between(graph, one, other)
    if other in segment.depth:
        return verdict_within(graph, around, segment, one, other)
    return verdict_across(graph, around, (segment, one), (segment_between(graph, other, one), other))


def verdict_within(graph: Inventory, around: Conditions, segment: Segment, one: LinkId, other: LinkId) -> Verdict:
    """The answer for two endpoints of one segment."""
    found = _within(graph, around, segment, one, other)
    if found.wired is not Reachable.YES:
        return _said(graph, around, one, other, found)
    return _said(graph, around, one, other, _filtered(graph, around, found))


def _filtered(graph: Inventory, around: Conditions, found: "_Finding") -> "_Finding":
    met = first_filter(graph, around, found.hops)
    if met is None:
        return found
    return found._replace(reachable=Reachable.UNKNOWN, because=met.because, at=met.at, word=met.word)


def verdict_across(
    graph: Inventory, around: Conditions, near: tuple[Segment, LinkId], far: tuple[Segment, LinkId]
) -> Verdict:
    """The answer for endpoints of two segments: they meet outside, or nowhere."""
    exits = way_out(graph, around, *near), way_out(graph, around, *far)
    if exits[0] is None or exits[1] is None:
        return _said(graph, around, near[1], far[1], _Finding(Reachable.NO, Because.NO_PATH))
    links = [graph.link(exit_.link) for exit_ in exits if exit_ is not None]
    hidden = any(link is not None and link.kind in PEERED_KINDS for link in links)
    because = Because.PEER_UNKNOWN if hidden else Because.OUTSIDE_UNKNOWN
    found = _Finding(Reachable.UNKNOWN, because, exits[0].way, exits[0].link, also=exits[1].link)
    return _said(graph, around, near[1], far[1], found)


class Exit(NamedTuple):
    """A way to where we cannot look."""

    link: LinkId
    way: tuple[LinkId, ...]


def way_out(graph: Inventory, around: Conditions, segment: Segment, end: LinkId) -> Exit | None:
    """Where an endpoint's frames leave for the outside, and frames from there reach it; None: nowhere."""
    tried = (_leaving(graph, around, segment, end, outside, hopeful=True) for outside in segment.outsides)
    return next((one.exit for one in tried if one.exit is not None), None)


def verdict_outside(graph: Inventory, around: Conditions, segment: Segment, end: LinkId, outside: LinkId) -> Verdict:
    """Whether an endpoint of a segment and the network behind an outside hear each other. Raises KeyError."""
    if outside not in segment.depth:
        exit_ = way_out(graph, around, segment, end)
        found = _Finding(Reachable.NO, Because.NO_PATH)
        if exit_ is not None:
            found = _Finding(Reachable.UNKNOWN, Because.OUTSIDE_UNKNOWN, exit_.way, exit_.link, also=outside)
        return _said(graph, around, end, outside, found, is_outside=True)
    tried = _leaving(graph, around, segment, end, outside, hopeful=False)
    hoped = tried if tried.exit is not None else _leaving(graph, around, segment, end, outside, hopeful=True)
    if tried.exit is not None:
        found = _Finding(Reachable.YES, Because.CONNECTED, tried.exit.way, wired=Reachable.YES)
        found = _filtered(graph, around, found)
    elif hoped.exit is not None and tried.lost is not None:
        drop = next((drop for drop in tried.lost.drops if not drop.certain), None)
        because, at = (Because.HAIRPIN_UNKNOWN, outside) if drop is None else (drop.because, drop.at)
        found = _Finding(Reachable.UNKNOWN, because, hoped.exit.way, at)
    else:
        found = _Finding(Reachable.NO, Because.NO_PATH)
        if tried.lost is not None:
            found = _why_not(tried.lost, segment.way(end, outside))
        if found.because is Because.SOURCE_LIST and _listens_outside(graph, end):
            found = found._replace(reachable=Reachable.UNKNOWN)
    return _said(graph, around, end, outside, found, is_outside=True)


def _listens_outside(graph: Inventory, end: LinkId) -> bool:
    """Whether its list has a MAC that nobody here has: it hears that one, should it be there."""
    link = graph.link(end)
    sources = link.detail.sources if link is not None and isinstance(link.detail, Macvlan) else ()
    return any(not graph.links_by_mac(mac) for mac in sources)


class _Leaving(NamedTuple):
    """An attempt to talk to somebody outside."""

    exit: Exit | None
    lost: Trip | None
    """What did not arrive."""


def _leaving(
    graph: Inventory, around: Conditions, segment: Segment, end: LinkId, outside: LinkId, *, hopeful: bool
) -> _Leaving:
    link = graph.link(end)
    if link is None:
        raise KeyError(end)
    ground = Ground(graph, around, segment, (end, outside), hopeful=hopeful)
    way = segment.way(end, outside)
    out, back = _towards(way), _towards(way[::-1])
    mac, guest = ground.mac_of(link), ground.is_guest(link)
    spoken = trip(ground, Frame(Cast.BROADCAST, mac), end, out, comes_in=guest)
    heard = trip(ground, Frame(Cast.BROADCAST, _FOREIGN), outside, back, comes_in=True)
    sent = trip(ground, Frame(Cast.UNICAST, mac, _FOREIGN), end, out, heard.learned, comes_in=guest)
    got = trip(ground, Frame(Cast.UNICAST, _FOREIGN, mac), outside, back, spoken.learned, comes_in=True)
    arrived = ((spoken, outside in spoken.left), (sent, outside in sent.left), (heard, end in heard.got))
    lost = next((one for one, has in (*arrived, (got, end in got.got)) if not has), None)
    return _Leaving(Exit(outside, sent.way_to(sent.left[outside])) if lost is None else None, lost)


class _Finding(NamedTuple):
    reachable: Reachable
    because: Because
    hops: tuple[LinkId, ...] = ()
    at: LinkId | None = None
    there: Flow = Flow(broadcast=False, multicast=False, unicast=False)
    back: Flow = Flow(broadcast=False, multicast=False, unicast=False)
    wired: Reachable = Reachable.NO
    word: str = ""
    also: LinkId | None = None


def _said(
    graph: Inventory, around: Conditions, one: LinkId, other: LinkId, found: _Finding, *, is_outside: bool = False
) -> Verdict:
    wired = found.wired if found.reachable is not Reachable.YES else Reachable.YES
    told = Verdict(
        found.reachable,
        found.because,
        found.hops,
        found.at,
        wired=Reachable.UNKNOWN if found.reachable is Reachable.UNKNOWN and wired is Reachable.NO else wired,
        there=found.there,
        back=found.back,
        guards=tuple(guarded_on(graph, around, found.hops)),
    )
    word = found.word or guards_words(graph, around, told)
    return told.saying(sentence(graph, one, other, told, also=found.also, word=word, is_outside=is_outside))


class _Trips(NamedTuple):
    """What was sent from one end to the other."""

    broadcast: Trip
    multicast: Trip
    unicast: Trip
    to: LinkId

    @property
    def flow(self) -> Flow:
        return Flow(self.to in self.broadcast.got, self.to in self.multicast.got, self.to in self.unicast.got)

    @property
    def came_twice(self) -> LinkId | None:
        """A bridge to which one of them came back: it learns the sender in the wrong place."""
        return self.broadcast.came_twice or self.multicast.came_twice or self.unicast.came_twice

    def needed(self) -> Iterator[Trip]:
        yield self.broadcast
        yield self.unicast


def _within(graph: Inventory, around: Conditions, segment: Segment, one: LinkId, other: LinkId) -> _Finding:
    there, back = _send_all(Ground(graph, around, segment, (one, other)), one, other)
    found = _judged(graph, segment, there, back, (one, other))
    if found is None:
        hopeful = _send_all(Ground(graph, around, segment, (one, other), hopeful=True), one, other)
        could = all(trips.flow.whole and trips.came_twice is None for trips in hopeful)
        lost = [sent for trips in (there, back) for sent in trips.needed() if trips.to not in sent.got]
        explained = next((sent for sent in lost if sent.drops), lost[0])
        found = _why_unknown(lost[0], hopeful[0]) if could else _why_not(explained, segment.way(one, other))
    return found._replace(there=there.flow, back=back.flow)


def _judged(
    graph: Inventory, segment: Segment, there: _Trips, back: _Trips, ends: tuple[LinkId, LinkId]
) -> _Finding | None:
    """What is settled without asking why frames did not arrive."""
    hops = there.unicast.way_to(there.unicast.got[there.to]) if there.flow.unicast else ()
    loop = None if segment.loop is None or _is_dead(graph, *ends) else segment.loop[0]
    loop = loop or there.came_twice or back.came_twice
    if loop is not None:
        return _Finding(Reachable.UNKNOWN, Because.LOOP, hops, loop)
    if not (there.flow.whole and back.flow.whole):
        return None
    double = _double(graph, segment, *ends)
    if double is not None:
        return _Finding(Reachable.UNKNOWN, Because.DUPLICATE_MAC, hops, double)
    return _Finding(Reachable.YES, Because.CONNECTED, hops, wired=Reachable.YES)


def _send_all(ground: Ground, one: LinkId, other: LinkId) -> tuple[_Trips, _Trips]:
    """First everybody is heard, so that bridges learn; then they talk to each other."""
    near, far = ground.links[one], ground.links[other]
    way = ground.segment.way(one, other)
    out, back = _towards(way), _towards(way[::-1])

    def spoken(link: Link, cast: Cast, towards: dict[LinkId, LinkId]) -> Trip:
        return trip(ground, Frame(cast, ground.mac_of(link)), link.id, towards, comes_in=ground.is_guest(link))

    def told(link: Link, to: Link, towards: dict[LinkId, LinkId], learned: Learned) -> Trip:
        frame = Frame(Cast.UNICAST, ground.mac_of(link), ground.mac_of(to))
        return trip(ground, frame, link.id, towards, learned, comes_in=ground.is_guest(link))

    near_call, far_call = spoken(near, Cast.BROADCAST, out), spoken(far, Cast.BROADCAST, back)
    near_group, far_group = spoken(near, Cast.MULTICAST, out), spoken(far, Cast.MULTICAST, back)
    near_known = {**near_group.learned, **near_call.learned}
    far_known = {**far_group.learned, **far_call.learned}
    there, answer = told(near, far, out, far_known), told(far, near, back, near_known)
    if other not in there.got or one not in answer.got:  # they try again: bridges learn from unicast, too
        there, answer = (
            told(near, far, out, {**answer.learned, **far_known}),
            told(far, near, back, {**there.learned, **near_known}),
        )
    return _Trips(near_call, near_group, there, other), _Trips(far_call, far_group, answer, one)


def _towards(way: tuple[LinkId, ...]) -> dict[LinkId, LinkId]:
    return dict(pairwise(way))


def _why_not(lost: Trip, way: tuple[LinkId, ...]) -> _Finding:
    """The drop on the straight way between the two; others are on detours."""
    on_way = next((drop for drop in lost.drops if drop.at in way), None)
    drop = on_way or next(iter(lost.drops), None)
    if drop is None:
        return _Finding(Reachable.NO, Because.NO_PATH)
    return _Finding(Reachable.NO, drop.because, _hops_to(lost, drop), drop.at)


def _why_unknown(lost: Trip, there: _Trips) -> _Finding:
    drop = next((drop for drop in lost.drops if not drop.certain), None)
    if drop is not None:
        return _Finding(Reachable.UNKNOWN, drop.because, _hops_to(lost, drop), drop.at)
    hops = there.unicast.way_to(there.unicast.got[there.to])
    mirror = next(iter(lost.left), None)
    return _Finding(Reachable.UNKNOWN, Because.HAIRPIN_UNKNOWN, hops, mirror)


def _hops_to(lost: Trip, drop: Drop) -> tuple[LinkId, ...]:
    way = lost.way_to(drop.after)
    return way if way and way[-1] == drop.at else (*way, drop.at)


def _is_dead(graph: Inventory, *ends: LinkId) -> bool:
    """Whether nothing can pass one of the ends, whatever goes on elsewhere."""
    return any(link is None or not (link.up and link.carrier) for link in map(graph.link, ends))


def _double(graph: Inventory, segment: Segment, one: LinkId, other: LinkId) -> LinkId | None:
    """Somebody else on the segment who has the MAC of one of the two, or is one of them.

    A tap's own MAC is not its guest's: a bridge that takes the MAC of its port, as it does by itself, is no double.
    """
    for end, far in ((one, other), (other, one)):
        here = graph.link(end)
        mac = None if here is None or is_guest(graph, here) else here.mac
        for link in graph.links_by_mac(mac) if mac else ():
            if link.id == end or not link.up or not is_endpoint(graph, link) or is_guest(graph, link):
                continue
            if not is_on(graph, segment, link.id):
                continue
            family = graph.ends(link.id).parent == end or graph.ends(end).parent == link.id
            if link.id == far or not family:
                return link.id
    return None
