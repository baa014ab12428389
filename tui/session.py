"""What the screens look at: the live graph, what happened lately, and what of it is new. No widgets, no clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from model.change import Change, What
from model.conditions import NOTHING_READ, Conditions
from model.facts import Fact, Resynced
from model.findings.finding import Finding, Severity
from model.findings.observed import NOTHING_OBSERVED
from model.identity import LinkId, NamespaceId
from model.kept_map import KeptMap
from model.known import is_known
from model.labels import HOST
from model.learned import Learned, Reading
from model.link import Link
from model.link_rows import Look, rows_touched
from model.listing import Listing
from model.names import display_name
from model.rates import Counters, Rates
from model.rewiring import rewires
from model.segments import Letters
from model.tally import Counts, Tally
from model.telling import Telling, became, is_noise, tell
from model.topology import Topology
from model.tree import Entry, Known, Sort, tree_of

if TYPE_CHECKING:  # worked out, or read, when somebody looks
    from model.kept import Kept, Told
    from model.reach_classes import Reach

KEPT: Final = 5_000
"""Happenings that are remembered."""

Clock = Callable[[], datetime]
Subject = LinkId | NamespaceId


class Happening(NamedTuple):
    """A change, and when we heard of it."""

    serial: int
    at: datetime
    change: Change
    telling: Telling
    """Told at once, while what it speaks of still has its names."""

    @property
    def where(self) -> str:
        """What the subject was called; the host's own things by their bare names."""
        address = self.change.address
        return display_name(address.removeprefix(f"{HOST}/")) or HOST


class Resync(NamedTuple):
    """Events were lost, and all was read again."""

    at: datetime
    reason: str
    took_ms: float


@dataclass(slots=True)
class News:
    """What one batch of facts came to."""

    has_facts: bool = False
    """False: nothing but rates and tables were read."""
    has_tables: bool = False
    """What a namespace has learned was read."""
    rewired: bool = False
    """The outline is another one."""
    happenings: list[Happening] = field(default_factory=list)
    born: set[Subject] = field(default_factory=set)
    died: set[Subject] = field(default_factory=set)
    moved: dict[LinkId, LinkId] = field(default_factory=dict)
    """Where links are now that were somewhere else."""


