"""Segments: what ports and children are plugged into. A bridge is one; so is the parent of macvlans or ipvlans."""

from collections.abc import Iterator
from typing import NamedTuple

from model.identity import LinkId
from model.inventory import Inventory
from model.link import Link

SHARED_KINDS = frozenset({"macvlan", "macvtap", "ipvlan", "ipvtap"})
"""Kinds that share their lower link's wire: the lower link becomes a segment."""

NO_SEGMENTS = frozenset({"bond", "team", "vrf"})
"""Masters that join links or routes, but are no wire of their own."""


class Plug(NamedTuple):
    """Where a link's traffic comes out: the segment, and the port or child by which it gets there."""

    segment: LinkId
    by: LinkId


class Letters:
    """The letter of each segment: given once, in the order in which segments were first seen, and never reused."""

    def __init__(self) -> None:
        self._ordinals: dict[LinkId, int] = {}

    def ordinal(self, segment: LinkId) -> int:
        """0 for A. Its hue goes by this number, too."""
        return self._ordinals.setdefault(segment, len(self._ordinals))

    def letter(self, segment: LinkId) -> str:
        """A to Z, then AA, AB ..."""
        return letter_of(self.ordinal(segment))


def letter_of(ordinal: int) -> str:
    """0 is A, 25 is Z, 26 is AA."""
    text = ""
    left = ordinal + 1
    while left:
        left, digit = divmod(left - 1, 26)
        text = chr(ord("A") + digit) + text
    return text


def is_segment(graph: Inventory, link: Link) -> bool:
    """Whether other links are, or could be, plugged into this one."""
    if link.kind in NO_SEGMENTS:
        return False
    return link.kind == "bridge" or bool(graph.ports(link.id)) or shares_its_wire(graph, link)


def shares_its_wire(graph: Inventory, link: Link) -> bool:
    """Whether macvlans or ipvlans stand on it."""
    return any(child.kind in SHARED_KINDS for child in graph.children(link.id))


def is_port(graph: Inventory, link: Link) -> bool:
    """Whether it is a port of a segment, or part of a bond."""
    return isinstance(graph.ends(link.id).master, LinkId) and link.master_kind != "vrf"


def plug_of(graph: Inventory, link: Link) -> Plug | None:
    """Where this link is plugged in: by itself, or by the other end of its cable."""
    ends = graph.ends(link.id)
    if isinstance(ends.master, LinkId) and link.master_kind not in NO_SEGMENTS:
        return Plug(ends.master, link.id)
    if isinstance(ends.parent, LinkId) and link.kind in SHARED_KINDS:
        return Plug(ends.parent, link.id)
    if isinstance(ends.peer, LinkId):
        far = graph.link(ends.peer)
        master = graph.ends(ends.peer).master
        if far is not None and isinstance(master, LinkId) and far.master_kind not in NO_SEGMENTS:
            return Plug(master, ends.peer)
        if far is not None and shares_its_wire(graph, far):
            return Plug(far.id, far.id)
    return None


def plugged_into(graph: Inventory, segment: LinkId) -> Iterator[Link]:
    """The ports of a segment and what shares its wire."""
    yield from graph.ports(segment)
    for child in graph.children(segment):
        if child.kind in SHARED_KINDS:
            yield child
