"""`t`: to another namespace."""

from collections.abc import Sequence

from textual.widget import Widget

from model.identity import LinkId
from model.intents import Move
from tui.screens.change.desk import Desk
from tui.screens.change.dialog import ChangeDialog, Missing, Wish
from tui.screens.change.offers import finder, found_namespace, name_note, namespaces, place_name, place_note
from tui.screens.change.rows import Note, Text, Told
from tui.screens.change.several import named


class MoveDialog(ChangeDialog):
    """With another name where that one is taken there."""

    VERB = "Move"

    def __init__(self, desk: Desk, links: Sequence[LinkId]) -> None:
        super().__init__(desk, lambda: f"Move {named(desk.graph, links)}", links)
        self._links = tuple(links)
        self._link = desk.graph.link(links[0]) if len(links) == 1 else None

    def fields(self) -> Sequence[Widget]:
        graph, link = self.desk.graph, self._link
        own = {one.namespace for one in self._links}
        offers = finder(namespaces(graph, next(iter(own)) if len(own) == 1 else None))
        fields: list[Widget] = []
        if link is not None:
            fields.append(Told("is in", place_name(graph, link.id.namespace)))
        fields.append(Text("place", "to", offers=offers, placeholder="a namespace"))
        if link is not None:
            fields.append(Text("name", "as", link.name))
        return fields

    def tell(self) -> None:
        graph, text = self.desk.graph, self.text("place")
        self.note("place", place_note(graph, text) if text else Note("down shows them"))
        if self._link is not None:
            place = found_namespace(graph, text) if text else None
            known = place if isinstance(place, str) else None
            self.note("name", name_note(graph, known, self.text("name"), self._link.id))

    def wish(self) -> Wish:
        text = self.text("place")
        place = found_namespace(self.desk.graph, text) if text else None
        if not isinstance(place, str):
            return Missing("Name the namespace.")
        if self._link is None:
            return [Move(link, place) for link in self._links]
        name = self.text("name")
        return [Move(self._link.id, place, name if name and name != self._link.name else None)]
