"""Making links."""

from typing import Final

from model.intents import CreateBridge, CreateMacvlan, CreateVeth, NewEnd
from model.link import Link, Macvlan
from model.mode_switch import reaches_parent
from model.operations import AddBridge, AddMacvlan, AddVeth, DeleteLink, Handle, SetLinkUp, SetMaster, VethEnd
from model.planning.draft import Draft, Refused, typed
from model.planning.rules import check_link_name, check_mtu, checked_mac, not_loopback, the_bridge
from model.planning.segment import bridges_joined, segment_of, warn_of_twins
from model.planning.widths import warn_of_width
from model.stage import ETHERNET_MTU, is_passthru
from model.verdict import Reachable

MODES: Final = ("private", "vepa", "bridge", "passthru", "source")


def create_veth(draft: Draft, wish: CreateVeth) -> None:
    """A cable, its ends plugged in and up."""
    ends = (wish.near, wish.far)
    for end in ends:
        draft.enter(end.namespace)
        check_link_name(draft, end.namespace, end.name)
    if (wish.near.namespace, wish.near.name) == (wish.far.namespace, wish.far.name):
        raise Refused(
            "name-taken",
            f"{wish.near.name}: both ends are to have this name in the same namespace",
            "give the ends two names",
            kernel="File exists",
        )
    if wish.mtu is not None:
        check_mtu(wish.mtu)
    macs = [None if end.mac is None else checked_mac(end.mac) for end in ends]
    if macs[0] is not None and macs[0] == macs[1]:
        draft.mind(f"both ends have the MAC {macs[0]}", "mac-twice")
    near, far = (VethEnd(end.namespace, end.name, mac) for end, mac in zip(ends, macs, strict=True))
    mine = Handle(wish.near.namespace, wish.near.name)
    draft.step(AddVeth(near, far, wish.mtu), DeleteLink(mine))
    bridges = [_plug_in(draft, end, mac, wish.mtu) for end, mac in zip(ends, macs, strict=True)]
    for end in reversed(ends):
        if end.up:
            handle = Handle(end.namespace, end.name)
            draft.step(SetLinkUp(handle, up=True), SetLinkUp(handle, up=False))
    if bridges[0] is not None and bridges[1] is not None:
        _between_bridges(draft, bridges[0], bridges[1])
    if not (wish.near.up and wish.far.up):
        draft.mind("it carries nothing until both ends are up")


def _plug_in(draft: Draft, end: NewEnd, mac: str | None, mtu: int | None) -> Link | None:
    if end.master is None:
        return None
    bridge = the_bridge(draft, end.master, end.namespace)
    handle = Handle(end.namespace, end.name)
    draft.step(SetMaster(handle, draft.handle(bridge)), SetMaster(handle, None))
    if mac is not None:
        warn_of_twins(draft, mac, bridge.id)
    warn_of_width(draft, end.name, mtu or ETHERNET_MTU, bridge)
    if not bridge.up:
        draft.mind(f"{draft.called(bridge.id)} is DOWN: nothing passes it", "bridge-down")
    return bridge


def _between_bridges(draft: Draft, one: Link, other: Link) -> None:
    if one.id == other.id:
        draft.mind("both ends are to be ports of the same bridge: without STP frames go round for ever", "loop")
        return
    if other.id in bridges_joined(draft.graph, one.id):
        names = f"{draft.called(one.id)} and {draft.called(other.id)}"
        draft.mind(f"this closes a loop: {names} are joined already; without STP frames go round for ever", "loop")
    else:
        names = f"{draft.called(one.id)} and {draft.called(other.id)}"
        draft.gain(f"{names} become one segment", "segments-joined")


def create_bridge(draft: Draft, wish: CreateBridge) -> None:
    """A bridge with a MAC that stays."""
    draft.enter(wish.namespace)
    check_link_name(draft, wish.namespace, wish.name)
    mac = draft.fresh_mac() if wish.mac is None else checked_mac(wish.mac)
    handle = Handle(wish.namespace, wish.name)
    draft.step(AddBridge(wish.namespace, wish.name, mac), DeleteLink(handle))
    if wish.up:
        draft.step(SetLinkUp(handle, up=True), SetLinkUp(handle, up=False))
    draft.gain("its MAC stays, whatever is plugged into it")


