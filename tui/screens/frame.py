"""The frame of every screen: title, path and counts, notice, body, keys. Subclasses bring the body and the deeds."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from model.filter import BadFilter, Filter, parse
from model.identity import LinkId, NamespaceId
from model.names import display_name
from tui.actions import FOOTER, IN_FOOTER, Action, Place, action_by_id
from tui.screens.change.opening import KEEPS
from tui.screens.change.opening import OPENS as CHANGES
from tui.screens.change.opening import why_not as why_no_dialog
from tui.session import News, Session, Subject
from tui.widgets.bars import (
    NO_BADGE,
    Badge,
    Chip,
    Chosen,
    Key,
    KeyBar,
    NoticeBar,
    PathBar,
    Tab,
    TitleBar,
    counts_pieces,
)
from tui.widgets.detail import DetailPane
from tui.widgets.detail_strip import DetailStrip
from tui.widgets.line import Pen, Piece
from tui.widgets.painted import Painted, Pane

if TYPE_CHECKING:
    from model.policy_rows import Row  # loaded with screen 6

TABS: Final = [
    Tab("1", "Map", "map"),
    Tab("2", "Tree", "tree"),
    Tab("3", "Table", "table"),
    Tab("4", "Reach", "reach"),
    Tab("5", "Events", "events"),
    Tab("6", "Policy", "policy"),
]
"""Only screens that exist."""

DETAIL_FOOTER: Final = ("next-pane", "open", "copy", "back", "palette", "help", "quit")
"""While the detail has the whole screen."""

COUNTDOWN_GROUND: Final = "flash"

FILTER_PAUSE_S: Final = 0.06
"""A filter is applied when the typing pauses for so long."""


class Status(Message):
    """How things are: said by the app, shown by every frame."""

    def __init__(self, chip: Chip, notice: list[Piece], badge: Badge = NO_BADGE, ground: str = "ground") -> None:
        super().__init__()
        self.chip = chip
        self.badge = badge
        self.notice = notice
        self.ground = ground
        """What the notice stands on."""


class Asked(Message):
    """An action that is the app's business."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action


