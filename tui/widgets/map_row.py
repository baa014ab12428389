"""One line of the map: the outside, lanes, rail, cable, jack, and whose it is."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from model.cables import Plug
from model.caption import Manner, State, counted
from model.grid import Grid
from model.identity import LinkId
from model.layout import is_secondary
from model.patch_map import Line, Map, Rack, Role, Rung
from model.port_marks import UNMARKED, PortMarks
from model.row_words import HeaderWords, RowWords, UplinkWords
from tui.signs import UNICODE, Signs
from tui.theme import Depth
from tui.widgets.boxes import DOUBLE, HEAVY, LIGHT, NONE, Arms, ascii_box, box
from tui.widgets.cells import Cells
from tui.widgets.kept_marks import guard_piece, pin_piece
from tui.widgets.line import Pen, overlaid
from tui.widgets.map_way import Lit, Way
from tui.widgets.meter import EMPTY_METER, Meter, bars

HUES: Final = 5


class Head(NamedTuple):
    """An inhabitant of a folded rack."""

    state: State
    busy: int = 0
    """The step of its busiest rate."""


class Words(NamedTuple):
    """Everything that is written on a line."""

    row: RowWords | None = None
    header: HeaderWords | None = None
    uplink: UplinkWords | None = None
    strip: tuple["Head", ...] = ()


class Mood(NamedTuple):
    """How a line looks now."""

    selected: bool = False
    far: bool = False
    """Its other end is meant."""
    lit: Lit | None = None
    lit_chip: bool = False
    """The selected cable leads to this header."""
    arc_lit: bool = False
    """The selected cable is the arc that passes here."""
    flashing: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    mark: str = ""
    dimmed: bool = False
    """A filter does not let it through."""
    cell: int = -1
    """The cell of a heat strip that is meant."""
    way: Way | None = None
    """A path is drawn on the map: what it does here."""
    kept: PortMarks = UNMARKED
    """What the policy says of its host end."""


class Meters(NamedTuple):
    """What passes: inside, and on the outside at the left."""

    inside: Meter | None = None
    outside: Meter | None = None


class Spots(NamedTuple):
    """Where the meters stand on a line; None: it has none."""

    inside: int | None = None
    outside: int | None = None


class LaneHere(NamedTuple):
    """What a lane does on a line."""

    rail: LinkId
    slot: int
    up: bool
    down: bool
    is_header: bool
    """It joins its rail."""
    is_end: bool
    """One of its cables begins."""


class ArcHere(NamedTuple):
    """What an arc does on a line; neither: it goes by."""

    is_top: bool
    is_bottom: bool


@dataclass(slots=True)
class Ways:
    """What runs through a line from top to bottom."""

    lanes: list[LaneHere] = field(default_factory=list)
    arc: ArcHere | None = None


class MapRow:
    """Draws one line, in one pass: horizontals first, then verticals over them, then words."""

    def __init__(self, pen: Pen, grid: Grid, shown: Map, line: Line, mood: Mood) -> None:
        self._pen = pen
        self._grid = grid
        self._map = shown
        self._mood = mood
        self._line = line
        self._rack = shown.racks[self._line.rack]
        self._cells = Cells(pen, grid.width - 1)
        self.spots = Spots()

    def draw(self, words: Words, ways: Ways, *after: Segment) -> Strip:
        """The row, as the terminal gets it, with room for the meters; what stands after it."""
        if self._line.id.role is Role.CABLE and words.row is not None:
            self._grounds()
            self._cable(words.row)
        elif words.header is not None:
            self._header_lines(words)
        elif self._line.id.role is Role.STRIP:
            self._grounds()
        if words.uplink is not None:
            self._uplink(words.uplink)
        self._rail()
        self._lanes(ways)
        self._arc(ways.arc)
        if words.row is not None:
            self._row_words(words.row)
        elif words.header is not None:
            self._header_words(words.header, words.uplink)
        elif self._line.id.role is Role.STRIP:
            self._strip_words(words.strip)
        return self._cells.strip(*after)

    # Inks

    def _hue(self, rail: LinkId | None) -> str:
        way = self._mood.way
        if way is not None and rail not in way.rails:
            return "edge"
        number = None if rail is None else self._map.letters.get(rail)
        return "muted" if number is None else f"segment{number % HUES}"

    def _ink(self, ink: str, *, on_cable: bool = False) -> str:
        """What a filter does not let through is dim; the selected cable is strong, and so is a path's."""
        if self._mood.dimmed:
            return "edge" if self._mood.way is not None and self._pen.inks.depth is not Depth.FULL else "dim"
        return "strong" if on_cable and self._is_lit else ink

    @property
    def _is_lit(self) -> bool:
        """The cable of this line is heavy: it is selected, or a path's."""
        way = self._mood.way
        return self._mood.selected if way is None else way.is_on

    @property
    def _is_parent(self) -> bool:
        rail = self._rack.rail
        return rail is not None and rail in self._map.parents

    @property
    def _weight(self) -> int:
        return DOUBLE if self._is_parent else HEAVY

    @property
    def _is_gone(self) -> bool:
        return self._line.gone is not None

    # Lines

    def _grounds(self) -> None:
        grid, cells = self._grid, self._cells
        cells.fill(grid.jack, grid.width, "band")
        if self._mood.selected:
            cells.fill(grid.other_end - 1, grid.width, "select")

    def _cable(self, words: RowWords) -> None:
        """From the rail, the lane or the outside to the jack."""
        cable, grid, cells = self._line.cable, self._grid, self._cells
        if cable is None or self._is_gone or cable.plug in (Plug.BARE, Plug.EMPTY):
            return
        ink = self._ink("muted" if words.state is State.DOWN else self._hue(cable.rail), on_cable=True)
        weight, bold = (HEAVY if self._is_lit else LIGHT), self._is_lit
        if words.manner is Manner.UNKNOWN:
            if cable.rail is not None:
                cells.run(grid.rail + 1, grid.other_end, weight, ink, bold=bold)
            return
        start = grid.other_end
        if is_secondary(self._line, self._rack) and cable.rail is not None:
            column = self._lane_column(cable.rail)
            start = grid.chip if column is None else column + 1
        elif cable.rail is not None:
            start = grid.rail + 1
        elif words.outside and grid.outside is not None:
            remark = words.outside_remark
            start = grid.outside + min(cell_len(words.outside), grid.outside_width) + 1
            if grid.speed is not None and remark:
                start = grid.speed + cell_len(remark) + 1
        cells.run(start, grid.jack, weight, ink, bold=bold)

    def _lane_column(self, rail: LinkId) -> int | None:
        slots = self._map.memory.slots
        return self._grid.lane(slots.index(rail)) if rail in slots else None

    def _uplink(self, words: UplinkWords) -> None:
        """A NIC or a tunnel, and its way to the rail."""
        grid, cells = self._grid, self._cells
        if grid.outside is None:
            return
        is_down = words.state is State.DOWN
        hue = "muted" if is_down else self._hue(self._rack.rail)
        name_ink = "danger" if is_down else "strong"
        end = cells.write(grid.outside, words.name, name_ink, bold=True, room=grid.outside_width)
        if is_down and grid.meter is not None:
            cells.write(grid.meter, self._pen.signs.down, "danger", bold=True)
        elif grid.meter is not None:
            self._outside_meter(grid.meter)
        if grid.speed is not None and words.remark:
            end = cells.write(grid.speed, words.remark, "muted", room=grid.lanes_from - grid.speed - 1)
        is_first = self._line.id.role is Role.HEADER
        cells.run(end + 1, grid.rail, self._weight if is_first else LIGHT, hue)

    def _rail(self) -> None:
        """The rail's own column."""
        rung, role, weight = self._line.rung, self._line.id.role, self._weight
        if self._rack.rail is None or self._rack.gone is not None:
            return
        hue = self._hue(self._rack.rail)
        right = NONE
        if rung in (Rung.PORT, Rung.LAST) and (role is not Role.RAIL) and not self._only_uplink:
            right = (weight if self._is_parent else HEAVY) if self._is_lit else LIGHT
        left = LIGHT if self._line.uplink is not None and self._grid.outside is not None else NONE
        if role is Role.HEADER:
            left = weight if left else NONE
            arms = Arms(down=weight if rung is Rung.BY else NONE, left=left, right=weight)
            if not any(arms[:3]) and not self._is_parent:
                arms = Arms(right=HEAVY)
            self._cells.join(self._grid.rail, arms, hue)
        elif rung is not Rung.NONE:
            down = NONE if rung is Rung.LAST else weight
            way = self._mood.way
            hue = "strong" if way is not None and way.rail is not None else "edge" if way is not None else hue
            self._cells.cross(self._grid.rail, Arms(weight, down, left, right), hue)

    @property
    def _only_uplink(self) -> bool:
        """An uplink meets the rail here, and no cable does."""
        cable = self._line.cable
        return cable is not None and cable.rail != self._rack.rail

    def _lanes(self, ways: Ways) -> None:
        """Verticals; a foreign horizontal breaks where they pass."""
        for lane in ways.lanes:
            x = self._grid.lane(lane.slot)
            if x is None:
                continue
            arms, is_lit = self._lane_arms(lane)
            ink = "strong" if is_lit else self._hue(lane.rail)
            if lane.is_header:
                self._lane_to_header(lane, ways, arms, ink)
            elif lane.is_end:
                mine = self._is_lit
                self._cells.cross(x, arms | Arms(right=HEAVY if mine else LIGHT), "strong" if mine else ink)
            else:
                self._cells.cross(x, arms, ink)

    def _lane_arms(self, lane: LaneHere) -> tuple[Arms, bool]:
        lit = self._lit_on(lane.rail)
        up, down = (LIGHT if lane.up else NONE), (LIGHT if lane.down else NONE)
        if lit is None:
            return Arms(up, down), False
        return Arms(HEAVY if lit.up else up, HEAVY if lit.down else down), True

    def _lit_on(self, rail: LinkId) -> Lit | None:
        """The heavy part of a lane: of the selected cable, or of a path."""
        own = (self._mood.lit,) if self._mood.way is None else self._mood.way.lanes
        return next((lit for lit in own if lit is not None and lit.rail == rail), None)

    def _lane_to_header(self, lane: LaneHere, ways: Ways, arms: Arms, ink: str) -> None:
        """A lane joins its rail on the header's line, by the uplink where there is one."""
        x = self._grid.lane(lane.slot)
        if x is None:
            return
        if self._line.uplink is not None and self._grid.outside is not None:
            self._cells.join(x, arms, ink)
            return
        weight = HEAVY if self._lit_on(lane.rail) is not None else LIGHT
        self._cells.cross(x, arms | Arms(right=weight), ink)
        foreign = {self._grid.lane(other.slot) for other in ways.lanes if other.slot > lane.slot}
        for column in range(x + 1, self._grid.rail):
            if column not in foreign:
                self._cells.join(column, Arms(left=weight, right=weight), ink)
        self._cells.join(self._grid.rail, Arms(left=weight), self._hue(lane.rail) if weight == LIGHT else ink)

    def _arc(self, arc: ArcHere | None) -> None:
        """A direct cable between two near lines."""
        if arc is None:
            return
        x, is_lit = self._grid.jack - self._grid.arc, self._mood.arc_lit
        weight, ink = (HEAVY, "strong") if is_lit else (LIGHT, self._ink("muted"))
        if not arc.is_top and not arc.is_bottom:
            self._cells.cross(x, Arms(weight, weight), ink)
            return
        if is_lit:
            self._cells.run(x + 1, self._grid.jack, HEAVY, "strong")
        left = HEAVY if self._mood.selected else LIGHT
        self._cells.cross(x, Arms(NONE if arc.is_top else weight, weight if arc.is_top else NONE, left, weight), ink)

    # Words

    def _header_lines(self, words: Words) -> None:
        if self._mood.selected:
            self._cells.fill(self._grid.other_end - 1, self._grid.width, "select")
        del words

    def _header_words(self, words: HeaderWords, uplink: UplinkWords | None) -> None:
        grid, cells, mood = self._grid, self._cells, self._mood
        x = grid.rail + 2
        if self._is_gone:
            self._gone_rail(words.name)
            return
        if self._rack.rail is not None:
            chip = f" {self._rack.letter} "
            if grid.outside is None and uplink is not None:
                cells.write(grid.rail - 1, self._pen.signs.outside, self._hue(self._rack.rail))
            lit = mood.selected or mood.lit_chip or (mood.way is not None and mood.way.is_on)
            cells.join(grid.rail + 1, Arms(left=self._weight, right=self._weight), self._hue(self._rack.rail))
            cells.fill(x, x + len(chip), "text" if lit else self._hue(self._rack.rail))
            x = cells.write(x, chip, "chip", bold=True) + 1
        name_ink = "muted" if self._rack.rail is None else "strong"
        x = cells.write(x, words.name, self._ink(name_ink), bold=True, room=max(0, grid.end - x))
        if mood.way is not None and mood.way.blocked:
            x = cells.write(x + 1, mood.way.blocked, self._blocked_ink, bold=True)
        parts = list(words.parts)
        if grid.outside is None and uplink is not None:
            parts.insert(0, uplink.name)
        if parts or words.trouble:
            x = self._parts(x + 2, parts, words)
        for column in range(x + 1, grid.end):
            cells.join(column, Arms(left=LIGHT, right=LIGHT), "edge")

    def _gone_rail(self, name: str) -> None:
        """A header that stands for a while without its rail."""
        grid, cells, gone = self._grid, self._cells, f" {self._pen.signs.gone} GONE"
        x = cells.write(grid.rail + 3, f"{self._rack.letter}  ", "muted", bold=True)
        x = cells.write(x, name, "muted", strike=True, room=max(0, grid.end - x - len(gone)))
        x = cells.write(x, gone, "muted")
        for column in range(x + 1, grid.end):
            cells.join(column, Arms(left=LIGHT, right=LIGHT), "edge")

    def _parts(self, x: int, parts: list[str], words: HeaderWords) -> int:
        """Whole parts only: the last ones give way."""
        cells, dot, end = self._cells, f" {self._pen.signs.dot} ", self._grid.end - 3
        wrong = [text for text in ("DOWN" if words.state is State.DOWN else "", words.trouble) if text]
        if words.state is State.DOWN:
            x = cells.write(x, f"{self._pen.signs.down} ", "danger", bold=True)
        needed = sum(cell_len(text) + 3 for text in wrong)
        while parts and x + cell_len(dot.join(parts)) + needed > end:
            parts.pop()
        for number, text in enumerate([*wrong[:1], *parts, *wrong[1:]] if words.state is State.DOWN else parts + wrong):
            if number:
                x = cells.write(x, dot, "muted")
            is_wrong = text in wrong
            x = cells.write(x, text, "danger" if is_wrong else self._ink("muted"), bold=is_wrong)
        return x

    def _strip_words(self, heads: tuple[Head, ...]) -> None:
        """The heads of a folded rack: one cell for each inhabitant, or for an equal share of them."""
        grid, cells, signs = self._grid, self._cells, self._pen.signs
        if self._line.rung is not Rung.NONE:
            cells.run(
                grid.rail + 1, grid.other_end - 1, HEAVY if self._mood.selected else LIGHT, self._hue(self._rack.rail)
            )
        words = f"{signs.folded} {inhabitants(self._rack)}"
        cells.write(grid.other_end, words, self._ink("strong"), bold=True)
        x = strip_start(grid, self._rack)
        for number, share in enumerate(shares(len(heads), max(1, grid.end - x))):
            sign, ink = self._head(heads[share.start : share.stop])
            if number == self._mood.cell:
                cells.fill(x, x + 1, "text")
                ink = "chip"
            cells.write(x, sign, ink, bold=ink in ("chip", "danger"))
            x += 1

    def _head(self, heads: tuple[Head, ...]) -> tuple[str, str]:
        """A share of the inhabitants as a sign and its ink: what is wrong, else the busiest."""
        signs, states = self._pen.signs, {head.state for head in heads}
        if State.DOWN in states:
            return signs.down, "danger"
        if State.UNKNOWN in states:
            return signs.unknown, "caution"
        busy = max(head.busy for head in heads)
        return signs.levels[busy] if busy else signs.dot, self._hue(self._rack.rail)

    def _row_words(self, words: RowWords) -> None:
        self._chip()
        self._other_end(words)
        self._policy()
        self._jack(words)
        self._state(words)
        self._outside_words(words)
        if words.remark:
            self._cells.write(
                self._grid.name, words.remark, self._ink("caution"), room=self._grid.end - self._grid.name
            )
        else:
            self._inside(words)

    def _chip(self) -> None:
        """The letter of a secondary cable."""
        cable = self._line.cable
        if cable is None or cable.rail is None or not is_secondary(self._line, self._rack):
            return
        letter = self._map.letter(cable.rail)
        x = self._grid.chip
        self._cells.fill(x, x + len(letter), "text" if self._mood.selected else self._hue(cable.rail))
        self._cells.write(x, letter, "chip", bold=True, room=2)

    def _other_end(self, words: RowWords) -> None:
        cable, grid, cells, mood = self._line.cable, self._grid, self._cells, self._mood
        if not words.other_end or cable is None:
            return
        is_mode = words.manner is Manner.MODE
        text = f"{self._pen.signs.direct} {words.other_end}" if words.manner is Manner.DIRECT else words.other_end
        ink = "text"
        if is_mode:
            ink = self._hue(cable.rail)
        elif words.manner is Manner.NOTE and cable.plug is not Plug.OUTSIDE:
            ink = "muted"
        if self._is_gone:
            ink = "muted"
        strong = mood.selected and not self._is_gone
        start = grid.other_end
        end = cells.write(
            start,
            text,
            "strong" if strong else self._ink(ink),
            bold=strong or is_mode or "other_end" in mood.changed,
            strike=self._is_gone,
            room=grid.other_end_width,
        )
        self._flash("other_end", start, end)
        if words.host_end_off:
            end = cells.write(end, " off", "danger")
        has_cable = cable.plug not in (Plug.BARE, Plug.EMPTY) and not self._is_gone
        if has_cable:
            cells.write(start - 1, " ")
            end = cells.write(end, " ")
        if words.manner is Manner.UNKNOWN:
            for x in range(end, grid.jack - 1):
                cells.write(x, self._pen.signs.unseen, self._ink("caution"))

    def _policy(self) -> None:
        """A cell for the pin, two for the guard."""
        kept, grid, signs = self._mood.kept, self._grid, self._pen.signs
        if self._is_gone or self._mood.dimmed:
            return
        for column, piece in enumerate((pin_piece(kept, signs), guard_piece(kept, signs)), grid.policy):
            if piece.text:
                self._cells.write(column, piece.text, piece.ink, bold=piece.bold)

    def _jack(self, words: RowWords) -> None:
        cable, grid, signs = self._line.cable, self._grid, self._pen.signs
        is_plugged = (
            cable is not None
            and not self._is_gone
            and words.manner is not Manner.UNKNOWN
            and cable.plug not in (Plug.BARE, Plug.EMPTY)
        )
        if not is_plugged:
            self._cells.write(grid.jack, signs.wall, "edge")
            return
        ink = "muted" if words.state is State.DOWN else self._hue(cable.rail if cable is not None else None)
        sign = signs.jack_heavy if self._is_lit else signs.jack
        self._cells.write(grid.jack, sign, self._ink(ink, on_cable=True), bold=self._is_lit)

    def _state(self, words: RowWords) -> None:
        grid, cells, signs, mood = self._grid, self._cells, self._pen.signs, self._mood
        cable = self._line.cable
        if self._is_gone:
            cells.write(grid.mark, signs.gone, "muted")
            cells.write(grid.state, "GONE", "muted")
            return
        if mood.way is not None and mood.way.blocked:
            cells.write(grid.mark, mood.way.blocked, self._blocked_ink, bold=True)
        elif mood.mark:
            cells.write(grid.mark, mood.mark, "caution", bold=True)
        match words.state:
            case State.UP:
                has_rail = cable is not None and cable.rail is not None
                hue = self._hue(cable.rail) if cable is not None and has_rail else "muted"
                cells.write(grid.dot, signs.up, self._ink(hue, on_cable=True))
                cells.write(grid.state + 1, EMPTY_METER, self._ink("muted", on_cable=True))
                self.spots = self.spots._replace(inside=grid.state + 1)
            case State.DOWN:
                cells.write(grid.dot, signs.down, self._ink("danger"), bold=True)
                end = cells.write(grid.state, "DOWN", self._ink("danger"), bold=True)
                self._flash("state", grid.dot, end)
            case State.UNKNOWN:
                cells.write(grid.dot, signs.unknown, self._ink("caution"), bold=True)
            case State.OFF:
                cells.write(grid.dot, signs.down, self._ink("dim"))
                cells.write(grid.state, "off", self._ink("dim"))

    @property
    def _blocked_ink(self) -> str:
        way = self._mood.way
        return "danger" if way is not None and way.blocked == self._pen.signs.blocked else "caution"

    def _outside_words(self, words: RowWords) -> None:
        """A NIC that is the cable itself."""
        grid = self._grid
        if words.outside and grid.outside is not None:
            self._cells.write(grid.outside, words.outside, self._ink("text", on_cable=True), room=grid.outside_width)
            if grid.meter is not None:
                self._outside_meter(grid.meter)
            remark = words.outside_remark
            if grid.speed is not None and remark:
                self._cells.write(grid.speed, remark, "muted", room=grid.lanes_from - grid.speed - 1)

    def _outside_meter(self, x: int) -> None:
        self._cells.write(x, EMPTY_METER, "muted")
        self.spots = self.spots._replace(outside=x)

    def _inside(self, words: RowWords) -> None:
        grid = self._grid
        is_gone = self._is_gone
        if self._line.first:
            self._cell(
                "name", grid.name, grid.name_width, words.name, "muted" if is_gone else "strong", bold=not is_gone
            )
        link_ink = "muted" if is_gone else "strong" if self._mood.selected and not self._mood.far else "text"
        self._cell("link", grid.link, grid.link_width, words.link, link_ink)
        if grid.address is not None:
            text = words.address if grid.prefix_length else words.address.partition("/")[0]
            ink = "muted" if words.has_address else "dim"
            room = grid.address_width
            if grid.by is not None and self._line.first and words.by:
                room = min(room, grid.by - cell_len(words.by) - 1 - grid.address)
            self._cell("address", grid.address, room, text, ink)
        if grid.by is not None and self._line.first and words.by:
            self._cells.write_left_of(grid.by, words.by, self._ink("muted"))

    def _cell(self, what: str, x: int, room: int, text: str, ink: str, *, bold: bool = False) -> None:
        mood = self._mood
        is_news = what in mood.flashing or what in mood.changed
        end = self._cells.write(x, text, self._ink(ink), bold=bold or is_news, strike=self._is_gone, room=room)
        self._flash(what, x, end)

    def _flash(self, what: str, start: int, end: int) -> None:
        if what in self._mood.flashing:
            self._cells.fill(start, end, "flash")


