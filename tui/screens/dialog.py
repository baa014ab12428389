"""A dialog: a frame on a band over the screen behind, which is dimmed."""

from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from tui.widgets.line import Line, Piece
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
            yield LowerEdge()

    def remark(self, piece: Piece, seconds: float) -> None:
        """Say this in the lower edge for a while."""
        self.query_one(LowerEdge).say(piece, seconds)

    def inside(self) -> list[Widget]:
        """What stands between the edges."""
        raise NotImplementedError

    def findings_changed(self) -> None:
        """The host was examined anew."""

    def action_leave(self) -> None:
        """Close it without a result."""
        self.dismiss(None)


class Edge(Painted):
    """The upper edge."""

    GROUND = "band"

    def __init__(self, title: str, remark: str = "") -> None:
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
        line = self.line().write(corners[0], "edge")
        if self._title:
            line.write(self.pen.signs.rule, "edge").write(f" {self._title} ", self._ink, bold=True, room=width - 6)
        remark = f" {self._remark} " if self._remark else ""
        if line.at + len(remark) < width - 3:
            line.rule(width - 2 - len(remark)).write(remark, "muted")
        line.rule(width - 1).write(corners[1], "edge")
        return [line.strip()]


class LowerEdge(Painted):
    """The lower edge, and what is said in it for a while."""

    GROUND = "band"

    def __init__(self) -> None:
        super().__init__()
        self._said: Piece | None = None
        self._timer: Timer | None = None

    def say(self, piece: Piece, seconds: float) -> None:
        """What cannot be done, or was copied."""
        self._said = piece
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(seconds, self._forget)
        self.freshen()

    def _forget(self) -> None:
        self._said = self._timer = None
        self.freshen()

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # one row
        corners = self.pen.signs.corners
        line = self.line().write(corners[2], "edge")
        if self._said is not None:
            line.write(self.pen.signs.rule, "edge").write(" ").write(self._said.text, self._said.ink, room=width - 6)
            line.write(" ")
        return [line.rule(width - 1).write(corners[3], "edge").strip()]


def framed(line: Line) -> Line:
    """The left edge, and the margin."""
    return line.write(line.pen.signs.wall, "edge").write("  ")


def closed(line: Line) -> Line:
    """The right edge."""
    return line.to(line.width - 1).write(line.pen.signs.wall, "edge")
