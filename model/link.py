"""A link, and what each kind adds to it. Values only; rtnetlink(7) and linux/if_link.h name the fields."""

from dataclasses import dataclass

from model.identity import UNKNOWN, End, LinkId

PEERED_KINDS = frozenset({"veth", "netkit", "vxcan"})
"""Kinds whose IFLA_LINK is the other end of a cable. For every other kind it is the lower link."""


@dataclass(frozen=True, slots=True)
class BridgePort:
    """How a bridge treats one of its ports (IFLA_BRPORT_*, bridge(8))."""

    state: str = "forwarding"
    """disabled, listening, learning, forwarding or blocking."""
    isolated: bool = False
    hairpin: bool = False
    learning: bool = True
    flood: bool = True
    mcast_flood: bool = True
    bcast_flood: bool = True
    locked: bool = False
    guard: bool = False
    root_block: bool = False
    fast_leave: bool = False
    cost: int = 0
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Bridge:
    """What a bridge adds (IFLA_BR_*). Times are in seconds."""

    stp: bool = False
    vlan_filtering: bool = False
    ageing_s: float = 300.0
    forward_delay_s: float = 15.0
    priority: int = 32768
    multicast_snooping: bool = True


@dataclass(frozen=True, slots=True)
class Macvlan:
    """What a macvlan or macvtap adds (IFLA_MACVLAN_*)."""

    mode: str
    """private, vepa, bridge, passthru or source; a number as text for a mode never seen before."""
    sources: tuple[str, ...] = ()
    """Mode source: the MACs it listens to."""


@dataclass(frozen=True, slots=True)
class Vlan:
    """What a vlan adds (IFLA_VLAN_*)."""

    vid: int
    protocol: str
    """802.1Q or 802.1ad; else the ethertype as 0x%04x."""


@dataclass(frozen=True, slots=True)
class Vxlan:
    """What a vxlan adds (IFLA_VXLAN_*)."""

    vni: int
    remote: str | None = None
    """The unicast remote or the multicast group, as an IP address."""
    local: str | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Tun:
    """What a tun or tap adds (IFLA_TUN_*)."""

    mode: str
    """tun or tap."""
    persist: bool = False
    multi_queue: bool = False
    uid: int | None = None
    """The user that may open it, if one is set."""


Detail = Bridge | Macvlan | Vlan | Vxlan | Tun


@dataclass(frozen=True, slots=True)
class Link:
    """One network link (`ip -d link`), without its addresses and its counters.

    Texts are the kernel's bytes decoded as UTF-8 with surrogateescape: lossless, and never fit to print as they are
    (model.names.display_name makes them fit).
    """

    id: LinkId
    name: str
    kind: str
    """The kernel's word (veth, bridge, macvlan, tun ...); `device` for a link without one, `loopback` for lo."""
    mac: str | None = None
    """Lower case with colons; None where the link has no link-layer address."""
    mtu: int = 0
    """Bytes."""
    up: bool = False
    """Administratively up: IFF_UP."""
    carrier: bool = False
    """IFF_LOWER_UP: the cable is in."""
    operstate: str = "unknown"
    """RFC 2863: unknown, notpresent, down, lowerlayerdown, testing, dormant or up."""
    altnames: tuple[str, ...] = ()
    alias: str | None = None
    master: int = 0
    """ifindex of the bridge (or bond, vrf ...) in the same namespace; 0: none."""
    master_kind: str | None = None
    """The kind of that master, as the port itself tells (IFLA_INFO_SLAVE_KIND)."""
    peer: End = None
    """The other end of a veth."""
    parent: End = None
    """The lower link of a macvlan, macvtap, vlan, vxlan ..."""
    detail: Detail | None = None
    port: BridgePort | None = None

    @property
    def master_id(self) -> LinkId | None:
        """The link this one is a port of. A master is always in the same namespace (net/core/rtnetlink.c)."""
        return LinkId(self.id.namespace, self.master) if self.master else None


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """One IP address on a link (RTM_NEWADDR)."""

    family: int
    """4 or 6."""
    text: str
    """The local address, without the prefix length, in canonical form (ipaddress)."""
    prefix_length: int
    scope: str = "global"
    """global, site, link, host or nowhere; a number as text else."""
    peer: str | None = None
    """The far end of a point-to-point address, when it is not the local address."""
    flags: tuple[str, ...] = ()
    """Among: tentative, dadfailed, deprecated, permanent, secondary, temporary, noprefixroute."""

    @property
    def cidr(self) -> str:
        """As `ip` prints it: `192.168.1.50/24`."""
        return f"{self.text}/{self.prefix_length}"

    @property
    def key(self) -> tuple[int, str, int, str | None]:
        """What makes it the same address to the kernel: everything but scope and flags."""
        return (self.family, self.text, self.prefix_length, self.peer)


__all__ = [
    "PEERED_KINDS",
    "UNKNOWN",
    "Address",
    "Bridge",
    "BridgePort",
    "Detail",
    "Link",
    "Macvlan",
    "Tun",
    "Vlan",
    "Vxlan",
]
