"""What nft says, as values: the JSON of our own sets (libnftables-json(5)). What is not ours is skipped."""

import json
from collections.abc import Iterator

from model.dropped import Dropped, Forged
from model.guard_rules import class_of


def tally_in(text: str) -> tuple[Dropped, ...]:
    """The frames that were dropped, by device and class."""
    found: list[Dropped] = []
    for values, frames, octets in _elements(text):
        match values:
            case [str(device), int() | str() as number]:
                kind = class_of(_number(number))
                if kind is not None and frames:
                    found.append(Dropped(device, kind, frames, octets))
    return tuple(sorted(found, key=lambda one: (one.device, one.kind.code)))


def forged_in(text: str, what: str) -> tuple[Forged, ...]:
    """The addresses that were forged, by device."""
    found: list[Forged] = []
    for values, frames, _ in _elements(text):
        match values:
            case [str(device), str(address)] if frames:
                found.append(Forged(device, what, address, frames))
    return tuple(sorted(found, key=lambda one: (one.device, one.address)))


def counted_in(text: str) -> dict[str, int]:
    """The packets that each element of a set has counted, of one field each."""
    found: dict[str, int] = {}
    for values, frames, _ in _elements(text):
        match values:
            case [str(value)]:
                found[value] = frames
    return found


def _elements(text: str) -> Iterator[tuple[object, int, int]]:
    """What each element of a set holds, and its counter: (values, packets, bytes)."""
    for entry in _entries(text):
        held = entry.get("set")
        for one in held.get("elem", ()) if isinstance(held, dict) else ():
            element = one.get("elem") if isinstance(one, dict) else None
            if not isinstance(element, dict):
                continue
            value, counter = element.get("val"), element.get("counter")
            values = value.get("concat") if isinstance(value, dict) else [value]
            if isinstance(counter, dict):
                yield values, int(counter.get("packets", 0)), int(counter.get("bytes", 0))


def _entries(text: str) -> Iterator[dict[str, object]]:
    answer = json.loads(text) if text else {}
    for entry in answer.get("nftables", ()):
        if isinstance(entry, dict):
            yield entry


def _number(text: int | str) -> int:
    return text if isinstance(text, int) else int(text, 0)
