"""A drawing in SVG 1.1 that is being made: shapes and texts, in order.

Every text is made fit to show, and escaped, here.
"""

import unicodedata
from html import escape
from typing import Final

from model.names import display_name

CELL: Final = 8.0
"""The width of a letter, in pixels; each text is told its length, so that any monospaced font will do."""
FONT: Final = "ui-monospace, 'DejaVu Sans Mono', 'Liberation Mono', Menlo, Consolas, monospace"
FONT_SIZE: Final = 13.3
_BASELINE: Final = 4.6


class Sheet:
    """Shapes in the order in which they are drawn. Coordinates are pixels; a text's `y` is its middle."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def rect(self, x: float, y: float, width: float, height: float, fill: str, radius: float = 0) -> None:
        """A filled rectangle."""
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}" fill="{fill}"/>'
        )

    def line(self, points: str, colour: str, width: float, dashes: str = "") -> None:
        """A path without a fill: `M 0 0 H 10`."""
        dash = f' stroke-dasharray="{dashes}"' if dashes else ""
        self._parts.append(
            f'<path d="{points}" fill="none" stroke="{colour}" stroke-width="{width:g}" '
            f'stroke-linecap="round" stroke-linejoin="round"{dash}/>'
        )

    def circle(self, x: float, y: float, radius: float, fill: str, stroke: str) -> None:
        """A dot."""
        self._parts.append(
            f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}" stroke="{stroke}" stroke-width="1.6"/>'
        )

    def text(self, x: float, y: float, text: str, colour: str, *, bold: bool = False, right: bool = False) -> float:
        """A text that starts, or ends, at `x`; where the next one may start."""
        text = display_name(text)
        length = cells(text) * CELL
        if text:
            start = x - length if right else x
            weight = ' font-weight="700"' if bold else ""
            self._parts.append(
                f'<text x="{start:g}" y="{y + _BASELINE:g}" fill="{colour}"{weight} textLength="{length:g}" '
                f'lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'
            )
        return x + length

    def begin(self, title: str) -> None:
        """What follows, up to `end`, belongs together; a browser shows the title over it."""
        self._parts.append(f"<g><title>{escape(display_name(title))}</title>")

    def end(self) -> None:
        """See `begin`."""
        self._parts.append("</g>")

    def document(self, width: float, height: float, title: str, ground: str) -> str:
        """The whole file."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
            f'viewBox="0 0 {width:g} {height:g}" role="img">'
        )
        group = f'<g font-family="{FONT}" font-size="{FONT_SIZE}" xml:space="preserve">'
        back = f'<rect width="{width:g}" height="{height:g}" fill="{ground}"/>'
        return "\n".join(
            [head, f"<title>{escape(display_name(title))}</title>", back, group, *self._parts, "</g>", "</svg>", ""]
        )


def cells(text: str) -> int:
    """How many letters wide a text is: East Asian wide characters count twice, combining ones not at all."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )
