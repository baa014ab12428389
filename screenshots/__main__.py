"""`python -m screenshots`: draw every picture in this directory again, from the sample host of the tests."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from textual.pilot import Pilot

from backend.fake import FakeHost
from model.facts import Fact
from screenshots.svg import screen_svg
from tests.yamato import HOST_NAME, yamato, yamato_day
from tui.actions import Place
from tui.app import Ending, JackfieldApp, Look
from tui.theme import DARK_NAME, LIGHT_NAME, PALETTES, Depth

HERE: Final = Path(__file__).parent
NOON: Final = datetime(2026, 1, 15, 14, 2, 31, tzinfo=UTC)


class Picture(NamedTuple):
    """One file."""

    name: str
    size: tuple[int, int]
    theme: str = DARK_NAME
    keys: Sequence[str] = ()
    """Pressed one after the other."""


PICTURES: Final = (
    Picture("tree-120x36-dark", (120, 36), keys=("down", "down", "down")),
    Picture("tree-120x36-light", (120, 36), LIGHT_NAME, ("down", "down", "down")),
    Picture("tree-160x45-dark", (160, 45), keys=("down",) * 9),
    Picture("tree-80x24-dark", (80, 24), keys=("down", "down", "down")),
    Picture("events-160x45-dark", (160, 45), keys=("5", "down", "down")),
    Picture("help-80x24-light", (80, 24), LIGHT_NAME, ("question_mark",)),
    Picture("palette-80x24-dark", (80, 24), keys=("colon", "w", "e", "b")),
)


class Clock:
    """Stands still between two batches of facts."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


async def draw(picture: Picture, first: Sequence[Fact], later: Sequence[Sequence[Fact]]) -> str:
    """The picture's text."""
    clock = Clock()
    host = FakeHost(first)
    app = JackfieldApp(host, host_name=HOST_NAME, look=Look(theme=picture.theme), clock=clock, first=Place.TREE)
    async with app.run_test(size=picture.size) as pilot:
        await _until_read(app, pilot)
        for number, batch in enumerate(later):
            clock.now = NOON + timedelta(seconds=number * 11.37)
            await _say(app, pilot, host, batch)
        clock.now += timedelta(seconds=30)
        for key in picture.keys:
            await pilot.press(key)
        await pilot.pause(0.3)
        app.screen.refresh()
        await pilot.pause()
        ground = PALETTES[picture.theme, Depth.FULL].ground
        strips = app.screen._compositor.render_strips()  # Textual has no other way to its rows
        return screen_svg(strips, *picture.size, ground, f"jackfield: {picture.name}")


async def _until_read(app: JackfieldApp, pilot: Pilot[Ending]) -> None:
    for _ in range(500):
        await pilot.pause(0.01)
        if app.session.is_read:
            return
    raise TimeoutError("the sample host was not read")


async def _say(app: JackfieldApp, pilot: Pilot[Ending], host: FakeHost, batch: Sequence[Fact]) -> None:
    host.say(*batch)
    for _ in range(500):
        await pilot.pause(0.01)
        if not app.session.has_mail:
            return
    raise TimeoutError("the sample host's day did not go on")


def main() -> None:
    """Write all of them."""
    for picture in PICTURES:
        text = asyncio.run(draw(picture, yamato(), yamato_day()))
        (HERE / f"{picture.name}.svg").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
