"""What must not be cut unasked: SSH sessions, the default route, the last address. Looked up when a plan is made.

A session is an established TCP socket of an sshd, in whichever namespace that lives: SSH_CONNECTION is stripped by
sudo and stale in tmux. Sources: proc_pid_net(5), rtnetlink(7), sshd(8).
"""

import os
import socket
import struct
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Final, NamedTuple

from backend.attributes import attribute
from backend.kept_entries import RTA_DST, RTA_OIF, raw_fields, route_links
from backend.netlink_sockets import AskingSocket, DumpInterrupted
from backend.netns import inside
from backend.processes import PROC, Process, open_files
from backend.rtnetlink import NLM_F_DUMP, RTM_GETADDR, Message, request
from model.identity import LinkId, NamespaceId
from model.plan import Lifeline

SSH_SERVERS: Final = frozenset(["sshd", "sshd-session", "sshd-auth", "dropbear"])
RTM_GETROUTE: Final = 26
RTA_SRC: Final = 2
RT_TABLE_MAIN: Final = 254
_ESTABLISHED: Final = "01"
_LOOPBACK: Final = 1
_rtmsg = struct.Struct("=BBBBBBBBI")
_ifaddr = struct.Struct("=BBBBI")
_u32 = struct.Struct("=I")

Place = Callable[[int], NamespaceId | None]
"""The inode of a namespace -> which one that is."""
Ip = IPv4Address | IPv6Address


class Session(NamedTuple):
    """An established connection of an SSH server."""

    pid: int
    local: Ip
    remote: Ip


def read_lifelines(home: NamespaceId | None, home_fd: int, place: Place, proc: Path = PROC) -> Iterator[Lifeline]:
    """All of them. Moves the calling thread there and back: not on the UI's thread."""
    seen: set[Lifeline] = set()
    for lifeline in (*_of_sessions(place, proc), *_of_home(home, home_fd)):
        if lifeline not in seen:
            seen.add(lifeline)
            yield lifeline


def sessions(proc: Path = PROC) -> Iterator[Session]:
    """Every established connection of every SSH server that we may look into, but not those to this host itself."""
    for pid in (int(entry.name) for entry in proc.iterdir() if entry.name.isdecimal()):
        process = Process(pid, proc)
        if process.kernel_thread or SSH_SERVERS.isdisjoint((process.comm, process.program)):
            continue
        sockets = {target[8:-1] for _, target in open_files(pid, proc) if target.startswith("socket:[")}
        for local, remote, inode in _established(proc / str(pid)):
            if inode in sockets and not remote.is_loopback:
                yield Session(pid, local, remote)


def _of_sessions(place: Place, proc: Path) -> Iterator[Lifeline]:
    for session in dict.fromkeys(sessions(proc)):
        try:
            fd = os.open(proc / str(session.pid) / "ns/net", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:  # it has ended
            continue
        try:
            namespace = place(os.fstat(fd).st_ino)
            index = None if namespace is None else _carrier(fd, session)
        finally:
            os.close(fd)
        if namespace is not None and index is not None:
            yield Lifeline(LinkId(namespace, index), f"carries your SSH session from {session.remote}")


def _carrier(fd: int, session: Session) -> int | None:
    """The link in the namespace of `fd` that leads to the peer; None: none does."""
    with inside(fd):
        asking = AskingSocket()
    try:
        if session.remote.is_link_local:  # which link is not in its address
            return _link_with(asking, session.local)
        route = asking.ask(request(RTM_GETROUTE, 0, _to(session)))
    except OSError:
        return None
    finally:
        asking.close()
    oif = None if route is None else raw_fields(route, _rtmsg.size).get(RTA_OIF)
    return None if oif is None else int(_u32.unpack(oif)[0])


def _to(session: Session) -> bytes:
    family, bits = (socket.AF_INET, 32) if session.remote.version == 4 else (socket.AF_INET6, 128)
    header = _rtmsg.pack(family, bits, bits, 0, 0, 0, 0, 0, 0)
    return header + attribute(RTA_DST, session.remote.packed) + attribute(RTA_SRC, session.local.packed)


def _of_home(home: NamespaceId | None, fd: int) -> Iterator[Lifeline]:
    if home is None:
        return
    with inside(fd):
        asking = AskingSocket()
    try:
        defaults = sorted(
            index
            for family in (socket.AF_INET, socket.AF_INET6)
            for message in _dump(asking, RTM_GETROUTE, _rtmsg.pack(family, 0, 0, 0, 0, 0, 0, 0, 0))
            if _is_default(message)
            for index in route_links(message)
        )
        addressed = {_ifaddr.unpack_from(message.buffer, message.start)[4] for message in _global_addresses(asking)}
    finally:
        asking.close()
    for index in dict.fromkeys(defaults):
        yield Lifeline(LinkId(home, index), "holds the default route")
    if len(addressed) == 1:
        yield Lifeline(LinkId(home, addressed.pop()), "has the last address of this host", stays=True)


def _is_default(message: Message) -> bool:
    _, length, _, _, table, _, _, _, _ = _rtmsg.unpack_from(message.buffer, message.start)
    return not length and table == RT_TABLE_MAIN


def _global_addresses(asking: AskingSocket) -> Iterator[Message]:
    for message in _dump(asking, RTM_GETADDR, _ifaddr.pack(0, 0, 0, 0, 0)):
        _, _, _, scope, index = _ifaddr.unpack_from(message.buffer, message.start)
        if scope == 0 and index != _LOOPBACK:
            yield message


def _link_with(asking: AskingSocket, address: Ip) -> int | None:
    for message in _dump(asking, RTM_GETADDR, _ifaddr.pack(0, 0, 0, 0, 0)):
        index = int(_ifaddr.unpack_from(message.buffer, message.start)[4])
        found = raw_fields(message, _ifaddr.size)
        if address.packed in found.values():
            return index
    return None


def _dump(asking: AskingSocket, kind: int, body: bytes) -> list[Message]:
    try:
        return asking.dump(request(kind, NLM_F_DUMP, body))
    except DumpInterrupted as interrupted:
        return interrupted.messages


def _established(process: Path) -> Iterator[tuple[Ip, Ip, str]]:
    """(local, remote, inode) of the TCP connections in the process's namespace."""
    for table in ("net/tcp", "net/tcp6"):
        try:
            rows = (process / table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            columns = row.split()
            if len(columns) > 9 and columns[3] == _ESTABLISHED:
                yield _address(columns[1]), _address(columns[2]), columns[9]


def _address(text: str) -> Ip:
    """`0100007F:0016`: words of 32 bits, each in the host's own order; an IPv4 peer of an IPv6 socket as IPv4."""
    digits = text.partition(":")[0]
    words = (int(digits[at : at + 8], 16) for at in range(0, len(digits), 8))
    address = ip_address(b"".join(_u32.pack(word) for word in words))
    return getattr(address, "ipv4_mapped", None) or address
