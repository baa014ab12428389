"""Which changes in the journal hold, which go back by themselves, which can be taken back or done again."""

from collections.abc import Sequence

from backend.journal import Change, What
from model.plan import Fate

GOES_BACK = (What.ARMED, What.APPLIED)
"""A change with a guardian that is in one of these states goes back unless it is kept."""
TAKEN_BACK = (What.UNDONE, What.REVERTED)


def is_pending(change: Change, boot: str) -> bool:
    """It goes back unless it is confirmed."""
    return change.guard is not None and change.state in GOES_BACK and change.boot == boot


def pending(changes: Sequence[Change], boot: str) -> list[Change]:
    """What goes back unless it is kept; the one that goes first is first."""
    waiting = [change for change in changes if is_pending(change, boot)]
    return sorted(waiting, key=lambda change: change.guard.deadline_s if change.guard is not None else 0.0)


def why_not_undo(change: Change, boot: str) -> str | None:
    """Why it cannot be taken back, whatever the world is like; None: it can."""
    if change.undoes and not is_pending(change, boot):
        return f"it took {change.undoes} back: to do that again: jackfield redo"
    if change.boot != boot:
        return "it was done before this machine was started: its links are not there any more"
    if change.plan is None:
        return "it was written by a program that this one does not understand"
    if not change.found_again:
        return "only the program that did it could: before Linux 5.14 no other one can tell its namespaces apart"
    if change.state in TAKEN_BACK:
        return "it was taken back already"
    if change.state is What.REVERTING:
        return "it is being taken back"
    if change.edited is None and all(outcome.fate is Fate.FAILED for outcome in change.outcomes):
        return "nothing of it was done"
    return None


def to_undo(changes: Sequence[Change], boot: str) -> Change | None:
    """The last one of which something holds."""
    return next((change for change in reversed(changes) if why_not_undo(change, boot) is None), None)


def to_redo(changes: Sequence[Change], boot: str) -> Change | None:
    """The one that was taken back last and was not done again since; None once something else was done."""
    found: Change | None = None
    done_again: list[object] = []
    known = [change for change in changes if change.boot == boot and change.plan is not None and change.found_again]
    mine = [change for change in known if not change.undoes]
    taken_back = [_wish(change) for change in mine if change.state in TAKEN_BACK]
    for change in reversed(mine):
        intent = _wish(change)
        if change.state not in TAKEN_BACK:
            if why_not_undo(change, boot) is not None:
                continue
            if intent not in taken_back:
                break
            done_again.append(intent)
        elif intent in done_again:
            done_again.remove(intent)
        else:
            found = change
    return found


def _wish(change: Change) -> object:
    """What was wished for: of the links, and of the policy."""
    return None if change.plan is None else (change.plan.intent, change.edited)
