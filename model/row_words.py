"""What is written on a line of the map: found only for the lines somebody looks at. Host text is shown safe."""

from collections.abc import Iterable
from typing import NamedTuple

from model.cables import BRIDGE_KINDS, CHILD_KINDS, Cable, Plug, is_tap
from model.caption import (
    ADDRESS_UNKNOWN,
    Manner,
    State,
    counted,
    full_name,
    main_address,
    no_address,
    slashed_name,
    state_of,
)
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.link import Link, Macvlan, Vlan, Vxlan
from model.names import display_name
from model.nic import NO_NICS, Nics
from model.patch_map import Group, Map, Rack
from model.whose import Whose, holder_of, whose


class RowWords(NamedTuple):
    """A cable."""

    other_end: str
    manner: Manner
    host_end_off: bool
    """Only the host end is switched off."""
    state: State | None
    name: str
    link: str
    address: str
    """With its prefix length."""
    has_address: bool
    """False: `address` is a remark (`no address`)."""
    by: str
    remark: str = ""
    """Stands instead of whose it is, where that cannot be told."""
    outside: str = ""
    """A NIC or a tunnel that is the cable itself."""
    outside_remark: str = ""
    """Its speed, its kind."""


class HeaderWords(NamedTuple):
    """A rail."""

    name: str
    parts: tuple[str, ...]
    """In order of weight: the last ones are left out first."""
    trouble: str
    """`2 down`, where the rows are folded away."""
    state: State | None


class UplinkWords(NamedTuple):
    """The outside of a rail."""

    name: str
    remark: str
    """`10 Gb/s`, `vni 42`, `2 NICs`."""
    state: State


_NOTHING = RowWords("", Manner.NOTE, False, None, "", "", "", False, "")
PEER_UNKNOWN = "peer unknown: its namespace is hidden from us"
PARENT_UNKNOWN = "parent unknown: its namespace is hidden from us"
NOT_ON_A_BRIDGE = "not on a bridge"


def row_words(graph: Inventory, cable: Cable, nics: Nics = NO_NICS) -> RowWords:
    """What a row says."""
    host_end = _link(graph, cable.host_end)
    inside = _link(graph, cable.inside)
    if inside is not None:
        words = _of_inside(graph, cable, inside, host_end)
        if cable.plug is not Plug.OUTSIDE:
            return words
        return words._replace(outside=display_name(inside.name), outside_remark=_outside_remark(inside, nics))
    if host_end is not None:
        return _of_host_end(graph, cable, host_end)
    if cable.plug is Plug.EMPTY and cable.inhabitant.namespace is not None:
        return _of_empty(graph, cable.inhabitant.namespace)
    return _NOTHING


def header_words(graph: Inventory, rack: Rack) -> HeaderWords:
    """What the header of a rack says."""
    link = _link(graph, rack.rail)
    if link is None:
        return HeaderWords(NOT_ON_A_BRIDGE, (), _trouble(graph, rack), None)
    is_bridge = link.kind in BRIDGE_KINDS
    children = sum(child.kind in CHILD_KINDS for child in graph.children(link.id))
    kind = "bridge" if is_bridge else f"{_family(graph, link)} parent"
    place = f"in {whose(graph, rack.within).name}" if rack.within is not None else ""
    parts = [" ".join(word for word in ("" if rack.folded else kind, place) if word)]
    parts = [part for part in parts if part]
    address = main_address(graph, link.id)
    parts.append(address.cidr if address is not None else no_address(graph, link.id))
    if is_bridge:
        ports = len(graph.ports(link.id))
        parts.append(counted(ports, "port") if ports else "no ports")
    if children:
        parts.append(counted(children, "child", "children"))
    state = state_of(graph, link)
    return HeaderWords(
        display_name(link.name), tuple(parts), _trouble(graph, rack), state if state is State.DOWN else None
    )


def uplink_words(graph: Inventory, shown: Map, link_id: LinkId, nics: Nics = NO_NICS) -> UplinkWords:
    """What stands at the left of a rail."""
    link = _link(graph, link_id)
    if link is None:
        return UplinkWords("", "", State.UNKNOWN)
    members = shown.members.get(link_id, ())
    remark = counted(len(members), "NIC") if members else _outside_remark(link, nics)
    return UplinkWords(display_name(link.name), remark, state_of(graph, link))


def strip_words(graph: Inventory, groups: Iterable[Group]) -> list[State]:
    """The worst state of each inhabitant of a folded rack."""
    return [_worst(graph, group) for group in groups]


def group_name(graph: Inventory, group: Group) -> Whose:
    """Who an inhabitant is."""
    cable = group.cables[0]
    return _whose(graph, cable)


def _link(graph: Inventory, link: LinkId | None) -> Link | None:
    return None if link is None else graph.link(link)


def _whose(graph: Inventory, cable: Cable) -> Whose:
    if cable.inhabitant.namespace is not None:
        return whose(graph, cable.inhabitant.namespace)
    held = None if cable.host_end is None else holder_of(graph, cable.host_end)
    return held or Whose("", "")


