"""One filter language: each screen takes the same words, and says the same where they are none."""

import dataclasses

import pytest

from model.facts import LinkSeen
from model.identity import LinkId, NamespaceId
from tests.ui.stage import Stage, on_stage
from tests.yamato import HOME, yamato

KEYS = {"map": "1", "tree": "2", "table": "3", "events": "5"}
HIDING = [place for place in KEYS if place != "map"]
"""The map and the focus dim instead."""


async def two_changes(stage: Stage) -> None:
    for link_id in (LinkId(HOME, 23), LinkId(NamespaceId("n11"), 2)):
        link = stage.app.session.graph.link(link_id)
        assert link is not None
        await stage.say(LinkSeen(dataclasses.replace(link, mtu=9000)))
    stage.clock.pass_by(10)


async def filtered(stage: Stage, place: str, text: str) -> str:
    await stage.press(KEYS[place], "slash")
    await stage.type(text)
    await stage.press("enter")
    await stage.shows(f"/ {text}")
    return "\n".join(stage.lines[3:-10])


@pytest.mark.parametrize("place", HIDING)
@pytest.mark.parametrize(
    "text", ["owner:tinderbox", "ns:tinder", "mac:00:16:3e:5a:1a", "address:192.168.1.50", "tinderb"]
)
async def test_the_same_words_find_the_same_link_on_each_screen(place: str, text: str) -> None:
    async with on_stage(yamato(), (100, 50)) as stage:
        await two_changes(stage)
        shown = await filtered(stage, place, text)
        assert "tinderbox" in shown
        assert "shop-db-1" not in shown
        assert "web/" not in shown


@pytest.mark.parametrize("place", HIDING)
async def test_a_word_that_must_not_hold_hides(place: str) -> None:
    async with on_stage(yamato(), (100, 60)) as stage:
        await two_changes(stage)
        shown = await filtered(stage, place, "!tinderbox")
        assert "tinderbox/eth0" not in shown
        assert "vethQ7c1dX" in shown


@pytest.mark.parametrize("place", KEYS)
async def test_what_is_no_filter_is_said_in_full_and_hides_nothing_more(place: str) -> None:
    async with on_stage(yamato(), (80, 24)) as stage:
        await two_changes(stage)
        await stage.press(KEYS[place], "slash")
        await stage.type("state:sideways")
        await stage.shows("state:sideways: no such state; there are up, down, unknown")
        await stage.press("escape")
        await stage.hides("no such state")


@pytest.mark.parametrize("place", KEYS)
async def test_escape_ends_the_filter(place: str) -> None:
    async with on_stage(yamato(), (100, 50)) as stage:
        await two_changes(stage)
        await filtered(stage, place, "owner:tinderbox")
        await stage.press("escape")
        await stage.hides("/ owner:tinderbox")
        assert "vethQ7c1dX" in stage.text
