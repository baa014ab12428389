"""What was measured of layer 2 and is no still picture: what the kernel refuses, takes back, or forgets."""

import os
import subprocess
from collections.abc import Iterator

import pytest

from backend.netns import inside
from model.link import Macvlan
from model.reachability import verdict
from model.verdict import Because, Reachable
from tests.reach.blueprint import FAR, NEAR, Blueprint
from tests.reach.compare import flow
from tests.reach.frames import exchange
from tests.reach.kernel import Built, built, conditions_of, graph_of, new_netns, wait_until

pytestmark = pytest.mark.root


@pytest.fixture
def space() -> Iterator[int]:
    """nic, whose other end is up; br0 with a port p0; a bridge br1 without one."""
    fd = new_netns()
    for line in (
        "ip link add nic type veth peer name far",
        "ip link add p0 type veth peer name p1",
        "ip link add br0 type bridge",
        "ip link add br1 type bridge",
        "ip link set p0 master br0",
    ):
        assert told(fd, line) == ""
    yield fd
    os.close(fd)


def told(fd: int, line: str) -> str:
    """What the kernel says of a command: empty where it did it."""
    with inside(fd):
        run = subprocess.run(line.split(), capture_output=True, text=True, check=False)
    return run.stderr.strip() if run.returncode else ""


@pytest.mark.parametrize(
    ("before", "line", "answer"),
    [
        ((), "ip link add link p0 name m type macvlan", "Device or resource busy"),
        (("ip link add link nic name m type macvlan",), "ip link set nic master br1", "Device or resource busy"),
        (
            ("ip link add link nic name m type macvlan mode passthru",),
            "ip link add link nic name n type macvlan mode bridge",
            "Invalid argument",
        ),
        (
            ("ip link add link nic name m type macvlan mode bridge",),
            "ip link set dev m type macvlan mode passthru",
            "Invalid argument",
        ),
        (
            ("ip link add link nic name m type macvlan mode passthru",),
            "ip link set dev m type macvlan mode bridge",
            "Invalid argument",
        ),
    ],
    ids=["a macvlan on a port", "a parent as a port", "beside passthru", "into passthru", "out of passthru"],
)
def test_the_kernel_refuses(space: int, before: tuple[str, ...], line: str, answer: str) -> None:
    for first in before:
        assert told(space, first) == ""
    assert answer in told(space, line)


def test_a_macvlan_that_leaves_source_forgets_its_list() -> None:
    plan = Blueprint()
    plan.bridge("switch")
    plan.box("host2", "switch")
    plan.cable("nic", "far")
    plan.plug("far", "switch")
    plan.child("m1", "nic", "source", "host2")
    with built(plan) as (one,):
        assert mode_of(one, "m1").sources == (plan.pieces["host2"].mac,)
        for mode in ("bridge", "source"):
            assert told(one.spaces[NEAR], f"ip link set dev m1 type macvlan mode {mode}") == ""
        assert mode_of(one, "m1") == Macvlan("source", ())


def mode_of(one: Built, name: str) -> Macvlan:
    link = graph_of([one]).link(one.link(name))
    assert link is not None
    assert isinstance(link.detail, Macvlan)
    return link.detail


def test_the_mode_is_no_boundary_root_inside_switches_its_own_child() -> None:
    plan = Blueprint()
    plan.cable("nic", "far")
    plan.child("m1", "nic", "private")
    plan.child("m2", "nic", "bridge")
    plan.pieces["m1"].space = FAR
    with built(plan) as (one,):
        graph = graph_of([one])
        before = verdict(graph, conditions_of([one]), one.link("m1"), one.link("m2"))
        assert (before.reachable, before.because) == (Reachable.NO, Because.MACVLAN_PRIVATE)
        assert told(one.spaces[FAR], "ip link set dev m1 type macvlan mode bridge") == ""
        graph = graph_of([one])
        said = verdict(graph, conditions_of([one]), one.link("m1"), one.link("m2"))
        (arrived,) = exchange([one], graph)
        assert said.reachable is Reachable.YES
        assert flow(arrived, "m1", "m2") == flow(arrived, "m2", "m1") == said.there == said.back
        assert said.there.whole


def test_a_port_that_is_blocked_by_hand_without_stp_forwards_again() -> None:
    plan = Blueprint()
    plan.bridge("br0")
    plan.box("c1", "br0")
    plan.box("c2", "br0")
    with built(plan) as (one,):
        assert told(one.spaces[NEAR], "bridge link set dev pc1 state 4") == ""
        wait_until(lambda: state_of(one, "pc1") == "forwarding", "the kernel lets it forward")
        graph = graph_of([one])
        (arrived,) = exchange([one], graph)
        said = verdict(graph, conditions_of([one]), one.link("c1"), one.link("c2"))
        assert said.reachable is Reachable.YES
        assert flow(arrived, "c1", "c2") == flow(arrived, "c2", "c1") == said.there
        assert said.there.whole


def state_of(one: Built, name: str) -> str:
    link = graph_of([one]).link(one.link(name))
    return "" if link is None or link.port is None else link.port.state
