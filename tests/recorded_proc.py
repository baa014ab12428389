"""A /proc made of plain files, for what no test machine has at hand: other cgroup layouts, forgers, processes that die.

A namespace is a file, and ns/net a symbolic link to it: stat(2) follows it to one inode, as it does in the real /proc.
"""

import itertools
import shutil
from collections.abc import Iterable
from pathlib import Path


class RecordedProc:
    """Builds a tree that `ProcessTable` and `OwnerFinder` read as they read /proc. The reader is its own pid 1."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "proc"
        self._namespaces = folder / "namespaces"
        self._graveyard = folder / "graveyard"
        self._ages = itertools.count(1)
        for made in (self.path, self._namespaces, self._graveyard):
            made.mkdir(parents=True)
        self.process(1, comm="systemd", exe="/usr/lib/systemd/systemd")
        (self.path / "self").symlink_to("1")

    def inode(self, namespace: str) -> int:
        """The number of a namespace; the first mention makes it."""
        file = self._namespaces / namespace
        file.touch()
        return file.stat().st_ino

    def process(
        self,
        pid: int,
        *argv: str,
        comm: str | None = None,
        net: str = "host",
        parent: int = 1,
        cgroup: str | Iterable[str] = "0::/",
        exe: str = "/usr/bin/sleep",
        cwd: str = "/",
        uid: int = 0,
        pid_ns: str = "host-pid",
        user_ns: str = "host-user",
        start: int | None = None,
        flags: int = 0,
    ) -> int:
        """One process; a later one is younger. `cgroup` is the text of its file, a line each."""
        at = self.path / str(pid)
        (at / "ns").mkdir(parents=True)
        (at / "fd").mkdir()
        (at / "fdinfo").mkdir()
        for kind, name in (("net", net), ("pid", pid_ns), ("user", user_ns)):
            self.inode(name)
            (at / "ns" / kind).symlink_to(self._namespaces / name)
        lines = [cgroup] if isinstance(cgroup, str) else list(cgroup)
        name = comm if comm is not None else Path(argv[0] if argv else exe).name[:15]
        age = next(self._ages) if start is None else start
        stat = f"{pid} ({name}) S {parent} {pid} {pid} 0 -1 {flags} 0 0 0 0 0 0 0 0 20 0 1 0 {age} 0 0\n"
        for file, text in (
            ("stat", stat),
            ("comm", name + "\n"),
            ("cmdline", "".join(word + "\0" for word in argv)),
            ("cgroup", "".join(line + "\n" for line in lines)),
            ("status", f"Name:\t{name}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n"),
        ):
            (at / file).write_bytes(text.encode("utf-8", "surrogateescape"))
        (at / "exe").symlink_to(exe)
        (at / "cwd").symlink_to(cwd)
        self.thread(pid, pid, net)
        return pid

    def thread(self, pid: int, tid: int, net: str) -> None:
        """A thread that may be in another namespace than its process."""
        at = self.path / str(pid) / "task" / str(tid) / "ns"
        at.mkdir(parents=True)
        self.inode(net)
        (at / "net").symlink_to(self._namespaces / net)

    def descriptor(self, pid: int, number: int, target: str, fdinfo: str = "pos:\t0\n") -> None:
        """An open file: `target` is what /proc/PID/fd/N leads to."""
        (self.path / str(pid) / "fd" / str(number)).symlink_to(target)
        (self.path / str(pid) / "fdinfo" / str(number)).write_bytes(fdinfo.encode("utf-8", "surrogateescape"))

    def moves(self, pid: int, net: str) -> None:
        """The process goes into another namespace."""
        self.inode(net)
        link = self.path / str(pid) / "ns" / "net"
        link.unlink()
        link.symlink_to(self._namespaces / net)

    def dies(self, pid: int) -> None:
        """The process is gone. Its directory lives on elsewhere, so that a disk does not hand out its inode again."""
        shutil.move(self.path / str(pid), self._graveyard / f"{pid}-{next(self._ages)}")

    def loses(self, pid: int, *files: str) -> None:
        """The process dies midway: these files cannot be read any more, though its directory was seen."""
        for file in files:
            (self.path / str(pid) / file).unlink()
