"""The host as a tree: segment, what is plugged into it, whose that is, the links inside.

Only identities and their order: what is said about each is model.caption's. So the whole tree can be made anew
whenever cables change, and words are found only for the rows somebody looks at.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from model.cables import BRIDGE_KINDS, CHILD_KINDS, FALLBACK_TUNNELS
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.link import PEERED_KINDS, Link
from model.namespace import Owner
from model.segments import PortId


class Sort(Enum):
    """What an entry of the tree stands for."""

    HOST = "host"
    SEGMENT = "segment"
    NAMESPACE = "namespace"
    MACHINE = "machine"
    """A VM, by its taps."""
    LINK = "link"
    PORT = "port"
    """A port whose owner stands elsewhere: in the rack of its first segment."""
    GROUP = "group"


class Group(Enum):
    """Groups of what belongs to no segment."""

    LOOSE = "not on a bridge"


class MachineId(NamedTuple):
    """A VM, as its runtime knows it."""

    runtime: str
    id: str


Key = LinkId | NamespaceId | MachineId | PortId | Group
"""What makes an entry the same entry in the next tree."""


@dataclass(slots=True, eq=False)
class Entry:
    """One thing in the tree, and what stands under it."""

    key: Key
    sort: Sort
    subject: LinkId | NamespaceId | None
    """The link or namespace it is about."""
    seen_from: NamespaceId
    """The namespace in whose rack it stands."""
    rack: LinkId | None = None
    """The segment in whose rack it stands."""
    children: list["Entry"] = field(default_factory=list)

    @property
    def carries(self) -> LinkId | None:
        """The one link inside, when there is one only: folded, the entry speaks for it."""
        if self.sort in (Sort.NAMESPACE, Sort.MACHINE) and len(self.children) == 1:
            only = self.children[0]
            return only.subject if only.sort is Sort.LINK and isinstance(only.subject, LinkId) else None
        return None

    @property
    def opens_by_itself(self) -> bool:
        """A namespace with one link stays folded."""
        return self.carries is None


class Row(NamedTuple):
    """A line of the tree as it is unfolded now."""

    entry: Entry
    depth: int
    rails: int
    """Bit n: at depth n the line goes on below this row."""
    is_open: bool | None
    """None: there is nothing to unfold."""
    parent: int
    """The index of the row it stands under; -1 for the first."""


@dataclass(slots=True)
class Known:
    """What of a tree is the same in the next one, as long as nothing of it is touched."""

    links: dict[NamespaceId, list[Link]] = field(default_factory=dict)
    first_plugs: dict[NamespaceId, PortId | None] = field(default_factory=dict)
    namespaces: dict[NamespaceId, Entry] = field(default_factory=dict)
    """Those that hold nothing but links."""
    segments: dict[LinkId, Entry] = field(default_factory=dict)
    """Of the host, with nothing beside them but such namespaces, and links."""
    shared: frozenset[LinkId] = frozenset()
    touched: set[LinkId] = field(default_factory=set)
    """Since the last tree."""

    def touch(self, links: Iterable[LinkId]) -> None:
        """These were touched (model.link_rows) by a rewiring."""
        self.touched.update(links)

    def forget(self) -> None:
        """Everything."""
        for known in (self.links, self.first_plugs, self.namespaces, self.segments):
            known.clear()

    def forget_touched(self, graph: Inventory) -> set[NamespaceId]:
        """What was touched, and the segments that it is plugged into, or was; the namespaces that are to be placed."""
        spaces = {link.namespace for link in self.touched}
        for link in self.touched:
            ends = graph.ends(link)
            for segment in (link, ends.master, ends.parent):
                if isinstance(segment, LinkId):
                    self.segments.pop(segment, None)
        for space in spaces:
            self.links.pop(space, None)
            self.namespaces.pop(space, None)
            self.forget_segment_of(self.first_plugs.pop(space, None))
        self.touched.clear()
        return spaces

    def forget_segment_of(self, plug: PortId | None) -> None:
        """Somebody comes there, or goes."""
        if plug is not None:
            self.segments.pop(plug.segment, None)


def tree_of(graph: Inventory, known: Known | None = None) -> Entry | None:
    """The whole host; None until its own namespace was seen. `known` is brought up to date; its entries are used."""
    return None if graph.home is None else _Builder(graph, graph.home, known or Known()).build()


def rows(root: Entry, unfolded: Mapping[Key, bool], keep: Collection[Key] | None = None) -> list[Row]:
    """The lines to show. `unfolded` says what was folded or unfolded by hand; `keep`: only these, all unfolded."""
    lines: list[Row] = []

    def add(entry: Entry, depth: int, rails: int, parent: int) -> None:
        children = entry.children
        if keep is not None:
            children = [child for child in children if child.key in keep]
        if not children:
            lines.append(Row(entry, depth, rails, None, parent))
            return
        is_open = keep is not None or unfolded.get(entry.key, entry.opens_by_itself)
        mine = len(lines)
        lines.append(Row(entry, depth, rails, is_open, parent))
        if is_open:
            last = children[-1]
            bit = 1 << (depth + 1)
            for child in children:
                add(child, depth + 1, rails | bit if child is not last else rails & ~bit, mine)

    add(root, 0, 0, -1)
    return lines


def kept(root: Entry, matches: Callable[[Entry], bool]) -> tuple[set[Key], int]:
    """What a filter leaves: what matches, what it stands under, and what stands under it. And how many match."""
    keys: set[Key] = set()
    count = 0

    def look(entry: Entry, *, under_match: bool) -> bool:
        nonlocal count
        hit = matches(entry)
        count += hit
        found = hit or under_match
        whole = (hit or under_match) and entry.sort in (Sort.NAMESPACE, Sort.MACHINE)
        for child in entry.children:
            found |= look(child, under_match=whole)
        if found:
            keys.add(entry.key)
        return found

    look(root, under_match=False)
    return keys, count


def is_idle(link: Link) -> bool:
    """A link that every namespace has, and nobody uses: lo, and the kernel's own tunnels while they are down."""
    return link.kind == "loopback" or (not link.up and link.name in FALLBACK_TUNNELS)


