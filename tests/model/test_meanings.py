"""What a plan says before it is done: what runtimes do about it, what is asked for, what is lost, how it goes back."""

import dataclasses

import pytest

from model.facts import AddressSeen, Fact, LinkSeen, NamespaceSeen, OwnersSeen
from model.identity import LinkId
from model.intents import (
    AddAddress,
    AddAltname,
    Attach,
    CreateBridge,
    CreateMacvlan,
    CreateVeth,
    Delete,
    DeleteAddress,
    DeleteNamespace,
    Detach,
    Intent,
    Move,
    NewEnd,
    Rename,
    SetBridge,
    SetMac,
    SetMtu,
    SetPort,
    SetUp,
)
from model.link import Address, Bridge, BridgePort, Link
from model.operations import (
    AddForwarding,
    AddLinkAddress,
    AddMacvlan,
    AddNeighbour,
    AddRoute,
    AddVeth,
    DropLinkAddress,
    Handle,
    NextHop,
    RouteSpec,
    SetLinkMac,
    SetLinkUp,
    SetMaster,
    SetPortSettings,
    SetSysctl,
)
from model.plan import Belongings, Consent, Lifeline, Plan, Refusal, Sign, Surroundings
from model.planner import plan, plan_many, touched
from model.protection import way_out
from model.rehearsal import rehearsed
from model.shell import plan_lines, ways_of
from model.topology import Topology
from tests.model.made import BOX, HOME, WEB, container, ipv4, macvlan, namespace, veth
from tests.model.test_rehearsal import HOST_END, INSIDE, wired

BR0 = LinkId(HOME, 3)
UPLINK = LinkId(HOME, 5)
PORT = BridgePort()
MACS = Surroundings(fresh_macs=("06:00:00:00:00:01", "06:00:00:00:00:02"))


def owned(runtime: str, *facts: Fact) -> Topology:
    graph = wired()
    graph.apply([OwnersSeen(BOX, (container("tinderbox", runtime=runtime),)), *facts])
    return graph


def made(graph: Topology, wish: Intent, surroundings: Surroundings = MACS) -> Plan:
    found = plan(graph, wish, surroundings)
    assert isinstance(found, Plan), found
    return found


def codes(one: Plan) -> set[str]:
    return {meaning.code for meaning in one.means if meaning.code}


def words(one: Plan) -> str:
    return "\n".join(meaning.text for meaning in one.means)


@pytest.mark.parametrize(
    ("runtime", "wish", "code"),
    [
        ("lxc", Rename(HOST_END, "lan0"), "runtime-remembers"),
        ("docker", Rename(INSIDE, "lan0"), "runtime-disconnect"),
        ("podman", Rename(INSIDE, "lan0"), "runtime-teardown"),
        ("docker", Move(INSIDE, WEB), "runtime-orphan"),
        ("podman", Move(INSIDE, WEB), "runtime-orphan"),
        ("containerd", Move(INSIDE, WEB), "runtime-orphan"),
        ("lxc", Rename(BR0, "lan"), "runtime-bridge"),
        ("lxc", SetMac(INSIDE, "02:00:00:00:00:99"), "runtime-mac"),
        ("docker", Detach(INSIDE), "runtime-plugs"),
        ("docker", Delete(HOST_END), "container-cut"),
    ],
)
def test_what_the_runtime_does_about_it_is_said_before(runtime: str, wish: Intent, code: str) -> None:
    assert code in codes(made(owned(runtime), wish))


def test_lxc_does_not_start_without_its_macvlan_parent() -> None:
    graph = owned("lxc", LinkSeen(veth(HOME, 8, "parent0")), LinkSeen(macvlan(BOX, 9, "eth1", LinkId(HOME, 8))))
    one = made(graph, Rename(LinkId(HOME, 8), "other"))
    assert "lxc tinderbox does not start any more" in words(one)


@pytest.mark.parametrize(
    "wish", [Rename(HOST_END, "lan0"), Rename(INSIDE, "lan0"), Move(HOST_END, WEB), Move(INSIDE, WEB)]
)
def test_what_was_never_tried_with_a_runtime_asks_for_the_name(wish: Rename | Move) -> None:
    one = made(owned("garden"), wish)
    assert "runtime-unknown" in codes(one)
    assert one.consent is Consent.NAME
    assert any("garden" in why and "was not tried" in why for why in one.why_consent)


