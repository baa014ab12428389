"""Which process is in which network namespace: /proc, read again and again, and deeply only where it is new.

Sources: proc(5), pid_namespaces(7), network_namespaces(7). `proc` may be a recorded tree of the same form.
"""
# ruff: noqa: PTH115, PTH116, PTH208 - paths are plain text here: a Path each would cost more than the read itself

import os
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
_LONGEST = 1 << 20
"""No file read here is longer, but for an argv somebody made so; the rest of it is left."""
_REFUSED = (FileNotFoundError, ProcessLookupError, PermissionError, NotADirectoryError)
"""ENOENT, ESRCH: it has died; EACCES, EPERM: it is not ours to see."""


class ProcessKey(NamedTuple):
    """A process. A pid alone is used again; a pid with its start is not, since boot."""

    pid: int
    starttime: int
    """In clock ticks since boot: field 22 of /proc/PID/stat."""


class _Stat(NamedTuple):
    comm: str
    ppid: int
    starttime: int
    kernel_thread: bool


_UNREAD = _Stat("", 0, 0, False)
_PF_KTHREAD = 0x200000


class Process:
    """One process, read when asked and then remembered. What cannot be read (EACCES, or it has died) is None.

    Texts are decoded with surrogateescape: a process chooses its own argv and comm, and any byte is allowed.
    """

    def __init__(self, pid: int, proc: Path = PROC) -> None:
        self.pid = pid
        self._at = f"{proc}/{pid}/"
        stat = _stat(self._at)
        self.readable = stat is not None
        """Its stat could be read. False: it has died, or hidepid= keeps it from us."""
        self.comm, self.ppid, self.starttime, self.kernel_thread = stat or _UNREAD

    def __repr__(self) -> str:
        return f"Process({self.pid}, {self.comm!r})"

    @property
    def key(self) -> ProcessKey:
        return ProcessKey(self.pid, self.starttime)

    @cached_property
    def argv(self) -> tuple[str, ...] | None:
        """Empty for a kernel thread and for a zombie."""
        text = _read(self._at + "cmdline")
        return None if text is None else tuple(text.removesuffix("\0").split("\0")) if text else ()

    @cached_property
    def cgroups(self) -> tuple[str, ...] | None:
        """Its paths, seen from our cgroup namespace: the unified hierarchy first, then systemd's, then version 1's."""
        text = _read(self._at + "cgroup")
        if text is None:
            return None
        entries = [line.split(":", 2) for line in text.splitlines() if line.count(":") >= 2]
        entries.sort(key=lambda entry: (entry[1] != "", entry[1] != "name=systemd"))
        return tuple(dict.fromkeys(path for _, _, path in entries))

    @cached_property
    def exe(self) -> str | None:
        """The program it runs, without the ` (deleted)` of one that was upgraded meanwhile; the kernel's own word."""
        target = _link(self._at + "exe")
        return None if target is None else target.removesuffix(" (deleted)")

    @cached_property
    def program(self) -> str:
        """The last part of `exe`; empty where that cannot be read."""
        return (self.exe or "").rpartition("/")[2]

    @cached_property
    def cwd(self) -> str | None:
        return _link(self._at + "cwd")

    @cached_property
    def uid(self) -> int | None:
        """The effective user, numbered as in our user namespace."""
        for line in (_read(self._at + "status") or "").splitlines():
            if line.startswith("Uid:"):
                return int(line.split()[2])
        return None

    @cached_property
    def pid_namespace(self) -> int | None:
        return _inode(self._at + "ns/pid")

    @cached_property
    def user_namespace(self) -> int | None:
        return _inode(self._at + "ns/user")

    def is_still_there(self) -> bool:
        """The pid is still this process: what was read about it was read about no other."""
        stat = _stat(self._at)
        return stat is not None and stat.starttime == self.starttime


