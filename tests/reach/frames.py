"""Real frames between all ends of built blueprints: broadcasts, multicasts, then unicasts: so that bridges learn."""

import contextlib
import errno
import os
import select
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from backend import netns
from model.inventory import Inventory
from model.layer2 import is_endpoint
from model.link import Tun
from tests.reach.kernel import Built

ETHERTYPE = 0x88B5
"""IEEE 802: local experimental."""
BROADCAST = b"\xff" * 6
GROUP = bytes.fromhex("3333000088b5")
SILENT_FOR_S = 0.12
SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MR_MULTICAST = 263, 1, 0
PACKET_OTHERHOST, PACKET_OUTGOING = 3, 4
_LOST = (errno.ENETDOWN, errno.ENOBUFS, errno.EIO, errno.ENXIO, errno.EAGAIN)
_payload = struct.Struct("!8sIIc")
_MARK = b"jackfiel"

Arrived = set[tuple[str, str, str]]
"""(from, to, one of `bmu`)."""


@dataclass
class End:
    """Somebody who sends and hears."""

    name: str
    number: int
    topology: int
    mac: bytes
    sock: socket.socket | None
    fd: int
    ifname: str
    heard: Arrived = field(default_factory=set)


def exchange(made: Sequence[Built], graph: Inventory) -> list[Arrived]:
    """Send everything to everybody, and tell for each blueprint what arrived."""
    with _opened(made, graph) as ends:
        arrived: list[Arrived] = [set() for _ in made]
        groups = [[end for end in ends if end.topology == number] for number in range(len(made))]
        for cast, to in (("b", BROADCAST), ("m", GROUP)):
            for end in ends:
                _send(end, to, cast, end)
            _collect(ends, ends, arrived)
        for group in groups * 2:  # in the second round everybody has sent unicast, too
            for end in group:
                for other in group:
                    if other is not end:
                        _send(end, other.mac, "u", other)
            _collect(group, ends, arrived, silent_for_s=0)
        _collect(ends, ends, arrived)
    return arrived


@contextmanager
def _opened(made: Sequence[Built], graph: Inventory) -> Iterator[list[End]]:
    with ExitStack() as cleanup:
        ends: list[End] = []
        to_close: list[socket.socket] = []
        cleanup.callback(_close_all, to_close)
        for topology, one in enumerate(made):
            for name, piece in one.plan.pieces.items():
                link = graph.link(one.link(name))
                if link is None or not is_endpoint(graph, link):
                    continue
                mac = bytes.fromhex((link.mac or "").replace(":", ""))
                if isinstance(link.detail, Tun):
                    guest = bytes([mac[0], *mac[1:5], mac[5] ^ 0x80])
                    ends.append(End(name, len(ends), topology, guest, None, one.taps[name], name))
                    continue
                sock = _socket(one.spaces[piece.space], name, link.id.ifindex)
                to_close.append(sock)
                ends.append(End(name, len(ends), topology, mac, sock, sock.fileno(), name))
        yield ends


def _close_all(socks: list[socket.socket]) -> None:
    """Each waits for the kernel's readers (synchronize_net): together they wait once."""
    with ThreadPoolExecutor(64) as pool:
        list(pool.map(socket.socket.close, socks))


def _socket(space: int, name: str, ifindex: int) -> socket.socket:
    with netns.inside(space):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    sock.bind((name, ETHERTYPE))
    member = struct.pack("=iHH8s", ifindex, PACKET_MR_MULTICAST, 6, GROUP)
    sock.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, member)
    return sock


def _send(end: End, to: bytes, cast: str, other: End) -> None:
    body = _payload.pack(_MARK, end.number, other.number, cast.encode()).ljust(46, b"\0")
    frame = to + end.mac + ETHERTYPE.to_bytes(2, "big") + body
    try:
        if end.sock is None:
            os.write(end.fd, frame)
        else:
            end.sock.send(frame)
    except OSError as error:
        if error.errno not in _LOST:
            raise


def _collect(listening: list[End], ends: list[End], arrived: list[Arrived], silent_for_s: float = SILENT_FOR_S) -> None:
    """Until nothing was heard for so long: that nothing comes can only be told by waiting."""
    poll = select.epoll()
    by_fd = {end.fd: end for end in listening}
    for fd in by_fd:
        with contextlib.suppress(PermissionError):
            poll.register(fd, select.EPOLLIN)
    try:
        until = time.monotonic() + silent_for_s
        while True:
            ready = [fd for fd, event in poll.poll(max(0.0, until - time.monotonic())) if event & select.EPOLLIN]
            heard = sum(_drain(by_fd[fd], ends, arrived) for fd in ready)
            if heard:
                until = time.monotonic() + silent_for_s
            elif time.monotonic() >= until:
                return
    finally:
        poll.close()


def _drain(end: End, ends: list[End], arrived: list[Arrived]) -> int:
    count = 0
    while True:
        try:
            if end.sock is None:
                frame, is_ours = os.read(end.fd, 2048), True
            else:
                frame, (ifname, _, kind, *_) = end.sock.recvfrom(2048)
                is_ours = kind not in (PACKET_OTHERHOST, PACKET_OUTGOING) and ifname == end.ifname
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.ENETDOWN, errno.EIO):
                return count
            raise
        count += 1
        if not is_ours or frame[12:14] != ETHERTYPE.to_bytes(2, "big") or len(frame) < 14 + _payload.size:
            continue
        mark, sender, _, cast = _payload.unpack_from(frame, 14)
        if mark == _MARK and (cast != b"u" or frame[:6] == end.mac) and ends[sender].topology == end.topology:
            arrived[end.topology].add((ends[sender].name, end.name, cast.decode()))
