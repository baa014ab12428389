"""What is refused before the kernel would, each with its code, the kernel's words, and what to do instead."""

import dataclasses

import pytest

from model.facts import AddressSeen, Fact, LinkSeen, NamespaceRead, NamespaceSeen
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
from model.link import Bridge, Link, Macvlan
from model.plan import Plan, Refusal, Remembered, Surroundings
from model.planner import plan, plan_many
from model.planning.draft import typed
from model.topology import Topology
from tests.model.made import BOX, HOME, WEB, ipv4, macvlan, namespace, veth
from tests.model.test_rehearsal import HOST_END, wired

LO, BR0, BR1 = LinkId(HOME, 1), LinkId(HOME, 3), LinkId(HOME, 4)
NIC, PARENT, CHILD, ALONE = LinkId(HOME, 5), LinkId(HOME, 6), LinkId(WEB, 6), LinkId(HOME, 20)
ONLY, DEAF, TUN = LinkId(HOME, 21), LinkId(WEB, 21), LinkId(HOME, 22)
HIDDEN = NamespaceId("n9")
THERE = LinkId(HIDDEN, 2)


def host() -> Topology:
    """`wired`, and: br1, a NIC, a parent with a macvlan, a parent in passthru, a tun, a namespace nobody may enter."""
    graph = wired()
    facts: list[Fact] = [
        LinkSeen(Link(BR1, "br1", "bridge", "02:99:00:00:00:02", 1500, up=True, detail=Bridge())),
        LinkSeen(Link(NIC, "eth9", "device", "52:54:00:00:00:01", 1500, up=True, carrier=True, operstate="up")),
        LinkSeen(dataclasses.replace(veth(HOME, 6, "parent0"), altnames=("uplink",), up=True)),
        LinkSeen(dataclasses.replace(macvlan(WEB, 6, "mv0", PARENT), mac="02:00:00:00:00:60", mtu=1500)),
        LinkSeen(dataclasses.replace(veth(HOME, 20, "alone"), up=True)),
        LinkSeen(veth(HOME, 21, "only")),
        LinkSeen(macvlan(WEB, 21, "deaf", ONLY, "passthru")),
        LinkSeen(Link(TUN, "tun0", "tun", None, 1500)),
        AddressSeen(ALONE, ipv4("192.0.2.1")),
        NamespaceSeen(dataclasses.replace(namespace(HIDDEN), readable=False)),
        NamespaceRead(HIDDEN, (veth(HIDDEN, 2, "eth0"),), ()),
    ]
    graph.apply(facts)
    return graph


def ends(near: str = "a", far: str = "b", mac: str | None = None, master: LinkId | None = None) -> CreateVeth:
    return CreateVeth(NewEnd(HOME, near, mac, master), NewEnd(WEB, far))


