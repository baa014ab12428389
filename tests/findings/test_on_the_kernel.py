"""What the doctor claims about the kernel, tried: pings that pass or vanish, MACs that move, nothing left behind."""

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from backend.host import LinuxHost
from backend.observed import observe
from model.findings.commands import command_of
from model.findings.examination import findings
from model.findings.finding import Finding
from model.findings.observed import MacOrigin, Observed
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.link import Link
from model.topology import Topology

pytestmark = pytest.mark.root

NO_BRIDGE_FILTER = not Path("/proc/sys/net/bridge").exists()
needs_br_netfilter = pytest.mark.skipif(NO_BRIDGE_FILTER, reason="br_netfilter is not loaded")


class Bridge(NamedTuple):
    """br0 with two named namespaces on it: 10.9.0.1 and 10.9.0.2."""

    one: str
    other: str


def ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def bridge(private_host: int, make_netns: Callable[[str], str]) -> Bridge:
    ip("link", "add", "dev", "br0", "address", "02:00:00:00:09:00", "type", "bridge")
    ip("link", "set", "dev", "br0", "up")
    spaces = [make_netns(word) for word in ("one", "other")]
    for number, space in enumerate(spaces, 1):
        ip("link", "add", "dev", f"p{number}", "master", "br0", "type", "veth", "peer", "name", "eth0", "netns", space)
        ip("-n", space, "link", "set", "dev", "eth0", "address", f"02:00:00:00:09:0{number}", "up")
        ip("-n", space, "address", "add", f"10.9.0.{number}/24", "dev", "eth0")
        ip("link", "set", "dev", f"p{number}", "up")
    return Bridge(*spaces)


def pings(space: str, address: str = "10.9.0.2", *options: str) -> bool:
    """Whether one of a few gets through."""
    ping = ["ip", "netns", "exec", space, "ping", "-q", "-c2", "-i0.1", "-W0.3", *options, address]
    return subprocess.run(ping, check=False, stdout=subprocess.DEVNULL).returncode == 0


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def look() -> tuple[Inventory, Observed]:
    host = LinuxHost()
    graph = Topology()
    graph.learn(host.read())
    return graph, host.observed(tuple(graph.links()), graph.home)


def found(code: str) -> list[tuple[Finding, str, str]]:
    """(finding, subject, fix) of those that are about this host: the machine's other namespaces may have their own."""
    graph, observed = look()
    told = [(finding, graph.address(finding.subject) or "") for finding in findings(graph, observed)]
    return [
        (finding, address, command_of(graph, finding.fix) or "" if finding.fix is not None else "")
        for finding, address in told
        if finding.code == code and (address.startswith("host/") or "jf-test" in address)
    ]


@pytest.fixture
def cure(tmp_path: Path) -> Callable[[str], None]:
    """Paste a fix into a shell."""

    def paste(fix: str) -> None:
        words = [sys.executable, "-m", "tui", *shlex.split(fix)[1:], "--yes"]
        subprocess.run(words, check=True, env={**os.environ, "JACKFIELD_STATE_DIR": str(tmp_path)})

    return paste


def load(rules: str) -> None:
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)


# MACs of bridges


def test_only_a_bridge_whose_mac_was_set_keeps_it(bridge: Bridge, cure: Callable[[str], None]) -> None:
    ip("link", "add", "dev", "br1", "type", "bridge")
    ip("link", "set", "dev", "br1", "up")
    ip("address", "add", "10.8.0.1/24", "dev", "br1")
    for number, name in enumerate(("br0", "br1")):
        ip(
            "link",
            "add",
            "dev",
            f"low{number}",
            "address",
            f"00:00:00:00:0{number}:01",
            "type",
            "veth",
            "peer",
            "name",
            f"x{number}",
        )
        ip("link", "set", "dev", f"low{number}", "master", name, "up")
    graph, observed = look()
    links = {link.name: link for link in graph.links(graph.home)}
    assert links["br0"].mac == "02:00:00:00:09:00"
    assert links["br1"].mac == links["low1"].mac
    assert observed.mac_origins[links["br0"].id] is MacOrigin.SET
    assert observed.mac_origins[links["br1"].id] is MacOrigin.RANDOM

    ((_, subject, fix),) = found("bridge-mac-moves")
    assert (subject, fix) == ("host/br1", "jackfield mac host/br1 00:00:00:00:01:01")
    cure(fix)
    assert found("bridge-mac-moves") == []


