"""Questions to a graph, as a test words them."""

from backend.host import LinuxHost
from model.identity import LinkId, NamespaceId
from model.link import Link
from model.namespace import Namespace
from model.topology import Topology


def named(topology: Topology, name: str) -> Namespace:
    """The namespace with this `ip netns` name."""
    (found,) = (namespace for namespace in topology.namespaces() if name in namespace.names)
    return found


def link_in(topology: Topology, netns: str | NamespaceId, name: str) -> Link:
    """The link with this name, in a namespace with this id or this `ip netns` name."""
    links = links_in(topology, netns)
    assert name in links, f"{name} is not among {sorted(links)}"
    return links[name]


def links_in(topology: Topology, netns: str | NamespaceId) -> dict[str, Link]:
    """The links of a namespace by name; empty where there is no such namespace."""
    return {
        link.name: link
        for namespace in topology.namespaces()
        if namespace.id == netns or netns in namespace.names
        for link in topology.links(namespace.id)
    }


def far_end(topology: Topology, link: LinkId) -> Link:
    """The other end of a cable, which must be known."""
    far = topology.peer(link)
    assert isinstance(far, Link), f"the far end of {link} is {far}"
    return far


def read_now() -> Topology:
    """What a program that starts now sees."""
    topology = Topology()
    topology.apply(LinuxHost().read())
    return topology
