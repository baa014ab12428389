"""LEARNED, NEIGHBOURS and ROUTES: short in the pane, with all their columns on the whole screen."""

from collections.abc import Iterator, Sequence
from typing import Final

from model.learned import Age, Entry
from model.names import display_name
from model.tables import ForwardingEntry, Neighbour, Route
from tui.widgets.detail_item import MOST, Item, head, nothing, wrapped
from tui.widgets.learned_tables import Columns, Row, Table
from tui.widgets.line import Line, Piece, fit, length_of
from tui.widgets.painted import title_rule

_WIDE: Final = 110


def short_items(table: Table, width: int) -> Iterator[Item]:
    """For the pane. A table without entries is left out."""
    if not table.rows and table.is_read and table.is_readable:
        return
    yield nothing()
    yield from _heading(head(table.name, *_remark(table)), table, width)
    for row in table.rows[:MOST]:
        yield _item(row, _short_row(row))
    yield from _rest(table)


def full_items(table: Table, width: int) -> Iterator[Item]:
    """For the whole screen."""
    yield nothing()
    yield from _heading(full_head(table.full_name, *_remark(table)), table, width)
    if table.rows:
        yield column_heads(table.columns)
    for row in table.rows[:MOST]:
        yield _item(row, _full_row(table.columns, row))
    yield from _rest(table)


def full_head(name: str, remark: str, ink: str = "muted") -> Item:
    """The name of a table on the whole screen."""
    right = [Piece(remark, ink)] if remark else []
    return Item(lambda line: title_rule(line, [Piece(name, "muted", bold=True)], right), begins=name)


def column_heads(columns: Columns) -> Item:
    """What stands in each column."""
    heads = [Piece(word, "muted", bold=True) for word in columns.heads]
    return Item(lambda line: in_columns(line, columns, heads))


def _heading(heading: Item, table: Table, width: int) -> Iterator[Item]:
    yield heading
    yield from wrapped(table.problem, width, "caution")


def _remark(table: Table) -> tuple[str, str]:
    if not table.is_readable:
        return "unreadable", "caution"
    if not table.is_read:
        return "being read", "dim"
    return (table.remark, "muted") if table.rows else ("none", "dim")


def _rest(table: Table) -> Iterator[Item]:
    more = len(table.rows) - MOST
    if more > 0:
        yield Item(lambda line: line.write(f"and {more:,} more", "muted"))


def _item(row: Row, item: Item) -> Item:
    flashes = row.mark is not None and row.mark.age is Age.FLASHING
    return item._replace(key=_key(row.entry), subject=row.subject, copies=row.copies, is_flashing=flashes, begins="")


def _key(entry: Entry) -> tuple[object, ...]:
    """Two entries of one reading never share it."""
    match entry:
        case ForwardingEntry(bridge=bridge, mac=mac, vlan=vlan):
            return ("mac", bridge, mac, vlan)
        case Neighbour(ifindex=ifindex, address=address):
            return ("neighbour", ifindex, address)
        case Route():
            return ("route", entry)


def _mark_piece(row: Row) -> list[Piece]:
    """The word of what happened, where the entry does not say it itself."""
    mark = row.mark
    if mark is None or mark.news.value == row.short[1].text:
        return []
    return [Piece(mark.news.value, "muted" if mark.age is Age.CALM else "caution", bold=mark.age is Age.FLASHING)]


def _short_row(row: Row) -> Item:
    """What stands at the left stays whole; of the rest, what there is room for."""

    def write(line: Line) -> None:
        left, right = row.short
        line.write(left.text, left.ink, room=max(0, line.room))
        mark = _mark_piece(row)
        both = [*mark, Piece("  "), right] if mark and right.text else mark or [right]
        if length_of(both) < line.room:
            line.right(both)
        else:
            line.right([right._replace(text=fit(display_name(right.text), line.room - 1, line.pen.signs.cut))])

    return Item(write)


def _full_row(columns: Columns, row: Row) -> Item:
    def write(line: Line) -> None:
        mark = _mark_piece(row)
        in_columns(line, columns, row.cells, reserved=length_of(mark))
        line.right(mark)

    return Item(write)


def in_columns(
    line: Line, columns: Columns, cells: Sequence[Piece], *, reserved: int = 0, begin: int | None = None
) -> None:
    """The last cell goes up to what is reserved at the right edge. `begin`: where the first column is."""
    start = line.at if begin is None else begin
    width = line.width - start
    starts = columns.wide if width >= _WIDE else columns.narrow
    ends = [*starts[1:], width - reserved]
    for at, end, cell in zip(starts, ends, cells, strict=True):
        line.to(start + at)
        line.write(cell.text, cell.ink, bold=cell.bold, room=max(0, start + end - 1 - line.at))
