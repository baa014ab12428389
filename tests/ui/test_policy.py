"""Pins, guards and seals by keys; screen 6; what it makes of a policy that is bad, drifted or hit."""

from dataclasses import replace
from pathlib import Path

import pytest

from backend.journal import Change, What
from backend.nft import NftProblem
from model.dropped import Dropped, Forged, Tally
from model.facts import LinkSeen
from model.guard_rules import CLASSES
from model.link import Link
from tests.hostile import TEXTS, hostile_host
from tests.ui.stage import Stage, on_stage
from tests.ui.test_hostile import is_sound
from tests.yamato import yamato
from tests.yamato_live import keep
from tui.actions import Place
from tui.app import Look
from tui.screens.change.dialog import ChangeDialog
from tui.signs import ASCII

MAC = CLASSES[0]
SEALED = """\
# mine
[[policy]]
name = "db"
match = { runtime = "lxc", owner = "db" }
pin = { name = "db0", mac = "fe:00:00:00:00:51" }
seal = { to = "br0", tcp = [873, 3128] }

[[policy]]
name = "mailer"
match = { runtime = "docker", owner = "mailer", link = "eth0" }
pin = { name = "mailer0", mac = "derived" }

[[policy]]
name = "scan"
match = { owner = "scanner" }
guard = {}
"""


def policy(stage: Stage) -> Path:
    return stage.app.changing.policy


def write(stage: Stage, text: str) -> None:
    policy(stage).parent.mkdir(exist_ok=True)
    policy(stage).write_text(text, encoding="utf-8")


def link(stage: Stage, name: str) -> Link:
    (found,) = (one for one in stage.app.session.graph.links() if one.name == name)
    return found


async def opened(stage: Stage, key: str, title: str) -> ChangeDialog:
    """The dialog of a key, once all is read that it needs."""
    await stage.press(key)
    await stage.until(lambda: isinstance(stage.app.screen, ChangeDialog), f"a dialog: {title}")
    dialog = stage.app.screen
    assert isinstance(dialog, ChangeDialog)
    await stage.shows(title)
    await stage.until(lambda: not dialog.is_reading, "the surroundings are read")
    return dialog


async def do_it(stage: Stage) -> None:
    assert isinstance(stage.app.screen, ChangeDialog)
    assert stage.app.screen.why_not is None, (stage.app.screen.why_not, stage.text)
    before = [change.id for change in stage.app.changing.changes]
    await stage.press("ctrl+s")
    changes = stage.app.changing
    await stage.until(lambda: any(one.id not in before and is_over(one) for one in changes.changes), "it is done")
    await stage.until(lambda: not stage.app.session.has_mail, "the graph has it")


def is_over(change: Change) -> bool:
    return change.state is not What.PLANNED


async def shown(stage: Stage) -> None:
    """Screen 6, with what is in the file now."""
    await stage.press("6")
    await stage.until(lambda: stage.app.session.kept is not None, "the policy is read")


async def read_again(stage: Stage) -> None:
    before = stage.app.session.kept
    readings = [] if before is None else [before.read]
    stage.app.policy_reader.look()
    await stage.until(
        lambda: stage.app.session.kept is not None and stage.app.session.kept.read not in readings, "it is read again"
    )


async def test_g_guards_the_selected_port_and_the_dialog_shows_what_nft_is_given() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        await stage.press("down")
        await opened(stage, "g", "Guard tinderbox/eth0")
        assert 'add element netdev jackfield_guard macs { "veth8pUZr" . 00:16:3e:5a:1a:02 }' in stage.text
        await stage.press(*["pagedown"] * 60)
        assert 'type filter hook ingress device "veth8pUZr" priority -300; policy drop;' in stage.text
        await do_it(stage)
        (guard,) = stage.host.firewall.guards
        assert guard.names == ("veth8pUZr",)
        assert "192.168.1.50" in guard.ipv4
        assert "[[policy]]" in policy(stage).read_text()
        await shown(stage)
        await stage.shows("● loaded  tinderbox/eth0")
        assert "nothing: guard" in stage.line_with("can forge")


