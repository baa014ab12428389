"""Scripts: what was said, and what a person is told."""

from dataclasses import replace

from model.change import Change, What
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
from model.link import BridgePort, Link, Macvlan
from model.namespace import Holder
from model.topology import Topology
from tests.model.made import (
    BOX,
    HOME,
    WEB,
    bridge,
    cable,
    container,
    ipv4,
    macvlan,
    namespace,
    small_host,
    topology_of,
    veth,
)

HOST_END, INSIDE_END = cable()
IN_WEB = replace(INSIDE_END, id=LinkId(WEB, 2))


def told(topology: Topology, *facts: Fact) -> list[tuple[str, str]]:
    return [(change.what.value, change.address) for change in topology.apply(facts)]


def only(changes: list[Change]) -> Change:
    (change,) = changes
    return change


def test_a_batch_may_name_links_before_they_are_seen() -> None:
    topology = Topology()
    topology.apply([LinkSeen(HOST_END), LinkSeen(INSIDE_END), *reversed(small_host())])
    assert topology.peer(HOST_END.id) == INSIDE_END or topology.link(HOST_END.id) is None
    topology = topology_of(LinkSeen(HOST_END), LinkSeen(INSIDE_END))
    assert topology.peer(HOST_END.id) == INSIDE_END
    assert topology.graph.has_edge(INSIDE_END.id, HOST_END.id, "peer")
    assert topology.graph.has_edge(HOST_END.id, LinkId(HOME, 3), "master")


def test_facts_of_a_namespace_wait_until_it_is_seen() -> None:
    topology = topology_of()
    new = NamespaceId("n9")
    assert told(topology, LinkSeen(bridge(new, 2, "br0")), AddressSeen(LinkId(new, 2), ipv4("10.0.0.1"))) == []
    assert told(topology, NamespaceSeen(namespace(new, "blue"))) == [
        ("namespace-added", "blue"),
        ("link-added", "blue/br0"),
        ("address-added", "blue/br0"),
    ]


def test_a_peer_that_was_never_seen_is_unknown_and_no_edge() -> None:
    topology = topology_of(LinkSeen(HOST_END))
    assert topology.peer(HOST_END.id) is UNKNOWN
    assert [caution.code for caution in topology.warnings()] == ["peer-unknown"]
    change = only(topology.apply([LinkSeen(INSIDE_END)])[1:])
    assert (change.what, change.before, change.after) == (What.PEER, UNKNOWN, INSIDE_END.id)


def test_two_ends_that_contradict_each_other_are_a_warning_and_never_an_edge() -> None:
    liar = replace(INSIDE_END, id=LinkId(WEB, 2))
    stranger = replace(INSIDE_END, peer=LinkId(WEB, 9))
    topology = topology_of(LinkSeen(HOST_END), LinkSeen(stranger))
    assert topology.peer(HOST_END.id) is UNKNOWN
    assert "peer-ambiguous" in [caution.code for caution in topology.warnings()]
    assert not topology.graph.has_edge(HOST_END.id, stranger.id)
    topology = topology_of(LinkSeen(HOST_END), LinkSeen(INSIDE_END), LinkSeen(liar))
    assert topology.peer(HOST_END.id) == INSIDE_END
    assert topology.peer(liar.id) is UNKNOWN


def test_an_end_that_is_silent_is_found_by_the_one_that_names_it() -> None:
    silent = replace(HOST_END, peer=UNKNOWN)
    topology = topology_of(LinkSeen(silent), LinkSeen(INSIDE_END))
    assert topology.peer(silent.id) == INSIDE_END
    assert topology.peer(INSIDE_END.id) == silent
    topology.apply([LinkSeen(replace(INSIDE_END, id=LinkId(WEB, 5)))])
    assert topology.peer(silent.id) is UNKNOWN


