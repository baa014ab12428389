"""`@`: the log of the commands that were run: time, deed, lines, the kernel's answer."""

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.strip import Strip
from textual.widget import Widget

from backend.journal import What
from model.plan import Fate
from tui.deeds import Deed, Step
from tui.screens.change.asking import answer_rows
from tui.screens.change.dialog import MOST_ROWS
from tui.screens.dialog import Dialog, closed, framed
from tui.signs import Signs
from tui.widgets.line import Line
from tui.widgets.painted import Painted
from tui.widgets.wrapped import wrapped

INDENT: Final = 14


class LogScreen(Dialog[None]):
    """Scrolls; `y` copies the lines of the deed under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,at,enter", "leave", "Close", show=False, id="jackfield.log.leave"),
        Binding("down,j", "step(1)", show=False, id="jackfield.log.down"),
        Binding("up,k", "step(-1)", show=False, id="jackfield.log.up"),
        Binding("pagedown,space", "scroll(8)", show=False, id="jackfield.log.page-down"),
        Binding("pageup", "scroll(-8)", show=False, id="jackfield.log.page-up"),
        Binding("y", "copy", show=False, id="jackfield.log.copy"),
    ]

    def __init__(self, deeds: Sequence[Deed]) -> None:
        super().__init__("Commands we ran", "y copies, esc closes")
        self._deeds = deeds

    def inside(self) -> list[Widget]:
        return [LogText(self._deeds)]

    def on_mount(self) -> None:
        """As high as it has to be."""
        self._fit()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        dialog, size = self.query_one("#dialog"), self.app.size
        dialog.styles.width = min(size.width, 120 if size.width >= 130 else 78)
        dialog.styles.height = min(size.height, max(MOST_ROWS, size.height - 8))
        self.call_after_refresh(self.query_one(LogText).freshen)

    def show(self, deeds: Sequence[Deed]) -> None:
        """Something more was run."""
        self.query_one(LogText).show(deeds)

    def action_step(self, rows: int) -> None:
        """Another deed."""
        self.query_one(LogText).choose(rows)

    def action_scroll(self, rows: int) -> None:
        """Move the text."""
        self.query_one(LogText).scroll(rows)

    def action_copy(self) -> None:
        """Copy what was run."""
        deed = self.query_one(LogText).deed
        if deed is not None:
            self.app.copy_to_clipboard("\n".join(line for step in deed.steps for line in step.lines))
            self.notify("copied: its commands", timeout=4, markup=False)


class LogText(Painted):
    """All deeds, the newest on top; one of them is chosen."""

    GROUND = "band"

    def __init__(self, deeds: Sequence[Deed]) -> None:
        super().__init__("log")
        self._deeds = deeds
        self._chosen = 0
        self._top = 0
        self._rows: list[Line] = []
        self._titles: list[int] = []
        """In which row each deed begins."""

    def show(self, deeds: Sequence[Deed]) -> None:
        """These; what was chosen stays so."""
        chosen = self.deed
        self._deeds = deeds
        places = [number for number, deed in enumerate(deeds) if chosen is not None and deed.id == chosen.id]
        self._chosen = places[0] if places else 0
        self.freshen()

    @property
    def deed(self) -> Deed | None:
        """The one that is chosen."""
        return self._deeds[self._chosen] if self._deeds else None

    def choose(self, by: int) -> None:
        """Another one; it comes into view, with as much of it as fits."""
        self._chosen = max(0, min(self._chosen + by, len(self._deeds) - 1))
        if self._titles:
            first = self._titles[self._chosen]
            after = [*self._titles, len(self._rows)][self._chosen + 1]
            self._top = min(max(self._top, after - self.size.height), max(0, first - 1))
        self.freshen()

    def scroll(self, rows: int) -> None:
        """Move the text."""
        self._top += rows
        self.freshen()

    def paint(self, width: int, height: int) -> list[Strip]:
        self._rows, self._titles = [framed(self.line())], []
        if not self._deeds:
            self._rows.append(framed(self.line()).write("Nothing was run yet.", "muted"))
        for number, deed in enumerate(self._deeds):
            self._titles.append(len(self._rows))
            self._write(deed, width, chosen=number == self._chosen)
            self._rows.append(framed(self.line()))
        self._top = max(0, min(self._top, len(self._rows) - height))
        shown = self._rows[self._top : self._top + height]
        shown += [framed(self.line()) for _ in range(height - len(shown))]
        if self._top + height < len(self._rows):
            shown[-1] = framed(self.line()).write(
                f"{len(self._rows) - self._top - height + 1} rows more: pgdn", "muted"
            )
        return [closed(line).strip() for line in shown]

    def _add(self, line: Line) -> None:
        self._rows.append(line)

    def _write(self, deed: Deed, width: int, *, chosen: bool) -> None:
        sign, ink, state = how(deed, self.pen.signs)
        line = Line(self.pen, width, "band").write(self.pen.signs.wall, "edge")
        inner = Line(self.pen, width - 2, "select" if chosen else "band").to(2)
        inner.write(f"{deed.at:%H:%M:%S}", "muted").to(11).write(f"{sign} ", ink, bold=True)
        inner.write(deed.title, "strong", bold=True, room=max(0, inner.room - len(state) - 3))
        inner.to(inner.width - 2 - len(state)).write(state, "muted")
        self._add(line.append(inner))
        room = width - INDENT - 3
        for step in deed.steps:
            for text in step.lines:
                for row in wrapped(text, room, "    "):
                    self._add(framed(self.line()).to(INDENT).write(row, _ink(step)))
            for row in answer_rows(step, room):
                ink = "danger" if step.fate is Fate.FAILED else "caution"
                self._add(framed(self.line()).to(INDENT).write(row, ink))


def how(deed: Deed, signs: Signs) -> tuple[str, str, str]:
    """Its sign, the sign's ink, and a few words."""
    if deed.state in (What.UNDONE, What.REVERTED):
        return signs.becomes, "muted", "taken back" if deed.state is What.UNDONE else "went back by itself"
    if deed.state is What.REVERTING:
        return signs.changed, "caution", "going back"
    if deed.failed:
        return signs.blocked, "danger", f"stopped: {deed.done} of {len(deed.steps)} done"
    if deed.goes_back_at is not None:
        return signs.changed, "caution", "goes back unless kept"
    if deed.is_running:
        return signs.changed, "caution", f"{deed.done} of {len(deed.steps)} done"
    return signs.up, "good", "kept" if deed.state is What.CONFIRMED else ""


def _ink(step: Step) -> str:
    return {Fate.DONE: "text", Fate.FAILED: "strong"}.get(step.fate, "dim")
