"""Plain processes in a namespace that no runtime owns: `ip netns exec`, a VPN, a systemd unit with PrivateNetwork=."""

import re
from collections.abc import Iterable

from backend.processes import Process

MOST = 3
"""More of them would say no more."""
_UNIT = re.compile(r"/([^/]+\.service)(?=/|$)")


def eldest(processes: Iterable[Process]) -> list[Process]:
    """The few that stand for a namespace: those that were not started from inside it, the eldest first."""
    inside = {process.pid: process for process in processes}
    roots = [process for process in inside.values() if process.ppid not in inside and not process.kernel_thread]
    return sorted(roots, key=lambda process: process.key[::-1])[:MOST]


def unit(process: Process) -> str | None:
    """The systemd unit that it belongs to."""
    for path in process.cgroups or ():
        found = _UNIT.search(path)
        if found:
            return found[1]
    return None
