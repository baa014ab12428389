"""Finding the network namespaces of this host: mounts, processes, threads and open descriptors.

Sources: network_namespaces(7), proc(5); `ip netns` keeps its names as nsfs mounts in /run/netns (ip-netns(8)).
listns(2) would be one call, but kernels before 6.19 have none.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from backend.processes import PROC, ProcessTable, netns_of_descriptors, netns_of_threads

NAMED: Final = "/run/netns/"
_DEEP_SLICE: Final = 64
"""Processes whose threads and descriptors are looked at in one ordinary scan."""


@dataclass(slots=True)
class Sighting:
    """A namespace that a scan came across, and how to open it."""

    paths: list[str] = field(default_factory=list)
    """What to open, the surest first. Any of them may be gone by the time it is opened."""
    names: set[str] = field(default_factory=set)
    found_by: set[str] = field(default_factory=set)

    def add(self, path: str, how: str) -> None:
        """Seen once more."""
        self.found_by.add(how)
        if len(self.paths) < 4:
            self.paths.append(path)


class Discovery:
    """Scans for namespaces. Belongs to one thread."""

    def __init__(self, proc: Path = PROC) -> None:
        self._proc = proc
        self._table = ProcessTable(proc)
        self._held: dict[int, tuple[str, str]] = {}
        """inode -> (path, how) of namespaces that only a thread or a descriptor showed, from earlier slices."""
        self._own_pid = os.getpid()
        self.new_processes = False
        """The last scan met a process that the one before had not."""

    @property
    def hidden(self) -> frozenset[int]:
        """The processes that did not let the last scan see their namespace."""
        return self._table.unreadable

    def scan(self, *, deep: bool) -> dict[int, Sighting]:
        """inode -> how it was seen. `deep` looks at every thread and descriptor, else only at a slice of them."""
        found: dict[int, Sighting] = {}
        for mount in nsfs_mounts(self._proc):
            sighting = found.setdefault(mount.inode, Sighting())
            sighting.add(mount.path, "mount")
            if mount.name is not None:
                sighting.names.add(mount.name)
        changed = self._table.refresh()
        self.new_processes = bool(changed.new or changed.moved)
        for pid, inode in self._table.netns.items():
            seen = found.get(inode)
            if seen is None:
                seen = found[inode] = Sighting()
            if len(seen.paths) < 4 or "process" not in seen.found_by:
                seen.add(self._table.path(pid), "process")
        self._look_deeper(tuple(self._table.netns) if deep else self._table.take_turn(_DEEP_SLICE))
        for inode, (path, how) in list(self._held.items()):
            if _inode(path) == inode:
                found.setdefault(inode, Sighting()).add(path, how)
            else:
                del self._held[inode]
        return found

    def _look_deeper(self, pids: Iterable[int]) -> None:
        pids = tuple(pid for pid in pids if pid != self._own_pid)  # what we hold open for a moment is no holder
        for inode, path in netns_of_threads(pids, self._proc).items():
            self._held.setdefault(inode, (path, "thread"))
        for inode, path in netns_of_descriptors(pids, self._proc).items():
            self._held.setdefault(inode, (path, "descriptor"))


@dataclass(frozen=True, slots=True)
class NsfsMount:
    """A namespace that is held by a mount."""

    path: str
    inode: int
    name: str | None
    """Its `ip netns` name: raw, it may hold a newline."""


def nsfs_mounts(proc: Path = PROC) -> list[NsfsMount]:
    """The network namespaces mounted somewhere, from /proc/self/mountinfo (proc(5)): its root field says `net:[N]`."""
    try:
        lines = (proc / "thread-self" / "mountinfo").read_bytes().splitlines()
    except OSError:
        return []
    mounts = []
    for line in lines:
        if b" - nsfs " not in line:
            continue
        fields = line.split(b" ")
        root, target = fields[3], os.fsdecode(unescape_mount(fields[4]))
        if root.startswith(b"net:[") and root[5:-1].isdigit():
            name = target.removeprefix(NAMED).removeprefix("/var" + NAMED)
            mounts.append(NsfsMount(target, int(root[5:-1]), None if "/" in name else name))
    return mounts


def unescape_mount(field_bytes: bytes) -> bytes:
    """mountinfo writes space, tab, newline and backslash as \\040, \\011, \\012 and \\134."""
    if b"\\" not in field_bytes:
        return field_bytes
    head, *rest = field_bytes.split(b"\\")
    return head + b"".join(
        bytes([int(part[:3], 8)]) + part[3:] if part[:3].isdigit() else b"\\" + part for part in rest
    )


def _inode(path: str) -> int | None:
    try:
        return Path(path).stat().st_ino
    except OSError:
        return None
