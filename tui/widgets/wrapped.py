"""Sentences and commands in so many cells."""

from rich.cells import cell_len

from model.names import display_name


def wrapped(text: str, room: int, hang: str = "") -> list[str]:
    """The text, made safe, in rows of at most `room` cells; `hang` stands before all rows but the first.

    It is broken at spaces, which stay at the ends of the rows; a word that is too long is broken where it must be.
    """
    rows: list[str] = []
    row = ""
    for word in _words(display_name(text) if text else ""):
        if row.strip() and cell_len(row + word.rstrip()) > room:
            rows.append(row)
            row = hang
        row += word
        while cell_len(row.rstrip()) > room > len(hang) + 1:
            head = _cut(row, room)
            rows.append(head)
            row = hang + row[len(head) :]
    return [*rows, row] if row.strip() or not rows else rows


def _words(text: str) -> list[str]:
    """With the spaces that follow them."""
    words: list[str] = []
    for part in text.split(" "):
        if part or not words:
            words.append(part + " ")
        else:
            words[-1] += " "
    words[-1] = words[-1][:-1]
    return words


def _cut(text: str, room: int) -> str:
    at = cells = 0
    for char in text:
        cells += cell_len(char)
        if cells > room:
            break
        at += 1
    return text[:at]
