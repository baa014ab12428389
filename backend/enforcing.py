"""What the policy asks for, made so: rules first, then renames; what somebody else undoes is told."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from backend.births import BIRTHS
from backend.changes import Order, apply
from backend.firewall import Rules
from backend.held_cables import HeldCables
from backend.host import Host
from backend.journal import Journal, TooLate
from backend.nft import NftProblem
from model.births import Birth
from model.drift import drift
from model.dropped import Tally, sentences
from model.ethernet import link_local
from model.guard import Guard
from model.history import aftermath, before
from model.identity import LinkId
from model.intent_words import in_words
from model.intents import Intent, SetMac, SetPort
from model.inventory import Inventory
from model.keeping import Wish, intents_of, releases_of
from model.link import Link
from model.names import display_name
from model.operations import DropLinkAddress, FlushForwarding, Handle, SetSysctl
from model.plan import Consent, Fate, Outcome, Plan, Refusal, Step, Surroundings
from model.planner import plan_many, touched
from model.policy import Policies
from model.wishes import Drift, Held, Standing

GEN_MODE: Final = "addr_gen_mode"
MOST_LINES: Final = 20
"""Of one port at a time: a container that forges a thousand addresses does not fill the log."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that happened."""

    what: str
    """done, followed, failed, refused, note, taken-back, rules, flushed, dropped, policy or stopped."""
    text: str
    """A sentence, fit to print."""
    policy: str | None = None
    link: str | None = None
    """The address of the host end."""


Tell = Callable[[Kept], None]
ToCome = Callable[[Policies], tuple[Birth, ...]]
"""What runtimes' configurations say of host ends that they will make."""


