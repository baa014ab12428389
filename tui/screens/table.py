"""Screen 3: every link; the detail takes the whole screen when it is asked for."""

import dataclasses
from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from model.filter import Filter
from model.identity import LinkId
from model.link_rows import UNSORTED, Look, Order
from tui.actions import Action, Place, bindings_of
from tui.screens.columns import ColumnsScreen
from tui.screens.frame import Frame
from tui.session import News, Subject
from tui.widgets.detail import DetailPane
from tui.widgets.line import Piece
from tui.widgets.painted import Pane
from tui.widgets.table_view import TableView

NARROW = 80
"""Below so many cells the head alone says what the rows are sorted by."""
NEEDS_A_LINK = frozenset({"open", "follow", "copy", "mark", "mark-all"})


class TableScreen(Frame):
    """Which one is it."""

    PLACE = Place.TABLE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Place.TABLE)]

    def body(self) -> ComposeResult:
        with Horizontal(id="panes"):
            yield TableView(self.session)
            yield DetailPane(self.session)

    @property
    def table(self) -> TableView:
        """The table itself."""
        return self.query_one(TableView)

    @property
    def main(self) -> Pane:
        return self.table

    @property
    def subject(self) -> Subject | None:
        return self.table.subject

    def meet(self, subject: Subject) -> None:
        if subject != self.session.graph.home:
            self.table.meet(subject)

    def go_to(self, subject: Subject) -> bool:
        if self.filter_text and not self.table.meet(subject):
            self._close_filter(keep=False)
        return self.table.meet(subject)

    def on_mount(self) -> None:
        super().on_mount()
        self.table.rebuild()

    def take(self, news: News) -> None:
        self.table.take(news)
        self._show_selected()

    def take_counts(self, *, tables: bool = False) -> None:
        super().take_counts(tables=tables)
        self.table.take_counts()

    def links_on_screen(self) -> Iterator[LinkId]:
        yield from self.table.links_on_screen()
        yield from super().links_on_screen()

    def on_screen_resume(self) -> None:
        """Nobody told this screen what happened while it was not shown."""
        self.close_if_dead()
        self.table.rebuild()
        self._show_selected()
        super().on_screen_resume()

    def _show_selected(self) -> None:
        self.query_one(DetailPane).show(self.table.subject)
        self.freshen_bars()

    def on_table_view_pointed(self) -> None:
        """Another link is selected."""
        self._show_selected()

    def on_table_view_marked(self) -> None:
        """More or fewer are marked."""
        self.freshen_bars()

    def on_table_view_head_clicked(self, message: TableView.HeadClicked) -> None:
        """By this column; again: the other way round."""
        message.stop()
        if message.column in UNSORTED:
            self.say("only what is on the screen is counted: rows cannot be put in order by it")
        else:
            self._sort(self.session.table.by(message.column))

    def on_pane_opened(self) -> None:
        """Double-clicked."""
        self.action_press("open")

    @property
    def marked(self) -> tuple[LinkId, ...]:
        return tuple(sorted(self.session.marked))

    # The bars

    def path(self) -> list[str]:
        return [f"/ {self.filter_text}"] if self.filter_text else ["all links"]

    def remarks(self, width: int) -> list[Piece]:
        dot = f" {self._pen.signs.dot} "
        marked = len(self.session.marked)
        pieces = [Piece(f"{marked:,} marked", "caution"), Piece(dot, "muted")] if marked else []
        if self.filter_text:
            return [*pieces, Piece(f"{self.table.found:,} of {self.session.counts.links:,}", "muted")]
        if width >= NARROW:
            order = self.session.table.order
            pieces.append(Piece(f"sorted by {order.column.value.lower()}{dot}", "muted"))
        return [*pieces, *super().remarks(width)]

    def label_of(self, action: Action) -> str:
        if action.id == "mark" and self.table.subject in self.session.marked:
            return "Unmark"
        return super().label_of(action)

    # Actions

    def why_not(self, action: str) -> str | None:
        if action in NEEDS_A_LINK and self.table.subject is None:
            return "no link is selected"
        if action == "back" and not self.table.can_go_back and self.whole is None:
            return "there is nothing to go back to"
        if action == "practice-lab" and not self.session.is_empty:
            return "the practice lab opens from a host on which nothing is patched; elsewhere: jackfield demo"
        return super().why_not(action)

    def do_open(self) -> None:
        """The detail, whole screen; again: back."""
        detail = self.query_one(DetailPane)
        self.set_whole(None if self.whole is detail else detail)

    def do_follow(self) -> None:
        reason = self.table.follow()
        if reason is not None:
            self.say(reason)

    def do_back(self) -> None:
        if self.whole is not None:
            self.set_whole(None)
        else:
            self.table.back()

    def do_mark(self) -> None:
        """Mark it, and go on to the next one."""
        self.table.mark()
        self.table.step(1)

    def do_mark_all(self) -> None:
        self.table.mark_all()

    def do_sort(self) -> None:
        self._sort(self.session.table.next_order(self.table.sortable))

    def do_reverse(self) -> None:
        self._sort(self.session.table.by(self.session.table.order.column))

    def _sort(self, order: Order) -> None:
        self._look(dataclasses.replace(self.session.table, order=order))

    def _look(self, look: Look) -> None:
        self.session.table = look
        self.table.rebuild()
        self._show_selected()

    def do_columns(self) -> None:
        self.app.push_screen(ColumnsScreen(self.session.table), self._chosen)

    def _chosen(self, look: Look | None) -> None:
        if look is not None:
            self._look(look)

    def do_copy(self) -> None:
        subject = self.table.subject
        address = self.session.graph.address(subject) if subject is not None else None
        if address is not None:
            self.app.copy_to_clipboard(address)
            self.say(f"copied: {address}")

    def filter_by(self, terms: Filter) -> None:
        self.table.filter(terms)
        self._show_selected()
