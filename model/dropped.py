"""What the rules of guards have counted: frames dropped, and the addresses that were forged."""

from collections.abc import Iterable
from dataclasses import dataclass

from model.guard_rules import Class
from model.names import display_name


@dataclass(frozen=True, slots=True)
class Dropped:
    """Frames of one class of attack that a guarded port has dropped since its guard was loaded."""

    device: str
    kind: Class
    frames: int
    octets: int


@dataclass(frozen=True, slots=True)
class Forged:
    """An address, not its own, that the container behind a port sent from or claimed in the last ten minutes."""

    device: str
    what: str
    """mac, ipv4 or ipv6."""
    address: str
    frames: int


@dataclass(frozen=True, slots=True)
class Seen:
    """Frames that have come to the rules of a guarded port since its guard was loaded."""

    device: str
    frames: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Everything that was counted, by device."""

    dropped: tuple[Dropped, ...] = ()
    forged: tuple[Forged, ...] = ()
    seen: tuple[Seen, ...] = ()
    """Empty where that cannot be seen, and in what `since` tells."""

    def of(self, devices: Iterable[str]) -> "Tally":
        """The part that concerns these devices."""
        names = frozenset(devices)
        return Tally(
            tuple(one for one in self.dropped if one.device in names),
            tuple(one for one in self.forged if one.device in names),
            tuple(one for one in self.seen if one.device in names),
        )

    @property
    def frames(self) -> int:
        """All that was dropped."""
        return sum(one.frames for one in self.dropped)

    @property
    def passed(self) -> int | None:
        """What came and was not dropped; None: not known."""
        return max(0, sum(one.frames for one in self.seen) - self.frames) if self.seen else None

    def since(self, before: "Tally") -> "Tally":
        """What came on top of an earlier tally. A count that is smaller than before began anew: all of it is new."""
        return Tally(
            tuple(_more(self.dropped, before.dropped)),
            tuple(_more_forged(self.forged, before.forged)),
        )


def together(tallies: Iterable[Tally]) -> Tally:
    """What several tables counted of the same ports, as one tally."""
    dropped: dict[tuple[str, Class], Dropped] = {}
    forged: dict[tuple[str, str, str], Forged] = {}
    seen: tuple[Seen, ...] = ()
    for tally in tallies:
        seen += tally.seen
        for one in tally.dropped:
            key = (one.device, one.kind)
            was = dropped.get(key, Dropped(*key, 0, 0))
            dropped[key] = Dropped(*key, was.frames + one.frames, was.octets + one.octets)
        for other in tally.forged:
            place = (other.device, other.what, other.address)
            before = forged.get(place)
            forged[place] = Forged(*place, other.frames + (before.frames if before is not None else 0))
    return Tally(tuple(dropped.values()), tuple(forged.values()), seen)


def sentences(tally: Tally, container: str) -> list[str]:
    """What happened, for a person: `tinderbox tried to send as 02:..: 41 frames`. Fit to print."""
    who = display_name(container)
    named = {one.what for one in tally.forged}
    told = [f"{who} tried to send as {one.address}: {_frames(one.frames)}" for one in tally.forged]
    told += [
        f"{who} tried to {one.kind.text}: {_frames(one.frames)}" for one in tally.dropped if one.kind.code not in named
    ]
    return told


def _more(now: Iterable[Dropped], before: Iterable[Dropped]) -> Iterable[Dropped]:
    was = {(one.device, one.kind): one for one in before}
    for one in now:
        old = was.get((one.device, one.kind))
        if old is None or old.frames > one.frames:
            yield one
        elif one.frames > old.frames:
            yield Dropped(one.device, one.kind, one.frames - old.frames, one.octets - old.octets)


def _more_forged(now: Iterable[Forged], before: Iterable[Forged]) -> Iterable[Forged]:
    was = {(one.device, one.what, one.address): one.frames for one in before}
    for one in now:
        old = was.get((one.device, one.what, one.address), 0)
        if old > one.frames:
            yield one
        elif one.frames > old:
            yield Forged(one.device, one.what, one.address, one.frames - old)


def _frames(number: int) -> str:
    return "1 frame" if number == 1 else f"{number} frames"
