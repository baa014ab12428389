"""The nft text of guards: one table, whose rules are the same for every port; what differs is in its sets.

Measured with 1,000 ports: a table a port takes nine seconds to load and four minutes to list; rules of its own for each
port grow with the square of their number; one chain holds at most 256 devices. This takes a quarter of a second. Each
device has a chain of its own, which does nothing but go to the common rules: a chain binds to its device by name, so
that one for the coming name is there before a rename, and one for a device to come before it is up (Linux 6.16).

What is not named as allowed is dropped: what nft cannot parse matches no rule and falls to the end. The rules that name
an attack are there to count it, and to tell it apart where it would be allowed otherwise.

Sources: nft(8), RFC 826 (ARP), RFC 2131 (DHCP), RFC 4861 and 6980 (ND), RFC 3810 (MLD), RFC 6105 and 7113 (RA guard).
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from enum import Enum
from ipaddress import IPv6Address
from typing import Final, NamedTuple

from model.guard import Guard, Unguardable, canonical_guard, guards_problem, own_ipv6
from model.names import from_hex, hex_form

TABLE: Final = "jackfield_guard"
"""Ours, in each family that we use; no other table is ever named."""
DROPPED: Final = "dropped"
"""The set that counts, by device and class, what was dropped."""
BROADCASTS_PER_SECOND: Final = 500
"""Of a port, to everybody (Ethernet broadcast, IPv6 all nodes); more is dropped. A second's worth may come at once."""
_REMEMBERED: Final = 1024
"""Forged addresses that are remembered, of all ports together: an attacker cannot fill the memory with them."""
_MOST_PORTS: Final = 65535
_CHAIN: Final = "on_"


class Family(Enum):
    """Where the rules hook in."""

    NETDEV = "netdev"
    """At the host end's own ingress: before the bridge learns, for stand-alone ports too."""
    BRIDGE = "bridge"
    """In the bridge, by the port's name: for kernels whose netdev chains cannot wait for their device (before 6.16)."""


class Class(NamedTuple):
    """A kind of attack."""

    code: str
    text: str
    """What the container tried to do: `it tried to ...`."""


CLASSES: Final = (
    Class("mac", "send from another MAC address"),
    Class("ethertype", "send what is neither ARP nor IP: a VLAN tag, a bridge's or a switch's own protocol"),
    Class("flood", "send more broadcasts than a guarded port may"),
    Class("arp-mac", "answer ARP with another MAC address"),
    Class("arp", "claim another IPv4 address by ARP"),
    Class("ipv4", "send from another IPv4 address"),
    Class("dhcp-server", "be a DHCP server"),
    Class("dhcp-client", "ask for addresses in the name of others"),
    Class("multicast-router", "be a multicast router"),
    Class("redirect", "redirect the traffic of others, or advertise itself as a router"),
    Class("ipv6", "send from another IPv6 address"),
    Class("fragment", "send IPv6 in fragments, or with a routing header, past the rules"),
    Class("nd", "claim another IPv6 address by neighbour discovery"),
    Class("sealed", "reach something else than the services that it is sealed to"),
    Class("rest", "send something else that no rule allows"),
    Class("early", "send before it was known who it is"),
)
_NUMBER: Final = {kind.code: number for number, kind in enumerate(CLASSES, 1)}

_SETS: Final = {
    "closed": "type ifname",
    "macs": "type ifname . ether_addr",
    "hardware": "typeof iifname . @th,208,48",
    "ipv4": "type ifname . ipv4_addr",
    "ipv6": "type ifname . ipv6_addr",
    "targets": "typeof iifname . @th,64,128",
    "dhcp": "type ifname",
    "sealed": "type ifname",
    "seal_hosts": "type ifname . ether_addr . ipv6_addr",
    "seal_targets": "typeof iifname . @th,64,128",
    "seal_tcp": "type ifname . inet_service",
    "seal_udp": "type ifname . inet_service",
}
"""Who is who. `hardware` and `targets` are MACs and IPv6 addresses once more, for fields that nft 1.0.6 cannot name."""

_MEMORY: Final = f"""\
  set {DROPPED} {{ type ifname . mark; size {_MOST_PORTS}; flags dynamic; counter; }}
  set forged_mac {{ type ifname . ether_addr; size {_REMEMBERED}; flags dynamic,timeout; timeout 10m; counter; }}
  set forged_ipv4 {{ type ifname . ipv4_addr; size {_REMEMBERED}; flags dynamic,timeout; timeout 10m; counter; }}
  set forged_ipv6 {{ type ifname . ipv6_addr; size {_REMEMBERED}; flags dynamic,timeout; timeout 10m; counter; }}
  set broadcasts {{ type ifname; size {_MOST_PORTS}; flags dynamic,timeout; timeout 1m; }}
"""

