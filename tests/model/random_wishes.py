"""Random hosts that a kernel could have, and random wishes for them, most of them possible."""

import random
from collections.abc import Sequence

from model.ethernet import link_local
from model.facts import AddressSeen, Fact, LinkSeen, NamespaceRead, NamespaceSeen, OwnersSeen
from model.identity import LinkId, NamespaceId
from model.intents import (
    AddAddress,
    AddAltname,
    Attach,
    CreateBridge,
    CreateMacvlan,
    CreateNamespace,
    CreateVeth,
    Delete,
    DeleteAddress,
    DeleteAltname,
    DeleteNamespace,
    Detach,
    Intent,
    Move,
    NewEnd,
    Rename,
    SetAlias,
    SetBridge,
    SetMac,
    SetMacvlanMode,
    SetMtu,
    SetPort,
    SetUp,
)
from model.link import Address, Link
from model.namespace import Namespace
from model.operations import (
    AddBridge,
    AddLinkAddress,
    AddLinkAltname,
    AddMacvlan,
    AddVeth,
    Handle,
    Operation,
    SetLinkAlias,
    SetLinkMac,
    SetLinkUp,
    SetMaster,
    SetPortSettings,
    VethEnd,
)
from model.plan import Surroundings
from model.rehearsal import Impossible, Rehearsal
from model.topology import Topology
from tests.model.made import BOX, HOME, WEB, container

SPACES = (HOME, BOX, WEB)
NAMES = ("br0", "veth1", "eth0", "eth1", "mv0", "tinderbox0", "-x", "a=b", "\udcff", "lan.5")
MODES = ("private", "vepa", "bridge", "passthru", "source")


def any_mac(chance: random.Random) -> str:
    return f"02:00:00:00:{chance.randrange(4):02x}:{chance.randrange(256):02x}"


def surroundings(chance: random.Random) -> Surroundings:
    return Surroundings(fresh_macs=tuple(f"06:00:00:00:00:{chance.randrange(256):02x}" for _ in range(8)))


def any_host(chance: random.Random) -> Topology:
    """Three namespaces, wired by operations, so that only what a kernel allows is there."""
    graph = Topology()
    facts: list[Fact] = []
    for space, names in ((HOME, ()), (BOX, ()), (WEB, ("web",))):
        lo = Link(LinkId(space, 1), "lo", "loopback", "00:00:00:00:00:00", 65536, operstate="down")
        facts += [
            NamespaceSeen(Namespace(space, 4026530000 + int(space[1:]), names, home=space == HOME)),
            NamespaceRead(space, (lo,), ()),
        ]
    nic = Link(LinkId(HOME, 2), "eth9", "device", "52:54:00:00:00:01", 1500, up=True, carrier=True, operstate="up")
    facts += [
        LinkSeen(nic),
        AddressSeen(nic.id, Address(6, "fe80::5054:ff:fe00:1", 64, "link", flags=("permanent",))),
        OwnersSeen(BOX, (container("tinderbox", runtime=chance.choice(["lxc", "docker", "podman"])),)),
    ]
    graph.learn(facts)
    for _ in range(chance.randrange(2, 14)):
        rehearsal = Rehearsal(graph)
        try:
            rehearsal.do_all(_some_wiring(graph, chance))
        except Impossible:
            continue
        graph.apply(rehearsal.said)
    return graph


def _some_wiring(graph: Topology, chance: random.Random) -> list[Operation]:  # noqa: PLR0911  one line each
    space, name = chance.choice(SPACES), f"{chance.choice(['veth', 'br', 'mv'])}{chance.randrange(40)}"
    links = [link for link in graph.links() if link.kind != "loopback"]
    link = chance.choice(links)
    handle = Handle(link.id.namespace, link.name, link.id.ifindex)
    match chance.randrange(9):
        case 0 | 1:
            far = VethEnd(chance.choice(SPACES), f"f{name}", any_mac(chance))
            made: list[Operation] = [AddVeth(VethEnd(space, name, any_mac(chance)), far)]
            return [*made, *(SetLinkUp(Handle(far.namespace, far.name), up=True) for _ in range(chance.randrange(2)))]
        case 2:
            return [AddBridge(space, name, any_mac(chance))]
        case 3:
            return [AddMacvlan(handle, space, name, chance.choice(MODES), mac=any_mac(chance))]
        case 4:
            return [SetLinkUp(handle, up=True)]
        case 5:
            here = [one for one in links if one.kind == "bridge" and one.id.namespace == link.id.namespace]
            if link.kind == "bridge" or link.master or not here:
                return []
            bridge = chance.choice(here)
            plugged: list[Operation] = [SetMaster(handle, Handle(space, "", bridge.id.ifindex))]
            plugged[0] = SetMaster(handle, Handle(bridge.id.namespace, bridge.name, bridge.id.ifindex))
            return [*plugged, SetPortSettings(handle, (("isolated", chance.random() < 0.5),))]
        case 6:
            return [AddLinkAltname(handle, f"alt{chance.randrange(9)}"), SetLinkAlias(handle, "a note")]
        case 7:
            return [AddLinkAddress(handle, f"10.0.{chance.randrange(3)}.{chance.randrange(1, 5)}/24")]
        case _:
            if link.kind == "bridge":
                return [SetLinkMac(handle, any_mac(chance))]
            return [AddLinkAddress(handle, f"2001:db8::{chance.randrange(1, 5)}/64")] if link.up else []


