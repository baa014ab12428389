"""Widgets that are drawn by rows, and send only the rows that differ to the terminal."""

from collections.abc import Mapping
from typing import ClassVar, Protocol, cast

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.widgets.line import Line, Pen, Piece, blank


class HasPen(Protocol):
    """The app: it knows what the terminal can show."""

    @property
    def pen(self) -> Pen:
        """What to write with."""


class Painted(Widget):
    """A widget that paints all its rows at once; only those that changed are drawn again."""

    ALLOW_SELECT = False
    GROUND: ClassVar[str] = "ground"

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 # Textual's own word
        super().__init__(id=id)
        self._painted: list[Strip] | None = None
        self._painted_size = Size(0, 0)
        self._fixed_size: Size | None = None
        """While it is painted: Textual looks its size up anew each time."""
        self._pen: Pen | None = None

    @property
    def pen(self) -> Pen:
        """What to write with."""
        if self._pen is None:
            self._pen = cast(HasPen, self.app).pen
        return self._pen

    @property
    def size(self) -> Size:
        return self._fixed_size or super().size

    @property
    def is_painted(self) -> bool:
        """Its rows are there, and have the right width."""
        return self._painted is not None and self._painted_size == self.size

    def paint(self, width: int, height: int) -> list[Strip]:
        """The rows, from the top; what is missing stays empty."""
        raise NotImplementedError

    def line(self, ground: str | None = None) -> Line:
        """A row to write on."""
        return Line(self.pen, self.size.width, ground or self.GROUND)

    def freshen(self) -> None:
        """Something that is shown here may have changed."""
        size = self.size
        if not self.is_attached or size.width == 0:
            return
        before = self._painted
        after = self._paint(size)
        if before is None or len(before) != len(after):
            self.refresh()
            return
        changed = [y for y, new in enumerate(after) if new is not before[y] and new != before[y]]
        if changed:
            self.refresh(*(Region(0, y, size.width, 1) for y in changed))

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows as they were painted: they have their colours, there is no border, nothing is to be added."""
        painted, size = self._painted, self.outer_size
        if painted is None or self._painted_size != size:
            painted = self._paint(size)
        rows = painted[crop.y : crop.bottom]
        if crop.column_span == (0, size.width):
            return rows
        return [row.crop(*crop.column_span) for row in rows]

    def notify_style_update(self) -> None:
        """Another theme: everything is painted anew."""
        self._painted = self._pen = None
        super().notify_style_update()

    def _paint(self, size: Size) -> list[Strip]:
        width, height = size
        self._painted_size = self._fixed_size = size
        self._pen = None
        try:
            painted = self.paint(width, height)[:height] if width and height else []
        finally:
            self._fixed_size = None
        painted += [blank(self.pen, width, self.GROUND)] * (height - len(painted))
        self._painted = painted
        return painted


class Pane(Painted, can_focus=True):
    """A list of rows with a cursor and a heading that stays. Subclasses say what the rows are."""

    class Moved(Message):
        """The cursor is somewhere else."""

    class Viewed(Message):
        """Other rows are on the screen."""

    class Opened(Message):
        """The row under the cursor was double-clicked."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 # Textual's own word
        super().__init__(id=id)
        self.cursor = 0
        self.top = 0
        self._viewed = range(0)

    # What subclasses say

    @property
    def count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def heading(self) -> Line | None:
        """The row above all others."""
        return None

    def row(self, index: int, *, selected: bool) -> Line:
        """One row. The last cell is the scroll bar's."""
        raise NotImplementedError

    # Moving

    @property
    def page(self) -> int:
        """Rows that are visible."""
        return max(1, self.size.height - (1 if self._has_heading else 0))

    @property
    def _has_heading(self) -> bool:
        return self.size.height >= 6

    def move_to(self, index: int) -> None:
        """Put the cursor on a row, and bring it into view."""
        before, top = self.cursor, self.top
        self.cursor = max(0, min(index, self.count - 1))
        self.bring_into_view()
        if top == self.top and self._painted is not None:
            self.freshen_rows(before, self.cursor)
        else:
            self.freshen()
        if self.cursor != before:
            self.post_message(self.Moved())

    def step(self, rows: int) -> None:
        """Move the cursor by rows."""
        self.move_to(self.cursor + rows)

    def bring_into_view(self) -> None:
        """Scroll as little as will do."""
        self.top = max(min(self.top, self.cursor), self.cursor - self.page + 1)
        self.top = max(0, min(self.top, self.count - self.page))

    def scroll(self, rows: int) -> None:
        """Move the view; the cursor stays where it is."""
        self.top = max(0, min(self.top + rows, self.count - self.page))
        self.freshen()

    def tell_view(self) -> None:
        """Other rows, or another thing, are on the screen."""
        # Later, by the pane itself: Textual takes no message past whoever caused it, and that may be the screen.
        self.call_later(lambda: self.post_message(self.Viewed()))

    def index_at(self, y: int) -> int | None:
        """The row at this line of the widget."""
        index = y - (1 if self._has_heading else 0) + self.top
        return index if y >= (1 if self._has_heading else 0) and index < self.count else None

    @property
    def in_view(self) -> range:
        """The rows on the screen."""
        return range(self.top, min(self.count, self.top + self.page))

    # Drawing

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # the page says it
        painted: list[Strip] = []
        if self._has_heading:
            heading = self.heading()
            painted.append(heading.strip() if heading is not None else blank(self.pen, width, self.GROUND))
        if self.in_view != self._viewed:
            self._viewed = self.in_view
            self.tell_view()
        painted.extend(self._row_strip(index) for index in self.in_view)
        return painted

    def freshen_rows(self, *indexes: int) -> None:
        """Only these may have changed."""
        if not self.is_painted:
            self.freshen()
            return
        self._fixed_size = self._painted_size
        try:
            begin, seen = (1 if self._has_heading else 0) - self.top, self.in_view
            strips = {begin + index: self._row_strip(index) for index in indexes if index in seen}
        finally:
            self._fixed_size = None
        self._put(strips)

    def _put(self, strips: Mapping[int, Strip]) -> None:
        """Show these rows of the widget."""
        painted = self._painted or []
        changed = [y for y, strip in strips.items() if strip is not painted[y] and strip != painted[y]]
        for y in changed:
            painted[y] = strips[y]
        if changed:
            self.refresh(*(Region(0, y, self._painted_size.width, 1) for y in changed))

    def _row_strip(self, index: int) -> Strip:
        line = self.row(index, selected=index == self.cursor)
        if index - self.top in self._thumb():
            line.to(line.width - 1).write(" ", ground="edge")
        return line.strip()

    def _thumb(self) -> range:
        """Where the scroll bar's thumb is, counted from the first visible row; nowhere when all is in view."""
        page, count = self.page, self.count
        if count <= page:
            return range(0)
        length = max(1, page * page // count)
        start = round((page - length) * self.top / (count - page))
        return range(start, start + length)

    # Mouse

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002 # Textual passes it
        """Keep the cursor in view."""
        self.bring_into_view()
        self._painted = None

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three rows a notch."""
        event.stop()
        self.scroll(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Three rows a notch."""
        event.stop()
        self.scroll(-3)

    def on_click(self, event: events.Click) -> None:
        """Select; twice: open."""
        index = self.index_at(event.y)
        if index is None:
            return
        again = index == self.cursor and event.chain == 2
        self.clicked(index, event.x)
        if again:
            self.post_message(self.Opened())

    def clicked(self, index: int, x: int) -> None:  # noqa: ARG002 # subclasses look at it
        """A row was clicked."""
        self.move_to(index)


def title_rule(line: Line, title: list[Piece], right: list[Piece]) -> Line:
    """A rule with a title at its left and a remark at its right."""
    signs = line.pen.signs
    line.write(signs.rule, "edge").write(" ").add(title).write(" ")
    remark = [Piece(" "), *right, Piece(" ")] if right else []
    length = sum(len(piece.text) for piece in remark)
    if line.width - 1 - length > line.at:
        line.rule(line.width - 1 - length).add(remark)
    return line.rule()
