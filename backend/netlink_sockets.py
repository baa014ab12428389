"""The two sockets everything is read with: one that asks, one that listens (netlink(7), linux/netlink.h)."""

import errno
import fcntl
import os
import socket
import struct
from typing import Final, NamedTuple

from backend.rtnetlink import NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR, Message, error_of, messages

SOL_NETLINK: Final = 270
NETLINK_ADD_MEMBERSHIP: Final = 1
NETLINK_LISTEN_ALL_NSID: Final = 8
NETLINK_EXT_ACK: Final = 11
NETLINK_GET_STRICT_CHK: Final = 12
SO_RCVBUFFORCE: Final = 33
SO_MEMINFO: Final = 55
SK_MEMINFO_DROPS: Final = 8
SIOCGSKNS: Final = 0x894C
"""linux/sockios.h: the namespace of a socket."""
_RECEIVE_SIZE: Final = 1 << 16
_LAST: Final = (NLMSG_DONE, NLMSG_ERROR)
_meminfo = struct.Struct("=9I")
_s32 = struct.Struct("=i")


class DumpInterrupted(Exception):
    """What was dumped changed meanwhile (NLM_F_DUMP_INTR): ask again."""

    def __init__(self, messages: list[Message]) -> None:
        super().__init__("what was dumped changed meanwhile")
        self.messages = messages
        """What came all the same."""


class AskingSocket:
    """Requests and dumps, one at a time, in the namespace the calling thread is in when it is made."""

    def __init__(self, protocol: int = socket.NETLINK_ROUTE) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        self._socket.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self._socket.setsockopt(SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1)

    def ask(self, request: bytes) -> Message | None:
        """The one answer; None for a bare acknowledgement. Raises OSError with the kernel's errno."""
        self._socket.send(request)
        for message in messages(self._socket.recv(_RECEIVE_SIZE)):
            if message.type == NLMSG_ERROR:
                _raise_on(error_of(message))
                return None
            return message
        raise OSError(errno.EBADMSG, "an empty answer from the kernel")

    def dump(self, request: bytes) -> list[Message]:
        """All answers. Raises OSError (a namespace that died answers EINVAL in NLMSG_DONE) or DumpInterrupted."""
        self._socket.send(request)
        found: list[Message] = []
        interrupted = 0
        while True:
            for message in messages(self._socket.recv(_RECEIVE_SIZE)):
                interrupted |= message.flags
                if message.type in _LAST:
                    _raise_on(error_of(message))
                    if interrupted & NLM_F_DUMP_INTR:
                        raise DumpInterrupted(found)
                    return found
                found.append(message)

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()


class Heard(NamedTuple):
    """One datagram from the event socket."""

    nsid: int | None
    """The sender, in the listening namespace's table; None: the listening namespace itself."""
    buffer: bytes


class ListeningSocket:
    """Events of the namespace it is made in and, with `all_namespaces`, of every namespace that has an id there.

    Raises PermissionError where NETLINK_LISTEN_ALL_NSID is refused (it needs CAP_NET_BROADCAST).
    """

    def __init__(self, groups: tuple[int, ...], receive_buffer: int, *, all_namespaces: bool) -> None:
        kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
        self._socket = socket.socket(socket.AF_NETLINK, kind, 0)
        try:
            self._grow(receive_buffer)
            if all_namespaces:
                self._socket.setsockopt(SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, 1)
            self._socket.bind((0, 0))  # an unbound socket hears nothing
            for group in groups:
                self._socket.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)
        except OSError:
            self._socket.close()
            raise
        self._drops = 0

    def _grow(self, size: int) -> None:
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, size)
        except PermissionError:  # without CAP_NET_ADMIN: as much as net.core.rmem_max allows
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)

    def fileno(self) -> int:
        """For select.poll()."""
        return self._socket.fileno()

    def open_netns(self) -> int:
        """A descriptor of the namespace it listens in; the caller closes it. Raises OSError without CAP_NET_ADMIN."""
        return fcntl.ioctl(self._socket.fileno(), SIOCGSKNS)

    def drain(self, most: int) -> tuple[list[Heard], bool, bool]:
        """What is in the queue, at most `most` datagrams: (heard, lost, emptied).

        `lost`: the kernel dropped events since the last call. It says so once, and until the queue is empty further
        drops are silent: whoever resynchronises first drains until `emptied`.
        """
        heard: list[Heard] = []
        lost = False
        while len(heard) < most:
            try:
                buffer, ancillary, _, _ = self._socket.recvmsg(_RECEIVE_SIZE, 32)
            except BlockingIOError:
                return heard, lost | self._dropped(), True
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                lost = True
                continue
            nsid = None
            for level, kind, payload in ancillary:
                if level == SOL_NETLINK and kind == NETLINK_LISTEN_ALL_NSID:
                    nsid = _s32.unpack(payload)[0]
            heard.append(Heard(nsid, buffer))
        return heard, lost, False

    def _dropped(self) -> bool:
        meminfo = self._socket.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, _meminfo.size)
        drops = _meminfo.unpack(meminfo)[SK_MEMINFO_DROPS] if len(meminfo) == _meminfo.size else self._drops
        grew, self._drops = drops != self._drops, drops
        return grew

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()


def _raise_on(number: int) -> None:
    if number:
        raise OSError(number, os.strerror(number))