def test_a_move_is_one_change_in_one_batch() -> None:
    topology = topology_of(LinkSeen(HOST_END), LinkSeen(INSIDE_END))
    changes = topology.apply([LinkGone(INSIDE_END.id, IN_WEB.id), LinkSeen(IN_WEB)])
    assert [change.what for change in changes] == [What.MOVED, What.PEER]
    moved = changes[0]
    assert (moved.subject, moved.before, moved.after) == (IN_WEB.id, INSIDE_END, IN_WEB)
    assert (moved.address, moved.formerly) == ("web/eth0", f"inode:{4026530002}/eth0")
    assert topology.peer(HOST_END.id) == IN_WEB


def test_a_move_told_the_other_way_round_is_one_change() -> None:
    topology = topology_of(LinkSeen(HOST_END), LinkSeen(INSIDE_END))
    renamed = replace(IN_WEB, name="eth9")
    changes = topology.apply([LinkSeen(IN_WEB), LinkSeen(renamed), LinkGone(INSIDE_END.id, IN_WEB.id)])
    assert [change.what for change in changes] == [What.MOVED, What.RENAMED, What.PEER]
    assert topology.link(INSIDE_END.id) is None


def test_a_move_over_two_batches_is_one_change_when_it_arrives() -> None:
    topology = topology_of(LinkSeen(HOST_END), LinkSeen(INSIDE_END))
    assert topology.apply([LinkGone(INSIDE_END.id, IN_WEB.id)]) == []
    assert topology.link(INSIDE_END.id) == INSIDE_END
    assert [change.what for change in topology.apply([LinkSeen(IN_WEB)])] == [What.MOVED, What.PEER]


def test_a_link_that_arrived_a_batch_earlier_is_told_as_moved_and_not_as_removed() -> None:
    topology = topology_of(LinkSeen(INSIDE_END))
    assert told(topology, LinkSeen(IN_WEB)) == [("link-added", "web/eth0")]
    assert told(topology, LinkGone(INSIDE_END.id, IN_WEB.id)) == [("moved", "web/eth0")]


def test_a_reading_of_its_new_namespace_completes_a_move() -> None:
    topology = topology_of(LinkSeen(INSIDE_END))
    topology.apply([LinkGone(INSIDE_END.id, IN_WEB.id)])
    change = only(topology.apply([NamespaceRead(WEB, (IN_WEB,), ((2, ipv4("10.0.0.9")),))]))
    assert change.what is What.MOVED
    assert change.stands is not None
    assert change.stands.addresses == (ipv4("10.0.0.9"),)


def words(*facts: Fact) -> list[What]:
    """What is told where a cable between HOME and BOX was."""
    return [change.what for change in topology_of(LinkSeen(HOST_END), LinkSeen(INSIDE_END)).apply(facts)]


def test_a_reading_of_its_old_namespace_does_not_hide_a_move_that_is_heard_after_it() -> None:
    missed, gone = NamespaceRead(BOX, (), None), LinkGone(INSIDE_END.id, IN_WEB.id)
    assert words(missed, gone, LinkSeen(IN_WEB)) == [What.MOVED, What.PEER]
    assert words(missed, NamespaceRead(WEB, (IN_WEB,), None), gone) == [What.MOVED, What.PEER]
    assert words(missed, gone) == [What.LINK_REMOVED, What.PEER]


def test_a_reading_of_a_namespace_that_it_has_left_again_does_not_hide_a_move() -> None:
    last = replace(IN_WEB, id=LinkId(HOME, 9))
    on: list[Fact] = [LinkGone(INSIDE_END.id, IN_WEB.id), NamespaceRead(WEB, (), None), LinkGone(IN_WEB.id, last.id)]
    assert words(*on, LinkSeen(last)) == [What.MOVED, What.PEER]
    assert words(*on) == [What.LINK_REMOVED, What.PEER]


def test_where_the_place_is_taken_the_one_before_did_not_move() -> None:
    other = replace(INSIDE_END, name="other", peer=UNKNOWN)
    gone: list[Fact] = [NamespaceRead(BOX, (), None), LinkGone(INSIDE_END.id, IN_WEB.id)]
    told = words(*gone, LinkSeen(other), LinkSeen(IN_WEB))
    assert told == [What.LINK_REMOVED, What.LINK_ADDED, What.LINK_ADDED]


