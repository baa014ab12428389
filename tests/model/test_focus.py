"""The focus: everything near is there or counted, nothing lies on anything else, and it says only what is certain."""

import random
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.cables import Inhabitant
from model.excerpt import around
from model.focus import Place, Web
from model.focus_layout import More, Picture, Placed, bands, lay_out
from model.focus_words import box_words, sentences, subject_of
from model.identity import LinkId, NamespaceId
from model.segments import Letters
from model.topology import Topology
from tests.hostile import hostile_host
from tests.model.test_topology_follows import SEEDS, do_something
from tests.model.world import World
from tests.yamato import HOME, yamato

WEB = NamespaceId("n13")
BR0 = LinkId(HOME, 3)


@pytest.fixture
def host() -> Topology:
    topology = Topology()
    topology.apply(yamato())
    return topology


def picture(
    graph: Topology, subject: LinkId | NamespaceId, size: tuple[int, int] = (120, 26), hops: int = 2
) -> Picture:
    found = Web(graph).around(subject, hops)
    assert found is not None
    letters = Letters()
    return lay_out(found, lambda place: box_words(graph, place, letters), bands(size[0], hops), size[1])


def titles(shown: Picture, column: int) -> list[str]:
    return [box.words.title for box in shown.boxes if box.place.hops == column]


def said(graph: Topology, subject: LinkId | NamespaceId) -> list[str]:
    found = Web(graph).around(subject, 2)
    assert found is not None
    return [f"{sentence.name} {sentence.text}" for sentence in sentences(graph, found, Letters())]


def cells(one: Placed | More) -> set[tuple[int, int]]:
    height = one.height if isinstance(one, Placed) else 1
    return {(x, y) for x in range(one.x, one.x + one.width) for y in range(one.y, one.y + height)}


def on_the_way(points: tuple[tuple[int, int], ...]) -> set[tuple[int, int]]:
    found = set()
    for (x, y), (to_x, to_y) in pairwise(points):
        found |= {(column, y) for column in range(min(x, to_x), max(x, to_x) + 1)} if y == to_y else set()
        found |= {(x, row) for row in range(min(y, to_y), max(y, to_y) + 1)} if x == to_x else set()
    return found


def is_sound(shown: Picture, width: int) -> None:
    """Nothing lies on anything else, or outside; cables touch only the edges of boxes; all is shown or counted."""
    things: list[Placed | More] = [*shown.boxes, *shown.mores]
    for one, other in combinations(things, 2):
        assert not cells(one) & cells(other), (one, other)
    for one in things:
        assert one.x >= 0
        assert one.x + one.width <= width
        assert 0 <= one.y < shown.height
    inner = {cell for box in shown.boxes for cell in cells(box) if box.x < cell[0] < box.x + box.width - 1}
    for wire in shown.wires:
        assert not on_the_way(wire.points) & inner
    counted = {id(more.place): more.hidden for more in shown.mores}
    drawn = {id(box.place) for box in shown.boxes}
    for box in shown.boxes:
        if box.place.hops + 1 < len(shown.bands):
            visible = sum(id(child) in drawn for child in box.place.children)
            assert visible + counted.get(id(box.place), 0) == len(box.place.children)


def test_a_container_its_bridges_and_who_else_is_on_them(host: Topology) -> None:
    shown = picture(host, WEB)
    assert titles(shown, 0) == ["web"]
    assert titles(shown, 1) == ["br0", "br-7f2c9a1b0d3e", "db"]
    assert titles(shown, 2)[:2] == ["eth0", "tinderbox"]
    assert sum(more.hidden for more in shown.mores) + len(titles(shown, 2)) == 10
    assert shown.height <= 26


def test_a_second_way_to_a_box_is_told_in_it(host: Topology) -> None:
    db = next(box for box in picture(host, WEB).boxes if box.words.title == "db")
    assert [(row.text, row.remark) for row in db.words.rows] == [("repl0", "10.9.9.1"), ("eth0", "on A")]
    assert db.words.foot == "direct veth"


def test_a_link_is_looked_at_without_the_others_of_its_namespace(host: Topology) -> None:
    shown = picture(host, LinkId(WEB, 2))
    assert titles(shown, 0) == ["web/eth0"]
    assert titles(shown, 1) == ["br0"]


def test_a_host_end_stands_between_its_bridge_and_who_is_inside(host: Topology) -> None:
    assert sorted(titles(picture(host, LinkId(HOME, 23), hops=1), 1)) == ["br0", "web"]
    tap = picture(host, LinkId(HOME, 25), hops=1)
    assert sorted(titles(tap, 1)) == ["br0", "win11"]


