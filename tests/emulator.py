"""What a terminal shows after it was sent these bytes: as much of ECMA-48 as a UI uses."""

import codecs
import re
from typing import Final, NamedTuple

from rich.cells import get_character_cell_size

_TOKEN: Final = re.compile(
    r"\x1b\[(?P<numbers>[0-?]*)[ -/]*(?P<final>[@-~])"
    r"|\x1b[\]P_^X].*?(?:\x07|\x1b\\)"
    r"|\x1b[ -/]*[0-Z\\^-~]"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f])"
    r"|(?P<text>[^\x00-\x1f\x7f]+)",
    re.DOTALL,
)


class Look(NamedTuple):
    """How a cell is drawn: the numbers of SGR that are in force."""

    attributes: frozenset[str] = frozenset()
    colour: str = ""
    ground: str = ""


_PLAIN: Final = Look()
Cell = tuple[str, Look]


class Emulator:
    """A screen of so many columns and rows. It never scrolls and never wraps: a UI does neither."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns = columns
        self.cells: list[list[Cell]] = [[(" ", _PLAIN)] * columns for _ in range(rows)]
        self._x = self._y = 0
        self._look = _PLAIN
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._waiting = ""

    def feed(self, data: bytes) -> set[int]:
        """Take these; the rows that were written to."""
        text = self._waiting + self._decoder.decode(data)
        touched: set[int] = set()
        at = 0
        for token in _TOKEN.finditer(text):
            if token.start() != at:
                break  # what begins here has not come whole
            at = token.end()
            if token["text"]:
                touched.add(self._y)
                self._write(token["text"])
            elif token["control"]:
                self._control(token["control"])
            elif token["final"]:
                touched |= self._sequence(token["numbers"], token["final"])
        self._waiting = text[at:]
        return touched

    @property
    def lines(self) -> list[str]:
        """The rows, as text."""
        return ["".join(char for char, _ in row) for row in self.cells]

    @property
    def text(self) -> str:
        """All of them."""
        return "\n".join(line.rstrip() for line in self.lines)

    def _write(self, text: str) -> None:
        row = self.cells[self._y] if self._y < len(self.cells) else []
        for char in text:
            width = get_character_cell_size(char)
            if width <= 0:
                if 0 < self._x <= len(row):
                    before, look = row[self._x - 1]
                    row[self._x - 1] = (before + char, look)
                continue
            for at, part in enumerate((char, "")[:width]):
                if self._x + at < len(row):
                    row[self._x + at] = (part, self._look)
            self._x += width

    def _control(self, char: str) -> None:
        if char == "\r":
            self._x = 0
        elif char == "\n":
            self._x, self._y = 0, self._y + 1

    def _sequence(self, numbers: str, final: str) -> set[int]:
        parts = numbers.split(";")
        if final == "H":
            y, x = (*(int(part or 1) for part in parts), 1)[:2]
            self._y, self._x = y - 1, x - 1
        elif final == "m":
            self._look = _after(self._look, parts)
        elif final == "J" and numbers == "2":
            self.cells = [[(" ", _PLAIN)] * self.columns for _ in self.cells]
            return set(range(len(self.cells)))
        return set()


def _after(look: Look, numbers: list[str]) -> Look:
    """SGR."""
    waiting = list(numbers)
    while waiting:
        number = waiting.pop(0)
        if number in ("", "0"):
            look = _PLAIN
        elif number in ("38", "48"):
            length = 4 if waiting[0] == "2" else 2
            colour = ";".join([number, *waiting[:length]])
            del waiting[:length]
            look = look._replace(colour=colour) if number == "38" else look._replace(ground=colour)
        elif number in ("39", "49"):
            look = look._replace(colour="") if number == "39" else look._replace(ground="")
        elif 30 <= int(number) <= 37 or 90 <= int(number) <= 97:
            look = look._replace(colour=number)
        elif 40 <= int(number) <= 47 or 100 <= int(number) <= 107:
            look = look._replace(ground=number)
        else:
            look = look._replace(attributes=look.attributes | {number})
    return look
