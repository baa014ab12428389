"""Operations as netlink requests. pyroute2 knows every attribute's form; a socket of ours carries what it encodes.

pyroute2's own sockets are not used: they bring an event loop of their own, and refuse names that are no UTF-8. Texts
are handed to it as the kernel's bytes. Importing it takes 0.2 s: import this module late.

Sources: rtnetlink(7), linux/{if_link,if_addr,neighbour,rtnetlink}.h, bridge(8), ip-route(8), tc(8).
"""

import socket
import sys
from collections.abc import Mapping, Sequence
from ipaddress import ip_interface, ip_network
from typing import Any, Final

from pyroute2.netlink import nlmsg
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.ndmsg import ndmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg
from pyroute2.netlink.rtnl.tcmsg import tcmsg

from backend.attributes import attribute
from backend.rtnetlink import (
    AF_BRIDGE,
    IFF_UP,
    IFLA_IFALIAS,
    MACVLAN_MODES,
    NLM_F_ECHO,
    NLM_F_REQUEST,
    PORT_STATES,
    RTM_DELADDR,
    RTM_DELLINK,
    RTM_NEWADDR,
    RTM_NEWLINK,
    SCOPES,
    USER_HZ,
)
from backend.tables import ROUTE_KINDS
from model.intents import Setting
from model.names import raw_bytes
from model.operations import (
    AddForwarding,
    AddLinkAddress,
    AddMacvlan,
    AddNeighbour,
    AddVeth,
    DropForwarding,
    DropLinkAddress,
    RouteSpec,
    SetMode,
    VethEnd,
)

NLM_F_REPLACE, NLM_F_EXCL, NLM_F_CREATE = 0x100, 0x200, 0x400
RTM_NEWROUTE, RTM_NEWNEIGH, RTM_DELNEIGH, RTM_NEWQDISC = 24, 28, 29, 36
RTM_NEWLINKPROP, RTM_DELLINKPROP = 108, 109
NTF_SELF, NTF_MASTER, NTF_STICKY = 0x02, 0x04, 0x40
NUD_REACHABLE, NUD_NOARP, NUD_PERMANENT = 0x02, 0x40, 0x80
TC_H_CLSACT, TC_H_INGRESS_HANDLE = 0xFFFFFFF1, 0xFFFF0000
RTNH_F_ONLINK: Final = 0x04
RT_TABLE_COMPAT: Final = 252
ADDRESS_FLAGS: Final = {
    "nodad": 0x02,
    "optimistic": 0x04,
    "home": 0x10,
    "mngtmpaddr": 0x100,
    "noprefixroute": 0x200,
    "autojoin": 0x400,
}
FOREVER: Final = 0xFFFFFFFF
_NEW: Final = NLM_F_CREATE | NLM_F_EXCL
_MODE_NUMBERS: Final = {word: number for number, word in MACVLAN_MODES.items()}
_SCOPE_NUMBERS: Final = {word: number for number, word in SCOPES.items()}
_ROUTE_KIND_NUMBERS: Final = {word: number for number, word in ROUTE_KINDS.items()}
PORT_ATTRIBUTES: Final = {
    "state": "IFLA_BRPORT_STATE",
    "isolated": "IFLA_BRPORT_ISOLATED",
    "hairpin": "IFLA_BRPORT_MODE",
    "learning": "IFLA_BRPORT_LEARNING",
    "flood": "IFLA_BRPORT_UNICAST_FLOOD",
    "mcast_flood": "IFLA_BRPORT_MCAST_FLOOD",
    "bcast_flood": "IFLA_BRPORT_BCAST_FLOOD",
    "locked": "IFLA_BRPORT_LOCKED",
    "guard": "IFLA_BRPORT_GUARD",
    "root_block": "IFLA_BRPORT_PROTECT",
    "fast_leave": "IFLA_BRPORT_FAST_LEAVE",
    "cost": "IFLA_BRPORT_COST",
    "priority": "IFLA_BRPORT_PRIORITY",
}
BRIDGE_ATTRIBUTES: Final = {
    "stp": "IFLA_BR_STP_STATE",
    "vlan_filtering": "IFLA_BR_VLAN_FILTERING",
    "ageing_s": "IFLA_BR_AGEING_TIME",
    "forward_delay_s": "IFLA_BR_FORWARD_DELAY",
    "priority": "IFLA_BR_PRIORITY",
    "multicast_snooping": "IFLA_BR_MCAST_SNOOPING",
}

Attributes = list[tuple[str, Any]]


# Links


