"""The whole program in the lab of real runtimes: every cable has the right name and runtime at both its ends."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.runtimes.lab import IMAGE, SLEEP, Lab, until
from tests.runtimes.parts import docker

pytestmark = pytest.mark.root

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "tui")
Json = dict[str, Any]


def jackfield(lab: Lab, *words: str) -> str:
    """What the program prints when it is started in the lab's namespace."""
    ran = subprocess.run(
        lab.inside(*PROGRAM, *words), cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def snapshot(lab: Lab) -> Json:
    """One snapshot of the whole lab."""
    taken: Json = json.loads(jackfield(lab, "snapshot", "--json"))
    return taken


def space_of(snapshot: Json, inode: int) -> Json:
    """The namespace with this inode."""
    (space,) = [space for space in snapshot["namespaces"] if space["inode"] == inode]
    return dict(space)


def test_nothing_is_hidden(snapshot: Json) -> None:
    assert snapshot["complete"]
    assert [space["inode"] for space in snapshot["namespaces"] if space["home"]]


def test_every_namespace_has_its_owners(lab: Lab, snapshot: Json) -> None:
    for expected in lab.expected:
        owners = space_of(snapshot, expected.netns)["owners"]
        assert (expected.runtime, expected.name) in {(owner["runtime"], owner["name"]) for owner in owners}


def test_both_ends_of_every_cable_tell_whose_it_is(lab: Lab, snapshot: Json) -> None:
    links = {link["id"]: link for link in snapshot["links"]}
    asked = 0
    for expected in lab.expected:
        space = space_of(snapshot, expected.netns)
        if space["home"]:
            continue
        for link in links.values():
            if link["namespace"] != space["id"] or link["kind"] != "veth":
                continue
            assert link["peer_state"] == "known"
            host_end = links[link["peer"]]
            assert host_end["peer"] == link["id"]
            for end, path in ((link, "owners"), (host_end, "peer")):
                (match,) = [
                    match
                    for match in json.loads(jackfield(lab, "who", end["address"], "--json"))["matches"]
                    if match["link"] == end["id"]
                ]
                owners = match["owners"] if path == "owners" else match["peer"]["owners"]
                assert (expected.runtime, expected.name) in {(owner["runtime"], owner["name"]) for owner in owners}
                asked += 1
    assert asked >= 8


def test_every_tap_tells_its_machine(lab: Lab, snapshot: Json) -> None:
    if not lab.taps:
        pytest.skip(f"qemu: {lab.absent.get('qemu') or lab.failed.get('qemu')}")
    held = {link["name"]: link["held_by"] for link in snapshot["links"]}
    for tap in lab.taps:
        assert held[tap.link]["owner"]["name"] == tap.machine
    assert f"host/{lab.taps[0].link}" in jackfield(lab, "who", lab.taps[0].machine).splitlines()


def test_host_network_containers_own_none_of_the_hosts_links(lab: Lab, snapshot: Json) -> None:
    shared = [expected.name for expected in lab.expected if expected.host_network]
    assert shared
    for match in json.loads(jackfield(lab, "who", "br0", "--json"))["matches"]:
        assert not [owner for owner in match["owners"] if owner["name"] in shared]


@contextmanager
def watching(lab: Lab) -> Iterator[list[Json]]:
    """The documents that `watch --json` has printed so far."""
    seen: list[Json] = []
    command = lab.inside(*PROGRAM, "watch", "--json")
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        lines = program.stdout
        reader = threading.Thread(target=lambda: seen.extend(map(json.loads, lines)))
        reader.start()
        try:
            until(lambda: seen, "the first snapshot")
            yield seen
        finally:
            program.terminate()
            reader.join()


def test_a_watch_sees_a_container_start_and_stop_with_its_owner(lab: Lab) -> None:
    if "docker" in lab.absent:
        pytest.skip(f"docker: {lab.absent['docker']}")

    def told(what: str, name: str) -> list[Json]:
        values = [(line, line["after"] or line["before"]) for line in seen if line.get("what") == what]
        return [line for line, value in values if value["name"] == name]

    name = lab.called("comes-and-goes")
    with watching(lab) as seen:
        docker.run(lab, "run", "-d", "--rm", "--name", name, IMAGE, *SLEEP)
        until(lambda: told("owner-added", name), "the owner of a container that started")
        until(lambda: any(line.get("address") == f"{name}/eth0" for line in seen), "its cable")
        moves = [line for line in seen if line.get("what") == "moved" and line["address"] == f"{name}/eth0"]
        docker.run(lab, "kill", name)
        until(lambda: told("owner-removed", name), "its end")
        until(lambda: seen[-1].get("what") == "namespace-removed", "the end of its namespace")
    assert len(moves) <= 1
    assert seen[-1]["final"]
    assert [line["seq"] for line in seen if line["kind"] == "change"] == list(range(1, len(seen) - 1))