# The three kinds of row


def _of_inside(graph: Inventory, cable: Cable, inside: Link, host_end: Link | None) -> RowWords:
    name, by = _whose(graph, cable)
    other_end, manner = _other_end(graph, cable, inside, host_end)
    address, has_address = _address(graph, inside)
    remark = ""
    if cable.plug is Plug.UNKNOWN:
        hidden = "parent unknown" if inside.kind in CHILD_KINDS else "peer unknown"
        other_end, manner = _behind(graph, inside) or hidden, Manner.UNKNOWN
    return RowWords(
        other_end,
        manner,
        host_end is not None and not host_end.up and inside.up,
        state_of(graph, inside),
        name,
        display_name(inside.name),
        address,
        has_address,
        by,
        remark,
    )


def _of_host_end(graph: Inventory, cable: Cable, host_end: Link) -> RowWords:
    """A tap, or a cable whose inside we do not know."""
    name, by = _whose(graph, cable)
    if isinstance(host_end.detail, Macvlan):
        other_end, manner = display_name(host_end.detail.mode), Manner.MODE
    else:
        other_end, manner = display_name(host_end.name), Manner.CABLE
    state = state_of(graph, host_end)
    row = _NOTHING._replace(other_end=other_end, manner=manner, state=state, name=name, by=by)
    if graph.ends(host_end.id).peer is not None:
        return row._replace(manner=Manner.UNKNOWN, state=State.UNKNOWN, remark=_behind(graph, host_end) or PEER_UNKNOWN)
    if name:
        link = "tap" if is_tap(host_end) else display_name(host_end.name)
        return row._replace(link=link, address=ADDRESS_UNKNOWN)
    return row._replace(remark="nobody holds it" if is_tap(host_end) else f"{display_name(host_end.kind)}: a dead end")


def _behind(graph: Inventory, link: Link) -> str:
    """Whose the other end is, where at least that is known."""
    space = graph.behind(link.id)
    return "" if space is None else f"in {whose(graph, space).name}"


def _of_empty(graph: Inventory, namespace: NamespaceId) -> RowWords:
    name, by = whose(graph, namespace)
    seen = graph.namespace(namespace)
    readable = seen is not None and seen.readable
    return _NOTHING._replace(name=name, by=by, address="no link but lo" if readable else "cannot be entered")


def _other_end(graph: Inventory, cable: Cable, inside: Link, host_end: Link | None) -> tuple[str, Manner]:
    match cable.plug:
        case Plug.PORT | Plug.LOOSE if host_end is not None:
            if cable.rail is None and host_end.id.namespace != graph.home:
                return full_name(graph, host_end), Manner.CABLE
            return display_name(host_end.name), Manner.CABLE
        case Plug.DIRECT if (far := _link(graph, cable.far)) is not None:
            return slashed_name(graph, far), Manner.DIRECT
        case Plug.CHILD:
            mode = inside.detail.mode if isinstance(inside.detail, Macvlan) else inside.kind
            return display_name(mode), Manner.MODE
        case Plug.OUTSIDE:
            return ("whole NIC" if inside.kind == "device" else display_name(inside.kind)), Manner.NOTE
        case _:
            return _alone(graph, inside), Manner.NOTE


def _alone(graph: Inventory, link: Link) -> str:
    """A link that is no cable: its kind, and what it stands on."""
    parent = graph.parent(link.id)
    kind = f"vlan {link.detail.vid}" if isinstance(link.detail, Vlan) else display_name(link.kind)
    return f"{kind} on {display_name(parent.name)}" if isinstance(parent, Link) else kind


def _address(graph: Inventory, link: Link) -> tuple[str, bool]:
    address = main_address(graph, link.id)
    if address is not None:
        return address.cidr, True
    namespace = graph.namespace(link.id.namespace)
    if namespace is not None and not namespace.readable:
        return ADDRESS_UNKNOWN, False
    return no_address(graph, link.id), False


def _family(graph: Inventory, parent: Link) -> str:
    """What kind of children stand on it."""
    kinds = {child.kind for child in graph.children(parent.id)} & CHILD_KINDS
    return "macvlan" if any(kind.startswith("macv") for kind in kinds) else "ipvlan"


def _outside_remark(link: Link, nics: Nics) -> str:
    match link.detail:
        case Vxlan(vni=vni):
            return f"vni {vni}"
        case Vlan(vid=vid):
            return f"vlan {vid}"
    if link.kind != "device":
        return display_name(link.kind)
    return nics[link.id].speed_words if link.id in nics else ""


def _worst(graph: Inventory, group: Group) -> State:
    states = {
        state_of(graph, link)
        for cable in group.cables
        if (link := _link(graph, cable.inside) or _link(graph, cable.host_end)) is not None
    }
    return next((state for state in (State.DOWN, State.UNKNOWN, State.UP) if state in states), State.OFF)


def _trouble(graph: Inventory, rack: Rack) -> str:
    if not rack.folded:
        return ""
    down = strip_words(graph, rack.groups).count(State.DOWN)
    return f"{down:,} down" if down else ""
