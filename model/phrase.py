"""A change as a person would say it, on one line that is safe for a terminal."""

from typing import assert_never

from model.change import Change, Value, What
from model.identity import LinkId, Unseen
from model.inventory import Inventory
from model.link import Bridge, BridgePort, Link, Macvlan, Tun, Vlan, Vxlan
from model.names import display_name
from model.namespace import Holder, Namespace, Owner


def phrase(change: Change, graph: Inventory) -> str:
    """`tinderbox/eth0: attached to br0`. The graph gives names to the far ends that a change speaks of."""
    said = _said(change, graph)
    return f"{display_name(change.address)}: {said}" if change.address else said


def _said(change: Change, graph: Inventory) -> str:
    match change.what:
        case What.ATTACHED if change.before is None:
            sentence = "attached to {after}"
        case What.HELD if change.after is None:
            sentence = "let go by {before}"
        case What.CARRIER:
            return "carrier" if change.after else "no carrier"
        case What.MOVED:
            return f"moved from {display_name(change.formerly)}"
        case What.OPTIONS | What.PORT | What.NAMESPACE:
            return _options(change)
        case what:
            sentence = _SENTENCES.get(what, what.value + " {before} → {after}")
    return sentence.format(before=_shown(change.before, graph), after=_shown(change.after, graph))


_SENTENCES = {
    What.LINK_ADDED: "added {after}",
    What.LINK_REMOVED: "removed {before}",
    What.RENAMED: "renamed {before} → {after}",
    What.MAC: "MAC {before} → {after}",
    What.MTU: "MTU {before} → {after}",
    What.ATTACHED: "attached to {after}, was on {before}",
    What.DETACHED: "detached from {before}",
    What.UP: "up",
    What.DOWN: "down",
    What.ALTNAME: "altnames {before} → {after}",
    What.ADDRESS_ADDED: "added {after}",
    What.ADDRESS_REMOVED: "removed {before}",
    What.NAMESPACE_ADDED: "added {after}",
    What.NAMESPACE_REMOVED: "removed {before}",
    What.NAMESPACE_RENAMED: "names {before} → {after}",
    What.OWNER_ADDED: "belongs to {after}",
    What.OWNER_REMOVED: "no longer belongs to {before}",
    What.PEER: "other end is now {after}",
    What.HELD: "held by {after}",
    What.RESYNCED: "read everything again: {after}",
}


def _shown(value: Value, graph: Inventory) -> str:
    match value:
        case None:
            shown = "none"
        case str() | int():
            shown = display_name(str(value))
        case LinkId():
            shown = display_name(graph.address(value) or str(value))
        case Unseen():
            shown = "unknown"
        case Link():
            shown = display_name(value.kind)
        case Namespace():
            shown = "namespace"
        case Owner():
            shown = display_name(f"{value.runtime} {value.name}")
        case Holder():
            shown = display_name(f"{value.comm} {value.pid}")
        case tuple():
            shown = ", ".join(display_name(str(text)) for text in value) or "none"
        case Bridge() | BridgePort() | Macvlan() | Tun() | Vlan() | Vxlan():
            shown = "options"
        case _:
            assert_never(value)
    return shown


def _options(change: Change) -> str:
    """The fields that differ: `isolated off → on`."""
    before, after = change.before, change.after
    if before is None or after is None or type(before) is not type(after):
        return f"{change.what.value} {'gone' if after is None else 'set'}"
    fields = [name for name in getattr(type(after), "__slots__", ()) if getattr(before, name) != getattr(after, name)]
    return ", ".join(
        f"{_word(name)} {_plain(getattr(before, name))} → {_plain(getattr(after, name))}" for name in fields
    )


def _word(field: str) -> str:
    return field.removesuffix("_s").replace("_", " ")


def _plain(value: object) -> str:
    match value:
        case True:
            return "on"
        case False:
            return "off"
        case tuple():
            return display_name(" ".join(str(item) for item in value)) or "none"
        case _:
            return display_name(str(value))
