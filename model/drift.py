"""What should be and what is: the policies held against the graph. What comes of it are wishes, not deeds."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

from model.births import Birth, host_address, of_nspawn, waiting
from model.ethernet import link_local
from model.guard import Guard, Seal, guard_problem
from model.identity import LinkId
from model.inventory import Inventory
from model.link import Link
from model.multimap import Multimap
from model.names import display_name
from model.namespace import Owner
from model.pinned_names import Pinned, Whereabouts, pinned
from model.policy import (
    DERIVED,
    CableFacts,
    GuardRule,
    Pin,
    Policies,
    Policy,
    SealRule,
    Selector,
    is_trusted,
    matched_owner,
    matches,
)
from model.policy_cables import Cable, cables
from model.wishes import Drift, GuardWish, Held, PinWish, PolicyNote, SealWish, Standing

_ALTNAME_ONLY: Final = frozenset({"lxd", "incus"})
"""A host end that was renamed is left behind at every stop, and no NIC option can be changed any more (measured)."""
_CNI: Final = frozenset({"kubernetes"})
_UNGUARDABLE: Final = frozenset({"macvlan", "macvtap"})


def drift(
    policies: Policies,
    graph: Inventory,
    seed: str,
    held: Mapping[LinkId, Held] | None = None,
    loaded: Collection[Guard] = (),
    births: Iterable[Birth] = (),
) -> Drift:
    """Hold the policies against the graph.

    `seed` is the host's own, `held` what the last time returned, `loaded` what the firewall has, `births` the host ends
    that runtimes will make under names known before.
    """
    work = _Work(policies, graph, seed, held or {}, frozenset(loaded), (*births, *of_nspawn(policies, seed)))
    for cable in cables(graph, held or {}):
        work.take(cable)
    return work.result()


class _Work:
    """One comparison."""

    def __init__(
        self,
        policies: Policies,
        graph: Inventory,
        seed: str,
        held: Mapping[LinkId, Held],
        loaded: frozenset[Guard],
        births: tuple[Birth, ...],
    ) -> None:
        self._policies = policies
        self._graph = graph
        self._seed = seed
        self._before = held
        self._loaded = loaded
        self._births = {birth.name: birth for birth in births}
        self._for_owner: Multimap[str, int] = Multimap()
        """The policies that name an owner, by that name: there may be a thousand of each."""
        self._for_any_owner: list[int] = []
        self._with_selector: Multimap[Selector, int] = Multimap()
        for number, policy in enumerate(policies):
            self._with_selector.add(policy.match, number)
            if policy.match.owner is None or "*" in policy.match.owner:
                self._for_any_owner.append(number)
            else:
                self._for_owner.add(policy.match.owner, number)
        self._held: dict[LinkId, Held] = {}
        self._promised: dict[str, LinkId] = {}
        self._matched: set[str] = set()
        self._pins: list[PinWish] = []
        self._guards: list[GuardWish] = []
        self._seals: list[SealWish] = []
        self._notes: list[PolicyNote] = []
        self._released: list[LinkId] = []

    def take(self, cable: Cable) -> None:
        """Find the policies of a cable, and what they wish."""
        cable = self._as_configured(cable)
        mine = self._of(cable)
        if not mine:
            self._release(cable)
            return
        self._matched.update(policy.name for policy in mine)
        self._held[cable.host.id] = replace(cable.held, selectors=tuple(policy.match for policy in mine))
        pinning = self._first(cable, [policy for policy in mine if policy.pin is not None], "pin")
        sending = self._first(cable, [policy for policy in mine if policy.sends is not None], "guard")
        pin, aim = None, None
        if pinning is not None and pinning.pin is not None and _is_known(pinning, cable):
            aim = pinned(pinning.pin, self._where(pinning, cable), self._seed)
            pin = self._pin(pinning, cable, aim)
            self._pins.append(pin)
        if sending is None or sending.seal is None:
            self._release(cable)
        if sending is not None:
            self._send(sending, cable, pin, aim)

    def result(self) -> Drift:
        """Everything that was found."""
        for policy in self._policies:
            if policy.name not in self._matched:
                self._notes.append(_unmatched(policy, self._graph))
        found = Drift(
            tuple(self._pins),
            tuple(self._guards),
            tuple(self._seals),
            tuple(self._notes),
            self._held,
            tuple(self._released),
        )
        guarded = {name for guard in found.rules for name in guard.names}
        births = [
            (birth, entry)
            for birth in self._births.values()
            if birth.name not in guarded and (entry := self._sending_of(birth)) is not None
        ]
        naming = [one for one in self._policies if one.sends is not None and (one.sends.mac or one.seal)]
        promised = promises(naming, self._seed)
        return replace(found, waiting=waiting(naming, self._graph, births, promised, guarded))

    def _sending_of(self, birth: Birth) -> Policy | None:
        """The entry that will guard it."""
        maybe = {*self._for_any_owner, *self._for_owner.get(birth.owner.name)}
        possible = (self._policies[number] for number in sorted(maybe))
        return next((one for one in possible if one.sends is not None and matches(one.match, birth.facts)), None)

    def _as_configured(self, cable: Cable) -> Cable:
        """With the MAC that its runtime's configuration gives it: what is inside has no say, however fast it is."""
        birth, before = self._births.get(cable.host.name), self._before.get(cable.host.id)
        if birth is None or birth.mac is None or (before is not None and before.settled):
            return cable
        whose = {(owner.runtime, owner.name) for owner in cable.owners if is_trusted(owner)}
        its_own = (birth.owner.runtime, birth.owner.name) in whose
        return replace(cable, held=replace(cable.held, mac=birth.mac)) if its_own else cable

    def _of(self, cable: Cable) -> list[Policy]:
        """Those that match it now, or did when it was made: an end that was changed inside keeps its policies."""
        facts, before = cable.facts, self._before.get(cable.host.id)
        held = frozenset(before.selectors) if before is not None else frozenset()
        maybe = set(self._for_any_owner).union(*(self._for_owner.get(owner.name) for owner in cable.owners))
        maybe.update(number for selector in held for number in self._with_selector.get(selector))
        possible = [self._policies[number] for number in sorted(maybe)]
        return [policy for policy in possible if policy.match in held or matches(policy.match, facts)]

    def _first(self, cable: Cable, wanting: list[Policy], what: str) -> Policy | None:
        for other in wanting[1:]:
            text = (
                f"{self._name(cable)}: '{display_name(wanting[0].name)}' stands before "
                f"'{display_name(other.name)}' in the file, so its {what} is used, and the other's is not"
            )
            self._note("two-policies", other, cable, text)
        return wanting[0] if wanting else None

    def _where(self, policy: Policy, cable: Cable) -> Whereabouts:
        owner = matched_owner(policy.match, cable.facts) or next(filter(is_trusted, cable.owners), None)
        return Whereabouts(
            "" if owner is None else owner.name,
            cable.held.inside or "",
            "" if owner is None else owner.runtime,
            next(iter(cable.facts.netns), ""),
            cable.facts.bridge or "",
        )

    # Pins

    def _pin(self, policy: Policy, cable: Cable, aim: Pinned) -> PinWish:
        host, by_altname = cable.host, bool(self._runtimes(cable) & _ALTNAME_ONLY)
        has = (host.name, *host.altnames) if by_altname else (host.name,)
        name = aim.name if aim.name not in has else None
        mac = aim.mac if aim.mac != host.mac else None
        wish = PinWish(
            policy.name,
            host.id,
            Standing.DUE,
            name=None if by_altname else name,
            altname=name if by_altname else None,
            mac=mac,
            link_local=aim.link_local or link_local(host.mac),
        )
        if name is None and mac is None:
            return replace(wish, standing=Standing.RIGHT)
        refusal = self._pin_refusal(policy, cable, aim)
        if refusal is not None:
            return replace(wish, standing=Standing.REFUSED, reason=refusal)
        waits = _too_early(cable)
        return replace(wish, standing=Standing.WAITS, reason=waits) if waits else wish

    def _pin_refusal(self, policy: Policy, cable: Cable, aim: Pinned) -> str | None:
        if self._runtimes(cable) & _CNI:
            return f"{self._name(cable)} is looked after by CNI, which finds it by its name: it is left alone"
        if cable.host.kind != "veth":
            return f"{self._name(cable)} is a tap: give it its name and its MAC in the VM's own configuration"
        if aim.name is None:
            return None
        taken = self._taken_by(aim.name, cable)
        if taken is None:
            self._promised[aim.name] = cable.host.id
            return None
        text = f"{self._name(cable)} cannot be called {display_name(aim.name)}: {taken}"
        self._note("name-taken", policy, cable, text)
        return text

    def _taken_by(self, name: str, cable: Cable) -> str | None:
        host = cable.host.id
        for link in self._graph.links_named(name, host.namespace):
            if link.id != host:
                return f"{self._graph.address(link.id)} has that name"
        promised = self._promised.get(name, host)
        return None if promised == host else f"{self._graph.address(promised)} is pinned to that name, too"

    # Guards and seals

    def _send(self, policy: Policy, cable: Cable, pin: PinWish | None, aim: Pinned | None) -> None:
        host, rule = cable.host, policy.sends
        mac = (rule.mac if rule is not None else None) or cable.held.mac
        coming = pin.name if pin is not None and pin.standing in (Standing.DUE, Standing.WAITS) else None
        names = tuple(dict.fromkeys(name for name in (host.name, coming) if name is not None))
        if mac is None:
            reason = f"{self._name(cable)}: which MAC the VM has cannot be seen: write it into the policy"
            self._refuse(policy, cable, reason)
            return
        match rule:
            case GuardRule():
                guard = Guard(names, mac, rule.ipv4, rule.ipv6, rule.dhcp)
                self._guard(policy, cable, guard, locked=rule.locked)
            case SealRule():
                self._seal(policy, cable, Guard(names, mac, ipv6=rule.ipv6, dhcp=False), rule, aim)
        self._changed(policy, cable, mac)

    def _guard(self, policy: Policy, cable: Cable, guard: Guard, *, locked: bool) -> None:
        problem = guard_problem(guard)
        if problem is not None:
            self._refuse(policy, cable, problem)
            return
        port = cable.host.port
        if locked and (port is None or cable.bridge is None):
            text = f"{self._name(cable)} is no port of a bridge: there is nothing to lock; the rules hold all the same"
            self._note("not-a-port", policy, cable, text)
        lock = locked and cable.bridge is not None and port is not None and not (port.locked and not port.learning)
        standing = Standing.DUE if lock else self._standing(guard)
        self._guards.append(GuardWish(policy.name, cable.host.id, standing, guard, lock=lock))

    def _seal(self, policy: Policy, cable: Cable, bare: Guard, rule: SealRule, aim: Pinned | None) -> None:
        target = self._host_link(rule, cable, aim)
        if isinstance(target, str):
            self._refuse(policy, cable, target)
            return
        mac = target.mac if target.id != cable.host.id or aim is None else aim.mac or target.mac
        address = host_address(self._graph, target, mac)
        if mac is None or address is None:
            where = self._graph.address(target.id)
            self._refuse(policy, cable, f"{where} has no link-local address that services could be reached at")
            return
        guard = replace(bare, seal=Seal(mac, address, rule.tcp, rule.udp))
        problem = guard_problem(guard)
        if problem is not None:
            self._refuse(policy, cable, problem)
            return
        isolate = cable.host.port is not None and cable.bridge is not None and not cable.host.port.isolated
        if isolate:
            self._held[cable.host.id] = replace(self._held[cable.host.id], isolated=True)
        standing = Standing.DUE if isolate else self._standing(guard)
        inside = display_name(cable.inside.name) if cable.inside is not None else "eth0"
        self._seals.append(SealWish(policy.name, cable.host.id, standing, guard, isolate, f"{address}%{inside}"))

    def _release(self, cable: Cable) -> None:
        """It is not sealed: what was isolated for a seal is to be as it was."""
        link, held = cable.host.id, cable.held
        if not held.isolated:
            return
        if cable.host.port is not None and cable.host.port.isolated:
            self._held[link] = self._held.get(link, held)
            self._released.append(link)
        elif link in self._held:
            self._held[link] = replace(self._held[link], isolated=False)

    def _host_link(self, rule: SealRule, cable: Cable, aim: Pinned | None) -> Link | str:
        """The link whose services are meant; or why it cannot be told."""
        if rule.to is None or (cable.bridge is None and aim is not None and rule.to == aim.name):
            return cable.bridge or cable.host
        found = self._graph.links_named(rule.to, cable.host.id.namespace)
        if len(found) != 1:
            return f"{display_name(rule.to)}: {'several links' if found else 'no link'} of the host have that name"
        if found[0].id != (cable.bridge or cable.host).id:
            return f"{self._name(cable)} does not lead to {display_name(rule.to)}"
        return found[0]

    def _refuse(self, policy: Policy, cable: Cable, reason: str) -> None:
        if policy.seal is not None:
            self._seals.append(SealWish(policy.name, cable.host.id, Standing.REFUSED, reason=reason))
        else:
            self._guards.append(GuardWish(policy.name, cable.host.id, Standing.REFUSED, reason=reason))

    def _standing(self, guard: Guard) -> Standing:
        return Standing.RIGHT if guard in self._loaded else Standing.DUE

    def _changed(self, policy: Policy, cable: Cable, mac: str) -> None:
        """Say so when the container is no longer who its guard says it is."""
        inside = cable.inside
        if inside is None:
            return
        if inside.mac is not None and inside.mac != mac:
            text = f"{self._name(cable)}: the container's end has {inside.mac}, its guard lets {mac} pass"
            self._note("mac-changed", policy, cable, text)
        rule, sends = policy.guard, policy.sends
        known = {*(rule.ipv4 if rule is not None else ()), *(sends.ipv6 if sends is not None else ()), link_local(mac)}
        for address in self._graph.addresses(inside.id):
            if address.text not in known and (rule is not None or address.scope == "link"):
                text = f"{self._name(cable)}: the container has {address.text}, which its guard does not let pass"
                self._note("address-changed", policy, cable, text)

    # Words

    def _runtimes(self, cable: Cable) -> frozenset[str]:
        return frozenset(owner.runtime for owner in cable.owners if is_trusted(owner))

    def _name(self, cable: Cable) -> str:
        return self._graph.address(cable.host.id) or str(cable.host.id)

    def _note(self, code: str, policy: Policy, cable: Cable, text: str) -> None:
        self._notes.append(PolicyNote(code, policy.name, cable.host.id, text))


