"""The badge, the list of what is wrong, and the ways from there."""

import dataclasses

from model.facts import LinkSeen
from model.findings.observed import DroppingChain, Forwarding, MacOrigin, Observed
from model.link import Link
from tests.findings.bench import HOME, Host
from tests.ui.stage import Stage, on_stage
from tests.yamato import yamato
from tui.actions import Place
from tui.diagnosis import Looked
from tui.screens.change.keeping import GuardDialog, PinDialog
from tui.screens.change.wish import WishDialog
from tui.screens.doctor import DoctorScreen


def title(stage: Stage) -> str:
    return stage.lines[0]


def two_with_one_mac(count: int = 2) -> Host:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24")
    for number in range(count):
        host.cable(f"c{number}", host.box(f"c{number}"), on=br0, far={"mac": "02:16:3e:00:00:01"})
    return host


def healthy() -> Host:
    host = Host()
    host.cable("web", host.box("web"), on=host.bridge("br0", "10.0.0.1/24"))
    return host


async def test_the_badge_counts_what_is_wrong_and_says_it_in_words_where_there_is_room() -> None:
    async with on_stage(yamato(), (80, 24)) as stage:
        assert title(stage).endswith("!3 ● LIVE ")
    async with on_stage(yamato(), (120, 36)) as stage:
        assert "! 3 warnings" in title(stage)
    async with on_stage(two_with_one_mac().facts(), (120, 36)) as stage:
        assert "× 1 error" in title(stage)


async def test_where_nothing_is_wrong_there_is_no_badge() -> None:
    async with on_stage(healthy().facts(), (120, 36)) as stage:
        assert title(stage).split()[-2:] == ["●", "LIVE"]
        assert title(stage).split()[-3] == "Policy"
        await stage.press("!")
        await stage.shows("Nothing is wrong here.")


async def test_the_badge_never_hides_a_tab() -> None:
    titles = []
    for facts in (healthy().facts(), yamato()):
        async with on_stage(facts, (66, 24)) as stage:
            titles.append(title(stage))
    plain, with_badge = titles
    assert plain.index("LIVE") == with_badge.index("LIVE")
    assert with_badge.startswith(plain.partition("●")[0].rstrip())


async def test_the_list_explains_and_enter_goes_there() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("!")
        await stage.shows("has not brought its link")
        await stage.shows("jackfield up shop-cache-1/eth0")
        await stage.press("enter")
        await stage.shows("› shop-cache-1/eth0")


async def test_the_badge_can_be_clicked() -> None:
    async with on_stage(yamato(), (120, 36)) as stage:
        await stage.pilot.click(offset=(title(stage).index("! 3"), 0))
        await stage.shows("Doctor")


async def test_of_many_alike_each_can_be_reached() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("!", *["down"] * 7)
        await stage.shows("1 of 11: host/veth8pUZr")
        await stage.press("left")
        await stage.shows("11 of 11: host/")
        await stage.press("right", "right")
        await stage.shows("2 of 11: host/vethK2mQa1")
        await stage.press("enter")
        await stage.until(lambda: "› vethK2mQa1" in stage.lines[1], "the second one is selected")


async def test_y_copies_the_command() -> None:
    async with on_stage(yamato()) as stage:
        await stage.press("!", "y")
        await stage.shows("copied: jackfield up shop-cache-1/eth0")
        assert stage.app.clipboard == "jackfield up shop-cache-1/eth0"


async def test_what_is_put_right_leaves_the_badge_and_the_open_list() -> None:
    host = two_with_one_mac()
    async with on_stage(host.facts(), (120, 36)) as stage:
        await stage.press("!")
        await stage.shows("c1/eth0 has the MAC of c0/eth0")
        twin = next(link for link in reversed(host.links.values()) if link.mac == "02:16:3e:00:00:01")
        await stage.say(LinkSeen(dataclasses.replace(twin, mac="02:16:3e:00:00:02")))
        await stage.shows("Nothing is wrong here.")
        assert "error" not in title(stage)


