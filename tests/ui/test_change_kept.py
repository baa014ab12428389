"""What was done: the log, keeping it, taking it back, doing it again; a plan that stops midway; names that do harm."""

from dataclasses import replace

import pytest

from backend.changes import Order, Timer, apply
from backend.executor import Told, unheard
from backend.journal import What
from model.identity import LinkId
from model.intents import SetMtu
from model.operations import Operation
from model.plan import Fate, Lifeline, Outcome, Plan
from model.planner import plan
from tests.hostile import HOME, LINK_NAMES, TEXTS, hostile_host
from tests.ui.stage import Stage, in_name_only, on_stage
from tests.ui.test_change import dialog, do_it, is_planned, link
from tests.ui.test_hostile import is_sound
from tests.yamato import yamato
from tui.actions import Place
from tui.screens.change.dialog import ChangeDialog
from tui.screens.change.rows import Text


def cut_off(stage: Stage) -> LinkId:
    """The host's end of tinderbox's cable carries the operator."""
    port = link(stage, "veth8pUZr").id
    stage.host.around = replace(
        stage.host.around, lifelines=(Lifeline(port, "carries your SSH session from 192.0.2.7"),)
    )
    return port


async def detach_what_carries_me(stage: Stage) -> None:
    cut_off(stage)
    await stage.press("down", "d")
    await stage.shows("this may cut you off")
    await stage.shows("taken back after 60 s")
    await is_planned(stage)
    assert "type" in (dialog(stage).why_not or "")
    await stage.press("ctrl+s")
    assert isinstance(stage.app.screen, ChangeDialog)
    word = dialog(stage).plan
    assert word is not None
    await stage.type(word.consent_word)
    await stage.until(lambda: dialog(stage).why_not is None, "the name is typed")
    await stage.press("ctrl+s")
    await stage.shows("Back in")


async def test_what_carries_the_operator_is_typed_counted_down_and_kept() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await detach_what_carries_me(stage)
        await stage.shows("take back now")
        await stage.press("3")
        await stage.shows("Back in")
        await stage.press("ctrl+s")
        await stage.shows("kept:")
        await stage.hides("Back in")
        assert not link(stage, "veth8pUZr").master


async def test_what_counts_down_is_taken_back_at_once_by_u() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await detach_what_carries_me(stage)
        await stage.press("u")
        await stage.shows("taken back:")
        await stage.hides("Back in")
        await stage.until(lambda: bool(link(stage, "veth8pUZr").master), "it is plugged in again")


async def test_of_several_that_wait_the_first_is_shown_and_the_others_are_counted() -> None:
    async with on_stage(yamato(), (120, 36), first=Place.MAP) as stage:
        graph, journal = stage.app.session.graph, stage.app.changing.journal
        for name, seconds in (("veth8pUZr", 300), ("vethK2mQa1", 100)):
            made = plan(graph, SetMtu(link(stage, name).id, 1400), stage.host.around)
            assert isinstance(made, Plan)
            apply(stage.host, journal, Order(f"MTU of {name}", made), timer=Timer(seconds, in_name_only))
        await stage.shows("MTU of vethK2mQa1 and 1 more")
        await stage.press("ctrl+s")
        await stage.shows("MTU of veth8pUZr.")


async def test_undo_shows_what_it_would_run_and_redo_does_it_again() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("down", "o", "i")
        await do_it(stage)
        await stage.until(lambda: bool(stage.app.session.undoable), "the journal is read")
        await stage.press("u")
        await stage.shows("Undo: set veth8pUZr DOWN")
        await stage.shows("ip link set dev veth8pUZr up")
        await stage.press("ctrl+s")
        await stage.shows("taken back:")
        await stage.until(lambda: link(stage, "veth8pUZr").up, "it is up")
        await stage.until(lambda: bool(stage.app.session.redoable), "the journal is read")
        await stage.press("ctrl+r")
        await stage.shows("ip link set dev veth8pUZr down")
        await do_it(stage)
        assert not link(stage, "veth8pUZr").up


async def test_an_undo_that_may_cut_the_operator_off_asks_for_the_name_and_counts_down() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("down", "d")
        await do_it(stage)
        await stage.until(lambda: bool(stage.app.session.undoable), "the journal is read")
        cut_off(stage)
        await stage.press("u")
        await stage.shows("this may cut you off")
        await stage.shows("taken back after 60 s")
        await is_planned(stage)
        await stage.press("ctrl+s")
        assert isinstance(stage.app.screen, ChangeDialog)
        assert not link(stage, "veth8pUZr").master
        made = dialog(stage).plan
        assert made is not None
        await stage.type(made.consent_word)
        await stage.until(lambda: dialog(stage).why_not is None, "the name is typed")
        await stage.press("ctrl+s")
        await stage.shows("Back in")
        await stage.until(lambda: bool(link(stage, "veth8pUZr").master), "it is plugged in again")
        await stage.press("u")
        await stage.hides("Back in")
        await stage.until(lambda: not link(stage, "veth8pUZr").master, "the undo is taken back")
        assert [change.state for change in stage.app.changing.changes] == [What.APPLIED, What.UNDONE]


async def test_the_log_has_the_deed_its_lines_and_the_answer() -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("at")
        await stage.shows("Nothing was run yet.")
        await stage.press("escape", "down", "o", "i")
        await do_it(stage)
        await stage.press("at")
        await stage.shows("set veth8pUZr DOWN")
        await stage.shows("ip link set dev veth8pUZr down")


class Stubborn:
    """Refuses the second request of every plan, in the kernel's own words."""

    def __init__(self, stage: Stage) -> None:
        self._execute = stage.host.execute

    def __call__(self, operations: tuple[Operation, ...], told: Told = unheard) -> tuple[Outcome, ...]:
        done = self._execute(operations[:1], told)
        if len(operations) == 1:
            return done
        refused = Outcome(operations[1], Fate.FAILED, error="the kernel does not want it", kernel="Device busy")
        told(Outcome(operations[1], Fate.BEGUN))
        told(refused)
        return (*done, refused, *(Outcome(operation, Fate.NOT_TRIED) for operation in operations[2:]))


async def test_a_plan_that_stops_midway_says_where_and_offers_to_take_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        monkeypatch.setattr(stage.host, "execute", Stubborn(stage))
        await stage.press("down", "n")
        await is_planned(stage)
        await stage.press("ctrl+s")
        await stage.shows("stopped")
        await stage.shows("Device busy")
        await stage.shows("what was done: 1 of 4")
        assert link(stage, "vethTinderbox").kind == "veth"
        await stage.press("ctrl+s")
        await stage.shows("taken back:")
        await stage.until(lambda: "vethTinderbox" not in {one.name for one in stage.app.session.graph.links()}, "gone")
        assert stage.app.changing.changes[-1].state is What.UNDONE


@pytest.mark.parametrize("key", ["a", "d", "r", "m", "t", "i", "e", "x", "n"])
async def test_no_name_does_harm_in_a_dialog(key: str) -> None:
    async with on_stage(hostile_host(), (80, 24), first=Place.TABLE) as stage:
        frame = stage.app.frame
        assert frame is not None
        for number in range(0, len(LINK_NAMES), 3):
            frame.go_to(LinkId(HOME, 100 + number))
            await stage.press(key)
            is_sound(stage)
            if isinstance(stage.app.screen, ChangeDialog):
                await is_planned(stage)
                is_sound(stage)
                for field in stage.app.screen.query(Text):
                    if field.display:
                        field.value = TEXTS[number]
                        await stage.settle()
                        is_sound(stage)
                await stage.press("escape")
