"""What was measured of layer 2, a row each: what stands there, and who reaches whom."""

from collections.abc import Callable
from typing import NamedTuple

from tests.reach.blueprint import Blueprint

YES, NO = "bmu", "..."


class Row(NamedTuple):
    """One row."""

    name: str
    make: Callable[[Blueprint], object]
    claims: tuple[tuple[str, str, str, str, str], ...]
    """(one, other, what arrives there, what arrives back, the reason)."""


def _network(plan: Blueprint, *, hairpin: bool = False) -> None:
    """A NIC whose cable ends at a switch, and another host on it."""
    plan.bridge("switch")
    plan.box("host2", "switch")
    plan.cable("nic", "far")
    plan.plug("far", "switch", hairpin=hairpin)


def _macvlans(*modes: str, hairpin: bool = False, parent: str = "nic") -> Callable[[Blueprint], object]:
    def make(plan: Blueprint) -> None:
        _network(plan, hairpin=hairpin)
        for number, mode in enumerate(modes, 1):
            plan.child(f"m{number}", parent, mode)

    return make


def _outside(mode: str, *, hairpin: bool) -> Row:
    name = f"a child in mode {mode} reaches another host, hairpin {'on' if hairpin else 'off'}"
    return Row(name, _macvlans(mode, hairpin=hairpin), (("m1", "host2", YES, YES, "connected"),))


def _siblings(one: str, other: str, there: str, back: str, because: str, *, hairpin: bool) -> Row:
    name = f"{one} and {other} siblings, hairpin {'on' if hairpin else 'off'}"
    return Row(name, _macvlans(one, other, hairpin=hairpin), (("m1", "m2", there, back, because),))


def _with_parent(mode: str, there: str, back: str, because: str, *, hairpin: bool) -> Row:
    name = f"a child in mode {mode} and its parent's own stack, hairpin {'on' if hairpin else 'off'}"
    return Row(name, _macvlans(mode, hairpin=hairpin), (("m1", "nic", there, back, because),))


def _boxes(*claims: tuple[str, str, str, str, str], **flags: object) -> tuple[Callable[[Blueprint], object], object]:
    """A bridge with c1, whose port has these flags, c2, and a third one."""

    def make(plan: Blueprint) -> None:
        plan.bridge("br0")
        plan.box("c1", "br0", **flags)
        plan.box("c2", "br0")

    return make, claims


def _port(name: str, *claims: tuple[str, str, str, str, str], **flags: object) -> Row:
    make, _ = _boxes(*claims, **flags)
    return Row(name, make, claims)


def _bridge_named_after(port: str) -> Callable[[Blueprint], object]:
    """A bridge has the MAC of one of its ports, as it takes it by itself."""

    def make(plan: Blueprint) -> None:
        plan.bridge("br0")
        plan.box("c1", "br0")
        plan.box("c2", "br0")
        plan.tap("tap0", "br0")
        plan.pieces["br0"].mac = plan.pieces[port].mac

    return make


def _with_mac(link: str, port: str) -> Callable[[Blueprint], object]:
    """Somebody has the MAC that a port itself has."""

    def make(plan: Blueprint) -> None:
        plan.bridge("br0")
        plan.box("c1", "br0")
        plan.box("c2", "br0")
        plan.pieces[link].mac = plan.pieces[port].mac

    return make


def _isolated(plan: Blueprint) -> None:
    plan.bridge("br0")
    plan.box("c1", "br0", isolated=True)
    plan.box("c2", "br0", isolated=True)
    plan.box("c3", "br0")


def _isolated_on_two_bridges(plan: Blueprint) -> None:
    for number in (1, 2):
        plan.bridge(f"br{number}")
        plan.box(f"c{number}", f"br{number}", isolated=True)
    plan.cable("j1", "j2")
    plan.plug("j1", "br1")
    plan.plug("j2", "br2")


def _told(**flags: object) -> Callable[[Blueprint], object]:
    def make(plan: Blueprint) -> None:
        _boxes(**flags)[0](plan)
        plan.tell("pc1", "c1")

    return make


def _macvlan_behind_a_locked_port(plan: Blueprint) -> None:
    _told(locked=True)(plan)
    plan.child("m1", "c1", "bridge")


def _on_a_bridge(plan: Blueprint) -> None:
    plan.bridge("br0")
    plan.box("c1", "br0", isolated=True)
    plan.box("c2", "br0")
    plan.child("m1", "br0", "bridge")
    plan.child("m2", "br0", "bridge")


def _bridge_is_dead(plan: Blueprint) -> None:
    _on_a_bridge(plan)
    plan.down("br0")


def _no_port_runs(plan: Blueprint) -> None:
    _on_a_bridge(plan)
    plan.down("c1")
    plan.down("c2")


def _downed(link: str) -> Callable[[Blueprint], object]:
    def make(plan: Blueprint) -> None:
        _boxes()[0](plan)
        plan.down(link)

    return make


