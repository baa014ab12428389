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
    path = lab.folder / "lxc"
    for name, network in _NETWORK.items():
        home = path / name
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
        log = lab.folder / "log" / f"lxc-{name}"
        lab.call(lab.with_sysfs("lxc-start", "-P", str(path), "-n", name, "-o", str(log)))
        pid = int(lab.run("lxc-info", "-P", str(path), "-n", name, "-p", "-H"))
        lab.expect(Expected("lxc", name, pid))
