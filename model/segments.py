"""Segments: what ports and children are plugged into. A bridge is one; so is the parent of macvlans or ipvlans."""

from typing import NamedTuple

from model.cables import BRIDGE_KINDS, CHILD_KINDS
from model.identity import LinkId
from model.inventory import Inventory
from model.link import Link
from model.patch_map import letter_of


class Letters:
    """The letter of each segment: given once, in the order in which segments were first seen, and never reused."""

    def __init__(self) -> None:
        self._ordinals: dict[LinkId, int] = {}

    def __contains__(self, segment: LinkId) -> bool:
        return segment in self._ordinals

    def ordinal(self, segment: LinkId) -> int:
        """0 for A. Its hue goes by this number, too."""
        return self._ordinals.setdefault(segment, len(self._ordinals))

    def letter(self, segment: LinkId) -> str:
        """A to Z, then AA, AB ..."""
        return letter_of(self.ordinal(segment))


class PortId(NamedTuple):
    """A place on a segment: a port of a bridge, or a child of a parent."""

    segment: LinkId
    by: LinkId


def is_segment(graph: Inventory, link: Link) -> bool:
    """Whether other links are, or could be, plugged into this one."""
    return link.kind in BRIDGE_KINDS or shares_its_wire(graph, link)


def shares_its_wire(graph: Inventory, link: Link) -> bool:
    """Whether macvlans or ipvlans stand on it."""
    return graph.has_on_it(link.id, CHILD_KINDS)


def bridge_of(graph: Inventory, link: LinkId) -> LinkId | None:
    """The bridge that a link is a port of."""
    master = graph.ends(link).master
    if not isinstance(master, LinkId):
        return None
    bridge = graph.link(master)
    return master if bridge is not None and bridge.kind in BRIDGE_KINDS else None


def place_of(graph: Inventory, link: Link) -> PortId | None:
    """Where a link is plugged in: by itself, or by the other end of its cable. None: into no segment."""
    bridge = bridge_of(graph, link.id)
    if bridge is not None:
        return PortId(bridge, link.id)
    ends = graph.ends(link.id)
    if isinstance(ends.parent, LinkId) and link.kind in CHILD_KINDS:
        return PortId(ends.parent, link.id)
    if not isinstance(ends.peer, LinkId):
        return None
    bridge = bridge_of(graph, ends.peer)
    if bridge is not None:
        return PortId(bridge, ends.peer)
    far = graph.link(ends.peer)
    return PortId(far.id, far.id) if far is not None and shares_its_wire(graph, far) else None
