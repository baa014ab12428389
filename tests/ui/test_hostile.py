"""No name does harm: wherever it is shown, it is text in its own cells."""

import dataclasses

import pytest
from rich.cells import cell_len

from model.facts import Fact, LinkGone, LinkSeen, NamespaceGone, NamespaceSeen, OwnersSeen, Resynced, Visibility
from model.identity import LinkId, NamespaceId
from model.namespace import Namespace
from tests.hostile import HOME, LINK_NAMES, TEXTS, hostile_host
from tests.ui.stage import Stage, on_stage
from tui.actions import Place


def is_sound(stage: Stage) -> None:
    """Every row is as wide as the screen, and holds nothing that acts."""
    width = stage.app.size.width
    for line in stage.lines:
        assert line.isprintable(), repr(line)
        assert cell_len(line) == width, (cell_len(line), line)


async def visit_every_row(stage: Stage) -> None:
    await stage.press("home")
    for _ in range(200):
        is_sound(stage)
        before = stage.tree.cursor
        stage.tree.step(1)
        await stage.settle()
        if stage.tree.cursor == before:
            return


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_in_the_tree_and_the_detail(size: tuple[int, int]) -> None:
    async with on_stage(hostile_host(), size) as stage:
        await visit_every_row(stage)


async def test_escapes_are_shown_as_escapes() -> None:
    async with on_stage(hostile_host(), (120, 60)) as stage:
        for text in ("br[/x]", "[red]x", "x\\x1b[31m", "\\xff\\xfe", "\\u202ev", "漢字", "[@click=quit]q"):
            assert text in stage.text


async def test_in_the_whole_detail() -> None:
    async with on_stage(hostile_host()) as stage:
        for row in range(0, 60, 3):
            stage.tree.move_to(row)
            await stage.press("enter")
            is_sound(stage)
            await stage.press("escape")


async def test_in_the_palette_and_the_filter() -> None:
    async with on_stage(hostile_host()) as stage:
        for typed in ("[/", "$(id)", "\\x1b", "[red]x"):
            await stage.press("colon")
            await stage.type(typed)
            is_sound(stage)
            await stage.press("escape", "slash")
            await stage.type(typed)
            is_sound(stage)
            await stage.press("enter")
            is_sound(stage)
            await stage.press("escape")


async def test_in_notifications() -> None:
    async with on_stage(hostile_host(), (120, 36)) as stage:
        for row in range(2, 50, 5):
            stage.tree.move_to(row)
            await stage.press("y")
            is_sound(stage)


async def test_in_the_events() -> None:
    async with on_stage(hostile_host(), (120, 45)) as stage:
        bridge = stage.app.session.graph.link(LinkId(HOME, 10))
        assert bridge is not None
        facts: list[Fact] = [
            LinkSeen(dataclasses.replace(bridge, name=name, alias=text))
            for name, text in zip(LINK_NAMES, TEXTS, strict=False)
        ]
        for fact in facts:
            await stage.say(fact)
        space = NamespaceId("n101")
        await stage.say(NamespaceSeen(Namespace(space, 1, TEXTS)), OwnersSeen(space, ()))
        await stage.say(Resynced(TEXTS[2], 3.0), Visibility(complete=False, missing=(TEXTS[0], TEXTS[3])))
        is_sound(stage)
        await stage.press("5")
        await stage.shows("[red]x")
        for _ in range(30):
            is_sound(stage)
            await stage.press("down")


async def test_while_things_die() -> None:
    async with on_stage(hostile_host(), (120, 36)) as stage:
        for number in range(len(TEXTS)):
            await stage.say(LinkGone(LinkId(HOME, 100 + number)), NamespaceGone(NamespaceId(f"n{100 + number}")))
            is_sound(stage)


async def test_on_every_screen() -> None:
    for place in Place:
        async with on_stage(hostile_host(), (120, 36), first=place) as stage:
            is_sound(stage)
            await stage.press("question_mark")
            is_sound(stage)
