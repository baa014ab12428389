"""A program in a pseudo-terminal, and when it wrote what."""

import fcntl
import json
import os
import pty
import select
import socket
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.emulator import Emulator

PATIENCE_S: Final = 60.0
QUIET_S: Final = 0.04
"""After so long a silence a picture is finished."""


class Terminal:
    """What came, with the moments at which it was there to be read."""

    def __init__(
        self, fd: int, process: "subprocess.Popen[bytes]", orders: socket.socket, began: float, screen: Emulator
    ) -> None:
        self._fd = fd
        self._orders = orders
        self.process = process
        self.began = began
        self.reel: list[tuple[float, bytes]] = []
        self._screen = screen
        self._drawn = 0
        """So much of the reel was drawn on the screen."""

    def read(self, seconds: float) -> bool:
        """Wait for more, at most so long. False: nothing came."""
        if not select.select([self._fd], [], [], max(0.0, seconds))[0]:
            return False
        data = os.read(self._fd, 1 << 20)
        self.reel.append((time.monotonic(), data))
        return bool(data)

    def shows(self, *texts: str) -> float:
        """Wait until all of these are on the screen; when the last of them was."""
        moments: dict[str, float] = {}
        until = time.monotonic() + PATIENCE_S
        while len(moments) < len(texts):
            if time.monotonic() > until:
                raise TimeoutError(f"never on the screen: {set(texts) - moments.keys()}")
            self.read(0.2)
            moments |= self.moments(text for text in texts if text not in moments)
        return max(moments.values())

    def forget(self) -> None:
        """What was shown until now is of no interest."""
        self.moments(())
        self.reel.clear()
        self._drawn = 0

    def moments(self, texts: Iterable[str]) -> dict[str, float]:
        """Of those texts that came to the screen since this was asked last: when each did.

        Only cells that change are sent, so a text need not be among the bytes: a terminal is emulated.
        """
        missing, found = set(texts), dict[str, float]()
        for when, data in self.reel[self._drawn :]:
            touched = self._screen.feed(data)
            lines = [line for y, line in enumerate(self._screen.lines) if y in touched] if missing else []
            for text in [text for text in missing if any(text in line for line in lines)]:
                missing.discard(text)
                found[text] = when
        self._drawn = len(self.reel)
        return found

    def settle(self, quiet_s: float = QUIET_S, patience_s: float = 5.0) -> tuple[float, float] | None:
        """Wait for a pause; when the first and the last byte before it came. None: none came."""
        before = len(self.reel)
        until = time.monotonic() + patience_s
        while not self.read(0.05) and time.monotonic() < until:
            pass
        while self.read(quiet_s) and time.monotonic() < until:
            pass
        came = self.reel[before:]
        return (came[0][0], came[-1][0]) if came else None

    def press(self, key: str) -> float:
        """When it was pressed."""
        now = time.monotonic()
        os.write(self._fd, key.encode())
        return now

    def order(self, do: str, **words: object) -> Any:
        """Have something done to the host, and read meanwhile what is written."""
        self._orders.sendall(json.dumps({"do": do, **words}).encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            ready, _, _ = select.select([self._fd, self._orders.fileno()], [], [], PATIENCE_S)
            if self._fd in ready:
                self.read(0)
            if self._orders.fileno() in ready:
                answer += self._orders.recv(1 << 20)
        return json.loads(answer)

    def watch(self, seconds: float) -> int:
        """Read for so long; how many bytes came."""
        before, until = len(self.reel), time.monotonic() + seconds
        while time.monotonic() < until:
            self.read(until - time.monotonic())
        return sum(len(data) for _, data in self.reel[before:])

    def cpu_s(self) -> float:
        """CPU time of all its threads (schedstat, proc(5))."""
        tasks = Path(f"/proc/{self.process.pid}/task")
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9


@contextmanager
def terminal(command: Callable[[int], list[str]], columns: int = 160, rows: int = 45) -> Iterator[Terminal]:
    """Run a command that is told the descriptor its orders come through; it is ended with the body."""
    controller, ours = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environ = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "LC_ALL")}
    environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    here, there = socket.socketpair()
    with here, there:
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, *command(there.fileno())],
            stdin=ours, stdout=ours, stderr=ours, env=environ, start_new_session=True, pass_fds=[there.fileno()],
        )  # fmt: skip
        os.close(ours)
        try:
            yield Terminal(controller, process, here, began, Emulator(columns, rows))
        finally:
            process.kill()
            process.wait()
            os.close(controller)
