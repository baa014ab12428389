"""A change as one line of the event log: a mark, a word, and what happened, in plain words."""

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from model.cables import FALLBACK_TUNNELS
from model.caption import full_name
from model.change import Change, Standing, Value, What
from model.identity import UNKNOWN, End, LinkId, Unseen
from model.inventory import Inventory
from model.link import Bridge, BridgePort, Link, Macvlan, Tun, Vlan, Vxlan
from model.names import display_name
from model.namespace import Holder, Namespace, Owner
from model.whose import runtime_word


class Mark(Enum):
    """What kind of thing happened."""

    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"
    UP = "up"
    DOWN = "down"
    LOOK = "look"


class Telling(NamedTuple):
    """One line; fit to print."""

    mark: Mark
    what: str
    text: str


MOST = 400
"""Characters of a line at most: an alias may hold 255 bytes, each of which may show as four."""


def is_noise(change: Change) -> bool:
    """What every namespace does as it is born, and what another change says already."""
    if change.what is What.OPERSTATE:
        return True
    link = change.after if isinstance(change.after, Link) else change.before
    return isinstance(link, Link) and (link.kind == "loopback" or (link.name in FALLBACK_TUNNELS and not link.up))


def tell(change: Change, graph: Inventory) -> Telling:
    """What happened. The graph lends names to the far ends."""
    mark, what = _MARKS[change.what]
    if change.what is What.CARRIER:
        mark = Mark.UP if change.after else Mark.DOWN
    if change.what in (What.OWNER_ADDED, What.OWNER_REMOVED):
        what = _owner_word(change)
    return Telling(mark, what, _text(change, graph)[:MOST])


def became(gone: Change, come: Change) -> Telling | None:
    """An address that went as another one came, as one line; None: these are two things."""
    pair = {gone.what: gone, come.what: come}
    if gone.subject != come.subject or pair.keys() != {What.ADDRESS_REMOVED, What.ADDRESS_ADDED}:
        return None
    before, after = pair[What.ADDRESS_REMOVED].before, pair[What.ADDRESS_ADDED].after
    if before == after:
        return None
    return Telling(Mark.CHANGED, "address", f"{before} became {after}")


_MARKS = {
    What.LINK_ADDED: (Mark.NEW, "link"),
    What.LINK_REMOVED: (Mark.GONE, "link"),
    What.RENAMED: (Mark.CHANGED, "name"),
    What.MAC: (Mark.CHANGED, "mac"),
    What.ATTACHED: (Mark.CHANGED, "attach"),
    What.DETACHED: (Mark.CHANGED, "detach"),
    What.MOVED: (Mark.CHANGED, "move"),
    What.MODE: (Mark.CHANGED, "mode"),
    What.UP: (Mark.UP, "state"),
    What.DOWN: (Mark.DOWN, "state"),
    What.CARRIER: (Mark.UP, "state"),
    What.OPERSTATE: (Mark.CHANGED, "state"),
    What.MTU: (Mark.CHANGED, "mtu"),
    What.ALIAS: (Mark.CHANGED, "alias"),
    What.ALTNAME: (Mark.CHANGED, "altname"),
    What.ADDRESS_ADDED: (Mark.NEW, "address"),
    What.ADDRESS_REMOVED: (Mark.GONE, "address"),
    What.NAMESPACE_ADDED: (Mark.NEW, "netns"),
    What.NAMESPACE_REMOVED: (Mark.GONE, "netns"),
    What.NAMESPACE_RENAMED: (Mark.CHANGED, "netns"),
    What.NAMESPACE: (Mark.CHANGED, "netns"),
    What.OWNER_ADDED: (Mark.NEW, "owner"),
    What.OWNER_REMOVED: (Mark.GONE, "owner"),
    What.PEER: (Mark.CHANGED, "cable"),
    What.PARENT: (Mark.CHANGED, "parent"),
    What.OPTIONS: (Mark.CHANGED, "options"),
    What.PORT: (Mark.CHANGED, "port"),
    What.HELD: (Mark.CHANGED, "tap"),
    What.RESYNCED: (Mark.LOOK, "resync"),
    What.FORGED: (Mark.LOOK, "forged"),
    What.DRIFTED: (Mark.LOOK, "drift"),
}


def _text(change: Change, graph: Inventory) -> str:
    words = _PLAIN.get(change.what)
    if words is not None:
        return words
    before, after = change.before, change.after
    match change.what:
        case What.LINK_ADDED | What.MOVED:
            text = ", ".join(_arrival(change, graph))
        case What.LINK_REMOVED:
            text = ", ".join(["removed", *_departure(change, graph)])
        case What.ATTACHED | What.DETACHED | What.PEER | What.PARENT:
            text = _plugging(change, graph)
        case What.CARRIER:
            text = "carrier is back" if after else "down: no carrier"
        case What.OWNER_ADDED | What.OWNER_REMOVED:
            text = _owner(change)
        case What.ADDRESS_ADDED | What.ADDRESS_REMOVED:
            text = f"{_value(before, graph)} removed" if after is None else f"{_value(after, graph)} added"
        case What.HELD:
            text = f"held by {_value(after, graph)}" if after is not None else f"let go by {_value(before, graph)}"
        case What.PORT | What.OPTIONS | What.NAMESPACE:
            text = _fields(before, after)
        case What.FORGED | What.DRIFTED:
            text = _value(after, graph)
        case What.RESYNCED:
            text = f"everything was read again: {_value(after, graph)}"
        case _:
            text = f"{_value(before, graph)} became {_value(after, graph)}"
    return text


