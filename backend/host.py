"""The door to the host: facts out. Protocol and the real one; backend.fake is the same door, in memory."""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, Self

from backend.discovery import Discovery
from backend.netns import NetnsKey, key_of, open_own_netns
from backend.observer import Observer
from backend.owner_watch import OwnerWatch
from backend.processes import PROC
from backend.wire import RECEIVE_BUFFER, ObserverWire, Wire
from backend.wire_each import SocketEachWire
from model.facts import Fact, LinkSeen, NamespaceSeen, Visibility
from model.identity import LinkId, NamespaceId
from model.link import Link

if TYPE_CHECKING:  # a plain command only reads: what it does without, each method loads for itself
    from backend.executor import Told
    from backend.firewall import Rules
    from model.conditions import Filters
    from model.findings.observed import Observed
    from model.operations import Operation
    from model.plan import Outcome, Surroundings
    from model.probed import Probed
    from model.rates import Counters
    from model.tables import Tables

ROTATION_S: Final = 30.0
"""Every namespace is read again at least this often: on DOWN links some changes make no event."""
ROTATION_STEP_S: Final = 1.0
LOOK_S: Final = 5.0
"""Namespaces that appear without any event are found within this."""
ON_SCREEN_S: Final = 1.0
STORM: Final = 256
"""So many events in one go are a storm: wait STORM_WINDOW_S, so that most of the next ones cancel each other out."""
STORM_WINDOW_S: Final = 0.01

Deliver = Callable[[list[Fact]], None]
Counted = Callable[[Mapping[LinkId, "Counters"]], None]


def unheard(_outcome: Outcome) -> None:
    """For whoever waits for the end of what is executed."""


class Host(Protocol):
    """A host as a source of facts."""

    def read(self) -> list[Fact]:
        """Everything, once; to be used instead of start()."""

    def start(self, deliver: Deliver, counted: Counted | None = None) -> None:
        """Call `deliver` from a thread of its own: first with everything, then with what changes.

        `counted` gets the counters of what is watched closely, each time they are read.
        """

    def watch_closely(self, links: Sequence[LinkId]) -> None:
        """These are on screen: read them about every second, whatever their events say."""

    def tables(self, namespace: NamespaceId) -> Tables:
        """What a namespace has learned, now. Moves the calling thread there and back: not on the UI's thread.

        Raises OSError; FileNotFoundError where no descriptor of it can be had.
        """

    def open_namespace(self, namespace: NamespaceId) -> int:
        """A descriptor of a namespace that was seen by read() or since start(); the caller closes it.

        Raises FileNotFoundError where none can be had.
        """

    def filters(self, namespace: NamespaceId) -> Filters:
        """What may drop frames there, now. Moves the calling thread there and back: not on the UI's thread.

        Raises OSError; FileNotFoundError where no descriptor of it can be had.
        """

    def probe(self, one: Link, other: Link) -> Probed:
        """Send a few marked frames between two links, both ways. Takes half a second: not on the UI's thread.

        Raises OSError where one of their namespaces cannot be entered, or no raw frames may be sent there.
        """

    def surroundings(self, links: Sequence[LinkId]) -> Surroundings:
        """What a planner must know of these links besides the graph. Takes milliseconds: not on the UI's thread."""

    def observed(self, links: Sequence[Link], home: NamespaceId | None) -> Observed:
        """What findings need of these links besides the graph. Takes a while: not on the UI's thread."""

    def execute(self, operations: Sequence[Operation], told: Told = unheard) -> tuple[Outcome, ...]:
        """Do them in order and stop at the first that is refused: see backend.executor. Not on the UI's thread."""

    def rules(self) -> Rules:
        """The guards of the namespace that the program runs in: nothing is asked or loaded yet."""

    def close(self) -> None:
        """Stop delivering. Idempotent."""


