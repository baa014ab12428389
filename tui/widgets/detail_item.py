"""One line of the detail, and the small ones that all parts of it use."""

import textwrap
from collections.abc import Callable, Hashable, Iterator
from typing import Final, NamedTuple

from rich.cells import cell_len, chop_cells

from model.names import display_name
from tui.session import Subject
from tui.signs import Signs
from tui.widgets.line import Line, Piece

LABEL: Final = 8
"""Cells for labels."""
METER: Final = 2
"""After the state, and a space."""
MOST: Final = 200
"""Ports, links, labels or entries of a table that are listed at most."""

_BREAKS: Final = " :/,"
_ROWS: Final = 6
"""A single value takes at most so many lines."""

Write = Callable[[Line], object]
"""Writes one line, from where it stands."""


class Item(NamedTuple):
    """A line, and what can be done with it."""

    write: Write
    key: Hashable = None
    """What makes it the same line in the next picture; None: it cannot be chosen."""
    subject: Subject | None = None
    """Where `enter` goes."""
    copies: str = ""
    """What `y` copies; empty: the address of the link that it is about."""
    is_flashing: bool = False
    begins: str = ""
    """The table that begins here."""
    is_counted: bool = False
    """It is written from what passes: it says something else after every reading of the counters."""
    meter: Callable[[Signs], str] | None = None
    """All that differs then: it stands `METER` cells from the beginning."""


def nothing() -> Item:
    """An empty line."""
    return Item(lambda _: None)


def head(word: str, remark: str = "", ink: str = "muted") -> Item:
    """The name of a part."""

    def write(line: Line) -> None:
        line.write(word, "muted", bold=True).right([Piece(remark, ink)] if remark else [])

    return Item(write, begins=word)


def fact(label: str, value: str, ink: str = "text") -> Item:
    """A label and a value."""

    def write(line: Line) -> None:
        start = line.at
        line.write(label, "muted").to(start + LABEL).write(value, ink, room=max(0, line.room))

    return Item(write)


def long_fact(label: str, value: str, width: int, ink: str = "text") -> Iterator[Item]:
    """A label and a value that may take more than one line: nothing of it is lost."""
    safe = display_name(value) if value else ""
    rows = list(_broken(safe, max(8, width - LABEL - 1)))
    for place, row in enumerate(rows[:_ROWS]):
        yield fact("" if place else label, row if place < _ROWS - 1 else safe[len("".join(rows[:place])) :], ink)


def _broken(text: str, room: int) -> Iterator[str]:
    """Rows of so many cells, broken where a word, or a part of an address, ends."""
    while cell_len(text) > room:
        row = chop_cells(text, room)[0]
        end = max(map(row.rfind, _BREAKS)) + 1
        row = row[:end] if end > len(row) // 2 else row
        yield row
        text = text[len(row) :]
    yield text


def facts(label: str, values: list[str], ink: str = "text") -> Iterator[Item]:
    """One label and several values, each on a line of its own."""
    for place, value in enumerate(values[:MOST]):
        yield fact("" if place else label, value, ink)
    if len(values) > MOST:
        yield fact("", f"and {len(values) - MOST:,} more", "muted")


def wrapped(text: str, width: int, ink: str) -> Iterator[Item]:
    """A sentence, on as many lines as it takes."""
    return (_sentence(row, ink) for row in textwrap.wrap(display_name(text), max(8, width - 1)))


def _sentence(text: str, ink: str) -> Item:
    return Item(lambda line: line.write(text, ink, room=max(0, line.room)))


def listed(label: str, words: list[str], width: int, ink: str = "text") -> Iterator[Item]:
    """Short words, as many on a line as there is room for."""
    rows: list[str] = []
    for word in words:
        if rows and len(rows[-1]) + 2 + len(word) < width - LABEL:
            rows[-1] += f", {word}"
        else:
            rows.append(word)
    return facts(label, rows, ink)


def side_by_side(left: list[Item], right: list[Item]) -> Iterator[Item]:
    """Two columns."""
    for place in range(max(len(left), len(right))):
        yield _pair(left[place] if place < len(left) else None, right[place] if place < len(right) else None)


def _pair(left: Item | None, right: Item | None) -> Item:
    def write(line: Line) -> None:
        half = (line.width - line.at) // 2
        for item, width in ((left, half), (right, line.width - line.at - half)):
            column = Line(line.pen, width)
            if item is not None:
                item.write(column)
            line.append(column)

    return Item(write, is_counted=any(item is not None and item.is_counted for item in (left, right)))
