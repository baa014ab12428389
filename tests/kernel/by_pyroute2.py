"""The same messages decoded by pyroute2, in our words: the second opinion about the decoder."""

from typing import Any

from pyroute2.netlink.rtnl.marshal import MarshalRtnl

from model.identity import LinkId, NamespaceId
from model.link import PEERED_KINDS, Address, Bridge, BridgePort, Detail, Link, Macvlan, Tun, Vlan, Vxlan

_SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}
_STATES = ("disabled", "listening", "learning", "forwarding", "blocking")
_FLAGS = {0x08: "dadfailed", 0x20: "deprecated", 0x200: "noprefixroute", 0x80: "permanent", 0x40: "tentative"}


_TUNNELS = (768, 769, 776, 778, 823)
"""ARPHRD_TUNNEL, TUNNEL6, SIT, IPGRE and IP6GRE (linux/if_arp.h)."""


def parse(buffer: bytes) -> list[Any]:
    """pyroute2's message objects."""
    return list(MarshalRtnl().parse(buffer))


def link_of(message: Any, namespace: NamespaceId) -> Link:
    """An RTM_NEWLINK."""
    info = message.get("linkinfo")
    kind = (info and info.get("kind")) or ("loopback" if message["flags"] & 0x8 else "device")
    data = info and info.get("data")
    detail, vxlan_lower = _detail(kind, data)
    lower = message.get("link") or vxlan_lower
    nsid = message.get("link_netnsid")
    far = LinkId(namespace if nsid is None else NamespaceId(f"nsid{nsid}"), lower) if lower else None
    mac = None if message["ifi_type"] in _TUNNELS else message.get("address")  # it takes an IP address for a MAC
    names = message.get("prop_list")
    return Link(
        id=LinkId(namespace, message["index"]),
        name=message.get("ifname"),
        kind=kind,
        mac=mac if mac and len(mac.split(":")) == 6 else None,
        mtu=message.get("mtu"),
        up=bool(message["flags"] & 1),
        carrier=bool(message["flags"] & 0x10000),
        operstate=message.get("operstate").lower(),
        altnames=tuple(sorted(names.get_attrs("IFLA_ALT_IFNAME"))) if names else (),
        alias=message.get("ifalias"),
        master=message.get("master") or 0,
        master_kind=info and info.get("slave_kind"),
        peer=far if kind in PEERED_KINDS else None,
        parent=None if kind in PEERED_KINDS else far,
        detail=detail,
        port=_port(info),
    )


def _detail(kind: str, data: Any) -> tuple[Detail | None, int]:
    if data is None:
        return None, 0
    match kind:
        case "bridge":
            return Bridge(
                bool(data.get_attr("IFLA_BR_STP_STATE")),
                bool(data.get_attr("IFLA_BR_VLAN_FILTERING")),
                data.get_attr("IFLA_BR_AGEING_TIME") / 100,
                data.get_attr("IFLA_BR_FORWARD_DELAY") / 100,
                data.get_attr("IFLA_BR_PRIORITY"),
                bool(data.get_attr("IFLA_BR_MCAST_SNOOPING")),
            ), 0
        case "macvlan" | "macvtap":
            word = kind.upper()  # pyroute2 names the same attributes after each kind
            sources = data.get_attr(f"IFLA_{word}_MACADDR_DATA")
            macs = tuple(sorted(sources.get_attrs(f"IFLA_{word}_MACADDR"))) if sources else ()
            return Macvlan(data.get_attr(f"IFLA_{word}_MODE"), macs), 0
        case "vlan":
            protocol = {0x8100: "802.1Q", 0x88A8: "802.1ad"}[data.get_attr("IFLA_VLAN_PROTOCOL")]
            return Vlan(data.get_attr("IFLA_VLAN_ID"), protocol), 0
        case "vxlan":
            return Vxlan(
                data.get_attr("IFLA_VXLAN_ID"),
                data.get_attr("IFLA_VXLAN_GROUP") or data.get_attr("IFLA_VXLAN_GROUP6"),
                data.get_attr("IFLA_VXLAN_LOCAL") or data.get_attr("IFLA_VXLAN_LOCAL6"),
                data.get_attr("IFLA_VXLAN_PORT"),
            ), data.get_attr("IFLA_VXLAN_LINK") or 0
        case "tun":
            return Tun(
                {1: "tun", 2: "tap"}[data.get_attr("IFLA_TUN_TYPE")],
                bool(data.get_attr("IFLA_TUN_PERSIST")),
                bool(data.get_attr("IFLA_TUN_MULTI_QUEUE")),
                data.get_attr("IFLA_TUN_OWNER"),
            ), 0
        case _:
            return None, 0


def _port(info: Any) -> BridgePort | None:
    if not info or info.get("slave_kind") != "bridge":
        return None
    data = info.get("slave_data")

    def flag(name: str) -> bool:
        return bool(data.get_attr(f"IFLA_BRPORT_{name.upper()}"))

    return BridgePort(
        _STATES[data.get_attr("IFLA_BRPORT_STATE")],
        flag("isolated"),
        flag("mode"),
        flag("learning"),
        flag("unicast_flood"),
        flag("mcast_flood"),
        flag("bcast_flood"),
        flag("locked"),
        flag("guard"),
        flag("protect"),
        flag("fast_leave"),
        data.get_attr("IFLA_BRPORT_COST"),
        data.get_attr("IFLA_BRPORT_PRIORITY"),
    )


def address_of(message: Any) -> tuple[int, Address]:
    """An RTM_NEWADDR."""
    local, address = message.get("local") or message.get("address"), message.get("address") or message.get("local")
    flags = message.get("flags")
    words = [word for bit, word in _FLAGS.items() if flags & bit]
    if flags & 1:
        words.append("secondary" if message["family"] == 2 else "temporary")
    return message["index"], Address(
        4 if message["family"] == 2 else 6,
        local,
        message["prefixlen"],
        _SCOPES.get(message["scope"], str(message["scope"])),
        None if local == address else address,
        tuple(sorted(words)),
    )
