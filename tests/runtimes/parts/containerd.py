"""containerd, without dockerd and without CNI: one container, its network empty but for a veth that we give it.

A container that `boot` starts has a cable of CNI's: its plugin is called as containerd's CRI and nerdctl do.
"""

import functools
import json
from pathlib import Path

from tests.runtimes.lab import SLEEP, Expected, Lab, until

NEEDS = ("containerd", "ctr", "runc", "busybox")
_PLUGINS = Path("/usr/lib/cni")
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
    at, name = lab.folder / "containerd", lab.called("c1")
    at.mkdir()
    (at / "config.toml").write_text(_CONFIG.format(at=at))
    ctr = functools.partial(run, lab)
    lab.daemon("containerd", lab.inside("containerd", "-c", f"{at}/config.toml"))
    until(lambda: ctr("version"), "containerd")
    ctr("run", "-d", *_fifos(lab), "--label", "app=web", "--rootfs", str(lab.rootfs), name, *SLEEP)
    pid = pid_of(lab, name)
    lab.run("ip", "link", "add", "vethc1", "master", "br0", "type", "veth", "peer", "name", "eth0", "netns", str(pid))
    lab.expect(Expected("containerd", name, pid, labels=(("containerd.namespace", lab.name),)))


def run(lab: Lab, *words: str) -> str:
    """A ctr command. Its namespace is the lab's: runc's state and the cgroup are the machine's, called after it."""
    return lab.run("ctr", "-a", f"{lab.folder}/containerd/socket", "-n", lab.name, *words)


def pid_of(lab: Lab, name: str) -> int:
    """The process of a container."""
    return int(run(lab, "task", "ps", name).splitlines()[1].split()[0])


def boot(lab: Lab, name: str) -> int:
    """Start one, and give it a cable to br0; its process."""
    run(lab, "run", "-d", *_fifos(lab), "--rootfs", str(lab.rootfs), name, *SLEEP)
    pid = pid_of(lab, name)
    _cni(lab, "ADD", name, pid)
    return pid


def halt(lab: Lab, name: str) -> None:
    """Take its cable away, and end it."""
    _cni(lab, "DEL", name, pid_of(lab, name))
    run(lab, "task", "rm", "--force", name)
    run(lab, "container", "rm", name)


def has_cni() -> bool:
    """Debian's containernetworking-plugins are installed."""
    return (_PLUGINS / "bridge").exists()


def _cni(lab: Lab, command: str, name: str, pid: int) -> None:
    """As in the CNI specification, 1.0.0, section 2."""
    places = lab.folder / "cni"
    ipam = {"type": "host-local", "subnet": "10.220.0.0/24", "dataDir": str(places)}
    config = {"cniVersion": "1.0.0", "name": "jf", "type": "bridge", "bridge": "br0", "ipam": ipam}
    lab.run(
        str(_PLUGINS / "bridge"),
        stdin=json.dumps(config),
        env={
            "CNI_COMMAND": command,
            "CNI_CONTAINERID": name,
            "CNI_NETNS": f"/proc/{pid}/ns/net",
            "CNI_IFNAME": "eth0",
            "CNI_PATH": str(_PLUGINS),
        },
    )


def _fifos(lab: Lab) -> tuple[str, str]:
    return "--fifo-dir", f"{lab.folder}/containerd/fifo"
