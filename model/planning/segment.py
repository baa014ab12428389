"""Who shares a segment: what MACs are there, where cables lead, whether they would go round."""

from collections.abc import Iterator

from model.cables import BRIDGE_KINDS
from model.identity import LinkId
from model.inventory import Inventory
from model.link import PEERED_KINDS, Link
from model.planning.draft import Draft
from model.segments import bridge_of


def port_end(draft: Draft, link: Link) -> Link:
    """Of a cable the end that is a port of a bridge; the named one where neither is, or both are."""
    far = draft.graph.peer(link.id)
    if bridge_of(draft.graph, link.id) is None and isinstance(far, Link) and bridge_of(draft.graph, far.id) is not None:
        return draft.link(far.id)
    return link


def bridges_joined(graph: Inventory, bridge: LinkId) -> set[LinkId]:
    """All bridges that are one segment with this one, over cables between them."""
    joined, waiting = {bridge}, [bridge]
    while waiting:
        for port in graph.ports(waiting.pop()):
            far = graph.ends(port.id).peer
            beyond = bridge_of(graph, far) if isinstance(far, LinkId) else None
            if beyond is not None and beyond not in joined:
                joined.add(beyond)
                waiting.append(beyond)
    return joined


def on_segment(graph: Inventory, bridge: LinkId) -> Iterator[Link]:
    """Every link that is known to be on a segment: bridges, ports, their other ends, and what stands on these."""
    for one in bridges_joined(graph, bridge):
        itself = graph.link(one)
        if itself is not None:
            yield itself
            yield from graph.children(one)
        for port in graph.ports(one):
            yield port
            far = graph.peer(port.id)
            if isinstance(far, Link) and far.kind in PEERED_KINDS:
                yield far
                yield from graph.children(far.id)


def segment_of(graph: Inventory, link: Link) -> LinkId | None:
    """The bridge that a link, or the other end of its cable, is a port of; the bridge itself is on its own."""
    if link.kind in BRIDGE_KINDS:
        return link.id
    own = bridge_of(graph, link.id)
    if own is not None:
        return own
    far = graph.ends(link.id).peer
    if isinstance(far, LinkId):
        return bridge_of(graph, far)
    parent = graph.parent(link.id)
    return segment_of(graph, parent) if isinstance(parent, Link) and parent.id != link.id else None


def warn_of_twins(draft: Draft, mac: str, segment: LinkId | None, but: tuple[LinkId, ...] = ()) -> None:
    """A MAC that another link of the segment has: frames for one will reach the other."""
    if segment is None:
        return
    own_port = {end for link in but for end in (link, draft.graph.ends(link).peer)}
    twins = sorted({one.id for one in on_segment(draft.graph, segment) if one.mac == mac and one.id not in own_port})
    for twin in twins[:1]:
        others = f" and {len(twins) - 1} more" if len(twins) > 1 else ""
        draft.mind(f"{draft.called(twin)}{others} has the MAC {mac} too, on the same segment", "mac-twice")


def warn_of_loop(draft: Draft, port: Link, bridge: LinkId) -> None:
    """A second cable between the same segments, with STP off: frames go round for ever."""
    graph = draft.graph
    far = graph.ends(port.id).peer
    beyond = bridge_of(graph, far) if isinstance(far, LinkId) else None
    if beyond is None or not isinstance(far, LinkId):
        return
    before = bridge_of(graph, port.id)
    if bridge in bridges_joined(graph, beyond) and before != bridge:
        draft.mind(
            f"this closes a loop: {draft.called(bridge)} and {draft.called(beyond)} are joined already; without STP"
            " frames go round for ever",
            "loop",
        )
    else:
        draft.gain(f"{draft.called(bridge)} and {draft.called(beyond)} become one segment", "segments-joined")
