"""What this machine says of itself and of a process: small questions to /proc, each answered once."""

import os
import socket
from pathlib import Path

from model.json_form import Doer, Machine

PROC = Path("/proc")


def machine(proc: Path = PROC) -> Machine:
    """The host's name, and the boot that ids are good for."""
    try:
        boot_id = (proc / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        boot_id = None
    return Machine(socket.gethostname(), boot_id)


def seed(machine_id: Path = Path("/etc/machine-id")) -> str:
    """What makes this host differ from others when MACs are derived: machine-id(5), else its name."""
    try:
        return machine_id.read_text(encoding="ascii").strip() or socket.gethostname()
    except (OSError, ValueError):
        return socket.gethostname()


def doer(pid: int, proc: Path = PROC) -> Doer:
    """Who is behind a netlink port id, as long as it lives; 0, or a port that is no process: unknown.

    A port id is the pid in the requester's OWN pid namespace (netlink_autobind, net/netlink/af_netlink.c): in a
    container that is a small number, which here is the first process, or one of the kernel's.
    """
    if pid <= 1:
        return Doer()
    if pid == os.getpid():
        return Doer("us", pid, None)
    try:
        if not (proc / str(pid) / "cmdline").read_bytes():
            return Doer()
        comm = (proc / str(pid) / "comm").read_bytes().removesuffix(b"\n").decode("utf-8", "surrogateescape")
    except OSError:
        return Doer()
    return Doer("process", pid, comm)


def netns_inode_of(pid: int, proc: Path = PROC) -> int | None:
    """The inode of the network namespace that a process is in; None: no such process, or not for us to see."""
    try:
        return (proc / str(pid) / "ns/net").stat().st_ino
    except OSError:
        return None


def can_be_continued(proc: Path = PROC) -> bool:
    """A shell with job control started us: it gets the terminal back when we stop, and can let us go on.

    Else our process group is orphaned (POSIX, 3.264 Orphaned Process Group): who stops there is never continued.
    """
    session, group, pid = os.getsid(0), os.getpgrp(), os.getpid()
    try:
        while pid > 1:
            stat = (proc / str(pid) / "stat").read_bytes()
            pid = int(stat[stat.rindex(b")") + 2 :].split()[1])
            if pid == 0 or os.getsid(pid) != session:
                return False
            if os.getpgid(pid) != group:
                return True
    except OSError:
        return False
    return False
