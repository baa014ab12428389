"""The program in a real terminal, on a real network namespace."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.emulator import Emulator

PATIENCE_S = 20.0
ROOT = Path(__file__).parents[2]


class Terminal:
    """A program in a pseudo-terminal, and what that shows."""

    def __init__(self, fd: int, process: "subprocess.Popen[bytes]", columns: int, rows: int) -> None:
        self.fd = fd
        self.process = process
        self.raw = b""
        self._screen = Emulator(columns, rows)

    @property
    def text(self) -> str:
        return self._screen.text

    def read(self, seconds: float) -> bool:
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.raw += data
        self._screen.feed(data)
        return bool(data)

    def shows(self, text: str) -> None:
        """Wait for a text."""
        began = time.monotonic()
        while text not in self.text:
            assert time.monotonic() - began < PATIENCE_S, f"never: {text}\n{self.text[-4000:]}"
            self.read(0.2)

    def press(self, keys: str) -> None:
        os.write(self.fd, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._screen = Emulator(columns, rows)
        self.process.send_signal(signal.SIGWINCH)

    def ends(self) -> int:
        """Its exit status."""
        until = time.monotonic() + PATIENCE_S
        while self.process.poll() is None and time.monotonic() < until:
            self.read(0.1)
        return self.process.wait(timeout=PATIENCE_S)


@contextmanager
def in_terminal(*arguments: str, through: Sequence[str] = (), columns: int = 120, rows: int = 36) -> Iterator[Terminal]:
    controller, terminal = pty.openpty()
    fcntl.ioctl(controller, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environ = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "PYTHONUTF8": "1"}
    for name in ("NO_COLOR", "LC_ALL", "PYTEST_CURRENT_TEST", "COLUMNS", "LINES"):
        environ.pop(name, None)
    process = subprocess.Popen(
        [*through, sys.executable, "-m", "tui", *arguments],
        stdin=terminal, stdout=terminal, stderr=terminal, env=environ, cwd=ROOT, start_new_session=True,
    )  # fmt: skip
    os.close(terminal)
    try:
        yield Terminal(controller, process, columns, rows)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        with contextlib.suppress(OSError):
            os.close(controller)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


@pytest.mark.root
def test_the_ui_shows_this_host_live_and_ends_cleanly(private_host: int, make_netns: Callable[[str], str]) -> None:
    box = make_netns("box")
    ip("link", "add", "br0", "type", "bridge")
    ip("link", "set", "br0", "up")
    ip("link", "add", "veth8pUZr", "type", "veth", "peer", "name", "eth0", "netns", box)
    ip("link", "set", "veth8pUZr", "master", "br0", "up")
    ip("-n", box, "link", "set", "eth0", "up")
    with in_terminal() as terminal:
        terminal.shows("LIVE")
        terminal.shows("veth8pUZr")
        terminal.press("2")
        terminal.shows("OTHER END")
        ip("link", "set", "veth8pUZr", "down")
        ip("link", "set", "veth8pUZr", "name", "vethNEW")
        terminal.shows("vethNEW")
        for columns, rows in ((20, 5), (80, 24), (10, 3), (160, 45)):
            terminal.resize(columns, rows)
        terminal.shows("br0")
        terminal.press("q")
        assert terminal.ends() == 0
    assert b"Traceback" not in terminal.raw


ALONE = (
    "unshare", "--mount", "--pid", "--fork", "--net", "--mount-proc", "--kill-child",
    "sh", "-c", 'findmnt -n -r -o TARGET -t nsfs | xargs -r umount -l; ip link set lo up && exec "$@"', "sh",
)  # fmt: skip
"""A world in which nothing is patched, whatever else this machine does."""


@pytest.mark.root
def test_an_empty_host_offers_the_practice_lab_and_d_opens_it() -> None:
    with in_terminal(through=ALONE) as terminal:
        terminal.shows("Looking again as things appear")
        terminal.press("D")
        terminal.shows("practice-lab")
        terminal.shows("tinderbox")
        terminal.press("q")
        assert terminal.ends() == 0


SHELL = ("setsid", "--ctty", "--wait", "bash", "--norc", "-c", 'set -m; "$@"; echo "SUSPENDED"; fg >/dev/null', "bash")
"""A shell with job control, that takes up again what was suspended."""


@pytest.mark.root
def test_ctrl_z_goes_back_to_the_shell_and_fg_to_the_ui(private_host: int) -> None:
    with in_terminal(through=SHELL) as terminal:
        terminal.shows("LIVE")
        terminal.press("\x1a")
        until = time.monotonic() + PATIENCE_S
        while b"SUSPENDED" not in terminal.raw and time.monotonic() < until:
            terminal.read(0.2)
        assert b"SUSPENDED" in terminal.raw
        terminal.press("5")
        terminal.shows("events")
        terminal.press("q")
        assert terminal.ends() == 0


@pytest.mark.root
def test_ctrl_z_without_a_shell_says_why_not(private_host: int) -> None:
    with in_terminal() as terminal:
        terminal.shows("LIVE")
        terminal.press("\x1a")
        terminal.shows("needs a shell that started it")
        terminal.press("q")
        assert terminal.ends() == 0
