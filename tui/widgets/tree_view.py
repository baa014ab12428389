"""The tree: segment, port, container, inside link. One row a thing; a row is a cable, read from left to right."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from textual.strip import Strip
from textual.timer import Timer

from model.caption import Caption, caption, full_name
from model.identity import LinkId
from model.link import Link
from model.segments import place_of
from model.tree import Entry, Key, Row, Sort, kept, rows
from tui.session import News, Session, Subject, entries
from tui.widgets.line import Line, Piece
from tui.widgets.patch_view import PatchView
from tui.widgets.tree_row import CHANGED_S, NO_FLASH, Flash, RowPainter, columns_for, kept_across

GONE_S: Final = 3.0


class Ghost(NamedTuple):
    """A row that is gone, and is still shown where it was."""

    row: Row
    caption: Caption
    after: Key
    at: datetime


Place = tuple[Key, bool]
"""A row, and which end of its cable."""

ALL_FIELDS: Final = frozenset(Caption.__dataclass_fields__)


class TreeView(PatchView):
    """One row a thing."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, "tree")
        self._rows: list[Row] = []
        self._index: dict[Key, int] = {}
        self._selected: Key | None = None
        self._unfolded: dict[Key, bool] = {}
        self._matches: Callable[[Entry], bool] | None = None
        self._captions: dict[Key, Caption] = {}
        self._flashes: dict[Key, Flash] = {}
        self._ghosts: list[Ghost] = []
        self._past: list[Place] = []
        self._settling: Timer | None = None
        self._drawn: dict[Key, tuple[object, Strip]] = {}
        """What was drawn, and from what."""

    # What is shown

    @property
    def count(self) -> int:
        return len(self._rows)

    def take(self, news: News) -> None:
        """Something happened."""
        if news.rewired:
            self._bury(news)
            self._lay_out()
            for subject in news.born:
                if subject in self._index:
                    self._flash(subject, ALL_FIELDS)
        self._notice_changes()
        self.freshen()

    def rebuild(self) -> None:
        """The rows anew, and drawn."""
        self._lay_out()
        self.freshen()

    def _lay_out(self) -> None:
        """The rows of another tree, folding or filter. The selected row keeps its line on the screen."""
        root = self._session.root
        if root is None:
            return
        line = self.cursor - self.top
        keep = None
        if self._matches is not None:
            keep, self.found = kept(root, self._matches)
        lines = rows(root, self._unfolded, keep)
        self._rows = self._with_ghosts(lines)
        self._index = {row.entry.key: place for place, row in enumerate(self._rows)}
        place = self._index.get(self._selected) if self._selected is not None else None
        if place is None:
            self.cursor = max(0, min(self.cursor, self.count - 1))
            self._select_row()
        else:
            self.cursor = place
        self.top = self.cursor - line
        self.bring_into_view()

    def filter(self, matches: Callable[[Entry], bool] | None) -> None:
        """Show only what matches, and what it stands under."""
        self._matches = matches
        self.rebuild()

    @property
    def is_filtered(self) -> bool:
        """Some rows are hidden by a filter."""
        return self._matches is not None

    # What is selected

    @property
    def selected(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self.cursor] if 0 <= self.cursor < self.count else None

    @property
    def subject(self) -> Subject | None:
        """The link or namespace that is meant: of a cable the end that is pointed at."""
        row = self.selected
        if row is None:
            return None
        link = self._link_of(row)
        if link is None:
            return row.entry.subject
        if self.is_far:
            far = self._session.graph.peer(link.id)
            return far.id if isinstance(far, Link) else link.id
        return link.id

    @property
    def is_folded(self) -> bool:
        row = self.selected
        return row is not None and row.is_open is False

    @property
    def path(self) -> list[str]:
        """Names from the host to here."""
        row = self.selected
        if row is None:
            return []
        names = []
        at = row.parent
        while at >= 0:
            entry = self._rows[at].entry
            names.append("host" if entry.sort is Sort.HOST else self._caption(entry).name)
            at = self._rows[at].parent
        return [*reversed(names), self._own_name(row)]

    def _own_name(self, row: Row) -> str:
        entry = row.entry
        if entry.sort is Sort.HOST:
            return "host"
        link = self._session.graph.link(self.subject) if isinstance(self.subject, LinkId) else None
        if link is None or entry.sort in (Sort.SEGMENT, Sort.GROUP):
            return self._caption(entry).name

        return full_name(self._session.graph, link)

    def links_on_screen(self) -> Iterator[LinkId]:
        """The links of the visible rows."""
        for place in self.in_view:
            link = self._link_of(self._rows[place])
            if link is not None:
                yield link.id

    def _link_of(self, row: Row) -> Link | None:
        """The link that a row speaks of: its own, or the one that a folded namespace carries."""
        entry = row.entry
        link_id: object = entry.subject
        if entry.sort is Sort.NAMESPACE:
            link_id = entry.carries if not row.is_open else None
        return self._session.graph.link(link_id) if isinstance(link_id, LinkId) else None

    def _select_row(self) -> None:
        row = self.selected
        self._selected = row.entry.key if row is not None else None
        self.is_far = False
        self.post_message(self.Pointed())

    def move_to(self, index: int) -> None:
        """Put the cursor on a row: the near end of its cable."""
        index = max(0, min(index, self.count - 1))
        if index != self.cursor or self.is_far:
            row = self._rows[index] if self._rows else None
            self._selected = row.entry.key if row is not None else None
            self.is_far = False
            self.post_message(self.Pointed())
        super().move_to(index)

    # Deeds

    def right(self) -> None:
        """Unfold; on something unfolded or without parts, cross to the other end."""
        row = self.selected
        if row is None:
            return
        if row.is_open is False and not self.is_far:
            self._set_fold(row.entry.key, is_open=True)
        elif self._has_far_end(row):
            self._point(far=True)
        elif row.is_open:
            self.step(1)

    def left(self) -> None:
        """Cross back; fold; else go to what this stands under."""
        row = self.selected
        if row is None:
            return
        if self.is_far:
            self._point(far=False)
        elif row.is_open and row.entry.sort is not Sort.HOST and not self.is_filtered:
            self._set_fold(row.entry.key, is_open=False)
        elif row.parent >= 0:
            self.move_to(row.parent)

    def fold(self) -> None:
        """Fold or unfold; on a leaf, what it stands under."""
        row = self.selected
        if row is None:
            return
        if row.is_open is None and row.parent >= 0:
            self.move_to(row.parent)
            row = self._rows[self.cursor]
        if row.is_open is not None:
            self._set_fold(row.entry.key, is_open=not row.is_open)

    def fold_all(self) -> None:
        """Fold every segment; where all are folded, unfold them."""
        root = self._session.root
        if root is None:
            return
        tops = [entry for entry in root.children if entry.children]
        any_open = any(self._unfolded.get(entry.key, entry.opens_by_itself) for entry in tops)
        for entry in tops:
            self._unfolded[entry.key] = not any_open
        row = self.selected
        while row is not None and row.depth > 1:
            row = self._rows[row.parent]
        if row is not None and any_open:
            self._selected = row.entry.key
            self.is_far = False
        self.rebuild()
        self.post_message(self.Pointed())

    def next_segment(self, step: int) -> bool:
        """Go to the next bridge or parent, or the previous one. False: there is none that way."""
        place = self.cursor + step
        while 0 <= place < self.count:
            if self._rows[place].entry.sort in (Sort.SEGMENT, Sort.GROUP):
                self._remember()
                self.move_to(place)
                return True
            place += step
        return False

    def follow(self) -> str | None:
        """Go to the other end of the cable. None: done; else why not."""
        row = self.selected
        link = self._link_of(row) if row is not None else None
        if row is None or link is None:
            return "this is no cable: choose one of its links"
        graph = self._session.graph
        if self.is_far:
            self._remember()
            self._point(far=False)
            return None
        if row.entry.sort is Sort.PORT:
            return None if self.go_to(link.id) else "its own row is not here"
        place = place_of(graph, link)
        ends = graph.ends(link.id)
        if isinstance(ends.peer, LinkId) and self._find(ends.peer) is not None:
            self._jump(ends.peer)
        elif place is not None and place.segment != row.entry.rack and self._find(place) is not None:
            self._jump(place)
        elif isinstance(ends.peer, LinkId):
            self._remember()
            self._point(far=True)
        elif isinstance(ends.parent, LinkId) and self._find(ends.parent) is not None:
            self._jump(ends.parent)
        elif isinstance(ends.master, LinkId) and self._find(ends.master) is not None:
            self._jump(ends.master)
        elif ends.peer is None and ends.parent is None:
            return "it has no other end"
        else:
            return "its other end is in a namespace that is hidden from us"
        return None

    def go_to(self, subject: Subject) -> bool:
        """Select the row of a link or namespace, unfolding what hides it. False: it has none."""
        key: Key | None = subject
        far = False
        if self._find(subject) is None:
            key = None
            graph = self._session.graph
            peer = graph.ends(subject).peer if isinstance(subject, LinkId) else None
            if isinstance(peer, LinkId) and self._find(peer) is not None:
                key, far = peer, True
            elif isinstance(subject, LinkId):
                key = next((entry.key for entry in self._entries() if entry.subject == subject), None)
        if key is None:
            return False
        self._jump(key)
        if far:
            self._point(far=True)
        return True

    def back(self) -> bool:
        """Go back to where we jumped from. False: nowhere to go back to."""
        while self._past:
            key, far = self._past.pop()
            if self._find(key) is not None:
                self._show(key)
                self._point(far=far)
                return True
        return False

    @property
    def can_go_back(self) -> bool:
        """We jumped here from somewhere."""
        return bool(self._past)

    def clicked(self, index: int, x: int) -> None:
        """On the sign: fold. On the OTHER END: point at it."""
        row = self._rows[index]
        self.move_to(index)
        sign = 1 + 2 * row.depth
        if row.is_open is not None and sign - 1 <= x <= sign + 1:
            self._set_fold(row.entry.key, is_open=not row.is_open)
        elif columns_for(self.size.width).far <= x and self._has_far_end(row):
            self._point(far=True)

    def _has_far_end(self, row: Row) -> bool:
        link = self._link_of(row)
        return link is not None and isinstance(self._session.graph.peer(link.id), Link)

    def _point(self, *, far: bool) -> None:
        self.is_far = far
        self.freshen_rows(self.cursor)
        self.post_message(self.Pointed())

    def _set_fold(self, key: Key, *, is_open: bool) -> None:
        self._unfolded[key] = is_open
        self.rebuild()
        self.post_message(self.Pointed())

    def _jump(self, key: Key) -> None:
        self._remember()
        self._show(key)

    def _remember(self) -> None:
        if self._selected is not None:
            self._past.append((self._selected, self.is_far))
            del self._past[:-100]

    def _show(self, key: Key) -> None:
        """Unfold what hides a row, and select it."""
        trail = self._find(key) or []
        if len(trail) > 1 and trail[-2].carries == key and not self._unfolded.get(trail[-2].key, False):
            trail = trail[:-1]  # a folded namespace speaks for its only link
            key = trail[-1].key
        if key not in self._index:
            self._matches = None
            for entry in trail[:-1]:
                self._unfolded[entry.key] = True
            self._selected = key
            self.rebuild()
        self._selected = key
        self.is_far = False
        self.cursor = self._index.get(key, self.cursor)
        self.bring_into_view()
        self.freshen()
        self.post_message(self.Pointed())

    def _entries(self) -> Iterator[Entry]:

        root = self._session.root
        return iter(()) if root is None else entries(root)

    def _find(self, key: Key) -> list[Entry] | None:
        """The entries from the host to this one."""
        place = self._index.get(key)
        if place is not None:
            return [self._rows[place].entry]
        root = self._session.root
        return None if root is None else _trail(root, key)

    # What changed

    def _caption(self, entry: Entry) -> Caption:
        return caption(self._session.graph, entry, self._session.host_name)

    def _flash(self, key: Key, fields: frozenset[str]) -> None:
        self._flashes[key] = Flash(self._session.clock(), fields)
        if self._settling is None:
            self._settling = self.set_interval(0.25, self._settle)

    def _notice_changes(self) -> None:
        """Compare what is visible with what was painted last."""
        painted = self._captions
        self._captions = {}
        for place in self.in_view:
            entry = self._rows[place].entry
            before = painted.get(entry.key)
            if before is None or entry.sort is Sort.HOST:
                continue
            now = self._captions[entry.key] = self._caption(entry)
            if before != now:
                fields = frozenset(name for name in ALL_FIELDS if getattr(before, name) != getattr(now, name))
                self._flash(entry.key, fields)

    def _bury(self, news: News) -> None:
        """Visible rows that are gone stay as tombstones for a while."""
        now = self._session.clock()
        dead = news.died
        for place in self.in_view:
            row = self._rows[place]
            words = self._captions.get(row.entry.key)
            if place and words is not None and (row.entry.subject in dead or row.entry.key in dead):
                self._ghosts.append(Ghost(row, words, self._rows[place - 1].entry.key, now))
        if self._ghosts and self._settling is None:
            self._settling = self.set_interval(0.25, self._settle)

    def _with_ghosts(self, lines: list[Row]) -> list[Row]:
        here = {row.entry.key for row in lines}
        self._ghosts = [ghost for ghost in self._ghosts if ghost.row.entry.key not in here]
        if not self._ghosts:
            return lines
        order = list(lines)
        for ghost in self._ghosts:
            at = next((place for place, row in enumerate(order) if row.entry.key == ghost.after), None)
            if at is not None:
                order.insert(at + 1, ghost.row._replace(is_open=None))
        if len(order) == len(lines):
            return lines
        places = {row.entry.key: place for place, row in enumerate(order)}
        parents = [lines[row.parent].entry.key if row.parent >= 0 else None for row in lines]
        own = {row.entry.key: parent for row, parent in zip(lines, parents, strict=True)}
        return [
            row._replace(parent=places[parent] if (parent := own.get(row.entry.key)) is not None else 0 if at else -1)
            for at, row in enumerate(order)
        ]

    def _settle(self) -> None:
        """Let flashes fade and tombstones go; when nothing is left, stop looking."""
        now = self._session.clock()
        faded = [key for key, flash in self._flashes.items() if (now - flash.at).total_seconds() >= CHANGED_S]
        for key in faded:
            del self._flashes[key]
        left = [ghost for ghost in self._ghosts if (now - ghost.at).total_seconds() < GONE_S]
        if len(left) != len(self._ghosts):
            self._ghosts = left
            self._lay_out()
        self.freshen()
        if not self._flashes and not self._ghosts and self._settling is not None:
            self._settling.stop()
            self._settling = None

    # Drawing

    @property
    def _has_heading(self) -> bool:
        return super()._has_heading and columns_for(self.size.width).far > 0

    def heading(self) -> Line:
        line = self.line().to(1).write("NAME", "muted", bold=True)
        at = columns_for(self.size.width)
        for column, word in ((at.kind, "KIND"), (at.state, "STATE"), (at.address, "ADDRESS"), (at.far, "OTHER END")):
            if column:
                line.to(column).write(word, "muted", bold=True)
        return line

    def paint(self, width: int, height: int) -> list[Strip]:
        painted = super().paint(width, height)
        seen = {self._rows[place].entry.key for place in self.in_view}
        self._drawn = {key: drawn for key, drawn in self._drawn.items() if key in seen}
        return painted

    def _row_strip(self, index: int) -> Strip:
        """Drawn anew only if it says something else than last time."""
        row = self._rows[index]
        entry, selected = row.entry, index == self.cursor
        ghost = self._ghost_of(row)
        words = ghost.caption if ghost is not None else self._caption(entry)
        if ghost is None:
            self._captions[entry.key] = words
        key = (
            row[1:4], entry.sort, entry.subject, entry.rack, words, ghost is None, selected, selected and self.is_far,
            self._flashes.get(entry.key, NO_FLASH).now(self._session.clock()), self.size.width, self.pen,
            index - self.top in self._thumb(), kept_across(self._session, entry),
        )  # fmt: skip
        drawn = self._drawn.get(entry.key)
        if drawn is None or drawn[0] != key:
            drawn = self._drawn[entry.key] = (key, super()._row_strip(index))
        return drawn[1]

    def _ghost_of(self, row: Row) -> Ghost | None:
        return next((one for one in self._ghosts if one.row.entry is row.entry), None)

    def row(self, index: int, *, selected: bool) -> Line:
        row = self._rows[index]
        ghost = self._ghost_of(row)
        words = self._captions[row.entry.key] if ghost is None else ghost.caption
        line = self.line("select" if selected else None)
        at = columns_for(self.size.width)
        if not at.far:
            return self._compact(line, row, words, selected=selected)
        painter = RowPainter(self._session, row, words, selected=selected, is_far=self.is_far)
        painter.flash(self._flashes.get(row.entry.key, NO_FLASH).now(self._session.clock()))
        painter.is_gone = ghost is not None
        painter.name(line, (at.kind or at.state) - 1)
        if at.kind:
            painter.cell(line.to(at.kind), at.state - 1, "kind", Piece(words.kind, "muted"))
        painter.state(line, at.state)
        painter.address(line, at.address, at.far - 1)
        painter.far(line, at.far)
        return line

    def _compact(self, line: Line, row: Row, words: Caption, *, selected: bool) -> Line:
        """One list of sign, name, other end: for windows that are very small."""
        painter = RowPainter(self._session, row, words, selected=selected, is_far=self.is_far)
        line.to(min(row.depth, 4))
        painter.dot(line)
        line.write(" ").write(words.name, "strong" if words.kind else "muted", bold=selected, room=line.width // 2)
        line.write("  ")
        painter.far(line, line.at)
        return line


def _trail(entry: Entry, key: Key) -> list[Entry] | None:
    if entry.key == key:
        return [entry]
    for child in entry.children:
        found = _trail(child, key)
        if found is not None:
            return [entry, *found]
    return None
