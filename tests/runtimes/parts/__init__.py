"""What the lab can start: a file for each runtime."""

from collections.abc import Mapping
from types import ModuleType

from tests.runtimes.parts import containerd, docker, lxc, lxd, nspawn, plain, podman, qemu

PARTS: Mapping[str, ModuleType] = {
    "lxc": lxc,
    "lxd": lxd,
    "docker": docker,
    "podman": podman,
    "containerd": containerd,
    "nspawn": nspawn,
    "qemu": qemu,
    "process": plain,
}
"""Each has NEEDS, the programs without which it is left out, and start(lab)."""
