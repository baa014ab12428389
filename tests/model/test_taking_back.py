"""What takes a plan back, when it was done, done in part, or nobody knows."""

import json

from hypothesis import given
from hypothesis import strategies as st

from model.identity import LinkId, NamespaceId
from model.intents import Rename
from model.operations import (
    AddRoute,
    AddVeth,
    DeleteLink,
    Handle,
    MoveLink,
    NextHop,
    RenameLink,
    RouteSpec,
    SetMaster,
    VethEnd,
)
from model.plan import Consent, Fate, Meaning, Outcome, Plan, Sign, Step
from model.recording import to_json, value_from_json
from model.taking_back import Undoing, taking_back

A, B = NamespaceId("a"), NamespaceId("b")
NEAR, PORT = LinkId(A, 7), Handle(A, "near0")


def plan(*steps: Step) -> Plan:
    return Plan(Rename(NEAR, "x"), steps, (Meaning(Sign.MIND, "text"),), consent=Consent.NAME_AND_TIMER)


MAKE = Step(AddVeth(VethEnd(A, "near0"), VethEnd(B, "far0")), (DeleteLink(PORT),))
NAME = Step(RenameLink(PORT, "web0"), (RenameLink(Handle(A, "web0"), "near0"),))
MADE = Outcome(MAKE.do, Fate.DONE, ((PORT, NEAR), (Handle(B, "far0"), LinkId(B, 9))))
NAMED = Outcome(NAME.do, Fate.DONE, ((Handle(A, "web0"), NEAR),))


def test_the_last_step_is_taken_back_first_and_acts_on_the_links_that_were_made() -> None:
    assert taking_back(plan(MAKE, NAME), [MADE, NAMED]) == (
        Undoing(RenameLink(Handle(A, "web0", 7), "near0"), sure=True),
        Undoing(DeleteLink(Handle(A, "near0", 7)), sure=True),
    )


def test_a_step_that_failed_or_was_never_tried_is_not_taken_back() -> None:
    for fate in (Fate.FAILED, Fate.NOT_TRIED):
        undo = taking_back(plan(MAKE, NAME), [MADE, Outcome(NAME.do, fate)])
        assert [one.operation for one in undo] == [DeleteLink(Handle(A, "near0", 7))]
    assert taking_back(plan(MAKE, NAME), []) == ()


def test_a_step_of_which_nobody_knows_is_taken_back_without_being_sure() -> None:
    undo = taking_back(plan(MAKE, NAME), [MADE, Outcome(NAME.do, Fate.BEGUN)])
    assert [one.sure for one in undo] == [False, True]


def test_a_name_used_twice_means_the_link_that_had_it_then() -> None:
    other = LinkId(A, 8)
    again = Outcome(MAKE.do, Fate.DONE, ((PORT, other), (Handle(B, "far0"), LinkId(B, 10))))
    undo = taking_back(plan(MAKE, NAME, MAKE), [MADE, NAMED, again])
    assert [one.operation for one in undo] == [
        DeleteLink(Handle(A, "near0", 8)),
        RenameLink(Handle(A, "web0", 7), "near0"),
        DeleteLink(Handle(A, "near0", 7)),
    ]


def test_links_inside_routes_masters_and_moves_are_bound_too() -> None:
    route = RouteSpec(A, 4, "default", (NextHop(PORT, "192.0.2.1"),))
    undo = (AddRoute(route), SetMaster(Handle(A, "eth0", 2), PORT), MoveLink(PORT, B, "near0", 7))
    found = taking_back(plan(MAKE, Step(NAME.do, undo)), [MADE, Outcome(NAME.do, Fate.DONE)])
    bound = Handle(A, "near0", 7)
    assert [one.operation for one in found[:3]] == [
        AddRoute(RouteSpec(A, 4, "default", (NextHop(bound, "192.0.2.1"),))),
        SetMaster(Handle(A, "eth0", 2), bound),
        MoveLink(bound, B, "near0", 7),
    ]


@given(st.text(st.characters(codec=None), max_size=15), st.sampled_from(Fate))
def test_plans_and_outcomes_survive_a_round_trip_through_json(name: str, fate: Fate) -> None:
    step = Step(RenameLink(Handle(A, name, 3, "veth"), name), (DeleteLink(PORT),))
    outcome = Outcome(step.do, fate, ((Handle(A, name), NEAR),), error=name)
    kept = json.loads(json.dumps([to_json(plan(step, MAKE)), to_json(outcome)]))
    assert value_from_json(kept[0], Plan) == plan(step, MAKE)
    assert value_from_json(kept[1], Outcome) == outcome
