"""The detail: rates, tables that are live while they are on the screen, and what can be done with their entries."""

import dataclasses
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from model.facts import AddressSeen, HolderSeen, LinkGone, LinkSeen, NamespaceGone
from model.findings.observed import Observed
from model.identity import LinkId, NamespaceId
from model.learned import TOLD_S
from model.link import Address, BridgePort, Link, Macvlan
from model.nic import Nic
from model.rates import Counters
from model.tables import ForwardingEntry, Neighbour, Route, Tables
from tests.hostile import LINK_NAMES
from tests.ui.stage import Stage, on_stage
from tests.ui.test_hostile import is_sound
from tests.yamato import HOME, yamato
from tui import tables_reader
from tui.app import Look
from tui.diagnosis import Looked
from tui.screens.patch import PatchScreen
from tui.signs import ASCII
from tui.widgets.detail import DetailPane

BOX = NamespaceId("n11")
TINDERBOX = LinkId(BOX, 2)
HOST_END = LinkId(HOME, 21)
BR0 = LinkId(HOME, 3)
OWN_MAC = "00:16:3e:5a:1a:02"
"""tinderbox's."""
WIDE = (120, 50)

ON_HOST = Tables(
    HOME,
    (Neighbour(3, "192.168.1.1", "d8:3a:dd:10:4e:01", "reachable"),),
    (
        ForwardingEntry(3, 21, OWN_MAC, "learned", 0.2),
        ForwardingEntry(3, 2, "d8:3a:dd:10:4e:01", "learned", 250.0),
        ForwardingEntry(3, 21, "02:00:00:00:00:99", "own"),
    ),
    (Route(4, "default", "192.168.1.1", 3, metric=100),),
)
IN_BOX = Tables(
    BOX,
    (Neighbour(2, "192.168.1.52", "00:16:3e:5a:24:02", "stale"),),
    (),
    (Route(4, "default", "192.168.1.1", 2), Route(4, "192.168.1.0/24", None, 2, "192.168.1.50")),
)


