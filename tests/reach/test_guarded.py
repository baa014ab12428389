"""Ports that we guard and seal: the model's word, and what frames in the container's own name do in the kernel."""

import contextlib
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from itertools import permutations
from typing import NamedTuple

import pytest

from backend.firewall import Firewall
from backend.host import LinuxHost
from backend.this_machine import netns_inode_of
from model.address_book import the_link
from model.conditions import Conditions
from model.guard import Guard, Seal
from model.guard_rules import Family, change_text, table_text
from model.identity import LinkId
from model.layer3 import layer3
from model.link import Link
from model.raw_frames import ARP, BROADCAST, arp, ethernet
from model.reach_classes import reach_classes
from model.reachability import verdict
from model.topology import Topology
from model.verdict import Because, Reachable, Verdict
from tests.guard.attacks import BOX_IP, BOX_MAC, HOST_IP, HOST_LL, HOST_MAC, MATE_IP, MATE_MAC
from tests.guard.lab import PORT, Lab, ip, until
from tui.commands.looking_around import conditions_of

pytestmark = pytest.mark.root

OTHER_MAC, CHILD_MAC, CHILD_IP = "02:00:00:00:00:77", "02:00:00:00:00:78", "10.0.0.78"
MARK = 0x88B5
OWN = Guard((PORT,), BOX_MAC, (BOX_IP,))
SEALED = Guard((PORT,), BOX_MAC, dhcp=False, seal=Seal(HOST_MAC, HOST_LL, (873, 3128)))
FAMILIES = pytest.mark.parametrize("waits", [None, False], ids=["at the port", "in the bridge"])


class End(NamedTuple):
    """Who speaks: where it is, and as whom."""

    place: str | None
    device: str
    mac: str
    ipv4: str


@pytest.fixture(autouse=True)
def one_cpu() -> Iterator[None]:
    """A frame sent from one CPU cannot overtake one that was sent before."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    yield
    os.sched_setaffinity(0, before)


@pytest.fixture
def lab(private_host: int, make_netns: Callable[[str], str]) -> Lab:
    made = Lab(make_netns, bridged=True)
    ip(f"-n {made.box} link add link eth0 name mv0 address {CHILD_MAC} type macvlan mode bridge")
    ip(f"-n {made.box} link set dev mv0 up", f"-n {made.box} address add {BOX_IP}/24 dev eth0")
    ip(f"address add {HOST_IP}/24 dev br0")
    return made


def ends(lab: Lab) -> dict[str, End]:
    return {
        "box": End(lab.box, "eth0", BOX_MAC, BOX_IP),
        "child": End(lab.box, "mv0", CHILD_MAC, CHILD_IP),
        "mate": End(lab.mate, "eth0", MATE_MAC, MATE_IP),
        "host": End(None, "br0", HOST_MAC, HOST_IP),
    }


class Seen:
    """The host as we read it now."""

    def __init__(self, lab: Lab) -> None:
        self.graph, host = Topology(), LinuxHost()
        self.graph.learn(host.read())
        spaces = {self.link(end).namespace for end in ends(lab).values()}
        self.around: Conditions = conditions_of(host, spaces)

    def link(self, end: End) -> LinkId:
        found = the_link(self.graph, f"{end.place or 'host'}/{end.device}", netns_inode_of)
        assert isinstance(found, Link)
        return found.id

    def verdict(self, one: End, other: End) -> Verdict:
        return verdict(self.graph, self.around, self.link(one), self.link(other))


def arrivals(lab: Lab) -> set[tuple[str, str, str]]:
    """(from, to, `b` or `u`) of ARP in everybody's own name that arrived."""
    who = ends(lab)
    socks = {name: lab.packets(end.place, end.device) for name, end in who.items()}
    try:
        for sender, receiver in permutations(who, 2):
            one, other = who[sender], who[receiver]
            asked = arp(1, (one.mac, one.ipv4), ("00:00:00:00:00:00", other.ipv4))
            socks[sender].send(ethernet(one.mac, ARP, asked, BROADCAST))
        for sender, receiver in [*permutations(who, 2)] * 2:  # in the second round bridges have learned
            one, other = who[sender], who[receiver]
            told = arp(2, (one.mac, one.ipv4), (other.mac, other.ipv4))
            socks[sender].send(ethernet(one.mac, ARP, told, other.mac))
        frames = {name: _until_the_mark(socks, name, who) for name in who}
    finally:
        for sock in socks.values():
            sock.close()
    by_mac = {end.mac: name for name, end in who.items()}
    found = set()
    for name, got in frames.items():
        for frame in got:
            source = by_mac.get(frame[6:12].hex(":"))
            to = frame[:6].hex(":")
            if source not in (None, name) and frame[12:14] == b"\x08\x06" and to in (BROADCAST, who[name].mac):
                found.add((str(source), name, "b" if to == BROADCAST else "u"))
    return found


