"""A dialog: a frame on a band over the screen behind, which is dimmed."""

from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.line import Line
from tui.widgets.painted import Painted

Result = TypeVar("Result")


class Dialog(ModalScreen[Result], Generic[Result]):
    """Title and remark in the upper edge; `esc` always leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", show=False, id="jackfield.dialog.leave")
    ]
    WIDTH: ClassVar[int] = 78
    HEIGHT: ClassVar[int] = 21

    def __init__(self, title: str, remark: str = "") -> None:
        super().__init__()
        self._title = title
        self._remark = remark

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Edge(self._title, self._remark)
            yield from self.inside()
            yield Edge()

    def inside(self) -> list[Widget]:
        """What stands between the edges."""
        raise NotImplementedError

    def action_leave(self) -> None:
        """Close it without a result."""
        self.dismiss(None)


class Edge(Painted):
    """The upper or the lower edge."""

    GROUND = "band"

    def __init__(self, title: str | None = None, remark: str = "") -> None:
        super().__init__()
        self._title = title
        self._remark = remark
        self._ink = "strong"

    def retitle(self, title: str, ink: str = "strong") -> None:
        """Another title."""
        self._title, self._ink = title, ink
        self.freshen()

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # one row
        corners = self.pen.signs.corners
        is_upper = self._title is not None
        line = self.line().write(corners[0] if is_upper else corners[2], "edge")
        if self._title:
            line.write(self.pen.signs.rule, "edge").write(f" {self._title} ", self._ink, bold=True, room=width - 6)
        remark = f" {self._remark} " if self._remark else ""
        if line.at + len(remark) < width - 3:
            line.rule(width - 2 - len(remark)).write(remark, "muted")
        line.rule(width - 1).write(corners[1] if is_upper else corners[3], "edge")
        return [line.strip()]


def framed(line: Line) -> Line:
    """The left edge, and the margin."""
    return line.write(line.pen.signs.wall, "edge").write("  ")


def closed(line: Line) -> Line:
    """The right edge."""
    return line.to(line.width - 1).write(line.pen.signs.wall, "edge")