def mounted() -> list[str]:
    """But for names of namespaces: others on this machine come and go."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line for line in lines if " nsfs " not in line]


def test_reading_a_namespace_leaves_nothing_there(make_netns: Callable[[str], str], private_host: int) -> None:
    space = make_netns("away")
    ip("-n", space, "link", "add", "dev", "br9", "type", "bridge")
    index = int(ip("-n", space, "-o", "link", "show", "dev", "br9").split(":")[0])
    link = Link(LinkId(NamespaceId("away"), index), "br9", "bridge")

    def opened(_: NamespaceId) -> int:
        return os.open(f"/run/netns/{space}", os.O_RDONLY | os.O_CLOEXEC)

    mounts, own = mounted(), Path("/proc/thread-self/ns/net").readlink()
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    observed = observe([link], None, opened)
    assert observed.mac_origins == {link.id: MacOrigin.RANDOM}
    assert observed.unread == ()
    assert mounted() == mounts
    assert Path("/proc/thread-self/ns/net").readlink() == own
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors


# MTU


def test_larger_frames_vanish_where_a_host_end_takes_less(bridge: Bridge, cure: Callable[[str], None]) -> None:
    ip("link", "set", "dev", "p1", "mtu", "1400")
    wait_until(lambda: pings(bridge.one, "10.9.0.2", "-s", "1372", "-M", "do"))
    assert not pings(bridge.one, "10.9.0.2", "-s", "1472", "-M", "do")
    ((_, subject, fix),) = found("mtu-break")
    assert (subject, fix) == (f"{bridge.one}/eth0", "jackfield mtu host/p1 1500")
    cure(fix)
    wait_until(lambda: pings(bridge.one, "10.9.0.2", "-s", "1472", "-M", "do"))
    assert found("mtu-break") == []


# MACs and addresses that two have


def test_a_container_with_its_own_ports_mac_is_not_reached(bridge: Bridge, cure: Callable[[str], None]) -> None:
    wait_until(lambda: pings(bridge.one))
    assert found("duplicate-mac") == []
    ip("link", "set", "dev", "p2", "address", "02:00:00:00:09:02")
    assert not pings(bridge.one)
    ((_, subject, fix),) = found("duplicate-mac")
    assert subject == f"{bridge.other}/eth0"
    cure(fix)
    wait_until(lambda: pings(bridge.one))
    assert found("duplicate-mac") == []


def test_an_address_that_the_kernel_refused_is_told(bridge: Bridge) -> None:
    ip("-n", bridge.one, "address", "add", "2001:db8::9/64", "dev", "eth0", "nodad")
    ip("-n", bridge.other, "address", "add", "2001:db8::9/64", "dev", "eth0")
    wait_until(lambda: "dadfailed" in ip("-n", bridge.other, "-6", "address", "show", "dev", "eth0"))
    ((finding, subject, _),) = found("duplicate-address")
    assert subject == f"{bridge.other}/eth0"
    assert "2001:db8::9" in finding.text


# Filters


def test_a_port_that_somebody_filters_is_not_told_to_be_unfiltered(bridge: Bridge) -> None:
    graph, observed = look()
    home, ports = graph.home, {link.name: link.id for link in graph.links(graph.home)}
    assert home is not None
    assert observed.frame_filters[home] == frozenset()
    load("table netdev t { chain c { type filter hook ingress device p1 priority 0; ether type 0x88b5 drop; }; }")
    assert look()[1].frame_filters[home] == frozenset({ports["p1"]})
    load("table bridge t { chain c { type filter hook forward priority 0; ether type 0x88b5 drop; }; }")
    assert look()[1].frame_filters[home] is None


# Forward policies


@needs_br_netfilter
def test_a_forward_policy_that_drops_stops_a_bridge(bridge: Bridge) -> None:
    wait_until(lambda: pings(bridge.one))
    load("table ip filter { chain f { type filter hook forward priority 0; policy drop; iifname docker0 accept; }; }")
    assert not pings(bridge.one)
    ((finding, subject, fix),) = found("forward-drops-bridged")
    assert (finding.severity, subject) == ("error", "host/br0")
    assert fix == "sysctl -w net.bridge.bridge-nf-call-iptables=0"
    load('add rule ip filter f iifname "br*" oifname { br0, br1 } accept')
    wait_until(lambda: pings(bridge.one))
    assert found("forward-drops-bridged") == []


@needs_br_netfilter
@pytest.mark.parametrize("refusal", ["counter reject with icmpx admin-prohibited", "drop"])
def test_a_last_rule_that_refuses_everything_is_as_good_as_a_policy(
    bridge: Bridge, cure: Callable[[str], None], refusal: str
) -> None:
    """As firewalld writes it: the policy accepts, and nothing gets as far."""
    wait_until(lambda: pings(bridge.one))
    head = "table inet f { chain f { type filter hook forward priority 10; policy accept;"
    load(f"{head} ct state established,related accept; iifname lo accept; ct state invalid drop; {refusal}; }}; }}")
    assert not pings(bridge.one)
    assert [subject for _, subject, _ in found("forward-drops-bridged")] == ["host/br0", "host/br0"]  # IPv4 and IPv6
    for _, _, fix in found("forward-drops-bridged"):
        subprocess.run(["sh", "-c", fix], check=True)
    wait_until(lambda: pings(bridge.one))
    assert found("forward-drops-bridged") == []


@needs_br_netfilter
@pytest.mark.parametrize("last", ["ip saddr 192.0.2.1 drop", "meta mark 1 reject"])
def test_a_rule_that_refuses_some_is_none(bridge: Bridge, last: str) -> None:
    load(f"table ip f {{ chain f {{ type filter hook forward priority 0; policy accept; {last}; }}; }}")
    assert found("forward-drops-bridged") == []


@needs_br_netfilter
@pytest.mark.parametrize("tool", ["iptables-nft", "iptables-legacy"])
def test_what_docker_does_with_iptables_stops_the_bridges_of_others(bridge: Bridge, tool: str) -> None:
    if shutil.which(tool) is None or subprocess.run([tool, "-S"], check=False, capture_output=True).returncode:
        pytest.skip(f"{tool} does not work here")
    for rule in (
        "-P FORWARD DROP",
        "-N DOCKER",
        "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT",
        "-A FORWARD -o docker0 -j DOCKER",
        "-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT",
    ):
        subprocess.run([tool, *rule.split()], check=True)
    assert not pings(bridge.one)
    assert [subject for _, subject, _ in found("forward-drops-bridged")] == ["host/br0"]
    subprocess.run([tool, "-I", "FORWARD", "-i", "br0", "-j", "ACCEPT"], check=True)
    wait_until(lambda: pings(bridge.one))
    assert found("forward-drops-bridged") == []


@needs_br_netfilter
def test_where_bridges_do_not_call_the_filters_a_policy_stops_nothing(bridge: Bridge) -> None:
    load("table ip filter { chain f { type filter hook forward priority 0; policy drop; }; }")
    Path("/proc/sys/net/bridge/bridge-nf-call-iptables").write_text("0")
    wait_until(lambda: pings(bridge.one))
    assert found("forward-drops-bridged") == []


# What a fix does


BROKEN = {
    "inside-down": (("-n {one} link set dev eth0 down",), "up {one}/eth0"),
    "orphan-veth": (
        ("link add dev vethK2mQa1 type veth peer name left", "link set dev vethK2mQa1 master br0 up"),
        "delete host/vethK2mQa1",
    ),
    "bridge-loop": (
        (
            "link add dev br1 address 02:00:00:00:09:01 type bridge",
            "link set dev br1 up",
            "link add dev j1 type veth peer name k1",
            "link set dev j1 master br0 up",
            "link set dev k1 master br1 up",
            "link add dev j2 type veth peer name k2",
            "link set dev j2 master br0",
            "link set dev k2 master br1",
        ),
        "bridge host/br1 stp=on",
    ),
    "link-local-stale": (
        ("-n {one} link set dev eth0 address 02:00:00:00:09:77",),
        "address add {one}/eth0 fe80::ff:fe00:977/64",
    ),
    "mtu-differs": (("-n {one} link set dev eth0 mtu 1400", "link set dev p1 mtu 1400"), "mtu {one}/eth0 1500"),
    "mtu-break": (
        ("link add dev vx0 type vxlan id 42 remote 192.0.2.1 dstport 4789", "link set dev vx0 mtu 1450 master br0 up"),
        "mtu {one}/eth0 1450",
    ),
}
"""By what is found: how it comes about, and the command that is offered."""


@pytest.mark.parametrize("code", BROKEN)
def test_its_fix_run_as_it_stands_makes_it_go_away(bridge: Bridge, cure: Callable[[str], None], code: str) -> None:
    lines, fix = BROKEN[code]
    wait_until(lambda: "tentative" not in ip("-n", bridge.one, "-6", "address", "show", "dev", "eth0"))
    assert found(code) == []
    for line in lines:
        ip(*line.format(one=bridge.one).split())
    told = found(code)
    assert f"jackfield {fix.format(one=bridge.one)}" in [command for _, _, command in told]
    for finding, _, _ in told:
        graph = look()[0]
        for one in finding.all_fixes:
            cure(command_of(graph, one) or "")
    assert found(code) == []


def test_bridges_with_too_few_ports_and_a_deaf_parent_are_told(bridge: Bridge) -> None:
    ip("link", "add", "dev", "br1", "type", "bridge")
    ip("link", "set", "dev", "p2", "nomaster")
    ip("-n", bridge.other, "link", "add", "link", "eth0", "name", "mv0", "netns", bridge.one, "type", "macvlan")
    ip("-n", bridge.one, "address", "add", "10.9.0.7/24", "dev", "mv0")
    assert [subject for _, subject, _ in found("bridge-empty")] == ["host/br1"]
    assert [subject for _, subject, _ in found("bridge-one-port")] == ["host/br0"]
    assert [subject for _, subject, _ in found("macvlan-host")] == [f"{bridge.other}/eth0"]


def test_a_bridge_without_a_free_port_is_told(bridge: Bridge) -> None:
    lines = [f"link add dev d{number} master br0 type veth peer name e{number}" for number in range(511)]
    lines += [f"link set dev e{number} master br0" for number in range(510)]  # all of them down: no loop
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)
    ((finding, subject, _),) = found("bridge-full")
    assert (finding.severity, subject) == ("error", "host/br0")
    more = subprocess.run(["ip", "link", "set", "dev", "e510", "master", "br0"], check=False, capture_output=True)
    assert more.returncode