class Enforcer:
    """Looks at a graph as often as it changes. Not for several threads at once."""

    def __init__(
        self, host: Host, journal: Journal, kept: HeldCables, seed: str, tell: Tell, to_come: ToCome = BIRTHS.of
    ) -> None:
        self._host = host
        self._to_come = to_come
        self._births: tuple[Birth, ...] | None = None
        """None: to be asked for again."""
        self._rules: Rules = host.rules()
        self._journal = journal
        self._kept = kept
        self._seed = seed
        self._tell = tell
        self._held: Mapping[LinkId, Held] = kept.read()
        self._begun = False
        self._troubles: dict[str, str] = {}
        """What could not be done the last time, by what it was, and why."""
        self._asked: set[tuple[LinkId, Intent]] = set()
        """What was done or tried: once is enough."""
        self._settled: set[tuple[LinkId, Intent]] = set()
        """What was done, and was then so."""
        self._before: dict[LinkId, str] = {}
        """The link-local addresses, by links that were given a MAC before their old address was seen."""
        self._told: set[Kept] = set()
        self._counted = Tally()
        self.failures = 0
        """How often something could not be done."""

    def forget_tries(self) -> None:
        """The policy was read anew: what failed, or was taken back, is tried once more."""
        self._asked.clear()
        self._settled.clear()
        self._told.clear()
        self._births = None

    def look(self, policies: Policies, graph: Inventory) -> Drift:
        """Make everything so that is due."""
        loaded = self._rules.guards
        if self._births is None:
            self._births = self._to_come(policies)
        found = drift(policies, graph, self._seed, self._held, loaded, self._births)
        self._remember(found.held)
        held_back = self._load(found, graph)
        self._say(found, graph)
        self._do(found, graph, held_back)
        self._follow(graph)
        return found

    def check(self, by: str | None = None) -> None:
        """Whether our rules still stand: what somebody took away or changed is put back. `by`: who did it, if known.

        What runtimes are configured to make is read anew at the next look.
        """
        self._births = None
        lost = self._rules.lost()
        if isinstance(lost, NftProblem):
            self._trouble("seeing rules", f"whether the rules stand cannot be seen: {lost.text}")
            return
        self._troubles.pop("seeing rules", None)
        if not lost:
            return
        names = ", ".join(display_name(name) for name in sorted(lost))
        what = f"{display_name(by) if by else 'somebody'} took our rules away, or changed them ({names})"
        problem = self._rules.load(self._rules.guards)
        if problem is not None:
            self._trouble("putting back", f"{what}, and they cannot be loaded: {problem.text}")
            return
        self._troubles.pop("putting back", None)
        self._counted = Tally()
        self._tell(Kept("flushed", f"{what}: they are loaded again"))

    def count(self, graph: Inventory) -> None:
        """Tell what was dropped since the last time."""
        guards = self._rules.guards
        if not guards:
            return
        tally = self._rules.tally()
        if isinstance(tally, NftProblem):
            return
        more, self._counted = tally.since(self._counted), tally
        if not more.dropped and not more.forged:
            return
        for guard in guards:
            mine = more.of(guard.names)
            if not mine.dropped and not mine.forged:
                continue
            where, who = _ends(graph, guard.names)
            lines = sentences(mine, who)
            for line in lines[:MOST_LINES]:
                self._tell(Kept("dropped", line, link=where))
            if len(lines) > MOST_LINES:
                self._tell(Kept("dropped", f"{display_name(who)}: {len(lines) - MOST_LINES} more such", link=where))

    def part(self) -> None:
        """It ends in good order: who only it could let in would never get in."""
        closed = [guard for guard in self._rules.guards if guard.closed]
        if closed:
            self._rules.change(closed, ())

    # Rules

    def _load(self, found: Drift, graph: Inventory) -> frozenset[LinkId]:
        """The links that must not be renamed now, because their rules could not be loaded."""
        loaded, wanted = set(self._rules.guards), (*found.rules, *found.waiting)
        gone = [guard for guard in self._rules.guards if guard not in wanted]
        new = [guard for guard in wanted if guard not in loaded]
        if self._begun and not gone and not new:
            return frozenset()
        had = {name for guard in loaded for name in guard.names} if self._begun else self._standing()
        problem = self._change(gone, new, wanted)
        if problem is not None:
            self._trouble("loading", f"the rules cannot be loaded: {problem.text}")
            return frozenset(wish.link for wish in _sending(found))
        self._begun = True
        self._troubles.pop("loading", None)
        self._counted = Tally() if not loaded else self._counted
        self._forget_learned(graph, [guard for guard in new if not had.intersection(guard.names)])
        was = {(name, guard.mac) for guard in gone for name in guard.names}
        for guard in new:
            if any((name, guard.mac) in was for name in guard.names):
                continue  # the same, under a name less or more
            if guard in found.waiting:
                self._tell(Kept("rules", _waits(guard)))
                continue
            where, who = _ends(graph, guard.names)
            allowed = " ".join((guard.mac, *guard.ipv4, *guard.ipv6))
            what = "is sealed, as" if guard.seal else "may send as"
            self._tell(Kept("rules", f"{display_name(who)} {what} {allowed}", link=where))
        staying = {name for guard in wanted for name in guard.names}
        for guard in gone:
            if not staying.intersection(guard.names):
                names = ", ".join(map(display_name, guard.names))
                self._tell(Kept("rules", f"the rules of {names} are removed", link=None))
        return frozenset()

    def _standing(self) -> set[str]:
        """The devices that an earlier run has guarded."""
        standing = self._rules.standing()
        return set() if isinstance(standing, NftProblem) else set(standing)

    def _forget_learned(self, graph: Inventory, guards: Iterable[Guard]) -> None:
        """What bridges have learned at their ports before. No setting, and so not journaled: it is learned again."""
        for name in (name for guard in guards for name in guard.names):
            for link in graph.links_named(name, graph.home) if graph.home is not None else ():
                if link.port is not None:
                    self._host.execute([FlushForwarding(Handle(link.id.namespace, link.name, link.id.ifindex))])

    def _change(self, gone: Sequence[Guard], new: Sequence[Guard], wanted: Sequence[Guard]) -> NftProblem | None:
        if self._begun:
            return self._rules.change(gone, new)
        return self._rules.load(wanted) if wanted else self._removed()

    def _removed(self) -> NftProblem | None:
        """At the start nothing is to be guarded: what an earlier run left goes. Without nft, nothing is left."""
        problem = self._rules.remove()
        return None if problem is not None and problem.code == "missing" else problem

    # Links

    def _do(self, found: Drift, graph: Inventory, held_back: Iterable[LinkId]) -> None:
        for link, intent in zip(found.released, releases_of(found), strict=True):
            if (link, intent) not in self._asked:
                self._asked.add((link, intent))
                isolating = {(link, SetPort(link, (("isolated", True),)))}
                self._asked -= isolating
                self._settled -= isolating
                self._carry_out(graph, None, link, [intent])
        wishes: dict[LinkId, list[Wish]] = {}
        for wish in _linking(found):
            wishes.setdefault(wish.link, []).append(wish)
        alive = {link for link in (*wishes, *found.released) if graph.link(link) is not None}
        self._asked = {one for one in self._asked if one[0] in alive}
        self._settled = {one for one in self._settled if one[0] in alive}
        for link, mine in wishes.items():
            if link in held_back:
                continue
            due = intents_of(mine)
            self._settled |= {one for one in self._asked if one[0] == link and one[1] not in due}
            again = [intent for intent in due if (link, intent) in self._settled]
            for intent in again:
                self._once(Kept("taken-back", _taken_back(graph, intent), mine[0].policy, graph.address(link)))
            new = [intent for intent in due if (link, intent) not in self._asked]
            if new:
                self._asked |= {(link, intent) for intent in new}
                self._carry_out(graph, mine[0].policy, link, new)

    def _carry_out(self, graph: Inventory, policy: str | None, link: LinkId, intents: Sequence[Intent]) -> None:
        where = graph.address(link)
        words = "; ".join(in_words(graph, intent) for intent in intents)
        around = self._host.surroundings(sorted({one for intent in intents for one in touched(graph, intent)}))
        plan = plan_many(graph, intents, around, with_reach=False)
        if isinstance(plan, Refusal):
            self._failed(f"{words}: {plan.text}", policy, where, "refused")
            return
        if plan.consent is not Consent.NONE:
            why = "; ".join(plan.why_consent)
            self._failed(f"{words}: {why}: that needs your own consent, by jackfield pin", policy, where, "refused")
            return
        try:
            applied = apply(self._host, self._journal, Order(f"enforce: {words}", plan, before(graph, plan)))
        except OSError as error:
            self._failed(f"{words}: the journal cannot be written ({error.strerror})", policy, where)
            return
        failed = next((one for one in applied.outcomes if one.fate is Fate.FAILED), None)
        if failed is not None:
            if graph.link(link) is not None:
                self._failed(f"{words}: {failed.error or failed.kernel}", policy, where)
            return
        self._leave(applied.id, graph, plan, applied.outcomes)
        self._expect(graph, link, intents, plan, around)
        self._tell(Kept("done", f"{words} ({applied.id})", policy, where))

    def _expect(
        self, graph: Inventory, link: LinkId, intents: Iterable[Intent], plan: Plan, around: Surroundings
    ) -> None:
        """A link that is just up may get an address of its old MAC after we looked: the plan knew nothing of it."""
        had = graph.link(link)
        follows = any(isinstance(one, SetSysctl) and one.key == GEN_MODE for one in plan.operations)
        knobs = {key: value for one in around.belongings if one.link == link for _, key, value in one.knobs}
        old = None if had is None else link_local(had.mac)
        if any(isinstance(one, SetMac) for one in intents) and not follows and knobs.get(GEN_MODE, "0") == "0" and old:
            self._before[link] = old

    def _follow(self, graph: Inventory) -> None:
        """Where the address of the old MAC came late, let the one of the new MAC take its place."""
        for link, old in tuple(self._before.items()):
            now = graph.link(link)
            if now is None:
                del self._before[link]
                continue
            new = link_local(now.mac)
            addresses = {address.text for address in graph.addresses(link)}
            if new is None or new == old or not {new, old} & addresses:
                continue  # it is not told yet
            del self._before[link]
            if new not in addresses and now.mac is not None:
                self._replace(graph, now, old, new)

    def _replace(self, graph: Inventory, link: Link, old: str, new: str) -> None:
        """As a plan for another MAC does it: addr_gen_mode there and back makes the kernel add the new one."""
        handle = Handle(link.id.namespace, link.name, link.id.ifindex)
        steps = (
            Step(SetSysctl(handle, "ipv6", GEN_MODE, "1")),
            Step(SetSysctl(handle, "ipv6", GEN_MODE, "0"), (DropLinkAddress(handle, f"{new}/64"),)),
            Step(DropLinkAddress(handle, f"{old}/64")),
        )
        words = f"the link-local address follows the MAC: {new}"
        plan = Plan(SetMac(link.id, link.mac or ""), steps)
        try:
            applied = apply(self._host, self._journal, Order(f"enforce: {words}", plan, before(graph, plan)))
        except OSError as error:
            self._failed(f"{words}: the journal cannot be written ({error.strerror})", None, graph.address(link.id))
            return
        failed = next((one for one in applied.outcomes if one.fate is Fate.FAILED), None)
        if failed is None:
            self._tell(Kept("followed", f"{words} ({applied.id})", None, graph.address(link.id)))
        else:
            self._failed(f"{words}: {failed.error or failed.kernel}", None, graph.address(link.id))

    def _leave(self, change: str, graph: Inventory, plan: Plan, outcomes: tuple[Outcome, ...]) -> None:
        """How its links are now, told by a rehearsal: the kernel's own events have not come yet."""
        from model.rehearsal import Impossible, Rehearsal, copied

        with suppress(TooLate, OSError, Impossible):  # undo then looks less closely
            rehearsal = Rehearsal(graph)
            rehearsal.do_all(plan.operations)
            after = copied(graph)
            after.apply(rehearsal.said)
            self._journal.leave(change, aftermath(after, outcomes))

    # Telling

    def _say(self, found: Drift, graph: Inventory) -> None:
        """Each thing once, until it is over."""
        now: set[Kept] = set()
        for note in found.notes:
            where = None if note.link is None else graph.address(note.link)
            now.add(Kept("note", note.text, note.policy, where))
        for wish in (*_linking(found), *_sending(found)):
            if wish.standing is Standing.REFUSED:
                now.add(Kept("refused", wish.reason, wish.policy, graph.address(wish.link)))
        for one in sorted(now - self._told, key=lambda one: one.text):
            self._tell(one)
        self._told = {one for one in self._told if one.what == "taken-back" or one in now} | now

    def _once(self, one: Kept) -> None:
        if one not in self._told:
            self._told.add(one)
            self._tell(one)

    def _failed(self, text: str, policy: str | None = None, where: str | None = None, what: str = "failed") -> None:
        self.failures += 1
        self._tell(Kept(what, text, policy, where))

    def _trouble(self, what: str, text: str) -> None:
        """Once, until it is another or over."""
        if self._troubles.get(what) != text:
            self._troubles[what] = text
            self._failed(text)

    def _remember(self, held: Mapping[LinkId, Held]) -> None:
        self._held = held
        try:
            self._kept.write(held)
        except OSError as error:
            self._trouble("remembering", f"what is known of containers cannot be kept: {error.strerror}")
        else:
            self._troubles.pop("remembering", None)


def _linking(found: Drift) -> tuple[Wish, ...]:
    """What asks for something of links."""
    return (*found.pins, *found.guards, *found.seals)


def _sending(found: Drift) -> tuple[Wish, ...]:
    """What asks for rules."""
    return (*found.guards, *found.seals)


def _waits(guard: Guard) -> str:
    name = display_name(guard.names[0])
    lets = "nothing passes until it is known who it is" if guard.closed else f"only {guard.mac} will pass"
    return f"rules wait for {name}, so that no frame comes before them: {lets}"


def _taken_back(graph: Inventory, intent: Intent) -> str:
    return (
        f"{in_words(graph, intent)}: that was done, and somebody took it back (udev? NetworkManager?). "
        "It is not fought over: put that right, then reload"
    )


def _ends(graph: Inventory, names: Iterable[str]) -> tuple[str | None, str]:
    """The host end's address, and who is behind it."""
    if graph.home is not None:
        for name in names:
            for link in graph.links_named(name, graph.home):
                inside = graph.peer(link.id)
                who = graph.address(inside.id) if isinstance(inside, Link) else None
                return graph.address(link.id), who or name
    return None, next(iter(names), "?")
