"""A plan that stopped before its end: what was done, what the kernel said, and whether to take it back."""

from collections.abc import Iterator, Sequence

from tui.deeds import Deed
from tui.screens.change.asking import Asking, line_rows, step_rows
from tui.screens.change.plan_view import Row
from tui.widgets.line import Piece


class FailedScreen(Asking):
    """`back`: the lines that take back what was done; none: nothing was."""

    def __init__(self, deed: Deed, back: Sequence[str]) -> None:
        super().__init__(f"{deed.title}: stopped", "Take back" if back else "", "danger")
        self._deed = deed
        self._back = back

    def rows(self, room: int) -> Iterator[Row]:
        yield from step_rows(self._deed.steps, self.signs, room)
        yield Row()
        if not self._back:
            yield Row((Piece("Nothing was changed."),))
            return
        count = f" what was done: {self._deed.done} of {len(self._deed.steps)}"
        yield Row((Piece("TAKE BACK", "muted", bold=True), Piece(count, "muted")), rule=True)
        yield from line_rows(self._back, room)
