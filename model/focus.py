"""One thing and its neighbours by hops: who is beside whom, and by which cables. What a hop is, model.excerpt says.

Only the structure; words are found for the boxes that are drawn (model.focus_words), places by model.focus_layout.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from model.cables import NOBODY, Cable, Inhabitant, Plug, wire_up
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.link import Link, Macvlan

Node = LinkId | Inhabitant
"""A rail, the outside of one, a link that stands for itself; or an inhabitant."""


class Hop(NamedTuple):
    """A cable between two nodes, seen from one of them."""

    near: LinkId | None
    """The end here."""
    far: LinkId | None
    """The end there."""
    rail: LinkId | None = None
    """The segment that it is part of; None: a cable of its own."""
    label: LinkId | None = None
    """The link whose name the cable carries: the host end, or the macvlan with its mode."""

    def turned(self) -> "Hop":
        """The same, seen from the other end."""
        return self._replace(near=self.far, far=self.near)


Ways = dict[Node, dict[Node, list[Hop]]]
"""From each node to its neighbours."""


@dataclass(slots=True, eq=False)
class Place:
    """A node where it was met first, and what was met from there."""

    node: Node
    hops: int
    cables: tuple[Hop, ...] = ()
    """From the place it was met from: `near` is there."""
    parent: "Place | None" = None
    children: list["Place"] = field(default_factory=list)
    others: list[tuple[Hop, Node]] = field(default_factory=list)
    """Cables to places that are drawn elsewhere, or too far away."""
    only: LinkId | None = None
    """Of an inhabitant this link alone is meant."""


class Web:
    """All nodes of a graph, and the cables between them: made once, as long as no cable changes."""

    def __init__(self, graph: Inventory) -> None:
        self._graph = graph
        self._wiring = wire_up(graph)
        self._ways: Ways = {}
        self._node_of = {cable: node_of(cable, graph.home) for cable in self._wiring.cables}
        self._at_end = {end: cable for cable in self._wiring.cables for end in ends_of(cable)}
        for one, other, hop in self._all():
            self._ways.setdefault(one, {}).setdefault(other, []).append(hop)
            self._ways.setdefault(other, {}).setdefault(one, []).append(hop.turned())

    def around(self, subject: LinkId | NamespaceId, hops: int) -> Place | None:
        """The place of a thing, with all that is at most so many hops away; None: it is not there."""
        graph = self._graph
        if (graph.link(subject) if isinstance(subject, LinkId) else graph.namespace(subject)) is None:
            return None
        centre, ways = self._start(subject)
        met = {centre.node: centre}
        edge = [centre]
        for distance in range(1, hops + 1):
            following: list[Place] = []
            for place in edge:
                for node, cables in _out_of(place, ways).items():
                    if node not in met:
                        met[node] = Place(node, distance, tuple(cables), place)
                        place.children.append(met[node])
                        following.append(met[node])
            edge = following
        for place in met.values():
            for node, cables in _out_of(place, ways).items():
                there = met.get(node)
                if there is None or (there.parent is not place and place.parent is not there):
                    place.others += [(cable, node) for cable in cables]
        return centre

    def _start(self, subject: LinkId | NamespaceId) -> tuple[Place, Ways]:
        """Where a thing is; a host end stands between its rail and who is inside."""
        wiring = self._wiring
        if not isinstance(subject, LinkId):
            return self._host() if subject == self._graph.home else (Place(Inhabitant(subject), 0), self._ways)
        cable = None if subject in wiring.rails else self._at_end.get(subject)
        if cable is not None:
            node = self._node_of[cable]
            if subject in (node, cable.inside):
                return Place(node, 0, only=subject if node != subject else None), self._ways
            return Place(subject, 0), self._split(cable, subject, node)
        bundle = next((bundle for bundle, members in wiring.members.items() if subject in members), None)
        if bundle is None:
            return Place(subject, 0), self._ways
        return Place(subject, 0), {**self._ways, subject: {self._end(bundle): [Hop(subject, bundle)]}}

    def _end(self, link: LinkId) -> Node:
        """The node at the end of whose cable a link is; the link itself, where it is none."""
        cable = self._at_end.get(link)
        return link if cable is None else self._node_of[cable]

    def _split(self, cable: Cable, host_end: LinkId, node: Node) -> Ways:
        """Put a host end between the two that its cable joins."""
        inside = Hop(host_end, cable.inside if cable.inside is not None else host_end, cable.rail)
        ways: Ways = {**self._ways, host_end: {}}
        for one, other in ((node, cable.rail), (cable.rail, node)):
            if one is not None:
                ways[one] = _without(ways.get(one, {}), other, host_end)
        if cable.rail is not None:
            outer = Hop(host_end, host_end, cable.rail)
            ways[host_end][cable.rail] = [outer]
            ways[cable.rail][host_end] = [outer.turned()]
        ways[host_end][node] = [inside]
        ways[node][host_end] = [inside.turned()]
        return ways

    def _host(self) -> tuple[Place, Ways]:
        """The host itself has a foot in each of its own rails."""
        home = self._graph.home
        feet: dict[Node, list[Hop]] = {
            rail: [Hop(rail, rail, rail)] for rail in self._wiring.rails if rail.namespace == home
        }
        return Place(Inhabitant(home), 0), {**self._ways, Inhabitant(home): feet}

    def _all(self) -> Iterator[tuple[Node, Node, Hop]]:
        wiring, home = self._wiring, self._graph.home
        for rail, uplinks in wiring.uplinks.items():
            for uplink in uplinks:
                out = self._end(uplink.link)
                if out != rail:
                    yield rail, out, Hop(uplink.link, uplink.link, rail)
        for cable in sorted(wiring.cables, key=lambda cable: cable.order):
            node = self._node_of[cable]
            if cable.rail is not None:
                yield cable.rail, node, self._plugged(cable, node)
            if cable.far is not None and cable.far in self._at_end and _is_first(cable):
                yield node, self._end(cable.far), Hop(cable.inside, cable.far)
        for rail in wiring.rails:
            if rail.namespace != home:
                yield Inhabitant(rail.namespace), rail, Hop(rail, rail, rail)

    def _plugged(self, cable: Cable, node: Node) -> Hop:
        """A port, or a child, of a rail."""
        inside = cable.inside if cable.inside is not None else cable.host_end
        label = cable.inside if cable.plug is Plug.CHILD else cable.host_end
        at_rail = cable.host_end if cable.plug is not Plug.CHILD else cable.inside
        return Hop(at_rail, inside, cable.rail, None if label == node else label)


def _out_of(place: Place, ways: Ways) -> dict[Node, list[Hop]]:
    """The neighbours, and the cables to each."""
    found = ways.get(place.node, {})
    if place.only is None:
        return found
    mine = {node: [hop for hop in hops if hop.near == place.only] for node, hops in found.items()}
    return {node: hops for node, hops in mine.items() if hops}


def _without(ways: dict[Node, list[Hop]], other: Node | None, host_end: LinkId) -> dict[Node, list[Hop]]:
    """The same, but for the cable with this host end."""
    left = dict(ways)
    if other is not None and other in left:
        left[other] = [hop for hop in left[other] if host_end not in (hop.near, hop.far)]
        if not left[other]:
            del left[other]
    return left


def node_of(cable: Cable, home: NamespaceId | None) -> Node:
    """Who is at the inside end; the cable itself, where that is nobody, or the host."""
    if isinstance(cable.id, LinkId) and (cable.inhabitant == NOBODY or cable.inhabitant.namespace == home):
        return cable.id
    return cable.inhabitant


def ends_of(cable: Cable) -> Iterable[LinkId]:
    """The links that a cable is made of."""
    return {end for end in (cable.host_end, cable.inside) if end is not None}


def mode_of(link: Link) -> str:
    """How a macvlan uses its parent's wire; empty for any other link."""
    return link.detail.mode if isinstance(link.detail, Macvlan) else ""


def _is_first(cable: Cable) -> bool:
    """Of the two rows of a direct cable one speaks for it."""
    return isinstance(cable.inside, LinkId) and cable.far is not None and cable.inside < cable.far
