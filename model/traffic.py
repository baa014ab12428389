"""Rates for the eye: steps on a logarithmic scale, and words."""

import math
from collections.abc import Sequence
from typing import Final

from model.rates import Rate

STEPS: Final = 7
"""0 is no traffic; 1 to 7 are drawn taller and taller. The full block stays free: two sparklines must not touch."""
SPAN_S: Final = 60.0
"""A sparkline shows so many seconds."""
_LOWEST_TOP: Final = 10_000.0
"""Bits per second. A sparkline whose peak is below this does not fill its height: a whisper looks like one."""


def below_peak(bits: float, peak: float) -> int:
    """Three steps for each power of ten below a peak, so that the ups and downs of one link can be seen."""
    if bits <= 0:
        return 0
    steps = 3 * (math.log10(max(peak, _LOWEST_TOP)) - math.log10(bits))
    return max(1, min(STEPS, STEPS - math.floor(steps + 1e-9)))


def over_time(rates: Sequence[Rate], cells: int) -> tuple[tuple[float | None, float | None], ...]:
    """The last minute in so many cells, oldest first: the most that came in and went out in each; None: not read.

    A cell is the same stretch of time whenever it is looked at, so that only the last one changes until all move on.
    """
    found: list[tuple[float | None, float | None]] = [(None, None)] * cells
    if not rates or cells <= 0:
        return tuple(found)
    stretch = SPAN_S / cells
    last = math.floor(rates[-1].at_s / stretch)
    before: int | None = None
    for rate in rates:
        cell = math.floor(rate.at_s / stretch) - last + cells - 1
        first = cell if before is None else min(before + 1, cell)
        for place in range(max(first, 0), cell + 1):
            received, sent = found[place]
            found[place] = (max(received or 0.0, rate.rx_bits), max(sent or 0.0, rate.tx_bits))
        before = cell
    return tuple(found)


def peak_of(rates: Sequence[Rate]) -> float:
    """The most in either direction."""
    return max((max(rate.rx_bits, rate.tx_bits) for rate in rates), default=0.0)


def shown_bits(bits: float) -> str:
    """`0 b/s`, `740 b/s`, `2.3 Mb/s`, `960 kb/s`: never more than 8 cells."""
    for unit in ("b", "kb", "Mb", "Gb", "Tb"):
        if bits < 999.5 or unit == "Tb":
            text = f"{bits:.0f}" if bits >= 9.95 or unit == "b" else f"{bits:.1f}"
            return f"{text} {unit}/s"
        bits /= 1000
    raise AssertionError("the last unit takes all")