class Session:
    """The state behind all screens. `deliver`, `count` and `learn` may be called from any thread, the rest from one."""

    traced: tuple[LinkId, LinkId] | None = None
    """The two ends whose path is drawn on the map."""
    undoable = ""
    """What undo would take back; empty: nothing."""
    redoable = ""
    """What redo would do again."""
    observed = NOTHING_OBSERVED
    """What was read for findings: whose rules stand where, among others."""
    kept: Kept | None = None
    """What is known of the policy; None: it was not read yet, or there is none."""

    def __init__(self, host_name: str, clock: Clock) -> None:
        self.host_name = host_name
        self.clock = clock
        self.graph = Topology()
        self.letters = Letters()
        self.happenings: deque[Happening] = deque(maxlen=KEPT)
        """The newest first."""
        self.told = 0
        self.resync: Resync | None = None
        self.no_changes = ""
        """Why nothing can be changed; empty: it can."""
        self.pending = 0
        """Changes that go back unless they are kept."""
        self.is_read = False
        """The first reading has arrived."""
        self.rates = Rates()
        """Of what is on the screen."""
        self.learned = Learned()
        """The tables that are on the screen."""
        self.selected: Subject | None = None
        """What is meant on every screen."""
        self.marked: set[LinkId] = set()
        """What the next deed is for, where it is for several."""
        self.listing = Listing(self.graph, self.letters)
        self.map = KeptMap(self.graph, self.letters)
        self.table = Look()
        """How the operator wants the table."""
        self.findings: tuple[Finding, ...] = ()
        """What is wrong here, or worth knowing."""
        self.is_examined = False
        """Somebody has looked for findings."""
        self.observed = NOTHING_OBSERVED
        """What is not in the graph, and is read now and then."""
        self.kept: Kept | None = None
        """What is known of the policy; None: there is none, and no rules of ours."""
        self.around = NOTHING_READ
        """What may drop frames, read while screen 4 is shown."""
        self.is_surveyed = False
        """It was read at least once."""
        self._reach: Reach | None = None
        self._reach_touched: set[LinkId] = set()
        self._inbox: deque[list[Fact]] = deque()
        self._counted: deque[Mapping[LinkId, Counters]] = deque()
        self._readings: deque[Reading] = deque()
        self._root: Entry | None = None
        self._known = Known()
        """Of the tree."""
        self._tally = Tally(self.graph)
        self._is_empty: bool | None = None

    def deliver(self, facts: list[Fact]) -> None:
        """Put facts where `take_in` finds them. Never blocks."""
        self._inbox.append(facts)

    def count(self, counted: Mapping[LinkId, Counters]) -> None:
        """The same with counters."""
        self._counted.append(counted)

    def learn(self, reading: Reading) -> None:
        """The same with the tables of a namespace."""
        self._readings.append(reading)

    @property
    def has_mail(self) -> bool:
        """There is something to take in."""
        return bool(self._inbox or self._counted or self._readings)

    def take_in(self) -> News:
        """Apply what was delivered."""
        news = News()
        while self._counted:
            self.rates.record(self._counted.popleft())
        while self._readings:
            news.has_tables = True
            self.learned.record(self._readings.popleft(), self.clock())
        while self._inbox:
            facts = self._inbox.popleft()
            is_new = not self.is_read or not all(is_known(self.graph, fact) for fact in facts)
            changes = self.graph.apply(facts)
            if not is_new and not changes:
                continue
            news.has_facts = True
            for fact in facts:
                if isinstance(fact, Resynced):
                    self.resync = Resync(self.clock(), fact.reason, fact.took_ms)
            self._touch(changes)
            if self.kept is not None:
                self.kept.touch()
            self._note(changes, news)
            self.is_read = True
        if news.rewired:
            self._root = None
        if news.has_facts:
            self._is_empty = None
        return news

    def _touch(self, changes: list[Change]) -> None:
        """Tell whatever is kept what of it may be another now."""
        if not self.is_read:
            for kept in (self.listing, self._tally, self.map, self._known):
                kept.forget()
            return
        touched = set(rows_touched(self.graph, changes))
        self.listing.touch(touched)
        self._tally.touch(touched)
        if self._reach is not None:
            self._reach_touched |= touched
        plugged = set(rows_touched(self.graph, filter(rewires, changes)))
        self.map.touch(plugged)
        self._known.touch(plugged)

    def tell_kept(self, kept: Kept, found: Sequence[Told]) -> News:
        """The policy was read: what came of it."""
        self.kept = kept
        news, now = News(), self.clock()
        for one in found:
            what = What.DRIFTED if one.is_drift else What.FORGED
            self._tell(Change(what, one.link, self.graph.address(one.link) or "", after=one.text), now, news)
        return news

    def _note(self, changes: list[Change], news: News) -> None:
        """The first reading is no news."""
        now = self.clock()
        for change in changes:
            news.rewired = news.rewired or rewires(change)
            if change.what is What.MOVED or change.what is What.LINK_REMOVED:
                self._follow(change, news)
            if not self.is_read:
                continue
            if change.subject is not None:
                if change.what in (What.LINK_ADDED, What.NAMESPACE_ADDED, What.MOVED):
                    news.born.add(change.subject)
                elif change.what in (What.LINK_REMOVED, What.NAMESPACE_REMOVED):
                    news.died.add(change.subject)
            if not is_noise(change):
                self._tell(change, now, news)

    def _follow(self, change: Change, news: News) -> None:
        """What is marked or selected stays so where it goes; what is gone is neither."""
        if not isinstance(change.before, Link):
            return
        origin = change.before.id
        now = change.subject if change.what is What.MOVED and isinstance(change.subject, LinkId) else None
        if now is not None:
            news.moved[origin] = now
        if origin in self.marked:
            self.marked.discard(origin)
            self.marked |= {now} if now is not None else set()
        if self.selected == origin:
            self.selected = now

    def _tell(self, change: Change, now: datetime, news: News) -> None:
        """One line of the log; an address that takes the place of another one is told as one."""
        last = news.happenings[-1] if news.happenings else None
        merged = None if last is None else became(last.change, change)
        if last is not None and merged is not None:
            happening = last._replace(change=change, telling=merged)
            news.happenings[-1] = self.happenings[0] = happening
            return
        self.told += 1
        happening = Happening(self.told, now, change, tell(change, self.graph))
        self.happenings.appendleft(happening)
        news.happenings.append(happening)

    @property
    def root(self) -> Entry | None:
        """The tree, made anew when cables have changed. Letters go to new segments in its order."""
        if self._root is None:
            self._root = tree_of(self.graph, self._known)
            if self._root is not None and any(rail not in self.letters for rail in self.map.rails()):
                for entry in entries(self._root):
                    if entry.sort is Sort.SEGMENT and isinstance(entry.subject, LinkId):
                        self.letters.ordinal(entry.subject)
        return self._root

    def give_letters(self) -> None:
        """To all segments, in the order of the tree."""
        if any(rail not in self.letters for rail in self.map.rails()):
            _ = self.root

    @property
    def counts(self) -> Counts:
        """How much there is, and what of it is wrong."""
        return self._tally.counts

    @property
    def reach(self) -> Reach:
        """Who reaches whom: worked out when somebody looks, and then put right where something happened."""
        if self._reach is None:
            from model.reach_classes import Reach

            self._reach = Reach(self.graph, self.around)
        elif self._reach_touched:
            self._reach.update(self._reach_touched)
        self._reach_touched.clear()
        return self._reach

    def survey(self, around: Conditions) -> None:
        """What may drop frames was read anew."""
        self.is_surveyed = True
        if around != self.around:
            self.around = around
            self.reach.look_around(around)

    def grave(self, severity: Severity) -> int:
        """How many findings are so grave."""
        return sum(finding.severity is severity for finding in self.findings)

    @property
    def is_empty(self) -> bool:
        """Nothing is patched: no other namespace, no bridge, no cable."""
        if self._is_empty is None:
            links = self.graph.links()
            self._is_empty = len(self.graph.namespaces()) <= 1 and all(
                link.kind in ("loopback", "device") for link in links
            )
        return self._is_empty


def entries(root: Entry) -> Iterator[Entry]:
    """Every entry, in the order of the screen."""
    waiting = [root]
    while waiting:
        entry = waiting.pop()
        yield entry
        waiting.extend(reversed(entry.children))