async def test_p_pins_name_and_mac_and_undo_takes_both_back_with_the_entry() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        await stage.press("down")
        await opened(stage, "p", "Pin the host end of tinderbox/eth0")
        await stage.type("tinder0")
        await stage.shows("ip link set dev veth8pUZr name tinder0")
        await do_it(stage)
        assert link(stage, "tinder0").mac != "fe:16:3e:5a:19:02"
        await shown(stage)
        await stage.shows("● kept    tinderbox/eth0")
        await opened(stage, "u", "Undo: pin tinderbox/eth0")
        await stage.press("ctrl+s")
        await stage.shows("taken back:")
        await stage.until(lambda: not stage.app.session.has_mail, "the graph has it")
        assert link(stage, "veth8pUZr").mac == "fe:16:3e:5a:19:02"
        assert "\n[[policy]]\n" not in policy(stage).read_text()
        await opened(stage, "ctrl+r", "pin tinderbox/eth0")
        await do_it(stage)
        assert link(stage, "tinder0").up


async def test_a_guard_alone_is_undone_too() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("down")
        await opened(stage, "g", "Guard tinderbox/eth0")
        await do_it(stage)
        await opened(stage, "u", "Undo: guard tinderbox/eth0")
        await stage.press("ctrl+s")
        await stage.shows("taken back:")
        await stage.until(lambda: stage.host.firewall.guards == (), "its rules are gone")


async def test_a_seal_is_chosen_in_the_same_dialog_and_asks_for_its_ports() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.TREE) as stage:
        await stage.select("tinderbox")
        dialog = await opened(stage, "g", "Guard tinderbox/eth0")
        dialog.query_one("#want").focus()
        await stage.press("right")
        await stage.shows("Type the ports of the host")
        dialog.query_one("#tcp").query_one("Typed").focus()
        await stage.type("873 3128")
        await stage.shows("Seal tinderbox/eth0")
        await do_it(stage)
        (guard,) = stage.host.firewall.guards
        assert guard.seal is not None
        assert guard.seal.tcp == (873, 3128)
        assert link(stage, "veth8pUZr").port.isolated  # type: ignore[union-attr]  # it is a port


@pytest.mark.parametrize("key", ["1", "2", "3", "4", "6"])
async def test_both_keys_work_on_every_screen_that_has_something_selected(key: str) -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        await stage.press("down", *([key] if key != "1" else []))
        stage.app.frame.meet(link(stage, "veth8pUZr").id)  # type: ignore[union-attr]  # there is one
        await stage.settle()
        for letter, title in (("g", "Guard tinderbox/eth0"), ("p", "Pin the host end of tinderbox/eth0")):
            await opened(stage, letter, title)
            await stage.press("escape")


async def test_in_the_focus_and_from_the_palette() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        await stage.press("down", "f")
        await opened(stage, "g", "Guard tinderbox/eth0")
        await stage.press("escape", "colon")
        await stage.type("guard")
        await stage.shows("guard or seal it")
        await stage.press("enter")
        await stage.shows("Guard tinderbox/eth0")


async def test_the_hosts_own_link_cannot_be_kept_and_says_so() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.TABLE) as stage:
        stage.app.frame.go_to(link(stage, "br0").id)  # type: ignore[union-attr]  # there is one
        await stage.press("g")
        await stage.shows("no end of a container's cable")


async def test_a_macvlan_says_why_not_and_the_commands_that_give_it_a_veth() -> None:
    async with on_stage(yamato(), (120, 45), first=Place.TABLE) as stage:
        stage.app.frame.go_to(link(stage, "mv0").id)  # type: ignore[union-attr]  # there is one
        await stage.press("g")
        await stage.shows("cannot be guarded")
        for line in (
            "jackfield add veth host/v-backup backup/eth0 --master host/br0",
            "jackfield delete backup/mv0",
            "jackfield address add backup/eth0 198.51.100.21/24",
            "jackfield guard v-backup",
        ):
            assert line in stage.text
        await stage.press("ctrl+s")
        assert stage.host.firewall.loads == []


async def test_screen_6_tells_what_is_kept_what_waits_what_cannot_be_and_what_is_open() -> None:
    async with on_stage(yamato(), (160, 45), first=Place.MAP) as stage:
        write(stage, SEALED)
        await shown(stage)
        await stage.shows("! drift")
        assert "MAC is fe:16:3e:5a:1b:02, pinned to fe:00:00:00:00:51" in stage.line_with("db/eth0   ")
        assert "× missing" in stage.text
        assert "applied when it starts" in stage.line_with("~ waits   mailer")
        assert "scanner/eth0 is a macvlan" in stage.line_with("× cannot  scan")
        assert "○ open" in stage.line_with("web/eth1")
        assert "1 drifted" in stage.lines[1]
        assert "not enforced" in stage.lines[1]