@dataclass(frozen=True, slots=True)
class ProcessesChanged:
    """What a refresh found."""

    new: frozenset[int]
    """Pids that were not there, or that another process has now."""
    gone: frozenset[int]
    """Pids that are not there any more. A pid used again is new, and only new."""
    moved: frozenset[int]
    """Processes that went into another network namespace."""

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.moved)


class ProcessTable:
    """Every process and its network namespace, as of the last refresh. Belongs to one thread."""

    def __init__(self, proc: Path = PROC) -> None:
        self.proc = proc
        self.netns: dict[int, int] = {}
        """pid -> inode of its network namespace. Processes that cannot be read are not in it."""
        self.unreadable: frozenset[int] = frozenset()
        """Pids whose namespace we may not see (EACCES): with any, the picture is not complete."""
        self._read: dict[int, Process] = {}
        self._numbers: dict[int, int] = {}
        self._turn: list[int] = []

    def refresh(self) -> ProcessesChanged:
        """Look at every process once: one directory, and one stat each. Raises OSError if /proc itself is not there."""
        seen = _look(self.proc, _listed(self.proc))
        changed = self._compare(seen, self._numbers.keys())
        self._numbers, self.netns, self.unreadable = seen.numbers, seen.netns, frozenset(seen.unreadable)
        return changed

    def refresh_some(self, pids: Iterable[int]) -> ProcessesChanged:
        """Look at these only, some microseconds each: an event named them. All others stay as they were."""
        asked = set(pids)
        seen = _look(self.proc, _asked_for(self.proc, asked))
        changed = self._compare(seen, asked & self._numbers.keys())
        for pid in asked:
            self._numbers.pop(pid, None)
            self.netns.pop(pid, None)
        self._numbers |= seen.numbers
        self.netns |= seen.netns
        self.unreadable = (self.unreadable - asked) | seen.unreadable
        return changed

    def process(self, pid: int) -> Process:
        """The process of a pid, with all that was read of it so far."""
        found = self._read.get(pid)
        if found is None:
            found = self._read[pid] = Process(pid, self.proc)
        return found

    def forget(self, pid: int) -> None:
        """Read it anew when next asked: it may have called execve(2) or changed its cgroup."""
        self._read.pop(pid, None)

    def path(self, pid: int) -> str:
        """What to open for the network namespace of a process."""
        return f"{self.proc}/{pid}/ns/net"

    def by_netns(self) -> dict[int, list[int]]:
        """Inode -> the pids that are in that namespace."""
        found: dict[int, list[int]] = {}
        for pid, inode in self.netns.items():
            found.setdefault(inode, []).append(pid)
        return found

    def take_turn(self, count: int) -> tuple[int, ...]:
        """The next `count` pids of an endless round over all processes: for what is too dear to do for all at once."""
        if not self._turn:
            self._turn = sorted(self._numbers, reverse=True)
        taken = tuple(self._turn[-count:][::-1])
        del self._turn[-count:]
        return taken

    def _compare(self, seen: "_Seen", before: AbstractSet[int]) -> ProcessesChanged:
        """What is other than before, forgetting what was read of a process that is not there any more."""
        suspects = (pid for pid, number in seen.numbers.items() if self._numbers.get(pid, number) != number)
        new = (seen.numbers.keys() - before) | self._reused(suspects)
        gone = before - seen.numbers.keys()
        moved = {pid for pid, inode in seen.netns.items() if self.netns.get(pid, inode) != inode} - new
        for pid in gone | new:
            self._read.pop(pid, None)
        return ProcessesChanged(frozenset(new), frozenset(gone), frozenset(moved))

    def _reused(self, suspects: Iterable[int]) -> set[int]:
        """Those whose directory AND start are others: the kernel may also drop a directory and make it anew."""
        return {pid for pid in suspects if pid not in self._read or not self._read[pid].is_still_there()}


