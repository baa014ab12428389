"""The table: every key, what it shows, and that nothing loses its place."""

import dataclasses
from contextlib import AbstractAsyncContextManager

import pytest
from rich.cells import cell_len

from model.facts import AddressGone, AddressSeen, Fact, LinkGone, LinkSeen, NamespaceRead, NamespaceSeen, OwnersSeen
from model.identity import LinkId, NamespaceId
from model.link import Address, Link
from model.namespace import Namespace, Owner
from model.rates import Counters
from tests.hostile import hostile_host
from tests.ui.stage import Stage, on_stage
from tests.yamato import HOME, yamato
from tui.actions import Place
from tui.app import Look
from tui.screens.table import TableScreen
from tui.signs import ASCII
from tui.widgets.table_view import TableView

TINDERBOX = LinkId(NamespaceId("n11"), 2)
WIDE = (120, 60)


def table(stage: Stage) -> TableView:
    assert isinstance(stage.app.frame, TableScreen), stage.text
    return stage.app.frame.table


def rows(stage: Stage) -> list[str]:
    """Below the heads."""
    return [line.rstrip() for line in stage.lines[3:-1] if line.strip()]


def link_cell(stage: Stage, row: str) -> str:
    span = next(span for span in table(stage).spans if span.column.value == "LINK")
    return row[span.start : span.start + span.width].strip()


def links(stage: Stage) -> list[str]:
    """The LINK cells, from the top."""
    return [link_cell(stage, row) for row in rows(stage)]


def row_of(stage: Stage, name: str) -> str:
    return next(row for row in rows(stage) if link_cell(stage, row) == name)


def selected(stage: Stage) -> str:
    view = table(stage)
    return stage.lines[view.region.y + 1 + view.cursor - view.top].rstrip()


def link_of(stage: Stage, link_id: LinkId) -> Link:
    found = stage.app.session.graph.link(link_id)
    assert found is not None
    return found


async def select(stage: Stage, name: str) -> None:
    await stage.press("home")
    for _ in range(table(stage).count):
        if link_cell(stage, selected(stage)) == name:
            return
        await stage.press("down")
    raise AssertionError(f"no row holds {name!r}:\n{stage.text}")


def on_table(
    facts: list[Fact] | None = None, size: tuple[int, int] = WIDE, look: Look | None = None
) -> AbstractAsyncContextManager[Stage]:
    return on_stage(facts if facts is not None else yamato(), size, first=Place.TABLE, look=look)


async def test_three_opens_the_table_from_any_screen_and_it_can_be_left_again() -> None:
    async with on_stage(yamato(), WIDE, first=Place.MAP) as stage:
        for key in "1235":
            await stage.press(key, "3")
            assert "all links" in stage.lines[1]
        await stage.press("2")
        assert stage.app.frame is not None
        assert stage.app.frame.PLACE is Place.TREE


async def test_every_link_of_every_namespace_has_a_row() -> None:
    async with on_table() as stage:
        worth = [link for link in stage.app.session.graph.links() if link.kind != "loopback"]
        assert table(stage).count == len(worth) == len(rows(stage))
        assert links(stage)[0] == "backup/eth1"
        assert "host/veth8pUZr" in links(stage)


async def test_a_row_says_everything_about_a_link() -> None:
    async with on_table() as stage:
        for text in ("●", "tinderbox/eth0", "veth", "192.168.1.50/24", "veth8pUZr", "A br0", "00:16:3e:5a:", "1500"):
            assert text in row_of(stage, "tinderbox/eth0")
        assert "○ DOWN" in row_of(stage, "shop-cache-1/eth0")
        assert "? " in row_of(stage, "host/vethZ91kQ")
        assert "peer unknown" in row_of(stage, "host/vethZ91kQ")
        assert "↔ web/repl0" in row_of(stage, "db/repl0")


