"""The rows of the frame: title, path and counts, notice, keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.strip import Strip

from model.names import display_name
from model.tally import Counts
from tui.widgets.line import Line, Piece, length_of
from tui.widgets.painted import Painted
from tui.widgets.wrapped import wrapped

WIDE = 100
"""Cells from which words are written in full."""


class Tab(NamedTuple):
    """A screen, in the title bar."""

    key: str
    name: str
    id: str


class Chip(NamedTuple):
    """The state of the whole program."""

    sign: str
    word: str
    ink: str


class Badge(NamedTuple):
    """How much is wrong."""

    errors: int = 0
    warnings: int = 0


NO_BADGE: Final = Badge()


class Chosen(Message):
    """An action was clicked."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action


class TitleBar(Painted):
    """Row 0: name, host, screens, state."""

    GROUND = "bar"

    def __init__(self, host_name: str, tabs: list[Tab], current: str) -> None:
        super().__init__("title")
        self._host_name = host_name
        self._tabs = tabs
        self._current = current
        self._spans: list[tuple[range, str]] = []
        self._chip = Chip("", "", "muted")
        self._badge = NO_BADGE

    def mark(self, current: str) -> None:
        """Another screen is the current one."""
        self._current = current
        self.freshen()

    def show(self, chip: Chip, badge: Badge) -> None:
        """Say how things are."""
        self._chip, self._badge = chip, badge
        self.freshen()

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # one row
        line = self.line().to(1).write("jackfield", "strong", bold=True).write("  ")
        chip = [Piece(f"{self._chip.sign} {self._chip.word}", self._chip.ink, bold=True)]
        if width >= WIDE:
            line.write(self._host_name, "muted", room=24).write("  ")
        self._spans = []
        for tab in self._tabs:
            start = line.at
            text = f" {tab.key} {tab.name} "
            if start + cell_len(text) > width - 2 - length_of(chip):
                break
            if tab.id == self._current:
                line.write(text, "chip", ground="text", bold=True)
            else:
                line.write(f" {tab.key}", "strong").write(f" {tab.name} ", "muted")
            self._spans.append((range(start, line.at), tab.id))
        room = width - 2 - length_of(chip) - line.at
        badge = next((pieces for pieces in self._badges(width) if 0 < length_of(pieces) < room), [])
        if badge:
            end = width - 1 - length_of(chip)
            self._spans.append((range(end - length_of(badge), end), "doctor"))
        return [line.right([*badge, *chip]).strip()]

    def _badges(self, width: int) -> Iterator[list[Piece]]:
        """The longest first: in words, in signs, the errors alone. Nothing is said where nothing is wrong."""
        (errors, warnings), signs = self._badge, self.pen.signs
        parts = [(errors, signs.blocked, "error", "danger"), (warnings, signs.look, "warning", "caution")]
        parts = [part for part in parts if part[0]]
        if width >= WIDE:
            yield [
                Piece(f"{sign} {count:,} {word}{'' if count == 1 else 's'}   ", ink, bold=True)
                for count, sign, word, ink in parts
            ]
        for shown in (parts, parts[:1]):
            yield [Piece(f"{sign}{count:,} ", ink, bold=True) for count, sign, _, ink in shown]

    def on_click(self, event: events.Click) -> None:
        """Go to the screen whose tab was clicked."""
        for span, screen in self._spans:
            if event.x in span:
                self.post_message(Chosen(screen))


