"""What the boxes of the focus say, and what the drawing means in sentences. Only what is certain. Shown safe."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from model.cable_path import port_flags
from model.cables import BRIDGE_KINDS, Inhabitant
from model.caption import (
    State,
    counted,
    full_name,
    link_kind,
    main_address,
    no_address,
    port_ordinal,
    reason_down,
    slashed_name,
    state_of,
)
from model.focus import Hop, Node, Place, mode_of
from model.identity import UNKNOWN, LinkId, NamespaceId
from model.inventory import Inventory
from model.link import Link, Vxlan
from model.names import display_name
from model.segments import Letters, bridge_of, is_segment
from model.tree import is_outside, links_of
from model.whose import holder_of, whose

MOST_ROWS: Final = 14
"""Of the centre."""
MOST_NAMES: Final = 6
"""In a sentence."""
MOST_BESIDE: Final = 2
"""Rows of other boxes for links that no drawn cable leads to."""


class BoxRow(NamedTuple):
    """A link in a box."""

    link: LinkId | None
    text: str
    remark: str = ""
    state: State | None = None
    segment: LinkId | None = None
    """What it is plugged into: its hue."""


class BoxWords(NamedTuple):
    """A box."""

    title: str
    sort: str
    rows: tuple[BoxRow, ...]
    foot: str = ""
    segment: LinkId | None = None
    """It is this segment."""

    def row_of(self, link: LinkId | None) -> int:
        """The row where a cable meets the box."""
        return next((number for number, row in enumerate(self.rows) if row.link == link), 0)

    def has_row(self, link: LinkId | None) -> bool:
        """Whether a link has a row of its own."""
        return any(row.link == link for row in self.rows)


class Sentence(NamedTuple):
    """One thing that the drawing means."""

    segment: LinkId | None
    """Its letter stands first."""
    name: str
    text: str
    is_trouble: bool = False


def subject_of(graph: Inventory, node: Node) -> LinkId | NamespaceId | None:
    """The thing that other screens can show; of a VM its first tap."""
    if isinstance(node, LinkId):
        return node
    if node.namespace is not None:
        return node.namespace
    taps = graph.links_held_by_pid(node.pid)
    return taps[0].id if taps else None


def name_of(graph: Inventory, node: Node) -> str:
    """What a node is called."""
    if isinstance(node, LinkId):
        link = graph.link(node)
        return full_name(graph, link) if link is not None else ""
    if node.namespace is not None:
        return whose(graph, node.namespace).name
    taps = graph.links_held_by_pid(node.pid)
    held = holder_of(graph, taps[0].id) if taps else None
    return held.name if held is not None else str(node.pid)


def box_words(graph: Inventory, place: Place, letters: Letters) -> BoxWords:
    """What is written on a box."""
    node = place.node
    if isinstance(node, Inhabitant):
        return _of_inhabitant(graph, place, node, letters)
    link = graph.link(node)
    if link is None:
        return BoxWords("", "", (BoxRow(None, "gone"),))
    return _of_segment(graph, place, link) if is_segment(graph, link) else _of_link(graph, place, link)


def _of_inhabitant(graph: Inventory, place: Place, node: Inhabitant, letters: Letters) -> BoxWords:
    drawn = [hop.far for hop in place.cables]
    drawn += [hop.near for child in place.children for hop in child.cables]
    beside = {hop.near: (hop, far) for hop, far in place.others if hop.near not in drawn}
    rest = [] if node.namespace is None else [link.id for link in links_of(graph, node.namespace)]
    rest = [link for link in rest if link not in drawn and link not in beside]
    if place.only is not None or node.namespace == graph.home:
        beside, rest = {}, []
    order = list(dict.fromkeys([*drawn, *beside, *rest]))
    most = MOST_ROWS if place.parent is None else max(1, len(drawn)) + MOST_BESIDE
    shown = [link for link in order[:most] if link is not None]
    rows = []
    for link_id in shown:
        link = graph.link(link_id)
        if link is not None:
            rows.append(_row(graph, link, _beside(graph, beside[link_id], letters) if link_id in beside else None))
    hidden = len(order) - len(shown)
    foot = f"+{counted(hidden, 'link')}" if hidden > 0 else _foot(graph, place, node)
    title, by = name_of(graph, node), _by(graph, node)
    if place.only is not None:
        only = graph.link(place.only)
        title = full_name(graph, only) if only is not None else title
    return BoxWords(title, by, tuple(rows) or (BoxRow(None, "no links"),), foot)


def _row(graph: Inventory, link: Link, beside: str | None) -> BoxRow:
    address = main_address(graph, link.id)
    remark = beside if beside is not None else address.text if address is not None else ""
    return BoxRow(link.id, display_name(link.name), remark, state_of(graph, link), _segment_of(graph, link))


def _beside(graph: Inventory, cable: tuple[Hop, Node], letters: Letters) -> str:
    """Where a cable leads that is not drawn from here."""
    hop, far = cable
    if hop.rail is not None and far == hop.rail:
        return f"on {letters.letter(hop.rail)}"
    return f"to {name_of(graph, far)}"


def _foot(graph: Inventory, place: Place, node: Inhabitant) -> str:
    if place.parent is None and node.namespace is not None:
        owners = graph.owners(node.namespace)
        return f"pid {owners[0].pid}" if owners and node.namespace != graph.home else ""
    direct = place.cables and all(hop.rail is None for hop in place.cables)
    return "direct veth" if direct and isinstance(place.parent and place.parent.node, Inhabitant) else ""


def _by(graph: Inventory, node: Inhabitant) -> str:
    if node.namespace is not None:
        return whose(graph, node.namespace).by
    taps = graph.links_held_by_pid(node.pid)
    held = holder_of(graph, taps[0].id) if taps else None
    return held.by if held is not None else ""


def _address(graph: Inventory, link: LinkId) -> str:
    address = main_address(graph, link)
    return address.text if address is not None else no_address(graph, link)


def _of_segment(graph: Inventory, place: Place, link: Link) -> BoxWords:
    rows = [row for hop in place.cables if (row := _port_row(graph, link, hop)) is not None]
    if not rows:
        rows = [BoxRow(link.id, _address(graph, link.id), "", state_of(graph, link))]
    ports = len(graph.ports(link.id))
    children = sum(child.kind != "vlan" for child in graph.children(link.id))
    if link.kind in BRIDGE_KINDS:
        sort, foot = "bridge", counted(ports, "port") if ports else "no ports"
    else:
        sort, foot = "parent", counted(children, "child", "children")
    if link.id.namespace != graph.home:
        sort = f"{sort} in {whose(graph, link.id.namespace).name}"
    return BoxWords(display_name(link.name), sort, tuple(rows), foot, link.id)


def _port_row(graph: Inventory, segment: Link, hop: Hop) -> BoxRow | None:
    port = graph.link(hop.far) if hop.far is not None else None
    if port is None:
        return None
    if port.id == segment.id:
        return BoxRow(port.id, _address(graph, segment.id), "", state_of(graph, port))
    mode = mode_of(port)
    if bridge_of(graph, port.id) == segment.id:
        remark = f"port {port_ordinal(graph, segment.id, port.id)}"
        return BoxRow(port.id, display_name(port.name), remark, state_of(graph, port), segment.id)
    return BoxRow(port.id, mode or display_name(port.kind), display_name(port.kind), state_of(graph, port), segment.id)


def _of_link(graph: Inventory, place: Place, link: Link) -> BoxWords:
    """A NIC, a tunnel, a host end: it is its own row."""
    ends = graph.ends(link.id)
    bridge = bridge_of(graph, link.id)
    if UNKNOWN in (ends.peer, ends.parent):
        row = BoxRow(link.id, "other end unknown", "", State.UNKNOWN)
    elif bridge is not None and (place.parent is None or link.kind == "veth"):
        row = BoxRow(link.id, f"port {port_ordinal(graph, bridge, link.id)}", "", state_of(graph, link), bridge)
    else:
        address = main_address(graph, link.id)
        vni = f"vni {link.detail.vni}" if isinstance(link.detail, Vxlan) else f"mtu {link.mtu}"
        row = BoxRow(link.id, address.text if address is not None else vni, "", state_of(graph, link), bridge)
    return BoxWords(full_name(graph, link), link_kind(graph, link), (row,))


# Sentences


def sentences(graph: Inventory, place: Place, letters: Letters) -> Iterator[Sentence]:
    """What the box means."""
    node = place.node
    if isinstance(node, LinkId):
        link = graph.link(node)
        if link is None:
            return
        if is_segment(graph, link):
            yield from _about_segment(graph, link)
        else:
            yield from _about_link(graph, link)
        return
    yield from _about_inhabitant(graph, node, place.only, letters)


def _about_inhabitant(graph: Inventory, node: Inhabitant, only: LinkId | None, letters: Letters) -> Iterator[Sentence]:
    if node.namespace is None:
        links = list(graph.links_held_by_pid(node.pid))
    elif only is not None:
        links = [link for link in links_of(graph, node.namespace) if link.id == only]
    else:
        links = links_of(graph, node.namespace)
    if node.namespace == graph.home:
        links = [link for link in links if is_segment(graph, link)]
    plugs = list(dict.fromkeys(segment for link in links if (segment := _segment_of(graph, link)) is not None))
    if len(plugs) > 1:
        names = [f"{letters.letter(segment)} {_name(graph, segment)}" for segment in plugs]
        yield Sentence(None, name_of(graph, node), f"is plugged into {_and(names)}")
    for link in links:
        yield from _about_segment(graph, link, brief=True) if is_segment(graph, link) else _about_link(graph, link)
    if not links:
        namespace = graph.namespace(node.namespace) if node.namespace is not None else None
        if namespace is not None and not namespace.readable:
            yield Sentence(None, name_of(graph, node), "cannot be entered: what is inside is unknown", is_trouble=True)
        else:
            yield Sentence(None, name_of(graph, node), "has no link: nothing is plugged into it")


def _segment_of(graph: Inventory, link: Link) -> LinkId | None:
    ends = graph.ends(link.id)
    own = bridge_of(graph, link.id)
    if own is not None:
        return own
    if isinstance(ends.peer, LinkId):
        return bridge_of(graph, ends.peer)
    return ends.parent if isinstance(ends.parent, LinkId) and mode_of(link) else None


def _about_link(graph: Inventory, link: Link) -> Iterator[Sentence]:
    name, segment = full_name(graph, link), _segment_of(graph, link)
    state = state_of(graph, link)
    if state in (State.DOWN, State.OFF):
        word = "is DOWN" if state is State.DOWN else "is off"
        yield Sentence(segment, name, f"{word}: {reason_down(graph, link)}", is_trouble=state is State.DOWN)
    yield Sentence(segment, name, _where(graph, link, segment), is_trouble=UNKNOWN in graph.ends(link.id)[:3])


def _where(graph: Inventory, link: Link, segment: LinkId | None) -> str:
    """What it is plugged into, and how."""
    ends, peer = graph.ends(link.id), graph.peer(link.id)
    if UNKNOWN in (ends.peer, ends.parent):
        return "leads to a namespace that is hidden from us"
    if mode_of(link) and segment is not None:
        return f"is a macvlan on {_name(graph, segment)}, mode {mode_of(link)}"
    if isinstance(peer, Link):
        via = peer if bridge_of(graph, link.id) is None else link
        if segment is None:
            return f"is a direct cable to {slashed_name(graph, peer)}, on no bridge"
        if via is link:
            return f"is {_port(graph, segment, link)}; its inside end is {slashed_name(graph, peer)}"
        port = ", ".join(_port_words(graph, segment, via))
        return f"is plugged into {_name(graph, segment)} by {full_name(graph, via)}, {port}"
    held = holder_of(graph, link.id)
    if held is not None:
        where = f", {_port(graph, segment, link)}" if segment is not None else ""
        return f"is held by {held.name}{where}"
    if segment is not None:
        return f"is {_port(graph, segment, link)}, and leads outside"
    if link.kind == "device":
        return (
            "is a whole NIC: it leads outside, over no bridge" if link.id.namespace != graph.home else "leads outside"
        )
    return f"is a {link_kind(graph, link)}, plugged into nothing"


def _port(graph: Inventory, bridge: LinkId, link: Link) -> str:
    first, *more = _port_words(graph, bridge, link)
    return ", ".join([f"{first} of {_name(graph, bridge)}", *more])


def _port_words(graph: Inventory, bridge: LinkId, link: Link) -> list[str]:
    words = [f"port {port_ordinal(graph, bridge, link.id)}"]
    if link.port is not None:
        words += [display_name(link.port.state), *port_flags(link.port)]
    return words


def _about_segment(graph: Inventory, link: Link, *, brief: bool = False) -> Iterator[Sentence]:
    name = full_name(graph, link)
    if state_of(graph, link) is State.DOWN:
        yield Sentence(link.id, name, f"is DOWN: {reason_down(graph, link)}", is_trouble=True)
    plugged = [*graph.ports(link.id), *(child for child in graph.children(link.id) if mode_of(child))]
    plugged.sort(key=is_outside)
    who = list(dict.fromkeys(_who(graph, link.id, port) for port in plugged))
    if not who:
        yield Sentence(link.id, name, "has no ports: nothing is plugged into it")
    elif link.kind in BRIDGE_KINDS:
        yield Sentence(link.id, name, f"has {_some(who)} plugged in")
    else:
        yield Sentence(link.id, name, f"carries macvlans of {_some(who)}")
    if link.kind == "device":
        yield Sentence(link.id, name, "is itself the way outside")
    elif who and not brief and not any(is_outside(port) for port in plugged):
        yield Sentence(link.id, name, "has no port that leads outside")
    address = main_address(graph, link.id)
    owner = "the host" if link.id.namespace == graph.home else whose(graph, link.id.namespace).name
    if address is not None and not brief:
        yield Sentence(link.id, name, f"carries an address of {owner}: {address.cidr}")
    down = [full_name(graph, port) for port in plugged if state_of(graph, port) is State.DOWN]
    if down:
        verb = "is DOWN" if len(down) == 1 else "are DOWN"
        yield Sentence(link.id, _some(down), verb, is_trouble=True)


def _who(graph: Inventory, segment: LinkId, port: Link) -> str:
    """Who is at the other end of a port."""
    peer = graph.peer(port.id)
    held = holder_of(graph, port.id)
    if held is not None:
        return held.name
    if isinstance(peer, Link):
        at_home = peer.id.namespace == graph.home
        return full_name(graph, peer) if at_home else whose(graph, peer.id.namespace).name
    if is_outside(port):
        return f"the outside by {full_name(graph, port)}"
    name = full_name(graph, port) if port.id.namespace == segment.namespace else whose(graph, port.id.namespace).name
    return f"{name} ({mode_of(port)})" if mode_of(port) else name


def _some(names: list[str]) -> str:
    """All of a few; of many the first ones, and how many others."""
    few = names if len(names) <= MOST_NAMES + 1 else [*names[:MOST_NAMES], f"{len(names) - MOST_NAMES:,} more"]
    return _and(few)


def _name(graph: Inventory, link: LinkId) -> str:
    there = graph.link(link)
    return full_name(graph, there) if there is not None else "?"


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
