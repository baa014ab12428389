"""Confirm or revert: a process of its own that takes a change back unless it is confirmed in time.

It is started, and has written down that it stands by, before the first request is made. It outlives the program, its
terminal and its SSH session: logind kills a session's children exactly when SSH drops, so where systemd runs it lives
in a transient scope of its own. Until it ends it holds the namespaces that it may have to enter: a namespace that
would otherwise be gone stays for that long.

    python -P -m backend.guardian ID --state DIR --seconds N --acknowledge FD --netns n5=7 ...
"""

import argparse
import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from backend.executor import execute
from backend.journal import Change, Guard, Journal, What
from backend.processes import PROC, Process
from model.identity import LinkId, NamespaceId
from model.plan import Outcome
from model.taking_back import links_of, taking_back

_POLL_S: Final = 0.2
_TURN_S: Final = 0.02
_TAKES_TURNS_S: Final = 5.0
"""So long one change waits for a later one of the same links to be taken back; then it goes back all the same."""
_ACKNOWLEDGE_S: Final = 15.0
_ARMED: Final = b"armed"
_BOOTED_BY_SYSTEMD: Final = Path("/run/systemd/system")
_SETTLED: Final = (What.CONFIRMED, What.UNDONE, What.REVERTING, What.REVERTED)


class NotGuarded(Exception):
    """No guardian stands by: nothing may be done that relies on one."""


def arm(journal: Journal, change: str, namespaces: Mapping[NamespaceId, int], seconds: float) -> Guard:
    """Start the guardian of a change and wait until it has written down that it stands by.

    `namespaces` are descriptors; the guardian gets its own. Raises NotGuarded.
    """
    why = "it did not start"
    for prefix in _scopes(change):
        why = _start([*prefix, *_command(journal, change, seconds)], namespaces)
        guard = None if why else _guard_of(journal, change)
        if guard is not None:
            return guard
    raise NotGuarded(f"the guardian of {change} does not stand by ({why}): nothing was changed")


def stands_by(guard: Guard, proc: Path = PROC) -> bool:
    """The guardian lives: the change really goes back by itself."""
    process = Process(guard.pid, proc)
    return process.starttime == guard.starttime and bool(process.argv)  # a zombie has none


def seconds_left(guard: Guard) -> float:
    """Until its deadline; negative: it has passed."""
    return guard.deadline_s - time.clock_gettime(time.CLOCK_BOOTTIME)


def _scopes(change: str) -> list[list[str]]:
    """What to start it with: in a scope of its own where systemd is; as it is else, or where that fails."""
    if not _BOOTED_BY_SYSTEMD.exists():
        return [[]]
    unit = f"--unit=jackfield-guardian-{change}-{os.getpid()}"
    return [["systemd-run", "--scope", "--quiet", "--collect", unit, "--description=jackfield: confirm or revert"], []]


def _command(journal: Journal, change: str, seconds: float) -> list[str]:
    # -P: never a package that happens to lie in the working directory
    command = [sys.executable, "-P", "-m", "backend.guardian", change]
    return [*command, "--state", os.fspath(journal.directory.absolute()), "--seconds", str(seconds)]


