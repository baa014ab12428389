"""The policy file, TOML, as values; what is wrong with it, by line. Nothing that is misspelt is passed over."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from model.ethernet import canonical_mac
from model.guard import Guard, Seal, guard_problem
from model.names import display_name
from model.pinned_names import template_problem
from model.policy import DERIVED, GuardRule, Pin, Policies, Policy, SealRule, Selector

ENTRY: Final = "policy"
"""The file is a list of [[policy]]."""
_HEADER: Final = re.compile(r"^\s*\[\[\s*policy\s*\]\]\s*(#.*)?$")
_AT_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)")
_ANY_MAC: Final = "02:00:00:00:00:01"
_ANY_HOST: Final = ("02:00:00:00:00:02", "fe80::2")


@dataclass(frozen=True, slots=True)
class PolicyProblem:
    """Something that is wrong with the file: none of it is used."""

    text: str
    """A sentence, fit to print."""
    line: int | None = None
    """Counted from 1; None: it cannot be told."""

    def __str__(self) -> str:
        return self.text if self.line is None else f"line {self.line}: {self.text}"


@dataclass(frozen=True, slots=True)
class BadPolicies:
    """Everything that is wrong with a file: at least one thing."""

    problems: tuple[PolicyProblem, ...]


def read_policies(text: str) -> Policies | BadPolicies:
    """The entries of a policy file, or what is wrong with it."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return BadPolicies((_syntax(str(error), text),))
    except RecursionError:
        return BadPolicies((PolicyProblem("it is nested too deeply"),))
    if text and not text.endswith("\n"):
        return BadPolicies((PolicyProblem("its last line does not end: is it half written?", len(text.splitlines())),))
    reading = _Reading(text)
    policies = tuple(reading.document(document))
    return BadPolicies(tuple(reading.problems)) if reading.problems else policies


