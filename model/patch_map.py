"""The map as values: racks, their lines, and what runs between the lines. model.layout makes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from model.cables import Cable, Inhabitant, Order, Uplink
from model.identity import LinkId, NamespaceId


class Role(Enum):
    """What a line is."""

    __hash__ = object.__hash__  # Enum's own hashes the name anew each time, and lines are looked up by their role

    HEADER = "header"
    CABLE = "cable"
    STRIP = "strip"
    """The inhabitants of a folded rack."""
    RAIL = "rail"
    """Room for one more uplink."""
    AIR = "air"


class Rung(Enum):
    """What a rail does on a line."""

    NONE = "none"
    PORT = "port"
    LAST = "last"
    """The rail ends here, at a port."""
    BY = "by"
    """It goes by."""


class LineId(NamedTuple):
    """What makes a line the same line tomorrow."""

    role: Role
    subject: LinkId | NamespaceId | None
    """The rail, the cable's id; None: `not on a bridge`."""


class Line(NamedTuple):
    """One line of the map."""

    id: LineId
    rack: int
    """Index in `Map.racks`."""
    rung: Rung = Rung.NONE
    cable: Cable | None = None
    first: bool = False
    """The inhabitant is named here."""
    uplink: Uplink | None = None
    gone: "Stone | None" = None


class Group(NamedTuple):
    """An inhabitant, and the cables that stand with it."""

    inhabitant: Inhabitant
    order: Order
    cables: tuple[Cable, ...]


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A cable that is no longer there, but is still shown where it was. Whoever keeps it decides how long."""

    cable: Cable
    rack: LinkId | None
    order: Order
    words: object = None
    """What was written on its row: the caller's business."""


@dataclass(frozen=True, slots=True)
class GoneRail:
    """A rail that is no longer there, but its header still is."""

    rail: LinkId
    ordinal: int
    """Of its letter."""
    words: object = None
    """What was written on its header: the caller's business."""


Stone = Tombstone | GoneRail


@dataclass(frozen=True, slots=True)
class Rack:
    """A rail, and those who are named beside it."""

    rail: LinkId | None
    """None: `not on a bridge`."""
    letter: str
    uplinks: tuple[Uplink, ...] = ()
    groups: tuple[Group, ...] = ()
    folded: bool = False
    within: NamespaceId | None = None
    """The inhabitant whose own bridge this is; None: the host's."""
    gone: GoneRail | None = None
    """Nothing stands beside it but tombstones."""


class Lane(NamedTuple):
    """The way of secondary cables to their rail: one column, from its first line to its last."""

    rail: LinkId
    slot: int
    top: int
    bottom: int
    header: int
    ends: tuple[int, ...]
    """Lines of its cables."""


class Arc(NamedTuple):
    """Two lines that are the ends of one direct cable."""

    top: int
    bottom: int


class Seat(NamedTuple):
    """Where an inhabitant was named last time."""

    rail: LinkId | None
    order: Order


Sitter = tuple[Inhabitant, LinkId | None]
"""An inhabitant; with the rail, for links of the rail's own namespace (the host is no guest in its own racks); with
the cable, where we cannot tell who is at its end."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What keeps things in their places from one layout to the next."""

    seats: Mapping[Sitter, Seat] = field(default_factory=dict)
    slots: tuple[LinkId | None, ...] = ()
    """The rail of each lane's column."""
    crowded: bool = False


@dataclass(frozen=True, slots=True)
class Folding:
    """What the operator folded and unfolded; the rest is up to the map."""

    closed: frozenset[LinkId | None] = frozenset()
    opened: frozenset[LinkId | None] = frozenset()


@dataclass(frozen=True, slots=True)
class Map:
    """Everything that is to be drawn, but for the words."""

    lines: tuple[Line, ...]
    racks: tuple[Rack, ...]
    lanes: tuple[Lane, ...]
    arcs: tuple[Arc, ...]
    members: Mapping[LinkId, list[LinkId]]
    """The NICs of a bond."""
    parents: frozenset[LinkId]
    """Rails that are no bridges: macvlans stand on them."""
    letters: Mapping[LinkId, int]
    """The ordinal of each rail: its letter, and its hue."""
    memory: Memory
    index: Mapping[LineId, int]

    def find(self, subject: LinkId | NamespaceId) -> int | None:
        """The line that shows a thing: its own, or that of the folded rack, the rail or the outside it is part of."""
        for role in (Role.CABLE, Role.HEADER):
            at = self.index.get(LineId(role, subject))
            if at is not None:
                return at
        return next((at for at, line in enumerate(self.lines) if self._shows(line, subject)), None)

    def _shows(self, line: Line, subject: LinkId | NamespaceId) -> bool:
        if line.uplink is not None and (
            line.uplink.link == subject or subject in self.members.get(line.uplink.link, ())
        ):
            return True
        if line.cable is not None:
            return _is_of(line.cable, subject)
        return line.id.role is Role.STRIP and any(
            _is_of(cable, subject) for group in self.racks[line.rack].groups for cable in group.cables
        )

    def letter(self, rail: LinkId | None) -> str:
        """The letter of a rail; empty where it has none."""
        number = None if rail is None else self.letters.get(rail)
        return "" if number is None else letter_of(number)


def _is_of(cable: Cable, subject: LinkId | NamespaceId) -> bool:
    if isinstance(subject, LinkId):
        return subject in (cable.host_end, cable.inside)
    return subject in (cable.id, cable.inhabitant.namespace)


def letter_of(number: int) -> str:
    """A for 0, Z for 25, then AA, AB ..."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
