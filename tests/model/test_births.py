"""Which names are known before their links are, whose they will be, and what waits for them."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from backend.births import instance_births, lxc_births
from model.births import Birth, to_come
from model.drift import drift
from model.facts import Fact, LinkGone, LinkSeen
from model.guard import Guard, Seal
from model.link import BridgePort
from model.nspawn_names import host_ends, inside_mac, siphash24
from model.policy import GuardRule, Pin, Policy, SealRule, Selector
from model.topology import Topology
from tests.commands.sample import HOST_END
from tests.keep.operator import guarded_host

MACHINE_ID = "3d1219c7c4c5404aaa1f6d2a48adfda4"
MAC = "00:16:3e:01:02:03"
BOX = Selector(runtime="lxc", owner="tinderbox", link="eth0")
GUARDED = Policy("box", BOX, guard=GuardRule(ipv4=("192.0.2.2",)))
BIRTH = Birth("vethbox", to_come("lxc", "tinderbox"), "eth0", MAC, "br0")
CONFIG = """\
lxc.uts.name = box
lxc.net.0.type = veth
lxc.net.0.link = br0
lxc.net.0.veth.pair = vethbox
lxc.net.0.hwaddr = 00:16:3E:01:02:03
lxc.net.1.type = macvlan
lxc.net.1.link = eth0
lxc.net.2.type=veth
lxc.net.2.veth.pair=vethother
lxc.net.2.hwaddr = 00:16:3e:xx:xx:xx
lxc.net.2.name = wan0
"""


def waits(policy: Policy, births: Sequence[Birth] = (BIRTH,), *facts: Fact) -> tuple[Guard, ...]:
    graph = Topology()
    graph.learn([*guarded_host(), *facts])
    return drift((policy,), graph, MACHINE_ID, births=births).waiting


def test_rules_wait_under_the_name_that_the_configuration_gives() -> None:
    assert waits(GUARDED) == (Guard(("vethbox",), MAC, ("192.0.2.2",)),)


def test_of_who_is_not_known_before_nothing_passes() -> None:
    assert waits(GUARDED, [replace(BIRTH, mac=None)]) == (Guard(("vethbox",), closed=True),)


def test_what_the_policy_says_of_the_mac_is_what_counts() -> None:
    (guard,) = waits(replace(GUARDED, guard=GuardRule("02:00:00:00:00:09")))
    assert guard.mac == "02:00:00:00:00:09"


@pytest.mark.parametrize(
    "match", [replace(BOX, owner="other"), replace(BOX, link="eth1"), replace(BOX, bridge="br1"), Selector(image="x")]
)
def test_nothing_waits_for_what_no_entry_means(match: Selector) -> None:
    assert waits(replace(GUARDED, match=match)) == ()


def test_a_name_that_somebody_elses_link_has_is_left_alone() -> None:
    assert waits(GUARDED, [replace(BIRTH, name="br0")]) == ()


def test_a_cable_that_is_there_has_the_rules_of_a_cable() -> None:
    assert waits(GUARDED, [replace(BIRTH, name=HOST_END.name)]) == ()


def test_the_mac_of_the_configuration_counts_and_not_what_the_container_made_of_it_at_once() -> None:
    graph = Topology()
    graph.learn(guarded_host())
    found = drift((GUARDED,), graph, MACHINE_ID, births=[replace(BIRTH, name=HOST_END.name)])
    assert found.rules[0].mac == MAC
    assert found.held[HOST_END.id].mac == MAC
    later = drift((GUARDED,), graph, MACHINE_ID, found.held, births=[replace(BIRTH, name=HOST_END.name, mac=None)])
    assert later.rules[0].mac == MAC


def test_a_seal_waits_for_the_services_of_the_bridge() -> None:
    sealed = Policy("box", BOX, seal=SealRule("br0", (873,)))
    (guard,) = waits(sealed)
    assert isinstance(guard.seal, Seal)
    assert guard.seal.tcp == (873,)
    assert waits(replace(sealed, seal=SealRule("br7", (873,)))) == (Guard(("vethbox",), closed=True),)


def test_a_name_that_is_pinned_waits_where_the_guard_says_the_mac() -> None:
    entry = Policy("box", replace(BOX, owner="gone"), Pin("box0"), GuardRule(MAC))
    assert waits(entry, ()) == (Guard(("box0",), MAC),)
    assert waits(replace(entry, guard=GuardRule()), ()) == ()


def test_a_container_that_stops_leaves_the_same_rules() -> None:
    graph = Topology()
    graph.learn(guarded_host())
    births = [replace(BIRTH, name=HOST_END.name)]
    before = drift((GUARDED,), graph, MACHINE_ID, births=births)
    graph.learn([LinkGone(HOST_END.id)])
    after = drift((GUARDED,), graph, MACHINE_ID, before.held, births=births)
    assert after.waiting == before.rules


def test_while_a_container_is_made_ready_its_rules_wait_on() -> None:
    """LXC moves the inner end first, and gives it its name and its MAC then."""
    settling = LinkSeen(replace(HOST_END, operstate="lowerlayerdown", port=BridgePort()))
    wan = Policy("box", replace(BOX, link="wan0"), guard=GuardRule())
    births = [replace(BIRTH, name=HOST_END.name, inside="wan0")]
    assert waits(wan, births, settling) == (Guard((HOST_END.name,), MAC),)
    assert waits(wan, births) == ()


def test_lxc_says_the_host_end_and_the_mac_unless_it_makes_that_up() -> None:
    assert list(lxc_births("box", CONFIG)) == [
        Birth("vethbox", to_come("lxc", "box"), "eth0", MAC, "br0"),
        Birth("vethother", to_come("lxc", "box"), "wan0", None, None),
    ]


def test_lxd_says_the_host_end_and_keeps_the_mac() -> None:
    nic = {"type": "nic", "host_name": "vethbox", "parent": "br0", "name": "eth0"}
    instance = {
        "name": "box",
        "project": "pr1",
        "config": {"volatile.nic0.hwaddr": MAC},
        "expanded_devices": {"nic0": nic, "nic1": {"type": "nic"}, "root": {"type": "disk"}},
    }
    (found,) = instance_births("lxd", {"metadata": [instance, {"name": 7}, None]})
    assert found == Birth("vethbox", to_come("lxd", "box", project="pr1"), "eth0", MAC, "br0")
    assert list(instance_births("lxd", {"error": "no"})) == []


def test_nspawn_makes_name_and_mac_of_the_machines_name() -> None:
    """As systemd 252 did on the host of this machine-id."""
    assert host_ends("tinderbox") == ("ve-tinderbox", "vb-tinderbox")
    assert "vb-a-very-lJlHy" in host_ends("a-very-long-machine-name")
    assert inside_mac("tinderbox", MACHINE_ID) == "de:e3:f4:76:bf:c6"
    assert inside_mac("a-very-long-machine-name", MACHINE_ID) == "d2:f6:4b:64:43:27"
    assert inside_mac("tinderbox", "yamato") is None
    assert siphash24(bytes(range(15)), bytes(range(16))) == 0xA129CA6149BE45E5
    machine = Policy("box", Selector(runtime="nspawn", owner="tinderbox"), guard=GuardRule())
    assert [guard.names for guard in waits(machine, ())] == [("ve-tinderbox",), ("vb-tinderbox",)]
