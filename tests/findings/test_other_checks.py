"""MTUs, macvlans, NICs, names, filters: each fires where it should, and is quiet beside it."""

from dataclasses import replace
from typing import Any

import pytest

from model.ethernet import link_local
from model.findings.observed import Acceptance, DroppingChain, Forwarding, Observed
from model.identity import UNKNOWN, LinkId
from model.intents import AddAddress, SetMtu
from model.link import BridgePort, Vxlan
from tests.findings.bench import HOME, Host, port_of

# MTU


def test_a_host_end_that_takes_less_than_the_inside_sends_is_a_warning() -> None:
    host = Host()
    near, inside = host.cable("web", host.box("web"), on=host.bridge("br0", "10.0.0.1/24"), near={"mtu": 1400})
    (break_,) = host.findings()
    assert (break_.code, break_.severity, break_.subject) == ("mtu-break", "warning", inside)
    assert break_.fix == SetMtu(near, 1500)


def test_a_tunnel_that_carries_less_than_a_container_sends_is_a_warning() -> None:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24")
    _, inside = host.cable("web", host.box("web"), on=br0)
    tunnel = host.link("vxlan", "vxlan42", mtu=1450, detail=Vxlan(42), **port_of(br0))
    (break_,) = host.findings()
    assert (break_.subject, break_.fix) == (inside, SetMtu(inside, 1450))
    assert "host/vxlan42" in break_.text
    host.change(tunnel, mtu=1500)
    assert host.findings() == ()


def test_a_container_that_takes_less_than_its_neighbour_sends_is_a_note() -> None:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24")
    host.cable("web", host.box("web"), on=br0)
    _, less = host.cable("db", host.box("db"), on=br0, near={"mtu": 1400}, far={"mtu": 1400})
    assert [(one.code, one.severity, one.subject) for one in host.findings()] == [("mtu-differs", "note", less)]


def test_a_jumbo_uplink_of_small_containers_is_healthy() -> None:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24")
    host.nic("eth0", on=br0, mtu=9000)
    host.cable("web", host.box("web"), on=br0)
    assert host.findings() == ()


# Macvlans


def macvlan_beside(parent: str, child: str, mode: str = "bridge") -> Host:
    host = Host()
    host.macvlan(host.nic("eth0", parent), host.box("web"), child, mode=mode)
    return host


def test_a_macvlan_in_its_parents_subnet_is_a_note() -> None:
    assert macvlan_beside("10.0.0.1/24", "10.0.0.2/24").codes() == {("note", "macvlan-host")}


@pytest.mark.parametrize(
    ("parent", "child", "mode"),
    [("10.0.0.1/24", "10.0.1.2/24", "bridge"), ("10.0.0.1/24", "10.0.0.2/24", "passthru")],
    ids=["another subnet", "passthru"],
)
def test_other_macvlans_are_none(parent: str, child: str, mode: str) -> None:
    assert macvlan_beside(parent, child, mode).findings() == ()


def test_a_host_with_a_macvlan_of_its_own_knows() -> None:
    host = macvlan_beside("10.0.0.1/24", "10.0.0.2/24")
    eth0 = next(link.id for link in host.links.values() if link.name == "eth0")
    host.macvlan(eth0, HOME, "10.0.0.3/32")
    assert host.findings() == ()


# NICs


@pytest.mark.parametrize(
    ("runtime", "name", "severity"), [("lxc", "eth0", "note"), ("docker", "eth0", "warning"), ("docker", "wan", "note")]
)
def test_a_nic_inside_a_container_is_told_by_how_it_comes_back(runtime: str, name: str, severity: str) -> None:
    host = Host()
    host.nic("eth0", "10.0.0.1/24")
    host.nic(name, space=host.box("fw", runtime))
    assert host.codes() == {(severity, "nic-in-container")}


def test_a_nic_in_a_namespace_without_a_container_is_its_operators_business() -> None:
    host = Host()
    host.nic("eth1", space=host.box(names=("lab",), found_by=("mount",)))
    assert host.findings() == ()


# Names


@pytest.mark.parametrize(
    ("runtime", "name", "is_told"),
    [
        ("lxc", "veth8pUZr", True),
        ("docker", "veth3f0a1bc", True),
        ("podman", "veth0", True),
        ("lxc", "tinderbox0", False),
        ("lxc", "veth0", False),
        ("kubernetes", "veth3f0a1bc", False),
    ],
)
def test_a_made_up_name_is_a_note_that_offers_a_pin(runtime: str, name: str, is_told: bool) -> None:
    host = Host()
    host.cable(name, host.box("web", runtime), on=host.bridge("br0", "10.0.0.1/24"))
    pin = f"jackfield pin host/{name} --name '{{owner}}-{{link}}' --mac derived"
    assert [one.fix for one in host.of("random-name")] == ([pin] if is_told else [])


def test_a_made_up_name_beside_one_that_somebody_gave_is_none() -> None:
    host = Host()
    host.cable("veth8pUZr", host.box("web", "lxd"), on=host.bridge("br0", "10.0.0.1/24"), near={"altnames": ("web0",)})
    assert host.of("random-name") == []


def test_of_a_users_own_container_no_pin_and_no_guard_is_offered() -> None:
    host, near, _ = bridge_of_two()
    (space,) = host.owners
    host.owners[space] = (replace(host.owners[space][0], user="alice"),)
    host.change(near, name="veth8pUZr")
    told = host.findings(Observed(frame_filters={HOME: frozenset()}))
    assert {(one.code, one.fix) for one in told if one.subject == near} == {("random-name", None), ("can-forge", None)}


