"""Running nft in a namespace: by its path, its text through a pipe, and no shell between. Source: nft(8)."""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from backend.netns import setns

_PLACES: Final = "/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin:/usr/local/bin"
"""The caller's PATH is no part of it: an ordinary user's often lacks sbin, and root's may hold anything."""
_PATIENCE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class NftProblem:
    """Why the firewall did not do it. Nothing was changed: nft loads all or nothing."""

    code: str
    """missing, not-permitted, too-old, unguardable, namespace, slow, refused or unknown."""
    text: str
    """A sentence, with the next step where there is one."""
    said: str = ""
    """nft's or the kernel's own words: raw text."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What nft said, or why it did not."""

    out: str = ""
    problem: NftProblem | None = None


def nft(netns: int | None, arguments: Sequence[str], text: str = "") -> Answer:
    """Run nft with these arguments, and this as its standard input, in the namespace of a descriptor (None: here)."""
    program = shutil.which("nft", path=_PLACES)
    if program is None:
        return Answer(problem=NftProblem("missing", "nft was not found: install the package nftables"))
    answers: list[Answer] = []
    problem = there(netns, lambda: answers.append(_ask((program, *arguments), text)))
    return answers[0] if problem is None else Answer(problem=problem)


def there(netns: int | None, do: Callable[[], None]) -> NftProblem | None:
    """Do it in the namespace of a descriptor: on a thread of its own, which ends there, so that no other is stranded.

    What `do` raises is raised here.
    """
    if netns is None:
        do()
        return None
    refused: list[OSError] = []
    raised: list[Exception] = []

    def run() -> None:
        try:
            setns(netns)
        except OSError as error:
            refused.append(error)
            return
        try:
            do()
        except Exception as error:  # noqa: BLE001  it is raised again, on the thread that asked
            raised.append(error)

    thread = threading.Thread(target=run, name="elsewhere")
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
    if refused:
        return NftProblem("namespace", "the namespace cannot be entered", str(refused[0]))
    return None


def _ask(command: Sequence[str], text: str) -> Answer:
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
        return Answer(problem=NftProblem("slow", f"nft did not answer within {_PATIENCE_S:.0f} s"))
    except OSError as error:
        return Answer(problem=NftProblem("missing", "nft could not be started", os.strerror(error.errno or 0)))
    if done.returncode == 0:
        return Answer(done.stdout.decode("utf-8", "surrogateescape"))
    return Answer(problem=_problem(done.stderr.decode("utf-8", "surrogateescape")))


def _problem(said: str) -> NftProblem:
    if "Operation not permitted" in said:
        return NftProblem("not-permitted", "nft may not change the firewall here: it needs CAP_NET_ADMIN", said)
    if "syntax error" in said or "Operation not supported" in said or "unknown" in said:
        return NftProblem("too-old", "nft or the kernel does not know a rule that guards need (nft 1.0.6 does)", said)
    return NftProblem("refused", "the kernel refused the rules", said)
