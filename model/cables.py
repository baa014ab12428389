"""What is plugged into what: every link as a rail, the outside of a rail, or an end of exactly one cable.

A rail is a bridge or the parent of macvlans. A cable leads to the one who lives at its inside end: a namespace, a VM.
Only the structure is here; what is written on it (model.row_words) changes more often than it does.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple

from model.ends import Ends
from model.identity import UNKNOWN, LinkId, NamespaceId
from model.inventory import Inventory
from model.link import PEERED_KINDS, Link, Tun

BRIDGE_KINDS: Final = frozenset({"bridge", "openvswitch"})
CHILD_KINDS: Final = frozenset({"macvlan", "macvtap", "ipvlan", "ipvtap"})
"""Kinds that stand on a parent as on a switch: the parent is their rail."""
BUNDLE_KINDS: Final = frozenset({"bond", "team"})
DEAD_END_KINDS: Final = frozenset({"dummy", "ifb", "nlmon", "vcan"})
FALLBACK_TUNNELS: Final = frozenset(
    {"tunl0", "sit0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0", "ip6tnl0", "ip6gre0"}
)
"""The kernel puts them into every namespace, down, once their module is loaded (fb_tunnels_only_for_init_net)."""


class Plug(Enum):
    """What the left end of a cable is."""

    PORT = "port"
    """Its host end is a port of the rail."""
    CHILD = "child"
    """A macvlan: it stands on the rail."""
    LOOSE = "loose"
    """Its host end is on no bridge."""
    DIRECT = "direct"
    """The other end is in another namespace, which has a row for it."""
    OUTSIDE = "outside"
    """The outside itself: a NIC, a bond, a tunnel."""
    BARE = "bare"
    """There is no other end: a dummy, a vlan ..."""
    UNKNOWN = "unknown"
    """The other end is hidden from us."""
    EMPTY = "empty"
    """A namespace without a link."""


class Inhabitant(NamedTuple):
    """Who lives at the inside end; both empty: we cannot tell, or nobody does."""

    namespace: NamespaceId | None = None
    pid: int = 0
    """The process that holds the tap: a VM."""


NOBODY: Final = Inhabitant()

Order = tuple[int, int, str, int]
"""Where a cable stands among others of its rack; it stays the same as long as the cable does."""


class Cable(NamedTuple):
    """One row of the map."""

    id: LinkId | NamespaceId
    """The inside end where it is known, else the host end; the namespace, where it has no link."""
    plug: Plug
    rail: LinkId | None
    host_end: LinkId | None
    inside: LinkId | None
    inhabitant: Inhabitant
    order: Order
    far: LinkId | None = None
    """DIRECT: the other end. It has a row of its own."""


class Uplink(NamedTuple):
    """A link through which a rail leads outside."""

    link: LinkId
    elsewhere: bool = False
    """The link has a row of its own, too."""


class Plugged(NamedTuple):
    """What becomes of one link: a cable, the outside of a rail, a part of a bundle, or nothing of its own."""

    cable: Cable | None = None
    rail: LinkId | None = None
    uplink: Uplink | None = None
    """Of that rail."""
    bundle: LinkId | None = None
    """The bond whose NIC it is."""


_NOT_ALONE: Final = Plugged()
"""Its other end speaks for it."""


@dataclass(slots=True)
class Wiring:
    """All of it."""

    rails: dict[LinkId, None] = field(default_factory=dict)
    cables: list[Cable] = field(default_factory=list)
    uplinks: dict[LinkId, list[Uplink]] = field(default_factory=dict)
    members: dict[LinkId, list[LinkId]] = field(default_factory=dict)
    """The NICs of a bond."""


def wire_up(graph: Inventory) -> Wiring:
    """Give every link that is worth a look its place. Links of the same graph give the same wiring."""
    claims = {claim for link in graph.links() if (claim := rail_claimed(graph, link)) is not None}
    wiring = Wiring(rails=in_order_of_age(graph, claims))
    inhabited = set()
    for link in graph.links():
        if is_left_out(link):
            continue
        inhabited.add(link.id.namespace)
        plugged = plug_in(graph, wiring.rails, link)
        if plugged.cable is not None:
            wiring.cables.append(plugged.cable)
        if plugged.rail is not None and plugged.uplink is not None:
            wiring.uplinks.setdefault(plugged.rail, []).append(plugged.uplink)
        if plugged.bundle is not None:
            wiring.members.setdefault(plugged.bundle, []).append(link.id)
    for namespace in graph.namespaces():
        if namespace.id not in inhabited and not namespace.home:
            wiring.cables.append(empty(namespace.id))
    for uplinks in wiring.uplinks.values():
        uplinks.sort(key=by_age)
    for members in wiring.members.values():
        members.sort()
    return wiring


def is_left_out(link: Link) -> bool:
    """Every namespace has it, and it leads nowhere."""
    return link.kind == "loopback" or (link.name in FALLBACK_TUNNELS and not link.up)


def rail_claimed(graph: Inventory, link: Link) -> LinkId | None:
    """The rail that there is because of this link: itself, or what it stands on."""
    if link.kind in BRIDGE_KINDS:
        return link.id
    parent = graph.ends(link.id).parent if link.kind in CHILD_KINDS else None
    return parent if isinstance(parent, LinkId) else None


def in_order_of_age(graph: Inventory, rails: Iterable[LinkId]) -> dict[LinkId, None]:
    """The host's rails first, then the oldest."""
    home = graph.home
    return dict.fromkeys(sorted(rails, key=lambda rail: (rail.namespace != home, *_by_namespace(rail))))


