"""What the map says of a port in three cells: whether it is pinned, and whether it is guarded or sealed."""

from typing import NamedTuple


class PortMarks(NamedTuple):
    """Nothing is said where nothing is kept."""

    pin: str = ""
    """kept or drift."""
    sends: str = ""
    """G: guarded; S: sealed."""
    loud: bool = False
    """Its rules dropped something in the last minute, or are not there."""


UNMARKED = PortMarks()
