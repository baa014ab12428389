"""One row of the table: a link, cell by cell."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from rich.cells import cell_len
from textual.strip import Strip

from model.caption import Manner, State
from model.link_columns import MARK, Span
from model.link_rows import Column, LinkRow
from model.port_marks import UNMARKED, PortMarks
from model.rates import Rate
from model.traffic import shown_bits
from tui.session import Session
from tui.signs import Signs
from tui.widgets.afterglow import DARK, Glow
from tui.widgets.bars import chip_line
from tui.widgets.kept_marks import mark_pieces
from tui.widgets.line import Line, Pen, fit, length_of, overlaid

RIGHT: Final = frozenset({Column.MTU, Column.RX, Column.TX})
"""Numbers end where their column ends."""
FIELDS: Final = {
    Column.STATE: ("state",),
    Column.LINK: ("owner", "name"),
    Column.KIND: ("kind",),
    Column.ADDRESS: ("address",),
    Column.OTHER_END: ("far",),
    Column.ON: ("on", "on_name"),
    Column.MAC: ("mac",),
    Column.MTU: ("mtu",),
    Column.BY: ("by",),
}
ALL_FIELDS: Final = frozenset(LinkRow.__dataclass_fields__)


class Manners(NamedTuple):
    """How a row looks, apart from what it says."""

    selected: bool = False
    marked: bool = False
    gone: bool = False
    glow: Glow = DARK
    kept: PortMarks = UNMARKED
    """Of the host end that it is plugged into."""


class TableRow:
    """Writes one row."""

    def __init__(self, session: Session, words: LinkRow, manners: Manners) -> None:
        self._session = session
        self._words = words
        self._manners = manners

    def write(self, line: Line, spans: Sequence[Span]) -> Line:
        """All its cells; where there are no columns, what matters most."""
        if not spans:
            return self._write_compact(line)
        if self._manners.marked:
            line.to(MARK).write(line.pen.signs.marked, "caution", bold=True)
        for span in spans:
            self._cell(line.to(span.start), span)
        return line

    def _write_compact(self, line: Line) -> Line:
        line.write(line.pen.signs.marked if self._manners.marked else " ", "caution", bold=True)
        self._sign(line)
        self._link(line.write(" "), line.width // 2, None)
        self._other_end(line.write("  "), max(0, line.room), None)
        return line

    def _cell(self, line: Line, span: Span) -> None:
        words, room = self._words, span.width
        match span.column:
            case Column.STATE:
                self._state(line, room)
            case Column.LINK:
                self._link(line, room, Column.LINK)
            case Column.KIND:
                self._text(line, words.kind, "muted", room, Column.KIND)
            case Column.ADDRESS:
                ink = "text" if words.has_address else "dim"
                self._text(line, words.address, ink, room, Column.ADDRESS)
            case Column.OTHER_END:
                self._other_end(line, room, Column.OTHER_END)
            case Column.ON:
                self._on(line, room)
            case Column.MAC:
                self._text(line, words.mac, "muted", room, Column.MAC)
            case Column.MTU:
                self._text(line, f"{words.mtu:>{room}}", "muted", room, Column.MTU)
            case Column.RX | Column.TX:
                pass  # with_rates()
            case Column.BY:
                self._text(line, words.by, "muted", room, Column.BY)

    def _text(self, line: Line, text: str, ink: str, room: int, column: Column | None, *, bold: bool = False) -> None:
        """One text, as bright as what has changed is."""
        fields = FIELDS.get(column, ()) if column is not None else ()
        glow = self._manners.glow
        lit = any(field in glow.lit for field in fields)
        bold = bold or any(field in glow.bold for field in fields)
        ink = "dim" if self._manners.gone else ink
        line.write(text, ink, bold=bold, strike=self._manners.gone, ground="flash" if lit else None, room=room)

    def _sign(self, line: Line) -> None:
        signs = line.pen.signs
        if self._manners.gone:
            line.write(signs.gone, "muted")
            return
        match self._words.state:
            case State.UP:
                line.write(signs.up, "strong" if self._manners.selected else self._hue())
            case State.DOWN:
                line.write(signs.down, "danger", bold=True)
            case State.OFF:
                line.write(signs.down, "dim")
            case State.UNKNOWN:
                line.write(signs.unknown, "caution", bold=True)

    def _state(self, line: Line, room: int) -> None:
        """A sign; a word where something is to be said."""
        self._sign(line)
        if self._manners.gone:
            line.write(" GONE", "muted")
        elif self._words.state is State.DOWN:
            self._text(line.write(" "), "DOWN", "danger", room - 2, Column.STATE, bold=True)
        elif self._words.state is State.OFF:
            self._text(line.write(" "), "off", "dim", room - 2, Column.STATE)

    def _link(self, line: Line, room: int, column: Column | None) -> None:
        """The owner gives way first: which link it is must be seen."""
        words, cut = self._words, line.pen.signs.cut
        own = cell_len(words.name)
        owner = fit(words.owner, max(min(6, room // 3), room - own - 1), cut)
        bold = self._manners.selected
        if words.at_home:
            self._text(line, owner, "muted", room, column)
            self._text(line, "/", "edge", max(0, room - cell_len(owner)), None)
            self._text(line, words.name, "strong", max(0, room - cell_len(owner) - 1), column, bold=bold)
        else:
            self._text(line, owner, "strong", room, column, bold=not self._manners.gone)
            self._text(line, "/", "edge", max(0, room - cell_len(owner)), None)
            self._text(line, words.name, "text", max(0, room - cell_len(owner) - 1), column, bold=bold)

    def _other_end(self, line: Line, room: int, column: Column | None) -> None:
        far = self._words.far
        if not far.text:
            self._text(line, "none", "dim", room, column)
            return
        text = f"{line.pen.signs.direct} {far.text}" if far.manner is Manner.DIRECT else far.text
        ink = {Manner.NOTE: "muted", Manner.UNKNOWN: "caution"}.get(far.manner, "text")
        is_mode = far.manner is Manner.MODE
        marks = mark_pieces(self._manners.kept, line.pen.signs)
        self._text(line, text, self._hue() if is_mode else ink, room - length_of(marks), column, bold=is_mode)
        line.add(marks)

    def _on(self, line: Line, room: int) -> None:
        """The letter, and the name of the segment; of the segment itself the letter alone."""
        on = self._words.on
        if on is None:
            return
        letters = self._session.letters
        letter = letters.letter(on)
        chip_line(line, letter, letters.ordinal(on))
        self._text(line.write(" "), self._words.on_name, "text", max(0, room - len(letter) - 1), Column.ON)

    def _hue(self) -> str:
        on = self._words.on
        return "text" if on is None else f"segment{self._session.letters.ordinal(on) % 5}"


class Passing(NamedTuple):
    """What the cells of the rates say; both empty until it was read."""

    received: str = ""
    sent: str = ""


def passing(rate: Rate | None, signs: Signs) -> Passing:
    """Words for both ways."""
    if rate is None:
        return Passing()
    return Passing(*(shown_bits(bits) if bits else signs.dot for bits in (rate.rx_bits, rate.tx_bits)))


def with_rates(row: Strip, spans: Sequence[Span], passes: Passing, pen: Pen, ground: str) -> Strip:
    """A row that was written, and what passes now: everything else stays as it is."""
    for span in spans:
        text = passes.received if span.column is Column.RX else passes.sent if span.column is Column.TX else ""
        if text:
            style = pen.inks("dim" if text == pen.signs.dot else "text", ground)
            row = overlaid(row, span.start + span.width - cell_len(text), text, style)
    return row
