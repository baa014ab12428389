"""Colours: the two themes, what stands for them on poorer terminals, and inks to write with."""

import os
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Final

from rich.color import Color
from rich.style import Style
from textual.theme import Theme

from tui.palette import DARK, LIGHT, Palette

SEGMENT_HUES: Final = 5


class Depth(Enum):
    """How many colours a terminal has."""

    FULL = "full"
    SIXTEEN = "16"
    NONE = "none"
    """NO_COLOR: attributes only."""


_DEFAULT = "default"
SIXTEEN_DARK: Final = Palette(
    ground=_DEFAULT,
    band=_DEFAULT,
    bar=_DEFAULT,
    text=_DEFAULT,
    strong=_DEFAULT,
    muted=_DEFAULT,
    dim=_DEFAULT,
    edge=_DEFAULT,
    select="blue",
    flash="yellow",
    good="green",
    caution="yellow",
    danger="red",
    segments=("bright_blue", "magenta", "cyan", "white", "bright_blue"),
    chip="black",
)
SIXTEEN_LIGHT: Final = Palette(
    ground=_DEFAULT,
    band=_DEFAULT,
    bar=_DEFAULT,
    text=_DEFAULT,
    strong=_DEFAULT,
    muted=_DEFAULT,
    dim=_DEFAULT,
    edge=_DEFAULT,
    select="blue",
    flash="yellow",
    good="green",
    caution=_DEFAULT,
    danger="red",
    segments=("blue", "magenta", "cyan", _DEFAULT, "blue"),
    chip="white",
)

DARK_NAME: Final = "jackfield-dark"
LIGHT_NAME: Final = "jackfield-light"
PALETTES: Final = {
    (DARK_NAME, Depth.FULL): DARK,
    (LIGHT_NAME, Depth.FULL): LIGHT,
    (DARK_NAME, Depth.SIXTEEN): SIXTEEN_DARK,
    (LIGHT_NAME, Depth.SIXTEEN): SIXTEEN_LIGHT,
    (DARK_NAME, Depth.NONE): SIXTEEN_DARK,
    (LIGHT_NAME, Depth.NONE): SIXTEEN_LIGHT,
}


class Inks:
    """Styles by the design's words: `inks("muted")`, `inks("strong", "select", bold=True)`."""

    def __init__(self, name: str, depth: Depth) -> None:
        self.name = name
        self.depth = depth
        self._palette = PALETTES[name, depth]
        self._styles: dict[tuple[str, str, bool, bool], Style] = {}

    def __call__(self, ink: str = "text", ground: str = "ground", *, bold: bool = False, strike: bool = False) -> Style:
        key = (ink, ground, bold, strike)
        style = self._styles.get(key)
        if style is None:
            style = self._styles[key] = self._make(ink, ground, bold=bold, strike=strike)
        return style

    def _make(self, ink: str, ground: str, *, bold: bool, strike: bool) -> Style:
        """Quiet text is not quiet on the selection. Chips and tabs, and without colours all grounds, are reversed."""
        if ground in ("select", "flash") and ink in ("muted", "dim"):
            ink = "text"
        on_hue = ground.startswith("segment") or ground == "text"
        bold = bold or on_hue or (ink == "strong" and self.depth is not Depth.FULL)
        if ground == "edge" and self.depth is Depth.SIXTEEN:
            return Style(bgcolor="bright_black")
        if self.depth is Depth.NONE:
            reverse = ground in ("select", "flash", "edge") or on_hue
            return Style(bold=bold or ink in ("caution", "danger"), dim=ink == "edge", strike=strike, reverse=reverse)
        if self.depth is Depth.SIXTEEN:
            if ground == "text":
                return Style(bold=True, reverse=True)
            if ground == "select":
                return Style(color="bright_white", bgcolor="blue", bold=bold, strike=strike)
            bold = bold or ink == "caution"
        colour = self.colour("chip" if on_hue else ink)
        dim = ink == "edge" and self.depth is Depth.SIXTEEN
        return Style(color=colour, bgcolor=self.colour(ground), bold=bold, dim=dim or None, strike=strike)

    def colour(self, token: str) -> Color:
        """A token's colour; `segment2` is the hue of the third segment."""
        if token.startswith("segment"):
            return _colour(self._palette.segments[int(token.removeprefix("segment")) % SEGMENT_HUES])
        return _colour(str(getattr(self._palette, token)))


@cache
def _colour(text: str) -> Color:
    return Color.parse(text)


def themes(depth: Depth) -> list[Theme]:
    """The themes to register: dark and light, under the same names whatever the terminal can show."""
    return [_theme(name, PALETTES[name, depth], depth) for name in (DARK_NAME, LIGHT_NAME)]


def _theme(name: str, palette: Palette, depth: Depth) -> Theme:
    ansi = depth is not Depth.FULL

    def css(colour: str) -> str:
        if not ansi:
            return colour
        return f"ansi_{colour}"

    variables = {
        "jf-strong": css(palette.strong),
        "jf-muted": css(palette.muted),
        "jf-dim": css(palette.dim),
        "jf-edge": css(palette.edge),
        "jf-select": css(palette.select),
        "jf-flash": css(palette.flash),
        "input-cursor-background": css(palette.strong),
        "input-cursor-foreground": css(palette.ground),
        "input-selection-background": css(palette.select),
        "jf-selection-style": "reverse" if depth is Depth.NONE else "none",
        "ansi-background": css(palette.ground),
        "ansi-foreground": css(palette.text),
        "input-cursor-text-style": "reverse" if ansi else "none",
    } | {f"jf-segment-{number}": css(hue) for number, hue in enumerate(palette.segments)}
    return Theme(
        name=name,
        primary=css(palette.segments[0]),
        secondary=css(palette.segments[4]),
        accent=css(palette.segments[0]),
        foreground=css(palette.text),
        background=css(palette.ground),
        surface=css(palette.band),
        panel=css(palette.bar),
        success=css(palette.good),
        warning=css(palette.caution),
        error=css(palette.danger),
        dark=name == DARK_NAME,
        variables=variables,
        ansi=ansi,
    )


def choose_depth(environ: Mapping[str, str] = os.environ) -> Depth:
    """What the terminal can show, as its environment says."""
    term = environ.get("TERM", "")
    if environ.get("NO_COLOR") or term in ("dumb", "vt100", "vt220"):
        return Depth.NONE
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") or "256color" in term or "direct" in term:
        return Depth.FULL
    few = ("linux", "ansi", "xterm", "screen", "tmux", "rxvt", "cygwin", "xterm-color", "xterm-16color")
    return Depth.SIXTEEN if term in few else Depth.FULL


def choose_theme(environ: Mapping[str, str] = os.environ) -> str:
    """Light where the terminal says that its ground is light (COLORFGBG: `0;15`)."""
    ground = environ.get("COLORFGBG", "").rpartition(";")[2]
    return LIGHT_NAME if ground in ("7", "15") else DARK_NAME