def test_a_move_whose_news_was_lost_is_known_by_the_end_that_stayed() -> None:
    elsewhere, here = NamespaceRead(BOX, (), None), replace(HOST_END, peer=IN_WEB.id)
    assert words(elsewhere, LinkSeen(here), NamespaceRead(WEB, (IN_WEB,), None)) == [What.MOVED, What.PEER]
    assert words(NamespaceRead(WEB, (IN_WEB,), None), LinkSeen(here), elsewhere) == [What.MOVED, What.PEER]
    replaced = replace(IN_WEB, mac="02:00:00:00:00:77")
    assert What.MOVED not in words(elsewhere, LinkSeen(here), NamespaceRead(WEB, (replaced,), None))


def test_a_move_that_does_not_arrive_is_a_removal() -> None:
    leave = LinkGone(INSIDE_END.id, IN_WEB.id)
    for end in (NamespaceRead(WEB, (), None), NamespaceGone(WEB), LinkGone(IN_WEB.id), Resynced("lost", 1.0)):
        topology = topology_of(LinkSeen(INSIDE_END), leave)
        assert told(topology, end)[0] == ("link-removed", f"inode:{4026530002}/eth0")
        assert topology.link(INSIDE_END.id) is None
    nowhere = LinkGone(INSIDE_END.id, LinkId(NamespaceId("n99"), 2))
    assert told(topology_of(LinkSeen(INSIDE_END)), nowhere) == [("link-removed", f"inode:{4026530002}/eth0")]


def test_a_link_may_move_on_before_it_is_seen() -> None:
    topology = topology_of(LinkSeen(INSIDE_END))
    home = replace(INSIDE_END, id=LinkId(HOME, 2))
    moves: list[Fact] = [LinkGone(INSIDE_END.id, IN_WEB.id), LinkGone(IN_WEB.id, home.id), LinkSeen(home)]
    assert told(topology, *moves) == [("moved", "host/eth0")]


def test_a_nic_comes_home_when_its_namespace_dies() -> None:
    nic, home = Link(LinkId(BOX, 4), "eth4", "device"), Link(LinkId(HOME, 4), "eth4", "device")
    topology = topology_of(LinkSeen(nic))
    changes = topology.apply([LinkGone(nic.id, home.id), NamespaceGone(BOX), LinkSeen(home)])
    assert [change.what for change in changes] == [What.NAMESPACE_REMOVED, What.MOVED]
    assert changes[1].formerly == f"inode:{4026530002}/eth4"


def test_a_namespace_dies_with_all_it_held_under_the_names_it_had() -> None:
    owner = container("tinderbox")
    topology = topology_of(OwnersSeen(BOX, (owner,)), LinkSeen(HOST_END), LinkSeen(INSIDE_END))
    assert told(topology, NamespaceGone(BOX)) == [
        ("link-removed", "tinderbox/eth0"),
        ("owner-removed", "tinderbox"),
        ("namespace-removed", "tinderbox"),
        ("peer", "host/veth8pUZr"),
    ]
    assert not topology.links(BOX)


def test_a_reading_tells_only_what_differs() -> None:
    topology = topology_of(LinkSeen(HOST_END), AddressSeen(HOST_END.id, ipv4("10.0.0.1")))
    lo, br0, end = topology.links(HOME)
    held = ((7, ipv4("10.0.0.1")),)
    assert topology.apply([NamespaceRead(HOME, (lo, br0, end), held)]) == []
    assert topology.apply([NamespaceRead(HOME, (lo, br0, end), None)]) == []
    changes = topology.apply([NamespaceRead(HOME, (lo, replace(end, mtu=9000)), ((7, ipv4("10.0.0.2")),))])
    assert [(change.what.value, change.before, change.after) for change in changes] == [
        ("link-removed", br0, None),
        ("mtu", 1500, 9000),
        ("address-removed", "10.0.0.1/24", None),
        ("address-added", None, "10.0.0.2/24"),
    ]


