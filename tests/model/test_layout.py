"""The map shows everything once, and moves as little of it as it can."""

import dataclasses
import random
from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.cables import FALLBACK_TUNNELS, Plug
from model.facts import Fact, LinkGone, LinkSeen, NamespaceGone, NamespaceRead, NamespaceSeen
from model.identity import LinkId, NamespaceId
from model.kept_map import KeptMap
from model.layout import lay_out
from model.link import Link
from model.link_rows import rows_touched
from model.patch_map import Folding, GoneRail, Line, LineId, Map, Memory, Role, Rung, Stone, Tombstone, letter_of
from model.rewiring import rewires
from model.segments import Letters
from model.topology import Topology
from tests.model.made import HOME, bridge, macvlan, namespace, veth
from tests.model.test_topology_follows import do_something, in_batches
from tests.model.world import World
from tests.yamato import yamato

SEEDS = st.integers(0, 2**32)


def topology(facts: Iterable[Fact]) -> Topology:
    live = Topology()
    live.apply(facts)
    return live


def worth_a_look(graph: Topology) -> set[LinkId]:
    return {
        link.id for link in graph.links() if link.kind != "loopback" and (link.up or link.name not in FALLBACK_TUNNELS)
    }


def places(shown: Map) -> Counter[LinkId]:
    """How often each link stands on the map: as a rail or its outside, in a bond, as an end of a cable."""
    found: Counter[LinkId] = Counter()
    ends = [
        end
        for rack in shown.racks
        for group in rack.groups
        for cable in group.cables
        for end in {cable.host_end, cable.inside}
        if end is not None
    ]
    found.update(ends)
    rails = {rack.rail for rack in shown.racks if rack.rail is not None}
    outside = {uplink.link for rack in shown.racks for uplink in rack.uplinks if not uplink.elsewhere}
    found.update((rails | outside) - set(ends))
    found.update(member for members in shown.members.values() for member in members)
    return found


def ids(shown: Map) -> list[LineId]:
    return [line.id for line in shown.lines]


def names(graph: Topology, shown: Map) -> list[str]:
    """Each line in a few words."""
    return [f"{line.id.role.value} {_called(graph, line)}".strip() for line in shown.lines if line.id.role != Role.AIR]


def _called(graph: Topology, line: Line) -> str:
    return "" if line.id.subject is None else graph.address(line.id.subject) or ""


@settings(max_examples=200, deadline=None)
@given(SEEDS, st.integers(1, 60))
def test_every_link_has_exactly_one_place(seed: int, deeds: int) -> None:
    chance, world = random.Random(seed), World()
    for _ in range(deeds):
        do_something(world, chance)
    graph = topology(world.said)
    shown = lay_out(graph)
    assert places(shown) == Counter(worth_a_look(graph))
    assert len(set(ids(shown))) == len(shown.lines)
    living = {line.cable.inhabitant.namespace for line in shown.lines if line.cable is not None}
    folded = {group.inhabitant.namespace for rack in shown.racks if rack.folded for group in rack.groups}
    owners_of_rails = {rack.rail.namespace for rack in shown.racks if rack.rail is not None}
    outside = {uplink.link.namespace for rack in shown.racks for uplink in rack.uplinks}
    assert {space.id for space in graph.namespaces()} <= living | folded | owners_of_rails | outside | {HOME}


@settings(max_examples=100, deadline=None)
@given(SEEDS, st.integers(1, 60))
def test_the_same_graph_gives_the_same_map_however_it_came_about(seed: int, deeds: int) -> None:
    chance, world = random.Random(seed), World()
    for _ in range(deeds):
        do_something(world, chance)
    assert lay_out(topology(world.said)) == lay_out(topology(world.everything()))


@settings(max_examples=150, deadline=None)
@given(SEEDS, st.integers(1, 40), st.integers(1, 10))
def test_what_did_not_change_keeps_its_letter_its_rack_its_lane_and_its_order(seed: int, deeds: int, more: int) -> None:
    chance, world, letters = random.Random(seed), World(), Letters()
    for _ in range(deeds):
        do_something(world, chance)
    before = lay_out(topology(world.said), letters=letters)
    for _ in range(more):
        do_something(world, chance)
        after = lay_out(topology(world.said), before.memory, letters=letters)
        for rail in before.letters.keys() & after.letters.keys():
            assert before.letter(rail) == after.letter(rail)
        for slot, held_by in enumerate(before.memory.slots):
            assert held_by is None or held_by not in after.memory.slots or after.memory.slots[slot] == held_by
        assert_in_the_same_order(before, after)
        before = after


