"""The way from one end to another, on the map: which lines, rails and lanes it passes, and where it ends too soon."""

from typing import NamedTuple

from model.identity import LinkId
from model.layout import is_secondary
from model.patch_map import LineId, Map, Role
from model.verdict import Reachable, Verdict
from tui.signs import Signs


class Lit(NamedTuple):
    """A rail or a lane that is lit on a line: above it, below it, or both."""

    rail: LinkId
    up: bool
    down: bool


class Way(NamedTuple):
    """What the way does on one line, while it is drawn; everything else is faint."""

    is_on: bool = False
    """The cable of this line, or its rail, is a part of it."""
    rails: frozenset[LinkId] = frozenset()
    """All that it passes, on any line."""
    rail: Lit | None = None
    """The line's own rail."""
    lanes: tuple[Lit, ...] = ()
    blocked: str = ""
    """The sign of the place where it ends, or where nobody can tell."""


class Traced(NamedTuple):
    """Two ends, and what is said of them."""

    ends: tuple[LinkId, LinkId]
    said: Verdict

    @property
    def links(self) -> frozenset[LinkId]:
        """All that is not faint: the way, and where it should lead."""
        return frozenset((*self.said.hops, *self.ends))


class _Span(NamedTuple):
    rail: LinkId
    rack: int | None
    """A rail is in one rack; a lane goes by others (None)."""
    top: int
    bottom: int

    def at(self, line: int) -> Lit | None:
        inside = self.top <= line <= self.bottom and self.top != self.bottom
        return Lit(self.rail, line > self.top, line < self.bottom) if inside else None


class MapWay:
    """The way over all lines of a map."""

    def __init__(self, shown: Map, traced: Traced, signs: Signs) -> None:
        self._shown = shown
        found = (shown.find(hop) for hop in traced.said.hops)
        self.lines = frozenset(place for place in found if place is not None)
        self._rails = frozenset(traced.said.hops)
        self._spans = tuple(self._span(rail) for rail in self._rails if LineId(Role.HEADER, rail) in shown.index)
        at = traced.said.blocked_at
        self._blocked_at = None if at is None else shown.find(at)
        self._sign = signs.blocked if traced.said.reachable is Reachable.NO else signs.unknown

    def _span(self, rail: LinkId) -> tuple[_Span, ...]:
        """From a rail's header to each line of the way that is plugged into it."""
        header = self._shown.index[LineId(Role.HEADER, rail)]
        own, lane = [header], [header]
        for place in self.lines:
            line = self._shown.lines[place]
            rack = self._shown.racks[line.rack]
            cable = line.cable
            if line.uplink is not None and rack.rail == rail and line.uplink.link in self._rails:
                own.append(place)
            if cable is not None and cable.rail == rail:
                (lane if is_secondary(line, rack) else own).append(place)
        rack_of = self._shown.lines[header].rack
        return _Span(rail, rack_of, min(own), max(own)), _Span(rail, None, min(lane), max(lane))

    def at(self, place: int) -> Way:
        """What it does on this line."""
        rack = self._shown.lines[place].rack
        own: Lit | None = None
        lanes: list[Lit] = []
        for rail, lane in self._spans:
            lit, going_by = rail.at(place) if rail.rack == rack else None, lane.at(place)
            own = own or lit
            lanes += [] if going_by is None else [going_by]
        blocked = self._sign if place == self._blocked_at else ""
        return Way(place in self.lines, self._rails, own, tuple(lanes), blocked)
