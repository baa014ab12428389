"""The two halves of the suite run side by side, and neither is lost."""

import io
import sys
from pathlib import Path

import pytest

from tests.halves import halves, on_the_kernel, side_by_side


def ends(code: int, *, says: str = "") -> list[str]:
    return [sys.executable, "-c", f"import sys; print({says!r}); sys.exit({code})"]


@pytest.mark.parametrize(
    ("one", "other", "both"), [(0, 0, 0), (0, 1, 1), (2, 0, 2), (5, 0, 0), (0, 5, 0), (5, 5, 5), (5, 1, 1), (-9, 0, -9)]
)
def test_each_exit_code_counts_and_a_half_without_tests_does_not(one: int, other: int, both: int) -> None:
    first = ends(one) if one >= 0 else [sys.executable, "-c", f"import os; os.kill(os.getpid(), {-one})"]
    assert side_by_side({"one": first, "other": ends(other)}, io.StringIO()) == both


def test_what_each_says_is_told_with_its_name_and_the_end_in_one_piece() -> None:
    out = io.StringIO()
    end = "tests/a.py . [100%]\nits end\nand more"
    side_by_side({"one": ends(0, says=end), "other": ends(0, says=end)}, out)
    lines = out.getvalue().splitlines()
    for name in ("one", "other"):
        first = lines.index(f"{name:<8}tests/a.py . [100%]")
        assert lines[first + 1 : first + 3] == [f"{name:<8}its end", f"{name:<8}and more"]
        assert any(line.startswith(f"{name}: exit code 0 after ") for line in lines)


def test_what_went_wrong_is_said_once_more_at_the_very_end() -> None:
    out = io.StringIO()
    wrong = ["=== ERRORS ===", "E   the cause", "=== FAILURES ===", "E   another", "=== short test summary info ==="]
    said = "\n".join(["tests/a.py E [100%]", *wrong, "SKIPPED [1] why", "=== 1 failed, 1 error ==="])
    side_by_side({"one": ends(1, says=said), "other": ends(0, says="tests/b.py . [100%]")}, out)
    *_, a, b, c, d, one, other = out.getvalue().splitlines()
    assert [a, b, c, d] == [f"one     {line}" for line in wrong[:4]]
    assert {one.split(":")[0], other.split(":")[0]} == {"one", "other"}


def test_they_run_at_the_same_time(tmp_path: Path) -> None:
    """Each waits for what the other one makes."""
    meet = (
        "import sys, time, pathlib as p; mine, other = map(p.Path, sys.argv[1:]); mine.touch()\n"
        "end = time.time() + 20\n"
        "while not other.exists() and time.time() < end: time.sleep(0.01)\n"
        "sys.exit(not other.exists())"
    )
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    commands = {"one": [sys.executable, "-c", meet, a, b], "other": [sys.executable, "-c", meet, b, a]}
    assert side_by_side(commands, io.StringIO()) == 0


def test_together_they_are_the_whole_suite() -> None:
    """What one leaves out is what the other one runs."""
    kernel, others = halves(["-x"]).values()
    given = on_the_kernel()
    assert kernel[-len(given) :] == given
    assert [one.removeprefix("--ignore=") for one in others if one.startswith("--ignore=")] == given
    assert others[-1] == "tests"


def test_what_works_on_the_kernel_is_in_a_directory_of_its_own() -> None:
    """One test that is marked `root` takes its whole directory along: screens and model must not wait for it."""
    assert "tests/kernel" in on_the_kernel()
    assert not {"tests/ui", "tests/model", "tests/exports", "tests/commands"} & set(on_the_kernel())
