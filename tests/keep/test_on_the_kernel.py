"""The verbs on a real kernel, in namespaces of their own."""

import json
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.firewall import Firewall
from backend.host import LinuxHost
from backend.keeping import policies_in
from model.dropped import Tally
from model.ethernet import link_local
from model.policy import Policies
from model.policy_text import BadPolicies
from model.raw_frames import ARP, arp, ethernet
from model.topology import Topology
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
@pytest.mark.parametrize("is_guarded", [True, False], ids=["guarded", "bare"])
def test_a_pin_that_is_not_confirmed_goes_back_with_its_entry_and_its_rules(
    lab: Lab, run: Run, policy_file: Path, is_guarded: bool
) -> None:
    """By its guardian alone: the command has ended long before."""
    if is_guarded:
        assert run("guard", lab.box)[0] == 0
    before, rules = entries(policy_file), ruleset().count(f'"{PORT}"')
    typed = ("pin", lab.box, "--name", "tinder0", "--mac", PIN_MAC, "--revert-after", "5", "--yes")
    command = [sys.executable, "-m", "tui", *typed, "--policy", str(policy_file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    until(lambda: has_gone_back(run), "the end of its time")
    assert link(PORT)["address"] != PIN_MAC
    assert entries(policy_file) == before
    assert (ruleset().count(f'"{PORT}"'), ruleset().count('"tinder0"')) == (rules, 0)


@pytest.mark.root
def test_a_guard_that_is_not_confirmed_goes_back_unless_its_entry_was_changed_since(
    lab: Lab, run: Run, policy_file: Path
) -> None:
    assert run("guard", lab.box, "--revert-after", "5", "--yes")[0] == 0
    until(lambda: has_gone_back(run), "the end of its time")
    assert (ruleset(), entries(policy_file)) == ("", ())
    assert run("guard", lab.box, "--revert-after", "5", "--yes")[0] == 0
    assert run("guard", lab.box, "--address", "192.0.2.99")[0] == 0
    since = entries(policy_file)
    until(lambda: has_gone_back(run, times=2), "the end of its time")
    assert entries(policy_file) == since
    assert f'"{PORT}"' in ruleset()


def has_gone_back(run: Run, times: int = 1) -> bool:
    return [one["state"] for one in json.loads(run("log", "--json")[1])["changes"]].count("reverted") == times


def entries(file: Path) -> Policies:
    found = policies_in(file)
    assert not isinstance(found, BadPolicies)
    return found


@pytest.mark.root
@pytest.mark.parametrize("words", [("guard",), ("guard", "--locked"), ("seal", "--to", "br0", "--tcp", "873")])
def test_what_the_bridge_learned_before_it_was_guarded_is_forgotten_and_its_own_mac_learned_again(
    lab: Lab, run: Run, words: tuple[str, ...]
) -> None:
    forged, own = (ethernet(mac, EXPERIMENT, b"") for mac in (FORGED_MAC, BOX_MAC))
    with lab.forger() as box:
        box.send(forged)
        until(lambda: FORGED_MAC in lab.learned(), "the forged MAC")
        status, script, _ = run(words[0], lab.box, *words[1:], "--dry-run")
        assert f"ip link set dev {PORT} type bridge_slave fdb_flush" in script
        status, _, err = run(words[0], lab.box, *words[1:])
        assert status == 0, err
        assert FORGED_MAC not in lab.learned()
        box.send(forged)
        box.send(own)
        box.send(ethernet(BOX_MAC, ARP, arp(1, (BOX_MAC, BOX_IP), (BOX_MAC, BOX_IP))))
        if words == ("guard",):
            until(lambda: BOX_MAC in lab.learned(), "its own MAC")
            tally = Firewall().tally()
            assert isinstance(tally, Tally)
            assert tally.frames >= 2  # the forged MAC, and an ethertype that is no IP
            assert tally.passed
        assert FORGED_MAC not in lab.learned()


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


@pytest.mark.root
@pytest.mark.parametrize("mode", ["stable_secret", "random"])
@pytest.mark.parametrize("bridged", [True, False], ids=["bridge port", "stand-alone"])
def test_a_sealed_container_whose_addresses_follow_from_a_secret_reaches_its_services(
    lab: Lab, run: Run, mode: str, bridged: bool
) -> None:
    """RFC 7217, on both sides."""
    if not bridged:
        ip(f"link set dev {PORT} nomaster")
    end = "br0" if bridged else PORT
    for place, device in ((None, end), (lab.box, "eth0")):
        inside = "" if place is None else f"-n {place} "
        if mode == "stable_secret":
            with lab.inside(place):
                secret = Path(f"/proc/sys/net/ipv6/conf/{device}/stable_secret")
                secret.write_text("2001:db8::1" if place is None else "2001:db8::2")
        ip(f"{inside}link set dev {device} down", f"{inside}link set dev {device} addrgenmode {mode} up")
    host, own = (until_there(lab, *where) for where in ((None, end), (lab.box, "eth0")))
    assert {host, own}.isdisjoint({link_local(HOST_MAC), link_local(BOX_MAC)})
    status, _, err = run("seal", lab.box, "--to", end, "--tcp", "873")
    assert status == 0, err
    assert f"{host}%eth0" in err
    assert "does not follow from its MAC" in err
    with listener(host, 873, end), listener(host, 22, end):
        assert connects(lab, host, 873)
        assert not connects(lab, host, 22)
        other = "fe80::77"
        ip(f"-n {lab.box} address delete {own}/64 dev eth0", f"-n {lab.box} address add {other}/64 dev eth0 nodad")
        assert not connects(lab, host, 873)


def until_there(lab: Lab, place: str | None, device: str) -> str:
    """The link-local address of a device, once the kernel has made it."""
    inside = [] if place is None else ["-n", place]
    found: list[str] = []

    def there() -> bool:
        shown = ["ip", "-j", *inside, "-6", "address", "show", "dev", device, "scope", "link", "-tentative"]
        (told,) = json.loads(subprocess.run(shown, capture_output=True, check=True).stdout) or [{}]
        found.extend(one["local"] for one in told.get("addr_info", ()))
        return bool(found)

    until(there, f"the address of {device}")
    return found[0]


def until_it_is_used(lab: Lab, address: str | None) -> None:
    """Its own link-local address is there when the kernel has seen that its end is up."""
    end = time.monotonic() + PATIENCE_S
    while address is None or address not in inside_addresses(lab):
        assert time.monotonic() < end, inside_addresses(lab)
        time.sleep(0.01)


def inside_addresses(lab: Lab) -> str:
    shown = ["ip", "-n", lab.box, "-6", "address", "show", "dev", "eth0", "-tentative"]
    return subprocess.run(shown, capture_output=True, text=True, check=True).stdout


def listener(address: str, port: int, device: str = "br0") -> socket.socket:
    made = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    made.bind((address, port, 0, socket.if_nametoindex(device)))
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


def shown_entries() -> list[tuple[str, str, str]]:
    """What the screens have of the host's bridges: port, MAC, kind."""
    host, graph = LinuxHost(), Topology()
    graph.learn(host.read())
    assert graph.home is not None
    names = {link.id.ifindex: link.name for link in graph.links(graph.home)}
    return [(names.get(one.port, ""), one.mac, one.kind) for one in host.tables(graph.home).forwarding]


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
        assert (PORT, BOX_MAC, "sticky") in shown_entries()
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
