"""Routes, forwarding entries, neighbours and addresses of a link, as operations that make them again.

What the kernel makes by itself is left out: connected routes, link-local addresses, what a daemon or a router
advertisement brings. Sources: rtnetlink(7), linux/{rtnetlink,neighbour,if_addr}.h, net/ipv6/addrconf.c.
"""

import ipaddress
import socket
import struct
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from backend.attributes import each, walk
from backend.rtnetlink import SCOPES, Message
from backend.tables import NTF_STICKY, NUD_NOARP, NUD_PERMANENT, ROUTE_KINDS, RTM_F_CLONED
from model.identity import NamespaceId
from model.operations import AddForwarding, AddLinkAddress, AddNeighbour, Handle, NextHop, RouteSpec

RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_PRIORITY, RTA_PREFSRC, RTA_METRICS, RTA_MULTIPATH = 1, 4, 5, 6, 7, 8, 9
RTA_CACHEINFO, RTA_TABLE, RTA_VIA, RTA_PREF, RTAX_MTU = 12, 15, 18, 20, 2
RTPROT_REDIRECT, RTPROT_KERNEL, RTPROT_RA = 1, 2, 9
RTN_UNSPEC, RTN_LOCAL, RTN_BROADCAST, RTN_ANYCAST, RTN_MULTICAST = 0, 2, 3, 4, 5
RTNH_F_ONLINK: Final = 0x04
RTNH_F_STATES: Final = 0x01 | 0x08 | 0x10 | 0x20
"""DEAD, OFFLOAD, LINKDOWN, UNRESOLVED: what is, not what was wished."""
NDA_DST, NDA_LLADDR, NDA_CACHEINFO, NDA_PROBES, NDA_VLAN, NDA_MASTER, NDA_FLAGS_EXT = 1, 2, 3, 4, 5, 9, 15
NTF_SELF, NTF_PROXY, NTF_EXT_LEARNED = 0x02, 0x08, 0x10
IFA_ADDRESS, IFA_LOCAL, IFA_LABEL, IFA_BROADCAST, IFA_CACHEINFO = 1, 2, 3, 4, 6
IFA_FLAGS, IFA_PRIORITY, IFA_PROTO = 8, 9, 11
IFAPROT_KERNEL: Final = (1, 2, 3)
"""Made by the kernel: of loopback, by a router advertisement, link-local."""
IFA_F_TEMPORARY: Final = 0x01
KEPT_FLAGS: Final = (
    (0x02, "nodad"),
    (0x04, "optimistic"),
    (0x10, "home"),
    (0x100, "mngtmpaddr"),
    (0x200, "noprefixroute"),
    (0x400, "autojoin"),
)
FOREVER: Final = 0xFFFFFFFF
_KNOWN_IN_ROUTES: Final = frozenset(
    [
        *(RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_PRIORITY, RTA_PREFSRC, RTA_METRICS, RTA_MULTIPATH),
        *(RTA_CACHEINFO, RTA_TABLE, RTA_VIA, RTA_PREF),
    ]
)
_rtmsg = struct.Struct("=BBBBBBBBI")
_ndmsg = struct.Struct("=BxxxiHBB")
_ifaddr = struct.Struct("=BBBBI")
_rtnexthop = struct.Struct("=HBBi")
_cacheinfo = struct.Struct("=IIII")
_u16 = struct.Struct("=H")
_u32 = struct.Struct("=I")

HandleOf = Callable[[int], Handle]
"""ifindex in the namespace at hand -> what stands for it in an operation."""
Raw = Mapping[int, bytes]


class Unkeepable(NamedTuple):
    """Something that we cannot make again, in a few words."""

    what: str


# Routes


def route_links(message: Message) -> frozenset[int]:
    """The links that an RTM_NEWROUTE leads over; empty for what is no route of its own."""
    family, *_, kind, flags = _rtmsg.unpack_from(message.buffer, message.start)
    if family not in (socket.AF_INET, socket.AF_INET6) or flags & RTM_F_CLONED:
        return frozenset()
    if kind in (RTN_UNSPEC, RTN_LOCAL, RTN_BROADCAST, RTN_ANYCAST, RTN_MULTICAST):
        return frozenset()
    fields = raw_fields(message, _rtmsg.size)
    found = {_u32.unpack(fields[RTA_OIF])[0]} if RTA_OIF in fields else set()
    found |= {way.link for way in _ways(fields.get(RTA_MULTIPATH, b""))}
    return frozenset(found)


