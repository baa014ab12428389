"""Who will reach whom is asked of the part of the host that a plan is about; the answer is that of the whole host."""

import random
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from model.conditions import Conditions
from model.facts import Fact, LinkGone
from model.identity import LinkId
from model.lost_and_gained import count_lost_and_gained, lost_and_gained
from model.plan import Refusal
from model.planner import plan
from model.planning.reaching import MOST_SENTENCES, _concerned, reach_meanings
from model.reach_classes import Reach
from model.rehearsal import Rehearsal, copied
from model.topology import Topology
from model.verdict import Reachable
from tests.model.random_wishes import any_host, any_wish, surroundings


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_the_part_that_a_plan_is_about_answers_as_the_whole_host_does(seed: int) -> None:
    chance = random.Random(seed)
    graph = any_host(chance)
    said = said_of_any_plan(graph, chance)
    after, moved = afterwards(graph, said)
    whole = lost_and_gained(graph, after, _concerned(graph, said), moved)
    told = [meaning.text for meaning in reach_meanings(graph, said)]
    if max(len(whole.lost), len(whole.gained)) <= MOST_SENTENCES:
        assert told == [*whole.lost, *whole.gained]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_the_pairs_that_are_counted_are_those_that_each_pair_asked_alone_comes_to(seed: int) -> None:
    chance = random.Random(seed)
    graph = any_host(chance)
    said = said_of_any_plan(graph, chance)
    after, moved = afterwards(graph, said)
    reaching = [reaching_pairs(graph, Conditions(), moved), reaching_pairs(after, Conditions(predicted=True), {})]
    counted = count_lost_and_gained(graph, after, _concerned(graph, said), moved)
    assert counted == (len(reaching[0] - reaching[1]), len(reaching[1] - reaching[0]))


def said_of_any_plan(graph: Topology, chance: random.Random) -> list[Fact]:
    """Empty: it was refused."""
    made = plan(graph, any_wish(graph, chance), surroundings(chance), with_reach=False)
    rehearsal = Rehearsal(graph)
    if not isinstance(made, Refusal):
        rehearsal.do_all(made.operations)
    return rehearsal.said


def afterwards(graph: Topology, said: list[Fact]) -> tuple[Topology, dict[LinkId, LinkId]]:
    """The graph then, and where links are that moved."""
    after = copied(graph)
    after.learn(said)
    gone = [fact for fact in said if isinstance(fact, LinkGone)]
    return after, {fact.link: fact.moved_to for fact in gone if fact.moved_to is not None}


def reaching_pairs(graph: Topology, around: Conditions, moved: dict[LinkId, LinkId]) -> set[frozenset[LinkId]]:
    """By where they are then."""
    classes = Reach(graph, around).classes()
    ends = [end for one in classes.classes for end in one.members]
    pairs = [pair for pair in combinations(ends, 2) if classes.pair(*pair).wired is Reachable.YES]
    return {frozenset(moved.get(end, end) for end in pair) for pair in pairs}
