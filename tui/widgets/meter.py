"""Rates as two narrow bars, what comes in and what goes out: on a logarithmic scale, a tenfold rate is a step more."""

from math import log10
from typing import Final, NamedTuple

from model.rates import Rate
from tui.signs import Signs

STEPS: Final = 8
_FIRST: Final = 2
"""The lowest step ends at a hundred bits a second; the highest begins at a gigabit."""

EMPTY_METER: Final = "  "
"""Not read yet."""


class Meter(NamedTuple):
    """Two steps from 0 (no traffic) to 8."""

    rx: int
    tx: int


def meter_of(rate: Rate) -> Meter:
    """How high the bars are."""
    return Meter(step(rate.rx_bits), step(rate.tx_bits))


def step(bits: float) -> int:
    """Bits a second as a step."""
    return 0 if bits < 1 else max(1, min(STEPS, round(log10(bits)) - _FIRST + 1))


def bars(meter: Meter, signs: Signs) -> str:
    """Two cells."""
    return signs.levels[meter.rx] + signs.levels[meter.tx]
