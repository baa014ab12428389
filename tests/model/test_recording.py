import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.facts import LinkSeen, OwnersSeen, Visibility
from model.filter import BadFilter, parse, passes
from model.identity import LinkId
from model.names import display_name
from model.recording import Malformed, change_from_json, fact_from_json, to_json
from model.telling import tell
from model.topology import Topology
from tests.model.made import BOX, HOME, cable, container, small_host, topology_of
from tests.model.test_topology_follows import any_fact


@given(st.integers(0, 2**32))
def test_facts_and_changes_survive_json(seed: int) -> None:
    chance = random.Random(seed)
    topology = Topology()
    facts = [*small_host(), Visibility(complete=False, missing=("x",)), *(any_fact(chance) for _ in range(20))]
    changes = topology.apply(facts)
    assert [fact_from_json(json.loads(json.dumps(to_json(fact)))) for fact in facts] == facts
    assert [change_from_json(json.loads(json.dumps(to_json(change)))) for change in changes] == changes
    for change in changes:
        said = tell(change, topology).text
        assert display_name(said) == said


def test_a_field_of_a_newer_program_is_left_out() -> None:
    written = to_json(LinkSeen(cable()[0]))
    assert isinstance(written, dict)
    written["link"]["colour"] = "green"
    assert fact_from_json(written) == LinkSeen(cable()[0])


@pytest.mark.parametrize(
    "damaged", [{"is": "Nothing"}, {"is": "LinkSeen"}, [], 7, {"is": "Owner", "runtime": "lxc"}, {"x": 1}]
)
def test_a_damaged_recording_is_told(damaged: object) -> None:
    with pytest.raises(Malformed):
        fact_from_json(damaged)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", True), ("VETH8", True), ("eth9", False), ("!eth9", True), ("!veth", False), ("/veth", True),
        ("state:down", True), ("state:up", False), ("state:unknown", True), ("kind:ve", True), ("kind:macvlan", False),
        ("mac:02:00", True), ("02:00:00", True), ("ns:host", True), ("owner:web", False), ("[a-z]", False),
        ("kind:veth !state:up", True),
    ],
)  # fmt: skip
def test_a_filter_says_what_it_looks_for(text: str, found: bool) -> None:
    graph = topology_of(LinkSeen(cable()[0]))
    assert passes(graph, parse(text), LinkId(HOME, 7)) is found


def test_a_filter_finds_by_owner() -> None:
    graph = topology_of(LinkSeen(cable()[1]), OwnersSeen(BOX, (container("tinderbox"),)))
    assert passes(graph, parse("owner:tinder"), LinkId(BOX, 2))
    assert passes(graph, parse("owner:lxc"), BOX)
    assert not passes(graph, parse("owner:docker"), LinkId(BOX, 2))


@pytest.mark.parametrize("text", ["colour:red", "state:sideways", "!"])
def test_what_is_no_filter_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(BadFilter):
        parse(text)