def test_each_property_has_its_own_word() -> None:
    child = macvlan(BOX, 5, "mv0", LinkId(HOME, 3), "vepa")
    topology = topology_of(LinkSeen(HOST_END), LinkSeen(child), LinkSeen(bridge(HOME, 9, "br1")))
    port = BridgePort(isolated=True)
    after = replace(
        HOST_END, name="tinderbox0", mac="02:ff:00:00:00:01", master=9, up=True, carrier=True, operstate="up",
        mtu=9000, alias="cable", altnames=("alt",), port=port,
    )  # fmt: skip
    changes = topology.apply([LinkSeen(after), LinkSeen(replace(child, detail=Macvlan("private")))])
    assert [(change.what.value, change.before, change.after) for change in changes] == [
        ("renamed", "veth8pUZr", "tinderbox0"),
        ("mac", HOST_END.mac, "02:ff:00:00:00:01"),
        ("attached", LinkId(HOME, 3), LinkId(HOME, 9)),
        ("up", False, True),
        ("carrier", False, True),
        ("operstate", "unknown", "up"),
        ("mtu", 1500, 9000),
        ("alias", None, "cable"),
        ("altname", (), ("alt",)),
        ("port", None, port),
        ("mode", "vepa", "private"),
    ]
    assert [change.what.value for change in topology.apply([LinkSeen(replace(after, master=0, up=False))])] == [
        "detached",
        "down",
    ]


def test_another_kind_under_the_same_id_is_another_link() -> None:
    topology = topology_of(LinkSeen(HOST_END))
    told_now = told(topology, LinkSeen(bridge(HOME, 7, "br7")))
    assert told_now == [("link-removed", "host/veth8pUZr"), ("link-added", "host/br7")]


def test_an_address_waits_for_its_link_and_goes_with_it() -> None:
    topology = topology_of(AddressSeen(HOST_END.id, ipv4("10.0.0.1"), by_pid=7))
    born = only(topology.apply([LinkSeen(HOST_END)]))
    assert born.stands is not None
    assert born.stands.addresses == (ipv4("10.0.0.1"),)
    gone = only(topology.apply([LinkGone(HOST_END.id)]))
    assert gone.stood is not None
    assert gone.stood.addresses == (ipv4("10.0.0.1"),)
    topology.apply([LinkSeen(HOST_END)])
    assert topology.addresses(HOST_END.id) == ()
    assert topology.links_by_address("10.0.0.1") == ()


def test_who_asked_for_an_address_is_told() -> None:
    topology = topology_of(LinkSeen(HOST_END))
    assert only(topology.apply([AddressSeen(HOST_END.id, ipv4("10.0.0.1"), by_pid=7)])).by_pid == 7
    assert topology.apply([AddressSeen(HOST_END.id, replace(ipv4("10.0.0.1"), flags=("permanent",)))]) == []
    assert only(topology.apply([AddressGone(HOST_END.id, ipv4("10.0.0.1"), by_pid=8)])).by_pid == 8


def test_a_kind_never_seen_before_is_kept_by_its_name() -> None:
    topology = topology_of(LinkSeen(Link(LinkId(BOX, 2), "q0", "quantum")))
    assert [link.kind for link in topology.links(BOX)] == ["quantum"]


def test_the_holder_of_a_tap_is_told_and_moves_with_it() -> None:
    tap = Link(LinkId(BOX, 8), "vnet0", "tun")
    holder = Holder(7, "qemu")
    topology = topology_of(LinkSeen(tap))
    assert only(topology.apply([HolderSeen(tap.id, holder)])).what is What.HELD
    topology.apply([LinkGone(tap.id, LinkId(WEB, 8)), LinkSeen(replace(tap, id=LinkId(WEB, 8)))])
    assert topology.holder(LinkId(WEB, 8)) == holder


def test_what_stands_on_a_link_and_what_is_plugged_into_a_bridge() -> None:
    child = macvlan(WEB, 5, "mv0", LinkId(HOME, 7))
    topology = topology_of(LinkSeen(HOST_END), LinkSeen(child))
    assert topology.ports(LinkId(HOME, 3)) == (HOST_END,)
    assert topology.children(HOST_END.id) == (child,)
    assert topology.parent(child.id) == HOST_END
    assert topology.master(HOST_END.id) == topology.link(LinkId(HOME, 3))
    assert topology.parent(veth(HOME, 99, "x").id) is None
