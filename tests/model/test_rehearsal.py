"""What would be: tried on hosts in memory. tests/kernel/test_rehearsal.py asks the kernel whether it is so."""

import dataclasses

import pytest

from model.facts import AddressSeen, LinkSeen
from model.identity import LinkId, NamespaceId
from model.link import Address, Bridge, BridgePort, Link, Macvlan
from model.operations import (
    AddBridge,
    AddLinkAddress,
    AddMacvlan,
    AddNamespace,
    AddVeth,
    DeleteLink,
    DropNamespace,
    Handle,
    MoveLink,
    Operation,
    RenameLink,
    SetBridgeSettings,
    SetLinkMac,
    SetLinkMtu,
    SetLinkUp,
    SetMaster,
    SetMode,
    SetPortSettings,
    SetSysctl,
    VethEnd,
)
from model.rehearsal import Impossible, Rehearsal, copied, rehearsed
from model.topology import Topology
from tests.model.made import BOX, HOME, WEB, bridge, cable, macvlan, topology_of, veth

HOST_END = LinkId(HOME, 7)
INSIDE = LinkId(BOX, 2)


def handle(link: LinkId, name: str = "") -> Handle:
    return Handle(link.namespace, name, link.ifindex)


def wired() -> Topology:
    """br0 with veth8pUZr, whose other end is eth0 in BOX, both up, with an address."""
    near, far = (dataclasses.replace(end, up=True, carrier=True, operstate="up") for end in cable())
    near = dataclasses.replace(near, port=BridgePort(cost=2, priority=32), master_kind="bridge")
    switch = dataclasses.replace(bridge(HOME, 3, "br0"), mac="02:99:00:00:00:01", carrier=True, operstate="up")
    return topology_of(
        LinkSeen(dataclasses.replace(switch, detail=Bridge())),
        LinkSeen(near),
        LinkSeen(far),
        AddressSeen(INSIDE, Address(4, "10.0.0.2", 24, flags=("permanent",))),
        AddressSeen(INSIDE, Address(6, "fe80::ff:fe00:202", 64, "link", flags=("permanent",))),
    )


def named(graph: Topology, name: str, space: NamespaceId = HOME) -> Link:
    (found,) = graph.links_named(name, space)
    return found


def test_a_copy_cannot_be_told_from_its_original() -> None:
    graph = wired()
    assert copied(graph).same_as(graph)


def test_nothing_happens_to_the_graph_that_is_rehearsed_on() -> None:
    graph, before = wired(), wired()
    rehearsed(graph, [DeleteLink(handle(HOST_END)), AddNamespace("x")])
    assert graph.same_as(before)


def test_a_cable_comes_with_both_ends_and_the_ifindexes_it_asked_for_where_they_are_free() -> None:
    after = rehearsed(wired(), [AddVeth(VethEnd(HOME, "a", ifindex=7), VethEnd(WEB, "b", ifindex=44), mtu=1400)])
    near, far = named(after, "a"), named(after, "b", WEB)
    assert near.id.ifindex == 8
    assert far.id.ifindex == 44
    assert (near.peer, far.peer, near.mtu, far.mtu) == (far.id, near.id, 1400, 1400)
    assert not near.up


def test_a_cable_has_carrier_when_both_ends_are_up_and_then_they_get_their_link_local_addresses() -> None:
    made: list[Operation] = [AddVeth(VethEnd(HOME, "a", "02:00:00:00:00:0a"), VethEnd(WEB, "b", "02:00:00:00:00:0b"))]
    half = rehearsed(wired(), [*made, SetLinkUp(Handle(HOME, "a"), up=True)])
    assert (named(half, "a").carrier, named(half, "a").operstate) == (False, "lowerlayerdown")
    whole = rehearsed(half, [SetLinkUp(Handle(WEB, "b"), up=True)])
    assert (named(whole, "a").operstate, named(whole, "b", WEB).operstate) == ("up", "up")
    assert [one.cidr for one in whole.addresses(named(whole, "a").id)] == ["fe80::ff:fe00:a/64"]


def test_a_deleted_cable_takes_its_other_end_and_what_stands_on_it() -> None:
    graph = wired()
    graph.apply([LinkSeen(macvlan(WEB, 5, "mv", INSIDE))])
    after = rehearsed(graph, [DeleteLink(handle(HOST_END))])
    assert after.link(HOST_END) is None
    assert after.link(INSIDE) is None
    assert after.link(LinkId(WEB, 5)) is None


def test_a_deleted_bridge_lets_its_ports_go() -> None:
    after = rehearsed(wired(), [DeleteLink(handle(LinkId(HOME, 3)))])
    port = after.link(HOST_END)
    assert port is not None
    assert (port.master, port.port) == (0, None)


def test_a_moved_link_is_down_without_addresses_and_master_and_its_cable_still_leads_there() -> None:
    after = rehearsed(wired(), [MoveLink(handle(INSIDE), WEB, "lan0")])
    moved = named(after, "lan0", WEB)
    assert (moved.up, after.addresses(moved.id), after.ends(moved.id).peer) == (False, (), HOST_END)
    near = after.link(HOST_END)
    assert near is not None
    assert (near.carrier, near.port and near.port.state) == (False, "disabled")


