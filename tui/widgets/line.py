"""One row of a widget, written from left to right and measured in cells."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len, get_character_cell_size, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from model.names import display_name
from tui.signs import Signs
from tui.theme import Inks


class Pen(NamedTuple):
    """What every widget writes with."""

    inks: Inks
    signs: Signs


class Piece(NamedTuple):
    """A text in an ink."""

    text: str
    ink: str = "text"
    bold: bool = False


def fit(text: str, room: int, cut: str = "…") -> str:
    """The text, cut at its end to so many cells."""
    if cell_len(text) <= room:
        return text
    if room <= 0:
        return ""
    return set_cell_size(text, room - 1).rstrip() + cut if room > 1 else cut


@lru_cache(4096)
def is_narrow(text: str) -> bool:
    """Each of its characters takes one cell."""
    return text.isascii() or all(get_character_cell_size(char) == 1 for char in text)


class Line:
    """A row that is being written. Whatever is written is made safe: no text can do harm from here on."""

    __slots__ = ("_ground", "_segments", "at", "pen", "width")

    def __init__(self, pen: Pen, width: int, ground: str = "ground") -> None:
        self.pen = pen
        self._ground = ground
        self._segments: list[Segment] = []
        self.width = width
        self.at = 0
        """The column where the next text goes."""

    @property
    def room(self) -> int:
        """Cells that are left, but for the margin at the right."""
        return self.width - 1 - self.at

    def write(
        self,
        text: str,
        ink: str = "text",
        *,
        bold: bool = False,
        strike: bool = False,
        ground: str | None = None,
        room: int | None = None,
    ) -> "Line":
        """Add a text, cut to `room` cells, and to what is left of the row."""
        left = self.width - self.at
        text = fit(display_name(text) if text else "", left if room is None else min(room, left), self.pen.signs.cut)
        if text:
            style = self.pen.inks(ink, ground or self._ground, bold=bold, strike=strike)
            self._segments.append(Segment(text, style))
            self.at += cell_len(text)
        return self

    def add(self, pieces: Iterable[Piece]) -> "Line":
        """Several texts."""
        for piece in pieces:
            self.write(piece.text, piece.ink, bold=piece.bold, room=max(0, self.room))
        return self

    def to(self, column: int) -> "Line":
        """Go on at this column; never back."""
        if column > self.at:
            gap = min(column, self.width) - self.at
            if gap > 0:
                self._segments.append(Segment(" " * gap, self.pen.inks("text", self._ground)))
                self.at += gap
        return self

    def append(self, other: "Line") -> "Line":
        """Another row's texts, filled to its width: it may have another ground."""
        other.to(other.width)
        self._segments.extend(other._segments)
        self.at += other.width
        return self

    def right(self, pieces: list[Piece], margin: int = 1) -> "Line":
        """Texts that end at the right edge; left out whole where there is no room."""
        length = sum(cell_len(display_name(piece.text)) for piece in pieces if piece.text)
        start = self.width - margin - length
        if start > self.at:
            self.to(start)
            for piece in pieces:
                self.write(piece.text, piece.ink, bold=piece.bold)
        return self

    def rule(self, until: int | None = None) -> "Line":
        """A rule to the right edge, or to a column."""
        end = self.width if until is None else until
        if end > self.at:
            self.write(self.pen.signs.rule * (end - self.at), "edge")
        return self

    def strip(self) -> Strip:
        """The row, filled to its width."""
        self.to(self.width)
        return Strip(self._segments, self.width).simplify()


def overlaid(row: Strip, x: int, text: str, style: Style | None = None) -> Strip:
    """A row with another text from this cell on: in this style, or in that of what stands there."""
    segments: list[Segment] = []
    at, end, is_written = 0, x + cell_len(text), False
    for segment in row:
        start, at = at, at + segment.cell_length
        if at <= x or start >= end:
            segments.append(segment)
            continue
        if start < x:
            segments.append(segment.split_cells(x - start)[0])
        if not is_written:
            segments.append(Segment(text, style or segment.style))
            is_written = True
        if at > end:
            segments.append(segment.split_cells(end - start)[1])
    return Strip(segments, row.cell_length)


def length_of(pieces: Iterable[Piece]) -> int:
    """Cells that these take."""
    return sum(cell_len(display_name(piece.text)) for piece in pieces if piece.text)


def blank(pen: Pen, width: int, ground: str = "ground") -> Strip:
    """An empty row."""
    return Strip([Segment(" " * width, pen.inks("text", ground))], width)
