"""GraphML for networkx, yEd, Gephi: every namespace and every link a node, every relation an edge.

XML forbids most control characters (XML 1.0, 2.2), so texts are given with what cannot be seen escaped; `name_hex` has
all the bytes of a name that is no UTF-8.
"""

import networkx as nx

from model.identity import NamespaceId
from model.inventory import Inventory
from model.json_form import live_link_form, name_hex
from model.link import Link
from model.names import display_name
from model.whose import whose

Attributes = dict[str, str | int | bool]


def graphml(graph: Inventory) -> str:
    """One document."""
    drawn: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for space in graph.namespaces():
        drawn.add_node(space.id, **_namespace(graph, space.id))
        for link in sorted(graph.links(space.id), key=lambda link: link.id.ifindex):
            drawn.add_node(str(link.id), **_link(graph, link))
    edges = [(str(one), str(other), relation) for one, other, relation in graph.graph.edges(keys=True)]
    for one, other, relation in sorted(edges):
        drawn.add_edge(one, other, relation, relation=relation)
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', *nx.generate_graphml(drawn)]) + "\n"


def _namespace(graph: Inventory, space: NamespaceId) -> Attributes:
    seen = graph.namespace(space)
    name, by = whose(graph, space)
    attributes: Attributes = {"type": "namespace", "label": name, "by": by, "address": graph.address(space) or ""}
    if seen is not None:
        attributes |= {"home": seen.home, "readable": seen.readable, "names": _joined(seen.names)}
        if seen.inode is not None:
            attributes["inode"] = seen.inode
    owners = graph.owners(space)
    attributes["owners"] = _joined(tuple(f"{owner.runtime} {owner.name}" for owner in owners))
    return attributes


def _link(graph: Inventory, link: Link) -> Attributes:
    form = live_link_form(graph, link)
    attributes: Attributes = {"type": "link", "label": display_name(link.name)}
    for key in ("address", "namespace", "ifindex", "kind", "mac", "mtu", "up", "carrier", "operstate", "alias"):
        value = form[key]
        if isinstance(value, str):
            attributes[key] = display_name(value)
        elif isinstance(value, int):
            attributes[key] = value
    attributes["addresses"] = _joined(tuple(address.cidr for address in graph.addresses(link.id)))
    for key in ("peer_state", "parent_state"):
        if isinstance(state := form[key], str):
            attributes[key] = state
    if (raw := name_hex(link.name)) is not None:
        attributes["name_hex"] = raw
    attributes |= _detail(form["detail"])
    return attributes


def _detail(detail: object) -> Attributes:
    """What the kind adds: `mode`, `vid`, `vni` ..."""
    if not isinstance(detail, dict):
        return {}
    return {
        f"detail_{key}": display_name(value) if isinstance(value, str) else value
        for key, value in detail.items()
        if isinstance(value, str | int)
    }


def _joined(texts: tuple[str, ...]) -> str:
    return ", ".join(display_name(text) for text in texts)