def route_source(message: Message) -> str | None:
    """The address that a route sends from (RTA_PREFSRC): the kernel drops the route with it."""
    source = raw_fields(message, _rtmsg.size).get(RTA_PREFSRC)
    return None if source is None else _text(source)


def kept_route(message: Message, namespace: NamespaceId, handle_of: HandleOf) -> RouteSpec | Unkeepable | None:
    """An RTM_NEWROUTE that somebody made; None for one that the kernel makes from an address."""
    family, length, source_length, tos, table, protocol, scope, kind, flags = _rtmsg.unpack_from(
        message.buffer, message.start
    )
    if protocol in (RTPROT_KERNEL, RTPROT_REDIRECT):
        return None
    fields = raw_fields(message, _rtmsg.size)
    nowhere = "0.0.0.0" if family == socket.AF_INET else "::"  # noqa: S104  the prefix of every address, no listener
    destination = "default" if not length else f"{_text(fields[RTA_DST]) if RTA_DST in fields else nowhere}/{length}"
    if protocol == RTPROT_RA:
        return Unkeepable(f"the route to {destination} from a router advertisement, until the next one comes")
    metrics = _nest(fields.get(RTA_METRICS, b""))
    strange = bool(fields.keys() - _KNOWN_IN_ROUTES or metrics.keys() - {RTAX_MTU} or source_length or tos)
    strange |= any(fields.get(RTA_PREF, b"")) or bool(flags & 0xFF & ~(RTNH_F_ONLINK | RTNH_F_STATES))
    ways = _ways(fields.get(RTA_MULTIPATH, b""))
    strange |= any(way.strange for way in ways)
    if strange:
        return Unkeepable(f"the route to {destination}, which has attributes that jackfield does not know")
    if not ways and RTA_OIF in fields:
        ways = [_Way(_u32.unpack(fields[RTA_OIF])[0], _gateway(fields), 1, onlink=bool(flags & RTNH_F_ONLINK))]
    return RouteSpec(
        namespace,
        4 if family == socket.AF_INET else 6,
        destination,
        tuple(NextHop(handle_of(way.link), way.gateway, way.weight, way.onlink) for way in ways),
        ROUTE_KINDS.get(kind, str(kind)),
        _u32.unpack(fields[RTA_TABLE])[0] if RTA_TABLE in fields else table,
        protocol,
        scope,
        _text(fields[RTA_PREFSRC]) if RTA_PREFSRC in fields else None,
        _u32.unpack(fields[RTA_PRIORITY])[0] if RTA_PRIORITY in fields else None,
        _u32.unpack(metrics[RTAX_MTU])[0] if RTAX_MTU in metrics else None,
    )


class _Way(NamedTuple):
    link: int
    gateway: str | None
    weight: int
    onlink: bool
    strange: bool = False


def _ways(multipath: bytes) -> list[_Way]:
    found, at = [], 0
    while at + _rtnexthop.size <= len(multipath):
        length, flags, hops, index = _rtnexthop.unpack_from(multipath, at)
        if length < _rtnexthop.size:
            break
        fields = _nest(multipath[at + _rtnexthop.size : at + length])
        strange = bool(fields.keys() - {RTA_GATEWAY, RTA_VIA} or flags & ~(RTNH_F_ONLINK | RTNH_F_STATES))
        found.append(_Way(index, _gateway(fields), hops + 1, bool(flags & RTNH_F_ONLINK), strange))
        at += (length + 3) & ~3
    return found


def _gateway(fields: Raw) -> str | None:
    if RTA_GATEWAY in fields:
        return _text(fields[RTA_GATEWAY])
    return _text(fields[RTA_VIA][2:]) if RTA_VIA in fields else None


# Forwarding entries and neighbours


def forwarding_links(message: Message) -> tuple[int, int]:
    """(the link of an RTM_NEWNEIGH, the bridge it is an entry of; 0: of the link itself)."""
    _, index, _, _, _ = _ndmsg.unpack_from(message.buffer, message.start)
    master = raw_fields(message, _ndmsg.size).get(NDA_MASTER)
    return index, 0 if master is None else _u32.unpack(master)[0]


