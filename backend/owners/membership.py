"""Which container a process belongs to, and whether that is proved.

argv is a process's own word, and a container may run a program called conmon. So a supervisor counts only when the
kernel says that it runs the expected program, as root, in our own pid and user namespaces. One of an ordinary user's
counts for that user's own processes, and proves nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from backend.owners import containerd, docker, kubernetes, lxc, nspawn, podman, qemu
from backend.owners.claim import Claim, join
from backend.owners.sources import Sources
from backend.processes import PROC, Process, ProcessTable

_FORMS = (*kubernetes.CGROUPS, *podman.CGROUPS, *docker.CGROUPS, *lxc.CGROUPS, *qemu.CGROUPS, *nspawn.CGROUPS)
_SUPERVISED: dict[str, Callable[[Process], Claim | None]] = {
    program: module.supervised for module in (containerd, lxc, nspawn, podman) for program in module.SUPERVISORS
}
_STARTERS = {"runc", "crun", "youki", "libvirt_lxc", *_SUPERVISED}
"""They may sit in a container's cgroup without being in the container."""
_DEEPEST = 64
"""More ancestors than that are a loop: the pids were read at different moments."""


class Ours(NamedTuple):
    """The namespaces that a trusted supervisor shares with us."""

    pid_namespace: int | None
    user_namespace: int | None

    def has(self, process: Process) -> bool:
        """Unknown is never ours."""
        return (
            process.pid_namespace is not None
            and process.user_namespace is not None
            and (process.pid_namespace, process.user_namespace) == self
        )

    def trust(self, process: Process, *programs: str) -> bool:
        """It runs one of these programs, as root, beside us."""
        return process.program in programs and process.uid == 0 and self.has(process)


def own_namespaces(proc: Path = PROC) -> Ours:
    """Those that we run in; unknown where we may not even see our own."""
    found: list[int | None] = []
    for kind in ("pid", "user"):
        try:
            found.append((proc / "self" / "ns" / kind).stat().st_ino)
        except OSError:
            found.append(None)
    return Ours(*found)


@dataclass(frozen=True, slots=True)
class Membership:
    """A process belongs to a container."""

    claim: Claim
    supervisor: Process | None = None
    proved: bool = False
    contradiction: Claim | None = None
    """What the supervisor says, where it says something else than the cgroup."""


def membership_of(process: Process, table: ProcessTable, ours: Ours, sources: Sources) -> Membership | None:
    """The container that a process belongs to; None for one of the host's own, supervisors included."""
    cgroup = claimed_by_cgroup(process.cgroups or ())
    if (cgroup is None or cgroup.runtime == "libvirt") and _may_be_emulator(process, cgroup):
        return _machine(process, cgroup, ours, sources)
    supervisor, claim = _outermost_supervisor(process, table, ours)
    believed = cgroup or claim
    if believed is None or _is_starter(process, ours):
        return None
    if cgroup is None or claim is None:
        return Membership(believed, supervisor, _is_trusted(supervisor, ours))
    joined = join(cgroup, claim)
    if joined is None:
        return Membership(cgroup, supervisor, contradiction=claim)
    return Membership(joined, supervisor, _is_trusted(supervisor, ours))


@lru_cache(maxsize=4096)  # all of a service's processes have the same
def claimed_by_cgroup(paths: tuple[str, ...]) -> Claim | None:
    """The container whose cgroup this is: the outermost, where a container holds others."""
    for path in paths:
        found = [(match.start(), form, match) for form in _FORMS if (match := form.pattern.search(path))]
        if found:
            _, form, match = min(found, key=lambda entry: entry[0])
            return Claim(form.runtime, form.id(match))
    return None


def ancestors(process: Process, table: ProcessTable) -> Iterator[Process]:
    """Its parent, the parent's parent, and so on; without pid 1, which is nobody's supervisor."""
    pid = process.ppid
    for _ in range(_DEEPEST):
        if pid <= 1:
            return
        parent = table.process(pid)
        yield parent
        pid = parent.ppid


def _outermost_supervisor(
    process: Process, table: ProcessTable, ours: Ours
) -> tuple[Process, Claim] | tuple[None, None]:
    """The one nearest to pid 1: a container may run supervisors of its own."""
    found: tuple[Process, Claim] | tuple[None, None] = (None, None)
    for parent in ancestors(process, table):
        read = _SUPERVISED.get(parent.program)
        if read is not None and _counts(parent, process, ours):
            claim = read(parent)
            if claim is not None:
                found = parent, claim
    return found


def _counts(supervisor: Process, process: Process, ours: Ours) -> bool:
    """It is root's, or an ordinary user's above a process of the same user."""
    if supervisor.pid_namespace is None or supervisor.pid_namespace != ours.pid_namespace:
        return False
    if supervisor.uid == 0:
        return ours.has(supervisor)
    same_user = process.uid == supervisor.uid
    inside_a_user_namespace = process.user_namespace not in (None, ours.user_namespace)
    return supervisor.uid is not None and (same_user or inside_a_user_namespace)


def _is_trusted(supervisor: Process | None, ours: Ours) -> bool:
    return supervisor is not None and supervisor.uid == 0 and ours.has(supervisor)


def _is_starter(process: Process, ours: Ours) -> bool:
    return process.program in _STARTERS and process.pid_namespace == ours.pid_namespace


def _may_be_emulator(process: Process, cgroup: Claim | None) -> bool:
    """By its comm first: that spares all others the reading of their exe."""
    return (cgroup is not None or process.comm.startswith(("qemu", "kvm"))) and qemu.is_emulator(process)


def _machine(emulator: Process, cgroup: Claim | None, ours: Ours, sources: Sources) -> Membership:
    """The VM of a qemu; libvirt's by its cgroup, and proved by the state file that libvirt keeps."""
    own_word = qemu.machine(emulator)
    if cgroup is None:
        return Membership(own_word, proved=emulator.uid == 0 and ours.has(emulator))
    name = (
        own_word.name if own_word.name and own_word.name.startswith(cgroup.id) else cgroup.id
    )  # libvirt cuts long ones
    claim = replace(cgroup, id=own_word.id, name=name)
    return Membership(claim, proved=ours.has(emulator) and qemu.is_vouched_for(emulator, name, sources))
