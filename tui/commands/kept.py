"""`confirm`, `undo`, `redo`, `log`: what this tool did, keeping it, taking it back, doing it again."""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text

from backend.guardian import seconds_left
from backend.host import Host
from backend.journal import Change, Journal, TooLate, What, failed
from model.history import before
from model.identity import LinkId
from model.json_form import SCHEMA, Json
from model.names import json_text
from model.plan import Refusal, Surroundings
from model.plan_form import Report, failure_form
from model.planner import plan as plan_one
from model.planner import plan_many, touched
from model.redo import wished_again
from model.shell_ways import ways_of
from model.undo import Done, undo_plan
from tui.commands.carrying import Manner, Proposal, carry_out, deadline
from tui.commands.change import READ_ONLY, manner_of, refuse, say_no
from tui.commands.exits import Exit
from tui.commands.graph import graph_of
from tui.commands.printing import Paper
from tui.standing import is_pending, pending, to_redo, to_undo, why_not_undo

if TYPE_CHECKING:
    from backend.keeping import Keeping


def log(paper: Paper, *, as_json: bool) -> Exit:
    """Every change, the newest first."""
    journal = Journal()
    changes = journal.changes()[::-1]
    if as_json:
        paper.json({"schema": SCHEMA, "kind": "log", "changes": [_form(journal, change) for change in changes]})
        return Exit.OK
    if not changes:
        paper.note("nothing was changed yet")
        return Exit.OK
    paper.rows([_row(paper, journal, change) for change in changes])
    return Exit.OK


def confirm(paper: Paper, identity: str | None, *, as_json: bool) -> Exit:
    """Keep a change that would go back by itself."""
    journal = Journal()
    waiting = pending(journal.changes(), journal.boot)
    manner = Manner(as_json=as_json)
    if identity is None and len(waiting) > 1:
        many = ", ".join(f"{change.id} ({change.title})" for change in waiting)
        return say_no(paper, manner, Exit.NO_SUCH, "ambiguous", f"several changes wait: {many}")
    if not waiting and identity is None:
        return say_no(paper, manner, Exit.NO_SUCH, "no-such", "nothing waits to be confirmed")
    change = next((one for one in waiting if identity in (None, one.id)), None)
    if change is None:
        return say_no(paper, manner, Exit.NO_SUCH, "no-such", f"{identity}: it does not wait to be confirmed")
    try:
        journal.confirm(change.id)
    except TooLate as late:
        return say_no(paper, manner, Exit.REFUSED, "late", str(late))
    if as_json:
        paper.plan(Report(change.plan, applied=True, id=change.id))
    paper.note(f"kept: {change.title}")
    return Exit.OK


def undo(host: Host, paper: Paper, options: argparse.Namespace) -> Exit:
    """Take back the last change, or an earlier one."""
    manner = manner_of(options)
    if options.read_only and not manner.dry_run:
        return say_no(paper, manner, Exit.REFUSED, "read-only", READ_ONLY)
    journal = Journal()
    change = to_undo(journal.changes(), journal.boot) if options.id is None else journal.change(options.id)
    if change is None:
        text = "nothing to take back" if options.id is None else f"{options.id}: no such change; see jackfield log"
        return say_no(paper, manner, Exit.NO_SUCH, "no-such", text)
    why = why_not_undo(change, journal.boot)
    if why is not None or change.plan is None:
        return say_no(paper, manner, Exit.REFUSED, "cannot-undo", f"{change.id}: {why}")
    waits = is_pending(change, journal.boot)
    if waits and manner.revert_after is not None:
        text = f"{change.id} goes back by itself already: undo it without --revert-after, or jackfield confirm it first"
        return say_no(paper, manner, Exit.USAGE, "usage", text)
    graph = graph_of(host)
    around = _around(host, (), manner)
    if waits:  # it only goes back now instead of later
        around = replace(around, lifelines=())
    made = undo_plan(graph, Done(change.plan, change.outcomes, change.left or ()), around)
    if isinstance(made, Refusal):
        return refuse(paper, manner, made)
    title = f"undo {change.id}: {change.title}"
    proposal = Proposal(title, made, ways_of(graph, around), before(graph, made), takes_back=change)
    if change.edited is not None:
        from backend.keeping import work_out_back

        keeping = work_out_back(graph, host.rules(), change.edited, made)
        if isinstance(keeping, Refusal):
            return refuse(paper, manner, keeping)
        proposal = _with(proposal, keeping)
    return carry_out(host, paper, manner, proposal)


