"""What a link has besides what the graph knows, as it is found by its ifindex, and what of it cannot come back."""

import os
import subprocess
from pathlib import Path

import pytest

from backend.belongings import read_belongings
from model.identity import LinkId, NamespaceId
from model.operations import AddForwarding, AddLinkAddress, AddNeighbour, NextHop, RouteSpec
from model.plan import Belongings
from tests.changes.bench import A, Place
from tests.kernel.iproute import batch

pytestmark = pytest.mark.root

WORLD = """\
link add dev br0 address 02:00:00:00:00:01 type bridge
link add dev p0 address 02:00:00:00:00:02 type veth peer name q0 address 02:00:00:00:00:03
link set dev p0 master br0
link set dev p0 up
link set dev q0 up
link set dev br0 up
address add 192.0.2.1/24 broadcast 192.0.2.255 label br0:one dev br0
address add 192.0.2.9/32 peer 192.0.2.10 dev br0
address add 2001:db8::1/64 dev br0 nodad
"""


@pytest.fixture
def world(place: Place) -> Place:
    batch(place.names[A], WORLD.splitlines())
    return place


def belongings(place: Place, name: str) -> Belongings:
    (found,) = read_belongings([LinkId(A, place.index(A, name))], place.open)
    assert found.unread is None
    return found


def test_a_link_that_nobody_touched_has_nothing(world: Place) -> None:
    found = belongings(world, "q0")
    assert found == Belongings(found.link, addresses=(), knobs=found.knobs)
    assert {(family, key): value for family, key, value in found.knobs}["ipv4", "arp_notify"] == "0"


def test_addresses_are_kept_with_all_they_have_and_what_comes_by_itself_is_not(world: Place) -> None:
    bridge = world.handle(A, "br0")
    assert belongings(world, "br0").addresses == (
        AddLinkAddress(bridge, "192.0.2.1/24", broadcast="192.0.2.255", label="br0:one"),
        AddLinkAddress(bridge, "192.0.2.9/32", peer="192.0.2.10"),
        AddLinkAddress(bridge, "2001:db8::1/64", flags=("nodad",)),
    )


def test_routes_that_somebody_made_are_kept_connected_ones_are_not(world: Place) -> None:
    batch(
        world.names[A],
        [
            "route add default via 192.0.2.254 dev br0 metric 5 mtu 1280",
            "route add 198.51.100.0/24 via 192.0.2.253 table 1000 src 192.0.2.1 proto static",
            "route add 203.0.113.0/24 nexthop via 192.0.2.3 dev br0 weight 1 nexthop via 192.0.2.4 dev br0 weight 3",
            "route add 192.88.99.0/24 via inet6 2001:db8::9 dev br0",
            "route add 10.0.0.0/8 via 10.1.2.3 dev br0 onlink",
            "route add 2001:db8:1::/48 via 2001:db8::2 dev br0",
            "route add 192.0.2.77/32 dev q0 src 192.0.2.1",
        ],
    )
    bridge, other = world.handle(A, "br0"), world.handle(A, "q0")
    found = {route.destination: route for route in belongings(world, "br0").routes}
    assert found == {
        "default": RouteSpec(A, 4, "default", (NextHop(bridge, "192.0.2.254"),), metric=5, mtu=1280),
        "198.51.100.0/24": RouteSpec(
            A, 4, "198.51.100.0/24", (NextHop(bridge, "192.0.2.253"),), table=1000, protocol=4, source="192.0.2.1"
        ),
        "203.0.113.0/24": RouteSpec(
            A, 4, "203.0.113.0/24", (NextHop(bridge, "192.0.2.3"), NextHop(bridge, "192.0.2.4", weight=3))
        ),
        "192.88.99.0/24": RouteSpec(A, 4, "192.88.99.0/24", (NextHop(bridge, "2001:db8::9"),)),
        "10.0.0.0/8": RouteSpec(A, 4, "10.0.0.0/8", (NextHop(bridge, "10.1.2.3", onlink=True),)),
        "2001:db8:1::/48": RouteSpec(A, 6, "2001:db8:1::/48", (NextHop(bridge, "2001:db8::2"),), metric=1024),
        "192.0.2.77/32": RouteSpec(A, 4, "192.0.2.77/32", (NextHop(other),), scope=253, source="192.0.2.1"),
    }


def test_a_route_with_more_than_we_know_is_lost_by_name(world: Place) -> None:
    batch(world.names[A], ["route add 198.51.100.0/24 via 192.0.2.253 advmss 1000"])
    found = belongings(world, "br0")
    assert found.routes == ()
    assert found.lost == ("the route to 198.51.100.0/24, which has attributes that jackfield does not know",)


