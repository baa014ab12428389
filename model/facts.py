"""What the kernel and the runtimes said, in the past tense. Facts are plain values; a recording is a list of them."""

from dataclasses import dataclass

from model.identity import LinkId, NamespaceId
from model.link import Address, Link
from model.namespace import Holder, Namespace, Owner


@dataclass(frozen=True, slots=True)
class NamespaceSeen:
    """A namespace is there, or what is known of it (names, readable) is now this."""

    namespace: Namespace


@dataclass(frozen=True, slots=True)
class NamespaceGone:
    """A namespace died, with everything in it."""

    namespace: NamespaceId


@dataclass(frozen=True, slots=True)
class NamespaceRead:
    """Everything a namespace holds, from one dump. What it does not list is not there."""

    namespace: NamespaceId
    links: tuple[Link, ...]
    addresses: tuple[tuple[int, Address], ...] | None
    """(ifindex, address); None: the addresses were not read this time."""


@dataclass(frozen=True, slots=True)
class LinkSeen:
    """A link is now this."""

    link: Link


@dataclass(frozen=True, slots=True)
class LinkGone:
    """A link is no longer there."""

    link: LinkId
    moved_to: LinkId | None = None
    """Where it went, when it was moved to a namespace that we know."""


@dataclass(frozen=True, slots=True)
class AddressSeen:
    """A link has this address, or its flags are now these."""

    link: LinkId
    address: Address
    by_pid: int = 0
    """The requester's netlink port id: its pid, for a process's first netlink socket. 0: unknown, or the kernel."""
    by_comm: str | None = None
    """The name of that process, where it could still be told when this came; raw host text."""


@dataclass(frozen=True, slots=True)
class AddressGone:
    """A link lost this address."""

    link: LinkId
    address: Address
    by_pid: int = 0
    by_comm: str | None = None


@dataclass(frozen=True, slots=True)
class OwnersSeen:
    """The owners of a namespace are now exactly these."""

    namespace: NamespaceId
    owners: tuple[Owner, ...]


@dataclass(frozen=True, slots=True)
class HolderSeen:
    """The process that holds a tap is now this one; None: nobody holds it."""

    link: LinkId
    holder: Holder | None


@dataclass(frozen=True, slots=True)
class Resynced:
    """Events were lost, and everything was read again; the facts of that reading came before this one."""

    reason: str
    took_ms: float


@dataclass(frozen=True, slots=True)
class Visibility:
    """How much of the host we can see."""

    complete: bool
    missing: tuple[str, ...] = ()
    """A sentence for each thing that we cannot see, and how to see it."""


Fact = (
    NamespaceSeen
    | NamespaceGone
    | NamespaceRead
    | LinkSeen
    | LinkGone
    | AddressSeen
    | AddressGone
    | OwnersSeen
    | HolderSeen
    | Resynced
    | Visibility
)
