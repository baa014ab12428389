"""The tree: every key, what it shows, and that nothing loses its place."""

import dataclasses

import pytest

from model.facts import AddressGone, AddressSeen, LinkGone, LinkSeen, NamespaceGone, Resynced, Visibility
from model.identity import LinkId, NamespaceId
from model.link import Address, Link
from tests.ui.stage import Stage, on_stage
from tests.yamato import HOME, yamato

TINDERBOX = LinkId(NamespaceId("n11"), 2)
HOST_END = LinkId(HOME, 21)


def link(stage: Stage, link_id: LinkId) -> Link:
    found = stage.app.session.graph.link(link_id)
    assert found is not None
    return found


async def test_a_row_is_a_cable_read_from_left_to_right() -> None:
    async with on_stage(yamato(), (120, 36)) as stage:
        row = stage.line_with("tinderbox")
        for text in ("tinderbox", "lxc", "● up", "192.168.1.50/24", "veth8pUZr"):
            assert text in row


async def test_a_second_cable_says_where_it_leads_and_stands_there_too() -> None:
    async with on_stage(yamato(), (120, 40)) as stage:
        assert "veth3f0a1bc → C" in stage.line_with("eth1 ")
        assert "veth3f0a1bc" in stage.line_with("web/eth1")


@pytest.mark.parametrize(
    "text",
    [
        "A br0",
        "7 ports",
        "D eth1",
        "3 children",
        "vepa",
        "ledger+tally",
        "sleep 41822",
        "peer unknown",
        "not on a bridge",
    ],
)
async def test_everything_of_the_sample_host_has_its_row(text: str) -> None:
    async with on_stage(yamato(), (120, 60)) as stage:
        assert text in stage.text


async def test_counts_colour_only_what_is_wrong() -> None:
    async with on_stage(yamato(), (120, 36)) as stage:
        assert "17 namespaces · 44 links · 1 down · 1 unknown" in stage.lines[1]
        assert "○ DOWN" in stage.line_with("shop-cache-1")


async def test_arrows_and_letters_move() -> None:
    async with on_stage(yamato()) as stage:
        await stage.press("down", "j", "down")
        assert "tinderbox" in stage.selected
        await stage.press("up", "k")
        assert "br0" in stage.selected
        await stage.press("end")
        assert "sleep 41822" in stage.selected
        await stage.press("home")
        assert "yamato" in stage.selected


async def test_right_unfolds_then_crosses_the_cable_and_left_comes_back() -> None:
    async with on_stage(yamato(), (120, 36)) as stage:
        await stage.select("tinderbox")
        await stage.press("right")
        assert "- tinderbox" in stage.selected
        await stage.press("down", "right")
        assert stage.tree.subject == HOST_END
        assert "veth8pUZr" in stage.lines[1]
        await stage.press("left")
        assert stage.tree.subject == TINDERBOX
        await stage.press("left", "left")
        assert "+ tinderbox" in stage.selected


async def test_space_folds_and_capital_z_folds_all() -> None:
    async with on_stage(yamato(), (120, 45)) as stage:
        await stage.select("br0")
        await stage.press("space")
        await stage.hides("tinderbox ")
        assert "+ A br0" in stage.selected
        await stage.press("space")
        await stage.shows("tinderbox ")
        await stage.press("Z")
        assert "shop-web-1" not in stage.text
        assert "docker0" in stage.text
        await stage.press("Z")
        assert "shop-web-1" in stage.text


async def test_brackets_go_from_bridge_to_bridge() -> None:
    async with on_stage(yamato(), (120, 45)) as stage:
        await stage.press("]", "]")
        assert "docker0" in stage.selected
        await stage.press("[")
        assert "br0" in stage.selected


async def test_o_follows_a_direct_cable_and_backspace_returns() -> None:
    async with on_stage(yamato(), (120, 45)) as stage:
        await stage.select("↔ web/repl0")
        await stage.press("o")
        assert "↔ db/repl0" in stage.selected
        await stage.press("backspace")
        assert "↔ web/repl0" in stage.selected


