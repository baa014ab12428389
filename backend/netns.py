"""Network namespaces as the kernel hands them out: descriptors, identities, and going into one for a moment.

Sources: namespaces(7), setns(2), unshare(2), ioctl_nsfs(2), linux/nsfs.h, asm-generic/socket.h.
"""

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import NamedTuple

CLONE_NEWNET = 0x40000000
NS_GET_ID = 0x8008B70D
"""_IOR(0xb7, 13, __u64), Linux 6.18: a number never used again since boot."""
SO_NETNS_COOKIE = 71
"""Of a socket's namespace, Linux 5.14: the same number."""

_libc = ctypes.CDLL(None, use_errno=True)
_u64 = struct.Struct("=Q")


class NetnsKey(NamedTuple):
    """What a descriptor says about its namespace."""

    inode: int
    """Used again as soon as the namespace has died."""
    serial: int | None
    """See serial_of."""


def setns(fd: int) -> None:
    """Move the calling THREAD into the namespace of `fd` (setns(2)). Raises OSError."""
    if _libc.setns(fd, CLONE_NEWNET):
        raise _last_error("setns")


def unshare_netns() -> None:
    """Move the calling THREAD into a new, empty network namespace (unshare(2)). Raises OSError."""
    if _libc.unshare(CLONE_NEWNET):
        raise _last_error("unshare")


def open_own_netns() -> int:
    """A descriptor of the calling thread's namespace; the caller closes it. /proc/self may not be readable, this is."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def key_of(fd: int) -> NetnsKey:
    """The inode and, where the kernel has it, the serial number of the namespace of `fd`."""
    return NetnsKey(os.fstat(fd).st_ino, serial_of(fd))


def serial_of(fd: int) -> int | None:
    """The number of the namespace of `fd` that is never used again since boot.

    None before Linux 5.14; before 6.18 also where we may not enter it to ask, which moves this thread there and back.
    """
    buffer = bytearray(8)
    try:
        fcntl.ioctl(fd, NS_GET_ID, buffer)
    except OSError:
        return _cookie_of(fd)
    return int(_u64.unpack(buffer)[0])


def _cookie_of(fd: int) -> int | None:
    try:
        is_own = os.path.samestat(os.fstat(fd), os.stat("/proc/thread-self/ns/net"))  # noqa: PTH116  beside fstat
        with nullcontext() if is_own else inside(fd), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
            cookie = asking.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, _u64.size)
    except OSError:
        return None
    return int(_u64.unpack(cookie)[0])


@contextmanager
def inside(fd: int) -> Iterator[None]:
    """Run the body in the namespace of `fd`, on this thread only, and come back. Raises OSError when refused."""
    home = open_own_netns()
    try:
        setns(fd)
        try:
            yield
        finally:
            setns(home)
    finally:
        os.close(home)


def _last_error(call: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{call}: {os.strerror(number)}")
