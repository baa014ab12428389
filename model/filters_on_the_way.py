"""Filters that frames meet on their way. What their rules say is not looked at: that one is there is enough."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from model.identity import LinkId
from model.inventory import Inventory
from model.surroundings import Filters, Hook, Stage, Surroundings
from model.verdict import Because


class Met(NamedTuple):
    """The first filter of a way, or the first place where nobody looked for one."""

    because: Because
    """FILTER or FILTER_UNREAD."""
    at: LinkId
    word: str
    """What it is called, or what was not read; raw host text."""


def first_filter(graph: Inventory, around: Surroundings, hops: Sequence[LinkId]) -> Met | None:
    """The first thing on the way that may drop frames, as far as anybody looked; None: there is certainly nothing."""
    unread = None
    for place, hop in enumerate(hops):
        filters = around.filters.get(hop.namespace)
        is_end = place in (0, len(hops) - 1)
        met = None if filters is None else next(hooks_at(graph, filters, hop, is_end=is_end), None)
        if met is not None:
            return Met(Because.FILTER, hop, f"{met.kind} {met.name}")
        if unread is None and (filters is None or filters.unread):
            words = "filters" if filters is None else ", ".join(filters.unread)
            unread = Met(Because.FILTER_UNREAD, hop, words)
    return unread


def hooks_at(graph: Inventory, filters: Filters, hop: LinkId, *, is_end: bool) -> Iterator[Hook]:
    """The hooks that a frame meets at one link of its way.

    A guard of our own is no exception yet: it is a hook like any other, until its rules are modelled (here).
    """
    link = graph.link(hop)
    is_bridge = link is not None and link.kind == "bridge"
    meets = {
        Stage.BRIDGE: is_bridge,
        Stage.BRIDGED_IP: is_bridge and not is_end,
        Stage.ARP: is_end,
        Stage.IP: False,
    }
    for hook in filters.hooks:
        if hook.link == hop if hook.stage is Stage.LINK else meets[hook.stage]:
            yield hook
