"""Frames that show what a port lets pass: forgeries, and what its container may say. None of them can do harm.

Each is addressed to a MAC that nobody has, one of its own, by which it is known wherever it arrives; what is claimed in
it are documentation addresses (RFC 5737, 3849) and MACs that nobody has.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from model.ethernet import link_local
from model.guard import Guard, Unguardable, canonical_guard, device_name_problem
from model.raw_frames import (
    ARP,
    DESTINATION_OPTIONS,
    FRAGMENT,
    HOP_BY_HOP,
    ICMP,
    IGMP,
    IPV4,
    IPV6,
    MLD_QUERY,
    NA,
    NS,
    QINQ,
    RA,
    REDIRECT,
    SLLA,
    TLLA,
    UDP,
    VLAN,
    arp,
    dhcp,
    ethernet,
    icmp,
    icmp6,
    ipv4,
    llc,
    mac,
    neighbour,
    option,
    udp,
    udp6,
)

_STRANGERS_V4: Final = tuple(f"192.0.2.{number}" for number in range(1, 255))
_STRANGERS_V6: Final = tuple(f"2001:db8::{number:x}" for number in range(0x66, 0x266))
_ANYBODY_V4: Final = "203.0.113.1"
_ANYBODY_V6: Final = "2001:db8::1"
_NO_MAC: Final = "00:00:00:00:00:00"
_NOBODY: Final = "0.0.0.0"  # noqa: S104  no listener
_EVERYBODY: Final = "255.255.255.255"
_ALL_NODES: Final = "ff02::1"
_MOST: Final = 20
"""Of the container's addresses are tried: a marker is one byte."""
_RA_OF_NO_USE: Final = bytes([64, 0, 0, 0]) + b"\0" * 8
"""A lifetime of zero, and no prefix."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One frame."""

    what: str
    """`an ARP reply for another address`."""
    forged: bool
    """It must not arrive; else it must."""
    marker: str
    """The MAC that it is addressed to, and nothing else is."""
    frame: bytes


def trials(guard: Guard, lot: bytes) -> tuple[Trial, ...]:
    """All of them. `lot` is two random bytes, so that the markers are nobody else's. Raises Unguardable."""
    guard = canonical_guard(guard)
    guard = replace(guard, ipv4=guard.ipv4[:_MOST], ipv6=guard.ipv6[:_MOST])
    found: list[Trial] = []
    for forged, kinds in ((True, _forged(guard, lot)), (False, _ordinary(guard))):
        for what, frame in kinds:
            marker = _mac(lot, len(found))
            found.append(Trial(what, forged, marker, mac(marker) + frame[6:]))
    return tuple(found)


def _mac(lot: bytes, number: int) -> str:
    """Locally administered, unicast."""
    return (b"\x02\x6a\x66" + lot[:2] + bytes([number])).hex(":")


def _forged(guard: Guard, lot: bytes) -> Iterator[tuple[str, bytes]]:
    stranger = _mac(lot, 0xFF)
    yield from _forged_macs(guard, stranger)
    yield from _forged_ipv4(guard, stranger)
    yield from _forged_ipv6(guard, stranger)


def _forged_macs(guard: Guard, stranger: str) -> Iterator[tuple[str, bytes]]:
    own = guard.mac
    packet = ipv4(_own_v4(guard), _ANYBODY_V4, ICMP, icmp(8))
    yield "a frame from another MAC", ethernet(stranger, IPV4, packet)
    yield "a frame with a VLAN tag", ethernet(own, IPV4, packet, tags=((VLAN, 1),))
    yield "a frame with two tags", ethernet(own, IPV4, packet, tags=((QINQ, 1), (VLAN, 1)))
    yield "a frame of an unknown kind", ethernet(own, 0x88B5, b"jackfield")
    yield "a frame of the spanning tree's kind", llc(own, b"\x42\x42\x03" + b"\0" * 35, stranger)


def _forged_ipv4(guard: Guard, stranger: str) -> Iterator[tuple[str, bytes]]:
    own, address, other = guard.mac, _own_v4(guard), _stranger_v4(guard)
    yield "an ARP reply for another address", ethernet(own, ARP, arp(2, (own, other), (stranger, _ANYBODY_V4)))
    yield "an ARP reply with another MAC", ethernet(own, ARP, arp(2, (stranger, address), (stranger, _ANYBODY_V4)))
    yield "a gratuitous ARP for another address", ethernet(own, ARP, arp(1, (own, other), (stranger, other)))
    yield "IPv4 from another address", ethernet(own, IPV4, ipv4(other, _ANYBODY_V4, ICMP, icmp(8)))
    fragment = ipv4(other, _ANYBODY_V4, UDP, b"x" * 16, 4)
    yield "a fragment of IPv4 from another address", ethernet(own, IPV4, fragment)
    offer = udp(67, 68, dhcp(2, stranger))
    yield "a DHCP offer", ethernet(own, IPV4, ipv4(address, _EVERYBODY, UDP, offer))
    asked = udp(68, 67, dhcp(1, stranger))
    yield "a DHCP request in another's name", ethernet(own, IPV4, ipv4(_NOBODY, _EVERYBODY, UDP, asked))
    yield "an IGMP query", ethernet(own, IPV4, ipv4(address, "224.0.0.1", IGMP, icmp(0x11)))
    yield "an ICMP redirect", ethernet(own, IPV4, ipv4(address, _ANYBODY_V4, ICMP, icmp(5, 1, b"\0" * 28)))


