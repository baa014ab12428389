"""Virtual machines: qemu by its command line, libvirt's by cgroup and state file.

Sources: qemu(1) `-name`; libvirt's "Control Groups Resource Management"; libvirt's src/conf/domain_conf.c (domstatus).
"""

import re

from backend.owners.claim import CgroupForm, Claim
from backend.owners.command_line import option
from backend.owners.sources import Sources
from backend.processes import Process

CGROUPS = (
    CgroupForm(
        "libvirt", re.compile(r"/machine-(?:qemu|lxc|ch)\\x2d\d+\\x2d(?P<id>[^/]+)\.scope(?=/|$)"), escaped=True
    ),
    CgroupForm("libvirt", re.compile(r"/(?:qemu|lxc|ch)-\d+-(?P<id>[^/]+?)\.libvirt-(?:qemu|lxc|ch)(?=/|$)")),
)


def is_emulator(process: Process) -> bool:
    """It runs qemu, under any of the names that distributions give it."""
    return process.program.startswith("qemu-system-") or process.program in {"qemu-kvm", "kvm"}


def machine(emulator: Process) -> Claim:
    """The VM that a qemu is, by `-name guest=VM,...` or `-name VM`; without one it is called after its pid."""
    argv = emulator.argv or ()
    name = ""
    for word in (option(argv, "-name", "--name") or "").split(","):
        if word.startswith("guest=") or (word and "=" not in word and not name):
            name = word.removeprefix("guest=")
    name = name or f"qemu-{emulator.pid}"
    return Claim("qemu", option(argv, "-uuid", "--uuid") or name, name)


def is_vouched_for(emulator: Process, name: str, sources: Sources) -> bool:
    """libvirt, which is root, wrote down that this pid is this domain."""
    text = sources.files.text(f"/run/libvirt/qemu/{name}.xml") if "/" not in name else None
    found = re.search(r"<domstatus\b[^>]*\spid='(\d+)'", text or "")
    return found is not None and int(found[1]) == emulator.pid
