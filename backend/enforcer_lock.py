"""Whether an enforcing daemon of this state directory runs: it holds a lock, which is looked at and never taken."""

from pathlib import Path
from typing import Final

from backend.journal import state_directory

FILE: Final = "enforce.lock"


def is_enforced(directory: Path | None = None) -> bool:
    """Somebody holds the lock (flock(2); proc_locks(5)). False where that cannot be seen."""
    folder = state_directory() if directory is None else directory
    try:
        found = (folder / FILE).stat()
        held = Path("/proc/locks").read_text(encoding="ascii")
    except OSError:
        return False
    # Not by the device: some file systems tell another one by stat(2).
    return any(f":{found.st_ino} " in line and " FLOCK " in line for line in held.splitlines())
