"""What it costs to say who reaches whom: `python -m tests.bench.reach` measures only this, and writes its part anew.

On hosts in memory, in CPU time: no kernel is needed, and what else the machine does hardly counts.
"""

import dataclasses
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from model.conditions import Conditions, Filters
from model.facts import Fact, LinkSeen
from model.identity import LinkId
from model.layer2 import is_endpoint
from model.link import BridgePort, Link, Macvlan
from model.lost_and_gained import lost_and_gained
from model.reach_classes import Reach
from model.reachability import verdict
from model.topology import Topology
from tests.bench.large_host import host_end, large_host, port, space_of

PAGE: Final = Path(__file__).parents[2] / "docs" / "benchmarks.md"
HEAD: Final = "## Who reaches whom"
NEXT: Final = "\n## The screen\n"
BOXES: Final = 1000
_ROUNDS: Final = 15


class ReachCost(NamedTuple):
    """Milliseconds of CPU, medians, on one host."""

    host: str
    endpoints: int
    classes: int
    path: float
    matrix: float
    change: float
    plan: float


def measure_reach() -> list[ReachCost]:
    """Some seconds."""
    return [
        _cost("ten bridges with 100 containers each, ten NICs with 100 macvlans", list(large_host(BOXES))),
        _cost("one bridge with 1,000 ports, a macvlan in each container", list(_one_bridge())),
    ]


def _one_bridge() -> Iterator[Fact]:
    """Everything on the first bridge; each macvlan stands on its own container's cable."""
    yield from large_host(BOXES)
    bridge = 10
    for number in range(BOXES):
        end = host_end(number, BOXES)
        yield LinkSeen(dataclasses.replace(end, master=bridge, port=BridgePort()))
        space = space_of(number)
        mac = f"02:01:{number >> 8:02x}:{number & 255:02x}:00:03"
        yield LinkSeen(
            Link(
                LinkId(space, 3),
                "mv0",
                "macvlan",
                mac,
                1500,
                up=True,
                carrier=True,
                operstate="up",
                parent=LinkId(space, 2),
                detail=Macvlan("bridge"),
            )
        )


def _cost(host: str, facts: list[Fact]) -> ReachCost:
    graph = _graph(facts)
    around = Conditions(filters={space.id: Filters() for space in graph.namespaces()})
    one, other = LinkId(space_of(0), 2), LinkId(space_of(BOXES - 10), 2)
    live = Reach(graph, around)
    later = _graph([*facts, LinkSeen(dataclasses.replace(host_end(5, BOXES), master=0, master_kind=None))])

    def change(number: int) -> None:
        link = graph.link(port(number))
        if link is not None:
            graph.apply([LinkSeen(dataclasses.replace(link, up=not link.up))])
        live.update([port(number)])
        live.classes()

    return ReachCost(
        host,
        sum(is_endpoint(graph, link) for link in graph.links()),
        len(live.classes().classes),
        _cpu_ms(lambda _: verdict(graph, around, one, other)),
        _cpu_ms(lambda _: _all(Reach(graph, around))),
        _cpu_ms(change),
        _cpu_ms(lambda _: lost_and_gained(graph, later, [port(5)])),
    )


def _all(reach: Reach) -> None:
    classes = reach.classes()
    for one in range(len(classes.classes)):
        for other in range(one + 1):
            classes.between(one, other)


def _graph(facts: list[Fact]) -> Topology:
    graph = Topology()
    graph.learn(facts)
    return graph


def _cpu_ms(do: Callable[[int], object]) -> float:
    times = []
    for number in range(_ROUNDS):
        began = time.process_time()
        do(number)
        times.append((time.process_time() - began) * 1000)
    return median(times)


def with_reach(page: str, costs: list[ReachCost]) -> str:
    """The page, with this as its last part but the screen's."""
    head, found, screen = page.partition(NEXT)
    head = head.partition(f"\n{HEAD}\n")[0].rstrip("\n")
    return f"{head}\n\n{text(costs)}{found}{screen}"


def text(costs: list[ReachCost]) -> str:
    """Markdown."""
    lines = [
        HEAD,
        "",
        "Hosts in memory, 1,000 namespaces; milliseconds of CPU, medians. A change: one port goes up or down.",
        "",
        "| | measured | goal | met |",
        "|---|---:|---:|---|",
    ]
    goals: tuple[tuple[str, Callable[[ReachCost], float], float], ...] = (
        ("one path", lambda cost: cost.path, 5),
        ("the whole matrix, collapsed", lambda cost: cost.matrix, 300),
        ("the same after one change", lambda cost: cost.change, 20),
        ("what a plan takes away and gives", lambda cost: cost.plan, 300),
    )
    for cost in costs:
        lines.append(f"| **{cost.host}**: {cost.endpoints:,} ends, {cost.classes} classes | | | |")
        for what, number, goal in goals:
            ms = number(cost)
            lines.append(f"| {what} | {ms:.1f} ms | <= {goal} ms | {'yes' if ms <= goal else '**no**'} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    measured = measure_reach()
    PAGE.write_text(with_reach(PAGE.read_text(), measured))
    sys.stdout.write(text(measured))