_REMEMBER: Final = {
    "mac": "update @forged_mac { iifname . ether saddr counter }",
    "arp": "update @forged_ipv4 { iifname . arp saddr ip counter }",
    "ipv4": "update @forged_ipv4 { iifname . ip saddr counter }",
    "ipv6": "update @forged_ipv6 { iifname . ip6 saddr counter }",
}

_COMMON: Final = f"""\
  chain guard {{
    iifname @closed goto drop_early
    iifname . ether saddr != @macs goto drop_mac
    ether type != {{ arp, ip, ip6 }} goto drop_ethertype
    ether daddr {{ ff:ff:ff:ff:ff:ff, 33:33:00:00:00:01 }} update @broadcasts {{ iifname \
limit rate over {BROADCASTS_PER_SECOND}/second burst {BROADCASTS_PER_SECOND} packets }} goto drop_flood
    iifname @sealed goto seal
    ether type arp goto guard_arp
    ether type ip goto guard_ipv4
    ether type ip6 goto guard_ipv6
    goto drop_rest
  }}
  chain guard_arp {{
    iifname . arp saddr ether != @macs goto drop_arp-mac
    arp htype 1 arp ptype ip arp hlen 6 arp plen 4 goto guard_arp_ipv4
    goto drop_rest
  }}
  chain guard_arp_ipv4 {{
    arp operation {{ request, reply }} iifname . arp saddr ip @ipv4 accept
    arp operation request arp saddr ip 0.0.0.0 iifname . arp daddr ip @ipv4 accept
    goto drop_arp
  }}
  chain guard_ipv4 {{
    udp sport 67 goto drop_dhcp-server
    udp dport 68 goto drop_dhcp-server
    udp dport 67 goto guard_dhcp
    iifname . ip saddr != @ipv4 goto drop_ipv4
    igmp type {{ 0x12, 0x16, 0x17, 0x22 }} accept
    meta l4proto {{ igmp, 103 }} goto drop_multicast-router
    icmp type {{ redirect, router-advertisement }} goto drop_redirect
    icmp type != {{ redirect, router-advertisement }} accept
    ip frag-off & 0x1fff != 0 accept
    udp sport != 67 udp dport != {{ 67, 68 }} accept
    meta l4proto != {{ icmp, igmp, udp, 103 }} accept
    goto drop_rest
  }}
  chain guard_dhcp {{
    iifname != @dhcp goto drop_dhcp-client
    ip saddr 0.0.0.0 ip daddr 255.255.255.255 goto guard_dhcp_request
    iifname . ip saddr != @ipv4 goto drop_ipv4
    goto guard_dhcp_request
  }}
  chain guard_dhcp_request {{
    @th,64,8 1 @th,256,32 0 iifname . @th,288,48 @hardware accept
    goto drop_dhcp-client
  }}
  chain guard_ipv6 {{
    exthdr frag exists goto drop_fragment
    exthdr rt exists goto drop_fragment
    udp sport 547 goto drop_dhcp-server
    udp dport 546 goto drop_dhcp-server
    icmpv6 type {{ nd-router-advert, nd-redirect, router-renumbering, 147 }} goto drop_redirect
    icmpv6 type {{ mld-listener-query, 151, 153 }} goto drop_multicast-router
    meta l4proto 103 goto drop_multicast-router
    ip6 saddr :: goto guard_unspecified
    iifname . ip6 saddr != @ipv6 goto drop_ipv6
    icmpv6 type {{ nd-neighbor-advert, nd-neighbor-solicit, nd-router-solicit }} ip6 nexthdr icmpv6 goto guard_nd
    icmpv6 type {{ 1, 2, 3, 4, echo-request, echo-reply }} accept
    icmpv6 type {{ mld-listener-report, mld-listener-done, mld2-listener-report }} accept
    meta l4proto icmpv6 goto drop_nd
    udp sport != 547 udp dport != 546 accept
    meta l4proto != {{ icmpv6, udp, 103 }} accept
    goto drop_rest
  }}
  chain guard_unspecified {{
    icmpv6 type nd-neighbor-solicit ip6 nexthdr icmpv6 iifname . @th,64,128 @targets goto guard_dad
    icmpv6 type {{ mld-listener-report, mld-listener-done, mld2-listener-report }} accept
    icmpv6 type nd-router-solicit ip6 nexthdr icmpv6 ip6 length 8 accept
    meta l4proto icmpv6 goto drop_nd
    goto drop_ipv6
  }}
  chain guard_dad {{
    ip6 length 24 accept
    ip6 length 32 @th,192,16 0x0e01 accept
    goto drop_nd
  }}
  chain guard_nd {{
    icmpv6 type nd-neighbor-advert iifname . @th,64,128 @targets goto guard_nd_option
    icmpv6 type nd-neighbor-solicit goto guard_nd_option
    icmpv6 type nd-router-solicit ip6 length 8 accept
    icmpv6 type nd-router-solicit ip6 length 16 @th,64,16 0x0101 iifname . @th,80,48 @hardware accept
    goto drop_nd
  }}
  chain guard_nd_option {{
    ip6 length 24 accept
    icmpv6 type nd-neighbor-advert ip6 length 32 @th,192,16 0x0201 iifname . @th,208,48 @hardware accept
    icmpv6 type nd-neighbor-solicit ip6 length 32 @th,192,16 0x0101 iifname . @th,208,48 @hardware accept
    goto drop_nd
  }}
  chain seal {{
    ether type != ip6 goto drop_sealed
    icmpv6 type {{ nd-router-advert, nd-redirect }} goto drop_redirect
    icmpv6 type nd-neighbor-solicit ip6 saddr :: ip6 nexthdr icmpv6 iifname . @th,64,128 @targets goto guard_dad
    ip6 saddr :: ip6 nexthdr 0 ip6 daddr ff02::16 icmpv6 type mld2-listener-report accept
    iifname . ip6 saddr != @ipv6 goto drop_ipv6
    ip6 nexthdr 0 ip6 daddr ff02::16 icmpv6 type mld2-listener-report accept
    icmpv6 type nd-neighbor-advert ip6 nexthdr icmpv6 goto guard_nd
    icmpv6 type nd-neighbor-solicit ip6 nexthdr icmpv6 iifname . @th,64,128 @seal_targets goto guard_nd
    iifname . ether daddr . ip6 daddr @seal_hosts ip6 nexthdr tcp iifname . tcp dport @seal_tcp accept
    iifname . ether daddr . ip6 daddr @seal_hosts ip6 nexthdr udp iifname . udp dport @seal_udp accept
    goto drop_sealed
  }}
"""
"""The option of ND must be the only one and follow at once: `length` is what follows the IPv6 header. 0x0e01 is the
nonce of enhanced DAD (RFC 7527), 0x0101 and 0x0201 are the sender's own MAC address. The offsets of DHCP, from the UDP
header on, are those of op, giaddr and chaddr."""


