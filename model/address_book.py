"""Naming things: what an operator types, and what it means (`NS/LINK`, a MAC, an IP address, a pid ...).

What we print is `Inventory.address`; typed back, it means the same thing again. Ambiguous is an answer, with the
candidates.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_interface

from model.ethernet import canonical_mac
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.labels import HOST, owns_links
from model.link import Link
from model.names import from_hex
from model.whose import whose

SHORTEST_PREFIX = 4
"""Characters of a container's id that will do."""

InodeOfPid = Callable[[int], int | None]
"""The inode of the namespace a process is in now; None where that cannot be told. I/O: the caller's business."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several things are called so."""

    text: str
    candidates: tuple[str, ...]
    """Their addresses: each means one of them alone."""


@dataclass(frozen=True, slots=True)
class NoSuch:
    """Nothing that we can see is called so."""

    text: str


@dataclass(frozen=True, slots=True)
class Match:
    """One answer to `who`: a link, or a namespace that has none to show."""

    namespace: NamespaceId
    link: Link | None


def no_inode(pid: int) -> None:
    """For a graph that is not of this host: nothing is known of a pid but what the facts say."""


def the_link(graph: Inventory, text: str, inode_of_pid: InodeOfPid = no_inode) -> Link | Ambiguous | NoSuch:
    """The one link that this means."""
    found = find_links(graph, text, inode_of_pid)
    if len(found) == 1:
        return found[0]
    return Ambiguous(text, _called(graph, (link.id for link in found))) if found else NoSuch(text)


def the_namespace(graph: Inventory, text: str, inode_of_pid: InodeOfPid = no_inode) -> NamespaceId | Ambiguous | NoSuch:
    """The one namespace that this means."""
    found = find_namespaces(graph, text, inode_of_pid)
    if len(found) == 1:
        return found[0]
    return Ambiguous(text, _called(graph, found)) if found else NoSuch(text)


def find_links(graph: Inventory, text: str, inode_of_pid: InodeOfPid = no_inode) -> tuple[Link, ...]:
    """Where a link is wanted: `NS/LINK`, or a bare LINK, which is looked up on the host, then everywhere."""
    for place, link in _splits(text):
        found = [one for space in find_namespaces(graph, place, inode_of_pid) for one in _links_in(graph, space, link)]
        if found:
            return tuple(found)
    if graph.home is not None:
        on_host = _links_in(graph, graph.home, text)
        if on_host:
            return on_host
    return _links_everywhere(graph, text)


def find_namespaces(graph: Inventory, text: str, inode_of_pid: InodeOfPid = no_inode) -> tuple[NamespaceId, ...]:
    """Where a namespace is wanted: `host`, a name, an id's beginning, or a form with a prefix."""
    if text == HOST:
        return () if graph.home is None else (graph.home,)
    form, colon, value = text.partition(":")
    name = _plain_or_hex(value)
    match form if colon else "":
        case "netns":
            found = graph.labels.mounts.get(name)
        case "owner":
            found = graph.labels.owned_by(name)
        case "pid":
            found = _by_pid(graph, value, inode_of_pid)
        case "inode":
            found = graph.labels.inodes.get(_number(value))
        case "id":
            found = {NamespaceId(value)} if graph.namespace(NamespaceId(value)) is not None else frozenset()
        case "hex":
            found = graph.labels.bare(_plain_or_hex(text))
        case _:
            found = graph.labels.bare(text) or _by_id_prefix(graph, text)
    return tuple(sorted(found))


def find_anything(graph: Inventory, text: str, inode_of_pid: InodeOfPid = no_inode) -> tuple[Match, ...]:
    """Where anything may stand: a link, an owner, a namespace, a MAC, an IP address, a pid. All that it may mean."""
    matches: dict[tuple[NamespaceId, LinkId | None], Match] = {}
    for match in _meanings(graph, text, inode_of_pid):
        matches.setdefault((match.namespace, match.link.id if match.link is not None else None), match)
    return tuple(matches.values()) or tuple(_as_shown(graph, text))


def _as_shown(graph: Inventory, text: str) -> Iterator[Match]:
    """What the screens call a thing when it has several owners or none of note: `d1+d4/eth1`, `sleep 41822`."""
    for space in graph.namespaces():
        name = whose(graph, space.id).name
        if text == name:
            yield from _cables(graph, space.id, text)
        elif text.startswith(f"{name}/"):
            yield from _matches(_links_in(graph, space.id, text.removeprefix(f"{name}/")))


