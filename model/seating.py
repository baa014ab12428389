"""Who stands where on the map: letters, racks, and each inhabitant's seat in one of them."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from model.cables import NOBODY, Cable, Wiring
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.patch_map import Folding, Group, Memory, Rack, Seat, Sitter, letter_of

SMALL: Final = 3
"""Racks of so few inhabitants never fold by themselves."""


def letters_of(wiring: Wiring, memory: Memory) -> Mapping[LinkId, int]:
    """A letter is given once; a rail that comes back has its old one."""
    fresh = [rail for rail in wiring.rails if rail not in memory.letters]
    if not fresh:
        return memory.letters
    taken = len(memory.letters)
    return {**memory.letters, **{rail: taken + number for number, rail in enumerate(fresh)}}


Sitting = dict[Sitter, tuple[Seat, list[Cable]]]


def seat_all(wiring: Wiring, memory: Memory) -> Sitting:
    """Each inhabitant at the rail it was at last time, while it has a cable there; else at its first one."""
    cables: dict[Sitter, list[Cable]] = {}
    for cable in wiring.cables:
        cables.setdefault(_sitter(cable), []).append(cable)
    sitting: Sitting = {}
    for sitter, own in cables.items():
        if len(own) > 1:
            own.sort(key=within_inhabitant)
        seat = memory.seats.get(sitter)
        if seat is None or not any(cable.rail == seat.rail for cable in own):
            seat = _first_seat(own)
        sitting[sitter] = (seat, own)
    return sitting


def _sitter(cable: Cable) -> Sitter:
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
        if inhabitants == 0 or rail in self.folding.opened:
            return False
        return rail in self.folding.closed or nested or (self.crowded and inhabitants > SMALL)


def racks_of(
    graph: Inventory, wiring: Wiring, letters: Mapping[LinkId, int], sitting: Sitting, fold: Fold
) -> Iterator[Rack]:
    """The host's racks, each followed by those inside its inhabitants; last what is on no bridge."""
    groups: dict[LinkId | None, list[Group]] = {}
    for (inhabitant, _), (seat, cables) in sitting.items():
        here = seat.rail
        if len(cables) > 1:
            cables.sort(key=lambda cable, here=here: cable.rail != here)  # type: ignore[misc] # a stable sort
        groups.setdefault(seat.rail, []).append(Group(inhabitant, seat.order, tuple(cables)))
    inner = _inner_rails(graph, letters, wiring, groups)
    waiting: list[LinkId | None] = [
        *(rail for rail in letters if rail in wiring.rails and rail not in inner.nested),
        None,
    ]
    waiting.reverse()
    while waiting:
        rail = waiting.pop()
        own = groups.get(rail, [])
        if rail is None and not own:
            continue
        own.sort(key=lambda group: group.order)
        nested = rail is not None and rail in inner.nested
        yield Rack(
            rail,
            "" if rail is None else letter_of(letters[rail]),
            tuple(wiring.uplinks.get(rail, ())) if rail is not None else (),
            tuple(own),
            fold.of(rail, len(own), nested=nested),
            None if rail is None or rail.namespace == graph.home else rail.namespace,
        )
        for group in reversed(own):
            if group.inhabitant.namespace is not None and (
                rail is None or rail.namespace != group.inhabitant.namespace
            ):
                waiting.extend(reversed(inner.of.get(group.inhabitant.namespace, ())))


class _Inner(NamedTuple):
    """Rails inside inhabitants that are named somewhere."""

    of: dict[NamespaceId, list[LinkId]]
    nested: set[LinkId]


def _inner_rails(
    graph: Inventory, letters: Mapping[LinkId, int], wiring: Wiring, groups: dict[LinkId | None, list[Group]]
) -> _Inner:
    """A rail stands inside its namespace where that can be reached from the host's racks, and alone where it cannot."""
    inner: dict[NamespaceId, list[LinkId]] = {}
    for rail in letters:
        if rail in wiring.rails and rail.namespace != graph.home:
            inner.setdefault(rail.namespace, []).append(rail)
    if not inner:
        return _Inner({}, set())
    nested: set[LinkId] = set()
    reached: list[LinkId | None] = [None, *(rail for rail in wiring.rails if rail.namespace == graph.home)]
    while reached:
        rail = reached.pop()
        for group in groups.get(rail, ()):
            space = group.inhabitant.namespace
            if space in inner and (rail is None or rail.namespace != space):
                fresh = [one for one in inner[space] if one not in nested]
                nested.update(fresh)
                reached.extend(fresh)
    return _Inner({space: [one for one in rails if one in nested] for space, rails in inner.items()}, nested)
