"""Physical NICs inside containers: what becomes of them when the container stops."""

from collections.abc import Iterator

from model.findings.finding import Finding, Severity
from model.findings.view import View
from model.link import Link
from model.names import display_name
from model.namespace import Owner

GIVES_BACK = frozenset({"lxc", "lxd", "incus"})
"""Runtimes that put a NIC back under its own name."""


def lent(view: View) -> Iterator[Finding]:
    """A NIC in a container's namespace comes back when that namespace dies: to the first namespace of the machine."""
    for link in view.others:
        if link.kind != "device" or link.mac is None:
            continue
        owner = view.container(link.id.namespace)
        if owner is not None:
            yield _lent(view, link, owner)


def _lent(view: View, link: Link, owner: Owner) -> Finding:
    graph = view.graph
    taken = graph.links_named(link.name, graph.home) if graph.home is not None else ()
    name = display_name(link.name)
    if owner.runtime in GIVES_BACK:
        return Finding(
            "nic-in-container",
            Severity.NOTE,
            link.id,
            f"is a NIC of this machine: {owner.runtime} gives it back when the container stops",
            "If the container is killed instead, the kernel moves the NIC to the machine's first namespace once the "
            "container's namespace is gone, under the name that it has now.",
            many="are NICs of this machine, lent to containers",
        )
    if taken:
        return Finding(
            "nic-in-container",
            Severity.WARNING,
            link.id,
            f"is a NIC of this machine, and comes back under another name: the host has a {name} already",
            "When the container's namespace dies, the kernel moves the NIC to the machine's first namespace; where its "
            "name is taken there it is called dev and a number (default_device_exit_net, net/core/dev.c). What was "
            "configured for its old name does not apply to it then.",
        )
    return Finding(
        "nic-in-container",
        Severity.NOTE,
        link.id,
        f"is a NIC of this machine: it comes back as {name} when the namespace of its container dies",
        "A process, a mount or an open descriptor that outlives the container keeps the namespace, and the NIC in it.",
        many="are NICs of this machine, lent to containers",
    )