async def test_o_goes_to_the_other_bridge_and_home_again() -> None:
    async with on_stage(yamato(), (120, 45)) as stage:
        await stage.select("veth3f0a1bc → C")
        await stage.press("o")
        assert "web/eth1" in stage.selected
        await stage.press("o")
        assert "→ C" in stage.selected


async def test_o_shows_the_host_end_of_a_plain_cable() -> None:
    async with on_stage(yamato(), (120, 36)) as stage:
        await stage.select("tinderbox")
        start = stage.tree.subject
        await stage.press("o")
        assert stage.tree.subject == HOST_END
        await stage.press("backspace")
        assert stage.tree.subject == start
        await stage.press("o", "o")
        assert stage.tree.subject == TINDERBOX


async def test_o_says_why_there_is_nothing_to_follow() -> None:
    async with on_stage(yamato(), (120, 45)) as stage:
        await stage.select("vethZ91kQ")
        await stage.press("o")
        await stage.shows("its other end is in a namespace that is hidden from us")


async def test_enter_shows_the_whole_detail_and_gives_the_screen_back() -> None:
    async with on_stage(yamato()) as stage:
        await stage.select("tinderbox")
        await stage.press("enter")
        for text in ("CABLE", "port 2 · forwarding", "lxc, pid 4242", "00:16:3e"):
            await stage.shows(text)
        await stage.press("backspace")
        await stage.shows("OTHER END")


async def test_the_strip_says_the_most_in_three_lines() -> None:
    async with on_stage(yamato()) as stage:
        await stage.select("tinderbox")
        await stage.shows("port 2 of A br0, forwarding")
        assert "192.168.1.50/24  fe80::216:3eff:fe5a:1c02/64  mac 00:16:3e" in stage.text


async def test_y_copies_the_address_in_the_form_that_can_be_typed() -> None:
    async with on_stage(yamato()) as stage:
        await stage.select("tinderbox")
        await stage.press("y")
        assert stage.app.clipboard == "tinderbox/eth0"


async def test_slash_filters_and_escape_shows_all_again() -> None:
    async with on_stage(yamato(), (120, 45)) as stage:
        await stage.press("slash")
        await stage.type("shop-api")
        await stage.hides("tinderbox  ")
        assert "shop-api-1" in stage.text
        await stage.press("enter")
        assert "/ shop-api" in stage.lines[1]
        await stage.press("escape")
        await stage.shows("tinderbox")


@pytest.mark.parametrize(
    ("typed", "found", "hidden"),
    [
        ("state:down", "shop-cache-1", "tinderbox"),
        ("kind:macvlan", "backup", "tinderbox"),
        ("owner:tally", "ledger+tally", "tinderbox"),
        ("veth8pUZr", "tinderbox", "shop-web-1"),
        ("192.168.1.51", "db", "tinderbox"),
        ("veth !docker", "tinderbox", "shop-web-1"),
    ],
)
async def test_the_filter_knows_fields_both_ends_and_not(typed: str, found: str, hidden: str) -> None:
    async with on_stage(yamato(), (120, 45)) as stage:
        await stage.press("slash")
        await stage.type(typed)
        await stage.hides(f"{hidden} ")
        assert found in stage.text


async def test_a_filter_that_is_none_says_why() -> None:
    async with on_stage(yamato(), (120, 45)) as stage:
        await stage.press("slash")
        await stage.type("state:bent")
        await stage.press("enter")
        await stage.shows("no such state")


async def test_the_selection_keeps_its_row_and_its_line_when_things_come_and_go() -> None:
    async with on_stage(yamato(), (120, 24)) as stage:
        await stage.select("scanner")
        y = stage.tree.cursor - stage.tree.top
        assert stage.tree.top > 2
        port = link(stage, LinkId(HOME, 2))
        fresh = dataclasses.replace(port, id=LinkId(HOME, 20), name="eth9")
        await stage.say(LinkSeen(fresh))
        assert "scanner" in stage.selected
        assert stage.tree.cursor - stage.tree.top == y
        await stage.say(LinkGone(HOST_END), LinkGone(TINDERBOX), NamespaceGone(TINDERBOX.namespace), LinkGone(fresh.id))
        stage.clock.pass_by(10)
        await stage.hides("tinderbox")
        assert "scanner" in stage.selected
        assert stage.tree.cursor - stage.tree.top == y


