"""A plan that is shown, consented to, and applied."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from backend.changes import Applied, Order, Timer, apply, take_back
from backend.guardian import NotGuarded, arm, seconds_left
from backend.host import Host
from backend.journal import Change, Guard, Journal, TooLate
from model.history import aftermath
from model.json_form import Json
from model.names import display_name
from model.plan import Consent, Fate, Left, Outcome, Plan
from model.plan_form import Report, error_form, failure_form
from model.shell import lines, plan_lines
from model.shell_ways import Ways
from tui.commands.exits import Exit
from tui.commands.graph import graph_of
from tui.commands.plan_text import print_means, print_outcome, print_plan
from tui.commands.printing import Paper

if TYPE_CHECKING:
    from backend.keeping import Keeping  # most changes need nothing of it

REVERT_S: Final = 60
"""What carries the operator goes back after so long, unless another time was asked for."""


class Manner(NamedTuple):
    """How it is to be done."""

    dry_run: bool = False
    revert_after: int | None = None
    yes: bool = False
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan, and how it is shown."""

    title: str
    plan: Plan
    ways: Ways
    were: tuple[Left, ...] = ()
    """What its links were before it."""
    keeping: "Keeping | None" = None
    """What is done before the first step, once there is consent: an entry of the policy, and its rules."""
    policy: Json | None = None
    """What that writes."""
    takes_back: Change | None = None
    """An undo: of this."""

    @property
    def rules(self) -> str | None:
        """What nft is given."""
        return None if self.keeping is None else self.keeping.rules.text

    @property
    def is_so(self) -> bool:
        """There is nothing to do."""
        return not self.plan.steps and self.keeping is None

    @property
    def commands(self) -> tuple[str, ...]:
        """As they would be pasted into a shell."""
        return plan_lines(self.plan.operations, self.ways)

    def report(self) -> Report:
        """Before anything is done."""
        undo = plan_lines(self.plan.inverse, self.ways)
        undone = None if self.takes_back is None else self.takes_back.id
        return Report(self.plan, self.commands, undo, id=undone, rules=self.rules, policy=self.policy)


def carry_out(host: Host, paper: Paper, manner: Manner, proposal: Proposal) -> Exit:
    """Show it, ask where something has to be asked, do it, and say what became of it."""
    plan = proposal.plan
    if manner.dry_run:
        return _show_only(paper, manner, proposal)
    if not manner.as_json:
        shown = proposal.commands if plan.consent is not Consent.NONE else ()
        print_plan(paper, proposal.title, plan, shown, is_so=proposal.is_so)
    if proposal.is_so:
        if manner.as_json:
            paper.plan(proposal.report())
        return Exit.OK
    refused = _why_no_consent(paper, manner, plan)
    if refused is not None:
        return _not_done(paper, manner, proposal, error_form("consent", refused))
    revert_after = manner.revert_after
    if revert_after is None and plan.consent is Consent.NAME_AND_TIMER:
        revert_after = REVERT_S
    if proposal.takes_back is not None and revert_after is None:
        return _take_back(host, paper, manner, proposal, proposal.takes_back)
    return _apply(host, paper, manner, proposal, revert_after)


def _take_back(host: Host, paper: Paper, manner: Manner, proposal: Proposal, change: Change) -> Exit:
    """Without a timer: it is written down as the end of the change that is taken back."""
    unkept = None if proposal.keeping is None else proposal.keeping.do()
    if unkept is not None:
        return _not_done(paper, manner, proposal, unkept)
    try:
        outcomes = take_back(host, Journal(), change, _told(paper, manner, proposal))
    except TooLate as late:
        return _not_done(paper, manner, proposal, error_form("late", str(late)))
    stopped = next((outcome for outcome in outcomes if outcome.fate is Fate.FAILED), None)
    error = failure_form(stopped) if stopped is not None else None
    if manner.as_json:
        paper.plan(replace(proposal.report(), applied=True, error=error))
    paper.note(f"taken back: {change.title}" if stopped is None else "taken back in part: see above")
    return Exit.OK if stopped is None else Exit.REFUSED


def _not_done(paper: Paper, manner: Manner, proposal: Proposal, error: Json) -> Exit:
    if manner.as_json:
        paper.plan(replace(proposal.report(), error=error))
    paper.note(str(error["text"]))
    return Exit.REFUSED