@pytest.fixture(autouse=True)
def _read_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test need not wait for two seconds."""
    monkeypatch.setattr(tables_reader, "EVERY_S", 0.05)
    monkeypatch.setattr(tables_reader, "SOON_S", 0.01)


@asynccontextmanager
async def looking_at(
    subject: LinkId | NamespaceId, size: tuple[int, int] = WIDE, look: Look | None = None
) -> AsyncIterator[Stage]:
    """The sample host, with something selected and something learned."""
    async with on_stage(yamato(), size, look=look) as stage:
        stage.host.learned = {HOME: ON_HOST, BOX: IN_BOX}
        await go_to(stage, subject)
        yield stage


async def go_to(stage: Stage, subject: LinkId | NamespaceId) -> None:
    assert isinstance(stage.app.frame, PatchScreen)
    assert stage.app.frame.go_to(subject)
    await stage.settle()


async def count(stage: Stage, link: LinkId, *readings: Counters) -> None:
    await stage.until(lambda: link in stage.host.watched, f"{link} is watched")
    for reading in readings:
        stage.host.count({link: reading})
    await stage.until(lambda: not stage.app.session.has_mail, "the counters are taken in")


def detail(stage: Stage) -> DetailPane:
    assert stage.app.frame is not None
    return stage.app.frame.query_one(DetailPane)


def pane_text(stage: Stage) -> str:
    region = detail(stage).region
    return "\n".join(line[region.x : region.right].rstrip() for line in stage.lines[region.y : region.bottom])


def seconds(received: int, sent: int, times: int = 2, **more: int) -> Iterator[Counters]:
    """So many bytes in each second."""
    return (Counters(100.0 + at, received * at, sent * at, **more) for at in range(times))


# Rates


async def test_the_rate_of_an_inside_end_is_its_own() -> None:
    async with looking_at(TINDERBOX) as stage:
        await count(stage, TINDERBOX, *seconds(287_500, 12_000))
        assert "RATE  as tinderbox sees it" in stage.text
        assert "2.3 Mb/s" in stage.line_with("│ in ")
        assert "96 kb/s" in stage.line_with("│ out ")
        assert "errors  0    drops 0" in stage.text


async def test_the_rate_of_the_host_end_is_told_from_the_inside_too() -> None:
    async with looking_at(TINDERBOX) as stage:
        await stage.press("o")
        await count(stage, HOST_END, *seconds(12_000, 287_500))
        assert "RATE  as tinderbox sees it" in stage.text
        assert "2.3 Mb/s" in stage.line_with("│ in ")


async def test_a_minute_is_drawn_and_silence_differs_from_what_was_not_read() -> None:
    async with looking_at(TINDERBOX) as stage:
        await count(stage, TINDERBOX, *seconds(1_000_000, 0, 61))
        assert "▇▇▇▇▇▇▇" in stage.line_with("│ in ")
        assert "·······" in stage.line_with("│ out ")
    async with looking_at(TINDERBOX) as stage:
        await count(stage, TINDERBOX, *seconds(1_000_000, 0))
        assert "▇▇" not in stage.line_with("│ in ")


async def test_errors_and_drops_stand_out_only_when_there_are_some_in_the_last_minute() -> None:
    async with looking_at(TINDERBOX) as stage:
        await count(stage, TINDERBOX, *seconds(1, 1, rx_dropped=7))
        assert "7 in all" in stage.line_with("│ drops")
        await stage.until(lambda: not coloured(stage, "caution", "danger"), "nothing stands out")
        await count(stage, TINDERBOX, Counters(102.0, 9, 9, rx_dropped=9, tx_errors=3))
        assert coloured(stage, "caution") == ["2"]
        assert coloured(stage, "danger") == ["3"]


def coloured(stage: Stage, *inks: str) -> list[str]:
    """What is written in these inks in the pane."""
    colours = [stage.app.pen.inks(ink).color for ink in inks]
    region = detail(stage).region
    strips = stage.app.screen._compositor.render_strips()  # Textual has no other way to its rows
    return [
        segment.text.strip()
        for strip in strips[region.y : region.bottom]
        for segment in strip.crop(region.x, region.right)
        if segment.style is not None and segment.style.color in colours and segment.text.strip()
    ]


async def test_a_bridge_says_that_it_counts_only_for_the_host() -> None:
    async with looking_at(BR0) as stage:
        await count(stage, BR0, *seconds(1, 1))
        assert "as the host sees it" in stage.text
        assert "its own, not what its ports" in stage.text


async def test_the_strip_shows_the_rate_in_one_line() -> None:
    async with looking_at(TINDERBOX, (80, 24)) as stage:
        await count(stage, TINDERBOX, *seconds(287_500, 12_000, 61))
        line = stage.line_with("2.3 Mb/s")
        for text in ("in ", "out ", "96 kb/s", "errors 0", "drops 0", "▇▇"):
            assert text in line


async def test_the_rates_need_no_letter_that_ascii_has_not() -> None:
    async with looking_at(TINDERBOX, look=Look(signs=ASCII)) as stage:
        await count(stage, TINDERBOX, *seconds(287_500, 12_000, 61))
        await stage.shows("NEIGHBOURS")
        assert stage.text.isascii()


async def test_what_is_selected_and_what_is_listed_is_counted() -> None:
    async with looking_at(BR0, (160, 60)) as stage:
        await stage.until(lambda: BR0 in stage.host.watched, "the bridge")
        await stage.press("enter")
        await stage.until(lambda: {BR0, HOST_END} <= set(stage.host.watched), "its ports")


# Tables


async def test_a_container_s_link_shows_what_was_learned_on_its_port_and_its_neighbours_and_routes() -> None:
    async with looking_at(TINDERBOX, (120, 45)) as stage:
        await stage.shows("1 MAC")
        assert "1 MAC" in stage.line_with("LEARNED ON THE PORT")
        assert "0 s" in stage.line_with(f"│ {OWN_MAC}  ")
        await stage.shows("192.168.1.52   ")  # another namespace's tables
        assert "stale" in stage.line_with("192.168.1.52   ")
        await stage.press("tab", "end")
        assert "via 192.168.1.1 eth0" in stage.line_with("default")


async def test_the_whole_screen_says_whose_each_mac_is_and_where_it_fades() -> None:
    async with looking_at(BR0, (100, 40)) as stage:
        await stage.press("enter")
        await stage.shows("MAC                PORT          WHO")
        assert "tinderbox/eth0" in stage.line_with(OWN_MAC + "  veth8pUZr")
        assert "outside" in stage.line_with("d8:3a:dd:10:4e:01  eth0")
        assert "250 s  fades at 300 s" in stage.text
        assert "02:00:00:00:00:99" not in stage.text


async def test_a_mac_on_a_port_that_is_not_its_owner_s_is_marked() -> None:
    async with looking_at(BR0) as stage:
        stage.host.learned[HOME] = dataclasses.replace(
            ON_HOST, forwarding=(ForwardingEntry(3, 22, OWN_MAC, "learned", 1.0),)
        )
        await stage.press("enter")
        await stage.shows("tinderbox/eth0, not db's")


async def test_changes_are_marked_by_a_word_and_fade() -> None:
    async with looking_at(BR0, (100, 40)) as stage:
        await stage.press("enter")
        await stage.shows("1, host")
        moved = tuple(
            dataclasses.replace(entry, port=22) if entry.mac == OWN_MAC else entry for entry in ON_HOST.forwarding
        )
        stage.host.learned[HOME] = dataclasses.replace(
            ON_HOST,
            forwarding=(*moved, ForwardingEntry(3, 25, "52:54:00:7f:b4:72", "learned", 0.0)),
            neighbours=(*ON_HOST.neighbours, Neighbour(3, "192.168.1.77", None, "failed")),
        )
        await stage.shows("failed")
        assert stage.line_with(OWN_MAC + "  vethK2mQa1").endswith("moved")
        assert stage.line_with("52:54:00:7f:b4:72").endswith("new")
        assert any("52:54:00:7f:b4:72" in text for text in stage.lit)
        stage.clock.pass_by(5)
        await stage.until(lambda: not stage.lit, "nothing flashes any more")
        assert stage.line_with("52:54:00:7f:b4:72").endswith("new")
        stage.clock.pass_by(TOLD_S)
        await stage.until(lambda: not stage.line_with("52:54:00:7f:b4:72").endswith("new"), "the word is gone")


async def test_a_nic_tells_its_speed_and_its_driver() -> None:
    async with looking_at(LinkId(HOME, 2), (160, 45)) as stage:
        nics = {LinkId(HOME, 2): Nic("igc", 2500, "full"), LinkId(NamespaceId("n24"), 3): Nic("e1000e", 100)}
        stage.host.seen = Observed(nics=nics)
        stage.app.post_message(Looked(stage.host.seen))
        await stage.shows("nic     2.5 Gb/s, full duplex, igc")
        await go_to(stage, TINDERBOX)
        await stage.shows("● eth0  outside, 2.5 Gb/s")
        await stage.press("1")
        assert " eth0     2.5 Gb/s ━" in stage.line_with(" br0  bridge ")


async def test_a_namespace_that_cannot_be_read_says_so_once_and_why() -> None:
    async with on_stage(yamato(), WIDE) as stage:
        await go_to(stage, TINDERBOX)
        await stage.until(lambda: stage.text.count("unreadable") == 3, "all three tables say it")
        assert stage.text.count("no descriptor of namespace n11") == 1


async def test_a_namespace_may_die_while_its_tables_are_read() -> None:
    entered, died = threading.Event(), threading.Event()

    def tables(namespace: NamespaceId) -> Tables:
        if namespace == BOX:
            entered.set()
            died.wait(5)
        raise OSError(3, "No such process")

    async with looking_at(TINDERBOX) as stage:
        stage.host.tables = tables  # type: ignore[method-assign]  # a reading that takes its time
        await stage.until(entered.is_set, "the reading has begun")
        await stage.say(LinkGone(HOST_END), LinkGone(TINDERBOX), NamespaceGone(BOX))
        died.set()
        await stage.hides("tinderbox sees it")
        await stage.until(lambda: stage.app.session.learned.found(BOX) is None, "it is forgotten")
        await go_to(stage, BR0)
        await stage.shows("No such process")


async def test_nothing_is_read_while_no_table_is_on_the_screen() -> None:
    async with looking_at(TINDERBOX, (80, 24)) as stage:
        reads = noted_reads(stage)
        await stage.pilot.pause(4 * tables_reader.EVERY_S)
        assert not reads
        await stage.press("enter")
        await stage.until(lambda: {HOME, BOX} <= set(reads), "the whole screen reads both namespaces")
        await stage.press("escape")
        await quiet(stage, reads)
        await stage.press("enter")
        await stage.until(lambda: bool(reads), "it reads again")
        await stage.press("question_mark")
        await quiet(stage, reads)


def noted_reads(stage: Stage) -> list[NamespaceId]:
    """Grows with each namespace that is read from now on."""
    reads: list[NamespaceId] = []
    find = stage.host.tables

    def tables(namespace: NamespaceId) -> Tables:
        reads.append(namespace)
        return find(namespace)

    stage.host.tables = tables  # type: ignore[method-assign]  # to see who asks
    return reads


async def quiet(stage: Stage, reads: list[NamespaceId]) -> None:
    """Nothing is wanted any more, and after what was on its way nothing is read."""
    await stage.until(lambda: not stage.app._tables._wanted, "nothing is wanted")  # nobody else tells
    for _ in range(20):
        reads.clear()
        await stage.pilot.pause(4 * tables_reader.EVERY_S)
        if not reads:
            return
    raise AssertionError("it never ends")


async def test_f10_on_the_tree_stops_the_reading() -> None:
    async with looking_at(TINDERBOX) as stage:
        reads = noted_reads(stage)
        await stage.until(lambda: bool(reads), "the pane reads")
        await stage.press("f10")
        await quiet(stage, reads)


async def test_only_one_namespace_is_read_where_one_will_do() -> None:
    async with looking_at(BR0) as stage:
        await stage.until(lambda: stage.app._tables._wanted == {HOME}, "the host alone")


# What can be done


async def test_tab_goes_from_table_to_table_and_enter_to_the_thing() -> None:
    async with looking_at(BR0, (100, 40)) as stage:
        await stage.press("enter")
        await stage.shows("tinderbox/eth0  ")
        await stage.press("tab")
        chosen = detail(stage).chosen
        assert chosen is not None
        assert chosen.copies == OWN_MAC
        await stage.press("y")
        assert stage.app.clipboard == OWN_MAC
        await stage.press("tab")
        assert detail(stage).chosen is not chosen
        await stage.press("tab", "tab", "tab", "enter")
        await stage.shows("OTHER END")
        assert stage.tree.subject == TINDERBOX


async def test_arrows_choose_entries_and_the_chosen_one_stays_when_others_come() -> None:
    async with looking_at(BR0, (100, 40)) as stage:
        await stage.press("enter")
        await stage.shows("d8:3a:dd:10:4e:01  eth0")
        await stage.press("down", "down")
        chosen = detail(stage).chosen
        assert chosen is not None
        assert chosen.copies == "d8:3a:dd:10:4e:01"
        first = ForwardingEntry(3, 1, "00:00:00:00:00:01", "learned", 1.0)
        stage.host.learned[HOME] = dataclasses.replace(ON_HOST, forwarding=(first, *ON_HOST.forwarding))
        await stage.shows("00:00:00:00:00:01")
        after = detail(stage).chosen
        assert after is not None
        assert after.copies == "d8:3a:dd:10:4e:01"
        await stage.press("up", "up", "up")
        assert detail(stage).chosen is None


async def test_enter_on_what_nobody_has_says_so() -> None:
    async with looking_at(BR0, (100, 40)) as stage:
        await stage.press("enter")
        await stage.shows("d8:3a:dd:10:4e:01  eth0")
        await stage.press("down", "down", "enter")
        await stage.shows("nobody that we can see has this")


async def test_the_table_s_detail_has_the_same_keys() -> None:
    async with looking_at(TINDERBOX, (100, 40)) as stage:
        await stage.press("3")
        await stage.shows("all links")
        await stage.press("enter")
        await stage.shows("tinderbox sees it")
        await stage.shows(OWN_MAC + "  veth8pUZr")
        assert "Next table" in stage.lines[-1]
        await stage.press("tab", "y")
        assert stage.app.clipboard == OWN_MAC


@pytest.mark.parametrize("screen", ["1", "2", "3"])
async def test_the_whole_screen_closes_when_its_thing_dies_and_shows_no_other(screen: str) -> None:
    async with looking_at(TINDERBOX, (100, 40)) as stage:
        await stage.press(screen, "enter")
        await stage.shows("tinderbox sees it")
        await stage.say(LinkGone(TINDERBOX), LinkGone(HOST_END), NamespaceGone(BOX))
        await stage.shows("tinderbox/eth0 is gone")
        assert stage.app.frame is not None
        assert stage.app.frame.whole is None


async def test_a_thing_that_dies_behind_another_screen_is_not_shown_again() -> None:
    async with looking_at(TINDERBOX, (100, 40)) as stage:
        await stage.press("enter", "5")
        await stage.say(LinkGone(TINDERBOX), LinkGone(HOST_END), NamespaceGone(BOX))
        await stage.press("2")
        assert stage.app.frame is not None
        assert stage.app.frame.whole is None


async def test_an_address_that_does_not_fit_is_broken_where_a_part_of_it_ends() -> None:
    async with on_stage(yamato(), WIDE) as stage:
        await stage.say(AddressSeen(HOST_END, Address(6, "fe80::fc16:3eff:fe51:9f02", 64, "link")))
        await go_to(stage, HOST_END)
        await stage.shows("fe80::fc16:3eff:fe51:\n")
        assert "9f02" in pane_text(stage)


async def test_a_long_value_takes_more_lines_and_loses_nothing() -> None:
    long = "a-very-long-alias-" * 4
    async with on_stage(yamato(), WIDE) as stage:
        inside = stage.app.session.graph.link(TINDERBOX)
        assert inside is not None
        await stage.say(LinkSeen(dataclasses.replace(inside, alias=long)))
        await go_to(stage, TINDERBOX)
        await stage.shows("alias   a-very")
        assert long in "".join(row.removeprefix("│ ").strip() for row in pane_text(stage).splitlines())


# Everything known


async def test_what_is_not_as_usual_is_told() -> None:
    async with looking_at(TINDERBOX) as stage:
        graph = stage.app.session.graph
        inside, near = graph.link(TINDERBOX), graph.link(HOST_END)
        assert inside is not None
        assert near is not None
        flags = BridgePort(isolated=True, hairpin=True, locked=True, learning=False)
        await stage.say(
            LinkSeen(dataclasses.replace(inside, altnames=("enp1", "wan"), alias="the wall", operstate="dormant")),
            LinkSeen(dataclasses.replace(near, port=flags)),
            AddressSeen(TINDERBOX, Address(4, "10.1.1.1", 32, peer="10.1.1.2")),
        )
        for text in ("also    enp1", "wan", "alias   the wall", "operate dormant", "eui-64  fe80::216:3eff:fe5a:1a02"):
            await stage.shows(text)
        await stage.shows("10.1.1.1/32 to 10.1.1.2")
        await stage.press("o")
        await stage.shows("port    isolated, hairpin")
        await stage.shows("locked, no learning")


async def test_a_macvlan_tells_its_mode_its_sources_and_its_parent() -> None:
    async with on_stage(yamato(), WIDE) as stage:
        (child,) = stage.app.session.graph.links_named("mv0")
        sources = ("02:00:00:00:00:01", "02:00:00:00:00:02")
        await stage.say(LinkSeen(dataclasses.replace(child, detail=Macvlan("source", sources))))
        await go_to(stage, child.id)
        for text in ("mode    source", "sources 02:00:00:00:00:01", "on      eth1"):
            await stage.shows(text)


async def test_a_container_tells_its_image_and_labels() -> None:
    async with on_stage(yamato(), WIDE) as stage:
        (space,) = stage.app.session.graph.links_by_address("172.18.0.2")
        await go_to(stage, space.id)
        for text in ("image shop/web:1", "project=shop", "service=web"):
            await stage.shows(text)


@pytest.mark.parametrize("name", LINK_NAMES)
async def test_no_name_in_a_table_does_harm(name: str) -> None:
    async with looking_at(BR0, (100, 45)) as stage:
        near = stage.app.session.graph.link(HOST_END)
        inside = stage.app.session.graph.link(TINDERBOX)
        assert isinstance(near, Link)
        assert isinstance(inside, Link)
        await stage.say(
            LinkSeen(dataclasses.replace(near, name=name, altnames=(name,), alias=name)),
            LinkSeen(dataclasses.replace(inside, name=name)),
            HolderSeen(LinkId(HOME, 25), None),
        )
        await stage.press("enter")
        await stage.shows("PLUGGED IN")
        is_sound(stage)
