"""Hearing at once that a process started a program, or ended."""

import os
import resource
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.exit_watch import ExitWatch
from backend.process_events import NoProcessEvents, ProcessEvents


@pytest.fixture
def events() -> Iterator[ProcessEvents]:
    try:
        opened = ProcessEvents()
    except NoProcessEvents as refused:
        pytest.skip(str(refused))
    yield opened
    opened.close()


@pytest.fixture
def exits() -> Iterator[ExitWatch]:
    opened = ExitWatch()
    yield opened
    opened.close()


def _until(source: ProcessEvents | ExitWatch, seen: Callable[[set[int]], bool]) -> bool:
    """Drain the source until it has told what we wait for; False if it falls silent for twenty seconds."""
    told: set[int] = set()
    while not seen(told):
        if not select.select([source], [], [], 20)[0]:
            return False
        told |= source.drain()
    return True


@pytest.mark.root
def test_a_started_program_is_told(events: ProcessEvents) -> None:
    with subprocess.Popen(["true"]) as started:
        assert _until(events, lambda told: started.pid in told)


@pytest.mark.root
@pytest.mark.usefixtures("private_host")
def test_it_is_told_in_a_namespace_where_nobody_listens(request: pytest.FixtureRequest) -> None:
    before = Path("/proc/thread-self/ns/net").stat().st_ino
    events = request.getfixturevalue("events")
    assert Path("/proc/thread-self/ns/net").stat().st_ino == before
    with subprocess.Popen(["true"]) as started:
        assert _until(events, lambda told: started.pid in told)


def test_where_the_kernel_refuses_it_says_so_plainly() -> None:
    program = "import backend.process_events as p\ntry: p.ProcessEvents()\nexcept p.NoProcessEvents as e: print(e)"
    ran = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--net", "--pid", "--fork", sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare" in ran.stderr:
        pytest.skip(f"no user namespaces here: {ran.stderr.strip()}")
    assert "the kernel does not tell us what is started" in ran.stdout, ran.stderr


def test_the_end_of_a_watched_process_is_told_once(exits: ExitWatch) -> None:
    with subprocess.Popen(["sleep", "1000"]) as watched, subprocess.Popen(["sleep", "1000"]) as other:
        exits.watch([watched.pid])
        assert exits.drain() == set()
        watched.kill()
        assert _until(exits, lambda told: told == {watched.pid})
        other.kill()
        other.wait()
        assert exits.drain() == set()


def test_one_that_ended_before_it_was_watched_is_told_too(exits: ExitWatch) -> None:
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    exits.watch([gone.pid])
    assert exits.drain() == {gone.pid}


def test_what_is_not_wanted_any_more_is_not_watched(exits: ExitWatch) -> None:
    with subprocess.Popen(["sleep", "1000"]) as child:
        exits.watch([child.pid])
        exits.watch([])
        child.kill()
        child.wait()
        assert exits.drain() == set()


def test_too_few_descriptors_are_a_state(exits: ExitWatch) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    spare = os.open("/dev/null", os.O_RDONLY)
    resource.setrlimit(resource.RLIMIT_NOFILE, (spare, hard))
    try:
        exits.watch([os.getpid()])
        assert not exits.complete
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        os.close(spare)
    exits.watch([os.getpid()])
    assert exits.complete