async def test_what_runs_the_owner_and_the_rates_come_where_there_is_room() -> None:
    async with on_table(size=(160, 45)) as stage:
        assert all(head in stage.lines[2] for head in ("RX", "TX", "BY", "MAC", "MTU"))
        assert "lxc" in row_of(stage, "db/eth0")
        first = table(stage).subject
        assert first is not None
        stage.host.count({first: Counters(1.0)})
        stage.host.count({first: Counters(2.0, rx_bytes=287_500)})
        await stage.shows("2.3 Mb/s")
        assert "·" in stage.line_with("2.3 Mb/s")


async def test_sorting_goes_through_the_columns_and_says_so() -> None:
    async with on_table(size=(80, 24)) as stage:
        heads = []
        for _ in range(7):
            heads.append(next(word for word in stage.lines[2].replace("↑", "↑  ").split("  ") if "↑" in word).strip())
            await stage.press("s")
        assert heads == ["LINK ↑", "KIND ↑", "ADDRESS ↑", "OTHER END ↑", "ON ↑", "STATE↑", "LINK ↑"]
        assert "sorted by kind" in stage.lines[1]


async def test_the_other_way_round() -> None:
    async with on_table() as stage:
        before = links(stage)
        await stage.press("S")
        assert "LINK ↓" in stage.lines[2]
        assert links(stage) == before[::-1]


async def test_sorted_by_state_trouble_is_on_top() -> None:
    async with on_table() as stage:
        while "STATE↑" not in stage.lines[2]:
            await stage.press("s")
        assert links(stage)[:3] == ["host/veth77ab01c", "shop-cache-1/eth0", "host/vethZ91kQ"]


async def test_a_click_on_a_head_sorts_and_again_turns_it() -> None:
    async with on_table() as stage:
        view = table(stage)
        address = next(span.start for span in view.spans if span.column.value == "ADDRESS")
        await stage.click(view, offset=(address + 1, 0))
        await stage.shows("ADDRESS ↑")
        await stage.click(view, offset=(address + 1, 0))
        await stage.shows("ADDRESS ↓")


async def test_the_selected_link_is_kept_when_the_order_changes() -> None:
    async with on_table() as stage:
        await select(stage, "tinderbox/eth0")
        for key in ("s", "s", "S", "s", "s", "s"):
            await stage.press(key)
            assert "tinderbox/eth0" in selected(stage)


async def test_marks_are_counted_and_stay_with_their_links() -> None:
    async with on_table(size=(80, 24)) as stage:
        await stage.press("v", "v", "v")
        assert "3 marked" in stage.lines[1]
        assert [row.startswith(" *") for row in rows(stage)[:4]] == [True, True, True, False]
        await stage.press("S", "home")
        assert "3 marked" in stage.lines[1]
        await stage.press("end")
        assert [row.startswith(" *") for row in rows(stage)[-4:]] == [False, True, True, True]
        await stage.press("v")
        assert "2 marked" in stage.lines[1]
        await stage.press("2", "3")
        assert "2 marked" in stage.lines[1]


async def test_all_that_a_filter_lets_through_can_be_marked_at_once() -> None:
    async with on_table() as stage:
        await stage.press("slash")
        await stage.type("owner:docker")
        await stage.press("enter", "V")
        assert stage.app.session.marked == {
            link.id
            for link in stage.app.session.graph.links()
            if link.kind != "loopback"
            and any(owner.runtime == "docker" for owner in stage.app.session.graph.owners(link.id.namespace))
        }
        await stage.press("V")
        assert not stage.app.session.marked


async def test_a_mark_goes_where_its_link_goes_and_ends_with_it() -> None:
    async with on_table() as stage:
        await select(stage, "sleep 41822/dummy0")
        await stage.press("v")
        (before,) = stage.app.session.marked
        there = LinkId(NamespaceId("n11"), 77)
        moved = dataclasses.replace(link_of(stage, before), id=there)
        await stage.say(LinkGone(before, moved_to=there), LinkSeen(moved))
        assert stage.app.session.marked == {there}
        await stage.say(LinkGone(there))
        assert not stage.app.session.marked


