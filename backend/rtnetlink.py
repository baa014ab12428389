"""rtnetlink: requests, and the decoder. Pure functions over bytes (rtnetlink(7), linux/{rtnetlink,if_link,if_addr}.h).

Reads are decoded here because pyroute2 builds an object for each attribute (255 µs a link against 8 µs here); that the
two agree is a test, for every kind the kernel has. Writes go through pyroute2.
"""

import socket
import struct
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from backend.attributes import Layouts, Places, attribute, each, walk
from model.identity import UNKNOWN, End, LinkId, NamespaceId
from model.link import PEERED_KINDS, Address, Bridge, BridgePort, Detail, Link, Macvlan, Tun, Vlan, Vxlan
from model.rates import Counters

NLMSG_ERROR: Final = 2
NLMSG_DONE: Final = 3
NLM_F_REQUEST: Final = 0x1
NLM_F_ECHO: Final = 0x8
NLM_F_DUMP_INTR: Final = 0x10
NLM_F_DUMP: Final = 0x300

RTM_NEWLINK: Final = 16
RTM_DELLINK: Final = 17
RTM_GETLINK: Final = 18
RTM_NEWADDR: Final = 20
RTM_DELADDR: Final = 21
RTM_GETADDR: Final = 22
RTM_NEWNSID: Final = 88
RTM_DELNSID: Final = 89
RTM_GETNSID: Final = 90

GROUP_LINK: Final = 1
GROUP_IPV4_ADDRESS: Final = 5
GROUP_IPV6_ADDRESS: Final = 9
GROUP_NSID: Final = 28

AF_BRIDGE: Final = 7
RTEXT_FILTER_SKIP_STATS: Final = 1 << 3
IFF_UP: Final = 0x1
IFF_LOOPBACK: Final = 0x8
IFF_LOWER_UP: Final = 0x10000

IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_LINK, IFLA_MASTER = 1, 3, 4, 5, 10
IFLA_OPERSTATE, IFLA_LINKINFO, IFLA_IFALIAS, IFLA_STATS64, IFLA_EXT_MASK = 16, 18, 20, 23, 29
IFLA_LINK_NETNSID, IFLA_NEW_NETNSID, IFLA_TARGET_NETNSID, IFLA_NEW_IFINDEX = 37, 45, 46, 49
IFLA_PROP_LIST, IFLA_ALT_IFNAME = 52, 53
IFLA_INFO_KIND, IFLA_INFO_DATA, IFLA_INFO_SLAVE_KIND, IFLA_INFO_SLAVE_DATA = 1, 2, 4, 5
IFLA_VXLAN_LINK = 3
IFA_ADDRESS, IFA_LOCAL, IFA_FLAGS, IFA_TARGET_NETNSID = 1, 2, 8, 10
NETNSA_NSID, NETNSA_PID, NETNSA_FD, NETNSA_TARGET_NSID, NETNSA_CURRENT_NSID = 1, 2, 3, 4, 5
NSID_NOT_ASSIGNED: Final = -1

OPERSTATES: Final = ("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up")
PORT_STATES: Final = ("disabled", "listening", "learning", "forwarding", "blocking")
MACVLAN_MODES: Final = {1: "private", 2: "vepa", 4: "bridge", 8: "passthru", 16: "source"}
SCOPES: Final = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}
ADDRESS_FLAGS: Final = (
    (0x08, "dadfailed"),
    (0x20, "deprecated"),
    (0x200, "noprefixroute"),
    (0x80, "permanent"),
    (0x40, "tentative"),
)
USER_HZ: Final = 100
"""Ticks a second in bridge times (clock_t in linux/if_bridge.h); 100 on every architecture Linux has today."""

_message = struct.Struct("=IHHII")
_ifinfo = struct.Struct("=BxHiII")
_ifaddr = struct.Struct("=BBBBI")
_u16 = struct.Struct("=H")
_u32 = struct.Struct("=I")
_s32 = struct.Struct("=i")
_be16 = struct.Struct("!H")
_stats64 = struct.Struct("=8Q")

