"""Looking owners up in a thread of its own: when something came, called execve(2) or exited; never by the clock alone.

A daemon that is asked for a container's name may take its time; no event waits for it.
"""

import contextlib
import os
import select
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backend.descriptors import allow_as_many_as_possible
from backend.exit_watch import ExitWatch
from backend.observer import Observer
from backend.owners.assembly import Found
from backend.owners.finder import OwnerFinder
from backend.process_events import NoProcessEvents, ProcessEvents
from backend.processes import ProcessTable
from model.facts import Fact, HolderSeen, OwnersSeen
from model.identity import LinkId, NamespaceId
from model.namespace import Holder, Owner

SETTLE_S: Final = 0.02
"""What appeared is looked at after this long: a container that starts is many small steps."""
AGAIN_S: Final = 0.1
"""Between two looks while a process is too young, or a daemon too busy, for a last word."""
BUSY_SETTLE_S: Final = 0.2
_BUSY: Final = 50
_DESCRIPTORS_FOR_OTHERS: Final = 512


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was found, and when the search began: what came later was not looked at."""

    begun: float
    found: Found


class OwnerWatch:
    """Owners as facts. facts() belongs to the observer's thread, the search to one of its own."""

    def __init__(
        self, home: int, proc: Path, wake: Callable[[], None], places: Callable[[], Mapping[int, int]]
    ) -> None:
        """`places` tells of processes whose namespace /proc hides: pid -> what Observer.at_inode takes."""
        self._places = places
        self._table = ProcessTable(proc)
        self._finder = OwnerFinder(home, proc=proc)
        self._wake = wake
        self._answer: _Answer | None = None
        self._last = Found()
        self._pause_s = SETTLE_S
        self._told: dict[NamespaceId, tuple[Owner, ...]] = {}
        self._held: dict[LinkId, Holder] = {}
        self._thread: threading.Thread | None = None
        self._bell_out, self._bell_in = -1, -1
        self._closing = threading.Event()
        self._taps = True

    def look(self, only: Collection[int] | None = None) -> None:
        """Search now, on the calling thread; with `only`, among these processes."""
        begun = time.monotonic()
        if only is None:
            self._table.refresh()
        else:
            only = self._refresh_with_parents(only)
        self._table.netns.update(self._places())
        taps, self._taps = self._taps, False
        self._last = self._finder.find(self._table, taps=taps, only=only)
        self._answer = _Answer(begun, self._last)

    def _refresh_with_parents(self, pids: Collection[int]) -> set[int]:
        """A parent that only forked was named by no event; without it, its child would seem to come from outside."""
        seen: set[int] = set()
        wanted = set(pids)
        while wanted:
            self._table.refresh_some(wanted)
            seen |= wanted
            parents = {self._table.process(pid).ppid for pid in wanted & self._table.netns.keys()}
            wanted = parents - self._table.netns.keys() - self._table.unreadable - seen - {0}
        return seen

    def start(self) -> None:
        """From now on search in the background."""
        self._bell_out, self._bell_in = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._thread = threading.Thread(target=self._run, name="owners", daemon=True)
        self._thread.start()

    def nudge(self, *, taps: bool = False) -> None:
        """Something appeared; with `taps`, a tap did."""
        self._taps |= taps
        if self._bell_in >= 0:
            with contextlib.suppress(BlockingIOError):  # full: it is awake
                os.write(self._bell_in, b"\0")

    def close(self) -> None:
        """Stop searching."""
        self._closing.set()
        self.nudge()
        if self._thread is not None:
            self._thread.join()
            os.close(self._bell_out)
            os.close(self._bell_in)
            self._bell_out = self._bell_in = -1
            self._thread = None

    def facts(self, observer: Observer) -> list[Fact]:
        """What the last search says that was not told yet."""
        answer, self._answer = self._answer, None
        if answer is None:
            return []
        return [*self._owners_seen(answer, observer), *self._holders_seen(answer, observer)]

    def _owners_seen(self, answer: _Answer, observer: Observer) -> Iterable[Fact]:
        found: dict[NamespaceId, tuple[Owner, ...]] = {}
        for inode, owners in answer.found.owners.items():
            namespace = observer.at_inode(inode, answer.begun)
            if namespace is not None:
                passing = answer.found.unsettled if self._thread is not None and observer.is_named(namespace) else ()
                found[namespace] = tuple(owner for owner in owners if _stays(owner, passing))
        for namespace in list(self._told):
            if not observer.watches(namespace):
                del self._told[namespace]
            else:
                found.setdefault(namespace, ())
        for namespace, owners in found.items():
            if self._told.get(namespace, ()) != owners:
                self._told[namespace] = owners
                yield OwnersSeen(namespace, owners)

    def _holders_seen(self, answer: _Answer, observer: Observer) -> Iterable[Fact]:
        found: dict[LinkId, Holder] = {}
        for (inode, tap), holder in answer.found.holders.items():
            namespace = observer.at_inode(inode, answer.begun)
            if namespace is None:
                continue
            link = LinkId(namespace, tap) if isinstance(tap, int) else observer.tap_named(namespace, tap)
            if link is not None:
                found[link] = holder
        for link in self._held.keys() | found.keys():
            holder_now = found.get(link)
            if self._held.get(link) != holder_now and observer.watches(link.namespace):
                yield HolderSeen(link, holder_now)
        self._held = found

    def _run(self) -> None:
        with contextlib.ExitStack() as stack:
            exits = stack.enter_context(contextlib.closing(ExitWatch()))
            execs = _process_events()
            waiting = select.poll()
            waiting.register(self._bell_out, select.POLLIN)
            waiting.register(exits, select.POLLIN)
            if execs is not None:
                waiting.register(stack.enter_context(contextlib.closing(execs)), select.POLLIN)
            unsettled: frozenset[int] | None = frozenset()
            while not self._closing.is_set():
                waiting.poll(AGAIN_S * 1000 if unsettled is not None else None)
                time.sleep(self._pause_s)
                unsettled = self._search_once(exits, execs, unsettled or frozenset())

    def _search_once(
        self, exits: ExitWatch, execs: ProcessEvents | None, unsettled: frozenset[int]
    ) -> frozenset[int] | None:
        """Work off what rang, search there, and hand over. Who has to be looked at again soon; None: all is settled."""
        everything = self._rung() or bool(exits.drain())
        named: set[int] = set(unsettled)
        if execs is not None:
            called = execs.drain()
            self._finder.look_again(called)
            named |= called
            everything |= execs.lost
            execs.lost = False
            # A machine that builds software calls execve(2) a thousand times a second: look at more at a time then.
            self._pause_s = SETTLE_S if len(called) < _BUSY else BUSY_SETTLE_S
        before = self._last
        self.look(None if everything else named)
        exits.watch(_pids(self._last, _watchable()))
        if self._last is not before:
            self._wake()
        return self._last.unsettled if self._last.again else None

    def _rung(self) -> bool:
        try:
            return bool(os.read(self._bell_out, 4096))
        except BlockingIOError:
            return False


def _stays(owner: Owner, passing: Collection[int]) -> bool:
    """`ip -n web address` is in the namespace for a moment, and does not own it. One without a name died meanwhile."""
    return bool(owner.name) and not (owner.runtime == "process" and owner.pid in passing)


def _pids(found: Found, most: int) -> list[int]:
    pids = {owner.pid for owners in found.owners.values() for owner in owners}
    pids |= {holder.pid for holder in found.holders.values()}
    return sorted(pids, reverse=True)[:most]


def _watchable() -> int:
    """How many processes can be watched with the descriptors there are."""
    return max(0, allow_as_many_as_possible() - _DESCRIPTORS_FOR_OTHERS)


def _process_events() -> ProcessEvents | None:
    try:
        return ProcessEvents()
    except NoProcessEvents:
        return None