@pytest.mark.parametrize("runtime", ["lxd", "incus"])
def test_a_host_end_of_lxd_does_not_leave_its_namespace(runtime: str) -> None:
    refusal = plan(owned(runtime), Move(HOST_END, WEB), MACS)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "runtime-orphan"
    assert refusal.instead[0] == "plug it in elsewhere: jackfield attach host/veth8pUZr BRIDGE"


@pytest.mark.parametrize("runtime", ["lxd", "incus"])
def test_a_host_end_of_lxd_is_given_an_altname_instead(runtime: str) -> None:
    refusal = plan(owned(runtime), Rename(HOST_END, "lan0"), MACS)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "runtime-orphan"
    assert refusal.instead[0] == "give it an altname: jackfield altname add host/veth8pUZr lan0"
    assert isinstance(plan(owned(runtime), AddAltname(HOST_END, "lan0"), MACS), Plan)


@pytest.mark.parametrize(
    "wish",
    [
        Rename(HOST_END, "x"), SetMac(INSIDE, "02:00:00:00:00:99"), Move(INSIDE, WEB), Detach(HOST_END),
        Delete(HOST_END), SetUp(HOST_END, up=False), SetMtu(INSIDE, 1400), AddAddress(INSIDE, "192.0.2.1/24"),
        SetPort(HOST_END, (("isolated", True),)),
    ],
)  # fmt: skip
def test_what_cni_manages_is_left_alone(wish: Intent) -> None:
    refusal = plan(owned("kubernetes"), wish, MACS)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "cni-managed"
    unproved = wired()
    forged = dataclasses.replace(container("pod", runtime="kubernetes"), proved=False)
    unproved.apply([OwnersSeen(BOX, (forged,))])
    assert isinstance(plan(unproved, wish, MACS), Plan)


@pytest.mark.parametrize("runtime", ["docker", "podman", "lxd", "incus", "containerd"])
@pytest.mark.parametrize(
    "wish", [Rename(INSIDE, "x"), Move(INSIDE, WEB), SetMac(INSIDE, "02:00:00:00:00:99"), Delete(HOST_END)]
)
def test_the_inside_end_of_a_runtimes_container_asks_for_its_name(runtime: str, wish: Intent) -> None:
    one = made(owned(runtime), wish)
    assert (one.consent, one.consent_word) == (Consent.NAME, "eth0")
    assert "inside end of" in one.why_consent[0]


def test_a_host_end_and_an_lxc_container_ask_for_nothing() -> None:
    assert made(owned("docker"), Detach(HOST_END)).consent is Consent.NONE
    assert made(owned("lxc"), Rename(INSIDE, "x")).consent is Consent.NONE


def uplinked() -> Topology:
    """br0 has the address and the uplink eth9, and a container's port."""
    graph = wired()
    graph.apply(
        [
            LinkSeen(Link(UPLINK, "eth9", "device", "52:54:00:00:00:01", 1500, True, True, "up", master=3, port=PORT)),
            AddressSeen(BR0, ipv4("192.0.2.1")),
        ]
    )
    return graph


LIFELINE = Lifeline(BR0, "carries your SSH session from 192.0.2.7")


@pytest.mark.parametrize(
    ("wish", "word"),
    [
        (Detach(UPLINK), "eth9"),
        (SetUp(UPLINK, up=False), "eth9"),
        (SetUp(BR0, up=False), "br0"),
        (Rename(UPLINK, "wan"), "eth9"),
        (SetMac(UPLINK, "02:00:00:00:00:01"), "eth9"),
        (SetMtu(UPLINK, 1400), "eth9"),
        (Move(UPLINK, BOX), "eth9"),
        (SetPort(UPLINK, (("isolated", True),)), "eth9"),
        (SetBridge(BR0, (("stp", True),)), "br0"),
        (DeleteAddress(BR0, "192.0.2.1/24"), "br0"),
        (Delete(BR0), "br0"),
    ],
)
def test_what_could_cut_a_lifeline_asks_for_the_name_and_goes_back_by_itself(wish: Intent, word: str) -> None:
    one = made(uplinked(), wish, Surroundings(lifelines=(LIFELINE,)))
    assert (one.consent, one.consent_word) == (Consent.NAME_AND_TIMER, word)
    assert "your SSH session from 192.0.2.7" in one.why_consent[0]


@pytest.mark.parametrize(
    "wish", [Detach(HOST_END), SetUp(INSIDE, up=False), AddAddress(BR0, "192.0.2.2/24"), AddAltname(UPLINK, "wan")]
)
def test_what_is_beside_a_lifeline_asks_for_nothing(wish: Intent) -> None:
    assert made(uplinked(), wish, Surroundings(lifelines=(LIFELINE,))).consent is Consent.NONE


