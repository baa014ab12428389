"""What policies wish of the host, and what is worth knowing about them: values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from model.guard import Guard
from model.identity import LinkId
from model.policy import Selector


class Standing(Enum):
    """How a wish stands."""

    RIGHT = "right"
    """It is as it should be."""
    DUE = "due"
    """It can be done now."""
    WAITS = "waits"
    """It is too early; the reason says what for."""
    REFUSED = "refused"
    """It cannot or must not be done; the reason says why, and what would do instead."""


@dataclass(frozen=True, slots=True)
class Held:
    """What is remembered of a cable as long as it lives: a container that changes its end keeps its policy."""

    selectors: tuple[Selector, ...]
    """Those that it has matched."""
    inside: str | None
    """The name of the inside end when its runtime had made it ready; None: a tap has none."""
    mac: str | None
    """Its MAC then."""
    settled: bool = True
    """It is ready: what is inside has no say any more. Docker and LXC move the end first, then rename and re-MAC it."""
    isolated: bool = False
    """Its bridge port was isolated for a seal, and was not before."""


@dataclass(frozen=True, slots=True)
class PinWish:
    """A host end's name and MAC."""

    policy: str
    link: LinkId
    standing: Standing
    name: str | None = None
    """None: not asked for, or as it should be."""
    altname: str | None = None
    """Instead of a name, where a runtime must find the link by the one that it gave."""
    mac: str | None = None
    link_local: str | None = None
    """What it will be, or is."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GuardWish:
    """A guard for a port, under the name that it has and the one that it is pinned to."""

    policy: str
    link: LinkId
    standing: Standing
    guard: Guard | None = None
    """None: refused."""
    reason: str = ""
    lock: bool = False
    """The bridge port is to be locked to the MAC, and is not."""


@dataclass(frozen=True, slots=True)
class SealWish:
    """A guard that lets through what goes to the host's services, and nothing else."""

    policy: str
    link: LinkId
    standing: Standing
    guard: Guard | None = None
    """With its seal; None: refused, or too early."""
    isolate: bool = False
    """The bridge port is not isolated yet: multicast would reach the neighbours'."""
    reach_at: str = ""
    """Where the services are, seen from inside: `fe80::1%eth0`. In /etc/hosts musl takes it so; glibc reads no zone
    there, and without one the address is of no use: there it must be written where the program is told (measured)."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PolicyNote:
    """Something that the operator should know about a policy."""

    code: str
    """two-policies, name-taken, mac-changed, address-changed, not-a-port, macvlan, no-supervisor or no-match."""
    policy: str
    link: LinkId | None
    text: str
    """A sentence, fit to print."""


@dataclass(frozen=True, slots=True)
class Drift:
    """All wishes, and what is to be remembered until the next time."""

    pins: tuple[PinWish, ...] = ()
    guards: tuple[GuardWish, ...] = ()
    seals: tuple[SealWish, ...] = ()
    notes: tuple[PolicyNote, ...] = ()
    held: Mapping[LinkId, Held] = field(default_factory=dict)
    released: tuple[LinkId, ...] = ()
    """Ports that are isolated for a seal that is no more: to be as they were."""
    waiting: tuple[Guard, ...] = ()
    """For host ends that are not there yet, under the names that they will have."""

    @property
    def rules(self) -> tuple[Guard, ...]:
        """Every guard that the firewall should hold now: those of seals, too."""
        wished: tuple[GuardWish | SealWish, ...] = (*self.guards, *self.seals)
        return tuple(wish.guard for wish in wished if wish.guard is not None)
