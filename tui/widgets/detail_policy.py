"""What is kept of a port, and what its container can forge: lines of the detail."""

from collections.abc import Iterator

from model.forging import forging, in_words, port_of
from model.identity import LinkId
from tui.session import Session
from tui.widgets.detail_item import Item, long_fact


def policy_items(session: Session, link: LinkId, width: int) -> Iterator[Item]:
    """Of either end of a container's cable, and of a macvlan; nothing of other links."""
    port = port_of(session.graph, link)
    here = link if port is None else port.id
    kept = session.kept
    filters = session.observed.frame_filters.get(here.namespace, frozenset())
    is_filtered = filters is None or here in filters
    found = forging(session.graph, here, kept.guarded_by(here) if kept is not None else "", filtered=is_filtered)
    if not found:
        return
    yield from long_fact("forges", in_words(found), width)
    if kept is None or port is None:
        return
    for said in kept.said_of(here, session.clock()):
        yield from long_fact(said.label, said.text, width, "caution" if said.loud else "text")
