"""A private world to practise in: user, network, mount, pid and host name namespaces of our own.

Needs no root, and leaves nothing: everything in it is a process of its pid namespace, and dies with the program.

Sources: user_namespaces(7), pid_namespaces(7), unshare(2), PR_SET_PDEATHSIG(2const).
"""

import ctypes
import errno
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from backend.discovery import nsfs_mounts

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = (
    0x20000,
    0x4000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG = 1

HOST_NAME = "practice-lab"
NAMES = Path("/run/netns")
FORWARDED = {signal.SIGTERM, signal.SIGHUP}

_libc = ctypes.CDLL(None, use_errno=True)


class LabRefused(Exception):
    """There can be no practice lab on this machine: why, and what to do about it, in a sentence each."""

    def __init__(self, reason: str, way_out: str) -> None:
        super().__init__(f"{reason} {way_out}")
        self.reason = reason
        self.way_out = way_out


def enter(*, lively: bool = True) -> None:
    """Go on inside a new practice lab, as root there.

    Call it before any thread is started. It returns in a new process, inside; `lively`: where things change by
    themselves. The calling process stays outside: it waits for that process and raises SystemExit with its status.
    Raises LabRefused. In the lab the state directory is private too (JACKFIELD_STATE_DIR).
    """
    sys.stdout.flush()
    sys.stderr.flush()
    outside = os.pidfd_open(os.getpid())
    _leave_this_world()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    init = os.fork()
    if init:
        os.close(outside)
        _wait_outside(init, mask)
    _end_with(outside)
    try:
        _furnish()
        life = _wire()
    except BaseException:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        raise
    program = os.fork()
    if program:
        _be_init(program, life if lively else iter(()))
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _leave_this_world() -> None:
    """Unshare everything, and be root in the new user namespace. The next child is the new world's first process."""
    user, group = os.geteuid(), os.getegid()
    try:
        _call("unshare", CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS)
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1", encoding="ascii")
    except OSError as error:
        raise _refused(error) from error


def _furnish() -> None:
    """Give the new world its host name, its own /run, and a /proc of its own processes."""
    try:
        socket.sethostname(HOST_NAME)
        _call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
        _call("mount", b"practice-lab", b"/run", b"tmpfs", MS_NOSUID | MS_NODEV, b"mode=755,size=16m")
    except OSError as error:
        raise _refused(error) from error
    _cover_the_machines_namespaces()
    NAMES.mkdir()
    os.environ["JACKFIELD_STATE_DIR"] = "/run/jackfield"
    try:
        _call("mount", b"proc", b"/proc", b"proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, None)
    except PermissionError:
        # A container hides parts of /proc, and then the kernel allows no new one. The old one shows our processes too,
        # by the numbers that they have outside.
        return


def _cover_the_machines_namespaces() -> None:
    """Put /dev/null over the namespaces that are mounted outside /run, so that the lab shows none of the machine's."""
    for mount in nsfs_mounts():
        with suppress(OSError):  # hidden by our /run, or not to be reached: then the program cannot reach it either
            _call("mount", b"/dev/null", os.fsencode(mount.path), None, MS_BIND, None)


def _wire() -> Iterator[float]:
    """Build the practice host. The import is late: it takes longer than everything else here."""
    from pyroute2.netlink.exceptions import NetlinkError

    from backend.practice_wiring import PracticeHost

    host = PracticeHost(NAMES)
    try:
        host.build()
    except NetlinkError as error:
        raise _refused(OSError(error.code, os.strerror(error.code))) from error
    except OSError as error:
        raise _refused(error) from error
    return host.life()


def _end_with(outside: int) -> None:
    """Be killed when the process outside dies, and our whole world with us; see that it has not died already."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    died, _, _ = select.select([outside], [], [], 0)
    os.close(outside)
    if died:
        os._exit(1)


def _wait_outside(init: int, mask: set[int | signal.Signals]) -> NoReturn:
    """Pass signals on until the first process of the lab ends, and end as it did."""
    while True:
        got = signal.sigwait({signal.SIGCHLD, *FORWARDED})
        if got in FORWARDED:
            os.kill(init, got)
        pid, status = os.waitpid(init, os.WNOHANG)
        if pid:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            raise SystemExit(_exit_code(status))


def _be_init(program: int, life: Iterator[float]) -> NoReturn:
    """Be the first process of the lab: reap, pass signals on, let life go on; the lab ends with the program."""
    wanted = {signal.SIGCHLD, *FORWARDED}
    pause = next(life, None)
    while True:
        got = signal.sigtimedwait(wanted, pause) if pause is not None else signal.sigwaitinfo(wanted)
        if got is None:
            pause = next(life, None)
        elif got.si_signo in FORWARDED:
            os.kill(program, got.si_signo)
        else:
            _reap(program)


def _reap(program: int) -> None:
    """Collect whoever has ended; when that is the program, end with its exit code.

    A program that stopped itself (Ctrl-Z) is continued: the shell that waits outside could not be told of it.
    """
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
        except ChildProcessError:
            return
        if pid == 0:
            return
        if pid == program:
            if not os.WIFSTOPPED(status):
                os._exit(_exit_code(status))
            os.kill(program, signal.SIGCONT)


def _exit_code(status: int) -> int:
    """As a shell says it: 128 and the signal's number for a process that was killed."""
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)


SWITCHES = (
    ("user/max_user_namespaces", "0", "10000"),
    ("kernel/unprivileged_userns_clone", "0", "1"),
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
)
"""What may forbid user namespaces under /proc/sys: its name, the value that forbids, and one that allows."""


def _refused(error: OSError) -> LabRefused:
    """Which switch it was, as far as the host tells."""
    cause = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    for switch, forbids, allows in SWITCHES:
        if _switch(switch) == forbids:
            name = switch.replace("/", ".")
            return LabRefused(
                f"The practice lab needs a user namespace, and this host forbids them ({name} is {forbids}; {cause}).",
                f"To allow them, as root: sysctl {name}={allows}",
            )
    if error.errno == errno.ENOSPC:
        return LabRefused(
            f"The practice lab needs namespaces, and this user has reached their number ({cause}).",
            "End what uses them, or raise the limits in /proc/sys/user/.",
        )
    return LabRefused(
        f"The practice lab needs namespaces of its own, and the kernel refuses them here ({cause}).",
        "A container usually forbids this: run jackfield on its host, or in a container started with --privileged.",
    )


def _switch(name: str) -> str | None:
    try:
        return Path("/proc/sys", name).read_text(encoding="ascii").strip()
    except OSError:
        return None