@settings(max_examples=200, deadline=None)
@given(SEEDS, st.integers(1, 60))
def test_a_map_that_is_kept_is_the_one_made_anew(seed: int, deeds: int) -> None:
    chance, world, graph, letters = random.Random(seed), World(), Topology(), Letters()
    for _ in range(deeds):
        do_something(world, chance)
    kept, memory, folding = KeptMap(graph, letters), Memory(), Folding()
    stones: list[Stone] = []
    for batch in in_batches(world.said, chance):
        kept.touch(rows_touched(graph, filter(rewires, graph.apply(batch))))
        if chance.random() < 0.3:
            continue
        shown = kept.lay_out(folding, stones)
        assert shown == lay_out(graph, memory, folding, stones, letters)
        memory = dataclasses.replace(shown.memory, seats=dict(shown.memory.seats))
        rails = [rack.rail for rack in shown.racks]
        folding = Folding(frozenset(rail for rail in rails if chance.random() < 0.2))
        stones = [
            Tombstone(line.cable, shown.racks[line.rack].rail, shown.racks[line.rack].groups[0].order)
            for line in shown.lines
            if line.cable is not None and shown.racks[line.rack].groups and chance.random() < 0.1
        ]
        stones += [GoneRail(rail, ordinal) for rail, ordinal in shown.letters.items() if chance.random() < 0.3]


def assert_in_the_same_order(before: Map, after: Map) -> None:
    """Racks of the host; and in each rack the cables that are what they were, of inhabitants that did not move."""
    for shown in (before, after):
        outer = [rack.letter for rack in shown.racks if rack.rail is not None and rack.within is None]
        assert outer == sorted(outer, key=lambda letter: (len(letter), letter))
    kept = before.memory.seats.items() & after.memory.seats.items()
    seated = {(sitter[0], seat.rail) for sitter, seat in kept}
    for rack in before.racks:
        now = next((other for other in after.racks if other.rail == rack.rail), None)
        if now is None:
            continue
        then_cables = [c for g in rack.groups if (g.inhabitant, rack.rail) in seated for c in g.cables]
        now_cables = [c for g in now.groups if (g.inhabitant, rack.rail) in seated for c in g.cables]
        both = set(then_cables) & set(now_cables)
        assert [c for c in then_cables if c in both] == [c for c in now_cables if c in both]


@settings(max_examples=100, deadline=None)
@given(SEEDS, st.integers(5, 60))
def test_no_two_lanes_share_a_cell_and_every_rail_ends_at_a_port(seed: int, deeds: int) -> None:
    chance, world = random.Random(seed), World()
    for _ in range(deeds):
        do_something(world, chance)
    shown = lay_out(topology(world.said))
    cells = Counter((lane.slot, at) for lane in shown.lanes for at in range(lane.top, lane.bottom + 1))
    assert all(times == 1 for times in cells.values())
    arcs = Counter(at for arc in shown.arcs for at in range(arc.top, arc.bottom + 1))
    assert all(times == 1 for times in arcs.values())
    for number in range(len(shown.racks)):
        rungs = [line.rung for line in shown.lines if line.rack == number and line.id.role is not Role.AIR][1:]
        assert rungs.count(Rung.LAST) <= 1
        if Rung.LAST in rungs:
            end = rungs.index(Rung.LAST)
            assert all(rung is not Rung.NONE for rung in rungs[:end])
            assert all(rung is Rung.NONE for rung in rungs[end + 1 :])


def test_a_new_namespace_only_pushes_later_lines_down() -> None:
    graph, letters = topology(yamato()), Letters()
    before = lay_out(graph, letters=letters)
    fresh = NamespaceId("n99")
    host_end, inside = LinkId(HOME, 90), LinkId(fresh, 2)
    graph.apply(
        [
            NamespaceSeen(namespace(fresh)),
            NamespaceRead(fresh, (veth(fresh, 2, "eth0", host_end),), ()),
            LinkSeen(veth(HOME, 90, "vethNew", inside, master=3)),
        ]
    )
    after = lay_out(graph, before.memory, letters=letters)
    at = after.index[LineId(Role.CABLE, inside)]
    assert ids(after)[:at] == ids(before)[:at]
    assert ids(after)[at + 1 :] == ids(before)[at:]