@pytest.mark.parametrize(
    ("wish", "code", "kernel"),
    [
        (Rename(HOST_END, "much-too-long-for-it"), "name-illegal", "Invalid argument"),
        (Rename(HOST_END, "a/b"), "name-illegal", "Invalid argument"),
        (Rename(HOST_END, "a b"), "name-illegal", "Invalid argument"),
        (Rename(HOST_END, ""), "name-illegal", "Invalid argument"),
        (Rename(HOST_END, "br0"), "name-taken", "File exists"),
        (Rename(HOST_END, "uplink"), "name-taken", "File exists"),
        (Rename(PARENT, "uplink"), "name-taken", "File exists"),
        (Rename(HOST_END, "veth-of-lxc"), "name-remembered", None),
        (Rename(LO, "lo1"), "loopback", None),
        (Rename(LinkId(HOME, 99), "x"), "no-such-link", None),
        (Rename(THERE, "x"), "namespace-unreadable", None),
        (ends("br0"), "name-taken", "File exists"),
        (ends(far="mv0"), "name-taken", "File exists"),
        (CreateVeth(NewEnd(HOME, "x"), NewEnd(HOME, "x")), "name-taken", "File exists"),
        (ends(mac="02:00:00:00:00:0g"), "mac-illegal", None),
        (ends(mac="01:00:5e:00:00:01"), "mac-multicast", "Cannot assign requested address"),
        (ends(mac="00:00:00:00:00:00"), "mac-illegal", "Cannot assign requested address"),
        (ends(master=ALONE), "not-a-bridge", None),
        (CreateVeth(NewEnd(WEB, "x", master=BR0), NewEnd(WEB, "y")), "other-namespace", None),
        (CreateVeth(NewEnd(HOME, "x"), NewEnd(HIDDEN, "y")), "namespace-unreadable", None),
        (CreateVeth(NewEnd(HOME, "x"), NewEnd(NamespaceId("n77"), "y")), "no-such-namespace", None),
        (dataclasses.replace(ends(), mtu=20), "mtu-illegal", "mtu less than device minimum"),
        (dataclasses.replace(ends(), mtu=70000), "mtu-illegal", "mtu greater than device maximum"),
        (CreateBridge(HOME, "br1"), "name-taken", "File exists"),
        (CreateBridge(HOME, "br2"), "no-mac", None),
        (CreateMacvlan(HOST_END, WEB, "x", "bridge"), "macvlan-on-port", "Device or resource busy"),
        (CreateMacvlan(ONLY, WEB, "x", "bridge"), "passthru", "Invalid argument"),
        (CreateMacvlan(PARENT, WEB, "x", "passthru"), "passthru", "Invalid argument"),
        (CreateMacvlan(ALONE, WEB, "x", "passthru", mac="02:00:00:00:00:01"), "passthru", None),
        (CreateMacvlan(CHILD, WEB, "x", "bridge"), "macvlan-on-macvlan", None),
        (CreateMacvlan(LO, WEB, "x", "bridge"), "loopback", "Invalid argument"),
        (CreateMacvlan(TUN, WEB, "x", "bridge"), "parent-unfit", "Invalid argument"),
        (CreateMacvlan(ALONE, WEB, "x", "sideways"), "mode-unknown", None),
        (CreateMacvlan(ALONE, WEB, "x", "bridge", sources=("02:00:00:00:00:01",)), "mode-sources", None),
        (CreateMacvlan(ALONE, WEB, "x", "bridge", "ipvlan"), "kind-unknown", None),
        (CreateMacvlan(PARENT, WEB, "x", "bridge", mac="02:00:00:00:00:60"), "mac-taken", "Address already in use"),
        (CreateNamespace("web"), "name-taken", "File exists"),
        (CreateNamespace("a/b"), "name-illegal", "Invalid argument"),
        (CreateNamespace(".."), "name-illegal", "Invalid argument"),
        (DeleteNamespace(BOX), "namespace-nameless", None),
        (Delete(LO), "loopback", "Operation not supported"),
        (Delete(NIC), "cannot-delete", "Operation not supported"),
        (AddAltname(HOST_END, "br0"), "name-taken", "File exists"),
        (AddAltname(HOST_END, "veth8pUZr"), "name-taken", "File exists"),
        (AddAltname(HOST_END, "two words"), "name-illegal", None),
        (AddAltname(HOST_END, "x" * 128), "name-illegal", None),
        (DeleteAltname(HOST_END, "x"), "no-such-altname", None),
        (SetAlias(HOST_END, "x" * 256), "alias-illegal", "Invalid argument"),
        (SetMac(HOST_END, "03:00:00:00:00:01"), "mac-multicast", "Cannot assign requested address"),
        (SetMac(TUN, "02:00:00:00:00:01"), "no-mac", "Operation not supported"),
        (SetMac(LO, "02:00:00:00:00:01"), "loopback", None),
        (SetMac(CHILD, "02:00:00:00:01:06"), "mac-taken", "Address already in use"),
        (Attach(PARENT, BR0), "parent-enslaved", "Device or resource busy"),
        (Attach(BR1, BR0), "bridge-in-bridge", "Can not enslave a bridge to a bridge."),
        (Attach(BR0, BR0), "into-itself", "Can not enslave a bridge to a bridge."),
        (Attach(LO, BR0), "loopback", "Invalid argument"),
        (Attach(TUN, BR0), "no-ethernet", "Invalid argument"),
        (Attach(ALONE, NIC), "not-a-bridge", None),
        (Attach(CHILD, BR0), "other-namespace", None),
        (Move(BR0, WEB), "netns-immutable", "The interface netns is immutable."),
        (Move(LO, WEB), "netns-immutable", "The interface netns is immutable."),
        (Move(ALONE, HIDDEN), "namespace-unreadable", None),
        (Move(ALONE, BOX, "eth0"), "name-taken", "File exists"),
        (Move(PARENT, WEB, "uplink"), "name-taken", "File exists"),
        (SetMacvlanMode(CHILD, "passthru"), "passthru", "Invalid argument"),
        (SetMacvlanMode(DEAF, "bridge"), "passthru", "Invalid argument"),
        (SetMacvlanMode(ALONE, "bridge"), "not-a-macvlan", None),
        (SetMtu(CHILD, 1600), "mtu-parent", "Invalid argument"),
        (SetMtu(ALONE, 1), "mtu-illegal", "mtu less than device minimum"),
        (AddAddress(ALONE, "nonsense"), "address-illegal", None),
        (AddAddress(ALONE, "224.0.0.1/4"), "address-illegal", None),
        (AddAddress(ALONE, "0.0.0.0/0"), "address-illegal", None),
        (DeleteAddress(ALONE, "192.0.2.9"), "no-such-address", "Cannot assign requested address"),
        (SetPort(ALONE, (("isolated", True),)), "not-a-port", "Operation not supported"),
        (SetPort(HOST_END, (("colour", True),)), "setting-unknown", None),
        (SetPort(HOST_END, (("isolated", 7),)), "setting-illegal", None),
        (SetPort(HOST_END, (("priority", 64),)), "setting-illegal", "Numerical result out of range"),
        (SetPort(HOST_END, (("state", "asleep"),)), "setting-illegal", None),
        (SetBridge(ALONE, (("stp", True),)), "not-a-bridge", None),
        (SetBridge(BR0, (("stp", True), ("forward_delay_s", 99))), "setting-illegal", "Numerical result out of range"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(wish: Intent, code: str, kernel: str | None) -> None:
    remembered = (Remembered(HOME, "veth-of-lxc", "lxc tinderbox"),)
    refusal = plan(host(), wish, Surroundings(remembered=remembered))
    assert isinstance(refusal, Refusal), refusal
    assert (refusal.code, refusal.kernel) == (code, kernel)
    assert refusal.text


def test_a_refusal_says_what_to_do_instead() -> None:
    refusal = plan(host(), Move(ALONE, BOX, "eth0"), Surroundings())
    assert isinstance(refusal, Refusal)
    assert refusal.instead == ("take another name: eth1 is free",)
    moved = plan(host(), Move(dataclasses.replace(veth(HOME, 20, "")).id, WEB), Surroundings())
    assert isinstance(moved, Plan)


def test_a_move_to_where_the_name_is_taken_names_a_free_one() -> None:
    graph = host()
    graph.apply([LinkSeen(veth(WEB, 40, "alone"))])
    refusal = plan(graph, Move(ALONE, WEB), Surroundings())
    assert isinstance(refusal, Refusal)
    assert refusal.instead == ("give it another name on the way: jackfield move host/alone web --as alone0",)
    assert isinstance(plan(graph, Move(ALONE, WEB, "alone0"), Surroundings()), Plan)


def test_nothing_is_planned_where_nothing_may_be_changed() -> None:
    why = "not root: start with sudo to change anything"
    refusal = plan(host(), Rename(HOST_END, "lan0"), Surroundings(may_change=False, why_not=why))
    assert refusal == Refusal("not-permitted", why)


def test_wishes_that_contradict_each_other_refuse_the_whole() -> None:
    refusal = plan_many(host(), [SetUp(ALONE, up=False), SetUp(ALONE, up=True)], Surroundings())
    assert isinstance(refusal, Refusal)
    assert refusal.code == "conflict"
    both = plan_many(host(), [SetUp(ALONE, up=False), Rename(ALONE, "x"), Delete(NIC)], Surroundings())
    assert isinstance(both, Refusal)
    assert both.code == "cannot-delete"


def test_a_switch_of_modes_that_the_kernel_makes_is_planned() -> None:
    for mode in ("private", "vepa", "source"):
        made = plan(host(), SetMacvlanMode(CHILD, mode), Surroundings())
        assert isinstance(made, Plan)
        assert len(made.steps) == 1
    assert Macvlan("bridge") == (host().link(CHILD) or veth(HOME, 1, "")).detail


def test_what_to_type_instead_is_quoted_whatever_the_names_hold() -> None:
    graph = host()
    graph.apply([LinkSeen(veth(HOME, 60, "$(id)")), LinkSeen(veth(WEB, 60, "$(id)"))])
    refusal = plan(graph, Move(LinkId(HOME, 60), WEB), Surroundings())
    assert isinstance(refusal, Refusal)
    assert refusal.instead[0].endswith("jackfield move 'host/$(id)' web --as '$(id)0'")
    assert typed("altname", "del", "host/lo", "-x") == "jackfield altname del host/lo -- -x"
    graph.apply([LinkSeen(veth(HOME, 61, "-x")), LinkSeen(veth(WEB, 61, "-x"))])
    dashed = plan(graph, Move(LinkId(HOME, 61), WEB), Surroundings())
    assert isinstance(dashed, Refusal)
    assert dashed.instead[0].endswith("jackfield move host/-x web --as=-x0")
