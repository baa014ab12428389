"""The cables of containers, as policies look at them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from model.identity import LinkId
from model.inventory import Inventory
from model.link import Link
from model.namespace import Namespace, Owner
from model.policy import CableFacts
from model.wishes import Held

_READY_ON_ARRIVAL: Final = frozenset({"nspawn"})
"""The payload itself sets its end up, and could change it before: what the runtime gave it is what counts."""


@dataclass(frozen=True, slots=True)
class Cable:
    """A host end, and what is at its other end."""

    host: Link
    inside: Link | None
    """None: a tap, whose other end is a program; or an end that cannot be seen any more."""
    space: Namespace | None
    owners: tuple[Owner, ...]
    bridge: Link | None
    held: Held

    @property
    def facts(self) -> CableFacts:
        """For a selector: with the name that the inside end had when it was made ready."""
        netns = self.space.names if self.space is not None else ()
        return CableFacts(self.owners, netns, self.held.inside, None if self.bridge is None else self.bridge.name)


def cables(graph: Inventory, held: Mapping[LinkId, Held]) -> Iterator[Cable]:
    """Every host end in the namespace that the program runs in: of veths that lead out of it, and of VMs' taps.

    One that is held is there as long as it lives, wherever the container has hidden its other end.
    """
    if graph.home is None:
        return
    for host in sorted(graph.links(graph.home), key=lambda link: link.id):
        peer = graph.peer(host.id) if host.kind == "veth" else None
        holder = graph.holder(host.id)
        if isinstance(peer, Link) and peer.id.namespace != graph.home:
            yield _cable(graph, host, peer, graph.owners(peer.id.namespace), held)
        elif holder is not None and holder.owner is not None:
            yield _cable(graph, host, None, (holder.owner,), held)
        elif host.id in held:
            yield _cable(graph, host, None, (), held)


def _cable(
    graph: Inventory, host: Link, inside: Link | None, owners: tuple[Owner, ...], held: Mapping[LinkId, Held]
) -> Cable:
    master = graph.master(host.id)
    space = None if inside is None else graph.namespace(inside.id.namespace)
    known = _held(host, inside, owners, held.get(host.id))
    return Cable(host, inside, space, owners, master if isinstance(master, Link) else None, known)


def _held(host: Link, inside: Link | None, owners: tuple[Owner, ...], before: Held | None) -> Held:
    """Who is at the other end: as the runtime left it, which sets it up last."""
    if before is not None and (before.settled or inside is None):
        return before
    ready = host.operstate == "up" or any(owner.runtime in _READY_ON_ARRIVAL for owner in owners)
    name, mac = (None, None) if inside is None else (inside.name, inside.mac)
    return Held((), name, mac, ready, isolated=before is not None and before.isolated)
