"""What the containers of these tests are, what they may send, and everything else that they try."""

from model.raw_frames import (
    ALL_NODES,
    ARP,
    BROADCAST,
    DESTINATION_OPTIONS,
    FRAGMENT,
    HOP_BY_HOP,
    ICMP,
    ICMPV6,
    IGMP,
    IPV4,
    IPV6,
    MLD2_REPORT,
    MLD_QUERY,
    MLD_REPORT,
    NA,
    NO_NEXT,
    NONCE,
    NS,
    QINQ,
    RA,
    REDIRECT,
    ROUTING,
    RS,
    SLLA,
    TCP,
    TLLA,
    UDP,
    VLAN,
    arp,
    dhcp,
    ethernet,
    extended,
    fragment6,
    icmp,
    icmp6,
    ipv4,
    ipv6,
    llc,
    mac,
    multicast_mac,
    neighbour,
    option,
    solicited,
    tcp,
    tcp6,
    udp,
    udp6,
)

HOST_MAC, HOST_IP, HOST_LL = "02:00:00:00:00:01", "10.0.0.1", "fe80::ff:fe00:1"
BOX_MAC, BOX_IP, BOX_LL, BOX_IP6 = "02:00:00:00:00:0b", "10.0.0.11", "fe80::ff:fe00:b", "2001:db8::b"
MATE_MAC, MATE_IP, MATE_LL, MATE_IP6 = "02:00:00:00:00:0c", "10.0.0.12", "fe80::ff:fe00:c", "2001:db8::c"
NOBODY, ALL, ALL_ROUTERS = "::", "ff02::1", "ff02::2"
NONE_YET = "0.0.0.0"  # noqa: S104  no listener
EVERYBODY = "255.255.255.255"


def from_box(kind: int, payload: bytes, to: str = BROADCAST) -> bytes:
    """A frame with the box's own MAC."""
    return ethernet(BOX_MAC, kind, payload, to)


def arp_of(operation: int, sender: tuple[str, str], target: tuple[str, str], hardware: int = 1) -> bytes:
    return from_box(ARP, arp(operation, sender, target, hardware))


def v4(source: str, protocol: int, payload: bytes, to: str = MATE_IP) -> bytes:
    return from_box(IPV4, ipv4(source, to, protocol, payload), MATE_MAC)


def v6(packet: bytes, to: str = MATE_MAC) -> bytes:
    return from_box(IPV6, packet, to)


def nd(kind: int, target: str, options: bytes = b"", source: str = BOX_LL, before: tuple[int, ...] = ()) -> bytes:
    to = ALL if kind != NS else solicited(target)
    return v6(icmp6(source, to, kind, neighbour(target, options, 1), before), multicast_mac(to))


OWN_TLLA, OWN_SLLA = option(TLLA, mac(BOX_MAC)), option(SLLA, mac(BOX_MAC))
FORGED_TLLA, FORGED_SLLA = option(TLLA, mac(MATE_MAC)), option(SLLA, mac(MATE_MAC))
_RA = bytes([64, 0, 7, 8]) + b"\0" * 8
_REDIRECT = b"\0" * 4 + b"\x20\x01" + b"\0" * 30
_OFFER, _DISCOVER = dhcp(2, MATE_MAC), dhcp(1, BOX_MAC)
_GROUP = "ff02::16"
_MLD2 = b"\0\0\0\1" + b"\4\0\0\0" + bytes.fromhex("ff0200000000000000000000000000fb")

