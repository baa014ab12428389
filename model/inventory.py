"""What is there: namespaces, links, cables, addresses, owners; and every way to look them up.

It only holds. What may change it, and what that means to a person, is model.topology's.
"""

import dataclasses
from collections.abc import Collection, Container, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from model.ends import NO_ENDS, RELATIONS, Claims, Ends, ends_of
from model.facts import Visibility
from model.identity import UNKNOWN, End, LinkId, NamespaceId, Unseen
from model.labels import Labels, word
from model.link import Address, Link
from model.multimap import Multimap
from model.namespace import Holder, Namespace, Owner

if TYPE_CHECKING:
    import networkx as nx

    Graph = nx.MultiDiGraph[NamespaceId | LinkId]

IN_NAMESPACE = "in-namespace"

Far = Link | Literal[Unseen.UNKNOWN] | None
"""The link at the far end; UNKNOWN: there is one, we cannot tell where; None: this kind has none."""

AddressKey = tuple[int, str, int, str | None]


@dataclass(frozen=True, slots=True)
class Caution:
    """Something that the reader should know about one subject."""

    code: str
    """peer-unknown, peer-ambiguous, parent-unknown, master-unknown or namespace-unreadable."""
    subject: LinkId | NamespaceId
    text: str
    """A sentence that begins with the subject's address."""


