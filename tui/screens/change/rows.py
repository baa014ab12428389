"""The rows of a form: what is typed, chosen, switched, or only told. Labels at the left, live notes at the right."""

from collections.abc import Callable, Sequence
from typing import ClassVar, Final, NamedTuple

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from model.names import display_name
from tui.screens.dialog import closed, framed
from tui.widgets.line import Line
from tui.widgets.painted import Painted

LABEL: Final = 13
"""Cells before a field: the frame, the margin, the label."""
MOST_OFFERS: Final = 2
"""Completions that are shown at once."""


class Note(NamedTuple):
    """What stands beside a field."""

    text: str = ""
    ink: str = "muted"


class Offer(NamedTuple):
    """A completion: what is put into the field, and what it is."""

    text: str
    remark: str = ""


Offers = Callable[[str], Sequence[Offer]]
"""What completes a text, the best first."""


class Changed(Message):
    """A field holds something else."""


def labelled(line: Line, label: str) -> Line:
    """The frame, the margin, the label."""
    return framed(line).write(label, "muted", room=LABEL - 4).to(LABEL)


class Told(Painted):
    """A row that only tells."""

    GROUND = "band"
    rows = 1

    def __init__(self, label: str, value: str, note: str = "") -> None:
        super().__init__()
        self._label, self._value, self._note = label, value, note

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # one row
        line = labelled(self.line(), self._label)
        line.write(" ").write(self._value, "text", room=max(0, width - line.at - 3))
        if self._note:
            line.to(min(width - 4, LABEL + 31)).write(self._note, "muted", room=max(0, width - line.at - 3))
        return [closed(line).strip()]


class Air(Painted):
    """An empty row."""

    GROUND = "band"
    rows = 1

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # one row
        return [closed(framed(self.line())).strip()]


class Choice(Painted, can_focus=True):
    """One of a few: left and right."""

    GROUND = "band"
    rows = 1
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l,space", "turn(1)", show=False),
        Binding("left,h", "turn(-1)", show=False),
        Binding("down,enter,j", "app.focus_next", show=False),
        Binding("up,k", "app.focus_previous", show=False),
    ]

    def __init__(self, name: str, label: str, options: Sequence[str], value: str) -> None:
        super().__init__(name)
        self._label = label
        self.options = tuple(options)
        self.value = value if value in options else self.options[0]
        self._note = Note()
        self._spans: list[tuple[range, str]] = []

    def tell(self, note: Note) -> None:
        """Say this beside it."""
        self._note = note
        self.freshen()

    def action_turn(self, by: int) -> None:
        """The next or the previous one."""
        self.take(self.options[(self.options.index(self.value) + by) % len(self.options)])

    def take(self, value: str) -> None:
        """This one."""
        if value != self.value:
            self.value = value
            self.freshen()
            self.post_message(Changed())

    def on_focus(self) -> None:
        self.freshen()

    def on_blur(self) -> None:
        self.freshen()

    def on_click(self, event: events.Click) -> None:
        """Take what was clicked."""
        for span, value in self._spans:
            if event.x in span:
                self.take(value)

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # one row
        line = labelled(self.line(), self._label)
        self._spans = []
        for option in self.options:
            start = line.at
            if option == self.value:
                line.write(f" {option} ", "strong" if not self.has_focus else "chip", bold=True,
                           ground="text" if self.has_focus else "select")  # fmt: skip
            else:
                line.write(f" {option} ", ground="bar")
            self._spans.append((range(start, line.at), option))
            line.to(line.at + 1)
        line.to(line.at + 1).write(self._note.text, self._note.ink, room=max(0, width - line.at - 4))
        return [closed(line).strip()]


