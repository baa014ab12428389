"""Every wish, on real namespaces: it is done, it shows, its inverse leaves all as it was, and so do its lines."""

from collections.abc import Callable

import pytest

from backend.fake import FakeHost
from model.identity import LinkId
from model.intents import (
    AddAddress,
    AddAltname,
    Attach,
    CreateBridge,
    CreateMacvlan,
    CreateNamespace,
    CreateVeth,
    Delete,
    DeleteAddress,
    DeleteAltname,
    DeleteNamespace,
    Detach,
    ForgetLearned,
    Intent,
    LockPort,
    Move,
    NewEnd,
    Rename,
    SetAlias,
    SetBridge,
    SetMac,
    SetMacvlanMode,
    SetMtu,
    SetPort,
    SetUp,
)
from model.plan import Fate, Refusal
from model.shell import plan_lines
from model.shell_ways import ways_of
from model.topology import Topology
from tests.changes.stand import NEW_NAME, Stand, difference, graph_of, settled, unnumbered

pytestmark = pytest.mark.root

Wish = Callable[[Stand], Intent]
MAC, OTHER = "02:00:00:00:00:a1", "02:00:00:00:00:a2"
WISHES: dict[str, Wish] = {
    "a veth between two namespaces": lambda on: CreateVeth(
        NewEnd(on.ids["a"], "new0", MAC), NewEnd(on.ids["b"], "new1", OTHER), 1400
    ),
    "a veth with an end in a bridge": lambda on: CreateVeth(
        NewEnd(on.ids["h"], "new0", MAC, on.link("h/br0")), NewEnd(on.ids["a"], "new1", OTHER)
    ),
    "a bridge": lambda on: CreateBridge(on.ids["h"], "br7", MAC),
    "a macvlan": lambda on: CreateMacvlan(on.link("h/nic0"), on.ids["b"], "mv7", "bridge", mac=MAC),
    "a macvlan that listens to some": lambda on: CreateMacvlan(
        on.link("h/nic0"), on.ids["h"], "mv7", "source", mac=MAC, sources=(OTHER,)
    ),
    "a macvtap": lambda on: CreateMacvlan(on.link("h/nic0"), on.ids["h"], "mt7", "bridge", "macvtap", MAC),
    "a namespace": lambda _on: CreateNamespace(NEW_NAME),
    "no more a port of a bridge and its cable": lambda on: Delete(on.link("h/p0")),
    "no more a cable, from its inner end": lambda on: Delete(on.link("a/d1")),
    "no more a bridge with ports": lambda on: Delete(on.link("h/br0")),
    "no more a macvlan": lambda on: Delete(on.link("a/mv0")),
    "no more a macvlan with sources": lambda on: Delete(on.link("h/ms0")),
    "another name": lambda on: Rename(on.link("h/p0"), "tinderbox0"),
    "another name inside": lambda on: Rename(on.link("a/eth0"), "lan0"),
    "one more altname": lambda on: AddAltname(on.link("h/p0"), "a-name-that-is-much-longer-than-others"),
    "one altname less": lambda on: DeleteAltname(on.link("h/p0"), "port-of-a"),
    "a note": lambda on: SetAlias(on.link("h/d0"), "the direct cable"),
    "another note": lambda on: SetAlias(on.link("h/p0"), "something else"),
    "no note": lambda on: SetAlias(on.link("h/p0"), ""),
    "another MAC": lambda on: SetMac(on.link("a/eth0"), MAC),
    "another MAC of a port": lambda on: SetMac(on.link("h/p0"), MAC),
    "another MAC of a bridge": lambda on: SetMac(on.link("h/br0"), MAC),
    "into a bridge": lambda on: Attach(on.link("h/d0"), on.link("h/br1")),
    "into another bridge": lambda on: Attach(on.link("h/p0"), on.link("h/br1")),
    "into another bridge, by the far end": lambda on: Attach(on.link("a/eth0"), on.link("h/br1")),
    "out of the bridge": lambda on: Detach(on.link("h/p0")),
    "out of the bridge, by the far end": lambda on: Detach(on.link("a/eth0")),
    "to another namespace": lambda on: Move(on.link("a/d1"), on.ids["b"]),
    "to another namespace under another name": lambda on: Move(on.link("a/eth0"), on.ids["b"], "eth9"),
    "from the host to a namespace": lambda on: Move(on.link("h/d0"), on.ids["b"]),
    "a port to another namespace": lambda on: Move(on.link("h/p1"), on.ids["a"]),
    "a macvlan to another namespace": lambda on: Move(on.link("a/mv0"), on.ids["b"]),
    "another mode": lambda on: SetMacvlanMode(on.link("a/mv0"), "bridge"),
    "into mode source": lambda on: SetMacvlanMode(on.link("a/mv0"), "source", (MAC, OTHER)),
    "out of mode source": lambda on: SetMacvlanMode(on.link("h/ms0"), "private"),
    "down": lambda on: SetUp(on.link("h/br0"), up=False),
    "down inside": lambda on: SetUp(on.link("a/eth0"), up=False),
    "up": lambda on: SetUp(on.link("h/br1"), up=True),
    "another MTU": lambda on: SetMtu(on.link("h/d0"), 1400),
    "an MTU that is too small for IPv6": lambda on: SetMtu(on.link("h/p0"), 1200),
    "an MTU that is too small for IPv6, inside": lambda on: SetMtu(on.link("a/eth0"), 1200),
    "another MTU below a macvlan": lambda on: SetMtu(on.link("h/nic0"), 1400),
    "one more address": lambda on: AddAddress(on.link("a/d1"), "198.51.100.9/24"),
    "one more IPv6 address": lambda on: AddAddress(on.link("a/d1"), "2001:db8:7::9/64"),
    "one address less": lambda on: DeleteAddress(on.link("h/br0"), "192.0.2.1/24"),
    "one IPv6 address less": lambda on: DeleteAddress(on.link("h/br0"), "2001:db8::1/64"),
    "other settings of a port": lambda on: SetPort(
        on.link("h/p0"), (("isolated", False), ("learning", False), ("cost", 9), ("priority", 3), ("flood", False))
    ),
    "other settings of a port, by the far end": lambda on: SetPort(on.link("a/eth0"), (("locked", True),)),
    "a port for one MAC alone": lambda on: LockPort(on.link("h/p0"), MAC),
    "other settings of a bridge": lambda on: SetBridge(
        on.link("h/br1"), (("stp", False), ("ageing_s", 30), ("priority", 4096), ("multicast_snooping", False))
    ),
    "no more a namespace's name": lambda on: DeleteNamespace(on.ids["b"]),
}


