"""Facts, changes and plans as plain JSON, and back: a recording, a test, a remote host are just other sources of facts.

A dataclass becomes an object with its class under `is`; a tuple a list; a LinkId `{"link": [namespace, ifindex]}`;
UNKNOWN `{"end": "unknown"}`; a word of a plan `{"word": ["Fate", "done"]}`. Texts keep the bytes that are no UTF-8, as
lone surrogates (json writes `\\udcff`).
"""

import dataclasses
from collections.abc import Mapping
from typing import TypeVar

from model import change, facts, intents, link, namespace, operations, plan, policy
from model.change import Change, What
from model.facts import Fact
from model.identity import UNKNOWN, LinkId, NamespaceId, Unseen
from model.plan import Consent, Fate, Sign

_Value = TypeVar("_Value")


class Malformed(ValueError):
    """A recording that we cannot read: made by a newer program, or damaged."""


def to_json(value: object) -> object:
    """A fact, a change, a plan, or any value that one may hold, as dict, list, str, int, float, bool or None."""
    match value:
        case What():
            return {"what": value.value}
        case Sign() | Consent() | Fate():
            return {"word": [type(value).__name__, value.value]}
        case None | bool() | int() | float() | str():
            return value
        case Unseen():
            return {"end": value.value}
        case LinkId():
            return {"link": [value.namespace, value.ifindex]}
        case tuple():
            return [to_json(item) for item in value]
    name = type(value).__name__
    if _CLASSES.get(name) is not type(value):
        raise TypeError(f"{name} is no part of a fact, a change or a plan")
    fields = dataclasses.fields(_CLASSES[name])
    return {"is": name, **{field.name: to_json(getattr(value, field.name)) for field in fields}}


def fact_from_json(value: object) -> Fact:
    """The fact that `to_json` wrote. Raises Malformed."""
    fact = _from_json(value)
    if not isinstance(fact, Fact):
        raise Malformed(f"not a fact: {value!r:.80}")
    return fact


def change_from_json(value: object) -> Change:
    """The change that `to_json` wrote. Raises Malformed."""
    told = _from_json(value)
    if not isinstance(told, Change):
        raise Malformed(f"not a change: {value!r:.80}")
    return told


def value_from_json(value: object, kind: type[_Value]) -> _Value:
    """The value of this class that `to_json` wrote: a Plan, an Outcome. Raises Malformed."""
    found = _from_json(value)
    if not isinstance(found, kind):
        raise Malformed(f"not a {kind.__name__}: {value!r:.80}")
    return found


def _from_json(value: object) -> object:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case list():
            return tuple(_from_json(item) for item in value)
        case {"link": [str(space), int(ifindex)]}:
            return LinkId(NamespaceId(space), ifindex)
        case {"end": "unknown"}:
            return UNKNOWN
        case {"what": str(word)}:
            return What(word)
        case {"word": [str(name), str(word)]}:
            return _word(name, word)
        case {"is": str(name), **fields}:
            return _made(name, {str(key): _from_json(field) for key, field in fields.items()})
        case _:
            raise Malformed(f"not a value: {value!r:.80}")


def _made(name: str, fields: dict[str, object]) -> object:
    """A field that we do not know is left out, as one that is missing has its default."""
    made = _CLASSES.get(name)
    if made is None:
        raise Malformed(f"no such value: {name}")
    known = {field.name for field in dataclasses.fields(made)}
    try:
        return made(**{key: value for key, value in fields.items() if key in known})
    except TypeError as error:
        raise Malformed(f"{name}: {error}") from error


def _word(name: str, word: str) -> object:
    try:
        return _WORDS[name](word)
    except (KeyError, ValueError) as error:
        raise Malformed(f"no such word: {name} {word}") from error


_WORDS: Mapping[str, type[Sign | Consent | Fate]] = {made.__name__: made for made in (Sign, Consent, Fate)}
_CLASSES = {
    made.__name__: made
    for module in (facts, change, link, namespace, operations, intents, plan, policy)
    for made in vars(module).values()
    if isinstance(made, type) and dataclasses.is_dataclass(made)
}
