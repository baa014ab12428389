"""What must not be cut unasked, and which requests could: lifelines, followed through master, lower link and peer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import assert_never

from model.cables import BRIDGE_KINDS
from model.identity import LinkId
from model.inventory import Inventory
from model.link import PEERED_KINDS, Link
from model.operations import (
    AddBridge,
    AddClsact,
    AddForwarding,
    AddLinkAddress,
    AddLinkAltname,
    AddMacvlan,
    AddNamespace,
    AddNeighbour,
    AddRoute,
    AddVeth,
    DeleteLink,
    DropForwarding,
    DropLinkAddress,
    DropLinkAltname,
    DropNamespace,
    FlushForwarding,
    Handle,
    MoveLink,
    NameNamespace,
    Operation,
    RenameLink,
    SetBridgeSettings,
    SetLinkAlias,
    SetLinkMac,
    SetLinkMtu,
    SetLinkUp,
    SetMaster,
    SetMode,
    SetPortSettings,
    SetSysctl,
)
from model.plan import Lifeline
from model.stage import CHILDREN_OF_A_WIRE
from model.tree import is_outside


@dataclass(frozen=True, slots=True)
class Danger:
    """A request that could cut a lifeline."""

    link: LinkId
    """What it acts on: its name is asked for."""
    why: str
    """A sentence: what is done to what, and what it carries."""


def way_out(graph: Inventory, start: LinkId) -> tuple[LinkId, ...]:
    """What a link depends on to reach the outside, itself first.

    Of a bridge the ways out are its ports that lead outside; where it has none, all its ports: whoever is at the other
    end of the lifeline is behind one of them.
    """
    found: dict[LinkId, None] = {}
    waiting = [start]
    while waiting:
        link = graph.link(waiting.pop(0))
        if link is None or link.id in found:
            continue
        found[link.id] = None
        waiting += _beyond(graph, link, found)
    return tuple(found)


def _beyond(graph: Inventory, link: Link, been: dict[LinkId, None]) -> Iterator[LinkId]:
    ends = graph.ends(link.id)
    yield from (end for end in (ends.parent, ends.master, ends.peer) if isinstance(end, LinkId))
    if link.kind in BRIDGE_KINDS:
        ports = [port for port in graph.ports(link.id) if port.id not in been]
        outside = [port for port in ports if is_outside(port)]
        yield from (port.id for port in outside or ports)
    elif link.kind in ("bond", "team"):
        yield from (port.id for port in graph.ports(link.id))


def dangers(graph: Inventory, operations: Iterable[Operation], lifelines: Iterable[Lifeline]) -> tuple[Danger, ...]:
    """Every request that could cut a lifeline, as the graph is before any of them. One for each link and lifeline."""
    ways = [(lifeline, frozenset(way_out(graph, lifeline.link))) for lifeline in lifelines]
    if not ways:
        return ()
    found: dict[tuple[LinkId, str], Danger] = {}
    for operation in operations:
        for link, deed in _deeds(graph, operation):
            for lifeline, way in ways:
                if link in way and _cuts(graph, operation, link, lifeline) and (link, lifeline.why) not in found:
                    found[(link, lifeline.why)] = Danger(link, _sentence(graph, link, deed, lifeline))
    return tuple(found.values())


def _cuts(graph: Inventory, operation: Operation, link: LinkId, lifeline: Lifeline) -> bool:
    """Whether what is done to a link of its way may cut it.

    The address of a bridge stays what its containers' ports are called, whatever MAC these have, and however it treats
    them: a pin renames one at each start.
    """
    if link == lifeline.link:
        return True
    if isinstance(operation, DropLinkAddress):
        return False
    there = graph.link(link)
    inward = there is not None and not is_outside(there)
    return not (lifeline.stays and inward and isinstance(operation, RenameLink | SetLinkMac | SetPortSettings))


def _sentence(graph: Inventory, link: LinkId, deed: str, lifeline: Lifeline) -> str:
    name = graph.address(link) or str(link)
    if link == lifeline.link:
        return f"{name} {deed}, and it {lifeline.why}"
    return f"{name} {deed}, and it leads to {graph.address(lifeline.link) or lifeline.link}, which {lifeline.why}"


def _deeds(graph: Inventory, operation: Operation) -> Iterator[tuple[LinkId, str]]:
    """Each link that a request could cut off, and what happens to it."""
    match operation:
        case DeleteLink():
            for link in _gone_with(graph, operation.link):
                yield link, "is deleted"
        case DropNamespace():
            for space in graph.labels.mounts.get(operation.name):
                for inside in graph.links(space):
                    yield inside.id, "may end with its namespace"
        case (
            SetLinkUp() | SetMaster() | MoveLink() | RenameLink() | SetLinkMac() | SetLinkMtu() | DropLinkAddress()
            | SetPortSettings() | SetBridgeSettings() | SetMode()
        ):  # fmt: skip
            deed = "" if _says_the_same(graph, operation) else _deed(operation)
            if deed and operation.link.ifindex is not None:
                yield LinkId(operation.link.namespace, operation.link.ifindex), deed
        case (
            AddVeth() | AddBridge() | AddMacvlan() | AddNamespace() | NameNamespace() | AddLinkAltname()
            | DropLinkAltname() | SetLinkAlias() | AddLinkAddress() | SetSysctl() | AddRoute() | AddForwarding()
            | DropForwarding() | FlushForwarding() | AddNeighbour() | AddClsact()
        ):  # fmt: skip
            return
        case _:
            assert_never(operation)


def _says_the_same(graph: Inventory, operation: Operation) -> bool:
    """A MAC that it has already: it is pinned, or announced."""
    if not isinstance(operation, SetLinkMac) or operation.link.ifindex is None:
        return False
    link = graph.link(LinkId(operation.link.namespace, operation.link.ifindex))
    return link is not None and link.mac == operation.mac


_Telling = (
    SetLinkUp | SetMaster | MoveLink | RenameLink | SetLinkMac | SetLinkMtu | DropLinkAddress | SetPortSettings
    | SetBridgeSettings | SetMode
)  # fmt: skip


def _deed(operation: _Telling) -> str:  # noqa: PLR0911  one sentence each
    match operation:
        case SetLinkUp():
            return "" if operation.up else "goes down"
        case SetMaster():
            return "is unplugged" if operation.master is None else "becomes a port of a bridge"
        case MoveLink():
            return "leaves its namespace"
        case RenameLink():
            return "gets another name, by which firewall rules and DHCP clients know it"
        case SetLinkMac():
            return "gets another MAC"
        case SetLinkMtu():
            return "gets another MTU"
        case DropLinkAddress():
            return f"loses {operation.cidr}"
        case SetPortSettings():
            return "is treated in another way by its bridge"
        case SetBridgeSettings():
            return "works in another way"
        case SetMode():
            return f"gets the mode {operation.mode}"
        case _:
            assert_never(operation)


def _gone_with(graph: Inventory, handle: Handle) -> Iterator[LinkId]:
    if handle.ifindex is None:
        return
    been: set[LinkId] = set()
    waiting = [LinkId(handle.namespace, handle.ifindex)]
    while waiting:
        link = graph.link(waiting.pop())
        if link is None or link.id in been:
            continue
        been.add(link.id)
        yield link.id
        far = graph.ends(link.id).peer
        if isinstance(far, LinkId) and link.kind in PEERED_KINDS:
            waiting.append(far)
        waiting += [child.id for child in graph.children(link.id) if child.kind in CHILDREN_OF_A_WIRE]
