"""Help: the keys of this place by purpose, then the signs."""

from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from tui.actions import Place, Purpose, actions_of
from tui.screens.dialog import Dialog, closed, framed
from tui.signs import Signs
from tui.widgets.line import Line, Piece
from tui.widgets.painted import Pane

NAMES: Final = {
    Place.MAP: "Keys on the map",
    Place.TREE: "Keys on the tree",
    Place.TABLE: "Keys on the table",
    Place.FOCUS: "Keys on the focus",
    Place.REACH: "Keys on who reaches whom",
    Place.EVENTS: "Keys on the events",
    Place.POLICY: "Keys on the policy",
}


class HelpScreen(Dialog[None]):
    """Scrolls where it does not fit."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "leave", "Close", show=False, id="jackfield.help.leave"),
        Binding("down,j", "scroll(1)", show=False, id="jackfield.help.down"),
        Binding("up,k", "scroll(-1)", show=False, id="jackfield.help.up"),
        Binding("pagedown,space", "scroll(12)", show=False, id="jackfield.help.page-down"),
        Binding("pageup", "scroll(-12)", show=False, id="jackfield.help.page-up"),
    ]

    def __init__(self, place: Place) -> None:
        super().__init__(NAMES[place], "esc closes")
        self._place = place

    def inside(self) -> list[Widget]:
        return [HelpText(self._place)]

    def action_scroll(self, rows: int) -> None:
        """Move the text."""
        self.query_one(HelpText).scroll(rows)


class HelpText(Pane):
    """Written from the table of actions: what is missing there is missing here."""

    GROUND = "band"

    def __init__(self, place: Place) -> None:
        super().__init__("help")
        self._place = place
        self._lines: list[Line] = []

    @property
    def count(self) -> int:
        return len(self._lines)

    @property
    def _has_heading(self) -> bool:
        return False

    def bring_into_view(self) -> None:
        self.top = max(0, min(self.top, self.count - self.page))

    def paint(self, width: int, height: int) -> list[Strip]:
        self._lines = self._written(width)
        self.bring_into_view()
        painted = [closed(line).strip() for line in self._lines[self.top : self.top + height]]
        painted += [closed(framed(self.line())).strip() for _ in range(height - len(painted))]
        if self.top + height < len(self._lines):
            painted[-1] = closed(framed(self.line()).write("more below: down", "muted")).strip()
        return painted

    def row(self, index: int, *, selected: bool) -> Line:  # noqa: ARG002 # no cursor
        return self._lines[index]

    def _written(self, width: int) -> list[Line]:
        left = [*self._section(Purpose.MOVE), *self._section(Purpose.CHANGE)]
        right = [*self._section(Purpose.LOOK), *self._section(Purpose.PROGRAM)]
        lines = [framed(self.line())]
        if width >= 70:
            middle = width // 2
            for place in range(max(len(left), len(right))):
                line = framed(self.line())
                self._entry(line, left[place] if place < len(left) else None, middle - 1)
                self._entry(line.to(middle), right[place] if place < len(right) else None, width - 2)
                lines.append(line)
        else:
            for entry in [*left, *right]:
                line = framed(self.line())
                self._entry(line, entry, width - 2)
                lines.append(line)
        lines += [framed(self.line()), framed(self.line()).write("SIGNS", "muted", bold=True)]
        return lines + self._signs(width)

    def _section(self, purpose: Purpose) -> list[tuple[str, str]]:
        """A head, its keys, and air."""
        mine = (action for action in actions_of(self._place) if action.purpose is purpose)
        keys = [(action.key, action.help) for action in mine if action.keys and not action.told_with]
        return [(purpose.value, ""), *keys, ("", "")]

    def _entry(self, line: Line, entry: tuple[str, str] | None, end: int) -> None:
        if entry is None:
            return
        key, words = entry
        start = line.at
        if not words:
            line.write(key, "muted", bold=True)
            return
        line.write(key, "strong", bold=True).to(start + 13).write(words, room=end - start - 13)

    def _signs(self, width: int) -> list[Line]:
        lines = []
        line = framed(self.line())
        for sign, ink, word in _explained(self.pen.signs):
            length = len(sign) + len(word) + 3
            if line.at + length > width - 3:
                lines.append(line)
                line = framed(self.line())
            line.add([Piece(sign, ink, bold=True), Piece(f" {word}  ")])
        return [*lines, line]


def _explained(signs: Signs) -> list[tuple[str, str, str]]:
    return [
        (signs.up, "segment0", "up"),
        (signs.down, "danger", "down"),
        (signs.unknown, "caution", "unknown"),
        (signs.gone, "muted", "gone"),
        (f"{signs.new} {signs.removed} {signs.changed}", "caution", "new, removed, changed"),
        (signs.look, "caution", "look here"),
        (f"{signs.folded} {signs.open}", "strong", "folded, open"),
        (f"{signs.pinned} {signs.drifted}", "strong", "pinned, drifted"),
        (f"{signs.guarded}G {signs.guarded}S", "strong", "guarded, sealed"),
        (signs.blocked, "danger", "blocked, refused"),
        (signs.marked, "caution", "marked"),
        (signs.direct, "text", "cable between two namespaces"),
        (f"{signs.becomes} B", "segment1", "leads to segment B"),
        ("A", "segment0", "a bridge or a macvlan parent, and its hue"),
    ]
