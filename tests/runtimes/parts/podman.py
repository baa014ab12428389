"""Podman: a container, and a pod of two."""

import functools

from tests.runtimes.lab import IMAGE, SLEEP, Expected, Lab

NEEDS = ("podman", "runc", "busybox")
_CONFIG = """
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=1024:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
"""


def start(lab: Lab) -> None:
    """Start them."""
    podman = functools.partial(run, lab)
    (lab.folder / "podman").mkdir()
    (lab.folder / "podman/containers.conf").write_text(_CONFIG)
    lab.run("tar", "-C", str(lab.rootfs), "-cf", str(lab.folder / "podman/box.tar"), ".")
    podman("import", str(lab.folder / "podman/box.tar"), IMAGE)
    podman("network", "create", "--subnet", "10.213.1.0/24", "--disable-dns", "pnet")
    podman("run", "-d", "--name", "p1", "--network", "pnet", IMAGE, *SLEEP)
    podman(
        "pod",
        "create",
        "--name",
        "shop",
        "--network",
        "pnet",
        "--infra-image",
        IMAGE,
        "--infra-command",
        " ".join(SLEEP),
    )
    for name in ("p2", "p3"):
        podman("run", "-d", "--pod", "shop", "--name", name, IMAGE, *SLEEP)
    for name in ("p1", "p2", "p3"):
        pid = int(podman("inspect", "--format", "{{.State.Pid}}", name))
        lab.expect(Expected("podman", name, pid, image=f"localhost/{IMAGE}"))


def run(lab: Lab, *words: str) -> str:
    """A podman command, with places of the lab's own."""
    at = lab.folder / "podman"
    places = ("--root", f"{at}/root", "--runroot", f"{at}/run", "--tmpdir", f"{at}/tmp")
    own_runc = ("--runtime-flag", f"root={at}/runc")
    options = (*places, *own_runc, "--network-config-dir", f"{at}/net", "--storage-driver", "vfs")
    return lab.run("podman", *options, *words, env={"CONTAINERS_CONF": f"{at}/containers.conf"})