def test_going_down_loses_the_ipv6_addresses_and_the_bridge_its_carrier() -> None:
    after = rehearsed(wired(), [SetLinkUp(handle(INSIDE), up=False)])
    assert [one.cidr for one in after.addresses(INSIDE)] == ["10.0.0.2/24"]
    assert named(after, "br0").carrier is False


def test_a_bridge_without_a_chosen_mac_follows_its_lowest_port() -> None:
    follows = [LinkSeen(dataclasses.replace(bridge(HOME, 3, "br0"), mac="02:00:00:00:01:07")), *map(LinkSeen, cable())]
    graph = topology_of(*follows, LinkSeen(veth(HOME, 9, "low")))
    graph.apply([LinkSeen(dataclasses.replace(veth(HOME, 9, "low"), mac="02:00:00:00:00:01"))])
    attach = SetMaster(handle(LinkId(HOME, 9)), handle(LinkId(HOME, 3)))
    assert named(rehearsed(graph, [attach]), "br0").mac == "02:00:00:00:00:01"
    pinned: list[Operation] = [SetLinkMac(handle(LinkId(HOME, 3)), "02:00:00:00:01:07"), attach]
    assert named(rehearsed(graph, pinned), "br0").mac == "02:00:00:00:01:07"


def test_a_bridge_is_as_wide_as_its_narrowest_port() -> None:
    after = rehearsed(wired(), [SetLinkMtu(handle(HOST_END), 1400)])
    assert named(after, "br0").mtu == 1400


def test_another_mac_keeps_the_old_link_local_address_until_the_kernel_is_asked_for_a_new_one() -> None:
    changed: list[Operation] = [SetLinkMac(handle(INSIDE), "02:00:00:00:00:99")]
    asked: list[Operation] = [SetSysctl(handle(INSIDE), "ipv6", "addr_gen_mode", value) for value in "10"]
    assert len(rehearsed(wired(), changed).addresses(INSIDE)) == 2
    texts = [one.text for one in rehearsed(wired(), [*changed, *asked]).addresses(INSIDE)]
    assert texts == ["10.0.0.2", "fe80::ff:fe00:202", "fe80::ff:fe00:99"]


def test_a_macvlan_has_what_its_parent_has() -> None:
    after = rehearsed(wired(), [AddMacvlan(handle(INSIDE), WEB, "mv", "source", sources=("02:00:00:00:00:05",))])
    child = named(after, "mv", WEB)
    assert (child.parent, child.mtu, child.detail) == (INSIDE, 1500, Macvlan("source", ("02:00:00:00:00:05",)))


def test_settings_are_set() -> None:
    switch = AddBridge(HOME, "br1", "02:00:00:00:00:01", (("stp", True), ("ageing_s", 15.0)))
    port = SetPortSettings(handle(HOST_END), (("isolated", True), ("cost", 9)))
    off = SetBridgeSettings(Handle(HOME, "br1"), (("stp", False),))
    after = rehearsed(wired(), [switch, port, off])
    assert named(after, "br1").detail == Bridge(ageing_s=15.0)
    assert named(after, "veth8pUZr").port == BridgePort(isolated=True, cost=9, priority=32)


def test_a_namespace_comes_and_goes_with_its_name() -> None:
    after = rehearsed(wired(), [AddNamespace("x")])
    assert [space.names for space in after.namespaces() if "x" in space.names] == [("x",)]
    assert rehearsed(after, [DropNamespace("x")]).same_as(wired())


def test_an_address_is_added_once() -> None:
    add = AddLinkAddress(handle(INSIDE), "192.0.2.7/24")
    after = rehearsed(wired(), [add, add])
    assert [one.cidr for one in after.addresses(INSIDE) if one.text == "192.0.2.7"] == ["192.0.2.7/24"]


@pytest.mark.parametrize(
    ("operation", "errno"),
    [
        (RenameLink(handle(HOST_END), "br0"), "File exists"),
        (AddVeth(VethEnd(HOME, "a"), VethEnd(HOME, "a")), "File exists"),
        (MoveLink(handle(LinkId(HOME, 99)), BOX, "x"), "No such device"),
        (MoveLink(handle(HOST_END), BOX, "eth0"), "File exists"),
        (AddMacvlan(handle(HOST_END), WEB, "mv", "bridge"), "Device or resource busy"),
        (SetMode(handle(LinkId(WEB, 5)), "macvlan", "passthru"), "Invalid argument"),
        (AddMacvlan(handle(INSIDE), WEB, "mv2", "passthru"), "Invalid argument"),
        (SetMaster(handle(INSIDE), handle(LinkId(BOX, 3))), "Device or resource busy"),
        (SetPortSettings(handle(INSIDE), (("isolated", True),)), "Operation not supported"),
        (DropNamespace("nobody"), "No such file or directory"),
        (AddNamespace("web"), "File exists"),
    ],
)
def test_what_the_kernel_refuses_is_refused_in_its_words(operation: Operation, errno: str) -> None:
    graph = wired()
    graph.apply([LinkSeen(macvlan(WEB, 5, "mv0", INSIDE))])
    with pytest.raises(Impossible, match=errno):
        Rehearsal(graph).do(operation)
