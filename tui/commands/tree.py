"""The tree as plain text: bridge, port, container, inside link."""

from collections.abc import Iterator

from rich.text import Text

from model.identity import UNKNOWN, LinkId, NamespaceId
from model.inventory import Inventory
from model.labels import owns_links
from model.link import Link, Macvlan
from model.namespace import Owner
from model.outline import NOT_ON_A_BRIDGE, Branch, outline
from tui.commands.printing import Paper

Row = tuple[Text, Text, Text, Text, Text]

HEADS = ("NAME", "KIND", "STATE", "ADDRESS", "OTHER END")


def print_tree(graph: Inventory, host: str, paper: Paper) -> None:
    """One row a thing; a container with one link is one row."""
    root = outline(graph)
    if root is None:
        paper.note("nothing to see: this host's own namespace cannot be read")
        return
    writer = _Writer(graph, paper)
    heads = tuple(Text(head, "bold bright_black") for head in HEADS)
    first = (paper.shown(host, "bold"), Text("host"), Text(), Text(), Text())
    paper.rows([heads, first, *writer.rows(root, Text())])
    if not root.children:
        paper.note("no bridge, no container, no cable: `jackfield demo` shows a practice lab")


class _Writer:
    def __init__(self, graph: Inventory, paper: Paper) -> None:
        self._graph = graph
        self._paper = paper
        self._signs = paper.signs

    def rows(self, branch: Branch, guides: Text) -> Iterator[Row]:
        within = _space_of(branch) or self._graph.home
        for number, child in enumerate(branch.children):
            is_last = number == len(branch.children) - 1
            tee, below = (self._signs.last, self._signs.blank) if is_last else (self._signs.tee, self._signs.pipe)
            folded = self._folded(child)
            name = guides + Text(tee, "bright_black") + self._name(child, folded, within)
            yield (name, *self._facts(child, folded))
            if folded is None:
                yield from self.rows(child, guides + Text(below, "bright_black"))

    def _folded(self, branch: Branch) -> Link | None:
        """A namespace with one link is one row, with that link's facts."""
        if isinstance(branch.subject, LinkId) or branch.subject is None or len(branch.children) != 1:
            return None
        only = branch.children[0].subject
        return self._graph.link(only) if isinstance(only, LinkId) else None

    def _name(self, branch: Branch, folded: Link | None, within: NamespaceId | None) -> Text:
        match branch.subject:
            case None:
                return Text(NOT_ON_A_BRIDGE, "bright_black")
            case LinkId():
                is_rail = bool(branch.children)
                name = self._link_name(branch.subject, within)
                return self._paper.shown(name, "bold" if is_rail else "")
            case _ if folded is not None:
                return self._paper.shown(self._graph.address(folded.id) or "", "bold")
            case _:
                return self._paper.shown(self._graph.address(branch.subject) or "", "bold")

    def _link_name(self, link: LinkId, within: NamespaceId | None) -> str:
        """By itself within its own namespace, in full elsewhere; always in the form that can be typed."""
        address = self._graph.address(link) or str(link)
        return address.rpartition("/")[2] if link.namespace == within else address

    def _facts(self, branch: Branch, folded: Link | None) -> tuple[Text, Text, Text, Text]:
        if branch.subject is None:
            return Text(), Text(), Text(), Text()
        if isinstance(branch.subject, LinkId):
            link = self._graph.link(branch.subject)
            return (Text(), Text(), Text(), Text()) if link is None else self._link_facts(link, link.kind)
        owners = self._owners(branch.subject)
        if folded is not None:
            return self._link_facts(folded, owners)
        return self._paper.shown(owners), Text(), Text(), Text(_count(len(branch.children), "link"), "bright_black")

    def _owners(self, space: NamespaceId) -> str:
        """Runtimes; a plain process is told by its name as well."""
        owners = [owner for owner in self._graph.owners(space) if owns_links(owner)]
        processes = "+".join(owner.name for owner in owners if owner.runtime == "process")
        runtimes = dict.fromkeys(owner.runtime for owner in owners)
        return " ".join(f"process {processes}" if one == "process" else one for one in runtimes) or "netns"

    def _link_facts(self, link: Link, kind: str) -> tuple[Text, Text, Text, Text]:
        return self._paper.shown(kind), self._state(link), self._addresses(link), self._other_end(link)

    def _state(self, link: Link) -> Text:
        if link.up:
            return Text(f"{self._signs.up} up")
        return Text(f"{self._signs.down} DOWN", "red")

    def _addresses(self, link: Link) -> Text:
        addresses = self._graph.addresses(link.id)
        if not addresses:
            return Text("no address", "bright_black")
        telling = [address for address in addresses if address.scope != "link"] or addresses
        more = f" +{len(telling) - 1}" if len(telling) > 1 else ""
        return self._paper.shown(telling[0].cidr) + Text(more, "bright_black")

    def _other_end(self, link: Link) -> Text:
        parts = [*self._across(link), *self._below(link), *self._on_it(link), *self._held(link)]
        return Text(f" {self._signs.between} ", "bright_black").join(parts)

    def _across(self, link: Link) -> Iterator[Text]:
        ends = self._graph.ends(link.id)
        if ends.peer is UNKNOWN:
            yield Text("peer ambiguous" if ends.ambiguous else "peer unknown", "yellow")
        if not isinstance(ends.peer, LinkId):
            return
        if ends.peer.namespace == self._graph.home:
            yield self._paper.shown(self._link_name(ends.peer, self._graph.home))
        else:
            yield self._paper.shown(f"{self._signs.across} {self._graph.address(ends.peer)}")

    def _below(self, link: Link) -> Iterator[Text]:
        parent = self._graph.ends(link.id).parent
        mode = f"{link.detail.mode} " if isinstance(link.detail, Macvlan) else ""
        if isinstance(parent, LinkId):
            yield self._paper.shown(f"{mode}on {self._link_name(parent, self._graph.home)}")
        elif parent is UNKNOWN:
            yield Text(f"{mode}on an unknown parent", "yellow")

    def _on_it(self, link: Link) -> Iterator[Text]:
        ports, children = self._graph.ports(link.id), self._graph.children(link.id)
        if ports or link.kind == "bridge":
            yield Text(_count(len(ports), "port"), "bright_black")
        if children:
            yield Text(_count(len(children), "child", "children"), "bright_black")

    def _held(self, link: Link) -> Iterator[Text]:
        holder = self._graph.holder(link.id)
        if holder is not None:
            yield self._paper.shown(_owner_words(holder.owner) or f"{holder.comm} {holder.pid}")


def _space_of(branch: Branch) -> NamespaceId | None:
    return branch.subject.namespace if isinstance(branch.subject, LinkId) else branch.subject


def _owner_words(owner: Owner | None) -> str:
    return "" if owner is None else f"{owner.runtime} {owner.name}"


def _count(number: int, one: str, many: str | None = None) -> str:
    if number == 0:
        return f"no {many or one + 's'}"
    return f"{number:,} {one if number == 1 else many or one + 's'}"
