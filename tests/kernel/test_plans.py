"""Plans against the kernel: the printed lines do what the rehearsal says, and those of the inverse undo it."""

import os
import random
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from typing import Self

import pytest

from backend.host import LinuxHost
from model.ethernet import link_local
from model.facts import NamespaceRead, NamespaceSeen
from model.identity import LinkId, NamespaceId
from model.intents import CreateNamespace, DeleteNamespace, SetMac
from model.link import Link
from model.operations import Operation
from model.plan import Refusal
from model.planner import plan
from model.rehearsal import rehearsed
from model.shell import plan_lines, ways_of
from model.topology import Topology
from tests.model.random_wishes import any_wish, surroundings

pytestmark = pytest.mark.root

SEEDS = range(*map(int, os.environ.get("JACKFIELD_PLAN_SEEDS", "0 2").split()))
WISHES = 8
SETTLED_S = 8.0
"""Operstate lags up to a second behind; this machine may be busy."""
MADE_UP = "fe:00:00:"
"""How the MACs begin that a rehearsal invents."""
SCENE = """\
link add dev br0 address 02:00:00:00:00:b0 type bridge
link add dev br1 type bridge
link add dev veth0 address 02:00:00:00:00:01 type veth peer name eth0 address 02:00:00:00:00:02 netns {b}
link add dev veth1 address 02:00:00:00:00:03 type veth peer name eth1 address 02:00:00:00:00:04 netns {b}
link add dev cable0 address 02:00:00:00:00:05 type veth peer name cable1 address 02:00:00:00:00:06
link add dev mv0 link cable0 address 02:00:00:00:00:07 netns {b} type macvlan mode private
link set dev veth0 master br0
link property add dev veth0 altname uplink
link set dev veth0 alias note
link set dev br0 up
link set dev veth0 up
link set dev cable0 up
link set dev cable1 up
address add 10.0.0.1/24 dev br0
"""
INSIDE = """\
link set dev eth0 up
link set dev mv0 up
address add 10.0.0.2/24 dev eth0
address add 2001:db8::2/64 dev eth0 nodad
"""
Shown = dict[tuple[str, str], tuple[object, ...]]


def read(names: Iterable[str]) -> Topology:
    """Only these namespaces, as a program that starts now sees them."""
    facts = LinuxHost().read()
    ours = {one.namespace.id for one in facts if isinstance(one, NamespaceSeen) and set(names) & {*one.namespace.names}}
    graph = Topology()
    graph.learn(
        one
        for one in facts
        if (isinstance(one, NamespaceSeen) and one.namespace.id in ours)
        or (isinstance(one, NamespaceRead) and one.namespace in ours)
    )
    return graph


def shown(graph: Topology, *, but_macs_of: Iterable[tuple[str, str]] = ()) -> Shown:
    """Everything by name: numbers of new links, and MACs that the kernel made up, are its own business.

    Whether a link without carrier is down or lowerlayerdown depends on who has the number of its other end in its own
    namespace, and on the kernel's version (default_operstate() in net/core/link_watch.c). A macvlan on a bridge that
    is down has the carrier that the bridge had when it was last up, which nobody tells.
    """

    def place(link: LinkId | object) -> object:
        found = graph.link(link) if isinstance(link, LinkId) else None
        return link if found is None else (min(name_of(graph, found.id.namespace)), found.name)

    unknown = {*but_macs_of}
    everything: Shown = {}
    for link in graph.links():
        key = (min(name_of(graph, link.id.namespace)), link.name)
        ends = graph.ends(link.id)
        addresses = sorted(one.cidr for one in graph.addresses(link.id) if one.scope != "link")
        chosen = sorted(
            one.cidr for one in graph.addresses(link.id) if one.scope == "link" and one.text != link_local(link.mac)
        )
        port = None if link.port is None else (link.port.isolated, link.port.learning, link.port.state)
        operstate, carrier = link.operstate.removeprefix("lowerlayer"), link.carrier
        parent = graph.parent(link.id)
        if isinstance(parent, Link) and parent.kind == "bridge" and not parent.up:
            operstate, carrier = "", False
        everything[key] = (
            link.kind, operstate, None if key in unknown else link.mac, link.mtu, link.up, carrier,
            sorted(link.altnames), link.alias, place(ends.master), place(ends.peer), place(ends.parent), link.detail,
            port, addresses, [] if key in unknown else chosen,
        )  # fmt: skip
    return everything


def name_of(graph: Topology, space: NamespaceId) -> tuple[str, ...]:
    seen = graph.namespace(space)
    assert seen is not None
    return seen.names


