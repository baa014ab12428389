"""The graph as an outline: bridge, port, container, inside link. Each link and each namespace stands in one place.

A namespace stands under the first bridge, or macvlan parent, that one of its links is cabled to; its other cables are
told on its links' own rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.link import Link

NOT_ON_A_BRIDGE = "not on a bridge"


@dataclass(frozen=True, slots=True)
class Branch:
    """One row, and what hangs on it."""

    subject: LinkId | NamespaceId | None
    """None: a heading of its own (`not on a bridge`)."""
    children: tuple["Branch", ...] = ()


def outline(graph: Inventory) -> Branch | None:
    """The host's namespace as the root of all; None while it was not seen."""
    return None if graph.home is None else _Outliner(graph, graph.home).root()


class _Outliner:
    """What was placed so far."""

    def __init__(self, graph: Inventory, home: NamespaceId) -> None:
        self._graph = graph
        self._home = home
        self._placed: set[LinkId | NamespaceId] = {home}

    def root(self) -> Branch:
        racks = [self._rack(link) for link in self._rails() if link.id not in self._placed]
        loose = tuple(self._loose())
        return Branch(self._home, (*racks, Branch(None, loose)) if loose else tuple(racks))

    def _rails(self) -> list[Link]:
        """Bridges, and links that others stand on: the host's first, bridges before parents."""
        rails = [link for link in self._graph.links() if self._is_bridge(link) or self._graph.children(link.id)]
        return sorted(rails, key=lambda link: (link.id.namespace != self._home, not self._is_bridge(link), link.id))

    def _is_bridge(self, link: Link) -> bool:
        return link.kind == "bridge" or bool(self._graph.ports(link.id))

    def _rack(self, rail: Link) -> Branch:
        self._placed.add(rail.id)
        outside_first = sorted(self._graph.ports(rail.id), key=lambda port: (port.kind != "device", port.id))
        hanging = [*outside_first, *self._graph.children(rail.id)]
        return Branch(rail.id, tuple(branch for link in hanging for branch in self._hang(link, rail)))

    def _hang(self, link: Link, rail: Link) -> Iterator[Branch]:
        """A port or a child: as the container behind it, or else by itself."""
        inside = self._inside(link, rail)
        if inside is not None and inside not in self._placed:
            self._placed.add(link.id)
            yield self._space(inside)
        elif link.id not in self._placed:
            self._placed.add(link.id)
            yield self._rack(link) if self._graph.children(link.id) else Branch(link.id)

    def _inside(self, link: Link, rail: Link) -> NamespaceId | None:
        """The namespace behind a port, or of a child; None: there is none, it is not known, or it is the rail's own."""
        peer = self._graph.ends(link.id).peer
        space = peer.namespace if isinstance(peer, LinkId) else link.id.namespace
        return None if space == rail.id.namespace else space

    def _space(self, space: NamespaceId) -> Branch:
        self._placed.add(space)
        links = sorted(self._graph.links(space), key=lambda link: link.id)
        own = [link for link in links if link.kind != "loopback" and not self._is_rail_elsewhere(link)]
        self._placed.update(link.id for link in own)
        return Branch(space, tuple(Branch(link.id) for link in own))

    def _is_rail_elsewhere(self, link: Link) -> bool:
        """A bridge or parent with something on it gets a rack of its own."""
        return bool(self._graph.ports(link.id) or self._graph.children(link.id))

    def _loose(self) -> Iterator[Branch]:
        for link in sorted(self._graph.links(self._home), key=lambda link: link.id):
            if link.id not in self._placed and link.kind != "loopback":
                behind = self._inside(link, link)
                if behind is not None and behind not in self._placed:
                    self._placed.add(link.id)
                    yield self._space(behind)
                elif not self._is_far_end_of_placed(link):
                    yield Branch(link.id)
        for namespace in self._graph.namespaces():
            if namespace.id not in self._placed:
                yield self._space(namespace.id)

    def _is_far_end_of_placed(self, link: Link) -> bool:
        """Its cable is told on the row of the other end."""
        peer = self._graph.ends(link.id).peer
        return isinstance(peer, LinkId) and peer in self._placed