def test_two_containers_of_one_name_are_a_note() -> None:
    host = Host()
    one, other = host.box("web", "lxc"), host.box("web", "docker")
    (twice,) = host.findings()
    assert (twice.code, twice.severity, twice.subject) == ("duplicate-name", "note", min(one, other))


def test_a_name_that_udev_gave_is_a_note() -> None:
    host = Host()
    near, _ = host.cable("lan0", host.box("web"), on=host.bridge("br0", "10.0.0.1/24"))
    observed = Observed(udev_names={near: "/etc/systemd/network/10-lan.link"})
    (named,) = host.findings(observed)
    assert (named.code, named.severity, named.subject) == ("named-by-udev", "note", near)
    assert "10-lan.link" in named.text


# Link-locals


def test_a_link_local_of_an_earlier_mac_is_a_note() -> None:
    host = Host()
    old = link_local("02:aa:00:00:00:01")
    _, inside = host.cable("web", host.box("web"), f"{old}/64", on=host.bridge("br0", "10.0.0.1/24"))
    (stale,) = host.findings()
    assert (stale.code, stale.severity) == ("link-local-stale", "note")
    assert stale.fix == AddAddress(inside, f"{link_local(host.links[inside].mac)}/64")


@pytest.mark.parametrize("address", ["fe80::1/64", "fe80::8c14:e0aa:bbee:5fd3/64"])
def test_a_link_local_that_somebody_chose_is_none(address: str) -> None:
    host = Host()
    host.cable("web", host.box("web"), address, on=host.bridge("br0", "10.0.0.1/24"))
    assert host.findings() == ()


# Spoofing


def bridge_of_two(**how: Any) -> tuple[Host, LinkId, LinkId]:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24")
    near, _ = host.cable("web", host.box("web"), on=br0, near=how)
    return host, near, host.tap("vnet0", "win11", br0)


def test_ports_of_containers_and_vms_that_nothing_filters_are_notes() -> None:
    host, near, tap = bridge_of_two()
    forging = host.of("can-forge", Observed(frame_filters={HOME: frozenset()}))
    assert [(one.subject, one.fix) for one in forging] == [
        (near, "jackfield guard host/web"),
        (tap, None),
    ]
    assert "jackfield guard PORT --mac M" in forging[1].explanation


def test_ports_that_are_filtered_locked_or_not_read_about_are_none() -> None:
    host, near, tap = bridge_of_two()
    assert not host.of("can-forge")
    assert not host.of("can-forge", Observed(frame_filters={HOME: None}))
    assert [one.subject for one in host.of("can-forge", Observed(frame_filters={HOME: frozenset({tap})}))] == [near]
    locked, _, tap = bridge_of_two(port=BridgePort(locked=True))
    assert [one.subject for one in locked.of("can-forge", Observed(frame_filters={HOME: frozenset()}))] == [tap]


# Forwarding


def forwarding(*accepts: Acceptance, calls: frozenset[int] = frozenset({4, 6})) -> Observed:
    return Observed(forwarding={HOME: Forwarding(calls, (DroppingChain(4, "ip filter FORWARD", accepts),))})


def two_ports() -> Host:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24")
    host.cable("web", host.box("web"), on=br0)
    host.cable("db", host.box("db"), on=br0)
    return host


DOCKERS = (
    Acceptance(frozenset({"docker0"}), None),
    Acceptance(None, frozenset({"docker0"}), only_answers=True),
    Acceptance(only_answers=True),
)


def test_a_forward_policy_that_drops_what_a_bridge_forwards_is_an_error() -> None:
    (dropped,) = two_ports().findings(forwarding(*DOCKERS))
    assert (dropped.code, dropped.severity) == ("forward-drops-bridged", "error")
    assert dropped.fix == "sysctl -w net.bridge.bridge-nf-call-iptables=0"


@pytest.mark.parametrize(
    "observed",
    [
        Observed(),
        forwarding(*DOCKERS, calls=frozenset()),
        forwarding(*DOCKERS, calls=frozenset({6})),
        forwarding(*DOCKERS, Acceptance(frozenset({"br0"}), None)),
        forwarding(*DOCKERS, Acceptance(frozenset({"br*"}), frozenset({"br0"}))),
        forwarding(*DOCKERS, Acceptance()),
    ],
    ids=["not read", "not called", "the other family", "accepted by name", "by pattern", "all accepted"],
)
def test_where_packets_pass_or_may_pass_there_is_none(observed: Observed) -> None:
    assert two_ports().findings(observed) == ()


def test_a_bridge_with_one_running_port_forwards_nothing_anyway() -> None:
    host = Host()
    host.cable("web", host.box("web"), on=host.bridge("br0", "10.0.0.1/24"))
    host.link("veth", "idle", peer=UNKNOWN, up=False, carrier=False)
    assert host.findings(forwarding()) == ()


def test_what_switches_it_off_runs_in_the_namespace_of_the_bridge() -> None:
    host = Host()
    lab = host.box(names=("my lab",), found_by=("mount",))
    br0 = host.bridge("br0", "10.0.0.1/24", space=lab)
    for name in ("web", "db"):
        host.link("veth", name, space=lab, peer=UNKNOWN, **port_of(br0))
    observed = Observed(forwarding={lab: Forwarding(frozenset({4}), (DroppingChain(4, "ip filter FORWARD"),))})
    (dropped,) = host.of("forward-drops-bridged", observed)
    assert dropped.fix == "ip netns exec 'my lab' sysctl -w net.bridge.bridge-nf-call-iptables=0"
