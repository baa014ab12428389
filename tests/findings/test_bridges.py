"""Ports of a bridge, its MAC, and loops."""

import pytest

from model.findings.observed import MacOrigin, Observed
from model.identity import LinkId
from model.intents import SetBridge, SetMac
from model.link import Bridge, BridgePort
from tests.findings.bench import Host


def test_an_empty_bridge_is_a_note() -> None:
    host = Host()
    host.bridge("docker0", "172.17.0.1/16")
    assert host.codes() == {("note", "bridge-empty")}


def test_a_bridge_with_one_port_is_told_only_where_the_host_has_no_address_on_it() -> None:
    host = Host()
    host.cable("web", host.box("web"), on=host.bridge("br0", "192.168.1.1/24"))
    assert host.findings() == ()
    alone = host.bridge("br1", "fe80::1/64")
    host.cable("db", host.box("db"), on=alone)
    assert [(finding.code, finding.subject) for finding in host.findings()] == [("bridge-one-port", alone)]


@pytest.mark.parametrize(("ports", "severity"), [(999, None), (1000, "warning"), (1022, "warning"), (1023, "error")])
def test_a_bridge_is_told_when_it_is_nearly_full(ports: int, severity: str | None) -> None:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/8")
    for number in range(ports):
        host.link("dummy", f"d{number}", master=br0.ifindex, master_kind="bridge", port=BridgePort())
    found = host.of("bridge-full")
    assert [finding.severity for finding in found] == ([severity] if severity else [])


def bridge_with(origin: MacOrigin | None, *cidrs: str) -> tuple[Host, LinkId, Observed]:
    host = Host()
    br0 = host.bridge("br0", *cidrs)
    for name in ("web", "db"):
        host.cable(name, host.box(name), on=br0)
    return host, br0, Observed({} if origin is None else {br0: origin})


def test_a_bridge_that_keeps_no_mac_of_its_own_is_a_warning() -> None:
    host, br0, observed = bridge_with(MacOrigin.RANDOM, "192.168.1.1/24")
    (moving,) = host.findings(observed)
    mac = host.links[br0].mac or ""
    assert (moving.code, moving.severity, moving.fix) == ("bridge-mac-moves", "warning", SetMac(br0, mac))


@pytest.mark.parametrize("origin", [MacOrigin.SET, None])
def test_a_bridge_whose_mac_was_set_or_not_read_about_is_none(origin: MacOrigin | None) -> None:
    host, _, observed = bridge_with(origin, "192.168.1.1/24")
    assert host.findings(observed) == ()


def test_the_mac_of_a_bridge_that_nobody_talks_to_may_move() -> None:
    host, _, observed = bridge_with(MacOrigin.RANDOM)
    assert host.findings(observed) == ()


def test_a_bridge_with_nothing_but_a_nic_has_that_nics_mac_for_good() -> None:
    host = Host()
    br0 = host.bridge("br0", "192.168.1.1/24")
    host.nic("eth0", on=br0)
    assert host.findings(Observed({br0: MacOrigin.RANDOM})) == ()


# Loops


def joined(times: int, **how: object) -> tuple[Host, LinkId, LinkId]:
    host = Host()
    one, other = host.bridge("br0", "10.0.0.1/24"), host.bridge("br1", "10.0.0.2/24")
    for _ in range(times):
        host.patch(one, other, **how)
    return host, one, other


def test_two_bridges_with_one_cable_are_no_loop() -> None:
    host, _, _ = joined(1)
    assert host.findings() == ()


def test_two_bridges_with_two_cables_are_a_loop() -> None:
    host, one, other = joined(2)
    (loop,) = host.findings()
    assert (loop.code, loop.severity, loop.subject) == ("bridge-loop", "error", one)
    assert loop.fix == SetBridge(one, (("stp", True),))
    host.change(other, detail=Bridge(stp=True))
    assert host.findings() == ()


def test_three_bridges_in_a_ring_are_a_loop() -> None:
    host, one, other = joined(1)
    third = host.bridge("br2", "10.0.0.3/24")
    host.patch(other, third)
    assert host.findings() == ()
    host.patch(third, one)
    assert host.codes() == {("error", "bridge-loop")}


def test_a_bridge_joined_to_itself_is_a_loop() -> None:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24")
    host.patch(br0, br0)
    assert host.codes() == {("error", "bridge-loop")}


def test_a_loop_of_which_one_cable_is_down_is_a_warning() -> None:
    host, one, other = joined(1)
    host.patch(one, other, up=False, carrier=False)
    assert host.codes() == {("warning", "bridge-loop")}


@pytest.mark.parametrize(
    "how",
    [
        {"port": BridgePort(isolated=True)},
        {"port": BridgePort("blocking"), "up": True},
    ],
    ids=["isolated", "blocking"],
)
def test_ports_that_do_not_pass_frames_on_make_no_live_loop(how: dict[str, object]) -> None:
    host, one, other = joined(1)
    host.patch(one, other, **how)
    assert ("error", "bridge-loop") not in host.codes()


def test_where_vlans_are_kept_apart_two_cables_may_be_meant() -> None:
    host, one, _ = joined(2)
    host.change(one, detail=Bridge(vlan_filtering=True))
    assert host.findings() == ()
