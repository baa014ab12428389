"""Undo and redo, on random hosts and on one that moved on."""

import dataclasses
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.facts import AddressSeen, Fact, LinkGone, LinkSeen, NamespaceSeen
from model.history import aftermath, before, may_redo, may_undo
from model.identity import LinkId, NamespaceId
from model.intents import Attach, CreateNamespace, Delete, Intent, Move, Rename, SetMac, Several
from model.link import Address, Link
from model.namespace import Namespace
from model.operations import Operation
from model.plan import Fate, Left, Outcome, Plan, Refusal, Surroundings
from model.planner import plan, plan_many
from model.recording import to_json, value_from_json
from model.rehearsal import Rehearsal, copied
from model.topology import Topology
from tests.model.made import HOME, WEB, bridge, ipv4, veth
from tests.model.random_wishes import any_host, any_wish, settled, surroundings
from tests.model.test_rehearsal import HOST_END, INSIDE, wired

SEEDS = st.integers(0, 2**32)


def done(graph: Topology, operations: tuple[Operation, ...]) -> tuple[Outcome, ...]:
    """Do them on a graph, as an executor would."""
    rehearsal = Rehearsal(graph)
    outcomes = tuple(Outcome(operation, Fate.DONE, rehearsal.do(operation)) for operation in operations)
    graph.apply(rehearsal.said)
    return outcomes


def planned(graph: Topology, wish: Intent) -> Plan:
    made = plan(graph, wish, Surroundings())
    assert isinstance(made, Plan)
    return made


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_a_plan_that_was_done_is_taken_back_and_done_again(seed: int) -> None:
    chance = random.Random(seed)
    graph = any_host(chance)
    made = plan(graph, any_wish(graph, chance), surroundings(chance), with_reach=False)
    if isinstance(made, Refusal) or made.lost:
        return
    start, were = copied(graph), before(graph, made)
    outcomes = done(graph, made.operations)
    after, left = copied(graph), aftermath(graph, outcomes)
    undoing = may_undo(graph, made, outcomes, left)
    assert not isinstance(undoing, Refusal), undoing
    undone = done(graph, tuple(one.operation for one in undoing))
    names = {str(space.id) for space in start.namespaces()}
    is_as_before = {key: value for key, value in settled(graph).items() if key in names or ":" in key}
    assert {key: _but_mac(value) for key, value in is_as_before.items()} == {
        key: _but_mac(value) for key, value in settled(start).items()
    }
    again = may_redo(graph, made, undone, were)
    assert not isinstance(again, Refusal), again
    done(graph, again)
    assert len(settled(graph)) == len(settled(after))


def _but_mac(value: object) -> object:
    """A bridge that nobody chose a MAC for is, in a graph, like one that has the MAC of its only port."""
    match value:
        case (Link() as link, *rest) if link.kind == "bridge":
            return (dataclasses.replace(link, mac=None), *rest)
    return value


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_plans_outcomes_and_what_was_left_travel_as_json(seed: int) -> None:
    chance = random.Random(seed)
    graph = any_host(chance)
    made = plan_many(graph, [any_wish(graph, chance)], surroundings(chance), with_reach=False)
    if isinstance(made, Refusal):
        assert value_from_json(json.loads(json.dumps(to_json(made))), Refusal) == made
        return
    assert isinstance(made.intent, Several)
    assert value_from_json(json.loads(json.dumps(to_json(made))), Plan) == made
    for outcome in done(graph, made.operations):
        assert value_from_json(json.loads(json.dumps(to_json(outcome))), Outcome) == outcome
    for left in before(graph, made):
        assert value_from_json(json.loads(json.dumps(to_json(left))), Left) == left


PORT = dataclasses.replace(wired().link(HOST_END) or veth(HOME, 7, ""), master=0, master_kind=None, port=None)


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        (LinkGone(LinkId(HOME, 7)), "host/lan0 is gone"),
        (LinkSeen(dataclasses.replace(PORT, name="lan1")), "it is called lan1 now"),
        (LinkSeen(dataclasses.replace(PORT, name="lan0")), "it is a port of nothing now"),
        (LinkSeen(dataclasses.replace(PORT, name="lan0", master=3, up=False)), "it is DOWN now"),
        (LinkSeen(dataclasses.replace(PORT, name="lan0", master=3, mtu=9000)), "its MTU was 1500, and is 9000 now"),
        (AddressSeen(HOST_END, ipv4("192.0.2.9")), "it has 192.0.2.9/24 now"),
    ],
)
def test_where_the_world_moved_on_nothing_is_undone_and_it_says_what_changed(fact: Fact, said: str) -> None:
    graph = wired()
    made = planned(graph, Rename(HOST_END, "lan0"))
    outcomes = done(graph, made.operations)
    left = aftermath(graph, outcomes)
    graph.apply([fact])
    refusal = may_undo(graph, made, outcomes, left)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "world-moved"
    assert said in refusal.text