@pytest.mark.parametrize("at", [line.id for line in lay_out(topology(yamato())).lines if line.cable is not None])
def test_removing_a_cable_only_moves_up_the_lines_below_it_and_whoever_hung_on_it(at: LineId) -> None:
    graph, letters = topology(yamato()), Letters()
    before = lay_out(graph, letters=letters)
    cable = before.lines[before.index[at]].cable
    assert cable is not None
    graph.apply([LinkGone(end) for end in (cable.inside, cable.host_end) if end is not None])
    after = lay_out(graph, before.memory, letters=letters)
    sitter = (cable.inhabitant, None)
    seat, now = before.memory.seats.get(sitter), after.memory.seats.get(sitter)
    moved = set()
    if seat is not None and now is not None and seat.rail != now.rail:
        moved = {line.id for line in before.lines if line.cable and line.cable.inhabitant == cable.inhabitant}
    stayed = [line for line in ids(after) if line in before.index and line not in moved]
    assert stayed == [line for line in ids(before) if line in after.index and line not in moved]


def test_an_inhabitant_stays_in_its_rack_while_it_has_a_cable_there() -> None:
    graph, letters = topology(yamato()), Letters()
    before = lay_out(graph, letters=letters)
    web = NamespaceId("n13")
    graph.apply([LinkSeen(veth(web, 1, "new0", LinkId(HOME, 95))), LinkSeen(veth(HOME, 95, "v", LinkId(web, 1), 7))])
    after = lay_out(graph, before.memory, letters=letters)
    assert after.racks[after.lines[after.index[LineId(Role.CABLE, LinkId(web, 1))]].rack].letter == "A"
    graph.apply([LinkGone(LinkId(HOME, 23)), LinkGone(LinkId(web, 2))])
    moved = lay_out(graph, after.memory, letters=letters)
    assert moved.racks[moved.lines[moved.index[LineId(Role.CABLE, LinkId(web, 7))]].rack].letter == "E"


def test_a_letter_is_not_given_twice() -> None:
    graph, letters = topology(yamato()), Letters()
    before = lay_out(graph, letters=letters)
    graph.apply([LinkGone(LinkId(HOME, 4)), LinkSeen(bridge(HOME, 70, "docker0"))])
    after = lay_out(graph, before.memory, letters=letters)
    assert [rack.letter for rack in after.racks] == ["A", "C", "D", "E", "F", "G", ""]
    assert [letter_of(number) for number in (0, 25, 26, 27, 701, 702)] == ["A", "Z", "AA", "AB", "ZZ", "AAA"]


def test_yamato_stands_as_in_the_pictures() -> None:
    graph = topology(yamato())
    shown = lay_out(graph)
    assert [(rack.letter, len(rack.groups), len(rack.uplinks)) for rack in shown.racks] == [
        ("A", 5, 1),
        ("B", 0, 0),
        ("C", 5, 0),
        ("D", 3, 1),
        ("E", 2, 1),
        ("F", 1, 0),
        ("", 3, 0),
    ]
    assert names(graph, shown)[:6] == [
        "header host/br0",
        "cable tinderbox/eth0",
        "cable db/eth0",
        "cable db/repl0",
        "cable web/eth0",
        "cable web/eth1",
    ]
    assert [(shown.letter(lane.rail), lane.slot) for lane in shown.lanes] == [("C", 0), ("A", 1)]
    assert shown.arcs == ((3, 6),)


def test_racks_fold_in_a_crowd_and_what_the_operator_unfolds_stays_open() -> None:
    facts: list[Fact] = [NamespaceSeen(namespace(HOME, home=True))]
    links: list[Link] = [bridge(HOME, 3, "br0"), bridge(HOME, 4, "br1")]
    for number in range(2, 202):
        space = NamespaceId(f"n{number}")
        near, far = LinkId(HOME, 100 + number), LinkId(space, 2)
        links.append(veth(HOME, near.ifindex, f"v{number}", far, master=3 if number > 3 else 4))
        facts += [NamespaceSeen(namespace(space)), NamespaceRead(space, (veth(space, 2, "eth0", near),), ())]
    graph = topology([*facts, NamespaceRead(HOME, tuple(links), ())])
    shown = lay_out(graph)
    assert [(rack.letter, rack.folded) for rack in shown.racks] == [("A", True), ("B", False)]
    assert shown.find(LinkId(NamespaceId("n100"), 2)) == shown.index[LineId(Role.STRIP, LinkId(HOME, 3))]
    opened = lay_out(graph, shown.memory, Folding(opened=frozenset({LinkId(HOME, 3)})))
    assert len(opened.lines) == 2 + 200 + 1
    graph.apply(NamespaceGone(NamespaceId(f"n{number}")) for number in range(140, 202))
    graph.apply(LinkGone(LinkId(HOME, 100 + number)) for number in range(140, 202))
    still = lay_out(graph, shown.memory)
    assert still.racks[0].folded, "it does not flap around the limit"
    assert not lay_out(graph, Memory()).racks[0].folded


