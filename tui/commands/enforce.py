"""`enforce`: the headless daemon; what the policy asks for is done as containers start, and told, one line each."""

import argparse
import fcntl
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from hashlib import sha256
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Final

from rich.text import Text

from backend.enforcer_lock import FILE
from backend.enforcing import Enforcer, Kept
from backend.firewall_news import FirewallNews
from backend.held_cables import HeldCables
from backend.host import Host
from backend.journal import Journal, state_directory
from backend.policy_file import SETTLED_S, PolicyFile
from backend.this_machine import seed
from model.facts import Fact
from model.json_form import SCHEMA
from model.names import json_text
from model.topology import Topology
from tui.commands.change import READ_ONLY
from tui.commands.exits import Exit
from tui.commands.graph import graph_of
from tui.commands.printing import Paper

PULSE_S: Final = 0.5
"""How often it looks whether the policy file is another one."""
COUNT_S: Final = 3.0
"""How often it tells what was dropped."""
CHECK_S: Final = 10.0
"""How often it looks for its rules, whatever it was told."""


class Call(Enum):
    """What is said to it from outside."""

    END = "end"
    RELOAD = "reload"
    CHECK = "check"
    """Somebody changed rules; it may have been us, or another command of ours, which changed the policy, too."""


Message = list[Fact] | Call
_LOUD: Final = frozenset({"failed", "refused", "flushed", "policy", "taken-back"})


def enforce(host: Host, paper: Paper, options: argparse.Namespace) -> Exit:
    """Until it is told to end; with --once, one time."""
    if options.print_unit:
        paper.document(unit(options.policy))
        return Exit.OK
    if options.read_only:
        paper.note(READ_ONLY)
        return Exit.REFUSED
    around = host.surroundings(())
    if not around.may_change:
        paper.note(around.why_not)
        return Exit.NOT_PERMITTED
    try:
        with _only_one():
            daemon = _Daemon(host, paper, options.policy, as_json=options.json)
            return daemon.once() if options.once else daemon.run()
    except BlockingIOError:
        paper.note("another jackfield enforces already (the lock is in its state directory)")
        return Exit.REFUSED


def unit(policy: Path) -> str:
    """The systemd unit, for this program and this state directory."""
    program = str(Path(shutil.which(sys.argv[0]) or sys.argv[0]).absolute())
    text = files("backend").joinpath("jackfield-enforce.service").read_text(encoding="utf-8")
    for word, value in (
        ("PROGRAM", program),
        ("STATE", str(state_directory().absolute())),
        ("POLICY", str(policy.absolute())),
    ):
        text = text.replace(f"@{word}@", _in_unit(value))
    return text


def _in_unit(word: str) -> str:
    """Percent signs are specifiers, and spaces separate (systemd.syntax(7))."""
    word = word.replace("%", "%%")
    return f'"{word}"' if " " in word else word


@dataclass(slots=True)
class _Due:
    """When something is to be looked at without being told to."""

    count: float
    check: float