def test_what_changes_by_itself_is_no_reason_not_to_undo() -> None:
    graph = wired()
    made = planned(graph, Rename(HOST_END, "lan0"))
    outcomes = done(graph, made.operations)
    left = aftermath(graph, outcomes)
    link = graph.link(HOST_END)
    assert link is not None
    graph.apply(
        [
            LinkSeen(dataclasses.replace(link, carrier=False, operstate="lowerlayerdown")),
            AddressSeen(HOST_END, Address(6, "fe80::ff:fe00:107", 64, "link", flags=("tentative",))),
        ]
    )
    assert not isinstance(may_undo(graph, made, outcomes, left), Refusal)


def test_a_name_that_was_taken_meanwhile_is_not_taken_back() -> None:
    graph = wired()
    made = planned(graph, Rename(HOST_END, "lan0"))
    outcomes = done(graph, made.operations)
    left = aftermath(graph, outcomes)
    graph.apply([LinkSeen(veth(HOME, 20, "veth8pUZr"))])
    refusal = may_undo(graph, made, outcomes, left)
    assert isinstance(refusal, Refusal)
    assert refusal.kernel == "File exists"


def test_of_a_plan_that_stopped_only_what_was_done_is_taken_back() -> None:
    graph = wired()
    made = planned(graph, Move(INSIDE, WEB))
    outcomes = (*done(graph, made.operations[:1]), Outcome(made.operations[1], Fate.FAILED))
    undoing = may_undo(graph, made, outcomes, aftermath(graph, outcomes))
    assert not isinstance(undoing, Refusal)
    start = wired()
    done(graph, tuple(one.operation for one in undoing))
    assert settled(graph) == settled(start)


def test_a_namespace_that_is_used_by_now_is_not_taken_back() -> None:
    graph = wired()
    made = planned(graph, CreateNamespace("lab"))
    outcomes = done(graph, made.operations)
    assert not isinstance(may_undo(graph, made, outcomes, ()), Refusal)
    (lab,) = graph.labels.mounts.get("lab")
    graph.apply([LinkSeen(Link(LinkId(lab, 9), "eth0", "veth", "02:00:00:00:00:09", 1500))])
    refusal = may_undo(graph, made, outcomes, ())
    assert isinstance(refusal, Refusal)
    assert "lab: eth0 is in it" in refusal.text
    graph.apply([LinkGone(LinkId(lab, 9)), LinkSeen(bridge(lab, 10, "br0"))])
    refusal = may_undo(graph, made, outcomes, ())
    assert isinstance(refusal, Refusal)
    assert "lab: br0 is in it" in refusal.text


def test_a_namespace_that_only_has_the_same_name_is_not_taken_back() -> None:
    graph = wired()
    made = planned(graph, CreateNamespace("lab"))
    graph.apply([NamespaceSeen(Namespace(NamespaceId("n902"), 4026530902, ("lab",), found_by=("mount",)))])
    for namespace, is_ours in (("n901", False), ("n902", True)):
        outcomes = (Outcome(made.operations[0], Fate.DONE, namespace=NamespaceId(namespace)),)
        undoing = may_undo(graph, made, outcomes, ())
        assert isinstance(undoing, Refusal) is not is_ours
        if isinstance(undoing, Refusal):
            assert "lab is the name of another namespace by now" in undoing.text


def test_redo_acts_on_what_came_back_with_another_number() -> None:
    graph = wired()
    made = planned(graph, Delete(HOST_END))
    were = before(graph, made)
    outcomes = done(graph, made.operations)
    graph.apply([LinkSeen(veth(HOME, 7, "stranger"))])
    undoing = may_undo(graph, made, outcomes, aftermath(graph, outcomes))
    assert not isinstance(undoing, Refusal)
    undone = done(graph, tuple(one.operation for one in undoing))
    (back,) = graph.links_named("veth8pUZr", HOME)
    assert back.id != HOST_END
    again = may_redo(graph, made, undone, were)
    assert not isinstance(again, Refusal), again
    done(graph, again)
    assert graph.links_named("veth8pUZr") == ()
    assert len(graph.links_named("stranger")) == 1


def test_redo_is_refused_where_the_world_moved_on() -> None:
    graph = wired()
    made = planned(graph, SetMac(INSIDE, "02:00:00:00:00:99"))
    were = before(graph, made)
    outcomes = done(graph, made.operations)
    undoing = may_undo(graph, made, outcomes, aftermath(graph, outcomes))
    assert not isinstance(undoing, Refusal)
    undone = done(graph, tuple(one.operation for one in undoing))
    inside = graph.link(INSIDE)
    assert inside is not None
    graph.apply([LinkSeen(dataclasses.replace(inside, mac="02:00:00:00:00:55"))])
    refusal = may_redo(graph, made, undone, were)
    assert isinstance(refusal, Refusal)
    assert "its MAC was" in refusal.text


def test_what_is_only_needed_may_have_changed() -> None:
    """Attaching acts on the port: that the bridge was renamed since is no reason not to detach it."""
    graph = wired()
    graph.apply([LinkSeen(veth(HOME, 20, "p0"))])
    made = planned(graph, Attach(LinkId(HOME, 20), LinkId(HOME, 3)))
    outcomes = done(graph, made.operations)
    left = aftermath(graph, outcomes)
    bridge = graph.link(LinkId(HOME, 3))
    assert bridge is not None
    graph.apply([LinkSeen(dataclasses.replace(bridge, alias="mine"))])
    assert not isinstance(may_undo(graph, made, outcomes, left), Refusal)
