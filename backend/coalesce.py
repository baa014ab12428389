"""Keeping only the last event about each thing, without reordering what must not be reordered. Pure.

A storm of 10,000 changes on ten links becomes ten messages to decode. The key is (nsid, message class, ifindex and, for
an address, the address itself). RTM_NEWNSID, RTM_DELNSID and RTM_DELLINK (a death, a move, leaving a bridge) are
barriers: none is ever dropped, and nothing crosses them.
"""

import struct
from typing import Final, NamedTuple

from backend.attributes import walk
from backend.rtnetlink import (
    IFA_ADDRESS,
    IFA_LOCAL,
    RTM_DELADDR,
    RTM_DELNSID,
    RTM_NEWADDR,
    RTM_NEWLINK,
    Message,
    decode_nsid,
    messages,
)

_ifindex = struct.Struct("=i")
_ADDRESS_CLASS: Final = -1


class Event(NamedTuple):
    """One message, and the namespace it came from (None: the listening namespace itself)."""

    nsid: int | None
    message: Message


class Coalescer:
    """Events in, the few that still matter out, in order."""

    def __init__(self) -> None:
        self._settled: list[Event] = []
        self._open: dict[tuple[object, ...], Event] = {}
        self.taken = 0
        """Messages that came in, since the start."""

    def add(self, nsid: int | None, buffer: bytes) -> None:
        """Take one datagram."""
        for message in messages(buffer):
            self.taken += 1
            event = Event(nsid, message)
            key = _key(nsid, message)
            if key is None:
                self._settled.extend(self._open.values())
                self._open.clear()
                self._settled.append(event)
            else:
                self._open[key] = event

    def take(self) -> list[Event]:
        """The events to look at, in order; none is given twice."""
        events = self._settled
        events.extend(self._open.values())
        self._settled = []
        self._open = {}
        return events

    @property
    def waiting(self) -> bool:
        """There are events to take."""
        return bool(self._settled or self._open)

    def clear(self) -> None:
        """Forget everything: it was lost in part, and is read anew."""
        self._settled = []
        self._open = {}

    def dead(self) -> set[int]:
        """The ids that died according to events not taken yet: what was read of them may be somebody else's."""
        return {
            decode_nsid(event.message).nsid
            for event in self._settled
            if event.nsid is None and event.message.type == RTM_DELNSID
        }


def _key(nsid: int | None, message: Message) -> tuple[object, ...] | None:
    """What a later event with the same key makes worthless; None: a barrier."""
    if message.end - message.start < 8:
        return None
    if message.type == RTM_NEWLINK:
        return nsid, message.buffer[message.start], _ifindex.unpack_from(message.buffer, message.start + 4)[0]
    if message.type in (RTM_NEWADDR, RTM_DELADDR):
        return _address_key(nsid, message)
    return None


def _address_key(nsid: int | None, message: Message) -> tuple[object, ...]:
    start = message.start + 8
    places = walk(message.buffer, start, message.end)
    ends = tuple(
        message.buffer[start + places[kind][0] : start + places[kind][0] + places[kind][1]] if kind in places else b""
        for kind in (IFA_ADDRESS, IFA_LOCAL)
    )
    family, prefix_length = message.buffer[message.start], message.buffer[message.start + 1]
    ifindex = _ifindex.unpack_from(message.buffer, message.start + 4)[0]
    return nsid, _ADDRESS_CLASS, ifindex, family, prefix_length, ends