def _dead_parent(plan: Blueprint, link: str = "nic") -> None:
    _macvlans("bridge", "bridge")(plan)
    plan.down(link)


def _dead_child(plan: Blueprint) -> None:
    _macvlans("bridge", "bridge", "bridge")(plan)
    plan.down("m1")


def _nested(plan: Blueprint) -> None:
    _macvlans("bridge")(plan)
    plan.child("inner", "m1", "bridge")


def _macvtap(plan: Blueprint) -> None:
    _network(plan)
    plan.child("m1", "nic", "bridge", kind="macvtap")
    plan.child("m2", "nic", "bridge")


def _elsewhere(plan: Blueprint) -> None:
    _macvlans("bridge", "vepa", "bridge")(plan)
    for name in ("m1", "m2"):
        plan.pieces[name].space = plan.pieces["host2"].space


def _source(*listed: str) -> Callable[[Blueprint], object]:
    def make(plan: Blueprint) -> None:
        _network(plan)
        plan.child("m1", "nic", "source", *listed)
        plan.child("m2", "nic", "bridge")

    return make


def _as_a_port(mode: str) -> Callable[[Blueprint], object]:
    def make(plan: Blueprint) -> None:
        _network(plan)
        plan.bridge("inner")
        plan.box("c1", "inner")
        plan.child("m1", "nic", mode)
        plan.plug("m1", "inner")

    return make


def _stp(plan: Blueprint) -> None:
    plan.bridge("br0", stp=True)
    plan.box("c1", "br0", state="listening")
    plan.box("c2", "br0", state="listening")


def _joined(plan: Blueprint) -> None:
    plan.bridge("br1")
    plan.bridge("br2")
    plan.box("c1", "br1")
    plan.box("c2", "br2")
    plan.cable("j1", "j2")
    plan.plug("j1", "br1")
    plan.plug("j2", "br2")


MODES = ("private", "vepa", "bridge", "passthru")

