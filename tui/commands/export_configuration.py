"""`jackfield export --format lxc X` and `--format link X`: what says the same to LXC, or to udev."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from backend.held_cables import HeldCables
from backend.host import Host
from backend.keeping import policies_in
from backend.this_machine import seed
from model.drift import drift
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.policy import Policies
from model.policy_text import BadPolicies
from model.wishes import Drift
from tui.commands.exits import Exit
from tui.commands.export import find_centre, not_found, put
from tui.commands.graph import graph_of
from tui.commands.printing import Paper


def configuration(host: Host, paper: Paper, wanted: str, about: str, file: Path, output: str | None) -> Exit:
    """Write one. `file`: the policy, which knows what names and MACs will be."""
    graph = graph_of(host)
    paper.note_what_is_missing(graph)
    subject = find_centre(graph, about)
    if not isinstance(subject, LinkId | str):
        paper.note(not_found(subject))
        return Exit.NO_SUCH
    policies = policies_in(file)
    if isinstance(policies, BadPolicies):
        paper.note(f"{file} is not used: {'; '.join(map(str, policies.problems))}")
        policies = ()
    found = drift(policies, graph, seed(), HeldCables().read())
    try:
        text = written(graph, wanted, subject, pinned(graph, policies, found))
    except (LookupError, ValueError) as problem:
        paper.note(str(problem))
        return Exit.REFUSED
    return put(paper, text, output)


class Pinned(NamedTuple):
    """What host ends are to be, by link."""

    names: Mapping[LinkId, str]
    macs: Mapping[LinkId, str]


NOTHING_PINNED: Final = Pinned({}, {})


def pinned(graph: Inventory, policies: Policies, found: Drift) -> Pinned:
    """Out of the policy: what is as it should be already, too."""
    with_mac = {policy.name for policy in policies if policy.pin is not None and policy.pin.mac is not None}
    names, macs = {}, {}
    for pin in found.pins:
        host = graph.link(pin.link)
        if pin.name is not None:
            names[pin.link] = pin.name
        mac = pin.mac or (host.mac if host is not None else None)
        if mac is not None and pin.policy in with_mac:
            macs[pin.link] = mac
    return Pinned(names, macs)


def written(graph: Inventory, wanted: str, subject: LinkId | NamespaceId, pins: Pinned) -> str:
    """The text. Raises LookupError or ValueError with a sentence where there can be none."""
    if wanted == "lxc":
        return _lxc(graph, subject, pins)
    from model.exports.link_file import link_file

    links = [subject] if isinstance(subject, LinkId) else _ends(graph, subject)
    if len(links) != 1:
        raise LookupError(f"{graph.address(subject)}: which of its links? " + ", ".join(
            graph.address(link) or "" for link in links))  # fmt: skip
    try:
        return link_file(graph, links[0], pins.macs)
    except LookupError:
        raise LookupError(f"{graph.address(links[0])}: neither end of it is on the host") from None


def _lxc(graph: Inventory, subject: LinkId | NamespaceId, pins: Pinned) -> str:
    from model.exports.lxc import lxc
    from model.link import Link

    space = subject.namespace if isinstance(subject, LinkId) else subject
    if space == graph.home and isinstance(subject, LinkId):
        far = graph.peer(subject)
        space = far.id.namespace if isinstance(far, Link) else space
    if space == graph.home:
        raise LookupError(f"{graph.address(subject)}: this is the host, and no container's")
    return lxc(graph, space, pins.names)


def _ends(graph: Inventory, space: NamespaceId) -> list[LinkId]:
    return [link.id for link in graph.links(space) if link.kind != "loopback"]
