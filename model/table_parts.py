"""Which tables have something to say about a thing, and which part of them."""

from typing import NamedTuple

from model.cable_path import namespace_of
from model.cables import BRIDGE_KINDS
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.segments import PortId, place_of
from model.tables import ForwardingEntry, Neighbour, Route, Tables


class Parts(NamedTuple):
    """What to read, and what to show of it."""

    space: NamespaceId
    """Where the neighbours and routes are."""
    link: int | None = None
    """Only those of this link; None: all."""
    all_routes: bool = True
    port: PortId | None = None
    """The port whose learned MACs are shown."""
    bridges: tuple[LinkId, ...] = ()
    """The bridges whose learned MACs are shown."""

    @property
    def namespaces(self) -> frozenset[NamespaceId]:
        """All that have to be read."""
        return frozenset({self.space}) if self.port is None else frozenset({self.space, self.port.segment.namespace})

    @property
    def learns(self) -> bool:
        """There is something that learns MACs."""
        return self.port is not None or bool(self.bridges)

    @property
    def learns_in(self) -> NamespaceId:
        """The namespace of what learns."""
        return self.space if self.port is None else self.port.segment.namespace

    def forwarding(self, tables: Tables) -> tuple[ForwardingEntry, ...]:
        """The MACs that were learned, or told, there; without the ports' own."""
        entries = (entry for entry in tables.forwarding if entry.kind != "own")
        if self.port is not None:
            bridge, port = self.port.segment.ifindex, self.port.by.ifindex
            return tuple(entry for entry in entries if (entry.bridge, entry.port) == (bridge, port))
        bridges = {bridge.ifindex for bridge in self.bridges}
        return tuple(entry for entry in entries if entry.bridge in bridges)

    def neighbours(self, tables: Tables) -> tuple[Neighbour, ...]:
        """Those that were asked for; multicast needs no asking."""
        return tuple(
            one for one in tables.neighbours if one.state != "noarp" and (self.link is None or one.ifindex == self.link)
        )

    def routes(self, tables: Tables) -> tuple[Route, ...]:
        """All of an inhabitant's; of the host's link its own."""
        return tuple(one for one in tables.routes if self.all_routes or one.ifindex == self.link)


def parts_of(graph: Inventory, subject: LinkId | NamespaceId) -> Parts | None:
    """None: it is gone."""
    space = namespace_of(subject)
    if graph.namespace(space) is None:
        return None
    if not isinstance(subject, LinkId):
        bridges = tuple(link.id for link in graph.links(space) if link.kind in BRIDGE_KINDS)
        return Parts(space, bridges=bridges)
    link = graph.link(subject)
    if link is None:
        return None
    own_routes = space == graph.home
    if link.kind in BRIDGE_KINDS:
        return Parts(space, subject.ifindex, not own_routes, bridges=(subject,))
    place = place_of(graph, link)
    segment = graph.link(place.segment) if place is not None else None
    port = place if segment is not None and segment.kind in BRIDGE_KINDS else None
    return Parts(space, subject.ifindex, not own_routes, port)
