"""What is kept of a host end, in three cells: the pin, and the guard or the seal."""

from model.identity import LinkId
from model.port_marks import UNMARKED, PortMarks
from tui.session import Session
from tui.signs import Signs
from tui.widgets.line import Piece


def marks_across(session: Session, inside: LinkId) -> PortMarks:
    """Of the host end of a cable, told from the end inside."""
    graph, kept = session.graph, session.kept
    host_end = graph.ends(inside).peer
    if kept is None or inside.namespace == graph.home:
        return UNMARKED
    if not isinstance(host_end, LinkId) or host_end.namespace != graph.home:
        return UNMARKED
    return kept.marks_of(host_end, session.clock())


def pin_piece(marks: PortMarks, signs: Signs) -> Piece:
    """One cell; empty where nothing is pinned."""
    if marks.pin == "drift":
        return Piece(signs.drifted, "caution", bold=True)
    return Piece(signs.pinned if marks.pin else "")


def guard_piece(marks: PortMarks, signs: Signs) -> Piece:
    """Two cells; empty where nothing is guarded. In amber it dropped something lately, or its rules are not there."""
    if not marks.sends:
        return Piece("")
    return Piece(f"{signs.guarded}{marks.sends}", "caution" if marks.loud else "good", marks.loud)


def mark_pieces(marks: PortMarks, signs: Signs) -> list[Piece]:
    """Behind a name; none where nothing is kept."""
    pieces = [piece for piece in (pin_piece(marks, signs), guard_piece(marks, signs)) if piece.text]
    return [Piece(" "), *pieces] if pieces else []
