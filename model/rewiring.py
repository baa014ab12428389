"""Which changes are changes of the wiring: the others only change what is written on it."""

from typing import Final

from model.cables import FALLBACK_TUNNELS
from model.change import Change, What

REWIRING: Final = frozenset(
    {
        What.LINK_ADDED,
        What.LINK_REMOVED,
        What.MOVED,
        What.ATTACHED,
        What.DETACHED,
        What.NAMESPACE_ADDED,
        What.NAMESPACE_REMOVED,
        What.PEER,
        What.PARENT,
        What.HELD,
        What.RESYNCED,
    }
)


def rewires(change: Change) -> bool:
    """Whether cables, and so the map and the tree, may be others."""
    if change.what in REWIRING:
        return True
    if change.what in (What.UP, What.DOWN):
        return change.address.rpartition("/")[2] in FALLBACK_TUNNELS
    return False
