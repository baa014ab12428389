"""RATE: what goes in and out of a link in the last minute, through whose eyes, and what was lost."""

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Final

from model.link import Link
from model.rates import Counters, Rate
from model.traffic import below_peak, over_time, peak_of, shown_bits
from model.viewpoint import Viewpoint, switches, viewpoint
from tui.session import Session
from tui.widgets.detail_item import LABEL, Item, fact
from tui.widgets.line import Line, Piece, length_of
from tui.widgets.sparkline import sparkline

_VALUE: Final = 9
"""Cells for `2.3 Mb/s` and a space."""
_LONGEST: Final = 30
_SHORTEST: Final = 4


class Standing(Enum):
    """What there is to say of the rates of a link: as many lines as this takes."""

    UNREAD = "unread"
    SOUND = "sound"
    LOSING = "losing"


def standing(session: Session, link: Link) -> Standing:
    """Nothing, rates, or also what was lost."""
    totals = session.rates.totals(link.id)
    if totals is None:
        return Standing.UNREAD
    lost = totals.rx_errors + totals.tx_errors + totals.rx_dropped + totals.tx_dropped
    return Standing.LOSING if lost else Standing.SOUND


def rate_items(session: Session, link: Link, hue: str) -> Iterator[Item]:
    """The part of the detail."""
    seen = viewpoint(session.graph, link)
    yield _heading(seen)
    stands = standing(session, link)
    if stands is Standing.UNREAD:
        yield fact("in", "being read", "dim")
        yield fact("out", "being read", "dim")
        return

    def rates() -> tuple[Rate, ...]:
        return _as_seen(session, link, seen)

    yield _way("in", rates, hue)
    yield _way("out", rates, hue)
    if stands is Standing.SOUND:
        yield _no_losses()
    else:
        yield _loss("errors", rates, lambda: session.rates.totals(link.id), "danger")
        yield _loss("drops", rates, lambda: session.rates.totals(link.id), "caution")
    if switches(link):
        yield Item(lambda line: line.write("its own, not what its ports exchange", "muted", room=max(0, line.room)))


def rate_pieces(session: Session, link: Link, hue: str, line: Line) -> list[Piece]:
    """The same in one line."""
    seen = viewpoint(session.graph, link)
    rates = _as_seen(session, link, seen)
    if not rates:
        return [Piece("in and out are being read", "dim")]
    errors, drops = sum(rate.errors for rate in rates), sum(rate.drops for rate in rates)
    cells = min(_LONGEST, max(_SHORTEST, (line.room - 52) // 2))
    pieces: list[Piece] = []
    for word, shown in (("in", rates[-1].rx_bits), ("  out", rates[-1].tx_bits)):
        pieces.append(Piece(f"{word} ", "muted"))
        pieces += _spark(word.strip(), rates, hue, cells, line)
        pieces.append(Piece(f" {shown_bits(shown)}"))
    pieces += [Piece("  errors ", "muted"), Piece(f"{errors:,}", "danger" if errors else "text", bool(errors))]
    pieces += [Piece("  drops ", "muted"), Piece(f"{drops:,}", "caution" if drops else "text", bool(drops))]
    whose = Piece(f"  as {seen.name} sees it", "muted")
    return [*pieces, whose] if length_of([*pieces, whose]) <= line.room else pieces


def _as_seen(session: Session, link: Link, seen: Viewpoint) -> tuple[Rate, ...]:
    rates = session.rates.history(link.id)
    return tuple(rate.mirrored() for rate in rates) if seen.is_mirrored else rates


def _heading(seen: Viewpoint) -> Item:
    def write(line: Line) -> None:
        remark = [Piece("60 s", "muted")]
        line.write("RATE", "muted", bold=True).write("  ")
        line.write(f"as {seen.name} sees it", "muted", room=max(0, line.room - length_of(remark) - 1)).right(remark)

    return Item(write)


def _way(word: str, read: Callable[[], tuple[Rate, ...]], hue: str) -> Item:
    def write(line: Line) -> None:
        start, rates = line.at, read()
        line.write(word, "muted").to(start + LABEL)
        if not rates:
            line.write("being read", "dim")
            return
        cells = min(_LONGEST, line.room - _VALUE)
        if cells >= _SHORTEST:
            line.add(_spark(word, rates, hue, cells, line))
        line.right([Piece(shown_bits(rates[-1].rx_bits if word == "in" else rates[-1].tx_bits))])

    return Item(write, is_counted=True)


def _spark(word: str, rates: tuple[Rate, ...], hue: str, cells: int, line: Line) -> list[Piece]:
    """Both ways on one scale."""
    peak = peak_of(rates)
    both = over_time(rates, cells)
    bits = [received if word == "in" else sent for received, sent in both]
    return sparkline((None if one is None else below_peak(one, peak) for one in bits), hue, line.pen.signs)


def _no_losses() -> Item:
    def write(line: Line) -> None:
        start = line.at
        line.write("errors", "muted").to(start + LABEL).write("0").to(start + LABEL + 5)
        line.write("drops ", "muted").write("0")

    return Item(write)


def _loss(word: str, read: Callable[[], tuple[Rate, ...]], total: Callable[[], Counters | None], ink: str) -> Item:
    """Only what was lost in the last minute stands out."""

    def write(line: Line) -> None:
        start, totals = line.at, total() or Counters(0.0)
        is_errors = word == "errors"
        lately = sum(rate.errors if is_errors else rate.drops for rate in read())
        ever = totals.rx_errors + totals.tx_errors if is_errors else totals.rx_dropped + totals.tx_dropped
        line.write(word, "muted").to(start + LABEL)
        line.write(f"{lately:,}", ink if lately else "text", bold=bool(lately))
        if ever:
            line.right([Piece(f"{ever:,} in all", "muted")])

    return Item(write, is_counted=True)