async def test_apply_puts_right_what_has_drifted_and_x_lets_go() -> None:
    async with on_stage(yamato(), (160, 45), first=Place.MAP) as stage:
        write(stage, SEALED)
        await shown(stage)
        await opened(stage, "A", "Apply what has drifted")
        await do_it(stage)
        assert link(stage, "db0").mac == "fe:00:00:00:00:51"
        assert {name for guard in stage.host.firewall.guards for name in guard.names} == {"vethK2mQa1", "db0"}
        await stage.shows("● kept    db/eth0")
        await stage.press("home")
        await opened(stage, "x", "Remove the pin of db")
        await do_it(stage)
        text = policy(stage).read_text()
        assert "# mine" in text
        assert "db0" not in text
        assert "seal" in text


async def test_what_a_guard_drops_is_an_event_and_the_port_says_so() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        await stage.press("down")
        await opened(stage, "g", "Guard tinderbox/eth0")
        await do_it(stage)
        await shown(stage)
        await stage.shows("● loaded")
        stage.host.firewall.counted = Tally(
            (Dropped("veth8pUZr", MAC, 41, 4100),), (Forged("veth8pUZr", "mac", "02:66:00:00:00:01", 41),)
        )
        await read_again(stage)
        await stage.shows("! hits    tinderbox/eth0")
        assert "41 dropped" in stage.line_with("! hits    tinderbox/eth0")
        assert "14:02:31" in stage.line_with("send from another MAC address")
        await stage.press("5")
        await stage.shows("tinderbox/eth0 tried to send as 02:66:00:00:00:01: 41 frames")
        await opened(stage, "g", "Guard tinderbox/eth0")
        await stage.press("escape", "1")
        assert "41 dropped" in stage.line_with("guarded")
        assert "nothing: guard" in stage.line_with("forges")
        stage.clock.pass_by(61)
        await shown(stage)
        await stage.shows("● loaded")


async def test_a_container_that_takes_another_mac_is_an_event_once() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        await stage.press("down")
        await opened(stage, "g", "Guard tinderbox/eth0")
        await do_it(stage)
        await shown(stage)
        await stage.shows("● loaded")
        inside = stage.app.session.graph.peer(link(stage, "veth8pUZr").id)
        assert isinstance(inside, Link)
        await stage.say(LinkSeen(replace(inside, mac="02:66:00:00:00:02")))
        stage.app.policy_reader.look()
        await stage.press("5")
        await stage.shows("the container's end has 02:66:00:00:00:02")
        told = len(stage.app.session.happenings)
        stage.app.policy_reader.look()
        await stage.until(lambda: stage.app.policy_reader.is_idle, "it is read again")
        assert len(stage.app.session.happenings) == told


async def test_a_flushed_ruleset_is_seen() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        await stage.press("down")
        await opened(stage, "g", "Guard tinderbox/eth0")
        await do_it(stage)
        await shown(stage)
        await stage.shows("● loaded")
        stage.host.firewall.flushed = True
        await read_again(stage)
        await stage.shows("× missing tinderbox/eth0")
        assert "MAC, IPv4, ARP, ND" in stage.line_with("can forge")


async def test_a_bad_policy_is_told_and_nothing_is_guessed() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        write(stage, "[[policy]]\nname = 'x'\nmatch = { ownr = 'db' }\npin = { mac = 'derived' }\n")
        await shown(stage)
        await stage.shows("the policy is not used: line")
        await stage.press("g")
        await stage.shows("nothing was done:")