def holding_entry(
    graph: Inventory, policies: Policies, held: Mapping[LinkId, Held], seed: str, cable: Cable, part: str
) -> tuple[Policy, int] | None:
    """The entry by which this part ("pin"; else its guard or seal) is kept of a cable, and of how many it is."""
    found = drift(policies, graph, seed, held) if policies else Drift()
    wishes: tuple[PinWish | GuardWish | SealWish, ...] = found.pins if part == "pin" else (*found.guards, *found.seals)
    name = next((wish.policy for wish in wishes if wish.link == cable.host.id), None)
    entry = next((policy for policy in policies if policy.name == name), None)
    return None if entry is None else (entry, sum(wish.policy == name for wish in wishes))


def promises(policies: Iterable[Policy], seed: str) -> Mapping[str, Pinned]:
    """By policy: what host ends will be, of containers that need not exist yet; where the selector says enough."""
    found: dict[str, Pinned] = {}
    for policy in policies:
        if policy.pin is None:
            continue
        match = policy.match
        words = {"owner": match.owner, "link": match.link, "runtime": match.runtime, "netns": match.netns}
        needed = _needed(policy.pin)
        if all(word is not None and "*" not in word for key, word in words.items() if key in needed):
            known = {key: word or "" for key, word in words.items()}
            found[policy.name] = pinned(policy.pin, Whereabouts(bridge=match.bridge or "", **known), seed)
    return found


