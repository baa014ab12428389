"""`policy`: what is kept, and how each entry stands on this host now."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rich.text import Text

from backend.births import BIRTHS
from backend.held_cables import HeldCables
from backend.host import Host
from backend.keeping import policies_in
from backend.nft import NftProblem
from backend.this_machine import seed
from model.drift import drift
from model.guard import Guard, on_device
from model.inventory import Inventory
from model.json_form import SCHEMA, Json
from model.keeping import Wish, wishes_of
from model.names import json_text
from model.policy import Policy
from model.policy_text import BadPolicies
from model.wishes import Drift, GuardWish, PinWish, Standing
from tui.commands.carrying import Manner
from tui.commands.exits import Exit
from tui.commands.graph import graph_of
from tui.commands.keep import say_bad
from tui.commands.printing import Paper

_STYLES: Final = {Standing.RIGHT: "green", Standing.DUE: "yellow", Standing.WAITS: "", Standing.REFUSED: "red"}


def policy(host: Host, paper: Paper, path: Path, *, as_json: bool) -> Exit:
    """Every entry, its wishes, and what is worth knowing."""
    policies = policies_in(path)
    if isinstance(policies, BadPolicies):
        return say_bad(paper, Manner(as_json=as_json), path, policies)
    graph = graph_of(host)
    paper.note_what_is_missing(graph)
    found = drift(policies, graph, seed(), HeldCables().read(), births=BIRTHS.of(policies))
    loaded = host.rules().standing() if found.rules or found.waiting else {}
    if as_json:
        paper.json(_form(graph, path, policies, found, loaded))
        return Exit.OK
    if not policies:
        paper.note(f"nothing is kept: {path} has no entries")
        return Exit.OK
    for entry in policies:
        paper.line(paper.shown(entry.name, "bold"))
        rows = [_row(paper, graph, wish, loaded) for wish in wishes_of(found, entry.name)]
        if rows:
            paper.rows(rows)
    waiting = [
        [
            Text("  waits"),
            paper.shown(name),
            Text(_stands_waiting(guard, name, loaded)),
            paper.shown(guard.mac or "closed until it is known who it is", "bright_black"),
        ]
        for guard in found.waiting
        for name in guard.names
    ]
    if waiting:
        paper.line(paper.shown("rules for host ends to come", "bold"))
        paper.rows(waiting)
    for note in found.notes:
        paper.note(note.text)
    if isinstance(loaded, NftProblem):
        paper.note(f"which rules are loaded cannot be seen: {loaded.text}")
    return Exit.OK


def stands(wish: Wish, loaded: Mapping[str, Guard] | NftProblem) -> Standing | None:
    """How it stands now, told by the rules that are in the kernel; None: that cannot be seen."""
    if isinstance(wish, PinWish) or wish.guard is None:
        return wish.standing
    if isinstance(loaded, NftProblem):
        return None
    is_port_right = not (wish.lock if isinstance(wish, GuardWish) else wish.isolate)
    holds = all(loaded.get(name) == on_device(wish.guard, name) for name in wish.guard.names)
    return Standing.RIGHT if is_port_right and holds else Standing.DUE


def _row(paper: Paper, graph: Inventory, wish: Wish, loaded: Mapping[str, Guard] | NftProblem) -> list[Text]:
    standing = stands(wish, loaded)
    return [
        Text(f"  {_part(wish)}"),
        paper.shown(graph.address(wish.link) or str(wish.link)),
        Text(standing.value if standing else "unknown", _STYLES[standing] if standing else ""),
        paper.shown(_words(wish), "bright_black"),
    ]


def _part(wish: Wish) -> str:
    return {"PinWish": "pin", "GuardWish": "guard", "SealWish": "seal"}[type(wish).__name__]


def _words(wish: Wish) -> str:
    if wish.reason:
        return wish.reason
    if isinstance(wish, PinWish):
        becomes = [word for word in (wish.name, wish.altname, wish.mac) if word is not None]
        return " ".join([*becomes, wish.link_local or ""]).strip()
    guard = wish.guard
    if guard is None:
        return ""
    if isinstance(wish, GuardWish):
        return " ".join((guard.mac, *guard.ipv4, *guard.ipv6))
    ports = () if guard.seal is None else (*(f"tcp/{n}" for n in guard.seal.tcp), *(f"udp/{n}" for n in guard.seal.udp))
    return " ".join((guard.mac, "reaches", wish.reach_at, *ports))


def _form(
    graph: Inventory, path: Path, policies: tuple[Policy, ...], found: Drift, loaded: Mapping[str, Guard] | NftProblem
) -> Json:
    return {
        "schema": SCHEMA,
        "kind": "policy",
        "file": str(path),
        "complete": graph.visibility.complete,
        "entries": [
            {
                "name": json_text(entry.name),
                "wishes": [_wish_form(graph, entry, wish, loaded) for wish in wishes_of(found, entry.name)],
            }
            for entry in policies
        ],
        "notes": [
            {
                "code": note.code,
                "policy": json_text(note.policy),
                "link": None if note.link is None else str(note.link),
                "text": json_text(note.text),
            }
            for note in found.notes
        ],
        "waiting": [
            {
                "device": name,
                "mac": guard.mac or None,
                "closed": guard.closed,
                "standing": _stands_waiting(guard, name, loaded),
            }
            for guard in found.waiting
            for name in guard.names
        ],
    }


def _stands_waiting(guard: Guard, name: str, loaded: Mapping[str, Guard] | NftProblem) -> str:
    if isinstance(loaded, NftProblem):
        return "unknown"
    standing = Standing.RIGHT if loaded.get(name) == on_device(guard, name) else Standing.DUE
    return str(standing.value)


def _wish_form(graph: Inventory, entry: Policy, wish: Wish, loaded: Mapping[str, Guard] | NftProblem) -> Json:
    standing = stands(wish, loaded)
    form: Json = {
        "part": _part(wish),
        "link": str(wish.link),
        "address": graph.address(wish.link),
        "standing": standing.value if standing is not None else "unknown",
        "reason": json_text(wish.reason),
    }
    if isinstance(wish, PinWish):
        return {**form, "name": wish.name, "altname": wish.altname, "mac": wish.mac, "link_local": wish.link_local}
    guard = wish.guard
    if guard is None:
        return form
    allowed: Json = {"mac": guard.mac, "ipv4": list(guard.ipv4), "ipv6": list(guard.ipv6)}
    if isinstance(wish, GuardWish):
        return {**form, **allowed, "locked": entry.guard is not None and entry.guard.locked}
    seal = guard.seal
    ports: Json = {} if seal is None else {"tcp": list(seal.tcp), "udp": list(seal.udp)}
    return {**form, **allowed, **ports, "reach_at": json_text(wish.reach_at)}
