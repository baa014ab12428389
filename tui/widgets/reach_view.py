"""Screen 4: everybody against everybody, in classes; and the chosen pair in full."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from rich.cells import cell_len
from textual.message import Message
from textual.strip import Strip

from model.caption import full_name
from model.identity import LinkId
from model.layer3 import layer3
from model.patch_map import letter_of
from model.reach_classes import Classes
from model.reach_rows import Cell, Names, Place, cell, columns_of, outside_of, remark, rows_of
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
LEAST_ROWS: Final = 6
"""Below that a pane has no heading."""
PAIR_ROWS: Final = 9
"""What the words about a pair take, mostly."""
INKS: Final = {Cell.ITSELF: "muted", Cell.BLOCKED: "danger", Cell.DEPENDS: "caution", Cell.APART: "edge"}
VERDICT_INKS: Final = {Cell.REACHES: "good", Cell.BLOCKED: "danger", Cell.DEPENDS: "caution", Cell.APART: "muted"}
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
        self.opened: frozenset[LinkId] = frozenset()
        """A member of each class that is opened."""
        self.rows = rows_of(self.matrix, self.opened)
        self.columns = columns_of(self.matrix)
        self.column = 0
        self.start: LinkId | None = None
        """The member that the path begins at; None: whoever stands for the class."""

    def fit(self, height: int) -> None:
        """As high as it has to be; the pair has the rest."""
        self.styles.height = max(3, min(max(LEAST_ROWS, self.count + 2), height - PAIR_ROWS))

    # What is chosen

    @property
    def count(self) -> int:
        return len(self.rows)

    @property
    def place(self) -> Place:
        """The chosen row."""
        return self.rows[self.cursor]

    @property
    def outside(self) -> LinkId | None:
        """The uplink, where the chosen pair leads to what is behind it."""
        if not self.count:
            return None
        return self.place.outside or self.columns[self.column].outside

    @property
    def pair(self) -> tuple[LinkId, LinkId] | None:
        """Two ends that stand for the chosen classes; or an end, and the uplink that it leads to."""
        if not self.count:
            return None
        row, column = self.place, self.columns[self.column]
        if row.at is None or column.at is None:
            near, outside = (row, column.outside) if row.at is not None else (column, row.outside)
            end = self._first(near)
            return None if end is None or outside is None else (end, outside)
        example = self.matrix.example(row.at, column.at)
        start = self._start(row)
        if example is None:
            return None
        if start is None or start == example[0]:
            return example
        other = example[1] if example[1] != start else example[0]
        return start, other

    @property
    def found(self) -> Cell:
        """The sign of the chosen pair."""
        return cell(self.matrix, self.place, self.columns[self.column])

    def said(self) -> Verdict | None:
        """The whole answer for the chosen pair."""
        reach, pair = self._session.reach, self.pair
        if pair is None:
            return None
        return reach.explain(*pair) if self.outside is None else reach.explain_outside(*pair)

    def called(self, link: LinkId) -> str:
        """An end of the chosen pair."""
        is_outside = link == self.outside and self.pair is not None and link == self.pair[1]
        return outside_of(self._session.graph, link) if is_outside else self.names.of(link)

    def _start(self, row: Place) -> LinkId | None:
        if row.at is None or row.member is not None:
            return row.member
        return self.start if self.start in self.matrix.classes[row.at].members else None

    @property
    def subject(self) -> LinkId | None:
        """Where the path begins."""
        if not self.count:
            return None
        return self.pair[0] if self.pair is not None else self._first(self.place)

    def take(self) -> None:
        """The graph, or what was read beside it, is another one: the same pair stays chosen, where it still is."""
        row, column = (self.place, self.columns[self.column]) if self.count else (Place(), Place())
        ends = self._first(row), self._first(column)
        opened = {self._place_of(link) for link in self.opened}
        open_classes = [self.matrix.classes[at].members for at in opened if at is not None]
        self.matrix = self._session.reach.classes()
        staying = (next(filter(self._is_there, members), None) for members in open_classes)
        self.opened = frozenset(member for member in staying if member is not None)
        self.names = Names(self._session.graph, self.matrix)
        self.columns = columns_of(self.matrix)
        self._lay_rows(row._replace(at=self._place_of(ends[0])))
        wanted = column._replace(at=self._place_of(ends[1]))
        self.column = self._index(self.columns, wanted, self.column)
        self.bring_into_view()
        self.freshen()

    def _lay_rows(self, chosen: Place) -> None:
        self.rows = rows_of(self.matrix, self.opened)
        self.cursor = self._index(self.rows, chosen, self.cursor)

    def _index(self, places: Sequence[Place], wanted: Place, now: int) -> int:
        """Where it is; else its class; else where the cursor was."""
        for one in (wanted, wanted._replace(member=None)):
            if one in places:
                return places.index(one)
        return max(0, min(now, len(places) - 1))

    def _is_there(self, end: LinkId) -> bool:
        return self.matrix.place_of(end) is not None

    def _place_of(self, end: LinkId | None) -> int | None:
        return None if end is None else self.matrix.place_of(end)

    def _first(self, row: Place) -> LinkId | None:
        """Who stands for a row."""
        return None if row.at is None else self._start(row) or self.matrix.classes[row.at].members[0]

    def open(self) -> None:
        """Show the members of the chosen class, one a row, or no longer."""
        row = self.place
        if row.at is None:
            return
        members = frozenset(self.matrix.classes[row.at].members)
        self.opened = self.opened - members if self.opened & members else self.opened | {next(iter(members))}
        self._lay_rows(row._replace(member=None))
        self.bring_into_view()
        self.freshen()
        self.post_message(self.Paired())

    def begin_at(self, link: LinkId) -> bool:
        """The path from here; False: nobody lives on it."""
        place = self.matrix.place_of(link)
        if place is None:
            return False
        self.start = link
        self.move_to(self._index(self.rows, Place(place, link), 0))
        is_alone = len(self.matrix.classes[place].members) == 1
        row = Place(place)
        meets = (
            at for at, one in enumerate(self.columns) if cell(self.matrix, row, one) not in (Cell.APART, Cell.ITSELF)
        )
        self.column = next(meets, self.column) if is_alone else place
        self.freshen()
        self.post_message(self.Paired())
        return True

    def turn(self, columns: int) -> None:
        """Another column."""
        self.column = max(0, min(self.column + columns, len(self.columns) - 1))
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
        count = len(self.columns)
        names = min(52, max(26, width - count * pitch))
        start = min(names, width - pitch)
        fits = max(1, (width - start) // pitch)
        first = max(0, min(self.column - fits // 2, count - fits))
        return Grid(start, pitch, range(first, min(count, first + fits)))

    def heading(self) -> Line:
        grid = self._grid()
        line = self.line().to(NAME_AT).write("WHO, IN CLASSES", "muted", bold=True, room=grid.start - NAME_AT - 1)
        for column in grid.columns:
            chosen = column == self.column
            letter = letter_of(column).lower()
            line.to(grid.at(column) - (len(letter) - 1)).write(letter, "strong" if chosen else "muted", bold=True)
        return line

    def row(self, index: int, *, selected: bool) -> Line:
        place, grid, signs = self.rows[index], self._grid(), self.pen.signs
        ground = "select" if selected else "ground"
        end = place.outside or self._first(place)
        ink = "edge" if end is None else self._hue(end)
        line = Line(self.pen, self.size.width, ground)
        if place.member is None:
            line.to(1).write(letter_of(self.columns.index(place)).lower(), "strong", bold=True)
        line.to(4).write(signs.rail, ink).to(NAME_AT)
        words, note = self._words(place, grid.start - NAME_AT - 2)
        line.write(words, "strong" if selected else "text", room=max(0, grid.start - NAME_AT - cell_len(note) - 2))
        line.to(grid.start - 1 - cell_len(note)).write(note, "muted")
        for column in grid.columns:
            self._write_cell(line, grid, (place, column), ink, selected=selected)
        return self._with_legend(line, index - self.top)

    def _words(self, place: Place, room: int) -> tuple[str, str]:
        """What a row is called, and what is special about it."""
        if place.outside is not None:
            return outside_of(self._session.graph, place.outside), ""
        if place.member is not None:
            return f"  {self.names.of(place.member)}", ""
        one = self.matrix.classes[place.at or 0]
        note = remark(self._session.graph, one)
        return self._members(one.members, room - cell_len(note)), note

    def _write_cell(self, line: Line, grid: Grid, at: tuple[Place, int], hue_of_row: str, *, selected: bool) -> None:
        row, column = at
        found = cell(self.matrix, row, self.columns[column])
        is_column = column == self.column
        ground = None if selected or not is_column else "band"
        sign, ink = sign_of(found, self.pen.signs), INKS.get(found, hue_of_row)
        where = grid.at(column)
        if selected and is_column:
            line.to(where - 1).write("[", "strong", bold=True).write(sign, ink, bold=True).write(
                "]", "strong", bold=True
            )
        else:
            line.to(where).write(sign, ink, bold=found in (Cell.BLOCKED, Cell.DEPENDS), ground=ground)

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
        said = self._view.said()
        if pair is None or said is None:
            return [title_rule(self.line(), [Piece(self._alone(), "muted")], []).strip()]
        one, other = (self._view.called(end) for end in pair)
        title = [Piece(one, "strong", bold=True), Piece(" to ", "muted"), Piece(other, "strong", bold=True)]
        found = self._view.found
        ink = VERDICT_INKS[found]
        word = f"{sign_of(found, self.pen.signs)} {found.value}"
        rows = [title_rule(self.line(), title, [Piece(word, ink, bold=True)]), self.line()]
        way = list(self._way(said, None if said.hops[-1:] == pair[1:] else other, width))
        rows += [*way, self.line()] if way else []
        rows += self._labelled("because", said.text, width)
        is_inside = self._view.outside is None
        third = layer3(self._session.graph, self._session.around, *pair, said.wired) if is_inside else None
        if third is not None:
            rows += self._labelled("layer 3", third.removeprefix("IP: "), width)
        is_meant = is_inside or said.because is not Because.SOURCE_LIST  # whose MAC is outside is not known
        advice = to_allow(self._session.graph, *pair, said) if is_meant else None
        if advice is not None:
            rows += self._labelled("to allow", advice, width)
        return [row.strip() for row in rows]

    def _alone(self) -> str:
        if self._view.outside is not None:
            return "whether two uplinks lead to the same network cannot be told from here"
        return "a class of one: choose another column" if self._view.count else "nobody lives here who could talk"

    def _way(self, said: Verdict, end: str | None, width: int) -> Iterator[Line]:
        """Hop by hop, broken at the guilty place: the other end stands apart. As many rows as it takes."""
        line = self.line().to(2)
        way = [self._hop(hop, said, is_first=number == 0) for number, hop in enumerate(said.hops)]
        if way and end is not None and said.reachable is not Reachable.YES:
            way.append([Piece("   "), Piece(end, "muted")])
        for pieces in way:
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