class Inventory:
    """The state of the graph, and its indexes."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self.visibility = Visibility(complete=True)
        self.home: NamespaceId | None = None
        """The namespace the program runs in; None until it was seen."""
        self.labels = Labels()
        self._namespaces: dict[NamespaceId, Namespace] = {}
        self._in_order: tuple[Namespace, ...] | None = None
        self._owners: dict[NamespaceId, tuple[Owner, ...]] = {}
        self._links: dict[LinkId, Link] = {}
        self._inside: dict[NamespaceId, dict[int, Link]] = {}
        self._ends: dict[LinkId, Ends] = {}
        self._addresses: dict[LinkId, dict[AddressKey, Address]] = {}
        self._holders: dict[LinkId, Holder] = {}
        self._claims = Claims()
        self._places: Multimap[str, NamespaceId] = Multimap()
        self._named: Multimap[tuple[NamespaceId, str], LinkId] = Multimap()
        self._macs: Multimap[str, LinkId] = Multimap()
        self._texts: Multimap[str, LinkId] = Multimap()
        self._awaited: Multimap[NamespaceId, LinkId] = Multimap()
        """Links that were not seen yet, but whose address or holder was."""

    @property
    def graph(self) -> "Graph":
        """The networkx graph, for reading: drawn when first asked for, and kept live from then on.

        Nodes are NamespaceId and LinkId; edges are keyed `in-namespace` (link to namespace), `master` (port to bridge),
        `parent` (child to lower link) and `peer` (both ways). An edge stands only where both ends are known.
        """
        if self._graph is None:
            self._graph = self._drawn()
        return self._graph

    # Namespaces

    def namespaces(self) -> tuple[Namespace, ...]:
        """All of them: the host's first, then in the order in which they were seen."""
        if self._in_order is None:
            self._in_order = tuple(sorted(self._namespaces.values(), key=lambda namespace: not namespace.home))
        return self._in_order

    def namespace(self, namespace: NamespaceId) -> Namespace | None:
        """One of them; None: not seen, or gone."""
        return self._namespaces.get(namespace)

    def owners(self, namespace: NamespaceId) -> tuple[Owner, ...]:
        """Whose it is: containers, pods and VMs first."""
        return self._owners.get(namespace, ())

    def namespaces_by_inode(self, inode: int) -> tuple[NamespaceId, ...]:
        """Those with this inode; more than one only while an old one has not been seen to die."""
        return tuple(sorted(self.labels.inodes.get(inode)))

    # Links

    def links(self, namespace: NamespaceId | None = None) -> Collection[Link]:
        """All links, or those of one namespace. Not to be kept: it changes with the graph."""
        return self._links.values() if namespace is None else self._inside.get(namespace, {}).values()

    def link(self, link: LinkId) -> Link | None:
        """One link; None: not seen, or gone. Its `master`, `peer` and `parent` are as stated: see `ends`."""
        return self._links.get(link)

    def ends(self, link: LinkId) -> Ends:
        """The far ends of a link, as far as they are known."""
        return self._ends.get(link, NO_ENDS)

    def peer(self, link: LinkId) -> Far:
        """The other end of a cable."""
        return self._far(self.ends(link).peer)

    def behind(self, link: LinkId) -> NamespaceId | None:
        """The namespace of a cable's other end that cannot be read, where at least that is known (not root, say)."""
        stated = self._links[link].peer if link in self._links else None
        if isinstance(stated, LinkId) and self.ends(link).peer is UNKNOWN and not self.ends(link).ambiguous:
            return stated.namespace if stated.namespace in self._namespaces else None
        return None

    def parent(self, link: LinkId) -> Far:
        """The lower link of a macvlan, vlan, vxlan ..."""
        return self._far(self.ends(link).parent)

    def master(self, link: LinkId) -> Far:
        """The bridge (or bond, vrf ...) that a link is a port of."""
        return self._far(self.ends(link).master)

    def ports(self, bridge: LinkId) -> tuple[Link, ...]:
        """The ports of a bridge (or bond ...), by ifindex."""
        return self._sorted(self._claims.masters.get(bridge))

    def children(self, parent: LinkId) -> tuple[Link, ...]:
        """What stands on a link: its macvlans, vlans ..., wherever they are."""
        return self._sorted(self._claims.parents.get(parent))

    def has_children(self, parent: LinkId) -> bool:
        """Whether anything names this link as the one that it stands on."""
        return bool(self._claims.parents.get(parent))

    def has_on_it(self, parent: LinkId, kinds: Container[str]) -> bool:
        """Whether a child of one of these kinds stands on a link."""
        children = self._claims.parents.get(parent)
        return any(link.kind in kinds for child in children if (link := self._links.get(child)) is not None)

    def addresses(self, link: LinkId) -> tuple[Address, ...]:
        """The IP addresses of a link: IPv4 first, in the kernel's order."""
        held = self._addresses.get(link)
        if held is None:
            return ()
        return tuple(held.values()) if len(held) == 1 else tuple(sorted(held.values(), key=_family))

    def holder(self, link: LinkId) -> Holder | None:
        """The process that holds a tap."""
        return self._holders.get(link)

    # Looking up

    def links_named(self, name: str, namespace: NamespaceId | None = None) -> tuple[Link, ...]:
        """Links with this name or altname, everywhere or in one namespace."""
        places = self._places.get(name) if namespace is None else {namespace}
        return self._sorted({link for place in places for link in self._named.get((place, name))})

    def links_by_mac(self, mac: str) -> tuple[Link, ...]:
        """Links with this MAC: lower case, with colons."""
        return self._sorted(self._macs.get(mac))

    def links_by_address(self, text: str) -> tuple[Link, ...]:
        """Links with this IP address: canonical, without prefix length."""
        return self._sorted(self._texts.get(text))

    def shared_macs(self) -> Iterator[tuple[str, tuple[Link, ...]]]:
        """MACs that more than one link has."""
        return ((mac, self._sorted(links)) for mac, links in self._macs.shared())

    def shared_addresses(self) -> Iterator[tuple[str, tuple[Link, ...]]]:
        """IP addresses that more than one link has, without 127.0.0.1 and ::1, which every namespace has."""
        return ((text, self._sorted(links)) for text, links in self._texts.shared() if text not in ("127.0.0.1", "::1"))

    def links_held_by(self, name: str) -> tuple[Link, ...]:
        """Taps of the VM of this name."""
        return self._sorted(
            {link for link, holder in self._holders.items() if holder.owner is not None and holder.owner.name == name}
        )

    def links_held_by_pid(self, pid: int) -> tuple[Link, ...]:
        """Taps that this process holds."""
        return self._sorted({link for link, holder in self._holders.items() if holder.pid == pid})

    # Naming

    def address(self, subject: LinkId | NamespaceId) -> str | None:
        """What a thing is called, in the form that can be typed back; None: it is not there."""
        if not isinstance(subject, LinkId):
            return self.labels.label(subject) if subject in self._namespaces else None
        link = self._links.get(subject)
        if link is None:
            return None
        return f"{self.labels.label(link.id.namespace)}/{self._link_word(link)}"

    def _link_word(self, link: Link) -> str:
        alone = len(self._named.get((link.id.namespace, link.name))) == 1
        return word(link.name) if alone and link.name else f"if:{link.id.ifindex}"

    # What to be careful about

    def warnings(self) -> Iterator[Caution]:
        """Everything that we cannot tell, and where two ends contradict each other."""
        for namespace in self._namespaces.values():
            if not namespace.readable:
                label = self.labels.label(namespace.id)
                yield Caution("namespace-unreadable", namespace.id, f"{label}: it can be seen, but not entered")
        for link in self._links:
            yield from self._warnings_of(link)

    def _warnings_of(self, link: LinkId) -> Iterator[Caution]:
        ends = self.ends(link)
        if UNKNOWN not in ends:
            return
        name = self.address(link)
        if ends.ambiguous:
            yield Caution("peer-ambiguous", link, f"{name}: the two ends of its cable contradict each other")
        elif ends.peer is UNKNOWN:
            behind = self.behind(link)
            where = (
                "a namespace that is hidden from us"
                if behind is None
                else f"{self.address(behind)}, which we may not read"
            )
            yield Caution("peer-unknown", link, f"{name}: its other end is in {where}")
        if ends.parent is UNKNOWN:
            yield Caution("parent-unknown", link, f"{name}: its parent is in a namespace that is hidden from us")
        if ends.master is UNKNOWN:
            yield Caution("master-unknown", link, f"{name}: it is a port of a link that we have not seen")

    # Comparing

    def contents(self) -> dict[str, object]:
        """Everything a reader can see, by subject: two graphs are the same when these are equal."""
        seen: dict[str, object] = {}
        for namespace in self._namespaces.values():
            seen[namespace.id] = (namespace, self.owners(namespace.id))
        for link in self._links.values():
            ends = self.ends(link.id)
            shown = replace_ends(link, ends)
            seen[str(link.id)] = (shown, ends, frozenset(self.addresses(link.id)), self.holder(link.id))
        return seen

    def same_as(self, other: "Inventory") -> bool:
        """Whether a reader could not tell the two apart."""
        return self.contents() == other.contents()

    def differences_from(self, other: "Inventory") -> list[str]:
        """One line for each subject that differs: what this one has, what the other has."""
        mine, theirs = self.contents(), other.contents()
        subjects = sorted(
            subject for subject in mine.keys() | theirs.keys() if mine.get(subject) != theirs.get(subject)
        )
        return [f"{subject}: {mine.get(subject)!r} != {theirs.get(subject)!r}" for subject in subjects]

    # What model.topology changes

    def _add_link(self, link: Link) -> None:
        self._links[link.id] = link
        self._inside[link.id.namespace][link.id.ifindex] = link
        self._claims.add(link)
        self._index(link)
        if self._graph is not None:
            self._graph.add_edge(link.id, link.id.namespace, IN_NAMESPACE)

    def _replace_link(self, before: Link, after: Link) -> None:
        self._links[after.id] = after
        self._inside[after.id.namespace][after.id.ifindex] = after
        if (before.name, before.altnames, before.mac) != (after.name, after.altnames, after.mac):
            self._unindex(before)
            self._index(after)
        if (before.master, before.peer, before.parent) != (after.master, after.peer, after.parent):
            self._claims.discard(before)
            self._claims.add(after)

    def _drop_link(self, link: Link) -> None:
        del self._links[link.id]
        del self._inside[link.id.namespace][link.id.ifindex]
        self._ends.pop(link.id, None)
        self._claims.discard(link)
        self._unindex(link)
        if self._graph is not None:
            self._graph.remove_node(link.id)

    def _index(self, link: Link) -> None:
        namespace = link.id.namespace
        for name in (link.name, *link.altnames):
            place = (namespace, name)
            if not self._named.get(place):
                self._places.add(name, namespace)
            self._named.add(place, link.id)
        if link.mac is not None:
            self._macs.add(link.mac, link.id)

    def _unindex(self, link: Link) -> None:
        namespace = link.id.namespace
        for name in (link.name, *link.altnames):
            self._named.discard((namespace, name), link.id)
            if not self._named.get((namespace, name)):
                self._places.discard(name, namespace)
        if link.mac is not None:
            self._macs.discard(link.mac, link.id)

    def _settle_ends(self, link: Link) -> tuple[Ends, Ends]:
        """Work out the ends of a link anew and draw its edges; the ends before and after."""
        before = self._ends.get(link.id, NO_ENDS)
        after = ends_of(link, self._links, self._claims)
        self._ends[link.id] = after
        if self._graph is not None and before is not after:
            for relation, old, new in zip(RELATIONS, before[:3], after[:3], strict=True):
                if isinstance(old, LinkId) and old != new and self._graph.has_edge(link.id, old, relation):
                    self._graph.remove_edge(link.id, old, relation)
                if isinstance(new, LinkId) and not self._graph.has_edge(link.id, new, relation):
                    self._graph.add_edge(link.id, new, relation)
        return before, after

    def _drawn(self) -> "Graph":
        import networkx as nx  # costs 0.15 s: a plain command that draws nothing does without

        graph: Graph = nx.MultiDiGraph()
        graph.add_nodes_from(self._namespaces)
        for link in self._links:
            graph.add_edge(link, link.namespace, IN_NAMESPACE)
        for link, ends in self._ends.items():
            for relation, end in zip(RELATIONS, ends[:3], strict=True):
                if isinstance(end, LinkId):
                    graph.add_edge(link, end, relation)
        return graph

    def _far(self, end: End) -> Far:
        return self._links.get(end, UNKNOWN) if isinstance(end, LinkId) else end

    def _sorted(self, found: Collection[LinkId]) -> tuple[Link, ...]:
        if not found:
            return ()
        if len(found) == 1:
            only = self._links.get(next(iter(found)))
            return () if only is None else (only,)
        return tuple(self._links[link] for link in sorted(found) if link in self._links)


def _family(address: Address) -> int:
    return address.family


def replace_ends(link: Link, ends: Ends) -> Link:
    """The link with its ends as they are known, not as they were stated."""
    return dataclasses.replace(link, peer=ends.peer, parent=ends.parent)
