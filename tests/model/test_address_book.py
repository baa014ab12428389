"""Every address that we print means the same thing when it is typed back, however hostile the names."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.address_book import Ambiguous, NoSuch, find_anything, find_links, find_namespaces, the_link, the_namespace
from model.facts import Fact, HolderSeen, LinkSeen, NamespaceRead, NamespaceSeen, OwnersSeen
from model.identity import LinkId, NamespaceId
from model.link import Link
from model.namespace import Holder, Namespace, Owner
from model.topology import Topology
from tests.model.made import BOX, HOME, WEB, cable, container, ipv4, namespace, topology_of

HOST_END, INSIDE_END = cable()
HOSTILE = [
    "eth0",
    "host",
    "-rf",
    "a\nb",
    "\udcff",
    "x\x1b[31m",
    "pid:7",
    "hex:ff",
    "a/b",
    "ブリッジ",
    "web",
    "netns:web",
    "7",
]
NAMES = st.one_of(
    st.sampled_from(HOSTILE), st.binary(max_size=6).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
)


@st.composite
def hosts(draw: st.DrawFn) -> list[Fact]:
    facts: list[Fact] = []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        space = NamespaceId(f"n{number}")
        names = tuple(draw(st.lists(NAMES.filter(bool), max_size=2)))
        facts.append(NamespaceSeen(Namespace(space, draw(st.sampled_from([None, 1, 2, 3])), names, home=number == 1)))
        links = tuple(
            Link(LinkId(space, index), draw(NAMES), "veth", altnames=tuple(draw(st.lists(NAMES, max_size=1))))
            for index in range(1, draw(st.integers(0, 3)) + 1)
        )
        facts.append(NamespaceRead(space, links, None))
        facts.append(
            OwnersSeen(
                space,
                tuple(
                    Owner(
                        draw(st.sampled_from(["lxc", "docker", "process", "qemu"])),
                        draw(NAMES),
                        "x",
                        draw(st.integers(0, 3)),
                    )
                    for _ in range(draw(st.integers(0, 2)))
                ),
            )
        )
    return facts


@settings(max_examples=400, deadline=None)
@given(hosts())
def test_what_is_printed_can_be_typed_back(facts: list[Fact]) -> None:
    graph = Topology()
    graph.apply(facts)
    for space in graph.namespaces():
        address = graph.address(space.id)
        assert address is not None
        assert find_namespaces(graph, address) == (space.id,), address
    for link in graph.links():
        address = graph.address(link.id)
        assert address is not None
        assert find_links(graph, address) == (link,), address
        assert address.isprintable()


def test_a_bare_link_is_looked_up_on_the_host_first() -> None:
    on_host = Link(LinkId(HOME, 5), "eth0", "device")
    graph = topology_of(LinkSeen(INSIDE_END), LinkSeen(replace(INSIDE_END, id=LinkId(WEB, 2))))
    both = the_link(graph, "eth0")
    assert both == Ambiguous("eth0", (f"inode:{4026530002}/eth0", "web/eth0"))
    graph.apply([LinkSeen(on_host)])
    assert the_link(graph, "eth0") == on_host
    assert the_link(graph, "nothing") == NoSuch("nothing")


def test_names_that_collide_need_a_prefix_and_say_so() -> None:
    graph = topology_of(OwnersSeen(BOX, (container("web"),)))
    assert graph.address(BOX) == "owner:web"
    assert graph.address(WEB) == "netns:web"
    assert the_namespace(graph, "web") == Ambiguous("web", ("owner:web", "netns:web"))
    graph.apply([OwnersSeen(WEB, (container("web", 9),))])
    assert (graph.address(BOX), graph.address(WEB)) == ("pid:4242", "netns:web")


def test_only_the_program_s_own_namespace_is_called_host() -> None:
    graph = topology_of(NamespaceSeen(namespace(WEB, "host")))
    assert graph.address(HOME) == "host"
    assert graph.address(WEB) == "netns:host"
    assert find_namespaces(graph, "host") == (HOME,)
    assert find_namespaces(graph, "netns:host") == (WEB,)


def test_a_process_cannot_take_a_container_s_name() -> None:
    graph = topology_of(OwnersSeen(BOX, (container("tinderbox"),)))
    graph.apply(
        [OwnersSeen(WEB, (Owner("process", "tinderbox", "7", 7), replace(container("tinderbox", 8), proved=False)))]
    )
    assert find_namespaces(graph, "tinderbox") == (BOX,)
    assert graph.address(BOX) == "tinderbox"


def test_an_id_s_beginning_will_do() -> None:
    owner = Owner("docker", "web1", "3f0a1bc29d", 7)
    graph = topology_of(OwnersSeen(BOX, (owner,)))
    assert find_namespaces(graph, "3f0a") == (BOX,)
    assert find_namespaces(graph, "3f") == ()


@pytest.mark.parametrize(
    "text",
    ["tinderbox/eth0", "tinderbox/if:2", "tinderbox/hex:65746830", "owner:tinderbox/eth0", "pid:4242/eth0",
     "id:n2/eth0", f"inode:{4026530002}/eth0", "tinderbox/alt/name"],
)  # fmt: skip
def test_the_ways_to_name_one_link(text: str) -> None:
    end = replace(INSIDE_END, altnames=("alt/name",))
    graph = topology_of(OwnersSeen(BOX, (container("tinderbox"),)), LinkSeen(end))
    assert the_link(graph, text) == end


@pytest.mark.parametrize(
    "text", ["veth8pUZr", "02:00:00:00:01:07", "02-00-00-00-01-07", "10.0.0.1", "10.0.0.1/24", "if:7"]
)
def test_who_takes_whatever_leads_to_a_link(text: str) -> None:
    graph = topology_of(NamespaceRead(HOME, (HOST_END,), ((7, ipv4("10.0.0.1")),)))
    assert [match.link for match in find_anything(graph, text)] == [HOST_END]


def test_who_takes_an_owner_a_pid_and_a_pid_of_anybody_inside() -> None:
    graph = topology_of(OwnersSeen(BOX, (container("tinderbox"),)), LinkSeen(INSIDE_END))
    for text in ("tinderbox", "4242", "pid:4242", "owner:tinderbox"):
        assert [match.link for match in find_anything(graph, text)] == [INSIDE_END], text
    inside = find_anything(graph, "5000", lambda pid: 4026530002 if pid == 5000 else None)
    assert [match.link for match in inside] == [INSIDE_END]


def test_a_vm_and_a_container_on_the_host_s_network_own_none_of_the_host_s_links() -> None:
    vm = Owner("qemu", "win11", "win11", 77)
    guest = replace(container("mon", 88, "docker"), host_network=True)
    tap = Link(LinkId(HOME, 8), "vnet0", "tun")
    graph = topology_of(LinkSeen(tap), HolderSeen(tap.id, Holder(77, "qemu", vm)), OwnersSeen(HOME, (vm, guest)))
    assert [match.link for match in find_anything(graph, "win11")] == [tap]
    assert [match.link for match in find_anything(graph, "mon")] == [None]
    assert len(find_anything(graph, "host")) == 2
