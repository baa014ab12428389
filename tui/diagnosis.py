"""Examines the host between frames: a little at a time, at most once a second, and only when something has happened."""

import time
from collections.abc import Callable
from typing import Any, Final

from textual.app import App
from textual.message import Message
from textual.timer import Timer
from textual.worker import Worker

from backend.host import Host
from model.findings.examination import Examination, examine
from model.findings.observed import Observed
from model.identity import LinkId
from model.link import Link
from tui.session import Session

PAUSE_S: Final = 1.0
"""From the end of one examination to the beginning of the next one, at least."""
SLICE_S: Final = 0.004
"""Then keys and frames come first, for a while."""
REST_S: Final = 0.02
LOOK_S: Final = 30.0
"""What is not in the graph tells nobody when it changes: it is read again so often."""
SOON_S: Final = 2.0
"""After a bridge appeared: whoever makes it is still at it."""
WORKER: Final = "observed"


class Looked(Message):
    """What is not in the graph was read. From the worker's thread."""

    def __init__(self, observed: Observed) -> None:
        super().__init__()
        self.observed = observed


class Diagnosis:
    """Belongs to the app; `tell` is called when there are new findings."""

    def __init__(self, app: App[Any], session: Session, host: Host, tell: Callable[[], None]) -> None:
        self._app = app
        self._session = session
        self._host = host
        self._tell = tell
        self._steps: Examination | None = None
        self._timer: Timer | None = None
        self._is_stale = False
        self._bridges: frozenset[LinkId] | None = None
        """Those that were looked at last; None: nobody has looked yet."""
        self._worker: Worker[None] | None = None

    def start(self) -> None:
        """From now on look now and then."""
        self._app.set_interval(LOOK_S, self._look)

    def graph_changed(self) -> None:
        """Something has happened. The first reading is examined at once."""
        self._is_stale = True
        if self._session.is_read and not self._session.is_examined and self._steps is None:
            self._begin()
        elif self._steps is None and self._timer is None:
            self._timer = self._app.set_timer(PAUSE_S, self._begin)

    def looked(self, message: Looked) -> None:
        """What is not in the graph is known now."""
        if message.observed != self._session.observed:
            self._session.observed = message.observed
            self.graph_changed()

    @property
    def is_idle(self) -> bool:
        """What was found is true of now."""
        return not self._is_stale and self._steps is None and self._session.is_examined

    # Examining

    def _begin(self) -> None:
        self._timer = None
        self._is_stale = False
        self._steps = examine(self._session.graph, self._session.observed)
        self._go_on()

    def _go_on(self) -> None:
        if self._steps is None or not self._app.is_running:  # while it ends there is nobody to tell
            return
        until = time.perf_counter() + SLICE_S
        try:
            while time.perf_counter() < until:
                next(self._steps)
        except StopIteration as done:
            self._steps = None
            self._found(done.value)
        else:
            self._app.set_timer(REST_S, self._go_on)

    def _found(self, findings: Any) -> None:
        session = self._session
        is_new = findings != session.findings or not session.is_examined
        session.findings, session.is_examined = findings, True
        if is_new:
            self._tell()
        bridges = frozenset(link.id for link in session.graph.links() if link.kind == "bridge")
        if bridges != self._bridges:
            if self._bridges is None:
                self._look()
            else:
                self._app.set_timer(SOON_S, self._look)
            self._bridges = bridges
        if self._is_stale:
            self.graph_changed()

    # Looking

    def _look(self) -> None:
        """Programs are asked, and namespaces entered: not on this thread."""
        if not self._session.is_read or (self._worker is not None and not self._worker.is_finished):
            return
        graph = self._session.graph
        links = [link for link in graph.links() if link.kind in ("bridge", "device") or link.id.namespace == graph.home]
        self._worker = self._app.run_worker(lambda: self._read(links), name=WORKER, group=WORKER, thread=True)

    def _read(self, links: list[Link]) -> None:
        self._app.post_message(Looked(self._host.observed(links, self._session.graph.home)))
