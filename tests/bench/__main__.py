"""`python -m tests.bench`: measure on 1,000 namespaces, beside other programs; writes docs/benchmarks.md.

`--boxes N`: on another number of namespaces. Less than ten minutes.
`--kernel`: only reading and following, in less than five; the rest of the page stays as it is.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.guards import measure_guards, with_guards
from tests.bench.lab import build, enter_a_world_of_our_own
from tests.bench.live import measure
from tests.bench.page import Measured, page
from tests.bench.reach import HEAD as REACH
from tests.bench.reach import measure_reach, with_reach
from tests.bench.rivals import Rival, floor, jackfield, others, our_readings, race
from tests.bench.screen import measure_screen
from tests.bench.screen_page import with_screen

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
SMALL = 10


def main() -> None:
    """Build, measure, write, print."""
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument("--boxes", type=int, default=1000, help="how many namespaces (1000)")
    options.add_argument("--kernel", action="store_true", help="only reading and following")
    chosen = options.parse_args()
    enter_a_world_of_our_own()
    text = page(run(chosen.boxes))
    text = with_the_rest_of(PAGE.read_text(), text) if chosen.kernel else with_the_rest(text)
    PAGE.write_text(text)
    sys.stdout.write(text)


def with_the_rest(text: str) -> str:
    """The page, and what is measured on hosts in memory and on screens."""
    say("who reaches whom")
    text = with_reach(text, measure_reach())
    say("guards")
    text = with_guards(text, measure_guards())
    say("the screen")
    return with_screen(text, measure_screen())


def with_the_rest_of(old: str, text: str) -> str:
    """The page, and what another run measured of the rest."""
    _, found, rest = old.partition(f"\n{REACH}\n")
    return text + found + rest


def run(boxes: int) -> Measured:
    """One run on so many namespaces."""
    say(f"building {SMALL} namespaces")
    build(range(1, SMALL + 1))
    who_small = Rival("who", jackfield("who", f"v{SMALL // 2}"))
    race([who_small])
    say(f"building {boxes} namespaces")
    build(range(SMALL + 1, boxes + 1))
    say("reading everything, by one program after the other")
    ours, lowest, rest = our_readings(), floor(), others()
    whole = Rival("jackfield snapshot --json, the whole process", jackfield("snapshot", "--json"))
    who_large = Rival("who", jackfield("who", f"v{boxes // 2}"))
    rivals = [rival for rival in (lowest, *rest) if isinstance(rival, Rival)]
    race([*ours, whole, who_large, *rivals])
    say("following")
    live = measure(boxes)
    links = json.loads(
        subprocess.run([sys.executable, "-m", "tests.bench.reading_once"], capture_output=True, check=True).stdout
    )["links"]
    return Measured(
        boxes=boxes,
        links=links,
        ours=ours,
        floor=lowest if isinstance(lowest, Rival) else None,
        others=[rival for rival in rest if isinstance(rival, Rival)],
        whole=whole,
        who_small=who_small,
        who_large=who_large,
        live=live,
        notes=[note for note in (lowest, *rest) if isinstance(note, str)],
    )


_began = time.monotonic()


def say(what: str) -> None:
    """Tell whoever waits."""
    sys.stderr.write(f"{time.monotonic() - _began:5.0f} s  {what}\n")


if __name__ == "__main__":
    main()
