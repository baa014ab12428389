"""`u` and `ctrl+r`: what would be taken back, and what would be done again."""

from collections.abc import Sequence

from model.intents import Intent, Several
from model.plan import Plan, Refusal
from model.undo import Done, undo_plan
from tui.deeds import Deed
from tui.screens.change.asking import step_rows
from tui.screens.change.desk import Desk
from tui.screens.change.dialog import ChangeDialog, Wish
from tui.screens.change.plan_view import PlanView, Row
from tui.widgets.line import Piece


class UndoDialog(ChangeDialog):
    """The change, and the lines that take it back; or why it cannot be taken back any more."""

    VERB = "Undo"

    def __init__(self, desk: Desk, deed: Deed, done: Done) -> None:
        super().__init__(desk, f"Undo: {deed.title}")
        self._deed = deed
        self._done = done

    def wish(self) -> Wish:
        return ()

    def planned(self, wish: Sequence[Intent]) -> Plan | Refusal:  # noqa: ARG002 # it is no wish
        return undo_plan(self.desk.graph, self._done, self.surroundings)

    def above(self, room: int) -> Sequence[Row]:
        """What was done."""
        by = f" by {self._deed.user}" if self._deed.user and not self._deed.user.isdecimal() else ""
        head = Row((Piece("DONE", "muted", bold=True), Piece(f" {self._deed.at:%H:%M:%S}{by}", "muted")), rule=True)
        return [head, *step_rows(self._deed.steps, self.query_one(PlanView).pen.signs, room), Row()]

    @property
    def takes_back(self) -> str:
        return self._deed.id

    def title_of(self, plan: Plan) -> str:  # noqa: ARG002 # whatever it does
        return f"undo {self._deed.id}: {self._deed.title}"


class RedoDialog(ChangeDialog):
    """The same wish again: planned anew, because the world may be another one."""

    VERB = "Redo"

    def __init__(self, desk: Desk, title: str, intent: Intent | Several) -> None:
        super().__init__(desk, title)
        self._intents: Sequence[Intent] = intent.intents if isinstance(intent, Several) else (intent,)

    def wish(self) -> Wish:
        return self._intents
