"""What was sent to the terminal: of a new picture only the cells that differ from it are sent.

Textual sends every row of a changed region from its left edge on, and each text with its colours before and after it.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate  # Textual shows its pictures to nobody else
from textual.strip import Strip

from tui.widgets.line import is_narrow

CHEAPER: Final = 6
"""So many cells in one colour cost less than moving the cursor past them."""
_RESET: Final = "\x1b[0m"
_KNOWN_AT_MOST: Final = 4096
_SYSTEMS: Final = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
    "windows": ColorSystem.WINDOWS,
}

Row = dict[int, Strip]
"""Pieces of a row, by the column where each begins."""


class Sent:
    """The rows that the terminal shows. What is not known of them is sent whole."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}

    def forget(self) -> None:
        """The terminal may show anything."""
        self._rows.clear()

    def bytes_for(self, update: LayoutUpdate | ChopsUpdate, console: Console) -> str:
        """What makes the terminal show this, too."""
        out = _Writer(_SYSTEMS.get(console.color_system or "", ColorSystem.TRUECOLOR))
        if isinstance(update, LayoutUpdate):
            self.forget()
            for y, strips in enumerate(update.strips, update.region.y):
                self._send_row(out, y, update.region.x, strips)
        else:
            for y in sorted({y for y, _, _ in update.spans}):
                for x, strip in _touched(update, y):
                    self._send(out, y, x, strip)
        return out.end()

    def _send_row(self, out: "_Writer", y: int, x: int, strips: Iterable[Strip]) -> None:
        for strip in strips:
            self._send(out, y, x, strip)
            x += strip.cell_length

    def _send(self, out: "_Writer", y: int, x: int, strip: Strip) -> None:
        row = self._rows.setdefault(y, {})
        before = row.get(x)
        if before is strip:
            return
        if before is None or before.cell_length != strip.cell_length:
            end = x + strip.cell_length
            for start in [start for start, other in row.items() if start < end and start + other.cell_length > x]:
                del row[start]
            out.write(x, y, strip)
        else:
            _send_difference(out, x, y, before, strip)
        row[x] = strip


class Thrifty(CompositorUpdate):
    """A picture of Textual's, sent with thrift."""

    def __init__(self, sent: Sent, update: LayoutUpdate | ChopsUpdate) -> None:
        self._sent = sent
        self._update = update

    def render_segments(self, console: Console) -> str:
        """Called once, and only when it is really written."""
        return self._sent.bytes_for(self._update, console)


def _touched(update: ChopsUpdate, y: int) -> Iterator[tuple[int, Strip]]:
    """The pieces of a row that are in a changed region. A piece is sent whole or not at all: most of it is known."""
    spans = [(start, end) for row, start, end in update.spans if row == y]
    for (x, strip), x_end in zip(update.chops[y].items(), update.chop_ends[y], strict=True):
        if strip is not None and any(x < end and start < x_end for start, end in spans):
            yield x, strip


# What differs


def _send_difference(out: "_Writer", x: int, y: int, before: Strip, after: Strip) -> None:
    """Two pieces of the same place and width."""
    old, new = list(before), list(after)
    head = _same(old, new)
    tail = _same(old[head:][::-1], new[head:][::-1])
    if head == len(new):
        return
    skipped, old, new = new[:head], old[head : len(old) - tail], new[head : len(new) - tail]
    if not all(map(is_narrow, [text for text, _, _ in (*skipped, *old, *new)])):
        out.write(x, y, after)  # where a letter is wider than a cell, terminals disagree
        return
    x += sum([len(text) for text, _, _ in skipped])
    cells = _Cells.of(new)
    for start, end in _runs(_Cells.of(old), cells):
        out.cells(x + start, y, cells, start, end)


def _same(left: Sequence[Segment], right: Sequence[Segment]) -> int:
    """How many segments are the same from the beginning on."""
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count


class _Cells(NamedTuple):
    """A piece of a row, cell by cell."""

    text: str
    styles: list[Style | None]

    @classmethod
    def of(cls, segments: Sequence[Segment]) -> "_Cells":
        """Of segments whose characters take one cell each."""
        styles: list[Style | None] = []
        for text, style, _ in segments:
            styles += [style] * len(text)
        return cls("".join([text for text, _, _ in segments]), styles)


def _runs(old: _Cells, new: _Cells) -> Iterator[tuple[int, int]]:
    """Where cells differ; over a short gap that needs no other colours it is cheaper to write on."""
    pairs = zip(old.text, new.text, old.styles, new.styles, strict=True)
    changed = [at for at, (was, char, before, style) in enumerate(pairs) if was != char or before is not style]
    if not changed:
        return
    styles, start, last = new.styles, changed[0], changed[0]
    for at in changed:
        if at - last > 1 and not _is_cheap(styles[last : at + 1]):
            yield start, last + 1
            start = at
        last = at
    yield start, last + 1


def _is_cheap(styles: list[Style | None]) -> bool:
    """A gap, with the cells at both of its ends."""
    first, last = styles[0], styles[-1]
    return len(styles) - 2 <= CHEAPER and all(style is first or style is last for style in styles)


# How it is written


class _Look(NamedTuple):
    """A style as numbers of SGR (ECMA-48)."""

    attributes: str
    colour: str
    ground: str


_PLAIN: Final = _Look("", "39", "49")


class _Writer:
    """Writes what a terminal understands, and says of each colour only what is new."""

    def __init__(self, system: ColorSystem) -> None:
        self._system = system
        self._parts: list[str] = []
        self._look = _PLAIN

    def write(self, x: int, y: int, strip: Strip) -> None:
        """A whole piece."""
        self._parts.append(f"\x1b[{y + 1};{x + 1}H")
        for text, style, _ in strip:
            self._text(text, style)

    def cells(self, x: int, y: int, cells: _Cells, start: int, end: int) -> None:
        """Some cells beside each other."""
        self._parts.append(f"\x1b[{y + 1};{x + 1}H")
        text, styles, at = cells.text, cells.styles, start
        while at < end:
            style, stop = styles[at], at + 1
            while stop < end and styles[stop] is style:
                stop += 1
            self._text(text[at:stop], style)
            at = stop

    def end(self) -> str:
        """All of it; the next picture begins without colours."""
        if self._look is not _PLAIN:
            self._parts.append(_RESET)
        return "".join(self._parts)

    def _text(self, text: str, style: Style | None) -> None:
        look = _PLAIN if style is None else _look(style, self._system)
        if look is not self._look:
            self._parts.append(_change(self._look, look))
            self._look = look
        self._parts.append(text)


@lru_cache(_KNOWN_AT_MOST)
def _look(style: Style, system: ColorSystem) -> _Look:
    attributes = style.without_color.render("x", color_system=system).partition("m")[0].removeprefix("\x1b[")
    colour, ground = style.color, style.bgcolor
    return _Look(
        "" if attributes == "x" else attributes,
        "39" if colour is None else ";".join(colour.downgrade(system).get_ansi_codes()),
        "49" if ground is None else ";".join(ground.downgrade(system).get_ansi_codes(foreground=False)),
    )


@lru_cache(_KNOWN_AT_MOST)
def _change(before: _Look, after: _Look) -> str:
    """The shortest way from one to the other."""
    if before.attributes == after.attributes:
        numbers = [new for old, new in zip(before[1:], after[1:], strict=True) if old != new]
        return f"\x1b[{';'.join(numbers)}m" if numbers else ""
    colours = [number for number, plain in zip(after[1:], _PLAIN[1:], strict=True) if number != plain]
    return f"\x1b[{';'.join(['0', *filter(None, [after.attributes]), *colours])}m"