_PLAIN = {
    What.UP: "switched on",
    What.DOWN: "switched off",
    What.NAMESPACE_ADDED: "appeared",
    What.NAMESPACE_REMOVED: "gone",
}


def _plugging(change: Change, graph: Inventory) -> str:
    before, after = change.before, change.after
    if change.what is What.DETACHED:
        return f"no longer a port of {_end(before, graph)}"
    if change.what is What.ATTACHED:
        was = f"moved from {_end(before, graph)} to" if isinstance(before, LinkId) else "port of"
        return f"{was} {_end(after, graph)}"
    return _far(change, graph)


def _arrival(change: Change, graph: Inventory) -> Iterator[str]:
    link = change.after
    if not isinstance(link, Link):
        return
    if change.formerly:
        yield f"came from {display_name(change.formerly)}"
    else:
        mode = f" {link.detail.mode}" if isinstance(link.detail, Macvlan) else ""
        yield display_name(link.kind) + mode
    stands = change.stands or Standing()
    if stands.peer is not None:
        yield f"other end {_end(stands.peer, graph)}"
    if stands.parent is not None:
        yield f"on {_end(stands.parent, graph)}"
    if link.master_id is not None:
        yield f"port of {_end(link.master_id, graph)}"
    if stands.addresses:
        yield stands.addresses[0].cidr


def _departure(change: Change, graph: Inventory) -> Iterator[str]:
    link = change.before
    if not isinstance(link, Link):
        return
    yield display_name(link.kind)
    stood = change.stood or Standing()
    if isinstance(stood.peer, LinkId) and graph.link(stood.peer) is not None:
        yield f"its other end was {_end(stood.peer, graph)}"
    if link.master_id is not None and graph.link(link.master_id) is not None:
        yield f"was a port of {_end(link.master_id, graph)}"


def _owner(change: Change) -> str:
    owner = change.after if isinstance(change.after, Owner) else change.before
    if not isinstance(owner, Owner):
        return ""
    who = f"{runtime_word(owner)} {display_name(owner.name)}"
    return f"{who}, pid {owner.pid}" if change.what is What.OWNER_ADDED else f"{who} has left, pid {owner.pid}"


def _owner_word(change: Change) -> str:
    owner = change.after if isinstance(change.after, Owner) else change.before
    runtime = runtime_word(owner) if isinstance(owner, Owner) else ""
    return {"kvm": "vm", "process": "process", "pod": "pod"}.get(runtime, "container")


def _far(change: Change, graph: Inventory) -> str:
    noun = "other end" if change.what is What.PEER else "parent"
    if change.after is UNKNOWN:
        return f"{noun} unknown"
    if change.before is None or change.before is UNKNOWN:
        return f"{noun} is {_end(change.after, graph)}"
    return f"{noun} {_end(change.before, graph)} became {_end(change.after, graph)}"


def _end(value: Value | End, graph: Inventory) -> str:
    if not isinstance(value, LinkId):
        return "unknown" if value is UNKNOWN else "none"
    link = graph.link(value)
    return full_name(graph, link) if link is not None else "one that is gone"


def _value(value: Value, graph: Inventory) -> str:
    match value:
        case None:
            return "none"
        case str() | int():
            return display_name(str(value))
        case LinkId() | Unseen():
            return _end(value, graph)
        case Link():
            return display_name(value.name)
        case Namespace():
            return "namespace"
        case Owner():
            return f"{runtime_word(value)} {display_name(value.name)}"
        case Holder():
            return f"{display_name(value.owner.name if value.owner else value.comm)}, pid {value.pid}"
        case tuple():
            return ", ".join(display_name(str(text)) for text in value) or "none"
        case Bridge() | BridgePort() | Macvlan() | Tun() | Vlan() | Vxlan():
            return "options"


def _fields(before: Value, after: Value) -> str:
    """The options that differ: `isolated on, state forwarding`."""
    if type(before) is not type(after) or after is None:
        return "options are gone" if after is None else "options set"
    names: tuple[str, ...] = getattr(type(after), "__slots__", ())
    parts = [
        f"{name.removesuffix('_s').replace('_', ' ')} {_plain(getattr(after, name))}"
        for name in names
        if getattr(before, name) != getattr(after, name)
    ]
    return ", ".join(parts)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return " ".join(display_name(str(item)) for item in value) or "none"
    return display_name(str(value))
