"""The matrix of who reaches whom, as rows of signs and names. Only what is looked at is worked out."""

from collections import Counter
from enum import Enum

from model.caption import full_name, slashed_name
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.labels import HOST
from model.link import Link, Macvlan
from model.reach_classes import Classes, ReachClass
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


def cell(classes: Classes, one: int, other: int) -> Cell:
    """How two classes stand to each other, by their places."""
    if one == other and len(classes.classes[one].members) == 1:
        return Cell.ITSELF
    relation = classes.between(one, other)
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


def remark(graph: Inventory, one: ReachClass) -> str:
    """What is special about a class, in a word or two."""
    if one.reaches_nobody:
        return "alone" if len(one.members) == 1 else "each alone"
    first = graph.link(one.members[0])
    if isinstance(first, Link) and isinstance(first.detail, Macvlan):
        return first.detail.mode
    return "leads outside" if one.exit is not None else ""