def new_veth(operation: AddVeth, indexes: tuple[int, int], far_fd: int | None) -> bytes:
    """Both ends; `indexes` are asked for (0: any), `far_fd` is where the far end goes if that is elsewhere."""
    near, far = (_end(end) for end in (operation.near, operation.far))
    if far_fd is not None:
        far.append(("IFLA_NET_NS_FD", far_fd))
    if operation.mtu is not None:
        near.append(("IFLA_MTU", operation.mtu))
        far.append(("IFLA_MTU", operation.mtu))
    peer = ("VETH_INFO_PEER", {"index": indexes[1], "attrs": far})
    return _link(indexes[0], [*near, _linkinfo("veth", [peer])], flags=_NEW | NLM_F_ECHO)


def _end(end: VethEnd) -> Attributes:
    found: Attributes = [("IFLA_IFNAME", raw_bytes(end.name))]
    if end.mac is not None:
        found.append(("IFLA_ADDRESS", end.mac))
    return found


def new_bridge(name: str, mac: str, settings: Sequence[Setting], index: int) -> bytes:
    """A bridge, down."""
    attributes: Attributes = [
        ("IFLA_IFNAME", raw_bytes(name)),
        ("IFLA_ADDRESS", mac),
        _linkinfo("bridge", _bridge_settings(settings)),
    ]
    return _link(index, attributes, flags=_NEW | NLM_F_ECHO)


def new_macvlan(operation: AddMacvlan, parent: int, index: int, target_fd: int | None) -> bytes:
    """A macvlan or macvtap on `parent`, in the namespace of `target_fd` (None: the parent's)."""
    attributes: Attributes = [("IFLA_IFNAME", raw_bytes(operation.name)), ("IFLA_LINK", parent)]
    if operation.mac is not None:
        attributes.append(("IFLA_ADDRESS", operation.mac))
    if target_fd is not None:
        attributes.append(("IFLA_NET_NS_FD", target_fd))
    attributes.append(_linkinfo(operation.kind, _mode(operation.kind, operation.mode, operation.sources)))
    return _link(index, attributes, flags=_NEW | NLM_F_ECHO)


def delete_link(index: int) -> bytes:
    """RTM_DELLINK."""
    message = ifinfmsg()
    message["index"] = index
    return _encoded(message, RTM_DELLINK, NLM_F_ECHO)


def rename(index: int, name: str) -> bytes:
    """IFLA_IFNAME of a link that there is."""
    return _link(index, [("IFLA_IFNAME", raw_bytes(name))])


def altname(index: int, name: str, *, add: bool) -> bytes:
    """One altname more or less."""
    message = ifinfmsg()
    message["index"] = index
    message["attrs"] = [("IFLA_PROP_LIST", {"attrs": [("IFLA_ALT_IFNAME", raw_bytes(name))]})]
    flags = NLM_F_CREATE | NLM_F_EXCL if add else 0
    return _encoded(message, RTM_NEWLINKPROP if add else RTM_DELLINKPROP, flags)


def alias(index: int, text: str) -> bytes:
    """IFLA_IFALIAS, without the closing NUL that pyroute2 adds: with it an empty one would stay, as an empty text."""
    message = ifinfmsg()
    message["index"] = index
    return _encoded(message, RTM_NEWLINK, 0, attribute(IFLA_IFALIAS, raw_bytes(text)))


def mac(index: int, address: str) -> bytes:
    """IFLA_ADDRESS."""
    return _link(index, [("IFLA_ADDRESS", address)])


def up(index: int, *, up: bool) -> bytes:
    """IFF_UP."""
    message = ifinfmsg()
    message["index"] = index
    message["flags"] = IFF_UP if up else 0
    message["change"] = IFF_UP
    return _encoded(message, RTM_NEWLINK, 0)


def mtu(index: int, size: int) -> bytes:
    """IFLA_MTU."""
    return _link(index, [("IFLA_MTU", size)])


def master(index: int, bridge: int) -> bytes:
    """IFLA_MASTER; 0: none."""
    return _link(index, [("IFLA_MASTER", bridge)])


def move(index: int, name: str, fd: int, new_index: int) -> bytes:
    """To another namespace, with a name; `new_index` is asked for there (0: any)."""
    attributes: Attributes = [("IFLA_NET_NS_FD", fd), ("IFLA_IFNAME", raw_bytes(name))]
    if new_index:
        attributes.append(("IFLA_NEW_IFINDEX", new_index))
    return _link(index, attributes)


def macvlan_mode(operation: SetMode, index: int) -> bytes:
    """IFLA_MACVLAN_MODE and, in mode source, all the MACs that it listens to."""
    return _link(index, [_linkinfo(operation.kind, _mode(operation.kind, operation.mode, operation.sources))])


