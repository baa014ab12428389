"""The frame: screens, dialogs, sizes, themes, terminals that can show little, and the table of actions."""

import dataclasses
import os

import pytest

from model.facts import AddressSeen, Fact, LinkSeen, NamespaceRead, NamespaceSeen
from model.identity import LinkId, NamespaceId
from model.link import Address, Link
from model.namespace import Namespace
from tests.ui.stage import on_stage
from tests.yamato import yamato, yamato_day
from tui.actions import ACTIONS, EMPTY_FOOTER, FOOTER, Place, action_by_id, actions_of, bindings_of
from tui.app import Ending, JackfieldApp, Look, frame_of
from tui.screens.change.opening import KEEPS, OPENS
from tui.screens.frame import TABS
from tui.signs import ASCII, choose_signs, may_be_wide
from tui.theme import DARK_NAME, LIGHT_NAME, Depth, choose_depth, choose_theme
from tui.widgets.painted import Pane

HOME = NamespaceId("n1")
EMPTY: list[Fact] = [
    NamespaceSeen(Namespace(HOME, 4026531840, home=True)),
    NamespaceRead(
        HOME,
        (
            Link(LinkId(HOME, 1), "lo", "loopback", up=True, carrier=True),
            Link(LinkId(HOME, 2), "eth0", "device", up=True, carrier=True),
        ),
        ((1, Address(4, "127.0.0.1", 8, "host")), (2, Address(4, "192.168.1.10", 24))),
    ),
]


async def test_an_empty_host_says_what_is_there_and_what_to_do_next() -> None:
    async with on_stage(EMPTY) as stage:
        for text in ("Nothing is patched here yet.", "lo", "192.168.1.10/24", "outside", "practice lab", "(/) Filter"):
            await stage.shows(text)
        await stage.press("slash")
        await stage.shows("nothing is patched here yet")


async def test_capital_d_on_an_empty_host_asks_for_the_practice_lab() -> None:
    async with on_stage(EMPTY) as stage:
        await stage.press("D")
    assert stage.app.return_value is Ending.PRACTICE


async def test_elsewhere_the_practice_lab_says_why_not() -> None:
    async with on_stage(yamato()) as stage:
        await stage.press("D")
        await stage.shows("jackfield demo")


async def test_a_host_fills_up_while_it_is_looked_at() -> None:
    async with on_stage(EMPTY) as stage:
        await stage.say(*yamato())
        await stage.shows("tinderbox")


async def test_events_are_listed_newest_first_and_enter_goes_to_the_thing() -> None:
    async with on_stage(yamato(), (120, 36)) as stage:
        for batch in yamato_day()[:7]:
            await stage.say(*batch)
        await stage.press("5")
        await stage.shows("following")
        assert "172.18.0.13/16 added" in stage.lines[3]
        assert "pid 7001" in stage.lines[3]
        await stage.press("enter")
        await stage.until(lambda: "shop-api-1" in stage.selected, "the tree, at shop-api-1")


async def test_space_pauses_the_events() -> None:
    async with on_stage(yamato(), (120, 36)) as stage:
        days = yamato_day()
        await stage.say(*days[0])
        await stage.press("5", "space")
        await stage.shows("paused")
        await stage.say(*days[1])
        await stage.shows("1 more wait")
        await stage.press("space")
        await stage.shows("docker shop-mail-1, pid 7009")


async def test_the_events_can_be_filtered_and_what_is_gone_cannot_be_gone_to() -> None:
    async with on_stage(yamato(), (120, 36)) as stage:
        days = yamato_day()
        for batch in (days[0], days[1], days[-1]):
            await stage.say(*batch)
        await stage.press("5", "slash")
        await stage.type("veth0c4d5e6")
        await stage.press("enter")
        await stage.hides("docker shop-mail-1")
        await stage.press("escape", "enter")
        await stage.shows("it is gone")


async def test_help_shows_every_key_of_the_place() -> None:
    async with on_stage(yamato(), (80, 40)) as stage:
        await stage.press("question_mark")
        for action in actions_of(Place.TREE):
            if action.keys and not action.told_with:
                await stage.shows(action.help[:20])
        await stage.shows("SIGNS")
        await stage.press("escape")
        await stage.hides("SIGNS")


async def test_the_palette_finds_things_first_and_goes_to_them() -> None:
    async with on_stage(yamato()) as stage:
        await stage.press("colon")
        await stage.type("tinder")
        await stage.shows("192.168.1.50/24")
        await stage.press("enter")
        assert "tinderbox" in stage.selected


async def test_the_palette_does_deeds() -> None:
    async with on_stage(yamato()) as stage:
        await stage.press("ctrl+p")
        await stage.type("light")
        await stage.press("enter")
        await stage.until(lambda: stage.app.theme == LIGHT_NAME, "the light theme")


async def test_the_palette_shows_what_cannot_be_done_and_why() -> None:
    async with on_stage(yamato()) as stage:
        await stage.press("colon")
        await stage.type("practice")
        await stage.shows("(Practice lab)")


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (160, 45), (60, 15), (59, 14), (30, 6)])
@pytest.mark.parametrize("theme", [DARK_NAME, LIGHT_NAME])
async def test_every_size_holds_the_selected_name_and_no_row_is_too_wide(size: tuple[int, int], theme: str) -> None:
    async with on_stage(yamato(), size, look=Look(theme=theme)) as stage:
        await stage.press("down", "down")
        assert "eth0" in stage.text
        assert len(stage.lines) == size[1]
        assert all(len(line) == size[0] for line in stage.lines)


async def test_a_very_small_window_says_so_and_comes_back() -> None:
    async with on_stage(yamato()) as stage:
        for size in ((20, 5), (80, 24), (1, 1), (200, 60), (29, 5), (80, 24)):
            await stage.resize(*size)
            await stage.settle()
            if size in ((20, 5), (29, 5)):
                await stage.shows("too small")
        await stage.shows("tinderbox")


