"""Words of a POSIX shell: any host text as one word that means exactly that text, and is fit for a terminal.

What is visible is quoted as it is. What is not (control characters, bytes that are no UTF-8, bidirectional overrides)
is written as octal digits for printf(1), so that neither the terminal nor the shell is told anything by it. `$'...'` is
no POSIX and missing in dash.
"""

import shlex
from collections.abc import Iterable
from typing import NamedTuple

from model.names import display_name, raw_bytes


class Verbatim(NamedTuple):
    """A piece of our own that the shell shall read as it stands: `$$`."""

    text: str


Word = str | Verbatim

_AS_THEY_ARE = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _./:@,+=-")


def shell_line(words: Iterable[Word]) -> str:
    """One line that runs a program with exactly these words as its arguments.

    A command substitution drops newlines at the end, so that a text that ends in one goes through a variable first.
    """
    before: list[str] = []
    line: list[str] = []
    for word in words:
        if isinstance(word, Verbatim):
            line.append(word.text)
        elif word.endswith("\n"):
            variable = f"n{len(before) + 1}"
            before.append(f"{variable}={_printed(word + '.')}")
            line.append(f'"${{{variable}%.}}"')
        else:
            line.append(quoted(word))
    return "; ".join([*before, " ".join(line)])


def quoted(text: str) -> str:
    """One word. Not for a text that ends in a newline: see `shell_line`."""
    return shlex.quote(text) if display_name(text or "x") == (text or "x") else _printed(text)


def _printed(text: str) -> str:
    octal = "".join(chr(byte) if byte in _AS_THEY_ARE else f"\\{byte:03o}" for byte in raw_bytes(text))
    if octal.startswith("-"):
        octal = f"\\055{octal[1:]}"
    return f"\"$(printf '{octal}')\""
