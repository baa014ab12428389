"""What a plan changes in who reaches whom, in few sentences: a thousand pairs with the same fate are one of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from model.conditions import Conditions
from model.identity import LinkId
from model.inventory import Inventory
from model.layer2 import segments_of
from model.reach_classes import Classes, Reach
from model.reach_words import called
from model.verdict import Reachable

_NAMED: Final = 2
"""So many links of a group are told by name."""


class LostAndGained(NamedTuple):
    """Sentences, ready to be printed. Filters aside: it is about cables, bridges and macvlans."""

    lost: tuple[str, ...]
    gained: tuple[str, ...]


def lost_and_gained(
    before: Inventory,
    after: Inventory,
    touched: Iterable[LinkId],
    moved: Mapping[LinkId, LinkId] | None = None,
) -> LostAndGained:
    """Compare the graph with what it would be. `touched`: the links that differ, before or after.

    `moved`: where a link that goes to another namespace was, and where it will be.
    """
    former, latter, groups, then = _compared(before, after, touched, moved or {})
    lost, gained = _Changes(), _Changes()
    for number, (one, members) in enumerate(groups.items()):
        for other in list(groups)[number:]:
            if one == other and len(members) == 1:
                continue
            was, will_be = former.relation(one[0], other[0]), latter.relation(one[1], other[1])
            if was is Reachable.YES and will_be is not Reachable.YES:
                lost.add(one, other, will_be)
            elif was is Reachable.NO and will_be is not Reachable.NO:
                gained.add(one, other, will_be)
    named = _Names(before, after, then, groups)
    return LostAndGained(
        lost.sentences(named, {Reachable.NO: "will no longer reach", Reachable.UNKNOWN: "may no longer reach"}),
        gained.sentences(named, {Reachable.YES: "will reach", Reachable.UNKNOWN: "may reach"}),
    )


class Pairs(NamedTuple):
    """How many pairs of links surely reach each other on one side of a plan, and on the other do not, or not surely."""

    lost: int
    gained: int


def count_lost_and_gained(
    before: Inventory,
    after: Inventory,
    touched: Iterable[LinkId],
    moved: Mapping[LinkId, LinkId] | None = None,
) -> Pairs:
    """The same comparison, where naming them would take too long: only what shares a segment is looked at."""
    former, latter, groups, _ = _compared(before, after, touched, moved or {})

    def was(one: _Group, other: _Group) -> bool:
        return former.relation(one[0], other[0]) is Reachable.YES

    def will_be(one: _Group, other: _Group) -> bool:
        return latter.relation(one[1], other[1]) is Reachable.YES

    def stays(one: _Group, other: _Group) -> bool:
        return was(one, other) and will_be(one, other)

    there = {group: former.segment(group[0]) for group in groups}
    then = {group: latter.segment(group[1]) for group in groups}
    both = {group: None if None in (there[group], then[group]) else (there[group], then[group]) for group in groups}
    stay = _count(groups, stays, both)
    return Pairs(
        _count(_by_place(groups, 0), was, there) - stay,
        _count(_by_place(groups, 1), will_be, then) - stay,
    )


def _concerned(before: Inventory, after: Inventory, links: set[LinkId]) -> set[LinkId]:
    """All links of all segments that these links join or leave."""
    count = 0
    while len(links) > count:
        count = len(links)
        for graph in (before, after):
            for _, found in segments_of(graph, list(links)):
                links |= found.keys()
    return links


_Group = tuple[int | None, int | None]
"""The class before and the class after; None: it is not there."""
_Groups = Mapping[_Group, Sequence[LinkId]]


def _compared(
    before: Inventory, after: Inventory, touched: Iterable[LinkId], moved: Mapping[LinkId, LinkId]
) -> "tuple[_Side, _Side, _Groups, Mapping[LinkId, LinkId]]":
    """Both sides, who has the same place on both, and where those who move were."""
    now = {old: new for old, new in moved.items() if after.link(new) is not None}
    then = {new: old for old, new in now.items()}
    links = _concerned(before, after, {*touched, *now, *now.values()})
    former, latter = _Side(before, links, predicted=False), _Side(after, links, predicted=True)
    groups: dict[_Group, list[LinkId]] = {}
    for end in dict.fromkeys((*(now.get(end, end) for end in former.ends), *latter.ends)):
        groups.setdefault((former.place(then.get(end, end)), latter.place(end)), []).append(end)
    return former, latter, groups, then


def _by_place(groups: _Groups, side: int) -> _Groups:
    """Those of one class on that side, as one group: what becomes of them on the other one does not matter."""
    merged: dict[int | None, tuple[_Group, list[LinkId]]] = {}
    for group, members in groups.items():
        merged.setdefault(group[side], (group, []))[1].extend(members)
    return dict(merged.values())


def _count(groups: _Groups, reach: Callable[[_Group, _Group], bool], segments: Mapping[_Group, object]) -> int:
    """The pairs of links whose groups stand so to each other: none does without a segment that both are on."""
    near: dict[object, list[_Group]] = {}
    for group in groups:
        if segments[group] is not None:
            near.setdefault(segments[group], []).append(group)
    count = 0
    for together in near.values():
        for number, one in enumerate(together):
            size = len(groups[one])
            count += size * (size - 1) // 2 if reach(one, one) else 0
            count += sum(size * len(groups[other]) for other in together[number + 1 :] if reach(one, other))
    return count


class _Side:
    """The classes of the segments that matter, before or after."""

    def __init__(self, graph: Inventory, links: Iterable[LinkId], *, predicted: bool) -> None:
        self._classes: Classes = Reach(graph, Conditions(predicted=predicted), only=links).classes()
        self.ends: list[LinkId] = [end for one in self._classes.classes for end in one.members]

    def place(self, end: LinkId) -> int | None:
        return self._classes.place_of(end)

    def segment(self, place: int | None) -> object:
        """What those have in common who may surely reach each other."""
        return None if place is None else self._classes.segment_of(place)

    def relation(self, one: int | None, other: int | None) -> Reachable:
        if one is None or other is None:
            return Reachable.NO
        return self._classes.between(one, other).wired


class _Names:
    def __init__(
        self,
        before: Inventory,
        after: Inventory,
        then: Mapping[LinkId, LinkId],
        groups: Mapping[_Group, Sequence[LinkId]],
    ) -> None:
        self._before, self._after, self._then, self.groups = before, after, then, groups

    def of(self, groups: Iterable[_Group]) -> tuple[str, int]:
        """`web/eth0, db/eth0 and 998 others`, and how many they are."""
        members = sorted(end for group in groups for end in self.groups[group])
        shown = [self._name(end) for end in members[:_NAMED]]
        left = len(members) - _NAMED
        if left > 0:
            return f"{', '.join(shown)} and {left:,} other{'' if left == 1 else 's'}", len(members)
        return " and ".join(shown), len(members)

    def _name(self, end: LinkId) -> str:
        """As it is called now: that is what the operator sees."""
        old = self._then.get(end, end)
        return called(self._before, old) if self._before.link(old) is not None else called(self._after, end)


class _Changes:
    """Pairs of groups with the same kind of change."""

    def __init__(self) -> None:
        self._by_fate: dict[Reachable, dict[_Group, dict[_Group, None]]] = {}

    def add(self, one: _Group, other: _Group, fate: Reachable) -> None:
        pairs = self._by_fate.setdefault(fate, {})
        pairs.setdefault(one, {})[other] = None
        pairs.setdefault(other, {})[one] = None

    def sentences(self, names: _Names, verbs: Mapping[Reachable, str]) -> tuple[str, ...]:
        """The group with the most partners first: with all of them it is one sentence."""
        told: list[str] = []
        for fate, pairs in self._by_fate.items():
            while pairs:
                hub = min(pairs, key=lambda group: (-len(pairs[group]), len(names.groups[group]), names.groups[group]))
                partners = list(pairs.pop(hub))
                for partner in partners:
                    left = pairs.get(partner)
                    if left is not None:
                        left.pop(hub, None)
                        if not left:
                            del pairs[partner]
                told += self._sentences(names, verbs[fate], hub, partners)
        return tuple(told)

    def _sentences(self, names: _Names, verb: str, hub: _Group, partners: list[_Group]) -> Iterable[str]:
        subject, count = names.of([hub])
        others = [partner for partner in partners if partner != hub]
        if hub in partners:
            yield f"{subject} {verb} each other"
        if not others:
            return
        object_, _ = names.of(others)
        if count == 1 and len(others) == 1 and len(names.groups[others[0]]) == 1:
            yield f"{subject} and {object_} {verb} each other"
        else:
            yield f"{subject} {verb} {object_}"
