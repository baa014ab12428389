"""Screen 4: who can talk to whom on layer 2, and why not."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType

from model.filter import Filter, passes
from model.identity import LinkId, NamespaceId
from model.verdict import Because
from tui.actions import Action, Place, bindings_of
from tui.screens.frame import Asked, Frame
from tui.session import News, Subject
from tui.widgets.line import Piece
from tui.widgets.painted import Pane
from tui.widgets.reach_view import PairWords, ReachView

BARS = 3
"""Title, path and footer."""


class ReachScreen(Frame):
    """The matrix, and the chosen pair."""

    PLACE = Place.REACH
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Place.REACH)]

    def body(self) -> ComposeResult:
        view = ReachView(self.session)
        yield view
        yield PairWords(self.session, view)

    @property
    def view(self) -> ReachView:
        """The matrix."""
        return self.query_one(ReachView)

    @property
    def main(self) -> Pane:
        return self.view

    @property
    def subject(self) -> Subject | None:
        return self.view.subject if self.is_ready else None

    def begin(self, link: LinkId) -> None:
        """The paths from here."""
        if not self.view.begin_at(link):
            self.say("nobody lives on it: it is a port, or speaks no Ethernet")

    def spaces(self) -> list[NamespaceId]:
        """The namespaces whose filters and tables decide here."""
        graph = self.session.graph
        spaces: dict[NamespaceId, None] = {} if graph.home is None else {graph.home: None}
        for one in self.session.reach.classes().classes:
            for member in one.members:
                spaces[member.namespace] = None
                spaces.update((far.namespace, None) for far in graph.ends(member)[:3] if isinstance(far, LinkId))
        return list(spaces)

    def go_to(self, subject: Subject) -> bool:
        return isinstance(subject, LinkId) and self.view.begin_at(subject)

    def meet(self, subject: Subject) -> None:
        """The end of the cable that somebody lives on."""
        if isinstance(subject, LinkId) and not self.view.begin_at(subject):
            peer = self.session.graph.ends(subject).peer
            if isinstance(peer, LinkId):
                self.view.begin_at(peer)

    def take(self, news: News) -> None:  # noqa: ARG002 # the session has told it to who knows
        self.surveyed()

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self.view.fit(event.size.height - BARS)

    def surveyed(self) -> None:
        """The graph, or what is beside it, is another one."""
        if self.is_ready:
            self.view.take()
            self.view.fit(self.size.height - BARS)
            self._show_pair()

    def on_screen_resume(self) -> None:
        """Nobody told this screen what happened while it was not shown."""
        self.surveyed()
        super().on_screen_resume()

    def on_reach_view_paired(self) -> None:
        """Another pair."""
        self._show_pair()

    def on_pane_moved(self) -> None:
        """Another row."""
        self._show_pair()

    def _show_pair(self) -> None:
        self.query_one(PairWords).freshen()
        self.freshen_bars()

    def path(self) -> list[str]:
        pair = self.view.pair if self.is_ready else None
        if pair is None:
            return [self.session.host_name, "reach"]
        one, other = (self.view.called(end) for end in pair)
        return [self.session.host_name, "reach", f"{one} to {other}"]

    def remarks(self, width: int) -> list[Piece]:  # noqa: ARG002 # short enough everywhere
        if not self.is_ready:
            return []
        classes = self.view.matrix.classes
        ends = sum(len(one.members) for one in classes)
        pieces = [Piece(f"{ends:,} ends in {len(classes):,} {'class' if len(classes) == 1 else 'classes'}", "muted")]
        if not self.session.is_surveyed:
            pieces.insert(0, Piece("filters are being read  ", "caution"))
        return pieces

    def why_not(self, action: str) -> str | None:
        if action == "open-class" and self.is_ready and not self._can_be_opened():
            return "nothing to open: it is one end, or what is outside"
        if action in ("left", "right", "copy", "jump") and not self.view.count:
            return "nobody lives here who could talk"
        if action == "practice-lab" and not self.session.is_empty:
            return "the practice lab opens from a host on which nothing is patched; elsewhere: jackfield demo"
        return super().why_not(action)

    def do_left(self) -> None:
        self.view.turn(-1)

    def do_right(self) -> None:
        self.view.turn(1)

    def _can_be_opened(self) -> bool:
        view = self.view
        return bool(view.count) and view.place.at is not None and len(view.matrix.classes[view.place.at].members) > 1

    def do_open_class(self) -> None:
        """Its members, one a row."""
        self.view.open()
        self.view.fit(self.size.height - BARS)

    def do_jump(self) -> None:
        """Where the path begins, on the map or in the tree."""
        self.session.selected = self.subject
        self.post_message(Asked("leave-events"))

    def do_path(self) -> None:
        """Draw the chosen pair's path on the map."""
        pair = self.view.pair
        if pair is None:
            self.say("choose the other end: left, right")
            return
        if self.view.outside is not None:
            self.say("what is outside is not on the map: choose two ends that are here")
            return
        said = self.session.reach.explain(*pair)
        if said.because is Because.NO_PATH:
            self.say("there is no path to draw: nothing leads from one to the other")
            return
        self.session.traced, self.session.selected = pair, pair[0]
        self.post_message(Asked("map"))

    def label_of(self, action: Action) -> str:
        return "On the map" if action.id == "path" else super().label_of(action)

    def do_copy(self) -> None:
        pair = self.view.pair
        if self.view.outside is not None:
            self.say("what is outside has no address to be copied")
        elif pair is not None:
            words = " ".join(self.session.graph.address(end) or "" for end in pair)
            self.app.copy_to_clipboard(f"jackfield path {words}")
            self.say(f"copied: jackfield path {words}")

    def do_back(self) -> None:
        self.post_message(Asked("leave-events"))

    def filter_by(self, terms: Filter) -> None:
        """Go to the first class that has a member which passes."""
        graph = self.session.graph
        for index, row in enumerate(self.view.rows):
            members = () if row.at is None else self.view.matrix.classes[row.at].members
            if terms and any(passes(graph, terms, member) for member in members):
                self.view.move_to(index)
                return
