"""Draws the boxes and cables of the focus, one row at a time."""

from collections.abc import Collection
from typing import Final

from rich.cells import cell_len
from textual.strip import Strip

from model.caption import State
from model.focus import Place, mode_of
from model.focus_layout import Label, More, Picture, Placed, Weight, Wire
from model.focus_words import BoxRow
from model.identity import LinkId
from model.names import display_name
from tui.session import Session
from tui.widgets.boxes import DOUBLE, HEAVY, LIGHT, NONE, Arms
from tui.widgets.cells import Cells
from tui.widgets.line import Pen, fit

_WEIGHTS: Final = {Weight.LIGHT: LIGHT, Weight.HEAVY: HEAVY, Weight.DOUBLE: DOUBLE, Weight.UNSEEN: LIGHT}
Meant = Place | More | None


class FocusCanvas:
    """Some rows of a picture."""

    def __init__(self, session: Session, pen: Pen, picture: Picture, rows: range, width: int) -> None:
        self._session = session
        self._pen = pen
        self._picture = picture
        self._rows = rows
        self._cells = {y: Cells(pen, width) for y in rows}

    def draw(self, meant: Meant, dimmed: Collection[Place] = ()) -> list[Strip]:
        """Cables first, then boxes over their ends, then words."""
        for box in self._picture.boxes:
            self._frame(box, is_meant=box.place is meant, is_dim=box.place in dimmed)
        for wire in self._picture.wires:
            self._wire(wire)
        for label in self._picture.labels:
            self._label(label)
        for box in self._picture.boxes:
            self._words(box, is_meant=box.place is meant, is_dim=box.place in dimmed)
        for more in self._picture.mores:
            self._more(more, is_meant=isinstance(meant, More) and more.place is meant.place)
        return [self._cells[y].strip() for y in self._rows]

    def _hue(self, segment: LinkId | None, otherwise: str = "muted") -> str:
        return otherwise if segment is None else f"segment{self._session.letters.ordinal(segment) % 5}"

    # Boxes

    def _frame(self, box: Placed, *, is_meant: bool, is_dim: bool) -> None:
        is_centre = box.place.parent is None
        weight = HEAVY if is_centre else LIGHT
        ink = "strong" if is_centre and not is_dim else self._hue(box.words.segment, "edge")
        ink = "edge" if is_dim else ink
        left, right, bottom = box.x, box.x + box.width - 1, box.y + box.height - 1
        for y in range(box.y, bottom + 1):
            cells = self._cells.get(y)
            if cells is None:
                continue
            if is_meant:
                cells.fill(left, right + 1, "select")
            if box.y < y < bottom:
                cells.join(left, Arms(weight, weight), ink, bold=is_centre)
                cells.join(right, Arms(weight, weight), ink, bold=is_centre)
                continue
            down, up = (weight, NONE) if y == box.y else (NONE, weight)
            cells.run(left + 1, right, weight, ink, bold=is_centre)
            cells.join(left, Arms(up, down, NONE, weight), ink, bold=is_centre)
            cells.join(right, Arms(up, down, weight, NONE), ink, bold=is_centre)

    def _words(self, box: Placed, *, is_meant: bool, is_dim: bool) -> None:
        words, end = box.words, box.x + box.width - 1
        head = self._cells.get(box.y)
        if head is not None:
            self._head(head, box, is_dim=is_dim)
        for number, row in enumerate(words.rows):
            cells = self._cells.get(box.y + 1 + number)
            if cells is not None:
                self._row(cells, box, row, is_meant=is_meant, is_dim=is_dim)
        foot = self._cells.get(box.y + box.height - 1)
        if foot is not None and words.foot:
            text = fit(f" {words.foot} ", box.width - 4, self._pen.signs.cut)
            foot.write(end - 1 - cell_len(text), text, "dim" if is_dim else "muted")

    def _head(self, cells: Cells, box: Placed, *, is_dim: bool) -> None:
        """The name; what it is at the right, where there is room for a whole word."""
        words, x, end = box.words, box.x + 2, box.x + box.width - 2
        if words.segment is not None:
            letters = self._session.letters
            letter = f" {letters.letter(words.segment)} "
            cells.fill(x, x + len(letter), f"segment{letters.ordinal(words.segment) % 5}")
            x = cells.write(x, letter, "chip", bold=True)
        x = cells.write(x, " ", "text")
        x = cells.write(x, words.title, "dim" if is_dim else "strong", bold=not is_dim, room=end - x - 1)
        x = cells.write(x, " ", "text")
        sort = f" {display_name(words.sort)} "
        if words.sort and end - x > cell_len(sort):
            cells.write(end - cell_len(sort), sort, "dim" if is_dim else "muted")

    def _row(self, cells: Cells, box: Placed, row: BoxRow, *, is_meant: bool, is_dim: bool) -> None:
        x, end = box.x + 2, box.x + box.width - 2
        if row.state is not None:
            x = self._dot(cells, x, row, is_dim=is_dim) + 1
        down = row.state is State.DOWN
        remark = display_name(row.remark) if row.remark else ""
        room = end - x
        name = cell_len(display_name(row.text)) if row.text else 0
        if down and name + 5 <= room:
            remark = remark if name + 7 + cell_len(remark) <= room else ""
        if name + 2 + cell_len(remark) > room:
            remark = ""
        keep = cell_len(remark) + 2 if remark else 0
        x = cells.write(x, row.text, "dim" if is_dim else "text", bold=is_meant, room=room - keep)
        if down and x + 5 <= end - keep + 1:
            cells.write(x + 1, "DOWN", "danger", bold=True)
        if remark:
            cells.write(end - cell_len(remark), remark, "dim" if is_dim else "muted")

    def _dot(self, cells: Cells, x: int, row: BoxRow, *, is_dim: bool) -> int:
        signs = self._pen.signs
        match row.state:
            case State.UP | None:
                return cells.write(x, signs.up, "dim" if is_dim else self._hue(row.segment, "text"))
            case State.DOWN:
                return cells.write(x, signs.down, "danger", bold=True)
            case State.OFF:
                return cells.write(x, signs.down, "dim")
            case State.UNKNOWN:
                return cells.write(x, signs.unknown, "caution", bold=True)

    def _more(self, more: More, *, is_meant: bool) -> None:
        cells = self._cells.get(more.y)
        if cells is None:
            return
        if is_meant:
            cells.fill(more.x + 1, more.x + more.width, "select")
        x = cells.write(more.x + 2, f"+{more.hidden:,} more", "strong", bold=True, room=more.width - 2)
        words = "  enter opens"
        if more.x + more.width - x > len(words):
            cells.write(x, words, "muted")

    # Cables

    def _wire(self, wire: Wire) -> None:
        weight, ink = _WEIGHTS[wire.weight], self._hue(wire.segment)
        path = list(_cells_of(wire.points))
        for number, (x, y) in enumerate(path):
            cells = self._cells.get(y)
            if cells is None:
                continue
            arms = [NONE] * 4
            for other in path[max(0, number - 1) : number] + path[number + 1 : number + 2]:
                arms[_side((x, y), other)] = weight
            cells.join(x, Arms(*arms), ink, bold=weight != LIGHT)

    def _label(self, label: Label) -> None:
        cells, link = self._cells.get(label.y), self._session.graph.link(label.link)
        if cells is None or link is None:
            return
        mode = mode_of(link)
        text = fit(f" {display_name(mode or link.name)} ", label.room - 1, self._pen.signs.cut)
        cells.write(label.x, text, self._hue(label.segment) if mode else "text", bold=bool(mode))


def _cells_of(points: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    """Every cell from corner to corner."""
    path = [points[0]]
    for goal in points[1:]:
        while path[-1] != goal:
            x, y = path[-1]
            path.append((x + _sign(goal[0] - x), y) if x != goal[0] else (x, y + _sign(goal[1] - y)))
    return path


def _side(here: tuple[int, int], there: tuple[int, int]) -> int:
    """Which arm points there: up, down, left, right."""
    if there[0] == here[0]:
        return 0 if there[1] < here[1] else 1
    return 2 if there[0] < here[0] else 3


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
