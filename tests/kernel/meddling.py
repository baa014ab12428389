"""An observer whose wire does what a test wants at the worst moment."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.discovery import Discovery
from backend.netlink_sockets import Heard
from backend.netns import key_of, open_own_netns
from backend.observer import Observer
from backend.rtnetlink import Message
from backend.wire import RECEIVE_BUFFER, ObserverWire
from model.change import Change
from model.facts import Fact, NamespaceRead, Resynced
from model.topology import Topology
from tests.kernel.live import Picture, picture_of


class MeddlingWire(ObserverWire):
    """The real wire, with somebody who meddles before and after each dump, and with what is heard."""

    def __init__(self, receive_buffer: int = RECEIVE_BUFFER) -> None:
        super().__init__(receive_buffer)
        self.before_dump: Callable[[int], None] = lambda _: None
        self.after_dump: Callable[[int, list[Message]], None] = lambda *_: None
        self.before_addresses: Callable[[int], None] = lambda _: None
        self.lose = 0
        """So many of the next calls of drain() lose what they hear, and say so."""
        self.overrun = 0
        """So many of the next calls of drain() say that something was lost, behind what they hear."""

    def dump_links(self, nsid: int) -> list[Message]:
        self.before_dump(nsid)
        found = super().dump_links(nsid)
        self.after_dump(nsid, found)
        return found

    def dump_addresses(self, nsid: int) -> list[Message]:
        self.before_addresses(nsid)
        return super().dump_addresses(nsid)

    def drain(self, most: int) -> tuple[list[Heard], bool, bool]:
        heard, lost, emptied = super().drain(most)
        if self.lose:
            self.lose -= 1
            return [], True, emptied
        if self.overrun:
            self.overrun -= 1
            return heard, True, emptied
        return heard, lost, emptied


class Watcher:
    """An observer, the graph of what it says, and everything it ever said."""

    def __init__(self, wire: MeddlingWire) -> None:
        self.wire = wire
        home = open_own_netns()
        try:
            self.observer = Observer(wire, Discovery(), key_of(home))
        finally:
            os.close(home)
        self.topology = Topology()
        self.facts: list[Fact] = []
        self.changes: list[Change] = []

    def take(self, facts: list[Fact]) -> None:
        """Add to the graph what the observer said."""
        self.facts += facts
        self.changes += self.topology.apply(facts)

    def read(self) -> None:
        self.take(self.observer.read())

    def hear(self) -> None:
        self.take(self.observer.hear())

    def look(self) -> None:
        self.take(self.observer.look(deep=True))

    def reconcile(self) -> None:
        """A whole round."""
        self.take(self.observer.reconcile(self.observer.namespaces))

    def picture(self, *netns: str) -> Picture:
        return picture_of(self.topology, netns)

    def nsid_of(self, netns: str) -> int:
        """The id of a named namespace in the wire's table; given now, if it had none."""
        with Path("/run/netns", netns).open("rb") as opened:
            return self.wire.assign(opened.fileno())

    @property
    def resyncs(self) -> int:
        return sum(isinstance(fact, Resynced) for fact in self.facts)

    def empty_readings(self) -> list[Fact]:
        """Readings without any link: every living namespace has at least its lo."""
        return [fact for fact in self.facts if isinstance(fact, NamespaceRead) and not fact.links]


@contextmanager
def watcher(receive_buffer: int = RECEIVE_BUFFER) -> Iterator[Watcher]:
    """A watcher that has not read anything yet."""
    wire = MeddlingWire(receive_buffer)
    try:
        yield Watcher(wire)
    finally:
        wire.close()


def holds(dumped: list[Message], name: str) -> bool:
    """A link with this name is in the dump."""
    return any(name.encode() + b"\0" in message.buffer[message.start : message.end] for message in dumped)
