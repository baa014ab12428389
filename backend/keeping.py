"""An entry of the policy, changed: what that comes to on this host; and doing it: rules, file, then links."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, assert_never

from backend.births import BIRTHS
from backend.enforcer_lock import is_enforced
from backend.firewall import Rules
from backend.held_cables import HeldCables
from backend.nft import NftProblem
from backend.policy_file import put_policy, read_text, take_policy
from backend.this_machine import seed
from model.drift import drift, promises
from model.guard import Guard, Unguardable
from model.guard_rules import Family, change_text, removal_text
from model.identity import LinkId
from model.intents import ForgetLearned, Intent
from model.inventory import Inventory
from model.json_form import Json
from model.keeping import Edit, Part, Wish, guard_means, intents_of, own_option, pin_means, releases_of, seal_means
from model.names import display_name
from model.operations import RenameLink
from model.plan import Meaning, Plan, Refusal, Sign
from model.plan_form import error_form
from model.policy import Edited, Policies, Policy
from model.policy_text import BadPolicies, read_policies
from model.wishes import Drift, GuardWish, Held, PinWish, SealWish, Standing

_GONE: Final[Mapping[Part, str]] = {
    "pin": "the name and the MAC stay until the container is started again; then they come as they will",
    "guard": "its rules are removed, and nothing else: it may send as anybody again",
    "seal": "its rules are removed, and nothing else: it may reach everything again. Its port is as it was before",
}


@dataclass(frozen=True, slots=True)
class Now:
    """A policy file, and who containers were so far."""

    path: Path
    policies: Policies
    held: Mapping[LinkId, Held]


@dataclass(frozen=True, slots=True)
class Keeping:
    """An edit, worked out; nothing is done yet."""

    now: Now
    edit: Edit | None
    """None: nothing is edited; what the policy asks for already is done."""
    found: Drift
    """What the policies wish after it."""
    means: tuple[Meaning, ...]
    rules: "Loading"
    taught: tuple[LinkId, ...] = ()
    """Ports where a bridge may have learned something before their rules stand."""

    @property
    def intents(self) -> tuple[Intent, ...]:
        """What is to be changed of links, after `do`."""
        if self.edit is not None and self.edit.part == "seal" and not self.edit.keeps:
            return releases_of(self.found)
        wishes: tuple[Wish, ...] = (*self.found.pins, *self.found.guards, *self.found.seals)
        due = intents_of(wishes if self.edit is None else self.edit.wishes(self.found))
        return (*map(ForgetLearned, self.taught), *due)

    @property
    def edited(self) -> Edited | None:
        """For the journal; None: the entry is what it was."""
        if self.edit is None or self.edit.before == self.edit.after:
            return None
        return Edited(str(self.now.path.absolute()), self.edit.part, self.edit.before, self.edit.after)

    @property
    def back(self) -> tuple[str, ...]:
        """What nft is given where it goes back by itself: once before its links do, and at last."""
        return self.rules.back_texts if self.edited is not None else ()

    def do(self) -> Json | None:
        """The rules of the whole policy, and the file. Why nothing was changed; None: it was."""
        # Who enforces the file puts back rules that it still asks for, and removes those that it does not.
        keeps = self.edit is None or self.edit.keeps
        first, then = (self._load, self._file) if keeps else (self._file, self._load)
        error = first()
        if error is not None:
            return error
        error = then()
        if error is None:
            return None
        if keeps:
            self.rules.back()
        elif self.edit is not None and self.edit.before is not None:
            with contextlib.suppress(OSError):
                put_policy(self.now.path, self.edit.before)
        return error

    def _load(self) -> Json | None:
        refused = self.rules.load()
        return None if refused is None else error_form(refused.code, refused.text, refused.said)

    def _file(self) -> Json | None:
        try:
            bad = self._write()
            if bad is None:
                HeldCables().write(self.found.held)
        except OSError as error:
            bad = f"{error.filename or self.now.path}: {error.strerror}"
        return None if bad is None else error_form("policy", f"the policy cannot be written: {bad}")

    def _write(self) -> str | None:
        edit, path = self.edit, self.now.path
        if edit is None or edit.after == edit.before:
            return None
        outcome = put_policy(path, edit.after) if edit.after else take_policy(path, edit.entry.name)
        return "; ".join(map(str, outcome.problems)) if isinstance(outcome, BadPolicies) else None


_NO_RULES: Final = removal_text(Family.NETDEV) + removal_text(Family.BRIDGE)


class Loading:
    """The rules of the whole policy, before and after an edit."""

    def __init__(self, rules: Rules, old: tuple[Guard, ...], new: tuple[Guard, ...]) -> None:
        """Raises Unguardable."""
        self._rules = rules
        self._old, self._new = old, new
        self.text: str | None = None
        """What nft is given; None: nothing."""
        if new:
            self.text = rules.text(new)
        elif old:
            self.text = _NO_RULES

    @property
    def difference(self) -> tuple[str, ...]:
        """In what the rules differ from those before, as lines of nft."""
        before = [guard for guard in self._old if guard not in self._new]
        after = [guard for guard in self._new if guard not in self._old]
        lines = change_text(before, after).splitlines()
        return tuple(line for line in lines if " dropped " not in line)  # counters of who is gone: forgotten

    @property
    def back_texts(self) -> tuple[str, ...]:
        """What puts back the rules before it: first under the names that links have by then, too, then as they were."""
        if self.text is None:
            return ()
        both = tuple(_with_names_of(guard, self._new) for guard in self._old)
        return tuple(self._rules.text(guards) if guards else _NO_RULES for guards in (both, self._old))

    def load(self) -> NftProblem | None:
        """Before any link is renamed: there is no moment without."""
        return self._put(self._new) if self.text is not None else None

    def back(self) -> None:
        """As they were."""
        if self.text is not None:
            self._put(self._old)

    def _put(self, guards: tuple[Guard, ...]) -> NftProblem | None:
        return self._rules.load(guards) if guards else self._rules.remove()


def _with_names_of(guard: Guard, others: Iterable[Guard]) -> Guard:
    """Of a link that is renamed in between."""
    names = [one.names for one in others if set(one.names).intersection(guard.names)]
    return replace(guard, names=tuple(dict.fromkeys((*guard.names, *(name for more in names for name in more)))))


def read_now(path: Path) -> Now | BadPolicies:
    """The file as it is now; no file is no policy."""
    policies = policies_in(path)
    return policies if isinstance(policies, BadPolicies) else Now(path, policies, HeldCables().read())


def policies_in(path: Path) -> Policies | BadPolicies:
    """The entries; none where there is no file."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError:
        pass  # it is there, and cannot be read: that is told
    text = read_text(path)
    return text if isinstance(text, BadPolicies) else read_policies(text)