_header = _message.unpack_from
_tuple = tuple.__new__  # half the time of calling the NamedTuple itself
_link_layouts = Layouts(
    (IFLA_IFNAME, "s"),
    (IFLA_ADDRESS, "s"),
    (IFLA_MTU, "i"),
    (IFLA_OPERSTATE, "B"),
    (IFLA_LINK, "i"),
    (IFLA_LINK_NETNSID, "i"),
    (IFLA_MASTER, "i"),
    (IFLA_LINKINFO, "s"),
    (IFLA_IFALIAS, "s"),
)
_address_layouts = Layouts((IFA_FLAGS, "I"), (IFA_ADDRESS, "s"), (IFA_LOCAL, "s"))
_info_layouts = Layouts()
_nsid_layouts = Layouts((NETNSA_NSID, "i"), (NETNSA_CURRENT_NSID, "i"))


class Message(NamedTuple):
    """One netlink message inside a buffer that was received."""

    type: int
    flags: int
    port: int
    """nlmsg_pid: who asked, for an answer or for an address event; 0: the kernel."""
    buffer: bytes
    start: int
    """Where its payload begins."""
    end: int


def messages(buffer: bytes) -> list[Message]:
    """The messages in a datagram; a cut or malformed one ends the walk."""
    found = []
    at, size = 0, len(buffer)
    while at + 16 <= size:
        length, kind, flags, _, port = _header(buffer, at)
        if length < 16 or at + length > size:
            break
        found.append(_tuple(Message, (kind, flags, port, buffer, at + 16, at + length)))
        at += (length + 3) & ~3
    return found


def error_of(message: Message) -> int:
    """The errno in an NLMSG_ERROR or NLMSG_DONE, positive; 0: none."""
    if message.end - message.start < 4:
        return 0
    return int(-_s32.unpack_from(message.buffer, message.start)[0])


# Requests


def request(kind: int, flags: int, body: bytes, sequence: int = 1) -> bytes:
    """One request; `flags` beside NLM_F_REQUEST."""
    return _message.pack(16 + len(body), kind, NLM_F_REQUEST | flags, sequence, 0) + body


def get_links(nsid: int | None) -> bytes:
    """A dump of every link, without counters, of the namespace `nsid` (None: the socket's own)."""
    return _GET_LINKS if nsid is None else _GET_LINKS_OF + _s32.pack(nsid)


def get_link(nsid: int | None, ifindex: int, *, counters: bool = False) -> bytes:
    """One link."""
    mask = b"" if counters else _SKIP_STATS
    return request(RTM_GETLINK, 0, _ifinfo.pack(0, 0, ifindex, 0, 0) + mask + _target(IFLA_TARGET_NETNSID, nsid))


def get_addresses(nsid: int | None) -> bytes:
    """A dump of every IPv4 and IPv6 address."""
    return _GET_ADDRESSES if nsid is None else _GET_ADDRESSES_OF + _s32.pack(nsid)


def by_fd(fd: int) -> bytes:
    """Names the namespace of a descriptor."""
    return attribute(NETNSA_FD, _u32.pack(fd))


def by_pid(pid: int) -> bytes:
    """Names the namespace of a process; the kernel tells its id to everybody, whatever /proc hides."""
    return attribute(NETNSA_PID, _u32.pack(pid))


def new_nsid(whose: bytes) -> bytes:
    """Give a namespace the next free id in the socket's own table; echoed, so the answer tells the id."""
    return _NEW_NSID + whose


def get_nsid(whose: bytes) -> bytes:
    """The id of a namespace in the socket's own table."""
    return request(RTM_GETNSID, 0, b"\0\0\0\0" + whose)


def nsid_gone(nsid: int) -> bytes:
    """The kernel's message that a namespace died, for a table that is not the kernel's."""
    return request(RTM_DELNSID, 0, b"\0\0\0\0" + attribute(NETNSA_NSID, _s32.pack(nsid)))


def get_nsids(target: int | None = None) -> bytes:
    """A dump of the socket's own table, or of the table of the namespace with id `target` there."""
    return request(RTM_GETNSID, NLM_F_DUMP, b"\0\0\0\0" + _target(NETNSA_TARGET_NSID, target))


