"""The socket that changes things: one request, the kernel's answer, and its own words about it.

Sources: netlink(7), linux/netlink.h (extended acknowledgements), Documentation/userspace-api/netlink/intro.rst.
"""

import errno
import os
import socket
import struct
from typing import Final, NamedTuple

from backend.attributes import walk
from backend.netlink_sockets import NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK, SOL_NETLINK
from backend.rtnetlink import NLMSG_ERROR, Message, error_of, messages

NLM_F_ACK: Final = 0x4
NLM_F_CAPPED: Final = 0x100
NLM_F_ACK_TLVS: Final = 0x200
NLMSGERR_ATTR_MSG: Final = 1
_RECEIVE_SIZE: Final = 1 << 16
_header = struct.Struct("=IHHII")
_length = struct.Struct("=I")


class KernelRefused(Exception):
    """The kernel said no."""

    def __init__(self, number: int, words: str) -> None:
        super().__init__(f"{os.strerror(number)}: {words}" if words else os.strerror(number))
        self.errno = number
        self.words = words
        """Its own (extack); empty where it gave none."""


class Answer(NamedTuple):
    """What the kernel said to a request that it did."""

    echoed: tuple[Message, ...]
    """The notifications that it sent back to us because of NLM_F_ECHO."""
    words: str
    """A warning of its own; usually empty."""


class WritingSocket:
    """Requests that change something, one at a time, in the namespace the calling thread is in when it is made."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        self._socket.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self._socket.setsockopt(SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1)
        self._sequence = 0

    def write(self, request: bytes) -> Answer:
        """Send one request and wait for the kernel to have done it.

        Raises KernelRefused; OSError with ENOBUFS where its answer was lost, so that nobody knows what it did.
        """
        self._sequence += 1
        length, kind, flags, _, _ = _header.unpack_from(request)
        self._socket.send(_header.pack(length, kind, flags | NLM_F_ACK, self._sequence, 0) + request[_header.size :])
        echoed: list[Message] = []
        while True:
            for message in messages(self._socket.recv(_RECEIVE_SIZE)):
                if message.type != NLMSG_ERROR:
                    echoed.append(message)
                elif self._sequence_of(message) == self._sequence:
                    number, words = error_of(message), extack(message)
                    if number:
                        raise KernelRefused(number, words)
                    return Answer(tuple(echoed), words)

    def ask(self, request: bytes) -> Message:
        """The one answer to a question. Raises OSError with the kernel's errno."""
        self._socket.send(request)
        for message in messages(self._socket.recv(_RECEIVE_SIZE)):
            if message.type != NLMSG_ERROR:
                return message
            number = error_of(message) or errno.EBADMSG
            raise OSError(number, os.strerror(number))
        raise OSError(errno.EBADMSG, "an empty answer from the kernel")

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()

    @staticmethod
    def _sequence_of(message: Message) -> int:
        return int(_header.unpack_from(message.buffer, message.start - _header.size)[3])


def extack(message: Message) -> str:
    """The kernel's own words in an NLMSG_ERROR (NLMSGERR_ATTR_MSG); empty where there are none."""
    if not message.flags & NLM_F_ACK_TLVS:
        return ""
    inner = message.start + 4
    if message.end < inner + _header.size:
        return ""
    quoted = _header.size if message.flags & NLM_F_CAPPED else _length.unpack_from(message.buffer, inner)[0]
    start = inner + ((quoted + 3) & ~3)
    place = walk(message.buffer, start, message.end).get(NLMSGERR_ATTR_MSG)
    if place is None:
        return ""
    at = start + place[0]
    return message.buffer[at : at + place[1]].rstrip(b"\0").decode("utf-8", "replace")
