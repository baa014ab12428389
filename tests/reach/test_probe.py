"""The probe sends real frames on a live host, agrees with the model, and leaves nothing."""

from pathlib import Path

import pytest

from backend import netns
from backend.host import LinuxHost
from model.link import Link
from model.probed import Agreement, agreement
from model.reachability import verdict
from model.topology import Topology
from model.verdict import Reachable
from tests.reach.blueprint import NEAR, Blueprint
from tests.reach.kernel import Built, built, conditions_of, graph_of

PAIRS = (
    ("c1", "c2", Reachable.NO),
    ("c1", "c3", Reachable.YES),
    ("c3", "br0", Reachable.YES),
    ("m1", "c1", Reachable.YES),
    ("m1", "c3", Reachable.NO),
    ("m1", "m2", Reachable.NO),
)


def plan() -> Blueprint:
    made = Blueprint()
    made.bridge("br0")
    made.box("c1", "br0", isolated=True)
    made.box("c2", "br0", isolated=True)
    made.box("c3", "br0")
    made.child("m1", "c3", "bridge")
    made.child("m2", "c3", "private")
    return made


def link_of(graph: Topology, one: Built, name: str) -> Link:
    found = graph.link(one.link(name))
    assert found is not None
    return found


@pytest.mark.root
def test_a_probe_agrees_with_the_model_and_leaves_nothing() -> None:
    with built(plan()) as (one,):
        around_graph = graph_of([one])
        around = conditions_of([one])
        host = LinuxHost()
        graph = Topology()
        graph.learn(host.read())
        before = sorted(Path("/proc/self/fd").iterdir())
        for near, far, expected in PAIRS:
            probed = host.probe(link_of(graph, one, near), link_of(graph, one, far))
            said = verdict(around_graph, around, one.link(near), one.link(far))
            assert said.reachable is expected
            assert agreement(said, probed) is Agreement.AGREES, (near, far, said, probed)
            assert probed.there == said.there
            assert probed.back == said.back
        assert sorted(Path("/proc/self/fd").iterdir()) == before
        with netns.inside(one.spaces[NEAR]):
            assert Path("/proc/thread-self/net/packet").read_text().count("\n") == 1


@pytest.mark.root
def test_a_link_that_is_down_is_an_answer_and_no_error() -> None:
    made = plan()
    made.down("c1")
    with built(made) as (one,):
        host = LinuxHost()
        graph = Topology()
        graph.learn(host.read())
        graph_of([one])
        probed = host.probe(link_of(graph, one, "c1"), link_of(graph, one, "c3"))
        assert not any((*probed.there, *probed.back))
