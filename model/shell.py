"""Each operation as the line of ip(8), bridge(8), tc(8) or sysctl(8) that does the same.

The lines work when they are pasted into a shell in the program's own namespace. `dev` is always written: a link called
`br` would be read as `broadcast`. Names are those at the time: the lines of a plan are to be run in order.
"""

from collections.abc import Iterable, Iterator
from typing import Final, assert_never

from model.intents import Setting
from model.names import display_name
from model.operations import (
    AddBridge,
    AddClsact,
    AddForwarding,
    AddLinkAddress,
    AddLinkAltname,
    AddMacvlan,
    AddNamespace,
    AddNeighbour,
    AddRoute,
    AddVeth,
    DeleteLink,
    DropForwarding,
    DropLinkAddress,
    DropLinkAltname,
    DropNamespace,
    FlushForwarding,
    Handle,
    MoveLink,
    NameNamespace,
    NextHop,
    Operation,
    RenameLink,
    RouteSpec,
    SetBridgeSettings,
    SetLinkAlias,
    SetLinkMac,
    SetLinkMtu,
    SetLinkUp,
    SetMaster,
    SetMode,
    SetPortSettings,
    SetSysctl,
    VethEnd,
)
from model.shell_ways import NoLine, Ways, inside, into, ip_in, tool_in, way_of, ways_of
from model.shell_words import Verbatim, Word, shell_line

__all__ = ["Ways", "commands", "lines", "plan_lines", "ways_of"]

CENTISECONDS: Final = 100
"""USER_HZ: what a bridge's times are told in."""
PORT_STATES: Final = ("disabled", "listening", "learning", "forwarding", "blocking")

_BRIDGE_WORDS: Final = {
    "stp": "stp_state",
    "vlan_filtering": "vlan_filtering",
    "ageing_s": "ageing_time",
    "forward_delay_s": "forward_delay",
    "priority": "priority",
    "multicast_snooping": "mcast_snooping",
}
_PORT_WORDS: Final = {"fast_leave": "fastleave"}


def plan_lines(operations: Iterable[Operation], ways: Ways) -> tuple[str, ...]:
    """The lines of several operations, in order."""
    return tuple(text for operation in operations for text in lines(operation, ways))


def lines(operation: Operation, ways: Ways) -> tuple[str, ...]:
    """The lines that do what an operation does: mostly one. A comment where no line can."""
    try:
        return tuple(shell_line(words) for words in commands(operation, ways))
    except NoLine as none:
        return (f"# {none.reason}",)


def commands(operation: Operation, ways: Ways) -> Iterator[list[Word]]:
    """The words of each line, unquoted; a Verbatim is for the shell to read."""
    match operation:
        case AddVeth():
            yield _add_veth(operation, ways)
        case AddBridge():
            yield [
                *ip_in(ways, operation.namespace), "link", "add", "dev", operation.name, *_index(operation.ifindex),
                "address", operation.mac, "type", "bridge", *_bridge_words(operation.settings),
            ]  # fmt: skip
        case AddMacvlan():
            yield [
                *ip_in(ways, operation.parent.namespace), "link", "add", "dev", operation.name,
                *_index(operation.ifindex), "link", operation.parent.name, *_mac(operation.mac),
                *into(ways, operation.parent.namespace, operation.namespace),
                "type", operation.kind, "mode", operation.mode, *_sources(operation.sources, operation.mode),
            ]  # fmt: skip
        case AddNamespace() | DropNamespace() | NameNamespace():
            yield _namespace_words(operation, ways)
        case MoveLink():
            target = into(ways, operation.link.namespace, operation.namespace)
            renamed: list[Word] = [] if operation.name == operation.link.name else ["name", operation.name]
            yield [*_set(ways, operation.link), *target, *renamed, *_index(operation.ifindex)]
        case SetSysctl():
            yield _sysctl_words(operation, ways)
        case (
            AddLinkAddress() | DropLinkAddress() | AddRoute() | AddForwarding() | DropForwarding() | FlushForwarding()
            | AddNeighbour() | AddClsact()
        ):  # fmt: skip
            yield _address_words(operation, ways)
        case _:
            yield from _link_words(operation, ways)


_OfOneLink = (
    DeleteLink | RenameLink | AddLinkAltname | DropLinkAltname | SetLinkAlias | SetLinkMac | SetLinkUp | SetLinkMtu
    | SetMaster | SetMode | SetPortSettings | SetBridgeSettings
)  # fmt: skip


