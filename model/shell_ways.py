"""How a shell in the program's own namespace reaches every other: by `ip netns` name, by a process, by a mount."""

from collections.abc import Mapping
from typing import NamedTuple

from model.identity import NamespaceId
from model.inventory import Inventory
from model.names import display_name
from model.plan import Surroundings
from model.shell_words import Verbatim, Word


class Way(NamedTuple):
    """How a shell in the program's own namespace reaches a namespace. Without any of these it cannot."""

    home: bool = False
    name: str | None = None
    """Its `ip netns` name."""
    pid: int | None = None
    """A process that is in it."""
    path: str | None = None
    """Where it is mounted, outside /run/netns."""
    label: str = ""
    """What it is called where no line can be given."""


Ways = Mapping[NamespaceId, Way]


class NoLine(Exception):
    """No line of a shell can do this."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def ways_of(graph: Inventory, surroundings: Surroundings) -> dict[NamespaceId, Way]:
    """How to reach each namespace: by its name, by a process of its owner's, or by what the surroundings say."""
    told = dict(surroundings.netns_paths)
    return {space.id: _way_to(graph, space.id, told.get(space.id, "")) for space in graph.namespaces()}


def _way_to(graph: Inventory, space: NamespaceId, told: str) -> Way:
    seen = graph.namespace(space)
    label = display_name(graph.address(space) or space)
    if seen is not None and seen.home:
        return Way(home=True, label=label)
    if seen is not None and seen.names:
        pid = _pid_of(graph, space, told)
        return Way(name=min(seen.names, key=_oddness), pid=pid, label=label)
    pid = _pid_of(graph, space, told)
    return Way(pid=pid, path=told if told.startswith("/") else None, label=label)


def _pid_of(graph: Inventory, space: NamespaceId, told: str) -> int | None:
    form, _, number = told.partition(":")
    if form == "pid" and number.isdecimal():
        return int(number)
    return next((owner.pid for owner in graph.owners(space) if owner.pid > 0), None)


def _oddness(name: str) -> tuple[bool, int]:
    """Of several names the one that is easiest to read."""
    return (not name.isascii() or not name.isprintable(), len(name))


def way_of(ways: Ways, space: NamespaceId) -> Way:
    """The way to a namespace; of one that is not known there is none."""
    return ways.get(space, Way(label=display_name(space)))


def ip_in(ways: Ways, space: NamespaceId, family: int = 4) -> list[Word]:
    """ip(8), working in a namespace. Raises NoLine."""
    words = tool_in("ip", ways, space)
    return words if family == 4 else [*words, "-6"]


def tool_in(tool: str, ways: Ways, space: NamespaceId) -> list[Word]:
    """ip, bridge or tc, working in a namespace. Raises NoLine."""
    way = way_of(ways, space)
    return [tool, "-n", way.name] if way.name is not None and not way.home else [*inside(ways, space), tool]


def inside(ways: Ways, space: NamespaceId) -> list[Word]:
    """What runs any program in a namespace. Raises NoLine."""
    way = way_of(ways, space)
    if way.home:
        return []
    if way.name is not None:
        return ["ip", "netns", "exec", way.name]
    if way.pid is not None:
        return ["nsenter", "-t", str(way.pid), "-n"]
    if way.path is not None:
        return ["nsenter", f"--net={way.path}"]
    raise NoLine(f"no shell line reaches {way.label}: it has no ip netns name, and no process of it is known")


def into(ways: Ways, here: NamespaceId, there: NamespaceId) -> list[Word]:
    """`netns ...`. A number is a pid only while no namespace has that name; a path is what it says. Raises NoLine."""
    if here == there:
        return []
    way = way_of(ways, there)
    if way.home:
        return ["netns", Verbatim("/proc/$$/ns/net")]
    if way.name is not None:
        return ["netns", way.name]
    if way.pid is not None:
        is_name = any(other.name == str(way.pid) for other in ways.values())
        return ["netns", f"/proc/{way.pid}/ns/net" if is_name else str(way.pid)]
    if way.path is not None:
        return ["netns", way.path]
    raise NoLine(f"no shell line reaches {way.label}: it has no ip netns name, and no process of it is known")