def lit_by_the_way(mood: Mood, ways: Ways) -> LaneHere | None:
    """The lane that is heavy on a line where it only goes by: of the line one cell differs."""
    lit = mood.lit
    if lit is None or not (lit.up and lit.down):
        return None
    own = next((lane for lane in ways.lanes if lane.rail == lit.rail), None)
    return None if own is None or own.is_header or own.is_end else own


def with_lit_lane(row: Strip, x: int, pen: Pen) -> Strip:
    """A line that was drawn, with a heavy lane in this column."""
    draw = box if pen.signs is UNICODE else ascii_box
    return overlaid(row, x, draw(Arms(HEAVY, HEAVY)), pen.inks("strong"))


def with_meters(row: Strip, spots: Spots, meters: Meters, signs: Signs) -> Strip:
    """A line that was drawn, and what passes now: everything else stays as it is."""
    for x, meter in zip(spots, meters, strict=True):
        if x is not None and meter is not None:
            row = overlaid(row, x, bars(meter, signs))
    return row


def inhabitants(rack: Rack) -> str:
    """`211 namespaces`; with VMs among them `211 inhabitants`."""
    count = len(rack.groups)
    word = "namespace" if all(group.inhabitant.namespace is not None for group in rack.groups) else "inhabitant"
    return counted(count, word)


def strip_start(grid: Grid, rack: Rack) -> int:
    """Where the heads of a folded rack begin."""
    return max(grid.other_end + len(inhabitants(rack)) + 4, grid.dot)


def shares(count: int, cells: int) -> list[range]:
    """Equal shares of so many things for so many cells: one each where they fit."""
    if count <= cells:
        return [range(number, number + 1) for number in range(count)]
    return [range(number * count // cells, (number + 1) * count // cells) for number in range(cells)]
