"""Segments: the links that frames may pass between, as a tree, and who on it has a stack of its own.

Two segments have nothing to do with each other, unless they meet outside. A second way between two places, on which
both ends forward, is a loop: it is told, not walked.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from model.cables import BRIDGE_KINDS, BUNDLE_KINDS, FALLBACK_TUNNELS, is_tap
from model.identity import UNKNOWN, LinkId
from model.inventory import Inventory
from model.link import PEERED_KINDS, Link

MACVLAN_KINDS: Final = frozenset({"macvlan", "macvtap"})
CARRIED_KINDS: Final = MACVLAN_KINDS | {"vlan", "ipvlan", "ipvtap", "macsec"}
"""Kinds whose frames go out through their parent as they are, or with a tag. A vxlan's do not: it is a tunnel."""
SWITCH_KINDS: Final = BRIDGE_KINDS | BUNDLE_KINDS
"""Masters that take their ports' frames. A vrf leaves them to the port's own stack."""
SILENT_KINDS: Final = frozenset({"loopback", "ifb", "nlmon", "vcan", "can"})
SELF_CONTAINED_KINDS: Final = frozenset({"dummy", "ifb", "nlmon"})
"""What is sent there goes nowhere."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A connected part of layer 2, hung up at one of its links."""

    root: LinkId
    above: Mapping[LinkId, LinkId]
    """The next link on the way to the root, for each link of the segment but the root."""
    depth: Mapping[LinkId, int]
    endpoints: tuple[LinkId, ...]
    """Those with a stack of their own, sorted."""
    outsides: tuple[LinkId, ...]
    """Links through which it leads to where we cannot look: NICs, tunnels, cables to a hidden end."""
    mirrors: tuple[LinkId, ...]
    """Ports with hairpin that look towards the root, and outsides under a macvlan: frames may come back from there."""
    loop: tuple[LinkId, LinkId] | None = None
    """A connection that closes a loop."""

    def way(self, one: LinkId, other: LinkId) -> tuple[LinkId, ...]:
        """The links from one to the other, both included."""
        up, down = [one], [other]
        while up[-1] != down[-1]:
            if self.depth[up[-1]] >= self.depth[down[-1]]:
                up.append(self.above[up[-1]])
            else:
                down.append(self.above[down[-1]])
        return (*up, *reversed(down[:-1]))

    def to_root(self, link: LinkId) -> Iterator[LinkId]:
        """The link, then all above it."""
        at: LinkId | None = link
        while at is not None:
            yield at
            at = self.above.get(at)


def is_endpoint(graph: Inventory, link: Link) -> bool:
    """Whether somebody lives on it: a stack of its own, or the guest behind a tap that is a port."""
    if link.mac is None or link.kind in SILENT_KINDS or (link.name in FALLBACK_TUNNELS and not link.up):
        return False
    return (
        not link.master or link.master_kind == "vrf" or _masters_kind(graph, link) not in SWITCH_KINDS or is_tap(link)
    )


def is_port(graph: Inventory, link: Link) -> bool:
    """Whether a bridge, bond ... takes its frames."""
    return bool(link.master) and _masters_kind(graph, link) in SWITCH_KINDS


def is_guest(graph: Inventory, link: Link) -> bool:
    """Whether the end is meant that is behind a tap: the tap itself is a port. The guest's MAC is not the tap's."""
    return is_tap(link) and is_port(graph, link)


def _masters_kind(graph: Inventory, link: Link) -> str:
    """What a port itself tells, else what its master is; a master that we have not seen is taken for a bridge."""
    if link.master_kind is not None:
        return link.master_kind
    master = graph.link(link.master_id) if link.master_id is not None else None
    return "bridge" if master is None else master.kind


def children_of(graph: Inventory, link: LinkId) -> tuple[Link, ...]:
    """What sends through it: macvlans, vlans ..."""
    return tuple(child for child in graph.children(link) if child.kind in CARRIED_KINDS)


def neighbours(graph: Inventory, link: Link) -> Iterator[LinkId]:
    """Every link to which frames may pass from this one, in one step."""
    ends = graph.ends(link.id)
    if isinstance(ends.peer, LinkId):
        yield ends.peer
    if isinstance(ends.master, LinkId) and is_port(graph, link):
        yield ends.master
    if isinstance(ends.parent, LinkId) and link.kind in CARRIED_KINDS:
        yield ends.parent
    if link.kind in SWITCH_KINDS:
        yield from (port.id for port in graph.ports(link.id))
    yield from (child.id for child in children_of(graph, link.id))


def is_outside(graph: Inventory, link: Link) -> bool:
    """Whether frames leave through it to where we cannot look."""
    ends = graph.ends(link.id)
    if link.kind in PEERED_KINDS:
        return ends.peer is UNKNOWN
    if link.kind in CARRIED_KINDS:
        return ends.parent is UNKNOWN
    return link.kind not in SWITCH_KINDS | SELF_CONTAINED_KINDS | SILENT_KINDS | {"tun"}


class Spot(NamedTuple):
    """A link, and what is to be known of it alone."""

    link: Link
    beside: tuple[LinkId, ...]
    is_end: bool
    is_outside: bool


def is_uplink(link: Link) -> bool:
    """Whether an outside is one that somebody plugged in: a NIC, a tunnel; not a cable's or a macvlan's hidden end."""
    return link.kind not in PEERED_KINDS | CARRIED_KINDS


Spots = dict[LinkId, Spot]


def spot_of(graph: Inventory, link: Link) -> Spot:
    """Look at one link."""
    return Spot(link, tuple(neighbours(graph, link)), is_endpoint(graph, link), is_outside(graph, link))


