"""A terminal's screen as SVG: each word at its own place, so that no viewer can shift it. The same bytes each time."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final, NamedTuple

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from tui.widgets.boxes import DOUBLE, HEAVY, LIGHT, NONE, Arms, arms_of

CELL_W: Final = 9.6
CELL_H: Final = 20
BASE: Final = 15
"""From a cell's top to the line that letters stand on."""
FONT: Final = "'DejaVu Sans Mono', 'Cascadia Mono', Menlo, Consolas, 'Liberation Mono', monospace"
MARGIN: Final = 12


class Word(NamedTuple):
    """Text without a space in it, and where it stands."""

    x: int
    y: int
    text: str
    style: Style


def screen_svg(strips: Iterable[Strip], width: int, height: int, ground: str, title: str) -> str:
    """The whole picture."""
    rows = list(strips)
    box = f"0 0 {_n(width * CELL_W + 2 * MARGIN)} {height * CELL_H + 2 * MARGIN}"
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" font-family="{FONT}" font-size="16">',
        f"<title>{escape(title)}</title>",
        f'<rect width="100%" height="100%" rx="8" fill="{ground}"/>',
        f'<g transform="translate({MARGIN} {MARGIN})">',
    ]
    out += _grounds(rows, ground)
    for word in _words(rows):
        arms = arms_of(word.text)
        out.append(_written(word) if arms is None else _drawn(word, arms))
    return "\n".join([*out, "</g>", "</svg>", ""])


def _grounds(rows: list[Strip], ground: str) -> Iterator[str]:
    for y, strip in enumerate(rows):
        x = 0
        for segment in strip:
            width = cell_len(segment.text)
            _, back = _colours(segment.style or Style())
            if back is not None and back.lower() != ground.lower():
                place = f'x="{_n(x * CELL_W)}" y="{y * CELL_H}" width="{_n(width * CELL_W + 0.3)}" height="{CELL_H}"'
                yield f'<rect {place} fill="{back}"/>'
            x += width


def _words(rows: list[Strip]) -> Iterator[Word]:
    for y, strip in enumerate(rows):
        x = 0
        for segment in strip:
            style = segment.style or Style()
            start, text = x, ""
            for char in segment.text:
                is_line = arms_of(char) is not None
                if is_line or char in " \N{NO-BREAK SPACE}":
                    if text:
                        yield Word(start, y, text, style)
                    if is_line:
                        yield Word(x, y, char, style)
                    text = ""
                else:
                    start = start if text else x
                    text += char
                x += cell_len(char)
            if text:
                yield Word(start, y, text, style)


def _written(word: Word) -> str:
    fore, _ = _colours(word.style)
    look = ' font-weight="bold"' if word.style.bold else ""
    look += ' text-decoration="line-through"' if word.style.strike else ""
    width = cell_len(word.text)
    length = f' textLength="{_n(width * CELL_W)}"' if width > 1 else ""
    x, y = _n(word.x * CELL_W), word.y * CELL_H + BASE
    return f'<text x="{x}" y="{y}" fill="{fore}"{look}{length}>{escape(word.text)}</text>'


def _drawn(word: Word, arms: Arms) -> str:
    """Box-drawing characters are drawn: fonts leave gaps between rows."""
    fore, _ = _colours(word.style)
    left, top = word.x * CELL_W, word.y * CELL_H
    right, bottom, x, y = left + CELL_W, top + CELL_H, left + CELL_W / 2, top + CELL_H / 2
    ends = ((x, top), (x, bottom), (left - _OVERLAP, y), (right + _OVERLAP, y))
    out = []
    for side, (weight, (to_x, to_y)) in enumerate(zip(arms, ends, strict=True)):
        for shift in _SHIFTS[weight]:
            across, along = (shift, 0.0) if side < 2 else (0.0, shift)
            start, end = (_n(x + across), _n(y + along)), (_n(to_x + across), _n(to_y + along))
            out.append((f"M{start[0]} {start[1]}L{end[0]} {end[1]}", 3 if weight == HEAVY else 1))
    return "".join(
        f'<path d="{path}" stroke="{fore}" stroke-width="{wide}" shape-rendering="crispEdges"/>' for path, wide in out
    )


_OVERLAP: Final = 0.4
"""Cells begin between pixels: without it a viewer shows the seams."""
_SHIFTS: Final = {NONE: (), LIGHT: (0.0,), HEAVY: (0.0,), DOUBLE: (-1.5, 1.5)}
"""Where the lines of an arm are, beside its middle."""


def _colours(style: Style) -> tuple[str, str | None]:
    fore = style.color.get_truecolor().hex if style.color is not None else "#c0c0c0"
    back = None
    if style.bgcolor is not None and not style.bgcolor.is_default:
        back = style.bgcolor.get_truecolor(foreground=False).hex
    if style.reverse:
        return back or "#000000", fore
    return fore, back


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
