"""Podman: a container, and a pod of two."""

import functools

from tests.runtimes.lab import IMAGE, SLEEP, Expected, Lab

NEEDS = ("podman", "runc", "busybox")
NETWORK = "pnet"
_CONFIG = """
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=1024:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[engine.runtimes]
runc = ["{runc}"]
[network]
network_backend = "netavark"
"""
_RUNC = """#!/bin/sh
exec runc --root {root} "$@"
"""
"""With a place of the lab's own. As podman's `--runtime-flag` it would not reach the `podman container cleanup` that
conmon starts: where that came first, the container counted as cleaned up, and runc still had it at the next start."""


def start(lab: Lab) -> None:
    """Start them."""
    podman = functools.partial(run, lab)
    at = lab.folder / "podman"
    at.mkdir()
    (at / "containers.conf").write_text(_CONFIG.format(runc=at / "runc"))
    (at / "runc").write_text(_RUNC.format(root=at / "runc-state"))
    (at / "runc").chmod(0o755)
    lab.run("tar", "-C", str(lab.rootfs), "-cf", f"{at}/box.tar", ".")
    podman("import", f"{at}/box.tar", IMAGE)
    podman("network", "create", "--subnet", "10.213.1.0/24", "--disable-dns", NETWORK)
    pod, p1, p2, p3 = map(lab.called, ("shop", "p1", "p2", "p3"))
    infra = ("--infra-image", IMAGE, "--infra-command", " ".join(SLEEP))
    podman("run", "-d", "--name", p1, "--network", NETWORK, IMAGE, *SLEEP)
    podman("pod", "create", "--name", pod, "--network", NETWORK, *infra)
    for name in (p2, p3):
        podman("run", "-d", "--pod", pod, "--name", name, IMAGE, *SLEEP)
    for name in (p1, p2, p3):
        lab.expect(Expected("podman", name, pid_of(lab, name), image=f"localhost/{IMAGE}"))


def run(lab: Lab, *words: str) -> str:
    """A podman command, with places of the lab's own."""
    at = lab.folder / "podman"
    places = ("--root", f"{at}/root", "--runroot", f"{at}/run", "--tmpdir", f"{at}/tmp")
    options = (*places, "--network-config-dir", f"{at}/net", "--storage-driver", "vfs")
    return lab.run("podman", *options, *words, env={"CONTAINERS_CONF": f"{at}/containers.conf"})


def pid_of(lab: Lab, name: str) -> int:
    """The process of a container."""
    return int(run(lab, "inspect", "--format", "{{.State.Pid}}", name))