def test_a_lifeline_inside_a_namespace_is_followed_over_its_cable_to_every_port_of_a_bridge_without_uplink() -> None:
    graph = wired()
    near, far = veth(HOME, 30, "client0", LinkId(WEB, 2), master=3), veth(WEB, 2, "eth0", LinkId(HOME, 30))
    graph.apply([LinkSeen(near), LinkSeen(far)])
    assert way_out(graph, INSIDE) == (INSIDE, HOST_END, BR0, near.id, far.id)
    one = made(graph, Detach(near.id), Surroundings(lifelines=(Lifeline(INSIDE, "carries your SSH session"),)))
    assert one.why_consent == (
        "host/client0 is unplugged, and it leads to inode:4026530002/eth0, which carries your SSH session",
    )


def test_a_mac_changes_announced_and_its_link_local_address_follows_while_it_stays_up() -> None:
    graph = wired()
    one = made(graph, SetMac(INSIDE, "02:00:00:00:00:99"))
    assert not any(isinstance(operation, SetLinkUp) for operation in one.operations)
    turned = [(operation.key, operation.value) for operation in one.operations if isinstance(operation, SetSysctl)]
    assert turned == [
        ("arp_notify", "1"), ("ndisc_notify", "1"), ("arp_notify", "0"), ("ndisc_notify", "0"),
        ("addr_gen_mode", "1"), ("addr_gen_mode", "0"),
    ]  # fmt: skip
    after = rehearsed(graph, one.operations)
    assert [address.text for address in after.addresses(INSIDE)] == ["10.0.0.2", "fe80::ff:fe00:99"]
    assert after.contents()[str(HOST_END)] == graph.contents()[str(HOST_END)]


def test_a_sysctl_that_is_on_already_stays_as_it_is() -> None:
    knobs = (("ipv4", "arp_notify", "1"), ("ipv6", "ndisc_notify", "1"), ("ipv6", "addr_gen_mode", "3"))
    told = Surroundings(belongings=(Belongings(INSIDE, knobs=knobs),))
    one = made(wired(), SetMac(INSIDE, "02:00:00:00:00:99"), told)
    assert one.operations == (SetLinkMac(Handle(BOX, "eth0", 2), "02:00:00:00:00:99"),)


def test_a_bridge_that_would_take_a_ports_mac_is_pinned_first() -> None:
    graph = wired()
    low = dataclasses.replace(veth(HOME, 30, "low"), mac="02:00:00:00:00:01")
    follows = Link(LinkId(HOME, 31), "br1", "bridge", "02:00:00:00:00:09", 1500, True, detail=Bridge())
    graph.apply([LinkSeen(low), LinkSeen(follows), AddressSeen(follows.id, ipv4("192.0.2.1"))])
    one = made(graph, Attach(low.id, follows.id))
    assert one.operations[0] == SetLinkMac(Handle(HOME, "br1", 31), "02:00:00:00:00:09")
    assert "mac-pinned" in codes(one)
    lifeline = Lifeline(follows.id, "carries your SSH session")
    assert made(graph, Attach(low.id, follows.id), Surroundings(lifelines=(lifeline,))).consent is Consent.NONE


def test_a_new_bridge_has_a_mac_that_stays() -> None:
    one = made(wired(), CreateBridge(HOME, "br7"))
    assert plan_lines(one.operations, ways_of(wired(), MACS)) == (
        "ip link add dev br7 address 06:00:00:00:00:01 type bridge",
        "ip link set dev br7 up",
    )


def test_several_new_bridges_have_several_macs() -> None:
    both = plan_many(wired(), [CreateBridge(HOME, "br7"), CreateBridge(HOME, "br8")], MACS)
    assert isinstance(both, Plan)
    text = "\n".join(plan_lines(both.operations, ways_of(wired(), MACS)))
    assert "06:00:00:00:00:01" in text
    assert "06:00:00:00:00:02" in text


