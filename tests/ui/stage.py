"""The app on a fake host, and what it shows, as text."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import CLOCK_BOOTTIME, clock_gettime, monotonic
from unittest.mock import patch

from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from backend.fake import FakeHost
from backend.journal import Guard, Journal
from model.facts import Fact
from model.identity import NamespaceId
from tests.yamato import HOST_NAME
from tui.actions import Place
from tui.app import Ending, JackfieldApp, Look
from tui.changing import Books
from tui.screens.tree import TreeScreen
from tui.widgets.tree_view import TreeView

PATIENCE_S = 20.0
"""A condition that does not hold by then never will, on a loaded machine too."""
ROWS = 400
"""More than any screen has."""


class Clock:
    """Goes only when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 15, 14, 2, 31, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Stage:
    """The app as a person sees and uses it."""

    app: JackfieldApp
    host: FakeHost
    pilot: Pilot[Ending]
    clock: Clock

    @property
    def lines(self) -> list[str]:
        """The screen, row by row."""
        strips = self.app.screen._compositor.render_strips()  # Textual has no other way to its rows
        return ["".join(segment.text for segment in strip) for strip in strips]

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines)

    @property
    def tree(self) -> TreeView:
        assert isinstance(self.app.frame, TreeScreen)
        return self.app.frame.tree_view

    @property
    def lit(self) -> list[str]:
        """What stands on the colour of a change."""
        flash = self.app.pen.inks.colour("flash").get_truecolor()
        strips = self.app.screen._compositor.render_strips()  # Textual has no other way to its rows
        return [
            segment.text
            for strip in strips
            for segment in strip
            if segment.style and segment.style.bgcolor and segment.style.bgcolor.get_truecolor() == flash
        ]

    def line_with(self, text: str) -> str:
        found = [line for line in self.lines if text in line]
        assert found, f"{text!r} is not on the screen:\n{self.text}"
        return found[0].rstrip()

    async def settle(self) -> None:
        """Until all that can be done now is done, and drawn. What threads and timers will bring is not waited for."""
        give_up = monotonic() + PATIENCE_S
        await self.pilot.pause()
        while not (is_quiet() and is_drawn(self.app.screen)):
            assert monotonic() < give_up, "the app is never done with what it does"
            await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def click(
        self, widget: Widget | type[Widget] | None = None, *, offset: tuple[int, int], times: int = 1
    ) -> None:
        await self.pilot.click(widget, offset=offset, times=times)
        await self.settle()

    async def resize(self, width: int, height: int) -> None:
        await self.pilot.resize_terminal(width, height)
        await self.until(lambda: self.app._resize_event is None, "the new size is told")  # Textual takes its time

    async def type(self, text: str) -> None:
        await self.press(*("space" if char == " " else char for char in text))

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        give_up = monotonic() + PATIENCE_S
        while not condition():
            assert monotonic() < give_up, f"never: {what}\n{self.text}"
            await self.pilot.pause(0.005)
        await self.settle()

    async def shows(self, text: str) -> None:
        await self.until(lambda: text in self.text, f"{text!r} on the screen")

    async def hides(self, text: str) -> None:
        await self.until(lambda: text not in self.text, f"{text!r} off the screen")

    async def fades(self) -> None:
        """Nothing flashes any more, and no tombstone stands: the test's clock must have passed that."""
        view = self.app.frame.main if self.app.frame is not None else None
        await self.until(lambda: getattr(view, "_settling", None) is None, "all has faded")

    async def learns(self) -> None:
        """Every table that is on the screen was read, or could not be."""
        session, frame = self.app.session, self.app.frame
        self.app.watch_what_is_shown()
        wanted = frame.tables_on_screen() if frame is not None and frame is self.app.screen else ()
        await self.until(lambda: all(session.learned.found(one) is not None for one in wanted), "the tables are read")
        await self.until(lambda: not session.has_mail, "they are shown")

    async def say(self, *facts: Fact) -> None:
        self.host.say(*facts)
        await self.until(lambda: not self.app.session.has_mail, "the facts are taken in")

    async def examined(self) -> None:
        """Until the badge says what is true of now."""
        await self.until(lambda: self.app.diagnosis.is_idle, "the host is examined")

    async def select(self, text: str) -> None:
        """Go down to the first row that holds this text."""
        for _ in range(ROWS):
            if text in self.selected:
                return
            before = self.tree.cursor
            await self.press("down")
            assert self.tree.cursor != before, f"no row holds {text!r}:\n{self.text}"

    @property
    def selected(self) -> str:
        tree = self.tree
        heading = 1 if tree.size.height >= 6 else 0
        y = tree.region.y + heading + tree.cursor - tree.top
        return self.lines[y][: tree.size.width].rstrip()


def is_drawn(screen: Screen[object]) -> bool:
    """Nothing is left for the next frame: this is what Textual's own timer looks at."""
    return not (
        screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._recompose_required
        or screen._dirty_widgets
        or screen._callbacks
    )


def is_quiet() -> bool:
    """No callback waits in the event loop."""
    return not asyncio.get_running_loop()._ready  # type: ignore[attr-defined] # asyncio has no other way to know


async def quiet(_least: float = 0.0, _most: float = 0.0) -> None:
    """Until every message that was sent is dealt with, and whatever came of it.

    In place of Textual's wait_for_idle(), which looks every 20 ms whether the process has stopped using the processor.
    """
    give_up = monotonic() + PATIENCE_S
    await asyncio.sleep(0)
    while not is_quiet():
        assert monotonic() < give_up, "the event loop is never quiet"
        await asyncio.sleep(0)


@asynccontextmanager
async def on_stage(
    facts: Iterable[Fact],
    size: tuple[int, int] = (80, 24),
    *,
    look: Look | None = None,
    read_only: bool = False,
    first: Place = Place.TREE,
    changes: bool = True,
) -> AsyncIterator[Stage]:
    """Run the app until its first reading is on the screen."""
    host, clock = FakeHost(facts, changes=changes), Clock()
    with (
        TemporaryDirectory() as state,
        patch.dict(os.environ, JACKFIELD_STATE_DIR=state),
        patch("backend.keeping.seed", lambda: HOST_NAME),
        patch("backend.this_machine.seed", lambda: HOST_NAME),
        patch("textual.app.wait_for_idle", quiet),
        patch("textual.pilot.wait_for_idle", quiet),
    ):
        books = Books(Journal(Path(state)), in_name_only, Path(state) / "etc" / "policy.toml")
        app = JackfieldApp(
            host, host_name=HOST_NAME, look=look, read_only=read_only, clock=clock, first=first, books=books
        )
        async with app.run_test(size=size, notifications=True) as pilot:
            stage = Stage(app, host, pilot, clock)
            await stage.until(
                lambda: app.session.is_examined and app.frame is not None and app.frame.is_ready,
                "the host is read and examined",
            )
            yield stage


def in_name_only(journal: Journal, change: str, namespaces: Mapping[NamespaceId, int], seconds: float) -> Guard:
    """A guardian that is written down, and never does anything."""
    guard = Guard(os.getpid(), 0, clock_gettime(CLOCK_BOOTTIME) + seconds, seconds)
    journal.arm(change, guard)
    return guard
