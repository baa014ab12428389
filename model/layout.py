"""The map: where everything stands, line by line, and how little of it moves when something changes.

Racks stand in the order in which they were first seen and keep their letters; inhabitants keep their rack and their
place in it; lanes keep their column. All that is remembered for this is `Memory`: a value that goes in and comes out.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final, NamedTuple

from model.cables import BRIDGE_KINDS, Cable, Inhabitant, Plug, Wiring, wire_up
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.patch_map import (
    Arc,
    Folding,
    GoneRail,
    Group,
    Lane,
    Line,
    LineId,
    Map,
    Memory,
    Rack,
    Role,
    Rung,
    Seat,
    Sitter,
    Stone,
    Tombstone,
    letter_of,
)
from model.seating import Fold, Groups, groups_of, in_letters_order, racks_of, seat_all, within_inhabitant
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
    gone: Iterable[Stone] = (),
    letters: Letters | None = None,
) -> Map:
    """Lay the graph out beside what is remembered of it. The same input gives the same map.

    `letters`: those given so far, on any screen; rails that have none get theirs here.
    """
    memory = memory or Memory()
    wiring = wire_up(graph)
    sitting = seat_all(wiring, memory)
    standing = Standing(
        wiring,
        groups_of(sitting),
        {sitter: seat for sitter, (seat, _) in sitting.items()},
        {cable.id for cable in wiring.cables},
        in_letters_order(wiring, letters or Letters()),
    )
    return draw_up(graph, standing, memory, folding or Folding(), gone)


class Standing(NamedTuple):
    """Who stands where, before it is folded and drawn up in lines."""

    wiring: Wiring
    groups: Groups
    seats: Mapping[Sitter, Seat]
    alive: Container[LinkId | NamespaceId]
    """The ids of all cables."""
    ordinals: Mapping[LinkId, int]
    """The rails, in the order of their letters."""


def draw_up(
    graph: Inventory,
    standing: Standing,
    memory: Memory,
    folding: Folding,
    gone: Iterable[Stone] = (),
    known: "dict[LinkId | None, Block] | None" = None,
) -> Map:
    """The map of those who have their seats. `known`: racks that were drawn up before; it is brought up to date."""
    wiring, ordinals = standing.wiring, standing.ordinals
    known = {} if known is None else known
    crowded = len(standing.seats) >= (CROWD_ENDS if memory.crowded else CROWD)
    found = racks_of(graph, wiring, ordinals, standing.groups, Fold(folding, crowded))
    gone = tuple(gone)
    lost = [stone for stone in gone if isinstance(stone, GoneRail) and stone.rail not in wiring.rails]
    racks = tuple(_as_before(rack, known.get(rack.rail)) for rack in _with_lost(found, lost, ordinals))
    stones = _by_rack(gone, {*wiring.rails, *(stone.rail for stone in lost)})
    blocks = []
    for at, rack in enumerate(racks):
        own = tuple(stone for stone in stones.get(rack.rail, ()) if stone.cable.id not in standing.alive)
        blocks.append(_block(at, rack, own, known.get(rack.rail), is_last=at == len(racks) - 1))
    known.clear()
    known.update((block.rack.rail, block) for block in blocks)
    slots = _slots(blocks, memory)
    lines = tuple(chain.from_iterable(block.lines for block in blocks))
    return Map(
        lines,
        racks,
        tuple(_lanes(blocks, slots)),
        tuple(_arcs(blocks)),
        wiring.members,
        frozenset(rail for rail in ordinals if not _is_bridge(graph, rail)),
        ordinals,
        Memory(standing.seats, slots, crowded),
        dict(zip((line.id for line in lines), range(len(lines)), strict=True)),
    )


def _is_bridge(graph: Inventory, rail: LinkId) -> bool:
    link = graph.link(rail)
    return link is not None and link.kind in BRIDGE_KINDS


# What is gone


def _with_lost(found: Iterable[Rack], lost: Sequence[GoneRail], ordinals: Mapping[LinkId, int]) -> Iterator[Rack]:
    """The racks, with the headers of rails that are gone where their letters stood."""
    waiting = sorted(lost, key=lambda stone: stone.ordinal)
    for rack in found:
        while waiting and rack.within is None and (rack.rail is None or waiting[0].ordinal < ordinals[rack.rail]):
            yield _lost(waiting.pop(0))
        yield rack
    yield from map(_lost, waiting)


def _lost(stone: GoneRail) -> Rack:
    return Rack(stone.rail, letter_of(stone.ordinal), gone=stone)


def _by_rack(gone: Iterable[Stone], rails: Container[LinkId | None]) -> dict[LinkId | None, list[Tombstone]]:
    """Those of cables by rack; where nothing tells of the rail any more they stand last."""
    stones: dict[LinkId | None, list[Tombstone]] = {}
    for stone in gone:
        if isinstance(stone, Tombstone):
            stones.setdefault(stone.rack if stone.rack in rails else None, []).append(stone)
    return stones


# Lines


class Block(NamedTuple):
    """The lines of one rack, and what of them lanes and arcs are made of, counted from its header."""

    rack: Rack
    at: int
    stones: tuple[Tombstone, ...]
    is_last: bool
    lines: tuple[Line, ...]
    foreign: Mapping[LinkId, tuple[int, ...]]
    """Lines of secondary cables, by the rail they lead to."""
    reaches: tuple[LinkId, ...]
    """The rails that its inhabitants have cables to, be they folded or not."""
    arcs: tuple[Arc, ...]


def _as_before(rack: Rack, block: Block | None) -> Rack:
    """The same value, if it is: who holds it sees at once that nothing changed."""
    return block.rack if block is not None and block.rack == rack else rack


def _block(at: int, rack: Rack, stones: tuple[Tombstone, ...], before: Block | None, *, is_last: bool) -> Block:
    if before is not None and before.rack is rack and before[1:4] == (at, stones, is_last):
        return before
    lines = tuple(_lines(at, rack, stones, is_last=is_last))
    foreign: dict[LinkId, list[int]] = {}
    for number, line in enumerate(lines):
        if line.cable is not None and line.cable.rail is not None and is_secondary(line, rack):
            foreign.setdefault(line.cable.rail, []).append(number)
    ends = {rail: tuple(numbers) for rail, numbers in foreign.items()}
    return Block(rack, at, stones, is_last, lines, ends, tuple(_reaches(rack)), tuple(_arcs_in(lines)))


def _lines(at: int, rack: Rack, stones: tuple[Tombstone, ...], *, is_last: bool) -> Iterator[Line]:
    rows = list(_rows(rack, stones))
    uplinks = rack.uplinks
    below = len(rows)
    yield Line(
        LineId(Role.HEADER, rack.rail),
        at,
        Rung.BY if rack.rail is not None and rack.gone is None and (rows or len(uplinks) > 1) else Rung.NONE,
        uplink=uplinks[0] if uplinks else None,
        gone=rack.gone,
    )
    rows += [_Row(LineId(Role.RAIL, uplink.link)) for uplink in uplinks[below + 1 :]]
    yield from _with_rail(at, rack, rows)
    if rows and not is_last:
        yield Line(LineId(Role.AIR, rack.rail), at)


class _Row(NamedTuple):
    """A line, without what depends on the lines below it."""

    id: LineId
    cable: Cable | None = None
    first: bool = False
    stone: Tombstone | None = None


def _rows(rack: Rack, stones: Sequence[Tombstone]) -> Iterator[_Row]:
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


def _reaches(rack: Rack) -> Iterable[LinkId]:
    return dict.fromkeys(
        cable.rail
        for group in rack.groups
        if len(group.cables) > 1
        for cable in group.cables
        if cable.rail is not None and cable.rail != rack.rail
    )


def _slots(blocks: Sequence[Block], memory: Memory) -> tuple[LinkId | None, ...]:
    """A column for every rail that has cables in other racks; a rail keeps its column as long as it has any."""
    wanted = dict.fromkeys(rail for block in blocks for rail in block.reaches)
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


def _starts(blocks: Sequence[Block]) -> Iterator[tuple[int, Block]]:
    """Each with the line it begins at."""
    start = 0
    for block in blocks:
        yield start, block
        start += len(block.lines)


def _lanes(blocks: Sequence[Block], slots: tuple[LinkId | None, ...]) -> Iterator[Lane]:
    if not slots:
        return
    headers: dict[LinkId, int] = {}
    ends: dict[LinkId, list[int]] = {}
    for start, block in _starts(blocks):
        if block.rack.rail is not None:
            headers[block.rack.rail] = start
        for far, numbers in block.foreign.items():
            ends.setdefault(far, []).extend(start + number for number in numbers)
    for slot, rail in enumerate(slots):
        if rail is not None and rail in ends and rail in headers:
            all_lines = [*ends[rail], headers[rail]]
            yield Lane(rail, slot, min(all_lines), max(all_lines), headers[rail], tuple(ends[rail]))


def is_secondary(line: Line, rack: Rack) -> bool:
    """A cable whose rail is another than the one beside it."""
    cable = line.cable
    return cable is not None and line.gone is None and cable.rail is not None and cable.rail != rack.rail


def _arcs(blocks: Sequence[Block]) -> Iterator[Arc]:
    return (Arc(start + arc.top, start + arc.bottom) for start, block in _starts(blocks) for arc in block.arcs)


def _arcs_in(lines: tuple[Line, ...]) -> Iterator[Arc]:
    """Both ends are in one rack. Arcs share one column: of two that overlap the upper one is drawn."""
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
        elif top >= free_from and at - top <= ARC_REACH:
            yield Arc(top, at)
            free_from = at + 1
