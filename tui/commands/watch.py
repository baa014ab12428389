"""`jackfield watch`: the changes, one a line, as they happen."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Protocol

from rich.cells import cell_len
from rich.text import Text

from backend.host import Host
from backend.this_machine import doer, machine
from model.change import Change, What
from model.facts import Fact
from model.filter import Filter, passes_change
from model.identity import LinkId
from model.json_form import Doer, Json, change_form, snapshot_form
from model.telling import Mark, is_noise, tell
from model.topology import Topology
from tui.commands.exits import Exit
from tui.commands.printing import Paper

Batch = list[Fact] | None
"""None: enough."""

_SIGNS = {Mark.NEW: "+", Mark.GONE: "-", Mark.CHANGED: "~", Mark.UP: "~", Mark.DOWN: "~", Mark.LOOK: "!"}
_WHERE = 26
"""Cells for the name of what changed."""


class Teller(Protocol):
    """How changes are told: as JSON, or as text."""

    def begin(self) -> None: ...
    def tell(self, change: Change) -> None: ...
    def end(self) -> None: ...


def watch(host: Host, paper: Paper, *, terms: Filter, seconds: float | None, as_json: bool) -> Exit:
    """Tell every change that passes the filter, until the time is over or somebody interrupts."""
    graph = Topology()
    teller: Teller = _JsonTeller(graph, paper) if as_json else _TextTeller(graph, paper)
    deadline = None if seconds is None else time.monotonic() + seconds
    queue: SimpleQueue[Batch] = SimpleQueue()
    with _interrupts(lambda: queue.put(None)):
        host.start(queue.put)
        try:
            first = queue.get()
            if first is None:
                return Exit.OK
            graph.learn(first)
            paper.note_what_is_missing(graph)
            teller.begin()
            _follow(graph, _batches(queue, deadline), teller, terms, paper)
        finally:
            host.close()
        _follow(graph, _batches(queue, time.monotonic()), teller, terms, paper)
        teller.end()
    return Exit.OK


def _follow(graph: Topology, batches: Iterator[list[Fact]], teller: Teller, terms: Filter, paper: Paper) -> None:
    for facts in batches:
        before = graph.visibility
        for change in graph.apply(facts):
            if passes_change(graph, terms, change):
                teller.tell(change)
        if graph.visibility != before:
            paper.note_what_is_missing(graph)


def _batches(queue: SimpleQueue[Batch], deadline: float | None) -> Iterator[list[Fact]]:
    """Those that come before the deadline, and all that came before it."""
    while True:
        try:
            if deadline is None:
                batch = queue.get()
            else:
                left = deadline - time.monotonic()
                batch = queue.get(timeout=left) if left > 0 else queue.get_nowait()
        except Empty:
            return
        if batch is None:
            return
        yield batch


class _JsonTeller:
    """A snapshot, a line per change, and at the end the live graph as a snapshot."""

    def __init__(self, graph: Topology, paper: Paper) -> None:
        self._graph = graph
        self._paper = paper
        self._machine = machine()
        self._seq = 0

    def begin(self) -> None:
        self._paper.json(self._snapshot())

    def tell(self, change: Change) -> None:
        self._seq += 1
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._paper.json(change_form(change, self._seq, at, _doer_of(change)))
        if change.what is What.RESYNCED:
            self._paper.json(self._snapshot())

    def end(self) -> None:
        self._paper.json({**self._snapshot(), "final": True})

    def _snapshot(self) -> Json:
        return snapshot_form(self._graph, self._machine)


def _doer_of(change: Change) -> Doer:
    """Who was named when it came; else whoever has that pid now."""
    return Doer("process", change.by_pid, change.by_comm) if change.by_comm is not None else doer(change.by_pid)


class _TextTeller:
    """`14:02:31  + link      tinderbox/eth0          veth, cable to veth8pUZr`."""

    def __init__(self, graph: Topology, paper: Paper) -> None:
        self._graph = graph
        self._paper = paper

    def begin(self) -> None:
        spaces = len(self._graph.namespaces())
        links = sum(link.kind != "loopback" for link in self._graph.links())
        self._paper.note(f"watching {spaces:,} namespaces, {links:,} links; ctrl+c ends it")

    def tell(self, change: Change) -> None:
        if _is_noise(change):
            return
        told = tell(change, self._graph)
        by = _doer_of(change)
        line = Text(f"{datetime.now().astimezone():%H:%M:%S}  ", "bright_black")
        line.append(f"{_SIGNS[told.mark]} ", "bold").append(f"{told.what:<9} ", "bright_black")
        where = self._paper.shown(change.address, "bold")
        line.append_text(where).append(" " * max(2, _WHERE - cell_len(where.plain)))
        line.append_text(self._paper.shown(told.text.replace("→", self._paper.signs.becomes)))
        if by.comm is not None:
            line.append_text(self._paper.shown(f"  by {by.comm} {by.pid}", "bright_black"))
        self._paper.line(line)

    def end(self) -> None:
        return


def _is_noise(change: Change) -> bool:
    """Told in JSON, where it keeps a graph true; to a person another line says it already."""
    match change.what:
        case What.NAMESPACE:
            return True
        case What.PORT:
            return change.before is None or change.after is None
        case What.PEER:
            return isinstance(change.before, LinkId) and isinstance(change.after, LinkId)
        case _:
            return is_noise(change)


@contextmanager
def _interrupts(stop: Callable[[], None]) -> Iterator[None]:
    """SIGINT and SIGTERM end the watch in good order."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
