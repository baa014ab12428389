"""What a verdict on layer 2 means for IP, where that is cheap to tell and certain. A sentence, or nothing."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_interface, ip_network
from typing import Final, NamedTuple

from model.conditions import Conditions, Stage
from model.guard import Guard
from model.guard_words import allowed, guard_over
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.layer2 import is_guest
from model.link import Address
from model.reach_words import called
from model.reachability import verdict
from model.tables import Route
from model.verdict import Reachable

_FAMILIES: Final = (4, 6)


def layer3(graph: Inventory, around: Conditions, one: LinkId, other: LinkId, wired: Reachable) -> str | None:
    """How IP gets from one to the other, given what layer 2 says. None: nothing certain can be said."""
    near, far = _usable(graph, around, one), _usable(graph, around, other)
    for end, addresses in ((one, near), (other, far)):
        link = graph.link(end)
        if link is not None and is_guest(graph, link):
            return f"IP: unknown: the addresses behind {called(graph, end)} are not ours to see"
        if not addresses:
            refused = " that its guard lets pass" if _guard_of(graph, around, end) is not None else ""
            return f"IP: {called(graph, end)} has no address{refused}"
    if wired is Reachable.YES:
        shared = next(_shared(near, far), None)
        if shared is not None:
            return f"IP: both are in {shared}"
        if all(any(address.scope == "link" for address in addresses) for addresses in (near, far)):
            return "IP: no subnet in common, only IPv6 link-local addresses (fe80::...%LINK)"
    return _routed(graph, around, one, other)


def _usable(graph: Inventory, around: Conditions, link: LinkId) -> tuple[Address, ...]:
    dead = {"tentative", "dadfailed"}
    usable = tuple(address for address in graph.addresses(link) if not dead & set(address.flags))
    guard = _guard_of(graph, around, link)
    return usable if guard is None else tuple(one for one in usable if one.text in allowed(guard))


def _guard_of(graph: Inventory, around: Conditions, link: LinkId) -> Guard | None:
    peer = graph.ends(link).peer
    return guard_over(around, peer) if isinstance(peer, LinkId) else None


def _shared(near: tuple[Address, ...], far: tuple[Address, ...]) -> Iterator[str]:
    """Subnets that both are in, by both their prefixes."""
    for one in near:
        for other in far:
            if one.family == other.family and "link" not in (one.scope, other.scope):
                mine, theirs = ip_interface(one.cidr), ip_interface(other.cidr)
                if mine.ip in theirs.network and theirs.ip in mine.network:
                    yield str(mine.network)


class _Passage(NamedTuple):
    """How packets pass a router."""

    space: NamespaceId
    enters: LinkId
    leaves: LinkId


def _routed(graph: Inventory, around: Conditions, one: LinkId, other: LinkId) -> str | None:
    for family in _FAMILIES:
        there = _passage(graph, around, one, other, family)
        back = _passage(graph, around, other, one, family)
        if there is None or back is None or there.space != back.space:
            continue
        filters = around.filters.get(there.space)
        forwards = None if filters is None else filters.forwards_ipv4 if family == 4 else filters.forwards_ipv6
        way = f"{called(graph, there.enters)} to {called(graph, there.leaves)}"
        if filters is None or forwards is None:
            return None
        if not forwards:
            return f"IPv{family}: their routes meet at {way}, but forwarding is off there"
        forward = (
            hook for hook in filters.hooks if hook.chain == "forward" and hook.stage in (Stage.IP, Stage.BRIDGED_IP)
        )
        refused = next(forward, None)
        return f"IPv{family}: routed, from {way}" + ("" if refused is None else ", where a filter may refuse it")
    return None


def _passage(graph: Inventory, around: Conditions, one: LinkId, other: LinkId, family: int) -> _Passage | None:
    """Over the gateway of one's route to the other, which has the other on a link of its own."""
    target = next(
        (
            address.text
            for address in _usable(graph, around, other)
            if address.family == family and address.scope == "global"
        ),
        None,
    )
    route = None if target is None else _route(around, one.namespace, target, family)
    if target is None or route is None or route.gateway is None or route.ifindex != one.ifindex:
        return None
    gateways = [link for link in graph.links_by_address(route.gateway) if link.id.namespace != one.namespace]
    if len(gateways) != 1:
        return None
    enters = gateways[0].id
    onward = _route(around, enters.namespace, target, family)
    if onward is None or onward.gateway is not None or onward.ifindex is None:
        return None
    leaves = LinkId(enters.namespace, onward.ifindex)
    if graph.link(leaves) is None:
        return None
    legs = ((one, enters), (leaves, other))
    if any(verdict(graph, around, near, far).wired is not Reachable.YES for near, far in legs):
        return None
    return _Passage(enters.namespace, enters, leaves)


def _route(around: Conditions, space: NamespaceId, target: str, family: int) -> Route | None:
    """The longest prefix of the main table, then the lowest metric; None too where nobody looked."""
    tables = around.tables.get(space)
    address = ip_address(target)
    found = [
        route
        for route in (() if tables is None else tables.routes)
        if route.family == family and route.table == 254 and (length := _length(route)) >= 0
        if length == 0 or address in ip_network(route.destination, strict=False)
    ]
    best = min(found, key=lambda route: (-_length(route), route.metric), default=None)
    return best if best is not None and best.kind == "unicast" else None


def _length(route: Route) -> int:
    return 0 if route.destination == "default" else int(route.destination.rpartition("/")[2])