def any_wish(graph: Topology, chance: random.Random, spaces: Sequence[NamespaceId] = SPACES) -> Intent:  # noqa: C901, PLR0911, PLR0912  one line each
    links = list(graph.links())
    link = chance.choice(links)
    space = chance.choice(spaces)
    name = chance.choice([*NAMES, f"n{chance.randrange(99)}", "much-too-long-for-it", "a b"])
    bridges = [one for one in links if one.kind == "bridge"] or [link]
    macvlans = [one for one in links if one.kind == "macvlan"] or [link]
    ports = [one for one in links if one.port is not None] or [link]
    renamed = [one for one in links if one.altnames] or [link]
    match chance.randrange(22):
        case 0:
            near = NewEnd(space, name, chance.choice([None, any_mac(chance)]), _some_bridge(graph, chance, space))
            return CreateVeth(near, NewEnd(chance.choice(spaces), f"p{chance.randrange(99)}"))
        case 1:
            return CreateBridge(space, name)
        case 2:
            return CreateMacvlan(link.id, space, name, chance.choice(MODES))
        case 3:
            return CreateNamespace(name)
        case 4:
            return DeleteNamespace(space)
        case 5 | 6:
            return Delete(link.id)
        case 7:
            return Rename(link.id, name)
        case 8:
            return AddAltname(link.id, name)
        case 9:
            link = chance.choice(renamed)
            return DeleteAltname(link.id, chance.choice([*link.altnames, name]))
        case 10:
            return SetAlias(link.id, name)
        case 11:
            return SetMac(link.id, any_mac(chance))
        case 12 | 13:
            return Attach(link.id, chance.choice(bridges).id)
        case 14:
            return Detach(chance.choice([*ports, link]).id)
        case 15 | 16:
            return Move(link.id, space, chance.choice([None, name]))
        case 17:
            return SetMacvlanMode(chance.choice(macvlans).id, chance.choice(MODES))
        case 18:
            return SetUp(link.id, chance.random() < 0.5)
        case 19:
            return SetMtu(link.id, chance.choice([1500, 1400, 1200, 9000, 60]))
        case 20:
            held = graph.addresses(link.id)
            if held and chance.random() < 0.6:
                return DeleteAddress(link.id, chance.choice(held).cidr)
            return AddAddress(link.id, chance.choice(["10.9.0.1/24", "2001:db8:9::1/64", "224.0.0.1/4"]))
        case _:
            if chance.random() < 0.5:
                settings = (("stp", chance.random() < 0.5), ("ageing_s", 15.0))
                return SetBridge(chance.choice(bridges).id, settings)
            return SetPort(chance.choice(ports).id, (("isolated", chance.random() < 0.5), ("learning", False)))


def _some_bridge(graph: Topology, chance: random.Random, space: NamespaceId) -> LinkId | None:
    here = [one.id for one in graph.links(space) if one.kind == "bridge"]
    return chance.choice([*here, None])


def settled(graph: Topology) -> dict[str, object]:
    """All of a graph but the link-local addresses that the kernel gives to a link when it gets its first carrier.

    Nor the order of primary addresses: one that comes back is the last of them, and the plan says so.
    """
    seen: dict[str, object] = {str(space.id): space for space in graph.namespaces()}
    for link in graph.links():
        addresses = [one for one in graph.addresses(link.id) if one.text != link_local(link.mac)]
        addresses.sort(key=lambda one: (1, "") if "secondary" in one.flags else (0, one.text))
        seen[str(link.id)] = (link, graph.ends(link.id), addresses)
    return seen
