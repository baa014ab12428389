"""Facts and changes as plain JSON, and back: a recording, a test and a remote host are just other sources of facts.

A dataclass becomes an object with its class under `is`; a tuple a list; a LinkId `{"link": [namespace, ifindex]}`;
UNKNOWN `{"end": "unknown"}`. Texts keep the bytes that are no UTF-8, as lone surrogates (json writes `\\udcff`).
"""

import dataclasses

from model import change, facts, link, namespace
from model.change import Change, What
from model.facts import Fact
from model.identity import UNKNOWN, LinkId, NamespaceId, Unseen


class Malformed(ValueError):
    """A recording that we cannot read: made by a newer program, or damaged."""


def to_json(value: object) -> object:
    """A fact, a change, or any value that one may hold, as dict, list, str, int, float, bool or None."""
    match value:
        case What():
            return {"what": value.value}
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
        raise TypeError(f"{name} is no part of a fact or a change")
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
        case {"is": str(name), **fields}:
            return _made(name, {str(key): _from_json(field) for key, field in fields.items()})
        case _:
            raise Malformed(f"not a value: {value!r:.80}")


def _made(name: str, fields: dict[str, object]) -> object:
    """A field that we do not know is left out, as one that is missing has its default."""
    made = _CLASSES.get(name)
    if made is None:
        raise Malformed(f"no such fact: {name}")
    known = {field.name for field in dataclasses.fields(made)}
    try:
        return made(**{key: value for key, value in fields.items() if key in known})
    except TypeError as error:
        raise Malformed(f"{name}: {error}") from error


_CLASSES = {
    made.__name__: made
    for module in (facts, change, link, namespace)
    for made in vars(module).values()
    if isinstance(made, type) and dataclasses.is_dataclass(made)
}