async def test_a_rename_is_seen_at_once_and_flashes() -> None:
    async with on_stage(yamato(), (120, 36)) as stage:
        await stage.say(LinkSeen(dataclasses.replace(link(stage, HOST_END), name="vethNew")))
        await stage.shows("vethNew")
        flash = stage.app.pen.inks("text", "flash").bgcolor
        strips = stage.app.screen._compositor.render_strips()  # Textual has no other way to its rows
        lit = [
            segment.text for strip in strips for segment in strip if segment.style and segment.style.bgcolor == flash
        ]
        assert lit == ["vethNew"]
        stage.clock.pass_by(3)
        await stage.until(lambda: not stage.tree._flashes, "the flash fades")  # nothing else tells


async def test_what_is_gone_stays_as_a_tombstone_for_three_seconds() -> None:
    async with on_stage(yamato(), (120, 36)) as stage:
        await stage.say(LinkGone(HOST_END), LinkGone(TINDERBOX), NamespaceGone(TINDERBOX.namespace))
        await stage.shows("† GONE")
        assert "tinderbox" in stage.line_with("† GONE")
        stage.clock.pass_by(3.5)
        await stage.hides("GONE")


async def test_an_address_that_changes_is_one_event() -> None:
    async with on_stage(yamato(), (160, 45)) as stage:
        old, new = Address(4, "192.168.1.50", 24), Address(4, "192.168.1.99", 24)
        await stage.say(AddressGone(TINDERBOX, old), AddressSeen(TINDERBOX, new))
        await stage.shows("192.168.1.50/24 became 192.168.1.99/24")


async def test_a_loss_and_the_reading_after_it_are_told() -> None:
    async with on_stage(yamato(), (120, 36)) as stage:
        await stage.say(Resynced("1204 events were lost", 12.0))
        stage.clock.pass_by(0.5)
        await stage.shows("~ RESYNCED")
        await stage.shows("Everything was read again in 12 ms")
        stage.clock.pass_by(11)
        await stage.shows("● LIVE")


async def test_what_cannot_be_seen_is_told_with_the_way_out() -> None:
    hidden = Visibility(complete=False, missing=("not root: other namespaces are hidden, start with sudo to see them",))
    async with on_stage([*yamato()[:-1], hidden]) as stage:
        await stage.shows("! PARTIAL")
        await stage.shows("! Not root: other namespaces are hidden, start with sudo to see them")


async def test_read_only_is_shown() -> None:
    async with on_stage(yamato(), read_only=True) as stage:
        await stage.shows("■ READ-ONLY")


async def test_q_ends_the_program_and_closes_the_host() -> None:
    async with on_stage(yamato()) as stage:
        await stage.press("q")
    assert stage.host.closed


async def test_the_host_is_told_what_is_on_the_screen() -> None:
    async with on_stage(yamato(), (120, 36)) as stage:
        await stage.until(lambda: TINDERBOX in stage.host.watched, "tinderbox is watched")


async def test_f10_gives_the_tree_the_whole_width() -> None:
    async with on_stage(yamato(), (120, 36)) as stage:
        await stage.press("f10")
        await stage.until(lambda: stage.tree.size.width == 120, "the tree is as wide as the screen")
        await stage.press("escape")
        await stage.until(lambda: stage.tree.size.width < 120, "the detail is back")


async def test_tab_goes_to_the_detail_and_back() -> None:
    async with on_stage(yamato(), (120, 36)) as stage:
        await stage.press("tab")
        assert stage.app.focused is not stage.tree
        await stage.press("tab")
        assert stage.app.focused is stage.tree


async def test_a_click_selects_and_a_click_on_the_sign_folds() -> None:
    async with on_stage(yamato(), (120, 36)) as stage:
        y = next(y for y, line in enumerate(stage.lines) if "web " in line and "lxc" in line)
        await stage.click(offset=(20, y))
        assert "web" in stage.selected
        await stage.click(offset=(5, y))
        assert "+ web" in stage.selected
