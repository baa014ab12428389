"""What may drop frames, read from the kernel: each sort of filter is seen; what passes everything is none."""

import ctypes
import os
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backend.hooks import read_filters
from backend.hooks_traffic import _BPF_NUMBERS
from backend.netns import inside
from model.conditions import Filters, HookKind, Stage
from model.identity import NamespaceId
from model.reachability import verdict
from model.verdict import Because, Reachable
from tests.reach.blueprint import NEAR, Blueprint
from tests.reach.kernel import built, conditions_of, graph_of, new_netns

HERE = NamespaceId("n1")
Run = Callable[[str], None]


@pytest.fixture
def space() -> Iterator[int]:
    fd = new_netns()
    run_in(fd, "ip link add v0 index 10 type veth peer name v1 index 11")
    run_in(fd, "ip link add br0 index 12 type bridge")
    yield fd
    os.close(fd)


def run_in(fd: int, line: str) -> None:
    with inside(fd):
        run = subprocess.run(line.split(), capture_output=True, text=True, check=False)
    assert run.returncode == 0, f"{line}: {run.stderr}"


def nft(fd: int, text: str) -> None:
    with inside(fd):
        run = subprocess.run(
            ["nft", "-f", "-"], input=text.replace("}", "}\n"), capture_output=True, text=True, check=False
        )
    assert run.returncode == 0, run.stderr


def said(filters: Filters) -> set[tuple[HookKind, Stage, str, int | None]]:
    assert filters.unread == ()
    return {(one.kind, one.stage, one.name, one.link.ifindex if one.link else None) for one in filters.hooks}


@pytest.mark.root
def test_an_empty_namespace_has_none(space: int) -> None:
    assert said(read_filters(HERE, space)) == set()


@pytest.mark.root
def test_base_chains_of_nft_are_seen_and_those_that_pass_everything_are_not(space: int) -> None:
    nft(
        space,
        """
        table inet t { chain in { type filter hook input priority 0; policy accept; }
                       chain fw { type filter hook forward priority 0; policy drop; }
                       chain out { type filter hook output priority 0; counter; } }
        table bridge b { chain f { type filter hook forward priority 0; counter; } chain jumped { drop; } }
        table netdev n { chain i { type filter hook ingress device v0 priority 0; policy drop; } }
        table arp a { chain i { type filter hook input priority 0; policy drop; } }
        table ip sleeping { flags dormant; chain f { type filter hook forward priority 0; policy drop; } }
        """,
    )
    switch("0", space)
    ip = {(HookKind.NFT, Stage.IP, "inet t out", None)}
    rest = {
        (HookKind.NFT, Stage.BRIDGE, "bridge b f", None),
        (HookKind.NFT, Stage.LINK, "netdev n i", 10),
        (HookKind.NFT, Stage.ARP, "arp a i", None),
    }
    assert said(read_filters(HERE, space)) == ip | rest | {(HookKind.NFT, Stage.IP, "inet t fw", None)}
    switch("1", space)
    assert said(read_filters(HERE, space)) == ip | rest | {(HookKind.NFT, Stage.BRIDGED_IP, "inet t fw", None)}


def switch(value: str, space: int) -> None:
    with inside(space):
        for word in ("iptables", "ip6tables", "arptables"):
            path = Path(f"/proc/sys/net/bridge/bridge-nf-call-{word}")
            if not path.exists():
                pytest.skip("this kernel has no br_netfilter")
            path.write_text(value)


@pytest.mark.root
def test_a_bridge_that_calls_iptables_by_its_own_switch_is_seen(space: int) -> None:
    nft(space, "table ip t { chain fw { type filter hook forward priority 0; policy drop; } }")
    switch("0", space)
    run_in(space, "ip link set br0 type bridge nf_call_iptables 1")
    assert said(read_filters(HERE, space)) == {(HookKind.NFT, Stage.BRIDGED_IP, "ip t fw", None)}


@pytest.mark.root
def test_legacy_tables_count_only_with_rules_or_a_policy_that_drops(space: int) -> None:
    try:
        run_in(space, "iptables-legacy -L")
    except FileNotFoundError:
        pytest.skip("iptables-legacy is not installed")
    except AssertionError:
        pytest.skip("this kernel has no legacy iptables")
    run_in(space, "ip6tables-legacy -t mangle -L")
    switch("0", space)
    assert said(read_filters(HERE, space)) == set()
    run_in(space, "iptables-legacy -P FORWARD DROP")
    run_in(space, "ip6tables-legacy -A INPUT -j DROP")
    assert said(read_filters(HERE, space)) == {
        (HookKind.IPTABLES, Stage.IP, "ip filter FORWARD", None),
        (HookKind.IPTABLES, Stage.IP, "ip6 filter INPUT", None),
    }
    run_in(space, "iptables-legacy -P FORWARD ACCEPT")
    run_in(space, "ip6tables-legacy -P INPUT DROP")
    run_in(space, "ip6tables-legacy -F INPUT")
    assert said(read_filters(HERE, space)) == {(HookKind.IPTABLES, Stage.IP, "ip6 filter INPUT", None)}


