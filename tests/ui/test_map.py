"""The map: every key, what it shows, and that nothing loses its place."""

import asyncio
import dataclasses
import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from model.facts import (
    AddressGone,
    AddressSeen,
    Fact,
    LinkGone,
    LinkSeen,
    NamespaceGone,
    NamespaceRead,
    NamespaceSeen,
    OwnersSeen,
)
from model.identity import LinkId, NamespaceId
from model.link import Address, Link
from model.namespace import Namespace, Owner
from model.rates import Counters
from tests.hostile import hostile_host
from tests.ui.stage import Stage, on_stage
from tests.yamato import HOME, yamato
from tui.actions import Place
from tui.app import Look
from tui.screens.map import MapScreen
from tui.signs import ASCII, UNICODE
from tui.theme import DARK_NAME, LIGHT_NAME, Depth
from tui.widgets.map_view import MapView

TINDERBOX = LinkId(NamespaceId("n11"), 2)
HOST_END = LinkId(HOME, 21)
SCREENS = Path(__file__).parent / "screens"
WIDE = (160, 45)
ACCEPTED: dict[str, tuple[tuple[int, int], tuple[str, ...], Look]] = {
    "map-80x24": ((80, 24), ("down",), Look()),
    "map-120x36": ((120, 36), ("down",), Look(theme=LIGHT_NAME)),
    "map-160x45": (WIDE, ("down",) * 5, Look()),
    "map-80x24-ascii": ((80, 24), ("down",), Look(ASCII, Depth.SIXTEEN, DARK_NAME)),
    "map-120x36-folded": ((120, 36), ("Z",), Look()),
    "map-59x20": ((59, 20), ("down",), Look()),
    "map-66x20": ((66, 20), ("down",), Look()),
}


def the_map(stage: Stage) -> MapView:
    assert isinstance(stage.app.frame, MapScreen)
    return stage.app.frame.map_view


def selected_line(stage: Stage) -> str:
    shown = the_map(stage)
    return stage.lines[shown.region.y + 1 + shown.cursor - shown.top][: shown.size.width].rstrip()


def screen_row(stage: Stage) -> int:
    shown = the_map(stage)
    return shown.cursor - shown.top


def path(stage: Stage) -> str:
    return re.split(r"  +", stage.lines[1].strip())[0].replace(UNICODE.path, ">")


def of_host(link: LinkId, stage: Stage) -> Link:
    found = stage.app.session.graph.link(link)
    assert found is not None
    return found


# What it shows


async def body(name: str) -> str:
    """The map's own lines, without what stands around it."""
    size, keys, look = ACCEPTED[name]
    async with on_stage(yamato(), size, look=look, first=Place.MAP) as stage:
        for key in keys:
            await stage.press(key)
        shown = the_map(stage).region
        lines = [line[: shown.width].rstrip() for line in stage.lines[shown.y : shown.bottom]]
        return "\n".join(lines).rstrip() + "\n"


@pytest.mark.parametrize("name", sorted(ACCEPTED))
async def test_the_map_is_as_it_was_accepted(name: str) -> None:
    """To write them anew, and then to read them: `python -m tests.ui.test_map`."""
    accepted = (SCREENS / f"{name}.txt").read_text(encoding="utf-8")
    assert (await body(name)).splitlines() == accepted.splitlines()


async def test_a_cable_runs_from_its_rail_to_whoever_is_at_its_end() -> None:
    async with on_stage(yamato(), WIDE, first=Place.MAP) as stage:
        line = stage.line_with("tinderbox ")
        for text in ("┠─ veth8pUZr ─", "─┤ ●", "tinderbox", "eth0", "192.168.1.50/24", "lxc"):
            assert text in line
        assert re.search(r"╟─ vepa ─+┤ ●.*backup", stage.line_with("vepa"))
        assert re.search(r"eth2 ─+ whole NIC ─+┤ ● .*fw", stage.line_with("whole NIC"))
        assert "vethZ91kQ ╌" in stage.line_with("peer unknown")
        assert "○ DOWN shop-cache-1" in stage.line_with("shop-cache-1")
        assert re.search(r"vxlan42 +vni 42 ━+┳━ E  br-lab", stage.line_with("br-lab"))