_SKIP_STATS: Final = attribute(IFLA_EXT_MASK, _u32.pack(RTEXT_FILTER_SKIP_STATS))


def _target(kind: int, nsid: int | None) -> bytes:
    return b"" if nsid is None else attribute(kind, _s32.pack(nsid))


_ANY_NSID: Final = attribute(NETNSA_NSID, _s32.pack(NSID_NOT_ASSIGNED))
_WHOSE: Final = by_fd(0)
_NEW_NSID: Final = request(RTM_NEWNSID, NLM_F_ECHO, b"\0\0\0\0" + _ANY_NSID + _WHOSE)[: -len(_WHOSE)]


def _dump(kind: int, body: bytes, target: int) -> tuple[bytes, bytes]:
    """The request about our own namespace, and the one about another up to that one's id."""
    return request(kind, NLM_F_DUMP, body), request(kind, NLM_F_DUMP, body + _target(target, 0))[: -_s32.size]


_GET_LINKS, _GET_LINKS_OF = _dump(RTM_GETLINK, _ifinfo.pack(0, 0, 0, 0, 0) + _SKIP_STATS, IFLA_TARGET_NETNSID)
_GET_ADDRESSES, _GET_ADDRESSES_OF = _dump(RTM_GETADDR, _ifaddr.pack(0, 0, 0, 0, 0), IFA_TARGET_NETNSID)


# Namespace ids


class NsidMessage(NamedTuple):
    """An RTM_*NSID message."""

    nsid: int
    """In the table that was asked, or of the sender."""
    current: int
    """The same namespace's id in the asking socket's own table; -1: it has none."""


def decode_nsid(message: Message) -> NsidMessage:
    """The ids in an RTM_NEWNSID or RTM_DELNSID message; -1 where one is not told."""
    start = message.start + 4
    nsid, current = _nsid_layouts.layout(message.buffer, start, message.end).read(message.buffer, start)
    return NsidMessage(NSID_NOT_ASSIGNED if nsid is None else nsid, NSID_NOT_ASSIGNED if current is None else current)


# Links

Locate = Callable[[int], NamespaceId | None]
"""An id in the reading socket's table -> the namespace it is; None: unknown."""


_NO_LINK: Final = Message(RTM_NEWLINK, 0, 0, bytes(_ifinfo.size), 0, _ifinfo.size)
"""What a message that is cut off before it names its link says: nothing, about number 0, which no link has."""


