"""One thing and its neighbours by hops: who is beside whom, and by which cables. What a hop is, model.excerpt says.

Only the structure; words are found for the boxes that are drawn (model.focus_words), places by model.focus_layout.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from model.cables import NOBODY, Cable, Inhabitant, Plug, Wiring, wire_up
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


class Neighbourhood(NamedTuple):
    """What is around a thing."""

    centre: Place
    wiring: Wiring


def neighbourhood(graph: Inventory, subject: LinkId | NamespaceId, hops: int) -> Neighbourhood | None:
    """What is at most so many hops away; None: the thing is not there."""
    if (graph.link(subject) if isinstance(subject, LinkId) else graph.namespace(subject)) is None:
        return None
    wiring = wire_up(graph)
    ways = _Ways(graph, wiring)
    centre = ways.start(subject)
    met = {centre.node: centre}
    edge = [centre]
    for distance in range(1, hops + 1):
        following: list[Place] = []
        for place in edge:
            for node, cables in ways.out_of(place).items():
                if node not in met:
                    met[node] = Place(node, distance, tuple(cables), place)
                    place.children.append(met[node])
                    following.append(met[node])
        edge = following
    for place in met.values():
        for node, cables in ways.out_of(place).items():
            there = met.get(node)
            if there is None or (there.parent is not place and place.parent is not there):
                place.others += [(cable, node) for cable in cables]
    return Neighbourhood(centre, wiring)


class _Ways:
    """From each node to its neighbours."""

    def __init__(self, graph: Inventory, wiring: Wiring) -> None:
        self._graph = graph
        self._wiring = wiring
        self._ways: dict[Node, dict[Node, list[Hop]]] = {}
        self._node_of = {cable: node_of(cable, graph.home) for cable in wiring.cables}
        self._at_end = {end: self._node_of[cable] for cable in wiring.cables for end in ends_of(cable)}
        for one, other, hop in self._all():
            self._ways.setdefault(one, {}).setdefault(other, []).append(hop)
            self._ways.setdefault(other, {}).setdefault(one, []).append(hop.turned())

    def out_of(self, place: Place) -> dict[Node, list[Hop]]:
        """The neighbours, and the cables to each."""
        ways = self._ways.get(place.node, {})
        if place.only is None:
            return ways
        mine = {node: [hop for hop in hops if hop.near == place.only] for node, hops in ways.items()}
        return {node: hops for node, hops in mine.items() if hops}

    def start(self, subject: LinkId | NamespaceId) -> Place:
        """Where a thing is; a host end stands between its rail and who is inside."""
        graph, wiring = self._graph, self._wiring
        if not isinstance(subject, LinkId):
            return Place(self._host() if subject == graph.home else Inhabitant(subject), 0)
        if subject in wiring.rails:
            return Place(subject, 0)
        for cable in wiring.cables:
            if subject in ends_of(cable):
                node = self._node_of[cable]
                if node == subject:
                    return Place(node, 0)
                if subject == cable.inside:
                    return Place(node, 0, only=subject)
                self._split(cable, subject, node)
                return Place(subject, 0)
        bundle = next((bundle for bundle, members in wiring.members.items() if subject in members), None)
        if bundle is not None:
            node = self._at_end.get(bundle, bundle)
            self._ways.setdefault(subject, {})[node] = [Hop(subject, bundle)]
        return Place(subject, 0)

    def _split(self, cable: Cable, host_end: LinkId, node: Node) -> None:
        """Put a host end between the two that its cable joins."""
        inside = Hop(host_end, cable.inside if cable.inside is not None else host_end, cable.rail)
        self._ways[host_end] = {node: [inside]}
        self._drop(node, cable.rail, host_end)
        self._ways.setdefault(node, {})[host_end] = [inside.turned()]
        if cable.rail is not None:
            outer = Hop(host_end, host_end, cable.rail)
            self._ways[host_end] = {cable.rail: [outer], node: [inside]}
            self._ways.setdefault(cable.rail, {})[host_end] = [outer.turned()]

    def _drop(self, node: Node, rail: LinkId | None, host_end: LinkId) -> None:
        if rail is None:
            return
        for one, other in ((node, rail), (rail, node)):
            there = self._ways.get(one, {})
            left = [hop for hop in there.get(other, ()) if host_end not in (hop.near, hop.far)]
            if left:
                there[other] = left
            else:
                there.pop(other, None)

    def _host(self) -> Inhabitant:
        """The host itself has a foot in each of its own rails."""
        home = self._graph.home
        host = Inhabitant(home)
        for rail in self._wiring.rails:
            if rail.namespace == home:
                self._ways.setdefault(host, {})[rail] = [Hop(rail, rail, rail)]
        return host

    def _all(self) -> Iterator[tuple[Node, Node, Hop]]:
        wiring, home = self._wiring, self._graph.home
        for rail, uplinks in wiring.uplinks.items():
            for uplink in uplinks:
                out = self._at_end.get(uplink.link, uplink.link)
                if out != rail:
                    yield rail, out, Hop(uplink.link, uplink.link, rail)
        for cable in sorted(wiring.cables, key=lambda cable: cable.order):
            node = self._node_of[cable]
            if cable.rail is not None:
                yield cable.rail, node, self._plugged(cable, node)
            if cable.far is not None and cable.far in self._at_end and _is_first(cable):
                yield node, self._at_end[cable.far], Hop(cable.inside, cable.far)
        for rail in wiring.rails:
            if rail.namespace != home:
                yield Inhabitant(rail.namespace), rail, Hop(rail, rail, rail)

    def _plugged(self, cable: Cable, node: Node) -> Hop:
        """A port, or a child, of a rail."""
        inside = cable.inside if cable.inside is not None else cable.host_end
        label = cable.inside if cable.plug is Plug.CHILD else cable.host_end
        at_rail = cable.host_end if cable.plug is not Plug.CHILD else cable.inside
        return Hop(at_rail, inside, cable.rail, None if label == node else label)


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
