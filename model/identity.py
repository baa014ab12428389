"""What makes a namespace or a link the same thing tomorrow. Names, inodes and nsids are labels, never identities."""

from enum import Enum
from typing import Final, Literal, NamedTuple, NewType

NamespaceId = NewType("NamespaceId", str)
"""Opaque, without a colon: `lasting_id` where the kernel numbers namespaces; else good for this run only."""


def lasting_id(serial: int) -> NamespaceId:
    """Of the number that the kernel never uses again since boot: the same in every run (backend.netns.serial_of)."""
    return NamespaceId(f"n{serial}")


def is_lasting(namespace: NamespaceId) -> bool:
    """Another program, started since boot, means the same namespace by it."""
    return namespace.startswith("n") and namespace[1:].isdecimal()


class LinkId(NamedTuple):
    """A link, by its namespace and its ifindex there; the only identity a link has (if_nametoindex(3))."""

    namespace: NamespaceId
    ifindex: int

    def __str__(self) -> str:
        return f"{self.namespace}:{self.ifindex}"


class Unseen(Enum):
    """A thing that exists, at a place that we cannot tell."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unseen.UNKNOWN

End = LinkId | Literal[Unseen.UNKNOWN] | None
"""The far end of a relation: a link, UNKNOWN (there is one, we cannot tell where), or None (this kind has none)."""