class PathBar(Painted):
    """Row 1: where we are, and how much there is."""

    def __init__(self) -> None:
        super().__init__("path")
        self._path: list[str] = []
        self._right: list[Piece] = []

    def show(self, path: list[str], right: list[Piece]) -> None:
        """Parts of the path from the left; what stands at the right."""
        self._path = path
        self._right = right
        self.freshen()

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # one row
        line = self.line().to(1)
        room = width - 2 - length_of(self._right)
        parts = [display_name(part) for part in self._path]
        signs = self.pen.signs
        shortened = False
        while len(parts) > 1 and sum(cell_len(part) + 3 for part in parts) > room:
            parts.pop(0)
            shortened = True
        if shortened:
            line.write(f"{signs.cut} {signs.path} ", "edge")
        for place, part in enumerate(parts):
            is_last = place == len(parts) - 1
            if place:
                line.write(f" {signs.path} ", "edge")
            line.write(part, "strong" if is_last else "text", bold=is_last, room=max(0, room - line.at))
        return [line.right(self._right).strip()]


def counts_pieces(counts: Counts, width: int, dot: str) -> list[Piece]:
    """`17 namespaces · 45 links · 1 down · 1 unknown`; what is wrong is coloured, or left out."""
    wide = width >= WIDE
    spaces = ("namespace" if counts.namespaces == 1 else "namespaces") if wide else "ns"
    links = "link" if counts.links == 1 else "links"
    pieces = [Piece(f"{counts.namespaces:,} {spaces} {dot} {counts.links:,} {links}", "muted")]
    if counts.down:
        pieces += [Piece(f" {dot} ", "muted"), Piece(f"{counts.down:,} down", "danger")]
    if counts.unknown:
        pieces += [Piece(f" {dot} ", "muted"), Piece(f"{counts.unknown:,} {'unknown' if wide else '?'}", "caution")]
    return pieces


MOST_ROWS: Final = 3
"""Of a remark."""


class NoticeBar(Painted):
    """Rows that are there only while something must be said: what, then what to do."""

    GROUND = "bar"

    def __init__(self) -> None:
        super().__init__("notice")
        self._rows: list[list[Piece]] = []
        self._ground = "ground"

    def show(self, pieces: list[Piece], ground: str = "ground") -> None:
        """Say this in one row; nothing: take no room."""
        self._show([pieces] if pieces else [], ground)

    def remark(self, text: str, ink: str) -> None:
        """Say this, and lose no word of it."""
        rows = wrapped(text, max(8, self.app.size.width - 2))
        self._show([[Piece(row, ink)] for row in rows[:MOST_ROWS]], "ground")

    def _show(self, rows: list[list[Piece]], ground: str) -> None:
        if (rows, ground) == (self._rows, self._ground) and self.display == bool(rows):
            self.freshen()
            return
        self._rows, self._ground = rows, ground
        self.display = bool(rows)
        self.styles.height = max(1, len(rows))
        self.freshen()

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # as many as are said
        return [self.line(self._ground).to(1).add(row).strip() for row in self._rows]


@dataclass(frozen=True, slots=True)
class Key:
    """A key in the footer."""

    action: str
    shown: str
    label: str
    enabled: bool = True


class KeyBar(Painted):
    """The last row: what can be done here."""

    GROUND = "bar"

    def __init__(self) -> None:
        super().__init__("keys")
        self._keys: list[Key] = []
        self._spans: list[tuple[range, str]] = []

    def show(self, keys: list[Key]) -> None:
        """In this order; the last ones give way."""
        self._keys = keys
        self.freshen()

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # one row
        line = self.line().to(1)
        self._spans = []
        for key in self._keys:
            shown = key.shown if key.enabled else f"({key.shown})"
            if line.at + cell_len(f"{shown} {key.label}") > width - 1:
                break
            start = line.at
            line.write(shown, "strong" if key.enabled else "dim", bold=key.enabled).write(" ")
            line.write(key.label, "muted" if key.enabled else "dim")
            self._spans.append((range(start, line.at), key.action))
            line.to(line.at + 2)
        return [line.strip()]

    def on_click(self, event: events.Click) -> None:
        """Do what was clicked."""
        for span, action in self._spans:
            if event.x in span:
                self.post_message(Chosen(action))


def chip_line(line: Line, letter: str, ordinal: int) -> Line:
    """A segment's letter on its hue."""
    return line.write(letter, "chip", ground=f"segment{ordinal}", bold=True)
