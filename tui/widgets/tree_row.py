"""One row of the tree: guides, name, kind, state, address, other end."""

from datetime import UTC, datetime
from typing import Final, NamedTuple

from model.caption import Caption, Manner, State
from model.identity import LinkId
from model.port_marks import UNMARKED, PortMarks
from model.tree import Entry, Row, Sort
from tui.session import Session
from tui.widgets.afterglow import DARK, Glow
from tui.widgets.bars import chip_line
from tui.widgets.kept_marks import mark_pieces, marks_across
from tui.widgets.line import Line, Piece, length_of

FLASH_S: Final = 1.0
CHANGED_S: Final = 2.0


class Columns(NamedTuple):
    """Where the columns begin; 0: there is no room for it."""

    kind: int
    state: int
    address: int
    far: int


def columns_for(width: int) -> Columns:
    """What gives way as the tree narrows: long names, then the kind, then all columns."""
    if width >= 100:
        return Columns(39, 50, 59, 79)
    if width >= 76:
        return Columns(29, 38, 46, 64)
    if width >= 60:
        return Columns(0, 26, 33, 50)
    return Columns(0, 0, 0, 0)


class Flash(NamedTuple):
    """What changed in a row, and when."""

    at: datetime
    fields: frozenset[str]

    def now(self, now: datetime) -> Glow:
        """What has changed is on `flash` for a second, then bold for one."""
        if not self.fields:
            return DARK
        age = (now - self.at).total_seconds()
        if age < FLASH_S:
            return Glow(lit=self.fields)
        return Glow(bold=self.fields) if age < CHANGED_S else DARK


NO_FLASH: Final = Flash(datetime.min.replace(tzinfo=UTC), frozenset())


def kept_across(session: Session, entry: Entry) -> PortMarks:
    """What is kept of the host end that its row names."""
    link = entry.carries or entry.subject
    return marks_across(session, link) if isinstance(link, LinkId) else UNMARKED


class RowPainter:
    """Writes the cells of one row."""

    def __init__(self, session: Session, row: Row, words: Caption, *, selected: bool, is_far: bool) -> None:
        self._session = session
        self._row = row
        self._words = words
        self._selected = selected
        self._is_far = is_far and selected
        self._flashing: frozenset[str] = frozenset()
        self._bold: frozenset[str] = frozenset()
        self.is_gone = False

    def flash(self, glow: Glow) -> None:
        """What has changed."""
        self._flashing, self._bold = glow

    def cell(self, line: Line, end: int, field: str, piece: Piece) -> None:
        """One text, from here to a column."""
        bold = piece.bold or field in self._flashing or field in self._bold
        ground = "flash" if field in self._flashing else None
        line.write(piece.text, piece.ink, bold=bold, strike=self.is_gone, ground=ground, room=end - line.at)

    def name(self, line: Line, end: int) -> None:
        """Guides, the sign for folding, the letter, the name."""
        row, signs = self._row, line.pen.signs
        line.to(1)
        for level in range(1, row.depth + 1):
            goes_on = row.rails >> level & 1
            is_own = level == row.depth
            guide = (signs.tee if goes_on else signs.last) if is_own else (signs.wall if goes_on else " ")
            line.write(guide, "edge", room=max(0, end - line.at)).write(" ", room=max(0, end - line.at))
        sign = {None: " ", True: signs.open, False: signs.folded}[row.is_open]
        line.write(sign, "strong", bold=True).write(" ")
        entry = row.entry
        if entry.sort is Sort.SEGMENT and isinstance(entry.subject, LinkId):
            chip_line(line, self._session.letters.letter(entry.subject), self._session.letters.ordinal(entry.subject))
            line.write(" ")
        is_link = entry.sort in (Sort.LINK, Sort.PORT)
        here = self._selected and not self._is_far
        ink = "strong" if here or not is_link else "text"
        bold = here if is_link else True
        if self.is_gone:
            ink, bold = "dim", False
        self.cell(line, end, "name", Piece(self._words.name, ink, bold))

    def dot(self, line: Line) -> None:
        """The state as a sign."""
        signs = line.pen.signs
        match self._words.state:
            case State.UP:
                line.write(signs.up, self._hue() if not self._selected else "strong")
            case State.DOWN:
                line.write(signs.down, "danger", bold=True)
            case State.OFF:
                line.write(signs.down, "dim")
            case State.UNKNOWN:
                line.write(signs.unknown, "caution", bold=True)
            case None:
                line.write(" ")

    def state(self, line: Line, start: int) -> None:
        """Sign and word."""
        line.to(start)
        if self.is_gone:
            line.write(line.pen.signs.gone, "muted").write(" GONE", "muted")
            return
        self.dot(line)
        match self._words.state:
            case State.UP:
                self.cell(line.write(" "), start + 8, "state", Piece("up", "muted"))
            case State.DOWN:
                self.cell(line.write(" "), start + 8, "state", Piece("DOWN", "danger", bold=True))
            case State.OFF:
                self.cell(line.write(" "), start + 8, "state", Piece("off", "dim"))

    def address(self, line: Line, start: int, end: int) -> None:
        """The address, or why there is none."""
        ink = "muted" if self._words.has_address else "dim"
        self.cell(line.to(start), end, "address", Piece(self._words.address, ink))

    def far(self, line: Line, start: int) -> None:
        """The other end."""
        far, signs = self._words.far, line.to(start).pen.signs
        end = line.width - 1
        ink, bold = _FAR_INKS[far.manner], False
        if far.manner is Manner.MODE:
            ink, bold = self._hue(), True
        if self._is_far:
            ink, bold = "strong", True
        text = f"{signs.direct} {far.text}" if far.manner is Manner.DIRECT else far.text
        if self.is_gone:
            self.cell(line, end, "far", Piece(text, "dim"))
            return
        marks = mark_pieces(kept_across(self._session, self._row.entry), signs)
        room = end - (4 if far.leads_to is not None else 0) - length_of(marks)
        self.cell(line, room, "far", Piece(text, ink, bold))
        line.add(marks)
        if far.trouble:
            line.write(f", {far.trouble}", "danger", room=max(0, end - line.at))
        if far.leads_to is not None and line.at + 4 <= line.width:
            letters = self._session.letters
            line.write(f" {signs.becomes} ", "muted")
            line.write(letters.letter(far.leads_to), f"segment{letters.ordinal(far.leads_to) % 5}", bold=True)

    def _hue(self) -> str:
        """The hue of the segment that the cable leads to."""
        segment = self._words.far.leads_to or self._row.entry.rack
        if segment is None:
            return "muted"
        return f"segment{self._session.letters.ordinal(segment) % 5}"


_FAR_INKS = {
    Manner.CABLE: "text",
    Manner.DIRECT: "text",
    Manner.MODE: "text",
    Manner.NOTE: "muted",
    Manner.UNKNOWN: "caution",
}
