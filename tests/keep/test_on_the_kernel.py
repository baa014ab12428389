"""The verbs on a real kernel, in namespaces of their own."""

import json
import shlex
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from model.ethernet import link_local
from model.raw_frames import ethernet
from tests.guard.attacks import BOX_MAC, HOST_MAC, MATE_MAC
from tests.guard.lab import HASTY, MATE_PORT, PATIENCE_S, PORT, Lab, heard, ip, until
from tui.__main__ import main

BOX_IP, PIN_MAC, FORGED_MAC = "192.0.2.2", "fe:00:00:00:00:77", "02:66:00:00:00:01"
EXPERIMENT = 0x88B5
"""An ethertype for experiments (IEEE 802)."""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def lab(private_host: int, make_netns: Callable[[str], str]) -> Lab:
    made = Lab(make_netns, bridged=True, ipv6=HASTY)
    ip(f"-n {made.box} address add {BOX_IP}/24 dev eth0")
    return made


@pytest.fixture
def run(policy_file: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def typed(*words: str) -> tuple[int, str, str]:
        status = int(main(["--policy", str(policy_file), *words]))
        out, err = capsys.readouterr()
        return status, out, err

    return typed


def ruleset() -> str:
    return subprocess.run(["nft", "list", "ruleset"], capture_output=True, text=True, check=True).stdout


def link(name: str) -> dict[str, object]:
    shown = subprocess.run(["ip", "-j", "-d", "address", "show", "dev", name], capture_output=True, check=True)
    found: dict[str, object] = json.loads(shown.stdout)[0]
    return found


@pytest.mark.root
def test_a_guarded_port_is_proved_and_then_pinned_with_its_rules(lab: Lab, run: Run) -> None:
    status, _, err = run("guard", lab.box, "--prove", "--yes")
    assert status == 0, err
    assert "proved:" in err
    status, _, err = run("pin", lab.box, "--name", "tinder0", "--mac", PIN_MAC)
    assert status == 0, err
    pinned = link("tinder0")
    assert pinned["address"] == PIN_MAC
    assert '"tinder0"' in ruleset()
    assert run("policy")[1].count("right") == 2
    assert run("unguard", lab.box)[0] == 0
    assert ruleset() == ""


@pytest.mark.root
def test_the_link_local_of_a_pinned_host_end_is_the_one_that_was_told_before(lab: Lab, run: Run) -> None:
    ip(f"link set dev {PORT} nomaster")
    status, _, err = run("pin", lab.box, "--name", "tinder0", "--mac", PIN_MAC)
    assert status == 0, err
    assert f"{link_local(PIN_MAC)} after" in err
    addresses = link("tinder0")["addr_info"]
    assert isinstance(addresses, list)
    assert link_local(PIN_MAC) in [one["local"] for one in addresses]


@pytest.mark.root
def test_what_a_dry_run_prints_does_the_same_in_a_shell(lab: Lab, run: Run, tmp_path: Path) -> None:
    assert run("guard", lab.box)[0] == 0
    _, script, _ = run("pin", lab.box, "--name", "tinder0", "--mac", PIN_MAC, "--dry-run")
    assert not ruleset().count("tinder0")
    done = subprocess.run(["sh", "-e"], input=script, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert link("tinder0")["address"] == PIN_MAC
    assert '"tinder0"' in ruleset()


@pytest.mark.root
def test_a_sealed_container_has_its_port_isolated_and_its_rules_loaded(lab: Lab, run: Run) -> None:
    status, _, err = run("seal", lab.box, "--to", "br0", "--tcp", "873,3128")
    assert status == 0, err
    assert f"{link_local(HOST_MAC)}%eth0" in err
    assert isolated()
    rules = ruleset()
    assert "873" in rules
    assert BOX_MAC in rules
    assert run("unseal", lab.box)[0] == 0
    assert ruleset() == ""
    assert not isolated()


@pytest.mark.root
def test_a_port_that_was_isolated_before_it_was_sealed_stays_so(lab: Lab, run: Run) -> None:
    ip(f"link set dev {PORT} type bridge_slave isolated on")
    assert run("seal", lab.box, "--to", "br0", "--tcp", "873,3128")[0] == 0
    assert run("unseal", lab.box)[0] == 0
    assert isolated()


def isolated() -> bool:
    """The box's port."""
    port = link(PORT)["linkinfo"]
    assert isinstance(port, dict)
    return bool(port["info_slave_data"]["isolated"])


@pytest.mark.root
def test_a_sealed_container_reaches_its_services_by_the_address_that_is_told_and_no_other(lab: Lab, run: Run) -> None:
    assert run("seal", lab.box, "--to", "br0", "--tcp", "873")[0] == 0
    host = link_local(HOST_MAC)
    assert host is not None
    until_it_is_used(lab, link_local(BOX_MAC))
    with listener(host, 873), listener(host, 22):
        assert connects(lab, host, 873)
        assert not connects(lab, host, 22)
        assert run("unseal", lab.box)[0] == 0
        assert connects(lab, host, 22)


def until_it_is_used(lab: Lab, address: str | None) -> None:
    """Its own link-local address is there when the kernel has seen that its end is up."""
    end = time.monotonic() + PATIENCE_S
    while address is None or address not in inside_addresses(lab):
        assert time.monotonic() < end, inside_addresses(lab)
        time.sleep(0.01)


def inside_addresses(lab: Lab) -> str:
    shown = ["ip", "-n", lab.box, "-6", "address", "show", "dev", "eth0", "-tentative"]
    return subprocess.run(shown, capture_output=True, text=True, check=True).stdout


def listener(address: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    made.bind((address, port, 0, socket.if_nametoindex("br0")))
    made.listen()
    return made


def connects(lab: Lab, address: str, port: int) -> bool:
    with lab.inside(lab.box):
        tried = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        scope = socket.if_nametoindex("eth0")
    with tried:
        tried.settimeout(1.5)
        try:
            tried.connect((address, port, 0, scope))
        except TimeoutError:
            return False
    return True


def fdb(port: str) -> dict[str, set[str]]:
    """The entries of a port, and what is special about each."""
    shown = subprocess.run(["bridge", "-j", "fdb", "show", "brport", port], capture_output=True, check=True)
    entries = [one for one in json.loads(shown.stdout) if one.get("master") == "br0"]
    return {one["mac"]: {one.get("state", ""), *one.get("flags", [])} for one in entries}


def flags_of(port: str) -> tuple[bool, bool]:
    """Locked, and learning."""
    info = link(port)["linkinfo"]
    assert isinstance(info, dict)
    slave = info["info_slave_data"]
    return slave["locked"], slave["learning"]


def hears(listener: socket.socket, frame: bytes) -> list[bytes]:
    """Everything up to this frame."""
    frames: list[bytes] = []

    def is_there() -> bool:
        frames.extend(heard(listener))
        return frame in frames

    until(is_there, "a frame")
    return frames


@pytest.mark.root
def test_a_locked_port_lets_in_its_own_mac_alone_even_without_rules_and_undo_opens_it(lab: Lab, run: Run) -> None:
    forged, own = (ethernet(mac, EXPERIMENT, b"x" * 60) for mac in (FORGED_MAC, BOX_MAC))
    with lab.forger() as forger, lab.packets(lab.mate, "eth0") as neighbour:
        forger.send(forged)
        until(lambda: FORGED_MAC in lab.learned(), "the bridge to believe a forged MAC")
        status, _, err = run("guard", lab.box, "--locked")
        assert status == 0, err
        assert "no longer reach" not in err
        assert flags_of(PORT) == (True, False)
        entries = fdb(PORT)
        assert FORGED_MAC not in entries
        assert {"static", "sticky"} <= entries[BOX_MAC]
        subprocess.run(["nft", "flush", "ruleset"], check=True)
        heard(neighbour)
        forger.send(forged)
        forger.send(own)
        assert forged not in hears(neighbour, own)
        assert FORGED_MAC not in lab.learned()
        assert run("undo")[0] == 0
        assert flags_of(PORT) == (False, True)
        forger.send(forged)
        hears(neighbour, forged)


@pytest.mark.root
def test_what_a_locked_guard_prints_locks_the_port_in_a_shell_and_its_mac_cannot_be_taken(lab: Lab, run: Run) -> None:
    _, script, _ = run("guard", lab.box, "--locked", "--dry-run")
    done = subprocess.run(["sh", "-e"], input=script, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert flags_of(PORT) == (True, False)
    with lab.packets(lab.mate, "eth0", kind=0) as mate:
        mate.send(ethernet(BOX_MAC, EXPERIMENT, b"x" * 60))
        mate.send(ethernet(MATE_MAC, EXPERIMENT, b"x" * 60))
        until(lambda: MATE_MAC in lab.learned(), "the bridge to hear the neighbour")
    assert BOX_MAC in fdb(PORT)
    assert BOX_MAC not in fdb(MATE_PORT)
    status, _, err = run("guard", lab.box, "--locked")
    assert status == 0, err
    assert run("policy")[1].count("right") == 1


@pytest.mark.root
def test_reachability_knows_who_a_locked_port_lets_in(lab: Lab, run: Run) -> None:
    assert run("guard", lab.box, "--locked")[0] == 0
    subprocess.run(["nft", "flush", "ruleset"], check=True)
    there = json.loads(run("path", f"{lab.box}/eth0", f"{lab.mate}/eth0", "--json")[1])
    assert there["reachable"] == "yes", there
    ip(f"-n {lab.box} link set dev eth0 address {FORGED_MAC}")
    there = json.loads(run("path", f"{lab.box}/eth0", f"{lab.mate}/eth0", "--json")[1])
    assert (there["reachable"], there["because"]) == ("no", "locked"), there


@pytest.mark.root
def test_a_macvlan_is_replaced_by_the_commands_that_the_refusal_prints(lab: Lab, run: Run) -> None:
    ip(
        "link add dev up0 type veth peer name up1",
        "link set dev up0 up",
        f"-n {lab.box} link delete dev eth0",
        f"link add dev mv0 link up0 netns {lab.box} type macvlan mode bridge",
        f"-n {lab.box} address add {BOX_IP}/24 dev mv0",
        "address add 192.0.2.1/24 dev br0",
    )
    status, out, err = run("guard", f"{lab.box}/mv0", "--json")
    assert status == 5, err
    lines = json.loads(out)["error"]["instead"]
    for line in lines:
        status, _, err = run(*shlex.split(line)[1:], "--yes")
        assert status == 0, (line, err)
    (host_end,) = (shlex.split(line)[2] for line in lines if line.startswith("jackfield guard"))
    status, _, err = run("guard", host_end, "--prove", "--yes")
    assert status == 0, err
    with lab.inside(lab.box):
        assert not Path("/proc/self/net/dev").read_text().count("mv0")
        client = socket.socket()
    with socket.create_server(("192.0.2.1", 873)), client:
        client.settimeout(PATIENCE_S)
        client.connect(("192.0.2.1", 873))