def _start(command: Sequence[str], namespaces: Mapping[NamespaceId, int]) -> str:
    """Why it does not stand by; empty: it does."""
    hears, says = os.pipe()
    try:
        named = [f"--netns={namespace}={fd}" for namespace, fd in namespaces.items()]
        try:
            started = subprocess.Popen(
                [*command, f"--acknowledge={says}", *named],
                pass_fds=(says, *namespaces.values()),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            return error.strerror or str(error)
        os.close(says)
        says = -1
        ready, _, _ = select.select([hears], [], [], _ACKNOWLEDGE_S)
        if ready and os.read(hears, 64) == _ARMED:
            started.wait()  # the first of its two forks; the guardian itself is nobody's child by now
            return ""
        started.kill()
        return f"it ended with status {started.wait()}" if ready else "it did not answer in time"
    finally:
        os.close(hears)
        if says >= 0:
            os.close(says)


def _guard_of(journal: Journal, change: str) -> Guard | None:
    found = journal.change(change)
    return None if found is None else found.guard


# The guardian itself


def main(arguments: Sequence[str] | None = None) -> int:
    """Stand by for one change."""
    options = _parser().parse_args(arguments)
    journal = Journal(Path(options.state))
    namespaces = dict(_named(text) for text in options.netns)
    change = journal.change(options.id)
    if change is None or change.plan is None:
        return 1
    _load_all(change)
    if not _detach():
        return 0
    guarding = _Guarding(journal, change, namespaces)
    guarding.stand_by(options.seconds)
    os.write(options.acknowledge, _ARMED)
    os.close(options.acknowledge)
    guarding.wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jackfield guardian", description="Takes a change back in time.")
    parser.add_argument("id")
    parser.add_argument("--state", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--acknowledge", type=int, required=True)
    parser.add_argument("--netns", action="append", default=[])
    return parser


def _named(text: str) -> tuple[NamespaceId, int]:
    namespace, _, fd = text.rpartition("=")
    return NamespaceId(namespace), int(fd)


def _load_all(change: Change) -> None:
    """What is imported late elsewhere is imported now: at the deadline the disk may be out of reach."""
    import backend.requests

    if change.edited is not None:
        import backend.nft
        import backend.policy_editor
        import backend.policy_file  # noqa: F401


def _detach() -> bool:
    """Go on in a process that belongs to no session and no terminal. False: this is the one that stays behind."""
    if os.fork():
        return False
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("-900", encoding="ascii")  # not the one to go when memory is short
    return True


class _Guarding:
    """A change, and the namespaces that taking it back may need."""

    def __init__(self, journal: Journal, change: Change, namespaces: Mapping[NamespaceId, int]) -> None:
        self._journal = journal
        self._change = change
        self._namespaces = namespaces
        self._deadline = 0.0
        self._held = journal.hold()

    def stand_by(self, seconds: float) -> None:
        """Write it down, in time that goes on while the machine sleeps.

        What was done to the same links before, and goes back by itself, goes back after this: never later than that.
        """
        now = time.clock_gettime(time.CLOCK_BOOTTIME)
        earlier, _ = self._others()
        self._deadline = min([now + seconds, *(guard.deadline_s for guard in earlier)])
        own = Process(os.getpid())
        self._journal.arm(self._change.id, Guard(own.pid, own.starttime, self._deadline, self._deadline - now))

    def wait(self) -> None:
        """Until it is settled otherwise, or the time is over."""
        stamp = (-1, -1)
        while True:
            left = self._deadline - time.clock_gettime(time.CLOCK_BOOTTIME)
            seen, stamp = stamp, self._journal.stamp()
            if stamp != seen:
                self._read()
                if self._change.state in _SETTLED:
                    return
            if left <= 0:
                self._revert()
                return
            time.sleep(min(_POLL_S, left))

    def _read(self) -> None:
        """What was done so far; from the file that the journal was in, where it has been taken away."""
        found = None
        with contextlib.suppress(OSError):
            found = self._journal.change(self._change.id) or self._journal.held_change(self._held, self._change.id)
        self._change = found or self._change

    def _revert(self) -> None:
        """Take back what was done, as much of it as can be. A journal that cannot be written does not stop it."""
        self._let_later_ones_go_first()
        with contextlib.suppress(OSError):
            if not self._journal.reverting(self._change.id):
                return
        self._read()
        rules = self._policy_back()
        _load(rules[:1])
        outcomes = self._take_back()
        _load(rules[1:])
        with contextlib.suppress(OSError):
            self._journal.reverted(self._change.id, outcomes)

    def _let_later_ones_go_first(self) -> None:
        """Their time is over, too: what was done to the same links last is taken back first."""
        patience = time.monotonic() + _TAKES_TURNS_S
        while self._others()[1] and time.monotonic() < patience:
            time.sleep(_TURN_S)

    def _others(self) -> tuple[list[Guard], list[Guard]]:
        """Guardians of changes of the same links that stand by: of those before ours, and of those after it."""
        earlier: list[Guard] = []
        later: list[Guard] = []
        try:
            changes = self._journal.changes()
        except OSError:
            return [], []
        found, own = earlier, _links(self._change)
        for one in changes:
            if one.id == self._change.id:
                found, own = later, own | _links(one)
            elif one.boot == self._journal.boot and own & _links(one):
                found += _standing_by(one)
        return earlier, later

    def _take_back(self) -> tuple[Outcome, ...]:
        if self._change.plan is None:
            return ()
        undo = taking_back(self._change.plan, self._change.outcomes)
        return execute([one.operation for one in undo], self._open, to_the_end=True)

    def _policy_back(self) -> tuple[str, ...]:
        """The entry of the policy first, so that a daemon does not do it all again; the rules that go with it.

        An entry that somebody has changed since is left as it is, and so are the rules.
        """
        if self._change.edited is None:
            return ()
        from backend.policy_file import put_back

        try:
            return self._change.back if put_back(self._change.edited) else ()
        except OSError:
            return ()

    def _open(self, namespace: NamespaceId) -> int:
        held = self._namespaces.get(namespace)
        if held is None:
            raise FileNotFoundError(f"namespace {namespace} was not given to the guardian")
        return os.dup(held)


def _load(rules: Sequence[str]) -> None:
    """In our own namespace, which is the one of the program that has begun it."""
    for text in rules:
        from backend.nft import nft

        nft(None, ("-f", "-"), text)


def _standing_by(change: Change) -> list[Guard]:
    """Its guardian, where it goes back by itself or is on its way."""
    goes_back = change.pending or change.state is What.REVERTING
    return [change.guard] if change.guard is not None and goes_back and stands_by(change.guard) else []


def _links(change: Change) -> frozenset[LinkId]:
    return links_of(change.plan, change.outcomes) if change.plan is not None else frozenset()


if __name__ == "__main__":
    sys.exit(main())
