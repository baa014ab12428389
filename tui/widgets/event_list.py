"""What happened, the newest on top."""

from os import getpid
from typing import Final

from rich.cells import cell_len
from textual.strip import Strip

from model.change import Change
from model.filter import Filter, passes_change
from model.names import display_name
from model.telling import Mark
from tui.session import Happening, News, Session
from tui.widgets.line import Line, Piece
from tui.widgets.painted import Painted, Pane, title_rule

INKS: Final = {
    Mark.NEW: "good",
    Mark.GONE: "danger",
    Mark.CHANGED: "text",
    Mark.UP: "good",
    Mark.DOWN: "danger",
    Mark.LOOK: "caution",
}


class EventList(Pane):
    """All of them, with a cursor; or the last few, below another screen."""

    def __init__(self, session: Session, *, brief: bool = False) -> None:
        super().__init__("brief" if brief else "events")
        self._session = session
        self._brief = brief
        self._shown: list[Happening] = []
        self._selected: int | None = None
        self._terms: Filter = ()
        self.is_paused = False
        if brief:
            self.can_focus = False

    @property
    def count(self) -> int:
        return len(self._shown)

    @property
    def chosen(self) -> Happening | None:
        """The one under the cursor."""
        return self._shown[self.cursor] if 0 <= self.cursor < self.count else None

    @property
    def waiting(self) -> int:
        """How many came since it was paused."""
        newest = self._shown[0].serial if self._shown else 0
        return self._session.told - newest if self.is_paused else 0

    def take(self, news: News) -> None:
        """Something happened."""
        if news.happenings and not self.is_paused:
            self._gather(news.happenings)
        self.freshen()

    def pause(self) -> None:
        """Stop, so that it can be read; or go on."""
        self.is_paused = not self.is_paused
        if not self.is_paused:
            self.gather()

    def filter(self, terms: Filter) -> None:
        """Only what these let through."""
        self._terms = terms
        self.gather()

    def gather(self) -> None:
        """The list anew."""
        self._shown = [happening for happening in self._session.happenings if self._passes(happening.change)]
        if self._brief:
            self._shown = self._shown[:8]
        self._keep_cursor()
        self.freshen()

    def _gather(self, fresh: list[Happening]) -> None:
        """Put the new ones on top: work in proportion to them."""
        passing = [happening for happening in reversed(fresh) if self._passes(happening.change)]
        follows = self.cursor == 0 and self.top == 0
        self._shown[:0] = passing
        del self._shown[8 if self._brief else (self._session.happenings.maxlen or 0) :]
        if follows:
            self._selected = self._shown[0].serial if self._shown else None
        self._keep_cursor()

    def _keep_cursor(self) -> None:
        """The selected one keeps its line on the screen."""
        line = self.cursor - self.top
        serials = [happening.serial for happening in self._shown]
        if self._selected is not None and self._selected in serials:
            self.cursor = serials.index(self._selected)
            self.top = self.cursor - line
        self.bring_into_view()
        chosen = self.chosen
        self._selected = chosen.serial if chosen is not None else None

    def move_to(self, index: int) -> None:
        super().move_to(index)
        chosen = self.chosen
        self._selected = chosen.serial if chosen is not None else None

    def _passes(self, change: Change) -> bool:
        return not self._terms or passes_change(self._session.graph, self._terms, change)

    # Drawing

    @property
    def _has_heading(self) -> bool:
        return True

    def _thumb(self) -> range:
        return range(0) if self._brief else super()._thumb()

    def heading(self) -> Line:
        if self._brief:
            kept = len(self._session.happenings)
            return title_rule(self.line(), [Piece("EVENTS", "muted", bold=True)], [Piece(f"{kept:,} kept", "muted")])
        line = self.line().to(1)
        for column, word in zip(_columns(self.size.width), ("TIME", "WHAT", "WHERE", "CHANGE"), strict=True):
            line.to(column).write(word, "muted", bold=True)
        return line.right([Piece("BY", "muted", bold=True)], margin=2)

    def paint(self, width: int, height: int) -> list[Strip]:
        painted = super().paint(width, height)
        if not self._shown:
            words = "nothing that this filter lets through" if self._terms else "nothing has changed yet"
            painted.append(self.line().to(1).write(words, "muted", room=max(0, width - 2)).strip())
        return painted

    def row(self, index: int, *, selected: bool) -> Line:
        selected = selected and not self._brief
        happening = self._shown[index]
        telling = happening.telling
        change = happening.change
        line = self.line("select" if selected else None)
        at, what, where, said = _columns(self.size.width)
        long = what - at > 12
        time = happening.at.strftime("%H:%M:%S") + (f".{happening.at.microsecond // 1000:03d}" if long else "")
        line.to(at).write(time, "muted", room=what - at - 1)
        line.to(what - 2).write(sign_of(line, telling.mark), INKS[telling.mark], bold=True)
        line.to(what).write(telling.what, "muted", room=where - what - 1)
        line.to(where).write(happening.where, "strong", bold=selected, room=said - where - 1)
        by = doer_of(change)
        line.to(said).write(telling.text, "text", room=max(0, line.width - 2 - said - cell_len(by)))
        return line.right([Piece(by, "muted")] if by else [], margin=2)


def doer_of(change: Change) -> str:
    """`dhclient 812`; where the process ended before it could be asked `pid 812`; `you` for ours."""
    if not change.by_pid:
        return ""
    if change.by_pid == getpid():
        return "you"
    return f"pid {change.by_pid}" if change.by_comm is None else f"{display_name(change.by_comm)} {change.by_pid}"


class EventStrip(Painted):
    """The chosen event in full, and what can be done with it."""

    def __init__(self, events: EventList) -> None:
        super().__init__("event")
        self._events = events

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # four rows
        chosen = self._events.chosen
        if chosen is None:
            return [title_rule(self.line(), [], []).strip()]
        telling = chosen.telling
        title = [Piece(chosen.where, "strong", bold=True)]
        lines = [title_rule(self.line(), title, [Piece(telling.what, "muted")])]
        first = self.line().to(1).write(sign_of(self.line(), telling.mark), INKS[telling.mark], bold=True).write(" ")
        lines.append(first.write(telling.text, room=max(0, first.room)))
        when = self.line().to(1).write("when   ", "muted").write(chosen.at.strftime("%H:%M:%S.%f"))
        if by := doer_of(chosen.change):
            when.write("   by ", "muted").write(by)
        lines.append(when)
        keys = self.line().to(1).write("next   ", "muted")
        for key, word in (
            ("enter", "go there"),
            ("y", "copy"),
            ("space", "go on" if self._events.is_paused else "pause"),
        ):
            keys.write(key, "strong", bold=True).write(f" {word}   ", "muted")
        lines.append(keys)
        return [line.strip() for line in lines]


def sign_of(line: Line, mark: Mark) -> str:
    """The sign for a kind of happening."""
    signs = line.pen.signs
    return {
        Mark.NEW: signs.new,
        Mark.GONE: signs.removed,
        Mark.CHANGED: signs.changed,
        Mark.UP: signs.up,
        Mark.DOWN: signs.down,
        Mark.LOOK: signs.look,
    }[mark]


def _columns(width: int) -> tuple[int, int, int, int]:
    """Where TIME, WHAT, WHERE and CHANGE begin."""
    if width >= 100:
        return 1, 17, 28, 52
    if width >= 60:
        return 1, 12, 21, 40
    return 1, 12, 21, 34
