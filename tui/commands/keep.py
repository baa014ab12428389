"""`pin`, `guard`, `seal` and their opposites: an entry of the policy is written, and holds from now on."""

import argparse
from dataclasses import replace
from pathlib import Path

from backend.host import Host
from backend.keeping import Keeping, read_now, work_out
from model.history import before
from model.inventory import Inventory
from model.json_form import Json
from model.keeping import Edit, wishes_of
from model.names import display_name, json_text
from model.plan import Plan, Refusal, Surroundings
from model.planner import plan_many, touched
from model.policy_text import BadPolicies
from model.shell_ways import ways_of
from model.wishes import GuardWish, PinWish, SealWish
from tui.commands.carrying import Manner, Proposal, carry_out
from tui.commands.change import READ_ONLY, manner_of, refuse, say_no
from tui.commands.exits import Exit
from tui.commands.graph import graph_of
from tui.commands.keep_whom import NotKept, edit_of
from tui.commands.printing import Paper
from tui.commands.proving import prove_port
from tui.commands.wishes import Unclear


def keep(host: Host, paper: Paper, options: argparse.Namespace) -> Exit:
    """One of the verbs."""
    manner = manner_of(options)
    now = read_now(options.policy)
    if isinstance(now, BadPolicies):
        return say_bad(paper, manner, options.policy, now)
    graph = graph_of(host)
    paper.note_what_is_missing(graph)
    try:
        edit = edit_of(graph, now.policies, now.held, options)
    except Unclear as unclear:
        return say_no(paper, manner, unclear.exit_status, unclear.code, unclear.text)
    except NotKept as not_kept:
        return refuse(paper, manner, not_kept.refusal)
    if options.read_only and not manner.dry_run:
        return say_no(paper, manner, Exit.REFUSED, "read-only", READ_ONLY)
    keeping = work_out(graph, host.rules(), now, edit)
    if isinstance(keeping, Refusal):
        return refuse(paper, manner, keeping)
    plan, around = _planned(host, manner, graph, keeping)
    if isinstance(plan, Refusal):
        return refuse(paper, manner, plan)
    title = f"{options.command} {display_name(edit.entry.name)}"
    proposal = Proposal(title, plan, ways_of(graph, around), before(graph, plan), keeping)
    status = carry_out(host, paper, manner, replace(proposal, policy=_policy_form(keeping, edit)))
    if status is Exit.OK and edit.keeps and not manner.as_json and not manner.dry_run:
        paper.note("written into the policy; `jackfield enforce` does it at every start of the container")
    if status is not Exit.OK or not getattr(options, "prove", False) or manner.dry_run:
        return status
    return _prove(host, paper, manner, keeping, edit)


def say_bad(paper: Paper, manner: Manner, path: Path, bad: BadPolicies) -> Exit:
    """The file is used whole or not at all."""
    text = f"{path}: " + "; ".join(map(str, bad.problems))
    return say_no(paper, manner, Exit.REFUSED, "policy", text)


def _planned(host: Host, manner: Manner, graph: Inventory, keeping: Keeping) -> tuple[Plan | Refusal, Surroundings]:
    """What is to be done to links, after rules and file."""
    intents = keeping.intents
    around = host.surroundings(sorted({link for intent in intents for link in touched(graph, intent)}))
    if manner.dry_run:
        around = replace(around, may_change=True)
    plan = plan_many(graph, intents, around)
    if isinstance(plan, Plan):
        plan = replace(plan, means=(*keeping.means, *plan.means))
    return plan, around


def _policy_form(keeping: Keeping, edit: Edit) -> Json:
    mine = wishes_of(keeping.found, edit.entry.name)
    return {
        "name": json_text(edit.entry.name),
        "part": edit.part,
        "kept": edit.keeps,
        "link_local": [wish.link_local for wish in mine if isinstance(wish, PinWish)],
        "reach_at": [json_text(wish.reach_at) for wish in mine if isinstance(wish, SealWish) and wish.reach_at],
    }


def _prove(host: Host, paper: Paper, manner: Manner, keeping: Keeping, edit: Edit) -> Exit:
    cable = edit.cable
    mine = [wish for wish in edit.wishes(keeping.found) if isinstance(wish, GuardWish)]
    guard = next((wish.guard for wish in mine if cable is not None and wish.link == cable.host.id), None)
    if guard is None or cable is None:
        return say_no(
            paper, manner, Exit.UNKNOWABLE, "no-container", "nothing to prove: there is no such container now"
        )
    return prove_port(host, paper, manner, cable.host.id, guard)
