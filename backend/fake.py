"""The door to a host, in memory: it says what it was given. For tests, for recordings, and for hosts far away."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from backend.executor import Told, unheard
from backend.host import Counted, Deliver
from model.facts import Fact
from model.identity import LinkId, NamespaceId
from model.operations import Operation
from model.plan import Belongings, Fate, Outcome, Surroundings
from model.rates import Counters
from model.tables import Tables


class FakeHost:
    """A host over batches of facts: the first one is the complete reading, the others are what happens then.

    `start` delivers all of them from a thread, one after the other; `say` delivers one more whenever a test wants it.
    """

    def __init__(self, first: Iterable[Fact], *later: Iterable[Fact]) -> None:
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
        self.around = Surroundings(may_change=False, why_not="this host is only remembered")
        """What surroundings() says."""

    def read(self) -> list[Fact]:
        """The first batch."""
        return list(self._first)

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

    def watch_closely(self, links: Sequence[LinkId]) -> None:
        """Nothing more to say about them."""
        self.watched = tuple(links)

    def surroundings(self, links: Sequence[LinkId]) -> Surroundings:
        """What a test put there, and about these links: nothing was read."""
        unread = tuple(Belongings(link, unread="this host is only remembered") for link in links)
        return replace(self.around, belongings=self.around.belongings or unread)

    def execute(self, operations: Sequence[Operation], told: Told = unheard) -> tuple[Outcome, ...]:
        """Nothing is done to a host that is only remembered: the first is refused."""
        refused = [Outcome(operation, Fate.NOT_TRIED) for operation in operations]
        if refused:
            refused[0] = Outcome(operations[0], Fate.FAILED, error="this host is only remembered: nothing can be done")
            told(refused[0])
        return tuple(refused)

    def close(self) -> None:
        """Deliver no more than what was given at the start."""
        if self._thread is not None:
            self._thread.join()
        self.closed = True

    def _tell(self, deliver: Deliver) -> None:
        for batch in (self._first, *self._later):
            deliver(list(batch))
