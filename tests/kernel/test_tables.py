"""What a namespace has learned is what `ip` and `bridge` say, and what passes a link is counted."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.host import LinuxHost
from backend.tables import read_tables
from model.identity import LinkId, NamespaceId
from model.rates import Counters, Rates
from model.tables import ForwardingEntry, Neighbour, Route
from tests.kernel.iproute import batch, ip
from tests.kernel.live import LiveGraph

pytestmark = pytest.mark.root

HERE = NamespaceId("here")


def test_tables_are_those_of_ip_and_bridge(make_netns: Callable[[str], str]) -> None:
    netns = make_netns("tables")
    batch(
        netns,
        [
            "link add dev br0 type bridge",
            "link add dev p0 type veth peer name i0",
            "link set dev p0 master br0",
            *(f"link set dev {name} up" for name in ("lo", "br0", "p0", "i0")),
            "address add 192.0.2.1/24 dev br0",
            "address add 2001:db8::1/64 dev br0 nodad",
            "neighbour add 192.0.2.9 lladdr 02:00:00:00:00:09 nud permanent dev br0",
            "neighbour add 2001:db8::9 lladdr 02:00:00:00:00:0a router nud stale dev br0",
            "route add default via 192.0.2.254 metric 50",
            "route add 198.51.100.0/24 via 192.0.2.9",
            "route add blackhole 203.0.113.0/24",
        ],
    )
    for fdb in ("02:00:00:00:00:11 dev p0 master static", "02:00:00:00:00:12 dev p0 master static sticky"):
        subprocess.run(["bridge", "-n", netns, "fdb", "add", *fdb.split()], check=True)
    index = {link["ifname"]: link["ifindex"] for link in json.loads(ip("-j", "link", netns=netns))}
    with Path("/run/netns", netns).open("rb") as opened:
        tables = read_tables(HERE, opened.fileno())

    assert Neighbour(index["br0"], "192.0.2.9", "02:00:00:00:00:09", "permanent") in tables.neighbours
    assert Neighbour(index["br0"], "2001:db8::9", "02:00:00:00:00:0a", "stale", router=True) in tables.neighbours
    assert ForwardingEntry(index["br0"], index["p0"], "02:00:00:00:00:11", "static") in tables.forwarding
    assert ForwardingEntry(index["br0"], index["p0"], "02:00:00:00:00:12", "sticky") in tables.forwarding
    assert Route(4, "default", "192.0.2.254", index["br0"], metric=50) in tables.routes
    assert Route(4, "198.51.100.0/24", "192.0.2.9", index["br0"]) in tables.routes
    assert Route(4, "203.0.113.0/24", kind="blackhole") in tables.routes
    theirs = {route["dst"] for route in json.loads(ip("-j", "-4", "route", netns=netns))}
    assert {route.destination for route in tables.routes if route.family == 4} == theirs


def test_what_is_on_screen_is_counted(make_netns: Callable[[str], str]) -> None:
    netns = make_netns("count")
    batch(netns, ["link set lo up"])
    host = LinuxHost()
    graph, readings = LiveGraph(host), list[dict[LinkId, Counters]]()
    rates = Rates()

    def counted(reading: object) -> None:
        readings.append(dict(reading))  # type: ignore[call-overload]  # the host's own type, kept short here
        rates.record(readings[-1])
        graph.deliver([])

    host.start(graph.deliver, counted)
    try:
        assert graph.wait_for(lambda graph: graph.batches > 0)
        (home,) = [space.id for space in graph.topology.namespaces() if netns in space.names]
        lo = LinkId(home, 1)
        host.watch_closely([lo])
        assert graph.wait_for(lambda _: lo in readings[-1] if readings else False)
        before = readings[-1][lo]
        ip("netns", "exec", netns, "ping", "-q", "-c3", "-i0.01", "127.0.0.1")
        assert graph.wait_for(lambda _: readings[-1][lo].rx_packets >= before.rx_packets + 6)
        rate = rates.rate(lo)
        assert rate is not None
        assert host.tables(home).namespace == home
    finally:
        host.close()
