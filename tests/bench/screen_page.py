"""The part of the page that is about the screen: the values, the goals beside them, met or missed."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

HEAD: Final = "## The screen"
"""The page's last part begins here."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds."""

    median: float
    p95: float
    p99: float
    missing: int = 0
    """What never came to the screen."""


@dataclass(frozen=True, slots=True)
class Place:
    """What one of the numbered screens costs on the large host."""

    key: Spread
    """Until the first picture."""
    key_all: Spread
    """Until the last one: the detail and its tables are drawn, too."""
    key_cpu_ms: float
    """Of all that, the median."""
    event: Spread
    event_percent: float
    """CPU meanwhile."""
    meters_ms: float
    """CPU of a frame in which every meter changes."""
    flow_kib: float
    """KiB a second."""
    idle_bytes: int
    idle_percent: float


@dataclass(frozen=True, slots=True)
class ScreenCost:
    """All of it."""

    first_small_s: float
    first_large_s: float
    places: dict[str, Place]


def with_screen(page: str, cost: ScreenCost) -> str:
    """The page, with this as its last part."""
    return page.partition(f"\n{HEAD}\n")[0].rstrip("\n") + "\n\n" + "\n".join([*_goals(cost), *_notes(cost)]) + "\n"


def _goals(cost: ScreenCost) -> Iterator[str]:
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    yield from (
        HEAD,
        "",
        f"{datetime.now(UTC):%Y-%m-%d}; load when it ended: {load}. The whole program in a pseudo-terminal of 160x45.",
        "The host is in memory (`tests/bench/large_host.py`): 1,000 containers with a cable to one of ten bridges and",
        "a macvlan on one of ten NICs, 4,000 links; on the map everything is unfolded.",
        "",
        "| | measured | goal | met |",
        "|---|---:|---:|---|",
        _row("first paint, 30 namespaces", cost.first_small_s, "s", 1.0),
        _row("first paint, 1,000 namespaces", cost.first_large_s, "s", 2.0),
    )
    columns: list[tuple[str, Callable[[Place], float], str, float]] = [
        ("from a key to its picture, 95 of 100", lambda place: place.key.p95, "ms", 30),
        ("from an event to the screen, 99 of 100, at 1,000 events/s", lambda place: place.event.p99, "ms", 100),
        ("CPU of a frame in which every meter changes", lambda place: place.meters_ms, "ms", 10),
        ("to the terminal, rates read 10 times a second", lambda place: place.flow_kib, "KiB/s", 25),
    ]
    for what, number, unit, goal in columns:
        for name, place in cost.places.items():
            yield _row(f"{what}: {name}", number(place), unit, goal)
    for name, place in cost.places.items():
        yield _row(f"to the terminal in 10 s in which nothing happens: {name}", place.idle_bytes, "bytes", 0)


def _row(what: str, number: float, unit: str, goal: float) -> str:
    shown = f"{number:.2f}" if unit == "s" else f"{number:,.0f}"
    return f"| {what} | {shown} {unit} | <= {goal:g} {unit} | {'yes' if number <= goal else '**no**'} |"


def _notes(cost: ScreenCost) -> Iterator[str]:
    yield from ("", "| milliseconds | " + " | ".join(cost.places) + " |", "|---|" + "---:|" * len(cost.places))
    lines: list[tuple[str, Callable[[Place], str]]] = [
        ("from a key to its picture, median", lambda place: f"{place.key.median:.0f}"),
        ("until the detail and its tables are drawn too: median", lambda place: f"{place.key_all.median:.0f}"),
        ("- 95 of 100", lambda place: f"{place.key_all.p95:.0f}"),
        ("- CPU of all that, median", lambda place: f"{place.key_cpu_ms:.0f}"),
        ("from an event to the screen, median", lambda place: f"{place.event.median:.0f}"),
        ("- 95 of 100", lambda place: f"{place.event.p95:.0f}"),
        ("- events that never came to the screen", lambda place: f"{place.event.missing}"),
        ("CPU at 1,000 events/s, percent", lambda place: f"{place.event_percent:.0f}"),
        ("CPU when nothing happens, percent", lambda place: f"{place.idle_percent:.2f}"),
    ]
    for what, text in lines:
        yield f"| {what} | " + " | ".join(text(place) for place in cost.places.values()) + " |"
    yield from (
        "",
        "First paint: from the start of the process until a bridge and `LIVE` are on the screen, with the making of",
        "the facts, without a kernel. Events: addresses, carriers, and five containers that stop or start each second;",
        "they are made in the same process, which the UI pays for as well. CPU of a frame: of the whole process, with",
        "the making of the counters. Rates: 15 of 100 links are busy (lognormal, varying by a third), the others all",
        "but silent. On the map a cable to another rack lights up along its lane, through the whole screen: many of",
        "these keys choose such a cable or leave one. Of what is sent, a text need not be part: the bytes are drawn on",
        "a terminal of our own (`tests/emulator.py`), and it is looked at. A key is pressed when nothing came for",
        "120 ms.",
    )
