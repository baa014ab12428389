"""Telling at once when a process ends, without looking at any meanwhile.

Sources: pidfd_open(2), epoll(7). A pidfd pins neither the process nor its namespaces.
"""

import os
import select
from collections.abc import Iterable


class ExitWatch:
    """A descriptor for a select loop, readable when one of the watched processes has ended."""

    def __init__(self) -> None:
        self.complete = True
        """False: there were not descriptors enough for all; the rest is found gone by the next look at /proc."""
        self._epoll = select.epoll()
        self._pidfds: dict[int, int] = {}
        self._pids: dict[int, int] = {}
        self._already_gone: set[int] = set()

    def fileno(self) -> int:
        """For select, poll and epoll."""
        return self._epoll.fileno()

    def watch(self, pids: Iterable[int]) -> None:
        """From now on exactly these. One that has ended before is told by the next `drain()`."""
        wanted = set(pids)
        for pid in self._pidfds.keys() - wanted:
            self._drop(pid)
        self.complete = True
        for pid in sorted(wanted - self._pidfds.keys()):
            try:
                pidfd = os.pidfd_open(pid)
            except ProcessLookupError:
                self._already_gone.add(pid)
            except OSError:  # EMFILE, ENFILE: this many can be watched, and no more
                self.complete = False
                return
            else:
                self._pidfds[pid], self._pids[pidfd] = pidfd, pid
                self._epoll.register(pidfd, select.EPOLLIN)

    def drain(self) -> set[int]:
        """The processes that have ended since the last call; they are not watched any more. Never waits."""
        gone = self._already_gone | {self._pids[pidfd] for pidfd, _ in self._epoll.poll(0)}
        self._already_gone = set()
        for pid in gone & self._pidfds.keys():
            self._drop(pid)
        return gone

    def close(self) -> None:
        """Give the descriptors back."""
        for pid in list(self._pidfds):
            self._drop(pid)
        self._epoll.close()

    def _drop(self, pid: int) -> None:
        pidfd = self._pidfds.pop(pid)
        del self._pids[pidfd]
        self._epoll.unregister(pidfd)
        os.close(pidfd)
