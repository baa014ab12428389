"""Everybody against everybody, collapsed: endpoints that have the same row of answers are one class.

Segments are independent of each other, and segments that are alike have the same answers: so a large host is quick, and
after a change only the segments that it touched are looked at again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from model.alike import Register, Survey, places_of
from model.conditions import NOTHING_READ, Conditions
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.layer2 import Segment, Spots, is_uplink, neighbours, segments_of
from model.link import PEERED_KINDS
from model.reachability import verdict, verdict_outside, verdict_within, way_out
from model.verdict import Because, Reachable, Verdict

MOST_MERGED: Final = 64
"""With more kinds of places on one segment than this, no two of them are compared row by row."""


class Relation(NamedTuple):
    """How the members of two classes stand to each other."""

    reachable: Reachable
    because: Because
    own: Reachable | None = None
    """The answer within one unit where it is another one: for a container's own links, say, among many containers."""
    wired: Reachable = Reachable.NO
    """Whatever filters there are."""


_SEVERAL: Final = 2
APART: Final = Relation(Reachable.NO, Because.NO_PATH)


@dataclass(frozen=True, slots=True)
class ReachClass:
    """Endpoints with the same row."""

    members: tuple[LinkId, ...]
    within: Relation | None
    """None: there is but one member."""
    exit: Because | None = None
    """How it depends on what is outside whether it meets other segments; None: it leads nowhere else."""
    reaches_nobody: bool = False
    """Each for its own reason: not plugged in, down ... Ask for a pair."""


class Classes:
    """All classes, and how they stand to each other. Who reaches nobody at all is in the last one."""

    def __init__(self, parts: Sequence["_Part"]) -> None:
        found = [(part, at) for part in parts for at in range(len(part.classes))]
        found.sort(key=lambda one: one[0].classes[one[1]].members[0])
        self._found = found
        self.classes: tuple[ReachClass, ...] = tuple(part.classes[at] for part, at in found)
        nobody = sorted(end for part in parts for end in part.nobody)
        if nobody:
            self.classes += (ReachClass(tuple(nobody), APART if len(nobody) > 1 else None, reaches_nobody=True),)

    def between(self, one: int, other: int) -> Relation:
        """The relation of two classes, by their places in `classes`; it is the same both ways."""
        if one == other:
            return self.classes[one].within or Relation(Reachable.YES, Because.ITSELF)
        if max(one, other) >= len(self._found):
            return APART
        (near, near_at), (far, far_at) = self._found[one], self._found[other]
        if near is far:
            return near.between(near_at, far_at)
        exits = near.classes[near_at].exit, far.classes[far_at].exit
        if None in exits:
            return APART
        because = Because.PEER_UNKNOWN if Because.PEER_UNKNOWN in exits else Because.OUTSIDE_UNKNOWN
        return Relation(Reachable.UNKNOWN, because, wired=Reachable.UNKNOWN)

    def segment_of(self, place: int) -> object:
        """What a class has in common with those that it may reach, the outside aside; None: it reaches nobody."""
        return self._found[place][0] if place < len(self._found) else None

    @cached_property
    def outsides(self) -> tuple[LinkId, ...]:
        """Uplinks: what is behind each is one more column."""
        return tuple(sorted({uplink for part, _ in self._found for uplink in part.uplinks}))

    def with_outside(self, place: int, outside: LinkId) -> Relation:
        """How a class stands to the network behind an uplink."""
        if place >= len(self._found):
            return APART
        part, at = self._found[place]
        if outside in part.uplinks:
            return part.with_outside(at, outside)
        because = part.classes[at].exit
        return APART if because is None else Relation(Reachable.UNKNOWN, because, wired=Reachable.UNKNOWN)

    def together(self, one: int, other: int) -> bool:
        """Whether they are on one segment."""
        return max(one, other) < len(self._found) and self._found[one][0] is self._found[other][0]

    def example(self, one: int, other: int) -> tuple[LinkId, LinkId] | None:
        """A member of each, who stand to each other as most do; None: a class of one member, with itself."""
        if one != other:
            if self.together(one, other):
                return self._found[one][0].example(self._found[one][1], self._found[other][1])
            return self.classes[one].members[0], self.classes[other].members[0]
        members = self.classes[one].members
        if len(members) == 1:
            return None
        if one >= len(self._found):
            return members[0], members[1]
        part, at = self._found[one]
        return part.example(at, at)

    def place_of(self, link: LinkId) -> int | None:
        """The class of an endpoint; None: it is none."""
        return self._places.get(link)

    def pair(self, one: LinkId, other: LinkId) -> Relation:
        """The relation of two endpoints, for a whole matrix. Raises KeyError for what is none."""
        return self.between(self._places[one], self._places[other])

    @cached_property
    def _places(self) -> dict[LinkId, int]:
        return {link: at for at, one in enumerate(self.classes) for link in one.members}


