"""What a person would say happened."""

from dataclasses import dataclass
from enum import StrEnum

from model.identity import End, LinkId, NamespaceId, Unseen
from model.link import Address, BridgePort, Detail, Link
from model.namespace import Holder, Namespace, Owner


class What(StrEnum):
    """The words of `jackfield watch` (design: a contract that may only grow)."""

    LINK_ADDED = "link-added"
    LINK_REMOVED = "link-removed"
    RENAMED = "renamed"
    MAC = "mac"
    ATTACHED = "attached"
    DETACHED = "detached"
    MOVED = "moved"
    MODE = "mode"
    UP = "up"
    DOWN = "down"
    CARRIER = "carrier"
    OPERSTATE = "operstate"
    MTU = "mtu"
    ALIAS = "alias"
    ALTNAME = "altname"
    ADDRESS_ADDED = "address-added"
    ADDRESS_REMOVED = "address-removed"
    NAMESPACE_ADDED = "namespace-added"
    NAMESPACE_REMOVED = "namespace-removed"
    NAMESPACE_RENAMED = "namespace-renamed"
    NAMESPACE = "namespace"
    """What else is known of a namespace changed: whether it can be read, where it was found."""
    OWNER_ADDED = "owner-added"
    OWNER_REMOVED = "owner-removed"
    PEER = "peer"
    PARENT = "parent"
    OPTIONS = "options"
    PORT = "port"
    HELD = "held"
    RESYNCED = "resynced"
    FORGED = "forged"
    """A guard dropped what a container sent as somebody else. Told by the UI; `enforce` has lines of its own for it."""
    DRIFTED = "drifted"
    """Something is not as the policy asks for. Told by the UI, as above."""


Value = (
    None
    | bool
    | int
    | str
    | tuple[str, ...]
    | LinkId
    | Unseen
    | Link
    | Namespace
    | Owner
    | Holder
    | Detail
    | BridgePort
)
"""Before and after: the value that changed, plain; the whole link or namespace when it came, went or moved."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a link has besides itself: its ends as far as they are known, its addresses, its holder."""

    peer: End = None
    parent: End = None
    addresses: tuple[Address, ...] = ()
    holder: Holder | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened to one subject."""

    what: What
    subject: LinkId | NamespaceId | None
    """The new id for a move; None for `resynced`."""
    address: str
    """What the subject is called (model.address_book); for a thing removed, what it was called."""
    before: Value = None
    after: Value = None
    by_pid: int = 0
    """The requester, where the kernel tells (address events only); 0: unknown."""
    formerly: str = ""
    """For a move: what it was called before."""
    stood: Standing | None = None
    """For a link that was removed or moved: what it had, where it was before."""
    stands: Standing | None = None
    """For a link that was added or moved: what it has now. What the same batch changed after that is told after it."""
    by_comm: str | None = None
    """The name of the requester, where it lived long enough to be asked; raw host text."""
