"""`E`: a picture or a file of what is on the screen."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.ui.stage import on_stage
from tests.yamato import yamato
from tui.actions import Place
from tui.screens.export import slug, write_anew


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files are written where the program was started."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written_in(directory: Path) -> list[str]:
    return [file.name for file in directory.iterdir()]


async def test_enter_writes_a_picture_of_everything(somewhere: Path) -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("E")
        for text in ("Export", "SVG, light", "everything", "yamato.svg"):
            await stage.shows(text)
        await stage.press("enter")
        await stage.shows("written:")
    assert (somewhere / "yamato.svg").read_text(encoding="utf-8").startswith("<svg")


async def test_right_takes_only_what_is_around_the_selected_thing(somewhere: Path) -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        await stage.press("down", "E", "right", *["down"] * 5)
        await stage.shows("1 hop around tinderbox/eth0")
        await stage.shows("yamato-tinderbox_eth0.json")
        await stage.press("enter")
        await stage.shows("written:")
    read = json.loads((somewhere / "yamato-tinderbox_eth0.json").read_text(encoding="utf-8"))
    assert {link["name"] for link in read["links"]} == {"eth0", "veth8pUZr", "br0"}


async def test_escape_writes_nothing(somewhere: Path) -> None:
    async with on_stage(yamato(), first=Place.TREE) as stage:
        await stage.press("E", "escape")
    assert not written_in(somewhere)


async def test_what_cannot_be_written_is_told(somewhere: Path) -> None:
    await asyncio.to_thread(somewhere.rmdir)
    async with on_stage(yamato(), first=Place.EVENTS) as stage:
        await stage.press("E", "enter")
        await stage.shows("not written: yamato.svg")


def test_a_file_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    first, second = (write_anew(tmp_path / "a.svg", text) for text in ("one", "two"))
    assert (first.name, second.name) == ("a.svg", "a-2.svg")
    assert first.read_text(encoding="utf-8") == "one"


@pytest.mark.parametrize(
    ("text", "safe"),
    [("tinderbox/eth0", "tinderbox_eth0"), ("../../etc", "_.._etc"), ("\x1b[2J", "__2J"), ("", "_"), ("-rf", "rf")],
)
def test_names_of_files_hold_nothing_strange(text: str, safe: str) -> None:
    assert slug(text) == safe


async def test_a_container_s_configuration_for_lxc_is_written_with_its_pin(somewhere: Path) -> None:
    async with on_stage(yamato(), first=Place.MAP) as stage:
        policy = stage.app.changing.policy
        policy.parent.mkdir()
        policy.write_text(
            '[[policy]]\nname = "t"\nmatch = { runtime = "lxc", owner = "tinderbox" }\npin = { name = "tinder0" }\n'
        )
        stage.app.policy_reader.look()
        await stage.until(lambda: stage.app.session.kept is not None, "the policy is read")
        await stage.press("down", "E", "end", *["down"] * 6)
        await stage.shows("yamato-tinderbox_eth0.conf")
        await stage.press("enter")
        await stage.shows("written:")
        await stage.press("E", *["down"] * 7)
        await stage.shows("yamato-tinderbox_eth0.link")
        await stage.press("enter")
        await stage.shows("written:")
    text = (somewhere / "yamato-tinderbox_eth0.conf").read_text(encoding="utf-8")
    assert "lxc.net.0.veth.pair = tinder0\n" in text
    assert "OriginalName=veth8pUZr" in (somewhere / "yamato-tinderbox_eth0.link").read_text(encoding="utf-8")


async def test_a_configuration_of_nothing_is_not_written(somewhere: Path) -> None:
    async with on_stage(yamato(), first=Place.EVENTS) as stage:
        await stage.press("E", *["down"] * 6)
        await stage.shows("nothing is selected")
        await stage.press("enter")
        await stage.shows("nothing was written")
    assert not written_in(somewhere)
