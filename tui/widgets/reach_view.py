"""Screen 4: everybody against everybody, in classes; and the chosen pair in full."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from rich.cells import cell_len
from textual.message import Message
from textual.strip import Strip

from model.caption import full_name
from model.identity import LinkId
from model.layer3 import layer3
from model.patch_map import letter_of
from model.reach_classes import Classes
from model.reach_rows import Cell, Names, cell, remark
from model.remedies import to_allow
from model.verdict import Because, Reachable, Verdict
from tui.session import Session
from tui.signs import Signs
from tui.widgets.line import Line, Piece, length_of
from tui.widgets.link_dot import hue
from tui.widgets.painted import Painted, Pane, title_rule
from tui.widgets.wrapped import wrapped

NAME_AT: Final = 6
LABEL: Final = 10
WIDE: Final = 100
LEGEND: Final = 18
PAIR_ROWS: Final = 9
"""What the words about a pair take, mostly."""
INKS: Final = {Cell.ITSELF: "muted", Cell.BLOCKED: "danger", Cell.DEPENDS: "caution", Cell.APART: "edge"}
VERDICT_INKS: Final = {Cell.REACHES: "good", Cell.BLOCKED: "danger", Cell.DEPENDS: "caution", Cell.APART: "muted"}
_CELLS: Final = {Reachable.YES: Cell.REACHES, Reachable.NO: Cell.BLOCKED, Reachable.UNKNOWN: Cell.DEPENDS}
LEGEND_CELLS: Final = (Cell.REACHES, Cell.BLOCKED, Cell.DEPENDS, Cell.APART)


class Grid(NamedTuple):
    """Where the columns of the matrix are."""

    start: int
    pitch: int
    columns: range
    """Those that fit."""

    def at(self, column: int) -> int:
        """Where the sign of a column stands."""
        return self.start + (column - self.columns.start) * self.pitch + self.pitch // 2


class ReachView(Pane):
    """A row and a column a class; the cursor is on a pair."""

    class Paired(Message):
        """Another pair is chosen."""

    def __init__(self, session: Session) -> None:
        super().__init__("reach")
        self._session = session
        self.matrix: Classes = session.reach.classes()
        self.names = Names(session.graph, self.matrix)
        self.column = 0
        self.start: LinkId | None = None
        """The member that the path begins at; None: whoever stands for the class."""

    def fit(self, height: int) -> None:
        """As high as it has to be; the pair has the rest."""
        self.styles.height = max(3, min(self.count + 2, height - PAIR_ROWS))

    # What is chosen

    @property
    def count(self) -> int:
        return len(self.matrix.classes)

    @property
    def pair(self) -> tuple[LinkId, LinkId] | None:
        """Two ends that stand for the chosen classes."""
        if not self.count:
            return None
        example = self.matrix.example(self.cursor, self.column)
        start = self.start if self.start in self.matrix.classes[self.cursor].members else None
        if example is None:
            return None
        if start is None or start == example[0]:
            return example
        other = example[1] if example[1] != start else example[0]
        return start, other

    @property
    def subject(self) -> LinkId | None:
        """Where the path begins."""
        if not self.count:
            return None
        return self.pair[0] if self.pair is not None else self.matrix.classes[self.cursor].members[0]

    def take(self) -> None:
        """The graph, or what was read beside it, is another one: the same pair stays chosen, where it still is."""
        ends = [self._first(self.cursor), self._first(self.column)]
        self.matrix = self._session.reach.classes()
        self.names = Names(self._session.graph, self.matrix)
        row, column = (self.matrix.place_of(end) if end is not None else None for end in ends)
        self.cursor = row if row is not None else min(self.cursor, max(0, self.count - 1))
        self.column = column if column is not None else min(self.column, max(0, self.count - 1))
        self.bring_into_view()
        self.freshen()

    def _first(self, place: int) -> LinkId | None:
        if place >= self.count:
            return None
        members = self.matrix.classes[place].members
        return self.start if self.start in members else members[0]

    def begin_at(self, link: LinkId) -> bool:
        """The path from here; False: nobody lives on it."""
        place = self.matrix.place_of(link)
        if place is None:
            return False
        self.start = link
        self.move_to(place)
        is_alone = len(self.matrix.classes[place].members) == 1
        meets = (at for at in range(self.count) if cell(self.matrix, place, at) not in (Cell.APART, Cell.ITSELF))
        self.column = next(meets, self.column) if is_alone else place
        self.freshen()
        self.post_message(self.Paired())
        return True

    def turn(self, columns: int) -> None:
        """Another column."""
        self.column = max(0, min(self.column + columns, self.count - 1))
        self.freshen()
        self.post_message(self.Paired())

    def move_to(self, index: int) -> None:
        super().move_to(index)
        self.freshen()
        self.post_message(self.Paired())

    def clicked(self, index: int, x: int) -> None:
        grid = self._grid()
        column = grid.columns.start + (x - grid.start) // grid.pitch
        if x >= grid.start and column in grid.columns:
            self.column = column
        self.move_to(index)

    # Drawing

    def _grid(self) -> Grid:
        width = self.size.width - (LEGEND if self.size.width >= WIDE else 1)
        pitch = 3 if self.size.width >= WIDE else 2
        names = min(52, max(26, width - self.count * pitch))
        start = min(names, width - pitch)
        fits = max(1, (width - start) // pitch)
        first = max(0, min(self.column - fits // 2, self.count - fits))
        return Grid(start, pitch, range(first, min(self.count, first + fits)))

    def heading(self) -> Line:
        grid = self._grid()
        line = self.line().to(NAME_AT).write("WHO, IN CLASSES", "muted", bold=True, room=grid.start - NAME_AT - 1)
        for column in grid.columns:
            chosen = column == self.column
            letter = letter_of(column).lower()
            line.to(grid.at(column) - (len(letter) - 1)).write(letter, "strong" if chosen else "muted", bold=True)
        return line

    def row(self, index: int, *, selected: bool) -> Line:
        one, grid, signs = self.matrix.classes[index], self._grid(), self.pen.signs
        ground = "select" if selected else "ground"
        ink = self._hue(one.members[0])
        line = Line(self.pen, self.size.width, ground).to(1).write(letter_of(index).lower(), "strong", bold=True)
        line.to(4).write(signs.rail, ink).to(NAME_AT)
        note = remark(self._session.graph, one)
        room = grid.start - NAME_AT - cell_len(note) - 2
        line.write(self._members(one.members, room), "strong" if selected else "text", room=room)
        line.to(grid.start - 1 - cell_len(note)).write(note, "muted")
        for column in grid.columns:
            self._write_cell(line, grid, (index, column), ink, selected=selected)
        return self._with_legend(line, index - self.top)

    def _write_cell(self, line: Line, grid: Grid, place: tuple[int, int], hue_of_row: str, *, selected: bool) -> None:
        found = cell(self.matrix, *place)
        is_column = place[1] == self.column
        ground = None if selected or not is_column else "band"
        sign, ink = sign_of(found, self.pen.signs), INKS.get(found, hue_of_row)
        at = grid.at(place[1])
        if selected and is_column:
            line.to(at - 1).write("[", "strong", bold=True).write(sign, ink, bold=True).write("]", "strong", bold=True)
        else:
            line.to(at).write(sign, ink, bold=found in (Cell.BLOCKED, Cell.DEPENDS), ground=ground)

    def _hue(self, member: LinkId) -> str:
        link = self._session.graph.link(member)
        return hue(self._session, link) if link is not None else "edge"

    def _with_legend(self, line: Line, row: int) -> Line:
        if self.size.width >= WIDE and 0 <= row < len(LEGEND_CELLS):
            meant = LEGEND_CELLS[row]
            line.to(self.size.width - LEGEND + 2).write(sign_of(meant, self.pen.signs), INKS.get(meant, "text"))
            line.write(f" {meant.value}", "muted")
        return line

    def _members(self, members: tuple[LinkId, ...], room: int) -> str:
        """As many as fit, and how many are left."""
        home = self._session.graph.home
        shown: list[str] = []
        in_order = sorted(members, key=lambda member: (member != self.start, member.namespace == home))
        for number, member in enumerate(in_order):
            name = self.names.of(member)
            left = len(members) - number - 1
            more = f"  +{left:,}" if left else ""
            if shown and cell_len("  ".join([*shown, name]) + more) > room:
                return "  ".join(shown) + f"  +{left + 1:,}"
            shown.append(name)
        return "  ".join(shown)


class PairWords(Painted):
    """The chosen pair: the way, the reason, and what IP makes of it."""

    def __init__(self, session: Session, view: ReachView) -> None:
        super().__init__("pair")
        self._session = session
        self._view = view

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # as many rows as there are
        pair = self._view.pair
        if pair is None:
            return [title_rule(self.line(), [Piece(self._alone(), "muted")], []).strip()]
        said = self._session.reach.explain(*pair)
        one, other = (self._view.names.of(end) for end in pair)
        title = [Piece(one, "strong", bold=True), Piece(" to ", "muted"), Piece(other, "strong", bold=True)]
        found = _CELLS[said.reachable] if said.because is not Because.NO_PATH else Cell.APART
        ink = VERDICT_INKS[found]
        word = f"{sign_of(found, self.pen.signs)} {found.value}"
        rows = [title_rule(self.line(), title, [Piece(word, ink, bold=True)]), self.line()]
        way = list(self._way(said, width))
        rows += [*way, self.line()] if way else []
        rows += self._labelled("because", said.text, width)
        third = layer3(self._session.graph, self._session.around, *pair, said.wired)
        if third is not None:
            rows += self._labelled("layer 3", third.removeprefix("IP: "), width)
        advice = to_allow(self._session.graph, *pair, said)
        if advice is not None:
            rows += self._labelled("to allow", advice, width)
        return [row.strip() for row in rows]

    def _alone(self) -> str:
        return "a class of one: choose another column" if self._view.count else "nobody lives here who could talk"

    def _way(self, said: Verdict, width: int) -> Iterator[Line]:
        """Hop by hop, broken at the guilty place; as many rows as it takes."""
        line = self.line().to(2)
        for number, hop in enumerate(said.hops):
            pieces = self._hop(hop, said, is_first=number == 0)
            if line.at + length_of(pieces) > width - 2:
                yield line
                line = self.line().to(4)
            line.add(pieces)
        if said.hops:
            yield line

    def _hop(self, hop: LinkId, said: Verdict, *, is_first: bool) -> list[Piece]:
        signs, session = self.pen.signs, self._session
        link = session.graph.link(hop)
        name = full_name(session.graph, link) if link is not None else "gone"
        ink = hue(session, link) if link is not None else "edge"
        pieces = [] if is_first else [Piece(f" {signs.rule * 2} ", ink)]
        pieces.append(Piece(name, "strong", bold=True))
        if hop == said.blocked_at:
            is_no = said.reachable is Reachable.NO
            mark = signs.blocked if is_no else signs.unknown
            pieces.append(Piece(f" {mark}", "danger" if is_no else "caution", bold=True))
        return pieces

    def _labelled(self, label: str, text: str, width: int) -> Iterator[Line]:
        for number, row in enumerate(wrapped(text, max(20, width - LABEL - 4))):
            line = self.line().to(2).write("" if number else label, "muted").to(2 + LABEL)
            yield line.write(row, room=max(0, line.room))


def sign_of(found: Cell, signs: Signs) -> str:
    """One cell of the matrix."""
    return {
        Cell.ITSELF: "=",
        Cell.REACHES: signs.up,
        Cell.BLOCKED: signs.blocked,
        Cell.DEPENDS: signs.unknown,
        Cell.APART: signs.dot,
    }[found]
