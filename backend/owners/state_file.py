"""Files in which runtimes keep what they know. Their paths come from a process's argv: look before reading."""

import json
import os
import stat
from pathlib import Path

_LONGEST = 32 << 20


class StateFiles:
    """Reads state files below `root` (a recorded tree, in tests)."""

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root

    def text(self, path: str) -> str | None:
        """What the file holds; None unless it is a regular file that we may read and that is not absurdly long.

        A FIFO or a device is never waited for.
        """
        try:
            descriptor = os.open(self.inside(path), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        except (OSError, ValueError):  # not there, not ours to read; or a path that cannot be one
            return None
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size > _LONGEST:
                return None
            try:
                return file.read(_LONGEST).decode("utf-8", "surrogateescape")
            except OSError:
                return None

    def json(self, path: str) -> object:
        """The value in a JSON file; None where there is none, or it is half written."""
        text = self.text(path)
        if text is None:
            return None
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return None

    def stamp(self, path: str) -> int | None:
        """When the file was last written, in nanoseconds; None where there is none."""
        try:
            return self.inside(path).stat().st_mtime_ns
        except (OSError, ValueError):
            return None

    def inside(self, path: str) -> Path:
        """The path, below our root."""
        return self.root / path.lstrip("/")


def field(value: object, *keys: str) -> object:
    """What is at the end of these keys in a JSON value; None if any is missing."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def text_field(value: object, *keys: str) -> str | None:
    """The text at the end of these keys; None if there is none, or it is empty or something else."""
    found = field(value, *keys)
    return found if isinstance(found, str) and found else None
