"""`pin`, `guard`, `seal` and their opposites: an entry of the policy is written, and holds from now on."""

import argparse
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import assert_never

from backend.firewall import Rules
from backend.held_cables import HeldCables
from backend.host import Host
from backend.nft import NftProblem
from backend.policy_file import put_policy, read_text, take_policy
from backend.this_machine import seed
from model.drift import drift, promises
from model.guard import Guard, Unguardable
from model.guard_rules import Family, removal_text
from model.history import before
from model.identity import LinkId
from model.intents import Several
from model.inventory import Inventory
from model.json_form import Json
from model.keeping import Wish, guard_means, intents_of, pin_means, seal_means, wishes_of, with_entry
from model.names import display_name, json_text
from model.plan import Meaning, Plan, Refusal, Sign, Surroundings
from model.plan_form import error_form
from model.planner import plan_many, touched
from model.policy import Policies, Policy
from model.policy_text import BadPolicies, read_policies
from model.shell_ways import ways_of
from model.wishes import Drift, GuardWish, Held, PinWish, SealWish, Standing
from tui.commands.carrying import Manner, Proposal, carry_out
from tui.commands.change import READ_ONLY, manner_of, refuse, say_no
from tui.commands.exits import Exit
from tui.commands.graph import graph_of
from tui.commands.keep_whom import Edit, edit_of
from tui.commands.printing import Paper
from tui.commands.proving import prove_port
from tui.commands.wishes import Unclear


@dataclass(frozen=True, slots=True)
class _Before:
    """The host and the policy, before."""

    graph: Inventory
    policies: Policies
    held: Mapping[LinkId, Held]


def keep(host: Host, paper: Paper, options: argparse.Namespace) -> Exit:
    """One of the verbs."""
    manner = manner_of(options)
    policies = policies_in(options.policy)
    if isinstance(policies, BadPolicies):
        return say_bad(paper, manner, options.policy, policies)
    graph = graph_of(host)
    paper.note_what_is_missing(graph)
    kept = HeldCables()
    was = _Before(graph, policies, kept.read())
    try:
        edit = edit_of(graph, policies, was.held, options)
    except Unclear as unclear:
        return say_no(paper, manner, unclear.exit_status, unclear.code, unclear.text)
    if options.read_only and not manner.dry_run:
        return say_no(paper, manner, Exit.REFUSED, "read-only", READ_ONLY)
    after = _after(policies, edit)
    old = drift(policies, graph, seed(), was.held)
    new = drift(after, graph, seed(), old.held or was.held)
    why_not = _why_not(edit, new)
    if why_not is not None:
        return refuse(paper, manner, why_not)
    plan, around = _planned(host, manner, graph, edit, new)
    if isinstance(plan, Refusal):
        return refuse(paper, manner, plan)
    if not around.may_change and not manner.dry_run:
        return say_no(paper, manner, Exit.NOT_PERMITTED, "not-permitted", around.why_not)
    plan = replace(plan, means=(*_means(was, after, edit, new), *plan.means))
    try:
        rules = _Rules(host.rules(), old.rules, new.rules)
        text = rules.text
    except Unguardable as refusal:
        return refuse(paper, manner, Refusal("unguardable", str(refusal)))
    writing = _Writing(options.policy, edit, rules, kept, new)
    title = f"{options.command} {display_name(edit.entry.name)}"
    ways = ways_of(graph, around)
    said = _policy_form(edit, new)
    status = carry_out(host, paper, manner, Proposal(title, plan, ways, before(graph, plan), writing.do, text, said))
    if status is Exit.OK and not manner.as_json and not manner.dry_run:
        _say_how_to_keep(paper, edit)
    if status is not Exit.OK or not getattr(options, "prove", False) or manner.dry_run:
        return status
    return _prove(host, paper, manner, edit, new)


