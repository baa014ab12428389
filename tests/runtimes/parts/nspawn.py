"""systemd-nspawn on a bridge, not registered with machined (which would be the machine's own)."""

import os
import shutil
import signal

from tests.runtimes import sweep
from tests.runtimes.lab import SLEEP, Expected, Lab, children_of, netns_of, until

NEEDS = ("systemd-nspawn", "busybox")


def start(lab: Lab) -> None:
    """Start n1."""
    name = lab.called("n1")
    _, payload = boot(lab, name)
    lab.expect(Expected("nspawn", name, payload))


def boot(lab: Lab, name: str) -> tuple[int, int]:
    """Start one; its supervisor, and its process."""
    tree = lab.folder / "nspawn" / name
    if not tree.exists():
        shutil.copytree(lab.rootfs, tree, symlinks=True)
    own = ("--register=no", "--keep-unit", "--kill-signal=SIGKILL")
    argv = ("systemd-nspawn", "-q", "-D", str(tree), "-M", name, "--network-bridge=br0", *own, *SLEEP)
    supervisor = lab.daemon(name, lab.inside(*argv))
    until(lambda: lab.run("ip", "link", "show", f"vb-{name}"), "nspawn's veth")
    until(lambda: netns_of(next(children_of(supervisor), supervisor)) != lab.netns, "nspawn's payload")
    return supervisor, next(children_of(supervisor))


def halt(supervisor: int, payload: int) -> None:
    """End its process, and so the container; wait for the supervisor."""
    os.kill(payload, signal.SIGKILL)
    next(one for one in sweep.ours if one.pid == supervisor).wait()
