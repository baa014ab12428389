"""What a Plan is made of: one value for each request to the kernel. `model.shell` shows each as a line to paste.

An operation says where it works and on what, so that it means the same tomorrow, in a journal, and to a remote host.
"""

from dataclasses import dataclass, field

from model.identity import NamespaceId
from model.intents import Setting


@dataclass(frozen=True, slots=True)
class Handle:
    """A link to act on. The ifindex is what is acted on; the name is shown, and checked before anything is done.

    Without an ifindex it is a link that an earlier step of the same plan makes, moves there, or renames to this: it is
    looked up by its name when that step is done, and never again. An undo is given the ifindexes that were seen then.
    """

    namespace: NamespaceId
    name: str
    ifindex: int | None = None
    kind: str | None = field(default=None, compare=False)
    """Where it is told, a link of another name AND another kind is not the one that is meant: refused."""


@dataclass(frozen=True, slots=True)
class VethEnd:
    """One end of a veth in the request that makes it."""

    namespace: NamespaceId
    name: str
    mac: str | None = None
    ifindex: int | None = None
    """Asked for; an operation whose wish cannot be had (it is taken) is done without."""


@dataclass(frozen=True, slots=True)
class AddVeth:
    """Both ends in one request (veth(4))."""

    near: VethEnd
    far: VethEnd
    mtu: int | None = None


@dataclass(frozen=True, slots=True)
class AddBridge:
    """A bridge, down, with its settings."""

    namespace: NamespaceId
    name: str
    mac: str
    settings: tuple[Setting, ...] = ()
    ifindex: int | None = None


@dataclass(frozen=True, slots=True)
class AddMacvlan:
    """A macvlan or macvtap, made beside its parent and put into `namespace` in the same request."""

    parent: Handle
    namespace: NamespaceId
    name: str
    mode: str
    kind: str = "macvlan"
    mac: str | None = None
    sources: tuple[str, ...] = ()
    ifindex: int | None = None


@dataclass(frozen=True, slots=True)
class AddNamespace:
    """`ip netns add`."""

    name: str


@dataclass(frozen=True, slots=True)
class DropNamespace:
    """`ip netns delete`."""

    name: str
    of: NamespaceId | None = None
    """If another namespace has the name by then, it is kept; None, where that cannot be told: so is one with links."""


@dataclass(frozen=True, slots=True)
class NameNamespace:
    """`ip netns attach`: a name for a namespace that some process keeps alive."""

    namespace: NamespaceId
    name: str


@dataclass(frozen=True, slots=True)
class DeleteLink:
    """RTM_DELLINK. A veth takes its other end with it."""

    link: Handle


@dataclass(frozen=True, slots=True)
class RenameLink:
    """IFLA_IFNAME; the link may be up."""

    link: Handle
    name: str


@dataclass(frozen=True, slots=True)
class AddLinkAltname:
    """RTM_NEWLINKPROP."""

    link: Handle
    name: str


@dataclass(frozen=True, slots=True)
class DropLinkAltname:
    """RTM_DELLINKPROP."""

    link: Handle
    name: str


@dataclass(frozen=True, slots=True)
class SetLinkAlias:
    """IFLA_IFALIAS; empty: none."""

    link: Handle
    text: str


@dataclass(frozen=True, slots=True)
class SetLinkMac:
    """IFLA_ADDRESS."""

    link: Handle
    mac: str


@dataclass(frozen=True, slots=True)
class SetLinkUp:
    """IFF_UP."""

    link: Handle
    up: bool


@dataclass(frozen=True, slots=True)
class SetLinkMtu:
    """IFLA_MTU, bytes."""

    link: Handle
    mtu: int


@dataclass(frozen=True, slots=True)
class SetMaster:
    """IFLA_MASTER; None: a port of nothing."""

    link: Handle
    master: Handle | None


@dataclass(frozen=True, slots=True)
class MoveLink:
    """IFLA_NET_NS_FD with IFLA_IFNAME in one request. The kernel takes it down and forgets its addresses."""

    link: Handle
    namespace: NamespaceId
    name: str
    ifindex: int | None = None
    """Asked for in its new place (IFLA_NEW_IFINDEX)."""


