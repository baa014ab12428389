"""The door to a host, in memory: it says what it was given. For tests, for recordings, and for hosts far away."""

import threading
from collections.abc import Callable, Iterable, Sequence

from model.facts import Fact
from model.identity import LinkId


class FakeHost:
    """A host over batches of facts: the first one is the complete reading, the others are what happens then.

    `start` delivers all of them from a thread, one after the other; `say` delivers one more whenever a test wants it.
    """

    def __init__(self, first: Iterable[Fact], *later: Iterable[Fact]) -> None:
        self._first = list(first)
        self._later = [list(batch) for batch in later]
        self._deliver: Callable[[list[Fact]], None] | None = None
        self._thread: threading.Thread | None = None
        self.watched: tuple[LinkId, ...] = ()
        """What was asked to be watched closely, last."""
        self.closed = False

    def read(self) -> list[Fact]:
        """The first batch."""
        return list(self._first)

    def start(self, deliver: Callable[[list[Fact]], None]) -> None:
        """Deliver the batches from a thread of its own."""
        self._deliver = deliver
        self._thread = threading.Thread(target=self._tell, args=(deliver,), name="fake-host", daemon=True)
        self._thread.start()

    def say(self, *facts: Fact) -> None:
        """Deliver one more batch, after all that was given at the start; from the calling thread."""
        if self._deliver is None or self._thread is None:
            raise RuntimeError("start() comes first")
        self._thread.join()
        self._deliver(list(facts))

    def watch_closely(self, links: Sequence[LinkId]) -> None:
        """Nothing more to say about them."""
        self.watched = tuple(links)

    def close(self) -> None:
        """Deliver no more than what was given at the start."""
        if self._thread is not None:
            self._thread.join()
        self.closed = True

    def _tell(self, deliver: Callable[[list[Fact]], None]) -> None:
        for batch in (self._first, *self._later):
            deliver(list(batch))
