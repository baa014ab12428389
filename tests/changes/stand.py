"""A small host of real namespaces, planned for and changed as the program does it, and all that can be seen of it.

Only its own namespaces are in its graph: whatever else lives on the machine cannot be touched.
"""

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from backend import sysctls
from backend.host import Host, LinuxHost
from backend.netns import inside
from model.facts import Fact, NamespaceGone, NamespaceRead, NamespaceSeen
from model.identity import LinkId, NamespaceId
from model.intents import Intent
from model.plan import Fate, Outcome, Plan, Refusal
from model.planner import plan, touched
from model.taking_back import taking_back
from model.topology import Topology
from tests.changes.bench import index_of

_BATCH: Final = """\
link
address
route show table all
neighbour show nud permanent
"""
_SECTIONS: Final = ("link", "address", "route", "neighbour", "route6", "fdb", "qdisc")
_VOLATILE: Final = ("stats", "stats64", "valid_life_time", "preferred_life_time", "qlen", "used", "users", "refcnt")
_MOVING: Final = ("_timer", "_max_size", "_max_segs", "_ipv4_max_size", "topology_change", "topology_change_detected")
"""Timers; and what a bridge keeps of the ports that it had (net/bridge/br_if.c never takes it back)."""
_PORT_NUMBERS: Final = ("id", "no", "designated_port")
"""The lowest one that is free: whoever comes back first has it (find_portno, net/bridge/br_if.c)."""

STAND_NAMES: Final = f"jf-test-{os.getpid()}-"
"""How the names of this process's namespaces begin."""
NEW_NAME: Final = f"{STAND_NAMES}stand-new"

Dump = Mapping[str, Any]


class Stand:
    """The private namespace of the test as the host, and some named ones beside it."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.host: Host = LinuxHost()
        self.names = dict(names)
        """A letter -> the full name of a namespace."""
        self.ids: dict[str, NamespaceId] = {}
        self.first = self.facts()
        """What was told of it when it was new."""

    def facts(self) -> list[Fact]:
        """Everything that is told of our own namespaces."""
        told = self.host.read()
        spaces = [fact.namespace for fact in told if isinstance(fact, NamespaceSeen)]
        letters = {name: letter for letter, name in self.names.items()}
        for space in spaces:
            for name in space.names:
                if name in letters:
                    self.ids[letters[name]] = space.id
            if space.home:
                self.ids["h"] = space.id
        own = set(self.ids.values())
        return [fact for fact in told if _namespace_of(fact) in own]

    def graph(self) -> Topology:
        return graph_of(self.facts())

    def link(self, place: str) -> LinkId:
        """`h/br0`, `a/eth0`."""
        letter, _, name = place.partition("/")
        with self._inside(letter):
            return LinkId(self.ids[letter], index_of(name))

    def plan(self, intent: Intent, graph: Topology) -> Plan:
        """A plan for it, or the test fails with the refusal."""
        made = self.try_plan(intent, graph)
        assert isinstance(made, Plan), made
        return made

    def try_plan(self, intent: Intent, graph: Topology) -> Plan | Refusal:
        return plan(graph, intent, self.host.surroundings(touched(graph, intent)))

    def do(self, made: Plan) -> tuple[Outcome, ...]:
        """All of it, or the test fails with the reason."""
        return _done(self.host.execute(made.operations))

    def undo(self, made: Plan, outcomes: Sequence[Outcome]) -> None:
        _done(self.host.execute([one.operation for one in taking_back(made, outcomes)]))

    # What can be seen

    def dump(self) -> Dump:
        """Everything that `ip`, `bridge`, `tc` and /proc/sys say of our namespaces, without what moves by itself."""
        there = {letter for letter, name in self.names.items() if Path("/run/netns", name).exists()}
        named = sorted(entry.name for entry in Path("/run/netns").glob(f"{STAND_NAMES}*"))
        found: dict[str, Any] = {"names": named}
        for letter in sorted({"h", *there}):
            with self._inside(letter):
                texts = [_said("ip", "-d", "-j", "-batch", "-", stdin=_BATCH)]
                texts.append(_said("ip", "-6", "-d", "-j", "route", "show", "table", "all"))
                texts += [_said("bridge", "-d", "-j", "fdb"), _said("tc", "-j", "qdisc")]
                documents = [rows for text in texts for rows in _documents(text)]
                found[f"{letter} sysctl"] = list(_sysctls())
            for section, rows in zip(_SECTIONS, documents, strict=True):
                steady = [_steady(section, row) for row in rows]
                kept = [row for row in steady if row is not None]
                found[f"{letter} {section}"] = sorted(kept, key=lambda row: json.dumps(row, sort_keys=True))
        return found

    @contextlib.contextmanager
    def _inside(self, letter: str) -> Iterator[None]:
        """This thread, and what it starts."""
        if letter == "h":
            yield
            return
        fd = os.open(f"/run/netns/{self.names[letter]}", os.O_RDONLY)
        try:
            with inside(fd):
                yield
        finally:
            os.close(fd)

    def sh(self, lines: Sequence[str]) -> None:
        """The lines as an operator would paste them, into a shell in the program's own namespace."""
        done = subprocess.run(["sh", "-e"], input="\n".join(lines), capture_output=True, text=True, check=False)
        assert done.returncode == 0, (lines, done.stderr)


