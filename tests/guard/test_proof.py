"""The proof finds out by trying, whoever's rules stand there; it leaves nothing, and does not guess."""

import os
import socket
import subprocess
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend import proof as proving
from backend.firewall import Firewall
from backend.nft import NftProblem
from backend.proof import Port, Proof, prove
from model.forgeries import trials
from model.guard import Guard, Seal
from tests.guard.attacks import BOX_IP, BOX_IP6, BOX_MAC, HOST_LL, HOST_MAC, PORTS
from tests.guard.lab import PORT, Lab, heard, ip

GUARD = Guard((PORT,), BOX_MAC, (BOX_IP,), (BOX_IP6,))
SEALED = Guard((PORT,), BOX_MAC, seal=Seal(HOST_MAC, HOST_LL, PORTS))


@pytest.fixture(params=[True, False], ids=["bridge port", "stand-alone"])
def lab(request: pytest.FixtureRequest, private_host: int, make_netns: Callable[[str], str]) -> Lab:
    return Lab(make_netns, bridged=request.param)


@pytest.fixture
def port(lab: Lab, private_host: int) -> Iterator[Port]:
    inside = os.open(f"/run/netns/{lab.box}", os.O_RDONLY | os.O_CLOEXEC)
    with lab.inside(lab.box):
        inside_ifindex = socket.if_nametoindex("eth0")
    yield Port(PORT, socket.if_nametoindex(PORT), inside_ifindex, inside, private_host)
    os.close(inside)


def proof_of(port: Port, guard: Guard = GUARD) -> Proof:
    proof = prove(port, guard)
    assert isinstance(proof, Proof), proof
    return proof


def ruleset() -> str:
    return subprocess.run(["nft", "-s", "list", "ruleset"], capture_output=True, text=True, check=True).stdout


@pytest.mark.root
def test_without_a_guard_every_forgery_arrives_and_is_told(port: Port) -> None:
    proof = proof_of(port)
    assert not proof.holds
    assert len(proof.passed) == sum(outcome.trial.forged for outcome in proof.outcomes) > 20
    assert not proof.held_back
    assert not proof.never_came


@pytest.mark.root
@pytest.mark.parametrize("guard", [GUARD, SEALED], ids=["guarded", "sealed"])
def test_a_guarded_port_is_proved(port: Port, guard: Guard) -> None:
    assert Firewall().load([guard]) is None
    proof = proof_of(port, guard)
    assert proof.holds, (proof.passed, proof.held_back, proof.never_came)


@pytest.mark.root
def test_a_guard_with_one_hole_is_no_guard(port: Port) -> None:
    assert Firewall().load([GUARD]) is None
    hole = "insert rule netdev jackfield_guard guard ip protocol igmp accept"
    subprocess.run(["nft", *hole.split()], check=True)
    assert [outcome.trial.what for outcome in proof_of(port).passed] == ["an IGMP query"]


@pytest.mark.root
def test_what_is_ordinary_and_does_not_arrive_is_told(port: Port) -> None:
    assert Firewall().load([Guard((PORT,), BOX_MAC, (BOX_IP,))]) is None
    proof = proof_of(port)
    assert [outcome.trial.what for outcome in proof.held_back] == [f"a ping from {BOX_IP6}"]
    assert not proof.holds


@pytest.mark.root
def test_rules_of_others_count_as_well(port: Port) -> None:
    text = f"""table netdev theirs {{
      chain everything {{
        type filter hook ingress device "{PORT}" priority 0; policy drop;
      }}
    }}
    """
    subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)
    before = ruleset()
    proof = proof_of(port)
    assert not proof.passed
    assert proof.held_back
    assert ruleset() == before


@pytest.mark.root
def test_frames_that_the_container_itself_holds_back_prove_nothing(
    lab: Lab, port: Port, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving, "PATIENCE_S", 0.1)
    text = """table netdev own {
      chain everything {
        type filter hook egress device "eth0" priority 0; policy drop;
      }
    }
    """
    with lab.inside(lab.box):
        subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)
    proof = proof_of(port)
    assert not proof.passed
    assert len(proof.never_came) == len(proof.outcomes)
    assert not proof.holds


@pytest.mark.root
def test_nobody_else_is_addressed(lab: Lab, port: Port) -> None:
    listener = lab.packets(lab.mate, "eth0")
    proof = proof_of(port)
    markers = {outcome.trial.marker for outcome in proof.outcomes}
    came = [frame for frame in heard(listener) if frame[6:12].hex(":") != HOST_MAC]  # a bridge reports its own groups
    listener.close()
    assert {frame[:6].hex(":") for frame in came} <= markers


@pytest.mark.root
def test_a_device_that_is_down_is_a_reason(lab: Lab, port: Port) -> None:
    ip(f"-n {lab.box} link set dev eth0 down")
    problem = prove(port, GUARD)
    assert isinstance(problem, NftProblem)
    assert problem.code == "no-socket"
    assert ruleset() == ""


@given(st.binary(min_size=2, max_size=2), st.lists(st.integers(1, 254), max_size=40, unique=True))
def test_every_frame_has_a_marker_of_its_own(lot: bytes, hosts: list[int]) -> None:
    guard = Guard((PORT,), BOX_MAC, tuple(f"192.0.2.{number}" for number in hosts))
    tried = trials(guard, lot)
    markers = {trial.marker for trial in tried}
    assert len(markers) == len(tried) < 255
    assert all(trial.frame[:6].hex(":") == trial.marker for trial in tried)
    assert all(trial.frame[:4] == tried[0].frame[:4] for trial in tried)
    assert all(not trial.frame[0] & 1 for trial in tried)