async def test_the_selected_cable_is_heavy_from_end_to_end() -> None:
    async with on_stage(yamato(), WIDE, first=Place.MAP) as stage:
        await stage.press("down")
        assert re.search(r"┣━ veth8pUZr ━+┫ ●", selected_line(stage))
        await stage.press(*["down"] * 4)
        assert re.search(r"┏━.*C veth3f0a1bc ━", selected_line(stage))
        assert re.search(r"┗━.*┳.*C  br-7f2c9a1b0d3e", stage.line_with("br-7f2c9a1b0d3e  "))
        assert "┃" in stage.line_with("docker0").partition("B")[0]


async def test_a_direct_cable_is_an_arc_and_its_far_end_is_heavy_too() -> None:
    async with on_stage(yamato(), WIDE, first=Place.MAP) as stage:
        assert "┬" in stage.line_with("↔ web/repl0")
        assert "┴" in stage.line_with("↔ db/repl0")
        await stage.press(*["down"] * 3)
        assert "┳" in selected_line(stage) or "┱" in selected_line(stage) or "┲" in selected_line(stage)
        assert re.search(r"[┻┺┹]", stage.line_with("↔ db/repl0"))


@pytest.mark.parametrize("depth", [Depth.SIXTEEN, Depth.NONE])
async def test_on_a_poor_terminal_everything_is_ascii_and_nothing_is_lost(depth: Depth) -> None:
    async with on_stage(yamato(), (80, 24), look=Look(ASCII, depth, DARK_NAME), first=Place.MAP) as stage:
        assert stage.text.isascii()
        assert re.search(r"#- vethK2mQa1 -+\| \*", stage.text)
        await stage.press("down")
        assert re.search(r"# veth8pUZr =+\| \*|#= veth8pUZr =+\| \*", selected_line(stage))
        assert "o DOWN shop-cache-1" in stage.text


async def test_rates_are_bars_and_errors_stand_out() -> None:
    async with on_stage(yamato(), WIDE, first=Place.MAP) as stage:
        host_end, quiet = TINDERBOX, LinkId(NamespaceId("n12"), 2)
        stage.host.count({host_end: Counters(0.0), quiet: Counters(0.0)})
        stage.host.count({host_end: Counters(1.0, rx_bytes=10**9, rx_errors=1), quiet: Counters(1.0)})
        await stage.until(lambda: "█" in stage.line_with("tinderbox "), "a bar")
        assert "┤!●" in stage.line_with("tinderbox ")
        assert "··" in stage.line_with(" db  ")


# Moving


async def test_left_and_right_cross_the_cable() -> None:
    async with on_stage(yamato(), WIDE, first=Place.MAP) as stage:
        await stage.press("down")
        assert path(stage) == "host > br0 > tinderbox/eth0"
        assert the_map(stage).subject == TINDERBOX
        await stage.press("left")
        assert path(stage) == "host > br0 > veth8pUZr"
        assert the_map(stage).subject == HOST_END
        await stage.press("left")
        assert path(stage) == "host > br0"
        await stage.press("left")
        assert the_map(stage).subject == LinkId(HOME, 2)
        await stage.press("right", "right")
        assert the_map(stage).subject == TINDERBOX


async def test_o_follows_a_cable_and_backspace_comes_back() -> None:
    async with on_stage(yamato(), WIDE, first=Place.MAP) as stage:
        await stage.press(*["down"] * 5)
        assert path(stage) == "host > br0 > web/eth1"
        await stage.press("o")
        assert path(stage) == "host > br-7f2c9a1b0d3e"
        await stage.press("backspace")
        assert path(stage) == "host > br0 > web/eth1"
        await stage.press("down", "o")
        assert path(stage) == "host > br0 > db/repl0"
        await stage.press("end", "o")
        await stage.shows("it has no other end")


async def test_backspace_comes_back_from_the_other_end_of_the_same_row() -> None:
    async with on_stage(yamato(), WIDE, first=Place.MAP) as stage:
        await stage.press("down", "o")
        assert the_map(stage).subject == HOST_END
        await stage.press("o")
        assert the_map(stage).subject == TINDERBOX
        await stage.press("backspace")
        assert the_map(stage).subject == HOST_END
        await stage.press("backspace")
        assert the_map(stage).subject == TINDERBOX


async def test_brackets_go_from_bridge_to_bridge() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        seen = []
        for _ in range(6):
            await stage.press("right_square_bracket")
            seen.append(path(stage))
        assert seen[:2] == ["host > docker0", "host > br-7f2c9a1b0d3e"]
        assert seen[-1] == "host > not on a bridge"
        await stage.press("right_square_bracket")
        await stage.shows("this is the last bridge")
        await stage.press("left_square_bracket")
        assert path(stage) == "host > podman1"


