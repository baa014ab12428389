"""The commands that change something: a wish, its plan, perhaps a question, the kernel's answers."""

import argparse
from dataclasses import replace

from backend.host import Host
from model.history import before
from model.intent_words import in_words
from model.plan import Refusal
from model.plan_form import Report, error_form, refusal_form
from model.planner import plan, touched
from model.shell_ways import ways_of
from tui.commands.carrying import Manner, Proposal, carry_out
from tui.commands.exits import Exit
from tui.commands.graph import graph_of
from tui.commands.plan_text import print_refusal
from tui.commands.printing import Paper
from tui.commands.wishes import Unclear, wish_of

READ_ONLY = "the program was started with --read-only: nothing is changed"


def change(host: Host, paper: Paper, options: argparse.Namespace) -> Exit:
    """One of the verbs."""
    manner = manner_of(options)
    graph = graph_of(host)
    paper.note_what_is_missing(graph)
    try:
        intent = wish_of(graph, options)
    except Unclear as unclear:
        return say_no(paper, manner, unclear.exit_status, unclear.code, unclear.text)
    around = host.surroundings(sorted(touched(graph, intent)))
    if manner.dry_run:
        around = replace(around, may_change=True)
    if options.read_only and not manner.dry_run:
        return say_no(paper, manner, Exit.REFUSED, "read-only", READ_ONLY)
    outcome = plan(graph, intent, around)
    if isinstance(outcome, Refusal):
        return refuse(paper, manner, outcome)
    return carry_out(
        host, paper, manner, Proposal(in_words(graph, intent), outcome, ways_of(graph, around), before(graph, outcome))
    )


def manner_of(options: argparse.Namespace) -> Manner:
    """How it is to be done."""
    return Manner(options.dry_run, options.revert_after, options.yes, options.json)


def refuse(paper: Paper, manner: Manner, refusal: Refusal) -> Exit:
    """We say no: why, and what to do instead."""
    if manner.as_json:
        paper.plan(Report(error=refusal_form(refusal)))
    print_refusal(paper, refusal)
    return Exit.NOT_PERMITTED if refusal.code == "not-permitted" else Exit.REFUSED


def say_no(paper: Paper, manner: Manner, status: Exit, code: str, text: str) -> Exit:
    """What was typed cannot be done."""
    if manner.as_json:
        paper.plan(Report(error=error_form(code, text)))
    paper.note(text)
    return status
