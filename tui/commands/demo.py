"""`jackfield demo`: a private practice lab, and whatever the program shows on any host, in it."""

from backend.practice_lab import LabRefused, enter
from tui.commands.exits import Exit
from tui.commands.printing import Paper


def enter_lab(paper: Paper) -> Exit | None:
    """Go on inside the lab; an Exit where there can be none: the reason is told."""
    try:
        enter()
    except LabRefused as refused:
        paper.note(f"no practice lab here: {refused.reason} {refused.way_out}")
        return Exit.NOT_PERMITTED
    return None
