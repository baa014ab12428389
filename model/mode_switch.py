"""What another macvlan mode changes: for each sibling, for the host, and for the outside, now and then.

Filters are left aside: they are the same before and after.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from model.conditions import NOTHING_READ
from model.excerpt import excerpt
from model.facts import LinkSeen
from model.identity import LinkId
from model.inventory import Inventory
from model.layer2 import is_endpoint, segment_of, segments_of
from model.link import Link, Macvlan
from model.operations import Operation
from model.reachability import verdict, way_out
from model.rehearsal import Impossible, rehearsed
from model.topology import Topology
from model.verdict import Because, Reachable, Verdict
from model.whose import whose

_WORDS: Final = {
    Because.HAIRPIN_UNKNOWN: "only if the switch sends frames back",
    Because.MACVLAN_PRIVATE: "private: no sibling reaches it",
    Because.MACVLAN_VEPA: "not directly",
    Because.MACVLAN_HOST: "a child and its parent never talk",
    Because.SOURCE_LIST: "only from the MACs on its list",
    Because.PASSTHRU: "passthru",
    Because.DOWN: "one end is DOWN",
    Because.NO_CARRIER: "no carrier",
}


class Effect(NamedTuple):
    """For one other end."""

    other: str
    """`scanner`, `host`, `outside`: fit to print."""
    now: Reachable
    then: Reachable
    why: str
    """Of what is then."""


def effects(graph: Inventory, child: LinkId, operations: Sequence[Operation]) -> tuple[Effect, ...]:
    """What the operations change for a macvlan and those on the same parent; nothing where that cannot be said."""
    parent = graph.ends(child).parent
    if not isinstance(parent, LinkId):
        return ()
    try:
        before = _segment_around(graph, parent)
        after = rehearsed(before, operations)
    except (Impossible, LookupError):
        return ()
    return tuple(_effects(before, after, child, parent))


def reaches_parent(graph: Inventory, parent: LinkId, mode: str, child: Link | None = None) -> Reachable:
    """Whether a child in this mode (`child`, where it is there) and the parent's own stack meet, all of it up."""
    here = _segment_around(graph, parent)
    stack = here.link(parent)
    if stack is None:
        return Reachable.NO
    if child is None:
        number = 1 + max(link.id.ifindex for link in here.links(parent.namespace))
        made = LinkId(parent.namespace, number)
        child = Link(made, "child", "macvlan", "02:00:00:00:00:01", stack.mtu, parent=parent)
    child = dataclasses.replace(child, up=True, carrier=True, operstate="up", detail=Macvlan(mode))
    here.learn([LinkSeen(child)])
    return verdict(here, NOTHING_READ, child.id, parent).wired


def _segment_around(graph: Inventory, parent: LinkId) -> Topology:
    """All that frames of a macvlan on this parent could come to, alone. Of a large host it is a small part."""
    return excerpt(graph, [link for _, found in segments_of(graph, [parent]) for link in found])


def _effects(before: Inventory, after: Inventory, child: LinkId, parent: LinkId) -> Iterator[Effect]:
    siblings = [link for link in before.children(parent) if link.id != child and _is_end(before, link)]
    for sibling in siblings:
        now, then = (verdict(graph, NOTHING_READ, child, sibling.id) for graph in (before, after))
        yield Effect(whose(before, sibling.id.namespace).name, now.wired, then.wired, _why(then))
    stack = before.link(parent)
    if stack is not None and _is_end(before, stack):
        now, then = (verdict(graph, NOTHING_READ, child, parent) for graph in (before, after))
        yield Effect(whose(before, parent.namespace).name, now.wired, then.wired, _why(then))
    exits = [way_out(graph, NOTHING_READ, segment_of(graph, child), child) is not None for graph in (before, after)]
    is_out = [Reachable.YES if one else Reachable.NO for one in exits]
    name = stack.name if stack is not None else "its parent"
    yield Effect("outside", is_out[0], is_out[1], f"through {name}" if exits[1] else "not from here")


def _is_end(graph: Inventory, link: Link) -> bool:
    return is_endpoint(graph, link)


def _why(then: Verdict) -> str:
    if then.wired is Reachable.YES:
        return "directly"
    return _WORDS.get(then.because, then.because.value.replace("-", " "))