@pytest.mark.parametrize("wish", WISHES)
def test_a_wish_is_done_and_taken_back_by_us_by_its_lines_and_by_a_fake_host(stand: Stand, wish: str) -> None:
    before, graph = settled(stand), graph_of(stand.first)
    made = stand.plan(WISHES[wish](stand), graph)
    assert made.steps
    ways = ways_of(graph, stand.host.surroundings([]))
    fake = FakeHost(stand.first, changes=True)
    assert {outcome.fate for outcome in fake.execute(made.operations)} == {Fate.DONE}

    outcomes = stand.do(made)
    ours, real = settled(stand), stand.graph()
    assert difference(before, ours), "nothing happened"
    if isinstance(made.intent, HOLDS):
        assert stand.plan(made.intent, real).steps == ()
    stand.undo(made, outcomes)
    assert difference(before, settled(stand, before)) == [], "taken back, it is not as it was"

    assert shape(graph_of(fake.read())) == shape(real), "the fake host sees it otherwise"

    stand.sh(plan_lines(made.operations, ways))
    theirs = settled(stand, ours)
    stand.sh(plan_lines(made.inverse, ways))
    assert difference(unnumbered(ours), unnumbered(theirs)) == [], "its lines do something else"
    assert difference(before, settled(stand, before)) == [], "the lines of its inverse do something else"


HOLDS = (Rename, SetAlias, SetMac, Attach, Detach, SetMacvlanMode, SetUp, SetMtu, SetPort, SetBridge)
"""Wished for twice, nothing is to be done."""


def test_every_wish_is_tried() -> None:
    from typing import get_args

    import model.intents

    class NoPlace:
        ids = dict.fromkeys("hab", "n1")

        def link(self, _place: str) -> LinkId:
            return LinkId(self.ids["h"], 1)  # type: ignore[arg-type]

    tried = {type(wish(NoPlace())) for wish in WISHES.values()}  # type: ignore[arg-type]
    assert tried | {ForgetLearned} == set(get_args(model.intents.Intent))  # it changes no setting: tests/keep


def shape(graph: Topology) -> list[tuple[object, ...]]:
    """What is decided by requests alone: not what carrier, STP and DAD make of it later, not random MACs."""
    found: list[tuple[object, ...]] = []
    for link in graph.links():
        space = graph.namespace(link.id.namespace)
        if space is None or NEW_NAME in space.names:
            continue
        ends = graph.ends(link.id)
        names = [getattr(graph.link(end), "name", None) if isinstance(end, LinkId) else end for end in ends[:3]]
        addresses = sorted(address.cidr for address in graph.addresses(link.id) if address.scope == "global")
        treated = link.port
        port = None if treated is None else (treated.isolated, treated.locked, treated.learning, treated.hairpin)
        where, what = space.names, (link.name, link.kind, link.mac, link.mtu, link.up)
        found.append((where, *what, sorted(link.altnames), link.alias, link.detail, port, *names, *addresses))
    return sorted(found, key=str)


def test_what_could_not_be_taken_back_is_refused_before(stand: Stand) -> None:
    """Below 1,280 bytes the loopback loses ::1, and no request brings it back."""
    refused = stand.try_plan(SetMtu(stand.link("h/lo"), 1000), graph_of(stand.first))
    assert isinstance(refused, Refusal)
    assert refused.code == "loopback-mtu"
