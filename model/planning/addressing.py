"""IP addresses."""

from ipaddress import IPv4Interface, ip_interface

from model.intents import AddAddress, DeleteAddress
from model.link import Address, Link
from model.operations import AddLinkAddress, DropLinkAddress, Operation
from model.planning.draft import Draft, Refused, typed
from model.planning.restoring import address_again, addressed, neighbours_again, routes_again
from model.planning.rules import checked_cidr
from model.planning.runtimes import ask_for_inside, leave_cni_alone
from model.planning.segment import on_segment, segment_of
from model.stage import SMALLEST_IPV6_MTU


def add_address(draft: Draft, wish: AddAddress) -> None:
    """One more address."""
    link = draft.link(wish.link)
    local = checked_cidr(wish.cidr)
    cidr, text = f"{local.ip}/{local.network.prefixlen}", str(local.ip)
    held = draft.graph.addresses(link.id)
    if any(address.cidr == cidr and address.peer is None for address in held):
        return
    leave_cni_alone(draft, link)
    name = draft.called(link.id)
    if local.version == 6 and link.mtu < SMALLEST_IPV6_MTU and link.kind != "loopback":
        raise Refused(
            "ipv6-mtu",
            f"{name}: IPv6 needs an MTU of {SMALLEST_IPV6_MTU}, and it has {link.mtu}",
            f"first: {typed('mtu', name, str(SMALLEST_IPV6_MTU))}",
            kernel="Invalid argument",
        )
    if local.version == 6 and any(address.text == text for address in held):
        raise Refused(
            "address-taken",
            f"{name}: it has {text} already, with another prefix length",
            f"first: {typed('address', 'del', name, text)}",
            kernel="ipv6: address already assigned.",
        )
    scope = "link" if local.ip.is_link_local else "host" if local.ip.is_loopback else "global"
    if isinstance(local, IPv4Interface) and scope == "link":
        scope = "global"  # as ip-address(8) does: 169.254.0.0/16 is like any other
    handle = draft.handle(link)
    draft.step(AddLinkAddress(handle, cidr, scope=scope), DropLinkAddress(handle, cidr))
    _warn(draft, link, text)


def _warn(draft: Draft, link: Link, text: str) -> None:
    segment = segment_of(draft.graph, link)
    near = {one.id for one in on_segment(draft.graph, segment)} if segment is not None else set()
    for other in draft.graph.links_by_address(text):
        if other.id == link.id:
            continue
        if other.id in near or other.id.namespace == link.id.namespace:
            draft.mind(f"{draft.called(other.id)} has {text} too", "address-twice")
    if link.master:
        bridge = draft.graph.master(link.id)
        where = draft.called(bridge.id) if isinstance(bridge, Link) else "its master"
        draft.mind(f"it is a port: nobody answers there; give the address to {where}", "address-on-port")
    if not link.up:
        draft.mind(f"{draft.called(link.id)} is DOWN", "link-down")


def delete_address(draft: Draft, wish: DeleteAddress) -> None:
    """One address less; what the kernel takes with it is said."""
    link = draft.link(wish.link)
    address = _meant(draft, link, wish.cidr)
    leave_cni_alone(draft, link)
    ask_for_inside(draft, link, f"taking {address.cidr} from it")
    handle = draft.handle(link)
    following = _secondaries(draft, link, address)
    undo: list[Operation] = []
    if following and draft.knob(link.id, "ipv4", "promote_secondaries") == "1":
        undo += [DropLinkAddress(handle, one.cidr, one.peer) for one in following]
    elif following:
        draft.mind(
            f"{', '.join(one.cidr for one in following)} may go with it: secondary addresses of the same network"
            " (sysctl promote_secondaries)",
            "secondaries",
        )
    undo += _again(draft, link, (address, *following))
    undo += [*routes_again(draft, link), *neighbours_again(draft, link)]
    draft.step(DropLinkAddress(handle, address.cidr, address.peer), *undo)
    behind = _primaries_behind(draft, link, address)
    if behind:
        later = ", ".join(one.cidr for one in behind)
        draft.mind(f"taken back, it comes after {later}: the order may decide which one is sent from", "address-order")
    if "dynamic" in address.flags or "permanent" not in address.flags:
        draft.depends("who gave it this address (a DHCP client, a router) may give it again", "address-dynamic")


def _again(draft: Draft, link: Link, wanted: tuple[Address, ...]) -> list[Operation]:
    """As the kernel had it, where that was read."""
    handle = draft.handle(link)
    told = {
        (one.cidr, one.peer): one
        for one in (addressed(draft, link, handle) if draft.belongings(link.id).addresses is not None else [])
        if isinstance(one, AddLinkAddress)
    }
    return [told.get((one.cidr, one.peer), address_again(handle, one)) for one in wanted]


def _meant(draft: Draft, link: Link, text: str) -> Address:
    held = draft.graph.addresses(link.id)
    try:
        local = ip_interface(text)
    except ValueError:
        raise Refused("address-illegal", f"{text}: this is no IP address", "write 192.0.2.7/24") from None
    found = [one for one in held if one.text == str(local.ip)]
    if "/" in text:
        found = [one for one in found if one.prefix_length == local.network.prefixlen]
    if len(found) == 1:
        return found[0]
    name = draft.called(link.id)
    has = ", ".join(one.cidr for one in held)
    if not found:
        raise Refused(
            "no-such-address",
            f"{name}: it has no address {text}",
            f"it has: {has}" if has else "it has none",
            kernel="Cannot assign requested address",
        )
    raise Refused("address-ambiguous", f"{name}: several addresses are {text}: {has}", "write the prefix length, too")


def _secondaries(draft: Draft, link: Link, address: Address) -> tuple[Address, ...]:
    """Of a primary IPv4 address: those of the same network that came after it."""
    if address.family != 4 or "secondary" in address.flags:
        return ()
    network = ip_interface(address.cidr).network
    return tuple(
        one
        for one in draft.graph.addresses(link.id)
        if one.family == 4 and "secondary" in one.flags and ip_interface(one.cidr).network == network
    )


def _primaries_behind(draft: Draft, link: Link, address: Address) -> tuple[Address, ...]:
    """Of a primary IPv4 address: those that it stands before, and would stand behind (devinet.c, __inet_insert_ifa)."""
    if address.family != 4 or "secondary" in address.flags:
        return ()
    held = [one for one in draft.graph.addresses(link.id) if one.family == 4 and "secondary" not in one.flags]
    return tuple(one for one in held[held.index(address) + 1 :] if one.scope == address.scope)
