"""The lab, once for all tests of this directory."""

import os
from collections.abc import Iterator

import pytest

from tests.runtimes.lab import Lab

COUNTED = pytest.StashKey[list[str]]()
"""What tests counted: lines for the end of the report."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print them, whether or not the tests have passed."""
    lines = config.stash.get(COUNTED, [])
    if lines:
        terminalreporter.section("packets of a running ping")
        terminalreporter.write_line("\n".join(lines))


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Every runtime that is installed, started; ended after the last test."""
    if os.geteuid() != 0:
        pytest.skip("real containers need root")
    with Lab() as opened:
        opened.start()
        yield opened


def present(lab: Lab, runtime: str) -> None:
    """Skips, saying why, where the lab has none of it."""
    if runtime in lab.absent:
        pytest.skip(f"{runtime}: {lab.absent[runtime]}")
    if runtime in lab.failed:
        pytest.fail(f"{runtime} did not start: {lab.failed[runtime]}")
