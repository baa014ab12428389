"""What must stay true of a container's cables, as data: whose they are, and their pins, guards and seals."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from model.labels import is_firm
from model.namespace import Owner

DERIVED = "derived"
"""A pin's MAC that is made up, always the same for the same container (model.pinned_names)."""


@dataclass(frozen=True, slots=True)
class Selector:
    """Which cables: every word that is given must hold. `*` in a word stands for any text."""

    runtime: str | None = None
    owner: str | None = None
    image: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    netns: str | None = None
    """An `ip netns` name."""
    link: str | None = None
    """The name of the inside end when its runtime had made it ready: the container can rename it afterwards."""
    bridge: str | None = None
    """The bridge that the host end is a port of."""

    @property
    def by_owner(self) -> bool:
        """It asks who the owner is."""
        return bool(self.runtime or self.owner or self.image or self.labels)


@dataclass(frozen=True, slots=True)
class Pin:
    """The host end's name and MAC, and with the MAC its link-local address."""

    name: str | None = None
    """A template: {owner}, {link}, {runtime}, {netns} and {bridge} are filled in."""
    mac: str | None = None
    """A MAC address, or DERIVED; None: as it comes."""


@dataclass(frozen=True, slots=True)
class GuardRule:
    """What the container may send as."""

    mac: str | None = None
    """None: the one that the inside end has when its runtime has made it ready."""
    ipv4: tuple[str, ...] = ()
    ipv6: tuple[str, ...] = ()
    dhcp: bool = True
    locked: bool = False
    """Its bridge port is locked to its MAC, too: a second belt."""


@dataclass(frozen=True, slots=True)
class SealRule:
    """The services of the host that the container reaches."""

    to: str | None = None
    """A link of the host; None: the bridge that the port is in, else the port itself."""
    tcp: tuple[int, ...] = ()
    udp: tuple[int, ...] = ()
    mac: str | None = None
    """As in GuardRule."""
    ipv6: tuple[str, ...] = ()
    """Link-local addresses of the container's that do not follow from its MAC (RFC 7217)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One entry of the file."""

    name: str
    match: Selector
    pin: Pin | None = None
    guard: GuardRule | None = None
    seal: SealRule | None = None
    """A seal is a guard, too: an entry has one of the two."""

    @property
    def sends(self) -> GuardRule | SealRule | None:
        """What it says about what the container may send."""
        return self.guard or self.seal


@dataclass(frozen=True, slots=True)
class Edited:
    """An entry of a policy file that was changed: in the journal, so that it can be taken back."""

    file: str
    part: str
    """pin, guard or seal."""
    before: Policy | None
    """None: it was new."""
    after: Policy | None
    """None: nothing was left of it."""


Policies = tuple[Policy, ...]
"""In the order of the file: where two want the same of a cable, the first one has it."""


@dataclass(frozen=True, slots=True)
class CableFacts:
    """What a selector looks at."""

    owners: tuple[Owner, ...] = ()
    netns: tuple[str, ...] = ()
    link: str | None = None
    """None: it is a tap, whose other end is a program."""
    bridge: str | None = None


def matched_owner(match: Selector, facts: CableFacts) -> Owner | None:
    """The owner that the selector asks for: one that is what it claims to be, and root's; None: none is.

    A container can call itself anything, a rootless one can forge its supervisor: neither gets another one's policy.
    """
    return next((owner for owner in facts.owners if is_trusted(owner) and _is_asked_for(match, owner)), None)


def matches(match: Selector, facts: CableFacts) -> bool:
    """Whether a cable is meant."""
    if match.by_owner and matched_owner(match, facts) is None:
        return False
    if match.netns is not None and not any(fits(match.netns, name) for name in facts.netns):
        return False
    return _is_or_any(match.link, facts.link) and _is_or_any(match.bridge, facts.bridge)


def is_trusted(owner: Owner) -> bool:
    """A container of root's whose supervisor is proved. A VM is trusted, too: its tap is held, not its namespace."""
    known = is_firm(owner) or (owner.proved and owner.runtime in ("qemu", "libvirt"))
    return known and owner.user is None


def fits(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern says, in which `*` stands for any text, also none. Case counts."""
    head, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    *middle, tail = rest
    if not text.startswith(head) or not text.endswith(tail) or len(text) < len(head) + len(tail):
        return False
    at, end = len(head), len(text) - len(tail)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def by_name(policies: Iterable[Policy]) -> Mapping[str, Policy]:
    """The entries by their names, which are unique."""
    return {policy.name: policy for policy in policies}


def _is_asked_for(match: Selector, owner: Owner) -> bool:
    labels = dict(owner.labels)
    return (
        _is_or_any(match.runtime, owner.runtime)
        and _is_or_any(match.owner, owner.name)
        and _is_or_any(match.image, owner.image)
        and all(key in labels and fits(value, labels[key]) for key, value in match.labels)
    )


def _is_or_any(pattern: str | None, text: str | None) -> bool:
    return pattern is None or (text is not None and fits(pattern, text))
