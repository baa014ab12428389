"""What a bridge does with a frame. Source: net/bridge/br_input.c, br_forward.c, br_device.c; bridge(8).

Bridges are taken to have learned whatever they may learn: whoever answers has spoken.
"""

from typing import Final

from model.frame import Cast
from model.identity import LinkId
from model.link import Bridge, BridgePort, Link
from model.verdict import Because

DEFAULT_PORT: Final = BridgePort()
_RECEIVING: Final = frozenset({"forwarding", "learning"})


def flags_of(port: Link) -> BridgePort:
    """How the bridge treats it; the defaults where that was not told."""
    return port.port or DEFAULT_PORT


def learns(bridge: Link, port: BridgePort) -> bool:
    """Whether the source of a frame that comes in there is remembered. An ageing time of 0 makes a hub of a bridge."""
    ageing_s = bridge.detail.ageing_s if isinstance(bridge.detail, Bridge) else 300.0
    return port.learning and ageing_s > 0


def filters_vlans(bridge: Link) -> bool:
    """Which VLANs a port takes is not in the graph."""
    return isinstance(bridge.detail, Bridge) and bridge.detail.vlan_filtering


def receives(state: str) -> bool:
    """Whether a port in this state looks at a frame at all; in state learning it goes no further."""
    return state in _RECEIVING


def why_kept_from(
    port: BridgePort, state: str, came_in: BridgePort | None, cast: Cast, *, is_flooded: bool
) -> Because | None:
    """Why a frame may not go out there; None: it may. `came_in` is None for what the bridge's own stack sends."""
    from_host = came_in is None
    if state != "forwarding":
        return Because.NOT_FORWARDING
    if came_in is not None and came_in.isolated and port.isolated:
        return Because.ISOLATED_PORTS
    if cast is Cast.UNICAST:
        floods = port.flood or not is_flooded
    else:
        floods = from_host or (port.bcast_flood if cast is Cast.BROADCAST else port.mcast_flood)
    return None if floods else Because.FLOOD_OFF


Learned = dict[LinkId, LinkId]
"""The port at which each bridge met a sender."""
