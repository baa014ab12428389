"""From what was typed to an entry of the policy: which container is meant, and what is kept of it."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Final

from backend.this_machine import netns_inode_of, seed
from model.address_book import Ambiguous, NoSuch, the_link, the_namespace
from model.drift import holding_entry
from model.guard import Guard, guard_problem
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.keeping import (
    CHILDREN,
    Edit,
    Part,
    addresses_now,
    cable_at,
    entry_for,
    no_cable,
    own_link_locals,
    selector_of,
    without_part,
)
from model.link import Link
from model.names import display_name
from model.pinned_names import template_problem
from model.plan import Refusal
from model.policy import DERIVED, GuardRule, Pin, Policies, Policy, SealRule, Selector
from model.policy_cables import Cable, cables
from model.shell_words import shell_line
from model.wishes import Held
from tui.commands.exits import Exit
from tui.commands.wishes import Unclear, a_mac

PART: Final[Mapping[str, Part]] = {
    "pin": "pin", "unpin": "pin", "guard": "guard", "unguard": "guard", "seal": "seal", "unseal": "seal",
}  # fmt: skip


class NotKept(Exception):
    """Nothing can be kept of what was named; the refusal says what to do instead."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Whom:
    """A container's cable, by which it is recognised."""

    match: Selector
    cable: Cable | None


def edit_of(graph: Inventory, policies: Policies, held: Mapping[LinkId, Held], typed: argparse.Namespace) -> Edit:
    """What was asked for. Raises Unclear, NotKept."""
    part = PART[typed.command]
    if typed.command.startswith("un"):
        return _less(graph, policies, held, part, typed.link)
    whom = _whom(graph, held, typed.link, typed.runtime)
    entry = entry_for(policies, whom.match)
    if entry not in policies and whom.cable is not None:
        entry = _holding(graph, policies, held, whom.cable, part) or entry
    before = entry if entry in policies else None
    return Edit(part, before, _MORE[part](graph, entry, whom, typed), whom.cable)


def _holding(
    graph: Inventory, policies: Policies, held: Mapping[LinkId, Held], cable: Cable, part: Part
) -> Policy | None:
    """An entry in other words that keeps the same of it, and of nothing else. Raises Unclear."""
    found = holding_entry(graph, policies, held, seed(), cable, part)
    if found is None:
        return None
    entry, many = found
    if many > 1:
        kept = "pin" if part == "pin" else "guard" if entry.guard is not None else "seal"
        text = (
            f"the entry '{display_name(entry.name)}' keeps the {kept} of {many} cables, this one among them: change it "
            f"in the policy file, put an entry for {graph.address(cable.host.id)} alone before it, or: "
            f"{shell_line(('jackfield', f'un{kept}', entry.name))}"
        )
        raise Unclear(text, Exit.REFUSED, "holds-for-more")
    return entry


def _pin(_graph: Inventory, entry: Policy, _whom: Whom, typed: argparse.Namespace) -> Policy:
    problem = template_problem(typed.name) if typed.name is not None else None
    if problem is not None:
        raise Unclear(f"--name {typed.name}: {problem}")
    mac = None if typed.mac is None else DERIVED if typed.mac == DERIVED else a_mac(typed.mac)
    if typed.name is None and mac is None:
        mac = entry.pin.mac if entry.pin is not None and entry.pin.mac is not None else DERIVED
    was = entry.pin or Pin()
    return replace(entry, pin=Pin(typed.name or was.name, mac or was.mac))


def _guard(graph: Inventory, entry: Policy, whom: Whom, typed: argparse.Namespace) -> Policy:
    if entry.seal is not None:
        raise Unclear(
            f"'{entry.name}' is sealed, and a seal is a guard: jackfield unseal first", Exit.REFUSED, "sealed"
        )
    mac = None if typed.mac is None else a_mac(typed.mac)
    texts = typed.address
    if texts is None:
        known = entry.guard is not None or whom.cable is None or whom.cable.inside is None
        texts = [] if known else addresses_now(graph, whom.cable)
    was = entry.guard or GuardRule()
    ipv4, ipv6 = was.ipv4, was.ipv6
    if texts:
        try:
            found = [ip_address(text) for text in texts]
        except ValueError as error:
            raise Unclear(f"--address: {error}") from None
        ipv4 = tuple(str(one) for one in found if one.version == 4)
        ipv6 = tuple(str(one) for one in found if one.version == 6)
    rule = GuardRule(mac or was.mac, ipv4, ipv6, was.dhcp, typed.locked or was.locked)
    problem = guard_problem(Guard(("x",), rule.mac or "02:00:00:00:00:01", ipv4, ipv6))
    if problem is not None:
        raise Unclear(problem)
    return replace(entry, guard=rule)


