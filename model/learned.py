"""What namespaces have learned, as it was read last, and what of it is new since it was read before.

No clock: a reading carries its time.
"""

from collections.abc import Collection, Hashable, Iterator
from datetime import datetime
from enum import Enum
from typing import Final, NamedTuple

from model.identity import NamespaceId
from model.tables import ForwardingEntry, Neighbour, Route, Tables

FLASHES_S: Final = 3.0
TOLD_S: Final = 60.0
"""So long a change keeps its word."""
CALM_S: Final = 20.0
"""After so long the word is quiet."""
_OF_A_LINK: Final = ("fe80:", "ff")
"""Link-local and multicast destinations: every link has a route of its own there."""

Entry = Neighbour | ForwardingEntry | Route


class News(Enum):
    """What happened to an entry, in the word that stands beside it."""

    NEW = "new"
    MOVED = "moved"
    """Another port, MAC, gateway or link than before."""
    FAILED = "failed"


class Age(Enum):
    """How a change is shown as it fades."""

    FLASHING = "flashing"
    LOUD = "loud"
    CALM = "calm"


class Mark(NamedTuple):
    """A change of an entry."""

    news: News
    age: Age


class _Happened(NamedTuple):
    news: News
    at: datetime


class Unreadable(NamedTuple):
    """A namespace could not be read."""

    reason: str


class Reading(NamedTuple):
    """One try to read a namespace."""

    namespace: NamespaceId
    found: Tables | Unreadable


class Learned:
    """The last reading of each namespace that is looked at."""

    def __init__(self) -> None:
        self._found: dict[NamespaceId, Tables | Unreadable] = {}
        self._happened: dict[NamespaceId, dict[Hashable, _Happened]] = {}

    def record(self, reading: Reading, at: datetime) -> None:
        """One reading. The first one of a namespace is no news; nor is the one after it could not be read."""
        before = self._found.get(reading.namespace)
        self._found[reading.namespace] = reading.found
        happened = self._happened.setdefault(reading.namespace, {})
        if isinstance(before, Tables) and isinstance(reading.found, Tables):
            for key, news in _compared(before, reading.found):
                happened[key] = _Happened(news, at)
        for key in [key for key, past in happened.items() if (at - past.at).total_seconds() >= TOLD_S]:
            del happened[key]

    def keep_only(self, namespaces: Collection[NamespaceId]) -> None:
        """Forget all others: what changes while nobody looks is not told."""
        for namespace in self._found.keys() - set(namespaces):
            del self._found[namespace]
            self._happened.pop(namespace, None)

    def found(self, namespace: NamespaceId) -> Tables | Unreadable | None:
        """What was found there; None: it was not read yet."""
        return self._found.get(namespace)

    def mark(self, namespace: NamespaceId, entry: Entry, now: datetime) -> Mark | None:
        """What happened to an entry lately."""
        past = self._happened.get(namespace, {}).get(_key(entry))
        if past is None:
            return None
        age = (now - past.at).total_seconds()
        if age >= TOLD_S:
            return None
        return Mark(past.news, Age.FLASHING if age < FLASHES_S else Age.LOUD if age < CALM_S else Age.CALM)


def _key(entry: Entry) -> Hashable:
    """What makes it the same entry in the next reading."""
    match entry:
        case Neighbour(ifindex=ifindex, address=address):
            return ("neighbour", ifindex, address)
        case ForwardingEntry(bridge=bridge, mac=mac, vlan=vlan):
            return ("forwarding", bridge, mac, vlan)
        case Route(family=family, table=table, destination=destination, metric=metric):
            own = entry.ifindex if destination.startswith(_OF_A_LINK) else None
            return ("route", family, table, destination, metric, own)


def _place(entry: Entry) -> Hashable:
    """Where it points to."""
    match entry:
        case Neighbour(mac=mac):
            return mac
        case ForwardingEntry(port=port):
            return port
        case Route(gateway=gateway, ifindex=ifindex, kind=kind):
            return (gateway, ifindex, kind)


def _compared(before: Tables, after: Tables) -> Iterator[tuple[Hashable, News]]:
    """Several routes may share a key (the ways of an ECMP route): each must be at a place where one was before."""
    earlier: dict[Hashable, list[Entry]] = {}
    for entry in _entries(before):
        earlier.setdefault(_key(entry), []).append(entry)
    for entry in _entries(after):
        key = _key(entry)
        news = _news_of(earlier.get(key, []), entry)
        if news is not None:
            yield key, news


def _entries(tables: Tables) -> Iterator[Entry]:
    yield from tables.forwarding
    yield from tables.neighbours
    yield from tables.routes


def _news_of(before: list[Entry], entry: Entry) -> News | None:
    """A neighbour whose MAC is asked for again has not moved."""
    if isinstance(entry, Neighbour) and entry.state == "failed":
        failed_before = any(isinstance(one, Neighbour) and one.state == "failed" for one in before)
        return None if failed_before else News.FAILED
    if not before:
        return News.NEW
    places = {_place(one) for one in before}
    return None if _place(entry) in places or _place(entry) is None or None in places else News.MOVED
