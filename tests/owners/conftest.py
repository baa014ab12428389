"""A recorded host for each test."""

from pathlib import Path

import pytest

from tests.owners.recorded_host import RecordedHost


@pytest.fixture
def host(tmp_path: Path) -> RecordedHost:
    return RecordedHost(tmp_path)
