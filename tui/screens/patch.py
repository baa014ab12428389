"""What the map and the tree have in common: the view, the detail of what is selected, the last events."""

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.containers import Horizontal

from model.filter import Filter, Term, passes
from model.identity import LinkId
from tui.actions import EMPTY_FOOTER, Action
from tui.screens.frame import Frame
from tui.session import News, Session, Subject
from tui.widgets.detail import DetailPane
from tui.widgets.detail_strip import DetailStrip
from tui.widgets.empty import EmptyHost
from tui.widgets.event_list import EventList
from tui.widgets.line import Piece
from tui.widgets.painted import Pane
from tui.widgets.patch_view import PatchView

NEEDS_SOMETHING = frozenset(
    {"open", "fold", "follow", "copy", "filter", "fold-all", "next-segment", "previous-segment", "whole"}
)


class PatchScreen(Frame):
    """What is plugged into what. Subclasses bring the view."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._is_shown_late = False
        """What is selected is drawn; its detail is still to come."""

    def body(self) -> ComposeResult:
        with Horizontal(id="panes"):
            yield self.make_view()
            yield DetailPane(self.session)
        yield DetailStrip(self.session)
        yield EventList(self.session, brief=True)
        yield EmptyHost(self.session)

    def make_view(self) -> PatchView:
        """The map or the tree."""
        raise NotImplementedError

    @property
    def view(self) -> PatchView:
        """The map or the tree."""
        return self.query_one(PatchView)

    @property
    def main(self) -> Pane:
        return self.view

    def on_mount(self) -> None:
        super().on_mount()
        self.view.rebuild()
        self._show_what_there_is()

    def take(self, news: News) -> None:
        self.view.take(news)
        self.query_one(EventList).take(news)
        self._show_what_there_is()
        self._show_selected()

    def take_counts(self, *, tables: bool = False) -> None:
        super().take_counts(tables=tables)
        self.view.take_counts()

    def links_on_screen(self) -> Iterator[LinkId]:
        yield from super().links_on_screen()
        if self.view.display:
            yield from self.view.links_on_screen()

    def on_screen_resume(self) -> None:
        """Nobody told this screen what happened while it was not shown."""
        self.close_if_dead()
        self.view.rebuild()
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
        self._is_shown_late = False
        subject = self.view.subject
        self.query_one(DetailPane).show(subject)
        self.query_one(DetailStrip).show(subject)
        if self._nothing_here:
            self.query_one(EmptyHost).freshen()
        self.freshen_bars()

    def on_patch_view_pointed(self) -> None:
        """Another thing is selected. The cursor is drawn first: what there is to say of it takes longer."""
        if not self._is_shown_late:
            self._is_shown_late = True
            self.call_after_refresh(self._show_selected)

    def on_pane_opened(self) -> None:
        """Double-clicked."""
        self.do_open()

    # The bars

    def path(self) -> list[str]:
        if self._nothing_here:
            return ["host"]
        if self.filter_text:
            return [f"/ {self.filter_text}"]
        return self.view.path

    def remarks(self, width: int) -> list[Piece]:
        if self.filter_text:
            links = self.session.counts.links
            return [Piece(f"{self.view.found:,} found in {links:,} links", "muted")]
        return super().remarks(width)

    def footer(self) -> tuple[str, ...]:
        return EMPTY_FOOTER if self._nothing_here else super().footer()

    def label_of(self, action: Action) -> str:
        if action.id == "fold" and self.view.is_folded:
            return "Unfold"
        return super().label_of(action)

    # Actions

    def why_not(self, action: str) -> str | None:
        if action == "practice-lab" and not self.session.is_empty:
            return "the practice lab opens from a host on which nothing is patched; elsewhere: jackfield demo"
        if action in NEEDS_SOMETHING and self._nothing_here:
            return "nothing is patched here yet"
        if action == "back" and not self.view.can_go_back and self.whole is None:
            return "there is nothing to go back to"
        return super().why_not(action)

    def do_left(self) -> None:
        if self.pane is self.view:
            self.view.left()

    def do_right(self) -> None:
        if self.pane is self.view:
            self.view.right()

    def do_fold(self) -> None:
        self.view.fold()

    def do_fold_all(self) -> None:
        self.view.fold_all()

    def do_next_segment(self) -> None:
        if not self.view.next_segment(1):
            self.say("this is the last bridge")

    def do_previous_segment(self) -> None:
        if not self.view.next_segment(-1):
            self.say("this is the first bridge")

    def do_follow(self) -> None:
        reason = self.view.follow()
        if reason is not None:
            self.say(reason)

    def do_back(self) -> None:
        if self.whole is not None:
            self.set_whole(None)
        else:
            self.view.back()

    def do_open(self) -> None:
        """The detail, whole screen; again: back."""
        detail = self.query_one(DetailPane)
        self.set_whole(None if self.whole is detail else detail)

    def do_copy(self) -> None:
        subject = self.view.subject
        address = self.session.graph.address(subject) if subject is not None else None
        if address is None:
            self.say("this has no address to copy")
            return
        self.app.copy_to_clipboard(address)
        self.say(f"copied: {address}")

    @property
    def subject(self) -> Subject | None:
        return self.view.subject

    def meet(self, subject: Subject) -> None:
        if subject != self.view.subject and not self.filter_text:
            self.view.go_to(subject)

    def go_to(self, subject: Subject) -> bool:
        """Select a link or a namespace."""
        if self.filter_text:
            self._close_filter(keep=False)
        return self.view.go_to(subject)

    def filter_by(self, terms: Filter) -> None:
        self.filter_view(terms)
        self._show_selected()

    def filter_view(self, terms: Filter) -> None:
        """Show what these let through; none: everything."""
        raise NotImplementedError

    def lets_through(self, terms: Filter, subject: Subject, *, both_ends: bool) -> bool:
        """A row is a cable: what is looked for may be true of either end; what is not, of neither."""
        graph = self.session.graph
        ends: list[Subject] = [subject]
        peer = graph.ends(subject).peer if isinstance(subject, LinkId) else None
        if isinstance(peer, LinkId) and both_ends:
            ends.append(peer)

        def holds(term: Term) -> bool:
            found = (passes(graph, (term,), end) for end in ends)
            return all(found) if term.negated else any(found)

        return all(holds(term) for term in terms)