def test_forwarding_entries_that_somebody_made_are_kept(world: Place) -> None:
    for line in (
        "02:00:00:00:00:21 dev p0 master static",
        "02:00:00:00:00:22 dev p0 master static sticky",
        "02:00:00:00:00:23 dev p0 master dynamic",
        "02:00:00:00:00:24 dev q0 self permanent",
    ):
        world.run(A, "bridge", "fdb", "add", *line.split())
    port, other = world.handle(A, "p0"), world.handle(A, "q0")
    kept = (
        AddForwarding(port, "02:00:00:00:00:21", "static"),
        AddForwarding(port, "02:00:00:00:00:22", "sticky"),
    )
    assert set(belongings(world, "p0").forwarding) == set(kept)
    assert set(belongings(world, "br0").forwarding) == set(kept)
    assert belongings(world, "q0").forwarding == (AddForwarding(other, "02:00:00:00:00:24", "permanent", own=True),)


def test_permanent_neighbours_are_kept_and_proxied_ones_are_lost_by_name(world: Place) -> None:
    for line in ("192.0.2.7 lladdr 02:00:00:00:00:07 nud permanent", "2001:db8::7 lladdr 02:00:00:00:00:07"):
        world.ip(A, "neighbour", "add", *line.split(), "dev", "br0")
    world.ip(A, "neighbour", "add", "192.0.2.8", "lladdr", "02:00:00:00:00:08", "nud", "reachable", "dev", "br0")
    world.ip(A, "neighbour", "add", "proxy", "192.0.2.99", "dev", "br0")
    bridge = world.handle(A, "br0")
    found = belongings(world, "br0")
    assert found.neighbours == (
        AddNeighbour(bridge, "192.0.2.7", "02:00:00:00:00:07"),
        AddNeighbour(bridge, "2001:db8::7", "02:00:00:00:00:07"),
    )
    assert found.lost == ("answering ARP or ND for 192.0.2.99 (a proxy neighbour)",)


def test_sysctls_are_kept_where_a_new_link_would_get_others(world: Place) -> None:
    world.run(A, "sysctl", "-w", "net/ipv4/conf/q0/arp_notify=1", "net/ipv6/conf/q0/accept_ra=0")
    kept = belongings(world, "q0").sysctls
    assert kept == (("ipv4", "arp_notify", "1"), ("ipv6", "accept_ra", "0"))


def test_clsact_is_kept_and_its_filters_are_lost_by_name(world: Place) -> None:
    world.run(A, "tc", "qdisc", "add", "dev", "q0", "clsact")
    assert (belongings(world, "q0").clsact, belongings(world, "q0").lost) == (True, ())
    world.run(A, "tc", "filter", "add", "dev", "q0", "ingress", "bpf", "da", "bytecode", "1,6 0 0 4294967295,")
    world.run(A, "tc", "qdisc", "add", "dev", "q0", "root", "pfifo")
    assert belongings(world, "q0").lost == (
        "the queueing discipline pfifo",
        "tc filters on incoming traffic (bpf)",
    )


def test_a_packet_socket_is_lost_by_the_name_of_its_process(world: Place) -> None:
    listening = (
        "import socket, sys; s = socket.socket(17, 3, 768); s.bind(('q0', 768)); print(flush=True); sys.stdin.read()"
    )
    held = f"/run/netns/{world.names[A]}"
    with subprocess.Popen(
        ["nsenter", f"--net={held}", "python3", "-c", listening], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as listener:
        assert listener.stdout is not None
        listener.stdout.readline()
        assert belongings(world, "q0").lost == (f"the packet socket of python3 ({listener.pid})",)
        assert belongings(world, "p0").lost == ()
        listener.communicate()


def test_what_no_operation_makes_again_is_lost_by_name(world: Place) -> None:
    batch(
        world.names[A],
        [
            "link set dev p0 group 7",
            "link set dev p0 txqueuelen 77",
            "link set dev p0 promisc on",
            "link set dev p0 type bridge_slave neigh_suppress on mcast_to_unicast on",
        ],
    )
    assert set(belongings(world, "p0").lost) == {
        "its group 7",
        "its queue length 77",
        "its promiscuous mode",
        "the port's neigh_suppress",
        "the port's mcast_to_unicast",
    }


def test_what_cannot_be_read_says_why(place: Place) -> None:
    def gone(namespace: NamespaceId) -> int:
        raise FileNotFoundError(2, "no descriptor can be had")

    (unseen,) = read_belongings([LinkId(A, 2)], gone)
    (missing,) = read_belongings([LinkId(A, 999)], place.open)
    assert unseen.unread == "its namespace cannot be entered: no descriptor can be had"
    assert missing.unread == "it is not there any more"


def test_reading_leaves_nothing_open_and_this_thread_where_it_was(world: Place) -> None:
    home = Path("/proc/thread-self/ns/net").readlink()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    belongings(world, "br0")
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    assert Path("/proc/thread-self/ns/net").readlink() == home