def create_macvlan(draft: Draft, wish: CreateMacvlan) -> None:
    """A macvlan or macvtap on a parent."""
    parent = draft.link(wish.parent)
    draft.enter(wish.namespace)
    if wish.kind not in ("macvlan", "macvtap"):
        raise Refused("kind-unknown", f"{wish.kind}: no kind of child that stands on a link", "take macvlan or macvtap")
    check_mode(wish.mode, wish.sources)
    check_link_name(draft, wish.namespace, wish.name)
    _check_parent(draft, parent, wish.mode)
    mac = None if wish.mac is None else checked_mac(wish.mac)
    if mac is not None and wish.mode == "passthru":
        raise Refused(
            "passthru",
            f"{wish.name}: in mode passthru it has the MAC of its parent, {parent.mac}, whatever it is given",
            "leave the MAC out",
        )
    if mac is not None:
        warn_of_twins(draft, mac, segment_of(draft.graph, parent))
        siblings = [one for one in (parent, *draft.graph.children(parent.id)) if one.mac == mac]
        if siblings:
            raise Refused(
                "mac-taken",
                f"{mac}: {draft.called(siblings[0].id)} has it, and a parent tells its children apart by their MACs",
                "take another MAC, or none: then the kernel makes one up",
                kernel="Address already in use",
            )
    sources = tuple(checked_mac(source) for source in wish.sources)
    handle = Handle(wish.namespace, wish.name)
    draft.step(
        AddMacvlan(draft.handle(parent), wish.namespace, wish.name, wish.mode, wish.kind, mac, sources),
        DeleteLink(handle),
    )
    if wish.up:
        draft.step(SetLinkUp(handle, up=True), SetLinkUp(handle, up=False))
    if not parent.up:
        draft.mind(f"{draft.called(parent.id)} is DOWN: it carries nothing", "parent-down")
    say_mode(draft, parent, wish.mode, wish.name)


def _check_parent(draft: Draft, parent: Link, mode: str) -> None:
    name = draft.called(parent.id)
    not_loopback(draft, parent, "a parent", "Invalid argument")
    if parent.mac is None:
        raise Refused("parent-unfit", f"{name}: nothing can stand on it: it has no MAC", kernel="Invalid argument")
    if parent.master:
        raise Refused(
            "macvlan-on-port",
            f"{name}: it is a port already, and frames that reach a port go to its bridge, not to children",
            "put the macvlan on the bridge itself",
            "plug a veth into the bridge instead",
            kernel="Device or resource busy",
        )
    if isinstance(parent.detail, Macvlan):
        beneath = draft.graph.parent(parent.id)
        real = draft.called(beneath.id) if isinstance(beneath, Link) else "its own parent"
        raise Refused(
            "macvlan-on-macvlan",
            f"{name}: it is a {parent.kind} itself: the kernel would put the new one on {real} beneath it",
            f"put it on {real}",
        )
    children = [child for child in draft.graph.children(parent.id) if isinstance(child.detail, Macvlan)]
    if any(is_passthru(child) for child in children):
        first = next(child for child in children if is_passthru(child))
        raise Refused(
            "passthru",
            f"{name}: {draft.called(first.id)} has it in mode passthru, alone",
            f"delete it, or make it anew in mode bridge: {typed('delete', draft.called(first.id))}",
            kernel="Invalid argument",
        )
    if mode == "passthru" and children:
        raise Refused(
            "passthru",
            f"{name}: passthru takes the parent for itself, and {draft.called(children[0].id)} stands on it",
            "take mode bridge, private or vepa",
            kernel="Invalid argument",
        )


def check_mode(mode: str, sources: tuple[str, ...]) -> None:
    """A mode of macvlan, and sources only where they mean something. Raises Refused."""
    if mode not in MODES:
        raise Refused("mode-unknown", f"{mode}: no mode of a macvlan", f"take one of {', '.join(MODES)}")
    if sources and mode != "source":
        raise Refused("mode-sources", f"mode {mode} listens to no list of MACs", "take mode source")


def say_mode(draft: Draft, parent: Link, mode: str, name: str, child: Link | None = None) -> None:
    """What a mode means for those who share the parent. `child`: where it is there already."""
    below = draft.called(parent.id)
    if mode == "passthru":
        draft.lose(f"the stack of {below} itself: all its frames go to {name}", "macvlan-host")
    elif reaches_parent(draft.graph, parent.id, mode, child) is Reachable.UNKNOWN:
        text = f"{name} and the stack of {below} itself: only where the switch outside sends frames back (802.1Qbg)"
        draft.depends(text, "macvlan-host")
    else:
        draft.mind(f"{name} and the stack of {below} itself never reach each other", "macvlan-host")
    match mode:
        case "private":
            draft.lose("its siblings: private children never reach each other", "macvlan-private")
        case "vepa":
            draft.depends("its siblings: only where the switch outside sends frames back (802.1Qbg)", "macvlan-vepa")
        case "bridge":
            draft.gain("its siblings in mode bridge, directly")
        case "source":
            draft.mind("it hears only the MACs on its list", "macvlan-source")
    draft.mind("a mode is no security boundary: root where it is can switch it", "macvlan-mode")
