"""Making a link again as it was: after a deletion, after a move, after going down. What cannot come back is named."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from model.ethernet import link_local
from model.identity import UNKNOWN, LinkId
from model.intents import Setting
from model.link import PEERED_KINDS, Address, Bridge, Link, Macvlan
from model.operations import (
    AddBridge,
    AddClsact,
    AddLinkAddress,
    AddLinkAltname,
    AddMacvlan,
    AddNeighbour,
    AddRoute,
    AddVeth,
    Handle,
    Operation,
    RouteSpec,
    SetLinkAlias,
    SetLinkMtu,
    SetLinkUp,
    SetMaster,
    SetPortSettings,
    SetSysctl,
    VethEnd,
)
from model.planning.draft import Draft, with_handles
from model.stage import ETHERNET_MTU, fresh_port

COSTS_OF_SPEEDS: Final = frozenset({0, 1, 2, 4, 5, 19, 100, 250})
"""What the kernel itself gives a port (net/bridge/br_if.c): not worth asking for."""

_PORT_FLAGS: Final = (
    "isolated", "hairpin", "learning", "flood", "mcast_flood", "bcast_flood", "locked", "guard", "root_block",
    "fast_leave",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Doomed:
    """What goes when a link goes: itself, its other end, what stands on them; parents before their children."""

    links: tuple[Link, ...]

    @property
    def ids(self) -> frozenset[LinkId]:
        return frozenset(link.id for link in self.links)


def doomed_with(draft: Draft, link: Link) -> Doomed:
    """Everything that is deleted together with a link."""
    found: dict[LinkId, Link] = {}
    waiting = [link]
    while waiting:
        one = waiting.pop(0)
        if one.id in found:
            continue
        found[one.id] = one
        far = draft.graph.peer(one.id)
        if isinstance(far, Link) and one.kind in PEERED_KINDS:
            waiting.append(far)
        waiting += [child for child in draft.graph.children(one.id) if child.kind not in PEERED_KINDS]
    return Doomed(tuple(found.values()))


def can_be_made(draft: Draft, link: Link) -> bool:
    """Whether we know how to make such a link again."""
    match link.kind:
        case "veth":
            return isinstance(draft.graph.peer(link.id), Link)
        case "macvlan" | "macvtap":
            return isinstance(link.detail, Macvlan) and isinstance(draft.graph.parent(link.id), Link)
        case "bridge":
            return True
    return False


def remade(draft: Draft, doomed: Doomed) -> list[Operation]:
    """All that makes deleted links again. What cannot be made is named as lost."""
    made = tuple(link for link in doomed.links if can_be_made(draft, link))
    for link in doomed.links:
        if link not in made:
            draft.forget(f"{draft.called(link.id)}: a {link.kind} is not made again by jackfield, with its settings")
    new = {link.id: Handle(link.id.namespace, link.name) for link in made}
    operations: list[Operation] = []
    paired: set[LinkId] = set()
    for link in made:
        parent = draft.graph.ends(link.id).parent
        if link.id in paired or (parent in doomed.ids and parent not in new):
            continue
        operations += _make(draft, link, new)
        far = draft.graph.ends(link.id).peer
        if isinstance(far, LinkId):
            paired.add(far)
    operations += dressed(draft, made, new)
    return operations


def dressed(draft: Draft, links: Sequence[Link], new: dict[LinkId, Handle]) -> list[Operation]:
    """What a link gets once it is there again: names, sysctls, masters, addresses, routes, in an order that works."""
    operations: list[Operation] = []
    for link in links:
        operations += [AddLinkAltname(new[link.id], name) for name in link.altnames]
        if link.alias is not None:
            operations.append(SetLinkAlias(new[link.id], link.alias))
        operations += sysctls_again(draft, link, new[link.id])
    for link in links:
        operations += plugged_in(draft, link, new)
        if link.kind == "bridge":
            for port in draft.graph.ports(link.id):
                if port.id not in new:
                    operations += plugged_in(draft, port, new)
    operations += [SetLinkUp(new[link.id], up=True) for link in links if link.up]
    for link in links:
        operations += addressed(draft, link, new[link.id])
    old = {draft.handle(link): new[link.id] for link in links}
    for link in links:
        operations += with_handles(learned(draft, link, new[link.id]), old)
    return operations


def moved_back(draft: Draft, link: Link) -> list[Operation]:
    """What a link lost by its move, once it is back."""
    back = Handle(link.id.namespace, link.name)
    operations = [*sysctls_again(draft, link, back), *plugged_in(draft, link, {link.id: back})]
    if link.up:
        operations.append(SetLinkUp(back, up=True))
    operations += addressed(draft, link, back)
    operations += with_handles(learned(draft, link, back), {draft.handle(link): back})
    return operations


def plugged_in(draft: Draft, link: Link, new: dict[LinkId, Handle]) -> list[Operation]:
    """Into the bridge it was a port of, treated as it was then."""
    master = draft.graph.master(link.id)
    if master is UNKNOWN:
        draft.forget(f"{draft.called(link.id)}: what it was a port of cannot be seen")
    if not isinstance(master, Link):
        return []
    handle = new.get(link.id, draft.handle(link))
    operations: list[Operation] = [SetMaster(handle, new.get(master.id, draft.handle(master)))]
    settings = port_settings(link)
    if settings:
        operations.append(SetPortSettings(handle, settings))
    forwarding = draft.belongings(link.id).forwarding
    return [*operations, *with_handles(forwarding, {draft.handle(link): handle})] if link.id not in new else operations


def port_settings(link: Link) -> tuple[Setting, ...]:
    """What is not as a bridge makes it by itself."""
    if link.port is None:
        return ()
    fresh = fresh_port(link, link)
    changed: list[Setting] = [
        (name, getattr(link.port, name)) for name in _PORT_FLAGS if getattr(link.port, name) != getattr(fresh, name)
    ]
    if link.port.cost not in COSTS_OF_SPEEDS or (link.kind == "veth" and link.port.cost > fresh.cost):
        changed.append(("cost", link.port.cost))
    if link.port.priority not in (0, fresh.priority):
        changed.append(("priority", link.port.priority))
    return tuple(changed)


def addressed(draft: Draft, link: Link, handle: Handle, families: Iterable[int] = (4, 6)) -> list[Operation]:
    """Its addresses, but for those that come by themselves."""
    told = draft.belongings(link.id).addresses
    if told is not None:
        return [
            *with_handles(
                [one for one in told if isinstance(one, AddLinkAddress) and (6 if ":" in one.cidr else 4) in families],
                {draft.handle(link): handle},
            )
        ]
    wanted = [address for address in draft.graph.addresses(link.id) if address.family in families]
    operations: list[Operation] = []
    for address in wanted:
        if comes_by_itself(link, address):
            continue
        if address.family == 6 and "temporary" in address.flags:
            draft.forget(f"{draft.called(link.id)}: its temporary address {address.cidr}")
            continue
        operations.append(address_again(handle, address))
    return operations


def comes_by_itself(link: Link, address: Address) -> bool:
    """The link-local address that follows from the MAC of a link that is up, and the loopback's own."""
    if link.kind == "loopback":
        return address.text in ("127.0.0.1", "::1")
    return link.up and address.family == 6 and address.text == link_local(link.mac) and address.prefix_length == 64


