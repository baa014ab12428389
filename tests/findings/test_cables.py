"""Orphans, and cables of which only one end is up."""

from dataclasses import replace
from typing import Any

import pytest

from model.facts import Visibility
from model.findings.examination import findings
from model.findings.observed import NOTHING_OBSERVED
from model.identity import UNKNOWN
from model.intents import Delete, SetUp
from tests.findings.bench import HOME, Host

DOWN: dict[str, Any] = {"up": False, "carrier": False, "operstate": "down"}
NO_CARRIER: dict[str, Any] = {"carrier": False, "operstate": "lowerlayerdown"}


def test_a_healthy_bridge_with_two_containers_is_no_finding() -> None:
    host = Host()
    br0 = host.bridge("br0", "192.168.1.1/24")
    host.cable("web", host.box("web"), "192.168.1.2/24", on=br0)
    host.cable("db", host.box("db"), "192.168.1.3/24", on=br0)
    assert host.findings() == ()


def test_a_cable_into_nowhere_without_carrier_is_an_orphan() -> None:
    host = Host()
    lost = host.link("veth", "vethZ91kQ", peer=UNKNOWN, **NO_CARRIER)
    (orphan,) = host.of("orphan-veth")
    assert (orphan.subject, orphan.fix, orphan.severity) == (lost, Delete(lost), "warning")


def test_a_cable_into_a_hidden_namespace_that_carries_is_none() -> None:
    host = Host()
    host.link("veth", "vethZ91kQ", peer=UNKNOWN)
    assert host.findings() == ()


def test_without_root_a_cable_into_nowhere_says_nothing() -> None:
    host = Host()
    host.link("veth", "vethZ91kQ", peer=UNKNOWN, **NO_CARRIER)
    graph = host.graph()
    graph.apply([Visibility(complete=False, missing=("not root",))])
    assert findings(graph, NOTHING_OBSERVED) == ()


def test_a_cable_into_a_namespace_that_nobody_holds_is_an_orphan() -> None:
    host = Host()
    near, _ = host.cable("web", host.box(found_by=("peer",)), near=NO_CARRIER, far=DOWN)
    assert [finding.subject for finding in host.of("orphan-veth")] == [near]
    assert not host.of("inside-down")


@pytest.mark.parametrize("how", [{"names": ("lab1",), "found_by": ("mount",)}, {"found_by": ("descriptor",)}])
def test_a_cable_into_a_namespace_that_somebody_keeps_is_none(how: dict[str, Any]) -> None:
    host = Host()
    host.cable("web", host.box(**how), near=NO_CARRIER, far=DOWN)
    assert host.findings() == ()


def test_what_lxd_leaves_after_a_rename_is_an_orphan() -> None:
    host = Host()
    br0 = host.bridge("br0")
    near, _ = host.cable("vethabcd1234", HOME, on=br0, near=NO_CARRIER, far=DOWN)
    assert [finding.subject for finding in host.of("orphan-veth")] == [near]


def test_a_cable_between_two_bridges_of_the_host_is_none() -> None:
    host = Host()
    one, other = host.bridge("br0"), host.bridge("br1")
    host.patch(one, other)
    host.cable("web", host.box("web"), on=one)
    host.cable("db", host.box("db"), on=other)
    assert host.findings() == ()


def test_a_cable_on_the_host_that_its_operator_has_just_made_is_none() -> None:
    host = Host()
    host.cable("to-lab", HOME, near=NO_CARRIER, far=DOWN)
    assert host.findings() == ()


def test_a_port_whose_inside_is_switched_off_is_told_at_the_inside() -> None:
    host = Host()
    br0 = host.bridge("br0", "192.168.1.1/24")
    near, inside = host.cable("web", host.box("web"), on=br0, near=NO_CARRIER, far=DOWN)
    (down,) = host.findings()
    assert (down.code, down.severity, down.subject, down.fix) == ("inside-down", "warning", inside, SetUp(inside, True))
    assert "host/web" in down.text
    host.change(near, up=False)
    assert host.findings() == ()


def test_a_host_end_that_nobody_uses_yet_may_be_up() -> None:
    host = Host()
    host.cable("web", host.box("web"), near=NO_CARRIER, far=DOWN)
    assert host.findings() == ()


def test_five_hundred_of_them_are_one_finding() -> None:
    host = Host()
    br0 = host.bridge("br0", "192.168.1.1/24")
    for number in range(500):
        host.cable(f"web{number}", host.box(f"web{number}"), on=br0, near=NO_CARRIER, far=DOWN)
    (down,) = host.of("inside-down")
    assert len(down.subjects) == len(set(down.subjects)) == len(down.all_fixes) == 500
    assert down.text == "and 499 more are switched off, while their host ends are up"


def test_an_orphan_of_which_only_the_owner_is_hidden_is_none() -> None:
    host = Host()
    space = host.box(readable=False, found_by=("process",))
    near, inside = host.cable("web", space, near=NO_CARRIER, far=DOWN)
    del host.links[inside]
    host.links[near] = replace(host.links[near], peer=inside)
    assert host.findings() == ()
