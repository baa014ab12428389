"""What the lines of the map say, on the sample host."""

import pytest

from model.caption import Manner, State
from model.facts import LinkSeen, NamespaceSeen
from model.identity import LinkId, NamespaceId
from model.layout import lay_out
from model.link import Link, Macvlan, Tun
from model.namespace import Namespace
from model.patch_map import Folding, Map
from model.row_words import HeaderWords, RowWords, header_words, row_words, uplink_words
from model.topology import Topology
from tests.model.made import HOME, macvlan, veth
from tests.yamato import yamato


@pytest.fixture(scope="module")
def host() -> Topology:
    topology = Topology()
    topology.apply(yamato())
    return topology


@pytest.fixture(scope="module")
def shown(host: Topology) -> Map:
    return lay_out(host)


def row(host: Topology, shown: Map, subject: LinkId) -> RowWords:
    at = shown.find(subject)
    assert at is not None
    cable = shown.lines[at].cable
    assert cable is not None
    return row_words(host, cable)


def link(host: Topology, name: str) -> LinkId:
    return host.links_named(name)[0].id


def test_a_cable_carries_the_name_of_its_host_end(host: Topology, shown: Map) -> None:
    words = row(host, shown, link(host, "veth8pUZr"))
    assert (words.other_end, words.manner, words.state) == ("veth8pUZr", Manner.CABLE, State.UP)
    assert (words.name, words.link, words.address, words.by) == ("tinderbox", "eth0", "192.168.1.50/24", "lxc")


def test_a_macvlan_carries_its_mode(host: Topology, shown: Map) -> None:
    words = row(host, shown, link(host, "mv0"))
    assert (words.other_end, words.manner, words.name) == ("vepa", Manner.MODE, "backup")


def test_a_cable_between_two_containers_names_the_other_one(host: Topology, shown: Map) -> None:
    assert [row(host, shown, end.id).other_end for end in host.links_named("repl0")] == ["web/repl0", "db/repl0"]


def test_a_vm_is_named_by_the_one_who_holds_its_tap(host: Topology, shown: Map) -> None:
    words = row(host, shown, link(host, "vnet0"))
    assert (words.other_end, words.name, words.link, words.by) == ("vnet0", "win11", "tap", "kvm")
    assert (words.address, words.has_address) == ("address unknown", False)


def test_an_unknown_end_says_so(host: Topology, shown: Map) -> None:
    words = row(host, shown, link(host, "vethZ91kQ"))
    assert (words.manner, words.state) == (Manner.UNKNOWN, State.UNKNOWN)
    assert words.remark == "peer unknown: its namespace is hidden from us"


def test_a_down_end_is_down_and_a_whole_nic_is_one(host: Topology, shown: Map) -> None:
    assert row(host, shown, link(host, "veth77ab01c")).state is State.DOWN
    words = row(host, shown, link(host, "eth2"))
    assert (words.other_end, words.outside, words.name) == ("whole NIC", "eth2", "fw")
    assert row(host, shown, link(host, "dummy0")).name == "sleep 41822"


def test_headers_say_what_a_rail_is(host: Topology, shown: Map) -> None:
    said = [header_words(host, rack) for rack in shown.racks]
    assert said[0] == HeaderWords("br0", ("bridge", "192.168.1.10/24", "7 ports"), "", None)
    assert said[1].parts == ("bridge", "172.17.0.1/16", "no ports")
    assert said[3].parts == ("macvlan parent", "198.51.100.7/24", "3 children")
    assert said[4].parts == ("bridge", "no address", "3 ports")
    assert said[6].name == "not on a bridge"


def test_a_tunnel_says_its_number(host: Topology, shown: Map) -> None:
    assert uplink_words(host, shown, link(host, "vxlan42")).remark == "vni 42"
    assert uplink_words(host, shown, link(host, "eth0")).remark == ""


def test_only_the_host_end_switched_off_is_told_apart() -> None:
    box = NamespaceId("n2")
    near, far = LinkId(HOME, 7), LinkId(box, 2)
    topology = Topology()
    topology.apply(
        [
            NamespaceSeen(Namespace(HOME, home=True)),
            NamespaceSeen(Namespace(box, names=("box",))),
            LinkSeen(veth(HOME, 7, "v", far)),
            LinkSeen(Link(far, "eth0", "veth", up=True, peer=near)),
        ]
    )
    words = row(topology, lay_out(topology), far)
    assert words.host_end_off
    assert words.state is State.DOWN


def test_what_nobody_holds_and_what_hangs_on_a_hidden_parent() -> None:
    topology = Topology()
    box = NamespaceId("n2")
    lost = macvlan(box, 2, "mv0", LinkId(NamespaceId("n9"), 4))
    assert isinstance(lost.detail, Macvlan)
    topology.apply(
        [
            NamespaceSeen(Namespace(HOME, home=True)),
            NamespaceSeen(Namespace(box, names=("a\nb",))),
            LinkSeen(Link(LinkId(HOME, 5), "vnet9", "tun", up=True, detail=Tun("tap"))),
            LinkSeen(lost),
        ]
    )
    shown = lay_out(topology)
    assert row(topology, shown, LinkId(HOME, 5)).remark == "nobody holds it"
    words = row(topology, shown, lost.id)
    assert (words.other_end, words.name) == ("parent unknown", "a\\nb")


def test_a_bridge_inside_a_container_says_where_it_is_even_when_it_is_folded() -> None:
    box, pod = NamespaceId("n2"), NamespaceId("n3")
    topology = Topology()
    topology.apply(
        [
            NamespaceSeen(Namespace(HOME, home=True)),
            NamespaceSeen(Namespace(box, names=("node",))),
            LinkSeen(veth(HOME, 7, "v", LinkId(box, 2))),
            LinkSeen(veth(box, 2, "eth0", LinkId(HOME, 7))),
            LinkSeen(Link(LinkId(box, 3), "cni0", "bridge")),
            LinkSeen(veth(box, 4, "vethPod", LinkId(pod, 2), master=3)),
            NamespaceSeen(Namespace(pod, names=("pod",))),
            LinkSeen(veth(pod, 2, "eth0", LinkId(box, 4))),
        ]
    )
    shown = lay_out(topology)
    inner = next(rack for rack in shown.racks if rack.within == box)
    assert header_words(topology, inner).parts == ("in node", "no address", "1 port")
    opened = lay_out(topology, shown.memory, Folding(opened=frozenset({inner.rail})))
    inner = next(rack for rack in opened.racks if rack.within == box)
    assert header_words(topology, inner).parts[0] == "bridge in node"
