"""The collapsed matrix says of every pair what the pair alone would say, and of a live graph what of a fresh one."""

import dataclasses
import random

import pytest

from model.conditions import Conditions, Filters, Hook, HookKind, Stage
from model.facts import LinkGone, LinkSeen, NamespaceRead, NamespaceSeen
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.layer2 import is_endpoint
from model.link import BridgePort, Link
from model.namespace import Namespace
from model.reach_classes import Classes, Reach, reach_classes
from model.reachability import verdict
from model.topology import Topology
from model.verdict import Because, Reachable
from tests.bench.large_host import large_host, started, stopped
from tests.reach.blueprint import FAR, NEAR, Blueprint
from tests.reach.random_plans import random_plan

NO_FILTERS = {space: Filters() for space in (NEAR, FAR)}


def around_of(plan: Blueprint) -> Conditions:
    return Conditions(filters=NO_FILTERS, tables=plan.tables())


def endpoints(graph: Inventory) -> list[LinkId]:
    return sorted(link.id for link in graph.links() if is_endpoint(graph, link))


def contents(classes: Classes) -> object:
    """What a reader sees, whatever the order."""
    count = range(len(classes.classes))
    members = [frozenset(one.members) for one in classes.classes]
    return {
        (members[one], members[other]): classes.between(one, other)
        for one in count
        for other in count
        if one != other or len(members[one]) > 1
    }


@pytest.mark.parametrize("seed", range(80))
def test_a_class_speaks_for_each_of_its_members(seed: int) -> None:
    plan = random_plan(seed)
    graph, around = plan.settled(), around_of(plan)
    classes = reach_classes(graph, around)
    ends = endpoints(graph)
    assert sorted(end for one in classes.classes for end in one.members) == ends
    for at, near in enumerate(ends):
        for far in ends[at + 1 :]:
            alone, collapsed = verdict(graph, around, near, far), classes.pair(near, far)
            assert alone.reachable in (collapsed.reachable, collapsed.own), (near, far, alone, collapsed)
            if collapsed.own is None:
                assert alone.wired is collapsed.wired, (near, far, alone, collapsed)


def boxes(count: int, *, macvlan: bool = False, **flags: object) -> Blueprint:
    plan = Blueprint()
    plan.bridge("br0")
    for number in range(count):
        plan.box(f"c{number}", "br0", **flags)
    if macvlan:
        for number in range(count):
            plan.child(f"m{number}", f"c{number}", "bridge")
    return plan


def test_containers_on_one_bridge_and_the_bridge_are_one_class() -> None:
    plan = boxes(50)
    (only,) = reach_classes(plan.settled(), around_of(plan)).classes
    assert len(only.members) == 51
    assert only.within is not None
    assert only.within.reachable is Reachable.YES


def test_a_bridge_that_took_the_mac_of_its_tap_is_in_one_class_with_the_guest() -> None:
    plan = Blueprint()
    plan.bridge("br0")
    plan.box("c1", "br0")
    plan.tap("tap0", "br0")
    plan.pieces["br0"].mac = plan.pieces["tap0"].mac
    classes = reach_classes(plan.settled(), around_of(plan))
    assert [set(one.members) for one in classes.classes] == [{plan["br0"], plan["c1"], plan["tap0"]}]


def test_who_has_the_mac_of_a_port_is_alone_among_many() -> None:
    plan = Blueprint()
    plan.bridge("br0")
    boxes = [plan.box(f"c{number}", "br0") for number in range(4)]
    plan.pieces["c2"].mac = plan.pieces["pc1"].mac
    classes = reach_classes(plan.settled(), around_of(plan))
    assert {plan["c2"]} in [set(one.members) for one in classes.classes]
    assert classes.pair(plan[boxes[0]], plan["c2"]).reachable is Reachable.NO


def test_isolated_containers_are_a_class_that_reaches_the_bridge_alone() -> None:
    plan = boxes(50, isolated=True)
    classes = reach_classes(plan.settled(), around_of(plan))
    bridge, isolated = classes.classes
    assert bridge.members == (plan["br0"],)
    assert len(isolated.members) == 50
    assert isolated.within is not None
    assert (isolated.within.reachable, isolated.within.because) == (Reachable.NO, Because.ISOLATED_PORTS)
    assert classes.between(0, 1).reachable is Reachable.YES


def test_what_a_container_cannot_do_with_its_own_is_told_beside_what_it_can_with_the_others() -> None:
    plan = boxes(20, macvlan=True)
    graph, around = plan.settled(), around_of(plan)
    classes = reach_classes(graph, around)
    inside, macvlan = classes.place_of(plan["c0"]), classes.place_of(plan["m0"])
    assert inside is not None
    assert macvlan is not None
    relation = classes.between(inside, macvlan)
    assert (relation.reachable, relation.own) == (Reachable.YES, Reachable.NO)
    near, far = classes.example(inside, macvlan) or (plan["br0"], plan["br0"])
    assert verdict(graph, around, near, far).reachable is Reachable.YES