def test_bridges_of_a_container_are_folded_into_it_until_they_are_opened() -> None:
    outer, inner = NamespaceId("n2"), NamespaceId("n3")
    host_end, inside = LinkId(HOME, 7), LinkId(outer, 2)
    graph = topology(
        [
            NamespaceSeen(namespace(HOME, home=True)),
            NamespaceRead(HOME, (bridge(HOME, 3, "br0"), veth(HOME, 7, "vethNode", inside, master=3)), ()),
            NamespaceSeen(namespace(outer, "node")),
            NamespaceRead(
                outer,
                (
                    veth(outer, 2, "eth0", host_end),
                    bridge(outer, 3, "cni0"),
                    veth(outer, 4, "vethPod", LinkId(inner, 2), master=3),
                ),
                (),
            ),
            NamespaceSeen(namespace(inner, "pod")),
            NamespaceRead(inner, (veth(inner, 2, "eth0", LinkId(outer, 4)),), ()),
        ]
    )
    shown = lay_out(graph)
    assert names(graph, shown) == ["header host/br0", "cable node/eth0", "header node/cni0", "strip node/cni0"]
    opened = lay_out(graph, shown.memory, Folding(opened=frozenset({LinkId(outer, 3)})))
    assert names(graph, opened)[2:] == ["header node/cni0", "cable pod/eth0"]
    assert opened.racks[1].within == outer


def test_a_bond_of_two_nics_is_one_uplink() -> None:
    links = (
        bridge(HOME, 3, "br0"),
        Link(LinkId(HOME, 4), "bond0", "bond", master=3),
        Link(LinkId(HOME, 5), "eth0", "device", master=4),
        Link(LinkId(HOME, 6), "eth1", "device", master=4),
    )
    graph = topology([NamespaceSeen(namespace(HOME, home=True)), NamespaceRead(HOME, links, ())])
    shown = lay_out(graph)
    assert [uplink.link.ifindex for uplink in shown.racks[0].uplinks] == [4]
    assert shown.members == {LinkId(HOME, 4): [LinkId(HOME, 5), LinkId(HOME, 6)]}
    assert shown.find(LinkId(HOME, 6)) == 0


def test_more_uplinks_than_rows_get_lines_of_their_own() -> None:
    nics = [Link(LinkId(HOME, 10 + number), f"eth{number}", "device", master=3) for number in range(3)]
    graph = topology(
        [NamespaceSeen(namespace(HOME, home=True)), NamespaceRead(HOME, (bridge(HOME, 3, "br0"), *nics), ())]
    )
    lines = lay_out(graph).lines
    assert [(line.id.role, line.uplink and line.uplink.link.ifindex, line.rung) for line in lines] == [
        (Role.HEADER, 10, Rung.BY),
        (Role.RAIL, 11, Rung.BY),
        (Role.RAIL, 12, Rung.LAST),
    ]


def test_a_patch_between_two_bridges_of_the_host_is_one_cable() -> None:
    links = (
        bridge(HOME, 3, "br0"),
        bridge(HOME, 4, "br1"),
        veth(HOME, 5, "p0", LinkId(HOME, 6), master=3),
        veth(HOME, 6, "p1", LinkId(HOME, 5), master=4),
    )
    shown = lay_out(topology([NamespaceSeen(namespace(HOME, home=True)), NamespaceRead(HOME, links, ())]))
    assert [line.cable.host_end for line in shown.lines if line.cable] == [LinkId(HOME, 5)]
    assert [(uplink.link.ifindex, uplink.elsewhere) for uplink in shown.racks[1].uplinks] == [(6, True)]