class Reach:
    """The classes of a graph that lives on: told what changed, it looks at no more than that."""

    def __init__(
        self, graph: Inventory, around: Conditions = NOTHING_READ, *, only: Iterable[LinkId] | None = None
    ) -> None:
        """`only`: nothing but the segments that these links are on."""
        self._graph = graph
        self._around = around
        self._survey = Survey(around)
        self._register = Register()
        self._shapes: dict[int, _Shape] = {}
        self._spots: Spots = {}
        self._parts: dict[LinkId, _Part] = {}
        """Each link's part."""
        self._classes: Classes | None = None
        self.update((link.id for link in graph.links()) if only is None else only)

    def update(self, touched: Iterable[LinkId]) -> None:
        """These links came, went, or are no longer what they were. A link that moved is both places."""
        again = dict.fromkeys(touched)
        self._forget(again)
        for link in list(again):
            part = self._parts.get(link)
            if part is not None:
                again.update(dict.fromkeys(part.spots))
        for link in again:
            self._parts.pop(link, None)
        for segment, spots in segments_of(self._graph, again, self._spots):
            part = self._part(segment, spots)
            self._parts.update(dict.fromkeys(spots, part))
        self._classes = None

    def _forget(self, touched: Iterable[LinkId]) -> None:
        """What was known of these links, and of those beside them before and now."""
        for link in touched:
            known = self._spots.pop(link, None)
            found = self._graph.link(link)
            now = () if found is None else neighbours(self._graph, found)
            for at in (link, *(() if known is None else known.beside), *now):
                self._spots.pop(at, None)
                self._survey.marks.pop(at, None)

    def look_around(self, around: Conditions) -> None:
        """What is not in the graph was read again."""
        self._around, self._survey = around, Survey(around)
        self._shapes.clear()
        self.update(list(self._parts))

    def _part(self, segment: Segment, spots: Spots) -> "_Part":
        places = places_of(self._graph, self._survey, segment, spots, self._register)
        field = _Field(self._graph, self._around, segment, places.kinds)
        shape = self._shapes.get(places.shape)
        if shape is None:
            shape = self._shapes[places.shape] = _Shape(field)
        return _Part(field, spots, shape)

    def classes(self, space: NamespaceId | None = None) -> Classes:
        """All of them, or those of the segments that a namespace has an endpoint on."""
        if space is not None:
            return Classes([part for part in self._whole_parts() if part.is_in(space)])
        if self._classes is None:
            self._classes = Classes(list(self._whole_parts()))
        return self._classes

    def _whole_parts(self) -> Iterator["_Part"]:
        seen: dict[int, _Part] = {id(part): part for part in self._parts.values()}
        return (part for part in seen.values() if part.segment.endpoints)

    def explain(self, one: LinkId, other: LinkId) -> Verdict:
        """The whole answer for one pair. Raises KeyError where one of them is no link."""
        part = self._parts.get(one)
        if part is not None and other in part.spots and one != other:
            return verdict_within(self._graph, self._around, part.segment, one, other)
        return verdict(self._graph, self._around, one, other)

    def explain_outside(self, end: LinkId, outside: LinkId) -> Verdict:
        """Whether an endpoint reaches the network behind an uplink. Raises KeyError where one of them is no link."""
        return verdict_outside(self._graph, self._around, self._parts[end].segment, end, outside)


