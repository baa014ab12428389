"""A plan, done: written down before, guarded where that was asked for, and told step by step."""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

from backend import guardian
from backend.executor import Told, unheard
from backend.host import Host
from backend.journal import Change, Guard, Journal, TooLate
from model.identity import NamespaceId
from model.json_form import Json
from model.plan import Fate, Left, Outcome, Plan
from model.policy import Edited
from model.taking_back import namespaces_of, taking_back


class Arm(Protocol):
    """Starts the guardian of a change: backend.guardian.arm."""

    def __call__(
        self, journal: Journal, change: str, namespaces: Mapping[NamespaceId, int], seconds: float, /
    ) -> Guard:
        """Raises guardian.NotGuarded."""


class Order(NamedTuple):
    """What is to be done."""

    title: str
    """For the log, in a few words: raw host text may be in it."""
    plan: Plan
    were: tuple[Left, ...] = ()
    """What its links are now (model.history.before): without it nobody can tell later whether it may be redone."""
    undoes: str = ""
    """The change that this takes back."""
    first: "First | None" = None
    """What is done before the first step."""
    edited: Edited | None = None
    """The entry of the policy that this changes."""
    back: tuple[str, ...] = ()
    """What nft is given when it goes back by itself: once before the links, and at last."""


First = Callable[[], Json | None]
"""The policy and its rules: what it returns says why nothing was changed; None: it was done."""


class Timer(NamedTuple):
    """A change goes back by itself after so long, unless it is confirmed."""

    seconds: float
    arm: Arm = guardian.arm


class Applied(NamedTuple):
    """What became of a plan."""

    id: str
    """In the journal: for `undo`, `confirm` and `log`."""
    outcomes: tuple[Outcome, ...]
    """One for each step."""
    guard: Guard | None = None
    """It goes back at its deadline unless it is confirmed."""
    late: bool = False
    """The time was over before the last step: the guardian takes back what was done."""
    stopped: Json | None = None
    """Why not even the first step was tried: the policy could not be written, or its rules not be loaded."""

    @property
    def done(self) -> bool:
        """Every step of it."""
        return not self.late and self.stopped is None and all(outcome.fate is Fate.DONE for outcome in self.outcomes)


def apply(
    host: Host,
    journal: Journal,
    order: Order,
    told: Told = unheard,
    timer: Timer | None = None,
) -> Applied:
    """Do a plan. `told` hears of each step before and after it, from a thread of the executor.

    With a timer a guardian stands by before the first request. Raises guardian.NotGuarded, or OSError where the journal
    cannot be written: then nothing was changed. Blocks: not on the UI's thread.
    """
    plan = order.plan
    change = journal.plan(order.title, plan, order.were, order.undoes, order.edited, order.back)
    guard = None
    if timer is not None:
        with _held(host, namespaces_of(plan.everything)) as namespaces:
            guard = timer.arm(journal, change, namespaces, timer.seconds)
    stopped = order.first() if order.first is not None else None
    if stopped is not None:
        journal.undone(change, ())
        return Applied(change, (), stopped=stopped)
    number = -1

    def heard(outcome: Outcome) -> None:
        nonlocal number
        number += outcome.fate is Fate.BEGUN
        journal.step(change, number, outcome)
        told(outcome)

    try:
        outcomes = host.execute(plan.operations, heard)
        journal.applied(change)
    except TooLate:
        noted = journal.change(change)
        return Applied(change, () if noted is None else tuple(noted.outcomes), guard, late=True)
    return Applied(change, outcomes, guard)


def take_back(host: Host, journal: Journal, change: Change, told: Told = unheard) -> tuple[Outcome, ...]:
    """Take back what was done of a change; stops at the first refusal. Whether it may is asked elsewhere, before.

    `journal.leave` is to be told afterwards how its links are. Raises TooLate where its guardian is at it.
    """
    if change.plan is None:
        return ()
    operations = [one.operation for one in taking_back(change.plan, change.outcomes)]
    outcomes = host.execute(operations, told)
    journal.undone(change.id, outcomes)
    return outcomes


@contextlib.contextmanager
def _held(host: Host, namespaces: Iterable[NamespaceId]) -> Iterator[Mapping[NamespaceId, int]]:
    """Descriptors of them; those that cannot be entered now are left out, and no step in them will be done either."""
    fds: dict[NamespaceId, int] = {}
    try:
        for namespace in namespaces:
            with contextlib.suppress(FileNotFoundError):
                fds[namespace] = host.open_namespace(namespace)
        yield fds
    finally:
        for fd in fds.values():
            os.close(fd)
