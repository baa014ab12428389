"""CABLE: the way from the inside to the outside, top to bottom, each hop with the state of its port."""

from collections.abc import Iterator

from model.cable_path import Hop, path_of
from model.link import Link
from tui.session import Session
from tui.widgets.bars import chip_line
from tui.widgets.detail_item import Item, head
from tui.widgets.line import Line
from tui.widgets.link_dot import dot, hue


def cable_items(session: Session, link: Link) -> Iterator[Item]:
    """Nothing, where it leads nowhere."""
    hops = path_of(session.graph, link)
    if len(hops) < 2:
        return
    ink = hue(session, link)
    yield head("CABLE")
    for place, hop in enumerate(hops):
        yield _stop(session, hop, ink, is_here=hop.link == link.id)
        if place < len(hops) - 1:
            yield _stretch(hop, ink)


def _stop(session: Session, hop: Hop, ink: str, *, is_here: bool) -> Item:
    def write(line: Line) -> None:
        link = session.graph.link(hop.link) if hop.link is not None else None
        if hop.is_segment and link is not None:
            chip_line(line, f" {session.letters.letter(link.id)} ", session.letters.ordinal(link.id)).write(" ")
            line.write(hop.name, "strong", bold=True, room=line.room)
        elif link is None and not hop.remark:
            line.write(f"{line.pen.signs.unknown} ", "caution", bold=True).write("unknown: hidden from us", "caution")
        elif link is None:
            line.write(line.pen.signs.up, ink).write(f" {hop.name}", "text")
        else:
            dot(line, session, link)
            line.write(f" {hop.name}", "strong" if is_here else "text", bold=is_here, room=line.room)
            if not link.up:
                line.write(" off", "danger")
        if hop.remark:
            nic = session.observed.nics.get(hop.link) if hop.link is not None else None
            speed = f", {nic.speed_words}" if nic is not None and nic.speed_words else ""
            line.write(f"  {hop.remark}{speed}", "muted", room=max(0, line.room))

    return Item(write)


def _stretch(hop: Hop, ink: str) -> Item:
    def write(line: Line) -> None:
        words = f" {line.pen.signs.dot} ".join(hop.join)
        line.write(line.pen.signs.rail, ink).write(f" {words}", "muted", room=line.room)

    return Item(write)