def work_out(
    graph: Inventory, rules: Rules, now: Now, edit: Edit | None, coming: Mapping[LinkId, str] | None = None
) -> Keeping | Refusal:
    """What an edit comes to; without one: what is to be done that the policy holds.

    `coming`: names that links are about to get by other steps: their rules stand before.
    """
    after = now.policies if edit is None else edit.done(now.policies)
    old = drift(now.policies, graph, seed(), now.held, births=BIRTHS.of(now.policies))
    new = drift(after, graph, seed(), old.held or now.held, births=BIRTHS.of(after))
    why_not = None if edit is None else _why_not(edit, new)
    if why_not is not None:
        return why_not
    try:
        loading = Loading(
            rules, () if edit is None else (*old.rules, *_waiting(old)), (*_named(new, coming or {}), *_waiting(new))
        )
    except Unguardable as refusal:
        return Refusal("unguardable", str(refusal))
    means = _due(graph, new) if edit is None else _means(graph, after, edit, new, is_undo=coming is not None)
    return Keeping(now, edit, new, tuple(means), loading, tuple(_taught(graph, rules, edit, new)))


def work_out_back(graph: Inventory, rules: Rules, edited: Edited, plan: Plan) -> Keeping | Refusal:
    """What takes an edit back, together with what takes its links back; or why it does not hold any more."""
    return _work_out_again(graph, rules, Edited(edited.file, edited.part, edited.after, edited.before), plan)


def work_out_again(graph: Inventory, rules: Rules, edited: Edited) -> Keeping | Refusal:
    """The same edit once more."""
    return _work_out_again(graph, rules, edited, None)


def coming_names(plan: Plan) -> dict[LinkId, str]:
    """The names that links get by a plan."""
    renames = (one for one in plan.operations if isinstance(one, RenameLink))
    return {LinkId(one.link.namespace, one.link.ifindex): one.name for one in renames if one.link.ifindex is not None}


def _work_out_again(graph: Inventory, rules: Rules, edited: Edited, plan: Plan | None) -> Keeping | Refusal:
    now = read_now(Path(edited.file))
    if isinstance(now, BadPolicies):
        return Refusal("policy", f"{edited.file}: {'; '.join(map(str, now.problems))}")
    entry = edited.before or edited.after
    there = [policy for policy in now.policies if entry is not None and policy.name == entry.name]
    if there != ([] if edited.before is None else [edited.before]):
        return Refusal("moved-on", f"{edited.file}: the entry was changed since: it is left as it is")
    part: Part = "pin" if edited.part == "pin" else "guard" if edited.part == "guard" else "seal"
    edit = Edit(part, edited.before, edited.after, None)
    return work_out(graph, rules, now, edit, coming_names(plan) if plan is not None else None)


def _waiting(found: Drift) -> tuple[Guard, ...]:
    """Where nobody enforces the policy nobody would open what is closed."""
    enforced = is_enforced()
    return tuple(guard for guard in found.waiting if enforced or not guard.closed)


