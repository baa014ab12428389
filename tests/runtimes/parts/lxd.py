"""LXD: a container in the default project, and one in another."""

import functools
import shutil

from tests.runtimes.lab import SLEEP, Expected, Lab, until

NEEDS = ("lxd", "lxc", "busybox")
IMAGE = "box"


def start(lab: Lab) -> None:
    """Start an LXD of the lab's own, x1, and x2 of project pr1."""
    at = lab.folder / "lxd"
    at.mkdir()
    lxc = functools.partial(run, lab)
    lab.daemon("lxd", lab.with_sysfs("lxd", "--group", "root"), _environment(lab))
    until(lambda: (at / "unix.socket").exists() and lxc("info"), "lxd")
    lxc("image", "import", _image(lab), "--alias", IMAGE)
    lxc("storage", "create", "pool", "dir")
    lxc("profile", "device", "add", "default", "root", "disk", "path=/", "pool=pool")
    lxc("profile", "device", "add", "default", "eth0", "nic", "nictype=bridged", "parent=br0", "name=eth0")
    lxc("project", "create", "pr1", "-c", "features.images=false", "-c", "features.profiles=false")
    for word, project in (("x1", "default"), ("x2", "pr1")):
        name = lab.called(word)
        lxc("launch", "-q", IMAGE, name, "--project", project, "-c", "security.privileged=true")
        lab.expect(Expected("lxd", name, pid_of(lab, name, project), "jf-box", (("project", project),)))


def run(lab: Lab, *words: str) -> str:
    """A command to the lab's LXD."""
    return lab.run("lxc", *words, env=_environment(lab))


def pid_of(lab: Lab, name: str, project: str = "default") -> int:
    """The process of a container."""
    return int(run(lab, "list", "--project", project, "--format", "csv", "-c", "p", f"^{name}$"))


def _environment(lab: Lab) -> dict[str, str]:
    return {"LXD_DIR": f"{lab.folder}/lxd", "HOME": str(lab.folder)}


def _image(lab: Lab) -> str:
    tree = lab.folder / "lxd-image"
    shutil.copytree(lab.rootfs, tree / "rootfs", symlinks=True)
    init = tree / "rootfs/sbin/init"
    init.write_text(f"#!/bin/sh\nexec {' '.join(SLEEP)}\n")
    init.chmod(0o755)
    (tree / "metadata.yaml").write_text(
        "architecture: x86_64\ncreation_date: 1700000000\nproperties: {description: jf-box}\n"
    )
    archive = f"{lab.folder}/lxd-image.tar.gz"
    lab.run("tar", "-C", str(tree), "-czf", archive, "metadata.yaml", "rootfs")
    return archive
