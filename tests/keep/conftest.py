"""A state directory of the test's own, and somebody who types commands on a host in memory."""

from collections.abc import Callable
from pathlib import Path

import pytest

from backend.fake import FakeHost
from tests.keep.operator import Operator, guarded_host


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is written down is written there."""
    monkeypatch.setenv("JACKFIELD_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def policy_file(tmp_path: Path) -> Path:
    """Where the policy is to be: not there yet."""
    return tmp_path / "etc" / "policy.toml"


@pytest.fixture
def operator(capsys: pytest.CaptureFixture[str], policy_file: Path) -> Operator:
    """On the sample host: tinderbox on veth8pUZr, in br0."""
    return Operator(lambda: FakeHost(guarded_host(), changes=True), capsys, policy_file)


@pytest.fixture
def hire(capsys: pytest.CaptureFixture[str], policy_file: Path) -> Callable[[FakeHost], Operator]:
    """On another host."""
    return lambda host: Operator(lambda: host, capsys, policy_file)
