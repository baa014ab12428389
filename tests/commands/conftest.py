"""A way to run a command on the sample host as if it were typed."""

from collections.abc import Callable, Iterable

import pytest

from backend.fake import FakeHost
from model.facts import Fact
from model.findings.observed import NOTHING_OBSERVED, Observed
from tests.commands.sample import Said, sample_host
from tui.__main__ import main


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """`say("who", "lo")`: run it on the sample host, or on `facts`; `later`: batches that follow."""

    def run(
        *arguments: str,
        facts: Iterable[Fact] | None = None,
        later: Iterable[Iterable[Fact]] = (),
        observed: Observed = NOTHING_OBSERVED,
    ) -> Said:
        host = FakeHost(sample_host() if facts is None else facts, *later)
        host.seen = observed
        try:
            status = main(list(arguments), lambda: host)
        except SystemExit as leaving:
            status = int(leaving.code or 0)
        out, err = capsys.readouterr()
        return Said(int(status), out, err)

    return run
