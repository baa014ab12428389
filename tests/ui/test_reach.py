"""Screen 4: the matrix, the chosen pair, the path from anywhere."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from model.conditions import Filters, Hook, HookKind
from model.conditions import Stage as HookStage
from model.facts import LinkGone, LinkSeen
from model.identity import LinkId, NamespaceId
from model.link import BridgePort
from model.reach_rows import Cell
from model.tables import Tables
from model.verdict import Because
from tests.findings.bench import Host, port_of
from tests.ui.stage import Stage, on_stage
from tests.yamato import yamato
from tui import filters_reader
from tui.actions import Place
from tui.app import Look
from tui.screens.map import MapScreen
from tui.screens.reach import ReachScreen
from tui.signs import ASCII
from tui.theme import DARK_NAME, Depth


@asynccontextmanager
async def surveyed(host: Host | None = None, size: tuple[int, int] = (120, 36)) -> AsyncIterator[Stage]:
    """Screen 4, once filters and tables were read."""
    async with on_stage(yamato() if host is None else host.facts(), size, first=Place.MAP) as stage:
        for space in stage.app.session.graph.namespaces():
            stage.host.filtered[space.id], stage.host.learned[space.id] = Filters(), Tables(space.id)
        await stage.press("4")
        await stage.until(lambda: stage.app.session.is_surveyed, "filters are read")
        yield stage


def screen(stage: Stage) -> ReachScreen:
    assert isinstance(stage.app.frame, ReachScreen)
    return stage.app.frame


def row(stage: Stage, name: str) -> str:
    return next(line for line in stage.lines[2:] if name in line and "┃" in line)


def two_isolated() -> Host:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24")
    for name in ("web", "db"):
        isolated = {"port": BridgePort(isolated=True)}
        host.cable(name, host.box(name), f"10.0.0.{len(name)}/24", on=br0, near=isolated)
    return host


async def test_a_row_a_class_with_an_answer_for_each_other() -> None:
    async with surveyed() as stage:
        assert "29 ends in 11 classes" in stage.lines[1]
        assert row(stage, "backup/mv0  scanner").split()[5:16] == list("?·??·?·?×?·")
        assert "private" in row(stage, "printer")
        assert "each alone" in row(stage, "shop-cache-1")


async def test_where_filters_cannot_be_read_no_cable_is_promised_to_carry() -> None:
    async with on_stage(two_isolated().facts(), (120, 36), first=Place.MAP) as stage:
        await stage.press("4")
        await stage.until(lambda: stage.app.session.is_surveyed, "it was tried")
        assert row(stage, "host/br0").split()[3:5] == ["=", "[?]"]


async def test_the_chosen_pair_is_told_with_its_way_and_its_reason() -> None:
    async with surveyed(two_isolated()) as stage:
        await stage.press("home", "down", "left", "right")
        await stage.shows("isolated")
        assert "× blocked" in stage.line_with("─ ")
        assert "web/eth0" in stage.text
        assert "── br0 " in stage.line_with("/eth0 ── ")
        await stage.press("y")
        await stage.shows("copied: jackfield path ")


async def test_an_answer_changes_with_the_graph() -> None:
    host = two_isolated()
    async with surveyed(host) as stage:
        view = screen(stage).view
        assert len(view.matrix.classes) == 2
        for link in list(host.links.values()):
            if link.port is not None:
                await stage.say(LinkSeen(replace(link, port=BridgePort())))
        await stage.until(lambda: len(view.matrix.classes) == 1, "all reach each other")
        await stage.shows("3 ends in 1 class")


async def test_p_leads_here_from_any_link_and_back_again() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        await stage.press("down", "down", "P")
        await stage.until(lambda: isinstance(stage.app.frame, ReachScreen), "screen 4")
        await stage.until(lambda: stage.lines[1].lstrip().startswith("yamato › reach › db"), "the path begins at db")
        await stage.press("enter")
        await stage.until(lambda: "› db/eth0" in stage.lines[1], "back where it began")


async def test_from_the_host_end_of_a_cable_the_path_begins_inside() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.TABLE) as stage:
        await stage.press("slash")
        await stage.type("veth8pUZr")
        await stage.press("enter", "P")
        await stage.until(lambda: "reach › tinderbox to" in stage.lines[1], "the path begins at tinderbox")


async def test_more_classes_than_fit_are_walked_through() -> None:
    host = Host()
    for number in range(40):
        br0 = host.bridge(f"br{number}", f"10.{number}.0.1/24")
        host.cable(f"v{number}", host.box(f"c{number}"), on=br0)
    async with surveyed(host, (80, 24)) as stage:
        await stage.press("home", *["right"] * 45, *["down"] * 45)
        view = screen(stage).view
        assert (view.cursor, view.column) == (39, 39)
        await stage.until(lambda: "[●]" in stage.text, "the pair is on the screen")


async def test_nobody_to_talk_is_said() -> None:
    async with surveyed(Host()) as stage:
        await stage.shows("nobody lives here who could talk")
        await stage.press("right", "down", "y", "P")
        assert stage.app.frame is not None


async def test_one_class_alone_has_its_heads_too() -> None:
    host = Host()
    host.cable("web", host.box("web"), "10.0.0.2/24", on=host.bridge("br0", "10.0.0.1/24"))
    async with surveyed(host) as stage:
        assert "2 ends in 1 class" in stage.lines[1]
        assert stage.lines[2].split() == ["WHO,", "IN", "CLASSES", "a"]


async def test_the_pair_says_what_its_cell_says() -> None:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24")
    for name in ("web", "db"):
        host.cable(name, host.box(name), on=br0, near={"up": False, "carrier": False})
    async with surveyed(host) as stage:
        await stage.press("end")
        view = screen(stage).view
        assert view.found is Cell.APART
        assert stage.line_with("─ host/br0 to web ").endswith("· not connected ─")


async def test_where_the_path_is_blocked_the_other_end_stands_apart() -> None:
    async with surveyed(two_isolated()) as stage:
        await stage.press("home", "right", "down")
        assert stage.line_with("×   ").endswith("web/eth0 ── web ── br0 ── db ×   db")


async def test_hostile_names_are_shown_as_what_they_are() -> None:
    host = Host()
    br0 = host.bridge("br[/x]", "10.0.0.1/24")
    host.cable("[red]", host.box("a\x1b[2Jb"), on=br0)
    host.link("tun", "x\x1by", **port_of(br0))
    async with surveyed(host) as stage:
        await stage.press("home", "right")
        await stage.shows("br[/x]")
        assert "\x1b" not in stage.text


async def on_the_map(stage: Stage, *keys: str) -> MapScreen:
    """The path of the pair that these keys choose, drawn."""
    await stage.press("home", *keys, "P")
    await stage.until(lambda: isinstance(stage.app.frame, MapScreen), "the map")
    await stage.settle()
    assert isinstance(stage.app.frame, MapScreen)
    return stage.app.frame


def on_map(stage: Stage, name: str) -> str:
    return next(line for line in stage.lines[2:] if f" {name} " in line)


async def test_p_once_more_draws_the_path_on_the_map_until_esc() -> None:
    async with surveyed() as stage:
        shown = await on_the_map(stage)
        assert "path › host/br0 to host/vnet0" in stage.lines[1]
        assert "reaches" in stage.lines[1]
        assert "━━┫" in on_map(stage, "vnet0")
        assert "──┤" in on_map(stage, "vethK2mQa1")
        await stage.press("escape")
        await stage.until(lambda: "path ›" not in stage.lines[1], "the whole map")
        assert shown.session.traced is None
        assert "──┤" in on_map(stage, "vnet0")


async def test_where_the_path_is_blocked_stands_the_sign() -> None:
    async with surveyed(two_isolated()) as stage:
        pair = ["down"] if screen(stage).view.matrix.classes[0].members[0].namespace == host_of(stage) else []
        keys = [*pair, "left", "right"] if pair else []
        shown = await on_the_map(stage, *keys)
        traced = shown.map_view.traced
        assert traced is not None
        assert traced.said.because is Because.ISOLATED_PORTS
        name = stage.app.session.graph.link(traced.said.blocked_at)  # type: ignore[arg-type]  # it is blocked
        assert name is not None
        assert "×" in stage.line_with(f" {name.name} ")
        assert "blocked" in stage.lines[1]


def host_of(stage: Stage) -> NamespaceId | None:
    return stage.app.session.graph.home


async def test_the_path_follows_the_graph_and_ends_with_an_end() -> None:
    host = two_isolated()
    async with surveyed(host) as stage:
        shown = await on_the_map(stage, "down", "left", "right")
        for link in list(host.links.values()):
            if link.port is not None:
                await stage.say(LinkSeen(replace(link, port=BridgePort())))
        await stage.until(lambda: "reaches" in stage.lines[1], "it is open now")
        traced = shown.map_view.traced
        assert traced is not None
        await stage.say(LinkGone(traced.ends[0]))
        await stage.until(lambda: "path ›" not in stage.lines[1], "there is no path any more")


async def test_a_filter_that_comes_while_the_path_is_drawn_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters_reader, "EVERY_S", 0.05)
    async with surveyed() as stage:
        await on_the_map(stage)
        assert "reaches" in stage.lines[1]
        home = host_of(stage)
        assert home is not None
        stage.host.filtered[home] = Filters((Hook(HookKind.NFT, HookStage.BRIDGE, "bridge t c"),))
        await stage.until(lambda: "depends" in stage.lines[1], "the filter is on the way")


def bridge_with_an_uplink() -> Host:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24")
    for name in ("web", "db"):
        host.cable(name, host.box(name), on=br0)
    isolated = {"port": BridgePort(isolated=True)}
    host.cable("lab", host.box("lab"), on=br0, near=isolated)
    host.change(host.nic("eth0", on=br0), **isolated)
    return host


async def test_what_is_outside_has_a_row_and_a_column() -> None:
    async with surveyed(bridge_with_an_uplink()) as stage:
        assert row(stage, "outside of eth0").split()[5:8] == ["●", "×", "="]
        await stage.press("home", "end", "left", "left", "left")
        view = screen(stage).view
        assert (view.place.outside, view.outside) == (view.outside, view.columns[-1].outside)
        await stage.shows("to outside of eth0")
        await stage.press("right")
        await stage.shows("and the network outside of host/eth0 cannot talk: both ports of host/br0 are isolated")
        await stage.press("P", "y")
        assert isinstance(stage.app.frame, ReachScreen)


async def test_a_class_opens_into_its_members_and_each_can_begin_a_path() -> None:
    async with surveyed(bridge_with_an_uplink()) as stage:
        view = screen(stage).view
        before = view.count
        await stage.press("home", "space")
        await stage.until(lambda: view.count == before + 3, "host/br0, web and db have rows")
        await stage.press("down")
        first = view.place.member
        assert first is not None
        await stage.press("down")
        assert view.pair is not None
        assert view.pair[0] == view.place.member != first
        cable = view.pair[0], stage.app.session.graph.ends(view.pair[0]).peer
        await stage.say(*(LinkGone(end) for end in cable if isinstance(end, LinkId)))
        await stage.until(lambda: view.count == before + 2, "one is gone, the class stays open")
        await stage.press("home", "space")
        await stage.until(lambda: view.count == before, "it is closed")
        await stage.press("end", "space")
        await stage.shows("nothing to open")


async def test_what_would_allow_it_is_said() -> None:
    async with surveyed(two_isolated()) as stage:
        await stage.press("home", "down", "left", "right")
        await stage.shows("to allow")
        assert "jackfield port host/" in stage.line_with("to allow")
        assert "isolated=off" in stage.line_with("to allow")


@pytest.mark.parametrize("depth", [Depth.SIXTEEN, Depth.NONE])
async def test_on_a_poor_terminal_a_path_is_told_by_letters(depth: Depth) -> None:
    async with on_stage(yamato(), (80, 24), look=Look(ASCII, depth, DARK_NAME), first=Place.MAP) as stage:
        await stage.press("4")
        await on_the_map(stage)
        assert stage.text.isascii()
        assert "===" in on_map(stage, "vnet0")
        assert "===" not in on_map(stage, "vethK2mQa1")
