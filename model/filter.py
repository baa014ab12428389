"""The filter language of the command line and of `/` in the UI: words that must all hold.

    eth0            some text of the thing holds it (upper and lower case are the same)
    state:down      up: frames can pass; down: they cannot; unknown: its other end is
    kind:macvlan    the kind, from its beginning
    owner:web       an owner's name or runtime
    ns:web          the namespace's name
    mac:02:42       the MAC, from its beginning
    address:10.0.   an IP address, from its beginning
    !WORD           the word must not hold

No regular expressions: what is typed is what is looked for.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from model.caption import State, link_kind, state_of
from model.change import Change
from model.identity import UNKNOWN, LinkId, NamespaceId
from model.inventory import Inventory
from model.json_form import owners_of
from model.link import Link
from model.namespace import Owner
from model.whose import whose


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a filter."""

    field: str
    """One of FIELDS; empty: any text."""
    text: str
    """In lower case."""
    negated: bool = False


Filter = tuple[Term, ...]
"""All of them must hold; empty: everything passes."""


class BadFilter(ValueError):
    """It is no filter; the text says why, and what would do."""


def parse(text: str) -> Filter:
    """The filter that was typed; a leading `/`, as in the UI, is no part of it. Raises BadFilter."""
    return tuple(_term(word) for word in text.removeprefix("/").split())


def passes(graph: Inventory, terms: Filter, subject: LinkId | NamespaceId) -> bool:
    """Whether a link, or a namespace, that is there is what the filter looks for."""
    link = graph.link(subject) if isinstance(subject, LinkId) else None
    if link is not None:
        return all(_holds(graph, term, link) != term.negated for term in terms)
    space = subject.namespace if isinstance(subject, LinkId) else subject
    return all(_holds_for_namespace(graph, term, space) != term.negated for term in terms)


def passes_change(graph: Inventory, terms: Filter, change: Change) -> bool:
    """Whether a change is about what the filter looks for, as it was or as it is. Losing events concerns everybody."""
    if not terms or change.subject is None:
        return True
    whole = [value for value in (change.before, change.after) if isinstance(value, Link)]
    return all(
        term.negated
        != (
            _in_change(term, change)
            or any(_holds(graph, term, link) for link in whole)
            or passes(graph, (Term(term.field, term.text),), change.subject)
        )
        for term in terms
    )


def _term(word: str) -> Term:
    bare = word.removeprefix("!")
    negated = bare != word
    field, colon, text = bare.partition(":")
    if not bare:
        raise BadFilter("nothing after !: write !TEXT")
    if not colon:
        return Term("", bare.lower(), negated)
    if field not in FIELDS:
        return Term("", bare.lower(), negated) if _is_address_like(bare) else _unknown_field(field)
    if field == "state" and text not in STATES:
        raise BadFilter(f"state:{text}: no such state; there are {', '.join(STATES)}")
    return Term(field, text.lower(), negated)


def _unknown_field(field: str) -> Term:
    raise BadFilter(f"{field}: is no field; there are {', '.join(FIELDS)}")


def _is_address_like(word: str) -> bool:
    """`02:42` and `fe80::1` are looked for as they are."""
    return all(char in "0123456789abcdef:./" for char in word.lower())


def _holds(graph: Inventory, term: Term, link: Link) -> bool:
    return any(_FINDERS[term.field](text, term.text) for text in _texts(graph, term.field, link))


def _texts(graph: Inventory, field: str, link: Link) -> Iterator[str]:
    match field:
        case "state":
            yield "up" if state_of(graph, link) in (State.UP, State.UNKNOWN) else "down"
            if UNKNOWN in graph.ends(link.id)[:3]:
                yield "unknown"
        case "kind":
            yield from (link.kind, link_kind(graph, link))
        case "mac":
            yield link.mac or ""
        case "ns":
            yield graph.address(link.id.namespace) or ""
        case "owner":
            yield from _owner_texts(owners_of(graph, link))
            yield from whose(graph, link.id.namespace)
        case "address":
            yield from (address.cidr for address in graph.addresses(link.id))
        case _:
            yield from (link.name, *link.altnames, link.alias or "", link.kind, link.mac or "")
            yield graph.address(link.id) or ""
            yield from (address.cidr for address in graph.addresses(link.id))
            yield from _owner_texts(owners_of(graph, link))


def _holds_for_namespace(graph: Inventory, term: Term, space: NamespaceId) -> bool:
    namespace = graph.namespace(space)
    texts: list[str] = []
    if term.field in ("", "ns"):
        texts += [graph.address(space) or "", *(namespace.names if namespace is not None else ())]
    if term.field in ("", "owner"):
        texts += [*_owner_texts(graph.owners(space)), *whose(graph, space)]
    return any(_FINDERS[term.field](text, term.text) for text in texts)


def _owner_texts(owners: tuple[Owner, ...]) -> Iterator[str]:
    for owner in owners:
        yield owner.name
        yield owner.runtime


def _in_change(term: Term, change: Change) -> bool:
    """For what is gone: its name, and what was said of it."""
    texts = [value for value in (change.before, change.after) if isinstance(value, str)]
    owners = tuple(value for value in (change.before, change.after) if isinstance(value, Owner))
    match term.field:
        case "":
            found = [change.address, change.formerly, change.what.value, *texts, *_owner_texts(owners)]
        case "ns":
            found = [change.address.rpartition("/")[0] or change.address]
        case "owner":
            found = list(_owner_texts(owners))
        case "mac" | "address":
            found = texts
        case _:
            found = []
    return any(_FINDERS[term.field](text, term.text) for text in found)


def _holding(text: str, sought: str) -> bool:
    return sought in text.lower()


def _beginning(text: str, sought: str) -> bool:
    return text.lower().startswith(sought)


def _being(text: str, sought: str) -> bool:
    return text == sought


_FINDERS: dict[str, Callable[[str, str], bool]] = {
    "": _holding,
    "state": _being,
    "kind": _beginning,
    "owner": _holding,
    "ns": _holding,
    "mac": _beginning,
    "address": _beginning,
}
FIELDS = tuple(field for field in _FINDERS if field)
STATES = ("up", "down", "unknown")
