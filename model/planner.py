"""From a wish to a Plan, or to the reason why there is none. Nothing is done here, and nobody is asked."""

import contextlib
import dataclasses
from collections.abc import Iterable, Sequence
from typing import assert_never

from model.identity import LinkId
from model.intents import (
    AddAddress,
    AddAltname,
    Attach,
    CreateBridge,
    CreateMacvlan,
    CreateNamespace,
    CreateVeth,
    Delete,
    DeleteAddress,
    DeleteAltname,
    DeleteNamespace,
    Detach,
    ForgetLearned,
    Intent,
    LockPort,
    Move,
    Rename,
    SetAlias,
    SetBridge,
    SetMac,
    SetMacvlanMode,
    SetMtu,
    SetPort,
    SetUp,
    Several,
)
from model.inventory import Inventory
from model.labels import word
from model.operations import AddForwarding, Operation, SetLinkMac, SetPortSettings
from model.plan import Consent, Plan, Refusal, Step, Surroundings
from model.planning.addressing import add_address, delete_address
from model.planning.creating import create_bridge, create_macvlan, create_veth
from model.planning.deleting import create_namespace, delete, delete_namespace
from model.planning.draft import Draft, Refused
from model.planning.mac import set_mac
from model.planning.moving import move
from model.planning.naming import add_altname, delete_altname, rename, set_alias
from model.planning.plugging import attach, detach
from model.planning.reaching import reach_meanings
from model.planning.restoring import doomed_with
from model.planning.segment import port_end
from model.planning.settings import forget_learned, lock_port, set_bridge, set_port
from model.planning.switching import set_mode, set_mtu, set_up
from model.protection import dangers
from model.rehearsal import Impossible, Rehearsal, copied
from model.stage import NO_MAC


def plan(graph: Inventory, intent: Intent, surroundings: Surroundings, *, with_reach: bool = True) -> Plan | Refusal:
    """What to do for one wish, what it means, and what takes it back.

    Without `with_reach` it does not say who will reach whom: that takes 0.2 s on a segment of 2,000 links, all else
    a few milliseconds.
    """
    made = _planned(graph, (intent,), intent, surroundings)
    return made if isinstance(made, Refusal) or not with_reach else telling_reach(graph, made)


def plan_many(
    graph: Inventory, intents: Sequence[Intent], surroundings: Surroundings, *, with_reach: bool = True
) -> Plan | Refusal:
    """One plan for several wishes, in their order. One that cannot be had refuses the whole."""
    made = _planned(graph, intents, Several(tuple(intents)), surroundings)
    return made if isinstance(made, Refusal) or not with_reach else telling_reach(graph, made)


def telling_reach(graph: Inventory, made: Plan) -> Plan:
    """The same plan, saying first who will reach whom, and who no longer."""
    if not made.steps:
        return made
    rehearsal = Rehearsal(graph)
    rehearsal.do_all(_without_locks(made.operations))
    return dataclasses.replace(made, means=(*reach_meanings(graph, rehearsal.said), *made.means))


def _without_locks(operations: Iterable[Operation]) -> list[Operation]:
    """A port that is locked to who is behind it lets the same frames in; its entry is in no graph."""
    known = {one.link for one in operations if isinstance(one, AddForwarding)}
    return [
        one
        for one in operations
        if not (isinstance(one, SetPortSettings) and one.link in known and ("locked", True) in one.settings)
    ]


