"""`jackfield who NAME`: whose link is this, or which links has this owner; both ends of every cable."""

from collections.abc import Iterator

from rich.text import Text

from backend.host import Host
from backend.this_machine import netns_inode_of
from model.address_book import Match, find_anything
from model.caption import State, reason_down, state_of
from model.identity import UNKNOWN, LinkId
from model.inventory import Inventory
from model.json_form import owners_of, who_form
from model.link import Link, Macvlan
from model.namespace import Owner
from tui.commands.exits import Exit
from tui.commands.graph import graph_of
from tui.commands.printing import Paper

TAP_KINDS = ("tun", "macvtap")
"""Whose these are, only the process that holds them tells."""

Fact = tuple[str, str]
"""What it is, and what it is here."""


def who(host: Host, paper: Paper, name: str, *, as_json: bool) -> Exit:
    """Answer for every link that the name may mean."""
    graph = graph_of(host)
    matches = find_anything(graph, name, netns_inode_of)
    paper.note_what_is_missing(graph)
    if as_json:
        paper.json(who_form(graph, name, matches))
    if not matches:
        paper.note(f"{name}: no link, owner, namespace, MAC, IP address or pid that we can see is called so")
        return Exit.NO_SUCH
    if not as_json:
        for number, match in enumerate(matches):
            if number:
                paper.line(Text())
            _print(graph, paper, match)
    return Exit.OK


def _print(graph: Inventory, paper: Paper, match: Match) -> None:
    subject = match.link.id if match.link is not None else match.namespace
    paper.line(paper.shown(graph.address(subject) or str(subject), "bold"))
    facts = _about_link(graph, match.link) if match.link is not None else _about_namespace(graph, match)
    paper.rows([(Text(f"  {label}", "bright_black"), paper.shown(value)) for label, value in facts])


def _about_namespace(graph: Inventory, match: Match) -> Iterator[Fact]:
    yield from _owner_facts(graph.owners(match.namespace))
    if match.namespace == graph.home:
        yield "links", "none of its own: it lives in the host's namespace"
    else:
        yield "links", "none"


def _about_link(graph: Inventory, link: Link) -> Iterator[Fact]:
    """Seen from either end of the cable: whose it is, then where its two ends are."""
    far = graph.peer(link.id)
    near_is_host_end = link.id.namespace == graph.home and isinstance(far, Link) and far.id.namespace != graph.home
    inside = far if near_is_host_end and isinstance(far, Link) else link
    behind = graph.behind(link.id)
    owners = owners_of(graph, inside) if behind is None else graph.owners(behind)
    yield from _owner_facts(owners) or [("owner", _nobody(graph, inside))]
    if isinstance(far, Link):
        yield "inside end" if near_is_host_end else "other end", graph.address(far.id) or ""
    elif behind is not None:
        yield "inside end", f"in {graph.address(behind)}, which we may not read: start with sudo to see it"
    elif far is UNKNOWN:
        yield "other end", "unknown: its namespace is hidden from us"
    yield from _ways_down(graph, link)
    addresses = graph.addresses(inside.id)
    told = ", ".join(address.cidr for address in addresses) or "no address"
    yield "address", told if behind is None else "unknown"
    for end in (link, far):
        master = graph.ends(end.id).master if isinstance(end, Link) else None
        if isinstance(master, LinkId):
            yield "bridge", graph.address(master) or ""
    yield "MAC", inside.mac or "none"
    yield "state", f"{_state(graph, link)}, {link.kind}, mtu {link.mtu}"


def _state(graph: Inventory, link: Link) -> str:
    """The word of the screens; and why, where frames do not pass."""
    state = state_of(graph, link)
    if state is State.UNKNOWN:
        return "up"
    return state.value if state is State.UP else f"{state.value}: {reason_down(graph, link)}"


def _ways_down(graph: Inventory, link: Link) -> Iterator[Fact]:
    parent = graph.ends(link.id).parent
    if parent is not None:
        place = graph.address(parent) if isinstance(parent, LinkId) else None
        yield "parent", place or "unknown: its namespace is hidden from us"
    if isinstance(link.detail, Macvlan):
        yield "mode", link.detail.mode
    holder = graph.holder(link.id)
    if holder is not None:
        yield "held by", f"{holder.comm} (pid {holder.pid})"


def _owner_facts(owners: tuple[Owner, ...]) -> list[Fact]:
    return [("owner", _owner_words(owner)) for owner in owners]


def _owner_words(owner: Owner) -> str:
    words = f"{owner.runtime} {owner.name}, pid {owner.pid}"
    if owner.image:
        words += f", image {owner.image}"
    if owner.user:
        words += f", user {owner.user}"
    return words if owner.proved else f"{words} (by its own word only)"


def _nobody(graph: Inventory, link: Link) -> str:
    if link.id.namespace != graph.home or (link.kind in TAP_KINDS and not graph.visibility.complete):
        return "nobody that we can see"
    return "the host"
