"""What a namespace has learned and been told: neighbours, forwarding entries, routes (rtnetlink(7)). Values only."""

from dataclasses import dataclass

from model.identity import NamespaceId


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An ARP or ND entry (RTM_NEWNEIGH)."""

    ifindex: int
    address: str
    """IPv4 or IPv6, canonical."""
    mac: str | None
    state: str
    """incomplete, reachable, stale, delay, probe, failed, noarp, permanent or none."""
    router: bool = False


@dataclass(frozen=True, slots=True)
class ForwardingEntry:
    """A MAC that a bridge knows (RTM_NEWNEIGH of AF_BRIDGE, bridge(8) fdb)."""

    bridge: int
    """ifindex of the bridge."""
    port: int
    """ifindex of the port, or of the bridge itself for its own MAC."""
    mac: str
    kind: str
    """learned; static (it stays, but may be learned elsewhere); sticky (nothing moves it); own (a port's own MAC)."""
    age_s: float | None = None
    """Since it was last seen as a source; None for what does not age."""
    vlan: int | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the main table, or of a table of its own (RTM_NEWROUTE)."""

    family: int
    """4 or 6."""
    destination: str
    """`default`, or a prefix with its length."""
    gateway: str | None = None
    ifindex: int | None = None
    """None for what leads nowhere."""
    source: str | None = None
    metric: int = 0
    kind: str = "unicast"
    """unicast, blackhole, unreachable, prohibit ..; a number as text else."""
    table: int = 254


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one namespace, read at one moment; each sorted."""

    namespace: NamespaceId
    neighbours: tuple[Neighbour, ...] = ()
    forwarding: tuple[ForwardingEntry, ...] = ()
    routes: tuple[Route, ...] = ()
