"""`jackfield export`, as it is typed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.fake import FakeHost
from tests.yamato import yamato
from tui.__main__ import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def type_it(*arguments: str) -> tuple[int, str, str]:
        try:
            status = main(["export", *arguments], lambda: FakeHost(yamato()))
        except SystemExit as leaving:
            status = int(leaving.code or 0)
        out, err = capsys.readouterr()
        return int(status), out, err

    return type_it


@pytest.mark.parametrize(
    ("wanted", "begins"),
    [("json", "{"), ("dot", "graph "), ("mermaid", "flowchart"), ("graphml", "<?xml"), ("svg", "<svg")],
)
def test_each_format_goes_to_stdout(run: Run, wanted: str, begins: str) -> None:
    status, out, err = run("--format", wanted)
    assert (status, err) == (0, "")
    assert out.startswith(begins)
    assert "tinderbox" in out


def test_a_file_is_written_in_utf_8(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "map.svg"
    assert run("--format", "svg", "--theme", "dark", "-o", str(file)) == (0, "", "")
    assert "↔" in file.read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_told(run: Run, tmp_path: Path) -> None:
    status, out, err = run("--format", "dot", "-o", str(tmp_path / "nowhere" / "map.dot"))
    assert (status, out) == (5, "")
    assert "not written: No such file or directory" in err


def test_around_a_thing(run: Run) -> None:
    _, out, _ = run("--format", "json", "--around", "docker0", "--hops", "3")
    assert [link["name"] for link in json.loads(out)["links"]] == ["docker0"]
    _, out, _ = run("--format", "json", "--around", "web", "--hops", "1")
    assert {link["name"] for link in json.loads(out)["links"]} >= {"br0", "eth1", "repl0"}


def test_what_is_not_there_or_ambiguous_is_told(run: Run) -> None:
    assert run("--format", "dot", "--around", "nobody")[0] == 3
    status, _, err = run("--format", "dot", "--around", "repl0")
    assert status == 3
    assert "db/repl0, web/repl0" in err


@pytest.mark.parametrize(
    "arguments", [(), ("--format", "png"), ("--format", "dot", "--hops", "1"), ("--format", "dot", "--hops", "-1")]
)
def test_a_wrong_line_is_a_usage_error(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments)[0] == 2