class LinkMessage:
    """An RTM_NEWLINK or RTM_DELLINK whose attributes are found but not decoded."""

    __slots__ = ("_at", "_buffer", "_places", "_read", "family", "flags", "ifindex")

    def __init__(self, message: Message) -> None:
        if message.end - message.start < _ifinfo.size:
            message = _NO_LINK
        self.family, _, self.ifindex, self.flags, _ = _ifinfo.unpack_from(message.buffer, message.start)
        self._buffer = message.buffer
        self._at = message.start + 16
        self._places, self._read = _link_layouts.layout(message.buffer, self._at, message.end)

    @property
    def complete(self) -> bool:
        """It tells everything: not a bridge's note about a port (AF_BRIDGE), nor a wireless event."""
        return self.family == 0 and IFLA_MTU in self._places

    @property
    def link_nsid(self) -> int | None:
        """Where the peer or the lower link is, when that is another namespace. In an event: in the SENDER's table."""
        return self._signed(IFLA_LINK_NETNSID)

    @property
    def new_nsid(self) -> int | None:
        """RTM_DELLINK of a move: where it goes, in the sender's table."""
        return self._signed(IFLA_NEW_NETNSID)

    @property
    def new_ifindex(self) -> int:
        """RTM_DELLINK of a move: its ifindex there; 0 where the kernel does not tell."""
        return self._signed(IFLA_NEW_IFINDEX) or 0

    @property
    def lower(self) -> int:
        """ifindex of the peer or the lower link; 0: none."""
        return self._signed(IFLA_LINK) or 0

    def counters(self, at_s: float) -> Counters | None:
        """IFLA_STATS64, read at a moment; None where the counters were not asked for."""
        place = self._places.get(IFLA_STATS64)
        if place is None or place[1] < _stats64.size:
            return None
        rx_packets, tx_packets, rx_bytes, tx_bytes, *troubles = _stats64.unpack_from(self._buffer, self._at + place[0])
        return Counters(at_s, rx_bytes, tx_bytes, rx_packets, tx_packets, *troubles)

    def decode(self, namespace: NamespaceId, locate: Locate) -> Link:
        """The link. `locate` places the namespace that link_nsid names."""
        name, mac, mtu, operstate, lower, nsid, master, info, alias = self._read(self._buffer, self._at)
        kind, detail, master_kind, port, vxlan_lower = _NO_LINKINFO if info is None else decode_linkinfo(info)
        if not kind:
            kind = "loopback" if self.flags & IFF_LOOPBACK else "device"
        peered = kind in PEERED_KINDS
        far: End = None
        lower = self._lower_of(kind, lower or 0, vxlan_lower)
        if lower:
            elsewhere = namespace if nsid is None else locate(nsid)
            far = UNKNOWN if elsewhere is None else _tuple(LinkId, (elsewhere, lower))
        return Link(
            _tuple(LinkId, (namespace, self.ifindex)),
            "" if name is None else _word(name),
            kind,
            None if mac is None or len(mac) in (0, 4, 16) else mac.hex(":"),  # 4 and 16: a tunnel's own IP address
            mtu or 0,
            bool(self.flags & IFF_UP),
            bool(self.flags & IFF_LOWER_UP),
            _operstate(operstate or 0),
            self._altnames() if IFLA_PROP_LIST in self._places else (),
            None if alias is None else _word(alias),
            master or 0,
            master_kind,
            (UNKNOWN if far is None else far) if peered else None,
            None if peered else far,
            detail,
            port,
        )

    def _lower_of(self, kind: str, lower: int, vxlan_lower: int) -> int:
        """A tunnel moved to another namespace names itself as its lower link (nla_put_iflink, net/core/rtnetlink.c)."""
        if kind == "vxlan":
            return vxlan_lower
        return 0 if lower == self.ifindex and kind not in _STACKED_KINDS else lower

    def _signed(self, kind: int) -> int | None:
        place = self._places.get(kind)
        if place is None or place[1] < 4:
            return None
        return int(_s32.unpack_from(self._buffer, self._at + place[0])[0])

    def _altnames(self) -> tuple[str, ...]:
        offset, length = self._places[IFLA_PROP_LIST]
        at = self._at + offset
        names = each(self._buffer, at, at + length)
        return tuple(sorted(_text(self._buffer, place, size) for kind, place, size in names if kind == IFLA_ALT_IFNAME))


_STACKED_KINDS: Final = PEERED_KINDS | {"macvlan", "macvtap", "vlan", "ipvlan", "ipvtap", "macsec"}
"""Kinds whose far end may really have the same ifindex, in another namespace."""


class LinkInfo(NamedTuple):
    """What IFLA_LINKINFO says."""

    kind: str
    detail: Detail | None
    master_kind: str | None
    port: BridgePort | None
    vxlan_lower: int
    """A vxlan tells its lower link in its own attribute only."""


_NO_LINKINFO: Final = LinkInfo("", None, None, None, 0)


@lru_cache(maxsize=4096)
def decode_linkinfo(raw: bytes) -> LinkInfo:
    """IFLA_LINKINFO. Hosts have thousands of links with the same few payloads: the answers are remembered."""
    parts = _info_layouts.places(raw, 0, len(raw))

    def part(kind: int) -> bytes | None:
        found = parts.get(kind)
        return None if found is None else raw[found[0] : found[0] + found[1]]

    kind, detail, vxlan_lower = decode_kind(part(IFLA_INFO_KIND), part(IFLA_INFO_DATA))
    master_kind, port = decode_port(part(IFLA_INFO_SLAVE_KIND), part(IFLA_INFO_SLAVE_DATA))
    return LinkInfo(kind, detail, master_kind, port, vxlan_lower)


