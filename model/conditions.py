"""What decides over frames and is not in the graph: filters, forwarding tables, the network outside, routing.

Each was read, or was not: `None` and absence mean that nobody looked, an empty tuple that nothing is there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from model.guard import Guard
from model.identity import LinkId, NamespaceId
from model.tables import Tables


class HookKind(StrEnum):
    """Who may drop a frame."""

    NFT = "nft"
    IPTABLES = "iptables"
    """The legacy tables of ip_tables, ip6_tables, arp_tables or ebtables; rules of iptables-nft are nft's."""
    TC = "tc"
    XDP = "xdp"


class Stage(StrEnum):
    """What passes a hook."""

    LINK = "link"
    """Every frame on one link: tc, XDP, nft's netdev family."""
    BRIDGE = "bridge"
    """Every frame that a bridge of the namespace handles: nft's bridge family, ebtables."""
    BRIDGED_IP = "bridged-ip"
    """IP and ARP frames from port to port, where bridge-nf-call-* hands them to the IP hooks (br_netfilter)."""
    ARP = "arp"
    """ARP to or from the namespace's own stack."""
    IP = "ip"
    """IP to, from or through the namespace's own stack: it is no matter of layer 2."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A place where somebody's rules may drop a frame. What the rules say is not looked at."""

    kind: HookKind
    stage: Stage
    name: str
    """What the operator would look for: `inet filter forward`, `clsact ingress`; raw host text."""
    link: LinkId | None = None
    """Stage LINK: the link. None: the whole namespace."""
    chain: str = ""
    """The netfilter hook where there is one: prerouting, input, forward, output, postrouting, ingress, egress."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Everything that may drop frames in one namespace, and whether it routes."""

    hooks: tuple[Hook, ...] = ()
    guards: Mapping[LinkId, Guard] = field(default_factory=dict)
    """Our own, by the host end that each stands on: what they let pass is known, so they are no hooks."""
    unread: tuple[str, ...] = ()
    """What could not be read, a word each: then no `yes` can be said here."""
    forwards_ipv4: bool | None = None
    forwards_ipv6: bool | None = None


@dataclass(frozen=True, slots=True)
class Conditions:
    """What was read around the graph."""

    filters: Mapping[NamespaceId, Filters] = field(default_factory=dict)
    """A namespace that is not in it was not read."""
    tables: Mapping[NamespaceId, Tables] = field(default_factory=dict)
    """Forwarding entries and routes; a namespace that is not in it was not read."""
    hairpin: Mapping[LinkId, bool] = field(default_factory=dict)
    """Whether the switch outside sends frames back to the link they came from (802.1Qbg); absent: unknown."""
    predicted: bool = False
    """The graph is what a plan would make: carriers are worked out, as the kernel has not told them yet."""


NOTHING_READ = Conditions()
