"""veth or macvlan? Who reaches whom by each of them, told by the model from small hosts of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from model.conditions import Conditions, Filters
from model.facts import Fact, NamespaceRead, NamespaceSeen
from model.identity import LinkId, NamespaceId
from model.layer2 import segment_of
from model.link import BridgePort, Link, Macvlan
from model.namespace import Namespace
from model.reachability import verdict, way_out
from model.topology import Topology
from model.verdict import Reachable


class Wiring(StrEnum):
    """A way to connect a container."""

    VETH = "veth on a bridge"
    VETH_ISOLATED = "veth on a bridge, port isolated"
    MACVLAN_PRIVATE = "macvlan private"
    MACVLAN_VEPA = "macvlan vepa"
    MACVLAN_BRIDGE = "macvlan bridge"
    MACVLAN_PASSTHRU = "macvlan passthru"
    MACVLAN_SOURCE = "macvlan source, its list empty"
    """With a list it hears whoever is on it, but no sibling."""


class Forging(StrEnum):
    """Whether the container's root can send as somebody else."""

    UNLESS_GUARDED = "unless the port is guarded"
    """Its host end is outside of the container, and can be given rules."""
    ALWAYS = "always"
    """There is nothing outside that could tell who sent; and the mode is its own to change."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one wiring means."""

    wiring: Wiring
    host: Reachable
    """The host's own stack on the bridge or the parent."""
    siblings: Reachable | None
    """Another one that is wired the same way; None: there can be none."""
    outside: Reachable
    """The network behind the NIC."""
    forges: Forging


_HOST: Final = NamespaceId("n1")
_BOXES: Final = (NamespaceId("n2"), NamespaceId("n3"))
_BRIDGE, _NIC = LinkId(_HOST, 2), LinkId(_HOST, 3)


def comparison() -> tuple[Row, ...]:
    """All of them, with an ordinary switch outside: it sends nothing back to where it came from."""
    return tuple(map(row_of, Wiring))


def row_of(wiring: Wiring) -> Row:
    """One of them."""
    graph = Topology()
    graph.apply(list(_facts(wiring)))
    around = Conditions(filters={space: Filters() for space in (_HOST, *_BOXES)}, hairpin={_NIC: False})
    is_veth = wiring in (Wiring.VETH, Wiring.VETH_ISOLATED)
    one, other = (LinkId(box, 2) for box in _BOXES)
    siblings = None if graph.link(other) is None else verdict(graph, around, one, other).reachable
    exit_ = way_out(graph, around, segment_of(graph, one), one)
    return Row(
        wiring,
        verdict(graph, around, one, _BRIDGE if is_veth else _NIC).reachable,
        siblings,
        Reachable.NO if exit_ is None else Reachable.YES,
        Forging.UNLESS_GUARDED if is_veth else Forging.ALWAYS,
    )


def _facts(wiring: Wiring) -> Iterator[Fact]:
    """A host with a NIC, and two containers."""
    is_veth = wiring in (Wiring.VETH, Wiring.VETH_ISOLATED)
    nic = _link(_NIC, "device")
    host = [replace(nic, master=_BRIDGE.ifindex, master_kind="bridge") if is_veth else nic]
    boxes: list[tuple[NamespaceId, Link]] = []
    if is_veth:
        host.append(_link(_BRIDGE, "bridge"))
    for number, box in enumerate(_BOXES):
        inside, port = LinkId(box, 2), LinkId(_HOST, 10 + number)
        if is_veth:
            flags = BridgePort(isolated=wiring is Wiring.VETH_ISOLATED)
            cable = replace(_link(port, "veth"), peer=inside, master=_BRIDGE.ifindex, master_kind="bridge", port=flags)
            host.append(cable)
            boxes.append((box, replace(_link(inside, "veth"), peer=port)))
        else:
            mode = wiring.removeprefix("macvlan ").partition(",")[0]
            if mode != "passthru" or number == 0:  # it must be the only one
                boxes.append((box, replace(_link(inside, "macvlan"), parent=_NIC, detail=Macvlan(mode))))
    yield NamespaceSeen(Namespace(_HOST, home=True))
    yield NamespaceRead(_HOST, tuple(host), ())
    for box in _BOXES:
        yield NamespaceSeen(Namespace(box))
        yield NamespaceRead(box, tuple(link for space, link in boxes if space == box), ())


def _link(link: LinkId, kind: str) -> Link:
    mac = f"02:00:00:00:{int(link.namespace[1:]):02x}:{link.ifindex:02x}"
    return Link(link, f"{kind}{link.ifindex}", kind, mac, 1500, up=True, carrier=True, operstate="up")
