"""Telling the neighbours by gratuitous ARP and unsolicited NA: bridges and switches learn from it where a MAC is.

The kernel sends them when a link's MAC is set, also to the one that it has, where arp_notify and ndisc_notify are on
(inetdev_event in net/ipv4/devinet.c, ndisc_netdev_event in net/ipv6/ndisc.c).
"""

from model.link import Link
from model.operations import Operation, SetLinkMac, SetSysctl
from model.planning.draft import Draft
from model.planning.restoring import neighbours_again

_KNOBS = ((4, "ipv4", "arp_notify"), (6, "ipv6", "ndisc_notify"))


def turned_on(draft: Draft, link: Link) -> list[tuple[SetSysctl, SetSysctl]]:
    """What makes the kernel announce a link, each with its opposite; nothing where it does so anyway."""
    families = {address.family for address in draft.graph.addresses(link.id)} if link.up else set()
    handle = draft.handle(link)
    found = []
    for family, protocol, key in _KNOBS:
        before = draft.knob(link.id, protocol, key) or "0"
        if family in families and before == "0":
            found.append((SetSysctl(handle, protocol, key, "1"), SetSysctl(handle, protocol, key, before)))
    return found


def who_is_behind(draft: Draft, port: Link) -> Link | None:
    """The other end of a port's cable, where it can be made to announce itself: it has a stack that we may enter."""
    far = draft.graph.peer(port.id)
    if not isinstance(far, Link) or far.mac is None or not far.up or far.master or not draft.graph.addresses(far.id):
        return None
    space = draft.graph.namespace(far.id.namespace)
    return far if space is not None and space.readable else None


def announcement(draft: Draft, link: Link) -> tuple[Operation, ...]:
    """The MAC that it has, once more. The kernel then forgets its permanent neighbours: they are given back."""
    if link.mac is None:
        return ()
    return (SetLinkMac(draft.handle(link), link.mac), *neighbours_again(draft, link))
