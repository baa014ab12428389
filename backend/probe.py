"""A few real frames between two links, to check what the model says. Sources: packet(7), IEEE 802 (ethertype 0x88B5).

The frames are marked, and nobody answers them. Nothing is left but what any frame of these links leaves: bridges learn
where their MACs are.
"""

import contextlib
import errno
import os
import select
import socket
import struct
import time
from typing import Final

from backend.netns import inside
from model.link import Link
from model.probed import Probed
from model.verdict import Flow

ETHERTYPE: Final = 0x88B5
"""Local experimental: no protocol has it."""
MARK: Final = b"jackfield probe: harmless, from `jackfield path --probe` "
BROADCAST: Final = b"\xff" * 6
ALL_NODES: Final = bytes.fromhex("333300000001")
"""Every link with IPv6 listens to it (RFC 2464)."""
ROUNDS: Final = 3
"""A bridge learns from the first frames, and one may get lost."""
PATIENCE_S: Final = 0.25
_PACKET_OTHERHOST, _PACKET_OUTGOING = 3, 4
_LOST: Final = (errno.ENETDOWN, errno.ENOBUFS, errno.ENXIO)
_CASTS: Final = "bmu"
_SIZE: Final = 60

Place = tuple[int, Link]
"""A descriptor of the namespace, and the link in it."""


def probe(one: Place, other: Place) -> Probed:
    """Broadcasts, multicasts to all nodes and unicasts, both ways. Moves the calling thread there and back.

    Takes half a second. Raises OSError where a namespace cannot be entered or raw frames are not permitted.
    """
    tag = os.urandom(4)
    with contextlib.ExitStack() as opened:
        ends = [_End(place, opened) for place in (one, other)]
        for cast in "bmu" * ROUNDS:
            for number, end in enumerate(ends):
                end.send(cast, tag, number, ends[1 - number].mac)
        _listen(ends, tag)
    return Probed(ends[1].heard_from(0), ends[0].heard_from(1))


class _End:
    def __init__(self, place: Place, opened: contextlib.ExitStack) -> None:
        fd, link = place
        if link.mac is None or len(link.mac) != 17:
            raise OSError(errno.EOPNOTSUPP, f"{link.name} is no Ethernet link")
        self.mac = bytes.fromhex(link.mac.replace(":", ""))
        self.heard: set[tuple[int, str]] = set()
        with inside(fd):
            kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
            self.socket = opened.enter_context(socket.socket(socket.AF_PACKET, kind, 0))
            self._name = socket.if_indextoname(link.id.ifindex)
            self.socket.bind((self._name, ETHERTYPE))

    def send(self, cast: str, tag: bytes, number: int, to: bytes) -> None:
        """One frame. That the link is down is no error: nothing arrives."""
        target = {"b": BROADCAST, "m": ALL_NODES, "u": to}[cast]
        body = tag + struct.pack("!B1s", number, cast.encode()) + MARK
        with contextlib.suppress(BlockingIOError):
            try:
                self.socket.send((target + self.mac + ETHERTYPE.to_bytes(2, "big") + body).ljust(_SIZE, b"\0"))
            except OSError as error:
                if error.errno not in _LOST:
                    raise

    def hear(self, tag: bytes) -> None:
        """Take what has come: what is for this link, and was sent by this probe."""
        while True:
            try:
                frame, (name, _, kind, *_) = self.socket.recvfrom(2048)
            except OSError as error:
                if error.errno in (errno.EAGAIN, *_LOST):
                    return
                raise
            is_of_this_probe = frame[14:18] == tag and frame[20:].startswith(MARK)
            is_for_us = frame[:6] in (BROADCAST, ALL_NODES, self.mac)
            is_here = name == self._name and kind not in (_PACKET_OTHERHOST, _PACKET_OUTGOING)
            if is_of_this_probe and is_for_us and is_here:  # a parent's socket is shown its macvlans' frames, too
                self.heard.add((frame[18], frame[19:20].decode("ascii", "replace")))

    def heard_from(self, number: int) -> Flow:
        """Which of the other end's frames came."""
        return Flow(*((number, cast) in self.heard for cast in _CASTS))


def _listen(ends: list[_End], tag: bytes) -> None:
    """Until all has come that can come, or nothing more comes."""
    poll = select.poll()
    for end in ends:
        poll.register(end.socket, select.POLLIN)
    until = time.monotonic() + PATIENCE_S
    while (left := until - time.monotonic()) > 0 and any(len(end.heard) < len(_CASTS) for end in ends):
        poll.poll(left * 1000)
        for end in ends:
            end.hear(tag)
