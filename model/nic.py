"""What the driver of a NIC says (ethtool(8)). A value only."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from model.identity import LinkId

_GIGABIT: Final = 1000


class Nic(NamedTuple):
    """One of them."""

    driver: str
    speed: int | None = None
    """Mb/s; None: it does not know, or has no link."""
    duplex: str = ""
    """full, half, or nothing."""

    @property
    def speed_words(self) -> str:
        """`10 Gb/s`, `100 Mb/s`; empty where it is unknown."""
        if self.speed is None:
            return ""
        return f"{self.speed / _GIGABIT:g} Gb/s" if self.speed >= _GIGABIT else f"{self.speed} Mb/s"


Nics = Mapping[LinkId, Nic]
"""Those that were asked, and answered."""
NO_NICS: Final[Nics] = {}
