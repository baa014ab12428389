"""The verbs on the real kernel, in a network namespace of their own, as they are typed."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tui.__main__ import main

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30.0
pytestmark = [pytest.mark.root, pytest.mark.usefixtures("private_host")]

Type = Callable[..., int]
Tell = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written down is written there."""
    monkeypatch.setenv("JACKFIELD_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def types() -> Type:
    """`types("up", "br0")`: its exit status."""
    return lambda *words: int(main(words))


@pytest.fixture
def told(types: Type, capsys: pytest.CaptureFixture[str]) -> Tell:
    """`told("up", "br0")`: what `--json` says."""

    def tell(*words: str) -> dict[str, Any]:
        capsys.readouterr()
        status = types(*words, "--json")
        document: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert (status == 0) is document["ok"], document
        return document

    return tell


def ip(*words: str) -> Any:
    done = subprocess.run(["ip", "-j", "-d", *words], capture_output=True, text=True, check=True)
    return json.loads(done.stdout or "[]")


def names() -> set[str]:
    return {link["ifname"] for link in ip("link")}


def test_a_cable_is_made_plugged_in_renamed_and_all_of_it_is_taken_back(
    make_netns: Callable[[str], str], types: Type, told: Tell
) -> None:
    box = make_netns("box")
    before = names()
    assert told("add", "bridge", "br0")["id"] == "c1"
    assert told("add", "veth", "host/web0", f"{box}/eth0", "--master", "br0")["ok"]
    assert ip("link", "show", "web0")[0]["master"] == "br0"
    assert told("rename", "web0", "vethWeb")["ok"]
    assert told("port", f"{box}/eth0", "isolated=on")["ok"]
    assert ip("link", "show", "vethWeb")[0]["linkinfo"]["info_slave_data"]["isolated"] is True
    assert told("mac", f"{box}/eth0", "02:00:00:00:00:99")["ok"]
    assert [types("undo") for _ in range(6)] == [0, 0, 0, 0, 0, 3]
    assert names() == before


def test_what_is_made_again_has_the_macs_that_it_had(make_netns: Callable[[str], str], types: Type) -> None:
    box = make_netns("box")
    assert types("add", "veth", "web0", f"{box}/eth0") == 0
    assert types("add", "bridge", "br7") == 0

    def macs() -> set[str]:
        return {link["address"] for link in (*ip("link"), *ip("-n", box, "link"))}

    made = macs()
    assert [types("undo") for _ in range(2)] == [0, 0]
    assert macs() == {"00:00:00:00:00:00"}
    assert [types("redo") for _ in range(2)] == [0, 0]
    assert macs() == made


def test_the_lines_of_a_dry_run_do_the_same_in_a_shell(
    make_netns: Callable[[str], str], types: Type, capsys: pytest.CaptureFixture[str]
) -> None:
    box = make_netns("box")
    for words in (("add", "bridge", "br0"), ("add", "veth", "web0", f"{box}/eth0", "--master", "br0")):
        assert types(*words, "--dry-run") == 0
        lines = capsys.readouterr().out
        subprocess.run(["sh", "-e", "-c", lines], check=True)
    assert ip("link", "show", "web0")[0]["master"] == "br0"
    assert types("attach", f"{box}/eth0", "br0") == 0


def test_a_change_goes_back_by_itself_unless_it_is_confirmed(types: Type, told: Tell) -> None:
    subprocess.run(["ip", "link", "add", "br0", "type", "bridge"], check=True)
    assert told("mtu", "br0", "1400", "--revert-after", "30")["confirm_by"]
    assert types("confirm") == 0
    gone = told("mtu", "br0", "1300", "--revert-after", "5")
    assert ip("link", "show", "br0")[0]["mtu"] == 1300
    give_up = time.monotonic() + PATIENCE_S
    while ip("link", "show", "br0")[0]["mtu"] != 1400:
        assert time.monotonic() < give_up
        time.sleep(0.1)
    assert types("confirm", gone["id"]) == 3


def test_what_only_the_kernel_refuses_is_told_in_its_words(types: Type, told: Tell) -> None:
    subprocess.run(["ip", "link", "add", "br0", "type", "bridge"], check=True)
    refused = told("address", "del", "br0", "192.0.2.1/24")
    assert refused["error"]["text"]
    assert types("address", "del", "br0", "192.0.2.1/24") == 5


def test_an_undo_under_a_timer_goes_back_by_itself_unless_it_is_confirmed(types: Type, told: Tell) -> None:
    """The guardian does again what was taken back: with what belonged to it."""

    def kept() -> set[tuple[str, str, str | None]]:
        """What was not left to chance: eth7's MAC was."""
        return {
            (link["ifname"], link["address"], link.get("master")) for link in ip("link") if link["ifname"] != "eth7"
        }

    subprocess.run(["ip", "link", "add", "br0", "type", "bridge"], check=True)
    assert told("add", "veth", "web0", "eth7", "--master", "br0", "--mac", "02:00:00:00:00:01")["ok"]
    there = kept()
    assert told("undo", "--revert-after", "30")["confirm_by"]
    assert names() == {"lo", "br0"}
    assert types("undo") == 0  # at once: it would go back anyway
    assert kept() == there
    assert told("detach", "web0")["ok"]
    assert told("undo", "--revert-after", "5")["ok"]
    assert ip("link", "show", "web0")[0]["master"] == "br0"
    give_up = time.monotonic() + PATIENCE_S
    while "master" in ip("link", "show", "web0")[0]:
        assert time.monotonic() < give_up
        time.sleep(0.1)
    while types("undo", "--revert-after", "30") != 0:  # the guardian writes down that it is done
        assert time.monotonic() < give_up
        time.sleep(0.1)
    assert types("confirm") == 0
    assert ip("link", "show", "web0")[0]["master"] == "br0"


def test_a_namespace_that_somebody_else_made_again_is_not_taken_back(
    make_netns: Callable[[str], str], types: Type, told: Tell
) -> None:
    """Both are empty, and have the same name."""
    box = make_netns("lab")
    subprocess.run(["ip", "netns", "delete", box], check=True)
    assert told("add", "netns", box)["ok"]
    subprocess.run(["ip", "netns", "delete", box], check=True)
    subprocess.run(["ip", "netns", "add", box], check=True)
    error = told("undo")["error"]
    assert error["code"] == "world-moved"
    assert f"{box} is the name of another namespace by now" in error["text"]
    assert types("undo") == 5
    assert Path("/run/netns", box).exists()
    subprocess.run(["ip", "netns", "delete", box], check=True)
    assert told("add", "netns", box)["ok"]
    assert types("undo") == 0
    assert not Path("/run/netns", box).exists()