def touched(graph: Inventory, intent: Intent) -> tuple[LinkId, ...]:
    """The links whose belongings have to be read before this is planned."""
    draft = Draft(graph, Surroundings())
    found: dict[LinkId, None] = {}
    match intent:
        case Delete():
            link = graph.link(intent.link)
            if link is not None:
                for one in doomed_with(draft, link).links:
                    found[one.id] = None
                    found.update((port.id, None) for port in graph.ports(one.id))
        case SetMtu():
            found[intent.link] = None
            found.update((child.id, None) for child in graph.children(intent.link))
            found.update((bridge, None) for bridge in [graph.ends(intent.link).master] if isinstance(bridge, LinkId))
        case Attach() | Detach():
            found[intent.link] = None
            found.update((far, None) for far in [graph.ends(intent.link).peer] if isinstance(far, LinkId))
            if isinstance(intent, Attach):
                found[intent.bridge] = None
        case Move() | SetMac() | SetUp() | DeleteAddress() | SetPort() | LockPort() | ForgetLearned():
            found[intent.link] = None
        case (
            CreateVeth() | CreateBridge() | CreateMacvlan() | CreateNamespace() | DeleteNamespace() | Rename()
            | AddAltname() | DeleteAltname() | SetAlias() | SetMacvlanMode() | AddAddress() | SetBridge()
        ):  # fmt: skip
            pass
        case _:
            assert_never(intent)
    return tuple(link for link in found if graph.link(link) is not None)


def _planned(
    graph: Inventory, intents: Sequence[Intent], whole: Intent | Several, surroundings: Surroundings
) -> Plan | Refusal:
    if not surroundings.may_change:
        return Refusal("not-permitted", surroundings.why_not or "nothing may be changed here")
    if not intents:
        return Plan(whole, ())
    try:
        _no_two_wishes_for_one(graph, intents)
        plans = _one_after_the_other(graph, intents, surroundings)
    except Refused as refused:
        return refused.refusal
    made = plans[0] if len(plans) == 1 else _together(plans)
    return protected(graph, dataclasses.replace(made, intent=whole), surroundings)


def _one_after_the_other(graph: Inventory, intents: Sequence[Intent], surroundings: Surroundings) -> list[Plan]:
    """Each is planned on the graph as the ones before it will leave it."""
    here, plans = graph, []
    known = frozenset(link.id for link in graph.links())
    macs = list(surroundings.fresh_macs)
    pinned: set[LinkId] = set()
    for number, intent in enumerate(intents):
        invented = frozenset(link.id for link in here.links()) - known if number else frozenset()
        draft = Draft(here, dataclasses.replace(surroundings, fresh_macs=tuple(macs)), invented)
        _write(draft, intent)
        macs = draft.macs_left
        rehearsal = _tried(here, draft, pinned)
        if _pin(draft, rehearsal, pinned):
            rehearsal = _tried(here, draft, pinned)
        pinned = rehearsal.stage.pinned
        plans.append(draft.plan(intent))
        if number + 1 < len(intents):
            here = copied(here)
            here.apply(rehearsal.said)
    return plans


def _write(draft: Draft, intent: Intent) -> None:  # noqa: C901, PLR0912  one line for each wish
    match intent:
        case CreateVeth():
            create_veth(draft, intent)
        case CreateBridge():
            create_bridge(draft, intent)
        case CreateMacvlan():
            create_macvlan(draft, intent)
        case CreateNamespace():
            create_namespace(draft, intent)
        case DeleteNamespace():
            delete_namespace(draft, intent)
        case Delete():
            delete(draft, intent)
        case Rename():
            rename(draft, intent)
        case AddAltname():
            add_altname(draft, intent)
        case DeleteAltname():
            delete_altname(draft, intent)
        case SetAlias():
            set_alias(draft, intent)
        case SetMac():
            set_mac(draft, intent)
        case Attach():
            attach(draft, intent)
        case Detach():
            detach(draft, intent)
        case Move():
            move(draft, intent)
        case SetMacvlanMode():
            set_mode(draft, intent)
        case SetUp():
            set_up(draft, intent)
        case SetMtu():
            set_mtu(draft, intent)
        case AddAddress():
            add_address(draft, intent)
        case DeleteAddress():
            delete_address(draft, intent)
        case SetPort():
            set_port(draft, intent)
        case LockPort():
            lock_port(draft, intent)
        case ForgetLearned():
            forget_learned(draft, intent)
        case SetBridge():
            set_bridge(draft, intent)
        case _:
            assert_never(intent)


