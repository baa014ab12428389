"""What takes back the part of a plan that was done, acting on the links that were made then.

A step whose request went out, and of which nobody wrote down what became, is taken back as well: it may have been done.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from model.identity import LinkId, NamespaceId
from model.operations import AddMacvlan, DropNamespace, Handle, Operation, SetMaster
from model.plan import Fate, Outcome, Plan, Step

_Value = TypeVar("_Value")
Key = tuple[NamespaceId, str, int | None]
"""A handle as the kernel tells links apart: its kind is only a precaution."""


class Undoing(NamedTuple):
    """One request that takes something back."""

    operation: Operation
    sure: bool
    """False: what it takes back was perhaps never done; then its refusal means nothing."""


def taking_back(plan: Plan, outcomes: Sequence[Outcome]) -> tuple[Undoing, ...]:
    """The undo of the steps that were, or perhaps were, done; the last first. `outcomes` go with the plan's steps."""
    found: list[Undoing] = []
    made: dict[Key, LinkId] = {}
    for step, outcome in zip(plan.steps, outcomes, strict=False):
        if outcome.fate not in (Fate.DONE, Fate.BEGUN):
            continue
        made |= {key_of(handle): link for handle, link in outcome.made}
        found[:0] = [Undoing(operation, outcome.fate is Fate.DONE) for operation in undo_of(step, outcome, made)]
    return tuple(found)


def undo_of(step: Step, outcome: Outcome, made: Mapping[Key, LinkId]) -> tuple[Operation, ...]:
    """What takes a step back, acting on the links, and the namespace, that were made."""
    undo = (bound(operation, made) for operation in step.undo)
    return tuple(
        dataclasses.replace(operation, of=outcome.namespace)
        if isinstance(operation, DropNamespace) and outcome.namespace is not None
        else operation
        for operation in undo
    )


def key_of(handle: Handle) -> Key:
    """What makes it the same handle."""
    return handle.namespace, handle.name, handle.ifindex


def bound(value: _Value, made: Mapping[Key, LinkId]) -> _Value:
    """An operation, or what it holds, with its handles as the links that were made."""
    if isinstance(value, Handle):
        link = made.get(key_of(value))
        return value if link is None else dataclasses.replace(value, namespace=link.namespace, ifindex=link.ifindex)
    if isinstance(value, tuple) and not isinstance(value, LinkId):
        return type(value)(bound(item, made) for item in value)
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    changed = {name: bound(field, made) for name, field in fields.items()}
    return dataclasses.replace(value, **changed) if changed != fields else value


def acted_on(operation: Operation) -> Iterator[Handle]:
    """The links that an operation changes or makes; not those that it only needs."""
    match operation:
        case SetMaster():
            yield operation.link
        case AddMacvlan():
            yield Handle(operation.namespace, operation.name)
        case _:
            yield from handles_in(operation)


def handles_in(value: object) -> Iterator[Handle]:
    """Every handle that a value holds."""
    if isinstance(value, Handle):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from handles_in(item)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from handles_in(getattr(value, field.name))


def links_of(plan: Plan, outcomes: Sequence[Outcome]) -> frozenset[LinkId]:
    """Those that it acts on, or has made, as far as they have a number."""
    handles = (handle for operation in plan.operations for handle in acted_on(operation))
    made = (link for outcome in outcomes for _, link in outcome.made)
    return frozenset(made) | {LinkId(one.namespace, one.ifindex) for one in handles if one.ifindex is not None}


def namespaces_of(operations: Iterable[Operation]) -> frozenset[NamespaceId]:
    """Every namespace that they name."""
    return frozenset(namespace for operation in operations for namespace in _namespaces_in(operation))


def _namespaces_in(value: object) -> Iterator[NamespaceId]:
    if isinstance(value, tuple):
        for item in value:
            yield from _namespaces_in(item)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            inner = getattr(value, field.name)
            if field.name == "namespace":
                yield NamespaceId(inner)
            else:
                yield from _namespaces_in(inner)
