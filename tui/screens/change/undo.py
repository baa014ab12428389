"""`u` and `ctrl+r`: what would be taken back, and what would be done again."""

from collections.abc import Iterator, Sequence

from model.intents import Intent, Several
from model.plan import Refusal
from model.taking_back import Undoing
from tui.deeds import Deed
from tui.screens.change.asking import Asking, line_rows, step_rows
from tui.screens.change.desk import Desk
from tui.screens.change.dialog import ChangeDialog, Wish
from tui.screens.change.plan_view import Row, refusal_rows
from tui.widgets.line import Piece


class UndoScreen(Asking):
    """The change, and the lines that take it back; or why it cannot be taken back any more."""

    def __init__(self, desk: Desk, deed: Deed, lost: Sequence[str], undoing: Refusal | Sequence[Undoing]) -> None:
        is_refused = isinstance(undoing, Refusal)
        title = f"Undo: {deed.title}" + (": refused" if is_refused else "")
        super().__init__(title, "" if is_refused else "Undo", "danger" if is_refused else "strong")
        self._deed = deed
        self._lost = lost
        self._refusal = undoing if isinstance(undoing, Refusal) else None
        operations = [] if isinstance(undoing, Refusal) else [one.operation for one in undoing]
        self._lines = desk.lines(operations)

    def rows(self, room: int) -> Iterator[Row]:
        by = f" by {self._deed.user}" if self._deed.user and not self._deed.user.isdecimal() else ""
        yield Row((Piece("DONE", "muted", bold=True), Piece(f" {self._deed.at:%H:%M:%S}{by}", "muted")), rule=True)
        yield from step_rows(self._deed.steps, self.signs, room)
        yield Row()
        if self._refusal is not None:
            yield from refusal_rows(self._refusal, self.signs, room)
            return
        for thing in self._lost:
            yield Row((Piece(f"{self.signs.blocked} ", "danger", bold=True), Piece(f"does not come back: {thing}")))
        yield Row((Piece("WILL RUN", "muted", bold=True),), rule=True)
        yield from line_rows(self._lines, room)


class RedoDialog(ChangeDialog):
    """The same wish again: planned anew, because the world may be another one."""

    VERB = "Redo"

    def __init__(self, desk: Desk, title: str, intent: Intent | Several) -> None:
        super().__init__(desk, title)
        self._intents: Sequence[Intent] = intent.intents if isinstance(intent, Several) else (intent,)

    def wish(self) -> Wish:
        return self._intents