def belongings() -> Surroundings:
    """What eth0 in BOX has besides the graph."""
    here = Handle(BOX, "eth0", 2)
    route = RouteSpec(BOX, 4, "default", (NextHop(here, "10.0.0.1"),))
    inside = Belongings(
        INSIDE,
        routes=(route, RouteSpec(BOX, 4, "198.51.100.0/24", (NextHop(here),))),
        neighbours=(AddNeighbour(here, "10.0.0.1", "02:00:00:00:00:0a"),),
        sysctls=(("ipv4", "rp_filter", "2"),),
        addresses=(AddLinkAddress(here, "10.0.0.2/24", broadcast="10.0.0.255"),),
        lost=("2 tc filters",),
    )
    port = Belongings(
        HOST_END, forwarding=(AddForwarding(Handle(HOME, "veth8pUZr", 7), "02:00:00:00:00:0c", "static"),)
    )
    return Surroundings(belongings=(inside, port))


def test_a_bridge_that_becomes_too_narrow_for_ipv6_gets_it_back() -> None:
    graph = wired()
    port, bridge = graph.link(HOST_END), graph.link(BR0)
    assert port is not None
    assert bridge is not None
    graph.apply([AddressSeen(BR0, Address(6, "2001:db8::1", 64, flags=("permanent",)))])
    one = made(graph, SetMtu(HOST_END, 1200))
    assert "host/br0 loses IPv6" in words(one)
    assert AddLinkAddress(Handle(HOME, "br0", 3), "2001:db8::1/64") in one.inverse
    assert BR0 in touched(graph, SetMtu(HOST_END, 1200))
    narrow = dataclasses.replace(veth(HOME, 30, "narrow"), mtu=1200)
    graph.apply([LinkSeen(narrow)])
    attached = made(graph, Attach(narrow.id, BR0))
    assert "host/br0 loses IPv6" in words(attached)
    assert AddLinkAddress(Handle(HOME, "br0", 3), "2001:db8::1/64") in attached.inverse


def test_a_deleted_cable_is_made_again_with_everything_it_had() -> None:
    graph = wired()
    told = belongings()
    one = made(graph, Delete(HOST_END), told)
    undo = one.inverse
    assert isinstance(undo[0], AddVeth)
    assert (undo[0].near.ifindex, undo[0].far.ifindex) == (7, 2)
    again = Handle(BOX, "eth0")
    assert SetSysctl(again, "ipv4", "rp_filter", "2") in undo
    assert AddLinkAddress(again, "10.0.0.2/24", broadcast="10.0.0.255") in undo
    assert AddNeighbour(again, "10.0.0.1", "02:00:00:00:00:0a") in undo
    assert AddForwarding(Handle(HOME, "veth8pUZr"), "02:00:00:00:00:0c", "static") in undo
    routes = [operation.route.destination for operation in undo if isinstance(operation, AddRoute)]
    assert routes == ["198.51.100.0/24", "default"], "a gateway has to be reachable first"
    assert one.lost == ("inode:4026530002/eth0: 2 tc filters",)
    assert touched(graph, Delete(HOST_END)) == (HOST_END, INSIDE)


def test_what_stands_on_a_deleted_cable_comes_back_with_it() -> None:
    graph = wired()
    graph.apply([LinkSeen(dataclasses.replace(macvlan(WEB, 5, "mv0", INSIDE), mac="02:00:00:00:00:05", mtu=1500))])
    one = made(graph, Delete(HOST_END))
    assert "web/mv0 goes with it" in words(one)
    (again,) = [operation for operation in one.inverse if isinstance(operation, AddMacvlan)]
    assert (again.parent, again.mode, again.mac) == (Handle(BOX, "eth0"), "bridge", "02:00:00:00:00:05")
    assert again.ifindex == 5


def test_a_link_that_is_not_made_again_says_so_and_asks_for_its_name() -> None:
    graph = wired()
    graph.apply([LinkSeen(Link(LinkId(HOME, 40), "wg0", "wireguard", None, 1420))])
    one = made(graph, Delete(LinkId(HOME, 40)))
    assert one.consent is Consent.NAME
    assert "wireguard" in one.lost[0]


def test_a_port_that_is_plugged_in_elsewhere_comes_back_as_it_was_treated() -> None:
    graph = wired()
    port = graph.link(HOST_END)
    assert port is not None
    assert port.port is not None
    isolated = dataclasses.replace(port, port=dataclasses.replace(port.port, isolated=True))
    graph.apply(
        [LinkSeen(isolated), LinkSeen(Link(LinkId(HOME, 31), "br1", "bridge", "02:0a:00:00:00:01", 1500, True))]
    )
    one = made(graph, Attach(INSIDE, LinkId(HOME, 31)), belongings())
    handle = Handle(HOME, "veth8pUZr", 7)
    again = [step for step in one.inverse if not isinstance(step, SetSysctl)]
    assert again[:3] == [
        SetMaster(handle, Handle(HOME, "br0", 3)),
        SetPortSettings(handle, (("isolated", True),)),
        AddForwarding(handle, "02:00:00:00:00:0c", "static"),
    ]
    assert "isolated on" in words(one)


