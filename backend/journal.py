"""The journal: one JSON object a line for each thing that jackfield did, and the changes that they tell of.

It is only ever appended to, under a lock, and synced to the disk, so that several instances, and a guardian, can write
it at once, and a line torn by kill -9 or a full disk costs that line only. Things in it are found again by boot id
and the kernel's numbers of namespaces (model.identity.lasting_id): an entry of another boot is shown, never undone, and
one without such numbers is undone by the program that wrote it, and by no other.
"""

import contextlib
import fcntl
import json
import os
import pwd
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from backend.processes import Process
from backend.this_machine import PROC, machine
from model.identity import is_lasting
from model.plan import Fate, Left, Outcome, Plan
from model.policy import Edited
from model.recording import Malformed, to_json, value_from_json
from model.taking_back import namespaces_of

FILE: Final = "journal.jsonl"
_ID: Final = re.compile(r"c[1-9][0-9]{0,8}")
_NUMBERS: Final = re.compile(rb'"id": ?"c([1-9][0-9]{0,8})"')
_LOCK_TRIES: Final = 40
_LOCK_WAIT_S: Final = 0.05

Entry = Mapping[str, object]


class What(StrEnum):
    """What an entry says of a change."""

    PLANNED = "planned"
    """It got its id; the plan."""
    ARMED = "armed"
    """A guardian takes it back at its deadline."""
    STEP = "step"
    """A request: about to be made, or what became of it."""
    APPLIED = "applied"
    """The plan was run to its end, or to where it failed."""
    LEFT = "left"
    """What its links were when it was done, for `model.history.may_undo`."""
    CONFIRMED = "confirmed"
    """It stays: its guardian is dismissed."""
    REVERTING = "reverting"
    """Its guardian has begun to take it back; a confirmation comes too late."""
    REVERTED = "reverted"
    """Its guardian has taken it back, as far as it went."""
    UNDONE = "undone"
    """It was taken back by the operator."""


_TAKES_BACK: Final = (What.ARMED, What.APPLIED, What.CONFIRMED, What.REVERTING)
"""What a change takes back does not hold while it is in one of these states."""


class TooLate(Exception):
    """The change is being taken back, or was: what was to be written down does not hold any more."""


@dataclass(frozen=True, slots=True)
class Guard:
    """The guardian of a change."""

    pid: int
    starttime: int
    deadline_s: float
    """CLOCK_BOOTTIME, seconds: a suspend counts."""
    seconds: float


@dataclass(slots=True)
class Change:
    """One change, put together from its entries."""

    id: str
    at: str
    """ISO-8601, UTC: when it was planned."""
    boot: str
    title: str
    plan: Plan | None
    """None: it was written by a program that we do not understand; it can be shown, not undone."""
    user: str = ""
    state: What = What.PLANNED
    """The last thing that was said of it, steps aside."""
    outcomes: list[Outcome] = field(default_factory=list)
    guard: Guard | None = None
    were: tuple[Left, ...] = ()
    """What its links were before it."""
    left: tuple[Left, ...] | None = None
    """What its links were after it, or after it was taken back; None: nobody had the time to look."""
    done: tuple[Left, ...] = ()
    """What they were when it had been done."""
    undoing: list[Outcome] = field(default_factory=list)
    """What became of taking it back."""
    undoes: str = ""
    """The change that this one takes back, with a guardian of its own."""
    edited: Edited | None = None
    """The entry of the policy that was changed with it."""
    back: tuple[str, ...] = ()
    """What nft is given when it goes back by itself."""
    found_again: bool = True
    """What it calls namespaces means the same ones to this program."""

    @property
    def pending(self) -> bool:
        """It goes back by itself unless it is confirmed, if its guardian still stands by."""
        return self.guard is not None and self.state in (What.PLANNED, What.ARMED, What.APPLIED)


