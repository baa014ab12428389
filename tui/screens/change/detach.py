"""`d`: unplug a cable, or several, from its bridge."""

from collections.abc import Sequence

from textual.widget import Widget

from model.identity import LinkId
from model.intents import Detach
from tui.screens.change.attach import is_on
from tui.screens.change.desk import Desk
from tui.screens.change.dialog import ChangeDialog, Wish
from tui.screens.change.several import named


class DetachDialog(ChangeDialog):
    """Either end of a cable may be meant."""

    VERB = "Detach"

    def __init__(self, desk: Desk, links: Sequence[LinkId]) -> None:
        super().__init__(desk, lambda: f"Detach {named(desk.graph, links)}", links)
        self._links = tuple(links)

    def fields(self) -> Sequence[Widget]:
        return is_on(self.desk.graph, self._links)

    def wish(self) -> Wish:
        return [Detach(link) for link in self._links]
