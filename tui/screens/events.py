"""Screen 5: what happened, who did it; the chosen one in full below."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message

from model.filter import Filter
from model.identity import LinkId
from tui.actions import Action, Place, bindings_of
from tui.screens.frame import Asked, Frame
from tui.session import News, Subject
from tui.widgets.event_list import EventList, EventStrip
from tui.widgets.line import Piece
from tui.widgets.painted import Pane


class EventsScreen(Frame):
    """The log, the newest on top."""

    PLACE = Place.EVENTS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Place.EVENTS)]

    class Wanted(Message):
        """Show this in the tree."""

        def __init__(self, subject: Subject) -> None:
            super().__init__()
            self.subject = subject

    def body(self) -> ComposeResult:
        events = EventList(self.session)
        yield events
        yield EventStrip(events)

    @property
    def events(self) -> EventList:
        """The list."""
        return self.query_one(EventList)

    @property
    def main(self) -> Pane:
        return self.events

    def on_mount(self) -> None:
        super().on_mount()
        self.events.gather()

    def on_screen_resume(self) -> None:
        if not self.events.is_paused:
            self.events.gather()
        super().on_screen_resume()

    @property
    def keeps_of(self) -> Subject | None:
        chosen = self.events.chosen if self.is_ready else None
        return None if chosen is None else chosen.change.subject

    def take(self, news: News) -> None:
        self.events.take(news)
        self.query_one(EventStrip).freshen()
        self.freshen_bars()

    def on_pane_moved(self) -> None:
        """Another one is chosen."""
        self.query_one(EventStrip).freshen()
        self.freshen_bars()

    def on_pane_opened(self) -> None:
        """Double-clicked."""
        self.action_press("jump")

    def path(self) -> list[str]:
        if self.filter_text:
            return ["events", f"/ {self.filter_text}"]
        return ["events", "paused" if self.events.is_paused else "following"]

    def remarks(self, width: int) -> list[Piece]:  # noqa: ARG002 # short enough everywhere
        kept = f"{len(self.session.happenings):,} kept"
        if self.filter_text:
            return [Piece(f"{self.events.count:,} of {kept}", "muted")]
        waiting = self.events.waiting
        return (
            [Piece(f"{waiting:,} more wait", "caution"), Piece("  "), Piece(kept, "muted")]
            if waiting
            else [Piece(kept, "muted")]
        )

    def label_of(self, action: Action) -> str:
        return "Go on" if action.id == "pause" and self.events.is_paused else super().label_of(action)

    def why_not(self, action: str) -> str | None:
        if action in ("jump", "copy") and self.events.chosen is None:
            return "nothing has happened yet"
        if action == "practice-lab" and not self.session.is_empty:
            return "the practice lab opens from a host on which nothing is patched; elsewhere: jackfield demo"
        return super().why_not(action)

    def do_focus(self) -> None:
        """Look at the thing that the event is about."""
        chosen = self.events.chosen
        subject = chosen.change.subject if chosen is not None else None
        if subject is None or self.session.graph.address(subject) is None:
            self.say("it is not there any more")
            return
        self.session.selected = subject
        self.post_message(Asked("focus"))

    def do_pause(self) -> None:
        self.events.pause()
        self.query_one(EventStrip).freshen()
        self.freshen_bars()

    def do_jump(self) -> None:
        """To the thing, if it is still there."""
        chosen = self.events.chosen
        subject = chosen.change.subject if chosen is not None else None
        if isinstance(subject, LinkId) and self.session.graph.link(subject) is None:
            subject = None if subject.namespace == self.session.graph.home else subject.namespace
        if subject is None or (not isinstance(subject, LinkId) and self.session.graph.namespace(subject) is None):
            self.say("it is gone")
        else:
            self.post_message(self.Wanted(subject))

    def do_copy(self) -> None:
        chosen = self.events.chosen
        if chosen is not None:
            self.app.copy_to_clipboard(chosen.change.address)
            self.say(f"copied: {chosen.change.address}")

    def do_back(self) -> None:
        if self.whole is not None:
            self.set_whole(None)
        else:
            self.post_message(Asked("leave-events"))

    def filter_by(self, terms: Filter) -> None:
        self.events.filter(terms)
