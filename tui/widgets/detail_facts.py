"""What is known of a link or a namespace, label by label; what is as usual is left out."""

from collections.abc import Iterator

from model.cable_path import port_flags
from model.cables import BRIDGE_KINDS
from model.caption import State, full_name, state_of
from model.ethernet import link_local
from model.identity import NamespaceId
from model.inventory import Inventory
from model.link import Address, Bridge, Link, Macvlan, Tun, Vlan, Vxlan
from model.names import display_name
from model.namespace import Owner
from model.nic import Nic
from model.whose import holder_of, runtime_word
from tui.widgets.detail_item import LABEL, MOST, Item, fact, facts, listed, long_fact
from tui.widgets.line import Line, Piece

_TELLING_FLAGS = ("tentative", "dadfailed", "deprecated", "temporary")
_PLAIN_STATES = {
    State.UP: ("up", "unknown"),
    State.UNKNOWN: ("up", "unknown"),
    State.DOWN: ("down", "lowerlayerdown", "unknown"),
    State.OFF: ("down", "lowerlayerdown", "unknown"),
}
_LABELS_SHOWN = 12
_ID_SHOWN = 12
"""Characters of a container's id: as its runtime shows it."""


def link_facts(graph: Inventory, link: Link, owners: tuple[Owner, ...], title: str, width: int) -> Iterator[Item]:
    """Of one link."""
    yield from _addresses(graph, link, width)
    if link.mac:
        yield fact("mac", link.mac)
    yield from _link_local(graph, link, width)
    if link.operstate not in _PLAIN_STATES[state_of(graph, link)]:
        yield fact("operate", link.operstate, "caution")
    yield from owner_facts(owners, title, "owner", width)
    yield from _kind(graph, link, width)
    if link.port is not None:
        yield from listed("port", port_flags(link.port), width)
    master = graph.master(link.id)
    if isinstance(master, Link) and master.kind not in BRIDGE_KINDS:
        yield fact("part of", full_name(graph, master))
    if link.alias:
        yield from long_fact("alias", link.alias, width)
    for place, name in enumerate(link.altnames[:MOST]):
        yield from long_fact("" if place else "also", name, width)
    holder = graph.holder(link.id)
    if holder is not None:
        yield from listed("held by", [display_name(holder.comm), f"pid {holder.pid}"], width)
    yield from netns_fact(graph, link.id.namespace, f"index {link.id.ifindex}")


def nic_facts(nic: Nic, width: int) -> Iterator[Item]:
    """What its driver says of a NIC."""
    words = [nic.speed_words, f"{nic.duplex} duplex" if nic.duplex else "", display_name(nic.driver)]
    yield from listed("nic", [word for word in words if word], width)


def _addresses(graph: Inventory, link: Link, width: int) -> Iterator[Item]:
    addresses = graph.addresses(link.id)
    if addresses:
        for place, address in enumerate(addresses[:MOST]):
            yield from long_fact("" if place else "address", _address_words(address), width)
        return
    if holder_of(graph, link.id) is not None:
        yield fact("address", "unknown: it is the VM's own", "muted")
        return
    namespace = graph.namespace(link.id.namespace)
    is_unseen = namespace is not None and not namespace.readable
    yield fact("address", "unknown" if is_unseen else "none", "muted" if is_unseen else "dim")


def _address_words(address: Address) -> str:
    words = [address.text if address.scope == "link" else address.cidr]
    if address.peer is not None:
        words.append(f"to {address.peer}")
    if address.scope not in ("global", "link", "host"):
        words.append(address.scope)
    return " ".join([*words, *(flag for flag in address.flags if flag in _TELLING_FLAGS)])


def _link_local(graph: Inventory, link: Link, width: int) -> Iterator[Item]:
    """The address that the MAC gives, where another one is set."""
    given = link_local(link.mac)
    own = [address.text for address in graph.addresses(link.id) if address.family == 6 and address.scope == "link"]
    if given is not None and own and given not in own:
        yield from long_fact("eui-64", given, width, "muted")
        yield fact("", "not set", "muted")


