"""The banner of what goes back by itself: what was done, how long still, how to keep it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from model.names import display_name
from tui.deeds import Deed
from tui.signs import Signs
from tui.widgets.line import Piece, fit

BAR: Final = 6
"""Cells."""
URGENT_S: Final = 10


def countdown(pending: Sequence[Deed], now: datetime, signs: Signs, width: int) -> list[Piece]:
    """Of the one that goes back first; nothing where none does."""
    first = next((deed for deed in pending if deed.goes_back_at is not None), None)
    if first is None or first.goes_back_at is None:
        return []
    left = max(0, round((first.goes_back_at - now).total_seconds()))
    ink = "danger" if left < URGENT_S else "caution"
    filled = min(BAR, -(-left * BAR // max(1, round(first.lasts_s))))
    more = f" and {len(pending) - 1} more" if len(pending) > 1 else ""
    title = fit(display_name(first.title), max(8, width - 54 - len(more)), signs.cut)
    return [
        Piece(f"{signs.look} {title}{more}. ", "strong", bold=True),
        Piece("Back in "),
        Piece(f"{left} s ", ink, bold=True),
        Piece(signs.levels[-1] * filled, ink),
        Piece(signs.dot * (BAR - filled), "muted"),
        Piece("  ctrl+s", "strong", bold=True),
        Piece(" keep  "),
        Piece("u", "strong", bold=True),
        Piece(" take back now"),
    ]
