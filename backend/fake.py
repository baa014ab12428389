"""The door to a host, in memory: it says what it was given. For tests, for recordings, and for hosts far away."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from backend.executor import Told, unheard
from backend.firewall import Rules
from backend.host import Counted, Deliver
from backend.nft import NftProblem
from backend.refusal_words import why_not
from model.conditions import Filters
from model.dropped import Tally
from model.facts import Fact
from model.findings.observed import NOTHING_OBSERVED, Observed
from model.guard import Guard, Unguardable, on_device
from model.guard_rules import table_text
from model.identity import LinkId, NamespaceId
from model.link import Link
from model.operations import Operation
from model.plan import Belongings, Fate, Outcome, Surroundings
from model.probed import Probed
from model.rates import Counters
from model.rehearsal import Impossible, Rehearsal, restated
from model.tables import Tables
from model.topology import Topology

_REMEMBERED: Final = Surroundings(may_change=False, why_not="this host is only remembered")
_FRESH_MACS: Final = tuple(f"02:fa:ce:00:00:{number:02x}" for number in range(1, 9))


class RememberedRules:
    """Guards in memory: a test sees what was loaded, takes it away, or lets nft refuse."""

    def __init__(self) -> None:
        self.guards: tuple[Guard, ...] = ()
        self.refusal: NftProblem | None = None
        """What nft says to whatever is loaded."""
        self.loads: list[tuple[Guard, ...]] = []
        """What held after each load and change."""
        self.counted = Tally()
        self.flushed = False
        """Somebody took them away."""

    def text(self, guards: Iterable[Guard]) -> str:
        """The real one."""
        return table_text(guards)

    def load(self, guards: Iterable[Guard]) -> NftProblem | None:
        """All or nothing."""
        wanted = tuple(guards)
        try:
            table_text(wanted)
        except Unguardable as refusal:
            return NftProblem("unguardable", str(refusal))
        if self.refusal is None:
            self.guards, self.flushed = wanted, False
            self.loads.append(wanted)
        return self.refusal

    def change(self, before: Iterable[Guard], after: Iterable[Guard]) -> NftProblem | None:
        """All or nothing."""
        gone = {guard.names for guard in before}
        return self.load([*(guard for guard in self.guards if guard.names not in gone), *after])

    def remove(self) -> NftProblem | None:
        """Nothing is held any more."""
        return self.load(())

    def standing(self) -> Mapping[str, Guard] | NftProblem:
        """As the last load left it."""
        held = () if self.flushed else self.guards
        return {name: on_device(guard, name) for guard in held for name in guard.names}

    def lost(self) -> frozenset[str] | NftProblem:
        """All of them, where a test took them away."""
        return frozenset(name for guard in self.guards for name in guard.names if self.flushed)

    def tally(self) -> Tally | NftProblem:
        """What a test put there."""
        return self.counted


class FakeHost:
    """A host over batches of facts: the first one is the complete reading, the others are what happens then.

    `start` delivers all of them from a thread, one after the other; `say` delivers one more whenever a test wants it.

    With `changes` it does what it is asked as a kernel would (model.rehearsal), and tells it as facts.
    """

    def __init__(self, first: Iterable[Fact], *later: Iterable[Fact], changes: bool = False) -> None:
        self._first = list(first)
        self._later = [list(batch) for batch in later]
        self._deliver: Deliver | None = None
        self._counted: Counted | None = None
        self._thread: threading.Thread | None = None
        self.watched: tuple[LinkId, ...] = ()
        """What was asked to be watched closely, last."""
        self.closed = False
        self.learned: dict[NamespaceId, Tables] = {}
        """What each namespace has learned."""
        self.filtered: dict[NamespaceId, Filters] = {}
        """What may drop frames in each namespace."""
        self.probed: Probed | None = None
        """What a probe finds."""
        self.around = Surroundings(fresh_macs=_FRESH_MACS) if changes else _REMEMBERED
        """What surroundings() says."""
        self._world: Topology | None = None
        """What has become of the host since the first thing was done to it."""
        self.seen: Observed = NOTHING_OBSERVED
        """What observed() says."""
        self.firewall = RememberedRules()
        """What rules() gives."""

    def read(self) -> list[Fact]:
        """The first batch; once something was done, what has become of it."""
        return list(self._first) if self._world is None else restated(self._world)

    def start(self, deliver: Deliver, counted: Counted | None = None) -> None:
        """Deliver the batches from a thread of its own."""
        self._deliver = deliver
        self._counted = counted
        self._thread = threading.Thread(target=self._tell, args=(deliver,), name="fake-host", daemon=True)
        self._thread.start()

    def say(self, *facts: Fact) -> None:
        """Deliver one more batch, after all that was given at the start; from the calling thread."""
        if self._deliver is None or self._thread is None:
            raise RuntimeError("start() comes first")
        self._thread.join()
        self._deliver(list(facts))

    def count(self, counted: Mapping[LinkId, Counters]) -> None:
        """One reading of counters, from the calling thread."""
        if self._counted is not None:
            self._counted(counted)

    def tables(self, namespace: NamespaceId) -> Tables:
        """What a test put there; FileNotFoundError where it put nothing."""
        try:
            return self.learned[namespace]
        except KeyError:
            raise FileNotFoundError(f"no descriptor of namespace {namespace} can be had") from None

    def filters(self, namespace: NamespaceId) -> Filters:
        """What a test put there; FileNotFoundError where it put nothing."""
        try:
            return self.filtered[namespace]
        except KeyError:
            raise FileNotFoundError(f"no descriptor of namespace {namespace} can be had") from None

    def probe(self, one: Link, other: Link) -> Probed:
        """What a test put there; no frames can be sent in memory."""
        if self.probed is None:
            raise FileNotFoundError(f"no frames can be sent from {one.name} to {other.name}: this host is in memory")
        return self.probed

    def watch_closely(self, links: Sequence[LinkId]) -> None:
        """Nothing more to say about them."""
        self.watched = tuple(links)

    def observed(self, links: Sequence[Link], home: NamespaceId | None) -> Observed:  # noqa: ARG002
        """What a test put there."""
        return self.seen

    def open_namespace(self, namespace: NamespaceId) -> int:
        """There is none to be had."""
        raise FileNotFoundError(f"no descriptor of namespace {namespace} can be had")

    def surroundings(self, links: Sequence[LinkId]) -> Surroundings:
        """What a test put there, and about these links: nothing was read."""
        unread = tuple(Belongings(link, unread="this host is only remembered") for link in links)
        return replace(self.around, belongings=self.around.belongings or unread)

    def execute(self, operations: Sequence[Operation], told: Told = unheard) -> tuple[Outcome, ...]:
        """As a kernel would, on what is remembered; where nothing may change the first is refused."""
        if self._world is None:
            self._world = Topology()
            for batch in (self._first, *self._later):
                self._world.learn(batch)
        rehearsal = Rehearsal(self._world)
        outcomes: list[Outcome] = []
        for operation in operations:
            if outcomes and outcomes[-1].fate is not Fate.DONE:
                outcomes.append(Outcome(operation, Fate.NOT_TRIED))
                continue
            told(Outcome(operation, Fate.BEGUN))
            outcomes.append(self._rehearsed(rehearsal, operation))
            told(outcomes[-1])
        self._world.learn(rehearsal.said)
        if self._deliver is not None and rehearsal.said:
            self.say(*rehearsal.said)
        return tuple(outcomes)

    def _rehearsed(self, rehearsal: Rehearsal, operation: Operation) -> Outcome:
        if not self.around.may_change:
            return Outcome(operation, Fate.FAILED, error=why_not(operation, 0, self.around.why_not))
        try:
            return Outcome(operation, Fate.DONE, rehearsal.do(operation))
        except Impossible as impossible:
            return Outcome(operation, Fate.FAILED, error=why_not(operation, 0, str(impossible)), kernel=str(impossible))

    def rules(self) -> Rules:
        """In memory."""
        return self.firewall

    def close(self) -> None:
        """Deliver no more than what was given at the start."""
        if self._thread is not None:
            self._thread.join()
        self.closed = True

    def _tell(self, deliver: Deliver) -> None:
        for batch in (self._first, *self._later):
            deliver(list(batch))
