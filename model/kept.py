"""What is known of the policy while the screens are up: the file, the rules in the kernel, what they have dropped."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from model.drift import drift
from model.dropped import Tally, sentences
from model.identity import LinkId
from model.inventory import Inventory
from model.link import Link
from model.policy import Policies
from model.port_marks import UNMARKED, PortMarks
from model.wishes import Drift, GuardWish, Held, PinWish, SealWish, Standing

HITS_S: Final = 60
"""A guard that dropped something so lately is shown so."""
MOST_TOLD: Final = 6
"""Sentences about one port at a time: a container that forges a thousand addresses does not fill the log."""


@dataclass(frozen=True, slots=True)
class Read:
    """One reading."""

    file: str = ""
    policies: Policies = ()
    problems: tuple[str, ...] = ()
    """Why the file is not used; what is in it is not known then."""
    held: Mapping[LinkId, Held] = field(default_factory=dict)
    standing: frozenset[str] | None = frozenset()
    """The devices that have rules of ours; None: that cannot be seen."""
    unseen: str = ""
    """Why not."""
    tally: Tally = field(default_factory=Tally)
    enforced: bool = False
    """A daemon keeps it."""
    seed: str = ""

    @property
    def says_anything(self) -> bool:
        """There is something to be shown."""
        return bool(self.policies or self.problems or self.standing)


class Told(NamedTuple):
    """Something that happened."""

    link: LinkId
    text: str
    is_drift: bool = False


class Fact(NamedTuple):
    """A label and what it says."""

    label: str
    text: str
    loud: bool


class Kept:
    """All readings up to now. `graph` is the live one."""

    def __init__(self, graph: Inventory) -> None:
        self._graph = graph
        self.read = Read()
        self.is_read = False
        """Something was read."""
        self.is_told = False
        """All that has drifted in the graph of now was told."""
        self._drift: Drift | None = None
        self._by_link: tuple[dict[LinkId, PinWish], dict[LinkId, GuardWish | SealWish]] | None = None
        """The wishes of `_drift` by their links."""
        self._told: frozenset[str] = frozenset()
        """What has drifted, and was told."""
        self.hits: dict[tuple[str, str], datetime] = {}
        """By device and class: when the last frame was dropped."""

    def touch(self) -> None:
        """The graph is another one: what is wished of it is found with the next reading (80 ms for 1,000 entries)."""
        self.is_told = False

    @property
    def drift(self) -> Drift:
        """The policies, held against the graph as it was at the last reading."""
        if self._drift is None:
            read = self.read
            self._by_link = None
            self._drift = drift(read.policies, self._graph, read.seed, read.held) if read.policies else Drift()
        return self._drift

    def record(self, read: Read, now: datetime) -> list[Told]:
        """A new reading; what it tells. The first one is no news, but for what it finds wrong."""
        before, was_read, was_told = self.read, self.is_read, self.is_told
        self.read, self.is_read, self.is_told = read, True, True
        if not was_told or (read.policies, read.held) != (before.policies, before.held):
            self._drift = None
        more = read.tally.since(before.tally) if was_read else Tally()
        for one in more.dropped:
            self.hits[one.device, one.kind.code] = now
        return [*self._forged(more), *self._drifted()]

    def _forged(self, more: Tally) -> Iterator[Told]:
        """`tinderbox/eth0 tried to send as 02:..: 41 frames`."""
        devices = dict.fromkeys([*(one.device for one in more.dropped), *(one.device for one in more.forged)])
        for device in devices:
            port = self.port_called(device)
            if port is None:
                continue
            inside = self._graph.peer(port.id)
            who = (self._graph.address(inside.id) if isinstance(inside, Link) else None) or device
            lines = sentences(more.of((device,)), who)
            yield from (Told(port.id, line) for line in lines[:MOST_TOLD])
            if len(lines) > MOST_TOLD:
                yield Told(port.id, f"{len(lines) - MOST_TOLD} more such")

    def _drifted(self) -> list[Told]:
        """What is not as it should be, once, until it is."""
        found = self.drift
        now = [
            Told(note.link, note.text, is_drift=True)
            for note in found.notes
            if note.link is not None and note.code in ("mac-changed", "address-changed", "name-taken")
        ]
        now += [Told(wish.link, words, is_drift=True) for wish in found.pins if (words := self.pin_drift(wish))]
        fresh = [one for one in now if one.text not in self._told]
        self._told = frozenset(one.text for one in now)
        return fresh

    def port_called(self, device: str) -> Link | None:
        """The host's link of this name."""
        home = self._graph.home
        return next(iter(self._graph.links_named(device, home)), None) if home is not None else None

    def pin_drift(self, wish: PinWish) -> str:
        """What of a host end is not as it is pinned; empty: nothing."""
        host = self._graph.link(wish.link)
        if wish.standing is not Standing.DUE or host is None:
            return ""
        words = [f"MAC is {host.mac or 'none'}, pinned to {wish.mac}"] if wish.mac is not None else []
        words += [f"name is {host.name}, pinned to {wish.name}"] if wish.name is not None else []
        words += [f"altname {wish.altname} is missing"] if wish.altname is not None else []
        return "; ".join(words)

    def pin_of(self, link: LinkId) -> PinWish | None:
        """The pin of a host end."""
        return self._wishes[0].get(link)

    def sending_of(self, link: LinkId) -> GuardWish | SealWish | None:
        """The guard or the seal of a host end."""
        return self._wishes[1].get(link)

    @property
    def _wishes(self) -> tuple[dict[LinkId, PinWish], dict[LinkId, GuardWish | SealWish]]:
        found = self.drift
        if self._by_link is None:
            sending: dict[LinkId, GuardWish | SealWish] = {wish.link: wish for wish in found.guards}
            sending |= {wish.link: wish for wish in found.seals}
            self._by_link = {wish.link: wish for wish in found.pins}, sending
        return self._by_link

    def marks_of(self, link: LinkId, now: datetime) -> PortMarks:
        """What the map says of a host end."""
        pin, sending = self.pin_of(link), self.sending_of(link)
        if pin is None and sending is None:
            return UNMARKED
        pinned = "" if pin is None else "drift" if self.pin_drift(pin) else "kept"
        if sending is None or sending.guard is None:
            return PortMarks(pinned)
        loud = not self.guarded_by(link) or self.is_hit(link, now)
        return PortMarks(pinned, "S" if isinstance(sending, SealWish) else "G", loud)

    def guarded_by(self, link: LinkId) -> str:
        """`guard` or `seal` where our rules stand in the kernel; else empty."""
        wish, port = self.sending_of(link), self._graph.link(link)
        if self.read.standing is None or port is None or port.name not in self.read.standing:
            return ""
        return "seal" if isinstance(wish, SealWish) else "guard"

    def is_fading(self, now: datetime) -> bool:
        """Something was dropped so lately that it will soon be shown in another way."""
        limit = now - timedelta(seconds=2 * HITS_S)
        return any(at > limit for at in self.hits.values())

    def is_hit(self, link: LinkId, now: datetime) -> bool:
        """Something was dropped here in the last minute."""
        port = self._graph.link(link)
        limit = now - timedelta(seconds=HITS_S)
        return port is not None and any(device == port.name and at > limit for (device, _), at in self.hits.items())

    def said_of(self, link: LinkId, now: datetime) -> Iterator[Fact]:
        """What is kept of a host end, in words."""
        pin, sending, port = self.pin_of(link), self.sending_of(link), self._graph.link(link)
        if pin is not None:
            drifted = self.pin_drift(pin)
            waits = pin.reason if pin.standing in (Standing.WAITS, Standing.REFUSED) else ""
            yield Fact("pinned", drifted or waits or "as it should be", loud=bool(drifted))
        if sending is not None and port is not None:
            label = "sealed" if isinstance(sending, SealWish) else "guarded"
            dropped = f"{self.read.tally.of((port.name,)).frames:,} dropped"
            stands = dropped if self.guarded_by(link) else sending.reason or "no rules in the kernel"
            yield Fact(label, stands, loud=self.is_hit(link, now) or not self.guarded_by(link))
