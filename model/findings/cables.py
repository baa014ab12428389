"""Cables whose ends are in trouble: orphans, and an end that is up while its other end is down."""

import re
from collections.abc import Iterator

from model.findings.finding import Finding, Severity
from model.findings.view import View
from model.identity import LinkId
from model.intents import Delete, SetUp
from model.link import Link

MADE_UP = re.compile(r"veth[0-9A-Za-z]{4,11}|tmp[0-9a-f]{4,11}")
"""Names that a runtime makes up for one start: `veth8pUZr`, `veth3f0a1bc`."""
NOBODY_HOLDS = ("peer",)
"""How a namespace is found that has no process, no name and no open descriptor any more. A descriptor may be a
tool's, that knows what it holds."""


def orphans(view: View) -> Iterator[Finding]:
    """A runtime's cable whose container is gone."""
    yield from _with_a_dead_end(view)
    yield from _with_both_ends_here(view)


def _with_a_dead_end(view: View) -> Iterator[Finding]:
    """The namespace at the other end is gone, or about to be: no carrier, and nobody is in it."""
    graph = view.graph
    for link in view.loose:
        if link.up and not link.carrier and graph.behind(link.id) is None and graph.visibility.complete:
            yield _orphan(link, "has no carrier, and its other end is in a namespace that nobody can be seen in")
    for one, other in view.pairs:
        if one.carrier or other.carrier or one.id.namespace == other.id.namespace:
            continue
        for near, far in ((one, other), (other, one)):
            if near.up and _is_abandoned(view, far):
                yield _orphan(near, f"leads into {view.address(far.id.namespace)}, which nobody lives in any more")


def _is_abandoned(view: View, link: Link) -> bool:
    seen = view.graph.namespace(link.id.namespace)
    return (
        seen is not None
        and not seen.home
        and not seen.names
        and seen.found_by == NOBODY_HOLDS
        and not view.graph.owners(seen.id)
    )


def _with_both_ends_here(view: View) -> Iterator[Finding]:
    """What is left where a runtime could not find the host end under the name that it knew (LXD after a rename)."""
    for one, other in view.pairs:
        if one.id.namespace != other.id.namespace or one.id.namespace != view.graph.home:
            continue
        for near, far in ((one, other), (other, one)):
            if not _is_idle(view, far):
                continue
            if MADE_UP.fullmatch(near.name) and (near.up or near.master):
                yield _orphan(near, f"has its other end {view.address(far.id)} on the host, where nobody uses it")
                break


def _is_idle(view: View, link: Link) -> bool:
    """Switched off, and nobody would miss it."""
    graph = view.graph
    return not (link.up or link.master or graph.addresses(link.id) or graph.children(link.id) or link.alias)


def _orphan(link: Link, text: str) -> Finding:
    return Finding(
        "orphan-veth",
        Severity.WARNING,
        link.id,
        text,
        "A container's cable that outlived its container: it keeps its port on the bridge and its name. A container "
        "that is just being started can look like this for a moment: look twice before it is deleted.",
        Delete(link.id),
        many="are cables that outlived their containers",
    )


def inside_down(view: View) -> Iterator[Finding]:
    """The host end is up and used, the inside is switched off."""
    for one, other in view.pairs:
        if one.up == other.up or one.id.namespace == other.id.namespace:
            continue
        near, far = (one, other) if one.up else (other, one)
        if _is_used(view, near) and view.graph.ends(far.id).master is None and not _is_abandoned(view, far):
            yield _down(view, near.id, far.id)


def _is_used(view: View, link: Link) -> bool:
    return view.bridge_of(link) is not None or view.speaks_ip(link)


def _down(view: View, near: LinkId, far: LinkId) -> Finding:
    return Finding(
        "inside-down",
        Severity.WARNING,
        far,
        f"is switched off, while its host end {view.address(near)} is up: no frame passes",
        "The host has done its part. What runs inside has not brought its link up, or has taken it down.",
        SetUp(far, up=True),
        many="are switched off, while their host ends are up",
    )
