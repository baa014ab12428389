"""`jackfield path A B`: whether two links can talk on layer 2, hop by hop, and why not; `--probe` tries it, too."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from rich.text import Text

from backend.host import Host
from backend.this_machine import netns_inode_of
from model.address_book import Ambiguous, NoSuch, the_link, the_namespace
from model.conditions import NOTHING_READ
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.layer2 import is_endpoint, segment_of
from model.layer3 import layer3
from model.link import Link
from model.probed import Agreement, Probed, agreement
from model.reach_form import path_form
from model.reachability import verdict
from model.remedies import to_allow
from model.verdict import Flow, Reachable, Verdict
from tui.commands.exits import Exit
from tui.commands.graph import graph_of
from tui.commands.looking_around import conditions_of
from tui.commands.printing import Paper

EXITS: Final = {Reachable.YES: Exit.OK, Reachable.NO: Exit.NO, Reachable.UNKNOWN: Exit.UNKNOWABLE}
INKS: Final = {Reachable.YES: "green", Reachable.NO: "bold red", Reachable.UNKNOWN: "bold yellow"}
_BEST: Final = (Reachable.YES, Reachable.UNKNOWN, Reachable.NO)


class _Answer(NamedTuple):
    ends: tuple[LinkId, LinkId]
    verdict: Verdict
    layer3: str | None
    probe: tuple[Probed, Agreement] | None = None


def path(host: Host, paper: Paper, names: tuple[str, str], *, as_json: bool, probe: bool) -> Exit:
    """Answer for two names."""
    graph = graph_of(host)
    paper.note_what_is_missing(graph)
    ends: list[tuple[LinkId, ...]] = []
    for name in names:
        found = _ends_called(graph, paper, name)
        if not found:
            return Exit.NO_SUCH
        ends.append(found)
    one, other = _best_pair(graph, paper, ends[0], ends[1])
    around = conditions_of(host, _spaces_between(graph, one, other))
    said = verdict(graph, around, one, other)
    answer = _Answer((one, other), said, layer3(graph, around, one, other, said.wired))
    if probe:
        probed = _probe(host, paper, graph, answer)
        if probed is None:
            return Exit.NOT_PERMITTED
        answer = answer._replace(probe=(probed, agreement(said, probed)))
    if as_json:
        paper.json(path_form(graph, answer.ends, answer.verdict, answer.layer3, answer.probe))
    else:
        _print(graph, paper, answer)
    if answer.probe is not None and answer.probe[1] is Agreement.DISAGREES:
        return Exit.UNKNOWABLE
    return EXITS[said.reachable]


# Which links are meant


def _ends_called(graph: Inventory, paper: Paper, name: str) -> tuple[LinkId, ...]:
    """The link that is called so; else all ends in the namespace that is. None: that was told."""
    link = the_link(graph, name, netns_inode_of)
    if isinstance(link, Link):
        return _own_end(graph, paper, link)
    space = the_namespace(graph, name, netns_inode_of) if isinstance(link, NoSuch) else link
    if isinstance(space, NoSuch):
        paper.note(f"{name}: no link and no namespace that we can see is called so")
    elif isinstance(space, Ambiguous):
        paper.note(f"{name}: several are called so: {', '.join(space.candidates)}")
    else:
        found = tuple(sorted(link.id for link in graph.links(space) if is_endpoint(graph, link)))
        if not found:
            paper.note(f"{name}: it has no link that could talk on layer 2")
        return found
    return ()


def _own_end(graph: Inventory, paper: Paper, link: Link) -> tuple[LinkId, ...]:
    """The link, or whoever is behind it where it is a port and has no stack of its own."""
    if is_endpoint(graph, link):
        return (link.id,)
    peer = graph.peer(link.id)
    name = graph.address(link.id)
    if isinstance(peer, Link) and is_endpoint(graph, peer):
        paper.note(f"{name} is a port and has no stack of its own: taking its other end, {graph.address(peer.id)}")
        return (peer.id,)
    master = graph.master(link.id)
    behind = f"is a port of {graph.address(master.id)}" if isinstance(master, Link) else "speaks no Ethernet"
    paper.note(f"{name} {behind} and has no stack of its own: nobody talks there")
    return ()


def _best_pair(graph: Inventory, paper: Paper, near: Sequence[LinkId], far: Sequence[LinkId]) -> tuple[LinkId, LinkId]:
    """Where a namespace was named: its links that can talk, if any can."""
    pairs = [(one, other) for one in near for other in far]
    if len(pairs) == 1:
        return pairs[0]
    best = min(pairs, key=lambda pair: _BEST.index(verdict(graph, NOTHING_READ, *pair).wired))
    told = " and ".join(graph.address(end) or str(end) for end in best)
    paper.note(f"{len(pairs):,} pairs of links are meant: this is about {told}")
    return best


def _spaces_between(graph: Inventory, one: LinkId, other: LinkId) -> list[NamespaceId]:
    """The namespaces that frames between the two may pass, and the host's, which may route."""
    segment = segment_of(graph, one)
    links = [one, other, *segment.mirrors, *(segment.way(one, other) if other in segment.depth else ())]
    spaces = [link.namespace for link in links]
    for end in (one, other):
        spaces += [link.namespace for link in segment_of(graph, end).endpoints if link.namespace == graph.home]
    return list(dict.fromkeys(spaces if graph.home is None else [*spaces, graph.home]))


# The probe


def _probe(host: Host, paper: Paper, graph: Inventory, answer: _Answer) -> Probed | None:
    links = [graph.link(end) for end in answer.ends]
    one, other = links
    if one is None or other is None or one.id == other.id:
        paper.note("nothing to probe: both are one link")
        return None
    for link in (one, other):
        if link.master or graph.holder(link.id) is not None:
            paper.note(f"{graph.address(link.id)} belongs to a guest: no frames can be sent from inside it")
            return None
    try:
        return host.probe(one, other)
    except OSError as error:
        paper.note(f"cannot probe: {error.strerror or error}")
        return None


# In words


def _print(graph: Inventory, paper: Paper, answer: _Answer) -> None:
    said = answer.verdict
    paper.line(paper.shown(said.text, INKS[said.reachable]))
    for hop in said.hops:
        line = Text("  ").append_text(paper.shown(graph.address(hop) or str(hop)))
        if hop == said.blocked_at:
            line.append(
                "   blocked here" if said.reachable is Reachable.NO else "   it depends on this", INKS[said.reachable]
            )
        paper.line(line)
    if answer.layer3 is not None:
        paper.line(paper.shown(answer.layer3))
    advice = to_allow(graph, *answer.ends, said)
    if advice is not None:
        paper.line(paper.shown(f"to allow: {advice}"))
    if answer.probe is not None:
        probed, agrees = answer.probe
        ink = "bold red" if agrees is Agreement.DISAGREES else "green"
        words = {
            Agreement.AGREES: "as was said",
            Agreement.DISAGREES: "NOT as was said",
            Agreement.SILENT: "nothing had been promised",
        }[agrees]
        if agrees is Agreement.SILENT and said.guards:
            words = "a guard drops these frames, which are no IP, whoever sends them"
        paper.line(paper.shown(f"probe: there {_flow(probed.there)}; back {_flow(probed.back)}: {words}", ink))


def _flow(flow: Flow) -> str:
    arrived = [name for name, there in zip(Flow._fields, flow, strict=True) if there]
    return ", ".join(arrived) if arrived else "nothing"
