"""`jackfield demo`: a private practice lab, and whatever the program shows on any host, in it."""

import os
from pathlib import Path
from typing import Final

from backend.practice_lab import LabRefused, enter
from tui.commands.exits import Exit
from tui.commands.printing import Paper

STATE: Final = "/run/jackfield"
"""The lab's own: what is done in it is nobody's business outside, and goes with it."""

LAB_POLICY: Final = Path(STATE) / "policy.toml"
"""What is kept in the lab is not what is kept on this host."""


def enter_lab(paper: Paper) -> Exit | None:
    """Go on inside the lab; an Exit where there can be none: the reason is told."""
    try:
        enter()
    except LabRefused as refused:
        paper.note(f"no practice lab here: {refused.reason} {refused.way_out}")
        return Exit.NOT_PERMITTED
    os.environ["JACKFIELD_STATE_DIR"] = STATE
    return None