def settled(stand: Stand, like: Dump | None = None) -> Dump:
    """What is to be seen once linkwatch has caught up (it may lag by a second); at last as it is, for the message."""
    deadline = time.monotonic() + 8
    seen = stand.dump()
    while time.monotonic() < deadline:
        again = stand.dump()
        if again == like or (like is None and again == seen):
            return again
        seen = again
        time.sleep(0.1)
    return seen


def graph_of(facts: Sequence[Fact]) -> Topology:
    graph = Topology()
    graph.learn(facts)
    return graph


def unnumbered(dump: Dump) -> Dump:
    """Without the numbers of links: which one the kernel gives next is its own business."""
    return {key: [_without_number(row) for row in rows] for key, rows in dump.items()}


def _without_number(row: Any) -> Any:
    numbers = ("ifindex", "link_index")
    return {key: value for key, value in row.items() if key not in numbers} if isinstance(row, dict) else row


def difference(one: Dump, other: Dump) -> list[str]:
    """What differs, a line each: for the message of a test. Of a row that only changed, what changed."""
    found = []
    for key in sorted(one.keys() | other.keys()):
        before, after = (dict(_flat(key, shown.get(key, []))) for shown in (one, other))
        found += [f"- {path} = {before[path]}" for path in before if before[path] != after.get(path, _ABSENT)]
        found += [f"+ {path} = {after[path]}" for path in after if after[path] != before.get(path, _ABSENT)]
    return found


_ABSENT: Final = object()


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every leaf and where it is; a row goes by what it is called."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{path}.{key}", inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            names = (
                [inner.get(key) for key in ("ifname", "dst", "mac", "local", "kind")] if isinstance(inner, dict) else []
            )
            yield from _flat(f"{path}[{' '.join(filter(None, names)) or number}]", inner)
    else:
        yield path, value


def _said(*command: str, stdin: str | None = None) -> str:
    return subprocess.run(command, input=stdin, check=True, capture_output=True, text=True).stdout


def _sysctls() -> Iterator[str]:
    for family in sysctls.FAMILIES:
        for link in sorted(entry.name for entry in Path(f"/proc/sys/net/{family}/conf").iterdir()):
            yield from (f"{family}/{link}/{key} = {value}" for key, value in sysctls.read_all(family, link).items())


def _documents(text: str) -> Iterator[list[dict[str, Any]]]:
    """Several JSON documents, one after the other; `ip` prints nothing at all for an empty IPv6 table."""
    decoder = json.JSONDecoder()
    at = 0
    while at < len(text):
        while at < len(text) and text[at].isspace():
            at += 1
        if at >= len(text):
            return
        rows, at = decoder.raw_decode(text, at)
        yield [row for row in rows if row]


def _steady(section: str, row: dict[str, Any]) -> dict[str, Any] | None:
    """A row without what moves by itself; None: all of it does."""
    if section == "fdb":
        if row.get("state") not in ("static", "permanent") or int(row["mac"][:2], 16) & 1:
            return None
        if "self" in row.get("flags", []):
            return None  # the kernel's own list of what a link listens to
    if section in ("route", "route6") and row.get("type") == "multicast":
        return None
    if section == "link" and row.get("qdisc") == "noop":  # until it was up for the first time; never again
        row = {**row, "qdisc": "noqueue"}
    if section == "address":
        row = {"ifname": row["ifname"], "addr_info": row["addr_info"]}
    return {key: _steady_value(value) for key, value in row.items() if not _moves(key)}


def _moves(key: str) -> bool:
    return key in _VOLATILE or key.endswith(_MOVING)


def _steady_value(value: Any) -> Any:
    if isinstance(value, dict):
        port = "designated_port" in value
        kept = (key for key in value if not _moves(key) and not (port and key in _PORT_NUMBERS))
        return {key: _steady_value(value[key]) for key in kept}
    return [_steady_value(inner) for inner in value] if isinstance(value, list) else value


def _namespace_of(fact: Fact) -> NamespaceId | None:
    match fact:
        case NamespaceSeen():
            return fact.namespace.id
        case NamespaceRead() | NamespaceGone():
            return fact.namespace
        case _:
            link = getattr(fact, "link", None)
            space = getattr(link, "id", link)
            named = getattr(fact, "namespace", None) if link is None else getattr(space, "namespace", None)
            return NamespaceId(named) if isinstance(named, str) else None


def _done(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    for outcome in outcomes:
        assert outcome.fate is Fate.DONE, f"{outcome.error}: {outcome.kernel} ({outcome.operation})"
    return outcomes