def _link_words(operation: _OfOneLink, ways: Ways) -> Iterator[list[Word]]:
    link = operation.link
    begin = _set(ways, link)
    match operation:
        case DeleteLink():
            yield [*ip_in(ways, link.namespace), "link", "delete", "dev", link.name]
        case AddLinkAltname():
            yield _property(ways, link, "add", operation.name)
        case DropLinkAltname():
            yield _property(ways, link, "del", operation.name)
        case RenameLink() | SetLinkAlias() | SetLinkMac() | SetLinkUp() | SetLinkMtu():
            yield [*begin, *_attribute(operation)]
        case SetMaster():
            yield [*begin, *(["nomaster"] if operation.master is None else ["master", operation.master.name])]
        case SetMode():
            yield [*begin, "type", operation.kind, "mode", operation.mode]
            if operation.mode == "source":
                yield [*begin, "type", operation.kind, *_sources(operation.sources, operation.mode)]
        case SetPortSettings():
            yield [
                *tool_in("bridge", ways, link.namespace), "link", "set", "dev", link.name,
                *_port_words(operation.settings),
            ]  # fmt: skip
        case SetBridgeSettings():
            yield [*begin, "type", "bridge", *_bridge_words(operation.settings)]
        case _:
            assert_never(operation)


def _attribute(operation: RenameLink | SetLinkAlias | SetLinkMac | SetLinkUp | SetLinkMtu) -> list[Word]:
    match operation:
        case RenameLink():
            return ["name", operation.name]
        case SetLinkAlias():
            return ["alias", operation.text]
        case SetLinkMac():
            return ["address", operation.mac]
        case SetLinkUp():
            return ["up" if operation.up else "down"]
        case SetLinkMtu():
            return ["mtu", str(operation.mtu)]
        case _:
            assert_never(operation)


def _add_veth(operation: AddVeth, ways: Ways) -> list[Word]:
    near, far = operation.near, operation.far
    mtu = [] if operation.mtu is None else ["mtu", str(operation.mtu)]

    def end(one: VethEnd) -> list[Word]:
        return [one.name, *_index(one.ifindex), *_mac(one.mac), *mtu]

    return [
        *ip_in(ways, near.namespace), "link", "add", "dev", *end(near),
        "type", "veth", "peer", "name", *end(far), *into(ways, near.namespace, far.namespace),
    ]  # fmt: skip


def _namespace_words(operation: AddNamespace | DropNamespace | NameNamespace, ways: Ways) -> list[Word]:
    match operation:
        case AddNamespace():
            return ["ip", "netns", "add", operation.name]
        case DropNamespace():
            return ["ip", "netns", "delete", operation.name]
        case NameNamespace():
            way = way_of(ways, operation.namespace)
            if way.pid is not None:
                return ["ip", "netns", "attach", operation.name, str(way.pid)]
            if way.home:
                return ["ip", "netns", "attach", operation.name, Verbatim("$$")]
            raise NoLine(f"no process of {way.label} is known that ip netns attach could name")
        case _:
            assert_never(operation)


def _sysctl_words(operation: SetSysctl, ways: Ways) -> list[Word]:
    """Dots in a name need the form with slashes; `=`, and what a newer sysctl(8) takes for a pattern, need the file."""
    link = operation.link
    within = inside(ways, link.namespace)
    key = f"net/{operation.family}/conf/{link.name}/{operation.key}"
    if key.isascii() and all(char.isalnum() or char in "_.-/@" for char in key):
        return [*within, "sysctl", "-w", f"{key}={operation.value}"]
    return [*within, "sh", "-c", 'echo "$1" > "$0"', f"/proc/sys/{key}", operation.value]


_OfAddresses = (
    AddLinkAddress | DropLinkAddress | AddRoute | AddForwarding | DropForwarding | FlushForwarding | AddNeighbour
    | AddClsact
)  # fmt: skip