@pytest.mark.parametrize(
    ("text", "shown", "hidden"),
    [
        ("tinder", "tinderbox/eth0", "db/eth0"),
        ("!veth", "host/br0", "db/eth0"),
        ("state:down", "shop-cache-1/eth0", "db/eth0"),
        ("kind:macvlan", "backup/mv0", "db/eth0"),
        ("owner:web", "web/eth1", "db/eth0"),
        ("mac:a2:7d", "host/vxlan42", "db/eth0"),
        ("address:10.42", "lab1/eth0", "db/eth0"),
        ("kind:loop", "web/lo", "db/eth0"),
    ],
)
async def test_the_filter_speaks_the_common_language(text: str, shown: str, hidden: str) -> None:
    async with on_table() as stage:
        await stage.press("slash")
        await stage.type(text)
        await stage.press("enter")
        await stage.shows(f"/ {text}")
        assert shown in links(stage)
        assert hidden not in links(stage)
        assert f"{len(links(stage))} of 44" in stage.lines[1]
        await stage.press("escape")
        assert hidden in links(stage)


async def test_a_filter_that_is_none_says_why() -> None:
    async with on_table() as stage:
        await stage.press("slash")
        await stage.type("colour:red")
        await stage.shows("colour: is no field")


async def test_enter_opens_the_detail_and_again_goes_back() -> None:
    async with on_table(size=(80, 24)) as stage:
        await select(stage, "db/eth0")
        await stage.press("enter")
        assert "CABLE" in stage.text
        await stage.press("enter")
        assert "db/eth0" in selected(stage)


async def test_o_follows_the_cable_and_backspace_comes_back() -> None:
    async with on_table() as stage:
        await select(stage, "tinderbox/eth0")
        await stage.press("o")
        assert "host/veth8pUZr" in selected(stage)
        await stage.press("backspace")
        assert "tinderbox/eth0" in selected(stage)
        await select(stage, "backup/mv0")
        await stage.press("o")
        assert "host/eth1" in selected(stage)


async def test_o_says_why_there_is_nowhere_to_go() -> None:
    async with on_table() as stage:
        await select(stage, "sleep 41822/dummy0")
        await stage.press("o")
        await stage.shows("it has no other end")
        await select(stage, "host/vethZ91kQ")
        await stage.press("o")
        await stage.shows("hidden from us")


async def test_columns_are_chosen_and_remembered() -> None:
    async with on_table(size=(80, 24)) as stage:
        await stage.press("c", "down", "down", "space", "enter")
        assert "KIND" not in stage.lines[2]
        await stage.press("2", "3")
        assert "KIND" not in stage.lines[2]
        await stage.press("c")
        await stage.shows("always there")
        await stage.press("end", "up", *["down"] * 12, "space", "escape")
        assert "host/lo" in links(stage)


async def test_what_is_selected_on_one_screen_is_selected_on_the_other() -> None:
    async with on_stage(yamato(), WIDE) as stage:
        await stage.select("tinderbox")
        await stage.press("3")
        assert "tinderbox/eth0" in selected(stage)
        await select(stage, "lab2/eth0")
        await stage.press("2")
        assert "lab2" in stage.selected


async def test_a_change_lights_its_cell_alone() -> None:
    async with on_table() as stage:
        await stage.settle()
        old, new = Address(4, "192.168.1.50", 24), Address(4, "192.168.1.99", 24)
        await stage.say(AddressGone(TINDERBOX, old), AddressSeen(TINDERBOX, new))
        await stage.shows("192.168.1.99/24")
        assert stage.lit == ["192.168.1.99/24"]


async def test_a_link_that_is_gone_stays_for_a_moment() -> None:
    async with on_table() as stage:
        await select(stage, "sleep 41822/dummy0")
        dead = table(stage).subject
        await stage.press("home")
        assert dead is not None
        before = links(stage)
        await stage.say(LinkGone(dead))
        assert "† GONE" in stage.line_with("sleep 41822/dummy0")
        assert links(stage) == before
        stage.clock.pass_by(4)
        await stage.hides("sleep 41822/dummy0")


