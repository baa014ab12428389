"""From processes and the containers they belong to, to the owners of each namespace."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import NamedTuple

from backend.owners import podman
from backend.owners import process as plain
from backend.owners.claim import Claim, Description
from backend.owners.description import Descriptions
from backend.owners.membership import Membership, Ours
from backend.owners.taps import HeldTap
from backend.processes import Process, ProcessKey, ProcessTable
from model.namespace import Holder, Owner

CONTAINERS = "io.kubernetes.container.name"
"""The label that lists the containers of a pod, as the kubelet calls one."""


class OwnerWarning(NamedTuple):
    """Something about an owner does not add up."""

    code: str
    netns: int
    pid: int
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """Who owns what, by the inode of the namespace."""

    owners: Mapping[int, tuple[Owner, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Sorted by runtime, name and id. A namespace with none is not in it."""
    holders: Mapping[tuple[int, str | int], Holder] = field(default_factory=lambda: MappingProxyType({}))
    """By (netns inode, name) for a tap, by (netns inode, ifindex) for a macvtap."""
    warnings: tuple[OwnerWarning, ...] = ()
    unsettled: frozenset[int] = frozenset()
    """Processes so young that what they own may still change: look at these again in a moment."""
    unanswered: bool = False
    """A daemon did not answer in time: ask again in a moment."""

    @property
    def again(self) -> bool:
        """Not the last word."""
        return bool(self.unsettled) or self.unanswered


@dataclass(slots=True)
class Known:
    """A process that was looked at."""

    process: Process
    netns: int
    membership: Membership | None
    settled: bool

    def says_other_than(self, before: "Known | None") -> bool:
        """The picture of the owners may differ for it."""
        return before is None or (
            (self.netns, self.membership, self.settled, self.process.key, self.process.comm)
            != (before.netns, before.membership, before.settled, before.process.key, before.process.comm)
        )


class _Group(NamedTuple):
    """What one container has in one namespace."""

    netns: int
    members: list[Known]

    @property
    def eldest(self) -> Process:
        return min((known.process for known in self.members), key=lambda process: process.key[::-1])

    @property
    def membership(self) -> Membership:
        """The best supported of its members'."""
        found = [known.membership for known in self.members if known.membership is not None]
        return max(found, key=lambda membership: (membership.proved, membership.supervisor is not None))

    @property
    def container(self) -> tuple[str, str, ProcessKey]:
        """Which container it is, wherever it has processes. Two may have one name: a supervisor has but one of them."""
        membership = self.membership
        shown_by = membership.supervisor or self.eldest
        return membership.claim.runtime, membership.claim.id, shown_by.key

    @property
    def contradictions(self) -> list[tuple[int, Claim]]:
        """(pid, what its supervisor says) for those of whom two things are said."""
        return [
            (known.process.pid, known.membership.contradiction)
            for known in self.members
            if known.membership is not None and known.membership.contradiction is not None
        ]


def assemble(
    known: Mapping[int, Known],
    table: ProcessTable,
    home: int,
    descriptions: Descriptions,
    held: Iterable[HeldTap],
    ours: Ours,
) -> Found:
    """The owners of every namespace, and the holders of the taps."""
    owners: dict[int, list[Owner]] = {}
    warnings: list[OwnerWarning] = []
    owner_of: dict[tuple[int, str, str], Owner] = {}
    for (netns, runtime, container), group in _groups(known, table, home).items():
        owner = _owner(group, descriptions.of(group.membership), _is_host_network(group, table, home), descriptions)
        owners.setdefault(netns, []).append(owner)
        owner_of[netns, runtime, container] = owner
        warnings += _warnings(group)
    _add_plain_processes(owners, known, home, ours, descriptions)
    return Found(
        MappingProxyType({netns: _tidy(found) for netns, found in owners.items()}),
        MappingProxyType(dict(_holders(held, known, owner_of))),
        tuple(sorted(warnings)),
    )


def _groups(known: Mapping[int, Known], table: ProcessTable, home: int) -> dict[tuple[int, str, str], _Group]:
    """By namespace and container. A container that has a network of its own is no owner of the host's as well."""
    groups: dict[tuple[int, str, str], _Group] = {}
    for one in known.values():
        if one.membership is not None:
            claim = one.membership.claim
            groups.setdefault((one.netns, claim.runtime, claim.id), _Group(one.netns, [])).members.append(one)
    elsewhere = {group.container for group in groups.values() if not _is_host_network(group, table, home)}
    return {
        key: group
        for key, group in groups.items()
        if group.container not in elsewhere or not _is_host_network(group, table, home)
    }


