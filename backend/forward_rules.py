"""Which chains on the forward hook drop what no rule accepts, and what their rules accept. Text in, values out.

Sources: libnftables-json(5), iptables(8), iptables-extensions(8). What is not understood counts as accepting.
"""

import json
import shlex
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, Final

from model.findings.observed import Acceptance, DroppingChain

FAMILIES: Final = {"ip": (4,), "ip6": (6,), "inet": (4, 6)}
ANSWERS: Final = frozenset({"established", "related"})

_REFUSES: Final = frozenset({"drop", "reject"})
_HARMLESS: Final = frozenset({"counter", "log"})

Json = dict[str, Any]


def dropping_chains(ruleset: str) -> Iterator[DroppingChain]:
    """Of `nft -j list ruleset`. Raises ValueError where it is none."""
    parts = json.loads(ruleset)["nftables"]
    rules: list[Json] = [part["rule"] for part in parts if "rule" in part]
    for part in parts:
        chain: Json = part.get("chain", {})
        if chain.get("hook") != "forward" or chain.get("family") not in FAMILIES:
            continue
        table = (chain["family"], chain["table"])
        own = [rule for rule in rules if (rule["family"], rule["table"], rule["chain"]) == (*table, chain["name"])]
        if chain.get("policy") != "drop" and not (own and _drops_all(own[-1].get("expr", []))):
            continue
        accepts = tuple(
            accepted
            for rule in rules
            if (rule["family"], rule["table"]) == table
            for accepted in _accepted(rule.get("expr", []))
        )
        for family in FAMILIES[chain["family"]]:
            yield DroppingChain(family, f"{chain['family']} {chain['table']} {chain['name']}", accepts)


def _drops_all(expressions: list[Json]) -> bool:
    """Whether a rule, as firewalld's last one, drops or rejects whatever comes to it."""
    return all(one.keys() <= _HARMLESS for one in expressions[:-1]) and bool(
        expressions and _REFUSES & expressions[-1].keys()
    )


def needs_words(ruleset: str) -> bool:
    """Whether iptables made rules that nft cannot tell the meaning of (`xt`)."""
    return '"xt"' in ruleset


def _accepted(expressions: list[Json]) -> Iterator[Acceptance]:
    """What one rule accepts, if it accepts at all; a verdict map, a queue: anything may come of it."""
    inward: frozenset[str] | None = None
    outward: frozenset[str] | None = None
    only_answers = False
    for expression in expressions:
        match expression:
            case {"match": {"op": "==" | "in", "left": {"meta": {"key": "iifname"}}, "right": right}}:
                inward = _texts(right)
            case {"match": {"op": "==" | "in", "left": {"meta": {"key": "oifname"}}, "right": right}}:
                outward = _texts(right)
            case {"match": {"op": "==" | "in", "left": {"ct": {"key": "state"}}, "right": right}}:
                only_answers = ANSWERS.issuperset(_texts(right) or {"?"})
            case {"accept": _} | {"queue": _}:
                yield Acceptance(inward, outward, only_answers)
            case {"vmap": _}:
                yield Acceptance()


def _texts(right: object) -> frozenset[str] | None:
    """What a match names; None where that is more than names."""
    match right:
        case str():
            return None if right.startswith("@") else frozenset({right})
        case {"set": list(items)} | list(items) if all(isinstance(item, str) for item in items):
            return frozenset(items)
    return None


def chain_of_iptables(listing: str, family: int, name: str) -> DroppingChain | None:
    """The FORWARD chain of `iptables -S`; None where neither its policy nor its last rule drops everything else.

    Raises ValueError where it is none.
    """
    lines = [shlex.split(line) for line in listing.splitlines()]
    policies = {words[1]: words[2] for words in lines if words[:1] == ["-P"] and len(words) > 2}
    own = [words for words in lines if words[:2] == ["-A", "FORWARD"]]
    refuses_last = bool(own) and own[-1][2:3] == ["-j"] and own[-1][3] in ("DROP", "REJECT")
    if policies.get("FORWARD") != "DROP" and not refuses_last:
        return None
    return DroppingChain(family, name, tuple(_accepted_words(lines)))


def _accepted_words(lines: Iterable[list[str]]) -> Iterator[Acceptance]:
    for words in lines:
        if words[:1] != ["-A"]:
            continue
        values = dict(pairwise(words))
        if values.get("-j") not in ("ACCEPT", "NFQUEUE"):
            continue
        states = values.get("--ctstate", values.get("--state", ""))
        negated = {word for before, word in pairwise(words) if before == "!"}
        only_answers = (
            bool(states)
            and ANSWERS.issuperset(states.lower().split(","))
            and not negated
            & {
                "--ctstate",
                "--state",
            }
        )
        yield Acceptance(
            None if "-i" in negated else _pattern(values.get("-i")),
            None if "-o" in negated else _pattern(values.get("-o")),
            only_answers,
        )


def _pattern(name: str | None) -> frozenset[str] | None:
    if name is None:
        return None
    return frozenset({f"{name[:-1]}*" if name.endswith("+") else name})
