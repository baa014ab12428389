"""Reads the tables of the namespaces that are on the screen, again and again; nothing while none are."""

from collections.abc import Callable
from typing import Any, Final

from textual.app import App
from textual.timer import Timer
from textual.worker import Worker, get_current_worker

from backend.host import Host
from model.identity import NamespaceId
from model.learned import Reading, Unreadable
from model.tables import Tables

EVERY_S: Final = 2.0
SOON_S: Final = 0.15
"""After something else was selected: whoever runs through a list reads nothing on the way."""
WORKER: Final = "tables"


class TablesReader:
    """On a thread of its own, because a reading enters the namespace. One reading at a time."""

    def __init__(self, app: App[Any], host: Host, tell: Callable[[Reading], None]) -> None:
        """`tell` is called from that thread."""
        self._app = app
        self._host = host
        self._tell = tell
        self._wanted: frozenset[NamespaceId] = frozenset()
        self._timers: list[Timer] = []
        self._worker: Worker[None] | None = None

    def want(self, namespaces: frozenset[NamespaceId]) -> None:
        """Read these from now on, and no others."""
        if namespaces == self._wanted:
            return
        self._wanted = namespaces
        for timer in self._timers:
            timer.stop()
        self._timers = []
        if namespaces:
            soon = self._app.set_timer(SOON_S, self._read)
            self._timers = [soon, self._app.set_interval(EVERY_S, self._read_again)]
        elif self._worker is not None:
            self._worker.cancel()

    def _read_again(self) -> None:
        """Large tables may take longer than the interval."""
        if self._worker is None or self._worker.is_finished:
            self._read()

    def _read(self) -> None:
        wanted = sorted(self._wanted)
        self._worker = self._app.run_worker(
            lambda: self._read_all(wanted), name=WORKER, group=WORKER, thread=True, exclusive=True
        )

    def _read_all(self, namespaces: list[NamespaceId]) -> None:
        worker = get_current_worker()
        for namespace in namespaces:
            reading = Reading(namespace, self._read_one(namespace))
            if worker.is_cancelled:
                return
            self._tell(reading)

    def _read_one(self, namespace: NamespaceId) -> Tables | Unreadable:
        try:
            return self._host.tables(namespace)
        except OSError as error:
            return Unreadable(error.strerror or str(error))