def _address_words(operation: _OfAddresses, ways: Ways) -> list[Word]:
    match operation:
        case AddLinkAddress():
            return [
                *ip_in(ways, operation.link.namespace), "address", "replace", *_local(operation.cidr, operation.peer),
                *_told("broadcast", operation.broadcast), "dev", operation.link.name,
                *_told("label", operation.label), "scope", operation.scope, *_told("metric", operation.metric),
                *_told("valid_lft", operation.valid_s), *_told("preferred_lft", operation.preferred_s),
                *operation.flags,
            ]  # fmt: skip
        case DropLinkAddress():
            return [
                *ip_in(ways, operation.link.namespace), "address", "delete", *_local(operation.cidr, operation.peer),
                "dev", operation.link.name,
            ]  # fmt: skip
        case AddRoute():
            return [*ip_in(ways, operation.route.namespace, operation.route.family), *_route_words(operation.route)]
        case AddForwarding():
            return [
                *tool_in("bridge", ways, operation.link.namespace), "fdb", "replace", operation.mac,
                "dev", operation.link.name, *_told("dst", operation.remote), *_told("vlan", operation.vlan),
                "self" if operation.own else "master", *_forwarding_words(operation.kind),
            ]  # fmt: skip
        case DropForwarding():
            tool = tool_in("bridge", ways, operation.link.namespace)
            return [*tool, "fdb", "delete", operation.mac, "dev", operation.link.name, "master"]
        case FlushForwarding():
            within = ip_in(ways, operation.link.namespace)
            return [*within, "link", "set", "dev", operation.link.name, "type", "bridge_slave", "fdb_flush"]
        case AddNeighbour():
            return [
                *ip_in(ways, operation.link.namespace), "neighbour", "replace", operation.address,
                "lladdr", operation.mac, "nud", "permanent", "dev", operation.link.name,
            ]  # fmt: skip
        case AddClsact():
            link = operation.link
            return [*tool_in("tc", ways, link.namespace), "qdisc", "replace", "dev", link.name, "clsact"]
        case _:
            assert_never(operation)


def _route_words(route: RouteSpec) -> list[Word]:
    single = route.hops[0] if len(route.hops) == 1 else None
    words: list[Word] = ["route", "replace", *([] if route.kind == "unicast" else [route.kind]), route.destination]
    if single is not None:
        words += _hop_words(single, route.family)
    words += ["table", str(route.table), "proto", str(route.protocol)]
    if route.family == 4:
        words += ["scope", str(route.scope)]
    words += [*_told("src", route.source), *_told("metric", route.metric), *_told("mtu", route.mtu)]
    if single is None:
        for hop in route.hops:
            words += ["nexthop", *_hop_words(hop, route.family), "weight", str(hop.weight)]
    return words


def _hop_words(hop: NextHop, family: int) -> list[Word]:
    via: list[Word] = []
    if hop.gateway is not None:
        via = ["via", *(["inet6"] if family == 4 and ":" in hop.gateway else []), hop.gateway]
    device: list[Word] = [] if hop.link is None else ["dev", hop.link.name]
    return [*via, *device, *(["onlink"] if hop.onlink else [])]


# Words


def _set(ways: Ways, link: Handle) -> list[Word]:
    return [*ip_in(ways, link.namespace), "link", "set", "dev", link.name]


def _property(ways: Ways, link: Handle, verb: str, name: str) -> list[Word]:
    if "/" in name or any(char.isspace() for char in name):
        raise NoLine(f"ip(8) takes no altname with a space or a slash in it: {display_name(name)}")
    return [*ip_in(ways, link.namespace), "link", "property", verb, "dev", link.name, "altname", name]


def _index(ifindex: int | None) -> list[Word]:
    return _told("index", ifindex)


def _mac(mac: str | None) -> list[Word]:
    return _told("address", mac)


def _told(word: str, value: str | int | None) -> list[Word]:
    return [] if value is None else [word, str(value)]


def _sources(sources: tuple[str, ...], mode: str) -> list[Word]:
    if mode != "source":
        return []
    return ["macaddr", "set", *sources] if sources else ["macaddr", "flush"]


def _local(cidr: str, peer: str | None) -> list[Word]:
    if peer is None:
        return [cidr]
    text, _, length = cidr.partition("/")
    return [text, "peer", f"{peer}/{length}"]


def _forwarding_words(kind: str) -> list[Word]:
    return ["static", "sticky"] if kind == "sticky" else [kind]


def _bridge_words(settings: tuple[Setting, ...]) -> list[Word]:
    words: list[Word] = []
    for field, value in settings:
        number = round(float(value) * CENTISECONDS) if field.endswith("_s") else int(value)
        words += [_BRIDGE_WORDS[field], str(number)]
    return words


def _port_words(settings: tuple[Setting, ...]) -> list[Word]:
    words: list[Word] = []
    for field, value in settings:
        text = ("on" if value else "off") if isinstance(value, bool) else str(value)
        words += [_PORT_WORDS.get(field, field), text]
    return words
