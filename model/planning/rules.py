"""What the kernel would refuse, refused before it: names, MACs, numbers. Each says what to do instead."""

import ipaddress
from typing import Final

from model.cables import BRIDGE_KINDS
from model.ethernet import canonical_mac, is_multicast
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.link import Link
from model.names import LONGEST_LINK_NAME, altname_problem, link_name_problem, raw_bytes
from model.planning.draft import Draft, Refused, typed
from model.planning.runtimes import is_host_end_of, remembered_by
from model.stage import NO_MAC

LONGEST_FILE_NAME: Final = 255
"""Bytes: NAME_MAX. A namespace's name is a file in /run/netns."""
LONGEST_ALIAS: Final = 255
"""Bytes: IFALIASZ less the closing NUL."""
SMALLEST_MTU: Final = 68
LARGEST_MTU: Final = 65535

STAYS: Final = frozenset({"bridge", "bond", "team", "vrf", "openvswitch", "loopback", "hsr", "batadv"})
"""Kinds that the kernel binds to their namespace (netns_immutable, once NETIF_F_NETNS_LOCAL)."""


def check_link_name(draft: Draft, space: NamespaceId, name: str, but_of: Link | None = None) -> None:
    """A name that a link in this namespace can have. Raises Refused."""
    problem = link_name_problem(name)
    where = draft.called(space)
    if problem is not None:
        raise Refused(
            "name-illegal",
            f"{name}: no link can be called so: {problem}",
            f"take up to {LONGEST_LINK_NAME} bytes without a space, a slash, a colon or a %",
            "give it as an altname: these may have 127 bytes",
            kernel="Invalid argument",
        )
    for taken in draft.graph.links_named(name, space):
        if but_of is not None and taken.id == but_of.id and name not in taken.altnames:
            continue
        how = "an altname of " if name in taken.altnames else ""
        free = free_name(draft.graph, space, name)
        raise Refused(
            "name-taken",
            f"{where}/{name}: the name is taken there: it is {how}{draft.called(taken.id)} ({taken.kind})",
            f"take another name: {free} is free",
            kernel="File exists",
        )
    check_not_remembered(draft, space, name, but_of)


def check_not_remembered(draft: Draft, space: NamespaceId, name: str, but_of: Link | None = None) -> None:
    """Nobody will look for this name later, but the runtime whose link it is to be. Raises Refused."""
    for one in draft.surroundings.remembered:
        if (one.namespace, one.name) != (space, name):
            continue
        who = remembered_by(draft, one)
        if who is None or (but_of is not None and is_host_end_of(draft, but_of, who)):
            continue
        raise Refused(
            "name-remembered",
            f"{draft.called(space)}/{name}: {who} remembers this name, and deletes whatever is called so when it stops",
            f"take another name: {free_name(draft.graph, space, name)} is free",
        )


def check_altname(draft: Draft, link: Link, name: str) -> None:
    """One more name that a link can have, and that ip(8) can say. Raises Refused."""
    problem = altname_problem(name)
    if problem is None and ("/" in name or any(char.isspace() for char in name)):
        problem = "the kernel takes it, but ip(8) could neither name nor remove it"
    if problem is not None:
        raise Refused(
            "name-illegal", f"{name}: no altname: {problem}", "take up to 127 bytes without spaces and slashes"
        )
    for taken in draft.graph.links_named(name, link.id.namespace):
        raise Refused(
            "name-taken",
            f"{name}: the name is taken there: it is {draft.called(taken.id)} ({taken.kind})",
            f"take another name: {free_name(draft.graph, link.id.namespace, name)} is free",
            kernel="File exists",
        )