def _forged_ipv6(guard: Guard, stranger: str) -> Iterator[tuple[str, bytes]]:
    own, address, other = guard.mac, link_local(guard.mac) or "::", _stranger_v6(guard)
    not_own = option(TLLA, mac(stranger))
    packets = (
        ("IPv6 from another address", udp6(other, _ANYBODY_V6, (9, 9))),
        ("a router advertisement", icmp6(address, _ALL_NODES, RA, _RA_OF_NO_USE)),
        ("one behind other headers", icmp6(address, _ALL_NODES, RA, _RA_OF_NO_USE, (HOP_BY_HOP, DESTINATION_OPTIONS))),
        ("one in a fragment", icmp6(address, _ALL_NODES, RA, _RA_OF_NO_USE, (FRAGMENT,))),
        ("an ICMPv6 redirect", icmp6(address, _ANYBODY_V6, REDIRECT, b"\0" * 36)),
        ("a neighbour advertisement for another address", icmp6(address, _ALL_NODES, NA, neighbour(other, not_own, 1))),
        ("one of its own with another MAC", icmp6(address, _ALL_NODES, NA, neighbour(address, not_own, 1))),
        (
            "a neighbour solicitation with another MAC",
            icmp6(address, _ALL_NODES, NS, neighbour(_ANYBODY_V6, option(SLLA, mac(stranger)))),
        ),
        ("an MLD query", icmp6(address, _ALL_NODES, MLD_QUERY, b"\0" * 20, (HOP_BY_HOP,))),
        ("a DHCPv6 reply", udp6(address, _ANYBODY_V6, (547, 546))),
    )
    for what, packet in packets:
        yield what, ethernet(own, IPV6, packet)


def _ordinary(guard: Guard) -> Iterator[tuple[str, bytes]]:
    own, address = guard.mac, link_local(guard.mac) or "::"
    seal = guard.seal
    asked = seal.host_link_local if seal is not None else _ANYBODY_V6
    solicitation = icmp6(address, _ALL_NODES, NS, neighbour(asked, option(SLLA, mac(own))))
    yield "a neighbour solicitation", ethernet(own, IPV6, solicitation)
    advertisement = icmp6(address, _ALL_NODES, NA, neighbour(address, option(TLLA, mac(own)), 1))
    yield "a neighbour advertisement of its own", ethernet(own, IPV6, advertisement)
    if seal is not None:
        return
    yield "a ping from its link-local address", ethernet(own, IPV6, icmp6(address, _ANYBODY_V6, 128, b"\0" * 4))
    for held in guard.ipv4:
        yield f"an ARP request from {held}", ethernet(own, ARP, arp(1, (own, held), (_NO_MAC, _ANYBODY_V4)))
        yield f"a ping from {held}", ethernet(own, IPV4, ipv4(held, _ANYBODY_V4, ICMP, icmp(8)))
    for held in guard.ipv6:
        yield f"a ping from {held}", ethernet(own, IPV6, icmp6(held, _ANYBODY_V6, 128, b"\0" * 4))


def _own_v4(guard: Guard) -> str:
    return guard.ipv4[0] if guard.ipv4 else _stranger_v4(guard)


def _stranger_v4(guard: Guard) -> str:
    return next(address for address in _STRANGERS_V4 if address not in guard.ipv4)


def _stranger_v6(guard: Guard) -> str:
    return next(address for address in _STRANGERS_V6 if address not in guard.ipv6)


WITNESS: Final = "jackfield_proof"
"""A table of its own, for as long as a proof takes."""


def witness_text(port: str, found: Iterable[Trial]) -> str:
    """The nft text that counts what comes to a port, and what is left of it behind everybody's rules.

    Raises Unguardable.
    """
    problem = device_name_problem(port)
    if problem is not None:
        raise Unguardable(problem)
    markers = ", ".join(f"{trial.marker} counter" for trial in found)
    table = f"netdev {WITNESS}"
    chains = "".join(
        f"  set {name} {{ type ether_addr; counter;\n    elements = {{ {markers} }}\n  }}\n"
        f"  chain look_{name} {{\n"
        f'    type filter hook ingress device "{port}" priority {priority}; policy accept;\n'
        f"    ether daddr @{name}\n  }}\n"
        for name, priority in (("came", -1_000_000), ("arrived", 1_000_000))
    )
    return f"table {table}\ndelete table {table}\ntable {table} {{\n{chains}}}\n"


def no_witness_text() -> str:
    """What removes that table again."""
    return f"table netdev {WITNESS}\ndelete table netdev {WITNESS}\n"
