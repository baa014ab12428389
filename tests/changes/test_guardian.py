"""Confirm or revert: what is not confirmed goes back, whatever becomes of the program that did it."""

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend import guardian
from backend.changes import Order, Timer, apply, take_back
from backend.guardian import NotGuarded, seconds_left, stands_by
from backend.journal import Change, Journal, What
from model.identity import LinkId
from model.intents import CreateNamespace, Detach
from model.operations import AddNamespace, DropNamespace, MoveLink, SetLinkMtu
from model.plan import Fate, Outcome, Plan, Step
from model.taking_back import namespaces_of
from tests.changes.bench import A, B, Place
from tests.changes.driver import OnePlace, plan_for
from tests.kernel.iproute import ip

pytestmark = pytest.mark.root

SOON, FAR = 3.0, 600.0
"""Seconds. Soon is long enough for a loaded machine to do three steps, and not to look at them before they go back."""


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal whose guardians are ended with it."""
    kept = Journal(tmp_path / "state")
    yield kept
    for change in kept.changes():
        if change.guard is not None and stands_by(change.guard):
            os.kill(change.guard.pid, signal.SIGKILL)


@pytest.fixture
def world(place: Place) -> Place:
    for line in ("br0 type bridge", "p0 type veth peer name q0"):
        place.ip(A, "link", "add", "dev", *line.split())
    place.ip(A, "link", "set", "dev", "p0", "master", "br0")
    return place


def eventually(holds: Callable[[], bool], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.02)


def changed(place: Place) -> bool:
    shown = place.ip(A, "-d", "link")
    return "p0x" in shown and "master br0" not in shown and "mtu 1300" in shown


def as_before(place: Place) -> bool:
    shown = place.ip(A, "-d", "link")
    return "p0x" not in shown and "master br0" in shown and "mtu 1300" not in shown


def was_done(journal: Journal) -> bool:
    """All three steps, as the journal has it: they may be on their way back."""
    return [outcome.fate for outcome in only(journal).outcomes] == [Fate.DONE] * 3


def only(journal: Journal) -> Change:
    (change,) = journal.changes()
    return change


def command(journal: Journal, place: Place, seconds: float, *more: str) -> list[str]:
    words = (str(journal.directory), place.names[A], str(seconds), *more)
    return [sys.executable, "-m", "tests.changes.driver", *words]


@contextlib.contextmanager
def program(journal: Journal, place: Place, seconds: float) -> Iterator[subprocess.Popen[str]]:
    """The program, once it has changed everything."""
    with subprocess.Popen(command(journal, place, seconds), stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline().strip() == "c1"
            yield running
        finally:
            running.kill()


def test_what_is_not_confirmed_goes_back_when_the_program_was_killed(journal: Journal, world: Place) -> None:
    with program(journal, world, SOON) as running:
        assert was_done(journal)
        os.kill(running.pid, signal.SIGKILL)
    eventually(lambda: only(journal).state is What.REVERTED)
    assert as_before(world)
    assert [outcome.fate for outcome in only(journal).undoing] == [Fate.DONE] * 3


def test_it_goes_back_when_the_terminal_is_closed(journal: Journal, world: Place) -> None:
    """The terminal's hangup reaches everybody in its session: not the guardian."""
    pid, terminal = pty.fork()
    if not pid:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # it is ignored where the tests were started with nohup(1)
        os.execv(sys.executable, command(journal, world, SOON))  # noqa: S606
    try:
        eventually(lambda: b"c1" in os.read(terminal, 4096))
        assert was_done(journal)
    finally:
        os.close(terminal)
    _, status = os.waitpid(pid, 0)
    assert os.WTERMSIG(status) == signal.SIGHUP
    eventually(lambda: only(journal).state is What.REVERTED)
    assert as_before(world)


