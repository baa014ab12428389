"""Where the boxes and cables of the focus stand, in cells. Deterministic: the same neighbourhood, the same picture."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple

from model.cables import Inhabitant
from model.focus import Hop, Node, Place
from model.focus_words import BoxWords
from model.identity import LinkId

MARGIN: Final = 1
NARROWEST_BOX: Final = 14
WIDEST_BOX: Final = 36
_GAPS: Final = ((21, 24), (17, 24), (13, 24), (9, 18), (7, NARROWEST_BOX), (5, NARROWEST_BOX))
"""Cells between two columns, and how wide a box must be for it: room for a host end's name comes first."""
_WIDEST_GAP: Final = 26
_BUS: Final = 3
"""From a box to the vertical of its rail."""

WordsOf = Callable[[Place], BoxWords]


class Weight(Enum):
    """How a cable is drawn."""

    LIGHT = 1
    HEAVY = 2
    DOUBLE = 3
    UNSEEN = 4


class Band(NamedTuple):
    """A column of boxes."""

    x: int
    width: int


class Placed(NamedTuple):
    """A box."""

    place: Place
    words: BoxWords
    x: int
    y: int
    width: int
    height: int


class More(NamedTuple):
    """`+4 more`: neighbours without a box."""

    place: Place
    """Whose neighbours they are."""
    hidden: int
    x: int
    y: int
    width: int


class Wire(NamedTuple):
    """A line from corner to corner."""

    points: tuple[tuple[int, int], ...]
    weight: Weight
    segment: LinkId | None
    place: Place | None = None
    """What it leads to; None: the vertical of a rail."""


