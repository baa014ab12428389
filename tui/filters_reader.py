"""Reads what may drop frames, for screen 4: on a thread of its own, while that screen is shown."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from textual.app import App
from textual.message import Message
from textual.timer import Timer
from textual.worker import Worker

from backend.host import Host
from model.conditions import Conditions
from model.identity import NamespaceId

EVERY_S: Final = 30.0
WORKER: Final = "filters"


class Surveyed(Message):
    """Filters and tables were read. From the worker's thread."""

    def __init__(self, around: Conditions) -> None:
        super().__init__()
        self.around = around


class FiltersReader:
    """Belongs to the app."""

    def __init__(self, app: App[Any], host: Host, spaces: Callable[[], Sequence[NamespaceId]]) -> None:
        """`spaces`: those that matter now."""
        self._app = app
        self._host = host
        self._spaces = spaces
        self._timer: Timer | None = None
        self._worker: Worker[None] | None = None

    def follow(self, *, wanted: bool) -> None:
        """Read now, and again and again; or no longer."""
        if wanted and self._timer is None:
            self._timer = self._app.set_interval(EVERY_S, self._read)
            self._read()
        elif not wanted and self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _read(self) -> None:
        if self._worker is not None and not self._worker.is_finished:
            return
        spaces = list(self._spaces())
        self._worker = self._app.run_worker(lambda: self._survey(spaces), name=WORKER, group=WORKER, thread=True)

    def _survey(self, spaces: list[NamespaceId]) -> None:
        from tui.commands.looking_around import conditions_of

        self._app.post_message(Surveyed(conditions_of(self._host, spaces)))