def reach_classes(graph: Inventory, around: Conditions = NOTHING_READ, space: NamespaceId | None = None) -> Classes:
    """Everybody against everybody, once; `space`: only the segments that this namespace has an endpoint on."""
    return Reach(graph, around).classes(space)


class _Field(NamedTuple):
    """Where an answer can be found."""

    graph: Inventory
    around: Conditions
    segment: Segment
    kinds: Mapping[int, tuple[LinkId, ...]]


class _Shape:
    """The answers of all segments that are alike, each found on the first of them that asks."""

    def __init__(self, first: _Field) -> None:
        self._relations: dict[tuple[int, int], Relation | None] = {}
        self.exits = {kind: _exit(first, ends[0]) for kind, ends in first.kinds.items()}
        self._ways_out = {kind: _ways_out(first, ends[0]) for kind, ends in first.kinds.items()}
        kinds = list(first.kinds)
        few = len(kinds) <= MOST_MERGED
        self.dead = frozenset(kind for kind in kinds if few and self._reaches_nobody(first, kind))
        alive = [kind for kind in kinds if kind not in self.dead]
        self.groups = self._merged(first, alive) if few else tuple((kind,) for kind in alive)

    def relation(self, field: _Field, one: int, other: int) -> Relation | None:
        """How two kinds of places stand to each other; None: it is one place, with itself."""
        key = (min(one, other), max(one, other))
        if key not in self._relations:
            self._relations[key] = _relation(field, *key)
        return self._relations[key]

    def _reaches_nobody(self, field: _Field, kind: int) -> bool:
        found = (self.relation(field, kind, other) for other in field.kinds)
        return self.exits[kind] is None and all(
            one is None or (one.reachable is Reachable.NO and one.own is None) for one in found
        )

    def _merged(self, field: _Field, kinds: list[int]) -> tuple[tuple[int, ...], ...]:
        """Kinds of places with the same row."""
        groups: list[list[int]] = []
        for kind in kinds:
            home = next((group for group in groups if self._has_same_row(field, group[0], kind)), None)
            if home is None:
                groups.append([kind])
            else:
                home.append(kind)
        return tuple(tuple(group) for group in groups)

    def _has_same_row(self, field: _Field, one: int, other: int) -> bool:
        between = self.relation(field, one, other)
        if between is None or between.own is not None or self.exits[one] is not self.exits[other]:
            return False
        if self._ways_out[one] != self._ways_out[other]:
            return False
        if any(self.relation(field, kind, kind) not in (None, between) for kind in (one, other)):
            return False
        others = (kind for kind in field.kinds if kind not in (one, other))
        return all(self.relation(field, one, kind) == self.relation(field, other, kind) for kind in others)


def _exit(field: _Field, end: LinkId) -> Because | None:
    found = way_out(field.graph, field.around, field.segment, end) if field.segment.outsides else None
    if found is None:
        return None
    link = field.graph.link(found.link)
    return Because.PEER_UNKNOWN if link is not None and link.kind in PEERED_KINDS else Because.OUTSIDE_UNKNOWN


def _uplinks(field: _Field) -> tuple[LinkId, ...]:
    """Those that are switched on."""
    links = (field.graph.link(outside) for outside in field.segment.outsides)
    return tuple(link.id for link in links if link is not None and link.up and is_uplink(link))


def _ways_out(field: _Field, end: LinkId) -> tuple[Reachable, ...]:
    """By which uplinks a place reaches the outside; where there is but one way out that is what its exit says."""
    if len(field.segment.outsides) < _SEVERAL:
        return ()
    around = field.graph, field.around, field.segment, end
    return tuple(verdict_outside(*around, uplink).reachable for uplink in _uplinks(field))


