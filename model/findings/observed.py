"""What findings need to know besides the graph. What is not in here was not read, and nothing is said about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from model.identity import LinkId, NamespaceId
from model.nic import Nics


class MacOrigin(IntEnum):
    """Where a link's MAC comes from: /sys/class/net/LINK/addr_assign_type (linux/netdevice.h, NET_ADDR_*)."""

    PERMANENT = 0
    """The hardware's."""
    RANDOM = 1
    """The kernel's choice. A bridge with it takes over the lowest MAC of its ports (net/bridge/br_stp_if.c)."""
    STOLEN = 2
    """Another link's."""
    SET = 3
    """Somebody's choice: it stays."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A rule that lets packets pass; what it asks of them, as far as we understand it."""

    inward: frozenset[str] | None = None
    """Names of links that they must come in by, a closing `*` for any rest; None: by any."""
    outward: frozenset[str] | None = None
    """The same for the link that they leave by."""
    only_answers: bool = False
    """Only packets of connections that were let through before (ct state established, related)."""


@dataclass(frozen=True, slots=True)
class DroppingChain:
    """A chain on the forward hook that drops what no rule accepts, by its policy or by its last rule.

    With every rule of its table that accepts anything.
    """

    family: int
    """4 or 6: what it drops."""
    name: str
    """`ip filter FORWARD`: raw host text."""
    accepts: tuple[Acceptance, ...] = ()


@dataclass(frozen=True, slots=True)
class Forwarding:
    """What becomes of packets from port to port of a namespace's bridges."""

    calls: frozenset[int] = frozenset()
    """4, 6: the families that bridges hand to the IP hooks (bridge-nf-call-iptables, bridge-nf-call-ip6tables)."""
    dropping: tuple[DroppingChain, ...] = ()


@dataclass(frozen=True, slots=True)
class Observed:
    """All that was read. A link or namespace that is not in a mapping was not read."""

    mac_origins: Mapping[LinkId, MacOrigin] = field(default_factory=dict)
    forwarding: Mapping[NamespaceId, Forwarding] = field(default_factory=dict)
    frame_filters: Mapping[NamespaceId, frozenset[LinkId] | None] = field(default_factory=dict)
    """Links on which somebody filters frames (nft netdev, tc, XDP); None: all bridges are filtered (nft bridge)."""
    udev_names: Mapping[LinkId, str] = field(default_factory=dict)
    """Virtual links that a rule of udev gave their name, and the file of that rule."""
    unread: tuple[str, ...] = ()
    """What should have been read and could not be, each in a sentence."""
    nics: Nics = field(default_factory=dict)
    """What the drivers of NICs say."""


NOTHING_OBSERVED = Observed()
