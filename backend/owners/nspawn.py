"""systemd-nspawn, with or without machined.

Sources: systemd-nspawn(1), systemd-machined.service(8), "The New Control Group Interfaces" (machine.slice).
"""

import re
from pathlib import PurePath

from backend.owners.claim import CgroupForm, Claim
from backend.owners.command_line import option
from backend.processes import Process

CGROUPS = (
    CgroupForm("nspawn", re.compile(r"/machine-(?P<id>[^/]+)\.scope(?=/|$)"), escaped=True),
    CgroupForm("nspawn", re.compile(r"/systemd-nspawn@(?P<id>[^/]+)\.service(?=/|$)"), escaped=True),
)
SUPERVISORS = ("systemd-nspawn",)


def supervised(nspawn: Process) -> Claim | None:
    """`-M NAME`, or the name of the directory or image, as nspawn itself chooses it."""
    argv = nspawn.argv or ()
    name = option(argv, "-M", "--machine") or _attached(argv, "-M")
    if name is None:
        place = option(argv, "-D", "--directory", "-i", "--image")
        name = PurePath(place).name.removesuffix(".raw") if place else None
    return Claim("nspawn", name, name) if name else None


def _attached(argv: tuple[str, ...], name: str) -> str | None:
    return next((word[len(name) :] for word in argv if word.startswith(name) and len(word) > len(name)), None)
