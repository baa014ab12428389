"""What guards cost to load: a thousand ports at one go, and one more."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from backend.firewall import Firewall
from model.guard import Guard

HEAD: Final = "## Guards"
PORTS: Final = 1000
TURNS: Final = 5


@dataclass(frozen=True, slots=True)
class GuardCost:
    """Milliseconds, medians."""

    load_ms: float
    again_ms: float
    one_more_ms: float
    one_less_ms: float
    tally_ms: float


def measure_guards() -> GuardCost:
    """In the namespace of the caller, which must be his own. Raises RuntimeError where nft refuses."""
    guards = [_guard(number) for number in range(PORTS)]
    more = _guard(PORTS)
    firewall = Firewall()
    load, again, added, removed, told = [], [], [], [], []
    try:
        for _ in range(TURNS):
            firewall.remove()
            load.append(_ms(lambda: _done(firewall.load(guards))))
            again.append(_ms(lambda: _done(firewall.load(guards))))
            added.append(_ms(lambda: _done(firewall.change([], [more]))))
            told.append(_ms(firewall.tally))
            removed.append(_ms(lambda: _done(firewall.change([more], []))))
    finally:
        firewall.remove()
    return GuardCost(*(statistics.median(times) for times in (load, again, added, removed, told)))


def with_guards(page: str, cost: GuardCost) -> str:
    """The page, with this as one more part."""
    rows = (
        ("all at one go", cost.load_ms, 1000),
        ("all again, in the place of what is there", cost.again_ms, 1000),
        ("one more port", cost.one_more_ms, 50),
        ("one port less", cost.one_less_ms, 50),
        ("reading what was dropped", cost.tally_ms, 50),
    )
    table = [
        f"| {what} | {ms:.0f} ms | <= {goal:,} ms | {'yes' if ms <= goal else '**no**'} |" for what, ms, goal in rows
    ]
    head = ["", HEAD, "", f"{PORTS:,} guarded ports, two names each, by nft.", "", "| | measured | goal | met |"]
    return page.rstrip("\n") + "\n" + "\n".join([*head, "|---|---:|---:|---|", *table]) + "\n"


def _guard(number: int) -> Guard:
    high, low = divmod(number, 256)
    return Guard((f"veth{number}", f"pinned{number}"), f"02:00:00:00:{high:02x}:{low:02x}", (f"10.0.{high}.{low}",))


def _ms(deed: Callable[[], object]) -> float:
    began = time.perf_counter()
    deed()
    return (time.perf_counter() - began) * 1000


def _done(problem: object) -> None:
    if problem is not None:
        raise RuntimeError(problem)
