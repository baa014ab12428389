"""Making netlink messages, as the kernel would."""

import struct

from backend.attributes import attribute
from backend.coalesce import Event
from backend.rtnetlink import IFA_ADDRESS, IFA_LOCAL, IFLA_IFNAME, IFLA_MTU, NETNSA_NSID, Message, messages


def datagram(kind: int, body: bytes, flags: int = 0, port: int = 0) -> bytes:
    """One message, with its header."""
    return struct.pack("=IHHII", 16 + len(body), kind, flags, 0, port) + body


def message(kind: int, body: bytes) -> Message:
    """One message, as it is found in a datagram."""
    (found,) = messages(datagram(kind, body))
    return found


def link_body(ifindex: int, name: str = "x", *, family: int = 0, mtu: int = 1500) -> bytes:
    """struct ifinfomsg and two attributes."""
    texts = attribute(IFLA_IFNAME, name.encode() + b"\0") + attribute(IFLA_MTU, struct.pack("=I", mtu))
    return struct.pack("=BxHiII", family, 1, ifindex, 0, 0) + texts


def address_body(ifindex: int, address: bytes, prefix_length: int = 24) -> bytes:
    """struct ifaddrmsg and an IPv4 address."""
    attributes = attribute(IFA_ADDRESS, address) + attribute(IFA_LOCAL, address)
    return struct.pack("=BBBBI", 2, prefix_length, 0, 0, ifindex) + attributes


def nsid_body(nsid: int) -> bytes:
    """struct rtgenmsg and an id."""
    return b"\0\0\0\0" + attribute(NETNSA_NSID, struct.pack("=i", nsid))


def raw(event: Event) -> tuple[int | None, bytes]:
    """An event as a value that can be compared."""
    its = event.message
    return event.nsid, its.buffer[its.start - 16 : its.end]
