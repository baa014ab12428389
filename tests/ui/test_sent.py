"""What is sent to the terminal: little, and never less than what makes it show the picture."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip

from backend.fake import FakeHost
from tests.emulator import Emulator
from tests.ui.stage import on_stage
from tests.yamato import yamato
from tui.app import JackfieldApp
from tui.sent import Sent, Thrifty

CONSOLE = Console(color_system="truecolor", force_terminal=True)
WIDTH, HEIGHT, CUT = 24, 4, 15
TEXTS = ["a", "bb", "veth0", "      ", "●▁█", "日本", "e\u0301", "─┤"]
STYLES = [
    None,
    Style(color="#102030", bgcolor="#ffffff"),
    Style(color="#102030", bgcolor="#000000"),
    Style(color="red", bgcolor="#000000", bold=True),
    Style(color="#102030", bgcolor="#000000", strike=True, reverse=True),
]


@st.composite
def strips(draw: st.DrawFn, width: int) -> Strip:
    """Texts in some colours, filled to the width."""
    segments, at = [], 0
    for text in draw(
        st.lists(st.sampled_from(["a", "bb", "veth0", "      ", "●▁█", "日本", "e\u0301", "─┤"]), max_size=8)
    ):
        segment = Segment(text, draw(st.sampled_from(STYLES)))
        if at + segment.cell_length <= width:
            segments.append(segment)
            at += segment.cell_length
    return Strip([*segments, Segment(" " * (width - at), draw(st.sampled_from(STYLES)))], width)


@st.composite
def updates(draw: st.DrawFn) -> LayoutUpdate | ChopsUpdate:
    """A whole picture, or some regions of one; rows are cut in different places."""
    if draw(st.integers(0, 5)) == 0:
        rows = [[draw(strips(CUT)), draw(strips(WIDTH - CUT))] for _ in range(HEIGHT)]
        return LayoutUpdate([*rows], Region(0, 0, WIDTH, HEIGHT))
    chops: list[dict[int, Strip | None]] = []
    ends = []
    for _ in range(HEIGHT):
        cuts = draw(st.sampled_from([[0, CUT, WIDTH], [0, 4, CUT, WIDTH], [0, WIDTH]]))
        chops.append({x: draw(strips(end - x)) for x, end in pairwise(cuts)})
        ends.append(cuts[1:])
    touched = draw(st.lists(st.integers(0, HEIGHT - 1), min_size=1, max_size=HEIGHT, unique=True))
    return ChopsUpdate(chops, [(y, 0, WIDTH) for y in sorted(touched)], ends)


def first_picture() -> LayoutUpdate:
    return LayoutUpdate([[Strip.blank(WIDTH)] for _ in range(HEIGHT)], Region(0, 0, WIDTH, HEIGHT))


@settings(max_examples=60, deadline=None)
@given(st.lists(updates(), min_size=1, max_size=6))
def test_the_terminal_shows_what_it_would_show_if_all_were_sent(pictures: list[LayoutUpdate | ChopsUpdate]) -> None:
    ours, theirs, sent = Emulator(WIDTH, HEIGHT), Emulator(WIDTH, HEIGHT), Sent()
    for picture in (first_picture(), *pictures):
        ours.feed(sent.bytes_for(picture, CONSOLE).encode())
        theirs.feed(picture.render_segments(CONSOLE).encode())
        assert ours.cells == theirs.cells


def row(*texts: str, width: int = 40) -> Strip:
    line = Strip([Segment(text, STYLES[2]) for text in texts])
    return line.extend_cell_length(width)


def chops(strip: Strip) -> ChopsUpdate:
    return ChopsUpdate([{0: strip}], [(0, 0, strip.cell_length)], [[strip.cell_length]])


def test_only_the_cells_that_differ_are_sent() -> None:
    sent = Sent()
    sent.bytes_for(chops(row("veth0  ", "▁▁", "  up")), CONSOLE)
    assert sent.bytes_for(chops(row("veth0  ", "▁▃", "  up")), CONSOLE) == (
        "\x1b[1;9H\x1b[38;2;16;32;48;48;2;0;0;0m▃\x1b[0m"
    )


def test_what_is_shown_already_is_not_sent_again() -> None:
    sent = Sent()
    sent.bytes_for(chops(row("veth0")), CONSOLE)
    assert sent.bytes_for(chops(row("veth0")), CONSOLE) == ""


def test_what_is_forgotten_is_sent_whole() -> None:
    sent = Sent()
    whole = sent.bytes_for(chops(row("veth0")), CONSOLE)
    sent.forget()
    assert sent.bytes_for(chops(row("veth0")), CONSOLE) == whole


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_after_every_key_the_terminal_shows_the_screen(size: tuple[int, int]) -> None:
    with emulated(size) as terminal:
        async with on_stage(yamato(), size) as stage:
            for key in KEYS:
                await stage.press(key)
                await stage.until(lambda: terminal.lines == stage.lines, f"the same on the terminal after {key}")


KEYS = (
    "down", "down", "space", "1", "right", "down", "Z", "pagedown", "3", "end", "s", "home", "question_mark", "escape",
    "colon", "w", "e", "escape", "2", "enter", "escape", "slash", "w", "escape", "f", "right", "escape", "5", "T",
)  # fmt: skip


async def test_another_size_is_drawn_whole() -> None:
    with emulated((80, 24)) as terminal:
        async with on_stage(yamato(), (80, 24)) as stage:
            terminal.cells = Emulator(80, 24).cells  # as some terminals do
            await stage.pilot.resize_terminal(80, 24)
            await stage.until(lambda: terminal.lines == stage.lines, "the same on the terminal")


@contextmanager
def emulated(size: tuple[int, int]) -> Iterator[Emulator]:
    """A terminal that is sent what the app would send if it had one."""
    terminal = Emulator(*size)

    def display(app: JackfieldApp, screen: Screen[Any], renderable: object) -> None:
        if isinstance(renderable, Thrifty):
            terminal.feed(renderable.render_segments(CONSOLE).encode())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(App, "_display", display)
        yield terminal


async def test_a_terminal_may_be_resized_before_there_is_a_screen() -> None:
    app = JackfieldApp(FakeHost([]))
    app.on_resize()
    assert not app.screen_stack
