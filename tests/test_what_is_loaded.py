"""What a program that only reads must not load."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
READING = """
import json, sys
from backend.host import LinuxHost
LinuxHost().read()
print(json.dumps(sorted(sys.modules)))
"""


def test_reading_a_host_never_loads_pyroute2() -> None:
    """Its IPRoute creates a namespace whose name was mistyped, and takes 0.2 s to import: it only writes."""
    done = subprocess.run([sys.executable, "-B", "-c", READING], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert loaded & {"pyroute2", "networkx", "textual", "rich"} == set()


def test_a_plain_command_loads_nothing_that_only_a_change_needs() -> None:
    """It answers a third of a second sooner."""
    asked = (
        "import json, sys; from tui.__main__ import main; main(['who', 'lo']); print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-B", "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "tui.commands.who" in loaded
    assert (
        loaded
        & {"argcomplete", "backend.executor", "backend.journal", "backend.firewall", "model.plan", "model.reachability"}
        == set()
    )


def test_the_first_picture_loads_nothing_that_only_a_later_key_needs() -> None:
    """Another screen, a dialog, what changes the host: a fifth of a second sooner."""
    asked = "import json, sys; import tui.app, tui.screens.map; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-B", "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert {"tui.session", "model.layout"} <= loaded
    assert loaded & {"tui.changing", "tui.screens.change.dialog", "tui.screens.table", "tui.screens.palette"} == set()
    assert loaded & {"backend.journal", "backend.guardian", "backend.executor"} == set()
    assert loaded & {"model.planner", "model.reachability", "model.focus_layout"} == set()


def test_the_screens_load_nothing_of_the_policy_until_somebody_looks() -> None:
    """Their first picture stands the sooner."""
    asked = "import json, sys; import tui.app, tui.changing, tui.screens.map; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-B", "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    policy = {"model.kept", "model.drift", "model.policy_rows", "backend.keeping", "backend.firewall", "tomlkit"}
    assert loaded & {*policy, "tui.screens.policy", "tui.screens.change.keeping"} == set()
