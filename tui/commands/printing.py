"""Text for people: quiet, aligned, safe. Data goes to stdout, everything else to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from model.inventory import Inventory
from model.names import display_name

if TYPE_CHECKING:  # what only a change needs, a plain command does without
    from model.plan_form import Report


@dataclass(frozen=True, slots=True)
class Signs:
    """The few signs that plain text needs; each is one cell."""

    up: str = "●"
    down: str = "○"
    unknown: str = "?"
    across: str = "↔"
    becomes: str = "→"
    between: str = "·"
    tee: str = "├ "
    last: str = "└ "
    pipe: str = "│ "
    blank: str = "  "


ASCII_SIGNS = Signs(
    up="*", down="o", across="=", becomes=">", between="-", tee="|- ", last="`- ", pipe="|  ", blank="   "
)


class Paper:
    """Where a command writes: stdout for data, stderr for everything else."""

    def __init__(self, *, ascii_only: bool = False, out: TextIO | None = None, notes: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._notes = notes or sys.stderr
        self.signs = ASCII_SIGNS if ascii_only or not _speaks_unicode(self._out) else Signs()
        self._console = Console(
            file=self._out, highlight=False, markup=False, emoji=False, soft_wrap=True, legacy_windows=False
        )
        self._cut = self._console.width if self._out.isatty() else None

    def line(self, text: Text) -> None:
        """One line of text; on a terminal it is cut at the right edge."""
        if self._cut is not None and cell_len(text.plain) > self._cut:
            text.truncate(self._cut, overflow="ellipsis")
        self._console.print(text)

    def rows(self, rows: Iterable[Sequence[Text]]) -> None:
        """Lines in columns, aligned by cells."""
        table = [list(row) for row in rows]
        widths = [max(cell_len(cell.plain) for cell in column) for column in zip(*table, strict=True)]
        for row in table:
            line = Text()
            for cell, width in zip(row, widths, strict=True):
                line.append_text(cell)
                line.append(" " * (width - cell_len(cell.plain) + 2))
            line.rstrip()
            self.line(line)

    def json(self, document: object) -> None:
        """One document, on one line, flushed. ASCII only: JSON escapes whatever a terminal might obey."""
        self._out.write(json.dumps(document) + "\n")
        self._out.flush()

    def document(self, text: str) -> None:
        """A whole file, as it is: in UTF-8, whatever the terminal speaks. It must hold nothing that acts."""
        self._out.flush()
        self._out.buffer.write(text.encode("utf-8"))
        self._out.buffer.flush()

    def note(self, text: str) -> None:
        """One line on stderr."""
        self._notes.write(f"jackfield: {display_name(text)}\n")
        self._notes.flush()

    def remark(self, text: str) -> None:
        """One line on stderr, as a part of something longer."""
        self._notes.write(f"{display_name(text)}\n")
        self._notes.flush()

    def command(self, line: str) -> None:
        """One line for a shell, on stdout: whole, and as it is to be pasted. It is quoted already."""
        self._out.write(f"{display_name(line)}\n")

    def plan(self, report: Report) -> None:
        """A change, as JSON."""
        from model.plan_form import plan_form

        self.json(plan_form(report))

    @property
    def can_ask(self) -> bool:
        """Somebody sits at a terminal."""
        return sys.stdin.isatty()

    def ask(self, question: str) -> str:
        """What is typed. On stderr: stdout is for data."""
        self._notes.write(display_name(question))
        self._notes.flush()
        return sys.stdin.readline().rstrip("\n")

    def note_what_is_missing(self, graph: Inventory) -> None:
        """A partial view says so, in one line."""
        if not graph.visibility.complete:
            self.note("partial: " + ("; ".join(graph.visibility.missing) or "not everything can be seen"))

    def shown(self, text: str, style: str = "") -> Text:
        """Host text, made safe, as text and never as markup; in ASCII where that was asked for."""
        safe = display_name(text)
        if self.signs is ASCII_SIGNS and not safe.isascii():
            safe = safe.encode("ascii", "backslashreplace").decode("ascii")
        return Text(safe, style)


def quiet_pipe() -> None:
    """Nobody reads on: what is still to be written goes nowhere, without a word."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _speaks_unicode(stream: TextIO) -> bool:
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "")
    return encoding == "utf8" and os.environ.get("TERM") != "linux"
