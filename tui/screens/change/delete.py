"""`x`: delete links, or a namespace's name."""

from collections.abc import Sequence

from model.identity import LinkId, NamespaceId
from model.intents import Delete, DeleteNamespace
from model.inventory import Inventory
from tui.screens.change.desk import Desk
from tui.screens.change.dialog import ChangeDialog, Wish
from tui.screens.change.offers import place_name
from tui.screens.change.several import named


class DeleteDialog(ChangeDialog):
    """A veth takes its other end with it."""

    VERB = "Delete"

    def __init__(self, desk: Desk, subject: Sequence[LinkId] | NamespaceId) -> None:
        self._subject = subject
        super().__init__(desk, lambda: f"Delete {_what(desk.graph, subject)}")

    def wish(self) -> Wish:
        if isinstance(self._subject, str):
            return [DeleteNamespace(self._subject)]
        return [Delete(link) for link in self._subject]


def _what(graph: Inventory, subject: Sequence[LinkId] | NamespaceId) -> str:
    return place_name(graph, subject) if isinstance(subject, str) else named(graph, subject)
