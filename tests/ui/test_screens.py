"""Whole screens of the sample host, as text. `screens/` holds them: read them before you accept another one.

To write them anew: `python -m tests.ui.test_screens`.
"""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from model.conditions import Filters
from model.dropped import Tally
from model.plan import Lifeline
from tests.ui.stage import Stage, on_stage
from tests.yamato import yamato, yamato_day
from tests.yamato_live import FORGED, keep, tables, traffic
from tui.screens.change.dialog import ChangeDialog

SCREENS = Path(__file__).parent / "screens"
THIRD = ("down", "down", "down")
CASES: dict[str, tuple[tuple[int, int], tuple[str, ...]]] = {
    "tree-80x24": ((80, 24), ("down", "down", "down")),
    "tree-120x36": ((120, 36), ("down", "down", "down")),
    "tree-160x45": ((160, 45), ("down",) * 9),
    "tree-59x14": ((59, 14), ("down", "down", "down")),
    "table-80x24": ((80, 24), ("3", "v", "v", "down")),
    "table-120x36": ((120, 36), ("3", "down", "down", "v", "S")),
    "table-160x45": ((160, 45), ("3", "s", "s")),
    "table-59x14": ((59, 14), ("3", "down")),
    "focus-80x24": ((80, 24), ("down", "f", "right", "down")),
    "focus-120x36": ((120, 36), ("3", "end", "f", "enter")),
    "focus-160x45": ((160, 45), ("3", "f", "plus")),
    "columns-80x24": ((80, 24), ("3", "c", "down", "down", "space")),
    "detail-80x24": ((80, 24), ("down", "enter")),
    "events-120x36": ((120, 36), ("5", "down", "down")),
    "reach-80x24": ((80, 24), ("down", "P", "down")),
    "reach-120x36": ((120, 36), ("down", "down", "down", "P")),
    "path-80x24": ((80, 24), ("1", "down", "P", "P")),
    "path-120x36": ((120, 36), ("1", "down", "P", "home", *("down",) * 7, *("right",) * 8, "P")),
    "doctor-80x24": ((80, 24), ("exclamation_mark", "down")),
    "help-80x24": ((80, 24), ("question_mark",)),
    "attach-80x24": ((80, 24), (*THIRD, "a", *"dock", "enter")),
    "completion-80x24": ((80, 24), (*THIRD, "a", *"br", "down")),
    "rename-80x24": ((80, 24), (*THIRD, "r", "ctrl+u", *"lan0")),
    "rename-refused-80x24": ((80, 24), (*THIRD, "r", "ctrl+u", *"lo")),
    "detach-danger-80x24": ((80, 24), (*THIRD, "d", *"veth")),
    "mode-80x24": ((80, 24), ("3", "down", "M", "right")),
    "new-80x24": ((80, 24), (*THIRD, "n")),
    "edit-80x24": ((80, 24), ("down", "e", "ctrl+u", *"1400")),
    "delete-160x45": ((160, 45), (*THIRD, "x")),
    "policy-80x24": ((80, 24), ("6", "down")),
    "policy-120x36": ((120, 36), ("6", "end", "home", "down", "down")),
    "policy-160x45": ((160, 45), ("6", "down", "down", "down")),
    "map-kept-120x36": ((120, 36), ("1", "down")),
    "tree-kept-80x24": ((80, 24), ("down",)),
    "table-kept-80x24": ((80, 24), ("3", "down", "down")),
    "guard-80x24": ((80, 24), (*THIRD, "g")),
    "pin-80x24": ((80, 24), (*THIRD, "p", *"tinder0")),
    "palette-80x24": ((80, 24), ("colon", "w", "e", "b")),
}


async def screen(name: str) -> str:
    """What is on it, without what blanks follow."""
    size, keys = CASES[name]
    async with on_stage(yamato(), size) as stage:
        stage.host.learned = tables()
        if "danger" in name:
            port = stage.app.session.graph.links_named("veth8pUZr")[0].id
            threads = (
                Lifeline(port, "carries your SSH session from 192.0.2.7"),
                Lifeline(port, "holds the default route"),
            )
            stage.host.around = replace(stage.host.around, lifelines=threads)
        stage.host.filtered = {space.id: Filters() for space in stage.app.session.graph.namespaces()}
        if "policy" in name or "kept" in name:
            await _kept(stage)
        for batch in yamato_day() if "160" in name or "events" in name else []:
            stage.clock.pass_by(11.37)
            await stage.say(*batch)
        stage.clock.pass_by(30)
        await stage.fades()
        for key in keys:
            await stage.press(key)
            await stage.until(lambda: not waits_for_policy(stage), "the policy is read")
            if "path" in name and key == "P":
                await stage.until(lambda: stage.app.session.is_surveyed, "filters are read")
        await stage.until(lambda: not is_reading(stage), "the plan is whole")
        if "reach" in name:
            await stage.until(lambda: stage.app.session.is_surveyed, "filters are read")
        await _live(stage)
        await stage.examined()
        return "\n".join(line.rstrip() for line in stage.lines) + "\n"


def is_reading(stage: Stage) -> bool:
    """A dialog waits for what is around the things that it would change."""
    return isinstance(stage.app.screen, ChangeDialog) and stage.app.screen.is_reading


def waits_for_policy(stage: Stage) -> bool:
    """A dialog about the policy is opened once the file was read."""
    return any(worker.name == "policy-file" and not worker.is_finished for worker in stage.app.workers)


async def _kept(stage: Stage) -> None:
    """A policy, its rules in the kernel, and a container that tries to be another."""
    reader = stage.app.policy_reader
    keep(stage.host, stage.app.changing.policy)
    for counted in (Tally(), FORGED):
        stage.host.firewall.counted = counted
        reader.look()
        await stage.until(lambda: reader.is_idle, "it is read")


async def _live(stage: Stage) -> None:
    """A minute of traffic, and tables that were read."""
    for second in range(61):
        stage.host.count(traffic(stage.host.watched, second))
    await stage.learns()


@pytest.mark.parametrize("name", sorted(CASES))
async def test_the_screen_is_as_it_was_accepted(name: str) -> None:
    accepted = (SCREENS / f"{name}.txt").read_text(encoding="utf-8")
    shown = await screen(name)
    assert shown == accepted


def main() -> None:
    SCREENS.mkdir(exist_ok=True)
    for name in sorted(CASES):
        (SCREENS / f"{name}.txt").write_text(asyncio.run(screen(name)), encoding="utf-8")


if __name__ == "__main__":
    main()
