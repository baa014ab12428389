"""Every operation, on the kernel, as `ip` and `bridge` then see it; and what the kernel, or we, refuse."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from backend import named_netns, netns, sysctls
from backend.executor import execute
from backend.writing import Answer, WritingSocket
from model.identity import LinkId, NamespaceId
from model.intents import CreateNamespace
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
    DropLinkAddress,
    DropLinkAltname,
    DropNamespace,
    Handle,
    MoveLink,
    NameNamespace,
    NextHop,
    Operation,
    RenameLink,
    RouteSpec,
    SetBridgeSettings,
    SetLinkAlias,
    SetLinkMac,
    SetLinkMtu,
    SetLinkUp,
    SetMaster,
    SetMode,
    SetPortSettings,
    SetSysctl,
    VethEnd,
)
from model.plan import Fate, Outcome, Plan, Step
from model.taking_back import taking_back
from tests.changes.bench import A, B, Place, fates
from tests.kernel.iproute import ip

pytestmark = pytest.mark.root

MAC, OTHER_MAC = "02:00:00:00:00:01", "02:00:00:00:00:02"
NO_SUCH = 0x7FFF
"""An ioctl, and a socket option, that no kernel has."""


def test_a_veth_is_made_with_both_names_macs_namespaces_and_numbers(place: Place) -> None:
    near, far = VethEnd(A, "near0", MAC, 71), VethEnd(B, "far0", OTHER_MAC, 72)
    (outcome,) = place.done(AddVeth(near, far, 1400))
    assert outcome.made == ((Handle(A, "near0"), LinkId(A, 71)), (Handle(B, "far0"), LinkId(B, 72)))
    here, there = place.link(A, "near0"), place.link(B, "far0")
    assert (here["address"], here["mtu"], here["ifindex"], here["link_index"]) == (MAC, 1400, 71, 72)
    assert (there["address"], there["mtu"], there["ifindex"]) == (OTHER_MAC, 1400, 72)


def test_a_number_that_is_taken_is_done_without(place: Place) -> None:
    place.done(AddBridge(A, "br0", MAC, ifindex=71))
    (outcome,) = place.done(AddVeth(VethEnd(A, "near0", ifindex=71), VethEnd(A, "far0", ifindex=72)))
    got = place.index(A, "near0")
    assert got != 71
    assert place.index(A, "far0") == 72
    assert (Handle(A, "near0", 71), LinkId(A, got)) in outcome.made


def test_steps_after_one_that_did_not_get_its_number_act_on_what_it_made(place: Place) -> None:
    place.done(AddBridge(A, "br0", MAC, ifindex=71))
    meant = Handle(A, "br1", 71)
    place.done(AddBridge(A, "br1", OTHER_MAC, ifindex=71), SetLinkMtu(meant, 1400))
    assert (place.link(A, "br0")["mtu"], place.link(A, "br1")["mtu"]) == (1500, 1400)


def test_a_bridge_is_made_with_its_settings(place: Place) -> None:
    settings = (("stp", True), ("ageing_s", 120), ("forward_delay_s", 4.5), ("priority", 4096))
    place.done(AddBridge(A, "br0", MAC, (*settings, ("multicast_snooping", False))))
    bridge = place.link(A, "br0")
    assert (bridge["address"], bridge["stp_state"], bridge["ageing_time"]) == (MAC, 1, 12000)
    assert (bridge["forward_delay"], bridge["priority"], bridge["mcast_snooping"]) == (450, 4096, 0)


@pytest.mark.parametrize("kind", ["macvlan", "macvtap"])
@pytest.mark.parametrize("where", [A, B])
def test_a_macvlan_is_made_in_any_namespace(place: Place, kind: str, where: NamespaceId) -> None:
    place.ip(A, "link", "add", "dev", "p0", "type", "ifb")
    sources = ("02:00:00:00:00:08", "02:00:00:00:00:09")
    parent = place.handle(A, "p0")
    (outcome,) = place.done(AddMacvlan(parent, where, "mv0", "source", kind, MAC, sources, 44))
    made = place.link(where, "mv0")
    assert (made["kind"], made["mode"], made["address"], made["ifindex"]) == (kind, "source", MAC, 44)
    assert made["macaddr_count"] == len(sources)
    assert outcome.made == ((Handle(where, "mv0"), LinkId(where, 44)),)


def test_links_made_by_the_plan_are_acted_on_by_name_alone(place: Place) -> None:
    place.done(
        AddBridge(A, "br0", MAC),
        AddVeth(VethEnd(A, "port0"), VethEnd(B, "eth0")),
        SetMaster(Handle(A, "port0"), Handle(A, "br0")),
        RenameLink(Handle(A, "port0"), "web0"),
        SetLinkUp(Handle(A, "web0"), up=True),
        MoveLink(Handle(B, "eth0"), A, "inner0"),
        SetLinkMtu(Handle(A, "inner0"), 1300),
    )
    assert place.link(A, "web0")["master"] == "br0"
    assert "UP" in place.link(A, "web0")["flags"]
    assert place.link(A, "inner0")["mtu"] == 1300


def test_a_link_gets_names_a_note_a_mac_and_an_mtu_and_loses_them(place: Place) -> None:
    place.done(AddBridge(A, "br0", MAC))
    link = place.handle(A, "br0")
    before = place.link(A, "br0")
    place.done(
        AddLinkAltname(link, "a-long-name-for-people"),
        SetLinkAlias(link, "towards the lab"),
        SetLinkMac(link, OTHER_MAC),
        SetLinkMtu(link, 1280),
    )
    changed = place.link(A, "br0")
    assert (changed["altnames"], changed["ifalias"]) == (["a-long-name-for-people"], "towards the lab")
    assert (changed["address"], changed["mtu"]) == (OTHER_MAC, 1280)
    place.done(
        DropLinkAltname(link, "a-long-name-for-people"),
        SetLinkAlias(link, ""),
        SetLinkMac(link, MAC),
        SetLinkMtu(link, 1500),
    )
    assert place.link(A, "br0") == before


def test_a_name_may_be_any_bytes_that_the_kernel_takes(place: Place) -> None:
    name, new = b"br\xff\x1b[1m".decode("utf-8", "surrogateescape"), b"\xfe".decode("utf-8", "surrogateescape")
    (outcome,) = place.done(AddBridge(A, name, MAC))
    assert outcome.made[0][1].ifindex == place.index(A, name)
    link = place.handle(A, name)
    place.done(RenameLink(link, new), AddLinkAltname(link, name), SetLinkAlias(link, name))
    assert place.index(A, new) == link.ifindex
    place.done(SetSysctl(link, "ipv4", "arp_notify", "1"), DropLinkAltname(link, name))


def test_a_link_that_is_up_is_renamed(place: Place) -> None:
    place.done(AddBridge(A, "br0", MAC))
    link = place.handle(A, "br0")
    place.done(SetLinkUp(link, up=True), RenameLink(link, "lan"))
    assert "UP" in place.link(A, "lan")["flags"]


def test_a_port_gets_its_settings(place: Place) -> None:
    place.done(AddBridge(A, "br0", MAC), AddVeth(VethEnd(A, "p0"), VethEnd(A, "q0")))
    port = place.handle(A, "p0")
    words = ("isolated", "hairpin", "locked", "guard", "root_block", "fast_leave")
    off = ("learning", "flood", "mcast_flood", "bcast_flood")
    settings = (*((word, True) for word in words), *((word, False) for word in off), ("cost", 7), ("priority", 3))
    place.done(SetMaster(port, place.handle(A, "br0")), SetPortSettings(port, settings))
    seen = place.link(A, "p0")
    assert [seen[word] for word in ("isolated", "hairpin", "locked", "guard", "root_block", "fastleave")] == [True] * 6
    assert [seen[word] for word in (*off[:3], "bcast_flood")] == [False] * 4
    assert (seen["cost"], seen["priority"]) == (7, 3)


def test_a_bridge_changes_its_settings(place: Place) -> None:
    place.done(AddBridge(A, "br0", MAC))
    place.done(SetBridgeSettings(place.handle(A, "br0"), (("ageing_s", 30), ("stp", True))))
    assert (place.link(A, "br0")["ageing_time"], place.link(A, "br0")["stp_state"]) == (3000, 1)


def test_a_macvlan_switches_its_mode_and_what_it_listens_to(place: Place) -> None:
    place.ip(A, "link", "add", "dev", "p0", "type", "ifb")
    place.done(AddMacvlan(place.handle(A, "p0"), A, "mv0", "vepa"))
    link = place.handle(A, "mv0")
    place.done(SetMode(link, "macvlan", "source", (MAC,)))
    assert (place.link(A, "mv0")["mode"], place.link(A, "mv0")["macaddr_count"]) == ("source", 1)
    place.done(SetMode(link, "macvlan", "source", ()))
    assert place.link(A, "mv0").get("macaddr_count", 0) == 0
    place.done(SetMode(link, "macvlan", "bridge"))
    assert place.link(A, "mv0")["mode"] == "bridge"


def test_a_link_goes_to_another_namespace_under_the_number_that_is_asked_for(place: Place) -> None:
    place.done(AddVeth(VethEnd(A, "near0"), VethEnd(A, "far0")))
    (outcome,) = place.done(MoveLink(place.handle(A, "far0"), B, "eth0", 91))
    assert outcome.made == ((Handle(B, "eth0"), LinkId(B, 91)),)
    assert place.link(B, "eth0")["ifindex"] == 91
    taken = place.done(MoveLink(place.handle(A, "near0"), B, "eth1", 91))
    assert (Handle(B, "eth1", 91), LinkId(B, place.index(B, "eth1"))) in taken[0].made


def test_a_move_onto_a_name_that_is_taken_moves_nothing(place: Place) -> None:
    place.done(AddVeth(VethEnd(A, "near0"), VethEnd(A, "far0")), AddBridge(B, "eth0", MAC))
    (outcome,) = place.do(MoveLink(place.handle(A, "far0"), B, "eth0"))
    assert outcome.fate is Fate.FAILED
    assert "another link there has that name" in outcome.error
    assert place.link(A, "far0")


def test_addresses_come_with_all_that_they_had(place: Place) -> None:
    place.done(AddBridge(A, "br0", MAC))
    link = place.handle(A, "br0")
    full = AddLinkAddress(
        link, "192.0.2.1/24", broadcast="192.0.2.255", label="br0:one", metric=7, valid_s=4000, preferred_s=3000
    )
    six = AddLinkAddress(link, "2001:db8::1/64", flags=("nodad", "noprefixroute"))
    pointed = AddLinkAddress(link, "198.51.100.1/32", peer="198.51.100.2", scope="link")
    place.done(full, six, pointed)
    seen = {address["local"]: address for address in place.addresses(A, "br0")}
    assert (seen["192.0.2.1"]["broadcast"], seen["192.0.2.1"]["label"]) == ("192.0.2.255", "br0:one")
    assert seen["192.0.2.1"]["metric"] == 7
    assert 2900 <= seen["192.0.2.1"]["preferred_life_time"] <= 3000
    assert (seen["198.51.100.1"]["address"], seen["198.51.100.1"]["scope"]) == ("198.51.100.2", "link")
    assert seen["2001:db8::1"]["noprefixroute"] is True
    place.done(
        DropLinkAddress(link, "192.0.2.1/24"),
        DropLinkAddress(link, "2001:db8::1/64"),
        DropLinkAddress(link, "198.51.100.1/32", "198.51.100.2"),
    )
    assert place.addresses(A, "br0") == []


def test_routes_neighbours_forwarding_and_a_qdisc_are_made(place: Place) -> None:
    place.done(AddBridge(A, "br0", MAC), AddVeth(VethEnd(A, "p0"), VethEnd(A, "q0")))
    bridge, port, other = (place.handle(A, name) for name in ("br0", "p0", "q0"))
    place.done(
        SetMaster(port, bridge),
        *(SetLinkUp(link, up=True) for link in (bridge, port, other)),
        AddLinkAddress(bridge, "192.0.2.1/24"),
        AddLinkAddress(bridge, "2001:db8::1/64", flags=("nodad",)),
        AddRoute(RouteSpec(A, 4, "default", (NextHop(bridge, "192.0.2.254"),), metric=5, mtu=1280)),
        AddRoute(RouteSpec(A, 4, "198.51.100.0/24", (NextHop(bridge, "192.0.2.253"),), table=1000, source="192.0.2.1")),
        AddRoute(
            RouteSpec(A, 4, "203.0.113.0/24", (NextHop(bridge, "192.0.2.3"), NextHop(bridge, "192.0.2.4", weight=3)))
        ),
        AddRoute(RouteSpec(A, 4, "192.88.99.0/24", (NextHop(bridge, "2001:db8::9"),))),
        AddRoute(RouteSpec(A, 4, "192.88.98.0/24", (), kind="blackhole")),
        AddRoute(RouteSpec(A, 6, "2001:db8:1::/48", (NextHop(bridge, "2001:db8::2"),), metric=7)),
        AddRoute(RouteSpec(A, 6, "2001:db8:2::/48", (NextHop(bridge, "2001:db8::2"), NextHop(bridge, "2001:db8::3")))),
        AddForwarding(port, "02:00:00:00:00:21", "static"),
        AddForwarding(port, "02:00:00:00:00:22", "sticky"),
        AddForwarding(other, "02:00:00:00:00:23", "permanent", own=True),
        AddNeighbour(bridge, "192.0.2.7", "02:00:00:00:00:07"),
        AddNeighbour(bridge, "2001:db8::7", "02:00:00:00:00:07"),
        AddClsact(port),
    )
    routes = {route["dst"]: route for route in json.loads(place.ip(A, "-d", "-j", "route", "show", "table", "all"))}
    assert (routes["default"]["gateway"], routes["default"]["metric"]) == ("192.0.2.254", 5)
    assert routes["default"]["metrics"] == [{"mtu": 1280}]
    assert (routes["198.51.100.0/24"]["table"], routes["198.51.100.0/24"]["prefsrc"]) == ("1000", "192.0.2.1")
    assert [hop["weight"] for hop in routes["203.0.113.0/24"]["nexthops"]] == [1, 3]
    assert routes["192.88.99.0/24"]["via"]["host"] == "2001:db8::9"
    assert routes["192.88.98.0/24"]["type"] == "blackhole"
    sixes = {route["dst"]: route for route in json.loads(place.ip(A, "-6", "-d", "-j", "route"))}
    assert (sixes["2001:db8:1::/48"]["gateway"], sixes["2001:db8:1::/48"]["metric"]) == ("2001:db8::2", 7)
    assert len(sixes["2001:db8:2::/48"]["nexthops"]) == 2
    entries = {entry["mac"]: entry for entry in json.loads(place.run(A, "bridge", "-d", "-j", "fdb"))}
    assert (entries["02:00:00:00:00:21"]["state"], entries["02:00:00:00:00:21"]["master"]) == ("static", "br0")
    assert "sticky" in entries["02:00:00:00:00:22"]["flags"]
    assert entries["02:00:00:00:00:23"]["flags"] == ["self"]
    neighbours = {one["dst"]: one for one in json.loads(place.ip(A, "-j", "neighbour"))}
    assert neighbours["192.0.2.7"]["state"] == neighbours["2001:db8::7"]["state"] == ["PERMANENT"]
    assert any(
        qdisc["kind"] == "clsact" for qdisc in json.loads(place.run(A, "tc", "-j", "qdisc", "show", "dev", "p0"))
    )


def test_a_sysctl_is_set_in_the_links_own_namespace(place: Place) -> None:
    place.done(AddVeth(VethEnd(A, "same0"), VethEnd(B, "same0")))
    place.done(SetSysctl(place.handle(B, "same0"), "ipv6", "disable_ipv6", "1"))
    read = [place.run(space, "sysctl", "-n", "net/ipv6/conf/same0/disable_ipv6").strip() for space in (A, B)]
    assert read == ["0", "1"]


@pytest.mark.parametrize("name", ["all", "default", "..", "a/b"])
def test_only_a_links_own_sysctls_are_written(private_host: int, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        sysctls.write("ipv4", name, "forwarding", "1")


def test_a_sysctl_key_is_no_path(place: Place) -> None:
    place.done(AddBridge(A, "br0", MAC))
    for key in ("../default/forwarding", "../../ip_forward", ""):
        (outcome,) = place.do(SetSysctl(place.handle(A, "br0"), "ipv4", key, "1"))
        assert outcome.fate is Fate.FAILED


def test_a_namespace_gets_a_name_another_one_and_loses_both(place: Place) -> None:
    name, second = f"jf-test-{os.getpid()}-new", f"jf-test-{os.getpid()}-second"
    try:
        place.done(AddNamespace(name), NameNamespace(A, second))
        assert place.ip(A, "netns", "list").count(name) == 1
        assert Path("/run/netns", second).samefile(Path("/run/netns", place.names[A]))
        (again,) = place.do(AddNamespace(name))
        assert "exists" in again.error
    finally:
        outcomes = place.do(DropNamespace(name))
        outcomes += place.do(DropNamespace(second))
    assert fates(outcomes) == ["done", "done"]
    assert not Path("/run/netns", name).exists()
    assert Path("/run/netns", place.names[A]).exists()


def test_a_name_that_another_namespace_has_by_now_is_kept(place: Place) -> None:
    name = f"jf-test-{os.getpid()}-again"
    place.done(NameNamespace(A, name))
    place.done(DropNamespace(name, A), AddNamespace(name))
    try:
        (kept,) = place.do(DropNamespace(name, A))
        assert kept.fate is Fate.FAILED
        assert kept.error.endswith(f"{name} is the name of another namespace by now")
        assert Path("/run/netns", name).exists()
    finally:
        place.done(DropNamespace(name))


@pytest.fixture
def lab() -> Iterator[str]:
    """A name for a namespace, which has none when the test is over."""
    name = f"jf-test-{os.getpid()}-lab"
    yield name
    if Path("/run/netns", name).exists():
        ip("netns", "delete", name)


def made_again_by_somebody_else(name: str) -> None:
    ip("netns", "delete", name)
    ip("netns", "add", name)


def undo_of(name: str, outcomes: Sequence[Outcome]) -> list[Operation]:
    plan = Plan(CreateNamespace(name), (Step(AddNamespace(name), (DropNamespace(name),)),))
    return [one.operation for one in taking_back(plan, outcomes)]


def test_a_namespace_that_was_made_is_taken_back(place: Place, lab: str) -> None:
    place.done(*undo_of(lab, place.done(AddNamespace(lab))))
    assert not Path("/run/netns", lab).exists()


def test_an_empty_namespace_that_somebody_else_made_again_is_not_taken_back(place: Place, lab: str) -> None:
    outcomes = place.done(AddNamespace(lab))
    made_again_by_somebody_else(lab)
    (kept,) = place.do(*undo_of(lab, outcomes))
    assert kept.error == f"cannot take the name of namespace {lab} away: {lab} is the name of another namespace by now"
    assert lab in ip("netns", "list")


def test_a_namespace_that_was_there_first_is_not_taken_back_by_who_was_killed_making_it(place: Place, lab: str) -> None:
    """What became of the step was never written down: it was refused."""
    heard: list[Outcome] = []
    ip("netns", "add", lab)
    assert fates(place.do(AddNamespace(lab), told=heard.append)) == ["failed"]
    assert fates(heard[:1]) == ["begun"]
    (kept,) = place.do(*undo_of(lab, heard[:1]))
    assert kept.error.endswith("is the name of another namespace by now")
    assert lab in ip("netns", "list")


def test_a_namespace_is_known_before_it_has_its_name(place: Place, lab: str) -> None:
    heard: list[Outcome] = []

    def told(outcome: Outcome) -> None:
        heard.append(outcome)
        assert Path("/run/netns", lab).exists() is (outcome.fate is Fate.DONE)

    place.do(AddNamespace(lab), told=told)
    begun, done = heard
    assert begun.namespace == done.namespace
    place.done(*undo_of(lab, [begun]))
    assert not Path("/run/netns", lab).exists()


def test_who_gets_the_name_while_it_is_taken_away_keeps_it(place: Place, lab: str) -> None:
    place.done(AddNamespace(lab))
    fd = named_netns.open_named(lab)
    try:
        made_again_by_somebody_else(lab)
        with pytest.raises(OSError, match="umount"):
            named_netns.drop(fd, lab)
    finally:
        os.close(fd)
    assert lab in ip("netns", "list")
    assert ip("link", netns=lab)


def test_a_name_that_is_a_symbolic_link_is_left_alone(place: Place, lab: str) -> None:
    name = f"{lab}-elsewhere"
    place.done(AddNamespace(lab))
    Path("/run/netns", name).symlink_to(lab)
    try:
        (kept,) = place.do(DropNamespace(name))
        assert kept.error.endswith("it is a symbolic link, no name that ip netns gave")
        assert ip("link", netns=lab)
    finally:
        Path("/run/netns", name).unlink()


def test_where_the_kernel_cannot_tell_namespaces_apart_one_with_links_is_kept(
    place: Place, lab: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(netns, "NS_GET_ID", NO_SUCH)
    monkeypatch.setattr(netns, "SO_NETNS_COOKIE", NO_SUCH)
    outcomes = place.done(AddNamespace(lab))
    assert outcomes[0].namespace is None
    ip("link", "add", "br0", "type", "bridge", netns=lab)
    (kept,) = place.do(*undo_of(lab, outcomes))
    assert f"{lab} has links by now, and this kernel cannot tell whether it is the one that was made" in kept.error
    ip("link", "delete", "br0", netns=lab)
    (dropped,) = place.done(*undo_of(lab, outcomes))
    assert dropped.note == f"{lab} was found by its name: this kernel cannot tell namespaces apart"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x"])
def test_a_namespaces_name_is_no_path(place: Place, name: str) -> None:
    outcomes = place.do(AddNamespace(name)) + place.do(DropNamespace(name))
    assert fates(outcomes) == ["failed", "failed"]


def test_a_deleted_veth_takes_its_other_end_along(place: Place) -> None:
    place.done(AddVeth(VethEnd(A, "near0"), VethEnd(B, "far0")))
    place.done(DeleteLink(place.handle(A, "near0")))
    assert "far0" not in place.ip(B, "link")


def test_it_stops_at_the_first_refusal_and_says_what_was_not_tried(place: Place) -> None:
    place.done(AddBridge(A, "br0", MAC))
    link = place.handle(A, "br0")
    outcomes = place.do(SetLinkMtu(link, 1400), SetLinkMtu(link, 10), SetLinkAlias(link, "never"))
    assert fates(outcomes) == ["done", "failed", "not-tried"]
    assert outcomes[1].error == "cannot set the MTU of br0 to 10: a link of this kind cannot have that MTU"
    assert "mtu less than device minimum" in outcomes[1].kernel
    assert "ifalias" not in place.link(A, "br0")


def test_each_operation_is_told_before_and_after(place: Place) -> None:
    heard: list[Outcome] = []
    place.do(AddBridge(A, "br0", MAC), AddBridge(A, "br0", MAC), told=heard.append)
    assert fates(heard) == ["begun", "done", "begun", "failed"]


def test_nothing_is_done_that_cannot_be_written_down_before(place: Place) -> None:
    def full(_outcome: Outcome) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        place.do(AddBridge(A, "br0", MAC), told=full)
    assert "br0" not in place.ip(A, "link")


def test_a_link_renamed_meanwhile_is_acted_on_by_its_number_and_that_is_said(place: Place) -> None:
    place.done(AddBridge(A, "br0", MAC))
    planned = place.handle(A, "br0")
    place.ip(A, "link", "set", "dev", "br0", "name", "lan")
    place.done(AddBridge(A, "br0", OTHER_MAC))
    (outcome,) = place.done(SetLinkMtu(planned, 1400))
    assert outcome.note == "br0 is called lan by now"
    assert (place.link(A, "lan")["mtu"], place.link(A, "br0")["mtu"]) == (1400, 1500)


def test_a_link_that_udev_renames_as_it_arrives_is_found(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.done(AddVeth(VethEnd(A, "near0"), VethEnd(A, "far0")))
    ask = WritingSocket.write

    def renamed_at_once(self: WritingSocket, message: bytes) -> Answer:
        answer = ask(self, message)
        ip("link", "set", "dev", "near0", "name", "enp1", netns=place.names[B])
        return answer

    monkeypatch.setattr(WritingSocket, "write", renamed_at_once)
    number = place.index(A, "near0")
    (outcome,) = place.done(MoveLink(place.handle(A, "near0"), B, "near0"))
    assert outcome.made[0][1] == LinkId(B, number)
    assert outcome.note == "near0 is called enp1 by now"


def test_a_number_that_another_link_has_now_is_refused(place: Place) -> None:
    place.done(AddBridge(A, "br0", MAC))
    planned = Handle(A, "br0", place.index(A, "br0"), kind="bridge")
    place.ip(A, "link", "delete", "dev", "br0")
    place.done(AddVeth(VethEnd(A, "x0", ifindex=planned.ifindex), VethEnd(A, "x1")))
    (outcome,) = place.do(DeleteLink(planned))
    assert outcome.fate is Fate.FAILED
    assert "is now the veth x0, another link" in outcome.error
    assert place.link(A, "x0")


def test_a_link_that_is_gone_is_refused(place: Place) -> None:
    (outcome,) = place.do(SetLinkUp(Handle(A, "eth9", 99), up=True))
    assert outcome.error == "cannot set eth9 up: eth9 is not there any more"


def test_a_link_that_no_step_made_is_never_looked_up_by_name(place: Place) -> None:
    place.done(AddBridge(A, "br0", MAC))
    (outcome,) = place.do(DeleteLink(Handle(A, "br0")))
    assert outcome.fate is Fate.FAILED
    assert place.link(A, "br0")


def test_a_namespace_that_died_is_refused(place: Place) -> None:
    def gone(namespace: NamespaceId) -> int:
        raise FileNotFoundError(2, f"no descriptor of namespace {namespace} can be had")

    (outcome,) = execute([SetLinkUp(Handle(A, "eth0", 2), up=True)], gone)
    assert outcome.error == "cannot set eth0 up: its namespace is gone, or cannot be entered"


def refusals(place: Place) -> dict[str, tuple[Operation, ...]]:
    place.ip(A, "link", "add", "dev", "p0", "type", "ifb")
    place.ip(A, "link", "add", "dev", "p1", "type", "ifb")
    place.done(
        AddBridge(A, "br0", MAC),
        AddBridge(A, "br1", OTHER_MAC),
        AddMacvlan(place.handle(A, "p0"), A, "mv0", "vepa"),
        AddMacvlan(place.handle(A, "p1"), A, "mv1", "passthru"),
    )
    br0, br1, mv0, p0, p1 = (place.handle(A, name) for name in ("br0", "br1", "mv0", "p0", "p1"))
    return {
        "neither into nor out of passthru": (SetMode(mv0, "macvlan", "passthru"),),
        "another link there has that name": (RenameLink(br0, "br1"),),
        "a bridge cannot be a port of a bridge": (SetMaster(br0, br1),),
        "it is a port already, or the parent of a macvlan": (SetMaster(p0, br0),),
        "the parent cannot carry it": (AddMacvlan(p1, A, "mv2", "vepa"),),
        "no link may have that MAC": (SetLinkMac(br0, "01:00:5e:00:00:01"),),
    }


def test_every_refusal_has_a_reason_in_words(place: Place) -> None:
    for words, operations in refusals(place).items():
        outcome = place.do(*operations)[-1]
        assert outcome.fate is Fate.FAILED
        assert words in outcome.error, (outcome.error, outcome.kernel)
        assert outcome.kernel


def test_no_namespace_is_held_after_a_run(place: Place) -> None:
    def held() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    before = held()
    place.do(AddVeth(VethEnd(A, "near0"), VethEnd(B, "far0")), SetLinkUp(Handle(A, "no"), up=True))
    assert held() == before