@pytest.mark.root
def test_tc_filters_are_seen_and_an_empty_clsact_is_none(space: int) -> None:
    run_in(space, "tc qdisc add dev v1 clsact")
    run_in(space, "tc qdisc add dev v0 root handle 1: tbf rate 1mbit burst 10k latency 10ms")
    assert said(read_filters(HERE, space)) == set()
    run_in(space, "tc filter add dev v1 egress protocol all u32 match u32 0 0")
    assert said(read_filters(HERE, space)) == {(HookKind.TC, Stage.LINK, "clsact egress on v1", 11)}


@pytest.mark.root
def test_a_bpf_program_on_tcx_and_on_xdp_is_seen(space: int) -> None:
    run_in(space, "ip link set v1 up")
    with inside(space):
        tcx = attach(load(3), 46, 11)
        xdp = attach(load(6), 37, 10)
    try:
        assert said(read_filters(HERE, space)) == {
            (HookKind.TC, Stage.LINK, "bpf ingress on v1", 11),
            (HookKind.XDP, Stage.LINK, "on v0", 10),
        }
    finally:
        os.close(tcx)
        os.close(xdp)


def load(kind: int) -> int:
    """A BPF program that lets everything pass (bpf(2), BPF_PROG_LOAD)."""
    code = ctypes.create_string_buffer(struct.pack("=BBhiBBhi", 0xB7, 0, 0, 2, 0x95, 0, 0, 0))
    licence = ctypes.create_string_buffer(b"GPL")
    return bpf(5, struct.pack("=IIQQIIQ8x", kind, 2, ctypes.addressof(code), ctypes.addressof(licence), 0, 0, 0))


def attach(program: int, place: int, ifindex: int) -> int:
    """Hang it on a link for as long as the descriptor is open (BPF_LINK_CREATE)."""
    try:
        return bpf(28, struct.pack("=IIII32x", program, ifindex, place, 0))
    finally:
        os.close(program)


def bpf(command: int, attributes: bytes) -> int:
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    libc = ctypes.CDLL(None, use_errno=True)
    fd = int(libc.syscall(_BPF_NUMBERS[os.uname().machine], command, buffer, len(attributes)))
    if fd < 0:
        pytest.skip(f"bpf(2) command {command}: {os.strerror(ctypes.get_errno())}")
    return fd


@pytest.mark.root
def test_whether_a_namespace_routes_is_told(space: int) -> None:
    assert read_filters(HERE, space).forwards_ipv4 is False
    with inside(space):
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    assert read_filters(HERE, space).forwards_ipv4 is True


@pytest.mark.root
def test_what_may_not_be_read_is_told_and_is_not_taken_for_nothing(space: int) -> None:
    script = (
        "import os, sys; from backend.hooks import read_filters; "
        "fd = os.open('/proc/self/ns/net', os.O_RDONLY); print(read_filters('n1', fd).unread)"
    )
    with inside(space):
        run = subprocess.run(
            ["setpriv", "--bounding-set=-net_admin", sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=False,
        )
    assert "nft" in run.stdout, run


@pytest.mark.root
def test_where_nobody_can_have_loaded_bpf_a_refused_look_at_it_leaves_nothing_unknown() -> None:
    """As in the practice lab: a user namespace of its own, of which every network namespace is its own too."""
    script = (
        "import os; from backend.hooks import read_filters; fd = os.open('/proc/self/ns/net', os.O_RDONLY); "
        "print(read_filters('n1', fd).unread, read_filters('n1', fd, foreign_bpf=False).unread)"
    )
    inside_of_it = ["unshare", "--user", "--map-root-user", "--net", sys.executable, "-c", script]
    run = subprocess.run(inside_of_it, capture_output=True, text=True, check=False)
    assert run.stdout == "('tcx',) ()\n", run


@pytest.mark.root
def test_a_forward_policy_that_drops_takes_ipv4_between_two_ports_of_one_bridge_and_is_named() -> None:
    """As docker does it: layer 2's own frames pass, so nobody may say yes."""
    plan = Blueprint()
    plan.bridge("br0")
    plan.box("c1", "br0")
    plan.box("c2", "br0")
    with built(plan) as (one,):
        near = one.spaces[NEAR]
        switch("1", near)
        graph, around = graph_of([one]), conditions_of([one])
        ends = one.link("c1"), one.link("c2")
        assert verdict(graph, around, *ends).reachable is Reachable.YES
        nft(near, "table ip docker { chain FORWARD { type filter hook forward priority 0; policy drop; } }")
        space = one.keys[NEAR]
        filtered = replace(around, filters={**around.filters, space: read_filters(space, near)})
        said = verdict(graph, filtered, *ends)
        assert (said.reachable, said.because) == (Reachable.UNKNOWN, Because.FILTER)
        assert said.wired is Reachable.YES
        assert "nft ip docker FORWARD" in said.text
        assert verdict(graph, filtered, one.link("c1"), one.link("br0")).reachable is Reachable.YES