def run(operations: Iterable[Operation], graph: Topology) -> None:
    """The lines, each by a shell of its own."""
    for line in plan_lines(operations, ways_of(graph, surroundings(random.Random(0)))):
        assert not line.startswith("#"), line
        raw = line.encode("utf-8", "surrogateescape")
        done = subprocess.run(["sh", "-c", raw], capture_output=True, check=False)
        assert done.returncode == 0, (line, done.stderr)


def differences(names: Iterable[str], wanted: Shown, unknown: Iterable[tuple[str, str]]) -> list[object]:
    """What is left of them when it is over: none, at once or within a moment."""
    end = time.monotonic() + SETTLED_S
    while True:
        now = shown(read(names), but_macs_of=unknown)
        found: list[object] = [
            (key, "is", now.get(key), "not", wanted.get(key))
            for key in now.keys() | wanted.keys()
            if now.get(key) != wanted.get(key)
        ]
        if not found or time.monotonic() > end:
            return found


def made_up(graph: Topology) -> list[tuple[str, str]]:
    return [
        (min(name_of(graph, link.id.namespace)), link.name)
        for link in graph.links()
        if (link.mac or "").startswith(MADE_UP)
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_kernel_does_what_is_rehearsed_and_takes_it_back(make_netns: Callable[[str], str], seed: int) -> None:
    names = (make_netns("a"), make_netns("b"))
    for name, script in zip(names, (SCENE, INSIDE), strict=True):
        batch = script.format(b=names[1])
        subprocess.run(["ip", "-n", name, "-batch", "-"], input=batch, text=True, check=True)
    chance = random.Random(seed)
    planned = 0
    while planned < WISHES:
        graph = read(names)
        wish = any_wish(graph, chance, [space.id for space in graph.namespaces()])
        made = plan(graph, wish, surroundings(chance), with_reach=False)
        if isinstance(wish, CreateNamespace | DeleteNamespace) or isinstance(made, Refusal) or not made.steps:
            continue
        planned += 1
        after = rehearsed(graph, made.operations)
        unknown = made_up(after)
        start = shown(graph)
        run(made.operations, graph)
        assert differences(names, shown(after, but_macs_of=unknown), unknown) == [], (seed, planned, wish)
        if chance.random() < 0.6:
            run(made.inverse, graph)
            if not made.lost:
                assert differences(names, start, ()) == [], (seed, planned, wish)


def test_of_a_running_ping_a_change_of_the_mac_costs_at_most_one_packet(make_netns: Callable[[str], str]) -> None:
    a, b = make_netns("a"), make_netns("b")
    for name, script in (
        (a, f"link add dev x type veth peer name y address 02:00:00:00:00:02 netns {b}\nlink set dev x up\n"),
        (b, "link set dev y up\naddress add 10.0.0.2/24 dev y\naddress add 2001:db8::2/64 dev y nodad\n"),
        (a, "address add 10.0.0.1/24 dev x\naddress add 2001:db8::1/64 dev x nodad\n"),
    ):
        subprocess.run(["ip", "-n", name, "-batch", "-"], input=script, text=True, check=True)
    graph = read((a, b))
    (inside,) = graph.links_named("y")
    made = plan(graph, SetMac(inside.id, "02:00:00:00:00:77"), surroundings(random.Random(0)))
    assert not isinstance(made, Refusal)
    with Ping(a, "10.0.0.2") as four, Ping(a, "2001:db8::2") as six:
        run(made.operations, graph)
        counted = [ping.finish() for ping in (four, six)]
    assert all(sent - received <= 1 and sent >= 20 for sent, received in counted), counted
    after = read((a, b))
    link_locals = [one.text for one in after.addresses(inside.id) if one.scope == "link"]
    assert link_locals == ["fe80::ff:fe00:77"]
    start = shown(graph)
    run(made.inverse, after)
    assert differences((a, b), start, ()) == []


class Ping:
    """Twenty packets a second until it is finished; it begins when the first answer has come."""

    def __init__(self, netns: str, target: str) -> None:
        words = ["ip", "netns", "exec", netns, "ping", "-i", "0.05", "-W", "1", target]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._lines = self._process.stdout
        self._answered(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._lines.close()

    def finish(self) -> tuple[int, int]:
        """Sent and received, once twenty more answers have come."""
        self._answered(20)
        self._process.send_signal(signal.SIGINT)
        said = self._lines.read()
        sent, received = re.findall(r"(\d+) packets transmitted, (\d+) received", said)[0]
        return int(sent), int(received)

    def _answered(self, count: int) -> None:
        for line in self._lines:
            count -= "bytes from" in line
            if not count:
                return
        raise AssertionError("ping ended")