def port_settings(index: int, settings: Sequence[Setting]) -> bytes:
    """IFLA_BRPORT_*."""
    attributes: Attributes = []
    for field, value in settings:
        number = PORT_STATES.index(str(value)) if field == "state" and isinstance(value, str) else int(value)
        attributes.append((PORT_ATTRIBUTES[field], number))
    slave = {"attrs": [("IFLA_INFO_SLAVE_KIND", "bridge"), ("IFLA_INFO_SLAVE_DATA", {"attrs": attributes})]}
    return _link(index, [("IFLA_LINKINFO", slave)])


def bridge_settings(index: int, settings: Sequence[Setting]) -> bytes:
    """IFLA_BR_*."""
    return _link(index, [_linkinfo("bridge", _bridge_settings(settings))])


def _bridge_settings(settings: Sequence[Setting]) -> Attributes:
    return [
        (BRIDGE_ATTRIBUTES[field], round(float(value) * USER_HZ) if field.endswith("_s") else int(value))
        for field, value in settings
    ]


def _mode(kind: str, mode: str, sources: Sequence[str]) -> Attributes:
    prefix = "IFLA_MACVTAP" if kind == "macvtap" else "IFLA_MACVLAN"
    found: Attributes = [(f"{prefix}_MODE", _MODE_NUMBERS[mode])]
    if mode == "source":
        macs = [("IFLA_MACVLAN_MACADDR", address) for address in sources]
        found += [(f"{prefix}_MACADDR_MODE", "set"), (f"{prefix}_MACADDR_DATA", {"attrs": macs})]
    return found


def _linkinfo(kind: str, settings: Attributes) -> tuple[str, Mapping[str, Attributes]]:
    info: Attributes = [("IFLA_INFO_KIND", kind)]
    if settings:
        info.append(("IFLA_INFO_DATA", {"attrs": settings}))
    return "IFLA_LINKINFO", {"attrs": info}


def _link(index: int, attributes: Attributes, flags: int = 0) -> bytes:
    message = ifinfmsg()
    message["index"] = index
    message["attrs"] = attributes
    return _encoded(message, RTM_NEWLINK, flags)


# Addresses, neighbours, forwarding, routes, qdiscs


def address(operation: AddLinkAddress | DropLinkAddress, index: int) -> bytes:
    """RTM_NEWADDR or RTM_DELADDR."""
    interface = ip_interface(operation.cidr)
    message = ifaddrmsg()
    message["family"] = socket.AF_INET if interface.version == 4 else socket.AF_INET6
    message["prefixlen"] = interface.network.prefixlen
    message["index"] = index
    attributes: Attributes = [
        ("IFA_LOCAL", str(interface.ip)),
        ("IFA_ADDRESS", operation.peer or str(interface.ip)),
    ]
    if isinstance(operation, DropLinkAddress):
        message["attrs"] = attributes
        return _encoded(message, RTM_DELADDR, 0)
    message["scope"] = _number(_SCOPE_NUMBERS, operation.scope)
    flags = sum(ADDRESS_FLAGS[word] for word in operation.flags)
    if flags:
        attributes.append(("IFA_FLAGS", flags))
    if operation.broadcast is not None:
        attributes.append(("IFA_BROADCAST", operation.broadcast))
    if operation.label is not None:
        attributes.append(("IFA_LABEL", raw_bytes(operation.label)))
    if operation.metric is not None:
        attributes.append(("IFA_RT_PRIORITY", operation.metric))
    if operation.valid_s is not None or operation.preferred_s is not None:
        valid = FOREVER if operation.valid_s is None else operation.valid_s
        preferred = valid if operation.preferred_s is None else operation.preferred_s
        attributes.append(("IFA_CACHEINFO", {"ifa_preferred": preferred, "ifa_valid": valid}))
    message["attrs"] = attributes
    return _encoded(message, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE)


def forwarding(operation: AddForwarding, index: int) -> bytes:
    """An FDB entry, as `bridge fdb replace` has it."""
    message = ndmsg()
    message["family"] = AF_BRIDGE
    message["ifindex"] = index
    message["flags"] = NTF_SELF if operation.own else NTF_MASTER
    message["state"] = NUD_PERMANENT if operation.kind == "permanent" else NUD_NOARP | NUD_REACHABLE
    if operation.kind == "sticky":
        message["flags"] |= NTF_STICKY
    attributes: Attributes = [("NDA_LLADDR", operation.mac)]
    if operation.vlan is not None:
        attributes.append(("NDA_VLAN", operation.vlan))
    if operation.remote is not None:
        attributes.append(("NDA_DST", operation.remote))
    message["attrs"] = attributes
    return _encoded(message, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE)