def policies_in(path: Path) -> Policies | BadPolicies:
    """The entries; none where there is no file."""
    if not path.exists():
        return ()
    text = read_text(path)
    return text if isinstance(text, BadPolicies) else read_policies(text)


def say_bad(paper: Paper, manner: Manner, path: Path, bad: BadPolicies) -> Exit:
    """The file is used whole or not at all."""
    text = f"{path}: " + "; ".join(map(str, bad.problems))
    return say_no(paper, manner, Exit.REFUSED, "policy", text)


def _after(policies: Policies, edit: Edit) -> Policies:
    if edit.after is not None:
        return with_entry(policies, edit.after)
    return tuple(policy for policy in policies if policy.name != edit.entry.name)


def _why_not(edit: Edit, new: Drift) -> Refusal | None:
    """Why this cannot be kept of the cable that was named."""
    if edit.cable is None or edit.after is None or getattr(edit.after, edit.part) is None:
        return None
    link = edit.cable.host.id
    mine = [wish for wish in wishes_of(new, edit.after.name) if wish.link == link and _is_of(wish, edit)]
    for wish in mine:
        if wish.standing is Standing.REFUSED:
            return Refusal("cannot-be-kept", wish.reason)
    if not mine:
        notes = [note.text for note in new.notes if note.policy == edit.after.name]
        return Refusal("two-policies", "; ".join(notes) or "another entry of the policy stands before it")
    return None


def _is_of(wish: Wish, edit: Edit) -> bool:
    return isinstance(wish, {"pin": PinWish, "guard": GuardWish, "seal": SealWish}[edit.part])


def _planned(
    host: Host, manner: Manner, graph: Inventory, edit: Edit, new: Drift
) -> tuple[Plan | Refusal, Surroundings]:
    """What the entry asks of links now: what is taken out of it asks for nothing."""
    added = edit.after is not None and getattr(edit.after, edit.part) is not None
    wishes = [wish for wish in wishes_of(new, edit.entry.name) if _is_of(wish, edit)] if added else []
    intents = intents_of(wishes)
    around = host.surroundings(sorted({link for intent in intents for link in touched(graph, intent)}))
    if manner.dry_run:
        around = replace(around, may_change=True)
    if not intents:
        return Plan(Several(()), ()), around
    return plan_many(graph, intents, around), around


def _means(was: _Before, after: Policies, edit: Edit, new: Drift) -> list[Meaning]:
    if edit.after is None or getattr(edit.after, edit.part) is None:
        return [Meaning(Sign.MIND, _GONE[edit.part])]
    told: list[Meaning] = []
    for wish in wishes_of(new, edit.after.name):
        if not _is_of(wish, edit):
            continue
        match wish:
            case PinWish():
                told += pin_means(was.graph, wish)
            case GuardWish(guard=Guard() as guard):
                told += guard_means(was.graph, wish, guard)
            case SealWish(guard=Guard() as guard):
                told += seal_means(was.graph, wish, guard)
            case GuardWish() | SealWish():
                told.append(Meaning(Sign.LOSS, wish.reason))
            case _:
                assert_never(wish)
    if edit.cable is None:
        told += _promised(edit.after, after)
    shown = [note.text for note in new.notes if note.policy == edit.after.name and note.code != "no-match"]
    return [*told, *(Meaning(Sign.MIND, text) for text in shown)]


_GONE = {
    "pin": "the name and the MAC stay until the container is started again; then they come as they will",
    "guard": "its rules are removed, and nothing else: it may send as anybody again",
    "seal": "its rules are removed, and nothing else: it may reach everything again. Its port stays isolated",
}


def _promised(entry: Policy, after: Policies) -> list[Meaning]:
    told = [Meaning(Sign.DEPENDS, "there is no such container now: it holds from its next start, by jackfield enforce")]
    coming = promises(after, seed()).get(entry.name)
    if coming is not None:
        words = [text for text in (coming.name, coming.mac) if text is not None]
        told.append(Meaning(Sign.GAIN, f"its host end will be {' '.join(words)}"))
        if coming.link_local is not None:
            told.append(Meaning(Sign.GAIN, f"its link-local address will be {coming.link_local}"))
    return told


