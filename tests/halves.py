"""Everything that CI runs, in two processes side by side: what works on the kernel, and what needs nobody else.

`python -m tests.halves [ARGUMENT OF PYTEST ...]`
"""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final

import pytest

ROOT: Final = Path(__file__).parents[1]
MARK: Final = re.compile(r"\bmark\.root\b")
EVERY_TEST_PASSED: Final = "[100%]"
"""Pytest has no more to run: what follows is what it found, to be read in one piece."""
FINDINGS: Final = re.compile(r"=+ (ERRORS|FAILURES) =+$")
SECTION: Final = re.compile(r"=+ .+ =+$")
LAST: Final = 40
"""Lines of what went wrong that are said once more at the very end, where a long log is read first."""


def main(arguments: Sequence[str]) -> int:
    """The exit code of pytest: the first that is not good."""
    if any(Path(one.partition("::")[0]).exists() for one in arguments):
        return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode
    return side_by_side(halves(arguments), sys.stdout)


def halves(arguments: Sequence[str]) -> dict[str, list[str]]:
    """The two commands: what one leaves out the other one runs."""
    kernel = on_the_kernel()
    start = [sys.executable, "-m", "pytest", "--durations=15", *arguments]
    if sys.stdout.isatty():
        start.append("--color=yes")
    return {
        "kernel": [*start, "-o", "cache_dir=.pytest_cache/kernel", *kernel],
        "others": [*start, "--no-root", *(f"--ignore={one}" for one in kernel), "tests"],
    }


def on_the_kernel() -> list[str]:
    """The directories, and files beside them, that hold a test marked `root`.

    One after the other: the kernel tells each of them what the others do.
    """
    files = (path for path in (ROOT / "tests").rglob("test_*.py") if MARK.search(path.read_text(encoding="utf-8")))
    return sorted({"/".join(path.relative_to(ROOT).parts[:2]) for path in files})


def side_by_side(commands: Mapping[str, Sequence[str]], out: IO[str]) -> int:
    """Run them at the same time, each line of theirs on `out` after the command's name.

    The exit code is 0 when each has succeeded, or found no test while another one did.
    """
    lock = threading.Lock()
    ended: dict[str, tuple[int, float]] = {}
    wrong: dict[str, list[str]] = {}
    began = time.monotonic()

    def run(name: str, command: Sequence[str]) -> None:
        code, end = _tell(name, command, out, lock)
        ended[name] = code, time.monotonic() - began
        wrong[name] = _what_went_wrong(end)

    threads = [threading.Thread(target=run, args=one, name=one[0]) for one in commands.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, lines in wrong.items():
        print(*(f"{name:<8}{line}" for line in lines[-LAST:]), sep="", end="", file=out)
    for name, (code, seconds) in ended.items():
        print(f"{name}: exit code {code} after {seconds:.0f} s", file=out, flush=True)
    codes = [ended[name][0] if name in ended else 1 for name in commands]
    nothing = int(pytest.ExitCode.NO_TESTS_COLLECTED)
    bad = [code for code in codes if code not in (0, nothing)]
    return bad[0] if bad else min(codes)


def _what_went_wrong(end: Sequence[str]) -> list[str]:
    """The lines of pytest's sections of errors and failures."""
    found: list[str] = []
    inside = False
    for line in end:
        inside = bool(FINDINGS.search(line.rstrip())) or (inside and not SECTION.match(line.rstrip()))
        if inside:
            found.append(line)
    return found


def _tell(name: str, command: Sequence[str], out: IO[str], lock: threading.Lock) -> tuple[int, list[str]]:
    """Line by line as long as tests run; what comes then at its end, in one piece.

    The value is the exit code, and those lines.
    """
    start = f"{name:<8}"
    kept: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if kept or EVERY_TEST_PASSED in line:
                kept.append(line)
                continue
            with lock:
                print(start + line, end="", file=out, flush=True)
    with lock:
        print(*(start + line for line in kept), sep="", end="", file=out, flush=True)
    return process.returncode, kept


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
