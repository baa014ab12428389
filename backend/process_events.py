"""The process connector: the kernel says which process called execve(2).

A hint, not a source: it does not tell of unshare(2) or setns(2), and it may lose events. But a second container in
another's network namespace makes no netlink event at all; its execve is the first that is heard of it.

Sources: linux/cn_proc.h, linux/connector.h, drivers/connector/cn_proc.c. The connector lives in the first network, pid
and user namespaces only. Which events to send can be chosen from Linux 6.6 on.
"""

import errno
import os
import socket
import struct
from typing import NamedTuple

from backend import netns
from backend.processes import PROC

_NETLINK_CONNECTOR = 11
_CN_IDX_PROC = _CN_VAL_PROC = 1
_NLMSG_DONE = 3
_LISTEN = 1
_NONE, _EXEC = 0, 2
_KTHREADD = 2
"""It never leaves the first network namespace, and can be read where pid 1 has more capabilities than we."""
_HEADERS = struct.Struct("=IHHII IIIIHH")
"""nlmsghdr, then cn_msg."""
_EVENT = struct.Struct("=IIQ II")
"""what, cpu, timestamp; then an exec's pid and tgid, or the first two words of another event."""


class NoProcessEvents(Exception):
    """The kernel does not tell us; the text says why, and what would help."""


class ProcessEvents:
    """A socket for a select loop, readable when a process has called execve(2)."""

    def __init__(self) -> None:
        """Subscribe. Raises NoProcessEvents."""
        self.lost = False
        """Events came faster than they were read: look at /proc instead. Set back by who has done so."""
        try:
            self._socket = _subscribed()
        except OSError as refused:
            raise NoProcessEvents(f"the kernel does not tell us what is started: {refused.strerror}") from refused

    def fileno(self) -> int:
        """For select, poll and epoll."""
        return self._socket.fileno()

    def drain(self) -> set[int]:
        """The pids that called execve(2) since the last call. Never waits. They may have ended already."""
        found: set[int] = set()
        try:
            while event := _next_event(self._socket):
                if event.what == _EXEC:
                    found.add(event.second)
        except OSError as failed:
            if failed.errno != errno.ENOBUFS:
                raise
            self.lost = True
        return found

    def close(self) -> None:
        """Leave the group; the kernel stops sending."""
        self._socket.close()


class _Event(NamedTuple):
    what: int
    first: int
    """An exec's thread; an acknowledgement's error."""
    second: int
    """An exec's process."""


def _subscribed() -> socket.socket:
    """A socket that hears execs, made in our own namespace, or else, as root, in the machine's first one."""
    try:
        return _subscribed_here()
    except OSError as refused:
        if refused.errno not in (errno.ECONNREFUSED, errno.EPROTONOSUPPORT):  # nobody listens here
            raise
    first = os.open(f"{PROC}/{_KTHREADD}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        with netns.inside(first):
            return _subscribed_here()
    finally:
        os.close(first)


def _subscribed_here() -> socket.socket:
    opened = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, _NETLINK_CONNECTOR)
    try:
        opened.bind((0, _CN_IDX_PROC))
        _subscribe(opened)
    except OSError:
        opened.close()
        raise
    return opened


def _subscribe(opened: socket.socket) -> None:
    """Ask for execs only; a kernel before 6.6 takes no such wish and sends all. It answers within the call."""
    for wish in (struct.pack("=II", _LISTEN, _EXEC), struct.pack("=I", _LISTEN)):
        opened.send(_request(wish))
        while event := _next_event(opened):
            if event.what == _NONE:
                if event.first:
                    raise OSError(event.first, os.strerror(event.first))
                return
    raise OSError(errno.EPERM, "it does so in the first pid and user namespaces only")


def _next_event(opened: socket.socket) -> _Event | None:
    try:
        message = opened.recv(4096)
    except BlockingIOError:
        return None
    what, _, _, first, second = _EVENT.unpack_from(message.ljust(_HEADERS.size + _EVENT.size, b"\0"), _HEADERS.size)
    return _Event(what, first, second)


def _request(wish: bytes) -> bytes:
    length = _HEADERS.size + len(wish)
    headers = _HEADERS.pack(length, _NLMSG_DONE, 0, 0, os.getpid(), _CN_IDX_PROC, _CN_VAL_PROC, 0, 0, len(wish), 0)
    return headers + wish
