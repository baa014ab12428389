"""Segments: the links that frames may pass between, as a tree, and who on it has a stack of its own.

Two segments have nothing to do with each other, unless they meet outside. A second way between two places, on which
both ends forward, is a loop: it is told, not walked.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from model.cables import BRIDGE_KINDS, BUNDLE_KINDS, FALLBACK_TUNNELS, is_tap
from model.identity import UNKNOWN, LinkId
from model.inventory import Inventory
from model.link import PEERED_KINDS, BridgePort, Link

MACVLAN_KINDS: Final = frozenset({"macvlan", "macvtap"})
CARRIED_KINDS: Final = MACVLAN_KINDS | {"vlan", "ipvlan", "ipvtap", "macsec"}
"""Kinds whose frames go out through their parent as they are, or with a tag. A vxlan's do not: it is a tunnel."""
SWITCH_KINDS: Final = BRIDGE_KINDS | BUNDLE_KINDS
"""Masters that take their ports' frames. A vrf leaves them to the port's own stack."""
SILENT_KINDS: Final = frozenset({"loopback", "ifb", "nlmon", "vcan", "can"})
SELF_CONTAINED_KINDS: Final = frozenset({"dummy", "ifb", "nlmon"})
"""What is sent there goes nowhere."""

DEFAULT_PORT: Final = BridgePort()


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


def _masters_kind(graph: Inventory, link: Link) -> str:
    """What a port itself tells, else what its master is; a master that we have not seen is taken for a bridge."""
    master = graph.link(link.master_id) if link.master_id is not None else None
    return master.kind if master is not None else link.master_kind or "bridge"


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


def segments_of(graph: Inventory, links: Iterable[LinkId]) -> Iterator[tuple[Segment, frozenset[LinkId]]]:
    """The segments that these links are in, each once, with all their links."""
    seen: set[LinkId] = set()
    for link in links:
        if link in seen or graph.link(link) is None:
            continue
        beside = _component(graph, link)
        seen.update(beside)
        yield _hung_up(graph, beside), frozenset(beside)


def segment_of(graph: Inventory, link: LinkId) -> Segment:
    """The segment that a link is in. Raises KeyError where there is no such link."""
    for segment, _ in segments_of(graph, (link,)):
        return segment
    raise KeyError(link)


Beside = dict[LinkId, tuple[LinkId, ...]]


def _component(graph: Inventory, start: LinkId) -> Beside:
    beside: Beside = {}
    queue = [start]
    while queue:
        at = queue.pop()
        link = graph.link(at)
        if at in beside or link is None:
            continue
        beside[at] = found = tuple(neighbours(graph, link))
        queue.extend(other for other in found if other not in beside)
    return beside


def _hung_up(graph: Inventory, beside: Beside) -> Segment:
    """As a tree: first along all that forwards, then along what does not, so that only a true loop is one."""
    root = min(beside, key=lambda link: (-len(beside[link]), link))
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
        for other in beside[at]:
            if other not in beside or other == above.get(at):
                continue
            if not _forwards(graph, at, other):
                later.append((at, other))
            elif other not in depth:
                above[other], depth[other] = at, depth[at] + 1
                now.append(other)
            elif above.get(other) != at:
                loop = loop or (at, other)
    links = [link for link in map(graph.link, beside) if link is not None]
    outsides = frozenset(link.id for link in links if is_outside(graph, link))
    return Segment(
        root,
        above,
        depth,
        tuple(sorted(link.id for link in links if is_endpoint(graph, link))),
        tuple(sorted(outsides)),
        tuple(_mirrors(graph, links, outsides, above)),
        loop,
    )


def _mirrors(
    graph: Inventory, links: list[Link], outsides: Collection[LinkId], above: Mapping[LinkId, LinkId]
) -> Iterator[LinkId]:
    """An outside that is a port gives nothing back: what came back would be a loop."""
    for link in links:
        is_mirror = link.port is not None and link.port.hairpin and above.get(link.id) != link.master_id
        if is_mirror or (link.id in outsides and not is_port(graph, link)):
            yield link.id


def _forwards(graph: Inventory, one: LinkId, other: LinkId) -> bool:
    """Whether frames pass between two neighbours, as far as that decides over loops."""
    near, far = graph.link(one), graph.link(other)
    if near is None or far is None or not near.up or not far.up:
        return False
    for port, master in ((near, far), (far, near)):
        if port.master_id == master.id:
            return (port.port or DEFAULT_PORT).state == "forwarding"
    return True
