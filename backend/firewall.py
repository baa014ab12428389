"""Guards in the kernel: nft text in, counters out. Only our own table is ever named, in the namespace it is asked for.

nft is started by its path, reads its text from a pipe, and no shell is between. Sources: nft(8), libnftables-json(5).
"""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from backend.netns import setns
from backend.nft_answers import devices_in, forged_in, tally_in
from model.dropped import Forged, Tally
from model.guard import Guard, Unguardable
from model.guard_rules import DROPPED, TABLE, Family, change_text, removal_text, table_text
from model.names import display_name

_PLACES: Final = "/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin:/usr/local/bin"
"""The caller's PATH is no part of it: an ordinary user's often lacks sbin, and root's may hold anything."""
_PATIENCE_S: Final = 60.0
_NOBODY: Final = "jackfield?none"
"""A device that nobody has."""


@dataclass(frozen=True, slots=True)
class NftProblem:
    """Why the firewall did not do it. Nothing was changed: nft loads all or nothing."""

    code: str
    """missing, not-permitted, too-old, unguardable, namespace, slow or refused."""
    text: str
    """A sentence, with the next step where there is one."""
    said: str = ""
    """nft's or the kernel's own words: raw text."""


class Firewall:
    """Our table in one namespace, and what we have loaded into it. Not for several threads at once."""

    def __init__(self, netns: int | None = None, *, waits: bool | None = None) -> None:
        """`netns`: a descriptor that stays the caller's; None: the calling thread's. `waits`: None asks the kernel."""
        self._netns = netns
        self._waits = waits
        self._guards: dict[tuple[str, ...], Guard] = {}

    @property
    def guards(self) -> tuple[Guard, ...]:
        """What was loaded last."""
        return tuple(self._guards.values())

    def load(self, guards: Iterable[Guard]) -> NftProblem | None:
        """Make these guards, and no others, hold; at one go, so that there is no moment without."""
        wanted = tuple(guards)
        try:
            text = self._whole_text(wanted)
        except Unguardable as refusal:
            return NftProblem("unguardable", str(refusal))
        problem = self._run(("-f", "-"), text).problem
        if problem is None:
            self._guards = {guard.names: guard for guard in wanted}
        return problem

    def change(self, before: Iterable[Guard], after: Iterable[Guard]) -> NftProblem | None:
        """Put `after` in the place of `before`, which are loaded, and leave every other port as it is.

        Where what is in the kernel is not what we loaded (somebody flushed it), everything is loaded again.
        """
        old = [guard for guard in before if guard.names in self._guards]
        new = list(after)
        gone = {guard.names for guard in old}
        wanted = [*(guard for names, guard in self._guards.items() if names not in gone), *new]
        if not self._can_wait():
            return self.load(wanted)
        clash = self._clash(gone, new)
        if clash is not None:
            return NftProblem("unguardable", clash)
        try:
            text = change_text(old, new)
        except Unguardable as refusal:
            return NftProblem("unguardable", str(refusal))
        if not self._guards or self._run(("-f", "-"), text).problem is not None:
            return self.load(wanted)
        self._guards = {guard.names: guard for guard in wanted}
        return None

    def _clash(self, gone: AbstractSet[tuple[str, ...]], new: Iterable[Guard]) -> str | None:
        """None of the new ones may share a device with those that stay."""
        coming = {name for guard in new for name in guard.names}
        staying = {name for names in self._guards if names not in gone for name in names}
        return next((f"{display_name(name)}: two guards are meant for it" for name in coming & staying), None)

    def remove(self) -> NftProblem | None:
        """Remove our table, and nothing else; it need not be there."""
        problem = self._run(("-f", "-"), removal_text(Family.NETDEV) + removal_text(Family.BRIDGE)).problem
        if problem is None:
            self._guards = {}
        return problem

    def standing(self) -> frozenset[str] | NftProblem:
        """The devices that have a chain of ours in the kernel now: fewer than were loaded when somebody flushed it."""
        answer = self._run(("-j", "-t", "list", "table", Family.NETDEV.value, TABLE))
        if answer.problem is not None:
            return frozenset() if "No such file" in answer.problem.said else answer.problem
        return devices_in(answer.out)

    def tally(self) -> Tally | NftProblem:
        """What was counted since the guards were loaded."""
        dropped = self._set(Family.NETDEV, DROPPED)
        if isinstance(dropped, NftProblem):
            return dropped
        forged: list[Forged] = []
        for what in ("mac", "ipv4", "ipv6"):
            answer = self._set(Family.NETDEV, f"forged_{what}")
            if isinstance(answer, NftProblem):
                return answer
            forged += forged_in(answer, what)
        return Tally(tally_in(dropped), tuple(forged))

    def _set(self, family: Family, name: str) -> str | NftProblem:
        answer = self._run(("-j", "list", "set", family.value, TABLE, name))
        return answer.out if answer.problem is None else answer.problem

    def _whole_text(self, guards: Sequence[Guard]) -> str:
        if self._can_wait():
            return table_text(guards)
        table_text(guards)  # refuses what cannot be guarded, whatever is there now
        there = self._devices()
        present = [replace(guard, names=tuple(n for n in guard.names if n in there)) for guard in guards]
        return table_text(guard for guard in present if guard.names) + table_text(guards, Family.BRIDGE)

    def _can_wait(self) -> bool:
        """Whether a netdev chain can be made before its device (Linux 6.16): asked once, and nothing is loaded."""
        if self._waits is None:
            chain = f'chain c {{ type filter hook ingress device "{_NOBODY}" priority 0; }}'
            self._waits = self._run(("-c", "-f", "-"), f"table netdev {TABLE}_ask {{\n {chain}\n}}\n").problem is None
        return self._waits

    def _devices(self) -> frozenset[str]:
        names: list[str] = []

        def look() -> None:
            names.extend(name for _, name in socket.if_nameindex())

        self._there(look)
        return frozenset(names)

    def _run(self, arguments: Sequence[str], text: str = "") -> "_Answer":
        program = shutil.which("nft", path=_PLACES)
        if program is None:
            return _Answer(problem=NftProblem("missing", "nft was not found: install the package nftables"))
        answers: list[_Answer] = []
        problem = self._there(lambda: answers.append(_ask((program, *arguments), text)))
        return answers[0] if problem is None else _Answer(problem=problem)

    def _there(self, do: Callable[[], None]) -> NftProblem | None:
        """Do it in our namespace: on a thread of its own, which ends there, so that no other one can be stranded."""
        if self._netns is None:
            do()
            return None
        netns, failures = self._netns, list[OSError]()

        def run() -> None:
            try:
                setns(netns)
            except OSError as error:
                failures.append(error)
            else:
                do()

        thread = threading.Thread(target=run, name="firewall")
        thread.start()
        thread.join()
        if failures:
            return NftProblem("namespace", "the namespace cannot be entered", str(failures[0]))
        return None


