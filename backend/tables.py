"""Neighbours, forwarding entries and routes of one namespace, by a socket made in it and closed again.

Their dumps take no target nsid (net/core/neighbour.c, net/core/rtnetlink.c, net/ipv4/fib_frontend.c), so a descriptor
of the namespace is needed. Sources: rtnetlink(7), linux/neighbour.h, linux/rtnetlink.h.
"""

import socket
import struct
from typing import Final

from backend.attributes import walk
from backend.netlink_sockets import AskingSocket, DumpInterrupted
from backend.netns import inside
from backend.rtnetlink import AF_BRIDGE, NLM_F_DUMP, USER_HZ, Message, request
from model.identity import NamespaceId
from model.tables import ForwardingEntry, Neighbour, Route, Tables

RTM_NEWROUTE, RTM_GETROUTE, RTM_NEWNEIGH, RTM_GETNEIGH = 24, 26, 28, 30
NDA_DST, NDA_LLADDR, NDA_CACHEINFO, NDA_VLAN, NDA_MASTER = 1, 2, 3, 5, 9
NUD_NOARP, NUD_PERMANENT = 0x40, 0x80
NTF_STICKY, NTF_ROUTER = 0x40, 0x80
RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_PRIORITY, RTA_PREFSRC, RTA_TABLE = 1, 4, 5, 6, 7, 15
RTM_F_CLONED: Final = 0x200
RT_TABLE_LOCAL: Final = 255
STATES: Final = {
    0x01: "incomplete",
    0x02: "reachable",
    0x04: "stale",
    0x08: "delay",
    0x10: "probe",
    0x20: "failed",
    NUD_NOARP: "noarp",
    NUD_PERMANENT: "permanent",
}
ROUTE_KINDS: Final = {1: "unicast", 4: "anycast", 5: "multicast", 6: "blackhole", 7: "unreachable", 8: "prohibit"}
_LOCAL_KINDS: Final = (2, 3)
"""RTN_LOCAL and RTN_BROADCAST: what the addresses themselves say."""
_TRIES: Final = 4

_ndmsg = struct.Struct("=BxxxiHBB")
_rtmsg = struct.Struct("=BBBBBBBBI")
_cacheinfo = struct.Struct("=IIII")
_u16 = struct.Struct("=H")
_u32 = struct.Struct("=I")


def read_tables(namespace: NamespaceId, fd: int) -> Tables:
    """Everything the namespace of `fd` has learned. Moves the calling thread there and back: not on the UI's thread.

    Raises OSError.
    """
    with inside(fd):
        asking = AskingSocket()
    try:
        neighbours = _dump(asking, RTM_GETNEIGH, _ndmsg.pack(socket.AF_UNSPEC, 0, 0, 0, 0))
        forwarding = _dump(asking, RTM_GETNEIGH, _ndmsg.pack(AF_BRIDGE, 0, 0, 0, 0))
        routes = [
            message
            for family in (socket.AF_INET, socket.AF_INET6)
            for message in _dump(asking, RTM_GETROUTE, _rtmsg.pack(family, 0, 0, 0, 0, 0, 0, 0, 0))
        ]
    finally:
        asking.close()
    return Tables(
        namespace,
        tuple(sorted(filter(None, map(decode_neighbour, neighbours)), key=lambda one: (one.ifindex, one.address))),
        tuple(
            sorted(filter(None, map(decode_forwarding, forwarding)), key=lambda one: (one.bridge, one.port, one.mac))
        ),
        tuple(sorted(filter(None, map(decode_route, routes)), key=_route_order)),
    )


def _dump(asking: AskingSocket, kind: int, body: bytes) -> list[Message]:
    """A dump; one that was disturbed again and again is told as it is: these tables change all the time."""
    found: list[Message] = []
    for _ in range(_TRIES):
        try:
            return asking.dump(request(kind, NLM_F_DUMP, body))
        except DumpInterrupted as interrupted:
            found = interrupted.messages
    return found


def decode_neighbour(message: Message) -> Neighbour | None:
    """An RTM_NEWNEIGH of IPv4 or IPv6; None for another family."""
    family, ifindex, state, flags, _ = _ndmsg.unpack_from(message.buffer, message.start)
    fields = _fields(message, _ndmsg.size)
    if family not in (socket.AF_INET, socket.AF_INET6) or NDA_DST not in fields:
        return None
    mac = fields.get(NDA_LLADDR)
    return Neighbour(
        ifindex,
        socket.inet_ntop(family, fields[NDA_DST]),
        mac.hex(":") if mac else None,
        STATES.get(state, "none" if state == 0 else str(state)),
        router=bool(flags & NTF_ROUTER),
    )


def decode_forwarding(message: Message) -> ForwardingEntry | None:
    """An RTM_NEWNEIGH of AF_BRIDGE that belongs to a bridge; None for a device's own unicast list."""
    _, port, state, flags, _ = _ndmsg.unpack_from(message.buffer, message.start)
    fields = _fields(message, _ndmsg.size)
    master, mac = fields.get(NDA_MASTER), fields.get(NDA_LLADDR)
    if master is None or mac is None:
        return None
    if state & NUD_PERMANENT:
        kind = "own"
    elif flags & NTF_STICKY:
        kind = "sticky"
    else:
        kind = "static" if state & NUD_NOARP else "learned"
    cache, vlan = fields.get(NDA_CACHEINFO), fields.get(NDA_VLAN)
    updated = _cacheinfo.unpack(cache)[2] / USER_HZ if cache is not None and kind == "learned" else None
    return ForwardingEntry(
        _u32.unpack(master)[0], port, mac.hex(":"), kind, updated, None if vlan is None else _u16.unpack(vlan)[0]
    )


def decode_route(message: Message) -> Route | None:
    """An RTM_NEWROUTE that a person wrote or a daemon learned; None for what addresses and caches imply."""
    family, length, _, _, table, _, _, kind, flags = _rtmsg.unpack_from(message.buffer, message.start)
    fields = _fields(message, _rtmsg.size)
    table = _u32.unpack(fields[RTA_TABLE])[0] if RTA_TABLE in fields else table
    if kind in _LOCAL_KINDS or flags & RTM_F_CLONED or table == RT_TABLE_LOCAL:
        return None

    def text(attribute: int) -> str | None:
        return socket.inet_ntop(family, fields[attribute]) if attribute in fields else None

    def number(attribute: int) -> int | None:
        return int(_u32.unpack(fields[attribute])[0]) if attribute in fields else None

    nowhere = "0.0.0.0" if family == socket.AF_INET else "::"  # noqa: S104  the prefix of every address, no listener
    prefix = f"{text(RTA_DST) or nowhere}/{length}"
    return Route(
        4 if family == socket.AF_INET else 6,
        "default" if length == 0 else prefix,
        text(RTA_GATEWAY),
        number(RTA_OIF),
        text(RTA_PREFSRC),
        number(RTA_PRIORITY) or 0,
        ROUTE_KINDS.get(kind, str(kind)),
        table,
    )


def _fields(message: Message, header: int) -> dict[int, bytes]:
    start = message.start + header
    places = walk(message.buffer, start, message.end)
    return {kind: message.buffer[start + at : start + at + size] for kind, (at, size) in places.items()}


def _route_order(route: Route) -> tuple[int, bool, int, str, int]:
    return route.family, route.destination != "default", route.table, route.destination, route.metric
