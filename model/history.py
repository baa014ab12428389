"""Undo and redo: whether the world is still as a plan left it. What moved on is named, never guessed over.

For every plan that was done three things are kept: its outcomes, what its links were before it, and what they were
after it (`Left`). All are values; where they are kept, and since when, is somebody else's business.
"""

import contextlib
import dataclasses
from collections.abc import Iterable, Sequence

from model.cables import is_left_out
from model.change import Value, What
from model.difference import differences
from model.identity import LinkId, is_lasting
from model.inventory import Inventory, replace_ends
from model.link import Link
from model.operations import DropNamespace, Operation
from model.plan import Fate, Left, Outcome, Plan, Refusal
from model.planning.restoring import comes_by_itself
from model.rehearsal import Impossible, Rehearsal
from model.taking_back import Key, Undoing, acted_on, bound, handles_in, key_of, taking_back


def before(graph: Inventory, plan: Plan) -> tuple[Left, ...]:
    """What a plan will act on, as it is now."""
    handles = {handle for operation in plan.operations for handle in acted_on(operation)}
    ids = sorted({LinkId(handle.namespace, handle.ifindex) for handle in handles if handle.ifindex is not None})
    return tuple(_left(graph, link) for link in ids)


def aftermath(graph: Inventory, outcomes: Sequence[Outcome]) -> tuple[Left, ...]:
    """What a plan acted on and made, as it is now: to be asked when the graph has been read again after it."""
    made: dict[Key, LinkId] = {}
    ids: set[LinkId] = set()
    for outcome in outcomes:
        if outcome.fate is not Fate.DONE:
            continue
        made |= {key_of(handle): link for handle, link in outcome.made}
        ids |= {link for _, link in outcome.made}
        for handle in acted_on(bound(outcome.operation, made)):
            if handle.ifindex is not None:
                ids.add(LinkId(handle.namespace, handle.ifindex))
    return tuple(_left(graph, link) for link in sorted(ids))


def may_undo(
    graph: Inventory, plan: Plan, outcomes: Sequence[Outcome], left: Iterable[Left]
) -> Refusal | tuple[Undoing, ...]:
    """What takes a plan back; or what changed since, so that nothing is."""
    moved_on = [text for one in left for text in changed_since(graph, one)]
    if moved_on:
        return _refusal("undone", moved_on)
    undoing = taking_back(plan, outcomes)
    impossible = _rehearsed(graph, undoing)
    if impossible is not None:
        return impossible
    kept = _kept_namespaces(graph, undoing)
    return _refusal("undone", kept) if kept else undoing


def _kept_namespaces(graph: Inventory, undoing: Sequence[Undoing]) -> list[str]:
    """Why a name is not taken away: another namespace has it by now, or what is in ours would die with it."""
    drops = [one.operation for one in undoing if isinstance(one.operation, DropNamespace)]
    gone = _gone_by_then(graph, undoing) if drops else set()
    texts = []
    for drop in drops:
        for space in graph.labels.mounts.get(drop.name):
            if drop.of is not None and is_lasting(drop.of) and is_lasting(space) and drop.of != space:
                texts.append(f"{drop.name} is the name of another namespace by now")
                continue
            links = [link for link in graph.links(space) if not is_left_out(link) and link.id not in gone]
            inside = [link.name for link in links] or [owner.name for owner in graph.owners(space)]
            if inside:
                what = f"{len(inside):,} links are in it" if len(links) > 1 else f"{inside[0]} is in it"
                texts.append(f"{graph.address(space) or drop.name}: {what}")
    return texts


def _gone_by_then(graph: Inventory, undoing: Sequence[Undoing]) -> set[LinkId]:
    """What the same undo takes away or out, before it comes to the namespace."""
    rehearsal = Rehearsal(graph)
    with contextlib.suppress(Impossible):
        rehearsal.do_all(one.operation for one in undoing if not isinstance(one.operation, DropNamespace))
    return {link.id for link in graph.links() if link.id not in rehearsal.stage.links}


def may_redo(
    graph: Inventory, plan: Plan, undone: Sequence[Outcome], were: Iterable[Left]
) -> Refusal | tuple[Operation, ...]:
    """What does a plan again after it was taken back by operations with these outcomes; or what changed since."""
    instead = _got_instead(plan, undone)
    moved_on: list[str] = []
    for one in were:
        now = instead.get(one.link, one.link)
        state = one.state if one.state is None else dataclasses.replace(one.state, id=now)
        moved_on += changed_since(graph, Left(now, one.called, state, one.addresses), instead)
    if moved_on:
        return _refusal("done again", moved_on)
    numbers: dict[Key, LinkId] = {}
    for operation in plan.operations:
        for handle in handles_in(operation):
            if handle.ifindex is not None:
                old = LinkId(handle.namespace, handle.ifindex)
                numbers[key_of(handle)] = instead.get(old, old)
    operations = tuple(bound(operation, numbers) for operation in plan.operations)
    impossible = _rehearsed(graph, tuple(Undoing(operation, sure=True) for operation in operations))
    return operations if impossible is None else impossible


