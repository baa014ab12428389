"""What was done, out of the journal, as it is shown: line by line, and what the kernel answered."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.guardian import seconds_left
from backend.journal import Change, What
from model.operations import Operation
from model.plan import Fate, Outcome
from model.policy import Edited
from model.shell_words import quoted
from tui.standing import GOES_BACK

Lines = Callable[[Operation], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Step:
    """One request: its lines, and what became of it."""

    lines: tuple[str, ...]
    fate: Fate
    words: str = ""
    """What is to be told of it; empty: nothing."""
    from_kernel: bool = False


@dataclass(frozen=True, slots=True)
class Deed:
    """One change."""

    id: str
    at: datetime
    title: str
    user: str
    state: What
    steps: tuple[Step, ...]
    goes_back_at: datetime | None = None
    """Unless it is kept before."""
    lasts_s: float = 0.0
    """From its beginning to then."""

    @property
    def done(self) -> int:
        """Steps that were done."""
        return sum(step.fate is Fate.DONE for step in self.steps)

    @property
    def failed(self) -> bool:
        """It stopped before its end."""
        return any(step.fate is Fate.FAILED for step in self.steps)

    @property
    def is_running(self) -> bool:
        """It was begun, and is not at its end."""
        return self.state in (What.PLANNED, What.ARMED) and not self.failed


def deed_of(change: Change, lines: Lines, now: datetime, *, this_boot: bool) -> Deed:
    """As it is shown now."""
    operations = change.plan.operations if change.plan is not None else ()
    outcomes = dict(enumerate(change.outcomes))
    steps = tuple(_step(lines(operation), outcomes.get(number)) for number, operation in enumerate(operations))
    if change.edited is not None:
        steps = (_edit(change.edited, change.state), *steps)
    guard = change.guard if this_boot and change.state in GOES_BACK else None
    return Deed(
        id=change.id,
        at=datetime.fromisoformat(change.at).astimezone(now.tzinfo) if change.at else now,
        title=change.title,
        user=change.user,
        state=change.state,
        steps=steps,
        goes_back_at=None if guard is None else now + timedelta(seconds=seconds_left(guard)),
        lasts_s=guard.seconds if guard is not None else 0.0,
    )


def _edit(edited: Edited, state: What) -> Step:
    """The policy, and with it the rules: what comes before all steps."""
    entry = edited.after or edited.before
    word = f"{edited.part}" if edited.after is not None and getattr(edited.after, edited.part) else f"un{edited.part}"
    line = f"jackfield {word} {quoted(entry.name if entry is not None else '')} --policy {quoted(edited.file)}"
    return Step((line,), Fate.NOT_TRIED if state is What.PLANNED else Fate.DONE)


def _step(lines: tuple[str, ...], outcome: Outcome | None) -> Step:
    if outcome is None:
        return Step(lines, Fate.NOT_TRIED)
    words = outcome.kernel or outcome.error or outcome.note
    if outcome.fate is Fate.FAILED and outcome.kernel and outcome.error:
        words = f"{outcome.kernel}. {outcome.error}"
    return Step(lines, outcome.fate, words, from_kernel=bool(outcome.kernel))
