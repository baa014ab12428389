"""`python -m tests.bench.starts`: start containers of every runtime under `jackfield enforce`; writes docs/starts.md.

`--times N` (100), `--runtime NAME` (each that is installed, and what is not measured keeps its line).
"""

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.bench.__main__ import say
from tests.runtimes.boxes import MAKERS
from tests.runtimes.lab import Lab
from tests.runtimes.starts import PINNED, Start, kept, start_and_stop

PAGE: Final = Path(__file__).parents[2] / "docs" / "starts.md"
HEAD: Final = """\
# Starts under a pin

Written by `python -m tests.bench.starts`; do not edit.

One container of each runtime, started and stopped again and again while `jackfield enforce` pins and guards it. The
clock begins with the kernel's event that the host end is up and its other end elsewhere, and ends with the event that
tells the pinned name (LXD: the altname; a host end that was renamed is left behind at every stop). Goals: no failed
start, which is met; 50 ms in the median, which is not: loading the rules (20 ms and more) and looking for what must not
be cut (28 ms) take most of it. Podman sets its cable up before it starts conmon, by which its container is known. Up to
three runtimes were measured at a time, on two cores that others used, too: the times are an upper bound.

| runtime | starts | failed | names | MACs | link-local addresses | median | 95 of 100 | slowest |
|---|---:|---:|---:|---:|---:|---:|---:|---:|
"""


def main() -> None:
    """Start, count, write, print."""
    options = argparse.ArgumentParser(prog="python -m tests.bench.starts", description=__doc__)
    options.add_argument("--times", type=int, default=100, help="how often (100)")
    options.add_argument("--runtime", action="append", choices=list(MAKERS), help="only this one")
    chosen = options.parse_args()
    with Lab() as lab, tempfile.TemporaryDirectory() as folder:
        wanted = tuple(chosen.runtime or MAKERS)
        lab.start(*wanted)
        for runtime in wanted:
            why = lab.absent.get(runtime) or lab.failed.get(runtime)
            if why is not None:
                say(f"{runtime}: {why}")
                continue
            line = row(runtime, _starts(lab, runtime, Path(folder), chosen.times))
            say(line)
            lines = {**_lines_of_the_page(), runtime: line}
            PAGE.write_text(HEAD + "".join(f"{lines[one]}\n" for one in MAKERS if one in lines))


def row(runtime: str, starts: Sequence[Start]) -> str:
    """A line of the table."""
    good = [one for one in starts if not one.failed]
    ms = sorted(one.ms for one in good)
    names = len({PINNED in one.names for one in good})
    addresses = {one.link_local for one in good}
    shown = "IPv6 is off" if addresses == {()} else str(len(addresses))
    times = (statistics.median(ms), ms[len(ms) * 95 // 100 - 1], ms[-1]) if ms else (0.0, 0.0, 0.0)
    cells = (runtime, len(starts), len(starts) - len(good), names, len({one.mac for one in good}), shown)
    return "| " + " | ".join((*map(str, cells), *(f"{time:.0f} ms" for time in times))) + " |"


def _starts(lab: Lab, runtime: str, folder: Path, times: int) -> list[Start]:
    box = MAKERS[runtime](lab)
    try:
        with kept(lab, box, folder):
            found = [start_and_stop(lab, box) for _ in range(times)]
    finally:
        box.remove()
    for failed in {one.failed for one in found if one.failed}:
        say(f"{runtime}: {failed}")
    return found


def _lines_of_the_page() -> dict[str, str]:
    """The lines that stand there, by runtime."""
    if not PAGE.exists():
        return {}
    rows = (line for line in PAGE.read_text().splitlines() if line.startswith("| "))
    return {line.split()[1]: line for line in rows if line.split()[1] in MAKERS}


if __name__ == "__main__":
    main()