ALLOWED: dict[str, bytes] = {
    "ARP request": arp_of(1, (BOX_MAC, BOX_IP), ("00:00:00:00:00:00", MATE_IP)),
    "ARP reply": arp_of(2, (BOX_MAC, BOX_IP), (MATE_MAC, MATE_IP)),
    "gratuitous ARP": arp_of(1, (BOX_MAC, BOX_IP), ("00:00:00:00:00:00", BOX_IP)),
    "ARP probe": arp_of(1, (BOX_MAC, NONE_YET), ("00:00:00:00:00:00", BOX_IP)),
    "ping": v4(BOX_IP, ICMP, icmp(8)),
    "TCP": v4(BOX_IP, TCP, tcp(40000, 80)),
    "UDP": v4(BOX_IP, UDP, udp(40000, 53)),
    "the tail of a fragmented datagram": from_box(IPV4, ipv4(BOX_IP, MATE_IP, UDP, b"x" * 16, 4), MATE_MAC),
    "GRE": v4(BOX_IP, 47, b"\0" * 8),
    "an IGMP report": v4(BOX_IP, IGMP, icmp(0x22), "224.0.0.22"),
    "a DHCP request": from_box(IPV4, ipv4(NONE_YET, EVERYBODY, UDP, udp(68, 67, _DISCOVER))),
    "a DHCP renewal": v4(BOX_IP, UDP, udp(68, 67, _DISCOVER), HOST_IP),
    "DAD": nd(NS, BOX_LL, source=NOBODY),
    "enhanced DAD": nd(NS, BOX_IP6, option(NONCE, b"123456"), NOBODY),
    "a neighbour solicitation": nd(NS, MATE_LL, OWN_SLLA),
    "a neighbour solicitation without an option": nd(NS, MATE_LL),
    "a neighbour advertisement": nd(NA, BOX_LL, OWN_TLLA),
    "a neighbour advertisement of the given address": nd(NA, BOX_IP6, OWN_TLLA, BOX_IP6),
    "a router solicitation": v6(icmp6(BOX_LL, ALL_ROUTERS, RS, b"\0" * 4 + OWN_SLLA), multicast_mac(ALL_ROUTERS)),
    "a router solicitation from nobody": v6(icmp6(NOBODY, ALL_ROUTERS, RS, b"\0" * 4), multicast_mac(ALL_ROUTERS)),
    "MLDv2 during DAD": v6(icmp6(NOBODY, _GROUP, MLD2_REPORT, _MLD2, (HOP_BY_HOP,)), multicast_mac(_GROUP)),
    "MLDv2": v6(icmp6(BOX_LL, _GROUP, MLD2_REPORT, _MLD2, (HOP_BY_HOP,)), multicast_mac(_GROUP)),
    "MLDv1": v6(icmp6(BOX_LL, "ff02::fb", MLD_REPORT, b"\0" * 4 + _MLD2[8:], (HOP_BY_HOP,)), multicast_mac("ff02::fb")),
    "ping from the link-local address": v6(icmp6(BOX_LL, MATE_LL, 128, b"\0" * 4)),
    "ping from the given address": v6(icmp6(BOX_IP6, MATE_IP6, 128, b"\0" * 4)),
    "TCP over IPv6": v6(tcp6(BOX_IP6, MATE_IP6, (40000, 80))),
    "UDP over IPv6": v6(udp6(BOX_LL, MATE_LL, (40000, 53))),
}

