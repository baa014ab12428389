"""The columns of the table at each width: which of those that are wanted fit, and where they begin. In cells."""

from functools import cache
from typing import Final, NamedTuple

from model.link_rows import Column

MARK: Final = 1
"""The column of the mark."""
FIRST: Final = 3
NARROWEST: Final = 60
"""Below this the table is a plain list."""


_LEAST: Final = {
    Column.STATE: 6,
    Column.LINK: 21,
    Column.KIND: 8,
    Column.ADDRESS: 18,
    Column.OTHER_END: 13,
    Column.ON: 5,
    Column.MAC: 17,
    Column.MTU: 5,
    Column.RX: 10,
    Column.TX: 10,
    Column.BY: 8,
}
_GROWS: Final = (
    (Column.OTHER_END, 17),
    (Column.ON, 17),
    (Column.LINK, 26),
    (Column.ADDRESS, 20),
    (Column.OTHER_END, 26),
    (Column.BY, 10),
    (Column.LINK, 34),
    (Column.ADDRESS, 26),
    (Column.OTHER_END, 34),
    (Column.KIND, 12),
    (Column.LINK, 48),
)
"""Who gets what is to spare, and up to how much."""
_TIGHT: Final = {Column.LINK: 17, Column.ADDRESS: 15, Column.OTHER_END: 11, Column.KIND: 7}
"""Where even the first columns have no room."""
GIVES_WAY: Final = (
    Column.TX,
    Column.RX,
    Column.BY,
    Column.MTU,
    Column.MAC,
    Column.KIND,
    Column.ON,
    Column.ADDRESS,
    Column.OTHER_END,
)
"""What is left out first as the table narrows."""
_SPARE: Final = {Column.MAC: 6, Column.MTU: 6, Column.RX: 10, Column.TX: 10, Column.BY: 10}
"""These come only where so much is left for the others: MAC and MTU from 110 wide, the rest from about 150."""


class Span(NamedTuple):
    """Where a column stands."""

    column: Column
    start: int
    width: int


@cache
def link_columns(width: int, wanted: frozenset[Column]) -> tuple[Span, ...]:
    """The columns that fit, from left to right; none below `NARROWEST`."""
    if width < NARROWEST:
        return ()
    shown = [column for column in Column if column in wanted]
    widths = {column: _LEAST[column] for column in shown}
    for column in GIVES_WAY:
        if _needed(widths) + _SPARE.get(column, 0) <= width:
            continue
        if column in (Column.KIND, Column.ON):
            _tighten(widths)
            if _needed(widths) <= width:
                continue
        widths.pop(column, None)
    _share(widths, width - _needed(widths))
    spans, at = [], FIRST
    for column, cells in widths.items():
        spans.append(Span(column, at, cells))
        at += cells + 1
    return tuple(spans)


def _needed(widths: dict[Column, int]) -> int:
    """With a gap after each column; the last one is the margin."""
    return FIRST + sum(widths.values()) + len(widths)


def _tighten(widths: dict[Column, int]) -> None:
    for column, least in _TIGHT.items():
        if column in widths:
            widths[column] = least


def _share(widths: dict[Column, int], spare: int) -> None:
    for column, goal in _GROWS:
        if column in widths:
            more = max(0, min(goal - widths[column], spare))
            widths[column] += more
            spare -= more
