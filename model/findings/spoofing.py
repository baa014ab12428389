"""Ports whose inhabitants may send whatever they like."""

import shlex
from collections.abc import Iterator

from model.cables import is_tap
from model.findings.finding import Finding, Severity
from model.findings.view import View
from model.link import Link
from model.namespace import Owner
from model.policy import is_trusted


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
            if port.id in filtered or (port.port and port.port.locked):
                continue
            owner = _container(view, port)
            if owner is not None or (is_tap(port) and view.graph.holder(port.id) is not None):
                yield _forgeable(view, port, owner)


def _container(view: View, port: Link) -> Owner | None:
    far = view.graph.peer(port.id)
    return view.container(far.id.namespace) if isinstance(far, Link) else None


def _forgeable(view: View, port: Link, owner: Owner | None) -> Finding:
    """Nothing is offered where no command would do it.

    A guard needs a MAC (a VM's cannot be seen), somebody who is recognised at the next start, and a port of our own.
    """
    can_be_guarded = owner is not None and is_trusted(owner) and port.id.namespace == view.graph.home
    mac = "; which MAC a VM has cannot be seen: jackfield guard PORT --mac M" if is_tap(port) else ""
    return Finding(
        "can-forge",
        Severity.NOTE,
        port.id,
        "is not filtered: who is behind it can take any MAC and address, and answer for its neighbours",
        "Root inside may send frames in anybody's name, play router or DHCP server, and so read others' traffic. "
        f"A guard lets its own MAC and addresses pass, nothing else{mac}.",
        f"jackfield guard {shlex.quote(view.address(port.id))}" if can_be_guarded else None,
        many="are not filtered: who is behind them can take any MAC and address",
    )
