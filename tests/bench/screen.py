"""What the screen costs: `python -m tests.bench.screen` measures only this, and writes its part of the page anew.

The whole program in a pseudo-terminal of 160x45, on a host in memory (tests/bench/shown.py): no kernel is needed.
"""

import compileall
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from tests.bench.screen_page import Place, ScreenCost, Spread, with_screen
from tests.bench.terminal import Terminal, terminal

PAGE: Final = Path(__file__).parents[2] / "docs" / "benchmarks.md"
SMALL: Final = 30
LARGE: Final = 1000
SCREENS: Final = {"Map": "1", "Tree": "2", "Table": "3"}
_UP, _DOWN, _RIGHT, _LEFT, _END, _HOME = (f"\x1b[{letter}" for letter in "ABCDFH")
_PAGE_UP, _PAGE_DOWN = "\x1b[5~", "\x1b[6~"
_WALK: Final = (_DOWN, _DOWN, _DOWN, _UP, _PAGE_DOWN, _DOWN, _LEFT, _RIGHT, _DOWN, _PAGE_UP, _END, _UP, _HOME)
"""Each of them changes the picture; but the table knows no left and right, and draws nothing."""
_CALM_S: Final = 0.12
"""After so long a silence nothing of the last key is still to come."""
_ROUNDS: Final = 6
_STORM_S: Final = 10.0
_FLOW_S: Final = 6.0
_IDLE_S: Final = 10.0


def measure_screen() -> ScreenCost:
    """About three minutes."""
    for package in ("model", "backend", "tui"):  # as an installation does, whatever PYTHONDONTWRITEBYTECODE says
        compileall.compile_dir(PAGE.parents[1] / package, quiet=1)
    firsts = [(_first_paint(SMALL), _first_paint(LARGE)) for _ in range(5)]
    return ScreenCost(
        median(small for small, _ in firsts),
        median(large for _, large in firsts),
        {name: _place(tab) for name, tab in SCREENS.items()},
    )


def _ui(boxes: int, fd: int) -> list[str]:
    return ["-m", "tests.bench.shown", str(boxes), str(fd)]


def _first_paint(boxes: int) -> float:
    """From the start of the process until it shows a whole picture: a bridge, and that it is live."""
    with terminal(lambda fd: _ui(boxes, fd)) as screen:
        return screen.shows("br0", "LIVE") - screen.began


def _place(tab: str) -> Place:
    """Everything unfolded, so that the screen is full of rows."""
    with terminal(lambda fd: _ui(LARGE, fd)) as screen:
        screen.shows("br0", "LIVE")
        screen.settle(0.5)
        for press in (tab, "Z" if tab == "1" else _HOME):
            screen.press(press)
            screen.settle(0.5)
        idle_bytes, idle_percent = _idle(screen)
        keys = _keys(screen)
        screen.press(_HOME)
        screen.settle(0.5)
        flow = _flow_bytes(screen)
        meters = _meters_ms(screen)
        before, began = screen.cpu_s(), time.monotonic()
        events = _events(screen)
        busy_percent = (screen.cpu_s() - before) / (time.monotonic() - began) * 100
        return Place(*keys, events, busy_percent, meters, flow / _FLOW_S / 1024, idle_bytes, idle_percent)


def _idle(screen: Terminal) -> tuple[int, float]:
    before = screen.cpu_s()
    came = screen.watch(_IDLE_S)
    return came, (screen.cpu_s() - before) / _IDLE_S * 100


def _keys(screen: Terminal) -> tuple[Spread, Spread, float]:
    """From the key until the terminal has the first picture, and until it has the last one before a pause; CPU ms."""
    firsts, lasts, costs = [], [], []
    for key in _WALK * _ROUNDS:
        while screen.read(_CALM_S):
            pass
        before = screen.cpu_s()
        pressed = screen.press(key)
        painted = screen.settle(_CALM_S, patience_s=0.5)
        if painted is not None:
            firsts.append(painted[0] - pressed)
            lasts.append(painted[1] - pressed)
            costs.append(screen.cpu_s() - before)
    return _spread(firsts), _spread(lasts), median(costs) * 1000


def _flow_bytes(screen: Terminal) -> int:
    before = len(screen.reel)
    screen.order("flow", seconds=_FLOW_S, everything=False)
    return sum(len(data) for _, data in screen.reel[before:])


def _meters_ms(screen: Terminal) -> float:
    screen.settle(0.5)
    before = screen.cpu_s()
    frames = screen.order("flow", seconds=_FLOW_S, everything=True)
    return float((screen.cpu_s() - before) / frames * 1000)


def _events(screen: Terminal) -> Spread:
    """From the delivery of an event until the terminal has what it says."""
    screen.forget()
    told: dict[str, float] = screen.order("storm", seconds=_STORM_S, per_s=1000)
    screen.settle(1.0)
    seen = screen.moments(told)
    return _spread([seen[text] - at for text, at in told.items() if text in seen], len(told) - len(seen))


def _spread(times_s: list[float], missing: int = 0) -> Spread:
    parts = quantiles(times_s, n=100)
    return Spread(median(times_s) * 1000, parts[94] * 1000, parts[98] * 1000, missing)


if __name__ == "__main__":
    PAGE.write_text(with_screen(PAGE.read_text(), measure_screen()))