def table_text(guards: Iterable[Guard], family: Family = Family.NETDEV) -> str:
    """Everything, to be loaded at one go: what was in our table before is gone with it. Raises Unguardable.

    Between two loads nothing passes unguarded: the kernel binds the new chains before it lets go of the old ones, and a
    chain whose rules are not in force yet drops.
    """
    wanted = _checked(guards)
    elements: dict[str, list[str]] = {}
    for kind, element in sorted(guard_elements(wanted, family)):
        elements.setdefault(kind, []).append(element)
    sets = "".join(_set(kind, typed, elements.get(kind, ())) for kind, typed in _SETS.items())
    chains = "".join(map(_device_chain, _names(wanted))) if family is Family.NETDEV else _bridge_chains()
    guarded = "" if family is Family.NETDEV else _set("guarded", "type ifname", elements.get("guarded", ()))
    table = f"{family.value} {TABLE}"
    return (
        f"table {table}\ndelete table {table}\ntable {table} {{\n"
        f"{_MEMORY}{guarded}{sets}{''.join(_drops())}{_COMMON}{chains}}}\n"
    )


def change_text(before: Iterable[Guard], after: Iterable[Guard], family: Family = Family.NETDEV) -> str:
    """What turns `before`, which is loaded, into `after`, at one go, and leaves every other port alone; empty: nothing.

    The kernel refuses it as a whole when `before` is not what is loaded: load everything then. Raises Unguardable.
    """
    old, new = _checked(before), _checked(after)
    table = f"{family.value} {TABLE}"
    old_names, new_names = _names(old), _names(new)
    old_elements, new_elements = guard_elements(old, family), guard_elements(new, family)
    lines = [f"delete element {table} {kind} {{ {element} }}" for kind, element in sorted(old_elements - new_elements)]
    lines += [f"add element {table} {kind} {{ {element} }}" for kind, element in sorted(new_elements - old_elements)]
    if family is Family.NETDEV:
        lines += [f"delete chain {table} {chain_name(name)}" for name in old_names if name not in new_names]
        born = [_device_chain(name) for name in new_names if name not in old_names]
        if born:
            lines.append(f"table {table} {{\n{''.join(born)}}}")
    for name in old_names:
        if name not in new_names:
            lines += _forget(table, name)
    return "".join(f"{line}\n" for line in lines)


