"""What is known of host ends before real runtimes make them: their names, and the MACs inside."""

import json
from pathlib import Path

import pytest

from tests.keep.daemon import Daemon
from tests.runtimes.boxes import MAKERS
from tests.runtimes.conftest import present
from tests.runtimes.lab import Lab
from tests.runtimes.parts import lxd

pytestmark = pytest.mark.root
POLICY = '[[policy]]\nname = "box"\nmatch = {{ runtime = "{}", owner = "{}" }}\nguard = {{}}\n'


@pytest.mark.parametrize("runtime", ["nspawn", "lxd"])
def test_rules_wait_under_the_name_and_for_the_mac_that_the_runtime_gives(
    lab: Lab, runtime: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    present(lab, runtime)
    box = MAKERS[runtime](lab)
    if runtime == "lxd":
        monkeypatch.setenv("LXD_DIR", f"{lab.folder}/lxd")
        lxd.run(lab, "config", "device", "override", box.name, "eth0", "host_name=vethborn")
        box.boot()  # it makes the MAC up, and keeps it
        box.halt()
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY.format(runtime, box.name), encoding="utf-8")
    try:
        with Daemon(policy, tmp_path / "state", lab.inside()) as daemon:
            daemon.until(lambda: daemon.texts("rules"), "the rules that wait")
            box.pid = box.boot()
            cable = box.cable()
            (inside,) = json.loads(box.inside("ip", "-j", "link", "show", "dev", cable.inside))
            lets = f"only {inside['address']} will pass"
            waits = f"rules wait for {cable.outside}, so that no frame comes before them: {lets}"
            daemon.until(lambda: waits in daemon.texts("rules"), waits)
            box.halt()
    finally:
        box.remove()
