"""Raw frames from inside a container, on a real kernel: what is forged does not arrive, what is ordinary does."""

import os
import socket
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from backend.firewall import Firewall
from model.dropped import Tally
from model.guard import Guard, Seal
from model.raw_frames import ALL_NODES, BROADCAST, ethernet
from tests.guard.attacks import (
    ALLOWED,
    BOX_IP,
    BOX_IP6,
    BOX_MAC,
    FORGED,
    HOST_LL,
    HOST_MAC,
    MATE_MAC,
    PORTS,
    SEALED_ALLOWED,
    SEALED_REFUSED,
    UDP_PORT,
)
from tests.guard.lab import MATE_PORT, PINNED, PORT, Lab, heard, ip, seen, until

pytestmark = pytest.mark.root

GUARD = Guard((PORT, PINNED), BOX_MAC, (BOX_IP,), (BOX_IP6,))
SEALED = Guard((PORT, PINNED), BOX_MAC, dhcp=False, seal=Seal(HOST_MAC, HOST_LL, PORTS, (UDP_PORT,)))


@pytest.fixture(autouse=True)
def one_cpu() -> Iterator[None]:
    """A frame sent from one CPU cannot overtake one that was sent before."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    yield
    os.sched_setaffinity(0, before)


@pytest.fixture(params=[True, False], ids=["bridge port", "stand-alone"])
def lab(request: pytest.FixtureRequest, private_host: int, make_netns: Callable[[str], str]) -> Lab:
    made = Lab(make_netns, bridged=request.param)
    made.watch_behind(PORT, PINNED)
    return made


def standing(guard: Guard) -> Firewall:
    firewall = Firewall()
    assert firewall.load([guard]) is None
    return firewall


def tally(firewall: Firewall) -> Tally:
    counted = firewall.tally()
    assert isinstance(counted, Tally)
    return counted


def classes(firewall: Firewall) -> Counter[str]:
    return Counter({one.kind.code: one.frames for one in tally(firewall).dropped})


def send(lab: Lab, frames: list[bytes]) -> int:
    """Send them from inside, and wait until the rules have seen them all; how many came past."""
    before, past = seen(), lab.arrived()
    with lab.forger() as forger:
        for frame in frames:
            forger.send(frame)
    until(lambda: seen() >= before + len(frames), "the frames at the rules")
    return lab.arrived() - past


def passing(lab: Lab, frames: dict[str, bytes]) -> list[str]:
    """The names of those that come past the rules, each tried alone."""
    return [name for name, frame in frames.items() if send(lab, [frame])]


def counted_otherwise(lab: Lab, firewall: Firewall, attacks: dict[str, tuple[str, bytes]]) -> list[str]:
    """The names of those that are counted as something else than they are, each tried alone."""
    wrong = []
    for name, (expected, frame) in attacks.items():
        before = classes(firewall)
        send(lab, [frame])
        counted = list((classes(firewall) - before).elements())
        if counted != [expected]:
            wrong.append(f"{name}: {counted} instead of {expected}")
    return wrong


def test_without_a_guard_every_one_of_these_frames_arrives(lab: Lab) -> None:
    frames = [frame for _, frame in (*FORGED.values(), *SEALED_REFUSED.values())]
    with lab.forger() as forger:
        for frame in frames:
            forger.send(frame)
    until(lambda: lab.arrived() == len(frames), "every frame")


def test_nothing_that_is_forged_leaves_a_guarded_port(lab: Lab) -> None:
    firewall = standing(GUARD)
    forged = {name: frame for name, (_, frame) in FORGED.items()}
    listeners = [lab.packets(lab.mate, "eth0"), lab.packets(None, "br0"), lab.packets(None, MATE_PORT)]
    assert send(lab, list(forged.values())) == 0, passing(lab, forged)
    expected = Counter(kind for kind, _ in FORGED.values())
    assert classes(firewall) == expected, counted_otherwise(lab, firewall, FORGED)
    for listener in listeners:
        assert not set(heard(listener)) & set(forged.values())
        listener.close()
    assert not lab.learned() & {"02:66:66:66:66:66", MATE_MAC, BOX_MAC}


def test_what_is_ordinary_passes_a_guarded_port(lab: Lab) -> None:
    firewall = standing(GUARD)
    assert send(lab, list(ALLOWED.values())) == len(ALLOWED), sorted(set(ALLOWED) - set(passing(lab, ALLOWED)))
    assert tally(firewall).frames == 0


def test_a_container_without_addresses_of_its_own_speaks_from_its_link_local_address_alone(lab: Lab) -> None:
    standing(Guard((PORT,), BOX_MAC, dhcp=False))
    passed = set(passing(lab, ALLOWED))
    assert passed == {
        "DAD",
        "a neighbour solicitation",
        "a neighbour solicitation without an option",
        "a neighbour advertisement",
        "a router solicitation",
        "a router solicitation from nobody",
        "MLDv2 during DAD",
        "MLDv2",
        "MLDv1",
        "ping from the link-local address",
        "UDP over IPv6",
    }


def test_a_sealed_container_reaches_its_services_and_nothing_else(lab: Lab) -> None:
    firewall = standing(SEALED)
    refused = {name: frame for name, (_, frame) in SEALED_REFUSED.items()}
    assert send(lab, list(refused.values())) == 0, passing(lab, refused)
    expected = Counter(kind for kind, _ in SEALED_REFUSED.values())
    assert classes(firewall) == expected, counted_otherwise(lab, firewall, SEALED_REFUSED)
    forged = {name: frame for name, (_, frame) in FORGED.items()}
    assert send(lab, list(forged.values())) == 0, passing(lab, forged)
    assert send(lab, list(SEALED_ALLOWED.values())) == len(SEALED_ALLOWED), passing(lab, SEALED_ALLOWED)


def test_the_forged_addresses_are_told(lab: Lab) -> None:
    firewall = standing(GUARD)
    send(lab, [FORGED["another MAC, own addresses"][1]] * 3 + [FORGED["IPv4 source"][1], FORGED["IPv6 source"][1]])
    told = {(one.what, one.address, one.frames) for one in tally(firewall).forged}
    assert told == {("mac", "02:66:66:66:66:66", 3), ("ipv4", "10.0.0.12", 1), ("ipv6", "2001:db8::c", 1)}


@pytest.mark.parametrize("to", [BROADCAST, ALL_NODES])
def test_a_flood_of_broadcasts_is_cut_even_when_it_is_honest(lab: Lab, to: str) -> None:
    firewall = standing(GUARD)
    honest = ALLOWED["gratuitous ARP"]
    flood = [ethernet(BOX_MAC, 0x0806, honest[14:], to)] * 3000
    assert send(lab, flood) < 1500
    assert classes(firewall)["flood"] > 1500


def test_more_forged_addresses_than_can_be_remembered_are_dropped_all_the_same(lab: Lab) -> None:
    firewall = standing(GUARD)
    frames = [ethernet(f"02:66:66:66:{n >> 8:02x}:{n & 255:02x}", 0x0800, b"") for n in range(3000)]
    assert send(lab, frames) == 0
    assert classes(firewall) == {"mac": 3000}
    assert len(tally(firewall).forged) <= 1024


def test_ports_do_not_lend_each_other_their_addresses(lab: Lab) -> None:
    firewall = Firewall()
    mate = Guard((MATE_PORT,), MATE_MAC, ("10.0.0.12",), ("2001:db8::c",))
    assert firewall.load([GUARD, mate]) is None
    assert send(lab, [frame for _, frame in FORGED.values()]) == 0


@pytest.mark.parametrize("lab", [True], indirect=True, ids=["bridge port"])
def test_the_bridge_rules_alone_stop_the_same(lab: Lab) -> None:
    """The fallback for kernels whose chains cannot wait for their device."""
    listeners = [lab.packets(lab.mate, "eth0"), lab.packets(None, "br0")]
    firewall = Firewall(waits=False)
    assert firewall.load([GUARD]) is None
    remove_netdev_rules()
    marker = ALLOWED["gratuitous ARP"]
    forged = [frame for _, frame in FORGED.values()]
    with lab.forger() as forger:
        for frame in (*forged, marker):
            forger.send(frame)
    for listener in listeners:
        assert not set(heard_until(listener, marker)) & set(forged)
        listener.close()
    assert not lab.learned() & {"02:66:66:66:66:66", MATE_MAC}


@pytest.mark.parametrize("lab", [True], indirect=True, ids=["bridge port"])
def test_the_bridge_rules_wait_for_a_port_that_is_not_there_yet(lab: Lab) -> None:
    """By a name that nobody has: so they do on kernels whose chains cannot wait."""
    ip(f"link delete dev {PORT}")
    listener = lab.packets(lab.mate, "eth0")
    assert Firewall(waits=False).load([GUARD]) is None
    lab.plug()
    forged = [frame for _, frame in FORGED.values()]
    with lab.forger() as forger:
        for frame in (*forged, ALLOWED["gratuitous ARP"]):
            forger.send(frame)
    assert not set(heard_until(listener, ALLOWED["gratuitous ARP"])) & set(forged)
    listener.close()
    assert not lab.learned() & {"02:66:66:66:66:66", MATE_MAC}


def heard_until(listener: socket.socket, marker: bytes) -> list[bytes]:
    came: list[bytes] = []

    def marked() -> bool:
        came.extend(heard(listener))
        return marker in came

    until(marked, "the marker")
    return came


def remove_netdev_rules() -> None:
    subprocess.run(["nft", "delete", "table", "netdev", "jackfield_guard"], check=True)
