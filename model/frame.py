"""A frame on its way."""

from enum import Enum
from typing import NamedTuple


class Cast(Enum):
    """To whom it is sent."""

    BROADCAST = "broadcast"
    MULTICAST = "multicast"
    UNICAST = "unicast"


class Frame(NamedTuple):
    """What decides over its way. MACs are lower case with colons; an unknown one has a word of its own."""

    cast: Cast
    source: str
    destination: str = ""
    """UNICAST only."""

    @property
    def to_group(self) -> bool:
        """Broadcast or multicast."""
        return self.cast is not Cast.UNICAST
