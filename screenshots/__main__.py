"""`python -m screenshots`: draw every picture in this directory again, from the sample host of the tests."""

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple
from unittest.mock import patch

from textual.pilot import Pilot

from backend.fake import FakeHost
from backend.guardian import arm
from backend.journal import Journal
from model.conditions import Filters
from model.dropped import Tally
from model.facts import Fact, NamespaceSeen
from model.findings.observed import Observed
from model.identity import LinkId
from model.plan import Lifeline
from screenshots.svg import screen_svg
from tests.yamato import HOME, HOST_NAME, yamato, yamato_day
from tests.yamato_live import FORGED, keep, nics, tables, traffic
from tui.actions import Place
from tui.app import Ending, JackfieldApp, Look
from tui.changing import Books
from tui.screens.change.dialog import ChangeDialog
from tui.theme import DARK_NAME, LIGHT_NAME, PALETTES, Depth

HERE: Final = Path(__file__).parent
TINDERBOX: Final = LinkId(HOME, 21)
"""Its cable's end on the host."""
NOON: Final = datetime(2026, 1, 15, 14, 2, 31, tzinfo=UTC)


class Picture(NamedTuple):
    """One file."""

    name: str
    size: tuple[int, int]
    theme: str = DARK_NAME
    keys: Sequence[str] = ()
    """Pressed one after the other."""
    first: Place = Place.TREE
    lifelines: Sequence[str] = ()
    """What tinderbox's cable carries for the operator."""


PICTURES: Final = (
    Picture("map-160x45-dark", (160, 45), keys=("down",) * 5, first=Place.MAP),
    Picture("map-120x36-light", (120, 36), LIGHT_NAME, ("down",), Place.MAP),
    Picture("map-80x24-dark", (80, 24), keys=("down",), first=Place.MAP),
    Picture("map-80x24-folded-light", (80, 24), LIGHT_NAME, ("Z", "down", "down", "down", "right"), Place.MAP),
    Picture("tree-120x36-dark", (120, 36), keys=("down", "down", "down")),
    Picture("tree-120x36-light", (120, 36), LIGHT_NAME, ("down", "down", "down")),
    Picture("tree-160x45-dark", (160, 45), keys=("down",) * 9),
    Picture("tree-80x24-dark", (80, 24), keys=("down", "down", "down")),
    Picture("table-120x36-light", (120, 36), LIGHT_NAME, ("3", *("down",) * 5, "v", "v", "v")),
    Picture("focus-120x36-dark", (120, 36), keys=("3", "end", "f", "enter", "right")),
    Picture("reach-120x36-dark", (120, 36), keys=("down", "P"), first=Place.MAP),
    Picture("doctor-80x24-light", (80, 24), LIGHT_NAME, ("exclamation_mark",), Place.MAP),
    Picture("policy-120x36-dark", (120, 36), keys=("6", "end", "home", "down", "down", "down", "down", "down")),
    Picture("guard-120x36-light", (120, 36), LIGHT_NAME, ("down", "g"), Place.MAP),
    Picture("events-160x45-dark", (160, 45), keys=("5", "down", "down")),
    Picture("help-80x24-light", (80, 24), LIGHT_NAME, ("question_mark",)),
    Picture("palette-80x24-dark", (80, 24), keys=("colon", "w", "e", "b")),
    Picture("attach-80x24-dark", (80, 24), keys=("down", "a", *"docker0", "enter"), first=Place.MAP),
    Picture(
        "danger-80x24-dark",
        (80, 24),
        keys=("down", "d", *"veth"),
        first=Place.MAP,
        lifelines=("carries your SSH session from 192.0.2.7", "holds the default route"),
    ),
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
    host = FakeHost(first, changes=True)
    host.learned = tables()
    host.seen = Observed(nics=nics())
    host.filtered = {fact.namespace.id: Filters() for fact in first if isinstance(fact, NamespaceSeen)}
    host.around = replace(host.around, lifelines=tuple(Lifeline(TINDERBOX, text) for text in picture.lifelines))
    with TemporaryDirectory() as state, patch.dict(os.environ, JACKFIELD_STATE_DIR=state):
        books = Books(Journal(), arm, Path(state) / "policy.toml")
        if is_kept(picture):
            keep(host, books.policy)
        app = JackfieldApp(
            host, host_name=HOST_NAME, look=Look(theme=picture.theme), clock=clock, first=picture.first, books=books
        )
        return await _drawn(picture, app, host, clock, later)


def is_kept(picture: Picture) -> bool:
    """It shows a host of which something is kept."""
    return picture.name.startswith(("policy", "map-160", "map-120"))


async def _drawn(
    picture: Picture, app: JackfieldApp, host: FakeHost, clock: "Clock", later: Sequence[Sequence[Fact]]
) -> str:
    async with app.run_test(size=picture.size) as pilot:
        await _until(pilot, lambda: app.session.is_read)
        for number, batch in enumerate(later):
            clock.now = NOON + timedelta(seconds=number * 11.37)
            host.say(*batch)
            await _until(pilot, lambda: not app.session.has_mail)
        clock.now += timedelta(seconds=30)
        await _pass_traffic(app, pilot, host)
        if is_kept(picture):
            await _forge(app, pilot, host)
        for key in picture.keys:
            await pilot.press(key)
        await pilot.pause(0.6)
        await _until(pilot, lambda: not (isinstance(app.screen, ChangeDialog) and app.screen.is_reading))
        app.screen.refresh()
        await pilot.pause()
        ground = PALETTES[picture.theme, Depth.FULL].ground
        strips = app.screen._compositor.render_strips()  # Textual has no other way to its rows
        return screen_svg(strips, *picture.size, ground, f"jackfield: {picture.name}")


async def _forge(app: JackfieldApp, pilot: Pilot[Ending], host: FakeHost) -> None:
    """A container tries to be another."""
    for counted in (Tally(), FORGED):
        host.firewall.counted = counted
        app.policy_reader.look()
        await pilot.pause(0.3)


async def _pass_traffic(app: JackfieldApp, pilot: Pilot[Ending], host: FakeHost) -> None:
    """A minute in which some links are busy, some are not: the same ones each time."""
    links = sorted(link.id for link in app.session.graph.links() if link.carrier)
    for second in range(61):
        host.count(traffic(links, second))
    await pilot.pause(0.3)


async def _until(pilot: Pilot[Ending], holds: Callable[[], bool]) -> None:
    for _ in range(500):
        await pilot.pause(0.01)
        if holds():
            return
    raise TimeoutError("the sample host is not ready")


def main() -> None:
    """Write all of them."""
    for picture in PICTURES:
        text = asyncio.run(draw(picture, yamato(), yamato_day()))
        (HERE / f"{picture.name}.svg").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
