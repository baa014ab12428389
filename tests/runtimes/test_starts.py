"""Each runtime's containers, started under `jackfield enforce` with a pin: no start fails, the host end is the same.

A hundred times each: `python -m tests.bench.starts`, whose page is docs/starts.md.
"""

from pathlib import Path

import pytest

from model.ethernet import link_local
from tests.runtimes.boxes import MAKERS
from tests.runtimes.conftest import present
from tests.runtimes.lab import Lab
from tests.runtimes.starts import PINNED, kept, start_and_stop

pytestmark = pytest.mark.root


@pytest.mark.parametrize("runtime", MAKERS)
def test_a_pinned_container_starts_each_time_with_the_same_host_end(lab: Lab, runtime: str, tmp_path: Path) -> None:
    present(lab, runtime)
    box = MAKERS[runtime](lab)
    try:
        with kept(lab, box, tmp_path) as daemon:
            first, second = start_and_stop(lab, box), start_and_stop(lab, box)
            assert [first.failed, second.failed] == ["", ""]
            assert PINNED in first.names & second.names
            assert first.mac == second.mac
            assert {*first.link_local, *second.link_local} <= {link_local(first.mac)}
            assert daemon.texts("failed") == daemon.texts("taken-back") == daemon.texts("refused") == []
    finally:
        box.remove()
