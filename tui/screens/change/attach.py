"""`a`: plug a cable, or several, into a bridge."""

from collections.abc import Iterator, Sequence

from textual.widget import Widget

from model.identity import LinkId, NamespaceId
from model.intents import Attach
from model.inventory import Inventory
from model.link import Link
from tui.screens.change.desk import Desk
from tui.screens.change.dialog import ChangeDialog, Missing, Wish
from tui.screens.change.offers import bridge_note, bridges, finder, found_link, spoken
from tui.screens.change.rows import Note, Text, Told
from tui.screens.change.several import named


class AttachDialog(ChangeDialog):
    """Either end of a cable may be meant: the one in the bridge's namespace is the port."""

    VERB = "Attach"

    def __init__(self, desk: Desk, links: Sequence[LinkId]) -> None:
        super().__init__(desk, lambda: f"Attach {named(desk.graph, links)}", links)
        self._links = tuple(links)

    def fields(self) -> Sequence[Widget]:
        graph = self.desk.graph
        now = {spoken(graph, link) for link in _masters(graph, self._links)} if len(self._links) == 1 else set()
        others = [offer for offer in bridges(graph, _places(graph, self._links)) if offer.text not in now]
        return [
            *is_on(graph, self._links),
            Text("bridge", "to", offers=finder(others), placeholder="a bridge"),
        ]

    def tell(self) -> None:
        text = self.text("bridge")
        self.note("bridge", bridge_note(self.desk.graph, text) if text else Note("down shows them"))

    def wish(self) -> Wish:
        text = self.text("bridge")
        bridge = found_link(self.desk.graph, text) if text else None
        if not isinstance(bridge, Link):
            return Missing("Name the bridge.")
        return [Attach(link, bridge.id) for link in self._links]


def _places(graph: Inventory, links: Sequence[LinkId]) -> list[NamespaceId]:
    """Where either end is: the host first."""
    ends = [graph.ends(link).peer for link in links]
    spaces = {link.namespace for link in links} | {end.namespace for end in ends if isinstance(end, LinkId)}
    return sorted(spaces, key=lambda space: (space != graph.home, space))


def _masters(graph: Inventory, links: Sequence[LinkId]) -> Iterator[Link]:
    """What either end is plugged into."""
    for link in links:
        for end in (link, graph.ends(link).peer):
            master = graph.master(end) if isinstance(end, LinkId) else None
            if isinstance(master, Link):
                yield master


def is_on(graph: Inventory, links: Sequence[LinkId]) -> list[Widget]:
    """What one link is plugged into now."""
    if len(links) != 1:
        return []
    masters = [spoken(graph, master) for master in _masters(graph, links)]
    return [Told("is on", ", ".join(masters) or "no bridge")]
