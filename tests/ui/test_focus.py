"""The focus: every key, what it shows, and that it follows what happens."""

import dataclasses

import pytest
from rich.cells import cell_len

from model.facts import LinkGone, LinkSeen
from model.identity import LinkId, NamespaceId
from tests.hostile import hostile_host
from tests.ui.stage import Stage, on_stage
from tests.yamato import HOME, yamato
from tui.actions import Place
from tui.app import Look
from tui.screens.focus import FocusScreen
from tui.signs import ASCII
from tui.widgets.focus_view import FocusView

WIDE = (120, 36)
BR0 = LinkId(HOME, 3)
WEB = NamespaceId("n13")


def view(stage: Stage) -> FocusView:
    assert isinstance(stage.app.frame, FocusScreen), stage.text
    return stage.app.frame.view


async def look_at(stage: Stage, subject: LinkId | NamespaceId) -> None:
    await stage.press("f")
    view(stage).centre_on(subject)
    await stage.settle()


async def test_f_looks_at_what_is_selected_from_any_screen_and_esc_goes_back_there() -> None:
    async with on_stage(yamato(), WIDE) as stage:
        await stage.select("br0")
        for key, place in (("1", Place.MAP), ("2", Place.TREE), ("3", Place.TABLE)):
            await stage.press(key)
            await stage.press("f")
            assert "focus, 2 hops" in stage.lines[1]
            await stage.press("escape")
            assert stage.app.frame is not None
            assert stage.app.frame.PLACE is place


async def test_f_looks_at_the_thing_of_an_event() -> None:
    async with on_stage(yamato(), WIDE) as stage:
        link = stage.app.session.graph.link(LinkId(HOME, 23))
        assert link is not None
        await stage.say(LinkSeen(dataclasses.replace(link, mtu=9000)))
        await stage.press("5", "f")
        assert "vethQ7c1dX" in stage.lines[1]
        await stage.press("escape")
        assert "events" in stage.lines[1]


async def test_a_container_its_bridges_and_who_else_is_on_them_are_three_columns() -> None:
    async with on_stage(yamato(), WIDE) as stage:
        await look_at(stage, WEB)
        for text in ("FOCUS", "1 HOP", "2 HOPS", " web ", " br0 ", " db ", "direct veth", "veth8pUZr", "+2 more"):
            assert text in stage.text, stage.text
        assert "web is plugged into A br0 and C br-7f2c9a1b0d3e" in stage.text


async def test_arrows_walk_the_boxes_and_tab_goes_through_all() -> None:
    async with on_stage(yamato(), WIDE) as stage:
        await look_at(stage, WEB)
        assert view(stage).subject == WEB
        await stage.press("right")
        assert view(stage).subject == BR0
        await stage.press("down", "down")
        assert view(stage).subject == NamespaceId("n12")
        await stage.press("up", "up", "right")
        assert view(stage).subject == LinkId(HOME, 2)
        await stage.press("left", "left")
        assert view(stage).subject == WEB
        seen = set()
        for _ in range(len(view(stage)._all())):
            seen.add(view(stage)._meant)
            await stage.press("tab")
        assert len(seen) == len(view(stage)._all())
        assert view(stage).subject == WEB
        await stage.press("shift+tab")
        assert view(stage).subject != WEB


async def test_enter_looks_at_the_selected_box_and_backspace_goes_back_and_out() -> None:
    async with on_stage(yamato(), WIDE) as stage:
        await look_at(stage, WEB)
        await stage.press("right", "enter")
        assert "web › br0 › focus" in stage.lines[1]
        assert view(stage).subject == BR0
        await stage.press("backspace")
        assert view(stage).visit is not None
        assert view(stage).subject == WEB
        await stage.press("backspace", "backspace")
        assert stage.app.frame is not None
        assert stage.app.frame.PLACE is Place.TREE


async def test_enter_on_a_link_in_the_centre_looks_at_whose_it_is() -> None:
    async with on_stage(yamato(), WIDE) as stage:
        await look_at(stage, LinkId(WEB, 2))
        assert "br-7f2c9a1b0d3e" not in stage.text
        await stage.press("enter")
        assert "br-7f2c9a1b0d3e" in stage.text


async def test_o_looks_at_the_other_end_of_the_cable_and_backspace_comes_back() -> None:
    async with on_stage(yamato(), WIDE) as stage:
        await look_at(stage, LinkId(WEB, 2))
        await stage.press("o")
        assert view(stage).subject == LinkId(HOME, 23)
        await stage.press("o")
        assert view(stage).subject == LinkId(WEB, 2)
        await stage.press("backspace")
        assert view(stage).subject == LinkId(HOME, 23)


async def test_o_says_why_it_cannot_follow() -> None:
    async with on_stage(yamato(), WIDE) as stage:
        await look_at(stage, WEB)
        await stage.press("o")
        await stage.shows("this is no cable: choose one of its links")
        await look_at(stage, LinkId(HOME, 62))
        await stage.press("o")
        await stage.shows("its other end is in a namespace that is hidden from us")


