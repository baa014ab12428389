"""What says the same to LXC, or to udev: a container that starts with it, and a link that udev finds."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backend.fake import FakeHost
from tests.exports.test_configurations import POLICY
from tests.runtimes.lab import SLEEP, Lab
from tests.yamato import yamato
from tui.__main__ import main


@pytest.mark.root
def test_a_container_that_starts_with_the_lines_of_another_is_plugged_in_as_that_one_was(tmp_path: Path) -> None:
    if os.geteuid() != 0 or shutil.which("lxc-start") is None:
        pytest.skip("a real container needs root and lxc")
    with Lab() as lab:
        first = f"lines-{os.getpid()}"
        network = ["lxc.net.0.type = veth", "lxc.net.0.link = br0", "lxc.net.0.flags = up", "lxc.net.0.name = lan0"]
        _start(lab, first, network)
        policy = tmp_path / "policy.toml"
        policy.write_text(POLICY.replace("tinderbox", first))
        typed = (sys.executable, "-m", "tui", "--policy", str(policy), "export", "--format", "lxc", first)
        lines = lab.run(*typed, env={**os.environ, "JACKFIELD_STATE_DIR": str(tmp_path)})
        before = json.loads(_ip(lab, first, "lan0"))[0]["address"]
        lab.call(lab.with_sysfs("lxc-stop", "-k", "-P", str(lab.folder / "lxc"), "-n", first))
        second = f"again-{os.getpid()}"
        _start(lab, second, lines.splitlines())
        assert json.loads(_ip(lab, second, "lan0"))[0]["address"] == before
        assert json.loads(lab.run("ip", "-j", "link", "show", "dev", "tinder0"))[0]["master"] == "br0"


def _start(lab: Lab, name: str, network: list[str]) -> None:
    home = lab.folder / "lxc" / name
    home.mkdir(parents=True)
    shutil.copytree(lab.rootfs, home / "rootfs", symlinks=True)
    plain = [
        f"lxc.rootfs.path = dir:{home}/rootfs",
        "lxc.uts.name = box",
        f"lxc.init.cmd = {' '.join(SLEEP)}",
        "lxc.mount.auto = proc:mixed",
    ]
    (home / "config").write_text("\n".join([*plain, *network]) + "\n", encoding="utf-8")
    lab.call(lab.with_sysfs("lxc-start", "-P", str(lab.folder / "lxc"), "-n", name))


def _ip(lab: Lab, name: str, link: str) -> str:
    """As the container's end is, seen from its namespace."""
    pid = lab.call(lab.with_sysfs("lxc-info", "-P", str(lab.folder / "lxc"), "-n", name, "-p", "-H")).strip()
    return subprocess.run(
        ["nsenter", f"--net=/proc/{pid}/ns/net", "ip", "-j", "link", "show", "dev", link],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


UDEV = """\
set -e
mount -t tmpfs tmpfs /run
mount -t sysfs sysfs /sys
mkdir -p /run/systemd/network
cp "$1" /run/systemd/network/10-jackfield.link
ip link add dev veth8pUZr type veth peer name other
udevadm test-builtin net_setup_link /sys/class/net/veth8pUZr 2>&1
ip -br link show dev veth8pUZr
"""


@pytest.mark.root
def test_udev_itself_gives_the_pinned_mac_and_keeps_the_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    udevadm = shutil.which("udevadm")
    if os.geteuid() != 0 or udevadm is None:
        pytest.skip("not installed: udevadm" if udevadm is None else "needs root")
    file = tmp_path / "10-jackfield.link"
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY)
    typed = ["--policy", str(policy), "export", "--format", "link", "tinderbox/eth0", "-o", str(file)]
    assert int(main(typed, lambda: FakeHost(yamato()))) == 0
    told = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", UDEV, "sh", str(file)], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told
    assert "10-jackfield.link is applied" in told.stdout
    assert "fe:00:00:00:00:77" in told.stdout.splitlines()[-1]
    assert told.stdout.splitlines()[-1].startswith("veth8pUZr")
