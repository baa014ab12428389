"""What a plan means and what it will run; or why there is none. Written anew at each keystroke."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from textual.strip import Strip

from model.plan import Consent, Meaning, Plan, Refusal, Sign
from tui.screens.dialog import closed, framed
from tui.signs import Signs
from tui.widgets.line import Piece
from tui.widgets.painted import Painted
from tui.widgets.wrapped import wrapped

WILL_RUN: Final = "WILL RUN"
MARGIN: Final = 6
"""Cells that the frame and the margins take of a row."""


class Row(NamedTuple):
    """One row of the view."""

    pieces: tuple[Piece, ...] = ()
    rule: bool = False
    """A rule goes on to the right edge."""


class PlanView(Painted):
    """Scrolls where it does not fit."""

    GROUND = "band"

    def __init__(self) -> None:
        super().__init__("plan")
        self._rows: list[Row] = []
        self._top = 0
        self._last = 0
        """So many rows at the end stay in sight: what will be run."""

    def show(self, rows: Sequence[Row], last: int = 0) -> None:
        """Show these; the `last` ones stay in sight where not all fits."""
        self._rows, self._last = list(rows), last
        self.scroll(0)

    def scroll(self, rows: int) -> None:
        """Move the text."""
        self._top = max(0, min(self._top + rows, len(self._rows) - max(1, self.size.height)))
        self.freshen()

    def paint(self, width: int, height: int) -> list[Strip]:
        self._top = max(0, min(self._top, len(self._rows) - height))
        below = len(self._rows) - self._top - height
        if below <= 0:
            strips = [self._strip(row, width) for row in self._rows[self._top :]]
            return strips + [closed(framed(self.line())).strip() for _ in range(height - len(strips))]
        kept = min(self._last, max(2, height // 2), height - 1) if self._top == 0 else 0
        first = len(self._rows) - self._last
        head = self._rows[self._top : self._top + height - 1 - kept]
        hidden = first - len(head) if kept else below + 1
        more = Row((Piece(f"{hidden} row{'' if hidden == 1 else 's'} more: pgdn", "muted"),))
        return [self._strip(row, width) for row in [*head, more, *self._rows[first : first + kept]]]

    def _strip(self, row: Row, width: int) -> Strip:
        line = framed(self.line()).add(row.pieces)
        if row.rule:
            line.write(" ").rule(width - 3)
        return closed(line).strip()


def plan_rows(
    plan: Plan, lines: Sequence[str], signs: Signs, room: int, state: str = "", revert_s: int | None = None
) -> Iterator[Row]:
    """MEANS and WILL RUN. `lines`: the commands; `state`: what is still to be read; `revert_s`: it goes back then."""
    if plan.consent is not Consent.NONE:
        yield from _asked(plan, signs, room, revert_s)
    means = [*plan.means, *(Meaning(Sign.LOSS, f"does not come back: {thing}") for thing in plan.lost)]
    if means:
        yield _head("MEANS")
        for meaning in means:
            yield from _meaning(meaning, signs, room)
        yield Row()
    count = f"{len(lines)} command" + ("" if len(lines) == 1 else "s")
    if not lines:
        yield _head(WILL_RUN, "nothing: it is so already")
    else:
        yield _head(WILL_RUN, f"{count}  {state}".rstrip())
    for line in lines:
        for text in wrapped(line, room, "    "):
            yield Row((Piece(text),))


def text_rows(head: str, text: str, room: int) -> Iterator[Row]:
    """A text as it is, line by line."""
    lines = text.splitlines()
    yield Row()
    yield _head(head, f"{len(lines):,} lines")
    for line in lines:
        yield from (Row((Piece(row, "muted"),)) for row in wrapped(line, room, "    "))


def refusal_rows(refusal: Refusal, signs: Signs, room: int) -> Iterator[Row]:
    """The reason, what the kernel would say, and what to do instead."""
    yield from _signed(signs.blocked, "danger", refusal.text, room)
    if refusal.kernel:
        yield Row()
        yield from _labelled("kernel", f"not asked: it would answer {refusal.kernel}", room)
    if refusal.instead:
        yield Row()
        yield _head("INSTEAD")
        for number, text in enumerate(refusal.instead, 1):
            yield from _signed(str(number), "strong", text, room)


def missing_rows(text: str, room: int) -> Iterator[Row]:
    """What is still to be typed."""
    for row in wrapped(text, room):
        yield Row((Piece(row, "muted"),))


def _asked(plan: Plan, signs: Signs, room: int, revert_s: int | None) -> Iterator[Row]:
    for why in plan.why_consent:
        yield from _signed(signs.look, "caution", why, room)
    if revert_s is not None and plan.consent is Consent.NAME_AND_TIMER:
        if plan.why_consent:
            yield Row()
        words = (
            f"It is applied, counted down, and taken back after {revert_s} s unless you confirm, "
            "even if this program or terminal dies."
        )
        yield from (Row((Piece(row),)) for row in wrapped(words, room))
    yield Row()


def _meaning(meaning: Meaning, signs: Signs, room: int) -> Iterator[Row]:
    sign, ink = {
        Sign.GAIN: (signs.up, "good"),
        Sign.MIND: (signs.look, "caution"),
        Sign.DEPENDS: (signs.unknown, "caution"),
        Sign.LOSS: (signs.blocked, "danger"),
    }[meaning.sign]
    yield from _signed(sign, ink, meaning.text, room)


def _signed(sign: str, ink: str, text: str, room: int) -> Iterator[Row]:
    for number, row in enumerate(wrapped(text, room - 2)):
        yield Row((Piece(f"{sign} " if number == 0 else "  ", ink, bold=True), Piece(row)))


def _labelled(label: str, text: str, room: int) -> Iterator[Row]:
    for number, row in enumerate(wrapped(text, room - 10)):
        yield Row((Piece(f"{label if number == 0 else '':<10}", "muted"), Piece(row, "muted")))


def _head(word: str, remark: str = "") -> Row:
    pieces = [Piece(word, "muted", bold=True)]
    if remark:
        pieces.append(Piece(f" {remark}", "muted"))
    return Row(tuple(pieces), rule=True)
