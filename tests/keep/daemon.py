"""The real daemon, in the namespace of the calling thread, and what it says."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Self

PATIENCE_S = 30.0


class Daemon(AbstractContextManager["Daemon"]):
    """`jackfield enforce --json`, until the body ends."""

    def __init__(self, policy: Path, state: Path, into: Sequence[str] = ()) -> None:
        self._argv = [*into, sys.executable, "-m", "tui", "enforce", "--json", "--policy", str(policy)]
        self._env: Mapping[str, str] = {**os.environ, "JACKFIELD_STATE_DIR": str(state)}
        self.told: list[dict[str, Any]] = []
        self.notes: list[str] = []

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self._argv, env=self._env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._threads = [threading.Thread(target=self._hear), threading.Thread(target=self._note)]
        for thread in self._threads:
            thread.start()
        try:
            self.until(lambda: any("enforcing" in note for note in self.notes), "its beginning")
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> int:
        """By SIGTERM, unless it has ended; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        for thread in self._threads:
            thread.join()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return status

    def texts(self, what: str) -> list[str]:
        """What it told of this sort."""
        return [one["text"] for one in list(self.told) if one["what"] == what]

    def until(self, true: Callable[[], object], what: str) -> None:
        """Wait for a condition."""
        end = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < end, f"waited in vain for {what}: {self.told} {self.notes}"
            time.sleep(0.01)

    def until_told(self, what: str, times: int) -> None:
        """Wait until it has told so many things of this sort."""
        self.until(lambda: len(self.texts(what)) == times, f"{what}, {times} times")

    def _hear(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.told.append(json.loads(line))

    def _note(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.notes.append(line)