def test_the_host_has_a_foot_in_each_of_its_bridges(host: Topology) -> None:
    shown = picture(host, HOME, (120, 60), hops=1)
    assert set(titles(shown, 1)) == {"br0", "docker0", "br-7f2c9a1b0d3e", "eth1", "br-lab", "podman1"}


def test_the_same_things_are_near_as_in_an_export(host: Topology) -> None:
    for subject in (WEB, BR0, NamespaceId("n19"), LinkId(HOME, 6)):
        found = Web(host).around(subject, 2)
        assert found is not None
        near, waiting = set(), [found]
        while waiting:
            place = waiting.pop()
            waiting += place.children
            if isinstance(place.node, Inhabitant) and place.node.namespace is not None:
                near.add(place.node.namespace)
        exported = {space.id for space in around(host, subject, 2).namespaces()} - {HOME}
        assert near == exported


def test_what_is_not_there_has_no_neighbours(host: Topology) -> None:
    assert Web(host).around(LinkId(HOME, 999), 2) is None
    assert Web(host).around(NamespaceId("n999"), 2) is None


def test_columns_give_way_one_by_one() -> None:
    assert [len(bands(width, 3)) for width in (160, 120, 80, 60, 40, 20, 10)] == [4, 4, 4, 3, 2, 1, 0]


def test_an_opened_list_shows_everybody(host: Topology) -> None:
    found = Web(host).around(BR0, 1)
    assert found is not None
    letters = Letters()
    words = {id(place): box_words(host, place, letters) for place in (found, *found.children)}
    closed = lay_out(found, lambda place: words[id(place)], bands(80, 1), 10)
    opened = lay_out(found, lambda place: words[id(place)], bands(80, 1), 10, {BR0})
    assert closed.mores
    assert closed.height <= 10
    assert not opened.mores
    assert opened.height > 10


def test_sentences_say_what_is_certain(host: Topology) -> None:
    assert "web is plugged into A br0 and B br-7f2c9a1b0d3e" in said(host, WEB)
    assert "web/repl0 is a direct cable to db/repl0, on no bridge" in said(host, WEB)
    assert "web/eth0 is plugged into br0 by vethQ7c1dX, port 4, forwarding" in said(host, WEB)
    assert "scanner/eth0 is a macvlan on eth1, mode bridge" in said(host, NamespaceId("n20"))
    assert "vethZ91kQ leads to a namespace that is hidden from us" in said(host, LinkId(HOME, 62))
    assert any("eth0 is DOWN: switched off" in text for text in said(host, NamespaceId("n16")))
    assert "docker0 has no ports: nothing is plugged into it" in said(host, LinkId(HOME, 4))
    everything = " ".join(text for space in host.namespaces() for text in said(host, space.id))
    assert "reach" not in everything


@settings(max_examples=120, deadline=None)
@given(SEEDS, st.integers(1, 60), st.integers(1, 4), st.integers(16, 200), st.integers(3, 60))
def test_nothing_overlaps_and_nobody_is_forgotten(seed: int, deeds: int, hops: int, width: int, height: int) -> None:
    chance = random.Random(seed)
    world, topology = World(), Topology()
    for _ in range(deeds):
        do_something(world, chance)
    topology.apply(world.said)
    subjects: list[LinkId | NamespaceId] = [link.id for link in topology.links()]
    subjects += [space.id for space in topology.namespaces()]
    for subject in chance.sample(subjects, min(4, len(subjects))):
        shown = picture(topology, subject, (width, height), hops)
        is_sound(shown, width)


@pytest.mark.parametrize("size", [(80, 20), (120, 30), (160, 38)])
def test_every_thing_of_the_sample_host_and_of_a_hostile_one_can_be_looked_at(size: tuple[int, int]) -> None:
    for facts in (yamato(), hostile_host()):
        topology = Topology()
        topology.apply(facts)
        subjects: list[LinkId | NamespaceId] = [link.id for link in topology.links()]
        subjects += [space.id for space in topology.namespaces()]
        for subject in subjects:
            for hops in (1, 2, 3):
                shown = picture(topology, subject, size, hops)
                is_sound(shown, size[0])
                for box in shown.boxes:
                    assert subject_of(topology, box.place.node) is not None
                    for sentence in sentences(topology, box.place, Letters()):
                        assert (sentence.name + sentence.text).isprintable()


def everybody(place: Place) -> int:
    return 1 + sum(everybody(child) for child in place.children)


def test_a_bridge_with_a_thousand_ports_is_a_few_boxes_and_a_number() -> None:
    from tests.ui.test_table import thousands

    topology = Topology()
    topology.apply(thousands(1023))
    found = Web(topology).around(BR0, 2)
    assert found is not None
    assert everybody(found) == 1024
    shown = picture(topology, BR0)
    assert len(shown.boxes) < 10
    assert shown.mores[0].hidden + len(shown.boxes) - 1 == 1023
