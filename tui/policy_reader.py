"""Reads the policy, its rules and their counters, again and again: on a thread of its own, where there are any."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from textual.app import App
from textual.message import Message
from textual.worker import Worker

if TYPE_CHECKING:
    from model.kept import Read
    from tui.changing import Changing

TICK_S: Final = 1.0
SOON_S: Final = 0.1
SELDOM: Final = 3
"""Ticks between two readings while screen 6 is not shown."""
WORKER: Final = "policy"


class PolicyRead(Message):
    """What the policy says, and how it stands. From the worker's thread."""

    def __init__(self, read: "Read") -> None:
        super().__init__()
        self.read = read


class PolicyReader:
    """Belongs to the app."""

    def __init__(self, app: App[Any], changing: "Changing") -> None:
        self._app = app
        self._changing = changing
        self._is_shown = False
        self._ticks = 0
        self._worker: Worker[None] | None = None
        self.says_anything = False
        """The last reading found a policy, or rules."""

    def start(self) -> None:
        """From now on look whether there is a policy."""
        self._app.set_interval(TICK_S, self._tick)

    def follow(self, *, shown: bool) -> None:
        """Screen 6 is shown, or no longer."""
        if shown and not self._is_shown:
            self.look()
        self._is_shown = shown

    @property
    def is_idle(self) -> bool:
        """Nothing is being read."""
        return self._worker is None or self._worker.is_finished

    def look(self) -> None:
        """Read now."""
        if self.is_idle:
            self._worker = self._app.run_worker(self._read, name=WORKER, group=WORKER, thread=True)

    def look_again(self) -> None:
        """Something was done: what is being read now may be what was before it."""
        if self.says_anything or self._is_shown or self._is_there:
            self._app.set_timer(SOON_S, self.look)

    def _tick(self) -> None:
        self._ticks += 1
        due = self._is_shown or self._ticks % SELDOM == 0
        if due and (self._is_shown or self.says_anything or self._is_there):
            self.look()

    @property
    def _is_there(self) -> bool:
        """There is a policy that we may read."""
        return os.access(self._changing.policy, os.R_OK)

    def _read(self) -> None:
        self._app.post_message(PolicyRead(reading(self._changing, self._changing.policy)))


def reading(changing: "Changing", path: Path) -> "Read":
    """The file, the rules in the kernel, what they have dropped, and whether a daemon keeps it."""
    from backend.enforcer_lock import is_enforced
    from backend.keeping import read_now
    from backend.nft import NftProblem
    from backend.this_machine import seed
    from model.dropped import Tally
    from model.kept import Read
    from model.policy_text import BadPolicies

    now = read_now(path)
    standing = changing.rules.standing()
    tally = changing.rules.tally() if not isinstance(standing, NftProblem) and standing else Tally()
    read = Read(
        str(path),
        standing=None if isinstance(standing, NftProblem) else frozenset(standing),
        unseen=standing.text if isinstance(standing, NftProblem) else "",
        tally=Tally() if isinstance(tally, NftProblem) else tally,
        enforced=is_enforced(),
        seed=seed(),
    )
    if isinstance(now, BadPolicies):
        return _with(read, problems=tuple(map(str, now.problems)))
    return _with(read, policies=now.policies, held=now.held)


def _with(read: "Read", **known: Any) -> "Read":
    from dataclasses import replace

    return replace(read, **known)
