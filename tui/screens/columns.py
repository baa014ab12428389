"""Which columns the table has: a list of them, each of which can be switched on and off."""

import dataclasses
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from model.link_rows import FIXED, Column, Look
from tui.screens.dialog import Dialog, closed, framed
from tui.widgets.line import Line
from tui.widgets.painted import Pane

MEANS: Final = {
    Column.STATE: "up, DOWN, off, unknown",
    Column.LINK: "whose it is, and its name",
    Column.KIND: "veth, bridge, macvlan ...",
    Column.ADDRESS: "the first that is not link-local",
    Column.OTHER_END: "what it is plugged into",
    Column.ON: "the bridge or the macvlan parent",
    Column.MAC: "its hardware address",
    Column.MTU: "bytes in a frame",
    Column.RX: "what it receives, while on screen",
    Column.TX: "what it sends, while on screen",
    Column.BY: "what runs its owner",
}
IDLE: Final = "lo and unused tunnels"


class ColumnsScreen(Dialog[Look]):
    """`space` switches, `enter` and `esc` close; what is chosen holds until the program ends."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,c,q", "take", "Done", show=False, id="jackfield.columns.take"),
        Binding("space,x", "switch", "Switch", show=False, id="jackfield.columns.switch"),
        Binding("down,j", "step(1)", show=False, id="jackfield.columns.down"),
        Binding("up,k", "step(-1)", show=False, id="jackfield.columns.up"),
    ]

    def __init__(self, look: Look) -> None:
        super().__init__("Columns", "space switches, enter closes")
        self._look = look

    def inside(self) -> list[Widget]:
        return [Choices(self._look)]

    @property
    def choices(self) -> "Choices":
        """The list."""
        return self.query_one(Choices)

    def action_take(self) -> None:
        """Close it: the table looks like this from now on."""
        self.dismiss(self.choices.look)

    def action_leave(self) -> None:
        """There is nothing to lose: what was switched stays."""
        self.action_take()

    def action_switch(self) -> None:
        """Switch the row under the cursor."""
        self.choices.switch()

    def action_step(self, rows: int) -> None:
        """Move the cursor."""
        self.choices.step(rows)

    def on_pane_opened(self) -> None:
        """Clicked twice."""
        self.choices.switch()


class Choices(Pane):
    """One row a column, and one for the rows that are left out."""

    GROUND = "band"

    def __init__(self, look: Look) -> None:
        super().__init__("choices")
        self.look = look
        self.can_focus = False
        self._columns = tuple(Column)

    @property
    def count(self) -> int:
        return len(self._columns) + 1

    @property
    def _has_heading(self) -> bool:
        return False

    def switch(self) -> None:
        """On or off."""
        look = self.look
        if self.cursor == len(self._columns):
            self.look = dataclasses.replace(look, idle=not look.idle)
        elif self._columns[self.cursor] not in FIXED:
            self.look = dataclasses.replace(look, hidden=look.hidden ^ {self._columns[self.cursor]})
        self.freshen()

    def paint(self, width: int, height: int) -> list[Strip]:
        painted = super().paint(width, height)
        return painted + [closed(framed(self.line())).strip() for _ in range(height - len(painted))]

    def row(self, index: int, *, selected: bool) -> Line:
        line = Line(self.pen, self.size.width, "band").write(self.pen.signs.wall, "edge")
        inner = Line(self.pen, self.size.width - 2, "select" if selected else "band").to(2)
        if index == len(self._columns):
            return closed(line.append(self._choice(inner, IDLE, "show these rows, too", is_on=self.look.idle)))
        column = self._columns[index]
        means = "always there" if column in FIXED else MEANS[column]
        return closed(line.append(self._choice(inner, column.value, means, is_on=column not in self.look.hidden)))

    def _choice(self, line: Line, name: str, means: str, *, is_on: bool) -> Line:
        signs = self.pen.signs
        line.write(f"{signs.up if is_on else signs.down} ", "good" if is_on else "dim", bold=is_on)
        return line.write(name, "strong" if is_on else "dim", bold=is_on).to(27).write(means, "muted", room=line.room)
