"""The last row of a dialog: `Cancel esc`, which has the focus, and the verb with `ctrl+s`."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from tui.screens.dialog import closed, framed
from tui.widgets.line import Line, Piece, length_of
from tui.widgets.painted import Painted


class Pressed(Message):
    """A button was pressed."""

    def __init__(self, *, does: bool) -> None:
        super().__init__()
        self.does = does
        """The verb; else Cancel."""


class Buttons(Painted, can_focus=True):
    """Cancel is chosen until somebody chooses the verb. `verb` empty: only Close."""

    GROUND = "band"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "choose(True)", show=False),
        Binding("left,h", "choose(False)", show=False),
        Binding("tab", "on", show=False),
        Binding("enter,space", "press", show=False),
        Binding("up,k", "app.focus_previous", show=False),
        Binding("down,j", "app.focus_next", show=False),
    ]

    def __init__(self, verb: str) -> None:
        super().__init__("buttons")
        self._verb = verb
        self._enabled = False
        self._remark = ""
        self._is_verb = False
        self._spans: list[tuple[range, bool]] = []

    def show(self, verb: str, *, enabled: bool, remark: str = "") -> None:
        """What can be done; `remark` stands at the left."""
        self._verb, self._enabled, self._remark = verb, enabled, remark
        self._is_verb = self._is_verb and enabled
        self.freshen()

    def action_choose(self, verb: bool) -> None:
        """The verb, or Cancel."""
        self._is_verb = verb and self._enabled and bool(self._verb)
        self.freshen()

    def action_on(self) -> None:
        """From Cancel to the verb, then to the first field."""
        if self._enabled and self._verb and not self._is_verb:
            self.action_choose(True)
        else:
            self._is_verb = False
            self.freshen()
            self.screen.focus_next()

    def action_press(self) -> None:
        """The chosen one."""
        self.post_message(Pressed(does=self._is_verb))

    def on_blur(self) -> None:
        self._is_verb = False
        self.freshen()

    def on_focus(self) -> None:
        self.freshen()

    def on_click(self, event: events.Click) -> None:
        for span, does in self._spans:
            if event.x in span and (self._enabled or not does):
                self.post_message(Pressed(does=does))

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # one row
        cancel = " Close esc " if not self._verb else " Cancel esc "
        verb = f" {self._verb} ctrl+s " if self._enabled else f"({self._verb} ctrl+s)"
        length = length_of([Piece(cancel)]) + (length_of([Piece(verb)]) + 2 if self._verb else 0)
        line = framed(self.line()).write(self._remark, "muted", room=max(0, width - length - 8))
        line.to(width - 3 - length)
        self._spans = []
        self._button(line, cancel, does=False, chosen=not self._is_verb, enabled=True)
        if self._verb:
            line.to(line.at + 2)
            self._button(line, verb, does=True, chosen=self._is_verb, enabled=self._enabled)
        return [closed(line).strip()]

    def _button(self, line: Line, text: str, *, does: bool, chosen: bool, enabled: bool) -> None:
        start = line.at
        if chosen:
            line.write(text, "chip", ground="text", bold=True)
        else:
            line.write(text, "strong" if enabled else "dim", ground="bar", bold=enabled)
        self._spans.append((range(start, line.at), does))
