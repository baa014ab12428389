"""What is said of a macvlan and its parent's own stack: the same in the table and in the sentences."""

import pytest

from model.identity import LinkId
from model.intents import CreateMacvlan, SetMacvlanMode
from model.mode_switch import effects, reaches_parent
from model.plan import Plan, Sign, Surroundings
from model.planner import plan
from model.topology import Topology
from model.verdict import Reachable
from tests.yamato import yamato


@pytest.fixture
def graph() -> Topology:
    topology = Topology()
    topology.learn(yamato())
    return topology


def link(graph: Topology, address: str) -> LinkId:
    return next(one.id for one in graph.links() if graph.address(one.id) == address)


def of_the_stack(made: Plan) -> list[Sign]:
    return [meaning.sign for meaning in made.means if meaning.code == "macvlan-host"]


@pytest.mark.parametrize(
    ("mode", "reached", "sign"),
    [
        ("bridge", Reachable.UNKNOWN, Sign.DEPENDS),
        ("vepa", Reachable.UNKNOWN, Sign.DEPENDS),
        ("private", Reachable.NO, Sign.MIND),
    ],
)
def test_the_table_and_the_sentences_say_the_same_of_the_parents_stack(
    graph: Topology, mode: str, reached: Reachable, sign: Sign
) -> None:
    child, parent = link(graph, "backup/mv0"), link(graph, "host/eth1")
    made = plan(graph, SetMacvlanMode(child, mode), Surroundings())
    assert isinstance(made, Plan)
    if made.steps:
        told = {effect.other: effect.then for effect in effects(graph, child, made.operations)}
        assert told["host"] is reached
        assert of_the_stack(made) == [sign]
    new = plan(graph, CreateMacvlan(parent, child.namespace, "mv9", mode), Surroundings())
    assert isinstance(new, Plan)
    assert of_the_stack(new) == [sign]


def test_a_bridge_has_no_switch_outside_that_could_send_frames_back_to_its_own_stack(graph: Topology) -> None:
    assert reaches_parent(graph, link(graph, "host/br0"), "bridge") is Reachable.NO