def _show_only(paper: Paper, manner: Manner, proposal: Proposal) -> Exit:
    if manner.as_json:
        paper.plan(proposal.report())
        return Exit.OK
    print_means(paper, proposal.plan)
    if proposal.is_so:
        paper.note("nothing to do: it is so already")
    if proposal.rules is not None:
        for line in ("nft -f - <<'END'", *proposal.rules.splitlines(), "END"):
            paper.command(line)
    for line in proposal.commands:
        paper.command(line)
    return Exit.OK


def _why_no_consent(paper: Paper, manner: Manner, plan: Plan) -> str | None:
    """Why it is not done; None: it may be."""
    if plan.consent is Consent.NONE or manner.yes:
        return None
    word = display_name(plan.consent_word)
    if not paper.can_ask:
        why = f" ({'; '.join(plan.why_consent)})" if plan.why_consent else ""
        return f"refused: this needs consent{why}: where nobody can be asked, --yes gives it"
    if plan.consent is Consent.NAME_AND_TIMER:
        seconds = manner.revert_after or REVERT_S
        paper.remark(f"It goes back by itself after {seconds} s unless `jackfield confirm` comes in time.")
    typed = paper.ask(f"Type {word} to go on: ")
    return None if typed in (plan.consent_word, word) else "refused: that was not its name"


def _apply(host: Host, paper: Paper, manner: Manner, proposal: Proposal, revert_after: int | None) -> Exit:
    timer = None if revert_after is None else Timer(revert_after, arm)
    journal = Journal()
    undoes = proposal.takes_back.id if proposal.takes_back is not None else ""
    order = Order(proposal.title, proposal.plan, proposal.were, undoes)
    if proposal.keeping is not None:
        back = proposal.keeping.back if timer is not None else ()
        order = order._replace(first=proposal.keeping.do, edited=proposal.keeping.edited, back=back)
    try:
        applied = apply(host, journal, order, _told(paper, manner, proposal), timer)
    except NotGuarded as error:
        return _not_done(paper, manner, proposal, error_form("not-guarded", str(error)))
    except OSError as error:
        text = f"the journal cannot be written ({error.strerror}): nothing was changed"
        return _not_done(paper, manner, proposal, error_form("journal", text))
    if applied.stopped is not None:
        return _not_done(paper, manner, proposal, applied.stopped)
    with contextlib.suppress(TooLate, OSError):  # undo then looks less closely
        journal.leave(applied.id, aftermath(graph_of(host), applied.outcomes))
    return _report(paper, manner, proposal, applied)


def _told(paper: Paper, manner: Manner, proposal: Proposal) -> Callable[[Outcome], None]:
    def told(outcome: Outcome) -> None:
        if outcome.fate is not Fate.BEGUN and not manner.as_json:
            print_outcome(paper, outcome, lines(outcome.operation, proposal.ways))

    return told


def _report(paper: Paper, manner: Manner, proposal: Proposal, applied: Applied) -> Exit:
    failed = next((outcome for outcome in applied.outcomes if outcome.fate is Fate.FAILED), None)
    error = failure_form(failed) if failed is not None else None
    if applied.late:
        error = error_form("late", "the time was over before the last step: what was done goes back")
    if manner.as_json:
        confirm_by = deadline(applied.guard) if applied.guard is not None and not applied.late else None
        paper.plan(replace(proposal.report(), applied=True, id=applied.id, confirm_by=confirm_by, error=error))
    elif error is not None:
        done = sum(outcome.fate is Fate.DONE for outcome in applied.outcomes)
        paper.note(f"stopped: {done} of {len(proposal.plan.steps)} steps were done; `jackfield undo {applied.id}` "
                   "takes them back" if done else "stopped: nothing was changed")  # fmt: skip
    elif applied.guard is not None:
        until = datetime.now().astimezone() + timedelta(seconds=seconds_left(applied.guard))
        paper.note(f"it goes back at {until:%H:%M:%S} unless: jackfield confirm {applied.id}")
    else:
        paper.note(f"done; to take it back: jackfield undo {applied.id}")
    return Exit.OK if error is None else Exit.REFUSED


def deadline(guard: Guard) -> str:
    """When it goes back: ISO-8601, UTC."""
    return (datetime.now(UTC) + timedelta(seconds=seconds_left(guard))).isoformat(timespec="seconds")
