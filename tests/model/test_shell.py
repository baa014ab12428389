"""Lines that are shown: what a shell makes of them, without running anything but the shell's own words."""

import shlex
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.facts import NamespaceSeen, OwnersSeen
from model.identity import NamespaceId
from model.names import display_name, raw_bytes
from model.operations import (
    AddForwarding,
    AddLinkAltname,
    AddMacvlan,
    AddRoute,
    AddVeth,
    DropLinkAddress,
    Handle,
    MoveLink,
    NameNamespace,
    NextHop,
    Operation,
    RenameLink,
    RouteSpec,
    SetBridgeSettings,
    SetMaster,
    SetMode,
    SetPortSettings,
    SetSysctl,
    VethEnd,
)
from model.plan import Surroundings
from model.shell import lines, plan_lines
from model.shell_ways import Way, ways_of
from model.shell_words import Verbatim, shell_line
from tests.hostile import LINK_NAMES
from tests.model.made import BOX, HOME, WEB, container, namespace, topology_of

WAYS = {HOME: Way(home=True), BOX: Way(pid=4242), WEB: Way(name="web")}
ANY_TEXT = st.binary(min_size=0, max_size=20).map(
    lambda raw: raw.replace(b"\0", b"\x01").decode("utf-8", "surrogateescape")
)


def as_read_by_sh(line: str) -> list[bytes]:
    """What a POSIX shell makes of the words of a line: the program is replaced by one that says its arguments."""
    script = f"show() {{ for one; do printf '%s\\0' \"$one\"; done; }}; {line.replace('ip ', 'show ip ', 1)}"
    said = subprocess.run(["sh", "-c", script.encode("utf-8", "surrogateescape")], capture_output=True, check=True)
    return said.stdout.split(b"\0")[:-1]


@settings(max_examples=60, deadline=None)
@given(st.lists(ANY_TEXT, min_size=1, max_size=3))
def test_any_text_is_one_word_to_the_shell_and_does_nothing_to_the_terminal(texts: list[str]) -> None:
    line = shell_line(["ip", *texts])
    assert as_read_by_sh(line) == [b"ip", *map(raw_bytes, texts)]
    assert display_name(line) == line


@pytest.mark.parametrize("name", LINK_NAMES)
def test_a_hostile_name_is_quoted_wherever_it_stands(name: str) -> None:
    shown = lines(MoveLink(Handle(WEB, name), WEB, f"x{name}"), {WEB: Way(name=name)})
    assert as_read_by_sh(shown[0]) == [
        b"ip", b"-n", raw_bytes(name), b"link", b"set", b"dev", raw_bytes(name), b"name", b"x" + raw_bytes(name)
    ]  # fmt: skip


def test_the_shells_own_words_stay() -> None:
    assert shell_line(["ip", "netns", Verbatim("/proc/$$/ns/net"), "a b"]) == "ip netns /proc/$$/ns/net 'a b'"


