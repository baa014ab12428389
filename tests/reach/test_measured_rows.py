"""Every row of what was measured of layer 2: by the model alone, and by frames in the kernel beside the model."""

from collections.abc import Iterator

import pytest

from model.conditions import Conditions, Filters
from model.inventory import Inventory
from model.reachability import verdict
from model.verdict import Flow, Reachable, Verdict
from tests.reach.blueprint import Blueprint
from tests.reach.compare import flow
from tests.reach.frames import Arrived, exchange
from tests.reach.kernel import Built, built, conditions_of, graph_of
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
