"""The detail: a pane at the right, or the whole screen. It scrolls; on the whole screen its entries can be chosen."""

from collections.abc import Hashable, Iterator

from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from model.identity import LinkId, NamespaceId
from model.table_parts import parts_of
from tui.session import Session, Subject
from tui.widgets.detail_item import METER, Item
from tui.widgets.detail_rates import Standing, standing
from tui.widgets.detail_sheet import Sheet
from tui.widgets.line import Line, overlaid
from tui.widgets.painted import Pane

EDGE = 2
"""A wall and a space."""
NOWHERE = -1
"""The cursor while nothing is chosen."""


class DetailPane(Pane):
    """Everything known of one thing."""

    class Chose(Message):
        """Another entry is chosen, or none."""

    def __init__(self, session: Session) -> None:
        super().__init__("detail")
        self._session = session
        self._subject: Subject | None = None
        self._items: list[Item] = []
        self._key: Hashable = None
        self.called = ""
        """The name of what was drawn last."""
        self._standing: Standing | None = None
        """When the lines were made."""
        self.cursor = NOWHERE

    @property
    def subject(self) -> Subject | None:
        """What is shown."""
        return self._subject

    @property
    def is_about_the_dead(self) -> bool:
        """What was shown is gone."""
        return self._subject is not None and not Sheet(self._session, self._subject).is_there

    def show(self, subject: Subject | None) -> None:
        """Another thing."""
        if subject != self._subject:
            self._subject = subject
            self.top = 0
            self._choose(NOWHERE)
            self.tell_view()
        self.freshen()

    def take_counts(self) -> None:
        """What passes was read: only lines that are written from it differ, while there are as many of them."""
        if not self.is_painted or self._standing != self._stands():
            self.freshen()
        else:
            counted = [place for place in self.in_view if self._items[place].is_counted]
            self.freshen_rows(*(place for place in counted if self._items[place].meter is None))
            self._put(dict(filter(None, map(self._metered, counted))))

    def _metered(self, place: int) -> tuple[int, Strip] | None:
        """A line of the widget, its meter as it is now."""
        meter, painted = self._items[place].meter, self._painted
        if meter is None or painted is None:
            return None
        y = place - self.top
        return y, overlaid(painted[y], (1 if self.is_whole else EDGE) + METER, meter(self.pen.signs))

    def _stands(self) -> Standing | None:
        link = self._session.graph.link(self._subject) if isinstance(self._subject, LinkId) else None
        return None if link is None else standing(self._session, link)

    # What is looked at

    @property
    def is_shown(self) -> bool:
        """It is on the screen."""
        return bool(self.size) and all(node.display for node in self.ancestors_with_self if isinstance(node, Widget))

    def links_on_screen(self) -> Iterator[LinkId]:
        """What is to be counted: the subject, and the links that are listed."""
        if not self.is_shown:
            return
        if isinstance(self._subject, LinkId):
            yield self._subject
        for place in self.in_view:
            item = self._items[place]
            if isinstance(item.key, tuple) and item.key[0] == "link" and isinstance(item.subject, LinkId):
                yield item.subject

    def tables_on_screen(self) -> frozenset[NamespaceId]:
        """The namespaces whose tables are to be read."""
        parts = parts_of(self._session.graph, self._subject) if self.is_shown and self._subject is not None else None
        return frozenset() if parts is None else parts.namespaces

    def on_show(self) -> None:
        """Now it is on the screen."""
        self.tell_view()

    def on_hide(self) -> None:
        """Now it is not."""
        self._choose(NOWHERE)
        self.tell_view()

    # Choosing

    @property
    def is_whole(self) -> bool:
        """It has the whole screen."""
        return self.has_class("whole")

    @property
    def chosen(self) -> Item | None:
        """The entry under the cursor."""
        if not 0 <= self.cursor < self.count:
            return None
        item = self._items[self.cursor]
        if item.copies or not isinstance(item.subject, LinkId):
            return item
        return item._replace(copies=self._session.graph.address(item.subject) or "")

    def next_table(self) -> None:
        """The first entry of the next table; after the last table, of the first."""
        starts = [place for place, item in enumerate(self._items) if item.begins]
        firsts = []
        for start, end in zip(starts, [*starts[1:], self.count], strict=True):
            firsts += [place for place in self._entries if start < place < end][:1]
        if firsts:
            self.move_to(next((place for place in firsts if place > self.cursor), firsts[0]))

    @property
    def _entries(self) -> list[int]:
        return [place for place, item in enumerate(self._items) if item.key is not None]

    def _choose(self, place: int) -> None:
        self.cursor = place
        chosen = self.chosen
        key = chosen.key if chosen is not None else None
        if key != self._key:
            self._key = key
            self.post_message(self.Chose())

    # Moving

    @property
    def count(self) -> int:
        return len(self._items)

    @property
    def _has_heading(self) -> bool:
        return False

    def step(self, rows: int) -> None:
        """From entry to entry; in the pane, and above the first one, it scrolls."""
        entries = self._entries
        if not self.is_whole or not entries:
            self.scroll(rows)
        elif rows < 0 and self.cursor <= entries[0]:
            self._choose(NOWHERE)
            self.scroll(-self.count)
        elif self.cursor < 0:
            self.move_to(entries[min(rows, len(entries)) - 1])
        else:
            place = entries.index(self.cursor) if self.cursor in entries else 0
            self.move_to(entries[max(0, min(place + rows, len(entries) - 1))])

    def move_to(self, index: int) -> None:
        """Choose the entry at this line, or scroll there."""
        index = max(0, min(index, self.count - 1))
        if self.is_whole and self.count and self._items[index].key is not None:
            self._choose(index)
            self.top = max(min(self.top, index - 2), index - self.page + 1, 0)
            self.freshen()
        else:
            self.scroll(index - self.top)

    def bring_into_view(self) -> None:
        self.top = max(0, min(self.top, self.count - self.page))

    # Drawing

    def paint(self, width: int, height: int) -> list[Strip]:
        self._standing = self._stands()
        sheet = Sheet(self._session, self._subject)
        if sheet.is_there:
            self.called = sheet.title
        self._items = list(sheet.items(width - 2))
        self._keep_chosen()
        self.bring_into_view()
        painted = super().paint(width, height)
        return painted + [self._edge().strip() for _ in range(height - len(painted))]

    def _keep_chosen(self) -> None:
        """The same entry, wherever it is now."""
        if self.cursor < 0:
            return
        place = next((place for place, item in enumerate(self._items) if item.key == self._key), NOWHERE)
        if place != self.cursor:
            self.top += place - self.cursor if place >= 0 else 0
            self._choose(place)

    def row(self, index: int, *, selected: bool) -> Line:
        item = self._items[index]
        line = self._edge()
        ground = "select" if selected else "flash" if item.is_flashing else self.GROUND
        inner = Line(self.pen, line.width - line.at, ground)
        item.write(inner)
        return line.append(inner)

    def _edge(self) -> Line:
        """A wall at the left, heavy while the keys go here; none where it has the whole screen."""
        line = self.line()
        if self.is_whole:
            return line.to(1)
        return line.write(self.pen.signs.wall, "strong" if self.has_focus else "edge").to(EDGE)

    def on_resize(self, event: events.Resize) -> None:
        """What is in view is told."""
        super().on_resize(event)
        self.tell_view()
