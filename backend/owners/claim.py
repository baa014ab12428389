"""What a process is said to belong to, and what its runtime says of that."""

import re
from dataclasses import dataclass, replace

HEX_ID = r"[0-9a-f]{64}"
"""The id of an OCI container, as docker, podman, containerd's CRI and CRI-O make it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A process belongs to this container: so says its cgroup, or the supervisor above it."""

    runtime: str
    """As in model.namespace.Owner."""
    id: str
    name: str | None = None
    """None: only the runtime's own files or socket know it."""
    clue: str = ""
    """Where those are, if the supervisor tells: a bundle, an LXC path, a state directory."""
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Description:
    """What the runtime itself says of a container; None where it says nothing."""

    name: str | None = None
    image: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    pod: str | None = None
    """The id of the pod that the operator sees instead of its containers."""
    container: str | None = None
    """Its name inside that pod; None for the one that only holds the pod's namespaces."""
    source: str | None = None
    """The file that says so: when it changes (a `docker rename`), it is read again."""
    answered: bool = True
    """False: a daemon did not answer in time. Ask again."""


@dataclass(frozen=True, slots=True)
class CgroupForm:
    """How a runtime names the cgroup of a container: `pattern` has a group `id`."""

    runtime: str
    pattern: re.Pattern[str]
    escaped: bool = False
    """The id is written as in a systemd unit's name: `\\x2d` is a `-` (systemd-escape(1))."""

    def id(self, found: re.Match[str]) -> str:
        """The id in a match."""
        text = found["id"]
        return re.sub(r"\\x([0-9a-f]{2})", lambda code: chr(int(code[1], 16)), text) if self.escaped else text


_SAME_FAMILY = {"lxd": "lxc", "incus": "lxc"}


def join(cgroup: Claim, supervisor: Claim) -> Claim | None:
    """The two as one claim, with the better of each; None when they contradict each other."""
    cgroup_family = _SAME_FAMILY.get(cgroup.runtime, cgroup.runtime)
    family = _SAME_FAMILY.get(supervisor.runtime, supervisor.runtime)
    if cgroup_family == "kubernetes" == family:  # one shim serves all containers of a pod
        return supervisor if cgroup.id == supervisor.id else _of_the_same_pod(cgroup, supervisor)
    if cgroup_family == "kubernetes" and family == "docker":
        return supervisor if cgroup.id == supervisor.id else None
    if cgroup_family != family:
        return None
    if cgroup.id == supervisor.id:
        return supervisor
    # LXC takes NAME-1 where a cgroup called NAME was left over
    return supervisor if family == "lxc" and re.fullmatch(re.escape(supervisor.id) + r"-\d+", cgroup.id) else None


def _of_the_same_pod(cgroup: Claim, shim: Claim) -> Claim:
    bundles = shim.clue.rpartition("/")[0]
    return replace(shim, id=cgroup.id, name=None, clue=f"{bundles}/{cgroup.id}")


def text_pairs(found: object) -> tuple[tuple[str, str], ...]:
    """Labels out of a runtime's JSON: sorted, and only what is text."""
    if not isinstance(found, dict):
        return ()
    return tuple(
        sorted((key, value) for key, value in found.items() if isinstance(key, str) and isinstance(value, str))
    )
