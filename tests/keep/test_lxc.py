"""A real LXC container, started again and again under a policy: the same host end each time, and its guard."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.ethernet import link_local
from tests.keep.daemon import Daemon
from tests.runtimes.lab import SLEEP, Lab, until

BOX = f"keep-{os.getpid()}"
"""No other lab of this machine has a container of this name."""
POLICY = f"""\
[[policy]]
name = "box"
match = {{ runtime = "lxc", owner = "{BOX}" }}
pin = {{ name = "tinder0", mac = "derived" }}
guard = {{ ipv4 = ["192.0.2.2"] }}
"""
CONFIG = """\
lxc.rootfs.path = dir:{home}/rootfs
lxc.uts.name = box
lxc.init.cmd = {init}
lxc.mount.auto = proc:mixed
lxc.net.0.type = veth
lxc.net.0.flags = up
lxc.net.0.name = eth0
"""


@pytest.fixture
def lab() -> Iterator[Lab]:
    """With a container that is made, and not started."""
    if os.geteuid() != 0:
        pytest.skip("real containers need root")
    if shutil.which("lxc-start") is None:
        pytest.skip("not installed: lxc-start")
    with Lab() as opened:
        home = opened.folder / "lxc" / BOX
        home.mkdir(parents=True)
        shutil.copytree(opened.rootfs, home / "rootfs", symlinks=True)
        (home / "config").write_text(CONFIG.format(home=home, init=" ".join(SLEEP)), encoding="utf-8")
        yield opened


def start(lab: Lab, link: str = "br0") -> None:
    """Fails where the container does not start."""
    port = ("-s", f"lxc.net.0.link={link}") if link else ()
    lab.call(lab.with_sysfs("lxc-start", "-P", str(lab.folder / "lxc"), "-n", BOX, *port))


def stop(lab: Lab) -> None:
    lab.call(lab.with_sysfs("lxc-stop", "-k", "-P", str(lab.folder / "lxc"), "-n", BOX))
    until(lambda: "tinder0" not in lab.run("ip", "-br", "link"), "the end of its cable")


def host_end(lab: Lab) -> tuple[str, list[str]]:
    """Its MAC and its link-local addresses; of none while it is not pinned."""
    shown = subprocess.run(
        lab.inside("ip", "-j", "address", "show", "dev", "tinder0"), capture_output=True, check=False
    )
    if shown.returncode:
        return "", []
    (found,) = json.loads(shown.stdout)
    return found["address"], [one["local"] for one in found["addr_info"] if one["scope"] == "link"]


@pytest.mark.root
def test_it_has_the_same_name_mac_and_guard_at_every_start(lab: Lab, policy_file: Path, state: Path) -> None:
    policy_file.parent.mkdir()
    policy_file.write_text(POLICY, encoding="utf-8")
    seen = set()
    with Daemon(policy_file, state, lab.inside()) as daemon:
        for number in range(1, 5):
            start(lab)
            daemon.until(lambda: host_end(lab)[0].startswith("fe:"), "the pin")
            daemon.until(lambda: '"tinder0"' in lab.run("nft", "list", "ruleset"), "the guard")
            daemon.until_told("done", number)
            seen.add(host_end(lab)[0])
            stop(lab)
        assert len(seen) == 1
        assert daemon.texts("failed") == daemon.texts("taken-back") == []


@pytest.mark.root
def test_the_link_local_that_pin_tells_is_there_after_each_start(lab: Lab, policy_file: Path, state: Path) -> None:
    """Of a cable that is no port; told before the container exists."""
    env = {"JACKFIELD_STATE_DIR": str(state)}
    typed = ("pin", f"{BOX}/eth0", "--runtime", "lxc", "--name", "tinder0", "--mac", "derived", "--json")
    told = json.loads(lab.run(sys.executable, "-m", "tui", *typed, "--policy", str(policy_file), env=env))
    mac = next(word for one in told["means"] for word in one["text"].split() if word.startswith("fe:"))
    with Daemon(policy_file, state, lab.inside()) as daemon:
        for _ in range(2):
            start(lab, link="")
            daemon.until(lambda: host_end(lab) == (mac, [link_local(mac)]), f"{link_local(mac)} alone")
            stop(lab)
        assert daemon.texts("failed") == []


@pytest.mark.root
def test_the_pin_and_the_guard_that_the_doctor_offers_make_its_findings_go_away(
    lab: Lab, policy_file: Path, state: Path
) -> None:
    env = {"JACKFIELD_STATE_DIR": str(state)}

    def fixes() -> dict[str, str]:
        doctor = f"{sys.executable} -m tui doctor --json || test $? -eq 1"  # 1: something of the machine is quite wrong
        told = json.loads(lab.run("sh", "-c", doctor, env=env))["findings"]
        wanted = [one for one in told if one["code"] in ("random-name", "can-forge")]
        return {one["code"]: fix for one in wanted for fix in one["fixes"] if " host/" in fix}  # not of others' labs

    lab.run("ip", "link", "add", "dev", "other", "master", "br0", "type", "veth", "peer", "name", "there")
    start(lab)
    until(lambda: set(fixes()) == {"random-name", "can-forge"}, "both findings")
    for code in ("can-forge", "random-name"):
        fix = f"{fixes()[code]} --policy {policy_file} --yes".replace("jackfield", f"{sys.executable} -m tui", 1)
        lab.run("sh", "-c", fix, env=env)
        assert code not in fixes()
    assert fixes() == {}
    stop(lab)