@dataclass(frozen=True, slots=True)
class _Answer:
    out: str = ""
    problem: NftProblem | None = None


def _ask(command: Sequence[str], text: str) -> _Answer:
    try:
        done = subprocess.run(
            command,
            input=text.encode("utf-8", "surrogateescape"),
            capture_output=True,
            timeout=_PATIENCE_S,
            check=False,
            env={"LC_ALL": "C", "PATH": _PLACES},
        )
    except subprocess.TimeoutExpired:
        return _Answer(problem=NftProblem("slow", f"nft did not answer within {_PATIENCE_S:.0f} s"))
    except OSError as error:
        return _Answer(problem=NftProblem("missing", "nft could not be started", os.strerror(error.errno or 0)))
    if done.returncode == 0:
        return _Answer(done.stdout.decode("utf-8", "surrogateescape"))
    return _Answer(problem=_problem(done.stderr.decode("utf-8", "surrogateescape")))


def _problem(said: str) -> NftProblem:
    if "Operation not permitted" in said:
        return NftProblem("not-permitted", "nft may not change the firewall here: it needs CAP_NET_ADMIN", said)
    if "syntax error" in said or "Operation not supported" in said or "unknown" in said:
        return NftProblem("too-old", "nft or the kernel does not know a rule that guards need (nft 1.0.6 does)", said)
    return NftProblem("refused", "the kernel refused the rules", said)
