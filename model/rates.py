"""How much passes a link: the kernel's counters, and the rates between two readings.

No clock: a reading carries its time.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from model.identity import LinkId

HISTORY = 61
"""Readings kept of each link: a minute of rates when it is read every second."""


@dataclass(frozen=True, slots=True)
class Counters:
    """What a link counted since it was made (struct rtnl_link_stats64), as seen by its own namespace."""

    at_s: float
    """A monotonic clock, in seconds."""
    rx_bytes: int = 0
    tx_bytes: int = 0
    rx_packets: int = 0
    tx_packets: int = 0
    rx_errors: int = 0
    tx_errors: int = 0
    rx_dropped: int = 0
    tx_dropped: int = 0


@dataclass(frozen=True, slots=True)
class Rate:
    """The difference of two readings, per second; bits for the bytes, and the errors and drops as they are."""

    rx_bits: float = 0.0
    tx_bits: float = 0.0
    rx_packets: float = 0.0
    tx_packets: float = 0.0
    errors: int = 0
    """Receive and transmit errors between the two readings."""
    drops: int = 0
    at_s: float = 0.0
    """When the second of the two was made, by a monotonic clock."""

    def mirrored(self) -> "Rate":
        """The same as the other end of the cable sees it: what this end transmits, that one receives."""
        return Rate(self.tx_bits, self.rx_bits, self.tx_packets, self.rx_packets, self.errors, self.drops, self.at_s)


class Rates:
    """The last minute of the links that are being counted."""

    def __init__(self) -> None:
        self._readings: dict[LinkId, deque[Counters]] = {}

    def record(self, counted: Mapping[LinkId, Counters]) -> None:
        """One reading of some links. A counter that went back belongs to another link with the same ifindex."""
        for link, counters in counted.items():
            readings = self._readings.setdefault(link, deque(maxlen=HISTORY))
            if readings and (counters.rx_bytes < readings[-1].rx_bytes or counters.tx_bytes < readings[-1].tx_bytes):
                readings.clear()
            readings.append(counters)

    def keep_only(self, links: Iterable[LinkId]) -> None:
        """Forget all others."""
        wanted = set(links)
        for link in self._readings.keys() - wanted:
            del self._readings[link]

    def totals(self, link: LinkId) -> Counters | None:
        """The last reading."""
        readings = self._readings.get(link)
        return readings[-1] if readings else None

    def rate(self, link: LinkId) -> Rate | None:
        """The last rate; None until it was read twice."""
        readings = self._readings.get(link)
        return _rate(readings[-2], readings[-1]) if readings is not None and len(readings) > 1 else None

    def history(self, link: LinkId, most: int = HISTORY - 1) -> tuple[Rate, ...]:
        """The last rates, oldest first."""
        readings = tuple(self._readings.get(link, ()))[-(most + 1) :]
        return tuple(_rate(before, after) for before, after in pairwise(readings))


def _rate(before: Counters, after: Counters) -> Rate:
    seconds = max(after.at_s - before.at_s, 1e-9)
    return Rate(
        (after.rx_bytes - before.rx_bytes) * 8 / seconds,
        (after.tx_bytes - before.tx_bytes) * 8 / seconds,
        (after.rx_packets - before.rx_packets) / seconds,
        (after.tx_packets - before.tx_packets) / seconds,
        after.rx_errors + after.tx_errors - before.rx_errors - before.tx_errors,
        after.rx_dropped + after.tx_dropped - before.rx_dropped - before.tx_dropped,
        after.at_s,
    )