@pytest.mark.parametrize(
    ("operation", "shown"),
    [
        (RenameLink(Handle(HOME, "veth8pUZr", 7), "tinderbox0"), "ip link set dev veth8pUZr name tinderbox0"),
        (RenameLink(Handle(BOX, "eth0", 2), "lan0"), "nsenter -t 4242 -n ip link set dev eth0 name lan0"),
        (SetMaster(Handle(WEB, "p0", 2), Handle(WEB, "br", 3)), "ip -n web link set dev p0 master br"),
        (SetMaster(Handle(WEB, "p0", 2), None), "ip -n web link set dev p0 nomaster"),
        (MoveLink(Handle(WEB, "p0", 2), HOME, "p0"), "ip -n web link set dev p0 netns /proc/$$/ns/net"),
        (
            MoveLink(Handle(HOME, "p0", 2), BOX, "eth0", ifindex=9),
            "ip link set dev p0 netns 4242 name eth0 index 9",
        ),
        (
            AddVeth(VethEnd(HOME, "a", "02:00:00:00:00:01", 40), VethEnd(WEB, "b", None, 41), mtu=1400),
            (
                "ip link add dev a index 40 address 02:00:00:00:00:01 mtu 1400 "
                "type veth peer name b index 41 mtu 1400 netns web"
            ),
        ),
        (
            AddMacvlan(Handle(HOME, "eth0", 2), WEB, "mv0", "source", sources=("02:00:00:00:00:05",)),
            "ip link add dev mv0 link eth0 netns web type macvlan mode source macaddr set 02:00:00:00:00:05",
        ),
        (
            SetBridgeSettings(Handle(HOME, "br0", 3), (("stp", True), ("ageing_s", 300.0))),
            "ip link set dev br0 type bridge stp_state 1 ageing_time 30000",
        ),
        (
            SetPortSettings(Handle(WEB, "p0", 3), (("isolated", True), ("fast_leave", False), ("cost", 7))),
            "bridge -n web link set dev p0 isolated on fastleave off cost 7",
        ),
        (
            SetSysctl(Handle(HOME, "eth0.5", 3), "ipv4", "arp_notify", "1"),
            "sysctl -w net/ipv4/conf/eth0.5/arp_notify=1",
        ),
        (
            SetSysctl(Handle(WEB, "a=b", 3), "ipv4", "arp_notify", "1"),
            "ip netns exec web sh -c 'echo \"$1\" > \"$0\"' /proc/sys/net/ipv4/conf/a=b/arp_notify 1",
        ),
        (DropLinkAddress(Handle(HOME, "p0"), "10.0.0.1/32", "10.0.0.2"),
         "ip address delete 10.0.0.1 peer 10.0.0.2/32 dev p0"),
        (NameNamespace(BOX, "box"), "ip netns attach box 4242"),
        (
            AddForwarding(Handle(HOME, "p0", 4), "02:00:00:00:00:05", "sticky", vlan=5),
            "bridge fdb replace 02:00:00:00:00:05 dev p0 vlan 5 master static sticky",
        ),
        (
            AddRoute(RouteSpec(WEB, 6, "default", (NextHop(Handle(WEB, "p0", 4), "fe80::1"),), metric=1024)),
            "ip -n web -6 route replace default via fe80::1 dev p0 table 254 proto 3 metric 1024",
        ),
        (AddLinkAltname(Handle(HOME, "p0", 4), "a b"), "# ip(8) takes no altname with a space or a slash in it: a b"),
        (
            RenameLink(Handle(NamespaceId("n9"), "p0", 4), "q"),
            "# no shell line reaches n9: it has no ip netns name, and no process of it is known",
        ),
    ],
)  # fmt: skip
def test_an_operation_is_one_line(operation: Operation, shown: str) -> None:
    assert lines(operation, WAYS) == (shown,)


def test_a_pid_that_is_also_a_name_is_given_as_a_path() -> None:
    ways = {**WAYS, WEB: Way(name="4242")}
    assert "netns /proc/4242/ns/net" in lines(MoveLink(Handle(HOME, "p0"), BOX, "p0"), ways)[0]


def test_a_mode_with_sources_is_two_lines() -> None:
    assert plan_lines([SetMode(Handle(HOME, "mv"), "macvtap", "source", ("02:00:00:00:00:05",))], WAYS) == (
        "ip link set dev mv type macvtap mode source",
        "ip link set dev mv type macvtap macaddr set 02:00:00:00:00:05",
    )


def test_a_namespace_is_reached_by_its_name_else_by_a_process_else_as_we_are_told() -> None:
    graph = topology_of(OwnersSeen(BOX, (container("tinderbox"),)), NamespaceSeen(namespace(NamespaceId("n4"))))
    told = Surroundings(netns_paths=((NamespaceId("n4"), "/run/docker/netns/1f"),))
    ways = ways_of(graph, told)
    assert ways[HOME].home
    assert ways[WEB].name == "web"
    assert ways[BOX].pid == 4242
    renamed = RenameLink(Handle(NamespaceId("n4"), "eth0"), "lan0")
    assert shlex.split(lines(renamed, ways)[0])[:3] == ["nsenter", "--net=/run/docker/netns/1f", "ip"]
