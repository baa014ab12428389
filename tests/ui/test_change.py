"""The dialogs that change something: what they ask, what they show, what they do."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from backend.changes import apply
from model.facts import LinkSeen
from model.identity import NamespaceId
from model.inventory import Inventory
from model.link import BridgePort, Link, Macvlan
from tests.ui.stage import Stage, on_stage
from tests.yamato import yamato
from tui.actions import Place
from tui.screens.change.dialog import ChangeDialog
from tui.screens.change.rows import Typed


def dialog(stage: Stage) -> ChangeDialog:
    assert isinstance(stage.app.screen, ChangeDialog), stage.text
    return stage.app.screen


def link(stage: Stage, name: str) -> Link:
    found = [one for one in stage.app.session.graph.links() if one.name == name]
    assert len(found) == 1, (name, found)
    return found[0]


async def is_planned(stage: Stage) -> None:
    """All that a plan needs was read."""
    await stage.until(lambda: not dialog(stage).is_reading, "the surroundings are read")


async def do_it(stage: Stage) -> None:
    await is_planned(stage)
    assert dialog(stage).why_not is None, (dialog(stage).why_not, stage.text)
    await stage.press("ctrl+s")
    await stage.shows("done:")
    await stage.until(lambda: not stage.app.session.has_mail, "the graph has it")


async def clear(stage: Stage) -> None:
    await stage.press("ctrl+u")


async def test_rename_shows_the_line_while_it_is_typed_and_does_it() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("down", "o", "r", "end")
        await clear(stage)
        await stage.type("vethTinder")
        await stage.shows("free, 10 of 15 bytes")
        await stage.shows("ip link set dev veth8pUZr name vethTinder")
        await do_it(stage)
        await stage.until(lambda: "vethTinder" in stage.text and "veth8pUZr " not in stage.text, "the new name")


async def test_a_name_that_is_taken_is_refused_while_it_is_typed_and_nothing_can_be_pressed() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("down", "o", "r", "end")
        await clear(stage)
        await stage.type("br0")
        await stage.shows("taken: another link has it")
        await stage.shows("Rename veth8pUZr: refused")
        await stage.press("ctrl+s")
        assert isinstance(stage.app.screen, ChangeDialog)
        assert link(stage, "veth8pUZr").up


@pytest.mark.parametrize("key", ["r", "t", "e", "p"])
async def test_what_is_typed_takes_the_place_of_what_a_box_held(key: str) -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("down", "o", key)
        boxes = [box for box in stage.app.screen.query(Typed) if box.value]
        assert boxes, stage.text
        for box in boxes:
            await has_focus(stage, box)
            await stage.type("7")
            assert box.value == "7"


async def has_focus(stage: Stage, box: Typed) -> None:
    if not box.has_focus:
        box.focus()
    await stage.until(lambda: box.has_focus, "the box has the focus")


async def test_escape_and_enter_on_cancel_change_nothing() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        for key in ("escape", "enter"):
            await stage.press("down", "d" if key == "enter" else "i")
            dialog(stage)
            await stage.press(key)
            assert not isinstance(stage.app.screen, ChangeDialog)
        assert not stage.app.changing.deeds


async def test_attach_completes_bridges_and_moves_the_cable() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("down", "a")
        await stage.type("docker")
        await stage.shows("172.17.0.1/16")
        await stage.press("enter")
        await do_it(stage)
        port, bridge = link(stage, "veth8pUZr"), link(stage, "docker0")
        assert port.master == bridge.id.ifindex


async def test_detach_names_the_bridge_it_leaves() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("down", "d")
        await stage.shows("is on      br0")
        await stage.shows("ip link set dev veth8pUZr nomaster")
        await do_it(stage)
        assert link(stage, "veth8pUZr").master == 0


async def test_down_then_up() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("down", "o", "i")
        await stage.shows("Set veth8pUZr DOWN")
        await do_it(stage)
        assert not link(stage, "veth8pUZr").up
        await stage.press("i")
        await stage.shows("Set veth8pUZr up")


async def test_a_mac_is_offered_and_checked() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("down", "m")
        await is_planned(stage)
        await stage.type("01:00:5e:00:00:01")
        await stage.shows("a group address")
        await clear(stage)
        await stage.type("02")
        await stage.shows("random, locally administered")
        await stage.press("enter")
        await do_it(stage)
        found = stage.app.session.graph.links_by_mac("02:fa:ce:00:00:01")
        assert [one.name for one in found] == ["eth0"]


async def test_a_macvlan_s_mode_is_switched_and_a_veth_has_none() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.TABLE) as stage:
        await stage.press("M")
        await stage.until(lambda: not isinstance(stage.app.screen, ChangeDialog), "no dialog")
        mv0 = link(stage, "mv0")
        stage.app.frame.go_to(mv0.id) if stage.app.frame else None
        await stage.press("M")
        await stage.shows("Macvlan mode of backup/mv0")
        await stage.press("right")
        await do_it(stage)
        assert link(stage, "mv0").detail == Macvlan("bridge")


async def test_move_to_another_namespace_under_another_name() -> None:
    async with on_stage(yamato(), first=Place.TABLE) as stage:
        frame = stage.app.frame
        assert frame is not None
        frame.go_to(link(stage, "vethBk01").id)
        await stage.press("t")
        await stage.type("lab1")
        await stage.shows("netns")
        await stage.press("tab")
        await clear(stage)
        await stage.type("moved0")
        await do_it(stage)
        assert stage.app.session.graph.address(link(stage, "moved0").id) == "lab1/moved0"


async def test_edit_wishes_only_for_what_is_different() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("down", "o", "e")
        await stage.shows("Change what shall be different.")
        await clear(stage)
        await stage.type("1400")
        await stage.shows("mtu 1400")
        await stage.press("tab", "tab", "tab", "space")
        await stage.shows("isolated on")
        await do_it(stage)
        changed = link(stage, "veth8pUZr")
        assert changed.mtu == 1400
        assert changed.port is not None
        assert changed.port == BridgePort(isolated=True, state=changed.port.state)


async def test_new_makes_a_cable_to_what_is_selected() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("down", "n")
        await stage.shows("vethTinderbox")
        await do_it(stage)
        near = link(stage, "vethTinderbox")
        far = stage.app.session.graph.peer(near.id)
        assert isinstance(far, Link)
        assert stage.app.session.graph.address(far.id) == "tinderbox/eth1"
        assert near.master == link(stage, "br0").id.ifindex


@pytest.mark.parametrize(("turns", "shown"), [(1, "type bridge"), (2, "type macvlan"), (3, "type macvtap")])
async def test_new_has_the_fields_of_each_kind(turns: int, shown: str) -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("n")
        await stage.press("shift+tab")
        await stage.press(*["right"] * turns)
        await stage.press("tab")
        for text in ("eth1", "x0") if turns > 1 else ("x0",):
            await clear(stage)
            await stage.type(text)
            await stage.press("tab")
        await stage.shows(shown)


async def test_attach_of_a_container_that_has_no_cable_or_several_makes_one() -> None:
    async with on_stage(yamato(), first=Place.TREE) as stage:
        graph = stage.app.session.graph
        space = next(one.id for one in graph.namespaces() if len(_cables(graph, one.id)) != 1 and one.readable
                     and not one.home and graph.owners(one.id))  # fmt: skip
        stage.app.session.selected = space
        frame = stage.app.frame
        assert frame is not None
        frame.go_to(space)
        before = len(_cables(graph, space))
        await stage.press("a")
        await stage.shows("New veth")
        await stage.shows("type veth")
        await do_it(stage)
        assert len(_cables(graph, space)) == before + 1


def _cables(graph: Inventory, space: NamespaceId) -> list[Link]:
    return [one for one in graph.links(space) if one.kind != "loopback"]


async def test_several_links_that_are_marked_are_changed_at_once() -> None:
    async with on_stage(yamato(), first=Place.TABLE) as stage:
        frame = stage.app.frame
        assert frame is not None
        names = ("veth1a2b3c4", "veth5d6e7f8")
        stage.app.session.marked |= {link(stage, name).id for name in names}
        await stage.press("i")
        await stage.shows("Set 2 links DOWN")
        await do_it(stage)
        assert not any(link(stage, name).up for name in names)
        await stage.press("r")
        await stage.shows("2 links are marked: this is for one")


async def test_without_root_and_read_only_the_keys_say_why() -> None:
    async with on_stage(yamato(), first=Place.MAP, read_only=True) as stage:
        await stage.until(lambda: bool(stage.app.session.no_changes), "it is known that nothing may be changed")
        await stage.shows("(a) Attach")
        await stage.press("down", "a")
        await stage.shows("--read-only")
    async with on_stage(yamato(), first=Place.MAP, changes=False) as stage:
        await stage.until(lambda: bool(stage.app.session.no_changes), "it is known that nothing may be changed")
        await stage.shows("(a) Attach")
        await stage.press("down", "x")
        await stage.shows("this host is only remembered")


async def test_the_plan_follows_the_kernel_while_the_dialog_is_open() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("down", "o", "i")
        await stage.shows("ip link set dev veth8pUZr down")
        await stage.say(LinkSeen(replace(link(stage, "veth8pUZr"), name="vethOther")))
        await stage.shows("ip link set dev vethOther down")
        await stage.shows("Set vethOther DOWN")


async def test_a_plan_that_is_older_than_what_was_told_is_not_done() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("down", "o", "i")
        await is_planned(stage)
        here = link(stage, "veth8pUZr").id

        def the_link() -> Link:
            found = stage.app.session.graph.link(here)
            assert found is not None
            return found

        for name in ("vethFirst", "vethOther"):  # the second within half a second of the plan for the first
            await stage.say(LinkSeen(replace(the_link(), name=name)))
        before = dialog(stage).plan
        await stage.press("ctrl+s")
        if isinstance(stage.app.screen, ChangeDialog):
            await stage.shows("look again")
            assert dialog(stage).plan != before
            await stage.press("ctrl+s")
        await stage.shows("done:")
        await stage.until(lambda: not the_link().up, "it is down")


async def test_undo_is_about_the_change_that_is_just_being_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel tells what was done before the journal does."""
    go_on = threading.Event()

    def slow(*what: Any, **more: Any) -> Any:
        done = apply(*what, **more)
        go_on.wait(10)
        return done

    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("down", "o")
        await stage.press("i")
        await do_it(stage)
        monkeypatch.setattr("tui.changing.apply", slow)
        await stage.press("i")
        await is_planned(stage)
        await stage.press("ctrl+s")
        await stage.until(lambda: link(stage, "veth8pUZr").up, "the kernel told the second change")
        await stage.press("u")
        assert not isinstance(stage.app.screen, ChangeDialog)
        go_on.set()
        await stage.until(lambda: isinstance(stage.app.screen, ChangeDialog), "the undo is shown")
        await is_planned(stage)
        assert "veth8pUZr down" in stage.text, stage.text


async def test_two_quick_changes_are_taken_back_one_after_the_other() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("down", "o")
        for up in (False, True):
            await stage.press("i")
            await do_it(stage)
            await stage.until(lambda up=up: link(stage, "veth8pUZr").up is up, "it is done")  # type: ignore[misc]
        for up in (False, True):
            await stage.press("u")
            await stage.until(lambda: isinstance(stage.app.screen, ChangeDialog), "the undo is shown")
            await is_planned(stage)
            assert dialog(stage).why_not is None, stage.text
            await stage.press("ctrl+s")
            await stage.shows("taken back:")
            await stage.until(lambda up=up: link(stage, "veth8pUZr").up is up, "it is as before")  # type: ignore[misc]
