"""After any sequence of facts, in any batches, the live graph is the one that a fresh reading gives; and who applies
the changes to an earlier picture arrives at the same place."""

import random
from collections.abc import Callable

from hypothesis import example, given, settings
from hypothesis import strategies as st

from model.change import Change
from model.facts import (
    AddressGone,
    AddressSeen,
    Fact,
    HolderSeen,
    LinkGone,
    LinkSeen,
    NamespaceGone,
    NamespaceRead,
    NamespaceSeen,
    OwnersSeen,
    Resynced,
)
from model.identity import UNKNOWN, LinkId, NamespaceId
from model.json_form import Doer, change_form
from model.link import Bridge, BridgePort, Detail, Link, Macvlan
from model.namespace import Holder, Namespace
from model.topology import Topology
from tests.model.follower import Follower, picture
from tests.model.made import HOME, container, ipv4, snapshot
from tests.model.world import World

SEEDS = st.integers(0, 2**32)
SPACES = [NamespaceId(f"n{number}") for number in range(1, 6)]


def lines(changes: list[Change]) -> list[dict[str, object]]:
    return [change_form(change, seq, "", Doer()) for seq, change in enumerate(changes)]


def in_batches(facts: list[Fact], chance: random.Random) -> list[list[Fact]]:
    batches: list[list[Fact]] = []
    rest = list(facts)
    while rest:
        size = chance.choice([1, 1, 2, 3, 5, 8, 30])
        batches.append(rest[:size])
        rest = rest[size:]
    return batches


def assert_whole(topology: Topology) -> None:
    """The graph and every index say what the links themselves say."""
    links = topology.links()
    nodes = {link.id for link in links} | {space.id for space in topology.namespaces()}
    assert set(topology.graph.nodes) == nodes
    edges: set[tuple[object, object, str]] = {(link.id, link.id.namespace, "in-namespace") for link in links}
    for link in links:
        ends = topology.ends(link.id)
        for relation, end in zip(("master", "peer", "parent"), ends[:3], strict=True):
            if isinstance(end, LinkId):
                edges.add((link.id, end, relation))
        if isinstance(ends.peer, LinkId):
            assert topology.ends(ends.peer).peer == link.id
    assert set(topology.graph.edges(keys=True)) == edges
    for link in links:
        for name in (link.name, *link.altnames):
            assert link in topology.links_named(name)
            assert link in topology.links_named(name, link.id.namespace)
        assert link.mac is None or link in topology.links_by_mac(link.mac)
        for address in topology.addresses(link.id):
            assert link in topology.links_by_address(address.text)


def do_something(world: World, chance: random.Random) -> None:
    spaces = list(world.spaces)
    links = [link for link in world.links.values() if link.kind != "loopback"]
    dead = [space for space in SPACES if space not in world.spaces]
    one, other = chance.choice(spaces), chance.choice(spaces)
    link = chance.choice(links) if links else None
    deeds: list[Callable[[], None]] = [
        lambda: world.add_cable(one, other),
        lambda: world.add_bridge(one),
        lambda: world.add_nic(one),
        lambda: world.read_again(one),
        lambda: world.name_namespace(one, tuple(chance.sample(["a", "b", "host"], chance.randrange(3)))),
        lambda: world.own(
            one, tuple(container(name, 7) for name in chance.sample(["x", "y", "z"], chance.randrange(3)))
        ),
    ]
    if dead:
        deeds += [lambda: world.new_namespace(chance.choice(dead))] * 2
    if one != HOME:
        deeds.append(lambda: world.kill_namespace(one))
    if link is not None:
        deeds += [
            lambda: world.alter(link, chance.randrange(1000)),
            lambda: world.attach(link, chance.choice([*links, None])),
            lambda: world.address(link, ipv4(f"10.0.0.{chance.randrange(4)}")),
            lambda: world.add_macvlan(link, one),
            lambda: world.delete(link),
            lambda: world.move(link, one),
            lambda: world.move(link, one),
        ]
    chance.choice(deeds)()


@settings(max_examples=150, deadline=None)
@given(SEEDS, st.integers(1, 60))
def test_the_live_graph_is_the_one_a_fresh_reading_gives(seed: int, deeds: int) -> None:
    chance = random.Random(seed)
    world = World()
    for _ in range(deeds):
        do_something(world, chance)
    topology = Topology()
    follower = Follower(snapshot(topology))
    for batch in in_batches(world.said, chance):
        for line in lines(topology.apply(batch)):
            follower.follow(line)
        assert follower.picture() == picture(snapshot(topology))
    fresh = Topology()
    fresh.apply(world.everything())
    assert topology.differences_from(fresh) == []
    assert topology.same_as(fresh)
    assert_whole(topology)
    assert topology.apply(world.everything()) == []


