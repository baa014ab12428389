"""A first reading that nobody hears of leads to the same graph as one that is told."""

import random

from hypothesis import given
from hypothesis import strategies as st

from model.facts import AddressSeen, Fact, LinkGone, LinkSeen, NamespaceRead, NamespaceSeen
from model.identity import LinkId
from model.topology import Topology
from tests.model.made import BOX, WEB, cable, ipv4, namespace, small_host, veth
from tests.model.test_topology_follows import SEEDS, SPACES, assert_whole
from tests.model.world import World


def both(facts: list[Fact]) -> tuple[Topology, Topology]:
    learned, told = Topology(), Topology()
    learned.learn(facts)
    told.apply(facts)
    return learned, told


def assert_alike(facts: list[Fact]) -> None:
    learned, told = both(facts)
    assert learned.differences_from(told) == []
    assert_whole(learned)


@given(SEEDS)
def test_a_reading_of_a_whole_world(seed: int) -> None:
    chance = random.Random(seed)
    world = World()
    for space in SPACES[1:]:
        world.new_namespace(space)
    for _ in range(12):
        one, other = chance.choice(SPACES), chance.choice(SPACES)
        chance.choice((world.add_bridge, world.add_nic))(one)
        world.add_cable(one, other)
        for link in world.links_in(one)[:2]:
            world.address(link, ipv4(f"10.0.{chance.randrange(9)}.1"))
    assert_alike(world.everything())
    assert_alike(world.said)


@given(st.permutations(small_host()))
def test_in_any_order(facts: list[Fact]) -> None:
    assert_alike(facts)


def test_what_happens_while_it_is_read_is_part_of_it() -> None:
    host_end, inside = cable()
    assert_alike(
        [
            *small_host(),
            LinkSeen(host_end),
            LinkSeen(inside),
            NamespaceRead(BOX, (inside,), ((2, ipv4("10.0.0.2")),)),
            AddressSeen(LinkId(WEB, 9), ipv4("10.0.0.3")),
            NamespaceRead(WEB, (veth(WEB, 9, "late"),), ()),
            LinkGone(inside.id, LinkId(WEB, 5)),
            NamespaceRead(WEB, (veth(WEB, 5, "moved", host_end.id),), ()),
        ]
    )


def test_a_reading_that_says_a_link_twice() -> None:
    assert_alike([NamespaceSeen(namespace(BOX)), NamespaceRead(BOX, (veth(BOX, 2, "a"), veth(BOX, 2, "b")), ())])


def test_what_is_learned_is_followed_on() -> None:
    learned, told = both(small_host())
    more: list[Fact] = [LinkSeen(link) for link in cable()]
    assert learned.apply(more) == told.apply(more)