ROWS = (
    *(_outside(mode, hairpin=hairpin) for mode in MODES for hairpin in (False, True)),
    _siblings("bridge", "bridge", YES, YES, "connected", hairpin=False),
    _siblings("bridge", "bridge", YES, YES, "connected", hairpin=True),
    _siblings("vepa", "vepa", NO, NO, "macvlan-vepa", hairpin=False),
    _siblings("vepa", "vepa", YES, YES, "connected", hairpin=True),
    _siblings("vepa", "bridge", NO, NO, "macvlan-vepa", hairpin=False),
    _siblings("vepa", "bridge", YES, YES, "connected", hairpin=True),
    *(
        _siblings("private", other, there, there, "macvlan-private", hairpin=hairpin)
        for other in ("private", "vepa", "bridge")
        for hairpin, there in ((False, NO), (True, "..u"))
        if not (hairpin and other != "private")
    ),
    _siblings("private", "vepa", "..u", "..u", "macvlan-private", hairpin=True),
    _siblings("private", "bridge", "..u", "..u", "macvlan-private", hairpin=True),
    *(_with_parent(mode, NO, NO, "macvlan-host", hairpin=False) for mode in ("vepa", "bridge", "private")),
    *(_with_parent(mode, YES, YES, "connected", hairpin=True) for mode in ("vepa", "bridge")),
    _with_parent("private", "..u", "bmu", "macvlan-host", hairpin=True),
    Row(
        "passthru takes all that comes in; the parent's own stack sends, and hears broadcast only",
        _macvlans("passthru"),
        (("host2", "nic", "bm.", YES, "passthru"), ("m1", "nic", NO, NO, "passthru")),
    ),
    Row(
        "a source child with an empty list is deaf, and may send outward",
        _source(),
        (("m1", "host2", YES, NO, "source-list"), ("m1", "m2", NO, NO, "source-list")),
    ),
    Row("a source child hears the MACs of its list", _source("host2"), (("m1", "host2", YES, YES, "connected"),)),
    Row(
        "a parent that is down: its children are dead, to each other too",
        _dead_parent,
        (("m1", "m2", NO, NO, "no-carrier"), ("m1", "host2", NO, NO, "no-carrier")),
    ),
    Row(
        "a parent without carrier: its children are dead, to each other too",
        lambda plan: _dead_parent(plan, "far"),
        (("m1", "m2", NO, NO, "no-carrier"),),
    ),
    Row(
        "a child that is down: that child only",
        _dead_child,
        (("m1", "m2", NO, NO, "down"), ("m2", "m3", YES, YES, "connected")),
    ),
    Row(
        "which namespace a child is in changes nothing",
        _elsewhere,
        (("m1", "m3", YES, YES, "connected"), ("m1", "m2", NO, NO, "macvlan-vepa")),
    ),
    Row("a macvlan on a macvlan is a sibling on the lowest device", _nested, (("m1", "inner", YES, YES, "connected"),)),
    Row("a macvtap behaves as a macvlan", _macvtap, (("m1", "m2", YES, YES, "connected"),)),
    Row(
        "children of a bridge reach every port, an isolated one too, and not the bridge's own stack",
        _on_a_bridge,
        (
            ("m1", "c1", YES, YES, "connected"),
            ("m1", "c2", YES, YES, "connected"),
            ("m1", "m2", YES, YES, "connected"),
            ("m1", "br0", NO, NO, "macvlan-host"),
        ),
    ),
    Row(
        "children of a bridge that is down are dead, to each other too",
        _bridge_is_dead,
        (("m1", "m2", NO, NO, "no-carrier"), ("c1", "c2", NO, NO, "down")),
    ),
    Row(
        "children of a bridge none of whose ports runs are dead, to each other too",
        _no_port_runs,
        (("m1", "m2", NO, NO, "no-carrier"),),
    ),
    Row(
        "a macvlan in mode bridge as a port works outward only",
        _as_a_port("bridge"),
        (("c1", "host2", YES, "bm.", "foreign-mac"),),
    ),
    Row("a passthru macvlan works as a port", _as_a_port("passthru"), (("c1", "host2", YES, YES, "connected"),)),
    Row(
        "isolated blocks only between two isolated ports of the same bridge",
        _isolated,
        (
            ("c1", "c2", NO, NO, "isolated-ports"),
            ("c1", "c3", YES, YES, "connected"),
            ("c1", "br0", YES, YES, "connected"),
        ),
    ),
    Row(
        "isolation does not cross a cable between bridges",
        _isolated_on_two_bridges,
        (("c1", "c2", YES, YES, "connected"),),
    ),
    Row(
        "a cable between two bridges joins them",
        _joined,
        (("c1", "c2", YES, YES, "connected"), ("c1", "br2", YES, YES, "connected")),
    ),
    *(
        Row(
            f"a bridge with the MAC of its port {port} is no double",
            _bridge_named_after(port),
            tuple(
                (one, other, YES, YES, "connected")
                for one, other in (("br0", "c1"), ("br0", "tap0"), ("br0", "c2"), ("c1", "tap0"), ("c1", "c2"))
            ),
        )
        for port in ("pc1", "tap0")
    ),
    Row(
        "both ends of a cable have one MAC: only the bridge itself reaches the inside",
        _with_mac("c1", "pc1"),
        (("c2", "c1", "bm.", YES, "port-mac"), ("br0", "c1", YES, YES, "connected")),
    ),
    Row(
        "somebody has the MAC of another port: the bridge keeps what is sent there",
        _with_mac("c2", "pc1"),
        (("c1", "c2", "bm.", YES, "port-mac"), ("br0", "c2", "bm.", YES, "port-mac")),
    ),
    _port("learning off: reachable, by flooding", ("c1", "c2", YES, YES, "connected"), learning=False),
    _port("flood off: reachable once it has spoken", ("c1", "c2", YES, YES, "connected"), flood=False),
    _port(
        "learning off and flood off: only broadcast reaches it",
        ("c2", "c1", "bm.", YES, "flood-off"), ("br0", "c1", "bm.", YES, "flood-off"), learning=False, flood=False,
    ),
    Row(
        "learning off and flood off, with a static entry: all reaches it",
        _told(learning=False, flood=False),
        (("c2", "c1", YES, YES, "connected"), ("br0", "c1", YES, YES, "connected")),
    ),
    _port(
        "bcast_flood off: broadcast from ports is dropped, from the host it passes",
        ("c2", "c1", ".mu", YES, "flood-off"), ("br0", "c1", YES, YES, "connected"), bcast_flood=False,
    ),
    _port(
        "mcast_flood off: ND from other ports fails, from the host works",
        ("c2", "c1", "b.u", YES, "connected"), ("br0", "c1", YES, YES, "connected"), mcast_flood=False,
    ),
    _port(
        "locked without an entry: it can send nothing, and receives",
        ("c1", "c2", NO, YES, "locked"), ("c1", "br0", NO, YES, "locked"), locked=True,
    ),
    Row("locked with a static entry: that one MAC works", _told(locked=True), (("c1", "c2", YES, YES, "connected"),)),
    Row(
        "locked with a static entry: a macvlan behind it is dead",
        _macvlan_behind_a_locked_port,
        (("m1", "c2", NO, YES, "locked"),),
    ),
    *(
        _port(f"a port in state {state} is dead both ways", ("c1", "c2", NO, NO, "not-forwarding"), state=state)
        for state in ("listening", "learning", "disabled")
    ),
    *(
        Row(f"{what} that is down is dead", _downed(link), (("c1", "c2", NO, NO, because),))
        for what, link, because in (
            ("a port", "pc1", "no-carrier"), ("an inside end", "c1", "down"), ("a bridge", "br0", "down"),
        )
    ),
    Row("STP is on, and does not forward yet", _stp, (("c1", "c2", NO, NO, "not-forwarding"),)),
)  # fmt: skip
