"""Random wishes, one after the other, on real namespaces; taken back one by one, everything is as it was."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.intents import CreateNamespace, DeleteNamespace
from model.plan import Fate, Outcome, Plan
from tests.changes.stand import Stand, difference, settled
from tests.model.random_wishes import any_wish

pytestmark = pytest.mark.root

WISHES = 8


@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_any_sequence_of_wishes_can_be_taken_back(stand: Stand, seed: int) -> None:
    chance = random.Random(seed)
    before = settled(stand)
    done: list[tuple[Plan, tuple[Outcome, ...]]] = []
    for _ in range(WISHES):
        graph = stand.graph()
        wish = any_wish(graph, chance, tuple(stand.ids.values()))
        if isinstance(wish, CreateNamespace | DeleteNamespace):  # names are the machine's
            continue
        made = stand.try_plan(wish, graph)
        if not isinstance(made, Plan) or made.lost or not made.steps:
            continue
        outcomes = stand.host.execute(made.operations)
        done.append((made, outcomes))
        assert {outcome.fate for outcome in outcomes} == {Fate.DONE}, [one for one in outcomes if one.error]
    for made, outcomes in reversed(done):
        stand.undo(made, outcomes)
    assert difference(before, settled(stand, before)) == [], [made.intent for made, _ in done]