def _is_host_network(group: _Group, table: ProcessTable, home: int) -> bool:
    """It runs where the host does, or where its own supervisor does."""
    supervisor = group.membership.supervisor
    return group.netns == home or (supervisor is not None and table.netns.get(supervisor.pid) == group.netns)


def _owner(group: _Group, description: Description, host_network: bool, descriptions: Descriptions) -> Owner:
    membership, eldest = group.membership, group.eldest
    claim, supervisor = membership.claim, membership.supervisor
    uid = supervisor.uid if supervisor else eldest.uid if claim.runtime == "qemu" else 0
    labels = dict(claim.labels) | dict(description.labels)
    if description.container:
        labels[CONTAINERS] = description.container
    return Owner(
        runtime=claim.runtime,
        name=description.name or claim.name or claim.id[:12],
        id=description.pod or claim.id,
        pid=eldest.pid,
        image=description.image,
        labels=tuple(sorted(labels.items())),
        user=descriptions.user(uid),
        proved=membership.proved and not group.contradictions,
        host_network=host_network,
    )


def _warnings(group: _Group) -> list[OwnerWarning]:
    believed = group.membership.claim
    return [
        OwnerWarning(
            "owner-contradiction",
            group.netns,
            pid,
            f"Process {pid} is in a cgroup of {believed.runtime}'s {believed.name or believed.id[:12]}, "
            f"but runs below {claim.runtime}'s {claim.name or claim.id[:12]}: no policy applies to it",
        )
        for pid, claim in group.contradictions
    ]


def _add_plain_processes(
    owners: dict[int, list[Owner]], known: Mapping[int, Known], home: int, ours: Ours, descriptions: Descriptions
) -> None:
    """They own only what no runtime owns."""
    plain_ones: dict[int, list[Process]] = {}
    for one in known.values():
        if one.netns != home and one.membership is None:
            plain_ones.setdefault(one.netns, []).append(one.process)
    for netns, processes in plain_ones.items():
        if all(owner.host_network for owner in owners.get(netns, ())):
            found = [_plain_owner(process, ours, descriptions) for process in plain.eldest(processes)]
            if found:
                owners.setdefault(netns, []).extend(found)


def _plain_owner(process: Process, ours: Ours, descriptions: Descriptions) -> Owner:
    unit = plain.unit(process)
    return Owner(
        runtime="process",
        name=process.comm,
        id=str(process.pid),
        pid=process.pid,
        labels=(("unit", unit),) if unit else (),
        user=descriptions.user(process.uid),
        proved=process.uid == 0 and ours.has(process),
    )


def _tidy(owners: list[Owner]) -> tuple[Owner, ...]:
    """One owner for a pod, none for what only holds its namespaces; sorted."""
    pods: dict[tuple[str, str], list[Owner]] = {}
    for owner in sorted(owners, key=lambda owner: owner.pid):
        pods.setdefault((owner.runtime, owner.id), []).append(owner)
    one_each = [_one_pod(parts) for parts in pods.values()]
    visible = [owner for owner in one_each if not (owner.runtime == "podman" and podman.is_infra(owner.name))]
    return tuple(sorted(visible or one_each, key=lambda owner: (owner.runtime, owner.name, owner.id)))


def _one_pod(parts: list[Owner]) -> Owner:
    """The parts of a pod, the eldest first, as one owner: the label lists its containers."""
    if len(parts) == 1:
        return parts[0]
    labels = {key: value for part in reversed(parts) for key, value in part.labels}
    names = {name for part in parts if (name := dict(part.labels).get(CONTAINERS))}
    if names:
        labels[CONTAINERS] = ",".join(sorted(names))
    return replace(
        parts[0],
        image=next((part.image for part in parts if part.image), None),
        labels=tuple(sorted(labels.items())),
        proved=all(part.proved for part in parts),
    )


def _holders(
    held: Iterable[HeldTap],
    known: Mapping[int, Known],
    owner_of: Mapping[tuple[int, str, str], Owner],
) -> Iterable[tuple[tuple[int, str | int], Holder]]:
    for tap in held:
        one = known.get(tap.holder.pid)
        if one is None or one.process.key != tap.holder:
            continue
        claim = one.membership.claim if one.membership else None
        owner = owner_of.get((one.netns, claim.runtime, claim.id)) if claim else None
        yield (tap.netns, tap.link), Holder(tap.holder.pid, one.process.comm, owner)
