"""The state of a link as a sign, in the hue of its segment."""

from model.caption import State, state_of
from model.identity import LinkId
from model.link import Link
from model.segments import is_segment, place_of
from tui.session import Session
from tui.widgets.line import Line


def dot(line: Line, session: Session, link: Link) -> None:
    """One cell."""
    signs = line.pen.signs
    match state_of(session.graph, link):
        case State.UP:
            line.write(signs.up, hue(session, link))
        case State.UNKNOWN:
            line.write(signs.unknown, "caution", bold=True)
        case State.DOWN:
            line.write(signs.down, "danger", bold=True)
        case State.OFF:
            line.write(signs.down, "dim")


def hue(session: Session, link: Link) -> str:
    """The ink of the segment that it is, or leads to."""
    if is_segment(session.graph, link):
        return segment_ink(session, link.id)
    place = place_of(session.graph, link)
    return segment_ink(session, place.segment) if place is not None else "text"


def segment_ink(session: Session, segment: LinkId) -> str:
    """The ink of a segment."""
    return f"segment{session.letters.ordinal(segment) % 5}"
