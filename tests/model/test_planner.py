"""Wishes on random hosts: what every plan and every refusal keeps to."""

import random
import shlex

from hypothesis import given, settings
from hypothesis import strategies as st

from model.intents import SetMac
from model.names import display_name
from model.plan import Plan, Refusal, Sign
from model.planner import plan, plan_many, touched
from model.rehearsal import rehearsed
from model.shell import plan_lines
from model.shell_ways import ways_of
from tests.model.random_wishes import any_host, any_wish, settled, surroundings

SEEDS = st.integers(0, 2**32)


@settings(max_examples=400, deadline=None)
@given(SEEDS)
def test_a_plan_can_be_done_and_its_inverse_brings_everything_back(seed: int) -> None:
    chance = random.Random(seed)
    graph = any_host(chance)
    wish = any_wish(graph, chance)
    made = plan(graph, wish, surroundings(chance), with_reach=False)
    if isinstance(made, Refusal):
        assert made.code
        assert made.text
        return
    back = rehearsed(graph, [*made.operations, *made.inverse])
    if made.lost:
        return
    assert settled(back) == settled(graph), (wish, made)


@settings(max_examples=200, deadline=None)
@given(SEEDS)
def test_a_wish_that_holds_has_no_steps(seed: int) -> None:
    """Done once, it asks for nothing more, or for what is gone. But whether a bridge's MAC was chosen, nobody tells."""
    chance = random.Random(seed)
    graph = any_host(chance)
    wish = any_wish(graph, chance)
    first = plan(graph, wish, surroundings(chance), with_reach=False)
    if isinstance(first, Refusal):
        return
    again = plan(rehearsed(graph, first.operations), wish, surroundings(chance), with_reach=False)
    assert isinstance(again, Refusal) or again.steps == () or isinstance(wish, SetMac), (wish, again)


@settings(max_examples=200, deadline=None)
@given(SEEDS)
def test_the_lines_of_a_plan_hold_no_host_text_unquoted_and_nothing_that_acts_on_a_terminal(seed: int) -> None:
    chance = random.Random(seed)
    graph = any_host(chance)
    given_ = surroundings(chance)
    made = plan(graph, any_wish(graph, chance), given_, with_reach=False)
    if isinstance(made, Refusal):
        return
    for line in plan_lines([*made.operations, *made.inverse], ways_of(graph, given_)):
        assert display_name(line) == line
        assert "\n" not in line
        if not line.startswith("#"):
            assert shlex.split(line)[0] in ("ip", "bridge", "sysctl", "sh", "nsenter", "tc"), line


@settings(max_examples=200, deadline=None)
@given(SEEDS)
def test_several_wishes_are_one_plan_with_one_inverse(seed: int) -> None:
    chance = random.Random(seed)
    graph = any_host(chance)
    wishes = [any_wish(graph, chance) for _ in range(3)]
    made = plan_many(graph, wishes, surroundings(chance), with_reach=False)
    if isinstance(made, Refusal) or made.lost:
        return
    back = rehearsed(graph, [*made.operations, *made.inverse])
    assert settled(back) == settled(graph), (wishes, made)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_what_it_means_is_told_in_whole_sentences(seed: int) -> None:
    chance = random.Random(seed)
    graph = any_host(chance)
    made = plan(graph, any_wish(graph, chance), surroundings(chance))
    if isinstance(made, Refusal):
        return
    assert len(set(made.means)) == len(made.means)
    for meaning in made.means:
        assert meaning.text
        assert not meaning.text.endswith((".", "None"))


@settings(max_examples=100, deadline=None)
@given(SEEDS)
def test_what_is_touched_is_there(seed: int) -> None:
    chance = random.Random(seed)
    graph = any_host(chance)
    for link in touched(graph, any_wish(graph, chance)):
        assert graph.link(link) is not None


def test_most_wishes_of_these_tests_are_plans_and_all_signs_are_used() -> None:
    """So that the tests above test something."""
    plans, signs, kinds = 0, set(), set()
    for seed in range(900):
        chance = random.Random(seed)
        graph = any_host(chance)
        wish = any_wish(graph, chance)
        made = plan(graph, wish, surroundings(chance), with_reach=False)
        if isinstance(made, Plan) and made.steps:
            plans += 1
            kinds.add(type(wish))
            signs |= {meaning.sign for meaning in made.means}
    assert plans > 200
    assert len(kinds) == 21
    assert signs == set(Sign)
