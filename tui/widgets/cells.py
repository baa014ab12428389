"""A row that is drawn in any order: lines that meet, texts over them, grounds below. A map row needs this."""

from typing import Final

from rich.cells import cell_len, get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from model.names import display_name
from tui.signs import UNICODE
from tui.widgets.boxes import NO_ARMS, Arms, ascii_box, box
from tui.widgets.line import Pen, fit, is_narrow

Look = tuple[str, bool, bool]
"""Ink, bold, struck through."""
_PLAIN: Final[Look] = ("text", False, False)


class Cells:
    """One row. What is written later covers what was written before; texts are made safe here."""

    __slots__ = ("_arms", "_grounds", "_looks", "_pen", "_texts", "width")

    def __init__(self, pen: Pen, width: int) -> None:
        self._pen = pen
        self.width = width
        self._texts = [" "] * width
        self._arms: list[Arms] = [NO_ARMS] * width
        self._looks: list[Look] = [_PLAIN] * width
        self._grounds = ["ground"] * width

    def fill(self, start: int, end: int, ground: str) -> None:
        """Lay a ground under these cells."""
        start, end = max(start, 0), min(end, self.width)
        if start < end:
            self._grounds[start:end] = [ground] * (end - start)

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
        look, cells = (ink, bold, strike), len(safe)
        if x >= 0 and cells <= left and is_narrow(safe):
            self._texts[x : x + cells] = safe
            self._arms[x : x + cells] = [NO_ARMS] * cells
            self._looks[x : x + cells] = [look] * cells
            return x + cells
        return self._write_wide(x, safe, look)

    def _write_wide(self, x: int, text: str, look: Look) -> int:
        """Some letters take two cells, or none."""
        for char in text:
            cells = get_character_cell_size(char)
            if cells == 0:
                if 0 < x <= self.width:
                    self._texts[x - 1] += char
                continue
            self._put(x, char, look)
            if cells == 2 and x + 1 < self.width:
                self._put(x + 1, "", look)
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
        start, end = max(start, 0), min(end, self.width)
        cells = end - start
        if cells > 0:
            self._texts[start:end] = [""] * cells
            self._arms[start:end] = [Arms(left=weight, right=weight)] * cells
            self._looks[start:end] = [(ink, bold, False)] * cells

    def strip(self, *after: Segment) -> Strip:
        """The row as the terminal gets it, and what stands after it."""
        draw = box if self._pen.signs is UNICODE else ascii_box
        segments: list[Segment] = []
        texts = [char if arms is NO_ARMS else draw(arms) for char, arms in zip(self._texts, self._arms, strict=True)]
        looks, grounds, start = self._looks, self._grounds, 0
        for at in range(1, self.width):
            if looks[at] != looks[start] or grounds[at] != grounds[start]:
                segments.append(Segment("".join(texts[start:at]), self._style(start)))
                start = at
        if self.width:
            segments.append(Segment("".join(texts[start:]), self._style(start)))
        return Strip([*segments, *after], self.width + sum(segment.cell_length for segment in after))

    def _style(self, at: int) -> Style:
        ink, bold, strike = self._looks[at]
        return self._pen.inks(ink, self._grounds[at], bold=bold, strike=strike)

    def _put(self, x: int, char: str, look: Look) -> None:
        if 0 <= x < self.width:
            self._texts[x] = char
            self._arms[x] = NO_ARMS
            self._looks[x] = look

    def _draw(self, x: int, arms: Arms, ink: str, *, bold: bool) -> None:
        if 0 <= x < self.width:
            self._texts[x] = ""
            self._arms[x] = arms
            self._looks[x] = (ink, bold, False)
