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
from contextlib import suppress
from functools import lru_cache
from pathlib import Path, PurePath
from threading import Lock
from typing import Final, NamedTuple

from backend.journal import Entry, Journal, What, written_here
from backend.lifelines import Place
from backend.owners import lxc, unix_http
from backend.owners.claim import Claim
from backend.owners.membership import own_namespaces
from backend.owners.state_file import StateFiles, field
from backend.processes import Process
from model.identity import LinkId, NamespaceId, is_lasting
from model.operations import Handle, MoveLink, RenameLink
from model.plan import Fate, Outcome, Remembered
from model.recording import Malformed, value_from_json
from model.taking_back import namespaces_of

_PAIR: Final = re.compile(r"^[ \t]*lxc\.net(?:work)?\.(?:\d+\.)?veth\.pair[ \t]*=[ \t]*(\S+)", re.MULTILINE)
_HOST_NAME: Final = re.compile(r"volatile\..+\.host_name")
_INSTANCES: Final = "/1.0/instances?recursion=1&all-projects=true"
_PATIENCE_S: Final = 1.0
"""For a daemon: somebody waits for the plan."""
_TELLING: Final = (b'"what":"planned"', b'"RenameLink"', b'"MoveLink"')
"""What is in the entries that count."""
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
        with _reading:
            return _first_names(journal.directory, journal.boot).read(journal)
    except OSError:  # not ours to read: what we did as somebody else
        return ()


_reading: Final = Lock()


class _FirstNames:
    """Of one journal, which may be long: what was written since the last time is read."""

    def __init__(self) -> None:
        self._inode = 0
        self._offset = 0
        self._changes: dict[str, bool] = {}
        """Those of this boot; and whether this very program has written them."""
        self._first: dict[LinkId, tuple[NamespaceId, str]] = {}

    def read(self, journal: Journal) -> tuple[Remembered, ...]:
        """All of them, now."""
        inode, size = journal.stamp()
        if inode != self._inode or size < self._offset:
            self._inode, self._offset = inode, 0
            self._changes.clear()
            self._first.clear()
        entries, self._offset = journal.entries_since(self._offset, _TELLING)
        for entry in entries:
            if entry.get("what") == What.PLANNED:
                if entry.get("boot") == journal.boot:
                    self._changes[str(entry["id"])] = written_here(entry)
            elif entry["id"] in self._changes:
                self._take(entry, is_ours=self._changes[str(entry["id"])])
        return tuple(Remembered(namespace, name, of=link) for link, (namespace, name) in self._first.items())

    def _take(self, entry: Entry, *, is_ours: bool) -> None:
        outcomes = entry.get("outcomes", [entry.get("outcome")])
        for raw in outcomes if isinstance(outcomes, list) else ():
            with suppress(Malformed):
                outcome = value_from_json(raw, Outcome)
                if outcome.fate is Fate.DONE and (is_ours or all(map(is_lasting, namespaces_of([outcome.operation])))):
                    self._done(outcome)

    def _done(self, outcome: Outcome) -> None:
        match outcome.operation:
            case RenameLink(Handle(namespace, name, int(ifindex))):
                self._first.setdefault(LinkId(namespace, ifindex), (namespace, name))
            case MoveLink(Handle(namespace, name, int(ifindex))):
                had = self._first.pop(LinkId(namespace, ifindex), (namespace, name))
                self._first |= {link: had for _, link in outcome.made}


@lru_cache(maxsize=4)
def _first_names(directory: Path, boot: str) -> _FirstNames:  # noqa: ARG001 # one for each
    return _FirstNames()


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
