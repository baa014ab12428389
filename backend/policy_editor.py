"""Changing a policy file as text: what the operator wrote, and how, stays; comments, too."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import tomlkit
from tomlkit.items import AoT, Table

from model.names import display_name, is_utf8
from model.policy import GuardRule, Pin, Policy, SealRule, Selector
from model.policy_text import ENTRY, BadPolicies, PolicyProblem, read_policies


def with_policy(text: str, policy: Policy) -> str | BadPolicies:
    """The file with this entry: in the place of the one of the same name, else at the end."""
    read = read_policies(text)
    if isinstance(read, BadPolicies):
        return read
    unfit = next((word for word in _texts(_form(policy)) if not is_utf8(word)), None)
    if unfit is not None:
        said = f"'{display_name(unfit)}' is no UTF-8, which a policy file cannot hold: match it by something else"
        return BadPolicies((PolicyProblem(said),))
    document = tomlkit.parse(text)
    entries = document.get(ENTRY)
    numbers = [number for number, one in enumerate(read) if one.name == policy.name]
    if numbers and isinstance(entries, AoT):
        _change(entries[numbers[0]], _form(policy))
    elif isinstance(entries, AoT):
        entries.append(_new(policy))
    else:
        document.pop(ENTRY, None)  # an empty list, in the other form
        made = tomlkit.aot()
        made.append(_new(policy))
        document.append(ENTRY, made)
    return _checked(tomlkit.dumps(document))


def without_policy(text: str, name: str) -> str | BadPolicies | None:
    """The file without the entry of this name; None: there is none."""
    read = read_policies(text)
    if isinstance(read, BadPolicies):
        return read
    numbers = [number for number, one in enumerate(read) if one.name == name]
    if not numbers:
        return None
    document = tomlkit.parse(text)
    entries = document[ENTRY]
    if isinstance(entries, AoT) and len(entries) > 1:
        del entries[numbers[0]]
    else:
        document.pop(ENTRY)
    left = tomlkit.dumps(document)
    return _checked(left if left.strip() else f"# no [[{ENTRY}]]: nothing is kept\n")


def _checked(text: str) -> str | BadPolicies:
    """What we write must be what we read."""
    read = read_policies(text)
    return read if isinstance(read, BadPolicies) else text


def _new(policy: Policy) -> Table:
    table = tomlkit.table()
    _change(table, _form(policy))
    table.add(tomlkit.nl())
    return table


def _change(table: Any, form: Mapping[str, Any]) -> None:  # tomlkit's tables have many forms
    """Make a table say this, and touch nothing that already does."""
    for key in [key for key in table if key not in form]:
        del table[key]
    for key, value in form.items():
        if key in table and _plain(table[key]) == value:
            continue
        if isinstance(value, dict) and isinstance(table.get(key), dict):
            _change(table[key], value)
        else:
            table[key] = _inline(value)


def _inline(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    made = tomlkit.inline_table()
    for key, one in value.items():
        made[key] = _inline(one)
    return made


def _plain(value: Any) -> Any:
    return value.unwrap() if hasattr(value, "unwrap") else value


def _form(policy: Policy) -> dict[str, Any]:
    """An entry as it is written: what is not said is left out."""
    form: dict[str, Any] = {"name": policy.name, "match": _match_form(policy.match)}
    parts: tuple[tuple[str, Pin | GuardRule | SealRule | None], ...] = (
        ("pin", policy.pin),
        ("guard", policy.guard),
        ("seal", policy.seal),
    )
    for key, part in parts:
        if part is not None:
            form[key] = {name: _listed(value) for name, value in asdict(part).items() if _is_said(name, value)}
    return form


def _match_form(match: Selector) -> dict[str, Any]:
    said = {name: value for name, value in asdict(match).items() if name != "labels" and value is not None}
    return said | ({"label": dict(match.labels)} if match.labels else {})


def _is_said(name: str, value: object) -> bool:
    return value not in (None, ()) and (name, value) not in (("dhcp", True), ("locked", False))


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _texts(form: Any) -> list[str]:
    match form:
        case str():
            return [form]
        case dict():
            return [text for key, value in form.items() for text in (key, *_texts(value))]
        case list():
            return [text for value in form for text in _texts(value)]
        case _:
            return []
