"""Screen 6: pins, guards and seals, and the ports that anything can be sent from; below, the chosen one in full."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from textual.strip import Strip

from model.dropped import Dropped
from model.forging import forging, in_words
from model.identity import LinkId
from model.names import display_name
from model.policy_rows import Row, Section, State, matched_by
from tui.session import Session
from tui.signs import Signs
from tui.widgets.line import Line, Piece
from tui.widgets.painted import Painted, Pane, title_rule
from tui.widgets.wrapped import wrapped

LABEL: Final = 12
WIDE: Final = 100
BAR: Final = 20
HEADS: Final = {
    Section.PIN: "PINS",
    Section.GUARD: "GUARDS",
    Section.SEAL: "SEALS",
    Section.OPEN: "NOT GUARDED",
}
INKS: Final = {
    State.KEPT: "good",
    State.LOADED: "good",
    State.DRIFT: "caution",
    State.HITS: "caution",
    State.MISSING: "danger",
    State.CANNOT: "danger",
    State.WAITS: "muted",
    State.UNSEEN: "caution",
    State.OPEN: "muted",
}
NOTHING_YET: Final = "Nothing is kept yet. p pins a host end's name and MAC, g guards or seals a port: on every screen."


class Head(NamedTuple):
    """The head of a section."""

    section: Section


class Air(NamedTuple):
    """An empty row."""


class Said(NamedTuple):
    """A sentence between the sections."""

    text: str
    ink: str = "muted"


class PolicyList(Pane):
    """A row a thing that is kept; the cursor goes from row to row."""

    def __init__(self, session: Session) -> None:
        super().__init__("policy")
        self._session = session
        self._rows: list[Row] = []
        self._lines: list[Row | Head | Air | Said] = []
        self._passes: Callable[[Row], bool] = lambda _: True

    # What is chosen

    @property
    def chosen(self) -> Row | None:
        """The row under the cursor."""
        line = self._lines[self.cursor] if self.cursor < len(self._lines) else None
        return line if isinstance(line, Row) else None

    @property
    def count(self) -> int:
        return len(self._lines)

    @property
    def states(self) -> Counter[State]:
        """How many rows stand how."""
        return Counter(row.state for row in self._rows)

    def show(self, rows: list[Row]) -> None:
        """These; the same one stays chosen."""
        chosen = self.chosen
        self._rows = rows
        self._lay_out(chosen)

    def filter(self, passes: Callable[[Row], bool]) -> None:
        """Only those that this lets through."""
        chosen = self.chosen
        self._passes = passes
        self._lay_out(chosen)

    def _lay_out(self, chosen: Row | None) -> None:
        self._lines = list(self._content())
        found = _place(self._lines, chosen)
        self.cursor = self._nearest(min(self.cursor, len(self._lines) - 1), 1) if found is None else found
        self.bring_into_view()
        self.freshen()

    def _content(self) -> Iterator[Row | Head | Air | Said]:
        kept = self._session.kept
        problems = kept.read.problems if kept is not None else ()
        for problem in problems:
            yield Said(f"the policy is not used: {problem}", "danger")
        if kept is not None and kept.read.unseen:
            yield Said(f"which rules stand cannot be seen: {kept.read.unseen}", "caution")
        if not problems and all(row.section is Section.OPEN for row in self._rows):
            yield Said(NOTHING_YET)
            yield Air()
        shown = [row for row in self._rows if self._passes(row)]
        for section in Section:
            mine = [row for row in shown if row.section is section]
            if mine:
                yield Head(section)
                yield from mine
                yield Air()

    def go_to(self, link: LinkId) -> bool:
        """The first row that is about this link; False: there is none."""
        found = (at for at, line in enumerate(self._lines) if isinstance(line, Row) and line.link == link)
        place = next(found, None)
        if place is not None:
            self.move_to(place)
        return place is not None

    def move_to(self, index: int) -> None:
        ways = 1 if index >= self.cursor else -1
        super().move_to(self._nearest(max(0, min(index, self.count - 1)), ways))

    def bring_into_view(self) -> None:
        super().bring_into_view()
        if self.cursor > 0 and self.top == self.cursor and isinstance(self._lines[self.cursor - 1], Head):
            self.top -= 1  # with its head

    def _nearest(self, index: int, ways: int) -> int:
        """The next row in this direction, else in the other one."""
        rows = [at for at, line in enumerate(self._lines) if isinstance(line, Row)]
        ahead = [at for at in rows if (at >= index if ways > 0 else at <= index)]
        if not rows:
            return 0
        return (min(ahead) if ways > 0 else max(ahead)) if ahead else (rows[-1] if ways > 0 else rows[0])

    # Drawing

    @property
    def _has_heading(self) -> bool:
        return False

    def row(self, index: int, *, selected: bool) -> Line:
        match self._lines[index]:
            case Head(section):
                return self._head(section)
            case Said(text, ink):
                line = self.line().to(1)
                return line.write(text, ink, room=max(0, line.room))
            case Row() as row:
                return self._row(row, selected=selected)
            case _:
                return self.line()

    def _head(self, section: Section) -> Line:
        numbers = Counter(row.state for row in self._rows if row.section is section)
        said = f" {self.pen.signs.dot} ".join(f"{number:,} {state.value}" for state, number in numbers.items())
        line = self.line().to(1).write(HEADS[section], "strong", bold=True).write(f" {said} ", "muted")
        return line.rule(line.width - 1)

    def _row(self, row: Row, *, selected: bool) -> Line:
        line = self.line("select" if selected else None).to(1)
        whose, at, third, words = _columns(self.size.width)
        ink = INKS[row.state]
        line.write(f"{sign_of(row.state, self.pen.signs)} ", ink, bold=True)
        line.write(row.state.value, ink, bold=row.state in (State.DRIFT, State.HITS, State.MISSING, State.CANNOT))
        line.to(whose).write(row.whose, "strong", bold=True, room=at - whose - 1)
        line.to(at).write(row.at, "text", room=(third or words) - at - 1)
        if third:
            line.to(third).write(row.third, "text" if selected else "muted", room=words - third - 1)
        loud = row.state is State.HITS
        return line.to(words).write(row.words, "caution" if loud else "text", bold=loud, room=max(0, line.room - 1))


class PolicyWords(Painted):
    """The chosen row in full: whom it matches, what can be forged, what was dropped."""

    def __init__(self, session: Session, view: PolicyList) -> None:
        super().__init__("policy-words")
        self._session = session
        self._view = view

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # as many rows as there are
        row = self._view.chosen
        if row is None:
            return [title_rule(self.line(), [], []).strip()]
        title = [Piece(display_name(row.whose), "strong", bold=True)]
        remark = Piece(f"{sign_of(row.state, self.pen.signs)} {row.state.value}", INKS[row.state], bold=True)
        lines = [title_rule(self.line(), title, [remark])]
        for label, text in self._facts(row):
            lines += self._labelled(label, text, width)
        return [line.strip() for line in [*lines, *self._dropped(row, width)]]

    def _facts(self, row: Row) -> Iterator[tuple[str, str]]:
        kept, graph = self._session.kept, self._session.graph
        if kept is None:
            return
        yield row.section.value if row.section is not Section.OPEN else "so far", row.words
        entry = next((policy for policy in kept.read.policies if policy.name == row.entry), None)
        if entry is not None:
            yield "entry", f"'{display_name(entry.name)}' matches {matched_by(entry.match)}"
        if row.link is not None:
            filtered = _is_filtered(self._session, row.link)
            found = forging(graph, row.link, kept.guarded_by(row.link), filtered=filtered)
            if found:
                yield "can forge", in_words(found)
        if row.entry is not None:
            said = (note.text for note in kept.drift.notes if note.policy == row.entry and note.text != row.words)
            yield from (("mind", text) for text in said)

    def _labelled(self, label: str, text: str, width: int) -> Iterator[Line]:
        for number, part in enumerate(wrapped(text, max(20, width - LABEL - 3))):
            line = self.line().to(1).write("" if number else label, "muted").to(1 + LABEL)
            yield line.write(part, room=max(0, line.room))

    def _dropped(self, row: Row, width: int) -> Iterator[Line]:
        """What the rules counted, most first; the forged addresses of the last minutes."""
        kept = self._session.kept
        port = None if row.link is None else self._session.graph.link(row.link)
        if kept is None or port is None or row.section not in (Section.GUARD, Section.SEAL):
            return
        tally = kept.read.tally.of((port.name,))
        if not tally.dropped:
            yield self.line().to(1).write("dropped", "muted").to(1 + LABEL).write("nothing", "text")
            return
        at = max(30, width - BAR - 24)
        head = self.line().to(1).write("DROPPED: IT TRIED TO", "muted", bold=True).to(at)
        yield head.write("FRAMES", "muted", bold=True).to(at + 9 + BAR).write("LAST", "muted", bold=True)
        for one in sorted(tally.dropped, key=lambda one: -one.frames):
            yield self._counted(one, at, max(other.frames for other in tally.dropped))
        for forged in sorted(tally.forged, key=lambda one: -one.frames)[:5]:
            line = self.line().to(1).write(f"be {forged.address}", "muted", room=at - 3).to(at)
            yield line.write(f"{forged.frames:>6,}", "muted")

    def _counted(self, one: Dropped, at: int, most: int) -> Line:
        kept = self._session.kept
        when = None if kept is None else kept.hits.get((one.device, one.kind.code))
        line = self.line().to(1).write(one.kind.text, room=at - 3).to(at)
        line.write(f"{one.frames:>6,}", "caution", bold=True).write("  ")
        line.write(self.pen.signs.levels[-1] * max(1, BAR * one.frames // max(1, most)), "caution")
        said = when.strftime("%H:%M:%S") if when is not None else "before"
        return line.to(at + 9 + BAR).write(said, "muted", room=max(0, line.width - at - 10 - BAR))


def sign_of(state: State, signs: Signs) -> str:
    """What a row begins with."""
    return {
        State.KEPT: signs.up,
        State.LOADED: signs.up,
        State.DRIFT: signs.look,
        State.HITS: signs.look,
        State.MISSING: signs.blocked,
        State.CANNOT: signs.blocked,
        State.WAITS: signs.changed,
        State.UNSEEN: signs.unknown,
        State.OPEN: signs.down,
    }[state]


def _is_filtered(session: Session, link: LinkId) -> bool:
    """Somebody's rules stand there, whatever they say."""
    filters = session.observed.frame_filters.get(link.namespace, frozenset())
    return filters is None or link in filters


def _place(lines: list[Row | Head | Air | Said], chosen: Row | None) -> int | None:
    """Where the same row is now; else one about the same port: what was open is guarded."""
    if chosen is None:
        return None
    rows = [(at, line) for at, line in enumerate(lines) if isinstance(line, Row)]
    same = (at for at, row in rows if _key(row) == _key(chosen))
    near = (at for at, row in rows if row.link is not None and row.link == chosen.link)
    return next(same, next(near, None))


def _key(row: Row) -> tuple[Section, str | None, LinkId | None]:
    return row.section, row.entry, row.link


def _columns(width: int) -> tuple[int, int, int, int]:
    """Where whose, the host end, the third column and the words begin; 0: there is no room for the third."""
    if width >= WIDE:
        return 11, 34, 52, 71
    if width >= 60:
        return 11, 30, 0, 47
    return 11, 26, 0, 38
