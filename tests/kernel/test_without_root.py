"""An ordinary user sees what is his to see, is told what is not, and has everything in a namespace of his own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.iproute import ip

ROOT = Path(__file__).parents[2]
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups") if os.geteuid() == 0 else ()
READS = """
import json
from backend.host import LinuxHost
from model.facts import Visibility
from model.topology import Topology
facts = LinuxHost().read()
topology = Topology()
topology.apply(facts)
(seen,) = (fact for fact in facts if isinstance(fact, Visibility))
home = sorted(link.name for link in topology.links(topology.home))
print(json.dumps({"complete": seen.complete, "missing": seen.missing, "home": home}))
"""
LIVES = """
import json, sys
from backend.host import LinuxHost
from model.topology import Topology
topology = Topology()
def deliver(facts):
    topology.apply(facts)
    print(json.dumps(sorted(link.name for link in topology.links(topology.home))), flush=True)
LinuxHost().start(deliver)
sys.stdin.read()
"""
FULL = """
import subprocess
from tests.kernel.live import differences, fresh_picture, live_graph, true_picture
from tests.kernel.random_changes import RandomHost
subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
names = [f"u{number}" for number in range(6)]
for name in names:
    subprocess.run(["ip", "netns", "add", name], check=True)
storm = RandomHost(names, 21)
storm.fill(8)
print(differences(fresh_picture(names), true_picture(names)))
with live_graph(rotation_s=2) as graph:
    storm.change(500)
    print(graph.wait_until_equal(names, lambda: fresh_picture(names)))
"""


@cache
def python_of_nobody(*before: str) -> str | None:
    """A Python that the other user may run by way of a command, and that can read this program."""
    for python in dict.fromkeys((sys.executable, shutil.which("python3", path="/usr/bin") or "")):
        probe = "import sys; assert sys.version_info >= (3, 11); import backend.host, model.topology"
        if python and run_as_nobody(python, probe, *before).returncode == 0:
            return python
    return None


def run_as_nobody(python: str, program: str, *before: str) -> subprocess.CompletedProcess[str]:
    command = [*NOBODY, *before, python, "-B", "-c", program]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False, timeout=120)


def answer(program: str, *before: str) -> Any:
    """What a program says that an ordinary user runs."""
    python = python_of_nobody(*before)
    if python is None:
        pytest.skip("no Python that an ordinary user may run and that can read this program")
    done = run_as_nobody(python, program, *before)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_he_sees_his_own_namespace_and_is_told_what_is_hidden() -> None:
    said = json.loads(answer(READS))
    assert not said["complete"]
    assert any("not root" in sentence and "sudo" in sentence for sentence in said["missing"])
    assert said["home"] == sorted(link["ifname"] for link in json.loads(ip("-j", "link")))


@pytest.mark.root
def test_a_link_whose_other_end_is_hidden_is_there(private_host: int, make_netns: Callable[[str], str]) -> None:
    other = make_netns("other")
    ip("link", "add", "dev", "near", "type", "veth", "peer", "name", "far", "netns", other)
    assert json.loads(answer(READS))["home"] == ["lo", "near"]


@pytest.mark.root
def test_he_sees_changes_live(private_host: int) -> None:
    python = python_of_nobody()
    if python is None:
        pytest.skip("no Python that an ordinary user may run and that can read this program")
    with subprocess.Popen(
        [*NOBODY, python, "-B", "-c", LIVES],
        cwd="/",
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            assert program.stdout is not None
            assert json.loads(program.stdout.readline()) == ["lo"]
            ip("link", "add", "dev", "x", "type", "ifb")
            assert any(json.loads(line) == ["lo", "x"] for line in program.stdout)
        finally:
            program.kill()


def test_in_a_user_namespace_of_his_own_nothing_is_missing() -> None:
    if subprocess.run([*NOBODY, "unshare", "-Urnm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("user namespaces are forbidden here")
    assert answer(FULL, "unshare", "-Urnm", "--pid", "--fork", "--mount-proc") == "[]\n[]\n"
