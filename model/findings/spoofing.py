"""Ports whose inhabitants may send whatever they like."""

import shlex
from collections.abc import Iterator

from model.cables import is_tap
from model.findings.finding import Finding, Severity
from model.findings.view import View
from model.link import Link


def can_forge(view: View) -> Iterator[Finding]:
    """A container's or VM's port without any filter on it, beside others who would believe it."""
    for bridge in view.bridges:
        if bridge.id.namespace not in view.observed.frame_filters:
            continue
        filtered = view.observed.frame_filters[bridge.id.namespace]
        ports = view.graph.ports(bridge.id)
        if filtered is None or len(ports) < 2:
            continue
        for port in ports:
            if port.id not in filtered and not (port.port and port.port.locked) and _is_inhabited(view, port):
                yield _forgeable(view, port)


def _is_inhabited(view: View, port: Link) -> bool:
    if is_tap(port):
        return view.graph.holder(port.id) is not None
    far = view.graph.peer(port.id)
    return isinstance(far, Link) and view.container(far.id.namespace) is not None


def _forgeable(view: View, port: Link) -> Finding:
    return Finding(
        "can-forge",
        Severity.NOTE,
        port.id,
        "is not filtered: who is behind it can take any MAC and address, and answer for its neighbours",
        "Root inside may send frames in anybody's name, play router or DHCP server, and so read others' traffic. "
        "A guard lets its own MAC and addresses pass, nothing else.",
        f"jackfield guard {shlex.quote(view.address(port.id))}",
        many="are not filtered: who is behind them can take any MAC and address",
    )
