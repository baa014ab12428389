"""A dialog that shows something and asks whether to do it: no fields, two buttons."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from model.plan import Fate
from tui.deeds import Step
from tui.screens.change.buttons import Buttons, Pressed
from tui.screens.change.dialog import AROUND, MOST_ROWS
from tui.screens.change.plan_view import MARGIN, PlanView, Row
from tui.screens.change.rows import Air
from tui.screens.dialog import Dialog, Edge
from tui.signs import Signs
from tui.widgets.line import Piece
from tui.widgets.wrapped import wrapped


class Asking(Dialog[bool]):
    """True: yes. Subclasses say what is shown; no verb: only Close."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "act", show=False, priority=True, id="jackfield.asking.act"),
        Binding("pagedown", "scroll(4)", show=False, priority=True, id="jackfield.asking.down"),
        Binding("pageup", "scroll(-4)", show=False, priority=True, id="jackfield.asking.up"),
    ]

    def __init__(self, title: str, verb: str, ink: str = "strong") -> None:
        super().__init__(title)
        self._verb = verb
        self._title_ink = ink

    def rows(self, room: int) -> Iterator[Row]:
        """What is shown, in rows of so many cells."""
        raise NotImplementedError

    @property
    def signs(self) -> Signs:
        """To write with."""
        return self.query_one(PlanView).pen.signs

    def inside(self) -> list[Widget]:
        return [Air(), PlanView(), Air(), Buttons(self._verb)]

    def on_mount(self) -> None:
        """Cancel has the focus."""
        self.query(Edge).first().retitle(self._title, self._title_ink)
        self.query_one(Buttons).show(self._verb, enabled=bool(self._verb))
        self.query_one(Buttons).focus()
        self._show()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        size = self.app.size
        width = min(size.width, 100 if size.width >= 110 else 76)
        rows = list(self.rows(width - MARGIN))
        self.query_one(PlanView).show(rows)
        dialog = self.query_one("#dialog")
        dialog.styles.width = width
        dialog.styles.height = min(size.height, max(MOST_ROWS, size.height - 6), len(rows) + AROUND)

    def action_scroll(self, rows: int) -> None:
        """Move the text."""
        self.query_one(PlanView).scroll(rows)

    def action_act(self) -> None:
        """Yes, where there is something to say yes to."""
        if self._verb:
            self.dismiss(True)

    def action_leave(self) -> None:
        """No."""
        self.dismiss(False)

    def on_pressed(self, message: Pressed) -> None:
        """A button."""
        message.stop()
        self.dismiss(message.does)


def step_rows(steps: Sequence[Step], signs: Signs, room: int) -> Iterator[Row]:
    """Each request with its fate, and what the kernel said."""
    for step in steps:
        sign = {Fate.DONE: signs.up, Fate.FAILED: signs.blocked}.get(step.fate, signs.dot)
        ink = {Fate.DONE: "good", Fate.FAILED: "danger"}.get(step.fate, "dim")
        text_ink = "dim" if step.fate is Fate.NOT_TRIED else "text"
        texts = [text for line in step.lines for text in wrapped(line, room - 2, "    ")]
        for number, text in enumerate(texts):
            yield Row((Piece(f"{sign} " if number == 0 else "  ", ink, bold=True), Piece(text, text_ink)))
        for text in answer_rows(step, room - 2):
            yield Row((Piece("  "), Piece(text, "danger" if step.fate is Fate.FAILED else "caution")))


def answer_rows(step: Step, room: int) -> list[str]:
    """What was said of a request."""
    said = f"kernel: {step.words}" if step.from_kernel else step.words
    return wrapped(said, room) if step.words else []


def line_rows(lines: Sequence[str], room: int) -> Iterator[Row]:
    """Commands."""
    for line in lines:
        yield from (Row((Piece(text),)) for text in wrapped(line, room, "    "))