class LinuxHost:
    """This host, by netlink and /proc."""

    def __init__(
        self,
        receive_buffer: int = RECEIVE_BUFFER,
        proc: Path = PROC,
        rotation_s: float = ROTATION_S,
        look_s: float = LOOK_S,
        foreign_bpf: bool = True,
    ) -> None:
        self._receive_buffer = receive_buffer
        self._foreign_bpf = foreign_bpf
        self._rotation_s = rotation_s
        self._look_s = look_s
        self._proc = proc
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._on_screen: tuple[LinkId, ...] = ()
        self._counted: Counted | None = None
        self._changed: deque[LinkId] = deque()
        """By us, just now: some changes make no event."""
        self._observer: Observer | None = None
        self._wake_out, self._wake_in = -1, -1

    def read(self) -> list[Fact]:
        with self._observing() as observing:
            facts = observing.first()
            facts += observing.owners_now()
            self._observer = observing.observer
        return facts

    def start(self, deliver: Deliver, counted: Counted | None = None) -> None:
        self._counted = counted
        self._wake_out, self._wake_in = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._thread = threading.Thread(target=self._run, args=(deliver,), name="observer", daemon=True)
        self._thread.start()

    def watch_closely(self, links: Sequence[LinkId]) -> None:
        self._on_screen = tuple(links)

    def tables(self, namespace: NamespaceId) -> Tables:
        from backend.tables import read_tables

        fd = self.open_namespace(namespace)
        try:
            return read_tables(namespace, fd)
        finally:
            os.close(fd)

    def filters(self, namespace: NamespaceId) -> Filters:
        from backend.hooks import read_filters

        fd = self.open_namespace(namespace)
        try:
            return read_filters(namespace, fd, foreign_bpf=self._foreign_bpf)
        finally:
            os.close(fd)

    def probe(self, one: Link, other: Link) -> Probed:
        from backend.probe import probe

        near = self.open_namespace(one.id.namespace)
        try:
            far = self.open_namespace(other.id.namespace)
            try:
                return probe((near, one), (far, other))
            finally:
                os.close(far)
        finally:
            os.close(near)

    def open_namespace(self, namespace: NamespaceId) -> int:
        if self._observer is None:
            raise FileNotFoundError(errno.ENOENT, "nothing is observed yet")
        return self._observer.open(namespace)

    def surroundings(self, links: Sequence[LinkId]) -> Surroundings:
        from backend.journal import Journal
        from backend.surroundings import read_surroundings

        def place(inode: int) -> NamespaceId | None:
            return None if self._observer is None else self._observer.at_inode(inode, time.monotonic())

        around = read_surroundings(links, self.open_namespace, place, self._proc, Journal())
        return around if self._observer is None else replace(around, netns_paths=tuple(self._observer.unnamed_paths()))

    def observed(self, links: Sequence[Link], home: NamespaceId | None) -> Observed:
        from backend.observed import observe

        return observe(links, home, self.open_namespace)

    def execute(self, operations: Sequence[Operation], told: Told = unheard) -> tuple[Outcome, ...]:
        from backend.executor import execute, touched
        from model.plan import Fate

        def heard(outcome: Outcome) -> None:
            if outcome.fate is not Fate.BEGUN:
                self._changed.extend(touched(outcome))
                self._wake()
            told(outcome)

        return execute(operations, self.open_namespace, heard)

    def rules(self) -> Rules:
        from backend.firewall import Firewall

        return Firewall()

    def close(self) -> None:
        self._closing.set()
        self._wake()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None
        for fd in (self._wake_out, self._wake_in):
            if fd >= 0:
                os.close(fd)
        self._wake_out = self._wake_in = -1

    def _wake(self) -> None:
        if self._wake_in >= 0:
            with contextlib.suppress(BlockingIOError):  # full: it is awake
                os.write(self._wake_in, b"\0")

    @contextlib.contextmanager
    def _observing(self) -> Iterator[_Observing]:
        observing = _Observing(self._receive_buffer, self._proc, (self._rotation_s, self._look_s), self._wake)
        try:
            yield observing
        finally:
            observing.close()

    def _run(self, deliver: Deliver) -> None:
        try:
            self._observe(deliver)
        except Exception as error:
            stopped = f"the observer stopped ({error!r}): what is shown is no longer live, start jackfield again"
            deliver([Visibility(complete=False, missing=(stopped,))])
            raise

    def _observe(self, deliver: Deliver) -> None:
        with self._observing() as observing, _Doorbell(self._wake_out, observing, self._proc) as bell:
            deliver(observing.first() + observing.owners_now())
            self._observer = observing.observer
            observing.follow_owners()
            while not self._closing.is_set():
                rung = bell.wait(observing.until_next())
                changed = [self._changed.popleft() for _ in range(len(self._changed))]
                facts, counted = observing.step(look=rung, on_screen=self._on_screen, changed=changed)
                if facts:
                    deliver(facts)
                if counted and self._counted is not None:
                    self._counted(counted)
                if observing.stormy:
                    time.sleep(STORM_WINDOW_S)


class _Doorbell:
    """Waits for anything that could be news: an event, a mount, a process hint, somebody who wakes us."""

    def __init__(self, wake: int, observing: _Observing, proc: Path) -> None:
        self._wake = wake
        self._observing = observing
        self._poll = select.poll()
        self._poll.register(wake, select.POLLIN)
        self._events: set[int] = set()
        self._mounts = os.open(proc / "thread-self" / "mountinfo", os.O_RDONLY | os.O_CLOEXEC)
        self._poll.register(self._mounts, select.POLLPRI | select.POLLERR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._mounts)

    def wait(self, seconds: float) -> bool:
        """Until something happens, at most so long. True: something was mounted or unmounted."""
        wanted = set(self._observing.wire.watched_fds())
        for fd in self._events - wanted:
            self._poll.unregister(fd)
        for fd in wanted - self._events:
            self._poll.register(fd, select.POLLIN)
        self._events = wanted
        ready = dict(self._poll.poll(max(0, seconds) * 1000))
        if self._wake in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake, 4096)
        return self._mounts in ready


