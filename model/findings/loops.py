"""Loops: bridges that are joined by more than one way, with nothing that would block one of them."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from model.findings.finding import Finding, Severity
from model.findings.view import View
from model.identity import LinkId
from model.intents import SetBridge
from model.link import Bridge, BridgePort, Link

PASSING: Final = frozenset({"forwarding", "learning", "listening"})
"""Without STP these soon forward."""


class _Joint(NamedTuple):
    """A cable with a port at each end."""

    one: Link
    other: Link
    here: LinkId
    there: LinkId

    @property
    def is_live(self) -> bool:
        """Frames pass."""
        return all(end.up and end.carrier and _port(end).state in PASSING for end in (self.one, self.other))


def loops(view: View) -> Iterator[Finding]:
    """Told at the cable that closes the loop: those that frames pass come first."""
    joints = sorted(_joints(view), key=lambda joint: not joint.is_live)
    groups: dict[LinkId, set[LinkId]] = {}
    ways: dict[LinkId, list[_Joint]] = {}
    for joint in joints:
        here = groups.setdefault(joint.here, {joint.here})
        there = groups.setdefault(joint.there, {joint.there})
        if here is not there:
            here |= there
            groups.update(dict.fromkeys(there, here))
            ways.setdefault(joint.here, []).append(joint)
            ways.setdefault(joint.there, []).append(joint)
        else:
            yield _loop(view, joint, _way(ways, joint.there, joint.here))


def _joints(view: View) -> Iterator[_Joint]:
    """Cables that may be part of a loop. What is isolated, filters VLANs or runs STP knows how to break one."""
    for one, other in view.pairs:
        if not one.master or not other.master:
            continue
        here, there = view.bridge_of(one), view.bridge_of(other)
        if here is None or there is None or _breaks_loops(here) or _breaks_loops(there):
            continue
        if not (_port(one).isolated or _port(other).isolated):
            yield _Joint(one, other, here.id, there.id)


def _breaks_loops(bridge: Link) -> bool:
    return not isinstance(bridge.detail, Bridge) or bridge.detail.stp or bridge.detail.vlan_filtering or not bridge.up


def _port(end: Link) -> BridgePort:
    return end.port or BridgePort()


def _way(ways: dict[LinkId, list[_Joint]], start: LinkId, goal: LinkId) -> list[_Joint]:
    """The other way between two bridges, by the joints that were there before."""
    came: dict[LinkId, tuple[LinkId, _Joint] | None] = {start: None}
    queue = [start]
    for at in queue:
        for joint in ways.get(at, ()):
            beyond = joint.there if joint.here == at else joint.here
            if beyond not in came:
                came[beyond] = (at, joint)
                queue.append(beyond)
    way = []
    step = came.get(goal)
    while step is not None:
        at, joint = step
        way.append(joint)
        step = came[at]
    return way


def _loop(view: View, joint: _Joint, way: list[_Joint]) -> Finding:
    is_live = joint.is_live and all(other.is_live for other in way)
    cable = f"{view.address(joint.one.id)} - {view.address(joint.other.id)}"
    here, there = view.address(joint.here), view.address(joint.there)
    if not way:
        text = f"is joined to itself by the cable {cable}"
    else:
        beside = f"{view.address(way[0].one.id)} - {view.address(way[0].other.id)}"
        text = f"is joined to {there} by more than one way, {cable} and {beside}{' ...' if len(way) > 1 else ''}"
    text += ": a broadcast goes round for ever" if is_live else ": as soon as all of it is up, broadcasts go round"
    return Finding(
        "bridge-loop",
        Severity.ERROR if is_live else Severity.WARNING,
        joint.here,
        f"{text}, STP is off",
        f"One broadcast frame is copied round without end and takes every CPU. Unplug one of the cables, or let {here} "
        "block one: STP forwards again after half a minute.",
        SetBridge(joint.here, (("stp", True),)),
    )
