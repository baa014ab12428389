"""Who stands where on the map: letters, racks, and each inhabitant's seat in one of them."""

from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Final, NamedTuple

from model.cables import NOBODY, Cable, Inhabitant, Wiring
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.patch_map import Folding, Group, Memory, Rack, Seat, Sitter, letter_of
from model.segments import Letters

SMALL: Final = 3
"""Racks of so few inhabitants never fold by themselves."""


def in_letters_order(wiring: Wiring, letters: Letters) -> dict[LinkId, int]:
    """The rails, each with its ordinal, in the order of their letters. New ones are given theirs now."""
    ordinals = {rail: letters.ordinal(rail) for rail in wiring.rails}
    return dict(sorted(ordinals.items(), key=itemgetter(1)))


Sitting = dict[Sitter, tuple[Seat, list[Cable]]]


def seat_all(wiring: Wiring, memory: Memory) -> Sitting:
    """Each inhabitant at the rail it was at last time, while it has a cable there; else at its first one."""
    cables: dict[Sitter, list[Cable]] = {}
    for cable in wiring.cables:
        cables.setdefault(sitter_of(cable), []).append(cable)
    sitting: Sitting = {}
    for sitter, own in cables.items():
        sitting[sitter] = (take_a_seat(own, memory.seats.get(sitter)), own)
    return sitting


def take_a_seat(own: list[Cable], before: Seat | None) -> Seat:
    """Where somebody with these cables stands; they are put in order."""
    if len(own) > 1:
        own.sort(key=_in_order_of_age)
    if before is None or not any(cable.rail == before.rail for cable in own):
        return _first_seat(own)
    return before


def _in_order_of_age(cable: Cable) -> tuple[object, ...]:
    return (*within_inhabitant(cable), cable.order)


def sitter_of(cable: Cable) -> Sitter:
    """Whom a cable stands with."""
    inhabitant, rail = cable.inhabitant, cable.rail
    if inhabitant == NOBODY and isinstance(cable.id, LinkId):
        return (inhabitant, cable.id)
    if rail is not None and rail.namespace == inhabitant.namespace:
        return (inhabitant, rail)
    return (inhabitant, None)


def _first_seat(cables: list[Cable]) -> Seat:
    on_rails = [cable for cable in cables if cable.rail is not None] or cables
    return Seat(on_rails[0].rail, on_rails[0].order)


def within_inhabitant(cable: Cable) -> tuple[int, int]:
    """By the age of the inside end."""
    end = cable.inside or cable.host_end
    return (0, 0) if end is None else (cable.inside is None, end.ifindex)


# Racks


class Fold(NamedTuple):
    """Which racks are folded."""

    folding: Folding
    crowded: bool

    def of(self, rail: LinkId | None, inhabitants: int, *, nested: bool) -> bool:
        """What the operator said; else racks inside an inhabitant, and large ones where there is a crowd."""
        if inhabitants == 0 or rail in self.folding.opened:
            return False
        return rail in self.folding.closed or nested or (self.crowded and inhabitants > SMALL)


Groups = Mapping[LinkId | None, tuple[Group, ...]]


def racks_of(
    graph: Inventory, wiring: Wiring, letters: Mapping[LinkId, int], groups: Groups, fold: Fold
) -> Iterator[Rack]:
    """The host's racks, each followed by those inside its inhabitants; last what is on no bridge."""
    standing = [rail for rail in letters if rail in wiring.rails]
    inner = _inner_rails(graph, standing, groups)
    nested = {rail for rails in inner.values() for rail in rails}
    for rail in _in_order([rail for rail in standing if rail not in nested], inner, groups):
        own = groups.get(rail, ())
        folded = fold.of(rail, len(own), nested=rail in nested)
        if rail is not None:
            within = None if rail.namespace == graph.home else rail.namespace
            yield Rack(rail, letter_of(letters[rail]), tuple(wiring.uplinks.get(rail, ())), own, folded, within)
        elif own:
            yield Rack(None, "", (), own, folded)


def groups_of(sitting: Sitting) -> Groups:
    """Who stands beside each rail, in order; of each the cables on that rail first."""
    groups: dict[LinkId | None, list[Group]] = {}
    for (inhabitant, _), (seat, cables) in sitting.items():
        groups.setdefault(seat.rail, []).append(group_at(seat, inhabitant, cables))
    return {rail: tuple(sorted(own, key=by_order)) for rail, own in groups.items()}


def group_at(seat: Seat, inhabitant: Inhabitant, cables: list[Cable]) -> Group:
    """An inhabitant at its seat, the cables on that rail first."""
    if len(cables) > 1:
        on_rail = [cable for cable in cables if cable.rail == seat.rail]
        cables = on_rail + [cable for cable in cables if cable.rail != seat.rail]
    return Group(inhabitant, seat.order, tuple(cables))


def by_order(group: Group) -> tuple[object, ...]:
    """The order of those beside a rail. No two have the same."""
    return group.order, group.cables[0].order


def _guests(rail: LinkId | None, groups: Groups) -> Iterator[NamespaceId]:
    """The namespaces named beside a rail, but for the rail's own."""
    for group in groups.get(rail, ()):
        space = group.inhabitant.namespace
        if space is not None and (rail is None or rail.namespace != space):
            yield space


def _inner_rails(graph: Inventory, standing: list[LinkId], groups: Groups) -> dict[NamespaceId, list[LinkId]]:
    """Rails inside namespaces that can be reached from the host's racks; one that cannot stands alone."""
    inner: dict[NamespaceId, list[LinkId]] = {}
    for rail in standing:
        if rail.namespace != graph.home:
            inner.setdefault(rail.namespace, []).append(rail)
    reached: dict[NamespaceId, list[LinkId]] = {}
    ways: list[LinkId | None] = [None, *(rail for rail in standing if rail.namespace == graph.home)]
    while ways and len(reached) < len(inner):
        for space in _guests(ways.pop(), groups):
            if space in inner and space not in reached:
                reached[space] = inner[space]
                ways.extend(inner[space])
    return reached


def _in_order(outer: list[LinkId], inner: dict[NamespaceId, list[LinkId]], groups: Groups) -> Iterator[LinkId | None]:
    waiting: list[LinkId | None] = [None, *reversed(outer)]
    while waiting:
        rail = waiting.pop()
        yield rail
        if inner:
            waiting.extend(
                one for space in reversed(list(_guests(rail, groups))) for one in reversed(inner.get(space, []))
            )