def check_namespace_name(draft: Draft, name: str) -> None:
    """A name that `ip netns` takes. Raises Refused."""
    raw = raw_bytes(name)
    if not raw or len(raw) > LONGEST_FILE_NAME or raw in (b".", b"..") or b"/" in raw or b"\0" in raw:
        raise Refused(
            "name-illegal",
            f"{name}: no namespace can be called so: it is the name of a file in /run/netns",
            f"take up to {LONGEST_FILE_NAME} bytes without a slash",
            kernel="Invalid argument",
        )
    taken = draft.graph.labels.mounts.get(name)
    if taken:
        raise Refused(
            "name-taken", f"{name}: there is a namespace of this name", "take another name", kernel="File exists"
        )


def free_name(graph: Inventory, space: NamespaceId, name: str) -> str:
    """A name like this one that nobody has there: the number at its end is counted up."""
    stem = name.rstrip("0123456789") or "link"
    number = 0
    while True:
        digits = str(number)
        room = LONGEST_LINK_NAME - len(digits)
        tried = raw_bytes(stem)[:room].decode("utf-8", "ignore") + digits
        if tried != name and link_name_problem(tried) is None and not graph.links_named(tried, space):
            return tried
        number += 1


def checked_mac(mac: str) -> str:
    """A MAC that a link may have, in canonical form. Raises Refused."""
    canonical = canonical_mac(mac)
    if canonical is None:
        raise Refused("mac-illegal", f"{mac}: this is no MAC address", "write six bytes: 02:42:ac:11:00:02")
    if canonical == NO_MAC or is_multicast(canonical):
        why = "only zeros" if canonical == NO_MAC else "a group address: the lowest bit of its first byte is set"
        first = int(canonical[:2], 16) & 0xFE | 0x02
        raise Refused(
            "mac-multicast" if canonical != NO_MAC else "mac-illegal",
            f"{canonical}: no link can have this MAC: it is {why}",
            f"take {first:02x}{canonical[2:]}",
            kernel="Cannot assign requested address",
        )
    return canonical


def check_mtu(mtu: int, smallest: int = SMALLEST_MTU) -> None:
    """An MTU that some link may have. Raises Refused."""
    if not smallest <= mtu <= LARGEST_MTU:
        raise Refused(
            "mtu-illegal",
            f"an MTU of {mtu}: it has to be between {smallest} and {LARGEST_MTU} bytes",
            kernel="mtu less than device minimum" if mtu < smallest else "mtu greater than device maximum",
        )


def not_loopback(draft: Draft, link: Link, wish: str, kernel: str | None = None) -> None:
    """The loopback stays as it is. Raises Refused."""
    if link.kind == "loopback":
        raise Refused("loopback", f"{draft.called(link.id)}: the loopback cannot be {wish}", kernel=kernel)


def the_bridge(draft: Draft, bridge: LinkId, space: NamespaceId) -> Link:
    """A bridge that a link in this namespace can be plugged into. Raises Refused."""
    found = draft.link(bridge)
    name = draft.called(bridge)
    if found.kind not in BRIDGE_KINDS:
        raise Refused(
            "not-a-bridge", f"{name}: it is no bridge but of kind {found.kind}", "make one: jackfield add bridge NAME"
        )
    if found.kind == "openvswitch":
        raise Refused("not-a-bridge", f"{name}: its ports are managed by ovs-vsctl", "ovs-vsctl add-port")
    if found.id.namespace != space:
        raise Refused(
            "other-namespace",
            f"{name}: a bridge takes ports of its own namespace, and this one is in {draft.called(found.id.namespace)}",
            f"move the end there first: {typed('move', 'LINK', draft.called(found.id.namespace))}",
        )
    return found


def checked_cidr(cidr: str) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface:
    """An address with its prefix length that a link can have. Raises Refused."""
    try:
        local = ipaddress.ip_interface(cidr)
    except ValueError:
        raise Refused("address-illegal", f"{cidr}: this is no IP address", "write 192.0.2.7/24") from None
    if local.ip.is_multicast or local.ip.is_unspecified:
        raise Refused("address-illegal", f"{cidr}: no link can have this address", "write 192.0.2.7/24")
    if "%" in cidr:
        raise Refused("address-illegal", f"{cidr}: write it without a scope: the link is named beside it")
    return local
