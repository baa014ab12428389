"""Ending a lab, wherever its test process stopped: all that it started, by pid, then its mounts, cgroups and files.

A lab's processes are those in its namespace, those with its mark in their environment, and all that descends from them.
"""

import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from backend.processes import Process, ProcessTable

PREFIX = "jf-lab-"
FOLDERS = Path("/var/tmp")
MARK = "JACKFIELD_LAB"
STARTED_BY = "started-by"
_ROUNDS = 20
ours: list[subprocess.Popen[bytes]] = []
"""The programs that this process started: it has to wait for them."""


def earlier_labs() -> None:
    """End every lab whose test process is not there any more."""
    names = {path.name for place in (FOLDERS, Path("/run/netns")) for path in place.glob(f"{PREFIX}*")}
    for name in sorted(names):
        if not _is_in_use(name):
            lab(name)


def lab(name: str) -> None:
    """End one lab."""
    home = _inode(Path("/run/netns", name))
    namespaces: set[int] = set()
    cgroups: set[str] = set()
    sockets: set[Path] = set()
    for _ in range(_ROUNDS):  # what a process forks while it is being ended is there in the next
        found = list(_processes(name))
        if not found:
            break
        namespaces.update(netns for _, netns in found)
        cgroups.update(path for process, _ in found for path in process.cgroups or ())
        sockets.update(_shim_sockets(next((process.pid for process, netns in found if netns == home), None)))
        _end([process for process, _ in found])
    _unpin(name, namespaces)
    _unmount_below(FOLDERS / name)
    _remove_cgroups(cgroups)
    for left in (*_state(name), *sockets, FOLDERS / name):
        subprocess.run(["rm", "-rf", "--one-file-system", str(left)], check=False)


def _is_in_use(name: str) -> bool:
    try:
        pid, starttime = (int(word) for word in (FOLDERS / name / STARTED_BY).read_text().split())
    except (OSError, ValueError):
        return False
    return Process(pid).key == (pid, starttime)


def _processes(name: str) -> Iterator[tuple[Process, int]]:
    """Every process of the lab with its namespace; never ourselves, and never one that we descend from."""
    table = ProcessTable()
    table.refresh()
    spared = {1, *_lineage(table)}
    home = _inode(Path("/run/netns", name))
    mark = f"{MARK}={name}\0".encode()
    belongs: dict[int, bool] = {}

    def is_its_own(pid: int) -> bool:
        if pid not in belongs:
            belongs[pid] = False  # ends a circle of parents
            belongs[pid] = (
                pid in table.netns
                and pid not in spared
                and (table.netns[pid] == home or mark in _environment(pid) or is_its_own(table.process(pid).ppid))
            )
        return belongs[pid]

    for pid, netns in table.netns.items():
        if is_its_own(pid):
            yield table.process(pid), netns


def _lineage(table: ProcessTable) -> Iterator[int]:
    pid = os.getpid()
    while pid > 1:
        yield pid
        pid = table.process(pid).ppid


def _end(processes: list[Process]) -> None:
    """Kill each by its pidfd, which no other process can get meanwhile, and wait until it has ended."""
    opened: list[int] = []
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            opened.append(os.pidfd_open(process.pid))
            if process.is_still_there():
                signal.pidfd_send_signal(opened[-1], signal.SIGKILL)
    for pidfd in opened:
        select.select([pidfd], [], [], 5)
        os.close(pidfd)
    for started in ours[:]:
        if started.poll() is not None:
            ours.remove(started)


def _unpin(name: str, namespaces: set[int]) -> None:
    """Remove the lab's own name from /run/netns, and those that Podman gave its containers."""
    for path in Path("/run/netns").glob("*"):
        if path.name == name or (path.name.startswith("netns-") and _inode(path) in namespaces):
            subprocess.run(["ip", "netns", "delete", path.name], check=False, capture_output=True)


def _unmount_below(folder: Path) -> None:
    with open("/proc/self/mountinfo") as mounts:
        places = [line.split()[4] for line in mounts]
    for place in sorted((place for place in places if Path(place).is_relative_to(folder)), reverse=True):
        subprocess.run(["umount", "--lazy", place], check=False, capture_output=True)


def _remove_cgroups(paths: set[str]) -> None:
    """The kernel refuses to remove one that is in use or not empty: what others have there stays."""
    roots = [Path("/sys/fs/cgroup"), *(path for path in Path("/sys/fs/cgroup").glob("*") if (path / "tasks").exists())]
    roots.append(Path("/sys/fs/cgroup/unified"))
    kept = {place for path in Process(os.getpid()).cgroups or () for place in (Path(path), *Path(path).parents)}
    made = {place for path in paths for place in (Path(path), *Path(path).parents)} - kept - {Path("/")}
    for place in sorted(made, key=lambda place: len(place.parts), reverse=True):
        for root in roots:
            if place.suffix != ".slice":  # those are systemd's
                with contextlib.suppress(OSError):
                    (root / place.relative_to("/")).rmdir()


def _state(name: str) -> Iterator[Path]:
    """What runtimes keep in the machine's /run: runc by containerd's namespace, LXC by path, nspawn by inode."""
    yield Path("/run/containerd/runc", name)
    yield Path("/run/lxc/lock", *(FOLDERS / name).parts[1:])
    for tree in (FOLDERS / name / "nspawn").glob("*"):
        status = tree.stat()
        yield Path("/run/systemd/nspawn/locks", f"inode-{status.st_dev}:{status.st_ino}")


def _shim_sockets(pid: int | None) -> Iterator[Path]:
    """The sockets that containerd's shims have bound in the namespace of this process."""
    try:
        lines = Path("/proc", str(pid), "net/unix").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        if "/run/containerd/s/" in line:
            yield Path(line.split()[-1])


def _environment(pid: int) -> bytes:
    try:
        return Path("/proc", str(pid), "environ").read_bytes()
    except OSError:
        return b""


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None
