"""Every sign on the screen, and what stands for it on a terminal that cannot show it. Decided once, at the start."""

import locale
import os
from collections.abc import Mapping
from dataclasses import dataclass

CJK = ("zh", "ja", "ko")
"""Languages whose terminals may show `●` two cells wide (Unicode: East Asian Ambiguous)."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What each sign looks like. All are one cell wide."""

    up: str = "●"
    down: str = "○"
    unknown: str = "?"
    blocked: str = "\N{MULTIPLICATION SIGN}"
    gone: str = "†"
    new: str = "+"
    removed: str = "-"
    changed: str = "~"
    look: str = "!"
    marked: str = "*"
    learned: str = "≈"
    folded: str = "+"
    open: str = "-"
    direct: str = "↔"
    path: str = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
    becomes: str = "→"
    dot: str = "·"
    cut: str = "…"
    read_only: str = "■"
    pinned: str = "♦"
    drifted: str = "◊"
    guarded: str = "▼"
    rule: str = "─"
    wall: str = "│"
    tee: str = "├"
    last: str = "└"
    rail: str = "┃"
    parent_rail: str = "║"
    unseen: str = "╌"
    jack: str = "┤"
    jack_heavy: str = "┫"
    outside: str = "▲"
    ascending: str = "↑"
    descending: str = "↓"
    levels: str = "·▁▂▃▄▅▆▇█"
    """Rates; the first one: no traffic."""
    corners: str = "╭╮╰╯"


UNICODE = Signs()
ASCII = Signs(
    up="*",
    down="o",
    blocked="x",
    gone="x",
    learned="~",
    direct="=",
    path=">",
    becomes=">",
    dot="-",
    cut="~",
    read_only="#",
    pinned="p",
    drifted="P",
    guarded="#",
    rule="-",
    wall="|",
    tee="|",
    last="`",
    rail="#",
    parent_rail="H",
    unseen=".",
    jack="|",
    jack_heavy="|",
    outside="^",
    ascending="^",
    descending="v",
    levels=" ..::++##",
    corners="++++",
)


def choose_signs(
    *,
    ascii_only: bool = False,
    environ: Mapping[str, str] = os.environ,
    encoding: str | None = None,
    wide: bool = False,
) -> Signs:
    """ASCII where it was asked for, or nothing else can be shown. `wide`: ambiguous characters take two cells."""
    encoding = locale.getpreferredencoding(do_setlocale=False) if encoding is None else encoding
    is_utf8 = encoding.lower().replace("-", "") == "utf8"
    if ascii_only or wide or not is_utf8 or environ.get("TERM") == "linux":
        return ASCII
    return UNICODE


def may_be_wide(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal should be asked how wide it draws ambiguous characters."""
    language = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    return language.startswith(CJK)