def _policy_form(edit: Edit, new: Drift) -> Json:
    pins = [wish for wish in wishes_of(new, edit.entry.name) if isinstance(wish, PinWish)]
    seals = [wish for wish in wishes_of(new, edit.entry.name) if isinstance(wish, SealWish)]
    return {
        "name": json_text(edit.entry.name),
        "part": edit.part,
        "kept": edit.after is not None and getattr(edit.after, edit.part) is not None,
        "link_local": [wish.link_local for wish in pins],
        "reach_at": [json_text(wish.reach_at) for wish in seals if wish.reach_at],
    }


def _say_how_to_keep(paper: Paper, edit: Edit) -> None:
    if edit.after is not None and getattr(edit.after, edit.part) is not None:
        paper.note("written into the policy; `jackfield enforce` does it at every start of the container")


class _Rules:
    """The rules of the whole policy, before and after."""

    def __init__(self, rules: Rules, old: tuple[Guard, ...], new: tuple[Guard, ...]) -> None:
        self._rules = rules
        self._old, self._new = old, new
        self.text: str | None = None
        if new:
            self.text = rules.text(new)
        elif old:
            self.text = removal_text(Family.NETDEV) + removal_text(Family.BRIDGE)

    def load(self) -> NftProblem | None:
        """Before any link is renamed: there is no moment without."""
        return self._put(self._new) if self.text is not None else None

    def back(self) -> None:
        """As they were."""
        if self.text is not None:
            self._put(self._old)

    def _put(self, guards: tuple[Guard, ...]) -> NftProblem | None:
        return self._rules.load(guards) if guards else self._rules.remove()


@dataclass(frozen=True, slots=True)
class _Writing:
    """What comes before the first step: the rules, then the file."""

    path: Path
    edit: Edit
    rules: _Rules
    kept: HeldCables
    new: Drift

    def do(self) -> Json | None:
        """Why nothing was changed; None: it was."""
        less = self.edit.after is None or getattr(self.edit.after, self.edit.part) is None
        # Who enforces the file puts back rules that it still asks for, and removes those that it does not.
        first, then = (self._file, self._load) if less else (self._load, self._file)
        error = first()
        if error is not None:
            return error
        error = then()
        if error is None:
            return None
        if less:
            with contextlib.suppress(OSError):
                if self.edit.before is not None:
                    put_policy(self.path, self.edit.before)
        else:
            self.rules.back()
        return error

    def _load(self) -> Json | None:
        refused = self.rules.load()
        return None if refused is None else error_form(refused.code, refused.text, refused.said)

    def _file(self) -> Json | None:
        try:
            bad = self._write()
            if bad is None:
                self.kept.write(self.new.held)
        except OSError as error:
            bad = f"{error.filename or self.path}: {error.strerror}"
        return None if bad is None else error_form("policy", f"the policy cannot be written: {bad}")

    def _write(self) -> str | None:
        edit = self.edit
        if edit.after == edit.before:
            return None
        outcome = put_policy(self.path, edit.after) if edit.after else take_policy(self.path, edit.entry.name)
        return "; ".join(map(str, outcome.problems)) if isinstance(outcome, BadPolicies) else None


def _prove(host: Host, paper: Paper, manner: Manner, edit: Edit, new: Drift) -> Exit:
    mine = [wish for wish in wishes_of(new, edit.entry.name) if isinstance(wish, GuardWish)]
    guard = next((wish.guard for wish in mine if edit.cable is not None and wish.link == edit.cable.host.id), None)
    if guard is None or edit.cable is None:
        return say_no(
            paper, manner, Exit.UNKNOWABLE, "no-container", "nothing to prove: there is no such container now"
        )
    return prove_port(host, paper, manner, edit.cable.host.id, guard)