def test_an_end_that_is_hidden_is_unknown_and_never_a_cable_to_somebody() -> None:
    graph = topology([NamespaceSeen(namespace(HOME, home=True))])
    graph.apply(
        [LinkSeen(bridge(HOME, 3, "br0")), LinkSeen(veth(HOME, 5, "v", LinkId(NamespaceId("n7"), 2), master=3))]
    )
    cable = lay_out(graph).lines[1].cable
    assert cable is not None
    assert (cable.plug, cable.inside, cable.inhabitant.namespace) == (Plug.PORT, None, None)


def test_a_tombstone_stands_where_the_cable_was() -> None:
    graph, letters = topology(yamato()), Letters()
    before = lay_out(graph, letters=letters)
    at = before.index[LineId(Role.CABLE, LinkId(NamespaceId("n15"), 2))]
    cable = before.lines[at].cable
    assert cable is not None
    stone = Tombstone(cable, LinkId(HOME, 5), cable.order)
    graph.apply([NamespaceGone(NamespaceId("n15")), LinkGone(LinkId(HOME, 32))])
    buried = lay_out(graph, before.memory, gone=[stone], letters=letters)
    assert ids(buried) == ids(before)
    assert buried.lines[at].gone == stone
    assert buried.lines[at].rung is Rung.BY
    assert places(buried) == Counter(worth_a_look(graph))
    later = lay_out(graph, buried.memory, letters=letters)
    assert ids(later) == [line for line in ids(before) if line != before.lines[at].id]


def test_the_header_of_a_rail_that_is_gone_stands_where_its_letter_stood() -> None:
    graph, letters = topology(yamato()), Letters()
    before = lay_out(graph, letters=letters)
    rail = LinkId(HOME, 5)
    stone = GoneRail(rail, before.letters[rail])
    assert ids(lay_out(graph, gone=[stone], letters=letters)) == ids(before)
    graph.apply([LinkGone(rail)])
    after = lay_out(graph, before.memory, gone=[stone], letters=letters)
    assert [rack.rail for rack in after.racks] == [rack.rail for rack in before.racks]
    line = after.lines[after.index[LineId(Role.HEADER, rail)]]
    assert (line.gone, line.rung, line.uplink) == (stone, Rung.NONE, None)
    assert places(after) - Counter([rail]) == Counter(worth_a_look(graph))


def test_a_tombstone_is_not_shown_beside_the_living() -> None:
    graph = topology(yamato())
    cable = lay_out(graph).lines[1].cable
    assert cable is not None
    stone = Tombstone(cable, LinkId(HOME, 3), cable.order)
    assert ids(lay_out(graph, gone=[stone])) == ids(lay_out(graph))


def test_a_macvlan_parent_is_a_rail_and_its_own_uplink() -> None:
    nic = Link(LinkId(HOME, 4), "eth1", "device")
    child = macvlan(NamespaceId("n2"), 2, "mv0", nic.id)
    graph = topology(
        [
            NamespaceSeen(namespace(HOME, home=True)),
            NamespaceRead(HOME, (nic,), ()),
            NamespaceSeen(namespace(NamespaceId("n2"))),
            NamespaceRead(NamespaceId("n2"), (child,), ()),
        ]
    )
    shown = lay_out(graph)
    assert shown.racks[0].rail == nic.id
    assert [uplink.link for uplink in shown.racks[0].uplinks] == [nic.id]
    graph.apply([LinkSeen(dataclasses.replace(child, parent=None))])
    assert lay_out(graph, shown.memory).racks[0].rail is None


def test_a_cable_whose_host_end_has_macvlans_is_plugged_into_that_rail() -> None:
    box, switch = NamespaceId("n2"), NamespaceId("n3")
    uplink, port = LinkId(HOME, 4), LinkId(switch, 2)
    graph = topology(
        [
            NamespaceSeen(namespace(HOME, home=True)),
            NamespaceRead(HOME, (veth(HOME, 4, "uplink0", port),), ()),
            NamespaceSeen(namespace(box, "box")),
            NamespaceRead(box, (macvlan(box, 2, "mv0", uplink),), ()),
            NamespaceSeen(namespace(switch, "switch")),
            NamespaceRead(switch, (veth(switch, 2, "port1", uplink),), ()),
        ]
    )
    shown = lay_out(graph)
    assert names(graph, shown) == ["header host/uplink0", "cable switch/port1", "cable box/mv0"]
    assert shown.parents == {uplink}
    assert places(shown) == Counter(worth_a_look(graph))