@dataclass(frozen=True, slots=True)
class SetMode:
    """IFLA_MACVLAN_MODE, and the MACs of mode source (IFLA_MACVLAN_MACADDR_*)."""

    link: Handle
    kind: str
    """macvlan or macvtap."""
    mode: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddLinkAddress:
    """RTM_NEWADDR, replacing one of the same key (NLM_F_REPLACE).

    `flags` among nodad, noprefixroute, home, mngtmpaddr, optimistic, autojoin (ip-address(8)).
    """

    link: Handle
    cidr: str
    peer: str | None = None
    scope: str = "global"
    flags: tuple[str, ...] = ()
    broadcast: str | None = None
    label: str | None = None
    """IPv4; None: the link's name."""
    metric: int | None = None
    """Of the prefix route that comes with it."""
    valid_s: int | None = None
    """Seconds that it stays valid; None: for ever."""
    preferred_s: int | None = None


@dataclass(frozen=True, slots=True)
class DropLinkAddress:
    """RTM_DELADDR."""

    link: Handle
    cidr: str
    peer: str | None = None


@dataclass(frozen=True, slots=True)
class SetPortSettings:
    """IFLA_BRPORT_* of a port."""

    link: Handle
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class SetBridgeSettings:
    """IFLA_BR_* of a bridge."""

    link: Handle
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class SetSysctl:
    """A file under /proc/sys/net/FAMILY/conf/LINK/ in the link's namespace (Documentation/networking/ip-sysctl.rst)."""

    link: Handle
    family: str
    """ipv4 or ipv6."""
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class NextHop:
    """One way of a route."""

    link: Handle | None
    gateway: str | None = None
    weight: int = 1
    onlink: bool = False


@dataclass(frozen=True, slots=True)
class RouteSpec:
    """A route with all that is needed to make it again (RTM_NEWROUTE)."""

    namespace: NamespaceId
    family: int
    destination: str
    """`default`, or a prefix with its length."""
    hops: tuple[NextHop, ...]
    kind: str = "unicast"
    table: int = 254
    protocol: int = 3
    scope: int = 0
    source: str | None = None
    metric: int | None = None
    mtu: int | None = None


@dataclass(frozen=True, slots=True)
class AddRoute:
    """RTM_NEWROUTE, replacing one of the same key."""

    route: RouteSpec


@dataclass(frozen=True, slots=True)
class AddForwarding:
    """An FDB entry (bridge(8) fdb replace): static or sticky, of a port (`master`) or of the link itself (`self`)."""

    link: Handle
    mac: str
    kind: str
    """static or sticky."""
    own: bool = False
    """`self`: in the link's own table, not its bridge's."""
    vlan: int | None = None
    remote: str | None = None
    """vxlan: the far tunnel end, an IP address."""


@dataclass(frozen=True, slots=True)
class DropForwarding:
    """An FDB entry of a port less (bridge(8) fdb delete)."""

    link: Handle
    mac: str


@dataclass(frozen=True, slots=True)
class FlushForwarding:
    """What a bridge has learned at a port is forgotten (IFLA_BRPORT_FLUSH); what it was told stays."""

    link: Handle


@dataclass(frozen=True, slots=True)
class AddNeighbour:
    """A permanent neighbour (ip-neighbour(8))."""

    link: Handle
    address: str
    mac: str


@dataclass(frozen=True, slots=True)
class AddClsact:
    """The clsact qdisc, empty: where filters were attached, they are named as lost."""

    link: Handle


Operation = (
    AddVeth
    | AddBridge
    | AddMacvlan
    | AddNamespace
    | DropNamespace
    | NameNamespace
    | DeleteLink
    | RenameLink
    | AddLinkAltname
    | DropLinkAltname
    | SetLinkAlias
    | SetLinkMac
    | SetLinkUp
    | SetLinkMtu
    | SetMaster
    | MoveLink
    | SetMode
    | AddLinkAddress
    | DropLinkAddress
    | SetPortSettings
    | SetBridgeSettings
    | SetSysctl
    | AddRoute
    | AddForwarding
    | DropForwarding
    | FlushForwarding
    | AddNeighbour
    | AddClsact
)