def _text(buffer: bytes, at: int, length: int) -> str:
    return buffer[at : at + length].split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


@lru_cache(maxsize=4096)
def decode_kind(kind: bytes | None, payload: bytes | None) -> tuple[str, Detail | None, int]:
    """IFLA_INFO_KIND and IFLA_INFO_DATA: the kind, what it adds, and a vxlan's lower ifindex."""
    word = "" if kind is None else kind.rstrip(b"\0").decode("utf-8", "surrogateescape")
    fields = Fields(payload or b"")
    match word:
        case "bridge":
            return word, fields.bridge(), 0
        case "macvlan" | "macvtap":
            return word, fields.macvlan(), 0
        case "vlan":
            return word, fields.vlan(), 0
        case "vxlan":
            return word, fields.vxlan(), fields.number(IFLA_VXLAN_LINK)
        case "tun":
            return word, fields.tun(), 0
        case _:
            return word, None, 0


@lru_cache(maxsize=4096)
def _word(raw: bytes) -> str:
    return _text(raw, 0, len(raw))


def _operstate(number: int) -> str:
    return OPERSTATES[number] if number < len(OPERSTATES) else str(number)


def decode_port(kind: bytes | None, payload: bytes | None) -> tuple[str | None, BridgePort | None]:
    """IFLA_INFO_SLAVE_KIND and IFLA_INFO_SLAVE_DATA: the kind of the master, and the port of a bridge."""
    if kind is None:
        return None, None
    word = _word(kind)
    if word != "bridge" or payload is None:
        return word, None
    return word, _bridge_port(_port_layouts.layout(payload, 0, len(payload)).read(payload, 0))


_port_layouts = Layouts(*((flag, "B") for flag in (1, 33, 4, 8, 9, 27, 30, 39, 5, 6, 7)), (3, "I"), (2, "H"))
"""IFLA_BRPORT_: STATE ISOLATED MODE LEARNING UNICAST_FLOOD MCAST_FLOOD BCAST_FLOOD LOCKED GUARD PROTECT FAST_LEAVE
COST PRIORITY, in BridgePort's order."""


@lru_cache(maxsize=1024)
def _bridge_port(values: tuple[int | None, ...]) -> BridgePort:
    state, isolated, hairpin, learning, flood, mcast, bcast, locked, guard, block, leave, cost, priority = values
    return BridgePort(
        state=PORT_STATES[state or 0] if (state or 0) < len(PORT_STATES) else str(state),
        isolated=bool(isolated),
        hairpin=bool(hairpin),
        learning=learning != 0,
        flood=flood != 0,
        mcast_flood=mcast != 0,
        bcast_flood=bcast != 0,
        locked=bool(locked),
        guard=bool(guard),
        root_block=bool(block),
        fast_leave=bool(leave),
        cost=cost or 0,
        priority=priority or 0,
    )


_INTEGERS: Final = {1: struct.Struct("=B"), 2: _u16, 4: _u32, 8: struct.Struct("=Q")}


def _number(buffer: bytes, places: Places, kind: int) -> int | None:
    place = places.get(kind)
    if place is None:
        return None
    integer = _INTEGERS.get(place[1])
    return None if integer is None else int(integer.unpack_from(buffer, place[0])[0])


