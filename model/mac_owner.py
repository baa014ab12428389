"""Whose a MAC is that a bridge has learned, and whether it belongs on the port where it was seen."""

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from model.caption import full_name, slashed_name
from model.identity import UNKNOWN, LinkId
from model.inventory import Inventory
from model.link import Link
from model.tables import ForwardingEntry, Neighbour
from model.tree import is_outside, machine_of
from model.whose import holder_of, whose


class Belongs(Enum):
    """Whether a MAC is where it should be."""

    HERE = "here"
    OUTSIDE = "outside"
    """It came in from outside, and nobody here has it."""
    STRAY = "stray"
    """Whoever is behind the port has no such MAC."""
    UNKNOWN = "unknown"
    """We cannot see all that is behind the port."""


class MacOwner(NamedTuple):
    """Fit to print."""

    text: str
    """`tinderbox/eth0`, `outside`, `not tinderbox's`, `db/eth0, not tinderbox's`."""
    belongs: Belongs
    link: LinkId | None = None
    """The link that has this MAC."""


def mac_owner(graph: Inventory, entry: ForwardingEntry, space: LinkId) -> MacOwner:
    """Whose the MAC of a forwarding entry is. `space`: the bridge."""
    port = graph.link(LinkId(space.namespace, entry.port))
    having = graph.links_by_mac(entry.mac)
    if port is None:
        return _elsewhere(graph, having, Belongs.UNKNOWN)
    if is_outside(port):
        return _elsewhere(graph, having, Belongs.OUTSIDE)
    holder = holder_of(graph, port.id)
    if holder is not None:
        strangers = [link for link in having if link.id != port.id]
        return MacOwner(holder.name, Belongs.HERE, port.id) if not strangers else _stray(graph, strangers, holder.name)
    return _behind_a_cable(graph, port, having)


def _behind_a_cable(graph: Inventory, port: Link, having: tuple[Link, ...]) -> MacOwner:
    reach = _Reach(graph, port)
    for link in having:
        if link.id in reach.links:
            return MacOwner(slashed_name(graph, link), Belongs.HERE, link.id)
    if not reach.is_whole:
        return _elsewhere(graph, having, Belongs.UNKNOWN)
    return _stray(graph, list(having), reach.inhabitant)


class _Reach:
    """Every link whose frames may come in through a port."""

    def __init__(self, graph: Inventory, port: Link) -> None:
        self._graph = graph
        self.links = {port.id}
        self.is_whole = True
        self.inhabitant = full_name(graph, port)
        far = graph.peer(port.id)
        if far is UNKNOWN or graph.ends(port.id).parent is UNKNOWN:
            self.is_whole = False
        elif isinstance(far, Link):
            self.inhabitant = whose(graph, far.id.namespace).name
            self._go_on(far, port)

    def _go_on(self, first: Link, port: Link) -> None:
        """A namespace may send with any of its MACs; so may what hangs on its bridges, and on its links."""
        waiting, spaces = [first], {port.id.namespace}
        while waiting:
            link = waiting.pop()
            if link.id.namespace in spaces:
                self.links.add(link.id)
                continue
            spaces.add(link.id.namespace)
            for inside in self._graph.links(link.id.namespace):
                self.links.add(inside.id)
                waiting += self._graph.children(inside.id)
                if isinstance(self._graph.ends(inside.id).master, LinkId):
                    waiting += self._across(inside)

    def _across(self, link: Link) -> Iterator[Link]:
        """The other end of a cable; a tap's VM, a tunnel or a hidden end may bring anything."""
        far = self._graph.peer(link.id)
        if isinstance(far, Link):
            yield far
        elif far is UNKNOWN or is_outside(link) or machine_of(self._graph, link.id) is not None:
            self.is_whole = False


def _elsewhere(graph: Inventory, having: tuple[Link, ...], belongs: Belongs) -> MacOwner:
    if having:
        return MacOwner(slashed_name(graph, having[0]), Belongs.HERE, having[0].id)
    return MacOwner("outside" if belongs is Belongs.OUTSIDE else "unknown", belongs)


def _stray(graph: Inventory, having: list[Link], inhabitant: str) -> MacOwner:
    if not having:
        return MacOwner(f"not {inhabitant}'s", Belongs.STRAY)
    return MacOwner(f"{slashed_name(graph, having[0])}, not {inhabitant}'s", Belongs.STRAY, having[0].id)


def neighbour_owner(graph: Inventory, neighbour: Neighbour) -> Link | None:
    """The link that answers for a neighbour: it has this MAC; of several, the one with this address."""
    having = graph.links_by_mac(neighbour.mac) if neighbour.mac else ()
    for link in having:
        if any(address.text == neighbour.address for address in graph.addresses(link.id)):
            return link
    return having[0] if len(having) == 1 else None