def state_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the journal is: $JACKFIELD_STATE_DIR, else $XDG_STATE_HOME/jackfield, else ~/.local/state/jackfield."""
    own, states = environment.get("JACKFIELD_STATE_DIR"), environment.get("XDG_STATE_HOME")
    if own:
        return Path(own)
    return Path(states) / "jackfield" if states else Path.home() / ".local/state/jackfield"


class Journal:
    """The journal in a directory, made when the first entry is written."""

    def __init__(self, directory: Path | None = None, boot_id: str | None = None) -> None:
        self.directory = state_directory() if directory is None else directory
        self.path = self.directory / FILE
        self.boot = boot_id or machine(PROC).boot_id or ""

    # Writing

    def plan(
        self,
        title: str,
        plan: Plan,
        were: tuple[Left, ...] = (),
        undoes: str = "",
        edited: Edited | None = None,
        back: tuple[str, ...] = (),
    ) -> str:
        """A new change; its id, short enough to be typed. `were`: see model.history.before.

        `undoes`: the change that it takes back. While this one holds that one does not. `edited`: the entry of the
        policy that is changed with it. `back`: what nft is given when it goes back by itself.
        """
        with self._locked() as fd:
            number = 1 + max(map(int, _NUMBERS.findall(_read(fd))), default=0)
            change = f"c{number}"
            body = {
                "boot": self.boot,
                "title": title,
                "plan": to_json(plan),
                "were": to_json(were),
                "user": _user(),
                "pid": os.getpid(),
                "starttime": _starttime(os.getpid()),
                **({"undoes": undoes} if undoes else {}),
                **({"edited": to_json(edited)} if edited is not None else {}),
                **({"back": list(back)} if back else {}),
            }
            self._append(fd, change, What.PLANNED, body)
        return change

    def arm(self, change: str, guard: Guard) -> None:
        """A guardian stands by."""
        body = {
            "pid": guard.pid,
            "starttime": guard.starttime,
            "deadline_s": guard.deadline_s,
            "seconds": guard.seconds,
        }
        self._note(change, What.ARMED, body)

    def step(self, change: str, number: int, outcome: Outcome) -> None:
        """A step that begins, or what became of it. Raises TooLate where the change is being taken back."""
        # Not synced: after a power cut it is another boot, in which nothing of this can be undone.
        self._note(change, What.STEP, {"step": number, "outcome": to_json(outcome)}, sync=False)

    def applied(self, change: str) -> None:
        """The plan was run, to its end or to its first failure. Raises TooLate where it is being taken back."""
        self._note(change, What.APPLIED, {})

    def leave(self, change: str, left: tuple[Left, ...]) -> None:
        """How its links are now: when it was done, or taken back, and the host was read again (model.history)."""
        with self._locked() as fd:
            self._append(fd, change, What.LEFT, {"left": to_json(left)})

    def confirm(self, change: str) -> None:
        """It stays. Raises TooLate."""
        self._note(change, What.CONFIRMED, {})

    def undone(self, change: str, outcomes: tuple[Outcome, ...]) -> None:
        """The operator has taken it back."""
        self._note(change, What.UNDONE, {"outcomes": to_json(outcomes)})

    def reverting(self, change: str) -> bool:
        """Its guardian begins to take it back; False: there is nothing to take back any more."""
        with self._locked(patient=False) as fd:
            state = _state_of(fd, change)
            if state in (What.CONFIRMED, What.UNDONE, What.REVERTING, What.REVERTED):
                return False
            self._append(fd, change, What.REVERTING, {})
        return True

    def reverted(self, change: str, outcomes: tuple[Outcome, ...]) -> None:
        """Its guardian has taken it back."""
        with self._locked() as fd:
            self._append(fd, change, What.REVERTED, {"outcomes": to_json(outcomes)})

    def _note(self, change: str, what: What, body: Entry, *, sync: bool = True) -> None:
        with self._locked() as fd:
            if _state_of(fd, change) in (What.REVERTING, What.REVERTED):
                raise TooLate(f"{change} is taken back: its time was over")
            self._append(fd, change, what, body, sync=sync)

    def _append(self, fd: int, change: str, what: What, body: Entry, *, sync: bool = True) -> None:
        entry = {"v": 1, "id": change, "what": what.value, "at": _now(), **body}
        line = json.dumps(entry, separators=(",", ":")).encode("ascii") + b"\n"
        size = os.fstat(fd).st_size
        if size and os.pread(fd, 1, size - 1) != b"\n":  # a line was torn: what we say begins on one of its own
            line = b"\n" + line
        _write_all(fd, line)
        if sync:
            os.fsync(fd)

    @contextlib.contextmanager
    def _locked(self, *, patient: bool = True) -> Iterator[int]:
        """The journal, open and locked. A guardian goes on without the lock: who holds it may be stopped."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            if patient:
                fcntl.flock(fd, fcntl.LOCK_EX)
            else:
                _lock_for_a_while(fd)
            yield fd
        finally:
            os.close(fd)

    # Reading

    def changes(self) -> list[Change]:
        """Every change, the oldest first. An empty list where there is no journal."""
        return _put_together(self._entries())

    def change(self, identity: str) -> Change | None:
        """The one with this id."""
        return _find(self._entries(identity), identity)

    def hold(self) -> int:
        """A descriptor for `held_change`: what was written stays within reach, even if the file is taken away."""
        return os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)

    @staticmethod
    def held_change(fd: int, identity: str) -> Change | None:
        """The one with this id, in the journal that was held."""
        return _find(_entries(fd, identity), identity)

    def _entries(self, change: str | None = None) -> list[Entry]:
        try:
            fd = self.hold()
        except FileNotFoundError:
            return []
        try:
            return _entries(fd, change)
        finally:
            os.close(fd)

    def entries_since(self, offset: int, words: Iterable[bytes]) -> tuple[list[Entry], int]:
        """Those with one of the words that were written behind so many bytes; and how many bytes there are now."""
        try:
            fd = self.hold()
        except FileNotFoundError:
            return [], 0
        try:
            raw = os.pread(fd, max(0, os.fstat(fd).st_size - offset), offset)
        finally:
            os.close(fd)
        end = raw.rfind(b"\n") + 1
        lines = (line for line in raw[:end].split(b"\n") if any(word in line for word in words))
        return list(_parsed(lines)), offset + end

    def stamp(self) -> tuple[int, int]:
        """What differs when the journal was written to: cheap enough to be asked five times a second."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return 0, 0
        return found.st_ino, found.st_size


def _lock_for_a_while(fd: int) -> None:
    for _ in range(_LOCK_TRIES):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_LOCK_WAIT_S)
        else:
            return


def _write_all(fd: int, line: bytes) -> None:
    while line:
        line = line[os.write(fd, line) :]


def _entries(fd: int, change: str | None = None) -> list[Entry]:
    """Every line that can be read, or those of one change and of what takes it back; a torn one is passed over."""
    raw = _read(fd)
    if change is not None:  # what is noted of it stands behind its plan: a journal may be long
        raw = raw[max(0, raw.rfind(b'{"v":1,"id":"%s","what":"planned"' % change.encode())) :]
    lines = raw.split(b"\n")
    ids = None if change is None else {change, *_takers_back(lines, change)}
    if ids is None:
        return list(_parsed(lines))
    maybe = (line for line in lines if any(b'"%s"' % one.encode() in line for one in ids))
    return [entry for entry in _parsed(maybe) if entry["id"] in ids]


def _parsed(lines: Iterable[bytes]) -> Iterator[Entry]:
    for line in lines:
        with contextlib.suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, dict) and _ID.fullmatch(str(entry.get("id", ""))):
                yield entry


def _takers_back(lines: Iterable[bytes], change: str) -> Iterator[str]:
    """The changes that were made to take this one back."""
    mark = b'"undoes":"%s"' % change.encode()
    for line in lines:
        if mark in line:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                entry = json.loads(line)
                if entry.get("undoes") == change:
                    yield str(entry["id"])


def _find(entries: list[Entry], identity: str) -> Change | None:
    return next((change for change in _put_together(entries) if change.id == identity), None)


def _read(fd: int) -> bytes:
    return os.pread(fd, os.fstat(fd).st_size, 0)


def _state_of(fd: int, change: str) -> str | None:
    states = [str(entry.get("what")) for entry in _entries(fd, change) if entry["id"] == change]
    return next((state for state in reversed(states) if state not in (What.STEP, What.LEFT)), None)


def _put_together(entries: list[Entry]) -> list[Change]:
    found: dict[str, Change] = {}
    for entry in entries:
        identity, what = str(entry["id"]), entry.get("what")
        if what == What.PLANNED:
            found[identity] = _planned(identity, entry)
        elif identity in found and what in set(What):
            with contextlib.suppress(Malformed, KeyError, TypeError, ValueError):
                _add(found[identity], What(str(what)), entry)
    for change in found.values():
        taken_back = found.get(change.undoes)
        if taken_back is not None and change.state in _TAKES_BACK:
            taken_back.state, taken_back.undoing = What.UNDONE, change.outcomes
    return list(found.values())


def _planned(identity: str, entry: Entry) -> Change:
    edited = None
    try:
        plan = value_from_json(entry.get("plan"), Plan)
        edited = value_from_json(entry["edited"], Edited) if "edited" in entry else None
    except Malformed:
        plan = None
    title, at, boot, user = (str(entry.get(key, "")) for key in ("title", "at", "boot", "user"))
    undoes = str(entry.get("undoes", ""))
    were = _lefts(entry.get("were")) or ()
    found = plan is None or written_here(entry) or all(map(is_lasting, namespaces_of(plan.everything)))
    texts = entry.get("back")
    back = tuple(map(str, texts)) if isinstance(texts, list) else ()
    return Change(
        identity, at, boot, title, plan, user, were=were, undoes=undoes, edited=edited, back=back, found_again=found
    )


def _add(change: Change, what: What, entry: Entry) -> None:
    if what is What.STEP:
        number, outcome = entry["step"], value_from_json(entry["outcome"], Outcome)
        if not isinstance(number, int):
            return
        del change.outcomes[number:]
        if len(change.outcomes) == number:
            change.outcomes.append(outcome)
        return
    if what is What.LEFT:
        change.left = _lefts(entry["left"])
        if change.state not in (What.UNDONE, What.REVERTING, What.REVERTED):
            change.done = change.left or ()
        return
    if what is What.ARMED:
        change.guard = Guard(
            int(str(entry["pid"])),
            int(str(entry["starttime"])),
            float(str(entry["deadline_s"])),
            float(str(entry["seconds"])),
        )
    if what in (What.UNDONE, What.REVERTED):
        outcomes = entry.get("outcomes")
        change.undoing = [value_from_json(one, Outcome) for one in outcomes] if isinstance(outcomes, list) else []
    if what is not What.APPLIED or change.state in (What.PLANNED, What.ARMED):
        change.state = what


def _lefts(value: object) -> tuple[Left, ...] | None:
    try:
        return tuple(value_from_json(one, Left) for one in value) if isinstance(value, list) else None
    except Malformed:
        return None


def failed(change: Change) -> Outcome | None:
    """The step that was refused, if one was."""
    return next((outcome for outcome in change.outcomes if outcome.fate is Fate.FAILED), None)


def written_here(entry: Entry) -> bool:
    """This very program has planned it."""
    pid = os.getpid()
    return entry.get("pid") == pid and entry.get("starttime") == _starttime(pid)


@cache
def _starttime(pid: int) -> int:
    return Process(pid).starttime


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _user() -> str:
    """Who asked, where sudo tells; else the user we are."""
    named = os.environ.get("SUDO_USER") or os.environ.get("USER")
    if named:
        return named
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
