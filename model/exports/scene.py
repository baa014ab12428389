"""What a drawn graph shows, whatever draws it: boxes of links, and lines between them. Texts are safe to show."""

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from model.cables import BRIDGE_KINDS, BUNDLE_KINDS, CHILD_KINDS, is_tap
from model.caption import State, main_address, state_of
from model.identity import UNKNOWN, End, LinkId, NamespaceId
from model.inventory import Inventory
from model.link import PEERED_KINDS, Link, Macvlan, Vlan, Vxlan
from model.names import display_name
from model.tree import is_idle
from model.whose import holder_of, whose


class Look(Enum):
    """What kind of thing a node is."""

    RAIL = "rail"
    """A bridge."""
    OUTSIDE = "outside"
    """A NIC on the host."""
    LINK = "link"
    GUEST = "guest"
    """A VM, or a process that holds a tap."""
    UNKNOWN = "unknown"
    """An end that is hidden from us."""


class Tie(Enum):
    """What kind of line it is."""

    CABLE = "cable"
    PORT = "port"
    STANDS_ON = "stands-on"
    UNKNOWN = "unknown"


class Node(NamedTuple):
    """One link, or who is at the end of one."""

    id: str
    lines: tuple[str, ...]
    look: Look
    is_down: bool = False
    column: int | None = None
    """From the outside (0) over rails and host ends to who lives here (3); None: farther in, wherever it falls."""


class Box(NamedTuple):
    """A namespace."""

    id: str
    title: str
    nodes: tuple[Node, ...]


class Edge(NamedTuple):
    """A line between two nodes, from the rail outwards."""

    one: str
    other: str
    tie: Tie
    text: str = ""


class Scene(NamedTuple):
    """All of it."""

    boxes: tuple[Box, ...]
    loose: tuple[Node, ...]
    """Nodes in no box."""
    edges: tuple[Edge, ...]

    @property
    def nodes(self) -> Iterator[Node]:
        """In boxes and in none."""
        for box in self.boxes:
            yield from box.nodes
        yield from self.loose


def scene(graph: Inventory) -> Scene:
    """Everything but lo and idle tunnels, in an order that follows from ids alone."""
    boxes: list[Box] = []
    loose: list[Node] = []
    edges: list[Edge] = []
    in_order = sorted(graph.namespaces(), key=lambda space: (not space.home, len(space.id), space.id))
    for number, space in enumerate(in_order):
        links = sorted((link for link in graph.links(space.id) if not is_idle(link)), key=lambda link: link.id.ifindex)
        boxes.append(Box(f"ns{number}", _title(graph, space.id), tuple(_node(graph, link) for link in links)))
        for link in links:
            edges += _edges(graph, link)
            far = _far_node(graph, link)
            if far is not None:
                loose.append(far)
                tie = Tie.UNKNOWN if far.look is Look.UNKNOWN else Tie.CABLE
                edges.append(Edge(node_id(link.id), far.id, tie))
    return Scene(tuple(boxes), tuple(loose), tuple(edges))


def node_id(link: LinkId) -> str:
    """An id of letters, digits and underscores, whatever the namespace's is made of."""
    place = "".join(char if char.isascii() and char.isalnum() else f"_{ord(char):x}_" for char in link.namespace)
    return f"i{place}_{link.ifindex}"


def _title(graph: Inventory, space: NamespaceId) -> str:
    name, by = whose(graph, space)
    return f"{name} ({by})" if by else name


def _node(graph: Inventory, link: Link) -> Node:
    lines = [display_name(link.name)]
    if link.kind != "veth":
        lines.append(_kind(link))
    address = main_address(graph, link.id)
    if address is not None:
        lines.append(address.cidr)
    is_down = state_of(graph, link) is State.DOWN
    look = Look.LINK
    if link.kind in BRIDGE_KINDS:
        look = Look.RAIL
    elif link.kind == "device" and link.id.namespace == graph.home:
        look = Look.OUTSIDE
    return Node(node_id(link.id), tuple(lines), look, is_down, _column(graph, link))


def _column(graph: Inventory, link: Link) -> int | None:
    ends = graph.ends(link.id)
    if link.id.namespace != graph.home:
        is_inner = link.kind in BRIDGE_KINDS or any(
            _is_inner(graph, end) for end in (ends.master, ends.peer, ends.parent)
        )
        return None if is_inner else 3
    if link.kind in BRIDGE_KINDS or any(child.kind in CHILD_KINDS for child in graph.children(link.id)):
        return 1
    if link.kind in PEERED_KINDS or is_tap(link):
        return 2
    return 0 if isinstance(ends.master, LinkId) else 3 if ends.parent is not None else 0


def _is_inner(graph: Inventory, end: End) -> bool:
    """A rail, or a port of one, that is not the host's own."""
    if not isinstance(end, LinkId) or end.namespace == graph.home:
        return False
    link, master = graph.link(end), graph.ends(end).master
    return isinstance(master, LinkId) or (link is not None and link.kind in BRIDGE_KINDS | BUNDLE_KINDS)


def _kind(link: Link) -> str:
    match link.detail:
        case Macvlan(mode=mode):
            return f"{link.kind} {display_name(mode)}"
        case Vlan(vid=vid):
            return f"vlan {vid}"
        case Vxlan(vni=vni):
            return f"vxlan {vni}"
    return "tap" if is_tap(link) else "NIC" if link.kind == "device" else display_name(link.kind)


def _far_node(graph: Inventory, link: Link) -> Node | None:
    """Who holds a tap, or the end that is hidden."""
    own = node_id(link.id)
    held = holder_of(graph, link.id)
    if held is not None:
        return Node(f"{own}_holder", held, Look.GUEST, column=3)
    ends = graph.ends(link.id)
    if ends.peer is UNKNOWN:
        return Node(f"{own}_peer", ("unknown",), Look.UNKNOWN, column=3 if link.id.namespace == graph.home else None)
    if ends.parent is UNKNOWN:
        return Node(f"{own}_parent", ("unknown",), Look.UNKNOWN)
    return None


def _edges(graph: Inventory, link: Link) -> Iterator[Edge]:
    """The lines that a link is the outer end of; of a cable's two ends the one nearer to the host comes first."""
    own, ends = node_id(link.id), graph.ends(link.id)
    if isinstance(ends.master, LinkId):
        is_outside = link.kind not in PEERED_KINDS and not is_tap(link)
        first, second = (own, node_id(ends.master)) if is_outside else (node_id(ends.master), own)
        yield Edge(first, second, Tie.PORT)
    if isinstance(ends.parent, LinkId):
        mode = display_name(link.detail.mode) if isinstance(link.detail, Macvlan) else ""
        yield Edge(node_id(ends.parent), own, Tie.STANDS_ON, mode)
    if isinstance(ends.peer, LinkId) and _comes_after(graph, link.id, ends.peer):
        yield Edge(node_id(ends.peer), own, Tie.CABLE)


def _comes_after(graph: Inventory, link: LinkId, peer: LinkId) -> bool:
    """Which end of a cable tells of it: once a cable."""

    def place(end: LinkId) -> tuple[bool, bool, LinkId]:
        return (end.namespace != graph.home, not isinstance(graph.ends(end).master, LinkId), end)

    return place(link) > place(peer)