def kept_forwarding(message: Message, handle: Handle, own_macs: frozenset[str]) -> AddForwarding | Unkeepable | None:
    """An entry of AF_BRIDGE that somebody made; None for what was learned, and for the links' own MACs."""
    _, _, state, flags, _ = _ndmsg.unpack_from(message.buffer, message.start)
    fields = raw_fields(message, _ndmsg.size)
    mac = fields[NDA_LLADDR].hex(":") if NDA_LLADDR in fields else ""
    own = NDA_MASTER not in fields
    if len(mac) != 17 or mac in own_macs or not state & (NUD_PERMANENT | NUD_NOARP):
        return None
    if (own and int(mac[:2], 16) & 1) or flags & NTF_EXT_LEARNED:  # groups are joined by whoever listens to them
        return None
    remote = _text(fields[NDA_DST]) if NDA_DST in fields else None
    known = {NDA_LLADDR, NDA_MASTER, NDA_CACHEINFO, NDA_VLAN, NDA_DST, NDA_PROBES, NDA_FLAGS_EXT}
    if fields.keys() - known or any(fields.get(NDA_FLAGS_EXT, b"")):
        return Unkeepable(f"the forwarding entry {mac}, which has attributes that jackfield does not know")
    kind = "permanent" if state & NUD_PERMANENT else "sticky" if flags & NTF_STICKY else "static"
    vlan = _u16.unpack(fields[NDA_VLAN])[0] if NDA_VLAN in fields else None
    return AddForwarding(handle, mac, kind, own=own, vlan=vlan, remote=remote)


def kept_neighbour(message: Message, handle: Handle) -> AddNeighbour | Unkeepable | None:
    """A permanent IPv4 or IPv6 neighbour; None for what was learned."""
    family, _, state, flags, _ = _ndmsg.unpack_from(message.buffer, message.start)
    fields = raw_fields(message, _ndmsg.size)
    if family not in (socket.AF_INET, socket.AF_INET6) or NDA_DST not in fields:
        return None
    address = _text(fields[NDA_DST])
    if flags & NTF_PROXY:
        return Unkeepable(f"answering ARP or ND for {address} (a proxy neighbour)")
    if not state & NUD_PERMANENT or NDA_LLADDR not in fields:
        return None
    return AddNeighbour(handle, address, fields[NDA_LLADDR].hex(":"))


# Addresses


def kept_address(message: Message, handle: Handle, auto: frozenset[str]) -> AddLinkAddress | None:
    """An address that somebody gave the link; None for one that comes by itself (`auto`: those of its own MAC)."""
    family, length, flags, scope, _ = _ifaddr.unpack_from(message.buffer, message.start)
    fields = raw_fields(message, _ifaddr.size)
    if family not in (socket.AF_INET, socket.AF_INET6) or not (IFA_LOCAL in fields or IFA_ADDRESS in fields):
        return None
    if IFA_FLAGS in fields:
        flags = _u32.unpack(fields[IFA_FLAGS])[0]
    address = _text(fields.get(IFA_LOCAL) or fields[IFA_ADDRESS])
    far = _text(fields.get(IFA_ADDRESS) or fields[IFA_LOCAL])
    six = family == socket.AF_INET6
    if six and (flags & IFA_F_TEMPORARY or fields.get(IFA_PROTO, b"\0")[0] in IFAPROT_KERNEL or address in auto):
        return None
    preferred, valid, *_ = _cacheinfo.unpack(fields[IFA_CACHEINFO]) if IFA_CACHEINFO in fields else (FOREVER, FOREVER)
    label = fields.get(IFA_LABEL, b"").rstrip(b"\0").decode("utf-8", "surrogateescape")
    return AddLinkAddress(
        handle,
        f"{address}/{length}",
        far if far != address else None,
        SCOPES.get(scope, str(scope)),
        tuple(word for bit, word in KEPT_FLAGS if flags & bit),
        _text(fields[IFA_BROADCAST]) if IFA_BROADCAST in fields else None,
        label if label and label != handle.name else None,
        _u32.unpack(fields[IFA_PRIORITY])[0] if IFA_PRIORITY in fields else None,
        None if valid == FOREVER else valid,
        None if preferred == FOREVER else preferred,
    )


def raw_fields(message: Message, header: int) -> Raw:
    """The attributes of a message whose own header is so long."""
    start = message.start + header
    places = walk(message.buffer, start, message.end)
    return {kind: message.buffer[start + at : start + at + size] for kind, (at, size) in places.items()}


def _nest(raw: bytes) -> Raw:
    return {kind: raw[at : at + size] for kind, at, size in each(raw, 0, len(raw))}


def _text(raw: bytes) -> str:
    return str(ipaddress.ip_address(raw))
