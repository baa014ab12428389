"""`i`: up, or down."""

from collections.abc import Sequence

from model.identity import LinkId
from model.intents import SetUp
from tui.screens.change.desk import Desk
from tui.screens.change.dialog import ChangeDialog, Wish
from tui.screens.change.several import named


class UpDownDialog(ChangeDialog):
    """Where one of several is down, all go up."""

    VERB = "Set"

    def __init__(self, desk: Desk, links: Sequence[LinkId]) -> None:
        found = [link for one in links if (link := desk.graph.link(one)) is not None]
        self._up = not all(link.up for link in found)
        super().__init__(desk, lambda: f"Set {named(desk.graph, links)} {'up' if self._up else 'DOWN'}", links)
        self._links = tuple(links)

    @property
    def verb(self) -> str:
        return "Set up" if self._up else "Set down"

    def wish(self) -> Wish:
        return [SetUp(link, self._up) for link in self._links]