def _needed(pin: Pin) -> frozenset[str]:
    """The words that the name or the MAC of a pin depends on."""
    named = {key for key in ("owner", "link", "runtime", "netns") if pin.name is not None and f"{{{key}}}" in pin.name}
    return frozenset(named | ({"owner", "link", "runtime"} if pin.mac == DERIVED else set()))


def _is_known(policy: Policy, cable: Cable) -> bool:
    """Whether names can be made for it. While a container ends its cable is there without it: it would get others."""
    return not policy.match.by_owner or any(map(is_trusted, cable.owners))


def _too_early(cable: Cable) -> str:
    """Renamed sooner, containers fail to start: docker 10 of 10, LXC 9 of 10 (measured)."""
    if cable.inside is None or cable.inside.id.namespace == cable.host.id.namespace:
        return "the other end is not in its container yet"
    return "" if cable.host.operstate == "up" else "the container's end is not up yet"


def _unmatched(policy: Policy, graph: Inventory) -> PolicyNote:
    """Why nothing is there for a policy: nothing at all, macvlans, or somebody who only claims to be meant."""
    name = display_name(policy.name)
    for space in graph.namespaces():
        owners = graph.owners(space.id)
        for link in graph.links(space.id):
            facts = CableFacts(owners, space.names, link.name)
            if link.kind in _UNGUARDABLE and not space.home and matches(policy.match, facts):
                where = graph.address(link.id)
                text = f"'{name}': {where} is a {link.kind}, whose mode its own root can change: replace it with a veth"
                return PolicyNote("macvlan", policy.name, link.id, text)
        if policy.match.by_owner and _only_claims(policy, owners):
            text = f"'{name}': {graph.address(space.id)} only claims to be meant: no supervisor of root's proves it"
            return PolicyNote("no-supervisor", policy.name, None, text)
    return PolicyNote("no-match", policy.name, None, f"'{name}': there is no such container or cable now")


def _only_claims(policy: Policy, owners: Iterable[Owner]) -> bool:
    believed = tuple(replace(owner, proved=True, user=None) for owner in owners if not is_trusted(owner))
    return matched_owner(policy.match, CableFacts(believed)) is not None