def by_age(uplink: Uplink) -> tuple[int, LinkId]:
    """The order of uplinks."""
    return (uplink.link.ifindex, uplink.link)


def plug_in(graph: Inventory, rails: Container[LinkId], link: Link) -> Plugged:
    """What becomes of a link beside these rails: it depends on its ends and theirs, on no other link."""
    ends = graph.ends(link.id)
    if link.kind in PEERED_KINDS:
        return _plug_pair(graph, rails, link, ends)
    if link.kind in CHILD_KINDS:
        return _plug_child(graph, rails, link, ends)
    if link.kind in BRIDGE_KINDS:
        return _NOT_ALONE
    return _plug_other(graph, rails, link, ends)


def is_tap(link: Link) -> bool:
    """A tun device that carries frames: the cable of a VM."""
    return isinstance(link.detail, Tun) and link.detail.mode == "tap"


def _rail_of(rails: Container[LinkId], ends: Ends) -> LinkId | None:
    """The bridge that a link is a port of."""
    return ends.master if isinstance(ends.master, LinkId) and ends.master in rails else None


def _own_rail(rails: Container[LinkId], link: LinkId, ends: Ends) -> LinkId | None:
    """The rail that an end of a cable is plugged into; or that it is, where macvlans stand on it."""
    return _rail_of(rails, ends) or (link if link in rails else None)


# The kinds of cable


def _plug_pair(graph: Inventory, rails: Container[LinkId], link: Link, ends: Ends) -> Plugged:
    """A veth: one row for both ends, told from the inside end; a row each, where neither end is nearer to a rail."""
    rail, peer = _own_rail(rails, link.id, ends), ends.peer
    if not isinstance(peer, LinkId):
        return Plugged(_half(graph, link, rail))
    if rail is not None and link.id.namespace == graph.home != peer.namespace:
        return _NOT_ALONE
    far_rail = _own_rail(rails, peer, graph.ends(peer))
    mine, theirs = _nearness(graph, link.id, rail), _nearness(graph, peer, far_rail)
    inhabitant = Inhabitant(link.id.namespace)
    if mine[0] == theirs[0] == _FARTHEST:
        order = _inside_order(link.id)
        return Plugged(Cable(link.id, Plug.DIRECT, None, None, link.id, inhabitant, order, far=peer))
    if mine < theirs:
        return _NOT_ALONE
    plug = Plug.LOOSE if far_rail is None else Plug.PORT
    cable = Cable(link.id, plug, far_rail, peer, link.id, inhabitant, _port_order(peer))
    return Plugged(cable, rail, None if rail is None else Uplink(link.id, elsewhere=True))


_FARTHEST = 3