async def test_more_and_fewer_hops() -> None:
    async with on_stage(yamato(), (160, 45)) as stage:
        await look_at(stage, WEB)
        await stage.press("underscore")
        assert "2 HOPS" not in stage.text
        assert "focus, 1 hop" in stage.lines[1]
        await stage.press("underscore")
        await stage.shows("the nearest neighbours are always shown")
        await stage.press("plus", "plus")
        assert "3 HOPS" in stage.text
        for _ in range(8):
            await stage.press("plus")
        await stage.shows("make the window wider")


async def test_more_is_one_line_and_enter_opens_it() -> None:
    async with on_stage(yamato(), WIDE) as stage:
        await look_at(stage, WEB)
        await stage.press("right", "right", "end")
        while "+2 more" not in stage.line_with("more  enter opens"):
            await stage.press("up")
        await stage.press("tab")
        view(stage)._mean(next(one for one in view(stage)._picture.mores if one.hidden == 2))  # type: ignore[union-attr] # it is drawn
        await stage.press("enter")
        assert "+2 more" not in stage.text


async def test_what_happens_is_drawn_at_once() -> None:
    async with on_stage(yamato(), WIDE) as stage:
        await look_at(stage, WEB)
        link = stage.app.session.graph.link(LinkId(HOME, 23))
        assert link is not None
        await stage.say(LinkSeen(dataclasses.replace(link, name="renamed0")))
        await stage.shows("renamed0")
        await stage.say(LinkSeen(dataclasses.replace(link, master=7)))
        await stage.shows("br-lab")
        assert "A br0 and" not in stage.text


async def test_what_is_gone_is_said_and_can_be_left() -> None:
    async with on_stage(yamato(), WIDE) as stage:
        await look_at(stage, LinkId(HOME, 9))
        await stage.say(LinkGone(LinkId(HOME, 9)))
        await stage.shows("It is gone.")
        await stage.press("escape")
        assert stage.app.frame is not None
        assert stage.app.frame.PLACE is Place.TREE


async def test_a_filter_dims_and_hides_nothing() -> None:
    async with on_stage(yamato(), WIDE) as stage:
        await look_at(stage, WEB)
        before = stage.lines[3:20]
        await stage.press("slash")
        await stage.type("owner:db")
        await stage.press("enter")
        assert stage.lines[3:20] == before
        assert len(view(stage)._dimmed()) > 3
        await stage.press("escape")
        assert not view(stage)._dimmed()


async def test_a_click_selects_and_two_look_at_it() -> None:
    async with on_stage(yamato(), WIDE) as stage:
        await look_at(stage, WEB)
        y = next(number for number, line in enumerate(stage.lines) if " br0 " in line and number > 2)
        x = stage.lines[y].index("br0")
        await stage.click(offset=(x, y + 1))
        assert view(stage).subject == BR0
        await stage.click(offset=(x, y + 1), times=2)
        await stage.until(lambda: view(stage).visit is not None and view(stage).trail[-1] == BR0, "br0 is looked at")


@pytest.mark.parametrize("size", [(30, 8), (59, 14), (80, 24), (120, 36), (160, 45)])
async def test_hostile_names_are_text_in_their_own_cells(size: tuple[int, int]) -> None:
    async with on_stage(hostile_host(), size) as stage:
        await stage.press("f")
        graph = stage.app.session.graph
        spaces: list[LinkId | NamespaceId] = [space.id for space in graph.namespaces()]
        for subject in (*spaces[:20], LinkId(HOME, 10)):
            view(stage).centre_on(subject)
            await stage.settle()
            for line in stage.lines:
                assert line.isprintable(), repr(line)
                assert cell_len(line) == size[0], (cell_len(line), line)


async def test_a_storm_of_sizes_and_changes_does_no_harm() -> None:
    async with on_stage(yamato(), WIDE) as stage:
        await look_at(stage, WEB)
        link = stage.app.session.graph.link(LinkId(HOME, 23))
        assert link is not None
        for number, size in enumerate([(20, 5), (80, 24), (59, 14), (160, 45), (30, 6), (61, 15), WIDE] * 2):
            await stage.resize(*size)
            await stage.say(LinkSeen(dataclasses.replace(link, name=f"veth{number}", master=3 + number % 2 * 4)))
            await stage.press("right", "down", "enter", "backspace")
            if not isinstance(stage.app.frame, FocusScreen):
                await look_at(stage, WEB)
        assert all(cell_len(line) == 120 for line in stage.lines)


async def test_ascii_terminals_get_letters_only() -> None:
    async with on_stage(yamato(), WIDE, look=Look(ASCII)) as stage:
        await look_at(stage, WEB)
        assert stage.text.isascii(), [char for char in stage.text if not char.isascii()]
        assert "#" in stage.text