async def test_a_new_link_pushes_rows_apart_and_the_selected_one_keeps_its_line() -> None:
    async with on_table(size=(80, 24)) as stage:
        await select(stage, "host/br0")
        y = stage.lines.index(next(line for line in stage.lines if "host/br0" in line))
        await stage.say(LinkSeen(Link(LinkId(HOME, 900), "aaa0", "dummy", up=True, carrier=True)))
        assert "host/aaa0" in stage.text
        assert "host/br0" in stage.lines[y] or table(stage).top == 0
        assert "host/br0" in selected(stage)


async def test_a_click_selects_and_a_click_before_it_marks() -> None:
    async with on_table() as stage:
        await stage.click(table(stage), offset=(12, 4))
        assert "db/repl0" in selected(stage)
        await stage.click(table(stage), offset=(1, 4))
        await stage.shows("1 marked")


@pytest.mark.parametrize("size", [(59, 14), (60, 20), (80, 24), (120, 36), (160, 45), (200, 50)])
async def test_hostile_names_are_text_in_their_own_cells(size: tuple[int, int]) -> None:
    async with on_table(hostile_host(), size) as stage:
        for _ in range(0, table(stage).count, 10):
            for line in stage.lines:
                assert line.isprintable(), repr(line)
                assert cell_len(line) == size[0], (cell_len(line), line)
            await stage.press("pagedown", "v")


async def test_a_storm_of_sizes_and_changes_does_no_harm() -> None:
    async with on_table(size=(120, 36)) as stage:
        for number, size in enumerate([(20, 5), (80, 24), (59, 14), (160, 45), (30, 6), (61, 15), (120, 36)] * 2):
            await stage.resize(*size)
            end = link_of(stage, LinkId(HOME, 21))
            await stage.say(LinkSeen(dataclasses.replace(end, name=f"veth{number}")))
            await stage.press("down", "s")
        await stage.shows("veth13")
        assert all(cell_len(line) == 120 for line in stage.lines)


async def test_ascii_terminals_get_letters_only() -> None:
    async with on_table(look=Look(ASCII)) as stage:
        assert stage.text.isascii(), [char for char in stage.text if not char.isascii()]
        assert "LINK ^" in stage.lines[2]


def thousands(containers: int) -> list[Fact]:
    """Two links each, on one bridge."""
    home: list[Link] = [Link(LinkId(HOME, 3), "br0", "bridge", up=True, carrier=True)]
    facts: list[Fact] = []
    for number in range(containers):
        space = NamespaceId(f"n{number + 10}")
        near, far = LinkId(HOME, 100 + number), LinkId(space, 2)
        home.append(Link(near, f"veth{number}", "veth", None, 1500, True, True, "up", master=3, peer=far))
        inside = Link(far, "eth0", "veth", None, 1500, True, True, "up", peer=near)
        address = (2, Address(4, f"10.0.{number // 250}.{number % 250}", 16))
        facts += [NamespaceSeen(Namespace(space, 5 + number)), NamespaceRead(space, (inside,), (address,))]
        facts.append(OwnersSeen(space, (Owner("docker", f"worker-{number}", f"w{number}", 9000 + number),)))
    return [NamespaceSeen(Namespace(HOME, 1, home=True)), NamespaceRead(HOME, tuple(home), ()), *facts]


async def test_of_thousands_of_links_only_the_row_that_changed_is_drawn_again() -> None:
    async with on_table(thousands(2000), (120, 36)) as stage:
        assert table(stage).count == 4001
        view = table(stage)
        await stage.press("end")
        assert "worker-1999/eth0" in selected(stage)
        painted = view._painted
        assert painted is not None
        before = list(painted)
        await stage.say(LinkSeen(dataclasses.replace(link_of(stage, LinkId(NamespaceId("n2009"), 2)), mtu=9000)))
        await stage.shows("9000")
        assert sum(old != new for old, new in zip(before, view._painted or (), strict=True)) == 1
