"""The lab itself: it ends with its test, and no later than with the next one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.processes import ProcessTable
from tests.runtimes import sweep
from tests.runtimes.lab import Lab

pytestmark = pytest.mark.root

_KILLED = """
import os, signal
from tests.runtimes.lab import Lab
lab = Lab().__enter__()
lab.start("process", "nspawn")
assert lab.expected and not lab.failed, lab.failed
print(lab.name, lab.netns, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_lab_whose_test_was_killed_is_ended_by_the_next() -> None:
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED], stdout=subprocess.PIPE, text=True, check=False, cwd=Path.cwd()
    )
    name, inode = killed.stdout.split()
    table = ProcessTable()
    table.refresh()
    assert int(inode) in table.netns.values()
    sweep.earlier_labs()
    table.refresh()
    assert int(inode) not in table.netns.values()
    assert not (sweep.FOLDERS / name).exists()
    assert not Path("/run/netns", name).exists()


def test_a_lab_that_is_in_use_is_left_alone(lab: Lab) -> None:
    sweep.earlier_labs()
    assert lab.folder.is_dir()
    assert Path("/run/netns", lab.name).exists()


def test_nothing_of_the_lab_is_in_our_own_namespace(lab: Lab) -> None:
    table = ProcessTable()
    table.refresh()
    own = table.netns[os.getpid()]
    assert own != lab.netns
    assert own not in {expected.netns for expected in lab.expected}
