"""Macvlans and the host: they share a wire and cannot talk over it."""

import ipaddress
from collections.abc import Iterator
from functools import lru_cache

from model.findings.finding import Finding, Severity
from model.findings.view import View
from model.link import Link, Macvlan

HEARS_NO_PARENT = frozenset({"private", "vepa", "bridge"})


def host_unreachable(view: View) -> Iterator[Finding]:
    """A parent with an address in the same subnet as its children's: somebody will try, and fail."""
    parents: dict[Link, list[Link]] = {}
    for child in view.children:
        parent = view.graph.parent(child.id)
        if isinstance(parent, Link) and isinstance(child.detail, Macvlan) and child.detail.mode in HEARS_NO_PARENT:
            parents.setdefault(parent, []).append(child)
    for parent, children in parents.items():
        if not view.speaks_ip(parent):
            continue
        if any(child.id.namespace == parent.id.namespace and view.speaks_ip(child) for child in children):
            continue  # somebody knew, and gave the host a macvlan of its own
        subnets = _subnets(view, parent)
        deaf = [child for child in children if _subnets(view, child) & subnets]
        if deaf:
            yield _unreachable(view, parent, deaf)


def _subnets(view: View, link: Link) -> set[str]:
    return {
        _network(address.cidr) for address in view.graph.addresses(link.id) if address.scope not in ("link", "host")
    }


@lru_cache(maxsize=4096)
def _network(cidr: str) -> str:
    return str(ipaddress.ip_network(cidr, strict=False))


def _unreachable(view: View, parent: Link, deaf: list[Link]) -> Finding:
    shown = ", ".join(view.address(child.id) for child in deaf[:2])
    more = f" and {len(deaf) - 2:,} more" if len(deaf) > 2 else ""
    what = "macvlans" if len(deaf) > 1 else "macvlan"
    return Finding(
        "macvlan-host",
        Severity.NOTE,
        parent.id,
        f"cannot talk to its own {what} {shown}{more}, though the subnet is the same",
        "A macvlan and the stack of its parent never hear each other, in no mode, unless the switch outside sends "
        "frames back (vepa or bridge mode, hairpin). A macvlan of the host's own in mode bridge, with an address on "
        "it, reaches the others; so does a veth on a bridge.",
    )