def changed_since(graph: Inventory, left: Left, renumbered: dict[LinkId, LinkId] | None = None) -> list[str]:
    """A sentence for each way in which a link is not as it was left. What changes by itself is not looked at."""
    now = graph.link(left.link)
    if left.state is None:
        return []
    if now is None:
        return [f"{left.called} is gone"]
    then, is_now = _lasting(left.state), _lasting(replace_ends(now, graph.ends(now.id)))
    if renumbered:
        peer = renumbered.get(then.peer, then.peer) if isinstance(then.peer, LinkId) else then.peer
        parent = renumbered.get(then.parent, then.parent) if isinstance(then.parent, LinkId) else then.parent
        then = dataclasses.replace(then, peer=peer, parent=parent)
    texts = [f"{left.called}: {_told(graph, what, old, new)}" for what, old, new in differences(then, is_now)]
    if then.kind != is_now.kind:
        texts.append(f"{left.called}: it was a {then.kind}, now a {is_now.kind} has its number")
    if then.peer != is_now.peer or then.parent != is_now.parent:
        texts.append(f"{left.called}: it leads elsewhere now")
    addresses = _addresses(graph, now)
    texts += [f"{left.called}: it has {cidr} now" for cidr in addresses if cidr not in left.addresses]
    texts += [f"{left.called}: it no longer has {cidr}" for cidr in left.addresses if cidr not in addresses]
    return texts


_WORDS = {What.MAC: "MAC", What.MTU: "MTU", What.MODE: "mode", What.ALIAS: "alias"}


def _told(graph: Inventory, what: What, old: Value, new: Value) -> str:
    match what:
        case What.RENAMED:
            return f"it is called {new} now"
        case What.UP | What.DOWN:
            return f"it is {'up' if new else 'DOWN'} now"
        case What.ATTACHED if isinstance(new, LinkId):
            return f"it is a port of {graph.address(new) or new} now"
        case What.DETACHED:
            return "it is a port of nothing now"
        case What.MAC | What.MTU | What.MODE | What.ALIAS:
            return f"its {_WORDS[what]} was {old}, and is {new} now"
        case What.ALTNAME:
            return "its altnames are others now"
        case What.PORT:
            return "its bridge treats it in another way now"
        case _:
            return "its options are others now"


def _left(graph: Inventory, link: LinkId) -> Left:
    now = graph.link(link)
    if now is None:
        return Left(link, str(link))
    return Left(link, graph.address(link) or str(link), replace_ends(now, graph.ends(link)), _addresses(graph, now))


def _addresses(graph: Inventory, link: Link) -> tuple[str, ...]:
    """Those that somebody gave it: no link-local one that follows from its MAC, nothing temporary."""
    return tuple(
        sorted(
            address.cidr
            for address in graph.addresses(link.id)
            if not comes_by_itself(dataclasses.replace(link, up=True), address) and "temporary" not in address.flags
        )
    )


def _lasting(link: Link) -> Link:
    """What does not change by itself."""
    port = None if link.port is None else dataclasses.replace(link.port, state="")
    return dataclasses.replace(link, carrier=False, operstate="", altnames=tuple(sorted(link.altnames)), port=port)


def _refusal(verb: str, moved_on: Sequence[str]) -> Refusal:
    shown = "; ".join(moved_on[:3]) + (f"; and {len(moved_on) - 3} more" if len(moved_on) > 3 else "")
    return Refusal(
        "world-moved",
        f"it cannot be {verb}: the world moved on: {shown}",
        ("take back first what was done since", "do what is still wanted by hand: the lines are in the log"),
    )


def _rehearsed(graph: Inventory, undoing: Sequence[Undoing]) -> Refusal | None:
    rehearsal = Rehearsal(graph)
    for one in undoing:
        try:
            rehearsal.do(one.operation)
        except Impossible as impossible:
            if one.sure:
                names = ", ".join(dict.fromkeys(handle.name for handle in handles_in(one.operation)))
                text = f"{type(one.operation).__name__} {names}: {impossible}"
                return dataclasses.replace(_refusal("done", [text]), kernel=str(impossible))
    return None


def _got_instead(plan: Plan, undone: Sequence[Outcome]) -> dict[LinkId, LinkId]:
    """Links that came back with another number, by the one they had."""
    had = {
        (handle.namespace, handle.name): LinkId(handle.namespace, handle.ifindex)
        for operation in plan.operations
        for handle in handles_in(operation)
        if handle.ifindex is not None
    }
    return {
        had[(handle.namespace, handle.name)]: link
        for outcome in undone
        for handle, link in outcome.made
        if (handle.namespace, handle.name) in had and had[(handle.namespace, handle.name)] != link
    }
