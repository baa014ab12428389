"""Filters that frames meet on their way. What their rules say is not looked at: that one is there is enough."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from model.conditions import Conditions, Filters, Hook, Stage
from model.identity import LinkId
from model.inventory import Inventory
from model.verdict import Because

_PORT_TO_PORT: Final = frozenset({"prerouting", "forward", "postrouting"})
_OWN_STACK: Final = frozenset({"prerouting", "input", "output", "postrouting"})


class Met(NamedTuple):
    """The first filter of a way, or the first place where nobody looked for one."""

    because: Because
    """FILTER or FILTER_UNREAD."""
    at: LinkId
    word: str
    """What it is called, or what was not read; raw host text."""


def first_filter(graph: Inventory, around: Conditions, hops: Sequence[LinkId]) -> Met | None:
    """The first thing on the way that may drop frames, as far as anybody looked; None: there is certainly nothing."""
    unread = None
    for place, hop in enumerate(hops):
        filters = around.filters.get(hop.namespace)
        beside = hops[max(0, place - 1) : place + 2]
        met = None if filters is None else next(hooks_at(graph, filters, hop, beside), None)
        if met is not None:
            return Met(Because.FILTER, hop, f"{met.kind} {met.name}")
        if unread is None and (filters is None or filters.unread):
            words = "filters" if filters is None else ", ".join(filters.unread)
            unread = Met(Because.FILTER_UNREAD, hop, words)
    return unread


def hooks_at(graph: Inventory, filters: Filters, hop: LinkId, beside: Sequence[LinkId]) -> Iterator[Hook]:
    """The hooks that a frame meets at one link of its way; `beside` is that link with those before and after it.

    Guards of our own are none of them: `model.walk` knows what they do.
    """
    link = graph.link(hop)
    is_bridge = link is not None and link.kind == "bridge"
    ports = sum(graph.ends(other).master == hop for other in beside)
    chains = _PORT_TO_PORT if ports == 2 else _OWN_STACK
    for hook in filters.hooks:
        match hook.stage:
            case Stage.LINK if hook.link == hop:
                yield hook
            case Stage.BRIDGE if is_bridge and (not hook.chain or hook.chain in chains):
                yield hook
            case Stage.BRIDGED_IP if is_bridge and ports == 2:
                yield hook
            case Stage.ARP if len(beside) == 2:
                yield hook
