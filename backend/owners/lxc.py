"""LXC: the payload's cgroup, and the monitor above it. LXD and Incus are made of LXC: see lxd.py for the rest of them.

Sources: lxc.container.conf(5); liblxc's src/lxc/cgroups/cgfsng.c (cgroup names), src/lxc/start.c (the monitor's title).
"""

import re

from backend.owners.claim import CgroupForm, Claim
from backend.owners.command_line import option
from backend.owners.lxd import instance
from backend.processes import Process

CGROUPS = (
    CgroupForm("lxc", re.compile(r"(?:^|/)lxc\.payload[./](?P<id>[^/]+)")),
    CgroupForm("lxc", re.compile(r"^/lxc/(?P<id>[^/]+)")),  # before LXC 4
)
SUPERVISORS = ("lxc-start", "lxc-execute", "lxc-autostart", "lxd", "incusd")
_TITLE = "[lxc monitor] "


def supervised(monitor: Process) -> Claim | None:
    """`[lxc monitor] LXCPATH NAME`, its title; in the foreground (`lxc-start -F`) the options instead."""
    argv = monitor.argv or ()
    title = " ".join(argv).strip()
    if title.startswith(_TITLE):
        path, _, name = title.removeprefix(_TITLE).rpartition(" ")
    else:
        path, name = option(argv, "-P", "--lxcpath") or "/var/lib/lxc", option(argv, "-n", "--name") or ""
    if not name or (monitor.program in {"lxd", "incusd"} and not title.startswith(_TITLE)):
        return None
    match monitor.program:
        case "lxd":
            return instance("lxd", path, name)
        case "incusd":
            return instance("incus", path, name)
        case _:
            return Claim("lxc", name, name, clue=path)
