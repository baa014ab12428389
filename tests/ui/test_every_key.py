"""Each key of each place does what can be seen, or says why it does nothing."""

from functools import partial

import pytest
from rich.segment import Segment

from tests.ui.stage import Stage, on_stage
from tests.ui.test_hostile import is_sound
from tests.yamato import yamato, yamato_day
from tui.actions import Place, action_by_id, actions_of

ENDS = {"quit", "suspend", "practice-lab"}
"""These have tests of their own: they end the program, or leave it."""
BEFORE = {"up": "down", "left": "right", "right": "left", "page-up": "end", "first": "end", "last": "up", "back": "up"}
"""From the edge there is nowhere to go."""


def picture(stage: Stage) -> list[list[Segment]]:
    """Texts and colours."""
    return [list(strip) for strip in stage.app.screen._compositor.render_strips()]


def is_another(stage: Stage, before: list[list[Segment]]) -> bool:
    return picture(stage) != before


def is_reading_a_file(stage: Stage) -> bool:
    """A dialog comes of it, when meters may have changed the picture long ago."""
    return any(worker.name == "policy-file" and not worker.is_finished for worker in stage.app.workers)


async def go_to(place: Place, stage: Stage) -> None:
    """From wherever a key led, with something selected that is neither first nor last."""
    while stage.app.screen is not stage.app.frame:
        await stage.press("escape")
    frame = stage.app.frame
    if frame.whole is not None:
        await stage.press("f10")
    if frame.has_class("filtering"):
        await stage.press("escape")
    if place is Place.FOCUS:
        await stage.press("1", "home", "down", "f", "right", "right")
    elif frame.PLACE is not place:
        await stage.press(action_by_id(place.value).keys[0])
    await stage.press("home", "down", "down")
    stage.app.frame._forget_remark()  # the next one may be the same
    await stage.settle()


@pytest.mark.parametrize("place", list(Place))
async def test_every_key_of_a_place_does_something_or_says_why_not(place: Place) -> None:
    quiet = {place.value, "leave"}
    """We are there already; there is nothing to leave."""
    keys = [(action.id, action.keys[0]) for action in actions_of(place) if action.keys and action.id not in ENDS]
    async with on_stage(yamato(), (120, 45), first=Place.MAP) as stage:
        for batch in yamato_day():
            await stage.say(*batch)
        stage.clock.pass_by(30)
        await stage.fades()
        await stage.press("down", "down")
        for action, key in keys:
            await go_to(place, stage)
            if action in BEFORE:
                await stage.press(BEFORE[action])
            before = picture(stage)
            await stage.press(key)
            if action not in quiet:
                await stage.until(partial(is_another, stage, before), f"{key}, {action}")
            await stage.until(lambda: not is_reading_a_file(stage), "the policy is read")
            is_sound(stage)