def _seal(graph: Inventory, entry: Policy, whom: Whom, typed: argparse.Namespace) -> Policy:
    if entry.guard is not None:
        text = f"'{entry.name}' is guarded; a seal is a guard, too, and stricter: jackfield unguard first"
        raise Unclear(text, Exit.REFUSED, "guarded")
    if not typed.tcp and not typed.udp:
        raise Unclear("seal: which services? --tcp 873,3128, or --udp")
    was = entry.seal or SealRule()
    ipv6 = own_link_locals(graph, whom.cable) or was.ipv6
    return replace(entry, seal=SealRule(typed.to, typed.tcp, typed.udp, was.mac, ipv6))


_MORE: Final[Mapping[Part, Callable[[Inventory, Policy, Whom, argparse.Namespace], Policy]]] = {
    "pin": _pin,
    "guard": _guard,
    "seal": _seal,
}


def _less(graph: Inventory, policies: Policies, held: Mapping[LinkId, Held], part: Part, text: str) -> Edit:
    """An entry is found by its own name, by its owner's, or by what is there now."""
    having = [policy for policy in policies if getattr(policy, part) is not None]
    found = [one for one in having if one.name == text] or [one for one in having if text in _called(one)]
    cable = None
    if not found:
        whom = _whom(graph, held, text, None)
        cable, found = whom.cable, [one for one in having if one.match == whom.match]
    if len(found) != 1:
        many = f": several entries: {', '.join(one.name for one in found)}" if found else f": no {part} is kept for it"
        raise Unclear(text + many, Exit.NO_SUCH, "ambiguous" if found else "no-such")
    return Edit(part, found[0], without_part(found[0], part), cable)


def _called(policy: Policy) -> tuple[str, ...]:
    whose = policy.match.owner or policy.match.netns or ""
    return (whose, f"{whose}/{policy.match.link or ''}")


def _whom(graph: Inventory, held: Mapping[LinkId, Held], text: str, runtime: str | None) -> Whom:
    cable = _cable(graph, held, text)
    if cable is None:
        owner, slash, link = text.partition("/")
        if runtime is None or not slash or not owner or not link or "*" in text:
            more = "of a container that does not exist yet, say NAME/LINK and --runtime"
            raise Unclear(
                f"{text}: no container or cable that we can see is called so; {more}", Exit.NO_SUCH, "no-such"
            )
        return Whom(Selector(runtime=runtime, owner=owner, link=link), None)
    match = selector_of(cable)
    if match is None:
        where = graph.address(cable.host.id)
        whose = "its container has no name that is proved, and no `ip netns` name"
        text = f"{where}: nothing would recognise it at its next start: {whose}"
        raise Unclear(text, Exit.REFUSED, "no-name")
    return Whom(match, cable)


def _cable(graph: Inventory, held: Mapping[LinkId, Held], text: str) -> Cable | None:
    """The cable; None: nothing is called so. Raises Unclear."""
    match the_link(graph, text, netns_inode_of):
        case Link() as link:
            found = cable_at(graph, link.id, held)
            if found is None:
                raise NotKept(no_cable(graph, link))
            return found
        case Ambiguous(candidates=candidates):
            raise Unclear(f"{text}: several links are called so: {', '.join(candidates)}", Exit.NO_SUCH, "ambiguous")
    match the_namespace(graph, text, netns_inode_of):
        case Ambiguous(candidates=candidates):
            many = ", ".join(candidates)
            raise Unclear(f"{text}: several namespaces are called so: {many}", Exit.NO_SUCH, "ambiguous")
        case NoSuch():
            return None
        case space:
            return _only_cable(graph, held, text, space)


def _only_cable(graph: Inventory, held: Mapping[LinkId, Held], text: str, space: NamespaceId) -> Cable:
    found = [one for one in cables(graph, held) if one.inside is not None and one.inside.id.namespace == space]
    if len(found) == 1:
        return found[0]
    if found:
        many = ", ".join(graph.address(one.inside.id) or "" for one in found if one.inside is not None)
        raise Unclear(f"{text}: it has several cables: {many}", Exit.NO_SUCH, "ambiguous")
    child = next((link for link in graph.links(space) if link.kind in CHILDREN), None)
    if child is not None:
        raise NotKept(no_cable(graph, child))
    raise Unclear(f"{text}: no cable leads there from the host", Exit.NO_SUCH, "no-such")
