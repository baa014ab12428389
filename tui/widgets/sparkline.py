"""The last minute of a rate, a cell for each stretch of time."""

from collections.abc import Iterable

from tui.signs import Signs
from tui.widgets.line import Piece


def sparkline(levels: Iterable[int | None], hue: str, signs: Signs) -> list[Piece]:
    """Steps from 0 to 8: silence is quiet; None, what was not read, is blank."""
    pieces: list[Piece] = []
    for step in levels:
        text = " " if step is None else signs.levels[step]
        ink = hue if step else "dim"
        if pieces and pieces[-1].ink == ink:
            pieces[-1] = Piece(pieces[-1].text + text, ink)
        else:
            pieces.append(Piece(text, ink))
    return pieces
