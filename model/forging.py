"""What a container can send as somebody else, and what stops it: told of a port, before anybody tries."""

from typing import Final, NamedTuple

from model.identity import LinkId
from model.inventory import Inventory
from model.link import Link

KINDS: Final = ("MAC", "IPv4", "ARP", "ND")
"""MAC: the sender's in a frame. IPv4: the sender's address. ARP, ND: claiming another's address."""
GUARDS: Final = frozenset({"guard", "seal"})


class Forging(NamedTuple):
    """One kind of forgery."""

    what: str
    stopped_by: str
    """guard, seal, locked port; empty: nothing stops it."""
    perhaps: str = ""
    """Who may stop it, which we cannot tell."""


def port_of(graph: Inventory, link: LinkId) -> Link | None:
    """The host end of the container's or VM's cable that this is an end of; None: it is none."""
    seen = graph.link(link)
    if seen is None:
        return None
    holder = graph.holder(link)
    if holder is not None and holder.owner is not None:
        return seen
    far = graph.peer(link) if seen.kind == "veth" else None
    if not isinstance(far, Link):
        return None
    ends = [end for end in (seen, far) if end.id.namespace == graph.home]
    return ends[0] if len(ends) == 1 else None


def is_child(graph: Inventory, link: LinkId) -> bool:
    """A container's macvlan: no port of its own, and nothing of ours can stand before it."""
    seen = graph.link(link)
    return seen is not None and seen.kind in ("macvlan", "macvtap") and link.namespace != graph.home


def forging(graph: Inventory, link: LinkId, guarded_by: str, *, filtered: bool) -> tuple[Forging, ...]:
    """Each kind of forgery, from behind this link. Empty: nobody else is behind it.

    `guarded_by`: guard or seal, where our rules stand; `filtered`: somebody else's rules stand there.
    """
    if is_child(graph, link):
        return tuple(Forging(kind, "") for kind in KINDS)
    port = port_of(graph, link)
    if port is None:
        return ()
    perhaps = "rules of others" if filtered else ""
    found = []
    for kind in KINDS:
        locked = "locked port" if kind == "MAC" and _is_locked(port) else ""
        found.append(Forging(kind, guarded_by or locked, "" if guarded_by or locked else perhaps))
    return tuple(found)


def in_words(found: tuple[Forging, ...]) -> str:
    """`MAC, IPv4, ARP, ND`; `nothing: guard`; `IPv4, ARP, ND; MAC: locked port`."""
    free = [one.what for one in found if not one.stopped_by]
    stopped: dict[str, list[str]] = {}
    for one in found:
        if one.stopped_by:
            stopped.setdefault(one.stopped_by, []).append(one.what)
    if not free:
        return f"nothing: {', '.join(stopped)}"
    perhaps = next((one.perhaps for one in found if one.perhaps), "")
    words = [", ".join(free) + (f", unless {perhaps} stop it" if perhaps else "")]
    return "; ".join([*words, *(f"not {', '.join(kinds)}: {by}" for by, kinds in stopped.items())])


def _is_locked(port: Link) -> bool:
    """Only who has an entry gets in; while the port still learns, an entry is had for the asking (measured)."""
    return port.port is not None and port.port.locked and not port.port.learning
