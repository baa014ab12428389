"""Bridges: too few ports, too many, and a MAC that moves with its ports."""

from collections.abc import Iterator
from typing import Final

from model.findings.finding import Finding, Severity
from model.findings.observed import MacOrigin
from model.findings.view import View
from model.intents import SetMac
from model.link import Link

MOST_PORTS: Final = 1023
"""BR_MAX_PORTS is 1 << 10, and number 0 is not given (net/bridge/br_private.h, find_portno in br_if.c)."""
NEARLY: Final = 1000
"""Ports from which it is time to think of a second bridge."""


def ports(view: View) -> Iterator[Finding]:
    """None, one, or nearly as many as the kernel allows."""
    for bridge in view.bridges:
        held = view.graph.ports(bridge.id)
        if not held:
            yield Finding(
                "bridge-empty",
                Severity.NOTE,
                bridge.id,
                "has no port",
                "Nothing is plugged in. Docker, libvirt and LXD keep such a bridge until the first container or VM.",
                many="have no port",
            )
        elif len(held) == 1:
            yield from _lone_port(view, bridge, held[0])
        elif len(held) >= NEARLY:
            yield _full(bridge, len(held))


def _lone_port(view: View, bridge: Link, port: Link) -> Iterator[Finding]:
    """With an address of its own the host is the other one to talk to."""
    if view.speaks_ip(bridge) or view.graph.children(bridge.id):
        return
    yield Finding(
        "bridge-one-port",
        Severity.NOTE,
        bridge.id,
        f"has one port, {view.address(port.id)}, and no address: who is on it can talk to nobody",
        "A bridge connects its ports with each other, and with the host where it has an address. Here is neither.",
        many="have one port and no address",
    )


def _full(bridge: Link, count: int) -> Finding:
    full = count >= MOST_PORTS
    return Finding(
        "bridge-full",
        Severity.ERROR if full else Severity.WARNING,
        bridge.id,
        f"has {count:,} of {MOST_PORTS:,} possible ports" + (": the next container gets none" if full else ""),
        f"The kernel gives a bridge {MOST_PORTS:,} ports at most; what would be the next one is refused with "
        "`exchange full`, and its container does not start. A second bridge, joined to this one by a veth, takes more.",
    )


def moving_mac(view: View) -> Iterator[Finding]:
    """A bridge whose MAC was not set has the lowest of its ports', and changes it as they come and go."""
    for bridge in view.bridges:
        origin = view.observed.mac_origins.get(bridge.id)
        if origin is None or origin is MacOrigin.SET or bridge.mac is None:
            continue
        if not _is_spoken_to(view, bridge):
            continue
        comers = [port for port in view.graph.ports(bridge.id) if port.kind != "device"]
        if comers:
            yield Finding(
                "bridge-mac-moves",
                Severity.WARNING,
                bridge.id,
                f"takes over the lowest MAC of its ports, now {bridge.mac}: it changes when a container comes or goes",
                "Its MAC was never set. When it changes, all who talk to its address send to the old MAC until their "
                "neighbour entry expires, up to half a minute. To set the MAC that it has keeps it for good.",
                SetMac(bridge.id, bridge.mac),
                many="take over the lowest MAC of their ports: it changes when a container comes or goes",
            )


def _is_spoken_to(view: View, bridge: Link) -> bool:
    """Its MAC matters where it, or a vlan on it, has an address."""
    return view.speaks_ip(bridge) or any(view.speaks_ip(child) for child in view.graph.children(bridge.id))
