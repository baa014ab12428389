"""The cables of running containers, changed under ping; then each container is stopped and started again.

What runtimes do about it was measured for each: what the planner lets pass must leave no orphan, nothing foreign
deleted, and a container that starts again; or it was said what stays behind. The counts are printed at the end
(`pytest tests/runtimes/test_changes.py`).
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runtimes.boxes import RUNTIMES, Box, links, lxc_box, running, standing
from tests.runtimes.conftest import COUNTED, present
from tests.runtimes.lab import Lab, NotStarted, until
from tests.runtimes.parts import docker

pytestmark = pytest.mark.root

ROOT = Path(__file__).parents[2]
Json = dict[str, Any]
ISLE, BESIDE = "br-isle", "br-beside"
"""A bridge that leads nowhere; one that a cable joins to the container's."""
FEW = 10
"""Packets: a tenth of a second, as a loaded machine may pause between two requests. Unannounced it were 50 to 230."""
LEAVE_ORPHANS = ("docker", "podman", "containerd")
"""Who does not find a cable again whose inner end is on the host when its container stops."""


class Hand:
    """jackfield's command line, in the lab, with a journal of its own."""

    def __init__(self, lab: Lab, state: Path) -> None:
        self._lab = lab
        self._env = {**os.environ, "JACKFIELD_STATE_DIR": str(state)}

    def does(self, *words: str) -> Json:
        """A change that is done; what it reports."""
        status, told = self._run(*words, "--yes", "--json")
        assert status == 0, told
        return told

    def is_refused(self, *words: str) -> Json:
        """A change that is not done where nobody can be asked; the error."""
        status, told = self._run(*words, "--json")
        assert status == 5, told
        assert told["kind"] == "plan", told
        return dict(told["error"])

    def _run(self, *words: str) -> tuple[int, Json]:
        ran = subprocess.run(
            self._lab.inside(sys.executable, "-m", "tui", *words),
            cwd=ROOT,
            env=self._env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ran.stdout, (words, ran.stderr)
        return ran.returncode, json.loads(ran.stdout)


def counted(box: Box, what: str, lost: tuple[int, int]) -> str:
    """A line of the report."""
    return f"{box.runtime:10} {what:28} lost {lost[0]} of {lost[1]}"


@pytest.fixture(scope="module")
def hand(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Hand:
    """The program."""
    return Hand(lab, tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="module")
def counts(pytestconfig: pytest.Config) -> list[str]:
    """What was counted; printed at the end of the report."""
    return pytestconfig.stash.setdefault(COUNTED, [])


@pytest.fixture(scope="module")
def bridges(lab: Lab) -> Iterator[None]:
    """Two more bridges."""
    for name in (ISLE, BESIDE):
        lab.run("ip", "link", "add", name, "up", "type", "bridge")
    yield
    for name in (ISLE, BESIDE):
        lab.run("ip", "link", "delete", name)


@pytest.fixture(scope="module", params=RUNTIMES)
def box(lab: Lab, bridges: None, request: pytest.FixtureRequest) -> Iterator[Box]:  # they stand longer
    """A container that runs."""
    present(lab, request.param)
    with running(lab, request.param) as started:
        yield started


def stops_and_starts(box: Box, others: set[tuple[int, str]]) -> None:
    """It leaves no cable behind, takes nothing else away, and answers when it is started again."""
    box.stop()
    until(lambda: standing(box.lab) <= others, f"the end of the cable of {box.name}")
    assert standing(box.lab) == others
    box.start()


def all_but_its(box: Box) -> set[tuple[int, str]]:
    """Every link of the lab but its host end."""
    return {one for one in standing(box.lab) if one[0] != box.cable().number}


def test_renaming_a_host_end_loses_at_most_one_packet_and_the_container_stops_and_starts(
    box: Box, hand: Hand, counts: list[str]
) -> None:
    if box.runtime == "lxd":
        pytest.skip("LXD's host ends keep their names: there is a test of that")
    others, cable = all_but_its(box), box.cable()
    with box.ping() as ping:
        hand.does("rename", f"host/{cable.outside}", f"jf-{box.runtime}")
        lost = ping.lost()
    counts.append(counted(box, "host end renamed", lost))
    assert lost[0] <= 1
    assert box.cable() == cable._replace(outside=f"jf-{box.runtime}")
    stops_and_starts(box, others)


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """A namespace beside the lab's, and the containers'."""
    name = f"jf-elsewhere-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    yield name
    subprocess.run(["ip", "netns", "delete", name], check=True)


def test_a_host_end_that_was_moved_away_is_no_orphan_when_the_container_stops(
    box: Box, hand: Hand, elsewhere: str
) -> None:
    if box.runtime == "lxd":
        pytest.skip("LXD's host ends stay where they are: there is a test of that")
    others, cable = all_but_its(box), box.cable()
    hand.does("move", f"host/{cable.outside}", f"netns:{elsewhere}", "--as", "jf-away")
    stops_and_starts(box, others)
    there = json.loads(box.lab.call(["ip", "-n", elsewhere, "-j", "link"]))
    assert [one["ifname"] for one in there] == ["lo"]


def test_another_mac_inside_loses_at_most_one_packet_and_the_container_stops_and_starts(
    box: Box, hand: Hand, counts: list[str]
) -> None:
    others = all_but_its(box)
    with box.ping() as ping:
        hand.does("mac", box.address(), "02:00:5e:10:20:30")
        lost = ping.lost()
    counts.append(counted(box, "inner end re-MACed", lost))
    assert lost[0] <= 1
    assert "02:00:5e:10:20:30" in {one["address"] for one in box.links()}
    stops_and_starts(box, others)


@pytest.fixture
def joint(box: Box) -> Iterator[None]:
    """A cable from the container's bridge to the one beside it."""
    ends = (("jf-joint0", "fe:00:00:00:00:01", box.bridge), ("jf-joint1", "fe:00:00:00:00:02", BESIDE))
    (near, near_mac, _), (far, far_mac, _) = ends
    peer = ("peer", "name", far, "address", far_mac)
    box.lab.run("ip", "link", "add", near, "address", near_mac, "type", "veth", *peer)
    for name, _, bridge in ends:
        box.lab.run("ip", "link", "set", name, "master", bridge, "up")
    until(lambda: _forwarding(box.lab, near) and _forwarding(box.lab, far), "the bridges to be joined")
    yield
    box.lab.run("ip", "link", "delete", near)


def _forwarding(lab: Lab, port: str) -> bool:
    (link,) = json.loads(lab.run("bridge", "-j", "link", "show", "dev", port))
    return bool(link["state"] == "forwarding")


@pytest.mark.usefixtures("joint")
def test_a_cable_goes_to_another_bridge_and_back_and_hardly_a_packet_is_lost(
    box: Box, hand: Hand, counts: list[str]
) -> None:
    cable = box.cable()
    with box.ping() as ping:
        hand.does("attach", f"host/{cable.outside}", BESIDE)
        ping.answers(20)
        assert box.cable().bridge == BESIDE
        hand.does("attach", f"host/{cable.outside}", cable.bridge)
        lost = ping.lost()
    counts.append(counted(box, "to another bridge and back", lost))
    assert lost[0] <= FEW
    assert box.cable() == cable


def test_a_container_that_was_plugged_in_elsewhere_stops_and_starts_where_it_was(box: Box, hand: Hand) -> None:
    others, cable = all_but_its(box), box.cable()
    hand.does("attach", f"host/{cable.outside}", ISLE)
    with pytest.raises(NotStarted):
        box.inside("ping", "-c", "1", "-W", "0.2", "10.219.0.1")
    stops_and_starts(box, others)
    assert box.cable().bridge == cable.bridge


def test_an_inner_end_gets_another_name_and_the_container_stops_and_starts(box: Box, hand: Hand) -> None:
    others = all_but_its(box)
    hand.does("rename", box.address(), "jf-inner")
    assert box.cable().inside == "jf-inner"
    stops_and_starts(box, others)


def test_an_inner_end_that_was_moved_out_leaves_an_orphan_only_where_that_was_said(box: Box, hand: Hand) -> None:
    """What docker, podman and CNI leave behind is what was said; once that is deleted, the container starts again."""
    others, cable = all_but_its(box), box.cable()
    told = hand.does("move", box.address(), "host", "--as", "jf-out")
    said = "runtime-orphan" in {one["code"] for one in told["warnings"]}
    assert said is (box.runtime in LEAVE_ORPHANS)
    box.stop()
    if said:
        assert {name for _, name in standing(box.lab) - others} == {cable.outside, "jf-out"}
        hand.does("delete", "host/jf-out")
    until(lambda: standing(box.lab) <= others, f"the end of the cable of {box.name}")
    assert standing(box.lab) == others
    box.start()


def test_an_inner_end_that_was_taken_back_leaves_no_orphan(box: Box, hand: Hand) -> None:
    others, cable = all_but_its(box), box.cable()
    told = hand.does("move", box.address(), "host", "--as", "jf-out")
    hand.does("undo", told["id"])
    assert box.cable().inside == cable.inside
    stops_and_starts(box, others)


def test_a_renamed_inner_end_is_disconnected_by_docker_in_name_alone_and_that_was_said(lab: Lab, hand: Hand) -> None:
    """What is said before is what happens; with its old name docker finds it again."""
    present(lab, "docker")
    before = standing(lab)
    docker.run(lab, "network", "create", "jf-net")
    with running(lab, "docker") as box:
        docker.run(lab, "network", "connect", "jf-net", box.name)
        second = next(one for one in box.links() if one["ifname"] == "eth1")
        told = hand.does("rename", f"pid:{box.pid}/eth1", "jf-inner")
        assert "runtime-disconnect" in {one["code"] for one in told["warnings"]}
        docker.run(lab, "network", "disconnect", "jf-net", box.name)
        assert "jf-inner" in {one["ifname"] for one in box.links()}
        with pytest.raises(NotStarted):
            docker.run(lab, "network", "connect", "jf-net", box.name)
        assert second["ifindex"] in {one["ifindex"] for one in box.links()}
        docker.run(lab, "rm", "-f", box.name)
    docker.run(lab, "network", "rm", "jf-net")
    until(lambda: standing(lab) == before, "the end of its cables")


@pytest.mark.parametrize(
    ("runtime", "verb", "word"),
    [
        ("docker", "rename", "jf-inner"),
        ("docker", "move", "host"),
        ("podman", "mac", "02:00:5e:10:20:30"),
        ("podman", "rename", "jf-inner"),
        ("lxd", "mac", "02:00:5e:10:20:30"),
        ("lxd", "rename", "jf-inner"),
        ("containerd", "mac", "02:00:5e:10:20:30"),
        ("containerd", "move", "host"),
    ],
)
def test_what_happens_behind_a_runtimes_back_asks_for_the_name(
    lab: Lab, hand: Hand, runtime: str, verb: str, word: str
) -> None:
    present(lab, runtime)
    name = lab.called({"docker": "d1", "podman": "p1", "lxd": "x1", "containerd": "c1"}[runtime])
    pid = next(one.pid for one in lab.expected if (one.runtime, one.name) == (runtime, name))
    before = standing(lab)
    more = ("--as", "jf-out") if verb == "move" else ()
    error = hand.is_refused(verb, f"pid:{pid}/eth0", word, *more)
    assert error["code"] == "consent"
    assert f"is the inside end of {runtime} {name}: " in error["text"]
    assert standing(lab) == before


def host_end(lab: Lab, pid: int) -> str:
    """The name of the host end of the only cable of a process's namespace."""
    inside = json.loads(lab.call(["nsenter", f"--net=/proc/{pid}/ns/net", "--", "ip", "-d", "-j", "link"]))
    (far,) = [one["link_index"] for one in inside if one.get("linkinfo", {}).get("info_kind") == "veth"]
    return next(str(one["ifname"]) for one in links(lab) if one["ifindex"] == far)


@pytest.fixture
def stranger(lab: Lab) -> Iterator[str]:
    """A link that belongs to nobody."""
    lab.run("ip", "link", "add", "jf-stranger", "type", "veth", "peer", "name", "jf-strange2")
    yield "jf-stranger"
    lab.run("ip", "link", "delete", "jf-strange2")


def test_a_host_end_of_lxd_keeps_its_name_and_its_place_and_nobody_else_gets_it(
    lab: Lab, hand: Hand, stranger: str, elsewhere: str
) -> None:
    """LXD looks for the name; here somebody else has taken it off the link."""
    present(lab, "lxd")
    pid = next(one.pid for one in lab.expected if (one.runtime, one.name) == ("lxd", lab.called("x1")))
    name = host_end(lab, pid)
    error = hand.is_refused("rename", f"host/{name}", "jf-lxd")
    assert error["code"] == "runtime-orphan"
    assert "altname add" in " ".join(error["instead"])
    assert hand.is_refused("move", f"host/{name}", f"netns:{elsewhere}")["code"] == "runtime-orphan"
    lab.run("ip", "link", "set", name, "name", "jf-lxd")
    try:
        error = hand.is_refused("rename", f"host/{stranger}", name)
        assert error["code"] == "name-remembered"
        assert f"lxd {lab.called('x1')} remembers this name" in error["text"]
        assert hand.is_refused("add", "bridge", f"host/{name}")["code"] == "name-remembered"
    finally:
        lab.run("ip", "link", "set", "jf-lxd", "name", name)


@pytest.mark.parametrize("pair", [None, "jf-fixed"], ids=["known by the journal", "known by the configuration"])
def test_nobody_else_gets_the_old_name_of_a_cable_of_lxc(lab: Lab, hand: Hand, stranger: str, pair: str | None) -> None:
    present(lab, "lxc")
    fixed = (f"veth.pair = {pair}",) if pair else ()
    keeper = lxc_box(lab, lab.called(f"lx-keep{len(fixed)}"), "type = veth", "link = br0", *fixed, "flags = up")
    before = standing(lab)
    keeper.pid = keeper.boot()
    old = keeper.cable().outside
    assert pair is None or old == pair
    if pair is None:
        hand.does("rename", f"host/{old}", "jf-kept")
    else:  # by somebody else
        lab.run("ip", "link", "set", old, "name", "jf-kept")
    error = hand.is_refused("rename", f"host/{stranger}", old)
    assert error["code"] == "name-remembered"
    assert f"lxc {keeper.name} remembers this name, and deletes whatever is called so" in error["text"]
    if pair is None:  # but the cable itself may have it again, and when it is gone everybody
        hand.does("rename", "host/jf-kept", old)
    keeper.halt()
    until(lambda: standing(lab) == before, "the end of its cable")
    if pair is None:
        told = hand.does("rename", f"host/{stranger}", old)
        hand.does("undo", told["id"])


def test_lxc_deletes_a_stranger_by_the_old_name_of_its_cable(lab: Lab, stranger: str) -> None:
    """Why the name is refused: this is what happens without jackfield."""
    present(lab, "lxc")
    victim = lxc_box(lab, lab.called("lx-strict"), "type = veth", "link = br0", "veth.pair = jf-strict", "flags = up")
    victim.pid = victim.boot()
    lab.run("ip", "link", "set", "jf-strict", "name", "jf-away")
    lab.run("ip", "link", "add", "jf-strict", "type", "dummy" if _has_dummy(lab) else "bridge")
    victim.halt()
    until(lambda: "jf-strict" not in {name for _, name in standing(lab)}, "the end of the stranger")
    assert stranger in {name for _, name in standing(lab)}


def _has_dummy(lab: Lab) -> bool:
    try:
        lab.run("ip", "link", "add", "jf-dummy", "type", "dummy")
        lab.run("ip", "link", "delete", "jf-dummy")
    except NotStarted:
        return False
    return True


def test_a_macvlan_of_lxc_whose_parent_got_another_name_starts_once_that_was_taken_back(
    lab: Lab, hand: Hand, stranger: str
) -> None:
    present(lab, "lxc")
    lab.run("ip", "link", "set", stranger, "up")
    child = lxc_box(
        lab, lab.called("lx-child"), "type = macvlan", f"link = {stranger}", "macvlan.mode = bridge", "flags = up"
    )
    child.boot()
    told = hand.does("rename", f"host/{stranger}", "jf-parent")
    assert f"lxc {child.name} does not start any more" in " ".join(
        one["text"] for one in told["warnings"] if one["code"] == "runtime-parent"
    )
    child.halt()
    with pytest.raises(NotStarted):
        child.boot()
    hand.does("undo", told["id"])
    child.boot()
    child.halt()
