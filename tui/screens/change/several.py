"""How one thing, or several that are marked, stand in a title."""

from collections.abc import Sequence

from model.caption import full_name
from model.identity import LinkId
from model.inventory import Inventory


def named(graph: Inventory, links: Sequence[LinkId]) -> str:
    """`tinderbox/eth0`, `3 links`."""
    if len(links) != 1:
        return f"{len(links):,} links"
    link = graph.link(links[0])
    return full_name(graph, link) if link is not None else "what is gone"
