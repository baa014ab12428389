"""What a planner must know besides the graph: what links have, what must not be cut, and what we may do."""

import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from backend.belongings import read_belongings
from backend.executor import OpenNamespace
from backend.journal import Journal
from backend.lifelines import Place, read_lifelines
from backend.netns import open_own_netns
from backend.remembered import read_remembered
from model.identity import LinkId
from model.plan import Surroundings

CAP_NET_ADMIN: Final = 12
_FRESH_MACS: Final = 256
"""For one plan, of however many wishes."""


def read_surroundings(
    links: Sequence[LinkId], open_namespace: OpenNamespace, place: Place, proc: Path, journal: Journal
) -> Surroundings:
    """For a plan that touches these links. What cannot be read says so in its place."""
    home_fd = open_own_netns()
    try:
        home = place(os.fstat(home_fd).st_ino)
        lifelines = tuple(read_lifelines(home, home_fd, place, proc))
    finally:
        os.close(home_fd)
    why_not = why_no_change(proc)
    return Surroundings(
        belongings=tuple(read_belongings(links, open_namespace, proc)),
        lifelines=lifelines,
        may_change=not why_not,
        why_not=why_not,
        remembered=read_remembered(journal, place, proc),
        fresh_macs=tuple(fresh_mac() for _ in range(_FRESH_MACS)),
    )


def why_no_change(proc: Path) -> str:
    """Why this process can change nothing; empty: it can (capabilities(7))."""
    try:
        status = (proc / "thread-self" / "status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return "" if os.geteuid() == 0 else "not root: start with sudo to change anything"
    effective = next((line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), "0")
    if int(effective, 16) >> CAP_NET_ADMIN & 1:
        return ""
    if os.geteuid() == 0:
        return "root without CAP_NET_ADMIN: start jackfield outside of this container, or give it that capability"
    return "not root: start with sudo to change anything"


def fresh_mac() -> str:
    """Random, locally administered, unicast (IEEE 802)."""
    octets = bytearray(random.SystemRandom().randbytes(6))
    octets[0] = octets[0] & 0xFC | 0x02
    return octets.hex(":")
