"""Every row of what was measured of layer 2: by the model alone, and by frames in the kernel beside the model."""

import dataclasses
from collections.abc import Iterator
from itertools import permutations

import pytest

from model.conditions import Conditions, Filters
from model.facts import NamespaceRead, NamespaceSeen
from model.identity import UNKNOWN
from model.inventory import Inventory
from model.layer2 import segment_of, segments_of
from model.namespace import Namespace
from model.plan import Plan, Surroundings
from model.planner import plan_many
from model.reachability import verdict, verdict_outside, verdict_within
from model.rehearsal import rehearsed
from model.remedies import remedy
from model.topology import Topology
from model.verdict import Because, Flow, Reachable, Verdict
from tests.reach.blueprint import FAR, NEAR, Blueprint
from tests.reach.compare import flow
from tests.reach.frames import Arrived, exchange
from tests.reach.kernel import Built, built, conditions_of, graph_of
from tests.reach.random_plans import random_plan
from tests.reach.rows import ROWS, Row

Claim = tuple[str, str, str, str, str]


def plan_of(row: Row) -> Blueprint:
    plan = Blueprint()
    row.make(plan)
    return plan


def flow_of(letters: str) -> Flow:
    return Flow(*(letter in letters for letter in "bmu"))


def assert_says(answer: Verdict, claim: Claim) -> None:
    _, _, there, back, because = claim
    assert (answer.there, answer.back) == (flow_of(there), flow_of(back)), answer
    assert answer.because == because, answer
    whole = answer.there.whole and answer.back.whole
    assert answer.reachable is (Reachable.YES if whole else Reachable.NO)
    assert answer.hops
    assert (answer.blocked_at is None) == whole


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_model_says_what_was_measured(row: Row) -> None:
    plan = plan_of(row)
    assert_all(row, plan, plan.settled(), predicted=False)


@pytest.mark.parametrize("row", [row for row in ROWS if "disabled" not in row.name], ids=lambda row: row.name)
def test_a_plan_is_judged_before_the_kernel_tells_carriers(row: Row) -> None:
    plan = plan_of(row)
    assert_all(row, plan, plan.graph(), predicted=True)


def assert_all(row: Row, plan: Blueprint, graph: Inventory, *, predicted: bool) -> None:
    tables = plan.tables()
    around = Conditions(filters={space: Filters() for space in tables}, tables=tables, predicted=predicted)
    for claim in row.claims:
        answer = verdict(graph, around, plan[claim[0]], plan[claim[1]])
        assert_says(answer, claim)
        turned = verdict(graph, around, plan[claim[1]], plan[claim[0]])
        assert (turned.reachable, turned.there, turned.back) == (answer.reachable, answer.back, answer.there)
        assert turned.because is not Because.NO_PATH  # one way leads there: something must be in it


BEYOND = ("far", "switch", "host2", "phost2")
"""What the rows of macvlans have outside of their NIC."""


def test_what_is_outside_is_reached_as_the_station_there_was() -> None:
    """The same rows when all beyond the NIC's cable is hidden: as it is where the NIC leads to another machine."""
    told = 0
    for row in ROWS:
        claims = [claim for claim in row.claims if claim[1] == "host2" and "passthru" not in row.name]
        if not claims:
            continue
        plan = plan_of(row)
        hidden = {plan[name] for name in BEYOND}
        graph = Topology()
        seen = [link for link in plan.settled().links() if link.id not in hidden]
        seen = [dataclasses.replace(link, peer=UNKNOWN) if link.id == plan["nic"] else link for link in seen]
        for space in (NEAR, FAR):
            here = tuple(link for link in seen if link.id.namespace == space)
            graph.learn([NamespaceSeen(Namespace(space)), NamespaceRead(space, here, ())])
        around = Conditions(filters={NEAR: Filters(), FAR: Filters()}, tables=plan.tables())
        for one, _, there, back, because in claims:
            said = verdict_outside(graph, around, segment_of(graph, plan[one]), plan[one], plan["nic"])
            whole = flow_of(there).whole and flow_of(back).whole
            if "MACs of its list" in row.name:  # a station that is not seen may have one of them, or not
                assert (said.reachable, said.because) == (Reachable.UNKNOWN, Because.SOURCE_LIST)
                continue
            assert said.reachable is (Reachable.YES if whole else Reachable.NO), (row.name, said)
            assert said.because == because, (row.name, said)
            told += 1
    assert told > 8


def test_what_is_advised_takes_the_reason_away() -> None:
    """By the rehearsal of the very commands: then they can talk, or something else is in the way."""
    advised = set()
    for row in ROWS:
        plan = plan_of(row)
        graph, tables = plan.settled(), plan.tables()
        around = Conditions(filters={space: Filters() for space in tables}, tables=tables)
        for claim in row.claims:
            one, other = plan[claim[0]], plan[claim[1]]
            said = verdict(graph, around, one, other)
            wishes = remedy(graph, one, other, said).wishes
            if not wishes:
                continue
            made = plan_many(graph, wishes, Surroundings(may_change=True), with_reach=False)
            assert isinstance(made, Plan), (row.name, made)
            after = rehearsed(graph, made.operations)
            then = verdict(after, dataclasses.replace(around, predicted=True), one, other)
            assert (then.because, then.blocked_at) != (said.because, said.blocked_at), (row.name, then)
            advised.add(said.because)
    assert advised == {
        Because.DOWN, Because.NO_CARRIER, Because.ISOLATED_PORTS, Because.LOCKED, Because.FLOOD_OFF,
        Because.NOT_FORWARDING, Because.MACVLAN_PRIVATE, Because.MACVLAN_VEPA, Because.SOURCE_LIST,
    }  # fmt: skip


@pytest.fixture(scope="module")
def measured() -> Iterator[dict[str, tuple[Built, Inventory, Conditions, Arrived]]]:
    """All rows in the kernel at once."""
    with built(*map(plan_of, ROWS)) as made:
        graph, around = graph_of(made), conditions_of(made)
        arrived = exchange(made, graph)
        yield {
            row.name: (one, graph, around, heard)
            for row, one, heard in zip(ROWS, made, arrived, strict=True)
        }  # fmt: skip


@pytest.mark.root
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_kernel_does_what_was_measured(
    row: Row, measured: dict[str, tuple[Built, Inventory, Conditions, Arrived]]
) -> None:
    one, graph, around, arrived = measured[row.name]
    for claim in row.claims:
        near, far, there, back, _ = claim
        assert (flow(arrived, near, far), flow(arrived, far, near)) == (flow_of(there), flow_of(back)), claim
        assert_says(verdict(graph, around, one.link(near), one.link(far)), claim)


@pytest.mark.parametrize("first", range(0, 80, 20))
def test_between_two_whom_something_joins_a_reason_is_named(first: int) -> None:
    """`nothing leads from one to the other` is said of two segments, never within one."""
    for seed in range(first, first + 20):
        plan = random_plan(seed)
        graph, tables = plan.settled(), plan.tables()
        around = Conditions(filters={space: Filters() for space in tables}, tables=tables)
        for segment, _ in segments_of(graph, [link.id for link in graph.links()]):
            for one, other in permutations(segment.endpoints, 2):
                said = verdict_within(graph, around, segment, one, other)
                assert said.because is not Because.NO_PATH, (seed, said.text)