class Fields:
    """IFLA_INFO_DATA of one link, read as the kind at hand."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._places = walk(payload, 0, len(payload))

    def number(self, kind: int, default: int = 0) -> int:
        """An unsigned integer of any width; `default` where there is none."""
        value = _number(self._payload, self._places, kind)
        return default if value is None else value

    def raw(self, kind: int) -> bytes | None:
        """A payload as it is."""
        place = self._places.get(kind)
        return None if place is None else self._payload[place[0] : place[0] + place[1]]

    def bridge(self) -> Bridge:
        """IFLA_BR_*: FORWARD_DELAY 1, AGEING_TIME 4, STP_STATE 5, PRIORITY 6, VLAN_FILTERING 7, MCAST_SNOOPING 23."""
        return Bridge(
            stp=bool(self.number(5)),
            vlan_filtering=bool(self.number(7)),
            ageing_s=self.number(4, 300 * USER_HZ) / USER_HZ,
            forward_delay_s=self.number(1, 15 * USER_HZ) / USER_HZ,
            priority=self.number(6, 32768),
            multicast_snooping=bool(self.number(23, 1)),
        )

    def macvlan(self) -> Macvlan:
        """IFLA_MACVLAN_*: MODE 1, MACADDR_DATA 5 (a nest of MACADDR 4)."""
        mode = self.number(1)
        nest = self.raw(5) or b""
        sources = tuple(
            sorted(nest[at : at + size].hex(":") for kind, at, size in each(nest, 0, len(nest)) if kind == 4)
        )
        return Macvlan(MACVLAN_MODES.get(mode, str(mode)), sources)

    def vlan(self) -> Vlan:
        """IFLA_VLAN_*: ID 1, PROTOCOL 5 (big-endian)."""
        protocol = self.raw(5)
        ethertype = _be16.unpack(protocol)[0] if protocol is not None and len(protocol) == 2 else 0x8100
        return Vlan(self.number(1), {0x8100: "802.1Q", 0x88A8: "802.1ad"}.get(ethertype, f"0x{ethertype:04x}"))

    def vxlan(self) -> Vxlan:
        """IFLA_VXLAN_*: ID 1, GROUP 2, LOCAL 4, PORT 15 (big-endian), GROUP6 16, LOCAL6 17."""
        port = self.raw(15)
        return Vxlan(
            self.number(1),
            _ip(self.raw(2) or self.raw(16)),
            _ip(self.raw(4) or self.raw(17)),
            _be16.unpack(port)[0] if port is not None and len(port) == 2 else None,
        )

    def tun(self) -> Tun:
        """IFLA_TUN_*: OWNER 1, TYPE 3, PERSIST 6, MULTI_QUEUE 7."""
        return Tun(
            {1: "tun", 2: "tap"}.get(self.number(3), str(self.number(3))),
            persist=bool(self.number(6)),
            multi_queue=bool(self.number(7)),
            uid=self.number(1) if self.raw(1) is not None else None,
        )


def _ip(raw: bytes | None) -> str | None:
    if raw is None or len(raw) not in (4, 16) or not any(raw):
        return None
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw)


# Addresses

_ADDRESS_SIZES: Final[Mapping[int, int]] = {socket.AF_INET: 4, socket.AF_INET6: 16}


def decode_address(message: Message) -> tuple[int, Address] | None:
    """(ifindex, address) of an RTM_NEWADDR or RTM_DELADDR; None for what is no whole IPv4 or IPv6 address."""
    buffer = message.buffer
    if message.end - message.start < _ifaddr.size:
        return None
    family, prefix_length, flags, scope, ifindex = _ifaddr.unpack_from(buffer, message.start)
    if family not in _ADDRESS_SIZES:
        return None
    base = message.start + 8
    wide, address, local = _address_layouts.layout(buffer, base, message.end).read(buffer, base)
    local = address if local is None else local
    address = local if address is None else address
    if local is None or not len(local) == len(address) == _ADDRESS_SIZES[family]:
        return None
    return ifindex, _address(family, local, address, prefix_length, scope, flags if wide is None else wide)


@lru_cache(maxsize=8192)
def _address(family: int, local: bytes, address: bytes, prefix_length: int, scope: int, flags: int) -> Address:
    return Address(
        4 if family == socket.AF_INET else 6,
        socket.inet_ntop(family, local),
        prefix_length,
        SCOPES.get(scope, str(scope)),
        None if address == local else socket.inet_ntop(family, address),
        _flag_words(family, flags),
    )


@lru_cache(maxsize=256)
def _flag_words(family: int, flags: int) -> tuple[str, ...]:
    words = [word for bit, word in ADDRESS_FLAGS if flags & bit]
    if flags & 0x01:
        words.append("secondary" if family == socket.AF_INET else "temporary")
    return tuple(sorted(words))
