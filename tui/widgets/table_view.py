"""The table: every link of every namespace, one row each, in an order of the operator's choice."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from model.caption import full_name
from model.filter import Filter
from model.identity import LinkId
from model.link import Link
from model.link_columns import Span, link_columns
from model.link_rows import UNSORTED, Column, LinkRow, link_row
from model.listing import Listing
from tui.session import News, Session, Subject
from tui.widgets.afterglow import DARK, Afterglow
from tui.widgets.kept_marks import marks_across
from tui.widgets.line import Line
from tui.widgets.painted import Pane
from tui.widgets.table_row import ALL_FIELDS, RIGHT, Manners, Passing, TableRow, passing, with_rates

GONE_S: Final = 3.0
MARK_CELLS: Final = 3
"""A click here marks."""


class Ghost(NamedTuple):
    """A row that is gone, and is still shown where it was."""

    link: LinkId
    words: LinkRow
    after: LinkId | None
    """What stood above it."""
    at: datetime


class Drawn(NamedTuple):
    """A row that was drawn, and from what."""

    key: object
    row: Strip
    """Without the rates."""
    ground: str
    passes: Passing
    strip: Strip


class TableView(Pane):
    """Order, filter and marks are the session's; cursor and scroll are kept by identity."""

    class Pointed(Message):
        """Another link is selected."""

    class HeadClicked(Message):
        """Put the rows in order by this."""

        def __init__(self, column: Column) -> None:
            super().__init__()
            self.column = column

    class Marked(Message):
        """More or fewer links are marked."""

    def __init__(self, session: Session) -> None:
        super().__init__("table")
        self._session = session
        self._terms: Filter = ()
        self._selected: LinkId | None = None
        self._has_chosen = False
        """Until the operator moves, the first row is selected, whatever comes."""
        self._glow: Afterglow[LinkId] = Afterglow()
        self._ghosts: list[Ghost] = []
        self._ghost_rows: dict[int, Ghost] = {}
        self._said: dict[LinkId, LinkRow] = {}
        """What was drawn last, from the top."""
        self._drawn: dict[LinkId, Drawn] = {}
        self._past: list[LinkId] = []
        self._settling: Timer | None = None

    # What is shown

    @property
    def _listing(self) -> Listing:
        return self._session.listing

    @property
    def count(self) -> int:
        return len(self._listing) + len(self._ghost_rows)

    @property
    def found(self) -> int:
        """How many links there are rows for."""
        return len(self._listing)

    @property
    def spans(self) -> tuple[Span, ...]:
        """The columns that are shown."""
        return link_columns(self.size.width, self._session.table.shown)

    @property
    def sortable(self) -> tuple[Column, ...]:
        """The columns that rows can be put in order by."""
        return tuple(span.column for span in self.spans if span.column not in UNSORTED) or (Column.LINK,)

    def take(self, news: News) -> None:
        """Something happened."""
        if self._selected in news.moved:
            self._selected = news.moved[self._selected]
        self._past = [news.moved.get(link, link) for link in self._past]
        self._bury(news)
        self._lay_out()
        for subject in news.born:
            if isinstance(subject, LinkId):
                self._light(subject, ALL_FIELDS)
        self._notice_changes()
        self.freshen()

    def rebuild(self) -> None:
        """Another order, filter or choice of rows: nothing of the old picture stays."""
        self._ghosts = []
        self._lay_out()
        self.freshen()

    def _lay_out(self) -> None:
        """The rows as they are now. The selected one keeps its line on the screen."""
        self._session.give_letters()
        line = self.cursor - self.top
        look = self._session.table
        self._listing.show(look.order, self._terms, idle=look.idle)
        self._place_ghosts()
        place = self._row_of(self._selected) if self._selected is not None and self._has_chosen else None
        if place is None:
            self.cursor = max(0, min(self.cursor, self.count - 1)) if self._has_chosen else 0
            self._select_row()
        else:
            self.cursor = place
        self.top = self.cursor - line
        self.bring_into_view()

    def filter(self, terms: Filter) -> None:
        """Show only what these let through."""
        self._terms = terms
        self.rebuild()

    def links_on_screen(self) -> Iterator[LinkId]:
        """The links of the visible rows."""
        return (link for place in self.in_view if (link := self._link_at(place)) is not None)

    # Rows and ghosts

    def _place_ghosts(self) -> None:
        """A ghost stands below what stood above it; where that is not listed any more, it is laid to rest."""
        self._ghost_rows = {}
        places = {}
        for ghost in self._ghosts:
            place = -1 if ghost.after is None else self._listing.place(ghost.after)
            if place is not None and self._listing.place(ghost.link) is None:
                places[ghost] = place
        for number, (ghost, place) in enumerate(sorted(places.items(), key=lambda pair: pair[1])):
            self._ghost_rows[place + 1 + number] = ghost

    def _link_at(self, row: int) -> LinkId | None:
        if row in self._ghost_rows:
            return None
        place = row - sum(ghost < row for ghost in self._ghost_rows)
        return self._listing[place] if 0 <= place < len(self._listing) else None

    def _row_of(self, link: LinkId) -> int | None:
        place = self._listing.place(link)
        if place is None:
            return None
        starts = [row - number for number, row in enumerate(sorted(self._ghost_rows))]
        return place + bisect_left(starts, place + 1)

    # What is selected

    @property
    def subject(self) -> LinkId | None:
        """The link under the cursor."""
        return self._link_at(self.cursor)

    @property
    def link(self) -> Link | None:
        """The same, as it is now."""
        subject = self.subject
        return None if subject is None else self._session.graph.link(subject)

    def _select_row(self) -> None:
        self._selected = self.subject
        self.post_message(self.Pointed())

    def move_to(self, index: int) -> None:
        index = max(0, min(index, self.count - 1))
        self._has_chosen = True
        super().move_to(index)
        if self.subject != self._selected:
            self._select_row()

    def meet(self, subject: Subject) -> bool:
        """Select a link, or the first one of a namespace. False: none of them is listed."""
        if isinstance(subject, LinkId):
            return self._go(subject)
        links = self._session.graph.links(subject)
        if self._selected is not None and self._selected.namespace == subject:
            return True
        rows = [row for link in links if (row := self._row_of(link.id)) is not None]
        if rows:
            self.move_to(min(rows))
        return bool(rows)

    def _go(self, link: LinkId) -> bool:
        row = self._row_of(link)
        if row is not None:
            self.move_to(row)
        return row is not None

    # Deeds

    def follow(self) -> str | None:
        """Go to the other end of the cable. None: done; else why not."""
        start = self.subject
        if start is None:
            return "there is no link here"
        graph = self._session.graph
        ends = graph.ends(start)
        known = [end for end in (ends.peer, ends.parent, ends.master) if isinstance(end, LinkId)]
        if not known:
            nothing = ends.peer is None and ends.parent is None and ends.master is None
            return "it has no other end" if nothing else "its other end is in a namespace that is hidden from us"
        far = graph.link(known[0])
        if not self._go(known[0]):
            name = full_name(graph, far) if far is not None else "its other end"
            return f"{name} is not listed: a filter, or the choice of columns, hides it"
        self._past = [*self._past[-99:], start]
        return None

    def back(self) -> bool:
        """Go back to where we followed a cable from. False: nowhere to go back to."""
        while self._past:
            if self._go(self._past.pop()):
                return True
        return False

    @property
    def can_go_back(self) -> bool:
        """We followed a cable to here."""
        return bool(self._past)

    def mark(self, row: int | None = None) -> None:
        """Mark the row, or no longer."""
        link = self._link_at(self.cursor if row is None else row)
        if link is not None:
            self._session.marked ^= {link}
            self.freshen()
            self.post_message(self.Marked())

    def mark_all(self) -> None:
        """Mark every link that is listed; where all are, none."""
        listed = set(self._listing.links())
        if listed <= self._session.marked:
            self._session.marked -= listed
        else:
            self._session.marked |= listed
        self.freshen()
        self.post_message(self.Marked())

    def on_click(self, event: events.Click) -> None:
        """On a head: order. What a click on a row does is the pane's business."""
        if self._has_heading and event.y == 0:
            column = next((span.column for span in reversed(self.spans) if event.x >= span.start), None)
            if column is not None:
                self.post_message(self.HeadClicked(column))

    def clicked(self, index: int, x: int) -> None:
        self.move_to(index)
        if x < MARK_CELLS:
            self.mark()

    # What changed

    def _words(self, link: LinkId) -> LinkRow | None:
        graph = self._session.graph
        there = graph.link(link)
        return None if there is None else link_row(graph, there)

    def _light(self, link: LinkId, fields: frozenset[str]) -> None:
        self._glow.light(link, fields, self._session.clock())
        self._start_settling()

    def _start_settling(self) -> None:
        if self._settling is None:
            self._settling = self.set_interval(0.25, self._settle)

    def _notice_changes(self) -> None:
        """Compare what was drawn last with what is to be said now."""
        for link, before in self._said.items():
            now = self._words(link)
            if now is not None and before != now:
                self._light(link, frozenset(name for name in ALL_FIELDS if getattr(before, name) != getattr(now, name)))

    def _bury(self, news: News) -> None:
        """Visible rows that are gone stay as tombstones for a while."""
        if not news.died:
            return
        now = self._session.clock()
        above: LinkId | None = None if self.top == 0 else self._link_at(self.top - 1)
        for link, words in self._said.items():
            if link in news.died and self._session.graph.link(link) is None:
                self._ghosts.append(Ghost(link, words, above, now))
            else:
                above = link
        if self._ghosts:
            self._start_settling()

    def _settle(self) -> None:
        """Let what is lit fade and tombstones go; when nothing is left, stop looking."""
        now = self._session.clock()
        self._glow.settle(now)
        left = [ghost for ghost in self._ghosts if (now - ghost.at).total_seconds() < GONE_S]
        if len(left) != len(self._ghosts):
            self._ghosts = left
            self._lay_out()
        self.freshen()
        if not self._glow and not self._ghosts and self._settling is not None:
            self._settling.stop()
            self._settling = None

    # Drawing

    def heading(self) -> Line:
        line, order, signs = self.line(), self._session.table.order, self.pen.signs
        for span in self.spans:
            is_first = span.column is order.column
            text = span.column.value
            if is_first:
                gap = " " if len(text) + 2 <= span.width else ""
                text += gap + (signs.descending if order.descending else signs.ascending)
            start = span.start + (span.width - len(text) if span.column in RIGHT else 0)
            line.to(start).write(text, "strong" if is_first else "muted", bold=True)
        if not self.spans:
            line.to(1).write("LINK", "muted", bold=True)
        return line

    def paint(self, width: int, height: int) -> list[Strip]:
        self._said = {}
        painted = super().paint(width, height)
        self._drawn = {link: drawn for link, drawn in self._drawn.items() if link in self._said}
        return painted

    def take_counts(self) -> None:
        """The rates."""
        if not self.is_painted:
            self.freshen()
            return
        begin, strips = 1 if self._has_heading else 0, {}
        for y, row in enumerate(self.in_view, begin):
            link = self._link_at(row)
            drawn = self._drawn.get(link) if link is not None else None
            if link is not None and drawn is not None:
                strips[y] = self._with_rates(link, drawn)
        self._put(strips)

    def _with_rates(self, link: LinkId, drawn: Drawn) -> Strip:
        passes = passing(self._session.rates.rate(link), self.pen.signs)
        if passes != drawn.passes:
            strip = with_rates(drawn.row, self.spans, passes, self.pen, drawn.ground)
            drawn = drawn._replace(passes=passes, strip=strip)
        self._drawn[link] = drawn
        return drawn.strip

    def _row_strip(self, index: int) -> Strip:
        """Drawn anew only if it says something else than last time."""
        link = self._link_at(index)
        words = self._words(link) if link is not None else None
        if link is None or words is None:
            return super()._row_strip(index)
        self._said[link] = words
        manners = self._manners(index, link)
        key = (words, manners, self.spans, self.pen, index - self.top in self._thumb())
        drawn = self._drawn.get(link)
        if drawn is None or drawn.key != key:
            row = super()._row_strip(index)
            drawn = Drawn(key, row, "select" if manners.selected else self.GROUND, Passing(), row)
        return self._with_rates(link, drawn)

    def _manners(self, index: int, link: LinkId) -> Manners:
        glow = self._glow.glow(link, self._session.clock()) if self._glow else DARK
        kept = marks_across(self._session, link)
        return Manners(index == self.cursor, link in self._session.marked, glow=glow, kept=kept)

    def row(self, index: int, *, selected: bool) -> Line:
        line = self.line("select" if selected else None)
        ghost = self._ghost_rows.get(index)
        if ghost is not None:
            return TableRow(self._session, ghost.words, Manners(selected, gone=True)).write(line, self.spans)
        link = self._link_at(index)
        words = self._said.get(link) if link is not None else None
        if link is None or words is None:
            return line
        return TableRow(self._session, words, self._manners(index, link)).write(line, self.spans)
