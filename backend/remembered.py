"""Names that runtimes will look for again: LXC and LXD delete what has the name of their cable when a container stops.

Three sources: our journal (a link that we renamed or moved away), LXC's configuration (`lxc.net.N.veth.pair`), and what
LXD and Incus say of their instances (`volatile.NIC.host_name`), so that it does not matter who renamed the link. What
cannot be read is not known: an included file, a container that was started with another configuration, a silent daemon.

Sources: lxc.container.conf(5); liblxc's src/lxc/network.c (lxc_delete_network_priv deletes by name); LXD's REST API.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Final, NamedTuple

from backend.journal import Journal
from backend.lifelines import Place
from backend.owners import lxc, unix_http
from backend.owners.claim import Claim
from backend.owners.membership import own_namespaces
from backend.owners.state_file import StateFiles, field
from backend.processes import Process
from model.identity import LinkId, NamespaceId
from model.operations import Handle, MoveLink, RenameLink
from model.plan import Fate, Remembered

_PAIR: Final = re.compile(r"^[ \t]*lxc\.net(?:work)?\.(?:\d+\.)?veth\.pair[ \t]*=[ \t]*(\S+)", re.MULTILINE)
_HOST_NAME: Final = re.compile(r"volatile\..+\.host_name")
_INSTANCES: Final = "/1.0/instances?recursion=1&all-projects=true"
_PATIENCE_S: Final = 1.0
"""For a daemon: somebody waits for the plan."""
_BY_NAME: Final = frozenset(lxc.SUPERVISORS)


class _Running(NamedTuple):
    """A container whose monitor is at work."""

    claim: Claim
    namespace: NamespaceId
    """The monitor's: where it looks for its links."""


def read_remembered(journal: Journal, place: Place, proc: Path) -> tuple[Remembered, ...]:
    """All that is known. Takes milliseconds, and longer where a daemon does not answer: not on the UI's thread."""
    running = tuple(_running(place, proc))
    found = (*renamed_by_us(journal), *_configured(running), *_told_by_daemons(running))
    return tuple(dict.fromkeys(found))


def renamed_by_us(journal: Journal) -> tuple[Remembered, ...]:
    """The first name of every link that we renamed or moved since boot: whether a runtime cares, the planner sees."""
    try:
        return _first_names(journal.directory, journal.boot, journal.stamp())
    except OSError:  # not ours to read: what we did as somebody else
        return ()


@lru_cache(maxsize=1)
def _first_names(directory: Path, boot: str, stamp: tuple[int, int]) -> tuple[Remembered, ...]:  # noqa: ARG001 # its age
    first: dict[LinkId, tuple[NamespaceId, str]] = {}
    for change in Journal(directory, boot).changes():
        if change.boot != boot:
            continue
        for outcome in (*change.outcomes, *change.undoing):
            if outcome.fate is not Fate.DONE:
                continue
            match outcome.operation:
                case RenameLink(Handle(namespace, name, int(ifindex))):
                    first.setdefault(LinkId(namespace, ifindex), (namespace, name))
                case MoveLink(Handle(namespace, name, int(ifindex))):
                    had = first.pop(LinkId(namespace, ifindex), (namespace, name))
                    first |= {link: had for _, link in outcome.made}
    return tuple(Remembered(namespace, name, of=link) for link, (namespace, name) in first.items())


def configured_names(text: str) -> tuple[str, ...]:
    """The host ends that an LXC configuration names."""
    return tuple(_PAIR.findall(text))


def host_names(answer: object) -> Iterator[tuple[str, str, str]]:
    """Project, instance and host end, out of LXD's or Incus's answer."""
    instances = field(answer, "metadata")
    for instance in instances if isinstance(instances, list) else ():
        name, project, config = (field(instance, key) for key in ("name", "project", "config"))
        if isinstance(name, str) and isinstance(config, dict):
            for key, value in config.items():
                if isinstance(value, str) and value and _HOST_NAME.fullmatch(str(key)):
                    yield project if isinstance(project, str) else "default", name, value


def _running(place: Place, proc: Path) -> Iterator[_Running]:
    """By their monitors; a forged one, or one of an ordinary user's, keeps no name from anybody."""
    ours = own_namespaces(proc)
    for pid in (int(entry.name) for entry in proc.iterdir() if entry.name.isdecimal()):
        process = Process(pid, proc)
        if process.kernel_thread or process.program not in _BY_NAME or not ours.trust(process, *_BY_NAME):
            continue
        claim = lxc.supervised(process)
        try:
            namespace = place((proc / str(pid) / "ns" / "net").stat().st_ino)
        except OSError:
            continue
        if claim is not None and namespace is not None:
            yield _Running(claim, namespace)


def _configured(running: tuple[_Running, ...]) -> Iterator[Remembered]:
    files = StateFiles()
    for claim, namespace in running:
        if claim.runtime == "lxc":
            text = files.text(str(PurePath(claim.clue, claim.id, "config"))) or ""
            for name in configured_names(text):
                yield Remembered(namespace, name, f"lxc {claim.id}")


def _told_by_daemons(running: tuple[_Running, ...]) -> Iterator[Remembered]:
    """Each daemon is asked once."""
    of_socket: dict[str, dict[tuple[str, str], _Running]] = defaultdict(dict)
    for one in running:
        if one.claim.runtime != "lxc":
            key = dict(one.claim.labels).get("project", "default"), one.claim.name or one.claim.id
            of_socket[str(PurePath(one.claim.clue).parent / "unix.socket")][key] = one
    for socket, instances in of_socket.items():
        try:
            answer = json.loads(unix_http.get(socket, _INSTANCES, _PATIENCE_S) or b"null")
        except (OSError, ValueError, RecursionError):
            continue
        for project, name, host_name in host_names(answer):
            found = instances.get((project, name))
            if found is not None:
                yield Remembered(found.namespace, host_name, f"{found.claim.runtime} {name}")
