"""containerd, without dockerd and without CNI: one container, its network empty but for a veth that we give it."""

import functools

from tests.runtimes.lab import SLEEP, Expected, Lab, until

NEEDS = ("containerd", "ctr", "runc", "busybox")
_CONFIG = """
version = 2
root = "{at}/root"
state = "{at}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "{at}/socket"
[ttrpc]
address = "{at}/ttrpc"
"""


def start(lab: Lab) -> None:
    """Start a containerd of the lab's own, and c1."""
    at = lab.folder / "containerd"
    at.mkdir()
    (at / "config.toml").write_text(_CONFIG.format(at=at))
    # the namespace is the lab's too: runc's state and the cgroup are the machine's, and called after it
    ctr = functools.partial(lab.run, "ctr", "-a", f"{at}/socket", "-n", lab.name)
    lab.daemon("containerd", lab.inside("containerd", "-c", f"{at}/config.toml"))
    until(lambda: ctr("version"), "containerd")
    ctr("run", "-d", "--fifo-dir", f"{at}/fifo", "--label", "app=web", "--rootfs", str(lab.rootfs), "c1", *SLEEP)
    pid = int(ctr("task", "ls", "-q") and ctr("task", "ps", "c1").splitlines()[1].split()[0])
    lab.run("ip", "link", "add", "vethc1", "master", "br0", "type", "veth", "peer", "name", "eth0", "netns", str(pid))
    lab.expect(Expected("containerd", "c1", pid, labels=(("containerd.namespace", lab.name),)))