def no_forwarding(operation: DropForwarding, index: int) -> bytes:
    """An FDB entry less, as `bridge fdb delete` has it."""
    message = ndmsg()
    message["family"] = AF_BRIDGE
    message["ifindex"] = index
    message["flags"] = NTF_MASTER
    message["attrs"] = [("NDA_LLADDR", operation.mac)]
    return _encoded(message, RTM_DELNEIGH, 0)


def flush_forwarding(index: int) -> bytes:
    """IFLA_BRPORT_FLUSH."""
    attributes: Attributes = [("IFLA_BRPORT_FLUSH", None)]
    slave = {"attrs": [("IFLA_INFO_SLAVE_KIND", "bridge"), ("IFLA_INFO_SLAVE_DATA", {"attrs": attributes})]}
    return _link(index, [("IFLA_LINKINFO", slave)])


def neighbour(operation: AddNeighbour, index: int) -> bytes:
    """A permanent neighbour, as `ip neighbour replace` has it."""
    message = ndmsg()
    message["family"] = socket.AF_INET6 if ":" in operation.address else socket.AF_INET
    message["ifindex"] = index
    message["state"] = NUD_PERMANENT
    message["attrs"] = [("NDA_DST", operation.address), ("NDA_LLADDR", operation.mac)]
    return _encoded(message, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE)


def route(spec: RouteSpec, indexes: Sequence[int]) -> bytes:
    """A route, replacing one of the same key; `indexes` are those of its hops' links (0: none)."""
    message = rtmsg()
    message["family"] = socket.AF_INET if spec.family == 4 else socket.AF_INET6
    message["table"] = spec.table if spec.table < 256 else RT_TABLE_COMPAT
    message["proto"] = spec.protocol
    message["scope"] = spec.scope
    message["type"] = _number(_ROUTE_KIND_NUMBERS, spec.kind)
    attributes: Attributes = [("RTA_TABLE", spec.table)]
    if spec.destination != "default":
        network = ip_network(spec.destination)
        message["dst_len"] = network.prefixlen
        attributes.append(("RTA_DST", str(network.network_address)))
    if spec.metric is not None:
        attributes.append(("RTA_PRIORITY", spec.metric))
    if spec.source is not None:
        attributes.append(("RTA_PREFSRC", spec.source))
    if spec.mtu is not None:
        attributes.append(("RTA_METRICS", {"attrs": [("RTAX_MTU", spec.mtu)]}))
    if len(spec.hops) == 1:
        hop = spec.hops[0]
        attributes += _way(spec, hop.gateway)
        if indexes[0]:
            attributes.append(("RTA_OIF", indexes[0]))
        message["flags"] = RTNH_F_ONLINK if hop.onlink else 0
    elif spec.hops:
        attributes.append(("RTA_MULTIPATH", _ways(spec, indexes)))
    message["attrs"] = attributes
    return _encoded(message, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE)


def _ways(spec: RouteSpec, indexes: Sequence[int]) -> list[Mapping[str, Any]]:
    return [
        {
            "hops": hop.weight - 1,
            "oif": index,
            "flags": RTNH_F_ONLINK if hop.onlink else 0,
            "attrs": _way(spec, hop.gateway),
        }
        for hop, index in zip(spec.hops, indexes, strict=True)
    ]


def _way(spec: RouteSpec, gateway: str | None) -> Attributes:
    if gateway is None:
        return []
    if spec.family == 4 and ":" in gateway:
        return [("RTA_VIA", {"family": socket.AF_INET6, "addr": gateway})]
    return [("RTA_GATEWAY", gateway)]


def clsact(index: int) -> bytes:
    """The clsact qdisc."""
    message = tcmsg()
    message["index"] = index
    message["parent"] = TC_H_CLSACT
    message["handle"] = TC_H_INGRESS_HANDLE
    message["attrs"] = [("TCA_KIND", "clsact")]
    return _encoded(message, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL)


def _number(words: Mapping[str, int], word: str) -> int:
    """Of a word, or of a number as text where the kernel has a value that we have no word for."""
    return words[word] if word in words else int(word)


def _encoded(message: nlmsg, kind: int, flags: int, more: bytes = b"") -> bytes:
    message["header"] = {"type": kind, "flags": NLM_F_REQUEST | flags}
    message.reset()
    message.encode()
    encoded = bytes(message.data)
    if not more:
        return encoded
    return (len(encoded) + len(more)).to_bytes(4, sys.byteorder) + encoded[4:] + more