def netns_of_threads(pids: Iterable[int], proc: Path = PROC) -> dict[int, str]:
    """Inode -> a path to open, for the namespaces that threads of these processes are in, but not the process itself.

    setns(2) and unshare(2) move one thread only. One stat for a process that has no second thread.
    """
    found: dict[int, str] = {}
    for pid in pids:
        tasks = f"{proc}/{pid}/task"
        if not _has_threads(tasks):
            continue
        main = _inode(f"{proc}/{pid}/ns/net")
        for path in (f"{tasks}/{tid}/ns/net" for tid in _numbers_in(tasks)):
            inode = _inode(path)
            if inode is not None and inode != main:
                found.setdefault(inode, path)
    return found


def netns_of_descriptors(pids: Iterable[int], proc: Path = PROC) -> dict[int, str]:
    """Inode -> a path to open, for the namespaces that these processes hold open, be they in them or not.

    A socket holds the namespace it was made in, too: /proc does not tell which.
    """
    found: dict[int, str] = {}
    for pid in pids:
        for path, target in open_files(pid, proc):
            if target.startswith("net:[") and target[5:-1].isdecimal():
                found.setdefault(int(target[5:-1]), path)
    return found


def open_files(pid: int, proc: Path = PROC) -> Iterator[tuple[str, str]]:
    """(path in /proc, what it leads to) for each descriptor of a process; nothing if we may not look."""
    folder = f"{proc}/{pid}/fd"
    for number in _numbers_in(folder):
        path = f"{folder}/{number}"
        target = _link(path)
        if target is not None:
            yield path, target


class _Seen(NamedTuple):
    numbers: dict[int, int]
    """pid -> the inode number of its directory.

    It is made anew for a new process: it tells a pid used again without reading each one's start.
    """
    netns: dict[int, int]
    unreadable: set[int]


def _look(proc: Path, numbered: Iterable[tuple[int, int]]) -> _Seen:
    """The namespaces of these processes, given with the numbers of their directories."""
    seen = _Seen({}, {}, set())
    for pid, number in numbered:
        try:
            seen.netns[pid] = os.stat(f"{proc}/{pid}/ns/net").st_ino
        except PermissionError:
            seen.unreadable.add(pid)
        except OSError:  # it has died, or is a zombie: no namespace any more
            continue
        seen.numbers[pid] = number
    return seen


def _listed(proc: Path) -> Iterator[tuple[int, int]]:
    """Every process. The number comes free with the name."""
    with os.scandir(proc) as entries:
        for entry in entries:
            if entry.name.isdecimal():
                yield int(entry.name), entry.inode()


def _asked_for(proc: Path, pids: Iterable[int]) -> Iterator[tuple[int, int]]:
    for pid in pids:
        number = _inode(f"{proc}/{pid}")
        if number is not None:
            yield pid, number


def _stat(at: str) -> _Stat | None:
    text = _read(at + "stat")
    if text is None:
        return None
    head, _, tail = text.rpartition(") ")  # the comm before it may hold anything: brackets, blanks, newlines
    fields = tail.split()
    if len(fields) < 20:
        return None
    return _Stat(head.partition("(")[2], int(fields[1]), int(fields[19]), bool(int(fields[6]) & _PF_KTHREAD))


# The four ways to read: each gives None where the process has died or is not ours to see.


def _read(path: str) -> str | None:
    parts = []
    left = _LONGEST
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            while left > 0 and (part := os.read(descriptor, min(left, 1 << 16))):
                parts.append(part)
                left -= len(part)
        finally:
            os.close(descriptor)
    except _REFUSED:
        return None
    return b"".join(parts).decode("utf-8", "surrogateescape")


def _link(path: str) -> str | None:
    try:
        return os.readlink(path)
    except _REFUSED:
        return None


def _inode(path: str) -> int | None:
    try:
        return os.stat(path).st_ino
    except _REFUSED:
        return None


def _numbers_in(folder: str) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if name.isdecimal()]
    except _REFUSED:
        return []


def _has_threads(tasks: str) -> bool:
    try:
        return os.stat(tasks).st_nlink > 3  # ".", "..", and one for each thread
    except _REFUSED:
        return False
