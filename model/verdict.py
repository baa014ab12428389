"""Who reaches whom: the answer, the way, and the reason. Values only."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple, Self

from model.identity import LinkId


class Reachable(StrEnum):
    """On layer 2: broadcast and unicast arrive, both ways."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Because(StrEnum):
    """The reason, in the words of `jackfield path --json` (a contract that may only grow)."""

    CONNECTED = "connected"
    """Yes: nothing is in the way."""
    ITSELF = "itself"
    """Yes: both ends are the same link."""
    DOWN = "down"
    NO_CARRIER = "no-carrier"
    ISOLATED_PORTS = "isolated-ports"
    NOT_FORWARDING = "not-forwarding"
    LOCKED = "locked"
    FLOOD_OFF = "flood-off"
    WRONG_ENTRY = "wrong-entry"
    """A forwarding table has the MAC behind another port."""
    MACVLAN_PRIVATE = "macvlan-private"
    MACVLAN_VEPA = "macvlan-vepa"
    MACVLAN_HOST = "macvlan-host"
    """A macvlan and the stack of its own parent."""
    PASSTHRU = "passthru"
    SOURCE_LIST = "source-list"
    FOREIGN_MAC = "foreign-mac"
    """A macvlan is a port of a bridge: what comes back for another MAC than its own never reaches the bridge."""
    VLAN = "vlan"
    """A tag that nothing there takes off."""
    PORT_MAC = "port-mac"
    """A port of a bridge has the MAC of somebody else: the bridge keeps what is sent there."""
    DUPLICATE_MAC = "duplicate-mac"
    NO_PATH = "no-path"
    HAIRPIN_UNKNOWN = "hairpin-unknown"
    OUTSIDE_UNKNOWN = "outside-unknown"
    """It depends on how two networks outside are connected."""
    PEER_UNKNOWN = "peer-unknown"
    LOOP = "loop"
    VLAN_FILTERING = "vlan-filtering"
    KIND_UNKNOWN = "kind-unknown"
    """A kind of link whose forwarding is not modelled (openvswitch, ipvlan ...)."""
    TABLE_UNREAD = "table-unread"
    """It depends on a forwarding table that was not read."""
    GUARD = "guard"
    """A guard of ours lets the port's own MAC pass, and this is another one."""
    SEAL = "seal"
    """The port is sealed: nothing passes but what its seal names."""
    FILTER = "filter"
    FILTER_UNREAD = "filter-unread"
    """Whether a filter is on the way was not read, or may not be."""


class Flow(NamedTuple):
    """Which frames arrive in one direction, once everybody has spoken: bridges have learned what they may learn."""

    broadcast: bool
    multicast: bool
    """To a group that no snooping bridge knows: IPv6 cannot find its neighbours without it."""
    unicast: bool

    @property
    def whole(self) -> bool:
        """ARP and what follows it pass: multicast is not asked for."""
        return self.broadcast and self.unicast


NOTHING = Flow(broadcast=False, multicast=False, unicast=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One answer about two ends."""

    reachable: Reachable
    because: Because
    hops: tuple[LinkId, ...] = ()
    """Every link that a frame passes, both ends included; where it is stopped, up to there."""
    blocked_at: LinkId | None = None
    """Where it is stopped, or where it depends on something; None: nowhere, or there is no way at all."""
    text: str = ""
    """The reason, as a sentence; names are made safe for a terminal."""
    wired: Reachable = Reachable.NO
    """What cables, bridges, macvlans and guards of ours say, whatever other filters there are."""
    there: Flow = NOTHING
    """What is certain to arrive from the first end at the second one, filters aside."""
    back: Flow = NOTHING
    guards: tuple[LinkId, ...] = ()
    """Host ends on the way whose guard lets pass what is sent in the container's own name, and that is ARP or IP."""

    def saying(self, text: str) -> Self:
        """The same, in words."""
        return replace(self, text=text)
