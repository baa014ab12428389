"""Looking up owners in the background, when something appeared or an owner exited; never by the clock alone."""

import threading
from collections.abc import Callable
from pathlib import Path

from backend.observer import Observer
from model.facts import Fact


class OwnerWatch:
    """Stub while the owners are being built."""

    def __init__(self, home: int, proc: Path, wake: Callable[[], None]) -> None:
        self._lock = threading.Lock()

    def look(self) -> None: ...

    def start(self) -> None: ...

    def nudge(self) -> None: ...

    def facts(self, observer: Observer) -> list[Fact]:
        return []

    def close(self) -> None: ...
