"""Whether a fact says what is known already: most readings of what is on the screen do."""

from model.facts import Fact, HolderSeen, LinkSeen, NamespaceRead, OwnersSeen, Visibility
from model.inventory import Inventory


def is_known(graph: Inventory, fact: Fact) -> bool:
    """Whether the graph is certain to be the same when it has taken this in."""
    match fact:
        case LinkSeen(link=link):
            return graph.link(link.id) == link
        case NamespaceRead():
            return _is_as_read(graph, fact)
        case OwnersSeen(namespace=namespace, owners=owners):
            return graph.namespace(namespace) is not None and graph.owners(namespace) == owners
        case HolderSeen(link=link_id, holder=holder):
            return graph.link(link_id) is not None and graph.holder(link_id) == holder
        case Visibility():
            return graph.visibility == fact
    return False


def _is_as_read(graph: Inventory, read: NamespaceRead) -> bool:
    links = graph.links(read.namespace)
    if len(links) != len(read.links) or any(graph.link(link.id) != link for link in read.links):
        return False
    held = {(link.id.ifindex, address) for link in links for address in graph.addresses(link.id)}
    return read.addresses is None or held == set(read.addresses)