def _until_the_mark(socks: dict[str, socket.socket], name: str, who: dict[str, End]) -> list[bytes]:
    """All that came to one before a frame that was sent later, twice: a frame crosses two queues."""
    frames: list[bytes] = []
    speaker = "mate" if name == "host" else "host"
    for number in b"12":
        mark = ethernet(who[speaker].mac, MARK, bytes([number] * 46), BROADCAST)
        socks[speaker].send(mark)
        until(partial(_has_come, mark, frames, socks[name]), "the mark")
    return frames


def _has_come(mark: bytes, frames: list[bytes], sock: socket.socket) -> bool:
    """What came in; a parent's socket sees what its macvlans send, too."""
    with contextlib.suppress(BlockingIOError):
        while True:
            frame, (_, _, kind, *_) = sock.recvfrom(2048)
            if kind != socket.PACKET_OUTGOING:
                frames.append(frame)
    return mark in frames


def disagreements(lab: Lab) -> list[str]:
    """Every pair: what the model says, and what the kernel did."""
    seen, who, arrived = Seen(lab), ends(lab), arrivals(lab)
    wrong = []
    for one, other in permutations(who, 2):
        said = seen.verdict(who[one], who[other])
        model = (said.there.broadcast, said.there.unicast)
        kernel = ((one, other, "b") in arrived, (one, other, "u") in arrived)
        if model != kernel:
            wrong.append(f"{one} -> {other}: model {model} ({said.text}), kernel {kernel}")
    return wrong


@FAMILIES
def test_a_guarded_container_talks_in_its_own_name_and_what_is_behind_it_does_not(lab: Lab, waits: bool | None) -> None:
    assert disagreements(lab) == []
    assert Firewall(waits=waits).load([OWN]) is None
    assert disagreements(lab) == []
    seen, who = Seen(lab), ends(lab)
    said = seen.verdict(who["box"], who["mate"])
    assert (said.reachable, said.because, said.blocked_at) == (Reachable.YES, Because.CONNECTED, None)
    assert said.text.endswith(f"can talk; host/{PORT} is guarded: only ARP and IP pass, from {BOX_IP}, fe80::ff:fe00:b")
    child = seen.verdict(who["child"], who["mate"])
    assert (child.reachable, child.because) == (Reachable.NO, Because.GUARD)
    assert child.text.endswith(f"cannot talk: host/{PORT} is guarded: only what {BOX_MAC} sends passes")


@FAMILIES
def test_a_guard_for_another_mac_stops_the_container(lab: Lab, waits: bool | None) -> None:
    assert Firewall(waits=waits).load([Guard((PORT,), OTHER_MAC, (BOX_IP,))]) is None
    assert disagreements(lab) == []
    said = Seen(lab).verdict(*(ends(lab)[name] for name in ("box", "host")))
    assert (said.reachable, said.because) == (Reachable.NO, Because.GUARD)


@FAMILIES
def test_a_container_of_whom_nothing_is_known_yet_reaches_nobody(lab: Lab, waits: bool | None) -> None:
    assert Firewall(waits=waits).load([Guard((PORT,), closed=True)]) is None
    assert disagreements(lab) == []
    said = Seen(lab).verdict(*(ends(lab)[name] for name in ("box", "host")))
    assert (said.reachable, said.because) == (Reachable.NO, Because.GUARD)
    assert said.text.endswith("nothing passes before it is known who is behind it")


@FAMILIES
def test_a_sealed_container_reaches_nobody_but_the_ports_that_are_named(lab: Lab, waits: bool | None) -> None:
    assert Firewall(waits=waits).load([SEALED]) is None
    assert disagreements(lab) == []
    seen, who = Seen(lab), ends(lab)
    for other in ("host", "mate"):
        said = seen.verdict(who["box"], who[other])
        assert (said.reachable, said.because) == (Reachable.NO, Because.SEAL)
        assert said.text.endswith(f"host/{PORT} is sealed: only TCP 873, 3128 to {HOST_LL} ({HOST_MAC}) passes")


def test_classes_know_guards(lab: Lab) -> None:
    assert Firewall().load([OWN]) is None
    seen, who = Seen(lab), ends(lab)
    classes = reach_classes(seen.graph, seen.around)
    for one, other in permutations(who.values(), 2):
        said = seen.verdict(one, other)
        relation = classes.pair(seen.link(one), seen.link(other))
        assert (relation.own or relation.reachable) is said.reachable


