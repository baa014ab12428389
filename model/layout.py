"""The map: where everything stands, line by line, and how little of it moves when something changes.

Racks stand in the order in which they were first seen and keep their letters; inhabitants keep their rack and their
place in it; lanes keep their column. All that is remembered for this is `Memory`: a value that goes in and comes out.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from model.cables import BRIDGE_KINDS, Cable, Inhabitant, Plug, Wiring, wire_up
from model.identity import LinkId
from model.inventory import Inventory
from model.patch_map import Arc, Folding, Group, Lane, Line, LineId, Map, Memory, Rack, Role, Rung, Tombstone
from model.seating import Fold, in_letters_order, racks_of, seat_all, within_inhabitant
from model.segments import Letters

CROWD: Final = 150
"""From so many inhabitants on, racks fold by themselves."""
CROWD_ENDS: Final = 130
"""Below so many they unfold again."""
ARC_REACH: Final = 8
"""A direct cable is drawn as an arc when its ends are no more lines apart."""


def lay_out(
    graph: Inventory,
    memory: Memory | None = None,
    folding: Folding | None = None,
    gone: Iterable[Tombstone] = (),
    letters: Letters | None = None,
) -> Map:
    """Lay the graph out beside what is remembered of it. The same input gives the same map.

    `letters`: those given so far, on any screen; rails that have none get theirs here.
    """
    memory = memory or Memory()
    folding = folding or Folding()
    wiring = wire_up(graph)
    ordinals = in_letters_order(wiring, letters or Letters())
    sitting = seat_all(wiring, memory)
    crowded = len(sitting) >= (CROWD_ENDS if memory.crowded else CROWD)
    racks = tuple(racks_of(graph, wiring, ordinals, sitting, Fold(folding, crowded)))
    slots = _slots(racks, memory)
    seats = {sitter: seat for sitter, (seat, _) in sitting.items()}
    lines = tuple(_lines(racks, wiring, _by_rack(gone, wiring)))
    return Map(
        lines,
        racks,
        tuple(_lanes(lines, racks, slots)),
        tuple(_arcs(lines)),
        wiring.members,
        frozenset(rail for rail in ordinals if not _is_bridge(graph, rail)),
        ordinals,
        Memory(seats, slots, crowded),
        {line.id: at for at, line in enumerate(lines)},
    )


def _is_bridge(graph: Inventory, rail: LinkId) -> bool:
    link = graph.link(rail)
    return link is not None and link.kind in BRIDGE_KINDS


# Lines


def _by_rack(gone: Iterable[Tombstone], wiring: Wiring) -> dict[LinkId | None, list[Tombstone]]:
    """Tombstones by rack; where the rail is gone as well they stand last."""
    stones: dict[LinkId | None, list[Tombstone]] = {}
    for stone in gone:
        stones.setdefault(stone.rack if stone.rack in wiring.rails else None, []).append(stone)
    return stones


def _lines(racks: tuple[Rack, ...], wiring: Wiring, gone: dict[LinkId | None, list[Tombstone]]) -> Iterator[Line]:
    alive = {cable.id for cable in wiring.cables} if gone else set()
    last = len(racks) - 1
    for at, rack in enumerate(racks):
        stones = [stone for stone in gone.get(rack.rail, ()) if stone.cable.id not in alive]
        rows = list(_rows(rack, stones))
        uplinks = rack.uplinks
        below = len(rows)
        yield Line(
            LineId(Role.HEADER, rack.rail),
            at,
            Rung.BY if rack.rail is not None and (rows or len(uplinks) > 1) else Rung.NONE,
            uplink=uplinks[0] if uplinks else None,
        )
        rows += [_Row(LineId(Role.RAIL, uplink.link)) for uplink in uplinks[below + 1 :]]
        yield from _with_rail(at, rack, rows)
        if rows and at < last:
            yield Line(LineId(Role.AIR, rack.rail), at)


class _Row(NamedTuple):
    """A line, without what depends on the lines below it."""

    id: LineId
    cable: Cable | None = None
    first: bool = False
    stone: Tombstone | None = None


def _rows(rack: Rack, stones: list[Tombstone]) -> Iterator[_Row]:
    """The rows of a rack, in order."""
    if rack.folded:
        yield _Row(LineId(Role.STRIP, rack.rail))
        return
    groups: Iterable[tuple[Group, Tombstone | None]] = ((group, None) for group in rack.groups)
    if stones:
        groups = sorted(
            [*groups, *((Group(stone.cable.inhabitant, stone.order, (stone.cable,)), stone) for stone in stones)],
            key=lambda placed: (placed[0].order, placed[1] is not None, within_inhabitant(placed[0].cables[0])),
        )
    named: Inhabitant | None = None
    for group, stone in groups:
        first = stone is None or group.inhabitant != named
        for cable in group.cables:
            yield _Row(LineId(Role.CABLE, cable.id), cable, first, stone)
            first = False
        named = group.inhabitant


def _with_rail(at: int, rack: Rack, rows: list[_Row]) -> Iterator[Line]:
    """Run the rail along the rows, down to its last port or uplink."""
    if rack.rail is None:
        for row in rows:
            yield Line(row.id, at, Rung.NONE, row.cable, row.first, None, row.stone)
        return
    uplinks = rack.uplinks
    ports = [row.id.role is Role.STRIP or _is_port(row, rack.rail) for row in rows]
    last = max((number for number, port in enumerate(ports) if port), default=-1)
    last = max(last, len(uplinks) - 2)
    for number, row in enumerate(rows):
        uplink = uplinks[number + 1] if number + 1 < len(uplinks) else None
        if ports[number]:
            rung = Rung.LAST if number == last else Rung.PORT
        elif number <= last:
            rung = Rung.LAST if number == last and uplink is not None else Rung.BY
        else:
            rung = Rung.NONE
        yield Line(row.id, at, rung, row.cable, row.first, uplink, row.stone)


def _is_port(row: _Row, rail: LinkId) -> bool:
    return row.cable is not None and row.stone is None and row.cable.rail == rail


# Lanes and arcs


def _slots(racks: tuple[Rack, ...], memory: Memory) -> tuple[LinkId | None, ...]:
    """A column for every rail that has cables in other racks; a rail keeps its column as long as it has any."""
    wanted = dict.fromkeys(
        cable.rail
        for rack in racks
        for group in rack.groups
        if len(group.cables) > 1
        for cable in group.cables
        if cable.rail is not None and cable.rail != rack.rail
    )
    slots = [rail if rail in wanted else None for rail in memory.slots]
    for rail in wanted:
        if rail in slots:
            continue
        if None in slots:
            slots[slots.index(None)] = rail
        else:
            slots.append(rail)
    while slots and slots[-1] is None:
        slots.pop()
    return tuple(slots)


def _lanes(lines: tuple[Line, ...], racks: tuple[Rack, ...], slots: tuple[LinkId | None, ...]) -> Iterator[Lane]:
    if not slots:
        return
    headers: dict[LinkId, int] = {}
    ends: dict[LinkId, list[int]] = {}
    for at, line in enumerate(lines):
        if line.id.role is Role.HEADER and isinstance(line.id.subject, LinkId):
            headers[line.id.subject] = at
        elif is_secondary(line, racks[line.rack]) and line.cable is not None and line.cable.rail is not None:
            ends.setdefault(line.cable.rail, []).append(at)
    for slot, rail in enumerate(slots):
        if rail is not None and rail in ends and rail in headers:
            all_lines = [*ends[rail], headers[rail]]
            yield Lane(rail, slot, min(all_lines), max(all_lines), headers[rail], tuple(ends[rail]))


def is_secondary(line: Line, rack: Rack) -> bool:
    """A cable whose rail is another than the one beside it."""
    cable = line.cable
    return cable is not None and line.gone is None and cable.rail is not None and cable.rail != rack.rail


def _arcs(lines: tuple[Line, ...]) -> Iterator[Arc]:
    """Arcs share one column: of two that overlap the upper one is drawn."""
    open_ends: dict[LinkId, int] = {}
    free_from = 0
    for at, line in enumerate(lines):
        cable = line.cable
        if cable is None or cable.plug is not Plug.DIRECT or line.gone is not None or cable.far is None:
            continue
        top = open_ends.pop(cable.far, None)
        if top is None:
            if isinstance(cable.id, LinkId):
                open_ends[cable.id] = at
        elif top >= free_from and at - top <= ARC_REACH and lines[top].rack == line.rack:
            yield Arc(top, at)
            free_from = at + 1
