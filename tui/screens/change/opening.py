"""Which keys open a dialog for what is selected, and why they open none. The dialogs are `dialogs.py`'s."""

from collections.abc import Sequence
from typing import Final

from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.labels import HOST
from model.link import Bridge, Link, Macvlan

Subject = LinkId | NamespaceId

OF_LINKS: Final = ("attach", "detach", "rename", "mac", "mode", "move", "up-down", "edit", "delete")
OF_ONE: Final = frozenset({"rename", "mac", "edit"})
"""What means nothing for several links at once."""
OPENS: Final = frozenset({"new", *OF_LINKS})
KEEPS: Final = frozenset({"pin", "guard"})
"""What is written into the policy: their dialogs (tui.screens.change.keeping) are loaded when one is opened."""


def why_not(graph: Inventory, action: str, subject: Subject | None, marked: Sequence[LinkId] = ()) -> str | None:
    """Why there is no such dialog here; None: there is. `marked` counts more than `subject`."""
    if action == "new":
        return None
    if marked and action in OF_ONE | KEEPS:
        return f"{len(marked):,} links are marked: this is for one"
    if action == "delete" and not marked and isinstance(subject, str):
        return _why_no_deletion(graph, subject)
    links = targets(graph, subject, marked)
    if not links and is_for_a_new_cable(graph, action, subject):
        return _why_not_entered(graph, subject)
    if not links:
        return "no link is selected" if subject is None else "choose one of its links"
    reasons = (_why_not_link(graph, action, link) for link in links)
    return next((reason for reason in reasons if reason is not None), None)


def targets(graph: Inventory, subject: Subject | None, marked: Sequence[LinkId] = ()) -> tuple[LinkId, ...]:
    """The links that are meant: those that are marked, else the selected one, else the only one of a namespace."""
    if marked:
        return tuple(sorted(link for link in marked if graph.link(link) is not None))
    if isinstance(subject, LinkId):
        return (subject,) if graph.link(subject) is not None else ()
    if subject is None or subject == graph.home:
        return ()
    own = [link.id for link in graph.links(subject) if link.kind != "loopback"]
    return tuple(own) if len(own) == 1 else ()


def is_for_a_new_cable(graph: Inventory, action: str, subject: Subject | None) -> bool:
    """Attach, of a namespace that has no cable, or several: none of them is meant."""
    return action == "attach" and isinstance(subject, str) and subject != graph.home and not targets(graph, subject)


def _why_not_entered(graph: Inventory, space: Subject | None) -> str | None:
    place = graph.namespace(space) if isinstance(space, str) else None
    return None if place is not None and place.readable else "its namespace cannot be entered"


def _why_no_deletion(graph: Inventory, space: NamespaceId) -> str | None:
    seen = graph.namespace(space)
    if seen is None or seen.home:
        return f"this is {HOST}"
    if seen.names:
        return None
    return "it has no name to delete: it lives as long as its processes"


def _why_not_link(graph: Inventory, action: str, subject: LinkId) -> str | None:
    link = graph.link(subject)
    if link is None:
        return "it is gone"
    place = graph.namespace(subject.namespace)
    if place is not None and not place.readable and action not in KEEPS:
        return "its namespace cannot be entered"
    match action:
        case "pin" | "guard":
            return _why_not_kept(graph, link)
        case "mode" if not isinstance(link.detail, Macvlan):
            return f"{link.kind} has no mode: it is macvlan's and macvtap's"
        case "attach" if isinstance(link.detail, Bridge):
            return "a bridge is no port of a bridge"
        case "detach" if _master(graph, subject) is None:
            return "neither end is on a bridge"
        case "mac" if link.mac is None:
            return "it has no MAC"
        case _ if link.kind == "loopback" and action not in ("up-down", "edit"):
            return "lo stays as it is"
        case _:
            return None


def _why_not_kept(graph: Inventory, link: Link) -> str | None:
    """A macvlan has a dialog, too: it says why not, and what to do instead."""
    holder = graph.holder(link.id)
    if link.kind in ("macvlan", "macvtap") or (holder is not None and holder.owner is not None):
        return None
    far = graph.peer(link.id) if link.kind == "veth" else None
    spaces = {link.id.namespace, far.id.namespace} if isinstance(far, Link) else set()
    if len(spaces) == 2 and graph.home in spaces:
        return None
    return "it is no end of a container's cable to the host"


def _master(graph: Inventory, link: LinkId) -> LinkId | None:
    for end in (link, graph.ends(link).peer):
        master = graph.ends(end).master if isinstance(end, LinkId) else None
        if isinstance(master, LinkId):
            return master
    return None
