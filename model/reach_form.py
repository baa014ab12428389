"""`jackfield path --json` and `reach --json`: contracts whose keys are only ever added."""

from collections.abc import Callable
from typing import Final

from model.identity import LinkId
from model.inventory import Inventory
from model.json_form import SCHEMA, Json
from model.names import json_text
from model.probed import Agreement, Probed
from model.reach_classes import Classes, Relation
from model.remedies import to_allow
from model.verdict import Flow, Verdict

Explain = Callable[[LinkId, LinkId], Verdict]

OTHERWISE: Final = {"reachable": "no", "because": "no-path"}
"""What holds for two classes that `between` does not name."""


def path_form(
    graph: Inventory,
    ends: tuple[LinkId, LinkId],
    verdict: Verdict,
    layer3: str | None,
    probe: tuple[Probed, Agreement] | None,
) -> Json:
    """One answer."""
    form: Json = {
        "schema": SCHEMA,
        "kind": "path",
        "from": _address(graph, ends[0]),
        "to": _address(graph, ends[1]),
        "reachable": str(verdict.reachable),
        "hops": [_address(graph, hop) for hop in verdict.hops],
        "blocked_at": None if verdict.blocked_at is None else _address(graph, verdict.blocked_at),
        "because": str(verdict.because),
        "text": verdict.text,
        "wired": str(verdict.wired),
        "there": _flow(verdict.there),
        "back": _flow(verdict.back),
        "layer3": layer3,
        "to_allow": to_allow(graph, *ends, verdict),
        "guards": [_address(graph, guard) for guard in verdict.guards],
    }
    if probe is not None:
        probed, agreement = probe
        form["probe"] = {"there": _flow(probed.there), "back": _flow(probed.back), "model": str(agreement)}
    return form


def reach_form(graph: Inventory, classes: Classes, *, complete: bool, explain: Explain | None) -> Json:
    """All classes. Pairs of classes that nothing connects are left out: `otherwise` says so.

    `explain` answers for single pairs: with it the whole matrix is told, too.
    """
    members = [[_address(graph, member) for member in one.members] for one in classes.classes]
    count = range(len(members))
    form: Json = {
        "schema": SCHEMA,
        "kind": "reach",
        "complete": complete,
        "classes": [
            {"members": names, "within": _within(one.within), "reaches_nobody": one.reaches_nobody}
            for names, one in zip(members, classes.classes, strict=True)
        ],
        "between": [
            {"from": one, "to": other, **_relation(relation)}
            for one in count
            for other in count[one + 1 :]
            if not is_plain(relation := classes.between(one, other))
        ],
        "otherwise": OTHERWISE,
    }
    if explain is not None:
        named = _named(members, classes)
        form["matrix"] = {
            near: {far: _cell(classes, explain, one, other) for far, other in named if other != one}
            for near, one in named
        }
    return form


def _cell(classes: Classes, explain: Explain, one: LinkId, other: LinkId) -> str:
    relation = classes.pair(one, other)
    return str(relation.reachable if relation.own is None else explain(one, other).reachable)


def is_plain(relation: Relation) -> bool:
    """Whether it is no more than that nothing connects the two."""
    return _relation(relation) == OTHERWISE


def _named(members: list[list[str]], classes: Classes) -> list[tuple[str, LinkId]]:
    return [
        (name, link)
        for names, one in zip(members, classes.classes, strict=True)
        for name, link in zip(names, one.members, strict=True)
    ]


def _within(relation: Relation | None) -> str:
    """One member reaches itself."""
    return "yes" if relation is None else str(relation.reachable)


def _relation(relation: Relation) -> Json:
    form: Json = {"reachable": str(relation.reachable), "because": str(relation.because)}
    if relation.own is not None:
        form["own"] = str(relation.own)
    return form


def _flow(flow: Flow) -> Json:
    return {"broadcast": flow.broadcast, "multicast": flow.multicast, "unicast": flow.unicast}


def _address(graph: Inventory, link: LinkId) -> str:
    return json_text(graph.address(link) or str(link))
