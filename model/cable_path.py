"""The way of a cable, hop by hop: inside end, host end, bridge, outside."""

from typing import NamedTuple

from model.cables import BRIDGE_KINDS
from model.caption import full_name, link_kind, port_ordinal
from model.identity import UNKNOWN, LinkId, NamespaceId
from model.inventory import Inventory
from model.link import BridgePort, Link, Macvlan, Vlan, Vxlan
from model.names import display_name
from model.segments import bridge_of, is_segment
from model.tree import is_outside
from model.whose import holder_of

MOST_WAYS_OUT = 3


class Hop(NamedTuple):
    """One stop, and what lies between it and the next one."""

    link: LinkId | None
    """None: it cannot be seen, or it is no link (a VM)."""
    name: str
    remark: str = ""
    """After the name: `outside`."""
    join: tuple[str, ...] = ()
    """Words for the stretch to the next stop; empty: this is the last."""
    is_segment: bool = False


def path_of(graph: Inventory, link: Link) -> list[Hop]:
    """From the inside to the outside, whichever end one begins with."""
    inside, host_end = inside_and_host_end(graph, link)
    hops = []
    if inside is not None:
        hops.append(_first(graph, inside, host_end))
    near = host_end if host_end is not None else inside
    if near is None:
        return hops
    if host_end is not None:
        vm = holder_of(graph, host_end.id) if inside is None else None
        if vm is not None:
            hops.append(Hop(None, vm.name, vm.by, (link_kind(graph, host_end),)))
        hops.append(Hop(host_end.id, full_name(graph, host_end), join=_port_words(graph, host_end)))
    return hops + _segment_and_out(graph, near)


def inside_and_host_end(graph: Inventory, link: Link) -> tuple[Link | None, Link | None]:
    """Which end is inside, and which is the host end: the one that is plugged in, else the one on the host."""
    far = graph.peer(link.id)
    if not isinstance(far, Link):
        return (None, link) if bridge_of(graph, link.id) is not None else (link, None)
    mine = (bridge_of(graph, link.id) is None, link.id.namespace != graph.home, link.id)
    theirs = (bridge_of(graph, far.id) is None, far.id.namespace != graph.home, far.id)
    return (link, far) if mine > theirs else (far, link)


def _first(graph: Inventory, inside: Link, host_end: Link | None) -> Hop:
    name = full_name(graph, inside)
    ends = graph.ends(inside.id)
    if host_end is not None:
        return Hop(inside.id, name, join=(display_name(inside.kind),))
    if isinstance(ends.parent, LinkId):
        return Hop(inside.id, name, join=_child_words(inside))
    if UNKNOWN in (ends.peer, ends.parent):
        return Hop(inside.id, name, join=(display_name(inside.kind),))
    return Hop(inside.id, name, _outside_words(inside) if is_outside(inside) else "")


def _segment_and_out(graph: Inventory, near: Link) -> list[Hop]:
    ends = graph.ends(near.id)
    if UNKNOWN in (ends.peer, ends.parent) and not isinstance(ends.master, LinkId):
        return [Hop(None, "unknown")]
    bridge = graph.master(near.id)
    if isinstance(bridge, Link) and bridge.kind in BRIDGE_KINDS:
        outs = [port for port in graph.ports(bridge.id) if is_outside(port) and port.id != near.id]
        first = _port_words(graph, outs[0]) if outs else ()
        hops = [Hop(bridge.id, full_name(graph, bridge), join=first, is_segment=True)]
        for place, out in enumerate(outs[:MOST_WAYS_OUT]):
            following = outs[place + 1 : place + 2] if place + 1 < MOST_WAYS_OUT else []
            join = _port_words(graph, following[0]) if following else ()
            hops.append(Hop(out.id, full_name(graph, out), _outside_words(out), join))
        return hops
    if isinstance(bridge, Link):
        return [Hop(bridge.id, full_name(graph, bridge))]
    parent = graph.parent(near.id)
    if isinstance(parent, Link):
        remark = _outside_words(parent) if is_outside(parent) else ""
        return [Hop(parent.id, full_name(graph, parent), remark, is_segment=is_segment(graph, parent))]
    return []


def _port_words(graph: Inventory, port: Link) -> tuple[str, ...]:
    bridge = bridge_of(graph, port.id)
    if bridge is None:
        master = graph.ends(port.id).master
        return ("part",) if isinstance(master, LinkId) else ()
    words = [f"port {port_ordinal(graph, bridge, port.id)}"]
    if port.port is not None:
        words.append(display_name(port.port.state))
        words.extend(port_flags(port.port))
    return tuple(words)


def port_flags(port: BridgePort) -> list[str]:
    """What is not as usual on a port."""
    usual = BridgePort()
    flags = {
        "isolated": port.isolated,
        "hairpin": port.hairpin,
        "locked": port.locked,
        "bpdu guard": port.guard,
        "root block": port.root_block,
        "fast leave": port.fast_leave,
        "no learning": port.learning != usual.learning,
        "no flood": port.flood != usual.flood,
    }
    return [word for word, is_set in flags.items() if is_set]


def _child_words(child: Link) -> tuple[str, ...]:
    match child.detail:
        case Macvlan(mode=mode):
            return (display_name(child.kind), mode)
        case Vlan(vid=vid):
            return (f"vlan {vid}",)
    return (display_name(child.kind),)


def _outside_words(link: Link) -> str:
    match link.detail:
        case Vxlan(vni=vni):
            return f"outside, vni {vni}"
    return "outside"


def namespace_of(subject: LinkId | NamespaceId) -> NamespaceId:
    """The namespace a thing is in, or is."""
    return subject.namespace if isinstance(subject, LinkId) else subject