async def test_a_storm_of_sizes_and_changes_loses_nothing() -> None:
    async with on_stage(yamato()) as stage:
        await stage.select("tinderbox")
        sizes = [(20, 5), (120, 40), (59, 14), (80, 24)]
        for turn, batch in enumerate(yamato_day() * 2):
            stage.host.say(*batch)
            await stage.pilot.resize_terminal(*sizes[turn % 4])
        await stage.resize(80, 24)
        await stage.until(lambda: not stage.app.session.has_mail, "all facts are taken in")
        assert "tinderbox" in stage.selected


async def test_ascii_draws_with_ascii_only() -> None:
    async with on_stage(yamato(), (120, 45), look=Look(signs=ASCII)) as stage:
        assert stage.text.isascii(), [line for line in stage.lines if not line.isascii()]
        await stage.press("question_mark")
        assert stage.text.isascii()


@pytest.mark.parametrize("depth", [Depth.SIXTEEN, Depth.NONE])
async def test_terminals_with_few_colours_lose_no_word(depth: Depth) -> None:
    async with on_stage(yamato(), (120, 45)) as stage:
        await stage.learns()
        full = stage.text
    async with on_stage(yamato(), (120, 45), look=Look(depth=depth)) as stage:
        await stage.learns()
        assert stage.text == full


@pytest.mark.parametrize(
    ("environ", "depth"),
    [
        ({"TERM": "xterm-256color"}, Depth.FULL),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, Depth.FULL),
        ({"TERM": "linux"}, Depth.SIXTEEN),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, Depth.NONE),
        ({"TERM": "vt100"}, Depth.NONE),
    ],
)
def test_the_depth_follows_the_environment(environ: dict[str, str], depth: Depth) -> None:
    assert choose_depth(environ) is depth


def test_signs_are_decided_by_the_terminal() -> None:
    assert choose_signs(ascii_only=True, environ={}, encoding="utf-8") is ASCII
    assert choose_signs(environ={"TERM": "linux"}, encoding="utf-8") is ASCII
    assert choose_signs(environ={}, encoding="ANSI_X3.4-1968") is ASCII
    assert choose_signs(environ={}, encoding="UTF-8").up == "●"
    assert may_be_wide({"LANG": "ja_JP.UTF-8"})
    assert not may_be_wide({"LANG": "de_DE.UTF-8"})


def test_a_light_terminal_gets_the_light_theme() -> None:
    assert choose_theme({"COLORFGBG": "0;15"}) == LIGHT_NAME
    assert choose_theme({"COLORFGBG": "15;0"}) == DARK_NAME
    assert choose_theme({}) == DARK_NAME


@pytest.mark.parametrize("place", list(Place))
def test_every_key_of_a_place_is_one_action_s_with_a_line_in_the_help(place: Place) -> None:
    assert bindings_of(place)
    for action in actions_of(place):
        assert action.help or action_by_id(action.told_with).help


def test_every_action_is_done_somewhere() -> None:
    screens = {place: frame_of(place) for place in Place}
    assert all(frame.PLACE is place for place, frame in screens.items())
    for action in ACTIONS:
        deed = "do_" + action.id.replace("-", "_")
        for place in action.places:
            done = hasattr(screens[place], deed) or hasattr(JackfieldApp, deed) or action.id in OPENS | KEEPS
            assert done, (action.id, place)
    assert {action_by_id(name) for names in (*FOOTER.values(), EMPTY_FOOTER) for name in names} <= set(ACTIONS)
    assert {tab.id for tab in TABS} == {place.value for place in Place} - {Place.FOCUS}


async def test_who_did_it_is_named_in_the_events_where_that_could_be_told() -> None:
    async with on_stage(yamato(), (120, 36)) as stage:
        inside, text = LinkId(NamespaceId("n11"), 2), "192.168.1.{}"
        asked = [(812, "dhcl\x1bient"), (813, None), (os.getpid(), None), (0, None)]
        for number, (pid, comm) in enumerate(asked):
            await stage.say(AddressSeen(inside, Address(4, text.format(200 + number), 24), pid, comm))
        await stage.press("5")
        assert stage.line_with("192.168.1.200").endswith("dhcl\\x1bient 812")
        assert stage.line_with("192.168.1.201").endswith(" pid 813")
        assert stage.line_with("192.168.1.202").endswith(" you")
        assert stage.line_with("192.168.1.203").endswith("added")
        await stage.press("end")
        await stage.shows("by dhcl\\x1bient 812")


@pytest.mark.parametrize("key", ["1", "2", "3", "5", "f"])
async def test_what_happens_while_it_ends_does_no_harm(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The panes are gone before the app is, and the host goes on talking."""
    told: list[str] = []
    async with on_stage(yamato()) as stage:
        await stage.press(key)
        link = stage.app.session.graph.link(LinkId(HOME, 23))
        assert link is not None

        def on_unmount(pane: Pane) -> None:
            told.append(pane.name or "")
            stage.host.say(LinkSeen(dataclasses.replace(link, mtu=9000 + len(told))))
            stage.app.post_message(Pane.Viewed())

        monkeypatch.setattr(Pane, "on_unmount", on_unmount, raising=False)
    assert told


async def test_what_is_read_again_and_is_the_same_draws_nothing_anew() -> None:
    async with on_stage(yamato(), (120, 36)) as stage:
        session = stage.app.session
        link = next(iter(session.graph.links()))
        session.deliver([LinkSeen(link)])
        assert not session.take_in().has_facts
        session.deliver([LinkSeen(dataclasses.replace(link, mtu=9000))])
        assert session.take_in().has_facts
