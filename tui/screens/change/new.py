"""`n`: a cable, a bridge, a macvlan, a namespace that is to be."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from textual.widget import Widget

from model.ethernet import canonical_mac
from model.identity import LinkId, NamespaceId
from model.intents import CreateBridge, CreateMacvlan, CreateNamespace, CreateVeth, NewEnd
from model.inventory import Inventory
from model.link import Link
from model.names import link_name_problem
from model.whose import whose
from tui.screens.change.desk import Desk
from tui.screens.change.dialog import ChangeDialog, Missing, Wish
from tui.screens.change.mode import MODES
from tui.screens.change.offers import (
    bridge_note,
    bridges,
    finder,
    found_link,
    found_namespace,
    mac_note,
    name_note,
    namespaces,
    parents,
    place_name,
    place_note,
    spoken,
)
from tui.screens.change.rows import Choice, Note, Text

KINDS: Final = ("veth", "bridge", "macvlan", "macvtap", "netns")
FIELDS: Final = {
    "veth": ("name", "place", "bridge", "mac", "far", "there", "far-mac"),
    "bridge": ("name", "place", "mac"),
    "macvlan": ("parent", "name", "place", "mode", "sources", "mac"),
    "macvtap": ("parent", "name", "place", "mode", "sources", "mac"),
    "netns": ("name",),
}
"""Which rows each kind has."""
ALL: Final = ("parent", "name", "place", "bridge", "mode", "sources", "mac", "far", "there", "far-mac")


class Start(NamedTuple):
    """What the fields hold at first: from what was selected."""

    kind: str = "veth"
    name: str = ""
    place: str = "host"
    bridge: str = ""
    parent: str = ""
    far: str = "eth0"
    there: str = ""


class NewDialog(ChangeDialog):
    """The kind decides which fields there are."""

    VERB = "Create"

    def __init__(self, desk: Desk, start: Start) -> None:
        super().__init__(desk, f"New {start.kind}")
        self._start = start

    def fields(self) -> Sequence[Widget]:
        graph, start = self.desk.graph, self._start
        places = finder(namespaces(graph))
        plugs = finder(bridges(graph, [space.id for space in graph.namespaces()]))
        return [
            Choice("kind", "kind", KINDS, start.kind),
            Text("parent", "parent", start.parent, offers=finder(parents(graph))),
            Text("name", "name", start.name),
            Text("place", "in", start.place, offers=places),
            Text("bridge", "on", start.bridge, offers=plugs, placeholder="a bridge, or nothing"),
            Choice("mode", "mode", MODES, "bridge"),
            Text("sources", "MACs", placeholder="00:16:3e:00:00:01 ..."),
            Text("mac", "mac", placeholder="the kernel's choice"),
            Text("far", "other end", start.far),
            Text("there", "in", start.there, offers=places),
            Text("far-mac", "mac", placeholder="the kernel's choice"),
        ]

    def tell(self) -> None:
        kind, graph = self.choice("kind"), self.desk.graph
        self.heading = f"New {kind}"
        shown = set(FIELDS[kind]) - (set() if self.choice("mode") == "source" else {"sources"})
        for name in ALL:
            row = self.query_one(f"#{name}")
            if row.display != (name in shown):
                row.display = name in shown
        self._note_names(graph, kind)
        self.note("place", place_note(graph, self.text("place")))
        self.note("there", place_note(graph, self.text("there")) if self.text("there") else Note("a namespace"))
        plug = self.text("bridge")
        self.note("bridge", bridge_note(graph, plug) if plug else Note("no bridge"))
        self.note("parent", self._parent_note())
        self.note("mac", mac_note(graph, self.text("mac")))
        self.note("far-mac", mac_note(graph, self.text("far-mac")))

    def _note_names(self, graph: Inventory, kind: str) -> None:
        if kind == "netns":
            self.note("name", Note("as `ip netns` calls it"))
        else:
            self.note("name", name_note(graph, self._place("place"), self.text("name")))
        self.note("far", name_note(graph, self._place("there"), self.text("far")))

    def _parent_note(self) -> Note:
        found = found_link(self.desk.graph, self.text("parent")) if self.text("parent") else Note("down shows them")
        if isinstance(found, Note):
            return found
        children = len(self.desk.graph.children(found.id))
        return Note(f"{found.kind}, {children} children, {'up' if found.up else 'DOWN'}")

    def _place(self, field: str) -> NamespaceId | None:
        text = self.text(field)
        found = found_namespace(self.desk.graph, text) if text else None
        return found if isinstance(found, str) else None

    def wish(self) -> Wish:
        kind, name = self.choice("kind"), self.text("name")
        if not name:
            return Missing("Type its name.")
        if kind == "netns":
            return [CreateNamespace(name)]
        place = self._place("place")
        if place is None:
            return Missing("Name the namespace that it shall be in.")
        mac = canonical_mac(self.text("mac"))
        if self.text("mac") and mac is None:
            return Missing("What is typed as MAC is none.")
        match kind:
            case "bridge":
                return [CreateBridge(place, name, mac)]
            case "veth":
                return self._veth(NewEnd(place, name, mac))
            case _:
                return self._macvlan(kind, place, name, mac)

    def _veth(self, near: NewEnd) -> Wish:
        there, far, plug = self._place("there"), self.text("far"), self.text("bridge")
        if there is None or not far:
            return Missing("Name the other end, and the namespace that it shall be in.")
        bridge = found_link(self.desk.graph, plug) if plug else None
        if plug and not isinstance(bridge, Link):
            return Missing("What is typed as bridge is none.")
        mac = canonical_mac(self.text("far-mac"))
        if self.text("far-mac") and mac is None:
            return Missing("What is typed as MAC is none.")
        master = bridge.id if isinstance(bridge, Link) else None
        return [CreateVeth(NewEnd(near.namespace, near.name, near.mac, master), NewEnd(there, far, mac))]

    def _macvlan(self, kind: str, place: NamespaceId, name: str, mac: str | None) -> Wish:
        parent = found_link(self.desk.graph, self.text("parent")) if self.text("parent") else None
        if not isinstance(parent, Link):
            return Missing("Name the parent.")
        macs = [canonical_mac(text) for text in self.text("sources").replace(",", " ").split()]
        sources = tuple(one for one in macs if one is not None)
        mode = self.choice("mode")
        if mode == "source" and (not sources or None in macs):
            return Missing("Type the MACs that it shall listen to.")
        return [CreateMacvlan(parent.id, place, name, mode, kind, mac, sources if mode == "source" else ())]


def start_at(graph: Inventory, subject: LinkId | NamespaceId | None) -> Start:
    """From what is selected: its namespace gets the far end, its bridge the near one."""
    if subject is None:
        return Start()
    space = subject.namespace if isinstance(subject, LinkId) else subject
    there = "" if space == graph.home else place_name(graph, space)
    link = graph.link(subject) if isinstance(subject, LinkId) else None
    bridge = _bridge_of(graph, link) if link is not None else _bridge_of_a_cable(graph, space)
    parent = link if link is not None and link.kind == "device" and not link.master else None
    return Start(
        kind="macvlan" if parent is not None and graph.children(parent.id) else "veth",
        name=_free(graph, graph.home, _stem(graph, space)) if there else "",
        bridge=spoken(graph, bridge) if bridge is not None and bridge.id.namespace == graph.home else "",
        parent=spoken(graph, parent) if parent is not None else "",
        far=_free(graph, space if there else None, "eth0"),
        there=there,
    )


def _bridge_of(graph: Inventory, link: Link | None) -> Link | None:
    if link is None or link.kind == "bridge":
        return link
    for end in (link.id, graph.ends(link.id).peer):
        master = graph.master(end) if isinstance(end, LinkId) else None
        if isinstance(master, Link) and master.kind == "bridge":
            return master
    return None


def _bridge_of_a_cable(graph: Inventory, space: NamespaceId) -> Link | None:
    """Where one of its cables is plugged in already."""
    found = (_bridge_of(graph, link) for link in graph.links(space) if space != graph.home and link.kind == "veth")
    return next((bridge for bridge in found if bridge is not None), None)


def _stem(graph: Inventory, space: NamespaceId) -> str:
    name = whose(graph, space).name
    letters = "".join(char for char in name if char.isascii() and char.isalnum())
    return f"veth{letters[:1].upper()}{letters[1:]}"[:13]


def _free(graph: Inventory, space: NamespaceId | None, name: str) -> str:
    """This name, or the next one that is free there: eth0, eth1 ..."""
    if space is None:
        return name
    stem = name.rstrip("0123456789")
    numbers = range(100)
    tries = [name, *(f"{stem}{number}" for number in numbers)]
    free = (one for one in tries if not graph.links_named(one, space) and link_name_problem(one) is None)
    return next(free, "")
