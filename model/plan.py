"""A Plan: the one value that is shown, rehearsed, applied, journaled, taken back. Or a Refusal: why there is none."""

from dataclasses import dataclass
from enum import StrEnum

from model.identity import LinkId, NamespaceId
from model.intents import Intent, Several
from model.link import Link
from model.operations import Handle, Operation, RouteSpec


class Sign(StrEnum):
    """How a sentence of MEANS is meant."""

    GAIN = "gain"
    MIND = "mind"
    DEPENDS = "depends"
    LOSS = "loss"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a plan means, in a sentence. Host text in it is raw: it is made safe where it is shown."""

    sign: Sign
    text: str
    code: str = ""
    """Of a warning: `mtu-mismatch`, `runtime-orphan` ... for programs; empty where it only explains."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request, and what takes it back. Undoing a plan runs the undo of its steps, the last one first."""

    do: Operation
    undo: tuple[Operation, ...] = ()


class Consent(StrEnum):
    """What is asked before a plan is applied."""

    NONE = "none"
    """To have seen the plan is enough."""
    NAME = "name"
    """The link's name, typed in full."""
    NAME_AND_TIMER = "name-and-timer"
    """The same, and it goes back by itself unless it is confirmed in time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done, and what it means. A plan with no steps is a wish that holds already."""

    intent: Intent | Several
    steps: tuple[Step, ...]
    means: tuple[Meaning, ...] = ()
    lost: tuple[str, ...] = ()
    """What taking it back does not bring back, each in a few words."""
    consent: Consent = Consent.NONE
    why_consent: tuple[str, ...] = ()
    """Why more is asked than a look: each in a sentence."""
    consent_word: str = ""
    """What is to be typed."""

    @property
    def operations(self) -> tuple[Operation, ...]:
        """What is done, in order."""
        return tuple(step.do for step in self.steps)

    @property
    def inverse(self) -> tuple[Operation, ...]:
        """What takes all of it back, in order."""
        return tuple(operation for step in reversed(self.steps) for operation in step.undo)

    @property
    def everything(self) -> tuple[Operation, ...]:
        """There and back."""
        return (*self.operations, *self.inverse)


@dataclass(frozen=True, slots=True)
class Refusal:
    """We say no, before the kernel would or because it would not."""

    code: str
    """`name-taken`, `name-illegal`, `passthru`, `macvlan-on-port`, `parent-enslaved`, `not-permitted` ..."""
    text: str
    """The link, the wish and the cause, in a sentence."""
    instead: tuple[str, ...] = ()
    """What to do instead, each in a sentence; commands as they are typed."""
    kernel: str | None = None
    """What the kernel would say, where it would."""


KNOBS = (
    ("ipv4", "arp_notify"),
    ("ipv6", "ndisc_notify"),
    ("ipv6", "addr_gen_mode"),
    ("ipv6", "disable_ipv6"),
    ("ipv4", "promote_secondaries"),
)
"""Sysctls that a plan turns for a while, or that decide what it does; read for every link that an intent touches."""


@dataclass(frozen=True, slots=True)
class Belongings:
    """What a link has that is not in the graph, and that the kernel drops with it (a deletion, a move, going down)."""

    link: LinkId
    routes: tuple[RouteSpec, ...] = ()
    """That lead over it."""
    forwarding: tuple[Operation, ...] = ()
    """AddForwarding for each static or sticky entry."""
    neighbours: tuple[Operation, ...] = ()
    """AddNeighbour for each permanent one."""
    sysctls: tuple[tuple[str, str, str], ...] = ()
    """(family, key, value) of those that differ from what a new link gets in its namespace."""
    addresses: tuple[Operation, ...] | None = None
    """AddLinkAddress for each that does not come by itself: with broadcast, label, lifetimes. None: as in the graph."""
    knobs: tuple[tuple[str, str, str], ...] = ()
    """(family, key, value), as they are now, of the sysctls that a plan turns for a while: see KNOBS."""
    clsact: bool = False
    lost: tuple[str, ...] = ()
    """What does not come back: tc filters, XDP programs, BPF, open packet sockets, routes with unknown attributes."""
    unread: str | None = None
    """Why nothing of this could be read; None: it was."""


@dataclass(frozen=True, slots=True)
class Lifeline:
    """Something of the operator's that must not be cut unasked."""

    link: LinkId
    why: str
    """`carries your SSH session from 192.0.2.7`, `holds the default route`, `has the last address of this host`."""
    stays: bool = False
    """It is there whatever passes: an address, and no traffic that must go on."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A link's name that somebody will look for later, whether or not a link has it now.

    LXC, LXD and Incus delete what they find under it when a container stops, whoever's it is.
    """

    namespace: NamespaceId
    name: str
    by: str = ""
    """Who: `lxc tinderbox`. Empty: whoever has the link `of`."""
    of: LinkId | None = None
    """The link that had this name: it is remembered as long as that link is there, if such a runtime has it."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a planner is told besides the graph. Read by `Host.surroundings` for the links that an intent touches."""

    belongings: tuple[Belongings, ...] = ()
    lifelines: tuple[Lifeline, ...] = ()
    may_change: bool = True
    """False: not root, or --read-only; `why_not` says which."""
    why_not: str = ""
    remembered: tuple[Remembered, ...] = ()
    """Names that must not be given to another link."""
    fresh_macs: tuple[str, ...] = ()
    """Random, locally administered, unicast: for what must be given a MAC (the planner has no chance of its own)."""
    netns_paths: tuple[tuple[NamespaceId, str], ...] = ()
    """How a command reaches a namespace that has no name: `pid:4242` by a process, `/run/...` by a mount."""


class Fate(StrEnum):
    """What became of an operation."""

    BEGUN = "begun"
    """It is about to be asked for: told, so that it can be written down before; never the last word."""
    DONE = "done"
    FAILED = "failed"
    NOT_TRIED = "not-tried"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One operation and what the kernel said."""

    operation: Operation
    fate: Fate
    made: tuple[tuple[Handle, LinkId], ...] = ()
    """Handles without an ifindex that this operation settled."""
    namespace: NamespaceId | None = None
    """What AddNamespace makes, by which it is found again: known before it has its name. None: see lasting_id."""
    error: str = ""
    """Our sentence."""
    kernel: str = ""
    """The kernel's own words: the errno's text, and the extack where there is one. A warning, where it was done."""
    note: str = ""
    """What was otherwise than the plan says, and done all the same: the link has another name by now."""
    took_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Left:
    """What a link was at some time."""

    link: LinkId
    called: str
    """As it could be typed then."""
    state: Link | None = None
    """None: there was none."""
    addresses: tuple[str, ...] = ()
    """Sorted; with prefix lengths."""