async def test_empty_lines_are_never_selected() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        for key in ("down", "up"):
            for _ in range(40):
                await stage.press(key)
                assert selected_line(stage).strip()


async def test_what_is_selected_on_the_map_is_selected_in_the_tree_and_back() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        await stage.press(*["down"] * 5)
        await stage.press("2")
        await stage.until(lambda: "eth1" in stage.selected, "web/eth1 in the tree")
        await stage.press("down", "1")
        await stage.until(lambda: path(stage).endswith("web/repl0"), "web/repl0 on the map")


async def test_a_click_selects_a_cable_by_either_end() -> None:
    async with on_stage(yamato(), WIDE, first=Place.MAP) as stage:
        await stage.click(MapView, offset=(62, 3))
        assert path(stage) == "host > br0 > db/eth0"
        await stage.click(MapView, offset=(32, 3))
        await stage.until(lambda: path(stage) == "host > br0 > vethK2mQa1", "its host end")


# Folding


async def test_space_folds_a_rack_to_a_strip_and_opens_it_where_the_cursor_is() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        await stage.press("right_square_bracket", "right_square_bracket", "down", "space")
        await stage.shows("+ 5 namespaces")
        assert "○" in selected_line(stage)
        assert path(stage) == "host > br-7f2c9a1b0d3e > shop-web-1"
        await stage.press("right", "right")
        assert path(stage) == "host > br-7f2c9a1b0d3e > shop-cache-1"
        await stage.press("space")
        assert path(stage) == "host > br-7f2c9a1b0d3e > shop-cache-1/eth0"


async def test_z_folds_everything_but_the_outside() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("Z")
        assert stage.text.count("+ ") >= 5
        assert "vxlan42" in stage.text
        assert "tinderbox" not in stage.text
        await stage.press("Z")
        await stage.shows("tinderbox")


async def test_going_to_a_folded_thing_unfolds_it() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        await stage.press("Z", "colon")
        await stage.type("shop-db-1/eth0")
        await stage.press("enter")
        await stage.until(lambda: path(stage).endswith("shop-db-1/eth0"), "the cable is selected")


def crowd(count: int) -> list[Fact]:
    """One bridge with so many containers."""
    links = [Link(LinkId(HOME, 2), "br0", "bridge", up=True)]
    facts: list[Fact] = [NamespaceSeen(Namespace(HOME, home=True))]
    for number in range(count):
        space = NamespaceId(f"n{number + 2}")
        near, far = LinkId(HOME, 100 + number), LinkId(space, 2)
        links.append(Link(near, f"veth{number}", "veth", up=True, carrier=True, master=2, peer=far))
        facts += [
            NamespaceSeen(Namespace(space)),
            NamespaceRead(space, (Link(far, "eth0", "veth", up=True, carrier=number != 40, peer=near),), ()),
            OwnersSeen(space, (Owner("docker", f"worker-{number}", f"c{number}", number + 9),)),
        ]
    return [*facts, NamespaceRead(HOME, tuple(links), ())]


async def test_a_crowd_is_folded_and_can_be_walked_through() -> None:
    async with on_stage(crowd(300), first=Place.MAP) as stage:
        await stage.shows("+ 300 namespaces")
        assert "1 down" in stage.line_with(" br0 ")
        await stage.press("down", "right")
        assert re.search(r"worker-\d+ and \d+ more", path(stage))
        await stage.press("space", "end")
        assert path(stage) == "host > br0 > worker-299/eth0"


# What changes


async def test_a_change_flashes_and_fades() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        old, new = Address(4, "192.168.1.50", 24), Address(4, "192.168.1.99", 24)
        await stage.say(AddressSeen(TINDERBOX, new), AddressGone(TINDERBOX, old))
        await stage.shows("192.168.1.99")
        assert stage.lit == ["192.168.1.99"]
        assert "~●" in stage.line_with("tinderbox ")
        stage.clock.pass_by(3)
        await stage.until(lambda: "~●" not in stage.line_with("tinderbox "), "the mark is gone")
        assert stage.lit == []