def _kind(graph: Inventory, link: Link, width: int) -> Iterator[Item]:
    match link.detail:
        case Macvlan(mode=mode, sources=sources):
            yield fact("mode", mode)
            yield from facts("sources", list(sources))
        case Vlan(vid=vid, protocol=protocol):
            yield fact("vlan", f"{vid}, {protocol}")
        case Vxlan():
            yield from _vxlan(link.detail)
        case Bridge():
            yield from listed("bridge", _bridge_words(link.detail), width, "muted")
        case Tun():
            yield from listed("flags", _tun_words(link.detail), width, "muted")
    parent = graph.parent(link.id)
    if isinstance(parent, Link):
        yield fact("on", full_name(graph, parent))


def _vxlan(vxlan: Vxlan) -> Iterator[Item]:
    yield fact("vni", str(vxlan.vni))
    if vxlan.remote or vxlan.local:
        yield fact("tunnel", f"{vxlan.local or 'any'} to {vxlan.remote or 'learned'}")
    if vxlan.port:
        yield fact("port", f"{vxlan.port}, udp", "muted")


def _bridge_words(bridge: Bridge) -> list[str]:
    usual = Bridge()
    words = [
        "stp on" if bridge.stp else "stp off",
        "vlans filtered" if bridge.vlan_filtering else "vlans not filtered",
        f"ageing {bridge.ageing_s:g} s",
    ]
    if bridge.stp and bridge.forward_delay_s != usual.forward_delay_s:
        words.append(f"forward delay {bridge.forward_delay_s:g} s")
    if bridge.priority != usual.priority:
        words.append(f"priority {bridge.priority}")
    if not bridge.multicast_snooping:
        words.append("no multicast snooping")
    return words


def _tun_words(tun: Tun) -> list[str]:
    words = [word for word, is_set in (("persistent", tun.persist), ("multi queue", tun.multi_queue)) if is_set]
    return [*words, f"for uid {tun.uid}"] if tun.uid is not None else words


def owner_facts(owners: tuple[Owner, ...], title: str, label: str, width: int) -> Iterator[Item]:
    """Who they are; a name that stands in the title already is not said again."""
    for place, owner in enumerate(owners[:MOST]):
        name = display_name(owner.name)
        shown = "" if name == title.partition("/")[0] else f" {name}"
        words = [f"{runtime_word(owner)}{shown}", f"pid {owner.pid}"]
        yield from listed("" if place else label, words, width)
        for text in _owner_remarks(owner):
            yield from long_fact("", text, width, "muted")
        if not owner.proved:
            yield fact("", "unproved: perhaps forged", "caution")
        if len(owner.labels) > _LABELS_SHOWN:
            yield fact("", f"and {len(owner.labels) - _LABELS_SHOWN} more labels", "muted")


def _owner_remarks(owner: Owner) -> Iterator[str]:
    """All that its runtime says of it."""
    if owner.image:
        yield f"image {owner.image}"
    if owner.user:
        yield f"for {owner.user}"
    if owner.id and owner.id not in (owner.name, str(owner.pid)):
        yield f"id {owner.id[:_ID_SHOWN]}"
    yield from (f"{key}={value}" for key, value in owner.labels[:_LABELS_SHOWN])


def netns_fact(graph: Inventory, space: NamespaceId, more: str) -> Iterator[Item]:
    """The inode of a namespace, and something beside it."""
    namespace = graph.namespace(space)
    if namespace is None:
        return
    inode = "not to be had" if namespace.inode is None else str(namespace.inode)

    def write(line: Line) -> None:
        start = line.at
        line.write("netns", "muted").to(start + LABEL)
        line.add([Piece(inode, "muted"), Piece(f" {line.pen.signs.dot} {more}", "muted")])

    yield Item(write)
