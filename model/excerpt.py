"""A part of the graph, as a graph of its own: one thing and what is around it, by hops.

A hop is a cable: from who lives in a namespace to the bridge it is plugged into, from a bridge to its outside or to
whoever else is plugged into it. The host's own namespace joins nothing: if it did, everything would be one hop away.
"""

import dataclasses
from collections.abc import Iterable, Iterator

from model.cables import NOBODY, Cable, Inhabitant, Wiring, wire_up
from model.ends import Ends
from model.facts import Fact, HolderSeen, NamespaceRead, NamespaceSeen, OwnersSeen
from model.identity import End, LinkId, NamespaceId
from model.inventory import Inventory, replace_ends
from model.link import Link
from model.topology import Topology

Node = LinkId | Inhabitant
"""A rail, the outside of one, or an inhabitant. A cable that leads to nobody stands for itself."""


def around(graph: Inventory, centre: LinkId | NamespaceId, hops: int) -> Topology:
    """What is at most so many hops away from a link or a namespace. Raises LookupError where it is not there."""
    wiring = wire_up(graph)
    nodes = {cable: _node(cable, graph.home) for cable in wiring.cables}
    reached = _reached(_edges(wiring, nodes, graph.home), set(_starts(graph, wiring, nodes, centre)), hops)
    at_end = {end: node for cable, node in nodes.items() for end in _ends(cable)}
    reached_rails = {None, *reached}
    links = {
        end
        for cable, node in nodes.items()
        if node in reached and cable.rail in reached_rails and (cable.far is None or at_end.get(cable.far) in reached)
        for end in _ends(cable)
    }
    links |= {node for node in reached if isinstance(node, LinkId)}
    links |= {member for bundle in links & wiring.members.keys() for member in wiring.members[bundle]}
    return excerpt(graph, links, [node.namespace for node in reached if isinstance(node, Inhabitant)])


def excerpt(graph: Inventory, links: Iterable[LinkId], namespaces: Iterable[NamespaceId | None] = ()) -> Topology:
    """These links, and their namespaces, alone. An end that is left out is none; an unknown one stays unknown."""
    links = set(links)
    inside: dict[NamespaceId, list[LinkId]] = {space: [] for space in namespaces if space is not None}
    for link in sorted(links):
        inside.setdefault(link.namespace, []).append(link)
    facts: list[Fact] = [graph.visibility]
    for space in graph.namespaces():
        if space.id in inside:
            facts += [NamespaceSeen(space), _reading(graph, space.id, inside[space.id], links)]
            facts.append(OwnersSeen(space.id, graph.owners(space.id)))
            facts += [
                HolderSeen(link, holder) for link in inside[space.id] if (holder := graph.holder(link)) is not None
            ]
    part = Topology()
    part.learn(facts)
    return part


def _reading(graph: Inventory, space: NamespaceId, inside: list[LinkId], links: set[LinkId]) -> NamespaceRead:
    held = [link for link_id in inside if (link := graph.link(link_id)) is not None]
    return NamespaceRead(
        space,
        tuple(_cut(link, graph.ends(link.id), links) for link in held),
        tuple((link.id.ifindex, address) for link in held for address in graph.addresses(link.id)),
    )


def _cut(link: Link, ends: Ends, links: set[LinkId]) -> Link:
    """The link without the ends that are left out."""

    def kept(end: End) -> End:
        return None if isinstance(end, LinkId) and end not in links else end

    whole = replace_ends(link, ends)
    if kept(ends.master) != ends.master:
        whole = dataclasses.replace(whole, master=0, master_kind=None)
    return dataclasses.replace(whole, peer=kept(whole.peer), parent=kept(whole.parent))


def _starts(graph: Inventory, wiring: Wiring, nodes: dict[Cable, Node], centre: LinkId | NamespaceId) -> Iterable[Node]:
    if not isinstance(centre, LinkId):
        if graph.namespace(centre) is None:
            raise LookupError(centre)
        own = [rail for rail in wiring.rails if rail.namespace == centre]
        return own if centre == graph.home else [Inhabitant(centre)]
    if graph.link(centre) is None:
        raise LookupError(centre)
    if centre in wiring.rails:
        return [centre]
    found = [node for cable, node in nodes.items() if centre in _ends(cable)]
    bundle = next((bundle for bundle, members in wiring.members.items() if centre in members), centre)
    return found or [bundle]


def _reached(edges: Iterable[tuple[Node, Node]], starts: set[Node], hops: int) -> set[Node]:
    ways: dict[Node, set[Node]] = {}
    for one, other in edges:
        ways.setdefault(one, set()).add(other)
        ways.setdefault(other, set()).add(one)
    reached, edge = set(starts), starts
    for _ in range(hops):
        edge = {far for node in edge for far in ways.get(node, ())} - reached
        reached |= edge
    return reached


def _edges(wiring: Wiring, nodes: dict[Cable, Node], home: NamespaceId | None) -> Iterator[tuple[Node, Node]]:
    at_end = {end: node for cable, node in nodes.items() for end in _ends(cable)}
    for cable, node in nodes.items():
        if cable.rail is not None:
            yield node, cable.rail
        if cable.far is not None and cable.far in at_end:
            yield node, at_end[cable.far]
    for rail, uplinks in wiring.uplinks.items():
        yield from ((rail, at_end.get(uplink.link, uplink.link)) for uplink in uplinks)
    yield from ((rail, Inhabitant(rail.namespace)) for rail in wiring.rails if rail.namespace != home)


def _node(cable: Cable, home: NamespaceId | None) -> Node:
    """Who is at the inside end; the cable itself, where that is nobody, or the host."""
    if isinstance(cable.id, LinkId) and (cable.inhabitant == NOBODY or cable.inhabitant.namespace == home):
        return cable.id
    return cable.inhabitant


def _ends(cable: Cable) -> set[LinkId]:
    return {end for end in (cable.host_end, cable.inside) if end is not None}
