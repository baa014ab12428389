"""Asking the terminal what it does."""

import os
import re
import select
import sys
import termios
import tty
from typing import Final

ANSWER_S: Final = 0.1


def draws_wide() -> bool:
    """Whether this terminal draws an ambiguous character two cells wide (DSR 6: report the cursor's position)."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    try:
        tty.setcbreak(fd)
        sys.stdout.write("\r●\x1b[6n")
        sys.stdout.flush()
        answer = _answer(fd)
        sys.stdout.write("\r\x1b[K")
        sys.stdout.flush()
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)
    found = re.search(rb"\x1b\[\d+;(\d+)R", answer)
    return found is not None and int(found[1]) == 3


def _answer(fd: int) -> bytes:
    answer = b""
    while not answer.endswith(b"R") and select.select([fd], [], [], ANSWER_S)[0]:
        answer += os.read(fd, 64)
    return answer
