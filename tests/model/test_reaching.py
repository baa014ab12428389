"""Who will reach whom is asked of the part of the host that a plan is about; the answer is that of the whole host."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from model.facts import LinkGone
from model.lost_and_gained import lost_and_gained
from model.plan import Refusal
from model.planner import plan
from model.planning.reaching import MOST_SENTENCES, _concerned, reach_meanings
from model.rehearsal import Rehearsal, copied
from tests.model.random_wishes import any_host, any_wish, surroundings


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_the_part_that_a_plan_is_about_answers_as_the_whole_host_does(seed: int) -> None:
    chance = random.Random(seed)
    graph = any_host(chance)
    made = plan(graph, any_wish(graph, chance), surroundings(chance), with_reach=False)
    if isinstance(made, Refusal):
        return
    rehearsal = Rehearsal(graph)
    rehearsal.do_all(made.operations)
    after = copied(graph)
    after.learn(rehearsal.said)
    gone = [fact for fact in rehearsal.said if isinstance(fact, LinkGone)]
    moved = {fact.link: fact.moved_to for fact in gone if fact.moved_to is not None}
    whole = lost_and_gained(graph, after, _concerned(graph, rehearsal.said), moved)
    told = [meaning.text for meaning in reach_meanings(graph, rehearsal.said)]
    if max(len(whole.lost), len(whole.gained)) <= MOST_SENTENCES:
        assert told == [*whole.lost, *whole.gained]
