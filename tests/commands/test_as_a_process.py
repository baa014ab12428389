"""What only a whole process shows: what it loads, how it dies, how it ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = [sys.executable, "-m", "tui"]

PROBE = """
import sys
from backend.fake import FakeHost
from tui.__main__ import main
main(sys.argv[1:], lambda: FakeHost([]))
import backend.host
print([name for name in ("textual", "pyroute2", "networkx", "asyncio") if name in sys.modules], file=sys.stderr)
"""


@pytest.mark.parametrize(
    "command", [["who", "lo"], ["snapshot"], ["snapshot", "--json"], ["watch", "--seconds", "0"], []]
)
def test_a_plain_command_loads_nothing_heavy(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *command], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stderr.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", [["snapshot"], ["snapshot", "--json"], ["export", "--format", "svg"]])
def test_a_disk_that_is_full_is_said_in_a_sentence(command: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*PYTHON, *command], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 5
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1] == "jackfield: not written: No space left on device"


def test_a_reader_that_leaves_is_no_error() -> None:
    with subprocess.Popen(
        [*PYTHON, "snapshot", "--json"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.close()
        said = run.stderr.read().decode()
        assert run.wait(30) == 0
    assert "Traceback" not in said
    assert "Broken" not in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_watch_with_the_live_graph(number: signal.Signals) -> None:
    with subprocess.Popen([*PYTHON, "watch", "--json"], cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert '"kind": "snapshot"' in run.stdout.readline()
        run.send_signal(number)
        last = run.stdout.read().splitlines()[-1]
        assert run.wait(30) == 0
    assert '"final": true' in last


def test_no_color_is_kept_and_a_pipe_has_none() -> None:
    done = subprocess.run(
        [*PYTHON, "who", "lo"],
        cwd=ROOT,
        capture_output=True,
        timeout=30,
        check=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert b"\x1b" not in done.stdout


def test_another_locale_gets_ascii() -> None:
    done = subprocess.run(
        PYTHON, cwd=ROOT, capture_output=True, timeout=30, check=True, env={**os.environ, "PYTHONIOENCODING": "latin-1"}
    )
    assert done.stdout.isascii()