async def test_what_is_gone_stays_as_a_tombstone_for_three_seconds() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        await stage.say(LinkGone(HOST_END), LinkGone(TINDERBOX), NamespaceGone(TINDERBOX.namespace))
        await stage.shows("GONE")
        line = stage.line_with("GONE")
        assert re.search(r"veth8pUZr +│† +GONE tinderbox", line)
        assert "┤" not in line
        assert "┃" in line
        stage.clock.pass_by(3.1)
        await stage.hides("veth8pUZr")


async def test_a_bridge_that_is_gone_is_told_where_its_header_was() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        below = stage.lines.index(stage.line_with(" docker0 ").ljust(120)) + 1
        await stage.say(LinkGone(LinkId(HOME, 5)))
        await stage.shows("C  br-7f2c9a1b0d3e † GONE")
        assert "GONE" in stage.lines[below]
        stage.clock.pass_by(3.1)
        await stage.hides("GONE")
        assert "br-7f2c9a1b0d3e" not in stage.text


async def test_the_selected_cable_keeps_its_line_on_the_screen() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press(*["down"] * 18)
        chosen, before = path(stage), screen_row(stage)
        space = NamespaceId("n99")
        near, far = LinkId(HOME, 90), LinkId(space, 2)
        await stage.say(
            NamespaceSeen(Namespace(space)),
            NamespaceRead(space, (Link(far, "eth0", "veth", peer=near),), ()),
            LinkSeen(Link(near, "vethNew", "veth", master=3, peer=far)),
        )
        assert path(stage) == chosen
        assert screen_row(stage) == before


async def test_a_new_cable_says_that_it_is_new() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        space = NamespaceId("n99")
        near, far = LinkId(HOME, 90), LinkId(space, 2)
        await stage.say(
            NamespaceSeen(Namespace(space, names=("fresh",))),
            NamespaceRead(space, (Link(far, "eth0", "veth", up=True, carrier=True, peer=near),), ()),
            LinkSeen(Link(near, "vethNew", "veth", up=True, carrier=True, master=3, peer=far)),
        )
        await stage.shows("vethNew")
        assert "┤+●" in stage.line_with("vethNew")


async def test_a_host_end_that_is_switched_off_is_told_apart() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        off = dataclasses.replace(of_host(HOST_END, stage), up=False, carrier=False)
        await stage.say(LinkSeen(off), LinkSeen(dataclasses.replace(of_host(TINDERBOX, stage), carrier=False)))
        await stage.shows("veth8pUZr off")
        assert "○ DOWN tinderbox" in stage.text


async def test_the_selection_follows_a_link_that_moves() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        await stage.press("down")
        there = LinkId(NamespaceId("n13"), 2 + 40)
        moved = dataclasses.replace(of_host(TINDERBOX, stage), id=there)
        await stage.say(LinkGone(TINDERBOX, moved_to=there), LinkSeen(moved))
        await stage.until(lambda: the_map(stage).subject == there, "it is selected where it is now")
        assert path(stage) == "host > br0 > web/eth0"


# Filter


async def test_a_filter_folds_racks_without_a_match_and_counts() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        await stage.press("slash")
        await stage.type("vethK2mQa1")
        await stage.shows("1 found")
        await stage.shows("+ 5 namespaces")
        await stage.shows("tinderbox")
        await stage.press("escape")
        await stage.shows("shop-web-1")


# Bad input


@pytest.mark.parametrize(
    "size", [(20, 5), (30, 6), (45, 12), (60, 15), (66, 20), (80, 24), (100, 30), (160, 45), (300, 80)]
)
async def test_no_name_does_harm_at_any_size(size: tuple[int, int]) -> None:
    async with on_stage(hostile_host(), size, first=Place.MAP) as stage:
        for _ in range(30):
            for line in stage.lines:
                assert line.isprintable(), repr(line)
                assert cell_len(line) == size[0], line
            await stage.press("down")


async def test_a_window_that_shrinks_and_grows_again_loses_nothing() -> None:
    async with on_stage(yamato(), WIDE, first=Place.MAP) as stage:
        await stage.press(*["down"] * 7)
        chosen = path(stage)
        for size in ((20, 5), (80, 24), (45, 12), WIDE):
            await stage.resize(*size)
            await stage.settle()
        assert path(stage) == chosen


def main() -> None:
    """Write the accepted screens."""
    for name in sorted(ACCEPTED):
        (SCREENS / f"{name}.txt").write_text(asyncio.run(body(name)), encoding="utf-8")


if __name__ == "__main__":
    main()
