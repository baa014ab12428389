"""Into a bridge, and out of it."""

from model.intents import Attach, Detach
from model.link import Link, Macvlan
from model.operations import Operation, SetMaster
from model.planning.announcing import announcement, turned_on, who_is_behind
from model.planning.draft import Draft, Refused, typed
from model.planning.restoring import plugged_in, port_settings
from model.planning.rules import not_loopback, the_bridge
from model.planning.runtimes import charges, leave_cni_alone
from model.planning.segment import port_end, warn_of_loop, warn_of_twins
from model.planning.widths import as_wide_again, warn_of_width


def attach(draft: Draft, wish: Attach) -> None:
    """The end that is in the bridge's namespace becomes a port of it."""
    bridge = the_bridge(draft, wish.bridge, wish.bridge.namespace)
    port = _the_end_for(draft, draft.link(wish.link), bridge)
    if port.master_id == bridge.id:
        return
    _check(draft, port, bridge)
    leave_cni_alone(draft, port)
    _plug(draft, port, bridge)
    _say_leaving(draft, port)
    warn_of_width(draft, draft.called(port.id), port.mtu, bridge)
    warn_of_loop(draft, port, bridge.id)
    if port.mac is not None:
        warn_of_twins(draft, port.mac, bridge.id, but=(port.id,))
    if isinstance(port.detail, Macvlan) and port.detail.mode != "passthru":
        draft.mind("a macvlan as a port works outward only: the bridge's other MACs get no answer", "macvlan-as-port")
    addresses = [address.cidr for address in draft.graph.addresses(port.id) if address.scope != "link"]
    if addresses:
        draft.lose(
            f"{draft.called(port.id)} has {', '.join(addresses)}: a port has no stack of its own, so nobody answers"
            f" there; give it to {draft.called(bridge.id)}",
            "address-on-port",
        )
    if not bridge.up:
        draft.mind(f"{draft.called(bridge.id)} is DOWN: nothing passes it", "bridge-down")
    if not port.up:
        draft.mind(f"{draft.called(port.id)} is DOWN: nothing passes it", "port-down")


def _plug(draft: Draft, port: Link, bridge: Link) -> None:
    """And let who is behind it announce itself: bridges that have learned its MAC elsewhere would send it there."""
    far = who_is_behind(draft, port)
    knobs = turned_on(draft, far) if far is not None else []
    said = announcement(draft, far) if far is not None else ()
    for do, undo in knobs:
        draft.step(do, undo)
    operation = SetMaster(draft.handle(port), draft.handle(bridge))
    draft.step(operation, *_as_it_was(draft, port), *as_wide_again(draft, operation), *said)
    for one in said:
        draft.step(one)
    for do, undo in knobs:
        draft.step(undo, do)
    if far is not None:
        draft.gain(f"{draft.called(far.id)} announces itself there: who knows it finds it at once", "announced")
    elif port.master and port.up:
        draft.depends(
            "what is behind it cannot be made to announce itself: until it sends, others may look for it where it was",
            "not-announced",
        )


def detach(draft: Draft, wish: Detach) -> None:
    """The end that is a port no longer is one."""
    named = draft.link(wish.link)
    port = port_end(draft, named)
    if not port.master:
        return
    port = draft.link(port.id)
    leave_cni_alone(draft, port)
    undo = _as_it_was(draft, port)
    draft.step(SetMaster(draft.handle(port), None), *undo)
    _say_leaving(draft, port)


def _the_end_for(draft: Draft, link: Link, bridge: Link) -> Link:
    if link.id.namespace == bridge.id.namespace:
        return link
    far = draft.graph.peer(link.id)
    if isinstance(far, Link) and far.id.namespace == bridge.id.namespace:
        return draft.link(far.id)
    home, name = draft.called(bridge.id.namespace), draft.called(bridge.id)
    raise Refused(
        "other-namespace",
        f"{draft.called(link.id)}: a bridge takes ports of its own namespace, and {name} is in {home}",
        f"move an end there first: {typed('move', draft.called(link.id), home)}",
    )


def _check(draft: Draft, port: Link, bridge: Link) -> None:
    name = draft.called(port.id)
    not_loopback(draft, port, "a port", "Invalid argument")
    if port.id == bridge.id:
        raise Refused(
            "into-itself", f"{name}: a bridge cannot be its own port", kernel="Can not enslave a bridge to a bridge."
        )
    if port.kind == "bridge":
        raise Refused(
            "bridge-in-bridge",
            f"{name}: a bridge cannot be a port of a bridge",
            f"join them by a cable: jackfield add veth A B, one end in {name}, one in {draft.called(bridge.id)}",
            kernel="Can not enslave a bridge to a bridge.",
        )
    below = draft.graph.parent(port.id)
    if isinstance(below, Link) and below.id == bridge.id:
        raise Refused(
            "into-itself",
            f"{name}: it stands on {draft.called(bridge.id)}, and cannot be a port of what it stands on",
            kernel="Device or resource busy",
        )
    if port.mac is None:
        raise Refused("no-ethernet", f"{name}: it has no MAC: only Ethernet can be bridged", kernel="Invalid argument")
    if port.kind in ("ipvlan", "ipvtap"):
        raise Refused(
            "no-bridging",
            f"{name}: an ipvlan cannot be a port: it has its parent's MAC",
            "take a veth",
            kernel="Operation not supported",
        )
    children = [child for child in draft.graph.children(port.id) if child.kind in ("macvlan", "macvtap", "ipvlan")]
    if children:
        shown = ", ".join(draft.called(child.id) for child in children[:3])
        raise Refused(
            "parent-enslaved",
            f"{name}: {shown} stands on it, and frames of a parent go to its children, not to a bridge",
            f"delete what stands on it first: {typed('delete', draft.called(children[0].id))}",
            "plug a veth into the bridge instead",
            kernel="Device or resource busy",
        )


def _as_it_was(draft: Draft, port: Link) -> tuple[Operation, ...]:
    before = plugged_in(draft, port, {})
    return tuple(before) or (SetMaster(draft.handle(port), None),)


def _say_leaving(draft: Draft, port: Link) -> None:
    bridge = draft.graph.master(port.id)
    if isinstance(bridge, Link):
        draft.lose(f"{draft.called(port.id)} leaves {draft.called(bridge.id)}", "unplugged")
        for field, value in port_settings(port):
            shown = ("on" if value else "off") if isinstance(value, bool) else value
            draft.mind(f"how {draft.called(bridge.id)} treats it is forgotten: {field} {shown}", "port-settings")
    for charge in charges(draft, port):
        if not charge.is_inside:
            draft.mind(f"{charge.who} is plugged in as before when it starts anew", "runtime-plugs")