def any_link(chance: random.Random) -> Link:
    def any_id() -> LinkId:
        return LinkId(chance.choice(SPACES), chance.randrange(1, 5))

    kind = chance.choice(["veth", "veth", "veth", "bridge", "macvlan", "never-seen"])
    details: dict[str, Detail] = {
        "macvlan": Macvlan(chance.choice(["vepa", "bridge"])),
        "bridge": Bridge(stp=chance.random() < 0.5),
    }
    return Link(
        any_id(),
        chance.choice(["eth0", "eth1", "a\nb", "\udcff"]),
        kind,
        mac=chance.choice([None, "02:00:00:00:00:01"]),
        mtu=chance.choice([1500, 9000]),
        up=chance.random() < 0.5,
        altnames=chance.choice([(), ("x/y",), ("eth0",)]),
        master=chance.choice([0, 0, 1, 2]),
        peer=chance.choice([any_id(), any_id(), UNKNOWN]) if kind == "veth" else None,
        parent=chance.choice([any_id(), UNKNOWN, None]) if kind in ("macvlan", "never-seen") else None,
        detail=details.get(kind),
        port=chance.choice([None, BridgePort(), BridgePort(isolated=True)]),
    )


def any_fact(chance: random.Random) -> Fact:
    """Nonsense, too: what no kernel would say."""
    link = any_link(chance)
    space = link.id.namespace
    address = ipv4(f"10.0.0.{chance.randrange(3)}")
    others = tuple({one.id: one for one in (any_link(chance) for _ in range(4)) if one.id.namespace == space}.values())
    held = chance.choice([None, (), ((link.id.ifindex, address),)])
    facts: list[Fact] = [
        NamespaceSeen(
            Namespace(space, inode=chance.choice([None, 5]), names=chance.choice([(), ("a",)]), home=space == HOME)
        ),
        NamespaceSeen(Namespace(space, readable=chance.random() < 0.5, home=space == HOME)),
        NamespaceGone(space),
        NamespaceRead(space, others, held),
        NamespaceRead(space, others, held),
        LinkSeen(link),
        LinkSeen(link),
        LinkSeen(link),
        LinkGone(link.id),
        LinkGone(link.id, moved_to=any_link(chance).id),
        LinkGone(link.id, moved_to=any_link(chance).id),
        AddressSeen(link.id, address),
        AddressGone(link.id, address),
        OwnersSeen(space, tuple(container(name) for name in chance.sample(["x", "y"], chance.randrange(3)))),
        HolderSeen(link.id, chance.choice([None, Holder(1, "qemu"), Holder(2, "qemu", container("vm"))])),
        Resynced("told to", 1.0),
    ]
    return chance.choice(facts)


@settings(max_examples=300, deadline=None)
@given(SEEDS, st.integers(1, 120))
@example(568, 80)  # a held link moves to a place where one was born in the same batch
@example(20392, 80)  # another link is where one left that a reading had missed, before that one arrives
@example(52215, 90)  # where a link turns out to have moved to, what it stood on is not any more
def test_even_nonsense_leaves_the_graph_whole_and_its_follower_right(seed: int, count: int) -> None:
    chance = random.Random(seed)
    topology = Topology()
    follower = Follower(snapshot(topology))
    for batch in in_batches([any_fact(chance) for _ in range(count)], chance):
        for line in lines(topology.apply(batch)):
            follower.follow(line)
        assert follower.picture() == picture(snapshot(topology))
        assert_whole(topology)


@settings(max_examples=100, deadline=None)
@given(SEEDS, st.integers(1, 60))
@example(2147483648, 45)  # news of a move waits for its namespace, and the other end was read meanwhile
@example(7206, 36)  # a link that is on its way arrives after another one was read where it left
@example(10419, 45)  # the same, and the one that arrives is the other one's peer
def test_reading_everything_again_mends_whatever_went_before(seed: int, count: int) -> None:
    chance = random.Random(seed)
    topology = Topology()
    for batch in in_batches([any_fact(chance) for _ in range(count)], chance):
        topology.apply(batch)
    world = World()
    for _ in range(20):
        do_something(world, chance)
    lost: list[Fact] = [NamespaceGone(space.id) for space in topology.namespaces() if space.id not in world.spaces]
    topology.apply([*lost, *world.everything(), Resynced("lost", 1.0)])
    fresh = Topology()
    fresh.apply(world.everything())
    holders = {link.id: topology.holder(link.id) for link in topology.links()}
    fresh.apply([HolderSeen(link, holder) for link, holder in holders.items() if holder is not None])
    assert topology.differences_from(fresh) == []
