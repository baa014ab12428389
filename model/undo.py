"""Undo as a plan of its own: what it means, whether it may cut the operator off, and what takes the undo back."""

import contextlib
import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

from model.history import may_undo
from model.identity import LinkId
from model.inventory import Inventory
from model.operations import Operation
from model.plan import Fate, Left, Outcome, Plan, Refusal, Step, Surroundings
from model.planner import protected, telling_reach
from model.rehearsal import Impossible, Rehearsal
from model.taking_back import Key, key_of, undo_of


class Done(NamedTuple):
    """A plan, and what became of it."""

    plan: Plan
    outcomes: Sequence[Outcome]
    """They go with its steps."""
    left: Sequence[Left] = ()
    """What its links were after it."""


def undo_plan(graph: Inventory, done: Done, surroundings: Surroundings) -> Plan | Refusal:
    """What takes it back, protected as any other change is; or what changed since, so that nothing is.

    Its inverse does again what was done, for a guardian. `lost` is what does not come back by it.
    """
    undoing = may_undo(graph, done.plan, done.outcomes, done.left)
    if isinstance(undoing, Refusal):
        return undoing
    if not surroundings.may_change:
        return Refusal("not-permitted", surroundings.why_not or "nothing may be changed here")
    made = Plan(done.plan.intent, steps_back(done.plan, done.outcomes), lost=done.plan.lost)
    with contextlib.suppress(Impossible):  # of a step that was perhaps never done
        made = telling_reach(graph, made)
    return _saying_what_is_not_done_again(graph, protected(graph, made, surroundings))


def steps_back(plan: Plan, outcomes: Sequence[Outcome]) -> tuple[Step, ...]:
    """The operations of `taking_back`, as steps; the undo of each is what it takes back.

    A step without an undo is taken back with an earlier one (a new link's settings go with it): done again with it.
    """
    groups: list[tuple[list[Operation], tuple[Operation, ...]]] = []
    made: dict[Key, LinkId] = {}
    for step, outcome in zip(plan.steps, outcomes, strict=False):
        if outcome.fate not in (Fate.DONE, Fate.BEGUN):
            continue
        made |= {key_of(handle): link for handle, link in outcome.made}
        again = [step.do] if outcome.fate is Fate.DONE else []
        back = undo_of(step, outcome, made)
        if groups and not groups[-1][1]:
            groups[-1] = ([*groups[-1][0], *again], back)
        elif back or not groups:
            groups.append((again, back))
        else:
            groups[-1][0].extend(again)
    return tuple(
        Step(operation, tuple(again) if number == 0 else ())
        for again, back in reversed(groups)
        for number, operation in enumerate(back)
    )


def _saying_what_is_not_done_again(graph: Inventory, made: Plan) -> Plan:
    try:
        Rehearsal(graph).do_all([*made.operations, *made.inverse])
    except Impossible as impossible:
        return dataclasses.replace(made, lost=(*made.lost, f"this undo, by itself ({impossible})"))
    return made
