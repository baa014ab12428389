"""Who holds a tap or a macvtap open.

Sources: linux/if_tun.h (TUNGETDEVNETNS, Linux 5.2), pidfd_getfd(2), Documentation/networking/tuntap.rst. A tap's holder
has /dev/net/tun open, and its fdinfo says which tap that is; a macvtap's has /dev/tapIFINDEX.
"""

import ctypes
import fcntl
import os
from collections.abc import Iterable
from typing import NamedTuple

from backend.processes import PROC, ProcessKey, ProcessTable, open_files

_TUNGETDEVNETNS = 0x54E3
_SYS_PIDFD_GETFD = 438
_libc = ctypes.CDLL(None, use_errno=True)


class HeldTap(NamedTuple):
    """A process holds this link open."""

    holder: ProcessKey
    netns: int
    link: str | int
    """A tap's name; a macvtap's ifindex."""


def held_taps(pids: Iterable[int], table: ProcessTable) -> list[HeldTap]:
    """Every tap and macvtap that these processes hold. Reads each descriptor of each of them."""
    found = []
    for pid in pids:
        for path, target in open_files(pid, table.proc):
            if target.endswith("/net/tun") or target.startswith("/dev/tap"):
                held = _held(pid, path, target, table)
                if held is not None and held not in found:
                    found.append(held)
    return found


def _held(pid: int, path: str, target: str, table: ProcessTable) -> HeldTap | None:
    own_netns = table.netns.get(pid)
    key = table.process(pid).key
    index = target.removeprefix("/dev/tap")
    if index.isdecimal():  # the kernel tells nobody where a macvtap lives: where its holder does
        return HeldTap(key, own_netns, int(index)) if own_netns is not None else None
    name = _tap_name(path.replace("/fd/", "/fdinfo/"))
    if not name:  # opened, but no tap chosen yet
        return None
    live = table.proc == PROC  # there is nobody to ask about a recording
    netns = (_tap_netns(pid, int(path.rpartition("/")[2])) if live else None) or own_netns
    return HeldTap(key, netns, name) if netns is not None else None


def _tap_name(fdinfo: str) -> str | None:
    """The `iff:` line. A name may hold any byte but `/`, `:` and blanks."""
    try:
        with open(fdinfo, encoding="utf-8", errors="surrogateescape", newline="\n") as lines:
            return next((line[5:-1] for line in lines if line.startswith("iff:\t")), None)
    except OSError:
        return None


def _tap_netns(pid: int, number: int) -> int | None:
    """The namespace a tap is in now, which need not be its holder's; None where we may not ask."""
    try:
        process = os.pidfd_open(pid)
    except OSError:
        return None
    try:
        copy = _libc.syscall(_SYS_PIDFD_GETFD, process, number, 0)
    finally:
        os.close(process)
    if copy < 0:
        return None
    try:
        return _device_netns(copy)
    except OSError:
        return None
    finally:
        os.close(copy)


def _device_netns(tap: int) -> int:
    netns = fcntl.ioctl(tap, _TUNGETDEVNETNS)
    try:
        return os.fstat(netns).st_ino
    finally:
        os.close(netns)