class _Daemon:
    def __init__(self, host: Host, paper: Paper, policy: Path, *, as_json: bool) -> None:
        self._host = host
        self._paper = paper
        self._as_json = as_json
        self._path = policy
        name = f"policy-{sha256(os.fsencode(policy.absolute())).hexdigest()[:12]}.toml"
        self._file = PolicyFile(policy, state_directory() / name)
        self._stamp: tuple[int, ...] | None = None
        self._known = False
        """A policy holds: until then nothing is touched, and what an earlier run loaded stands."""
        self._news = threading.Event()
        """Our rules were changed, by whomever, since they were looked at."""
        self._doers: set[str | None] = set()
        """By whom."""
        self._enforcer = Enforcer(host, Journal(), HeldCables(), seed(), self._tell)

    def once(self) -> Exit:
        """Do what is due now."""
        self._reload()
        if not self._known:
            return Exit.REFUSED
        self._enforcer.look(self._file.policies, graph_of(self._host))
        self._enforcer.part()
        self._paper.note("done what was due; the rules stay. Without --once it goes on as containers start")
        return Exit.OK if not self._enforcer.failures and not self._file.problems else Exit.REFUSED

    def run(self) -> Exit:
        """Do what is due, as long as it takes."""
        queue: SimpleQueue[Message] = SimpleQueue()
        graph = Topology()
        with _signals(queue.put), _told_of_rules(lambda by: self._rules_changed(queue, by)):
            self._reload()
            import_module("backend.requests")  # what writes: the first container is not to wait for it
            self._host.start(queue.put)
            try:
                first = queue.get()
                while first is Call.RELOAD or first is Call.CHECK:
                    first = queue.get()
                if isinstance(first, list):
                    graph.learn(first)
                    self._paper.note_what_is_missing(graph)
                    self._look(graph)
                    entries = len(self._file.policies)
                    self._paper.note(f"enforcing {entries} {'entry' if entries == 1 else 'entries'} of {self._path}")
                    self._follow(graph, queue)
            finally:
                self._host.close()
        self._enforcer.count(graph)
        self._enforcer.part()
        self._paper.note(
            "ended; the rules stay as they are, names and MACs too: nothing new is kept until it runs again"
        )
        return Exit.OK

    def _follow(self, graph: Topology, queue: "SimpleQueue[Message]") -> None:
        now = time.monotonic()
        due = _Due(now + COUNT_S, now + CHECK_S)
        while True:
            message = _next(queue)
            if message is Call.END:
                return
            if message is Call.RELOAD:
                self._stamp = None
            if isinstance(message, list):
                graph.learn(message)
            if (self._changed() and self._reload()) or isinstance(message, list):
                self._look(graph)
            now = time.monotonic()
            if (self._news.is_set() or now >= due.check) and self._stamp_now()[0] == self._stamp:
                due.check = now + CHECK_S
                self._news.clear()
                doers, self._doers = self._doers, set()
                self._enforcer.check(doers.pop() if len(doers) == 1 else None)
                self._look(graph)
            if now >= due.count:
                due.count = now + COUNT_S
                self._enforcer.count(graph)

    def _rules_changed(self, queue: "SimpleQueue[Message]", by: str | None) -> None:
        """Once is enough: what is changed before somebody looks is looked at together."""
        self._doers.add(by)
        if not self._news.is_set():
            self._news.set()
            queue.put(Call.CHECK)

    def _look(self, graph: Topology) -> None:
        if self._known:
            self._enforcer.look(self._file.policies, graph)

    # The policy

    def _changed(self) -> bool:
        """Another file is there, and nobody is writing to it any more."""
        stamp, age = self._stamp_now()
        return stamp != self._stamp and age > SETTLED_S

    def _stamp_now(self) -> tuple[tuple[int, ...], float]:
        try:
            found = self._path.stat()
        except OSError:
            return (), SETTLED_S + 1
        return (found.st_ino, found.st_size, found.st_mtime_ns), abs(time.time() - found.st_mtime)

    def _reload(self) -> bool:
        """Read it; whether something holds that may be another policy now."""
        self._wait_until_settled()
        self._stamp, _ = self._stamp_now()
        began = not self._known
        good = self._file.reload()
        self._known = self._known or good or bool(self._file.policies)
        if good:
            if not began:
                self._enforcer.forget_tries()
                self._tell(Kept("policy", f"{self._path} is read again: {len(self._file.policies)} entries"))
            return True
        for problem in self._file.problems:
            self._tell(Kept("policy", f"{self._path} is not used: {problem}"))
        stays = "the last good policy stays" if self._known else "nothing is touched until it is good"
        self._tell(Kept("policy", stays))
        return began and self._known

    def _wait_until_settled(self) -> None:
        """At the start: a file that was written a moment ago."""
        _, age = self._stamp_now()
        if age <= SETTLED_S:
            time.sleep(SETTLED_S - age + 0.01)

    # Telling

    def _tell(self, kept: Kept) -> None:
        at = datetime.now(UTC)
        if self._as_json:
            self._paper.json(
                {
                    "schema": SCHEMA,
                    "kind": "kept",
                    "at": at.isoformat(timespec="milliseconds"),
                    "what": kept.what,
                    "policy": None if kept.policy is None else json_text(kept.policy),
                    "address": None if kept.link is None else json_text(kept.link),
                    "text": json_text(kept.text),
                }
            )
            return
        line = Text(f"{at.astimezone():%H:%M:%S}  ", "bright_black")
        line.append(f"{kept.what:<10}  ", "bold red" if kept.what in _LOUD else "bold")
        line.append_text(self._paper.shown(f"{kept.link}: {kept.text}" if kept.link else kept.text))
        self._paper.line(line)
        sys.stdout.flush()


def _next(queue: "SimpleQueue[Message]") -> Message | None:
    try:
        return queue.get(timeout=PULSE_S)
    except Empty:
        return None


@contextmanager
def _only_one() -> Iterator[None]:
    """Two would take turns. Raises BlockingIOError."""
    folder = state_directory()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(fd)


@contextmanager
def _told_of_rules(changed: Callable[[str | None], None]) -> Iterator[None]:
    """Told when rules change; where that cannot be had, it looks now and then."""
    news = None
    with suppress(OSError):
        news = FirewallNews(changed)
    try:
        yield
    finally:
        if news is not None:
            news.close()


@contextmanager
def _signals(say: Callable[[Message], None]) -> Iterator[None]:
    """SIGTERM and SIGINT end it in good order, SIGHUP reads the policy again."""
    calls = {signal.SIGTERM: Call.END, signal.SIGINT: Call.END, signal.SIGHUP: Call.RELOAD}

    def on_signal(number: int, _frame: FrameType | None) -> None:
        say(calls[signal.Signals(number)])

    earlier = {number: signal.signal(number, on_signal) for number in calls}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
