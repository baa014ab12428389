"""The app: it owns the session, hands facts to it, and says what every screen says of the whole program.

What the first picture does without is loaded where it is first needed: another screen, a dialog, what changes the host.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from textual._compositor import ChopsUpdate, LayoutUpdate  # what `_display` is given
from textual.app import App
from textual.binding import BindingType
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.timer import Timer

from backend.host import Host
from backend.this_machine import can_be_continued, machine
from model.caption import full_name
from model.facts import Fact
from model.findings.finding import Severity
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.json_form import Machine
from model.learned import Reading
from model.rates import Counters
from model.whose import whose
from tui.actions import Place, actions_of
from tui.diagnosis import Diagnosis, Looked
from tui.filters_reader import FiltersReader, Surveyed
from tui.screens.change.opening import KEEPS, OPENS, targets
from tui.screens.dialog import Dialog
from tui.screens.frame import COUNTDOWN_GROUND, Asked, Frame, Status, frames
from tui.screens.patch import PatchScreen
from tui.sent import Sent, Thrifty
from tui.session import Clock, Session
from tui.signs import UNICODE, Signs, choose_signs, may_be_wide
from tui.tables_reader import TablesReader
from tui.terminal import draws_wide
from tui.theme import DARK_NAME, LIGHT_NAME, Depth, Inks, choose_depth, choose_theme, themes
from tui.widgets.bars import Badge, Chip
from tui.widgets.line import Pen, Piece

if TYPE_CHECKING:
    from tui.changing import Books, Changing, JobOver, JournalRead, MayChange, Over
    from tui.policy_reader import PolicyRead, PolicyReader
    from tui.screens.doctor import Wanted as Cure
    from tui.screens.events import EventsScreen
    from tui.screens.export import Wanted
    from tui.screens.palette import Offer

FRAME_S: Final = 0.04
"""Drawn at most so often; the first news after a pause at once."""
SHARE: Final = 1
"""After a frame the loop is free for at least so many times as long as the frame took: keys come first."""
GARBAGE: Final = (1_000, 5, 100)
"""Almost all that a frame leaves is freed at once: the rest is looked for seldom, in steps of a millisecond or two."""
RESYNC_SHOWN_S: Final = 10.0
REMARK_S: Final = 4.0
REMARK_INKS: Final[dict[SeverityLevel, str]] = {"information": "text", "warning": "caution", "error": "danger"}


class Ending(Enum):
    """Why the app ended."""

    QUIT = "quit"
    PRACTICE = "practice"
    """The operator wants the practice lab."""


class Look(NamedTuple):
    """What the terminal can show."""

    signs: Signs = UNICODE
    depth: Depth = Depth.FULL
    theme: str = DARK_NAME


class News(Message):
    """Facts have arrived."""


class JackfieldApp(App[Ending]):
    """The patch bay on one host."""

    TITLE = "jackfield"
    CSS_PATH = "jackfield.tcss"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(  # noqa: PLR0913 # each by its name
        self,
        host: Host,
        *,
        host_name: str = "",
        read_only: bool = False,
        look: Look | None = None,
        clock: Clock | None = None,
        first: Place = Place.MAP,
        books: Books | None = None,
        policy: Path | None = None,
    ) -> None:
        look = look or Look()
        super().__init__(ansi_color=look.depth is not Depth.FULL)
        self._host = host
        self._read_only = read_only
        self._signs = look.signs
        self._depth = look.depth
        for theme in themes(look.depth):
            self.register_theme(theme)
        self._pens: dict[str, Pen] = {}
        self.theme = look.theme
        self.session = Session(host_name or socket.gethostname(), clock or _now)
        self._first = first
        self._patch = first
        """The map or the tree: where the operator was last."""
        self._looked_from = first
        """Where the operator was before the focus."""
        self._screens: dict[Place, Frame] = {}
        self._frame_timer: Timer | None = None
        self._next_frame = float("-inf")
        self._is_told = False
        self._is_starting = True
        """Nothing was read yet."""
        self._on_screen: tuple[LinkId, ...] = ()
        self._tables = TablesReader(self, host, self._learn)
        self._filters_reader = FiltersReader(self, host, self._spaces_of_reach)
        self.diagnosis = Diagnosis(self, self.session, host, self._findings_changed)
        self._books = books
        self._policy = policy
        self._changing: Changing | None = None
        self._policy_reader: PolicyReader | None = None
        self._resync_timer: Timer | None = None
        self._sent = Sent()

    @property
    def pen(self) -> Pen:
        """What every widget writes with."""
        name = self.theme if self.theme in (DARK_NAME, LIGHT_NAME) else DARK_NAME
        pen = self._pens.get(name)
        if pen is None:
            pen = self._pens[name] = Pen(Inks(name, self._depth), self._signs)
        return pen

    def get_default_screen(self) -> Screen[Any]:
        """The map, unless another screen was asked for."""
        return self._screen(self._first)

    def on_mount(self) -> None:
        """Begin to listen."""
        self._show_status()
        for ending in (signal.SIGTERM, signal.SIGHUP):  # or the terminal stays as the UI made it
            asyncio.get_running_loop().add_signal_handler(ending, self.exit, None, 128 + ending)
        self._host.start(self._deliver, self._count)
        self.diagnosis.start()

    async def on_unmount(self) -> None:
        """The host's thread may be in the middle of a reading."""
        await asyncio.to_thread(self._host.close)

    async def _load_the_rest(self) -> None:
        """The first picture stands: now what changes the host, on a thread, so that keys need not wait for it."""
        await asyncio.to_thread(import_module, "tui.changing")
        if self.is_running:
            _ = self.changing  # it begins to read the journal
        _collect_from_now_on()

    @property
    def changing(self) -> Changing:
        """What changes the host. A key may ask for it before anything was read."""
        if self._changing is None:
            from backend.guardian import arm
            from backend.journal import Journal
            from tui.changing import Books, Changing
            from tui.keep_arguments import POLICY
            from tui.policy_reader import PolicyReader

            books = self._books or Books(Journal(), arm, self._policy or POLICY)
            self._changing = Changing(self, self.session, self._host, books, read_only=self._read_only)
            self._changing.start()
            self._policy_reader = PolicyReader(self, self._changing)
            self._policy_reader.start()
        return self._changing

    @property
    def policy_reader(self) -> PolicyReader:
        """It comes with what changes the host."""
        _ = self.changing
        if self._policy_reader is None:
            raise RuntimeError("the policy is read by nobody")
        return self._policy_reader

    # From the host to the screen

    def _deliver(self, facts: list[Fact]) -> None:
        """Called from the host's thread, as are the next two. Never blocks."""
        self.session.deliver(facts)
        self._tell()

    def _count(self, counted: Mapping[LinkId, Counters]) -> None:
        self.session.count(counted)
        self._tell()

    def _learn(self, reading: Reading) -> None:
        self.session.learn(reading)
        self._tell()

    def _tell(self) -> None:
        """One message is on its way at most."""
        if not self._is_told:
            self._is_told = True
            self.post_message(News())

    def on_news(self) -> None:
        """Draw now, or when the next frame is due."""
        loop = asyncio.get_running_loop()
        wait = self._next_frame - loop.time()
        if wait <= 0:
            self._frame()
        elif self._frame_timer is None:
            self._frame_timer = self.set_timer(wait, self._frame)

    def _frame(self) -> None:
        """Take in what arrived, and show it. Nothing else changes the graph."""
        self._frame_timer = None
        self._is_told = False
        if not self.session.has_mail or not self.is_running:  # while it ends, screens lose their widgets one by one
            return
        began = asyncio.get_running_loop().time()
        resync = self.session.resync
        news = self.session.take_in()
        if self.session.resync is not resync and self._resync_timer is None:
            self._resync_timer = self.set_interval(1.0, self._age_resync)
        frame = self.frame
        if news.has_facts:
            self.diagnosis.graph_changed()
            self._show_status()
        if frame is not None and frame.is_ready:
            if news.has_facts:
                frame.leave_the_dead(news)
                frame.take(news)
            else:
                frame.take_counts(tables=news.has_tables)
        if news.has_facts and self._changing is not None:
            self._changing.graph_changed()
        self.watch_what_is_shown()
        ended = asyncio.get_running_loop().time()
        self._next_frame = max(began + FRAME_S, ended + SHARE * (ended - began))
        if self._is_starting and self.session.is_read:
            self._is_starting = False
            self.call_after_refresh(lambda: self.run_worker(self._load_the_rest(), name="load"))

    @property
    def frame(self) -> Frame | None:
        """The numbered screen that is shown, perhaps behind a dialog."""
        return next(frames(self.screen_stack), None)

    def on_pane_viewed(self) -> None:
        """Somebody scrolled."""
        self.watch_what_is_shown()

    def watch_what_is_shown(self) -> None:
        """Tell the host what is on the screen: it looks at that more often. Behind a dialog no tables are read."""
        if not self.is_running:
            return
        frame = self.frame if self.frame is not None and self.frame.is_ready else None
        links = () if frame is None else tuple(dict.fromkeys(frame.links_on_screen()))
        if links != self._on_screen:
            self._on_screen = links
            self.session.rates.keep_only(links)
            self._host.watch_closely(links)
        tables = frozenset[NamespaceId]() if frame is None or self.screen is not frame else frame.tables_on_screen()
        self.session.learned.keep_only(tables)
        self._tables.want(tables)
        is_drawn = frame is not None and frame.PLACE is Place.MAP and self.session.traced is not None
        self._filters_reader.follow(wanted=is_drawn or (frame is not None and frame.PLACE is Place.REACH))
        if self._policy_reader is not None:
            self._policy_reader.follow(shown=frame is not None and frame.PLACE is Place.POLICY)

    def _age_resync(self) -> None:
        resync = self.session.resync
        if not self.is_running:
            return
        if resync is None or self._age(resync.at) >= RESYNC_SHOWN_S:
            self.session.resync = None
            if self._resync_timer is not None:
                self._resync_timer.stop()
                self._resync_timer = None
        self._show_status()

    def _age(self, at: datetime) -> float:
        return (self.session.clock() - at).total_seconds()

    # From the screen to the terminal

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        """Textual's own, but only what differs is sent."""
        if isinstance(renderable, ChopsUpdate | LayoutUpdate):
            renderable = Thrifty(self._sent, renderable)
        super()._display(screen, renderable)

    def on_resize(self) -> None:
        """Terminals move what they show when they are resized, each in its own way."""
        self._sent.forget()
        for screen in self.screen_stack[-1:]:  # there is none yet when the program begins
            screen.refresh()

    # What every screen says

    def _show_status(self) -> None:
        badge = Badge(self.session.grave(Severity.ERROR), self.session.grave(Severity.WARNING))
        changing = self._changing
        countdown = changing.countdown(self.session.clock(), self.size.width) if changing is not None else []
        ground = COUNTDOWN_GROUND if countdown else "ground"
        status = Status(self._chip(), countdown or self._notice(), badge, ground)
        for frame in frames(self.screen_stack):
            frame.show_status(status)

    def _chip(self) -> Chip:
        signs, session = self._signs, self.session
        if not session.is_read:
            return Chip(signs.changed, "READING", "caution")
        if session.resync is not None:
            age = self._age(session.resync.at)
            ago = f"{age * 1000:.0f} ms" if age < 1 else f"{age:.0f} s"
            return Chip(signs.changed, f"RESYNCED {ago} ago", "caution")
        if not session.graph.visibility.complete:
            return Chip(signs.look, "PARTIAL", "caution")
        if self._read_only:
            return Chip(signs.read_only, "READ-ONLY", "caution")
        return Chip(signs.up, "LIVE", "good")

    def _notice(self) -> list[Piece]:
        signs, session = self._signs, self.session
        resync = session.resync
        if resync is not None:
            return [
                Piece(f"{signs.changed} Resync: ", "caution", bold=True),
                Piece(f"{resync.reason}. Everything was read again in {resync.took_ms:.0f} ms."),
            ]
        missing = session.graph.visibility.missing
        if session.graph.visibility.complete or not missing:
            return []
        what, colon, rest = missing[0].partition(":")
        head = f"{signs.look} {what[:1].upper()}{what[1:]}{colon}"
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        return [Piece(head, "caution", bold=True), Piece(rest), Piece(more, "muted")]

    # Actions that are not one screen's

    def on_asked(self, message: Asked) -> None:
        """An action that no screen does by itself."""
        frame = self.frame
        if message.action in OPENS | KEEPS and frame is not None:
            self.changing.open(message.action, frame)
            return
        deed = getattr(self, "do_" + message.action.replace("-", "_"))
        deed()

    def on_journal_read(self, message: JournalRead) -> None:
        """Something was done, kept or taken back, here or elsewhere; or a countdown goes on."""
        if not self.is_running:
            return
        self.changing.journal_read(message)
        self._show_status()
        if self.frame is not None:
            self.frame.freshen_bars()

    def on_job_over(self, _: JobOver) -> None:
        """What waited for the end of a change comes next."""
        self.changing.job_over()

    def on_over(self, message: Over) -> None:
        """A plan was applied, or stopped."""
        self.changing.over(message)
        self.policy_reader.look_again()

    def on_policy_read(self, message: PolicyRead) -> None:
        """The policy, the rules or their counters were read."""
        if not self.is_running:  # while it ends, screens lose their widgets one by one
            return
        from model.kept import Kept

        session, read = self.session, message.read
        self.policy_reader.says_anything = read.says_anything
        kept, now = session.kept or Kept(session.graph), session.clock()
        if session.kept is not None and read == kept.read and kept.is_told and not kept.is_fading(now):
            return
        news = session.tell_kept(kept, kept.record(read, now) if session.is_read else [])
        if self.frame is not None and self.frame.is_ready:
            self.frame.take(news)

    def on_may_change(self, message: MayChange) -> None:
        """Whether anything can be changed at all was found out."""
        self.session.no_changes = message.why_not
        self._show_status()
        if self.frame is not None:
            self.frame.freshen()

    def do_log(self) -> None:
        self.changing.open_log()

    def do_keep(self) -> None:
        self.changing.keep()

    def do_undo(self) -> None:
        self.changing.undo()

    def do_redo(self) -> None:
        self.changing.redo()

    def do_quit(self) -> None:
        self.exit(Ending.QUIT)

    async def action_quit(self) -> None:
        """Textual's own way to quit."""
        self.do_quit()

    def action_help_quit(self) -> None:
        """What Textual does on ctrl+c."""
        self.notify("ctrl+c ends nothing here: q does")

    def do_suspend(self) -> None:
        if not can_be_continued():
            self.notify("nobody waits outside to take the program up again: ctrl+z needs a shell that started it")
        else:
            self.action_suspend_process()

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """In the row of notices, or in the lower edge of a dialog: it covers nothing, and is never markup."""
        screen = self.screen
        if isinstance(screen, Frame | Dialog):
            screen.remark(Piece(message, REMARK_INKS[severity]), timeout or REMARK_S)
        else:
            super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    def do_practice_lab(self) -> None:
        """It needs a process of its own: end here, and go on there."""
        self.exit(Ending.PRACTICE)

    def do_theme(self) -> None:
        self.theme = LIGHT_NAME if self.theme == DARK_NAME else DARK_NAME
        for frame in frames(self.screen_stack):
            frame.freshen()

    def do_export(self) -> None:
        from tui.screens.export import ExportScreen

        frame, graph = self.frame, self.session.graph
        if frame is None:
            return
        subject = frame.subject
        if isinstance(subject, LinkId):
            link = graph.link(subject)
            name = full_name(graph, link) if link is not None else ""
        else:
            name = whose(graph, subject).name if subject is not None else ""
        self.push_screen(ExportScreen(self.session.host_name, subject if name else None, name), self._export)

    def _export(self, wanted: Wanted | None) -> None:
        if wanted is None or self.frame is None:
            return
        from model.excerpt import around
        from tui.commands.export import Export, document
        from tui.screens.export import CONFIG, write_anew

        graph: Inventory = self.session.graph
        try:
            if wanted.form.sort == CONFIG:
                self.frame.say(f"written: {write_anew(wanted.file, self._configuration(wanted)).absolute()}")
                return
            if wanted.around is not None:
                graph = around(graph, wanted.around, wanted.hops)
            here = Machine(self.session.host_name, machine().boot_id)
            text = document(graph, here, Export(wanted.form.format, wanted.form.theme))
            self.frame.say(f"written: {write_anew(wanted.file, text).absolute()}")
        except LookupError as problem:
            self.frame.say(f"nothing was written: {problem.args[0] if wanted.form.sort == CONFIG else 'it is gone'}")
        except ValueError as problem:
            self.frame.say(f"nothing was written: {problem}")
        except OSError as error:
            self.frame.say(f"not written: {wanted.file}: {error.strerror}")

    def _configuration(self, wanted: Wanted) -> str:
        """What says the same to LXC, or to udev. Raises LookupError or ValueError with a sentence."""
        from tui.commands.export_configuration import NOTHING_PINNED, pinned, written

        graph, kept = self.session.graph, self.session.kept
        if wanted.around is None or graph.address(wanted.around) is None:
            raise LookupError("go to a container first")
        pins = NOTHING_PINNED if kept is None else pinned(graph, kept.read.policies, kept.drift)
        return written(graph, wanted.form.format, wanted.around, pins)

    def on_looked(self, message: Looked) -> None:
        """What the graph does not tell was read."""
        is_news = message.observed.nics != self.session.observed.nics
        self.diagnosis.looked(message)
        if is_news and self.frame is not None and self.frame.is_ready:
            self.frame.freshen()

    def _findings_changed(self) -> None:
        self._show_status()
        if isinstance(self.screen, Dialog):
            self.screen.findings_changed()

    def do_doctor(self) -> None:
        from tui.screens.doctor import DoctorScreen

        self.push_screen(DoctorScreen(self.session), self._cure)

    def _cure(self, wanted: Cure | None) -> None:
        """Go to what is wrong, or to what puts it right."""
        if wanted is None or self.frame is None:
            return
        if wanted.fix is None:
            self._go_to(wanted.subject)
            return
        if isinstance(wanted.fix, str) and wanted.keeps is None:
            self.copy_to_clipboard(wanted.fix)
            self.frame.say(f"copied: {wanted.fix}")
        elif self.session.graph.address(wanted.subject) is None:
            self.frame.say("it is gone")
        elif self.session.no_changes:
            self.frame.say(self.session.no_changes)
        elif isinstance(wanted.fix, str):
            if wanted.keeps is not None and isinstance(wanted.subject, LinkId):
                self.changing.open_offer(wanted.keeps, wanted.subject)
        else:
            self.changing.open_wish(wanted.fix)

    def do_help(self) -> None:
        from tui.screens.help import HelpScreen

        frame = self.frame
        if frame is not None:
            self.push_screen(HelpScreen(frame.PLACE))

    def do_palette(self) -> None:
        from tui.screens.palette import Deed, PaletteScreen

        frame = self.frame
        if frame is None:
            return
        deeds = [
            Deed(
                action.id,
                action.label,
                action.help,
                action.key.split()[0] if action.keys else "",
                frame.why_not(action.id),
            )
            for action in actions_of(frame.PLACE)
            if action.is_deed
        ]
        self.push_screen(PaletteScreen(self.session, deeds), self._chosen)

    def _chosen(self, offer: Offer | None) -> None:
        if offer is None or self.frame is None:
            return
        if offer.subject is not None:
            self._go_to(offer.subject)
        else:
            self.frame.action_press(offer.action)

    def do_map(self) -> None:
        self._show(Place.MAP)

    def do_tree(self) -> None:
        self._show(Place.TREE)

    def do_table(self) -> None:
        self._show(Place.TABLE)

    def do_reach(self) -> None:
        self._show(Place.REACH)

    def do_path(self) -> None:
        """Who the selected thing reaches."""
        frame = self.frame
        subject = None if frame is None else frame.subject
        links = targets(self.session.graph, subject)
        if not links:
            if frame is not None:
                frame.say("choose one of its links")
            return
        if frame is not None:
            frame.meet(links[0])
        self.session.selected = links[0]
        self._show(Place.REACH)

    def on_surveyed(self, message: Surveyed) -> None:
        """What may drop frames was read."""
        self.session.survey(message.around)
        if self.frame is not None:
            self.frame.surveyed()

    def _spaces_of_reach(self) -> list[NamespaceId]:
        from tui.screens.reach import ReachScreen

        screen = self._screens.get(Place.REACH)
        return screen.spaces() if isinstance(screen, ReachScreen) else []

    def do_events(self) -> None:
        self._show(Place.EVENTS)

    def do_policy(self) -> None:
        self._show(Place.POLICY)

    def do_let_go(self) -> None:
        """Keep no longer what is chosen on screen 6."""
        chosen = self.frame.kept_row if self.frame is not None else None
        if chosen is not None:
            self.changing.open_let_go(chosen)

    def do_apply_drift(self) -> None:
        self.changing.open_apply()

    def do_focus(self) -> None:
        """What is selected, and its neighbours."""
        from tui.screens.focus import FocusScreen

        before = self.frame
        subject = None if before is None else before.subject or self.session.selected
        focus = self._screen(Place.FOCUS)
        if before is None or subject is None or not isinstance(focus, FocusScreen):
            return
        self._looked_from = before.PLACE
        self._show(Place.FOCUS)
        focus.begin(subject, from_tab=before.PLACE)

    def do_leave_focus(self) -> None:
        self._show(self._looked_from)

    def do_leave_events(self) -> None:
        self._show(self._patch)

    def _show(self, place: Place) -> None:
        """Another numbered screen. What is selected on one is selected on all."""
        before = self.frame
        if before is None or before.PLACE is place:
            return
        if before.PLACE is not self._first:
            self.pop_screen()
        if place is not self._first:
            self.push_screen(self._screen(place))
        after = self._screen(place)
        self._show_status()
        if isinstance(after, PatchScreen):
            self._patch = place
        self.session.selected = before.subject or self.session.selected
        if self.session.selected is not None:
            after.call_after_refresh(after.meet, self.session.selected)

    def _screen(self, place: Place) -> Frame:
        """Each screen is made once, and keeps its selection and its folds."""
        screen = self._screens.get(place)
        if screen is None:
            screen = self._screens[place] = frame_of(place)(self.session)
            self.install_screen(screen, place.value)
        return screen

    def on_events_screen_wanted(self, message: EventsScreen.Wanted) -> None:
        """From an event to its thing."""
        message.stop()
        self._go_to(message.subject)

    def _go_to(self, subject: Any) -> None:
        """Where the operator is, if it has a place there; else on the map or in the tree, wherever they were last."""
        if self.frame is not None and self.frame.go_to(subject):
            return
        self.session.selected = subject
        self._show(self._patch)
        screen = self._screen(self._patch)
        if isinstance(screen, PatchScreen) and not screen.go_to(subject):
            screen.say("it has no row here")