@pytest.mark.parametrize("steps", [1, 2])
def test_the_part_that_was_done_goes_back_when_the_program_is_killed_midway(
    journal: Journal, world: Place, steps: int
) -> None:
    ended = subprocess.run(command(journal, world, SOON, str(steps)), check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    assert "p0x" in world.ip(A, "link")
    assert len(only(journal).outcomes) == steps
    eventually(lambda: only(journal).state is What.REVERTED)
    assert as_before(world)


def test_a_confirmation_in_time_keeps_it_and_ends_the_guardian(journal: Journal, world: Place) -> None:
    with program(journal, world, FAR):
        change = only(journal)
        assert change.guard is not None
        assert stands_by(change.guard)
        assert 0 < seconds_left(change.guard) <= FAR
        journal.confirm("c1")
        guard = change.guard
        eventually(lambda: not stands_by(guard))
    assert changed(world)
    assert only(journal).state is What.CONFIRMED


def test_two_may_be_pending_and_each_goes_its_own_way(
    journal: Journal, world: Place, make_netns: Callable[[str], str]
) -> None:
    other = Place(a=make_netns("other"))
    for line in ("first type bridge", "br0 type bridge", "p0 type veth peer name q0"):  # another number than in `world`
        other.ip(A, "link", "add", "dev", *line.split())
    other.ip(A, "link", "set", "dev", "p0", "master", "br0")
    for where, seconds in ((world, SOON), (other, FAR)):
        apply(OnePlace(where), journal, Order("take p0 apart", plan_for(where)), timer=Timer(seconds))  # type: ignore[arg-type]
    eventually(lambda: journal.changes()[0].state is What.REVERTED)
    assert as_before(world)
    assert journal.changes()[1].pending
    assert changed(other)
    journal.confirm("c2")
    assert journal.changes()[1].state is What.CONFIRMED


def mtu_of(place: Place) -> int:
    """Of `p0`."""
    return int(place.link(A, "p0")["mtu"])


@pytest.mark.parametrize("first_s", [SOON, FAR])
def test_of_two_changes_of_one_link_the_last_goes_back_first(journal: Journal, world: Place, first_s: float) -> None:
    """Whatever their timers say: else the first one's value would come back last, or the second one's stay."""
    port = world.handle(A, "p0")
    for before, after, seconds in ((1500, 1400, first_s), (1400, 1300, SOON + FAR - first_s)):
        step = Step(SetLinkMtu(port, after), (SetLinkMtu(port, before),))
        plan = Plan(Detach(LinkId(A, port.ifindex or 0)), (step,))
        apply(OnePlace(world), journal, Order(f"MTU {after}", plan), timer=Timer(seconds))  # type: ignore[arg-type]
    first, second = journal.changes()
    assert first.guard is not None
    assert second.guard is not None
    assert second.guard.deadline_s <= first.guard.deadline_s
    assert mtu_of(world) == 1300
    eventually(lambda: journal.changes()[1].state is What.REVERTED)
    if first_s == FAR:
        assert mtu_of(world) == 1400
        assert journal.changes()[0].pending
        return
    eventually(lambda: journal.changes()[0].state is What.REVERTED)
    assert mtu_of(world) == 1500


@pytest.mark.parametrize("is_another", [False, True])
def test_the_guardian_takes_back_the_namespace_that_was_made_and_no_other(
    journal: Journal, place: Place, is_another: bool
) -> None:
    lab = f"jf-test-{os.getpid()}-lab"
    plan = Plan(CreateNamespace(lab), (Step(AddNamespace(lab), (DropNamespace(lab),)),))
    try:
        apply(OnePlace(place), journal, Order("add netns", plan), timer=Timer(SOON))  # type: ignore[arg-type]
        if is_another:
            ip("netns", "delete", lab)
            ip("netns", "add", lab)
        eventually(lambda: only(journal).state is What.REVERTED)
        assert Path("/run/netns", lab).exists() is is_another
        errors = [outcome.error for outcome in only(journal).undoing]
        assert [error.rpartition(": ")[2] for error in errors] == (
            [f"{lab} is the name of another namespace by now"] if is_another else [""]
        )
    finally:
        if Path("/run/netns", lab).exists():
            ip("netns", "delete", lab)


def test_what_the_operator_takes_back_is_not_taken_back_twice(journal: Journal, world: Place) -> None:
    host = OnePlace(world)
    apply(host, journal, Order("take p0 apart", plan_for(world)), timer=Timer(FAR))  # type: ignore[arg-type]
    change = only(journal)
    take_back(host, journal, change)  # type: ignore[arg-type]
    assert as_before(world)
    guard = change.guard
    assert guard is not None
    eventually(lambda: not stands_by(guard))
    assert only(journal).state is What.UNDONE


def test_a_program_that_is_too_slow_stops_where_it_is(journal: Journal, world: Place) -> None:
    """Once its guardian takes back what was done, no step comes after that."""

    def told(outcome: Outcome) -> None:
        if outcome.fate is Fate.DONE:
            assert journal.reverting("c1")

    applied = apply(OnePlace(world), journal, Order("slowly", plan_for(world)), told)  # type: ignore[arg-type]
    assert applied.late
    assert not applied.done
    assert [outcome.fate for outcome in applied.outcomes] == [Fate.DONE]
    assert "master br0" in world.ip(A, "link")


def test_nothing_is_changed_where_no_guardian_stands_by(
    journal: Journal, world: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(NotGuarded, match="it ended with status 1"):
        apply(OnePlace(world), journal, Order("take p0 apart", plan_for(world)), timer=Timer(FAR))  # type: ignore[arg-type]
    assert as_before(world)


@pytest.mark.parametrize("works", [True, False])
def test_where_systemd_runs_the_guardian_is_put_into_a_scope_of_its_own(
    journal: Journal, world: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, works: bool
) -> None:
    """Where that fails (no bus) it is started all the same."""
    said = tmp_path / "said"
    runner = tmp_path / "systemd-run"
    end = 'while [ "${1#--}" != "$1" ]; do shift; done; exec "$@"' if works else "exit 1"
    runner.write_text(f'#!/bin/sh\necho "$@" > {said}\n{end}\n')
    runner.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(guardian, "_BOOTED_BY_SYSTEMD", tmp_path)
    applied = apply(OnePlace(world), journal, Order("take p0 apart", plan_for(world)), timer=Timer(SOON))  # type: ignore[arg-type]
    assert said.read_text().startswith("--scope --quiet --collect --unit=jackfield-guardian-c1-")
    assert applied.guard is not None
    assert stands_by(applied.guard)
    eventually(lambda: only(journal).state is What.REVERTED)
    assert as_before(world)


def test_the_guardian_belongs_to_no_terminal_and_is_nobodys_child(journal: Journal, world: Place) -> None:
    with program(journal, world, FAR) as running:
        guard = only(journal).guard
        assert guard is not None
        fields = Path(f"/proc/{guard.pid}/stat").read_text().rpartition(")")[2].split()
        assert int(fields[1]) != running.pid
        assert int(fields[3]) not in (guard.pid, os.getsid(running.pid))
        assert fields[4] == "0"


def test_the_guardian_holds_the_namespaces_only_while_it_stands_by(journal: Journal, world: Place) -> None:
    def held(pid: int) -> set[str]:
        opened = {str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir()}
        return {path for path in opened if "netns" in path or "net:" in path}

    with program(journal, world, FAR):
        guard = only(journal).guard
        assert guard is not None
        assert held(guard.pid) == {f"/run/netns/{world.names[A]}"}
        journal.confirm("c1")
        eventually(lambda: not stands_by(guard))


def test_a_journal_that_was_taken_away_does_not_stop_it(journal: Journal, world: Place) -> None:
    with program(journal, world, SOON):
        assert was_done(journal)
        journal.path.rename(journal.path.with_suffix(".away"))
        eventually(lambda: as_before(world))


def test_every_namespace_that_a_plan_names_is_found(world: Place) -> None:
    step = plan_for(world).steps[0]
    assert namespaces_of([step.do, *step.undo]) == {A}
    assert namespaces_of([MoveLink(world.handle(A, "p0"), B, "x")]) == {A, B}
