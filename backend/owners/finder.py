"""Every namespace's owners, kept up to date at the price of what is new."""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path

from backend.owners.assembly import Found, Known, assemble
from backend.owners.daemon_socket import DaemonSockets
from backend.owners.description import Descriptions
from backend.owners.membership import ancestors, membership_of, own_namespaces
from backend.owners.sources import Sources
from backend.owners.state_file import StateFiles
from backend.owners.taps import HeldTap, held_taps
from backend.processes import PROC, ProcessTable

SETTLING = 2.0
"""Seconds after its start in which a process may still go its way: fork, unshare, join a cgroup, exec."""
TICKS = 100
"""The unit of a process's start, per second: USER_HZ, proc(5)."""


def seconds_since_boot() -> float:
    """The clock that a process's start is written in."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class OwnerFinder:
    """Finds owners again and again; looks only at processes that are new. Belongs to one thread."""

    def __init__(
        self,
        home: int,
        *,
        proc: Path = PROC,
        root: Path = Path("/"),
        timeout: float = 0.3,
        clock: Callable[[], float] = seconds_since_boot,
    ) -> None:
        """`home` is the inode of the namespace we call the host's; `timeout` the seconds that a daemon may take."""
        self._home = home
        self._ours = own_namespaces(proc)
        self._sources = Sources(StateFiles(root), DaemonSockets(timeout, root))
        self._clock = clock
        self._known: dict[int, Known] = {}
        self._descriptions = Descriptions(self._sources)
        self._held: list[HeldTap] = []
        self._last = Found()

    def find(self, table: ProcessTable, *, taps: bool = False, only: Collection[int] | None = None) -> Found:
        """The owners as of the table's last refresh.

        With `only`, look at these processes and take the others as they were: after a `refresh_some()` of the same.
        With `taps`, look through all descriptors for taps anew: dear, and for when a tap came or its carrier changed.
        A daemon may cost one `timeout`, and no more.
        """
        changed = self._look(table, only)
        if taps:
            self._held = held_taps(table.netns, table)
        if changed or taps or self._last.again:
            self._descriptions.new_round(self._dockerds())
            found = assemble(self._known, table, self._home, self._descriptions, self._held, self._ours)
            unanswered = not self._descriptions.complete
            self._last = replace(found, unsettled=self._unsettled(found), unanswered=unanswered)
        return self._last

    def look_again(self, pids: Iterable[int]) -> None:
        """Read these anew at the next find: they called execve(2), say."""
        for pid in pids:
            if pid in self._known:
                self._known[pid].settled = False

    def _look(self, table: ProcessTable, only: Collection[int] | None) -> bool:
        """Look at every process that is new, went elsewhere or is not settled. True if it may matter to any owner."""
        asked = table.netns.keys() if only is None else table.netns.keys() & set(only)
        before = self._known.keys() if only is None else self._known.keys() & set(only)
        gone = [self._known.pop(pid) for pid in before - table.netns.keys()]
        changed = any(self._matters(known) for known in gone)
        fresh = asked - self._known.keys()
        old_enough = (self._clock() - SETTLING) * TICKS
        for pid in asked:
            netns = table.netns[pid]
            known = self._known.get(pid)
            if known is not None:
                if known.settled and known.netns == netns and known.process is table.process(pid):
                    continue
                if pid not in fresh:
                    table.forget(pid)
                    fresh.add(pid)
            now = self._known[pid] = self._look_at(pid, netns, table, fresh, old_enough)
            changed |= now.says_other_than(known) and (
                self._matters(now) or (known is not None and self._matters(known))
            )
        return changed

    def _look_at(self, pid: int, netns: int, table: ProcessTable, fresh: set[int], old_enough: float) -> Known:
        process = table.process(pid)
        if process.kernel_thread:
            return Known(process, netns, None, settled=True)
        if netns != self._home:  # a supervisor above it may have been a shell when it was read
            for parent in ancestors(process, table):
                if parent.pid not in fresh:
                    table.forget(parent.pid)
                    fresh.add(parent.pid)
        membership = membership_of(process, table, self._ours, self._sources)
        sure = membership is not None and membership.supervisor is not None and membership.contradiction is None
        return Known(process, netns, membership, settled=sure or process.starttime <= old_enough)

    def _matters(self, known: Known) -> bool:
        return known.membership is not None or known.netns != self._home

    def _unsettled(self, found: Found) -> frozenset[int]:
        """Who stands for a namespace and is so young that it may turn out to be something else."""
        young = [(pid, one.netns) for pid, one in self._known.items() if not one.settled and one.netns != self._home]
        return frozenset(
            pid
            for pid, netns in young
            if netns not in found.owners or any(owner.pid == pid for owner in found.owners[netns])
        )

    def _dockerds(self) -> tuple[tuple[str, ...], ...]:
        found = (known.process for known in self._known.values() if known.process.comm == "dockerd")
        return tuple(dockerd.argv or () for dockerd in found if self._ours.trust(dockerd, "dockerd"))
