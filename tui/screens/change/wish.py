"""A wish that somebody else has made: what puts a finding right. To be seen before it is done, like any other."""

from model.intent_words import in_words
from model.intents import Intent
from tui.screens.change.desk import Desk
from tui.screens.change.dialog import ChangeDialog, Wish


class WishDialog(ChangeDialog):
    """No fields: the wish is what it is."""

    VERB = "Do it"

    def __init__(self, desk: Desk, intent: Intent) -> None:
        title = in_words(desk.graph, intent)
        super().__init__(desk, f"{title[:1].upper()}{title[1:]}")
        self._intent = intent

    def wish(self) -> Wish:
        return [self._intent]