FORGED: dict[str, tuple[str, bytes]] = {
    "another MAC": ("mac", ethernet(MATE_MAC, ARP, arp(1, (MATE_MAC, MATE_IP), (HOST_MAC, HOST_IP)))),
    "another MAC, own addresses": ("mac", ethernet("02:66:66:66:66:66", IPV4, ipv4(BOX_IP, MATE_IP, ICMP, icmp(8)))),
    "the bridge's MAC": ("mac", ethernet(HOST_MAC, IPV6, tcp6(BOX_LL, MATE_LL, (1, 2)), MATE_MAC)),
    "a multicast MAC as the source": ("mac", ethernet("03:00:00:00:00:0b", IPV4, ipv4(BOX_IP, MATE_IP, ICMP, icmp(8)))),
    "ARP sender's MAC": ("arp-mac", arp_of(2, (MATE_MAC, BOX_IP), (HOST_MAC, HOST_IP))),
    "ARP sender's IP": ("arp", arp_of(2, (BOX_MAC, MATE_IP), (HOST_MAC, HOST_IP))),
    "ARP sender's MAC and IP": ("arp-mac", arp_of(2, (MATE_MAC, MATE_IP), (HOST_MAC, HOST_IP))),
    "ARP request from another IP": ("arp", arp_of(1, (BOX_MAC, HOST_IP), (MATE_MAC, MATE_IP))),
    "gratuitous ARP for another": ("arp", arp_of(1, (BOX_MAC, MATE_IP), ("00:00:00:00:00:00", MATE_IP))),
    "gratuitous ARP reply for another": ("arp", arp_of(2, (BOX_MAC, HOST_IP), (BROADCAST, HOST_IP))),
    "ARP probe for another's address": ("arp", arp_of(1, (BOX_MAC, NONE_YET), ("00:00:00:00:00:00", MATE_IP))),
    "ARP reply from 0.0.0.0": ("arp", arp_of(2, (BOX_MAC, NONE_YET), (MATE_MAC, MATE_IP))),
    "inverse ARP": ("arp", arp_of(8, (BOX_MAC, BOX_IP), (MATE_MAC, MATE_IP))),
    "ARP of odd hardware": ("rest", arp_of(1, (BOX_MAC, BOX_IP), (MATE_MAC, MATE_IP), hardware=6)),
    "RARP": ("ethertype", from_box(0x8035, arp(4, (BOX_MAC, MATE_IP), (MATE_MAC, MATE_IP)))),
    "IPv4 source": ("ipv4", v4(MATE_IP, ICMP, icmp(8))),
    "IPv4 source of the host": ("ipv4", v4(HOST_IP, UDP, udp(53, 40000))),
    "IPv4 source, TCP": ("ipv4", v4("203.0.113.9", TCP, tcp(40000, 80))),
    "IPv4 source 0.0.0.0": ("ipv4", v4(NONE_YET, UDP, udp(40000, 53))),
    "IPv4 broadcast as the source": ("ipv4", v4(EVERYBODY, ICMP, icmp(8))),
    "IPv4 first fragment": ("ipv4", from_box(IPV4, ipv4(MATE_IP, HOST_IP, UDP, udp(1, 2), more=True))),
    "IPv4 tail of a fragment": ("ipv4", from_box(IPV4, ipv4(MATE_IP, HOST_IP, UDP, b"x" * 16, 4))),
    "DHCP server": ("dhcp-server", from_box(IPV4, ipv4(BOX_IP, EVERYBODY, UDP, udp(67, 68, _OFFER)))),
    "DHCP server from another IP": ("dhcp-server", from_box(IPV4, ipv4(HOST_IP, EVERYBODY, UDP, udp(67, 68, _OFFER)))),
    "DHCP server from an odd port": (
        "dhcp-server",
        from_box(IPV4, ipv4(BOX_IP, EVERYBODY, UDP, udp(1067, 68, _OFFER))),
    ),
    "DHCP server in fragments": (
        "dhcp-server",
        from_box(IPV4, ipv4(BOX_IP, EVERYBODY, UDP, udp(67, 68, _OFFER)[:64], more=True)),
    ),
    "DHCP starvation": (
        "dhcp-client",
        from_box(IPV4, ipv4(NONE_YET, EVERYBODY, UDP, udp(68, 67, dhcp(1, "02:66:66:66:66:66")))),
    ),
    "DHCP starvation from an odd port": ("dhcp-client", v4(BOX_IP, UDP, udp(1068, 67, dhcp(1, MATE_MAC)), HOST_IP)),
    "DHCP relay": ("dhcp-client", v4(BOX_IP, UDP, udp(68, 67, dhcp(1, BOX_MAC, "10.9.9.9")), HOST_IP)),
    "DHCP release for another": ("ipv4", v4(MATE_IP, UDP, udp(68, 67, dhcp(1, MATE_MAC)), HOST_IP)),
    "IGMP query": ("multicast-router", v4(BOX_IP, IGMP, icmp(0x11), "224.0.0.1")),
    "IGMP router advertisement": ("multicast-router", v4(BOX_IP, IGMP, icmp(0x30), "224.0.0.106")),
    "PIM hello": ("multicast-router", v4(BOX_IP, 103, b"\x20\0\0\0", "224.0.0.13")),
    "ICMP redirect": ("redirect", v4(BOX_IP, ICMP, icmp(5, 1, b"\0" * 28))),
    "ICMP router advertisement": ("redirect", v4(BOX_IP, ICMP, icmp(9), "224.0.0.1")),
    "RA": ("redirect", v6(icmp6(BOX_LL, ALL, RA, _RA), ALL_NODES)),
    "RA behind hop-by-hop options": ("redirect", v6(icmp6(BOX_LL, ALL, RA, _RA, (HOP_BY_HOP,)), ALL_NODES)),
    "RA behind destination options": ("redirect", v6(icmp6(BOX_LL, ALL, RA, _RA, (DESTINATION_OPTIONS,)), ALL_NODES)),
    "RA behind both": (
        "redirect",
        v6(icmp6(BOX_LL, ALL, RA, _RA, (HOP_BY_HOP, *(DESTINATION_OPTIONS,) * 5)), ALL_NODES),
    ),
    "RA in an atomic fragment": ("fragment", v6(icmp6(BOX_LL, ALL, RA, _RA, (FRAGMENT,)), ALL_NODES)),
    "RA in an atomic fragment behind options": (
        "fragment",
        v6(icmp6(BOX_LL, ALL, RA, _RA, (DESTINATION_OPTIONS, FRAGMENT, DESTINATION_OPTIONS)), ALL_NODES),
    ),
    "RA in fragments, the head": (
        "fragment",
        v6(fragment6(BOX_LL, ALL, DESTINATION_OPTIONS, bytes([ICMPV6, 0, 1, 4, 0, 0, 0, 0]), 0, more=True), ALL_NODES),
    ),
    "RA in fragments, the tail": (
        "fragment",
        v6(fragment6(BOX_LL, ALL, DESTINATION_OPTIONS, bytes([RA, 0, 0, 0]) + _RA, 1, more=False), ALL_NODES),
    ),
    "UDP in fragments over IPv6": ("fragment", v6(fragment6(BOX_LL, MATE_LL, UDP, b"x" * 16, 3, more=False))),
    "RA behind a routing header": ("fragment", v6(icmp6(BOX_LL, ALL, RA, _RA, (ROUTING,)), ALL_NODES)),
    "RA from another": ("redirect", v6(icmp6(HOST_LL, ALL, RA, _RA), ALL_NODES)),
    "redirect": ("redirect", v6(icmp6(BOX_LL, MATE_LL, REDIRECT, _REDIRECT))),
    "redirect from the router": ("redirect", v6(icmp6(HOST_LL, MATE_LL, REDIRECT, _REDIRECT))),
    "NA for another": ("nd", nd(NA, MATE_LL, OWN_TLLA)),
    "NA for the host": ("nd", nd(NA, HOST_LL, OWN_TLLA)),
    "NA for another's global address": ("nd", nd(NA, MATE_IP6, OWN_TLLA)),
    "NA for another, without an option": ("nd", nd(NA, MATE_LL)),
    "NA of its own with another MAC": ("nd", nd(NA, BOX_LL, FORGED_TLLA)),
    "NA with a second option": ("nd", nd(NA, BOX_LL, OWN_TLLA + FORGED_TLLA)),
    "NA with another option first": ("nd", nd(NA, BOX_LL, option(NONCE, b"123456") + FORGED_TLLA)),
    "NA from another": ("ipv6", nd(NA, MATE_LL, FORGED_TLLA, MATE_LL)),
    "NA from nobody": ("nd", nd(NA, BOX_LL, OWN_TLLA, NOBODY)),
    "NA for another behind options": ("nd", nd(NA, MATE_LL, OWN_TLLA, before=(DESTINATION_OPTIONS,))),
    "NA of its own behind options": ("nd", nd(NA, BOX_LL, OWN_TLLA, before=(DESTINATION_OPTIONS,))),
    "NA behind an atomic fragment": ("fragment", nd(NA, MATE_LL, OWN_TLLA, before=(FRAGMENT,))),
    "NS from another": ("ipv6", nd(NS, HOST_LL, OWN_SLLA, MATE_LL)),
    "NS with another MAC": ("nd", nd(NS, HOST_LL, FORGED_SLLA)),
    "NS with two options": ("nd", nd(NS, HOST_LL, OWN_SLLA + FORGED_SLLA)),
    "DAD for another's address": ("nd", nd(NS, MATE_LL, source=NOBODY)),
    "DAD with a MAC": ("nd", nd(NS, BOX_LL, FORGED_SLLA, NOBODY)),
    "RS with another MAC": (
        "nd",
        v6(icmp6(BOX_LL, ALL_ROUTERS, RS, b"\0" * 4 + FORGED_SLLA), multicast_mac(ALL_ROUTERS)),
    ),
    "RS from another": ("ipv6", v6(icmp6(MATE_LL, ALL_ROUTERS, RS, b"\0" * 4), multicast_mac(ALL_ROUTERS))),
    "DHCPv6 server": ("dhcp-server", v6(udp6(BOX_LL, MATE_LL, (547, 546)))),
    "DHCPv6 server from an odd port": ("dhcp-server", v6(udp6(BOX_LL, MATE_LL, (1547, 546)))),
    "DHCPv6 server behind options": (
        "dhcp-server",
        v6(extended(BOX_LL, MATE_LL, (DESTINATION_OPTIONS,), UDP, udp(547, 546))),
    ),
    "MLD query": ("multicast-router", v6(icmp6(BOX_LL, ALL, MLD_QUERY, b"\0" * 20, (HOP_BY_HOP,)), ALL_NODES)),
    "MLD query from nobody": (
        "multicast-router",
        v6(icmp6(NOBODY, ALL, MLD_QUERY, b"\0" * 20, (HOP_BY_HOP,)), ALL_NODES),
    ),
    "multicast router advertisement": ("multicast-router", v6(icmp6(BOX_LL, "ff02::6a", 151, b"\0" * 4))),
    "PIM hello over IPv6": ("multicast-router", v6(ipv6(BOX_LL, "ff02::d", 103, b"\x20\0\0\0"))),
    "router renumbering": ("redirect", v6(icmp6(BOX_LL, ALL, 138, b"\0" * 12), ALL_NODES)),
    "inverse ND": ("nd", v6(icmp6(BOX_LL, ALL, 142, b"\0" * 12 + FORGED_TLLA), ALL_NODES)),
    "IPv6 source": ("ipv6", v6(udp6(MATE_IP6, MATE_LL, (1, 2)))),
    "IPv6 source of the host": ("ipv6", v6(tcp6(HOST_LL, MATE_LL, (22, 40000)))),
    "IPv6 source behind options": ("ipv6", v6(extended(MATE_LL, MATE_IP6, (HOP_BY_HOP,), NO_NEXT, b""))),
    "IPv6 from nobody": ("ipv6", v6(udp6(NOBODY, MATE_LL, (1, 2)))),
    "ping from nobody": ("nd", v6(icmp6(NOBODY, MATE_LL, 128, b"\0" * 4))),
    "IPv6 that breaks off in its options": (
        "nd",
        v6(ipv6(BOX_LL, ALL, HOP_BY_HOP, bytes([ICMPV6, 255]) + b"\0" * 6)),
    ),
    "IPv4 that lies about its length": ("rest", from_box(IPV4, b"\x4f" + ipv4(BOX_IP, MATE_IP, UDP, udp(67, 68))[1:])),
    "a VLAN tag": (
        "ethertype",
        ethernet(BOX_MAC, ARP, arp(1, (BOX_MAC, BOX_IP), (MATE_MAC, MATE_IP)), tags=((VLAN, 5),)),
    ),
    "a VLAN tag on a forgery": (
        "ethertype",
        ethernet(BOX_MAC, IPV4, ipv4(MATE_IP, HOST_IP, ICMP, icmp(8)), tags=((VLAN, 1),)),
    ),
    "a priority tag": (
        "ethertype",
        ethernet(BOX_MAC, IPV6, tcp6(BOX_LL, MATE_LL, (1, 2)), MATE_MAC, tags=((VLAN, 0),)),
    ),
    "a service tag": ("ethertype", ethernet(BOX_MAC, IPV4, ipv4(BOX_IP, MATE_IP, ICMP, icmp(8)), tags=((QINQ, 5),))),
    "QinQ": ("ethertype", ethernet(BOX_MAC, IPV4, ipv4(BOX_IP, MATE_IP, ICMP, icmp(8)), tags=((QINQ, 5), (VLAN, 6)))),
    "double tags": (
        "ethertype",
        ethernet(BOX_MAC, IPV4, ipv4(BOX_IP, MATE_IP, ICMP, icmp(8)), tags=((VLAN, 5), (VLAN, 6))),
    ),
    "a tag from another MAC": (
        "mac",
        ethernet(MATE_MAC, IPV4, ipv4(BOX_IP, MATE_IP, ICMP, icmp(8)), tags=((VLAN, 5),)),
    ),
    "EAPOL": ("ethertype", from_box(0x888E, b"\1\1\0\0", "01:80:c2:00:00:03")),
    "LLDP": ("ethertype", from_box(0x88CC, b"\2\7\4", "01:80:c2:00:00:0e")),
    "PPPoE discovery": ("ethertype", from_box(0x8863, b"\x11\7\0\0\0\0")),
    "MPLS": ("ethertype", from_box(0x8847, b"\0\0\1\xff" + ipv4(MATE_IP, HOST_IP, ICMP, icmp(8)), MATE_MAC)),
    "an ethertype nobody knows": ("ethertype", from_box(0x9999, b"hello")),
    "STP": ("ethertype", llc(BOX_MAC, b"\x42\x42\3" + b"\0" * 35, "01:80:c2:00:00:00")),
    "STP to everybody": ("ethertype", llc(BOX_MAC, b"\x42\x42\3" + b"\0" * 35, BROADCAST)),
    "IPv4 over SNAP": (
        "ethertype",
        llc(BOX_MAC, b"\xaa\xaa\3\0\0\0\x08\0" + ipv4(MATE_IP, HOST_IP, ICMP, icmp(8)), MATE_MAC),
    ),
    "a pause frame": ("ethertype", from_box(0x8808, b"\0\1\xff\xff", "01:80:c2:00:00:01")),
}
"""What it is: the class it is counted as, and the frame."""