def _no_two_wishes_for_one(graph: Inventory, intents: Sequence[Intent]) -> None:
    """Two different wishes of the same sort for one thing: whichever came last would win. Raises Refused."""
    seen: dict[tuple[str, LinkId], Intent] = {}
    for intent in intents:
        match intent:
            case Rename() | SetAlias() | SetMac() | Attach() | Move() | SetMacvlanMode() | SetUp() | SetMtu():
                link = intent.link
                if isinstance(intent, Attach):
                    found = graph.link(link)
                    link = link if found is None else port_end(Draft(graph, Surroundings()), found).id
                before = seen.setdefault((type(intent).__name__, link), intent)
                if before != intent:
                    raise Refused(
                        "conflict",
                        f"{graph.address(link) or link}: two wishes for it contradict each other",
                        "wish for one of them",
                    )
            case _:
                pass


def _together(plans: Sequence[Plan]) -> Plan:
    def joined(parts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one for part in parts for one in part))

    asking = [one for one in plans if one.consent is not Consent.NONE]
    return Plan(
        plans[0].intent,
        tuple(step for one in plans for step in one.steps),
        tuple(dict.fromkeys(meaning for one in plans for meaning in one.means)),
        joined(one.lost for one in plans),
        Consent.NAME if asking else Consent.NONE,
        joined(one.why_consent for one in plans),
        asking[0].consent_word if asking else "",
    )


def _tried(graph: Inventory, draft: Draft, pinned: Iterable[LinkId]) -> Rehearsal:
    """What a rehearsal finds impossible is not tried on the kernel. Raises Refused."""
    rehearsal = Rehearsal(graph, pinned)
    try:
        rehearsal.do_all(step.do for step in draft.steps)
    except Impossible as impossible:
        text = f"the kernel would refuse this: {impossible}"
        raise Refused("kernel", text, "look again: something else may have changed", kernel=str(impossible)) from None
    return rehearsal


def _pin(draft: Draft, rehearsal: Rehearsal, pinned: Iterable[LinkId]) -> bool:
    """A bridge whose MAC would follow a port keeps the one it has: neighbours know it by that, and so does its undo."""
    is_pinned = False
    back = Rehearsal(draft.graph, pinned)
    with contextlib.suppress(Impossible):  # then it is as far as it could go
        back.do_all([*(step.do for step in draft.steps), *(one for step in reversed(draft.steps) for one in step.undo)])
    chosen = {step.do.link for step in draft.steps if isinstance(step.do, SetLinkMac)}
    for bridge in [link for link in draft.graph.links() if link.kind == "bridge"]:
        later = (rehearsal.stage.links.get(bridge.id), back.stage.links.get(bridge.id))
        if bridge.mac in (None, NO_MAC) or all(one is None or one.mac == bridge.mac for one in later):
            continue
        handle = draft.handle(bridge)
        if handle not in chosen:
            draft.steps.insert(0, Step(SetLinkMac(handle, bridge.mac or NO_MAC)))
            draft.mind(f"{draft.called(bridge.id)} keeps its MAC {bridge.mac}, now and later", "mac-pinned")
            is_pinned = True
    return is_pinned


def protected(graph: Inventory, made: Plan, surroundings: Surroundings) -> Plan:
    """The same plan; where it could cut a lifeline it asks for the name, and goes back unless it is confirmed."""
    found = dangers(graph, made.operations, surroundings.lifelines)
    if not found:
        return made
    first = graph.link(found[0].link)
    return dataclasses.replace(
        made,
        consent=Consent.NAME_AND_TIMER,
        why_consent=(*(danger.why for danger in found), *made.why_consent),
        consent_word=word(first.name) if first is not None else made.consent_word,
    )