class Switches(Painted, can_focus=True):
    """Things that are on or off; space switches. One a row, or as many as fit."""

    GROUND = "band"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,x", "switch", show=False),
        Binding("right,l", "step(1)", show=False),
        Binding("left,h", "step(-1)", show=False),
        Binding("down,j", "row(1)", show=False),
        Binding("up,k", "row(-1)", show=False),
        Binding("enter", "app.focus_next", show=False),
    ]

    def __init__(self, name: str, label: str, options: Sequence[tuple[str, str]], on: Sequence[str], per_row: int = 1):
        """Each option is a value and its words; `on`: the values that are on."""
        super().__init__(name)
        self._label = label
        self._options = tuple(options)
        self.on = set(on)
        self._per_row = per_row
        self._at = 0
        self.rows = -(-len(self._options) // per_row)
        self.styles.height = self.rows

    def action_switch(self) -> None:
        """The one under the cursor."""
        self.on ^= {self._options[self._at][0]}
        self.freshen()
        self.post_message(Changed())

    def action_step(self, by: int) -> None:
        """To another one."""
        self._at = max(0, min(self._at + by, len(self._options) - 1))
        self.freshen()

    def action_row(self, by: int) -> None:
        """A row on; past the last one: the next field."""
        at = self._at + by * self._per_row
        if 0 <= at < len(self._options):
            self._at = at
            self.freshen()
        elif by > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()

    def on_focus(self) -> None:
        self.freshen()

    def on_blur(self) -> None:
        self.freshen()

    def on_click(self, event: events.Click) -> None:
        """Switch what was clicked."""
        column = (event.x - LABEL) // self._column
        at = event.y * self._per_row + column
        if 0 <= column < self._per_row and at < len(self._options):
            self._at = at
            self.action_switch()

    @property
    def _column(self) -> int:
        return (self.size.width - LABEL - 3) // self._per_row

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # as many rows as there are
        strips = []
        for first in range(0, len(self._options), self._per_row):
            line = labelled(self.line(), self._label if first == 0 else "")
            for number, (value, words) in enumerate(self._options[first : first + self._per_row]):
                line.to(LABEL + number * self._column)
                ground = "select" if self.has_focus and first + number == self._at else None
                line.write("[x]" if value in self.on else "[ ]", "strong", bold=value in self.on, ground=ground)
                room = max(0, min(self._column - 4, width - line.at - 3))
                line.write(f" {words}", "strong" if value in self.on else "text", ground=ground, room=room)
            strips.append(closed(line).strip())
        return strips


class Typed(Input):
    """One line of text. What would act on the terminal is shown as an escape, even when it was pasted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "pick(1)", show=False),
        Binding("up", "pick(-1)", show=False),
        Binding("tab", "complete", show=False),
        Binding("enter", "complete", show=False),
    ]

    def __init__(self, value: str, placeholder: str) -> None:
        super().__init__(value, compact=True, placeholder=placeholder)

    def validate_value(self, value: str) -> str:
        """Called by Textual before anything is shown."""
        return display_name(value) if value else ""

    @property
    def row(self) -> "Text":
        """The row it stands in."""
        return next(node for node in self.ancestors if isinstance(node, Text))

    def action_pick(self, by: int) -> None:
        """Another completion; where there are none: another field."""
        if not self.row.pick(by):
            self.screen.focus_next() if by > 0 else self.screen.focus_previous()

    def action_complete(self) -> None:
        """Take the completion, else go on."""
        if not self.row.complete():
            self.screen.focus_next()


class Text(Widget):
    """A label, a field, a note; below it what completes it."""

    def __init__(
        self, name: str, label: str, value: str = "", *, offers: Offers | None = None, placeholder: str = ""
    ) -> None:
        super().__init__(id=name)
        self._label = label
        self._first = value
        self._placeholder = placeholder
        self._offers = offers
        self._picked = False

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Head(self._label)
            yield Typed(self._first, self._placeholder)
            yield Tail()
        yield Hints()

    @property
    def rows(self) -> int:
        """With what completes it."""
        hints = self.query(Hints)
        return 1 + (min(MOST_OFFERS, len(hints.first().offers)) if hints else 0)

    @property
    def field(self) -> Typed:
        """Where one types."""
        return self.query_one(Typed)

    @property
    def value(self) -> str:
        """What is in it, without the blanks around it."""
        found = self.query(Typed)
        return found.first().value.strip() if found else self._first

    @value.setter
    def value(self, text: str) -> None:
        self.field.value = text
        self.field.cursor_position = len(self.field.value)

    def tell(self, note: Note) -> None:
        """Say this beside it; while something completes it, a text that means nothing yet is no mistake."""
        is_half = note.ink == "caution" and bool(self.query_one(Hints).offers)
        self.query_one(Tail).tell(Note("down chooses") if is_half else note)

    def relabel(self, label: str) -> None:
        """Another label."""
        self.query_one(Head).relabel(label)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Offer what completes it."""
        event.stop()
        self._picked = False
        self._offer()
        self.post_message(Changed())

    def on_descendant_focus(self) -> None:
        self._offer()

    def on_descendant_blur(self) -> None:
        self.query_one(Hints).show([])

    def _offer(self) -> None:
        text = self.value
        offers = list(self._offers(text)) if self._offers is not None and self.field.has_focus else []
        if any(offer.text == text for offer in offers[:1]):
            offers = []
        self.query_one(Hints).show(offers)

    def pick(self, by: int) -> bool:
        """The next completion; False: there is none."""
        hints = self.query_one(Hints)
        if not hints.offers:
            return False
        first = not self._picked and bool(hints.offers)
        self._picked = True
        if first and by > 0 and not hints.is_lit:
            hints.light(0)
            return True
        return hints.step(by)

    def complete(self) -> bool:
        """Take what is picked, or the first one where something was typed; False: nothing to take."""
        hints = self.query_one(Hints)
        chosen = hints.chosen if self._picked else (hints.offers[0] if hints.offers and self.value else None)
        if chosen is None:
            return False
        self.value = chosen.text
        hints.show([])
        return True

    def on_hints_clicked(self, message: "Hints.Clicked") -> None:
        """Take it."""
        message.stop()
        self.value = message.offer.text
        self.field.focus()
        self.query_one(Hints).show([])


class Head(Painted):
    """The label of a field."""

    GROUND = "band"

    def __init__(self, label: str) -> None:
        super().__init__()
        self._label = label

    def relabel(self, label: str) -> None:
        self._label = label
        self.freshen()

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # one row
        return [labelled(self.line(), self._label).strip()]


class Tail(Painted):
    """The note beside a field."""

    GROUND = "band"

    def __init__(self) -> None:
        super().__init__()
        self._note = Note()

    def tell(self, note: Note) -> None:
        self._note = note
        self.freshen()

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # one row
        line = self.line().to(1).write(self._note.text, self._note.ink, room=max(0, width - 4))
        return [closed(line).strip()]


class Hints(Painted):
    """What completes a field: two are shown, the rest scroll."""

    GROUND = "band"

    class Clicked(Message):
        """One of them was clicked."""

        def __init__(self, offer: Offer) -> None:
            super().__init__()
            self.offer = offer

    def __init__(self) -> None:
        super().__init__()
        self.offers: list[Offer] = []
        self._at = -1
        self._top = 0

    def show(self, offers: list[Offer]) -> None:
        """These; none of them is picked."""
        before = len(self.offers[:MOST_OFFERS])
        self.offers, self._at, self._top = offers, -1, 0
        after = min(MOST_OFFERS, len(offers))
        self.styles.height = after
        if before != after:
            self.post_message(Resized())
        self.freshen()

    @property
    def is_lit(self) -> bool:
        """One of them is picked."""
        return self._at >= 0

    @property
    def chosen(self) -> Offer | None:
        """The one that is picked."""
        return self.offers[self._at] if self.is_lit else None

    def light(self, at: int) -> None:
        """Pick this one."""
        self._at = at
        self._top = max(min(self._top, at), at - MOST_OFFERS + 1, 0)
        self.freshen()

    def step(self, by: int) -> bool:
        """Pick the next one; False: past the ends."""
        at = self._at + by
        if not 0 <= at < len(self.offers):
            return False
        self.light(at)
        return True

    def on_click(self, event: events.Click) -> None:
        if self._top + event.y < len(self.offers):
            self.post_message(self.Clicked(self.offers[self._top + event.y]))

    def paint(self, width: int, height: int) -> list[Strip]:
        strips = []
        for number, offer in enumerate(self.offers[self._top : self._top + height]):
            at = self._top + number
            line = labelled(self.line(), "")
            ground = "select" if at == self._at else "bar"
            inner = Line(self.pen, width - LABEL - 3, ground).to(1)
            inner.write(offer.text, "strong" if at == self._at else "text", bold=at == self._at, room=28).to(30)
            more = len(self.offers) - self._top - height
            last = f"{more} more: down" if number == height - 1 and more > 0 else ""
            inner.write(offer.remark, "muted", room=max(0, inner.room - cell_len(last) - 1))
            if last:
                inner.to(inner.width - 1 - cell_len(last)).write(last, "muted")
            strips.append(closed(line.append(inner)).strip())
        return strips


class Resized(Message):
    """A form takes more or less room."""