class _Observing:
    """An observer with what it needs, and its clock. Belongs to the thread that made it."""

    def __init__(
        self, receive_buffer: int, proc: Path, intervals: tuple[float, float], wake: Callable[[], None]
    ) -> None:
        self._rotation_s, self._look_s = intervals
        fd = open_own_netns()
        try:
            home = key_of(fd)
        finally:
            os.close(fd)
        self.wire, self._missing = open_wire(home, receive_buffer)
        self._discovery = Discovery(proc)
        self.observer = Observer(self.wire, self._discovery, home)
        self._owners = OwnerWatch(home.inode, proc, wake, lambda: self.observer.places)
        self._visibility: Visibility | None = None
        self._taken = 0
        self.stormy = False
        now = time.monotonic()
        self._next_look = now + self._look_s
        self._next_rotation = now + ROTATION_STEP_S
        self._next_on_screen = now + ON_SCREEN_S

    def first(self) -> list[Fact]:
        """Everything that the kernel says."""
        enabled = gc.isenabled()
        gc.disable()  # thousands of objects that stay: collecting in between costs more than reading
        try:
            facts = self.observer.read()
        finally:
            if enabled:
                gc.enable()
        return facts + self._see_how_much()

    def owners_now(self) -> list[Fact]:
        """Who owns what, looked up now."""
        self._owners.look()
        return self._owners.facts(self.observer)

    def follow_owners(self) -> None:
        """From now on look them up in the background."""
        self._owners.start()

    def until_next(self) -> float:
        """Seconds until something is due without an event."""
        due = min(self._next_look, self._next_rotation, self._next_on_screen)
        return due - time.monotonic()

    def step(
        self, *, look: bool, on_screen: Sequence[LinkId], changed: Sequence[LinkId]
    ) -> tuple[list[Fact], Mapping[LinkId, Counters]]:
        """What happened, and what was due; `changed` is read anew."""
        now = time.monotonic()
        facts = self.observer.reread(changed)[0] if changed else self.observer.hear()
        if look or self.observer.wants_look or now >= self._next_look:
            facts += self.observer.look()
            self._next_look = time.monotonic() + self._look_s
            if self._discovery.new_processes:
                self._owners.nudge()
        if now >= self._next_rotation:
            self._next_rotation = now + ROTATION_STEP_S
            steps = max(1.0, self._rotation_s / ROTATION_STEP_S - 1)
            facts += self.observer.reconcile(1 + int(self.observer.namespaces / steps))
        counted: Mapping[LinkId, Counters] = {}
        if now >= self._next_on_screen:
            self._next_on_screen = now + ON_SCREEN_S
            if on_screen:
                seen, counted = self.observer.reread(on_screen)
                facts += seen
        taps = any(isinstance(fact, LinkSeen) and fact.link.kind in ("tun", "macvtap") for fact in facts)
        if taps or any(isinstance(fact, NamespaceSeen) for fact in facts):
            self._owners.nudge(taps=taps)
        facts += self._owners.facts(self.observer)
        facts += self._see_how_much()
        taken = self.observer.events_taken
        self.stormy, self._taken = taken - self._taken > STORM, taken
        return facts, counted

    def _see_how_much(self) -> list[Fact]:
        missing = list(self._missing)
        hidden = self.observer.hidden_processes
        if hidden and not missing:
            missing.append(f"{hidden} processes hide their namespaces even from root")
        visibility = Visibility(not missing, tuple(missing))
        if visibility == self._visibility:
            return []
        self._visibility = visibility
        return [visibility]

    def close(self) -> None:
        """Stop, and give everything back."""
        self._owners.close()
        self.wire.close()


def open_wire(home: NetnsKey, receive_buffer: int) -> tuple[Wire, tuple[str, ...]]:
    """The best way to reach namespaces that the kernel allows us, and what it does not let us see."""
    try:
        return ObserverWire(receive_buffer), ()
    except OSError as refused:
        reason = refused.strerror or str(refused)
    if os.geteuid() == 0:
        missing = f"no observer namespace ({reason}): namespaces that no process, mount or descriptor shows are hidden"
    else:
        missing = "not root: other namespaces are hidden, start with sudo to see them"
    return SocketEachWire(home, receive_buffer), (missing,)
