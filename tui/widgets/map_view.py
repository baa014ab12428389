"""The map: the patch panel. What is on its lines is model.layout's and model.row_words'; here it is moved about in."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from rich.segment import Segment
from textual.strip import Strip
from textual.timer import Timer

from model.cables import Cable, Plug
from model.caption import State, full_name
from model.grid import Grid, grid
from model.identity import LinkId
from model.layout import is_secondary
from model.names import display_name
from model.patch_map import Arc, Folding, GoneRail, Group, Lane, Line, LineId, Map, Role, Stone, Tombstone
from model.port_marks import UNMARKED
from model.rates import Rate
from model.row_words import HeaderWords, RowWords, group_name, header_words, row_words, strip_words, uplink_words
from model.viewpoint import rate_inside
from model.whose import whose
from tui.session import News, Session, Subject
from tui.widgets.line import Line as TextLine
from tui.widgets.map_row import (
    ArcHere,
    Head,
    LaneHere,
    MapRow,
    Meters,
    Mood,
    Spots,
    Ways,
    Words,
    inhabitants,
    lit_by_the_way,
    shares,
    strip_start,
    with_lit_lane,
    with_meters,
)
from tui.widgets.map_way import Lit, MapWay, Traced
from tui.widgets.meter import meter_of
from tui.widgets.patch_view import PatchView
from tui.widgets.tree_row import CHANGED_S, FLASH_S, Flash

GONE_S: Final = 3.0
COUNTED: Final = 64
"""So many inhabitants of a folded rack are counted: reading counters costs the host something."""
NO_SPOTS: Final = Spots()
NO_WAYS: Final = Ways()
MoodOf = Callable[[int, Line, Rate | None], Mood]
_READ_LATER: Final = frozenset({"outside_remark"})
"""What a driver is asked now and then: that it has answered is no change."""
_CHOSEN_ROLES: Final = frozenset({Role.HEADER, Role.CABLE, Role.STRIP})


class Grave(NamedTuple):
    """A tombstone, and when it was put up."""

    stone: Stone
    at: datetime


class Place(NamedTuple):
    """A line, and which end of its cable."""

    line: LineId
    far: bool


class Drawn(NamedTuple):
    """A line that was drawn, and from what."""

    key: object
    row: Strip
    """Without the meters."""
    spots: Spots
    has_losses: bool
    """Errors or drops: they have a mark."""
    lit: int | None
    """The column of a lane that is heavy and only goes by."""
    meters: Meters
    strip: Strip


class MapView(PatchView):
    """One line a cable, beside its rail."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, "map")
        self._map: Map | None = None
        self._folding = Folding()
        self._selected: LineId | None = None
        self._has_chosen = False
        """Until the operator moves, the first line is selected, whatever comes."""
        self._cell = 0
        """The inhabitant that is meant in a folded rack."""
        self._matches: Callable[[Subject], bool] | None = None
        self.traced: Traced | None = None
        """The path that is drawn."""
        self._graves: list[Grave] = []
        self._flashes: dict[LineId, Flash] = {}
        self._said: dict[LineId, Words] = {}
        self._past: list[Place] = []
        self._settling: Timer | None = None
        self._drawn: dict[LineId, Drawn] = {}
        self._columns: Grid | None = None
        self._marked = range(0)
        """Where the scroll bar is."""
        self._through: dict[int, Ways] = {}
        self._mood_of: MoodOf = _no_mood

    # What is shown

    @property
    def count(self) -> int:
        return 0 if self._map is None else len(self._map.lines)

    def take_counts(self) -> None:
        """Only meters and the marks of losses differ; on a folded rack all of its heads may."""
        if not self.is_painted or self._map is None or self._columns is None:
            self.freshen()
            return
        begin = 1 if self._has_heading else 0
        self._put({y: self._recounted(at, self._map.lines[at]) for y, at in enumerate(self.in_view, begin)})

    def _recounted(self, at: int, line: Line) -> Strip:
        drawn = self._drawn.get(line.id)
        rate = self._rate(line)
        if drawn is None or line.id.role is Role.STRIP or drawn.has_losses != _has_losses(rate):
            return self._row_strip(at)
        if drawn.spots == NO_SPOTS:
            return drawn.strip
        return self._laid_over(line, drawn, rate, drawn.lit)

    def _laid_over(self, line: Line, drawn: Drawn, rate: Rate | None, lit: int | None) -> Strip:
        """What changes most often: meters, and lanes that are lit."""
        outside = self._outside_rate(line)
        meters = Meters(None if rate is None else meter_of(rate), None if outside is None else meter_of(outside))
        if meters != drawn.meters or lit != drawn.lit:
            strip = with_meters(drawn.row, drawn.spots, meters, self.pen.signs)
            if lit is not None:
                strip = with_lit_lane(strip, lit, self.pen)
            drawn = drawn._replace(meters=meters, lit=lit, strip=strip)
        self._drawn[line.id] = drawn
        return drawn.strip

    def take(self, news: News) -> None:
        """Something happened."""
        if self.traced is not None:
            one, other = self.traced.ends
            self.trace((news.moved.get(one, one), news.moved.get(other, other)))
        if news.rewired:
            self._bury(news)
            self._follow_moves(news)
            self._lay_out()
            for subject in news.born:
                self._flash(LineId(Role.CABLE, subject), frozenset(RowWords._fields))
        self._notice_changes()
        self.freshen()

    def _follow_moves(self, news: News) -> None:
        """What was selected stays so where it went."""

        def now(line: LineId) -> LineId:
            at = news.moved.get(line.subject) if isinstance(line.subject, LinkId) else None
            return line if at is None else LineId(line.role, at)

        self._selected = None if self._selected is None else now(self._selected)
        self._past = [Place(now(place.line), place.far) for place in self._past]

    def rebuild(self) -> None:
        """The map anew, and drawn."""
        self._lay_out()
        self.freshen()

    def _lay_out(self) -> None:
        """Other cables, another folding or filter. The selected line keeps its place on the screen."""
        stones = [grave.stone for grave in self._graves]
        shown = self._session.map.lay_out(self._folding, stones)
        if self.is_filtered:
            shown = self._filtered(shown, stones)
        line = self.cursor - self.top
        self._map = shown
        place = shown.index.get(self._selected) if self._selected is not None else None
        if place is None or not self._has_chosen:
            place = self._nearest(self.cursor if self._has_chosen else 0, 1)
            if self._selected is None or shown.index.get(self._selected) != place:
                self._select(place)
        self.cursor = place
        self.top = self.cursor - line
        self.bring_into_view()

    def _filtered(self, shown: Map, stones: list[Stone]) -> Map:
        """Racks without a match fold, the others open."""
        self.found = 0
        closed: set[LinkId | None] = set()
        for rack in shown.racks:
            hits = sum(self._cable_matches(cable) for group in rack.groups for cable in group.cables)
            self.found += hits
            if not hits:
                closed.add(rack.rail)
        opened = {rack.rail for rack in shown.racks} - closed
        folding = Folding(frozenset(closed), frozenset(opened))
        return self._session.map.lay_out(folding, stones)

    def _cable_matches(self, cable: Cable) -> bool:
        if self.traced is not None:
            links = self.traced.links
            return any(end in links for end in (cable.id, cable.host_end, cable.inside, cable.far))
        return self._matches is None or self._matches(cable.id)

    def trace(self, ends: tuple[LinkId, LinkId] | None) -> None:
        """From the next `rebuild` draw the path between two ends, and everything else faint; None: no longer."""
        self.traced = self._looked_up(ends)

    def _looked_up(self, ends: tuple[LinkId, LinkId] | None) -> Traced | None:
        graph = self._session.graph
        if ends is None or any(graph.link(end) is None for end in ends):
            return None
        return Traced(ends, self._session.reach.explain(*ends))

    def filter(self, matches: Callable[[Subject], bool] | None) -> None:
        """Dim what does not match."""
        self._matches = matches
        self.rebuild()

    @property
    def is_filtered(self) -> bool:
        """Some lines are dim because of a filter."""
        return self._matches is not None or self.traced is not None

    # What is selected

    @property
    def selected(self) -> Line | None:
        """The line under the cursor."""
        return self._map.lines[self.cursor] if self._map is not None and 0 <= self.cursor < self.count else None

    @property
    def subject(self) -> Subject | None:
        """The link or namespace that is meant: of a cable the end that is pointed at."""
        line, shown = self.selected, self._map
        if line is None or shown is None:
            return None
        if line.id.role is Role.STRIP:
            cable = self._strip_cable(line)
            return None if cable is None else cable.id
        if self.is_far:
            far = self._far_of(line)
            if far is not None:
                return far
        return line.id.subject

    def _far_of(self, line: Line) -> LinkId | None:
        """The other end of a cable, the outside of a rail."""
        if line.cable is not None:
            ends = (line.cable.host_end, line.cable.far)
            return next((end for end in ends if end is not None and end != line.cable.id), None)
        if line.id.role is Role.HEADER and line.uplink is not None and line.uplink.link != line.id.subject:
            return line.uplink.link
        return None

    def _strip_cable(self, line: Line) -> Cable | None:
        groups = self._map.racks[line.rack].groups if self._map is not None else ()
        share = self._share(line)
        return groups[share.start].cables[0] if share and share.start < len(groups) else None

    def _share(self, line: Line) -> range:
        """The inhabitants behind the meant cell of a heat strip."""
        parts = self._shares(line)
        return parts[min(self._cell, len(parts) - 1)] if parts else range(0)

    def _shares(self, line: Line) -> list[range]:
        if self._map is None:
            return []
        columns, rack = self._grid, self._map.racks[line.rack]
        room = 1 if columns is None else columns.end - strip_start(columns, rack)
        return shares(len(rack.groups), max(1, room))

    @property
    def is_folded(self) -> bool:
        line = self.selected
        return line is not None and self._map is not None and self._map.racks[line.rack].folded

    @property
    def path(self) -> list[str]:
        """Names from the host to here."""
        line, shown, graph = self.selected, self._map, self._session.graph
        if line is None or shown is None:
            return ["host"]
        rack = shown.racks[line.rack]
        names = ["host"] if rack.within is None else ["host", whose(graph, rack.within).name]
        rail = graph.link(rack.rail) if rack.rail is not None else None
        header = self._words(line).header if rack.gone is not None else None
        no_rail = header.name if header is not None else "not on a bridge"
        names.append(no_rail if rail is None else display_name(rail.name))
        if line.id.role is Role.HEADER and not self.is_far:
            return names
        if line.id.role is Role.STRIP:
            share = self._share(line)
            if share and share.start < len(rack.groups):
                more = f" and {len(share) - 1:,} more" if len(share) > 1 else ""
                names.append(f"{group_name(graph, rack.groups[share.start]).name}{more}")
            return names
        subject = self.subject
        link = graph.link(subject) if isinstance(subject, LinkId) else None
        words = self._words(line).row
        names.append(full_name(graph, link) if link is not None else words.name if words is not None else "")
        return names

    def links_on_screen(self) -> Iterator[LinkId]:
        """The links of the visible lines."""
        for at in self.in_view:
            line = self._map.lines[at] if self._map is not None else None
            if line is None:
                continue
            cables = [line.cable] if line.cable is not None else []
            if line.id.role is Role.STRIP and self._map is not None:
                cables = [group.cables[0] for group in self._map.racks[line.rack].groups[:COUNTED]]
            for cable in cables:
                yield from (end for end in (cable.host_end, cable.inside) if end is not None)
            if line.uplink is not None:
                yield line.uplink.link

    # Moving

    def _nearest(self, at: int, step: int) -> int:
        """The nearest line that can be chosen, first in one direction."""
        lines = () if self._map is None else self._map.lines
        at = max(0, min(at, len(lines) - 1))
        for way in (step, -step):
            place = at
            while 0 <= place < len(lines):
                if lines[place].id.role in _CHOSEN_ROLES:
                    return place
                place += way
        return at

    def step(self, rows: int) -> None:
        """Move over what can be chosen."""
        way = 1 if rows > 0 else -1
        self._move(self._nearest(self.cursor + rows, way))

    def move_to(self, index: int) -> None:
        """Put the cursor on a line, or beside it."""
        self._move(self._nearest(index, 1 if index >= self.cursor else -1))

    def _move(self, place: int) -> None:
        before, was_far = self.cursor, self.is_far
        self._has_chosen = True
        self.cursor = place
        self.bring_into_view()
        if before != place or was_far:
            self._select(place)
        self.freshen()

    def bring_into_view(self) -> None:
        """Scroll as little as will do; the header of the first rack comes along."""
        super().bring_into_view()
        if self.cursor <= 1:
            self.top = 0

    def _select(self, place: int) -> None:
        self.cursor = place
        line = self.selected
        self._selected = line.id if line is not None else None
        self.is_far = False
        self._cell = 0
        self.post_message(self.Pointed())

    def _point(self, *, far: bool) -> None:
        self.is_far = far
        self.freshen()
        self.post_message(self.Pointed())

    # Deeds

    def left(self) -> None:
        """Along the cable: inside end, host end, rail; on a folded rack along its inhabitants."""
        line = self.selected
        if line is None:
            return
        if line.id.role is Role.STRIP and self._cell > 0:
            self._walk(-1)
        elif not self.is_far and self._far_of(line) is not None:
            self._point(far=True)
        elif line.id.role is not Role.HEADER:
            self._go_to_header(line)

    def right(self) -> None:
        """The other way."""
        line = self.selected
        if line is None:
            return
        if line.id.role is Role.STRIP:
            self._walk(1)
        elif self.is_far:
            self._point(far=False)
        elif line.id.role is Role.HEADER:
            self.step(1)

    def _walk(self, cells: int) -> None:
        line = self.selected
        if line is not None:
            self._cell = max(0, min(self._cell + cells, len(self._shares(line)) - 1))
            self.freshen()
            self.post_message(self.Pointed())

    def _go_to_header(self, line: Line) -> None:
        """Of the cable's own rail."""
        shown = self._map
        if shown is None:
            return
        rail = line.cable.rail if line.cable is not None and line.cable.rail is not None else None
        place = shown.index.get(LineId(Role.HEADER, rail if rail is not None else shown.racks[line.rack].rail))
        if place is not None:
            self._move(place)

    def fold(self) -> None:
        """Fold the rack, or unfold it where the cursor is on its strip."""
        line, shown = self.selected, self._map
        if line is None or shown is None:
            return
        rack = shown.racks[line.rack]
        if not rack.groups:
            return
        chosen = self._strip_cable(line) if line.id.role is Role.STRIP else None
        self._set_fold({rack.rail}, closed=not rack.folded)
        if rack.folded:
            self._selected = LineId(Role.CABLE, chosen.id) if chosen is not None else line.id
        else:
            self._selected = LineId(Role.STRIP, rack.rail) if line.cable is not None else line.id
        self.is_far = False
        self._cell = 0
        self.rebuild()
        self.post_message(self.Pointed())

    def fold_all(self) -> None:
        """Fold every rack; where all are folded, unfold them."""
        shown, line = self._map, self.selected
        if shown is None or line is None:
            return
        racks = [rack for rack in shown.racks if rack.groups]
        close = any(not rack.folded for rack in racks)
        self._set_fold({rack.rail for rack in racks}, closed=close)
        self._selected = LineId(Role.HEADER, shown.racks[line.rack].rail)
        self.is_far = False
        self.rebuild()
        self.post_message(self.Pointed())

    def _set_fold(self, rails: set[LinkId | None], *, closed: bool) -> None:
        old = self._folding
        if closed:
            self._folding = Folding(old.closed | rails, old.opened - rails)
        else:
            self._folding = Folding(old.closed - rails, old.opened | rails)

    def next_segment(self, step: int) -> bool:
        """Go to the next rack, or the previous one. False: there is none that way."""
        lines = () if self._map is None else self._map.lines
        place = self.cursor + step
        while 0 <= place < len(lines):
            if lines[place].id.role is Role.HEADER:
                self._remember()
                self._move(place)
                return True
            place += step
        return False

    def follow(self) -> str | None:
        """Go to the other end of the cable. None: done; else why not."""
        line, shown = self.selected, self._map
        if line is None or shown is None or line.cable is None:
            return "this is no cable: choose one of its ends"
        cable = line.cable
        if self.is_far:
            self._remember()
            self._point(far=False)
        elif cable.far is not None:
            return None if self.go_to(cable.far) else "its other end has no row"
        elif is_secondary(line, shown.racks[line.rack]) and cable.rail is not None:
            self._jump(LineId(Role.HEADER, cable.rail))
        elif self._far_of(line) is not None:
            self._remember()
            self._point(far=True)
        elif cable.rail is not None:
            self._jump(LineId(Role.HEADER, cable.rail))
        elif cable.host_end is not None or cable.plug is Plug.UNKNOWN:
            return "its other end is in a namespace that is hidden from us"
        else:
            return "it has no other end"
        return None

    def go_to(self, subject: Subject) -> bool:
        """Select the line of a link or namespace, unfolding what hides it. False: it has none."""
        shown = self._map
        place = None if shown is None else shown.find(subject)
        if shown is None or place is None:
            return False
        line = shown.lines[place]
        if line.id.role is Role.STRIP:
            self._set_fold({shown.racks[line.rack].rail}, closed=False)
            self.rebuild()
            shown = self._map or shown
            place = shown.find(subject)
            if place is None:
                return False
            line = shown.lines[place]
        self._jump(line.id)
        if subject != line.id.subject and self._far_of(line) == subject:
            self._point(far=True)
        return True

    def back(self) -> bool:
        """Go back to where we jumped from. False: nowhere to go back to."""
        while self._past:
            past = self._past.pop()
            place = None if self._map is None else self._map.index.get(past.line)
            if place is not None:
                self._move(place)
                self._point(far=past.far)
                return True
        return False

    @property
    def can_go_back(self) -> bool:
        """We jumped here from somewhere."""
        return bool(self._past)

    def _jump(self, line: LineId) -> None:
        self._remember()
        place = None if self._map is None else self._map.index.get(line)
        if place is not None:
            self._move(place)

    def _remember(self) -> None:
        if self._selected is not None:
            self._past.append(Place(self._selected, self.is_far))
            del self._past[:-100]

    def clicked(self, index: int, x: int) -> None:
        """On the host end: point at it. On a heat strip: at that inhabitant."""
        shown, columns = self._map, self._grid
        self.move_to(index)
        if shown is None or columns is None:
            return
        line = shown.lines[index]
        if line.id.role is Role.STRIP:
            self._cell = max(0, x - strip_start(columns, shown.racks[line.rack]))
            self._walk(0)
        elif columns.other_end <= x < columns.jack and self._far_of(line) is not None:
            self._point(far=True)

    # What changed

    def _flash(self, line: LineId, fields: frozenset[str]) -> None:
        if self._map is None or line not in self._map.index:
            return
        self._flashes[line] = Flash(self._session.clock(), fields)
        self._settle_later()

    def _settle_later(self) -> None:
        if self._settling is None:
            self._settling = self.set_interval(0.25, self._settle)

    def _notice_changes(self) -> None:
        """Compare what is visible with what was said last time."""
        if self._map is None:
            return
        said: dict[LineId, Words] = {}
        for at in self.in_view:
            line = self._map.lines[at]
            now = self._words(line)
            before = self._said.get(line.id)
            if before is not None and before.row is not None and now.row is not None and before.row != now.row:
                pairs = zip(RowWords._fields, before.row, now.row, strict=True)
                changed = frozenset(name for name, old, new in pairs if old != new) - _READ_LATER
                if changed:
                    self._flash(line.id, changed)
            said[line.id] = now
        self._said = said

    def _bury(self, news: News) -> None:
        """Visible cables and rails that are gone stay as tombstones for a while."""
        shown, now = self._map, self._session.clock()
        if shown is None:
            return
        for at in self.in_view:
            line = shown.lines[at]
            words = self._said.get(line.id)
            cable = line.cable
            if line.gone is not None or words is None:
                continue
            if words.header is not None and line.id.subject in news.died and isinstance(line.id.subject, LinkId):
                stone = GoneRail(line.id.subject, shown.letters[line.id.subject], words.header)
                self._graves.append(Grave(stone, now))
                self._settle_later()
            if cable is None or words.row is None:
                continue
            if {cable.id, cable.inhabitant.namespace} & news.died:
                rack = shown.racks[line.rack]
                order = next(group.order for group in rack.groups if cable in group.cables)
                self._graves.append(Grave(Tombstone(cable, rack.rail, order, words.row), now))
                self._settle_later()

    def _settle(self) -> None:
        """Let flashes fade and tombstones go; when nothing is left, stop looking."""
        now = self._session.clock()
        faded = [line for line, flash in self._flashes.items() if (now - flash.at).total_seconds() >= CHANGED_S]
        for line in faded:
            del self._flashes[line]
        left = [grave for grave in self._graves if (now - grave.at).total_seconds() < GONE_S]
        if len(left) != len(self._graves):
            self._graves = left
            self._lay_out()
        self.freshen()
        if not self._flashes and not self._graves and self._settling is not None:
            self._settling.stop()
            self._settling = None

    # Drawing

    @property
    def _grid(self) -> Grid | None:
        lanes = 0 if self._map is None else len(self._map.memory.slots)
        return grid(self.size.width, lanes) if self.size.height >= 10 else None

    def heading(self) -> TextLine | None:
        """Where the columns are."""
        line, columns = self.line(), self._grid
        if columns is None:
            return None
        if columns.outside is not None:
            line.to(columns.outside if columns.speed is not None else 1).write("OUTSIDE", "muted", bold=True)
        for lane in self._map.lanes if self._map is not None else ():
            x = columns.lane(lane.slot)
            if x is not None and self._map is not None:
                line.to(x).write(self._map.letter(lane.rail), f"segment{self._map.letters[lane.rail] % 5}", bold=True)
        heads = [(columns.other_end, "OTHER END"), (columns.name, "INSIDE"), (columns.link, "LINK")]
        if columns.address is not None:
            heads.append((columns.address, "ADDRESS"))
        if columns.by is not None:
            heads.append((columns.by - 1, "BY"))
        for x, word in heads:
            line.to(x).write(word, "muted", bold=True)
        return line

    def row(self, index: int, *, selected: bool) -> TextLine:
        """For windows that are too small for a map: sign, name, link, other end."""
        line = self.line("select" if selected else None).to(1)
        own = self._map.lines[index] if self._map is not None else None
        if own is None:
            return line
        words = self._words(own)
        if words.header is not None:
            letter = self._map.racks[own.rack].letter if self._map is not None else ""
            return line.write(f"{letter} " if letter else "", "muted", bold=True).write(
                words.header.name, "strong", bold=True
            )
        if words.row is None:
            return line
        signs = self.pen.signs
        sign, ink = {State.DOWN: (signs.down, "danger"), State.UNKNOWN: (signs.unknown, "caution")}.get(
            words.row.state or State.UP, (signs.up, "text")
        )
        line.write(f" {sign} ", ink).write(words.row.name, "strong", bold=True, room=line.width // 2)
        return line.write(f" {words.row.link}  ").write(words.row.other_end or words.row.remark, "muted")

    def paint(self, width: int, height: int) -> list[Strip]:
        """Only lines that differ from last time are drawn anew."""
        self._columns, self._marked = self._grid, self._thumb()
        if self._map is not None:
            self._through = self._ways(self._map)
            self._mood_of = self._moods(self._map)
        painted = super().paint(width, height)
        seen = {self._map.lines[at].id for at in self.in_view} if self._map is not None else set()
        self._drawn = {line: drawn for line, drawn in self._drawn.items() if line in seen}
        return painted

    def _row_strip(self, index: int) -> Strip:
        columns, shown = self._columns, self._map
        if columns is None or shown is None:
            return super()._row_strip(index)
        line = shown.lines[index]
        rate = self._rate(line)
        words, ways, mood = self._words(line), self._through.get(index, NO_WAYS), self._mood_of(index, line, rate)
        self._said.setdefault(line.id, words)
        lane, lit = lit_by_the_way(mood, ways), None
        if lane is not None:
            lit, mood = columns.lane(lane.slot), mood._replace(lit=None)
        is_thumb = index - self.top in self._marked
        rack = shown.racks[line.rack]
        key = (
            line, words, tuple(ways.lanes), ways.arc, mood, columns, self.pen, shown.letters, shown.memory.slots,
            inhabitants(rack) if line.id.role is Role.STRIP else "", rack.rail in shown.parents, is_thumb,
        )  # fmt: skip
        drawn = self._drawn.get(line.id)
        if drawn is None or drawn.key != key:
            row = MapRow(self.pen, columns, shown, line, mood)
            edge = Segment(" ", self.pen.inks("text", "edge" if is_thumb else self.GROUND))
            strip = row.draw(words, ways, edge)
            drawn = Drawn(key, strip, row.spots, _has_losses(rate), None, Meters(), strip)
        return self._laid_over(line, drawn, rate, lit)

    def _ways(self, shown: Map) -> dict[int, Ways]:
        """What runs through each visible line."""
        ways: dict[int, Ways] = {}
        seen = self.in_view

        def through(way: Lane | Arc) -> range:
            return range(max(way.top, seen.start), min(way.bottom + 1, seen.stop))

        for lane in shown.lanes:
            ends = set(lane.ends)
            for at in through(lane):
                here = LaneHere(lane.rail, lane.slot, at > lane.top, at < lane.bottom, at == lane.header, at in ends)
                ways.setdefault(at, Ways()).lanes.append(here)
        for arc in shown.arcs:
            for at in through(arc):
                ways.setdefault(at, Ways()).arc = ArcHere(at == arc.top, at == arc.bottom)
        return ways

    def _moods(self, shown: Map) -> MoodOf:
        """How each line looks, now that this one is selected."""
        now, selected, signs = self._session.clock(), self.selected, self.pen.signs
        cable = selected.cable if selected is not None and selected.gone is None else None
        rail = cable.rail if cable is not None else None
        top = bottom = -1
        if selected is not None and rail is not None and is_secondary(selected, shown.racks[selected.rack]):
            header = shown.index.get(LineId(Role.HEADER, rail))
            if header is not None:
                top, bottom = min(header, self.cursor), max(header, self.cursor)

        lit_arcs = [arc for arc in shown.arcs if self.cursor in arc]
        way = None if self.traced is None else MapWay(shown, self.traced, signs)
        if way is not None:
            lit_arcs = [arc for arc in shown.arcs if way.lines >= {arc.top, arc.bottom}]

        kept = self._session.kept

        def mood(at: int, line: Line, rate: Rate | None) -> Mood:
            host_end = None if line.cable is None else line.cable.host_end
            is_selected = at == self.cursor
            flash = self._flashes.get(line.id)
            age = (now - flash.at).total_seconds() if flash is not None else CHANGED_S
            fields = flash.fields if flash is not None else frozenset()
            is_new = len(fields) == len(RowWords._fields)
            mark = signs.marked if line.cable is not None and line.cable.id in self._session.marked else ""
            if age < CHANGED_S:
                mark = signs.new if is_new else signs.changed
            marks = UNMARKED if kept is None or host_end is None else kept.marks_of(host_end, now)
            if _has_losses(rate) or marks.loud:
                mark = signs.look
            return Mood(
                is_selected,
                is_selected and self.is_far,
                Lit(rail, at > top, at < bottom) if rail is not None and top <= at <= bottom else None,
                rail is not None and line.id == LineId(Role.HEADER, rail),
                any(arc.top <= at <= arc.bottom for arc in lit_arcs),
                fields if age < FLASH_S else frozenset(),
                fields if FLASH_S <= age < CHANGED_S else frozenset(),
                mark,
                self._is_dim(line),
                self._cell if is_selected and line.id.role is Role.STRIP else -1,
                None if way is None else way.at(at),
                marks,
            )

        return mood

    def _is_dim(self, line: Line) -> bool:
        if line.cable is not None:
            return self.is_filtered and not self._cable_matches(line.cable)
        rail = None if self._map is None else self._map.racks[line.rack].rail
        return self.traced is not None and rail not in self.traced.links

    def _rate(self, line: Line) -> Rate | None:
        """As the inside end sees it."""
        return None if line.cable is None or line.gone is not None else self._rate_of(line.cable)

    def _rate_of(self, cable: Cable) -> Rate | None:
        graph = self._session.graph
        for end in (cable.inside, cable.host_end):
            link = graph.link(end) if end is not None else None
            rate = rate_inside(graph, self._session.rates, link) if link is not None else None
            if rate is not None:
                return rate
        return None

    def _busiest(self, group: Group) -> int:
        """The step of the busiest cable that is counted."""
        rates = (self._rate_of(cable) for cable in group.cables)
        return max((max(meter_of(rate)) for rate in rates if rate is not None), default=0)

    def _outside_rate(self, line: Line) -> Rate | None:
        if line.uplink is not None:
            return self._session.rates.rate(line.uplink.link)
        is_outside = line.cable is not None and line.cable.plug is Plug.OUTSIDE
        return self._rate(line) if is_outside else None

    def _words(self, line: Line) -> Words:
        graph, nics, shown = self._session.graph, self._session.observed.nics, self._map
        if shown is None:
            return Words()
        uplink = uplink_words(graph, shown, line.uplink.link, nics) if line.uplink is not None else None
        if isinstance(line.gone, GoneRail):
            return Words(header=line.gone.words if isinstance(line.gone.words, HeaderWords) else None)
        if line.gone is not None:
            return Words(line.gone.words if isinstance(line.gone.words, RowWords) else None, uplink=uplink)
        if line.cable is not None:
            return Words(row_words(graph, line.cable, nics), uplink=uplink)
        rack = shown.racks[line.rack]
        if line.id.role is Role.HEADER:
            return Words(header=header_words(graph, rack), uplink=uplink)
        if line.id.role is Role.STRIP:
            states = strip_words(graph, rack.groups)
            busy = map(self._busiest, rack.groups)
            return Words(strip=tuple(map(Head, states, busy)), uplink=uplink)
        return Words(uplink=uplink)


def _has_losses(rate: Rate | None) -> bool:
    return rate is not None and bool(rate.errors or rate.drops)


def _no_mood(at: int, line: Line, rate: Rate | None) -> Mood:  # noqa: ARG001 # stands for the real one
    return Mood()