def segments_of(
    graph: Inventory, links: Iterable[LinkId], known: Spots | None = None
) -> Iterator[tuple[Segment, Spots]]:
    """The segments that these links are in, each once, with all their links. `known` is believed, and added to."""
    seen: set[LinkId] = set()
    for link in links:
        if link in seen or graph.link(link) is None:
            continue
        found = _component(graph, link, {} if known is None else known)
        seen.update(found)
        yield _hung_up(graph, found), found


def segment_of(graph: Inventory, link: LinkId) -> Segment:
    """The segment that a link is in. Raises KeyError where there is no such link."""
    found = _component(graph, link, {})
    if not found:
        raise KeyError(link)
    return _hung_up(graph, found)


def segment_between(graph: Inventory, one: LinkId, other: LinkId) -> Segment:
    """What of one's segment may matter to these two: without other containers, of which nothing comes back.

    Raises KeyError where one is no link.
    """
    found = _twigless(graph, one, frozenset((one, other)))
    if not found:
        raise KeyError(one)
    return _hung_up(graph, found)


def _component(graph: Inventory, start: LinkId, known: Spots) -> Spots:
    """All that is connected with `start`."""
    found: Spots = {}
    queue = [start]
    while queue:
        at = queue.pop()
        if at in found:
            continue
        spot = known.get(at)
        if spot is None:
            link = graph.link(at)
            if link is None:
                continue
            known[at] = spot = spot_of(graph, link)
        found[at] = spot
        queue += spot.beside
    return found


def _twigless(graph: Inventory, start: LinkId, keep: frozenset[LinkId]) -> Spots:
    """The same without the twigs that hold none of `keep`."""
    found: Spots = {}
    queue = [start]
    while queue:
        at = queue.pop()
        link = graph.link(at)
        if at in found or link is None:
            continue
        spot = spot_of(graph, link)
        if len(spot.beside) > 2:
            beside = (other for other in spot.beside if other in found or not _is_twig(graph, at, other, keep))
            spot = spot._replace(beside=tuple(beside))
        found[at] = spot
        queue += spot.beside
    return found


def _is_twig(graph: Inventory, at: LinkId, beside: LinkId, keep: frozenset[LinkId]) -> bool:
    """Whether nothing is behind a port or a child but an end, and macvlans on it."""
    if beside in keep:
        return False
    ends = graph.ends(beside)
    if ends.parent == at:
        return _is_leaf(graph, beside)
    inside = graph.link(ends.peer) if isinstance(ends.peer, LinkId) and ends.master == at else None
    if inside is None or inside.master or inside.id in keep:
        return False
    if not graph.has_children(inside.id):
        return True
    return all(child.id not in keep and _is_leaf(graph, child.id) for child in graph.children(inside.id))


def _is_leaf(graph: Inventory, child: LinkId) -> bool:
    """A macvlan that is no port, and on which nothing stands."""
    link = graph.link(child)
    return link is not None and link.kind in MACVLAN_KINDS and not link.master and not graph.has_children(child)


def is_on(graph: Inventory, segment: Segment, link: LinkId) -> bool:
    """Whether a link is on this segment, or on a twig of it that was left out."""
    near = {link}
    for _ in range(_TWIG):
        if any(at in segment.depth for at in near):
            return True
        links = [found for found in map(graph.link, near) if found is not None and found.kind not in SWITCH_KINDS]
        near |= {other for found in links for other in neighbours(graph, found)}
    return any(at in segment.depth for at in near)


_TWIG: Final = 3
"""Steps from a macvlan in a container to the bridge: the inside end, the port, the bridge."""


def _hung_up(graph: Inventory, found: Spots) -> Segment:
    """As a tree: first along all that forwards, then along what does not, so that only a true loop is one."""
    most = max(len(spot.beside) for spot in found.values())
    root = min(link for link, spot in found.items() if len(spot.beside) == most)
    above: dict[LinkId, LinkId] = {}
    depth = {root: 0}
    loop = None
    now, later = deque([root]), deque[tuple[LinkId, LinkId]]()
    while now or later:
        if now:
            at = now.popleft()
        else:
            over, at = later.popleft()
            if at in depth:
                continue
            above[at], depth[at] = over, depth[over] + 1
        over_me, here = above.get(at), found[at]
        if len(here.beside) == 1 and here.beside[0] == over_me:
            continue  # nothing is below
        deeper = depth[at] + 1
        for other in here.beside:
            if other == over_me or other not in found:
                continue
            if not _forwards(here.link, found[other].link):
                later.append((at, other))
            elif other not in depth:
                above[other], depth[other] = at, deeper
                now.append(other)
            elif above.get(other) != at:
                loop = loop or (at, other)
    return Segment(
        root,
        above,
        depth,
        tuple(sorted(link for link, spot in found.items() if spot.is_end)),
        tuple(sorted(link for link, spot in found.items() if spot.is_outside)),
        tuple(_mirrors(graph, found, above)),
        loop,
    )


def _mirrors(graph: Inventory, found: Spots, above: Mapping[LinkId, LinkId]) -> Iterator[LinkId]:
    """An outside that is a port gives nothing back: what came back would be a loop."""
    for link_id, spot in found.items():
        link = spot.link
        is_mirror = link.port is not None and link.port.hairpin and above.get(link_id) != link.master_id
        if is_mirror or (spot.is_outside and not is_port(graph, link)):
            yield link_id


def _forwards(near: Link, far: Link) -> bool:
    """Whether frames pass between two neighbours, as far as that decides over loops."""
    if not (near.up and far.up):
        return False
    if near.port is not None and _is_plugged_into(near, far):
        return near.port.state == "forwarding"
    return far.port is None or not _is_plugged_into(far, near) or far.port.state == "forwarding"


def _is_plugged_into(port: Link, master: Link) -> bool:
    return port.master == master.id.ifindex and port.id.namespace == master.id.namespace