def _meanings(graph: Inventory, text: str, inode_of_pid: InodeOfPid) -> Iterator[Match]:
    mac = canonical_mac(text)
    if mac is not None:
        yield from _matches(graph.links_by_mac(mac))
    address = _ip_address(text)
    if address is not None:
        yield from _matches(graph.links_by_address(address))
    yield from _matches(_links_everywhere(graph, text) or find_links(graph, text, inode_of_pid))
    yield from _matches(graph.links_held_by(_plain_or_hex(text.removeprefix("owner:"))))
    pid = _number(text.removeprefix("pid:"))
    yield from _matches(graph.links_held_by_pid(pid))
    spaces = find_namespaces(graph, text, inode_of_pid)
    if text.isdecimal():
        spaces += tuple(_by_pid(graph, text, inode_of_pid))
    for space in spaces:
        yield from _cables(graph, space, text)


def _cables(graph: Inventory, space: NamespaceId, text: str) -> Iterator[Match]:
    """The links of a namespace; none, where the name is of one who only lives there (a VM, `--network host`)."""
    links = [link for link in graph.links(space) if link.kind != "loopback"]
    if _is_guest(graph, space, text):
        if not graph.links_held_by(text):
            yield Match(space, None)
    elif links:
        yield from _matches(sorted(links, key=lambda link: link.id.ifindex))
    else:
        yield Match(space, None)


def _is_guest(graph: Inventory, space: NamespaceId, text: str) -> bool:
    """Not the namespace itself is meant, but somebody in it who owns none of its links."""
    namespace = graph.namespace(space)
    if text == graph.address(space) or (namespace is not None and text in namespace.names):
        return False
    if space == graph.home:
        return True
    so_called = [owner for owner in graph.owners(space) if text in (owner.name, str(owner.pid), f"owner:{owner.name}")]
    return bool(so_called) and not any(owns_links(owner) for owner in so_called)


def _matches(links: Iterable[Link]) -> Iterator[Match]:
    return (Match(link.id.namespace, link) for link in links)


def _links_everywhere(graph: Inventory, text: str) -> tuple[Link, ...]:
    """The host's first."""
    found = [link for space in graph.namespaces() for link in _by_ifindex(graph, space.id, text)]
    return tuple(found) or _host_first(graph, graph.links_named(_plain_or_hex(text)) or graph.links_named(text))


def _links_in(graph: Inventory, space: NamespaceId, text: str) -> tuple[Link, ...]:
    by_index = _by_ifindex(graph, space, text)
    return by_index or graph.links_named(_plain_or_hex(text), space) or graph.links_named(text, space)


def _by_ifindex(graph: Inventory, space: NamespaceId, text: str) -> tuple[Link, ...]:
    if not text.startswith("if:"):
        return ()
    link = graph.link(LinkId(space, _number(text.removeprefix("if:"))))
    return () if link is None else (link,)


def _host_first(graph: Inventory, links: Iterable[Link]) -> tuple[Link, ...]:
    return tuple(sorted(links, key=lambda link: link.id.namespace != graph.home))


def _splits(text: str) -> Iterator[tuple[str, str]]:
    """`a/b/c` as (`a/b`, `c`), then (`a`, `b/c`): an owner's name, or an altname, may hold a slash."""
    at = text.rfind("/")
    while at > 0:
        yield text[:at], text[at + 1 :]
        at = text.rfind("/", 0, at)


def _plain_or_hex(text: str) -> str:
    if not text.startswith("hex:"):
        return text
    name = from_hex(text.removeprefix("hex:"))
    return text if name is None else name


def _by_pid(graph: Inventory, digits: str, inode_of_pid: InodeOfPid) -> frozenset[NamespaceId]:
    pid = _number(digits)
    if pid <= 0:
        return frozenset()
    owned = frozenset(graph.labels.pids.get(pid))
    if owned:
        return owned
    inode = inode_of_pid(pid)
    return frozenset() if inode is None else frozenset(graph.labels.inodes.get(inode))


def _by_id_prefix(graph: Inventory, text: str) -> frozenset[NamespaceId]:
    exact = set()
    begun = set()
    for space in graph.namespaces():
        for owner in graph.owners(space.id):
            if owner.id == text:
                exact.add(space.id)
            elif len(text) >= SHORTEST_PREFIX and owner.id.startswith(text):
                begun.add(space.id)
    return frozenset(exact or begun)


def _ip_address(text: str) -> str | None:
    """The address in canonical form, without prefix length or zone."""
    try:
        return str(ip_interface(text).ip).partition("%")[0]
    except ValueError:
        return None


def _number(digits: str) -> int:
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 20 else -1


def _called(graph: Inventory, subjects: Iterable[LinkId | NamespaceId]) -> tuple[str, ...]:
    return tuple(address for subject in subjects if (address := graph.address(subject)) is not None)
