"""CI fails when a whole directory of tests was skipped, and says which; each test is in the half that it belongs to."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
RUNS = "def test_a(): pass\n"
SKIPPED = "import pytest\n@pytest.mark.skip\ndef test_b(): pass\n"
SKIPS_ITSELF = "import pytest\npytest.skip('not here', allow_module_level=True)\n"


def run_tests(place: Path, files: dict[str, str], ci: str, *options: str) -> tuple[int, str]:
    """The exit code and the output of a run of these files under our conftest."""
    for name, text in files.items():
        file = place / "tests" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="ascii")
    shutil.copy(HERE / "conftest.py", place / "tests")
    start = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(place), "-c", os.devnull]
    ran = subprocess.run(
        [*start, *options, "tests"],
        cwd=place,
        env=os.environ | {"CI": ci, "PYTHONPATH": str(HERE.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout


@pytest.mark.parametrize("skipped", [SKIPPED, SKIPS_ITSELF])
def test_a_directory_that_was_skipped_whole_fails_on_ci_only(tmp_path: Path, skipped: str) -> None:
    files = {"one/test_one.py": RUNS, "two/test_two.py": skipped}
    code, output = run_tests(tmp_path, files, ci="true")
    assert code == 1
    assert "every test of tests/two was skipped: CI fails" in output
    code, output = run_tests(tmp_path, files, ci="")
    assert (code, "CI fails" in output) == (0, False)


def test_a_directory_of_which_something_ran_is_fine(tmp_path: Path) -> None:
    code, output = run_tests(tmp_path, {"one/test_one.py": RUNS, "one/test_two.py": SKIPPED}, ci="true")
    assert (code, "was skipped" in output) == (0, False)


def test_what_needs_root_is_refused_beside_other_tests_that_do(tmp_path: Path) -> None:
    needs_root = {"one/test_one.py": RUNS, "two/test_two.py": "import pytest\n@pytest.mark.root\n" + RUNS}
    code, output = run_tests(tmp_path / "a", needs_root, "", "--no-root")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "tests/halves.py does not look for it: tests/two/test_two.py::test_a" in output
    assert run_tests(tmp_path / "b", {"one/test_one.py": RUNS}, "", "--no-root")[0] == 0
