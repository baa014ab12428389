"""Frames as bytes: what a container's root can put on the wire (RFC 826, 791, 2131, 8200, 4861, 3810)."""

import struct
from ipaddress import IPv4Address, IPv6Address

ARP, IPV4, IPV6, VLAN, QINQ = 0x0806, 0x0800, 0x86DD, 0x8100, 0x88A8
ICMP, IGMP, TCP, UDP, ICMPV6 = 1, 2, 6, 17, 58
HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS, NO_NEXT = 0, 43, 44, 60, 59
RS, RA, NS, NA, REDIRECT = 133, 134, 135, 136, 137
MLD_QUERY, MLD_REPORT, MLD2_REPORT = 130, 131, 143
BROADCAST = "ff:ff:ff:ff:ff:ff"
ALL_NODES = "33:33:00:00:00:01"
SLLA, TLLA, NONCE = 1, 2, 14


def mac(text: str) -> bytes:
    """The six bytes."""
    return bytes.fromhex(text.replace(":", ""))


def ethernet(
    source: str, kind: int, payload: bytes, to: str = BROADCAST, tags: tuple[tuple[int, int], ...] = ()
) -> bytes:
    """A frame; `tags` are (ethertype, vid) from the outside in."""
    tagged = b"".join(struct.pack("!HH", ethertype, vid) for ethertype, vid in tags)
    return (mac(to) + mac(source) + tagged + struct.pack("!H", kind) + payload).ljust(60, b"\0")


def llc(source: str, payload: bytes, to: str) -> bytes:
    """An IEEE 802.3 frame: a length where others have a type."""
    return (mac(to) + mac(source) + struct.pack("!H", len(payload)) + payload).ljust(60, b"\0")


def arp(operation: int, sender: tuple[str, str], target: tuple[str, str], hardware: int = 1) -> bytes:
    """Sender and target are (MAC, IPv4)."""
    ends = b"".join(mac(hw) + IPv4Address(ip).packed for hw, ip in (sender, target))
    return struct.pack("!HHBBH", hardware, IPV4, 6, 4, operation) + ends


def ipv4(source: str, to: str, protocol: int, payload: bytes, offset: int = 0, *, more: bool = False) -> bytes:
    """A packet, or a fragment of one: `offset` in units of eight bytes."""
    fragment = offset | (0x2000 if more else 0)
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 7, fragment, 64, protocol, 0)
    header += IPv4Address(source).packed + IPv4Address(to).packed
    return header[:10] + _checksum(header) + header[12:] + payload


def udp(source: int, to: int, payload: bytes = b"jackfield") -> bytes:
    """Without a checksum, which IPv4 allows."""
    return struct.pack("!HHHH", source, to, 8 + len(payload), 0) + payload


def tcp(source: int, to: int) -> bytes:
    """A SYN."""
    return struct.pack("!HHIIBBHHH", source, to, 1, 0, 0x50, 2, 64240, 0, 0)


def icmp(kind: int, code: int = 0, rest: bytes = b"\0" * 8) -> bytes:
    """A message with its checksum; IGMP has the same form."""
    message = struct.pack("!BBH", kind, code, 0) + rest
    return message[:2] + _checksum(message) + message[4:]


def dhcp(operation: int, client: str, relay: str = "0.0.0.0") -> bytes:  # noqa: S104  no listener
    """A BOOTP message with the DHCP cookie and a DISCOVER or an OFFER."""
    fixed = struct.pack("!BBBBIHH", operation, 1, 6, 0, 0x1234, 0, 0) + b"\0" * 12 + IPv4Address(relay).packed
    kind = 1 if operation == 1 else 2
    return fixed + mac(client).ljust(16, b"\0") + b"\0" * 192 + bytes.fromhex("63825363") + bytes([53, 1, kind, 255])


def ipv6(source: str, to: str, next_header: int, payload: bytes, hops: int = 255) -> bytes:
    """A packet without extension headers but those in the payload."""
    header = struct.pack("!IHBB", 6 << 28, len(payload), next_header, hops)
    return header + IPv6Address(source).packed + IPv6Address(to).packed + payload


def udp6(source: str, to: str, ports: tuple[int, int], payload: bytes = b"jackfield") -> bytes:
    """A datagram; `ports` are the source's and the destination's."""
    return ipv6(source, to, UDP, _summed6(source, to, UDP, udp(*ports, payload), 6), 64)


def tcp6(source: str, to: str, ports: tuple[int, int]) -> bytes:
    """A SYN; `ports` are the source's and the destination's."""
    return ipv6(source, to, TCP, _summed6(source, to, TCP, tcp(*ports), 16), 64)


def icmp6(source: str, to: str, kind: int, rest: bytes, before: tuple[int, ...] = ()) -> bytes:
    """ICMPv6, behind extension headers of these kinds."""
    message = _summed6(source, to, ICMPV6, struct.pack("!BBH", kind, 0, 0) + rest, 2)
    return extended(source, to, before, ICMPV6, message)


def extended(source: str, to: str, before: tuple[int, ...], last: int, payload: bytes) -> bytes:
    """A packet with extension headers of these kinds, each of eight bytes."""
    following = last
    for kind in reversed(before):
        payload = _extension(kind, following) + payload
        following = kind
    return ipv6(source, to, following, payload)


def fragment6(source: str, to: str, following: int, payload: bytes, offset: int, *, more: bool) -> bytes:
    """A fragment of an IPv6 packet: `offset` in units of eight bytes."""
    header = struct.pack("!BBHI", following, 0, offset << 3 | more, 7)
    return ipv6(source, to, FRAGMENT, header + payload)


def neighbour(target: str, options: bytes = b"", flags: int = 0) -> bytes:
    """What follows the checksum in a solicitation or an advertisement."""
    return struct.pack("!I", flags << 29) + IPv6Address(target).packed + options


def option(kind: int, value: bytes) -> bytes:
    """An option of neighbour discovery, filled up to eight bytes."""
    return bytes([kind, (len(value) + 2 + 7) // 8]) + value.ljust((len(value) + 2 + 7) // 8 * 8 - 2, b"\0")


def multicast_mac(group: str) -> str:
    """Where Ethernet carries an IPv6 group (RFC 2464)."""
    return (b"\x33\x33" + IPv6Address(group).packed[-4:]).hex(":")


def solicited(address: str) -> str:
    """The solicited-node group of an address."""
    return str(IPv6Address(IPv6Address("ff02::1:ff00:0").packed[:13] + IPv6Address(address).packed[13:]))


def _extension(kind: int, following: int) -> bytes:
    match kind:
        case 44:
            return struct.pack("!BBHI", following, 0, 0, 7)
        case 43:
            return struct.pack("!BBBBI", following, 0, 0, 0, 0)
        case 0:
            return bytes([following, 0, 5, 2, 0, 0, 1, 0])
        case _:
            return bytes([following, 0, 1, 4, 0, 0, 0, 0])


def _summed6(source: str, to: str, protocol: int, message: bytes, at: int) -> bytes:
    pseudo = IPv6Address(source).packed + IPv6Address(to).packed + struct.pack("!II", len(message), protocol)
    return message[:at] + _checksum(pseudo + message) + message[at + 2 :]


def _checksum(of: bytes) -> bytes:
    total = sum(struct.unpack(f"!{(len(of) + 1) // 2}H", of.ljust(len(of) + len(of) % 2, b"\0")))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)
