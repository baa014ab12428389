"""The daemon on a real kernel: as containers come and go, as others meddle, from its start to its end."""

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from model.raw_frames import ethernet
from tests.guard.lab import HASTY, PORT, Lab, ip, until
from tests.keep.daemon import Daemon
from tui.__main__ import main

MAC = "fe:00:00:00:00:77"
EXPERIMENT = 0x88B5
"""An ethertype for experiments (IEEE 802)."""


@pytest.fixture
def lab(private_host: int, make_netns: Callable[[str], str]) -> Lab:
    return Lab(make_netns, bridged=True, ipv6=HASTY)


def entry(lab: Lab, *parts: str) -> str:
    return f'[[policy]]\nname = "box"\nmatch = {{ netns = "{lab.box}" }}\n' + "".join(f"{part}\n" for part in parts)


PIN = f'pin = {{ name = "tinder0", mac = "{MAC}" }}'
GUARD = 'guard = { ipv4 = ["192.0.2.2"] }'


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def names() -> str:
    return subprocess.run(["ip", "-br", "link"], capture_output=True, text=True, check=True).stdout


def ruleset() -> str:
    return subprocess.run(["nft", "list", "ruleset"], capture_output=True, text=True, check=True).stdout


@pytest.mark.root
def test_it_pins_and_guards_at_every_start_of_a_container(lab: Lab, policy_file: Path, state: Path) -> None:
    write(policy_file, entry(lab, PIN, GUARD))
    with Daemon(policy_file, state) as daemon:
        for start in range(1, 4):
            daemon.until(lambda: "tinder0@" in names() and MAC in names(), "the pin")
            daemon.until(lambda: '"tinder0"' in ruleset(), "the guard")
            daemon.until_told("done", start)
            ip("link delete dev tinder0")
            lab.plug()
        assert daemon.texts("failed") == []


@pytest.mark.root
def test_it_pins_and_guards_where_the_bridge_has_the_last_address_of_the_host(
    lab: Lab, policy_file: Path, state: Path
) -> None:
    """As docker0 may."""
    ip("address add 192.0.2.1/24 dev br0")
    write(policy_file, entry(lab, PIN, 'guard = { ipv4 = ["192.0.2.2"], locked = true }'))
    with Daemon(policy_file, state) as daemon:
        for _ in range(2):
            daemon.until(lambda: "tinder0@" in names() and MAC in names(), "the pin")
            ip("link delete dev tinder0")
            lab.plug()
        assert daemon.texts("refused") == daemon.texts("failed") == []


@pytest.mark.root
def test_what_others_do_to_it_is_put_right_or_told(lab: Lab, policy_file: Path, state: Path) -> None:
    write(policy_file, entry(lab, PIN, GUARD))
    with Daemon(policy_file, state) as daemon:
        daemon.until(lambda: "tinder0@" in names() and PORT not in ruleset(), "the pin")
        subprocess.run(["nft", "add", "table", "inet", "mine"], check=True)
        subprocess.run(["nft", "flush", "ruleset"], check=True)
        daemon.until(lambda: daemon.texts("flushed"), "word of the flush")
        assert '"tinder0"' in ruleset()
        ip("link set dev tinder0 name vethudev")
        daemon.until(lambda: daemon.texts("taken-back"), "word of the rename")
        assert "vethudev" in names()
        daemon.until(lambda: '"vethudev"' in ruleset(), "rules under the name that it has")
        write(policy_file, "half written")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.until(lambda: "the last good policy stays" in daemon.texts("policy"), "word of the bad policy")
        assert '"vethudev"' in ruleset()
        subprocess.run(["nft", "add", "table", "inet", "mine"], check=True)
        write(policy_file, entry(lab, PIN))
        daemon.until(lambda: "jackfield_guard" not in ruleset() or '"vethudev"' not in ruleset(), "the rules to go")
        assert "table inet mine" in ruleset()


@pytest.mark.root
def test_it_ends_leaving_the_rules_and_takes_them_over_when_it_is_killed_and_begins_again(
    lab: Lab, policy_file: Path, state: Path
) -> None:
    write(policy_file, entry(lab, GUARD))
    with Daemon(policy_file, state) as daemon:
        daemon.until(lambda: f'"{PORT}"' in ruleset(), "the guard")
        daemon.process.kill()
        daemon.process.wait()
    assert f'"{PORT}"' in ruleset()
    write(policy_file, "bad")
    with Daemon(policy_file, state) as daemon:
        assert "the last good policy stays" in daemon.texts("policy")
        assert f'"{PORT}"' in ruleset()
        assert daemon.end() == 0
        assert any("the rules stay" in note for note in daemon.notes)
    assert f'"{PORT}"' in ruleset()


@pytest.mark.root
def test_a_command_beside_the_daemon_is_no_meddling(
    lab: Lab, policy_file: Path, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(policy_file, entry(lab, PIN, GUARD))
    with Daemon(policy_file, state) as daemon:
        daemon.until(lambda: "tinder0@" in names() and PORT not in ruleset(), "the pin")
        assert main(["unguard", "box", "--policy", str(policy_file)]) == 0
        daemon.until(lambda: any("is read again" in text for text in daemon.texts("policy")), "the new policy")
        daemon.until(lambda: "jackfield_guard" not in ruleset() or '"tinder0"' not in ruleset(), "the rules to go")
        assert daemon.texts("flushed") == []


@pytest.mark.root
def test_what_bridges_learned_before_the_rules_stood_is_forgotten_once(
    lab: Lab, policy_file: Path, state: Path
) -> None:
    forged, other = "02:66:00:00:00:01", "02:66:00:00:00:02"
    with lab.forger() as box, lab.packets(lab.mate, "eth0", kind=0) as mate:
        box.send(ethernet(forged, EXPERIMENT, b""))
        mate.send(ethernet(other, EXPERIMENT, b""))
        until(lambda: {forged, other} <= lab.learned(), "both MACs")
        write(policy_file, entry(lab, GUARD))
        with Daemon(policy_file, state) as daemon:
            daemon.until(lambda: forged not in lab.learned(), "the forged MAC to be forgotten")
            assert other in lab.learned()
    subprocess.run(["bridge", "fdb", "add", forged, "dev", PORT, "master", "dynamic"], check=True)
    with Daemon(policy_file, state) as daemon:
        assert forged in lab.learned()


@pytest.mark.root
def test_once_does_what_is_due_and_ends(lab: Lab, policy_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["enforce", "--once", "--policy", str(policy_file)]) == 5
    write(policy_file, entry(lab, PIN, GUARD))
    assert main(["enforce", "--once", "--policy", str(policy_file)]) == 0
    assert "tinder0@" in names()
    assert '"tinder0"' in ruleset()


def test_the_unit_names_this_program_and_this_policy_wherever_it_was_typed(
    policy_file: Path, state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = policy_file.parent.parent / "jackfield"
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.chdir(program.parent)
    monkeypatch.setattr("sys.argv", ["./jackfield"])
    assert main(["enforce", "--print-unit", "--policy", str(policy_file)]) == 0
    printed = capsys.readouterr().out
    assert f"ExecStart={program} enforce --policy {policy_file}\n" in printed
    assert f"JACKFIELD_STATE_DIR={state}" in printed
    assert "@" not in printed.replace("@system-service", "")