def address_again(handle: Handle, address: Address) -> AddLinkAddress:
    """The request that brings this address."""
    kept = tuple(flag for flag in address.flags if flag == "noprefixroute")
    return AddLinkAddress(handle, address.cidr, address.peer, address.scope, kept)


def learned(draft: Draft, link: Link, handle: Handle) -> list[Operation]:
    """Routes over it, static FDB entries, permanent neighbours, clsact. What has no request is named as lost."""
    has = draft.belongings(link.id)
    name = draft.called(link.id)
    for one in has.lost:
        draft.forget(f"{name}: {one}")
    if has.unread is not None:
        draft.forget(f"{name}: its routes, FDB entries, sysctls and filters: they cannot be read: {has.unread}")
    operations = [*routes_again(draft, link), *has.forwarding, *neighbours_again(draft, link)]
    if has.clsact:
        operations.append(AddClsact(handle))
    return operations


def routes_again(draft: Draft, link: Link, families: Iterable[int] = (4, 6)) -> list[Operation]:
    """Routes over it: gateways last, as they have to be reachable first."""
    routes = [route for route in draft.belongings(link.id).routes if route.family in families]
    return [AddRoute(route) for route in sorted(routes, key=_has_gateway)]


def _has_gateway(route: RouteSpec) -> bool:
    return any(hop.gateway is not None for hop in route.hops)


def neighbours_again(draft: Draft, link: Link, families: Iterable[int] = (4, 6)) -> list[Operation]:
    """Permanent neighbours: they, too, go when a link goes down, gets another MAC, or loses its last address."""
    return [
        one
        for one in draft.belongings(link.id).neighbours
        if isinstance(one, AddNeighbour) and (6 if ":" in one.address else 4) in families
    ]


def sysctls_again(
    draft: Draft, link: Link, handle: Handle, families: Iterable[str] = ("ipv4", "ipv6")
) -> list[Operation]:
    """Those that are not as a new link gets them."""
    told = draft.belongings(link.id).sysctls
    return [SetSysctl(handle, family, key, value) for family, key, value in told if family in families]


def _make(draft: Draft, link: Link, new: dict[LinkId, Handle]) -> list[Operation]:
    far = draft.graph.peer(link.id)
    if link.kind == "veth" and isinstance(far, Link):
        mtu = None if link.mtu == far.mtu == ETHERNET_MTU else link.mtu
        made: Operation = AddVeth(_end(draft, link), _end(draft, far), mtu)
        return [made] if link.mtu == far.mtu else [made, SetLinkMtu(new[far.id], far.mtu)]
    asked = draft.handle(link).ifindex
    if isinstance(link.detail, Macvlan):
        parent = draft.graph.parent(link.id)
        assert isinstance(parent, Link)  # noqa: S101  can_be_made() has seen it
        handle = new.get(parent.id, draft.handle(parent))
        made = AddMacvlan(
            handle, link.id.namespace, link.name, link.detail.mode, link.kind, link.mac, link.detail.sources, asked
        )
        return [made] if link.mtu == parent.mtu else [made, SetLinkMtu(new[link.id], link.mtu)]
    made = AddBridge(link.id.namespace, link.name, link.mac or draft.fresh_mac(), bridge_settings(link), asked)
    narrowest = min((port.mtu for port in draft.graph.ports(link.id)), default=ETHERNET_MTU)
    return [made] if link.mtu == narrowest else [made, SetLinkMtu(new[link.id], link.mtu)]


def bridge_settings(link: Link) -> tuple[Setting, ...]:
    """What is not as in a new bridge."""
    usual = Bridge()
    detail = link.detail if isinstance(link.detail, Bridge) else usual
    return tuple(
        (name, getattr(detail, name))
        for name in ("stp", "vlan_filtering", "ageing_s", "forward_delay_s", "priority", "multicast_snooping")
        if getattr(detail, name) != getattr(usual, name)
    )


def _end(draft: Draft, link: Link) -> VethEnd:
    return VethEnd(link.id.namespace, link.name, link.mac, draft.handle(link).ifindex)
