"""The matrix of who reaches whom, as rows of signs and names. Only what is looked at is worked out."""

from collections import Counter
from collections.abc import Collection
from enum import Enum
from typing import NamedTuple

from model.caption import full_name, slashed_name
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.labels import HOST
from model.link import Link, Macvlan
from model.reach_classes import Classes, ReachClass, Relation
from model.verdict import Because, Reachable
from model.whose import holder_of, whose


class Cell(Enum):
    """One answer of the matrix."""

    ITSELF = "itself"
    REACHES = "reaches"
    BLOCKED = "blocked"
    """Joined, and yet it does not pass."""
    DEPENDS = "depends"
    """On a filter, or on what is outside."""
    APART = "not connected"


class Place(NamedTuple):
    """A row of the matrix; those without a member are its columns, too."""

    at: int | None = None
    """A class."""
    member: LinkId | None = None
    """One of the class, where it is opened."""
    outside: LinkId | None = None
    """The network behind an uplink."""


def columns_of(classes: Classes) -> tuple[Place, ...]:
    """First all classes, then what is outside."""
    outsides = (Place(outside=outside) for outside in classes.outsides)
    return (*(Place(at) for at in range(len(classes.classes))), *outsides)


def rows_of(classes: Classes, opened: Collection[LinkId]) -> tuple[Place, ...]:
    """The same, with the members of the classes that one of `opened` is in."""
    places = {classes.place_of(link) for link in opened}
    rows: list[Place] = []
    for column in columns_of(classes):
        rows.append(column)
        if column.at is not None and column.at in places and len(classes.classes[column.at].members) > 1:
            rows += (Place(column.at, member) for member in classes.classes[column.at].members)
    return tuple(rows)


def cell(classes: Classes, one: Place, other: Place) -> Cell:
    """How two of them stand to each other."""
    if one.outside is not None and one.outside == other.outside:
        return Cell.ITSELF
    if one.at is None or other.at is None:
        place, outside = (one.at, other.outside) if one.at is not None else (other.at, one.outside)
        if place is None or outside is None:
            return Cell.DEPENDS  # whether two uplinks lead to the same network
        return _sign_of(classes.with_outside(place, outside))
    if one.at == other.at and len(classes.classes[one.at].members) == 1:
        return Cell.ITSELF
    return _sign_of(classes.between(one.at, other.at))


def _sign_of(relation: Relation) -> Cell:
    match relation.reachable:
        case Reachable.YES:
            return Cell.REACHES
        case Reachable.UNKNOWN:
            return Cell.DEPENDS
        case Reachable.NO:
            return Cell.APART if relation.because is Because.NO_PATH else Cell.BLOCKED


class Names:
    """What endpoints are called: by their inhabitant alone where that has no other endpoint."""

    def __init__(self, graph: Inventory, classes: Classes) -> None:
        self._graph = graph
        self._ends: Counter[NamespaceId] = Counter(
            member.namespace for one in classes.classes for member in one.members
        )

    def of(self, link_id: LinkId) -> str:
        """Fit to print."""
        graph = self._graph
        link = graph.link(link_id)
        if link is None:
            return "gone"
        if link.master:
            guest = holder_of(graph, link_id)
            return guest.name if guest is not None else full_name(graph, link)
        if link_id.namespace == graph.home:
            return f"{HOST}/{full_name(graph, link)}"
        return whose(graph, link_id.namespace).name if self._ends[link_id.namespace] == 1 else slashed_name(graph, link)


def outside_of(graph: Inventory, uplink: LinkId) -> str:
    """What the network behind an uplink is called. Fit to print."""
    link = graph.link(uplink)
    if link is None:
        return "gone"
    return f"outside of {full_name(graph, link) if uplink.namespace == graph.home else slashed_name(graph, link)}"


def remark(graph: Inventory, one: ReachClass) -> str:
    """What is special about a class, in a word or two."""
    if one.reaches_nobody:
        return "alone" if len(one.members) == 1 else "each alone"
    first = graph.link(one.members[0])
    if isinstance(first, Link) and isinstance(first.detail, Macvlan):
        return first.detail.mode
    return "leads outside" if one.exit is not None else ""