def links_of(graph: Inventory, namespace: NamespaceId) -> list[Link]:
    """The links of a namespace that are worth a line, by ifindex."""
    found = [link for link in graph.links(namespace) if not is_idle(link)]
    found.sort(key=_by_ifindex)
    return found


def machine_of(graph: Inventory, link: LinkId) -> Owner | None:
    """The VM that a tap leads to."""
    holder = graph.holder(link)
    return holder.owner if holder is not None else None


class _Builder:
    """Builds one tree. Every namespace and every VM is placed once, where its first plug is."""

    def __init__(self, graph: Inventory, home: NamespaceId, known: Known) -> None:
        self._graph = graph
        self._known = known
        self._home = home
        self._placed: set[NamespaceId] = {home}
        self._machines: dict[MachineId, Entry] = {}
        self._shared = frozenset(
            parent
            for link in graph.links()
            if link.kind in CHILD_KINDS and isinstance(parent := graph.ends(link.id).parent, LinkId)
        )
        stale = known.forget_touched(graph)
        if self._shared != known.shared:
            known.forget()
            known.shared = self._shared
        spaces = [namespace.id for namespace in graph.namespaces()]
        links, plugs = known.links, known.first_plugs
        self._links = {space: links[space] if space in links else links_of(graph, space) for space in spaces}
        self._first_plug = {
            space: plugs[space] if space in plugs else self._find_first_plug(space, self._links[space])
            for space in spaces
        }
        known.links, known.first_plugs = self._links, self._first_plug
        for space in stale:
            known.forget_segment_of(self._first_plug.get(space))

    def build(self) -> Entry:
        host = Entry(self._home, Sort.HOST, self._home, self._home)
        loose = Entry(Group.LOOSE, Sort.GROUP, None, self._home)
        for link in self._links[self._home]:
            if self._is_segment(link):
                host.children.append(self._known_segment(link))
        for link in self._links[self._home]:
            if not self._stands_elsewhere(link):
                loose.children.extend(self._link_or_machine(link, None))
        for must_be_loose in (True, False):  # the second time: those that hang on each other in a circle
            for space in self._links:
                if space not in self._placed and (self._first_plug[space] is None) is must_be_loose:
                    loose.children.append(self._namespace(space, None, self._home))
        if loose.children:
            host.children.append(loose)
        return host

    def _known_segment(self, link: Link) -> Entry:
        known = self._known
        entry = known.segments.get(link.id)
        if entry is None:
            entry = self._segment(link)
            if all(child.sort in (Sort.LINK, Sort.PORT) or self._is_known(child) for child in entry.children):
                known.segments[link.id] = entry
        else:
            self._placed.update(space for child in entry.children if (space := _space_of(child)) is not None)
        return entry

    def _is_known(self, entry: Entry) -> bool:
        space = _space_of(entry)
        return space is not None and self._known.namespaces.get(space) is entry

    def _segment(self, link: Link) -> Entry:
        entry = Entry(link.id, Sort.SEGMENT, link.id, link.id.namespace, link.id)
        if link.id in self._shared:
            entry.children.extend(self._plugged(link.id, link))
        ports = self._graph.ports(link.id)
        for port in sorted(ports, key=is_outside, reverse=True):
            entry.children.extend(self._plugged(link.id, port))
        for child in self._graph.children(link.id) if link.id in self._shared else ():
            if child.kind in CHILD_KINDS:
                entry.children.extend(self._plugged(link.id, child))
        return entry

    def _plugged(self, segment: LinkId, by: Link) -> Iterator[Entry]:
        """What is at the other end of a port, or whose a child is."""
        peer = self._graph.ends(by.id).peer
        inside = peer if isinstance(peer, LinkId) else by.id
        if inside.namespace == segment.namespace:
            if self._is_segment(by):
                if by.id != segment:
                    yield Entry(PortId(segment, by.id), Sort.PORT, by.id, segment.namespace, segment)
            else:
                yield from self._link_or_machine(by, segment)
            return
        plug = self._first_plug.get(inside.namespace)
        if plug == (segment, by.id) and inside.namespace not in self._placed:
            yield self._namespace(inside.namespace, segment, segment.namespace)
        elif by.id != segment:
            yield Entry(PortId(segment, by.id), Sort.PORT, inside, segment.namespace, segment)

    def _namespace(self, space: NamespaceId, rack: LinkId | None, seen_from: NamespaceId) -> Entry:
        self._placed.add(space)
        before = self._known.namespaces.get(space)
        if before is not None and (before.rack, before.seen_from) == (rack, seen_from):
            return before
        entry = Entry(space, Sort.NAMESPACE, space, seen_from, rack)
        for link in self._links[space]:
            if self._is_segment(link):
                entry.children.append(self._segment(link))
            elif not self._is_inside_port(link):
                entry.children.extend(self._link_or_machine(link, rack))
        for child in entry.children:
            child.seen_from = seen_from if child.sort is Sort.LINK else child.seen_from
        if all(child.sort is Sort.LINK for child in entry.children):
            self._known.namespaces[space] = entry
        return entry

    def _link_or_machine(self, link: Link, rack: LinkId | None) -> Iterator[Entry]:
        owner = machine_of(self._graph, link.id)
        if owner is None:
            yield Entry(link.id, Sort.LINK, link.id, link.id.namespace, rack, self._parts(link, rack))
            return
        key = MachineId(owner.runtime, f"{owner.id} {owner.pid}")
        tap = Entry(link.id, Sort.LINK, link.id, link.id.namespace, rack)
        machine = self._machines.get(key)
        if machine is None:
            machine = self._machines[key] = Entry(key, Sort.MACHINE, link.id, link.id.namespace, rack)
            yield machine
        elif machine.rack != rack:
            tap.sort = Sort.PORT
            yield tap
            return
        machine.children.append(tap)

    def _parts(self, link: Link, rack: LinkId | None) -> list[Entry]:
        """The links that a bond, or another master that is no segment, is made of."""
        if link.kind == "vrf" or link.kind in PEERED_KINDS or link.kind in CHILD_KINDS:
            return []
        return [
            Entry(part.id, Sort.LINK, part.id, link.id.namespace, rack)
            for part in self._graph.ports(link.id)
            if not self._is_segment(part)
        ]

    def _stands_elsewhere(self, link: Link) -> bool:
        """A host's link that has its place: as a segment, a port, or the other end of somebody's cable."""
        if self._is_segment(link) or self._is_inside_port(link):
            return True
        peer = self._graph.ends(link.id).peer
        return isinstance(peer, LinkId) and peer.namespace != self._home

    def _is_segment(self, link: Link) -> bool:
        return link.kind in BRIDGE_KINDS or link.id in self._shared

    def _is_inside_port(self, link: Link) -> bool:
        """It stands under a link of its own namespace."""
        ends = self._graph.ends(link.id)
        if isinstance(ends.master, LinkId) and link.master_kind != "vrf":
            return True
        return (
            link.kind in CHILD_KINDS and isinstance(ends.parent, LinkId) and ends.parent.namespace == link.id.namespace
        )

    def _find_first_plug(self, space: NamespaceId, links: list[Link]) -> PortId | None:
        spare = None
        for link in links:
            ends = self._graph.ends(link.id)
            if isinstance(ends.peer, LinkId) and ends.peer.namespace != space:
                master = self._graph.ends(ends.peer).master
                if isinstance(master, LinkId) and self._is_bridge(master):
                    return PortId(master, ends.peer)
                if spare is None and ends.peer in self._shared:
                    spare = PortId(ends.peer, ends.peer)
            if link.kind in CHILD_KINDS and isinstance(ends.parent, LinkId) and ends.parent.namespace != space:
                return PortId(ends.parent, link.id)
        return spare

    def _is_bridge(self, master: LinkId) -> bool:
        link = self._graph.link(master)
        return link is not None and link.kind in BRIDGE_KINDS


def _space_of(entry: Entry) -> NamespaceId | None:
    """The namespace that it stands for."""
    return entry.subject if entry.sort is Sort.NAMESPACE and not isinstance(entry.subject, LinkId) else None


def is_outside(link: Link) -> bool:
    """A way out of the host: a NIC, a bond, a tunnel, not a cable to somebody here."""
    return link.kind in ("device", "bond", "team", "vxlan", "gretap", "ip6gretap", "geneve", "wireguard", "vlan")


def _by_ifindex(link: Link) -> int:
    return link.id.ifindex
