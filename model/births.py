"""Host ends whose names are known before they are made: rules can wait for them, so that no frame comes before them."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from model import nspawn_names
from model.ethernet import link_local
from model.guard import Guard, Seal, guard_problem
from model.inventory import Inventory
from model.link import Link
from model.namespace import Owner
from model.pinned_names import Pinned
from model.policy import CableFacts, Policies, Policy, SealRule, is_trusted

_NO_NAME: Final = Pinned(None, None, None)


@dataclass(frozen=True, slots=True)
class Birth:
    """A host end that a runtime will make, as its configuration says."""

    name: str
    owner: Owner
    inside: str | None = None
    """The name of the inner end."""
    mac: str | None = None
    """Of the inner end; None: it will be made up at the start."""
    bridge: str | None = None

    @property
    def facts(self) -> CableFacts:
        """For a selector."""
        return CableFacts((self.owner,), (), self.inside, self.bridge)


def to_come(runtime: str, name: str, **labels: str) -> Owner:
    """A container that need not be there. Its configuration is root's own, which proves it."""
    return Owner(runtime, name, name, 0, labels=tuple(sorted(labels.items())), proved=True)


def of_nspawn(policies: Policies, machine_id: str) -> Iterator[Birth]:
    """All of a container of systemd-nspawn's follows from its name."""
    machines = {
        policy.match.owner
        for policy in policies
        if policy.sends is not None and policy.match.runtime == "nspawn" and policy.match.owner is not None
    }
    for machine in sorted(machines):
        if "*" not in machine:
            mac = nspawn_names.inside_mac(machine, machine_id)
            for name in nspawn_names.host_ends(machine):
                yield Birth(name, to_come("nspawn", machine), nspawn_names.INSIDE, mac)


class _Coming(NamedTuple):
    """A name, and the entry that it will be guarded by."""

    name: str
    policy: Policy
    mac: str | None
    bridge: str | None


def waiting(
    policies: Iterable[Policy],
    graph: Inventory,
    births: Iterable[tuple[Birth, Policy]],
    promised: Mapping[str, Pinned],
    guarded: Collection[str],
) -> tuple[Guard, ...]:
    """The rules that wait, of entries whose pins may be names that a runtime was told, and of births and their entries.

    `promised`: what pins will give, by entry; `guarded`: names that have rules already.
    """
    found: dict[str, Guard] = {}
    for one in _coming(policies, births, promised):
        if one.name not in guarded and one.name not in found and _is_free(graph, one.name):
            guard = _guard(graph, one, promised.get(one.policy.name, _NO_NAME))
            if _is_fit(guard):
                found[one.name] = guard
    return tuple(found.values())


def _coming(
    policies: Iterable[Policy], births: Iterable[tuple[Birth, Policy]], promised: Mapping[str, Pinned]
) -> Iterator[_Coming]:
    for birth, policy in births:
        yield _Coming(birth.name, policy, birth.mac, birth.bridge)
    for policy in policies:
        name = promised.get(policy.name, _NO_NAME).name
        if name is not None and policy.sends is not None and policy.sends.mac is not None:
            yield _Coming(name, policy, None, policy.match.bridge)  # its runtime may be told to make it so


@lru_cache(8192)
def _is_fit(guard: Guard) -> bool:
    """Asked for the same again and again, as often as the graph changes."""
    return guard_problem(guard) is None


def _is_free(graph: Inventory, name: str) -> bool:
    """Nobody has the name, or a veth of which it is not settled yet whose it is."""
    there = graph.links_named(name, graph.home) if graph.home is not None else ()
    for link in there:
        inside = graph.peer(link.id)
        if link.kind != "veth":
            return False
        if isinstance(inside, Link) and link.operstate == "up" and any(map(is_trusted, _owners(graph, inside))):
            return False
    return True


def _owners(graph: Inventory, inside: Link) -> tuple[Owner, ...]:
    return () if inside.id.namespace == graph.home else graph.owners(inside.id.namespace)


def _guard(graph: Inventory, one: _Coming, pin: Pinned) -> Guard:
    """What it may send as; where that is not known before, nothing: it is dropped until somebody has looked."""
    rule = one.policy.sends
    mac = (rule.mac if rule is not None else None) or one.mac
    closed = Guard((one.name,), closed=True)
    if rule is None or mac is None:
        return closed
    if not isinstance(rule, SealRule):
        return Guard((one.name,), mac, rule.ipv4, rule.ipv6, rule.dhcp)
    seal = _seal(graph, rule, one, pin)
    return closed if seal is None else Guard((one.name,), mac, ipv6=rule.ipv6, dhcp=False, seal=seal)


def _seal(graph: Inventory, rule: SealRule, one: _Coming, pin: Pinned) -> Seal | None:
    """None: the host's address is not known before."""
    to = rule.to or one.bridge
    host_mac, address = pin.mac, pin.link_local
    if to is not None and to != one.name:
        found = graph.links_named(to, graph.home) if graph.home is not None else ()
        if len(found) != 1:
            return None
        host_mac, address = found[0].mac, host_address(graph, found[0], found[0].mac)
    return None if host_mac is None or address is None else Seal(host_mac, address, rule.tcp, rule.udp)


def host_address(graph: Inventory, link: Link, mac: str | None) -> str | None:
    """The link-local address that a link has; where it follows from a MAC that is about to change, the one to come.

    One that follows from a secret (RFC 7217) stays when the MAC changes (net/ipv6/addrconf.c).
    """
    has = [one.text for one in graph.addresses(link.id) if one.family == 6 and one.scope == "link"]
    return link_local(mac) if not has or link_local(link.mac) in has else has[0]
