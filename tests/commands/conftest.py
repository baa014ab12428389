"""A way to run a command on the sample host as if it were typed."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from backend.fake import FakeHost
from model.conditions import Filters
from model.facts import Fact
from model.findings.observed import NOTHING_OBSERVED, Observed
from model.identity import NamespaceId
from model.probed import Probed
from model.tables import Tables
from tests.commands.sample import Said, sample_host
from tui.__main__ import main


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is written down is written there."""
    monkeypatch.setenv("JACKFIELD_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """`say("who", "lo")`: run it on the sample host, or on `facts`; `later`: batches that follow."""

    def run(
        *arguments: str,
        facts: Iterable[Fact] | None = None,
        later: Iterable[Iterable[Fact]] = (),
        observed: Observed = NOTHING_OBSERVED,
        filters: Mapping[NamespaceId, Filters] | None = None,
        probed: Probed | None = None,
    ) -> Said:
        host = FakeHost(sample_host() if facts is None else facts, *later)
        host.seen = observed
        host.filtered = dict(filters or {})
        host.learned = {space: Tables(space) for space in host.filtered}
        host.probed = probed
        try:
            status = main(list(arguments), lambda: host)
        except SystemExit as leaving:
            status = int(leaving.code or 0)
        out, err = capsys.readouterr()
        return Said(int(status), out, err)

    return run