class _Reading:
    """One reading of a document, and what was wrong on the way."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._headers = [number for number, line in enumerate(self._lines, 1) if _HEADER.match(line)]
        self._entries = 0
        self._entry = 0
        self.problems: list[PolicyProblem] = []

    def document(self, document: Mapping[str, Any]) -> Iterator[Policy]:
        entries = document.get(ENTRY, [])
        for key in document:
            if key != ENTRY:
                self._wrong(f"{_shown(key)} is unknown here: a policy file is a list of [[{ENTRY}]]", key)
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            self._wrong(f"{ENTRY} must be a list: [[{ENTRY}]]", ENTRY)
            return
        self._entries = len(entries)
        seen: set[str] = set()
        for number, entry in enumerate(entries, 1):
            self._entry = number
            policy = self._policy(entry)
            if policy is None:
                continue
            if policy.name in seen:
                self._wrong(f"there are two policies called {_shown(policy.name)}", "name")
            seen.add(policy.name)
            yield policy

    def _policy(self, entry: Mapping[str, Any]) -> Policy | None:
        before = len(self.problems)
        self._only(entry, "", ("name", "match", "pin", "guard", "seal"))
        name = self._text(entry, "", "name")
        if name is None and "name" not in entry:
            self._wrong("a policy needs a name", None)
        if "match" not in entry:
            self._wrong("a policy needs a match: whose cables it is for", None)
        match = self._match(self._table(entry, "match"))
        pin = self._pin(self._table(entry, "pin")) if "pin" in entry else None
        guard = self._guard(self._table(entry, "guard")) if "guard" in entry else None
        seal = self._seal(self._table(entry, "seal")) if "seal" in entry else None
        if guard is not None and seal is not None:
            self._wrong("a seal is a guard, too: write one of the two", "guard")
        if not {"pin", "guard", "seal"} & entry.keys():
            self._wrong("it asks for nothing: a pin, a guard or a seal", None)
        if len(self.problems) > before or name is None:
            return None
        return Policy(name, match, pin, guard, seal)

    def _match(self, table: Mapping[str, Any]) -> Selector:
        words = ("runtime", "owner", "image", "netns", "link", "bridge")
        self._only(table, "match", (*words, "label"))
        found = {word: self._text(table, "match", word) for word in words}
        labels = table.get("label", {})
        if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
            self._wrong('match.label must be texts by their keys: label = { project = "shop" }', "match.label")
            labels = {}
        selector = Selector(labels=tuple(sorted(labels.items())), **found)
        if table and not selector.by_owner and selector.netns is None and selector.bridge is None:
            self._wrong("match must say whose: runtime, owner, image, label, netns or bridge", "match")
        return selector

    def _pin(self, table: Mapping[str, Any]) -> Pin:
        self._only(table, "pin", ("name", "mac"))
        name, mac = self._text(table, "pin", "name"), self._text(table, "pin", "mac")
        if not {"name", "mac"} & table.keys():
            self._wrong("a pin needs a name, a mac or both", "pin")
        problem = template_problem(name) if name is not None else None
        if problem is not None:
            self._wrong(f"pin.name: {problem}", "pin.name")
        if mac is not None and mac != DERIVED:
            mac = self._checked_mac("pin", mac)
        return Pin(name, mac)

    def _guard(self, table: Mapping[str, Any]) -> GuardRule:
        self._only(table, "guard", ("mac", "ipv4", "ipv6", "dhcp", "locked"))
        mac = self._text(table, "guard", "mac")
        dhcp, locked = self._switch(table, "dhcp", usual=True), self._switch(table, "locked", usual=False)
        ipv4 = tuple(self._list(table, "guard", "ipv4", str))
        ipv6 = tuple(self._list(table, "guard", "ipv6", str))
        problem = guard_problem(Guard(("x",), _ANY_MAC, ipv4, ipv6))
        if problem is not None:
            self._wrong(f"guard: {problem}", "guard")
        return GuardRule(self._checked_mac("guard", mac) if mac is not None else None, ipv4, ipv6, dhcp, locked)

    def _switch(self, table: Mapping[str, Any], key: str, *, usual: bool) -> bool:
        value = table.get(key, usual)
        if isinstance(value, bool):
            return value
        self._wrong(f"guard.{key} must be true or false", f"guard.{key}")
        return usual

    def _seal(self, table: Mapping[str, Any]) -> SealRule:
        self._only(table, "seal", ("to", "tcp", "udp", "mac", "ipv6"))
        mac = self._text(table, "seal", "mac")
        tcp, udp = (tuple(self._list(table, "seal", protocol, int)) for protocol in ("tcp", "udp"))
        ipv6 = tuple(self._list(table, "seal", "ipv6", str))
        problem = guard_problem(Guard(("x",), _ANY_MAC, ipv6=ipv6, seal=Seal(*_ANY_HOST, tcp, udp)))
        if problem is not None:
            self._wrong(f"seal: {problem}", "seal")
        to = self._text(table, "seal", "to")
        return SealRule(to, tcp, udp, self._checked_mac("seal", mac) if mac is not None else None, ipv6)

    def _checked_mac(self, where: str, mac: str) -> str | None:
        problem = guard_problem(Guard(("x",), mac))
        if problem is not None:
            self._wrong(f"{where}.mac: {problem}", f"{where}.mac")
        return canonical_mac(mac)

    def _table(self, entry: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        table = entry.get(key, {})
        if isinstance(table, dict):
            return table
        self._wrong(f"{key} must be a table: {key} = {{ ... }}", key)
        return {}

    def _text(self, table: Mapping[str, Any], where: str, key: str) -> str | None:
        value = table.get(key)
        if value is None or (isinstance(value, str) and value):
            return value
        self._wrong(
            f"{f'{where}.' if where else ''}{key} must be a text that is not empty", f"{where}.{key}" if where else key
        )
        return None

    def _list(self, table: Mapping[str, Any], where: str, key: str, kind: type) -> Iterator[Any]:
        values = table.get(key, [])
        if isinstance(values, list) and all(type(value) is kind for value in values):
            yield from values
        else:
            self._wrong(f"{where}.{key} must be a list of {'numbers' if kind is int else 'texts'}", f"{where}.{key}")

    def _only(self, table: Mapping[str, Any], where: str, known: tuple[str, ...]) -> None:
        for key in table:
            if key not in known:
                name = f"{where}.{key}" if where else key
                self._wrong(f"{_shown(name)} is unknown: known are {', '.join(known)}", name)

    def _wrong(self, text: str, key: str | None) -> None:
        number = f"policy {self._entry}: " if self._entry else ""
        self.problems.append(PolicyProblem(number + text, self._line_of(key)))

    def _line_of(self, key: str | None) -> int | None:
        """The line of a key of this entry; of its header, where the key cannot be found.

        tomllib tells no places: a header inside a text of several lines would mislead, so they must be as many as there
        are entries.
        """
        if not self._entry:
            first, last = 1, (self._headers[0] if self._headers else len(self._lines) + 1)
        elif len(self._headers) != self._entries:
            return None
        else:
            first = self._headers[self._entry - 1]
            last = (*self._headers, len(self._lines) + 1)[self._entry]
        begin, placed = first, bool(self._entry)
        for part in (key or "").split("."):
            holds = _finder(part)
            found = next((number for number in range(begin, last) if holds(self._lines[number - 1])), None)
            begin, placed = found or begin, placed or found is not None
        return begin if placed else None


def _finder(key: str) -> Callable[[str], object]:
    if not key:
        return _HEADER.match
    word = rf"""["']?{re.escape(key)}["']?"""
    return re.compile(rf"(?:^\s*|[{{,.\[]\s*){word}\s*[=.\]]").search


def _syntax(said: str, text: str) -> PolicyProblem:
    place = _AT_LINE.search(said)
    line = int(place[1]) if place is not None else max(1, len(text.splitlines()))
    return PolicyProblem(f"it is no TOML: {display_name(_AT_LINE.sub('', said).strip())}", line)


def _shown(text: str) -> str:
    return f"'{display_name(text)}'"
