"""Two LXC containers: one by a veth on the bridge, its host end named; one by a macvlan in VEPA mode."""

import shutil

from tests.runtimes.lab import SLEEP, Expected, Lab

NEEDS = ("lxc-start", "lxc-info", "busybox")
_NETWORK = {
    "tinderbox": ("type = veth", "link = br0", "veth.pair = vethtinder", "name = wan0", "flags = up"),
    "hermit": ("type = macvlan", "link = uplink0", "macvlan.mode = vepa", "flags = up"),
}


def start(lab: Lab) -> None:
    """Start both."""
    for word, network in _NETWORK.items():
        name = lab.called(word)
        define(lab, name, *network)
        lab.expect(Expected("lxc", name, boot(lab, name)))


def define(lab: Lab, name: str, *network: str) -> None:
    """A container with one NIC, not started; `network` as in lxc.container.conf(5), without `lxc.net.0.`."""
    home = lab.folder / "lxc" / name
    home.mkdir(parents=True)
    shutil.copytree(lab.rootfs, home / "rootfs", symlinks=True)
    lines = [
        f"lxc.rootfs.path = dir:{home}/rootfs",
        f"lxc.uts.name = {name}",
        f"lxc.init.cmd = {' '.join(SLEEP)}",
        "lxc.mount.auto = proc:mixed",
        *(f"lxc.net.0.{line}" for line in network),
    ]
    (home / "config").write_text("\n".join(lines) + "\n")


def boot(lab: Lab, name: str) -> int:
    """Start a container; its process."""
    log = lab.folder / "log" / f"lxc-{name}"
    lab.call(lab.with_sysfs("lxc-start", "-P", str(lab.folder / "lxc"), "-n", name, "-o", str(log)))
    return int(lab.run("lxc-info", "-P", str(lab.folder / "lxc"), "-n", name, "-p", "-H"))


def halt(lab: Lab, name: str) -> None:
    """Stop it at once."""
    lab.run("lxc-stop", "-k", "-P", str(lab.folder / "lxc"), "-n", name)
