"""`u` and `ctrl+r`: what would be taken back, and what would be done again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from model.intents import Intent, Several
from model.plan import Plan, Refusal
from model.undo import Done, undo_plan
from tui.deeds import Deed
from tui.screens.change.asking import step_rows
from tui.screens.change.desk import Desk
from tui.screens.change.dialog import ChangeDialog, Wish
from tui.screens.change.plan_view import PlanView, Row
from tui.widgets.line import Piece

if TYPE_CHECKING:
    from backend.keeping import Keeping  # loaded when something is kept

WorkOut = Callable[[Plan], "Keeping | Refusal | None"]
"""What takes back the entry of the policy that was changed with it; None: there was none."""


def kept_with(plan: Plan | Refusal, keeping: "Keeping | Refusal | None") -> Plan | Refusal:
    """The plan, saying what the entry means."""
    if isinstance(keeping, Refusal) or isinstance(plan, Refusal) or keeping is None:
        return keeping if isinstance(keeping, Refusal) else plan
    return replace(plan, means=(*keeping.means, *plan.means))


class UndoDialog(ChangeDialog):
    """The change, and the lines that take it back; or why it cannot be taken back any more."""

    VERB = "Undo"

    def __init__(self, desk: Desk, deed: Deed, done: Done, work_out: WorkOut = lambda _: None) -> None:
        super().__init__(desk, f"Undo: {deed.title}")
        self._deed = deed
        self._done = done
        self._work_out = work_out
        self._kept: Keeping | Refusal | None = None

    def wish(self) -> Wish:
        return ()

    def planned(self, wish: Sequence[Intent]) -> Plan | Refusal:  # noqa: ARG002 # it is no wish
        plan = undo_plan(self.desk.graph, self._done, self.surroundings)
        self._kept = None if isinstance(plan, Refusal) else self._work_out(plan)
        return kept_with(plan, self._kept)

    @property
    def keeping(self) -> "Keeping | None":
        return None if isinstance(self._kept, Refusal) else self._kept

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


class Again(NamedTuple):
    """What is done again."""

    wish: Intent | Several
    """As it was wished for."""
    intents: Sequence[Intent]
    """As it is wished for now (model.redo)."""


class RedoDialog(ChangeDialog):
    """The same wish again: planned anew, because the world may be another one."""

    VERB = "Redo"

    def __init__(self, desk: Desk, title: str, again: Again, kept: "Keeping | Refusal | None" = None) -> None:
        super().__init__(desk, title)
        self._again = again
        self._kept = kept

    def wish(self) -> Wish:
        return self._again.intents if self.keeping is None else self.keeping.intents

    def planned(self, wish: Sequence[Intent]) -> Plan | Refusal:
        made = super().planned(wish)
        if self._kept is None and isinstance(made, Plan):
            made = replace(made, intent=self._again.wish)  # it is known by that as done again
        return kept_with(made, self._kept)

    @property
    def keeping(self) -> "Keeping | None":
        return None if isinstance(self._kept, Refusal) else self._kept

    def title_of(self, plan: Plan) -> str:
        return super().title_of(plan) if self._kept is None else self.heading