def redo(host: Host, paper: Paper, options: argparse.Namespace) -> Exit:
    """Do again what was taken back last: planned anew, because the world may be another one."""
    manner = manner_of(options)
    if options.read_only and not manner.dry_run:
        return say_no(paper, manner, Exit.REFUSED, "read-only", READ_ONLY)
    journal = Journal()
    change = to_redo(journal.changes(), journal.boot)
    if change is None or change.plan is None:
        return say_no(paper, manner, Exit.NO_SUCH, "no-such", "nothing was taken back that could be done again")
    graph = graph_of(host)
    intents = wished_again(change.plan.intent, change.done)
    keeping = None
    if change.edited is not None:
        from backend.keeping import work_out_again

        found = work_out_again(graph, host.rules(), change.edited)
        if isinstance(found, Refusal):
            return refuse(paper, manner, found)
        keeping, intents = found, found.intents
    around = _around(host, sorted({link for intent in intents for link in touched(graph, intent)}), manner)
    plan = plan_one(graph, intents[0], around) if len(intents) == 1 else plan_many(graph, intents, around)
    if isinstance(plan, Refusal):
        return refuse(paper, manner, plan)
    if keeping is None:
        plan = replace(plan, intent=change.plan.intent)  # it is known by that as done again
    proposal = Proposal(change.title, plan, ways_of(graph, around), before(graph, plan))
    return carry_out(host, paper, manner, proposal if keeping is None else _with(proposal, keeping))


def _with(proposal: Proposal, keeping: "Keeping") -> Proposal:
    """With an entry of the policy, and what that means."""
    plan = replace(proposal.plan, means=(*keeping.means, *proposal.plan.means))
    return replace(proposal, plan=plan, keeping=keeping)


def _around(host: Host, links: Sequence[LinkId], manner: Manner) -> Surroundings:
    around = host.surroundings(links)
    return replace(around, may_change=True) if manner.dry_run else around


# Showing it


def _row(paper: Paper, journal: Journal, change: Change) -> Sequence[Text]:
    at = datetime.fromisoformat(change.at).astimezone()
    return (
        Text(change.id, "bold"),
        Text(f"{at:%Y-%m-%d %H:%M:%S}", "bright_black"),
        Text(state_of(journal, change)),
        paper.shown(change.title),
        paper.shown(change.user, "bright_black"),
    )


def state_of(journal: Journal, change: Change) -> str:
    """In a few words."""
    if is_pending(change, journal.boot) and change.guard is not None:
        return f"goes back in {max(0, round(seconds_left(change.guard)))} s"
    if change.state is What.UNDONE:
        return "taken back"
    if change.state in (What.REVERTED, What.REVERTING):
        return "went back"
    if failed(change) is not None:
        return "stopped midway"
    return {What.CONFIRMED: "kept", What.PLANNED: "begun"}.get(change.state, "done")


def _form(journal: Journal, change: Change) -> Json:
    """One entry of `log --json`."""
    stopped = failed(change)
    pending = is_pending(change, journal.boot) and change.guard is not None
    return {
        "id": change.id,
        "at": change.at,
        "title": json_text(change.title),
        "user": json_text(change.user),
        "state": change.state.value,
        "this_boot": change.boot == journal.boot,
        "can_undo": why_not_undo(change, journal.boot) is None,
        "confirm_by": deadline(change.guard) if pending and change.guard is not None else None,
        "steps": [{"fate": one.fate.value, "kernel": json_text(one.kernel)} for one in change.outcomes],
        "error": failure_form(stopped) if stopped is not None else None,
    }