class Label(NamedTuple):
    """A name on a cable: the host end, or the mode of a macvlan."""

    x: int
    y: int
    room: int
    link: LinkId
    segment: LinkId | None


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that is to be drawn."""

    bands: tuple[Band, ...]
    boxes: tuple[Placed, ...]
    mores: tuple[More, ...]
    wires: tuple[Wire, ...]
    labels: tuple[Label, ...]
    height: int


def bands(width: int, hops: int) -> tuple[Band, ...]:
    """The columns for so many hops; fewer, where there is no room for them; none: there is not even room for one."""
    for count in range(hops + 1, 1, -1):
        for gap, least in _GAPS:
            box = (width - 2 * MARGIN - gap * (count - 1)) // count
            if box >= least:
                box = min(box, WIDEST_BOX)
                pitch = box + min(_WIDEST_GAP, (width - 2 * MARGIN - box * count) // (count - 1))
                return tuple(Band(MARGIN + number * pitch, box) for number in range(count))
    return (Band(MARGIN, min(width - 2 * MARGIN, WIDEST_BOX)),) if width >= NARROWEST_BOX + 2 else ()


def lay_out(
    centre: Place, words_of: WordsOf, columns: tuple[Band, ...], height: int, opened: Collection[Node] = ()
) -> Picture:
    """As many neighbours as fit into the height, the others counted; all of those whose list was opened."""
    return _Layout(words_of, columns, opened).picture(centre, height)


@dataclass(slots=True)
class _Block:
    """A box with everything that hangs on it; rows count from the top of the block."""

    place: Place
    words: BoxWords
    top: int = 0
    height: int = 0
    kids: list[tuple["_Block", int]] = field(default_factory=list)
    more: int = 0
    more_at: int = 0

    @property
    def box_height(self) -> int:
        return 2 + len(self.words.rows)

    @property
    def meets(self) -> int:
        """The row at which the cable from the left arrives."""
        far = self.place.cables[0].far if self.place.cables else None
        return self.top + 1 + self.words.row_of(far)


class _Run(NamedTuple):
    """A cable from one row to another."""

    start: int
    end: int
    hop: Hop | None = None
    place: Place | None = None


class _Layout:
    def __init__(self, words_of: WordsOf, columns: tuple[Band, ...], opened: Collection[Node]) -> None:
        self._words_of = words_of
        self._columns = columns
        self._opened = opened
        self._words: dict[int, BoxWords] = {}
        self._limits: dict[int, int] = {}
        self._boxes: list[Placed] = []
        self._mores: list[More] = []
        self._wires: list[Wire] = []
        self._labels: list[Label] = []

    def picture(self, centre: Place, height: int) -> Picture:
        if not self._columns:
            return Picture((), (), (), (), (), 0)
        self._grow(centre, height)
        block = self._block(centre)
        self._put(block, 0)
        return Picture(
            self._columns,
            tuple(self._boxes),
            tuple(self._mores),
            tuple(self._wires),
            tuple(self._labels),
            block.height,
        )

    # How many

    def _grow(self, centre: Place, height: int) -> None:
        """Give each place one more neighbour in turn, as long as all of it fits."""
        full: set[int] = set()
        while True:
            grown = False
            for place in list(self._shown(centre)):
                if id(place) in full or self._limit(place) >= len(self._able(place)):
                    continue
                self._limits[id(place)] = self._limit(place) + 1
                if self._block(centre).height > height:
                    self._limits[id(place)] -= 1
                    full.add(id(place))
                else:
                    grown = True
            if not grown:
                return

    def _limit(self, place: Place) -> int:
        return len(place.children) if place.node in self._opened else self._limits.get(id(place), 0)

    def _able(self, place: Place) -> list[Place]:
        """The neighbours whose cables have a row, and a way through the gap, of their own."""
        if place.hops + 1 >= len(self._columns):
            return []
        if not isinstance(place.node, Inhabitant):
            return place.children
        words = self._word(place)
        able = [child for child in place.children if all(words.has_row(hop.near) for hop in child.cables)]
        ways = self._gap(place.hops) - 4
        return able[: max(1, ways)]

    def _kids(self, place: Place) -> list[Place]:
        return self._able(place)[: self._limit(place)]

    def _shown(self, centre: Place) -> Iterator[Place]:
        edge = [centre]
        while edge:
            yield from edge
            edge = [child for place in edge for child in self._kids(place)]

    def _word(self, place: Place) -> BoxWords:
        words = self._words.get(id(place))
        if words is None:
            words = self._words[id(place)] = self._words_of(place)
        return words

    def _gap(self, column: int) -> int:
        here, there = self._columns[column], self._columns[column + 1]
        return there.x - here.x - here.width

    # How high

    def _block(self, place: Place) -> _Block:
        block = _Block(place, self._word(place))
        kids = [self._block(child) for child in self._kids(place)]
        y = 0
        before: _Block | None = None
        for kid in kids:
            y += 1 if before is not None and (before.kids or kid.kids or before.more or kid.more) else 0
            block.kids.append((kid, y))
            y += kid.height
            before = kid
        block.more = len(place.children) - len(kids) if place.hops + 1 < len(self._columns) else 0
        if block.more:
            y += 1 if before is not None and (before.kids or before.more) else 0
            block.more_at = y
            y += 1
        self._centre(block, y)
        return block

    def _centre(self, block: _Block, kids_height: int) -> None:
        """The box stands in the middle of what hangs on it."""
        meets = [y + kid.meets for kid, y in block.kids] + ([block.more_at] if block.more else [])
        exits = self._exits(block)
        middle = (meets[0] + meets[-1]) // 2 - (exits[0] + exits[-1]) // 2 if meets else 0
        block.top = max(0, middle)
        down = max(0, -middle)
        block.kids = [(kid, y + down) for kid, y in block.kids]
        block.more_at += down
        block.height = max(block.top + block.box_height, kids_height + down)

    def _exits(self, block: _Block) -> list[int]:
        """The rows, from the top of the box, at which cables leave to the right."""
        if not isinstance(block.place.node, Inhabitant):
            return [1]
        rows = [1 + block.words.row_of(hop.near) for kid, _ in block.kids for hop in kid.place.cables]
        return rows or [1]

    # Where

    def _put(self, block: _Block, y: int) -> None:
        band = self._columns[block.place.hops]
        top = y + block.top
        self._boxes.append(Placed(block.place, block.words, band.x, top, band.width, block.box_height))
        if block.more:
            there = self._columns[block.place.hops + 1]
            self._mores.append(More(block.place, block.more, there.x, y + block.more_at, there.width))
        if block.kids or block.more:
            if isinstance(block.place.node, Inhabitant):
                self._cables_of_inhabitant(block, y)
            else:
                self._cables_of_rail(block, y)
        for kid, offset in block.kids:
            self._put(kid, y + offset)

    def _cables_of_rail(self, block: _Block, y: int) -> None:
        """One vertical for all of them."""
        here, there = self._columns[block.place.hops], self._columns[block.place.hops + 1]
        left, bus, right = here.x + here.width - 1, here.x + here.width - 1 + _BUS, there.x
        segment = block.words.segment
        exit_y = y + block.top + 1
        rows = []
        for kid, offset in block.kids:
            for hop in kid.place.cables:
                meets = y + offset + kid.top + 1 + kid.words.row_of(hop.far)
                rows.append(meets)
                self._wires.append(Wire(((bus, meets), (right, meets)), Weight.LIGHT, segment, kid.place))
                self._label(hop, bus + 2, right - 1, meets)
        if block.more:
            rows.append(y + block.more_at)
            self._wires.append(Wire(((bus, rows[-1]), (right, rows[-1])), Weight.LIGHT, segment))
        weight = self._rail_weight(block)
        self._wires.append(Wire(((left, exit_y), (bus, exit_y)), weight, segment))
        top, bottom = min(*rows, exit_y), max(*rows, exit_y)
        if top < bottom:
            self._wires.append(Wire(((bus, top), (bus, bottom)), weight, segment))

    def _rail_weight(self, block: _Block) -> Weight:
        if block.words.segment is None:
            return Weight.LIGHT
        return Weight.DOUBLE if block.words.sort.startswith("parent") else Weight.HEAVY

    def _cables_of_inhabitant(self, block: _Block, y: int) -> None:
        """Each from its own row, through a column of its own: no two cross."""
        here, there = self._columns[block.place.hops], self._columns[block.place.hops + 1]
        left, right = here.x + here.width - 1, there.x
        runs: list[_Run] = []
        for kid, offset in block.kids:
            for hop in kid.place.cables:
                start = y + block.top + 1 + block.words.row_of(hop.near)
                end = y + offset + kid.top + 1 + kid.words.row_of(hop.far)
                runs.append(_Run(start, end, hop, kid.place))
        if block.more:
            hidden = [child for child in block.place.children if child not in [kid.place for kid, _ in block.kids]]
            near = hidden[0].cables[0].near
            last = block.words.row_of(near) if block.words.has_row(near) else len(block.words.rows) - 1
            runs.append(_Run(y + block.top + 1 + last, y + block.more_at))
        for run, x in zip(runs, _ways(runs, left, right), strict=True):
            bent = ((left, run.start), (x, run.start), (x, run.end), (right, run.end))
            points = bent if run.start != run.end else ((left, run.start), (right, run.start))
            self._wires.append(Wire(points, Weight.LIGHT, run.hop.rail if run.hop is not None else None, run.place))
            if run.hop is not None and run.hop.label == run.hop.near:
                self._label(run.hop, x + 2, right - 1, run.end)

    def _label(self, hop: Hop, start: int, end: int, y: int) -> None:
        if hop.label is not None and end - start >= 5:
            self._labels.append(Label(start, y, end - start, hop.label, hop.rail))


def _ways(runs: list[_Run], left: int, right: int) -> list[int]:
    """The column of each: those that go up from left to right, those that go down from right to left."""
    up = sum(run.end < run.start for run in runs)
    down = sum(run.end > run.start for run in runs)
    wide = max(up, down)
    first = left + max(2, min((right - left - wide) // 3, right - left - wide - 2))
    ups, downs, columns = 0, down, []
    for run in runs:
        if run.end < run.start:
            columns.append(first + ups)
            ups += 1
        elif run.end > run.start:
            downs -= 1
            columns.append(first + downs)
        else:
            columns.append(first)
    return columns
