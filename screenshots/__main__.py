"""`python -m screenshots`: draw every picture in this directory again, from the sample host of the tests."""

import asyncio
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple
from unittest.mock import patch
from zlib import crc32

from textual.pilot import Pilot

from backend.fake import FakeHost
from backend.guardian import arm
from backend.journal import Journal
from model.conditions import Filters
from model.dropped import Tally
from model.facts import Fact, NamespaceSeen
from model.identity import LinkId, NamespaceId
from model.rates import Counters
from model.tables import ForwardingEntry, Neighbour, Route, Tables
from screenshots.svg import screen_svg
from tests.yamato import HOME, HOST_NAME, yamato, yamato_day
from tests.yamato_live import FORGED, keep
from tui.actions import Place
from tui.app import Ending, JackfieldApp, Look
from tui.changing import Books
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
    first: Place = Place.TREE


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
    host.learned = learned()
    host.filtered = {fact.namespace.id: Filters() for fact in first if isinstance(fact, NamespaceSeen)}
    with TemporaryDirectory() as state, patch.dict(os.environ, JACKFIELD_STATE_DIR=state):
        books = Books(Journal(), arm, Path(state) / "policy.toml")
        if "policy" in picture.name:
            keep(host, books.policy)
        app = JackfieldApp(
            host, host_name=HOST_NAME, look=Look(theme=picture.theme), clock=clock, first=picture.first, books=books
        )
        return await _drawn(picture, app, host, clock, later)


async def _drawn(
    picture: Picture, app: JackfieldApp, host: FakeHost, clock: "Clock", later: Sequence[Sequence[Fact]]
) -> str:
    async with app.run_test(size=picture.size) as pilot:
        await _until_read(app, pilot)
        for number, batch in enumerate(later):
            clock.now = NOON + timedelta(seconds=number * 11.37)
            await _say(app, pilot, host, batch)
        clock.now += timedelta(seconds=30)
        await _pass_traffic(app, pilot, host)
        if "policy" in picture.name:
            await _forge(app, pilot, host)
        for key in picture.keys:
            await pilot.press(key)
        await pilot.pause(0.6)
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
        host.count({link: _counted(link, second) for link in links})
    await pilot.pause(0.3)


def _counted(link: LinkId, second: int) -> Counters:
    busy = crc32(str(link).encode())
    rx, tx = 10 ** (busy % 6) * (busy % 7), 10 ** (busy // 7 % 6) * (busy // 49 % 5)
    moments = [crc32(f"{link} {moment}".encode()) for moment in range(second)]
    return Counters(
        second,
        rx_bytes=sum(rx * (1 + moment % 5) for moment in moments),
        tx_bytes=sum(tx * (1 + moment // 5 % 7) for moment in moments),
    )


def learned() -> dict[NamespaceId, Tables]:
    """What web, tinderbox and the host know of their neighbours."""
    web, tinderbox = NamespaceId("n13"), NamespaceId("n11")
    ports = {"00:16:3e:5a:20:02": 24, "00:16:3e:5a:22:02": 31, "00:16:3e:5a:24:02": 32}
    return {
        HOME: Tables(
            HOME, forwarding=tuple(ForwardingEntry(5, port, mac, "learned", 2.0) for mac, port in ports.items())
        ),
        web: Tables(
            web,
            (
                Neighbour(7, "172.18.0.2", "00:16:3e:5a:22:02", "reachable"),
                Neighbour(7, "172.18.0.3", "00:16:3e:5a:24:02", "stale"),
                Neighbour(7, "172.18.0.5", None, "failed"),
            ),
            (),
            (Route(4, "default", "192.168.1.1", 2), Route(4, "172.18.0.0/16", None, 7)),
        ),
        tinderbox: Tables(
            tinderbox,
            (Neighbour(2, "192.168.1.1", "d8:3a:dd:10:12:02", "reachable", router=True),),
            (),
            (Route(4, "default", "192.168.1.1", 2), Route(4, "192.168.1.0/24", None, 2)),
        ),
    }


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