def test_who_is_plugged_in_elsewhere_announces_itself_there_and_back() -> None:
    graph = wired()
    graph.apply([LinkSeen(Link(LinkId(HOME, 31), "br1", "bridge", "02:0a:00:00:00:01", 1500, True))])
    inside = graph.link(INSIDE)
    assert inside is not None
    assert inside.mac is not None
    one = made(graph, Attach(HOST_END, LinkId(HOME, 31)))
    eth0, port = Handle(BOX, "eth0", 2), Handle(HOME, "veth8pUZr", 7)
    arp, nd = ("ipv4", "arp_notify"), ("ipv6", "ndisc_notify")
    on, off = ([SetSysctl(eth0, *knob, value) for knob in (arp, nd)] for value in ("1", "0"))
    again = SetLinkMac(eth0, inside.mac)
    done = tuple(do for do in one.operations if do != SetLinkMac(Handle(HOME, "br1", 31), "02:0a:00:00:00:01"))
    assert done == (*on, SetMaster(port, Handle(HOME, "br1", 31)), again, *off)
    assert one.inverse == (*reversed(on), SetMaster(port, Handle(HOME, "br0", 3)), again, *reversed(off))
    graph.apply([LinkSeen(dataclasses.replace(inside, up=False))])
    silent = made(graph, Attach(HOST_END, LinkId(HOME, 31)))
    assert silent.operations[-1] == SetMaster(port, Handle(HOME, "br1", 31))
    assert "announced" in codes(one)
    assert "not-announced" in codes(silent)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (CreateVeth(NewEnd(HOME, "a", master=BR0), NewEnd(WEB, "b"), mtu=9000), "mtu-mismatch"),
        (CreateVeth(NewEnd(HOME, "a", "02:00:00:00:02:02", BR0), NewEnd(WEB, "b")), "mac-twice"),
        (CreateVeth(NewEnd(HOME, "a", master=BR0), NewEnd(HOME, "b", master=BR0)), "loop"),
        (CreateMacvlan(INSIDE, WEB, "mv0", "private"), "macvlan-private"),
        (CreateMacvlan(INSIDE, WEB, "mv0", "vepa"), "macvlan-vepa"),
        (AddAddress(HOST_END, "192.0.2.1/24"), "address-on-port"),
        (SetMtu(INSIDE, 1400), "mtu-mismatch"),
        (SetMtu(INSIDE, 1200), "ipv6-lost"),
        (SetBridge(BR0, (("stp", True),)), "stp-delay"),
        (SetUp(INSIDE, up=False), "carrier-lost"),
        (Move(INSIDE, WEB), "addresses-lost"),
    ],
)
def test_what_to_mind_has_a_code(wish: Intent, code: str) -> None:
    assert code in codes(made(wired(), wish))


def test_a_second_cable_between_two_bridges_closes_a_loop() -> None:
    graph = wired()
    other = Link(LinkId(HOME, 31), "br1", "bridge", "02:0a:00:00:00:01", 1500, True, detail=Bridge())
    one, two = LinkId(HOME, 32), LinkId(HOME, 33)
    graph.apply([LinkSeen(other), LinkSeen(veth(HOME, 32, "c0", two, 3)), LinkSeen(veth(HOME, 33, "c1", one, 31))])
    assert "loop" in codes(made(graph, CreateVeth(NewEnd(HOME, "d0", master=BR0), NewEnd(HOME, "d1", master=other.id))))
    graph.apply([LinkSeen(veth(HOME, 34, "e0", LinkId(HOME, 35), 3)), LinkSeen(veth(HOME, 35, "e1", LinkId(HOME, 34)))])
    assert "loop" in codes(made(graph, Attach(LinkId(HOME, 35), other.id)))


def test_a_namespace_that_ends_with_its_name_asks_for_it_and_says_what_dies() -> None:
    graph = wired()
    graph.apply(
        [
            NamespaceSeen(dataclasses.replace(namespace(WEB, "web"), found_by=("mount",))),
            LinkSeen(veth(HOME, 30, "c0", LinkId(WEB, 2))),
            LinkSeen(veth(WEB, 2, "eth0", LinkId(HOME, 30))),
        ]
    )
    one = made(graph, DeleteNamespace(WEB))
    assert (one.consent, one.consent_word) == (Consent.NAME, "web")
    assert "host/c0 is deleted" in words(one)
    held = wired()
    held.apply([NamespaceSeen(dataclasses.replace(namespace(WEB, "web"), found_by=("mount", "process")))])
    assert made(held, DeleteNamespace(WEB)).consent is Consent.NONE