def test_foreign_rules_are_a_filter(lab: Lab) -> None:
    assert Firewall().load([OWN]) is None
    nft("table netdev t { chain c { type filter hook ingress device vethMate priority 0; counter; }; }")
    said = Seen(lab).verdict(*(ends(lab)[name] for name in ("box", "mate")))
    assert (said.reachable, said.because) == (Reachable.UNKNOWN, Because.FILTER)
    assert "netdev t c" in said.text


EDITS = {
    "a verdict": ("goto drop_arp\n", "accept\n", "chain guard_arp_ipv4 "),
    "a rule": ("ether type arp goto guard_arp\n", "ether type 0x88b5 accept\n", "chain guard "),
    "a condition": ("{ arp, ip, ip6 } goto", "{ arp, ip, 0x88b5 } goto", "chain guard "),
    "one rule more": (
        "iifname @sealed goto seal\n",
        "ether type arp drop\niifname @sealed goto seal\n",
        "chain guard ",
    ),
    "a limit": ("over 500/second", "over 5/second", "chain guard "),
    "a size": ("size 1024", "size 16", "set forged_ipv4 "),
    "a set's flags": ("set dhcp { type ifname\n", "set dhcp { type ifname; flags timeout;\n", "set dhcp "),
    "a set more": ("set dhcp {", "set more { type ifname; }\nset dhcp {", "set more "),
    "the priority": ("priority -300", "priority -299", "chain "),
}
ADDED = (
    f"hardware {{ {PORT} . 0x020000000077 }}",
    f"targets {{ {PORT} . 0x20010db8000000000000000000000001 }}",
    f"macs {{ {PORT} . {OTHER_MAC} }}",
    f"macs {{ vethMate . {OTHER_MAC} }}",
    f"seal_tcp {{ {PORT} . 873 }}",
)
IN = pytest.mark.parametrize("family", Family, ids=lambda family: family.value)


@IN
def test_our_table_is_a_filter_where_anything_in_it_is_not_ours(lab: Lab, family: Family) -> None:
    text = table_text([OWN], family)
    policy, other = ("drop", "accept") if family is Family.NETDEV else ("accept", "drop")
    for what, (old, new, differs) in {**EDITS, "the policy": (f"policy {policy}", f"policy {other}", "chain ")}.items():
        assert old in text, what
        nft(text.replace(old, new))
        assert not_ours(lab, family, differs), what


@IN
def test_our_table_is_a_filter_where_something_was_added(lab: Lab, family: Family) -> None:
    table = f"{family.value} jackfield_guard"
    for element in ADDED:
        nft(table_text([OWN], family) + f"add element {table} {element}\n")
        assert not_ours(lab, family, "sets are not filled"), element
    where = f"ingress device {PORT}" if family is Family.NETDEV else "forward"
    nft(table_text([OWN], family) + f"add chain {table} more {{ type filter hook {where} priority 0; policy drop; }}\n")
    assert not_ours(lab, family, "chain more ")


def not_ours(lab: Lab, family: Family, differs: str) -> bool:
    said = Seen(lab).verdict(*(ends(lab)[name] for name in ("box", "mate")))
    unknown = (said.reachable, said.because) == (Reachable.UNKNOWN, Because.FILTER)
    return unknown and f"nft {family.value} jackfield_guard " in said.text and f"(its {differs}" in said.text


@IN
def test_our_table_guards_nobody_while_it_is_dormant(lab: Lab, family: Family) -> None:
    nft(table_text([OWN], family))
    nft(f"add table {family.value} jackfield_guard {{ flags dormant; }}")
    assert disagreements(lab) == []
    seen, who = Seen(lab), ends(lab)
    assert seen.verdict(who["child"], who["mate"]).reachable is Reachable.YES


@IN
def test_a_port_that_is_guarded_by_a_change_of_our_table_is_modelled_too(lab: Lab, family: Family) -> None:
    mate = Guard(("vethMate",), MATE_MAC, (MATE_IP,))
    nft(table_text([mate], family) + change_text([mate], [OWN], family))
    assert disagreements(lab) == []


def test_an_address_that_the_guard_keeps_back_is_none_for_ip(lab: Lab) -> None:
    who = ends(lab)

    def said() -> str | None:
        seen = Seen(lab)
        return layer3(seen.graph, seen.around, seen.link(who["box"]), seen.link(who["host"]), Reachable.YES)

    assert Firewall().load([OWN]) is None
    assert said() == "IP: both are in 10.0.0.0/24"
    assert Firewall().load([Guard((PORT,), BOX_MAC, ("10.0.0.99",))]) is None
    assert said() == f"IP: {lab.box}/eth0 has no address that its guard lets pass"


def nft(rules: str) -> None:
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