async def test_rules_that_nft_refuses_change_nothing() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        stage.host.firewall.refusal = NftProblem("missing", "nft was not found: install the package nftables")
        await stage.press("down")
        await opened(stage, "g", "Guard tinderbox/eth0")
        await stage.press("ctrl+s")
        await stage.shows("nft was not found")
        assert not policy(stage).exists()


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_no_name_does_harm_there(size: tuple[int, int]) -> None:
    entries = [text for text in dict.fromkeys(TEXTS) if text and text.isprintable()]
    async with on_stage(hostile_host(), size, first=Place.MAP) as stage:
        lines = [
            f"[[policy]]\nname = '{text}'\nmatch = {{ netns = '{text}' }}\npin = {{ mac = 'derived' }}\nguard = {{}}\n"
            for text in entries
        ]
        write(stage, "".join(lines))
        await shown(stage)
        await stage.shows("drift")
        for _ in range(120):
            is_sound(stage)
            await stage.press("down")
        for key in ("p", "g"):
            await stage.press("home", key)
            await stage.until(lambda: isinstance(stage.app.screen, ChangeDialog), "a dialog")
            is_sound(stage)
            await stage.press("escape")


@pytest.mark.parametrize("size", [(59, 14), (80, 24), (160, 45)])
async def test_it_is_whole_at_every_size(size: tuple[int, int]) -> None:
    async with on_stage(yamato(), size, first=Place.MAP) as stage:
        write(stage, SEALED)
        await shown(stage)
        await stage.shows("drift")
        is_sound(stage)


async def test_the_map_shows_pins_guards_and_seals_before_the_jack_and_in_ascii() -> None:
    for look, marks in ((Look(), ("♦▼G", "◊", "▼S")), (Look(ASCII), ("p#G", "P", "#S"))):
        async with on_stage(yamato(), (120, 36), first=Place.MAP, look=look) as stage:
            keep(stage.host, policy(stage))
            stage.app.policy_reader.look()
            await stage.until(lambda: stage.app.session.kept is not None, "the policy is read")
            for end, mark in zip(("veth8pUZr", "vethQ7c1dX", "vethK2mQa1"), marks, strict=True):
                await stage.until(lambda: mark in stage.line_with(end), f"{mark} on {end}")  # noqa: B023 # at once
            assert not any(mark in stage.line_with("vethBk01") for mark in marks)


async def test_from_a_row_to_its_port_and_back_its_address_and_a_filter() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        write(stage, SEALED)
        await shown(stage)
        await stage.shows("! drift")
        await stage.press("home", "y")
        await stage.shows("copied: host/vethK2mQa1")
        await stage.press("enter")
        await stage.shows("br0 › vethK2mQa1")
        await stage.press("6", "slash")
        await stage.type("mailer")
        await stage.hides("web/eth1")
        assert "~ waits   mailer" in stage.text
        await stage.press("enter", "y")
        await stage.shows("there is no such link now")
        await stage.press("escape")
        await stage.shows("web/eth1")
        await stage.press("backspace")
        await stage.shows("OTHER END")


async def test_what_is_not_kept_cannot_be_let_go_and_read_only_changes_nothing() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        await shown(stage)
        await stage.shows("Nothing is kept yet")
        await stage.press("x")
        await stage.shows("nothing is kept of it")
        await stage.press("A")
        await stage.shows("the policy has no entries")
    async with on_stage(yamato(), (120, 36), first=Place.MAP, read_only=True) as stage:
        await stage.until(lambda: bool(stage.app.session.no_changes), "it is known")
        await stage.press("down", "g")
        await stage.shows("--read-only")


async def test_an_entry_that_was_written_with_other_words_is_the_one_that_is_changed() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        keep(stage.host, policy(stage))
        await stage.press("down")
        await opened(stage, "g", "Guard tinderbox/eth0")
        assert "neither" in stage.line_with(" guard ")
        await stage.press("escape")
        await opened(stage, "p", "Pin the host end of tinderbox/eth0")
        await stage.press("ctrl+u")
        await stage.type("tinder0")
        await do_it(stage)
        text = policy(stage).read_text()
        assert text.count("[[policy]]") == 5
        assert text.count("tinder0") == 1


async def test_a_key_that_is_pressed_twice_opens_one_dialog() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        await stage.press("down")
        stage.app.frame.action_press("guard")  # type: ignore[union-attr]  # there is one
        await opened(stage, "g", "Guard tinderbox/eth0")
        await stage.until(lambda: all(worker.is_finished for worker in stage.app.workers), "all is read")
        await stage.press("escape")
        assert not isinstance(stage.app.screen, ChangeDialog)
