"""systemd-nspawn on a bridge, not registered with machined (which would be the machine's own)."""

import shutil

from tests.runtimes.lab import SLEEP, Expected, Lab, children_of, netns_of, until

NEEDS = ("systemd-nspawn", "busybox")


def start(lab: Lab) -> None:
    """Start n1."""
    tree = lab.folder / "nspawn" / "n1"
    shutil.copytree(lab.rootfs, tree, symlinks=True)
    own = ("--register=no", "--keep-unit", "--kill-signal=SIGKILL")
    argv = ("systemd-nspawn", "-q", "-D", str(tree), "-M", "n1", "--network-bridge=br0", *own, *SLEEP)
    supervisor = lab.daemon("n1", lab.inside(*argv))
    until(lambda: lab.run("ip", "link", "show", "vb-n1"), "nspawn's veth")
    until(lambda: netns_of(next(children_of(supervisor), supervisor)) != lab.netns, "nspawn's payload")
    lab.expect(Expected("nspawn", "n1", next(children_of(supervisor))))