def _taught(graph: Inventory, rules: Rules, edit: Edit | None, new: Drift) -> Iterator[LinkId]:
    """Without an edit: where no rules stand now. Locking a port forgets what it has learned anyway."""
    standing = rules.standing() if edit is None else {}
    if isinstance(standing, NftProblem):
        return
    wishes: tuple[Wish, ...] = (*new.guards, *new.seals) if edit is None else edit.wishes(new)
    for wish in wishes:
        port = graph.link(wish.link)
        if isinstance(wish, PinWish) or wish.guard is None or port is None or port.port is None:
            continue
        locks = isinstance(wish, GuardWish) and wish.lock
        if not locks and not any(name in standing for name in wish.guard.names):
            yield wish.link


def _named(found: Drift, coming: Mapping[LinkId, str]) -> tuple[Guard, ...]:
    """The guards, under the names to come, too."""
    named: list[Guard] = []
    wishes: tuple[GuardWish | SealWish, ...] = (*found.guards, *found.seals)
    for wish in wishes:
        if wish.guard is not None:
            more = (coming[wish.link],) if wish.link in coming else ()
            named.append(replace(wish.guard, names=tuple(dict.fromkeys((*wish.guard.names, *more)))))
    return tuple(named)


def _why_not(edit: Edit, new: Drift) -> Refusal | None:
    """Why this cannot be kept of the cable that was named."""
    if edit.cable is None or not edit.keeps:
        return None
    mine = [wish for wish in edit.wishes(new) if wish.link == edit.cable.host.id]
    for wish in mine:
        if wish.standing is Standing.REFUSED:
            return Refusal("cannot-be-kept", wish.reason)
    if not mine:
        notes = [note.text for note in new.notes if note.policy == edit.entry.name]
        return Refusal("two-policies", "; ".join(notes) or "another entry of the policy stands before it")
    return None


def _due(graph: Inventory, found: Drift) -> list[Meaning]:
    """What is put right, where it is not as it should be."""
    pins = [wish for wish in found.pins if wish.standing in (Standing.DUE, Standing.WAITS)]
    told = [meaning for wish in pins for meaning in pin_means(graph, wish)]
    if found.rules:
        told.append(Meaning(Sign.GAIN, f"the rules of {len(found.rules):,} ports are loaded anew, at one go"))
    return told


def _means(graph: Inventory, after: Policies, edit: Edit, new: Drift, *, is_undo: bool) -> list[Meaning]:
    if not edit.keeps:
        was = edit.before.guard if edit.before is not None else None
        stays = ". Its port stays locked" if not is_undo and was is not None and was.locked else ""
        return [Meaning(Sign.MIND, f"{_GONE[edit.part]}{stays}")]
    told: list[Meaning] = []
    others = {wish.link for wish in edit.wishes(new)} - ({edit.cable.host.id} if edit.cable is not None else set())
    if edit.cable is not None and others:
        many = "one more cable" if len(others) == 1 else f"{len(others):,} more cables"
        text = f"the entry '{display_name(edit.entry.name)}' is changed, which holds for {many}"
        told.append(Meaning(Sign.MIND, text, "holds-for-more"))
    for wish in edit.wishes(new):
        match wish:
            case PinWish():
                told += pin_means(graph, wish)
                told += _own_option(graph, edit, wish)
            case GuardWish(guard=Guard() as guard):
                told += guard_means(graph, wish, guard)
            case SealWish(guard=Guard() as guard):
                told += seal_means(graph, wish, guard)
            case GuardWish() | SealWish():
                told.append(Meaning(Sign.LOSS, wish.reason))
            case _:
                assert_never(wish)
    if edit.cable is None:
        told += _promised(edit.entry, after)
    shown = [note.text for note in new.notes if note.policy == edit.entry.name and note.code != "no-match"]
    return [*told, *(Meaning(Sign.MIND, text) for text in shown)]


def _own_option(graph: Inventory, edit: Edit, wish: PinWish) -> list[Meaning]:
    """Where its runtime could do the same; of a rename the plan says so itself."""
    pin, host = edit.entry.pin, graph.link(wish.link)
    if pin is None or pin.name is None or wish.name is not None or host is None:
        return []
    option = own_option(edit.entry, wish.altname or host.name)
    return [] if option is None else [option]


def _promised(entry: Policy, after: Policies) -> list[Meaning]:
    told = [Meaning(Sign.DEPENDS, "there is no such container now: it holds from its next start, by jackfield enforce")]
    coming = promises(after, seed()).get(entry.name)
    if coming is not None:
        words = [text for text in (coming.name, coming.mac) if text is not None]
        told.append(Meaning(Sign.GAIN, f"its host end will be {' '.join(words)}"))
        option = own_option(entry, coming.name) if coming.name is not None else None
        told += [] if option is None else [option]
        if coming.link_local is not None:
            told.append(Meaning(Sign.GAIN, f"its link-local address will be {coming.link_local}"))
    return told