async def test_the_cursor_stays_on_its_finding_while_others_come_and_go() -> None:
    host = two_with_one_mac()
    host.bridge("br9")
    async with on_stage(host.facts(), (120, 36)) as stage:
        await stage.press("!", "down")
        await stage.shows("host/br9 has no port")
        twin = next(link for link in reversed(host.links.values()) if link.mac == "02:16:3e:00:00:01")
        await stage.say(LinkSeen(dataclasses.replace(twin, mac="02:16:3e:00:00:02")))
        await stage.hides("has the MAC of")
        screen = stage.app.screen
        assert isinstance(screen, DoctorScreen)
        assert screen.list.chosen is not None
        assert screen.list.chosen.code == "bridge-empty"


async def test_what_is_not_in_the_graph_is_read_and_examined() -> None:
    host = healthy()
    br0 = next(iter(host.links))
    async with on_stage(host.facts(), (120, 36)) as stage:
        stage.app.post_message(Looked(Observed({br0: MacOrigin.RANDOM})))
        await stage.shows("! 1 warning ")
        await stage.press("!")
        await stage.shows("takes over the lowest MAC of its ports")


async def test_hostile_names_are_shown_as_what_they_are() -> None:
    host = two_with_one_mac()
    name = "[@click=quit]q\x1b[2J"
    for link in list(host.links.values()):
        if link.kind == "bridge":
            host.links[link.id] = Link(link.id, name, "bridge", link.mac, 1500, True, True, "up", detail=link.detail)
    host.bridge("br[/x]")
    async with on_stage(host.facts(), (120, 36)) as stage:
        await stage.press("!", "down", "y")
        await stage.shows("host/br[/x] has no port")
        assert "\x1b" not in stage.text


async def test_ctrl_s_shows_the_plan_and_does_it() -> None:
    async with on_stage(yamato(), (120, 36)) as stage:
        assert "! 3 warnings" in title(stage)
        await stage.press("!", "ctrl+s")
        await stage.shows("WILL RUN")
        await stage.shows("link set dev eth0 up")
        screen = stage.app.screen
        assert isinstance(screen, WishDialog)
        await stage.until(lambda: not screen.is_reading, "the surroundings are read")
        await stage.press("ctrl+s")
        await stage.shows("done:")
        await stage.until(lambda: "! 2 warnings" in title(stage), "it is put right")


async def test_a_pin_that_is_offered_opens_as_its_dialog_with_the_name_that_the_command_has() -> None:
    async with on_stage(yamato(), (120, 36)) as stage:
        await stage.press("!", *["down"] * 7, "ctrl+s")
        await stage.until(lambda: isinstance(stage.app.screen, PinDialog), "the dialog")
        await stage.shows("{owner}-{link}")
        await stage.shows("WILL RUN")
        assert "tinderbox-eth0" in stage.text


async def test_a_guard_that_is_offered_opens_as_its_dialog() -> None:
    async with on_stage(yamato(), (120, 36)) as stage:
        stage.app.on_looked(Looked(Observed(frame_filters={HOME: frozenset()})))
        await stage.until(lambda: any(one.code == "can-forge" for one in stage.app.session.findings), "it is found")
        at = next(at for at, one in enumerate(stage.app.session.findings) if one.code == "can-forge" and one.fix)
        await stage.press("!", *["down"] * at, "ctrl+s")
        await stage.until(lambda: isinstance(stage.app.screen, GuardDialog), "the dialog")


async def test_what_only_a_command_puts_right_is_copied() -> None:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24")
    for name in ("web", "db"):
        host.cable(name, host.box(name), on=br0)
    async with on_stage(host.facts(), (120, 36)) as stage:
        drops = Forwarding(frozenset({4}), (DroppingChain(4, "ip filter FORWARD"),))
        stage.app.on_looked(Looked(Observed(forwarding={HOME: drops})))
        await stage.until(lambda: bool(stage.app.session.findings), "it is found")
        await stage.press("!", "ctrl+s")
        await stage.shows("copied: sysctl -w net.bridge.bridge-nf-call-iptables=0")


async def test_read_only_the_plan_is_not_opened() -> None:
    async with on_stage(yamato(), (120, 36), read_only=True) as stage:
        await stage.until(lambda: bool(stage.app.session.no_changes), "it is known that nothing can be changed")
        await stage.press("!", "ctrl+s")
        await stage.shows("read-only")
