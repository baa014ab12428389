"""Screen 2: the tree, the detail of what is selected, and the last events where there is room."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from model.filter import BadFilter, Filter, Term, parse, passes
from model.identity import LinkId
from model.tree import Entry, Sort
from tui.actions import EMPTY_FOOTER, Action, Place, bindings_of
from tui.screens.frame import Frame
from tui.session import News, Session, Subject
from tui.widgets.detail import DetailPane, DetailStrip
from tui.widgets.empty import EmptyHost
from tui.widgets.event_list import EventList
from tui.widgets.line import Piece
from tui.widgets.painted import Pane
from tui.widgets.tree_view import TreeView

NEEDS_SOMETHING = frozenset(
    {"open", "fold", "follow", "copy", "filter", "fold-all", "next-segment", "previous-segment", "whole"}
)


class TreeScreen(Frame):
    """What is plugged into what, as an outline."""

    PLACE = Place.TREE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Place.TREE)]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._problem = ""

    def body(self) -> ComposeResult:
        with Horizontal(id="panes"):
            yield TreeView(self.session)
            yield DetailPane(self.session)
        yield DetailStrip(self.session)
        yield EventList(self.session, brief=True)
        yield EmptyHost(self.session)

    @property
    def tree_view(self) -> TreeView:
        """The tree itself."""
        return self.query_one(TreeView)

    @property
    def main(self) -> Pane:
        return self.tree_view

    def on_mount(self) -> None:
        super().on_mount()
        self.tree_view.rebuild()
        self._show_what_there_is()

    def take(self, news: News) -> None:
        self.tree_view.take(news)
        self.query_one(EventList).take(news)
        self._show_what_there_is()
        self._show_selected()

    def on_screen_resume(self) -> None:
        """Nobody told this screen what happened while it was not shown."""
        self.tree_view.rebuild()
        self.query_one(EventList).gather()
        self._show_what_there_is()
        self._show_selected()
        super().on_screen_resume()

    def _show_what_there_is(self) -> None:
        self.set_class(self._nothing_here, "empty")

    @property
    def _nothing_here(self) -> bool:
        return not self.session.is_read or self.session.is_empty

    def _show_selected(self) -> None:
        subject = self.tree_view.subject
        self.query_one(DetailPane).show(subject)
        self.query_one(DetailStrip).show(subject)
        if self._nothing_here:
            self.query_one(EmptyHost).freshen()
        self._freshen_bars()

    def on_tree_view_pointed(self) -> None:
        """Another thing is selected."""
        self._show_selected()

    def on_pane_opened(self) -> None:
        """Double-clicked."""
        self.do_open()

    # The bars

    def path(self) -> list[str]:
        if self._nothing_here:
            return ["host"]
        if self.filter_text:
            return [f"/ {self.filter_text}"]
        return self.tree_view.path

    def remarks(self, width: int) -> list[Piece]:
        if self._problem:
            return [Piece(self._problem, "caution")]
        if self.filter_text:
            links = self.session.counts.links
            return [Piece(f"{self.tree_view.found:,} found in {links:,} links", "muted")]
        return super().remarks(width)

    def footer(self) -> tuple[str, ...]:
        return EMPTY_FOOTER if self._nothing_here else super().footer()

    def label_of(self, action: Action) -> str:
        row = self.tree_view.selected
        if action.id == "fold" and row is not None and row.is_open is False:
            return "Unfold"
        return super().label_of(action)

    # Actions

    def why_not(self, action: str) -> str | None:
        if action == "practice-lab" and not self.session.is_empty:
            return "the practice lab opens from a host on which nothing is patched; elsewhere: jackfield demo"
        if action in NEEDS_SOMETHING and self._nothing_here:
            return "nothing is patched here yet"
        if action == "back" and not self.tree_view.can_go_back and self.whole is None:
            return "there is nothing to go back to"
        return super().why_not(action)

    def do_left(self) -> None:
        if self.pane is self.tree_view:
            self.tree_view.left()

    def do_right(self) -> None:
        if self.pane is self.tree_view:
            self.tree_view.right()

    def do_fold(self) -> None:
        self.tree_view.fold()

    def do_fold_all(self) -> None:
        self.tree_view.fold_all()

    def do_next_segment(self) -> None:
        if not self.tree_view.next_segment(1):
            self.say("this is the last bridge")

    def do_previous_segment(self) -> None:
        if not self.tree_view.next_segment(-1):
            self.say("this is the first bridge")

    def do_follow(self) -> None:
        reason = self.tree_view.follow()
        if reason is not None:
            self.say(reason)

    def do_back(self) -> None:
        if self.whole is not None:
            self.set_whole(None)
        else:
            self.tree_view.back()

    def do_open(self) -> None:
        """The detail, whole screen; again: back to the tree."""
        detail = self.query_one(DetailPane)
        self.set_whole(None if self.whole is detail else detail)

    def do_copy(self) -> None:
        subject = self.tree_view.subject
        address = self.session.graph.address(subject) if subject is not None else None
        if address is None:
            self.say("this has no address to copy")
            return
        self.app.copy_to_clipboard(address)
        self.say(f"copied: {address}")

    def go_to(self, subject: Subject) -> bool:
        """Select a link or a namespace."""
        if self.filter_text:
            self._close_filter(keep=False)
        return self.tree_view.go_to(subject)

    def apply_filter(self, text: str) -> None:
        try:
            terms = parse(text)
        except BadFilter as problem:
            self._problem = str(problem)
            return
        self._problem = ""
        self.tree_view.filter((lambda entry: self._matches(terms, entry)) if terms else None)
        self._show_selected()

    def _matches(self, terms: Filter, entry: Entry) -> bool:
        """A row is a cable: what is looked for may be true of either end; what is not, of neither."""
        subject = entry.subject
        if subject is None or entry.sort in (Sort.HOST, Sort.GROUP):
            return False
        graph = self.session.graph
        ends: list[Subject] = [subject]
        peer = graph.ends(subject).peer if isinstance(subject, LinkId) else None
        if isinstance(peer, LinkId) and entry.sort is not Sort.SEGMENT:
            ends.append(peer)

        def holds(term: Term) -> bool:
            found = (passes(graph, (term,), end) for end in ends)
            return all(found) if term.negated else any(found)

        return all(holds(term) for term in terms)