def test_links_that_reach_nobody_are_one_class() -> None:
    plan = Blueprint()
    for number in range(5):
        plan.bridge(f"br{number}")
    (only,) = reach_classes(plan.settled(), around_of(plan)).classes
    assert len(only.members) == 5
    assert only.within is not None
    assert only.within.because is Because.NO_PATH


def test_who_is_down_is_in_the_class_that_reaches_nobody() -> None:
    plan = boxes(5)
    plan.down("c1")
    plan.down("c3")
    classes = reach_classes(plan.settled(), around_of(plan))
    others, nobody = classes.classes
    assert nobody.reaches_nobody
    assert set(nobody.members) == {plan["c1"], plan["c3"]}
    assert not others.reaches_nobody


def test_two_nics_meet_outside_or_do_not() -> None:
    classes = reach_classes(of_large_host(200), Conditions())
    relations = {
        classes.between(one, other)
        for one in range(len(classes.classes))
        for other in range(one)
        if not classes.together(one, other)
    }
    assert {(relation.reachable, relation.because) for relation in relations} == {
        (Reachable.NO, Because.NO_PATH),
        (Reachable.UNKNOWN, Because.OUTSIDE_UNKNOWN),
    }


def test_nobody_says_yes_before_filters_were_looked_for() -> None:
    plan = boxes(2)
    graph = plan.settled()
    relation = reach_classes(graph).pair(plan["c0"], plan["c1"])
    assert (relation.reachable, relation.because) == (Reachable.UNKNOWN, Because.FILTER_UNREAD)
    assert relation.wired is Reachable.YES


@pytest.mark.parametrize(
    ("hook", "which"),
    [
        (Hook(HookKind.TC, Stage.LINK, "clsact ingress", LinkId(NEAR, 11)), {"c0"}),
        (Hook(HookKind.NFT, Stage.BRIDGE, "bridge filter forward", chain="forward"), {"c0", "c1"}),
        (Hook(HookKind.NFT, Stage.BRIDGE, "bridge filter input", chain="input"), {"br0"}),
        (Hook(HookKind.IPTABLES, Stage.BRIDGED_IP, "filter FORWARD", chain="forward"), {"c0", "c1"}),
        (Hook(HookKind.NFT, Stage.IP, "inet filter input", chain="input"), set()),
    ],
)
def test_a_filter_on_the_way_is_named(hook: Hook, which: set[str]) -> None:
    plan = boxes(3)
    graph = plan.settled()
    around = Conditions(filters={**NO_FILTERS, NEAR: Filters((hook,))})
    answers = {name: verdict(graph, around, plan[name], plan["c2"]) for name in ("c0", "c1", "br0")}
    assert {name for name, answer in answers.items() if answer.because is Because.FILTER} == which
    assert all(hook.name in answers[name].text for name in which)
    for name, answer in answers.items():
        assert reach_classes(graph, around).pair(plan[name], plan["c2"]).reachable is answer.reachable


def of_large_host(count: int) -> Topology:
    graph = Topology()
    graph.apply(list(large_host(count)))
    return graph


def test_after_any_changes_the_classes_are_those_of_a_fresh_look() -> None:
    dice = random.Random(7)
    graph = of_large_host(60)
    reach = Reach(graph)
    for _ in range(120):
        touched = change(dice, graph)
        reach.update(touched)
        assert contents(reach.classes()) == contents(reach_classes(graph))


def change(dice: random.Random, graph: Topology) -> set[LinkId]:
    """One thing happens; the links that a session would call touched."""
    before = {link.id: (link, graph.ends(link.id)) for link in graph.links()}
    link = dice.choice([link for link in graph.links() if link.kind != "loopback"])
    match dice.randrange(5):
        case 0:
            graph.apply([LinkSeen(dataclasses.replace(link, up=not link.up, carrier=not link.carrier))])
        case 1 if link.kind == "veth" and link.master:
            graph.apply([LinkSeen(dataclasses.replace(link, master=0, master_kind=None))])
        case 2 if link.kind == "veth" and link.master:
            graph.apply([LinkSeen(dataclasses.replace(link, port=BridgePort(isolated=dice.random() < 0.5)))])
        case 3:
            graph.apply(list(stopped(dice.randrange(60))))
        case 4:
            graph.apply(list(started(dice.randrange(60), 60)))
        case _:
            graph.apply([LinkGone(link.id)])
    after = {link.id: (link, graph.ends(link.id)) for link in graph.links()}
    return {at for at in before.keys() | after.keys() if before.get(at) != after.get(at)}


def test_a_namespace_that_nobody_plugged_in_has_no_class() -> None:
    graph = Topology()
    empty = NamespaceId("n9")
    loopback = Link(LinkId(empty, 1), "lo", "loopback", "00:00:00:00:00:00", up=True)
    graph.apply([NamespaceSeen(Namespace(empty)), NamespaceRead(empty, (loopback,), ())])
    assert reach_classes(graph).classes == ()
