"""SVG: the map as a drawing for browsers, Inkscape and wikis. No scripts, no fonts or pictures from elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, Protocol

from model.caption import Manner, State, counted
from model.exports.sheet import CELL, Sheet, cells
from model.identity import LinkId
from model.inventory import Inventory
from model.layout import is_secondary, lay_out
from model.names import display_name
from model.patch_map import Arc, Folding, Lane, Line, Map, Rack, Role, Rung
from model.row_words import HeaderWords, RowWords, UplinkWords, header_words, row_words, uplink_words

_MARGIN: Final = 28.0
_TOP: Final = 76.0
_LANE: Final = 14.0
_HEIGHTS: Final = {Role.HEADER: 30.0, Role.CABLE: 24.0, Role.STRIP: 24.0, Role.RAIL: 24.0, Role.AIR: 18.0}
_THICK: Final = 4.0
_THIN: Final = 1.7
_CORNER: Final = 6.0


class Colours(Protocol):
    """The design's tokens; each is `#rrggbb`."""

    @property
    def ground(self) -> str: ...
    @property
    def band(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def strong(self) -> str: ...
    @property
    def muted(self) -> str: ...
    @property
    def edge(self) -> str: ...
    @property
    def caution(self) -> str: ...
    @property
    def danger(self) -> str: ...
    @property
    def segments(self) -> tuple[str, ...]: ...
    @property
    def chip(self) -> str: ...


def svg(graph: Inventory, host: str, colours: Colours) -> str:
    """One document: everything, unfolded. `host`: the host's name."""
    shown = lay_out(graph)
    shown = lay_out(graph, shown.memory, Folding(opened=frozenset([*shown.letters, None])))
    return _Drawing(graph, shown, colours).draw(display_name(host))


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where everything stands, in pixels; as wide as what stands there."""

    outside_end: float
    rail: float
    other_end: float
    jack: float
    name: float
    link: float
    address: float
    by: float
    """Its right edge."""

    @property
    def dot(self) -> float:
        return self.jack + 18

    @property
    def band_end(self) -> float:
        return self.by + 14

    def lane(self, slot: int, lanes: int) -> float:
        """Lanes stand left of the rail, the first one outermost."""
        return self.rail - 16 - _LANE * (lanes - 1 - slot)


class _Drawing:
    """One map on one sheet."""

    def __init__(self, graph: Inventory, shown: Map, colours: Colours) -> None:
        self._shown = shown
        self._colours = colours
        self._sheet = Sheet()
        self._lanes = max((lane.slot + 1 for lane in shown.lanes), default=0)
        self._rows: dict[int, RowWords] = {}
        self._uplinks: dict[int, UplinkWords] = {}
        for at, line in enumerate(shown.lines):
            if line.cable is not None:
                self._rows[at] = row_words(graph, line.cable)
            if line.uplink is not None:
                self._uplinks[at] = uplink_words(graph, shown, line.uplink.link)
        self._headers = [header_words(graph, rack) for rack in shown.racks]
        self._columns = self._measure()
        tops = accumulate((_HEIGHTS[line.id.role] for line in shown.lines), initial=_TOP)
        self._middles = [top + _HEIGHTS[line.id.role] / 2 for top, line in zip(tops, shown.lines, strict=False)]
        self._counts = (
            f"{counted(len(graph.namespaces()), 'namespace')} · "
            f"{counted(sum(link.kind != 'loopback' for link in graph.links()), 'link')}"
        )

    def draw(self, host: str) -> str:
        """Bands below, then horizontals, then verticals, then words."""
        shown, columns = self._shown, self._columns
        self._heading(host)
        for number in range(len(shown.racks)):
            self._band(number)
        for at, line in enumerate(shown.lines):
            self._horizontals(at, line)
        for lane in shown.lanes:
            self._lane(lane)
        for arc in shown.arcs:
            self._arc(arc)
        for number, rack in enumerate(shown.racks):
            self._rail(number, rack)
        for at, line in enumerate(shown.lines):
            if line.id.role is Role.HEADER:
                self._header(at, shown.racks[line.rack], self._headers[line.rack])
            elif at in self._rows:
                self._row(at, line, self._rows[at])
            if at in self._uplinks:
                self._outside(at, self._uplinks[at])
        bottom = self._middles[-1] + 30 if self._middles else _TOP
        title = f"{host}: {self._counts}"
        return self._sheet.document(columns.band_end + _MARGIN, bottom + _MARGIN, title, self._colours.ground)

    def _measure(self) -> _Columns:
        rows = self._rows.values()

        def widest(texts: Iterator[str], least: str) -> float:
            return max(map(cells, [*texts, least])) * CELL

        outside = [*(f"{words.name}  {words.remark}" for words in self._uplinks.values())]
        outside += [row.outside for row in rows if row.outside]
        outside_end = _MARGIN + widest(iter(outside), "OUTSIDE") + 10
        rail = outside_end + 26 + _LANE * self._lanes
        other_end = rail + 34
        jack = other_end + widest((row.other_end for row in rows), "OTHER END") + 40
        name = jack + 18 + 14 + 5 * CELL
        link = name + widest((row.name for row in rows), "INSIDE") + 20
        address = link + widest((row.link for row in rows), "LINK") + 20
        by_width = widest((row.by for row in rows), "BY")
        by = address + widest((row.address for row in rows), "ADDRESS") + 24 + by_width
        remarks = widest((row.remark for row in rows), "")
        headers = max((self._header_length(words) for words in self._headers), default=0.0)
        by = max(by, name + remarks, rail + headers)
        return _Columns(outside_end, rail, other_end, jack, name, link, address, by)

    @staticmethod
    def _header_length(words: HeaderWords) -> float:
        return 60 + (cells(words.name) + 2 + sum(cells(part) + 3 for part in words.parts)) * CELL

    # Colours

    def _hue(self, rail: LinkId | None) -> str:
        number = None if rail is None else self._shown.letters.get(rail)
        segments = self._colours.segments
        return self._colours.muted if number is None else segments[number % len(segments)]

    def _cable_colour(self, line: Line, words: RowWords) -> str:
        if words.state is State.DOWN:
            return self._colours.muted
        return self._hue(line.cable.rail if line.cable is not None else None)

    # What lies below

    def _heading(self, host: str) -> None:
        sheet, colours, columns = self._sheet, self._colours, self._columns
        sheet.text(_MARGIN, 28, host, colours.strong, bold=True)
        sheet.text(columns.band_end, 28, self._counts, colours.muted, right=True)
        for x, head in (
            (_MARGIN, "OUTSIDE"),
            (columns.other_end, "OTHER END"),
            (columns.name, "INSIDE"),
            (columns.link, "LINK"),
            (columns.address, "ADDRESS"),
        ):
            sheet.text(x, 58, head, colours.muted, bold=True)
        sheet.text(columns.by, 58, "BY", colours.muted, bold=True, right=True)

    def _band(self, number: int) -> None:
        middles = [
            self._middles[at]
            for at, line in enumerate(self._shown.lines)
            if line.rack == number and line.id.role is Role.CABLE
        ]
        if not middles:
            return
        x, top, bottom = self._columns.jack, min(middles) - 12, max(middles) + 12
        self._sheet.rect(x, top, self._columns.band_end - x, bottom - top, self._colours.band, 4)

    def _horizontals(self, at: int, line: Line) -> None:
        y, columns, rack = self._middles[at], self._columns, self._shown.racks[line.rack]
        if line.uplink is not None and rack.rail is not None:
            self._uplink_line(y, at, rack)
        words = self._rows.get(at)
        if words is None or line.cable is None:
            return
        colour = self._cable_colour(line, words)
        name_end = columns.other_end + cells(words.other_end) * CELL + (4 * CELL if words.host_end_off else 0)
        start = columns.rail if line.cable.rail == rack.rail and rack.rail is not None else columns.rail + 10
        if words.outside:
            start = _MARGIN + cells(words.outside) * CELL + 10
        if words.manner is Manner.UNKNOWN:
            if line.cable.inside is None and line.cable.rail is not None:
                self._sheet.line(f"M {start:g} {y:g} H {columns.other_end - 8:g}", colour, _THIN)
            self._sheet.line(f"M {name_end + 8:g} {y:g} H {columns.jack - 8:g}", self._colours.caution, _THIN, "3 5")
            return
        if line.cable.rail is not None or words.outside:
            self._sheet.line(f"M {start:g} {y:g} H {columns.other_end - 8:g}", colour, _THIN)
        if line.cable.host_end is not None or line.cable.rail is not None or words.outside or line.cable.far:
            self._sheet.line(f"M {name_end + 8:g} {y:g} H {columns.jack:g}", colour, _THIN)

    def _uplink_line(self, y: float, at: int, rack: Rack) -> None:
        words = self._uplinks[at]
        start = _MARGIN + cells(f"{words.name}  {words.remark}".rstrip()) * CELL + 10
        hue = self._colours.muted if words.state is State.DOWN else self._hue(rack.rail)
        self._doubled(f"M {start:g} {y:g} H {self._columns.rail:g}", hue, is_double=self._is_parent(rack))

    def _doubled(self, points: str, hue: str, *, is_double: bool) -> None:
        """A rail's line: thick for a bridge, double for a macvlan parent."""
        self._sheet.line(points, hue, _THICK + (1 if is_double else 0))
        if is_double:
            self._sheet.line(points, self._colours.ground, 2)

    def _is_parent(self, rack: Rack) -> bool:
        words = self._headers[self._shown.racks.index(rack)]
        return any("parent" in part for part in words.parts[:1])

    # What runs from line to line

    def _lane(self, lane: Lane) -> None:
        """Where it passes a foreign horizontal, that one breaks."""
        x, rail = self._columns.lane(lane.slot, self._lanes), self._columns.rail
        hue = self._hue(lane.rail)
        middles = self._middles
        top, bottom = middles[lane.top], middles[lane.bottom]
        self._sheet.line(f"M {x:g} {top + _CORNER:g} V {bottom - _CORNER:g}", self._colours.ground, _THIN + 7)
        for at in (*lane.ends, lane.header):
            y = middles[at]
            end = rail if at == lane.header else rail + 10
            side = {lane.top: -1, lane.bottom: 1}.get(at, 0)
            bend = f"M {x:g} {y - side * _CORNER:g} Q {x:g} {y:g} {x + _CORNER:g} {y:g}"
            start = bend if side else f"M {x:g} {y:g}"
            self._sheet.line(f"{start} H {end:g}", hue, _THIN)
        self._sheet.line(f"M {x:g} {top + _CORNER:g} V {bottom - _CORNER:g}", hue, _THIN)

    def _arc(self, arc: Arc) -> None:
        x, top, bottom = self._columns.jack - 12, self._middles[arc.top], self._middles[arc.bottom]
        self._sheet.line(f"M {x:g} {top:g} V {bottom:g}", self._colours.ground, _THIN + 7)
        self._sheet.line(f"M {x:g} {top:g} V {bottom:g}", self._colours.muted, _THIN)
        for y in (top, bottom):
            self._sheet.circle(x, y, 2, self._colours.muted, self._colours.muted)

    def _rail(self, number: int, rack: Rack) -> None:
        if rack.rail is None:
            return
        ats = [at for at, line in enumerate(self._shown.lines) if line.rack == number]
        rungs = [at for at in ats if self._shown.lines[at].rung in (Rung.PORT, Rung.LAST, Rung.BY)]
        if len(rungs) > 1:
            points = f"M {self._columns.rail:g} {self._middles[rungs[0]]:g} V {self._middles[rungs[-1]]:g}"
            self._doubled(points, self._hue(rack.rail), is_double=self._is_parent(rack))

    # Words

    def _header(self, at: int, rack: Rack, words: HeaderWords) -> None:
        sheet, colours, columns, y = self._sheet, self._colours, self._columns, self._middles[at]
        x = columns.rail
        if rack.rail is not None:
            width = (len(rack.letter) + 2) * CELL
            self._doubled(f"M {x:g} {y:g} h 12", self._hue(rack.rail), is_double=self._is_parent(rack))
            sheet.rect(x + 12, y - 10, width, 20, self._hue(rack.rail), 3)
            sheet.text(x + 12 + CELL, y, rack.letter, colours.chip, bold=True)
            x += 12 + width + 10
        ink = colours.strong if rack.rail is not None else colours.muted
        x = sheet.text(x, y, words.name, ink, bold=True) + 2 * CELL
        x = sheet.text(x, y, " · ".join(words.parts), colours.muted)
        if words.state is State.DOWN:
            x = sheet.text(x + CELL, y, "DOWN", colours.danger, bold=True)
        sheet.line(f"M {x + 12:g} {y:g} H {columns.band_end:g}", colours.edge, 0.8)

    def _outside(self, at: int, words: UplinkWords) -> None:
        y = self._middles[at]
        ink = self._colours.danger if words.state is State.DOWN else self._colours.strong
        x = self._sheet.text(_MARGIN, y, words.name, ink, bold=True)
        self._sheet.text(x + 2 * CELL, y, words.remark, self._colours.muted)

    def _row(self, at: int, line: Line, words: RowWords) -> None:
        sheet, colours, columns, y = self._sheet, self._colours, self._columns, self._middles[at]
        colour = self._cable_colour(line, words)
        sheet.begin(_tooltip(words))
        if words.outside:
            sheet.text(_MARGIN, y, words.outside, colours.text)
        if line.cable is not None and line.cable.rail is not None and is_secondary(line, self._shown.racks[line.rack]):
            letter = self._shown.letter(line.cable.rail)
            sheet.rect(columns.rail + 8, y - 8, (len(letter) + 1) * CELL, 16, self._hue(line.cable.rail), 2)
            sheet.text(columns.rail + 8 + CELL / 2, y, letter, colours.chip, bold=True)
        if words.manner is Manner.DIRECT:
            sheet.text(columns.other_end - 2 * CELL, y, "↔", colours.muted)
        is_mode = words.manner is Manner.MODE
        x = sheet.text(columns.other_end, y, words.other_end, colour if is_mode else colours.text, bold=is_mode)
        if words.host_end_off:
            sheet.text(x + CELL, y, "off", colours.danger)
        self._jack(y, line, words, colour)
        if words.remark:
            sheet.text(columns.name, y, words.remark, colours.caution)
        else:
            self._inside(y, line, words)
        sheet.end()

    def _jack(self, y: float, line: Line, words: RowWords, colour: str) -> None:
        sheet, colours, columns = self._sheet, self._colours, self._columns
        is_plugged = words.manner is not Manner.UNKNOWN and (line.cable is not None and line.cable.plug.value != "bare")
        sheet.rect(columns.jack - 1.5, y - 7, 3, 14, colour if is_plugged else colours.edge, 1.5)
        match words.state:
            case State.UP:
                sheet.circle(columns.dot, y, 3.6, colour, colour)
            case State.DOWN:
                sheet.circle(columns.dot, y, 3.6, colours.band, colours.danger)
                sheet.text(columns.dot + 12, y, "DOWN", colours.danger, bold=True)
            case State.UNKNOWN:
                sheet.text(columns.dot - CELL / 2, y, "?", colours.caution, bold=True)
            case State.OFF:
                sheet.circle(columns.dot, y, 3.6, colours.band, colours.muted)

    def _inside(self, y: float, line: Line, words: RowWords) -> None:
        sheet, colours, columns = self._sheet, self._colours, self._columns
        if line.first:
            sheet.text(columns.name, y, words.name, colours.strong, bold=True)
            sheet.text(columns.by, y, words.by, colours.muted, right=True)
        sheet.text(columns.link, y, words.link, colours.text)
        sheet.text(columns.address, y, words.address, colours.muted)


def _tooltip(words: RowWords) -> str:
    parts = [f"{words.name}/{words.link}" if words.name and words.link else words.name or words.link]
    parts += [words.other_end, words.remark, words.address]
    return " · ".join(part for part in parts if part)
