"""A row that is drawn in any order: lines that meet, texts over them, grounds below. A map row needs this."""

from rich.cells import cell_len, get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from model.names import display_name
from tui.signs import UNICODE
from tui.widgets.boxes import NO_ARMS, Arms, ascii_box, box
from tui.widgets.line import Pen, fit

Look = tuple[str, str, bool, bool]
"""Ink, ground, bold, struck through."""


class Cells:
    """One row. What is written later covers what was written before; texts are made safe here."""

    __slots__ = ("_arms", "_looks", "_pen", "_texts", "width")

    def __init__(self, pen: Pen, width: int) -> None:
        self._pen = pen
        self.width = width
        self._texts = [" "] * width
        self._arms: list[Arms] = [NO_ARMS] * width
        self._looks: list[Look] = [("text", "ground", False, False)] * width

    def fill(self, start: int, end: int, ground: str) -> None:
        """Lay a ground under these cells."""
        for x in range(max(start, 0), min(end, self.width)):
            ink, _, bold, strike = self._looks[x]
            self._looks[x] = (ink, ground, bold, strike)

    def write(
        self,
        x: int,
        text: str,
        ink: str = "text",
        *,
        bold: bool = False,
        strike: bool = False,
        room: int | None = None,
    ) -> int:
        """A text, cut to `room` cells; where it ends."""
        left = self.width - x
        safe = fit(display_name(text), left if room is None else min(room, left), self._pen.signs.cut) if text else ""
        for char in safe:
            cells = get_character_cell_size(char)
            if cells == 0:
                if x > 0:
                    self._texts[x - 1] += char
                continue
            self._put(x, char, (ink, self._looks[x][1], bold, strike))
            if cells == 2 and x + 1 < self.width:
                self._put(x + 1, "", (ink, self._looks[x][1], bold, strike))
            x += cells
        return x

    def write_left_of(self, end: int, text: str, ink: str) -> None:
        """A text whose last letter is at `end`."""
        self.write(end + 1 - cell_len(display_name(text)), text, ink)

    def join(self, x: int, arms: Arms, ink: str, *, bold: bool = False) -> None:
        """Add arms to those that are there."""
        self._draw(x, self._arms[x] | arms if 0 <= x < self.width else arms, ink, bold=bold)

    def cross(self, x: int, arms: Arms, ink: str, *, bold: bool = False) -> None:
        """A line that passes over what is there: the other one breaks."""
        self._draw(x, arms, ink, bold=bold)

    def run(self, start: int, end: int, weight: int, ink: str, *, bold: bool = False) -> None:
        """A horizontal from `start` up to, not including, `end`."""
        arms = Arms(left=weight, right=weight)
        for x in range(start, end):
            self._draw(x, arms, ink, bold=bold)

    def strip(self) -> Strip:
        """The row as the terminal gets it."""
        draw = box if self._pen.signs is UNICODE else ascii_box
        segments: list[Segment] = []
        text, look = "", self._looks[0] if self.width else ("text", "ground", False, False)
        for char, arms, own in zip(self._texts, self._arms, self._looks, strict=True):
            if own != look:
                segments.append(Segment(text, self._style(look)))
                text, look = "", own
            text += char if arms is NO_ARMS else draw(arms)
        segments.append(Segment(text, self._style(look)))
        return Strip(segments, self.width)

    def _style(self, look: Look) -> Style:
        ink, ground, bold, strike = look
        return self._pen.inks(ink, ground, bold=bold, strike=strike)

    def _put(self, x: int, char: str, look: Look) -> None:
        if 0 <= x < self.width:
            self._texts[x] = char
            self._arms[x] = NO_ARMS
            self._looks[x] = look

    def _draw(self, x: int, arms: Arms, ink: str, *, bold: bool) -> None:
        if 0 <= x < self.width:
            self._texts[x] = ""
            self._arms[x] = arms
            self._looks[x] = (ink, self._looks[x][1], bold, False)