def test_secondary_addresses_come_back_after_the_primary_one_in_their_order() -> None:
    graph = wired()
    first = Address(4, "10.5.0.1", 24, flags=("permanent",))
    second = Address(4, "10.5.0.2", 24, flags=("permanent", "secondary"))
    graph.apply([AddressSeen(BR0, first), AddressSeen(BR0, second)])
    promoted = Surroundings(belongings=(Belongings(BR0, knobs=(("ipv4", "promote_secondaries", "1"),)),))
    handle = Handle(HOME, "br0", 3)
    assert made(graph, DeleteAddress(BR0, "10.5.0.1"), promoted).inverse == (
        DropLinkAddress(handle, "10.5.0.2/24"),
        AddLinkAddress(handle, "10.5.0.1/24"),
        AddLinkAddress(handle, "10.5.0.2/24"),
    )
    assert "secondaries" in codes(made(graph, DeleteAddress(BR0, "10.5.0.1")))


def test_in_one_plan_a_step_acts_on_what_an_earlier_one_made() -> None:
    """The number of a link that was moved is not known before: it is found by its name."""
    graph = wired()
    graph.apply([LinkSeen(Link(LinkId(WEB, 9), "br9", "bridge", "02:0a:00:00:00:09", 1500, True, detail=Bridge()))])
    both = plan_many(graph, [Move(INSIDE, WEB, "lan0"), Attach(HOST_END, BR0), Delete(HOST_END)], MACS)
    assert isinstance(both, Plan), both
    handles = [operation for operation in both.inverse if isinstance(operation, AddVeth)]
    assert [(end.near.ifindex, end.far.ifindex) for end in handles] == [(7, None)]


def test_the_mac_that_a_bridge_has_is_set_for_good() -> None:
    graph = wired()
    bridge, port = graph.link(BR0), graph.link(HOST_END)
    assert bridge is not None
    assert bridge.mac is not None
    assert port is not None
    assert port.mac is not None
    assert made(graph, SetMac(BR0, bridge.mac)).steps == (), "it is not its port's: somebody chose it"
    graph.apply([LinkSeen(dataclasses.replace(bridge, mac=port.mac))])
    kept = made(graph, SetMac(BR0, port.mac))
    assert [type(operation) for operation in kept.operations] == [SetLinkMac]
    inside = graph.link(INSIDE)
    assert inside is not None
    assert inside.mac is not None
    assert made(graph, SetMac(INSIDE, inside.mac)).steps == ()


def test_who_will_reach_whom_is_said_first() -> None:
    graph = wired()
    near, far = veth(HOME, 30, "client0", LinkId(WEB, 2), master=3), veth(WEB, 2, "eth0", LinkId(HOME, 30))
    graph.apply([LinkSeen(dataclasses.replace(end, up=True, carrier=True, operstate="up")) for end in (near, far)])
    wish = Detach(HOST_END)
    one = made(graph, wish)
    assert [(meaning.sign, meaning.code) for meaning in one.means[:1]] == [(Sign.LOSS, "reach-lost")]
    assert "web/eth0" in one.means[0].text
    assert "will no longer reach" in one.means[0].text
    back = made(rehearsed(graph, one.operations), Attach(HOST_END, BR0))
    assert "reach-gained" in codes(back)
    quick = plan(graph, wish, MACS, with_reach=False)
    assert isinstance(quick, Plan)
    assert quick.operations == one.operations
    assert "reach-lost" not in codes(quick)


def test_of_a_thousand_ports_a_few_are_named_and_the_rest_is_counted() -> None:
    graph = wired()
    graph.apply([LinkSeen(dataclasses.replace(veth(HOME, 100 + n, f"p{n}"), master=3, up=True)) for n in range(300)])
    one = made(graph, Delete(BR0))
    assert len(one.means) < 12
    assert "and 296 more: each is unplugged" in words(one)
    assert "302 links change their place: who reaches whom then is only counted" in words(one)
    assert "1 pair of links will no longer surely reach each other" in words(one)


def test_a_name_or_an_alias_changes_nobodys_reach() -> None:
    one = made(wired(), Rename(HOST_END, "lan0"))
    assert not {"reach-lost", "reach-gained"} & codes(one)
