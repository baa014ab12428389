"""The policy file on the disk: the last good policy stays, whatever becomes of the file; changes are all or nothing."""

import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from model.policy import Edited, Policies, Policy
from model.policy_text import BadPolicies, PolicyProblem, read_policies

SYSTEM: Final = Path("/etc/jackfield/policy.toml")
SETTLED_S: Final = 0.2
"""A file that was written to more recently may be half written."""
_LARGEST: Final = 1 << 22
_WRITABLE_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH
_NEW: Final = "# What jackfield keeps true: https://toml.io, one [[policy]] each.\n\n"


class PolicyFile:
    """What holds now, and what is wrong with the file. Only a whole, good file takes the place of what holds."""

    def __init__(self, path: Path, kept: Path | None = None, now: Callable[[], float] = time.time) -> None:
        """`kept`: where the last good text is left, for a start while the file is bad. Nothing is read yet."""
        self._path = path
        self._kept = kept
        self._now = now
        self.policies: Policies = ()
        self.problems: tuple[PolicyProblem, ...] = ()
        """Of the last reading; empty: the file is what holds."""
        self._held = False

    def reload(self) -> bool:
        """Read the file; whether it holds now. Where it does not, `problems` says why, and what held before does."""
        text = self._text()
        read = text if isinstance(text, BadPolicies) else read_policies(text)
        if isinstance(read, BadPolicies):
            self.problems = read.problems
            if not self._held:
                self._take_kept()
            return False
        self.policies, self.problems, self._held = read, (), True
        if self._kept is not None and isinstance(text, str):
            write_whole(self._kept, text)
        return True

    def _text(self) -> str | BadPolicies:
        text = read_text(self._path, self._now())
        if isinstance(text, str) and not text.strip() and self.policies:
            return _bad("it is empty. To keep nothing any more, leave a comment in it")
        return text

    def _take_kept(self) -> None:
        """At the start: what held when the file was good for the last time."""
        if self._kept is None:
            return
        text = read_text(self._kept)
        read = text if isinstance(text, BadPolicies) else read_policies(text)
        if not isinstance(read, BadPolicies):
            self.policies, self._held = read, True


def read_text(path: Path, now: float | None = None) -> str | BadPolicies:
    """The text of a policy file that only root (or we) can have written, or why it is not used.

    `now`: a file that is still being written to is not used.
    """
    try:
        with path.open("rb") as file:
            before = os.fstat(file.fileno())
            raw = file.read(_LARGEST + 1)
            after = os.fstat(file.fileno())
    except FileNotFoundError:
        return _bad(f"{path} is not there")
    except OSError as error:
        return _bad(f"{path} cannot be read: {os.strerror(error.errno or 0)}")
    if not stat.S_ISREG(before.st_mode):
        return _bad(f"{path} is no file")
    if before.st_uid not in (0, os.geteuid()) or before.st_mode & _WRITABLE_BY_OTHERS:
        return _bad(f"others may write to {path}: chown root: and chmod go-w it")
    if len(raw) > _LARGEST:
        return _bad(f"{path} is larger than {_LARGEST >> 20} MiB")
    if before.st_mtime_ns != after.st_mtime_ns or (now is not None and 0 <= now - after.st_mtime < SETTLED_S):
        return _bad(f"{path} is being written")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return BadPolicies((PolicyProblem("it is no UTF-8", raw[: error.start].count(b"\n") + 1),))


def put_policy(path: Path, policy: Policy) -> BadPolicies | None:
    """Write an entry into the file, in the place of the one of the same name; the file is made where there is none."""
    from backend.policy_editor import with_policy

    with _alone(path):
        text = read_text(path) if path.exists() else _NEW
        return _write(path, text if isinstance(text, BadPolicies) else with_policy(text, policy))


def take_policy(path: Path, name: str) -> BadPolicies | bool:
    """Take an entry out of the file; False: there is none of this name."""
    from backend.policy_editor import without_policy

    with _alone(path):
        text = read_text(path)
        left = text if isinstance(text, BadPolicies) else without_policy(text, name)
        if left is None:
            return False
        problem = _write(path, left)
        return True if problem is None else problem


def put_back(edited: Edited) -> bool:
    """The entry as it was before an edit; False: somebody has changed it since, or it cannot be written."""
    path, entry = Path(edited.file), edited.before or edited.after
    text = read_text(path) if path.exists() else _NEW
    policies = text if isinstance(text, BadPolicies) else read_policies(text)
    if isinstance(policies, BadPolicies) or entry is None:
        return False
    if [one for one in policies if one.name == entry.name] != ([] if edited.after is None else [edited.after]):
        return False
    if edited.before is not None:
        return put_policy(path, edited.before) is None
    return take_policy(path, entry.name) is True


def write_whole(path: Path, text: str) -> None:
    """Put a whole file in the place of another, with its mode and owner: nobody ever sees a part. Raises OSError."""
    path = path.resolve()
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(text.encode())
            file.flush()
            if path.exists():
                old = path.stat()
                os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode))
                os.fchown(file.fileno(), old.st_uid, old.st_gid)
            else:
                os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _write(path: Path, text: str | BadPolicies) -> BadPolicies | None:
    if isinstance(text, BadPolicies):
        return text
    try:
        write_whole(path, text)
    except OSError as error:
        return _bad(f"{path} cannot be written: {os.strerror(error.errno or 0)}")
    return None


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """No other command of ours changes the file meanwhile."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _bad(text: str) -> BadPolicies:
    return BadPolicies((PolicyProblem(text),))
