"""The columns of the map at each width, and what gives way as it narrows. In cells; all columns count from 0."""

from dataclasses import dataclass
from typing import Final, NamedTuple

NARROWEST: Final = 60
"""Below this the map is a plain list."""
MOST_LANES: Final = 4
_LANE: Final = 2
_POLICY: Final = 3
"""A cell for the pin and two for the guard, just before the jack."""
_NAME_AFTER_JACK: Final = 9
_WIDEST_NAME: Final = 22
_BY: Final = 7


@dataclass(frozen=True, slots=True)
class Grid:
    """Where everything stands on a line of the map."""

    width: int
    meter: int | None
    """Two cells: the traffic of the outside."""
    outside: int | None
    """The name of a NIC or a tunnel; None: a mark at the rail, and the name in the header."""
    outside_width: int
    speed: int | None
    lanes_from: int
    lanes: int
    """How many lanes are drawn; cables of the others carry the letter alone."""
    rail: int
    other_end_width: int
    arc: int
    """Cells between the policy and the jack, for arcs."""
    jack: int
    name_width: int
    link_width: int
    address: int | None
    address_width: int
    prefix_length: bool
    by: int | None
    """The column of its last letter."""

    @property
    def chip(self) -> int:
        """The letter of a secondary cable."""
        return self.rail + 1

    @property
    def other_end(self) -> int:
        """The name that the cable carries."""
        return self.rail + 3

    @property
    def policy(self) -> int:
        """The pin; the guard is one further."""
        return self.jack - self.arc - _POLICY

    @property
    def mark(self) -> int:
        """`!`, `~`, `+`, `†`."""
        return self.jack + 1

    @property
    def dot(self) -> int:
        """Its state."""
        return self.jack + 2

    @property
    def state(self) -> int:
        """Four cells: DOWN, GONE, or the meter."""
        return self.jack + 4

    @property
    def name(self) -> int:
        """Whose it is."""
        return self.jack + _NAME_AFTER_JACK

    @property
    def link(self) -> int:
        """The inside end."""
        return self.name + self.name_width + 1

    @property
    def end(self) -> int:
        """The last column but the margin."""
        return self.width - 1

    def lane(self, slot: int) -> int | None:
        """The column of a lane; None where it is not drawn."""
        return self.lanes_from + 1 + _LANE * slot if slot < self.lanes else None


class _Fit(NamedTuple):
    """One way to share the width."""

    lanes: bool
    speed: bool
    prefix_length: bool
    roomy: bool
    """Wide names."""
    by: bool
    meter: bool
    outside: bool
    address: bool


_FITS: Final = (
    _Fit(True, True, True, True, True, True, True, True),
    _Fit(False, True, True, True, True, True, True, True),
    _Fit(False, False, True, True, True, True, True, True),
    _Fit(False, False, False, True, True, True, True, True),
    _Fit(False, False, False, False, True, True, True, True),
    _Fit(False, False, False, False, False, True, True, True),
    _Fit(False, False, False, False, False, False, True, True),
    _Fit(False, False, False, False, False, False, False, True),
    _Fit(False, False, False, False, False, False, False, False),
)
"""From rich to poor: in this order things give way."""


def grid(width: int, lanes_wanted: int = 0) -> Grid | None:
    """The richest columns that fit; None: too narrow for a map.

    Room for two lanes is kept on a wide screen even where there is none, so that the first one moves nothing.
    """
    if width < NARROWEST:
        return None
    for fit in _FITS:
        for lanes in range(min(max(lanes_wanted, 2), MOST_LANES), 1, -1) if fit.lanes else (0,):
            made = _fitted(fit, width, lanes)
            if made is not None:
                return made
    return None


def _fitted(fit: _Fit, width: int, lanes: int) -> Grid | None:
    meter = 1 if fit.meter and fit.outside else None
    outside = None if not fit.outside else 4 if fit.meter else 1
    outside_width = 9 if fit.speed else 8
    speed = 13 if fit.speed else None
    lanes_from = 22 if fit.speed else 13 if fit.meter else 10
    rail = lanes_from + _LANE * lanes + 1 if fit.speed else lanes_from if fit.outside else 2
    other_end_width = 15 if fit.roomy else 12
    arc = 2 if fit.speed else 1
    jack = rail + 3 + other_end_width + 1 + _POLICY + arc
    least_name, link_width = (16, 8) if fit.roomy else (12, 6 if fit.by else 5)
    least_address = (18 if fit.prefix_length else 15) if fit.address else 0
    name = jack + _NAME_AFTER_JACK
    by = _BY if fit.by else 0
    needed = name + least_name + 1 + link_width + (1 + least_address if fit.address else 0) + by + 1
    spare = width - needed
    if spare < 0:
        return None
    name_width = least_name + (min(spare, _WIDEST_NAME - least_name) if fit.roomy or not fit.address else 0)
    address = name + name_width + 1 + link_width + 1
    return Grid(
        width,
        meter,
        outside,
        outside_width,
        speed,
        lanes_from,
        lanes,
        rail,
        other_end_width,
        arc,
        jack,
        name_width,
        link_width,
        address if fit.address else None,
        width - 1 - by - address,
        fit.prefix_length,
        width - 2 if fit.by else None,
    )
