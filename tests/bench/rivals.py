"""Programs that read the same host, one after the other, round by round, so that the machine's load meets them all."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

_HERE = Path(__file__).parent
_JACKFIELD = Path(sys.executable).with_name("jackfield")


@dataclass(slots=True)
class Rival:
    """A way to read everything once."""

    name: str
    run: Callable[[], float]
    """Milliseconds."""
    rounds: int = 7
    times: list[float] = field(default_factory=list)

    @property
    def ms(self) -> float:
        return median(self.times)


def race(rivals: list[Rival]) -> None:
    """Run them all, in turn."""
    for number in range(max(rival.rounds for rival in rivals)):
        for rival in rivals:
            if number < rival.rounds:
                rival.times.append(rival.run())


def whole(*command: str) -> Callable[[], float]:
    """A whole process, its output thrown away."""

    def run() -> float:
        began = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        return (time.perf_counter() - began) * 1000

    return run


def told(key: str, *command: str) -> Callable[[], float]:
    """The milliseconds that a program says it took."""

    def run() -> float:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        return float(json.loads(done.stdout)[key])

    return run


def our_readings() -> list[Rival]:
    """In process, in three parts; each in a fresh process, whose caches are empty."""
    command = (sys.executable, "-m", "tests.bench.reading_once")
    parts: dict[str, float] = {}

    def together() -> float:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        parts.update(json.loads(done.stdout))
        return parts["ms"]

    return [
        Rival("jackfield, in process: read and graph", together),
        Rival("- of that, read(): facts", lambda: parts["read_ms"]),
        Rival("- of that, facts to Topology", lambda: parts["topology_ms"]),
    ]


def jackfield(*arguments: str) -> Callable[[], float]:
    """A whole `jackfield` command."""
    return whole(str(_JACKFIELD), *arguments)


def floor() -> Rival | str:
    """The C program; or why there is none."""
    compiler = shutil.which("cc")
    if compiler is None:
        return "no C compiler (cc): nothing to compare with"
    program = "/run/snapshot"  # in memory, and in a world that ends with us
    subprocess.run([compiler, "-O2", "-Wall", "-o", program, str(_HERE / "snapshot.c")], check=True)
    return Rival("C: setns and dump, nothing decoded", told("ms", program), rounds=15)


def others() -> list[Rival | str]:
    """Other programs that are installed; or why one is not measured."""
    found: list[Rival | str] = []
    plotnetcfg = shutil.which("plotnetcfg", path="/usr/bin:/usr/sbin:/bin:/sbin")
    found.append("plotnetcfg is not installed" if plotnetcfg is None else Rival("plotnetcfg", whole(plotnetcfg), 3))
    every = ("ip", "-all", "netns", "exec", "ip", "-j", "link")
    found.append(Rival("ip -all netns exec ip -j link", whole(*every), 3))
    return found
