"""What the runtimes say of their containers, asked once for each."""

from collections.abc import Callable
from dataclasses import replace

from backend.owners import containerd, docker, kubernetes, lxd, podman
from backend.owners.claim import Claim, Description
from backend.owners.membership import Membership
from backend.owners.sources import Sources
from backend.processes import ProcessKey

_Describe = Callable[[Claim, Sources], Description]
_BY_RUNTIME: dict[str, _Describe] = {
    "containerd": containerd.describe,
    "docker": docker.describe,
    "incus": lxd.describe,
    "kubernetes": kubernetes.describe,
    "lxd": lxd.describe,
    "podman": podman.describe,
}
_BY_RUNTIME_OF_A_USER: dict[str, _Describe] = {"podman": podman.describe_as_user}
_Key = tuple[str, str, str, ProcessKey | None]


class Descriptions:
    """Asks a runtime about each run of a container once; again where it did not answer, or its file has changed."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._known: dict[_Key, Description] = {}
        self._stamps: dict[_Key, int | None] = {}
        self._asked: set[_Key] = set()
        self.complete = True
        """Every daemon answered in this round."""

    def new_round(self, dockerds: tuple[tuple[str, ...], ...]) -> None:
        """Ask the silent ones again, and forget the containers that nobody asked about in the last round."""
        self._sources = replace(self._sources, dockerds=dockerds)
        self._sources.sockets.new_round()
        self._known = {key: self._known[key] for key in self._asked if key in self._known}
        self._stamps = {key: self._stamps[key] for key in self._known}
        self._asked = set()
        self.complete = True

    def of(self, membership: Membership) -> Description:
        """What is known of this container; at most one daemon's timeout is waited for in a round."""
        claim, supervisor = membership.claim, membership.supervisor
        key = (claim.runtime, claim.id, claim.clue, supervisor.key if supervisor else None)
        self._asked.add(key)
        found = self._known.get(key)
        if found is None or not found.answered or self._stamp(found) != self._stamps[key]:
            ours = supervisor is None or membership.proved
            describe = (_BY_RUNTIME if ours else _BY_RUNTIME_OF_A_USER).get(claim.runtime)
            found = self._known[key] = describe(claim, self._sources) if describe else Description()
            self._stamps[key] = self._stamp(found)
        self.complete &= found.answered
        return found

    def _stamp(self, description: Description) -> int | None:
        return self._sources.files.stamp(description.source) if description.source else None

    def user(self, uid: int | None) -> str | None:
        """The name of an ordinary user, as /etc/passwd has it: no directory service is waited for. None for root."""
        if not uid:
            return None
        for line in (self._sources.files.text("/etc/passwd") or "").splitlines():
            fields = line.split(":")
            if len(fields) > 2 and fields[2] == str(uid):
                return fields[0]
        return str(uid)
