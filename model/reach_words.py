"""A verdict as a sentence that an operator understands. All names in it are safe for a terminal."""

from typing import Final

from model.identity import LinkId
from model.inventory import Inventory
from model.link import Link, Macvlan
from model.names import display_name
from model.verdict import Because, Reachable, Verdict


def called(graph: Inventory, link: LinkId | None) -> str:
    """The address of a link, as it can be typed back."""
    return "?" if link is None else display_name(graph.address(link) or str(link))


def sentence(  # noqa: PLR0913  # all that a reason may name
    graph: Inventory,
    one: LinkId,
    other: LinkId,
    verdict: Verdict,
    *,
    also: LinkId | None = None,
    word: str = "",
    is_outside: bool = False,
) -> str:
    """`web/eth0 and db/eth0 cannot talk: both ports of host/br0 are isolated`. `is_outside`: the network behind it."""
    pair = f"{called(graph, one)} and {'the network outside of ' if is_outside else ''}{called(graph, other)}"
    match verdict.reachable:
        case Reachable.YES:
            return _yes(graph, one, pair, verdict, is_outside=is_outside) + (f"; {word}" if word else "")
        case Reachable.NO:
            return f"{pair} cannot talk: {_reason(graph, verdict, also, word)}"
        case Reachable.UNKNOWN:
            wired = "; cables and bridges join them" if verdict.wired is Reachable.YES else ""
            return f"whether {pair} can talk is unknown: {_reason(graph, verdict, also, word)}{wired}"


def _yes(graph: Inventory, one: LinkId, pair: str, verdict: Verdict, *, is_outside: bool) -> str:
    if verdict.because is Because.ITSELF:
        return f"{called(graph, one)} is one link: it reaches itself"
    if is_outside:
        return f"{pair} can talk"
    if verdict.there.multicast and verdict.back.multicast:
        return f"{pair} can talk"
    return f"{pair} can talk, but not by multicast: with IPv6 they do not find each other"


def _reason(graph: Inventory, verdict: Verdict, also: LinkId | None, word: str) -> str:
    at = called(graph, verdict.blocked_at)
    link = graph.link(verdict.blocked_at) if verdict.blocked_at is not None else None
    bridge = called(graph, link.master_id) if link is not None and link.master else "its bridge"
    template = _REASONS[verdict.because]
    state = link.port.state if link is not None and link.port is not None else "not forwarding"
    return template.format(
        at=at, also=called(graph, also), bridge=bridge, word=display_name(word), mode=_mode(link), state=state
    )


def _mode(link: Link | None) -> str:
    return link.detail.mode if link is not None and isinstance(link.detail, Macvlan) else ""


_REASONS: Final = {
    Because.CONNECTED: "nothing is in the way",
    Because.ITSELF: "they are one link",
    Because.DOWN: "{at} is down",
    Because.NO_CARRIER: "{at} has no carrier",
    Because.ISOLATED_PORTS: "both ports of {bridge} are isolated",
    Because.NOT_FORWARDING: "{at} is a port of {bridge} that does not forward (state {state})",
    Because.LOCKED: "{at} is a locked port of {bridge}, and the sender's MAC is not in the table for it",
    Because.FLOOD_OFF: "{bridge} does not flood to {at}, and nothing else leads there",
    Because.WRONG_ENTRY: "the forwarding table of {at} has the MAC behind another port",
    Because.MACVLAN_PRIVATE: "a macvlan in mode private hears no sibling (parent {at})",
    Because.MACVLAN_VEPA: (
        "macvlans on {at} in mode vepa leave siblings to the switch outside, and it does not send their frames back"
    ),
    Because.MACVLAN_HOST: "a macvlan and the stack of its own parent ({at}) never meet",
    Because.PASSTHRU: "a macvlan in mode passthru takes all that comes in at its parent ({at})",
    Because.SOURCE_LIST: "a macvlan in mode source hears only the MACs of its list ({at})",
    Because.FOREIGN_MAC: "{at} is a macvlan: what comes back for another MAC than its own does not reach it",
    Because.VLAN: "the frames have a VLAN tag at {at}, and nothing takes it off there",
    Because.PORT_MAC: "a port of {at} has the MAC of one of them itself, so that {at} keeps what is sent to it",
    Because.DUPLICATE_MAC: "{at} has the same MAC as one of them",
    Because.NO_PATH: "no cable, bridge or parent leads from one to the other",
    Because.HAIRPIN_UNKNOWN: (
        "it depends on the switch that {at} is plugged into: only if it sends frames back out of the port they came "
        "from (hairpin, VEPA)"
    ),
    Because.OUTSIDE_UNKNOWN: "it depends on the network outside: whether {at} and {also} lead to the same one",
    Because.PEER_UNKNOWN: "it depends on what is behind {at}: its other end is hidden from us",
    Because.LOOP: "there is a loop at {at}: frames come back, and bridges learn them in the wrong place",
    Because.VLAN_FILTERING: "it depends on the VLANs of the ports of {at}, which are not read",
    Because.KIND_UNKNOWN: "it depends on {at}: what it forwards is not modelled",
    Because.TABLE_UNREAD: "it depends on the forwarding table of {bridge} (port {at}), which was not read",
    Because.GUARD: "{at} is guarded: {word}",
    Because.SEAL: "{at} is sealed: {word}",
    Because.FILTER: "a filter is in the way at {at}: {word}",
    Because.FILTER_UNREAD: "whether a filter is in the way at {at} was not read ({word})",
}
