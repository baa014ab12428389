"""Undo as a plan: it is protected as any other change is."""

from model.history import aftermath
from model.intents import CreateVeth, NewEnd
from model.plan import Consent, Lifeline, Plan, Surroundings
from model.planner import plan
from model.undo import Done, undo_plan
from tests.model.made import HOME, WEB
from tests.model.test_history import done
from tests.model.test_rehearsal import wired

MACS = Surroundings(fresh_macs=("06:00:00:00:00:01", "06:00:00:00:00:02"))


def test_an_undo_that_deletes_what_carries_the_operator_asks_for_its_name_and_goes_back() -> None:
    graph = wired()
    made = plan(graph, CreateVeth(NewEnd(HOME, "mgmt0"), NewEnd(WEB, "mgmt1")), MACS)
    assert isinstance(made, Plan)
    outcomes = done(graph, made.operations)
    left = aftermath(graph, outcomes)
    (near,) = (link.id for link in graph.links() if link.name == "mgmt0")
    (far,) = (link.id for link in graph.links() if link.name == "mgmt1")
    for end in (near, far):
        around = Surroundings(lifelines=(Lifeline(end, "carries your SSH session"),))
        undo = undo_plan(graph, Done(made, outcomes, left), around)
        assert isinstance(undo, Plan)
        assert undo.consent is Consent.NAME_AND_TIMER
        assert undo.consent_word in ("mgmt0", "mgmt1")
        assert "carries your SSH session" in undo.why_consent[0]
