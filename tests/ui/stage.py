"""The app on a fake host, and what it shows, as text."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from textual.pilot import Pilot

from backend.fake import FakeHost
from model.facts import Fact
from tests.yamato import HOST_NAME
from tui.actions import Place
from tui.app import Ending, JackfieldApp, Look
from tui.screens.tree import TreeScreen
from tui.widgets.tree_view import TreeView

PATIENCE = 400
"""Looks at a condition before it is given up."""


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

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        await self.press(*("space" if char == " " else char for char in text))

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        for _ in range(PATIENCE):
            if condition():
                await self.pilot.pause()
                return
            await self.pilot.pause(0.01)
        raise AssertionError(f"never: {what}\n{self.text}")

    async def shows(self, text: str) -> None:
        await self.until(lambda: text in self.text, f"{text!r} on the screen")

    async def hides(self, text: str) -> None:
        await self.until(lambda: text not in self.text, f"{text!r} off the screen")

    async def say(self, *facts: Fact) -> None:
        self.host.say(*facts)
        await self.until(lambda: not self.app.session.has_mail, "the facts are taken in")

    async def select(self, text: str) -> None:
        """Go down to the first row that holds this text."""
        for _ in range(PATIENCE):
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


@asynccontextmanager
async def on_stage(
    facts: Iterable[Fact],
    size: tuple[int, int] = (80, 24),
    *,
    look: Look | None = None,
    read_only: bool = False,
    first: Place = Place.TREE,
) -> AsyncIterator[Stage]:
    """Run the app until its first reading is on the screen."""
    host, clock = FakeHost(facts), Clock()
    app = JackfieldApp(host, host_name=HOST_NAME, look=look, read_only=read_only, clock=clock, first=first)
    async with app.run_test(size=size, notifications=True) as pilot:
        stage = Stage(app, host, pilot, clock)
        await stage.until(
            lambda: app.session.is_read and app.frame is not None and app.frame.is_ready, "the host is read"
        )
        yield stage
