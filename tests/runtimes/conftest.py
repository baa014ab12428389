"""The lab, once for all tests of this directory."""

import os
from collections.abc import Iterator

import pytest

from tests.runtimes.lab import Lab


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Every runtime that is installed, started; ended after the last test."""
    if os.geteuid() != 0:
        pytest.skip("real containers need root")
    with Lab() as opened:
        opened.start()
        yield opened
