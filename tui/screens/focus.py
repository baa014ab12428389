"""Focus: one thing and its neighbours by hops, and what that means in words."""

from collections.abc import Iterator
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType

from model.caption import full_name
from model.filter import Filter, passes
from model.identity import LinkId
from model.whose import whose
from tui.actions import Place, bindings_of
from tui.screens.frame import Asked, Frame
from tui.session import News, Session, Subject
from tui.widgets.bars import TitleBar
from tui.widgets.focus_view import FocusView, FocusWords
from tui.widgets.painted import Pane

WITH_SENTENCES = 30
"""Rows from which there is room for several sentences."""


class FocusScreen(Frame):
    """Only what I care about."""

    PLACE = Place.FOCUS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Place.FOCUS)]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._wanted: Subject | None = None
        self._from_tab = Place.MAP

    def body(self) -> ComposeResult:
        view = FocusView(self.session)
        yield view
        yield FocusWords(self.session, view)

    @property
    def view(self) -> FocusView:
        """The boxes."""
        return self.query_one(FocusView)

    @property
    def main(self) -> Pane:
        return self.view

    @property
    def subject(self) -> Subject | None:
        return self.view.subject

    def go_to(self, subject: Subject) -> bool:
        self.view.centre_on(subject)
        return True

    def begin(self, subject: Subject, from_tab: Place) -> None:
        """Look at this, coming from another screen: its tab stays the current one."""
        self._wanted = subject
        self._from_tab = from_tab
        if self.is_ready:
            self._begin()

    def _begin(self) -> None:
        """Once the widgets are there."""
        self.query_one(TitleBar).mark(self._from_tab)
        if self._wanted is not None:
            wanted, self._wanted = self._wanted, None
            self.view.forget()
            self.view.centre_on(wanted)

    def on_mount(self) -> None:
        super().on_mount()
        self._begin()

    def on_resize(self, event: events.Resize) -> None:
        height = event.size.height
        self.query_one(FocusWords).styles.height = 7 if height >= WITH_SENTENCES else 4
        self.query_one(FocusWords).display = height >= 15
        super().on_resize(event)

    def take(self, news: News) -> None:
        self.view.follow_moves(news.moved)
        if news.rewired:
            self.view.rewire()
        else:
            self.view.redraw()

    def on_screen_resume(self) -> None:
        """Nobody told this screen what happened while it was not shown."""
        self.view.rewire()
        super().on_screen_resume()

    def on_focus_view_pointed(self) -> None:
        """Another box is selected."""
        self.query_one(FocusWords).freshen()
        self.freshen_bars()

    def on_pane_opened(self) -> None:
        """Double-clicked."""
        self.action_press("centre")

    def links_on_screen(self) -> Iterator[LinkId]:
        yield from self.view.links_on_screen()

    def path(self) -> list[str]:
        if self.filter_text:
            return [f"/ {self.filter_text}"]
        hops = self.view.hops
        return ["host", *map(self._called, self.view.trail[-4:]), f"focus, {hops} hop{'' if hops == 1 else 's'}"]

    def _called(self, subject: Subject) -> str:
        if not isinstance(subject, LinkId):
            return whose(self.session.graph, subject).name
        link = self.session.graph.link(subject)
        return full_name(self.session.graph, link) if link is not None else "gone"

    # Actions

    def why_not(self, action: str) -> str | None:
        if action == "next-pane":  # here it walks the boxes
            return None
        if action == "fewer-hops" and self.view.hops <= 1:
            return "the nearest neighbours are always shown"
        if action == "practice-lab" and not self.session.is_empty:
            return "the practice lab opens from a host on which nothing is patched; elsewhere: jackfield demo"
        return super().why_not(action)

    def do_left(self) -> None:
        self.view.left()

    def do_right(self) -> None:
        self.view.right()

    def do_next_pane(self) -> None:
        self.view.walk(1)

    def do_previous_box(self) -> None:
        self.view.walk(-1)

    def do_centre(self) -> None:
        self._say_if(self.view.enter())

    def do_follow(self) -> None:
        self._say_if(self.view.follow())

    def do_more_hops(self) -> None:
        self._say_if(self.view.hop(1))

    def do_fewer_hops(self) -> None:
        self._say_if(self.view.hop(-1))

    def _say_if(self, reason: str | None) -> None:
        if reason is not None:
            self.say(reason)

    def do_back(self) -> None:
        if not self.view.back():
            self.post_message(Asked("leave-focus"))

    def do_leave(self) -> None:
        """The filter first, then the focus."""
        if self.has_class("filtering") or self.filter_text:
            super().do_leave()
        else:
            self.post_message(Asked("leave-focus"))

    def do_focus(self) -> None:
        self.do_centre()

    def do_copy(self) -> None:
        subject = self.view.subject
        address = self.session.graph.address(subject) if subject is not None else None
        if address is None:
            self.say("this has no address to copy")
            return
        self.app.copy_to_clipboard(address)
        self.say(f"copied: {address}")

    def filter_by(self, terms: Filter) -> None:
        graph = self.session.graph
        self.view.filter((lambda subject: passes(graph, terms, subject)) if terms else None)
