"""Real containers of every runtime: each is found under its own name, at its own namespace."""

import select
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.exit_watch import ExitWatch
from backend.owners.assembly import Found
from backend.owners.finder import OwnerFinder
from backend.process_events import NoProcessEvents, ProcessEvents
from backend.processes import ProcessTable
from model.namespace import Owner
from tests.runtimes.lab import IMAGE, SLEEP, Expected, Lab, until
from tests.runtimes.parts import PARTS, docker

pytestmark = pytest.mark.root


@pytest.fixture(scope="session")
def found(lab: Lab) -> Found:
    """What one look at the whole lab finds."""
    table = ProcessTable()
    table.refresh()
    return OwnerFinder(lab.netns, timeout=2).find(table, taps=True)


def of(lab: Lab, runtime: str) -> list[Expected]:
    """What the lab runs of this runtime; skips, saying why, where that is nothing."""
    if runtime in lab.absent:
        pytest.skip(f"{runtime}: {lab.absent[runtime]}")
    if runtime in lab.failed:
        pytest.fail(f"{runtime} did not start: {lab.failed[runtime]}")
    return [expected for expected in lab.expected if expected.runtime == runtime]


def owner_of(found: Found, expected: Expected) -> Owner:
    """The owner that was found for it."""
    owners = found.owners[expected.netns]
    (owner,) = [owner for owner in owners if (owner.runtime, owner.name) == (expected.runtime, expected.name)]
    return owner


@pytest.mark.parametrize("runtime", PARTS)
def test_each_container_owns_its_namespace_under_its_own_name(lab: Lab, found: Found, runtime: str) -> None:
    for expected in of(lab, runtime):
        owner = owner_of(found, expected)
        assert (owner.pid, owner.image, owner.host_network) == (expected.pid, expected.image, expected.host_network)
        assert set(expected.labels) <= set(owner.labels)
        assert owner.proved
        assert owner.user is None


def test_every_owner_of_the_labs_namespaces_was_started_by_the_lab(lab: Lab, found: Found) -> None:
    expected = {(one.netns, one.runtime, one.name) for one in lab.expected}
    owned = {
        (netns, owner.runtime, owner.name)
        for netns, owners in found.owners.items()
        for owner in owners
        if netns in {one.netns for one in lab.expected}
    }
    assert owned == expected


def test_two_containers_of_one_namespace_both_own_it(lab: Lab, found: Found) -> None:
    first = next(one for one in of(lab, "docker") if one.name == lab.called("d1"))
    assert [owner.name for owner in found.owners[first.netns]] == [lab.called("d1"), lab.called("d2")]


def test_a_pod_shows_its_containers_only(lab: Lab, found: Found) -> None:
    first = next(one for one in of(lab, "podman") if one.name == lab.called("p2"))
    assert [owner.name for owner in found.owners[first.netns]] == [lab.called("p2"), lab.called("p3")]


def test_nobody_claims_the_hosts_own_links(lab: Lab, found: Found) -> None:
    assert all(owner.host_network for owner in found.owners.get(lab.netns, ()))


def test_nothing_contradicts_itself(lab: Lab, found: Found) -> None:
    ours = {one.netns for one in lab.expected}
    assert [warning for warning in found.warnings if warning.netns in ours] == []


def test_taps_are_held_by_their_machines(lab: Lab, found: Found) -> None:
    of(lab, "qemu")
    for tap in lab.taps:
        holder = found.holders[lab.netns, tap.key]
        assert holder.owner is not None
        assert (holder.owner.runtime, holder.owner.name, holder.comm) == ("qemu", tap.machine, "qemu-system-x86")


def test_a_tap_that_was_moved_away_is_still_its_machines(lab: Lab) -> None:
    machine = next(one for one in of(lab, "qemu") if one.name == lab.called("vm1"))
    with subprocess.Popen(lab.inside("unshare", "--net", "sleep", "1000")) as elsewhere:
        try:
            until(lambda: Path(f"/proc/{elsewhere.pid}/exe").readlink().name == "sleep", "another namespace")
            lab.run("ip", "link", "set", "tap1", "netns", str(elsewhere.pid))
            table = ProcessTable()
            table.refresh()
            holders = OwnerFinder(lab.netns).find(table, taps=True).holders
            assert holders[table.netns[elsewhere.pid], "tap1"].pid == machine.pid
            assert (lab.netns, "tap1") not in holders
        finally:
            subprocess.run(
                ["nsenter", f"--net=/proc/{elsewhere.pid}/ns/net", "ip", "link", "set", "tap1", "netns", lab.name],
                check=True,
            )
            elsewhere.kill()


@pytest.fixture
def started(lab: Lab) -> Iterator[ProcessEvents]:
    """Tells of every program that is started."""
    of(lab, "docker")
    try:
        events = ProcessEvents()
    except NoProcessEvents as refused:
        pytest.skip(str(refused))
    yield events
    events.close()
    docker.run(lab, "rm", "-f", lab.called("guest"))


def test_a_second_container_of_a_namespace_is_seen_by_its_execve_and_its_end_by_its_pidfd(
    lab: Lab, started: ProcessEvents
) -> None:
    """No link and no namespace comes or goes with it: netlink has nothing to tell."""
    table, finder, exits = ProcessTable(), OwnerFinder(lab.netns), ExitWatch()
    host = next(one for one in lab.expected if one.name == lab.called("d1"))
    table.refresh()
    finder.find(table)

    def names() -> list[str]:
        finder.look_again(started.drain())
        table.refresh()
        return [owner.name for owner in finder.find(table).owners[host.netns]]

    guest = lab.called("guest")
    docker.run(lab, "run", "-d", "--name", guest, "--network", f"container:{lab.called('d1')}", IMAGE, *SLEEP)
    while guest not in names():
        assert select.select([started], [], [], 20)[0], "nothing was told of the new container"
    exits.watch([docker.pid_of(lab, guest)])
    docker.run(lab, "kill", guest)
    assert select.select([exits], [], [], 20)[0], "nothing was told of its end"
    exits.close()
    assert guest not in names()
