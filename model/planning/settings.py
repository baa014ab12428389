"""How a bridge works, and how it treats its ports."""

import dataclasses
from typing import Final

from model.intents import ForgetLearned, LockPort, SetBridge, SetPort
from model.link import Bridge, BridgePort
from model.operations import (
    AddForwarding,
    DropForwarding,
    FlushForwarding,
    SetBridgeSettings,
    SetPortSettings,
)
from model.planning.draft import Draft, Refused, typed
from model.planning.runtimes import leave_cni_alone
from model.planning.segment import port_end

_NUMBERS: Final = {
    "cost": (1, 65535),
    "priority": (0, 63),
}
_BRIDGE_NUMBERS: Final = {
    "priority": (0, 65535),
    "ageing_s": (0, 42_949_672),
    "forward_delay_s": (0, 255),
}
_WITH_STP: Final = {**_BRIDGE_NUMBERS, "forward_delay_s": (2, 30)}
"""IEEE 802.1D; without STP the kernel takes any."""
_PORT_STATES: Final = ("disabled", "listening", "learning", "forwarding", "blocking")


def set_port(draft: Draft, wish: SetPort) -> None:
    """How a bridge treats the end of a cable that is its port."""
    port = port_end(draft, draft.link(wish.link))
    name = draft.called(port.id)
    if port.port is None:
        raise Refused(
            "not-a-port",
            f"{name}: it is no port of a bridge, and so there is nothing to set",
            f"plug it in: {typed('attach', name, 'BRIDGE')}",
            kernel="Operation not supported",
        )
    usual = BridgePort()
    for field, value in wish.settings:
        _check_field(field, value, usual, _NUMBERS)
    changed = tuple((field, value) for field, value in wish.settings if getattr(port.port, field) != value)
    if not changed:
        return
    leave_cni_alone(draft, port)
    before = tuple((field, getattr(port.port, field)) for field, _ in changed)
    handle = draft.handle(port)
    draft.step(SetPortSettings(handle, changed), SetPortSettings(handle, before))
    for field, value in changed:
        _say_port(draft, name, field, value)


def lock_port(draft: Draft, wish: LockPort) -> None:
    """Lock a port to one MAC. In this order: an entry that was learned would let whoever taught it in (measured)."""
    port = port_end(draft, draft.link(wish.link))
    name = draft.called(port.id)
    if port.port is None:
        raise Refused(
            "not-a-port",
            f"{name}: it is no port of a bridge, and so cannot be locked",
            "guard it without --locked: the rules hold there, too",
            kernel="Operation not supported",
        )
    leave_cni_alone(draft, port)
    handle = draft.handle(port)
    wanted = (("learning", False), ("locked", True))
    changed = tuple((field, value) for field, value in wanted if getattr(port.port, field) != value)
    if changed:
        before = tuple((field, getattr(port.port, field)) for field, _ in changed)
        draft.step(SetPortSettings(handle, changed), SetPortSettings(handle, before))
    draft.step(FlushForwarding(handle))
    draft.step(AddForwarding(handle, wish.mac, "sticky"), DropForwarding(handle, wish.mac))
    draft.gain(f"{name} is locked: its bridge takes in frames from {wish.mac} alone, whatever becomes of the rules")


def forget_learned(draft: Draft, wish: ForgetLearned) -> None:
    """Whatever taught it: what was learned before a guard stood would stay until it ages."""
    port = port_end(draft, draft.link(wish.link))
    if port.port is None:
        return
    draft.step(FlushForwarding(draft.handle(port)))
    name = draft.called(port.id)
    draft.gain(f"MACs that its bridge learned at {name} are forgotten; its own is learned again from its next frame")


def set_bridge(draft: Draft, wish: SetBridge) -> None:
    """How a bridge works."""
    bridge = draft.link(wish.link)
    name = draft.called(bridge.id)
    if not isinstance(bridge.detail, Bridge):
        raise Refused("not-a-bridge", f"{name}: it is no bridge but of kind {bridge.kind}", "set it on a bridge")
    usual = Bridge()
    ranges = _WITH_STP if dict(wish.settings).get("stp", bridge.detail.stp) else _BRIDGE_NUMBERS
    for field, value in wish.settings:
        _check_field(field, value, usual, ranges)
    changed = tuple((field, value) for field, value in wish.settings if getattr(bridge.detail, field) != value)
    if not changed:
        return
    leave_cni_alone(draft, bridge)
    before = tuple((field, getattr(bridge.detail, field)) for field, _ in changed)
    handle = draft.handle(bridge)
    draft.step(SetBridgeSettings(handle, changed), SetBridgeSettings(handle, before))
    for field, value in changed:
        if (field, value) == ("stp", True):
            delay = dict(wish.settings).get("forward_delay_s", bridge.detail.forward_delay_s)
            draft.lose(
                f"nothing passes {name} for {2 * float(delay):.0f} s: its ports listen and learn first", "stp-delay"
            )
        elif (field, value) == ("stp", False):
            draft.mind("a loop is no longer found: frames would go round for ever", "loop")
        elif (field, value) == ("vlan_filtering", True):
            draft.mind("ports pass only the VLANs they are members of: VLAN 1 untagged, unless more is set", "vlan")
        elif field == "ageing_s" and not value:
            draft.mind("every frame goes to every port: nothing that was learned is kept", "hub")


def _check_field(
    field: str, value: bool | float | str, usual: Bridge | BridgePort, ranges: dict[str, tuple[int, int]]
) -> None:
    """A field that there is, with a value that it can have. Raises Refused."""
    fields = {one.name: getattr(usual, one.name) for one in dataclasses.fields(usual)}
    if field not in fields:
        raise Refused("setting-unknown", f"{field}: there is no such setting", f"take one of {', '.join(fields)}")
    if field == "state":
        if value not in _PORT_STATES:
            raise Refused("setting-illegal", f"state {value}: no state of a port", f"one of {', '.join(_PORT_STATES)}")
        return
    if isinstance(fields[field], bool):
        if not isinstance(value, bool):
            raise Refused("setting-illegal", f"{field} {value}: it is on or off", f"write {field}=on")
        return
    low, high = ranges[field]
    if isinstance(value, (bool, str)) or not low <= value <= high:
        raise Refused(
            "setting-illegal",
            f"{field} {value}: it has to be between {low} and {high}",
            f"write {field}={low}",
            kernel="Numerical result out of range",
        )


def _say_port(draft: Draft, name: str, field: str, value: bool | float | str) -> None:
    match field, value:
        case "isolated", True:
            draft.mind(f"{name} and other isolated ports of the same bridge no longer reach each other", "isolated")
        case "isolated", False:
            draft.gain(f"{name} reaches every port of its bridge")
        case "learning", False:
            draft.mind(f"frames for {name} go to every port: its MACs are not learned", "no-learning")
        case "flood", False:
            draft.lose(f"frames for MACs that the bridge does not know no longer reach {name}", "no-flood")
        case "bcast_flood", False:
            draft.lose(f"broadcasts of other ports (ARP, DHCP) no longer reach {name}", "no-broadcast")
        case "mcast_flood", False:
            draft.lose(f"IPv6 neighbour discovery from other ports no longer reaches {name}", "no-multicast")
        case "locked", True:
            draft.lose(f"{name} can send nothing but from MACs that have a static FDB entry", "locked")
        case "hairpin", True:
            draft.mind(f"frames may leave by {name}, where they came in: needed behind VEPA", "hairpin")
        case "state", state if state != "forwarding":
            draft.lose(f"nothing passes {name}", "port-state")