class Frame(Screen[None]):
    """One of the numbered screens."""

    PLACE: ClassVar[Place]
    AUTO_FOCUS = ""
    ESCAPE_TO_MINIMIZE = False

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._status = Status(Chip("", "", "muted"), [])
        self._filter_text = ""
        self._problem = ""
        """Why what was typed is no filter."""
        self._remark: Piece | None = None
        self._remark_timer: Timer | None = None
        self.is_ready = False
        """Its widgets are there."""

    # The frame

    def compose(self) -> ComposeResult:
        """Rows from the top."""
        yield TitleBar(self.session.host_name, TABS, self.PLACE)
        with Container(id="where"):
            yield PathBar()
            yield Input(id="filter", compact=True, placeholder="text  state:down  kind:macvlan  owner:web  !text")
        yield NoticeBar()
        with Container(id="body"):
            yield from self.body()
        yield KeyBar()
        yield TooSmall()

    def body(self) -> ComposeResult:
        """What is special about this screen."""
        raise NotImplementedError

    # Its widgets, once they are there: a query looks through all of them each time.

    @cached_property
    def _details(self) -> tuple[DetailPane, ...]:
        return tuple(self.query(DetailPane))

    @cached_property
    def _strips(self) -> tuple[DetailStrip, ...]:
        return tuple(self.query(DetailStrip))

    @cached_property
    def _panes(self) -> tuple[Pane, ...]:
        return tuple(self.query(Pane))

    @cached_property
    def _all_painted(self) -> tuple[Painted, ...]:
        return tuple(self.query(Painted))

    @property
    def pane(self) -> Pane:
        """The pane that keys go to."""
        return self.focused if isinstance(self.focused, Pane) and self.focused.display else self.main

    @property
    def main(self) -> Pane:
        """The pane that has the focus at first."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Start with the body."""
        self.is_ready = True
        self.query_one("#filter", Input).display = False
        self.query_one(NoticeBar).display = False
        self.main.focus()

    def on_resize(self, event: events.Resize) -> None:
        """Sizes are classes, so that the style sheet can say what gives way."""
        width, height = event.size
        self.set_class(width >= 110, "wide")
        self.set_class(width >= 150, "very-wide")
        self.set_class(height >= 40, "tall")
        self.set_class(width < 60 or height < 15, "small")
        self.set_class(width < 30 or height < 6, "tiny")
        self.call_after_refresh(self.freshen)

    def on_screen_resume(self) -> None:
        """What happened meanwhile."""
        self.freshen()
        self.post_message(Pane.Viewed())

    @property
    def subject(self) -> Subject | None:
        """The thing that is selected here."""
        return None

    @property
    def keeps_of(self) -> Subject | None:
        """What `p` and `g` are about."""
        return self.subject

    @property
    def kept_row(self) -> "Row | None":
        """The line of the policy that is chosen, on screen 6."""
        return None

    @property
    def marked(self) -> tuple[LinkId, ...]:
        """What the next deed is for, where it is for several."""
        return ()

    def go_to(self, subject: Subject) -> bool:  # noqa: ARG002 # subclasses look at it
        """Select a link or a namespace, whatever hides it. False: it has no place here."""
        return False

    def meet(self, subject: Subject) -> None:
        """Select what was selected on the screen before this one, where that can be seen."""

    # What is new

    def take(self, news: News) -> None:
        """Something happened."""
        raise NotImplementedError

    def leave_the_dead(self, news: News) -> None:
        """What has the whole screen is gone: what is selected next is another thing, and nobody opened it."""
        detail = self.whole_detail
        if detail is not None and detail.subject in news.died and detail.is_about_the_dead:
            self.set_whole(None)
            self.say(f"{detail.called} is gone")

    def close_if_dead(self) -> None:
        """What has the whole screen went while another screen was looked at."""
        detail = self.whole_detail
        if detail is not None and detail.is_about_the_dead:
            self.set_whole(None)

    def surveyed(self) -> None:
        """What may drop frames was read anew."""

    def take_counts(self, *, tables: bool = False) -> None:
        """Nothing but rates was read anew, and perhaps tables."""
        for detail in self._details:
            if not detail.display:
                continue
            if tables:
                detail.freshen()
            else:
                detail.take_counts()
        for strip in self._strips:
            if strip.display:
                strip.freshen()

    def links_on_screen(self) -> Iterator[LinkId]:
        """What is to be counted."""
        for detail in self._details:
            yield from detail.links_on_screen()
        for strip in self._strips:
            yield from strip.links_on_screen()

    def tables_on_screen(self) -> frozenset[NamespaceId]:
        """The namespaces whose tables are to be read."""
        return frozenset[NamespaceId]().union(*(detail.tables_on_screen() for detail in self._details))

    def on_screen_suspend(self) -> None:
        """Something else covers this."""
        self.post_message(Pane.Viewed())

    def freshen(self) -> None:
        """Show everything as it is now."""
        self.freshen_bars()
        for widget in self._all_painted:
            widget.freshen()

    def show_status(self, status: Status) -> None:
        """The chip and the notice."""
        self._status = status
        if not self.is_ready:
            return
        self.query_one(TitleBar).show(status.chip, status.badge)
        notice = self.query_one(NoticeBar)
        if self._problem:  # it is being typed: it comes first
            problem = [Piece(f"{self._pen.signs.look} {self._problem}", "caution", bold=True)]
            notice.show(problem)
        elif self._remark is None:
            notice.show(status.notice, status.ground)
        elif status.ground == COUNTDOWN_GROUND:  # what is running out is not to be covered
            notice.show([*status.notice, Piece("  "), self._remark], status.ground)
        else:
            notice.remark(self._remark.text, self._remark.ink)

    def remark(self, piece: Piece, seconds: float) -> None:
        """Say this in the row of notices for a while."""
        self._remark = piece
        if self._remark_timer is not None:
            self._remark_timer.stop()
        self._remark_timer = self.set_timer(seconds, self._forget_remark)
        self.show_status(self._status)

    def _forget_remark(self) -> None:
        if self._remark_timer is not None:  # it must not take away the next one
            self._remark_timer.stop()
        self._remark = self._remark_timer = None
        self.show_status(self._status)

    def freshen_bars(self) -> None:
        """The rows around the body."""
        if not self.is_ready:
            return
        width = self.size.width
        self.show_status(self._status)
        self.query_one(PathBar).show(self.path(), self.remarks(width))
        self.query_one(KeyBar).show([self._key(action) for action in self.footer()])

    def path(self) -> list[str]:
        """Where we are."""
        raise NotImplementedError

    def remarks(self, width: int) -> list[Piece]:
        """What stands at the right of the path."""
        return counts_pieces(self.session.counts, width, self._pen.signs.dot)

    def footer(self) -> tuple[str, ...]:
        """Which actions the footer shows."""
        return FOOTER[self.PLACE] if self.whole_detail is None else DETAIL_FOOTER

    @property
    def _pen(self) -> Pen:
        return self.query_one(KeyBar).pen

    def _key(self, name: str) -> Key:
        action = action_by_id(name)
        return Key(name, IN_FOOTER.get(name, action.key), self.label_of(action), enabled=self.why_not(name) is None)

    def label_of(self, action: Action) -> str:
        """The word in the footer."""
        detail = self.whole_detail
        if detail is not None and action.id == "next-pane":
            return "Next table"
        if detail is not None and action.id == "open":
            return "Close" if detail.chosen is None else "Go there"
        return action.label

    # Actions

    def why_not(self, action: str) -> str | None:
        """Why an action cannot be done now; None: it can."""
        if action in KEEPS:
            graph, subject = self.session.graph, self.keeps_of
            return self.session.no_changes or why_no_dialog(graph, action, subject, self.marked)
        if action in CHANGES:
            if self.session.no_changes:
                return self.session.no_changes
            return why_no_dialog(self.session.graph, action, self.subject, self.marked)
        if action in ("next-pane", "whole") and self._is_alone and (action == "next-pane" or not self._strips):
            return "there is no other pane here"
        return self._why_no_way_back(action)

    def _why_no_way_back(self, action: str) -> str | None:
        session = self.session
        match action:
            case "keep" if not session.pending:
                return "nothing goes back by itself"
            case "undo" if not session.pending and not session.undoable:
                return "nothing was done that could be taken back"
            case "redo" if not session.redoable:
                return "nothing was taken back that could be done again"
            case "keep" | "undo" | "redo":
                return session.no_changes or None
            case _:
                return None

    def action_press(self, action: str) -> None:
        """Do it, or say why not."""
        if self.whole_detail is not None and self._does_in_detail(self.whole_detail, action):
            return
        reason = self.why_not(action)
        if reason is not None:
            self.say(reason)
            return
        deed = getattr(self, "do_" + action.replace("-", "_"), None)
        if deed is None:
            self.post_message(Asked(action))
        else:
            deed()

    def _does_in_detail(self, detail: DetailPane, action: str) -> bool:
        """What some keys mean while the detail has the whole screen; False: what they always mean."""
        chosen = detail.chosen
        match action:
            case "next-pane":
                detail.next_table()
            case "open" if chosen is not None and chosen.subject is None:
                self.say("nobody that we can see has this")
            case "open" if chosen is not None and chosen.subject is not None:
                self.set_whole(None)
                if not self.go_to(chosen.subject):
                    self.say("it has no row here")
            case "copy" if chosen is not None and chosen.copies:
                self.app.copy_to_clipboard(chosen.copies)
                self.say(f"copied: {chosen.copies}")
            case _:
                return False
        return True

    def say(self, text: str) -> None:
        """A remark that goes away by itself. The text may be the host's: it is no markup."""
        self.notify(display_name(text), markup=False)

    def on_chosen(self, message: Chosen) -> None:
        """Clicked in the title or the footer."""
        message.stop()
        self.action_press(message.action)

    def do_up(self) -> None:
        self.pane.step(-1)

    def do_down(self) -> None:
        self.pane.step(1)

    def do_page_up(self) -> None:
        self.pane.step(1 - self.pane.page)

    def do_page_down(self) -> None:
        self.pane.step(self.pane.page - 1)

    def do_first(self) -> None:
        self.pane.move_to(0)

    def do_last(self) -> None:
        self.pane.move_to(self.pane.count - 1)

    def do_next_pane(self) -> None:
        """Only panes that are shown take part."""
        panes = self._panes_to_go_to
        if panes:
            place = panes.index(self.pane) if self.pane in panes else -1
            panes[(place + 1) % len(panes)].focus()

    @property
    def _panes_to_go_to(self) -> list[Pane]:
        return [pane for pane in self._panes if pane.can_focus and _is_shown(pane)]

    @property
    def _is_alone(self) -> bool:
        """The pane that keys go to is the only one that is shown, and was not given the whole body."""
        return self.whole is None and len(self._panes_to_go_to) == 1

    def do_whole(self) -> None:
        """The pane with the focus takes the whole body, or gives it back."""
        if self.whole is not None:
            self.set_whole(None)
        else:
            self.set_whole(self.pane)

    @property
    def whole(self) -> Pane | None:
        """The pane that has the whole body."""
        return next(iter(pane for pane in self._panes if pane.has_class("whole")), None)

    @property
    def whole_detail(self) -> DetailPane | None:
        """The detail, while it has the whole body."""
        whole = self.whole if self.has_class("has-whole") else None
        return whole if isinstance(whole, DetailPane) else None

    def on_detail_pane_chose(self) -> None:
        """An entry of the detail, or none."""
        self.freshen_bars()

    def set_whole(self, pane: Pane | None) -> None:
        """Give one pane the whole body; None: as usual."""
        for other in self._panes:
            other.set_class(other is pane, "whole")
        self.set_class(pane is not None, "has-whole")
        (pane or self.main).focus()
        self.call_after_refresh(self.freshen)

    # Filter

    @property
    def filter_field(self) -> Input:
        """Where the filter is typed."""
        return self.query_one("#filter", Input)

    def do_filter(self) -> None:
        """Turn the path into the field."""
        self.add_class("filtering")
        self.filter_field.display = True
        self.filter_field.focus()

    def do_leave(self) -> None:
        """Leave the nearest thing that can be left: the filter, the whole screen."""
        if self.has_class("filtering") or self._filter_text:
            self._close_filter(keep=False)
        elif self.whole is not None:
            self.set_whole(None)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Wait for a pause, so that typing is never held up."""
        event.stop()
        text = event.value
        self.set_timer(FILTER_PAUSE_S, lambda: self._filter_by(text))

    def _filter_by(self, text: str) -> None:
        fields = self.query("#filter").results(Input)  # none: the program ends, and screens lose their widgets
        if any(field.value == text for field in fields) and text != self._filter_text:
            self._filter_text = text
            self.apply_filter(text)
            self.freshen_bars()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep what was found, and go on there."""
        event.stop()
        self._filter_by(event.value)
        self._close_filter(keep=True)

    def _close_filter(self, *, keep: bool) -> None:
        self.remove_class("filtering")
        if not keep:
            self.filter_field.value = ""
            self._filter_text = ""
            self.apply_filter("")
        self.filter_field.display = False
        self.main.focus()
        self.freshen_bars()

    @property
    def filter_text(self) -> str:
        """The filter that is in force."""
        return self._filter_text

    def apply_filter(self, text: str) -> None:
        """Show only what it lets through; empty: everything. What is no filter changes nothing but the notice."""
        try:
            terms = parse(text)
        except BadFilter as problem:
            self._problem = str(problem)
            return
        self._problem = ""
        self.filter_by(terms)

    def filter_by(self, terms: Filter) -> None:
        """Show only what these let through; none: everything."""
        raise NotImplementedError


class TooSmall(Painted):
    """All that fits into a very small window."""

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # one row
        return [self.line().write("too small").strip()]


def _is_shown(widget: Widget) -> bool:
    return all(node.display for node in widget.ancestors_with_self if isinstance(node, Widget))


def frames(screens: list[Screen[object]]) -> Iterator[Frame]:
    """The frames in a stack of screens, the topmost first."""
    return (screen for screen in reversed(screens) if isinstance(screen, Frame))
