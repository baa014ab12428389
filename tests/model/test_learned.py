"""What is new in the tables of a namespace, and whose a learned MAC is."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from model.facts import LinkSeen
from model.identity import UNKNOWN, LinkId, NamespaceId
from model.learned import CALM_S, FLASHES_S, TOLD_S, Age, Learned, Mark, News, Reading, Unreadable
from model.mac_owner import Belongs, mac_owner
from model.table_parts import parts_of
from model.tables import ForwardingEntry, Neighbour, Route, Tables
from model.topology import Topology
from tests.model.made import BOX, HOME, WEB, bridge, cable, link_id, macvlan, topology_of, veth
from tests.yamato import yamato

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
FIRST = Tables(
    BOX,
    (Neighbour(2, "10.0.0.1", "02:00:00:00:00:01", "reachable"),),
    (ForwardingEntry(3, 7, "02:00:00:00:00:01", "learned", 1.0),),
    (Route(4, "default", "10.0.0.1", 2),),
)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def learned(*readings: Tables | Unreadable) -> Learned:
    """One reading a second."""
    memory = Learned()
    for second, found in enumerate(readings):
        memory.record(Reading(BOX, found), after(second))
    return memory


def test_the_first_reading_is_no_news() -> None:
    memory = learned(FIRST)
    assert memory.found(BOX) == FIRST
    assert memory.mark(BOX, FIRST.routes[0], NOON) is None


def test_what_was_not_there_before_is_new() -> None:
    neighbour = Neighbour(2, "10.0.0.9", "02:00:00:00:00:09", "stale")
    mac = ForwardingEntry(3, 7, "02:00:00:00:00:09", "learned", 0.0)
    route = Route(4, "192.0.2.0/24", None, 2)
    second = Tables(BOX, (*FIRST.neighbours, neighbour), (*FIRST.forwarding, mac), (*FIRST.routes, route))
    memory = learned(FIRST, second)
    for entry in (neighbour, mac, route):
        assert memory.mark(BOX, entry, after(1)) == Mark(News.NEW, Age.FLASHING)


def test_a_mac_on_another_port_a_neighbour_with_another_mac_and_a_route_to_another_gateway_have_moved() -> None:
    second = Tables(
        BOX,
        (dataclasses.replace(FIRST.neighbours[0], mac="02:00:00:00:00:02"),),
        (dataclasses.replace(FIRST.forwarding[0], port=8),),
        (dataclasses.replace(FIRST.routes[0], gateway="10.0.0.2"),),
    )
    memory = learned(FIRST, second)
    for entry in (second.neighbours[0], second.forwarding[0], second.routes[0]):
        assert memory.mark(BOX, entry, after(1)) == Mark(News.MOVED, Age.FLASHING)


def test_a_neighbour_fails_once_and_its_mac_may_be_forgotten_without_moving() -> None:
    failed = dataclasses.replace(FIRST, neighbours=(Neighbour(2, "10.0.0.1", None, "failed"),))
    memory = learned(FIRST, failed)
    assert memory.mark(BOX, failed.neighbours[0], after(1)) == Mark(News.FAILED, Age.FLASHING)
    memory.record(Reading(BOX, failed), after(50))
    assert memory.mark(BOX, failed.neighbours[0], after(50)) == Mark(News.FAILED, Age.CALM)


def test_an_entry_that_only_ages_is_no_news() -> None:
    older = dataclasses.replace(FIRST, forwarding=(dataclasses.replace(FIRST.forwarding[0], age_s=9.0),))
    assert learned(FIRST, older).mark(BOX, older.forwarding[0], after(1)) is None


def test_the_ways_of_a_route_with_several_gateways_do_not_move_about() -> None:
    ways = tuple(Route(6, "2001:db8::/64", f"fe80::{way}", 2, metric=1024) for way in (1, 2, 3))
    tables = dataclasses.replace(FIRST, routes=ways)
    memory = learned(tables, tables, tables)
    assert [memory.mark(BOX, way, after(2)) for way in ways] == [None] * 3


def test_a_link_that_comes_up_does_not_move_the_link_local_routes_of_others() -> None:
    own, others = (Route(6, "fe80::/64", None, link, metric=256) for link in (2, 3))
    memory = learned(dataclasses.replace(FIRST, routes=(own,)), dataclasses.replace(FIRST, routes=(own, others)))
    assert memory.mark(BOX, own, after(1)) is None
    assert memory.mark(BOX, others, after(1)) == Mark(News.NEW, Age.FLASHING)


def test_a_change_flashes_then_keeps_its_word_then_is_forgotten() -> None:
    second = dataclasses.replace(FIRST, routes=(*FIRST.routes, Route(4, "192.0.2.0/24")))
    memory = learned(FIRST, second)
    new = second.routes[1]
    ages = [memory.mark(BOX, new, after(1 + seconds)) for seconds in (FLASHES_S, CALM_S, TOLD_S)]
    assert ages == [Mark(News.NEW, Age.LOUD), Mark(News.NEW, Age.CALM), None]


def test_what_changed_while_it_could_not_be_read_is_no_news() -> None:
    second = dataclasses.replace(FIRST, routes=(*FIRST.routes, Route(4, "192.0.2.0/24")))
    memory = learned(FIRST, Unreadable("it died"), second)
    assert memory.mark(BOX, second.routes[1], after(2)) is None


def test_what_nobody_looks_at_is_forgotten() -> None:
    memory = learned(FIRST)
    memory.keep_only({HOME})
    assert memory.found(BOX) is None


# Which tables


@pytest.fixture(scope="module")
def host() -> Topology:
    graph = Topology()
    graph.apply(yamato())
    return graph


def test_a_cable_s_inside_end_is_read_in_two_namespaces(host: Topology) -> None:
    parts = parts_of(host, LinkId(NamespaceId("n11"), 2))
    assert parts is not None
    assert parts.namespaces == {HOME, NamespaceId("n11")}
    here = ForwardingEntry(3, 21, "02:00:00:00:00:01", "learned", 1.0)
    own = ForwardingEntry(3, 21, "02:00:00:00:00:02", "own")
    other = ForwardingEntry(3, 22, "02:00:00:00:00:03", "learned", 1.0)
    assert parts.forwarding(Tables(HOME, forwarding=(here, own, other))) == (here,)


def test_a_bridge_shows_what_it_learned_and_the_host_s_links_only_their_own_routes(host: Topology) -> None:
    parts = parts_of(host, LinkId(HOME, 3))
    assert parts is not None
    assert parts.namespaces == {HOME}
    mine, other = Route(4, "192.168.1.0/24", ifindex=3), Route(4, "172.17.0.0/16", ifindex=4)
    assert parts.routes(Tables(HOME, routes=(mine, other))) == (mine,)
    inside = parts_of(host, LinkId(NamespaceId("n13"), 7))
    assert inside is not None
    assert inside.routes(Tables(HOME, routes=(mine, other))) == (mine, other)


def test_a_namespace_shows_all(host: Topology) -> None:
    parts = parts_of(host, HOME)
    assert parts is not None
    one = Neighbour(3, "192.168.1.1", None, "failed")
    group = Neighbour(3, "224.0.0.22", "01:00:5e:00:00:16", "noarp")
    assert parts.neighbours(Tables(HOME, (one, group))) == (one,)
    assert len(parts.bridges) == 5
    assert parts_of(host, NamespaceId("n99")) is None


# Whose


def seen_on(port: int, mac: str) -> ForwardingEntry:
    return ForwardingEntry(3, port, mac, "learned", 1.0)


def test_a_mac_behind_its_own_port_belongs_there() -> None:
    graph = topology_of(*(LinkSeen(link) for link in cable()))
    assert mac_owner(graph, seen_on(7, "02:00:00:00:02:02"), link_id(HOME, 3)) == (
        "id:n2/eth0" if graph.address(BOX) == "id:n2" else f"{graph.address(BOX)}/eth0",
        Belongs.HERE,
        link_id(BOX, 2),
    )


def test_a_mac_that_the_inhabitant_has_not_is_a_stray() -> None:
    graph = topology_of(*(LinkSeen(link) for link in cable(WEB)))
    owner = mac_owner(graph, seen_on(7, "02:00:00:00:99:99"), link_id(HOME, 3))
    assert owner == ("not web's", Belongs.STRAY, None)


def test_a_mac_of_somebody_else_says_whose() -> None:
    first, second = cable(WEB), cable(BOX, 8, "vethOther")
    graph = topology_of(*(LinkSeen(link) for link in (*first, *second)))
    owner = mac_owner(graph, seen_on(8, first[1].mac or ""), link_id(HOME, 3))
    assert owner.belongs is Belongs.STRAY
    assert owner.text.startswith("web/eth0, not ")


def test_a_container_may_send_for_what_hangs_on_its_own_bridge_and_its_children() -> None:
    near, far = cable(WEB)
    inner = bridge(WEB, 5, "br1")
    nested = veth(WEB, 6, "vnest", link_id(BOX, 2), master=5), veth(BOX, 2, "eth0", link_id(WEB, 6))
    child = dataclasses.replace(macvlan(BOX, 9, "mv0", link_id(WEB, 2)), mac="02:00:00:00:00:77")
    graph = topology_of(*(LinkSeen(link) for link in (near, far, inner, *nested, child)))
    for mac in (nested[1].mac, child.mac):
        assert mac_owner(graph, seen_on(7, mac or ""), link_id(HOME, 3)).belongs is Belongs.HERE


def test_where_we_cannot_see_we_accuse_nobody() -> None:
    near = dataclasses.replace(veth(HOME, 7, "veth0", master=3), peer=UNKNOWN)
    graph = topology_of(LinkSeen(near))
    assert mac_owner(graph, seen_on(7, "02:00:00:00:99:99"), link_id(HOME, 3)) == ("unknown", Belongs.UNKNOWN, None)


def test_what_comes_in_by_a_nic_is_outside_and_a_vm_may_have_any_mac(host: Topology) -> None:
    assert mac_owner(host, seen_on(2, "d8:3a:dd:10:4e:01"), LinkId(HOME, 3)).text == "outside"
    assert mac_owner(host, seen_on(25, "52:54:00:7f:b4:72"), LinkId(HOME, 3)).text == "win11"
