"""The page that the benchmarks leave: what was measured, how, and the goals beside it, met or missed."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.live import LiveCost
from tests.bench.rivals import Rival


@dataclass(frozen=True, slots=True)
class Measured:
    """One run."""

    boxes: int
    links: int
    ours: list[Rival]
    floor: Rival | None
    others: list[Rival]
    whole: Rival
    who_small: Rival
    who_large: Rival
    live: LiveCost
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table of goals."""

    what: str
    number: str
    goal: str
    met: bool

    def text(self) -> str:
        return f"| {self.what} | {self.number} | {self.goal} | {'yes' if self.met else '**no**'} |"


def page(run: Measured) -> str:
    """Markdown."""
    return "\n".join([*_head(run), *_reading(run), *_goals(run), *_following(run.live), *_notes(run)]) + "\n"


def _head(run: Measured) -> list[str]:
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    kernel = platform.release().partition("-")[0]
    machine = f"Linux {kernel}, Python {platform.python_version()}, {os.cpu_count()} cores, {_processor()}"
    return [
        "# Benchmarks",
        "",
        "Written by `make bench`; do not edit.",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine}; load when it ended: {load}.",
        "",
        f"On {run.boxes:,} namespaces with {run.links:,} links, in network, mount and pid namespaces of their own: a",
        "bridge with a port for each, and in each lo, the cable's other end with an address, and a macvlan. The",
        "programs take turns, so that whatever else the machine does meets them all: on a busy machine look at the",
        "ratios, not at the milliseconds. Medians.",
        "",
    ]


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def _reading(run: Measured) -> list[str]:
    lines = ["## Reading everything once", "", "| | ms | against the C program |", "|---|---:|---:|"]
    floor = run.floor
    for rival in [*([floor] if floor else []), *run.ours, run.whole, *run.others]:
        ratio = f"{rival.ms / floor.ms:.1f}" if floor else "-"
        lines.append(f"| {rival.name} | {rival.ms:,.1f} | {ratio} |")
    return [
        *lines,
        "",
        "The C program (`tests/bench/snapshot.c`) only walks the attributes: it finds no namespace without a name, no",
        "far end and no owner, and builds nothing. Each reading of ours is in a fresh process with empty caches, and",
        "looks for namespaces and owners too.",
        "",
    ]


def _goals(run: Measured) -> list[str]:
    live, rows = run.live, []
    if run.floor:
        ratio = run.ours[0].ms / run.floor.ms
        rows.append(Row("reading in process, against the C program", f"{ratio:.1f} x", "<= 3 x", ratio <= 3))
    for rival in run.others:
        if rival.name == "plotnetcfg":
            times = rival.ms / run.whole.ms
            rows.append(Row("whole process, faster than plotnetcfg", f"{times:.1f} x", ">= 5 x", times >= 5))
    soon = max(live.link.median_us, live.address.median_us) / 1000
    rows += [
        Row("from the event to the graph, median", f"{soon:.2f} ms", "<= 1 ms", soon <= 1),
        Row("CPU when nothing happens", f"{live.idle_percent:.2f} %", "< 1 %", live.idle_percent < 1),
        Row("memory, live", f"{live.resident_mb:.0f} MB", "< 120 MB", live.resident_mb < 120),
        Row("`jackfield who`, 10 namespaces", f"{run.who_small.ms:.0f} ms", "<= 400 ms", run.who_small.ms <= 400),
    ]
    return ["## Goals", "", "| | measured | goal | met |", "|---|---:|---:|---|", *(row.text() for row in rows), ""]


def _following(live: LiveCost) -> list[str]:
    port, inside = live.kernel_us
    soon = [
        ("a cable's end has changed, until the graph knows", live.link),
        ("an address was added, until the graph knows", live.address),
    ]
    costs = [
        ("CPU a change, 10,000 changes to ten links", f"{live.few_links_us:.1f} µs"),
        ("CPU a change, 10,000 addresses that come and go", f"{live.addresses_us:.1f} µs"),
        ("the graph knew the end of each storm", "yes" if live.kept else "**no**"),
        ("CPU of the process over 20 s in which nothing happened", f"{live.idle_percent:.2f} %"),
        ("memory of a process that holds the graph live (VmRSS)", f"{live.resident_mb:.0f} MB"),
        ("what changing a port of the host costs the kernel", f"{port.alone:.0f} µs"),
        ("the same, while jackfield follows every namespace", f"{port.watched:.0f} µs"),
        ("what changing a link in one of the namespaces costs the kernel", f"{inside.alone:.0f} µs"),
        ("the same, while jackfield follows every namespace", f"{inside.watched:.0f} µs"),
    ]
    return [
        "## Following",
        "",
        "| | median | 99 of 100 | the request before it |",
        "|---|---:|---:|---:|",
        *(
            f"| {what} | {took.median_us:,.0f} µs | {took.p99_us:,.0f} µs | {took.request_us:,.0f} µs |"
            for what, took in soon
        ),
        "",
        "From the moment the request of another process ends (its event was sent just before) until `Topology.apply`",
        "is done; owners are followed meanwhile. The last column is what the kernel took for the request, waiting",
        "included.",
        "",
        "| | |",
        "|---|---:|",
        *(f"| {what} | {cost} |" for what, cost in costs),
        "",
        "The last four are CPU times of the request itself: a listener to all namespaces is not free for the host.",
        "(The host's namespace has an id for every other, and the kernel looks through them one by one.)",
        "",
    ]


def _notes(run: Measured) -> list[str]:
    large = f"`jackfield who v{run.boxes // 2}` takes {run.who_large.ms:.0f} ms on all {run.boxes} namespaces."
    return ["## Notes", "", f"- {large}", *(f"- {note}." for note in run.notes)]
