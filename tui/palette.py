"""The colours of the design, dark and light. The only hex values of the screen; the exports are drawn in them, too."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Palette:
    """The tokens of the design, as colours that rich and Textual understand."""

    ground: str
    band: str
    bar: str
    text: str
    strong: str
    muted: str
    dim: str
    edge: str
    select: str
    flash: str
    good: str
    caution: str
    danger: str
    segments: tuple[str, str, str, str, str]
    chip: str
    """Text on a chip of a segment's hue, and on the current tab."""


DARK: Final = Palette(
    ground="#0F141A",
    band="#161D26",
    bar="#202B37",
    text="#D3DCE5",
    strong="#FFFFFF",
    muted="#8C9AA9",
    dim="#73808D",
    edge="#55636F",
    select="#1E4167",
    flash="#574512",
    good="#45D09E",
    caution="#F2B441",
    danger="#FF6F52",
    segments=("#5FBDF7", "#E08AC4", "#63CFAE", "#D6C98F", "#8087F2"),
    chip="#0F141A",
)
LIGHT: Final = Palette(
    ground="#FCFCFA",
    band="#F1F4F6",
    bar="#DFE6EC",
    text="#1D2833",
    strong="#000000",
    muted="#596775",
    dim="#6B7783",
    edge="#8E9BA8",
    select="#C9E1FA",
    flash="#FFE9A8",
    good="#0A6B4C",
    caution="#9C5800",
    danger="#A8120F",
    segments=("#0067A8", "#A2307A", "#007466", "#575000", "#4A4FC0"),
    chip="#FFFFFF",
)