def removal_text(family: Family = Family.NETDEV) -> str:
    """What removes our table, whether or not it is there, and nothing else."""
    table = f"{family.value} {TABLE}"
    return f"table {table}\ndelete table {table}\n"


def chain_name(device: str) -> str:
    """The chain of a device: nothing of its name is in it but its bytes as hexadecimal digits."""
    return _CHAIN + hex_form(device)


def device_of_chain(chain: str) -> str | None:
    """The device that a chain of ours is for; None: it is another chain."""
    return from_hex(chain.removeprefix(_CHAIN)) if chain.startswith(_CHAIN) else None


def guard_elements(guards: Iterable[Guard], family: Family = Family.NETDEV) -> set[tuple[str, str]]:
    """(set, element) of everything that says who is who."""
    return {
        (kind, f"{_quoted(name)}{rest}")
        for guard in guards
        for kind, rest in _port_elements(guard, family)
        for name in guard.names
    }


def class_of(number: int) -> Class | None:
    """The class that a counter's number stands for; None: no class of ours."""
    return CLASSES[number - 1] if 0 < number <= len(CLASSES) else None


def _checked(guards: Iterable[Guard]) -> list[Guard]:
    guards = list(guards)
    problem = guards_problem(guards)
    if problem is not None:
        raise Unguardable(problem)
    return [canonical_guard(guard) for guard in guards]


def _names(guards: Iterable[Guard]) -> list[str]:
    return [name for guard in guards for name in guard.names]


def _port_elements(guard: Guard, family: Family) -> Iterator[tuple[str, str]]:
    if family is Family.BRIDGE:
        yield "guarded", ""
    if guard.closed:
        yield "closed", ""
        return
    yield "macs", f" . {guard.mac}"
    yield "hardware", f" . 0x{guard.mac.replace(':', '')}"
    sealed = guard.seal
    if sealed is not None:
        guard = replace(guard, ipv4=(), dhcp=False)
    for address in guard.ipv4:
        yield "ipv4", f" . {address}"
    for address in own_ipv6(guard):
        yield "ipv6", f" . {address}"
        yield "targets", f" . {_number128(address)}"
    if guard.dhcp:
        yield "dhcp", ""
    if sealed is not None:
        yield "sealed", ""
        yield "seal_hosts", f" . {sealed.host_mac} . {sealed.host_link_local}"
        yield "seal_targets", f" . {_number128(sealed.host_link_local)}"
        yield from (("seal_tcp", f" . {port}") for port in sealed.tcp)
        yield from (("seal_udp", f" . {port}") for port in sealed.udp)


def _set(name: str, typed: str, elements: Collection[str]) -> str:
    held = f"elements = {{ {', '.join(elements)} }}\n  " if elements else ""
    return f"  set {name} {{ {typed}\n  {held}}}\n"


def _drops() -> Iterator[str]:
    """A chain a class ends the packet, whatever becomes of counting it: a set that is full breaks off a rule."""
    for kind in CLASSES:
        remember = f"    {_REMEMBER[kind.code]}\n" if kind.code in _REMEMBER else ""
        yield (
            f"  chain drop_{kind.code} {{\n{remember}"
            f"    meta mark set {_NUMBER[kind.code]} update @{DROPPED} {{ iifname . meta mark counter }}\n"
            f'    counter drop comment "{kind.code}"\n  }}\n'
        )


def _device_chain(name: str) -> str:
    return (
        f"  chain {chain_name(name)} {{\n"
        f"    type filter hook ingress device {_quoted(name)} priority -300; policy drop;\n"
        f"    counter goto guard\n  }}\n"
    )


def _bridge_chains() -> str:
    """Frames to a bridge's own group addresses (STP) meet `input` only, and teach the bridge their MAC after it."""
    return "".join(
        f"  chain {hook} {{\n    type filter hook {hook} priority -300; policy accept;\n"
        f"    iifname @guarded goto guard\n  }}\n"
        for hook in ("prerouting", "input")
    )


def _forget(table: str, name: str) -> Iterator[str]:
    """A set that the packets write to may or may not have the element: add it, then it can be taken away."""
    for number in _NUMBER.values():
        element = f"{{ {_quoted(name)} . {number} }}"
        yield f"add element {table} {DROPPED} {element}"
        yield f"delete element {table} {DROPPED} {element}"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _number128(address: str) -> str:
    return f"0x{int(IPv6Address(address)):032x}"
