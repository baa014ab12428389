"""MACs and addresses that two have."""

from model.intents import SetMac
from model.link import Bridge
from tests.findings.bench import HOME, Host, address_of

MAC = "02:16:3e:00:00:01"


def two_on_a_bridge(one: str = MAC, other: str = MAC) -> Host:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24")
    host.cable("web", host.box("web"), "10.0.0.2/24", on=br0, far={"mac": one})
    host.cable("db", host.box("db"), "10.0.0.3/24", on=br0, far={"mac": other})
    return host


def test_two_containers_with_one_mac_on_a_bridge_are_an_error() -> None:
    host = two_on_a_bridge()
    (same,) = host.findings()
    assert (same.code, same.severity) == ("duplicate-mac", "error")
    assert isinstance(same.fix, SetMac)
    assert not host.graph().links_by_mac(same.fix.mac)


def test_the_same_mac_on_two_segments_is_none() -> None:
    host = Host()
    for name in ("br0", "br1"):
        bridge = host.bridge(name, f"10.0.{name[-1]}.1/24")
        host.cable(f"v{name}", host.box(f"x{name}"), f"10.0.{name[-1]}.2/24", on=bridge, far={"mac": MAC})
    assert host.findings() == ()
    one, other = (link for link, at in host.links.items() if at.kind == "bridge")
    host.patch(one, other)
    assert host.codes() == {("error", "duplicate-mac")}


def test_a_virtual_router_may_have_its_mac_twice() -> None:
    assert two_on_a_bridge("00:00:5e:00:01:0a", "00:00:5e:00:01:0a").findings() == ()


def test_one_that_is_switched_off_does_not_count() -> None:
    host = two_on_a_bridge()
    inside = next(link.id for link in host.links.values() if link.mac == MAC)
    host.change(inside, up=False)
    assert not host.of("duplicate-mac")


def test_a_container_with_the_mac_of_its_own_port_is_an_error() -> None:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24")
    _, inside = host.cable("web", host.box("web"), on=br0, near={"mac": MAC}, far={"mac": MAC})
    (same,) = host.findings()
    assert (same.code, same.subject) == ("duplicate-mac", inside)
    assert "the port host/web" in same.text


def test_ports_may_have_the_same_mac_and_a_bridge_its_ports() -> None:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24", mac=MAC)
    for name in ("web", "db"):
        host.cable(name, host.box(name), on=br0, near={"mac": MAC})
    assert host.findings() == ()


def test_a_passthru_macvlan_has_its_parents_mac() -> None:
    host = Host()
    eth0 = host.nic("eth0", mac=MAC)
    host.macvlan(eth0, host.box("web"), mode="passthru", mac=MAC)
    assert host.findings() == ()


def test_where_vlans_are_kept_apart_a_mac_may_be_there_twice() -> None:
    host = two_on_a_bridge()
    br0 = next(link.id for link in host.links.values() if link.kind == "bridge")
    host.change(br0, detail=Bridge(vlan_filtering=True))
    assert host.findings() == ()


def test_two_macvlans_on_different_parents_of_one_segment_are_found() -> None:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24")
    _, inside = host.cable("web", host.box("web"), on=br0)
    host.macvlan(inside, host.box("one"), mac=MAC)
    host.cable("db", host.box("db"), on=br0, far={"mac": MAC})
    assert host.codes() == {("error", "duplicate-mac")}


# Addresses


def test_one_address_of_two_containers_on_a_bridge_is_an_error() -> None:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24")
    host.cable("web", host.box("web"), "10.0.0.2/24", on=br0)
    _, second = host.cable("db", host.box("db"), "10.0.0.2/16", on=br0)
    (same,) = host.findings()
    assert (same.code, same.severity, same.subject, same.fix) == ("duplicate-address", "error", second, None)
    assert "10.0.0.2" in same.text
    assert "web/eth0" in same.text


def test_the_hosts_own_address_given_to_a_container_is_an_error() -> None:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24")
    _, inside = host.cable("web", host.box("web"), "10.0.0.1/24", on=br0)
    assert [finding.subject for finding in host.of("duplicate-address")] == [inside]


def test_the_same_address_on_cables_that_do_not_meet_is_routing() -> None:
    host = Host()
    for name in ("web", "db"):
        near, _ = host.cable(name, host.box(name), "10.0.0.2/32")
        host.addresses[near].append(address_of("169.254.1.1/32"))
    assert host.findings() == ()


def test_one_namespace_may_have_an_address_on_two_links() -> None:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24")
    host.cable("web", HOME, "10.0.0.1/24", on=br0)
    assert host.findings() == ()


def test_an_address_that_the_kernel_refused_is_an_error() -> None:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24")
    _, inside = host.cable("web", host.box("web"), on=br0)
    host.addresses[inside].append(address_of("2001:db8::2/64", "dadfailed", "tentative"))
    (refused,) = host.findings()
    assert (refused.code, refused.severity, refused.subject) == ("duplicate-address", "error", inside)