def frame_of(place: Place) -> type[Frame]:
    """Its module has the place's name."""
    frame: type[Frame] = getattr(import_module(f"tui.screens.{place.value}"), f"{place.value.capitalize()}Screen")
    return frame


def run_app(
    host: Host,
    *,
    read_only: bool = False,
    ascii: bool = False,  # noqa: A002 # the option's name
    policy: Path | None = None,
) -> int:
    """The UI until the operator quits; its exit status."""
    if not sys.stderr.isatty():  # Textual draws on stderr: with `2>file` the screen would be in the file
        sys.__stderr__ = sys.__stdout__  # type: ignore[misc]  # typeshed: final, but Textual takes no other file
    signs = choose_signs(ascii_only=ascii, wide=may_be_wide() and draws_wide())
    look = Look(signs, choose_depth(), choose_theme())
    app = JackfieldApp(host, read_only=read_only, look=look, policy=policy)
    ending = app.run()
    if ending is Ending.PRACTICE:
        options = ["--ascii"] if ascii else []
        os.execv(sys.executable, [sys.executable, "-m", "tui", "demo", *options])  # noqa: S606 # our own program again
    return app.return_code or 0


def _collect_from_now_on() -> None:
    """The graph and the widgets stay: looking through them for garbage again and again makes frames late."""
    if not gc.isenabled():  # whoever loaded us saw to it
        gc.freeze()
        gc.set_threshold(*GARBAGE)
        gc.enable()


def _now() -> datetime:
    return datetime.now().astimezone()