def _relation(field: _Field, one: int, other: int) -> Relation | None:
    pairs = nearest_and_farthest(field.segment, field.kinds[one], field.kinds[other])
    if pairs is None:
        return None
    far = verdict_within(field.graph, field.around, field.segment, *pairs[1])
    near = None if pairs[0] is None else verdict_within(field.graph, field.around, field.segment, *pairs[0])
    own = near.reachable if near is not None and near.reachable is not far.reachable else None
    return Relation(far.reachable, far.because, own, far.wired)


class _Part:
    """One segment: its classes."""

    def __init__(self, field: _Field, spots: Spots, shape: _Shape) -> None:
        self.segment = field.segment
        self.spots = spots
        self._field = field
        self._shape = shape
        self._outside: dict[tuple[int, LinkId], Relation] = {}
        self.classes = tuple(self._class(group) for group in shape.groups)

    @cached_property
    def nobody(self) -> tuple[LinkId, ...]:
        """Its endpoints that reach no other."""
        return tuple(end for kind in self._shape.dead for end in self._field.kinds[kind])

    @cached_property
    def uplinks(self) -> tuple[LinkId, ...]:
        """Outsides that somebody plugged in."""
        return _uplinks(self._field)

    def with_outside(self, at: int, outside: LinkId) -> Relation:
        """How one of its classes stands to what is behind an uplink."""
        if (at, outside) not in self._outside:
            end = self.classes[at].members[0]
            said = verdict_outside(self._field.graph, self._field.around, self.segment, end, outside)
            self._outside[at, outside] = Relation(said.reachable, said.because, wired=said.wired)
        return self._outside[at, outside]

    def is_in(self, space: NamespaceId) -> bool:
        """Whether a namespace has an endpoint here."""
        return any(end.namespace == space for end in self.segment.endpoints)

    def _class(self, group: tuple[int, ...]) -> ReachClass:
        members = tuple(sorted(end for kind in group for end in self._field.kinds[kind]))
        return ReachClass(members, self._shape.relation(self._field, *_pair(group)), self._shape.exits[group[0]])

    def between(self, one: int, other: int) -> Relation:
        """How two of its classes stand to each other."""
        return self._shape.relation(self._field, self._shape.groups[one][0], self._shape.groups[other][0]) or APART

    def example(self, one: int, other: int) -> tuple[LinkId, LinkId]:
        """Two who stand to each other as most of the two classes do."""
        near, far = self._shape.groups[one][0], self._shape.groups[other][0]
        if one == other:
            near, far = _pair(self._shape.groups[one])
        pairs = nearest_and_farthest(self.segment, self._field.kinds[near], self._field.kinds[far])
        if pairs is None:
            raise ValueError("a class of one member has no pair")
        return pairs[1]


def _pair(group: tuple[int, ...]) -> tuple[int, int]:
    """Two kinds of a class, or its only one twice."""
    return group[0], group[1] if len(group) > 1 else group[0]


def nearest_and_farthest(
    segment: Segment, near: Sequence[LinkId], far: Sequence[LinkId]
) -> tuple[tuple[LinkId, LinkId] | None, tuple[LinkId, LinkId]] | None:
    """Of all pairs with the first of `near`: those that meet lowest in the tree, if others meet higher, and highest.

    None: there is no pair of two.
    """
    one = near[0]
    above = set(segment.to_root(one))
    meets: dict[int, LinkId] = {}
    for other in far:
        if other != one:
            at = other
            while at not in above:
                at = segment.above[at]
            meets.setdefault(segment.depth[at], other)
    if not meets:
        return None
    lowest, highest = max(meets), min(meets)
    nearest = (one, meets[lowest]) if lowest != highest else None
    return nearest, (one, meets[highest])
