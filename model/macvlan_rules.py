"""What a macvlan does with a frame, mode by mode.

Source: drivers/net/macvlan.c (macvlan_queue_xmit, macvlan_handle_frame).
The mode is no security boundary: root inside can switch its own child from private to bridge.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from model.frame import Frame
from model.link import Link, Macvlan
from model.verdict import Because

_HEARS_OUTSIDE: Final = frozenset({"private", "vepa", "passthru", "bridge"})


class Sent(NamedTuple):
    """Where a frame goes that a child sends."""

    straight: tuple[Link, ...] = ()
    """Siblings that get it at once."""
    turns_at_parent: bool = False
    """It arrives at the parent as if it came from the wire, and does not go out."""
    goes_out: bool = True


class Arrived(NamedTuple):
    """Where a frame goes that arrives at a parent."""

    children: tuple[Link, ...] = ()
    to_parent: bool = True
    """The parent's own stack sees it."""


def mode_of(link: Link) -> str:
    """private, vepa, bridge, passthru or source; empty where it is no macvlan."""
    return link.detail.mode if isinstance(link.detail, Macvlan) else ""


def on_send(child: Link, siblings: Iterable[Link], frame: Frame) -> Sent:
    """A child sends. Only a child in mode bridge looks at its siblings."""
    if mode_of(child) != "bridge":
        return Sent()
    bridged = [one for one in siblings if one.id != child.id and one.up and mode_of(one) == "bridge"]
    if frame.to_group:
        return Sent(straight=tuple(bridged))
    if any(one.mac == frame.destination for one in bridged):
        return Sent(turns_at_parent=True, goes_out=False)
    return Sent()


def on_arrival(children: Sequence[Link], frame: Frame) -> Arrived:
    """A frame comes in at the parent, from the wire or from a child in mode bridge."""
    listening = tuple(one for one in children if mode_of(one) == "source" and one.up and frame.source in _sources(one))
    if frame.to_group:
        heard = _group_arrival(children, frame)
        return Arrived((*listening, *heard.children), heard.to_parent)
    taker = _passthru(children) or next(
        (one for one in children if one.up and one.mac == frame.destination and mode_of(one) != "source"), None
    )
    if taker is None:
        return Arrived(listening)
    return Arrived((*listening, taker), to_parent=False)


def _group_arrival(children: Sequence[Link], frame: Frame) -> Arrived:
    """Who hears it depends on whether one of the children sent it, and it came back."""
    sender = next((one for one in children if one.up and one.mac == frame.source), None)
    if sender is None:
        hearing = _HEARS_OUTSIDE
    elif mode_of(sender) == "vepa":
        hearing = frozenset({"vepa", "bridge"})
    elif mode_of(sender) == "bridge":
        hearing = frozenset({"vepa"})  # those in mode bridge had it on its way out
    else:
        return Arrived((sender,), to_parent=False)  # back to the one with the sender's MAC alone
    return Arrived(tuple(one for one in children if one.up and one is not sender and mode_of(one) in hearing))


def why_apart(one: str, other: str) -> Because:
    """Why a child in mode `one` and its sibling in mode `other` (empty: the parent's own stack) do not meet there."""
    modes = {one, other}
    if "passthru" in modes:
        return Because.PASSTHRU
    if "source" in modes:
        return Because.SOURCE_LIST
    if "" in modes:
        return Because.MACVLAN_HOST
    return Because.MACVLAN_PRIVATE if "private" in modes else Because.MACVLAN_VEPA


def _passthru(children: Sequence[Link]) -> Link | None:
    """It takes every unicast frame, whatever its MAC."""
    return next((one for one in children if mode_of(one) == "passthru"), None)


def _sources(link: Link) -> tuple[str, ...]:
    return link.detail.sources if isinstance(link.detail, Macvlan) else ()
