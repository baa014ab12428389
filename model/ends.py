"""Where cables end: what links say of each other, and which of it holds.

A link names its master, its peer and its parent. What it names may not be in the graph (yet, or ever), and two veths
may contradict each other. Unknown is a value; an ambiguous peer is a warning, never an edge.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from model.identity import UNKNOWN, End, LinkId
from model.link import Link
from model.multimap import Multimap


class Ends(NamedTuple):
    """The far ends of one link, as far as they are known."""

    master: End = None
    peer: End = None
    parent: End = None
    ambiguous: bool = False
    """There is a peer, but the two ends, or a third one, contradict each other."""


NO_ENDS = Ends()
RELATIONS = ("master", "peer", "parent")
"""The first fields of `Ends`, and the keys of the graph's edges between links."""


class Claims:
    """Who names whom, whether or not the named one is there."""

    __slots__ = ("masters", "parents", "peers")

    def __init__(self) -> None:
        self.masters: Multimap[LinkId, LinkId] = Multimap()
        self.peers: Multimap[LinkId, LinkId] = Multimap()
        self.parents: Multimap[LinkId, LinkId] = Multimap()

    def add(self, link: Link) -> None:
        """Note what a link says."""
        if link.master:
            self.masters.add(LinkId(link.id.namespace, link.master), link.id)
        if isinstance(link.peer, LinkId):
            self.peers.add(link.peer, link.id)
        if isinstance(link.parent, LinkId):
            self.parents.add(link.parent, link.id)

    def discard(self, link: Link) -> None:
        """Forget what a link said."""
        if link.master:
            self.masters.discard(LinkId(link.id.namespace, link.master), link.id)
        if isinstance(link.peer, LinkId):
            self.peers.discard(link.peer, link.id)
        if isinstance(link.parent, LinkId):
            self.parents.discard(link.parent, link.id)

    def touched_by(self, link: Link) -> Iterator[LinkId]:
        """Every link whose ends may differ now that this one says what it says, or no longer does."""
        yield link.id
        yield from self.peers.get(link.id)
        if isinstance(link.peer, LinkId):
            yield link.peer
            yield from self.peers.get(link.peer)

    def naming(self, link: LinkId) -> Iterator[LinkId]:
        """Every link that names this one: its ports, its other end, what stands on it."""
        yield from self.masters.get(link)
        yield from self.peers.get(link)
        yield from self.parents.get(link)


def ends_of(link: Link, links: Mapping[LinkId, Link], claims: Claims) -> Ends:
    """Settle the ends of one link by what all say."""
    if not link.master and link.peer is None and link.parent is None:
        return NO_ENDS
    peer, ambiguous = (None, False) if link.peer is None else _settle_peer(link, links, claims)
    return Ends(_present(link.master_id, links), peer, _present(link.parent, links), ambiguous)


def _present(end: End, links: Mapping[LinkId, Link]) -> End:
    return end if end is None or end in links else UNKNOWN


def _settle_peer(link: Link, links: Mapping[LinkId, Link], claims: Claims) -> tuple[End, bool]:
    """A cable holds when each end names the other, or one does, the other is silent, and nobody else names it."""
    if not isinstance(link.peer, LinkId):
        naming_me = [other for other in claims.peers.get(link.id) if other != link.id]
        return (naming_me[0], False) if len(naming_me) == 1 else (UNKNOWN, len(naming_me) > 1)
    far = links.get(link.peer)
    if far is None:
        return UNKNOWN, False
    if far.id == link.id:
        return UNKNOWN, True
    if far.peer == link.id:
        return far.id, False
    if far.peer is UNKNOWN and claims.peers.get(far.id) == {link.id}:
        return far.id, False
    return UNKNOWN, True