PORTS = (873, 3128)
UDP_PORT = 123
_TO_HOST = BOX_LL, HOST_LL

SEALED_ALLOWED: dict[str, bytes] = {
    "the first service": v6(tcp6(*_TO_HOST, (40000, PORTS[0])), HOST_MAC),
    "the second service": v6(tcp6(*_TO_HOST, (40000, PORTS[1])), HOST_MAC),
    "the UDP service": v6(udp6(*_TO_HOST, (40000, UDP_PORT)), HOST_MAC),
    "NS for the host": nd(NS, HOST_LL, OWN_SLLA),
    "NA of its own": nd(NA, BOX_LL, OWN_TLLA),
    "DAD": ALLOWED["DAD"],
    "MLDv2 during DAD": ALLOWED["MLDv2 during DAD"],
    "MLDv2": ALLOWED["MLDv2"],
}

SEALED_REFUSED: dict[str, tuple[str, bytes]] = {
    "ssh to the host": ("sealed", v6(tcp6(*_TO_HOST, (40000, 22)), HOST_MAC)),
    "a service by the other protocol": ("sealed", v6(udp6(*_TO_HOST, (40000, PORTS[0])), HOST_MAC)),
    "the UDP service by TCP": ("sealed", v6(tcp6(*_TO_HOST, (40000, UDP_PORT)), HOST_MAC)),
    "the service at a neighbour": ("sealed", v6(tcp6(BOX_LL, MATE_LL, (40000, PORTS[0])))),
    "the host's address at a neighbour's MAC": ("sealed", v6(tcp6(*_TO_HOST, (40000, PORTS[0])))),
    "a neighbour's address at the host's MAC": ("sealed", v6(tcp6(BOX_LL, MATE_LL, (40000, PORTS[0])), HOST_MAC)),
    "the outside": ("sealed", v6(tcp6(BOX_LL, "2001:db8::99", (40000, PORTS[0])), HOST_MAC)),
    "from a global address": ("ipv6", v6(tcp6(BOX_IP6, HOST_LL, (40000, PORTS[0])), HOST_MAC)),
    "as a neighbour": ("ipv6", v6(tcp6(MATE_LL, HOST_LL, (40000, PORTS[0])), HOST_MAC)),
    "ping to the host": ("sealed", v6(icmp6(*_TO_HOST, 128, b"\0" * 4), HOST_MAC)),
    "the service in fragments": ("sealed", v6(fragment6(*_TO_HOST, TCP, tcp(40000, PORTS[0]), 0, more=True), HOST_MAC)),
    "the service behind options": (
        "sealed",
        v6(extended(*_TO_HOST, (DESTINATION_OPTIONS,), TCP, tcp(40000, PORTS[0])), HOST_MAC),
    ),
    "NS for a neighbour": ("sealed", nd(NS, MATE_LL, OWN_SLLA)),
    "NS with another MAC": ("nd", nd(NS, HOST_LL, FORGED_SLLA)),
    "NA for the host": ("nd", nd(NA, HOST_LL, OWN_TLLA)),
    "RA": ("redirect", FORGED["RA"][1]),
    "RS": ("sealed", ALLOWED["a router solicitation"]),
    "MLD query": ("sealed", FORGED["MLD query"][1]),
    "ARP": ("sealed", ALLOWED["ARP request"]),
    "IPv4": ("sealed", ALLOWED["ping"]),
    "DHCP": ("sealed", ALLOWED["a DHCP request"]),
    "multicast DNS": ("sealed", v6(udp6(BOX_LL, "ff02::fb", (5353, 5353)), multicast_mac("ff02::fb"))),
    "another MAC": ("mac", FORGED["another MAC"][1]),
    "a VLAN tag": ("ethertype", FORGED["a VLAN tag"][1]),
    "IPv6 in IPv6": ("sealed", v6(ipv6(*_TO_HOST, 41, tcp6(BOX_LL, MATE_LL, (1, 2))), HOST_MAC)),
}