def _nearness(graph: Inventory, link: LinkId, rail: LinkId | None) -> tuple[int, int, str, int]:
    """Which end of a cable is its host end: the one with the lower value."""
    at_home = link.namespace == graph.home
    if rail is not None:
        return (0 if at_home else 1, *_by_namespace(link))
    return (2 if at_home else _FARTHEST, *_by_namespace(link))


def _half(graph: Inventory, link: Link, rail: LinkId | None) -> Cable:
    """A veth whose other end we do not know."""
    if rail is not None or link.id.namespace == graph.home:
        plug = Plug.LOOSE if rail is None else Plug.PORT
        return Cable(link.id, plug, rail, link.id, None, NOBODY, _port_order(link.id))
    return Cable(link.id, Plug.UNKNOWN, None, None, link.id, Inhabitant(link.id.namespace), _inside_order(link.id))


def _plug_child(graph: Inventory, rails: Container[LinkId], link: Link, ends: Ends) -> Plugged:
    """A macvlan: its parent is its rail, wherever that is. A macvtap may be a VM's."""
    parent = ends.parent if isinstance(ends.parent, LinkId) else None
    plug = Plug.UNKNOWN if ends.parent is UNKNOWN else Plug.BARE if parent is None else Plug.CHILD
    holder = graph.holder(link.id)
    if holder is None:
        cable = Cable(link.id, plug, parent, None, link.id, Inhabitant(link.id.namespace), _inside_order(link.id))
    else:
        inhabitant = Inhabitant(None, holder.pid)
        cable = Cable(link.id, plug, parent, link.id, None, inhabitant, _inside_order(link.id))
    rail = _rail_of(rails, ends)
    return Plugged(cable, rail, None if rail is None else Uplink(link.id, elsewhere=True))


def _plug_other(graph: Inventory, rails: Container[LinkId], link: Link, ends: Ends) -> Plugged:
    """NICs, bonds, tunnels, vlans, taps, dummies."""
    rail = _rail_of(rails, ends)
    if link.id in rails:
        return _NOT_ALONE if link.kind in DEAD_END_KINDS else Plugged(None, link.id, Uplink(link.id))
    if is_tap(link):
        return Plugged(_tap(graph, link, rail))
    if rail is not None and link.kind in DEAD_END_KINDS:
        return Plugged(Cable(link.id, Plug.PORT, rail, link.id, None, NOBODY, _port_order(link.id)))
    if rail is not None:
        return Plugged(None, rail, Uplink(link.id))
    if isinstance(ends.master, LinkId) and _is_bundle(graph, ends.master):
        return Plugged(bundle=ends.master)
    is_bare = link.kind in DEAD_END_KINDS or ends.parent is not None
    plug, order = (Plug.BARE, _inside_order) if is_bare else (Plug.OUTSIDE, _outside_order)
    inhabitant = Inhabitant(link.id.namespace)
    return Plugged(Cable(link.id, plug, None, None, link.id, inhabitant, order(link.id)))


def _tap(graph: Inventory, link: Link, rail: LinkId | None) -> Cable:
    holder = graph.holder(link.id)
    inhabitant = NOBODY if holder is None else Inhabitant(None, holder.pid)
    plug = Plug.LOOSE if rail is None else Plug.PORT
    return Cable(link.id, plug, rail, link.id, None, inhabitant, _port_order(link.id))


def _is_bundle(graph: Inventory, master: LinkId) -> bool:
    link = graph.link(master)
    return link is not None and link.kind in BUNDLE_KINDS


def empty(namespace: NamespaceId) -> Cable:
    """The row of a namespace without a link."""
    order = (3, *_by_namespace(LinkId(namespace, 0)))
    return Cable(namespace, Plug.EMPTY, None, None, None, Inhabitant(namespace), order)


# Order


def _outside_order(outside: LinkId) -> Order:
    return (0, *_by_namespace(outside))


def _port_order(host_end: LinkId) -> Order:
    """Ports stand in the order in which the kernel made them."""
    return (1, host_end.ifindex, host_end.namespace, 0)


def _inside_order(inside: LinkId) -> Order:
    return (2, *_by_namespace(inside))


def _by_namespace(link: LinkId) -> tuple[int, str, int]:
    """`n9` before `n10`: ids that are counted up sort by their age."""
    return (len(link.namespace), link.namespace, link.ifindex)
