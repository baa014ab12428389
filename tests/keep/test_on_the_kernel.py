"""The verbs on a real kernel, in namespaces of their own."""

import json
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from model.ethernet import link_local
from tests.guard.attacks import BOX_MAC, HOST_MAC
from tests.guard.lab import HASTY, PATIENCE_S, PORT, Lab, ip
from tui.__main__ import main

BOX_IP, PIN_MAC = "192.0.2.2", "fe:00:00:00:00:77"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def lab(private_host: int, make_netns: Callable[[str], str]) -> Lab:
    made = Lab(make_netns, bridged=True, ipv6=HASTY)
    ip(f"-n {made.box} address add {BOX_IP}/24 dev eth0")
    return made


@pytest.fixture
def run(policy_file: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def typed(*words: str) -> tuple[int, str, str]:
        status = int(main([*words, "--policy", str(policy_file)]))
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
    port = link(PORT)["linkinfo"]
    assert isinstance(port, dict)
    assert port["info_slave_data"]["isolated"]
    rules = ruleset()
    assert "873" in rules
    assert BOX_MAC in rules
    assert run("unseal", lab.box)[0] == 0
    assert ruleset() == ""


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
