"""What makes a namespace or a link the same thing tomorrow. Names, inodes and nsids are labels, never identities."""

from enum import Enum
from typing import Final, Literal, NamedTuple, NewType

NamespaceId = NewType("NamespaceId", str)
"""Opaque, without a colon. `n` + NS_GET_ID (ioctl_nsfs(2)) where the kernel has it; else good for this run only."""


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
