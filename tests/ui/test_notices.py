"""What is said for a while stands in the row of notices, or in the lower edge of a dialog, and covers nothing."""

import pytest

from model.facts import Visibility
from tests.ui.stage import on_stage
from tests.yamato import yamato
from tui.actions import Place

PLACES = [Place.MAP, Place.TREE, Place.TABLE]


@pytest.mark.parametrize("place", PLACES)
async def test_a_remark_is_a_row_of_its_own_below_the_path_and_goes_away(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.app.REMARK_S", 2.0)
    async with on_stage(yamato(), (120, 45), first=place) as stage:
        before = stage.lines
        await stage.press("backspace")
        after = stage.lines
        assert after[2].strip() == "there is nothing to go back to"
        assert [line[:80] for line in after[3:23]] == [line[:80] for line in before[2:22]]
        await stage.hides("there is nothing to go back to")
        assert stage.lines[2] == before[2]


async def test_no_word_of_a_long_remark_is_lost() -> None:
    async with on_stage(yamato(), (60, 24)) as stage:
        await stage.press("D")
        said = " ".join(line.strip() for line in stage.lines[2:4])
        assert said == "the practice lab opens from a host on which nothing is patched; elsewhere: jackfield demo"


async def test_after_a_remark_the_notice_that_was_there_is_there_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.app.REMARK_S", 2.0)
    hidden = Visibility(complete=False, missing=("not root: other namespaces are hidden, start with sudo to see them",))
    async with on_stage([*yamato()[:-1], hidden]) as stage:
        await stage.shows("! Not root")
        await stage.press("backspace")
        assert "nothing to go back to" in stage.lines[2]
        await stage.hides("nothing to go back to")
        assert "! Not root" in stage.lines[2]


async def test_in_a_dialog_it_stands_in_the_lower_edge() -> None:
    async with on_stage(yamato()) as stage:
        await stage.press("colon")
        await stage.type("practice lab")
        await stage.press("enter")
        edge = stage.line_with("╰")
        assert "the practice lab opens from a host on which nothing is patched" in edge


async def test_ctrl_c_says_how_to_quit() -> None:
    async with on_stage(yamato()) as stage:
        await stage.press("ctrl+c")
        assert stage.lines[2].strip() == "ctrl+c ends nothing here: q does"


async def test_ctrl_z_says_why_it_cannot_suspend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.app.can_be_continued", lambda: False)
    async with on_stage(yamato(), (120, 36)) as stage:
        await stage.press("ctrl+z")
        assert "ctrl+z needs a shell that started it" in stage.lines[2]
