"""Runs operations, one after the other, and stops at the first that is refused.

A link is its ifindex. The name in a Handle is compared with what the kernel says before anything is done; a Handle
without an ifindex is settled once, when the step that makes, moves or renames it is done.
"""

import contextlib
import errno
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Final, NamedTuple, Self, assert_never

from backend import named_netns, sysctls
from backend.attributes import attribute
from backend.named_netns import in_new_thread
from backend.netns import inside, serial_of
from backend.refusal_words import why_not
from backend.rtnetlink import IFLA_IFNAME, RTM_GETLINK, RTM_NEWLINK, LinkMessage, get_link, request
from backend.writing import Answer, KernelRefused, WritingSocket
from model.cables import FALLBACK_TUNNELS
from model.identity import LinkId, NamespaceId, is_lasting, lasting_id
from model.link import Link
from model.names import raw_bytes
from model.operations import (
    AddBridge,
    AddClsact,
    AddForwarding,
    AddLinkAddress,
    AddLinkAltname,
    AddMacvlan,
    AddNamespace,
    AddNeighbour,
    AddRoute,
    AddVeth,
    DeleteLink,
    DropForwarding,
    DropLinkAddress,
    DropLinkAltname,
    DropNamespace,
    FlushForwarding,
    Handle,
    MoveLink,
    NameNamespace,
    Operation,
    RenameLink,
    SetBridgeSettings,
    SetLinkAlias,
    SetLinkMac,
    SetLinkMtu,
    SetLinkUp,
    SetMaster,
    SetMode,
    SetPortSettings,
    SetSysctl,
)
from model.plan import Fate, Outcome

OpenNamespace = Callable[[NamespaceId], int]
"""A descriptor of a namespace, to be closed by whoever asked. Raises OSError."""
Told = Callable[[Outcome], None]
Made = tuple[tuple[Handle, LinkId], ...]

_IFINFO: Final = bytes(16)


def unheard(_outcome: Outcome) -> None:
    """For whoever waits for the end."""


def execute(
    operations: Sequence[Operation],
    open_namespace: OpenNamespace,
    told: Told = unheard,
    *,
    to_the_end: bool = False,
) -> tuple[Outcome, ...]:
    """Do them in order, in a thread of its own; one Outcome each, those after a failure `not-tried`.

    `told` hears from that thread of each operation twice: `begun` before the kernel is asked, then what became of it.
    What it raises ends the run there and comes out of here: nothing is done that could not be written down before.
    `to_the_end` goes on after a failure: for taking back as much as can be.
    """
    outcomes: list[Outcome] = []

    def run() -> None:
        with _Run(open_namespace) as running:
            for operation in operations:
                if outcomes and outcomes[-1].fate is not Fate.DONE and not to_the_end:
                    outcomes.append(Outcome(operation, Fate.NOT_TRIED))
                    continue
                told(running.begun(operation))
                outcomes.append(running.outcome(operation))
                told(outcomes[-1])

    in_new_thread(run)
    return tuple(outcomes)


class _Refused(Exception):
    """We say no, where the kernel would do something else than what is meant."""


class _Done(NamedTuple):
    """What an operation settled, and what the kernel said beside it."""

    made: Made = ()
    words: str = ""
    namespace: NamespaceId | None = None


class _Run:
    """The descriptors, sockets and settled handles of one run. They are given back at its end: nothing stays pinned."""

    def __init__(self, open_namespace: OpenNamespace) -> None:
        self._open_namespace = open_namespace
        self._fds: dict[NamespaceId, int] = {}
        self._sockets: dict[NamespaceId, WritingSocket] = {}
        self._settled: dict[tuple[NamespaceId, str], LinkId] = {}
        self._instead: dict[LinkId, LinkId] = {}
        """An ifindex that was asked for and could not be had -> the one it got."""
        self._named: dict[LinkId, str] = {}
        """What a link is called since we named it."""
        self._notes: list[str] = []
        self._new_namespace: int | None = None
        """A descriptor of the one that is about to get its name."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for writing in self._sockets.values():
            writing.close()
        for fd in self._fds.values():
            os.close(fd)
        self._forget_new_namespace()

    def begun(self, operation: Operation) -> Outcome:
        """What is written down before it is done. A new namespace is there by then, and known, but has no name yet."""
        if not isinstance(operation, AddNamespace):
            return Outcome(operation, Fate.BEGUN)
        with contextlib.suppress(OSError):  # it is tried again, and told, when it is to be done
            self._new_namespace = named_netns.new()
        return Outcome(operation, Fate.BEGUN, namespace=self._id_of_new_namespace())

    def outcome(self, operation: Operation) -> Outcome:
        """Do it, and say what became of it."""
        self._notes.clear()
        started = time.monotonic()
        try:
            done = self._do(operation)
            outcome = Outcome(operation, Fate.DONE, self._remember(done.made), done.namespace, kernel=done.words)
        except _Refused as refused:
            outcome = Outcome(operation, Fate.FAILED, error=why_not(operation, 0, str(refused)))
        except KernelRefused as refused:
            outcome = Outcome(operation, Fate.FAILED, error=why_not(operation, refused.errno), kernel=str(refused))
        except OSError as error:
            number = error.errno or errno.EIO
            outcome = Outcome(operation, Fate.FAILED, error=why_not(operation, number), kernel=error.strerror or "")
        return replace(outcome, note="; ".join(self._notes), took_s=time.monotonic() - started)

    def _remember(self, made: Made) -> Made:
        for handle, link in made:
            self._settled[handle.namespace, handle.name] = link
            self._named[link] = handle.name
            if handle.ifindex is not None:
                self._instead[LinkId(handle.namespace, handle.ifindex)] = link
        return made

    def _do(self, operation: Operation) -> _Done:
        match operation:
            case AddVeth() | AddBridge() | AddMacvlan():
                return self._make(operation)
            case AddNamespace():
                return self._add_namespace(operation)
            case NameNamespace():
                named_netns.attach(self._fd(operation.namespace), operation.name)
                return _Done()
            case DropNamespace():
                return self._drop_name(operation)
            case MoveLink():
                return self._move(operation)
            case SetSysctl():
                return self._set_sysctl(operation)
            case AddRoute():
                return self._add_route(operation)
            case RenameLink():
                return self._rename(operation)
            case _:
                return self._change(operation)

    # Namespaces

    def _add_namespace(self, operation: AddNamespace) -> _Done:
        if self._new_namespace is None:
            self._new_namespace = named_netns.new()
        made = self._id_of_new_namespace()
        try:
            named_netns.attach(self._new_namespace, operation.name)
        finally:
            self._forget_new_namespace()
        return _Done(namespace=made)

    def _id_of_new_namespace(self) -> NamespaceId | None:
        serial = None if self._new_namespace is None else serial_of(self._new_namespace)
        return None if serial is None else lasting_id(serial)

    def _forget_new_namespace(self) -> None:
        if self._new_namespace is not None:
            os.close(self._new_namespace)
            self._new_namespace = None

    def _drop_name(self, operation: DropNamespace) -> _Done:
        fd = named_netns.open_named(operation.name)
        try:
            if operation.of is None:
                self._check_that_it_is_empty(fd, operation.name)
            elif not self._is(fd, operation.of):
                raise _Refused(f"{operation.name} is the name of another namespace by now")
            named_netns.drop(fd, operation.name)
        finally:
            os.close(fd)
        return _Done()

    def _is(self, fd: int, namespace: NamespaceId) -> bool:
        serial = serial_of(fd) if is_lasting(namespace) else None
        if serial is not None:
            return lasting_id(serial) == namespace
        return os.path.samestat(os.fstat(fd), os.fstat(self._fd(namespace)))

    def _check_that_it_is_empty(self, fd: int, name: str) -> None:
        """The one that was made was: this may be another one, where the kernel cannot tell (before Linux 5.14)."""
        with inside(fd):
            names = {link for _, link in socket.if_nameindex()}
        if names - {"lo", *FALLBACK_TUNNELS}:
            raise _Refused(f"{name} has links by now, and this kernel cannot tell whether it is the one that was made")
        self._notes.append(f"{name} was found by its name: this kernel cannot tell namespaces apart")

    # One link, one request

    def _change(self, operation: "_OfOneLink") -> _Done:
        index = self._index(operation.link)
        answer = self._socket(operation.link.namespace).write(self._request(operation, index))
        return _Done(words=answer.words)

    def _request(self, operation: "_OfOneLink", index: int) -> bytes:  # noqa: C901, PLR0911, PLR0912  one line each
        from backend import requests

        match operation:
            case DeleteLink():
                return requests.delete_link(index)
            case AddLinkAltname():
                return requests.altname(index, operation.name, add=True)
            case DropLinkAltname():
                return requests.altname(index, operation.name, add=False)
            case SetLinkAlias():
                return requests.alias(index, operation.text)
            case SetLinkMac():
                return requests.mac(index, operation.mac)
            case SetLinkUp():
                return requests.up(index, up=operation.up)
            case SetLinkMtu():
                return requests.mtu(index, operation.mtu)
            case SetMaster():
                return requests.master(index, 0 if operation.master is None else self._index(operation.master))
            case SetMode():
                return requests.macvlan_mode(operation, index)
            case SetPortSettings():
                return requests.port_settings(index, operation.settings)
            case SetBridgeSettings():
                return requests.bridge_settings(index, operation.settings)
            case AddLinkAddress() | DropLinkAddress():
                return requests.address(operation, index)
            case AddForwarding():
                return requests.forwarding(operation, index)
            case DropForwarding():
                return requests.no_forwarding(operation, index)
            case FlushForwarding():
                return requests.flush_forwarding(index)
            case AddNeighbour():
                return requests.neighbour(operation, index)
            case AddClsact():
                return requests.clsact(index)
            case _:
                assert_never(operation)

    def _rename(self, operation: RenameLink) -> _Done:
        from backend import requests

        namespace = operation.link.namespace
        index = self._index(operation.link)
        answer = self._socket(namespace).write(requests.rename(index, operation.name))
        return _Done(((Handle(namespace, operation.name), LinkId(namespace, index)),), answer.words)

    def _set_sysctl(self, operation: SetSysctl) -> _Done:
        link = self._link(operation.link)
        with inside(self._fd(operation.link.namespace)):
            sysctls.write(operation.family, link.name, operation.key, operation.value)
        return _Done()

    def _add_route(self, operation: AddRoute) -> _Done:
        from backend import requests

        spec = operation.route
        indexes = [0 if hop.link is None else self._index(hop.link) for hop in spec.hops]
        return _Done(words=self._socket(spec.namespace).write(requests.route(spec, indexes)).words)

    # What makes a link, or gives it another place

    def _make(self, operation: AddVeth | AddBridge | AddMacvlan) -> _Done:
        """Ask for the ifindexes that are wanted, where they are free; without them where they are not."""
        ends = _ends(operation)
        asked = [wanted if wanted and not self._taken(space, wanted) else 0 for space, _, wanted in ends]
        if len(asked) == 2 and asked[1] and not asked[0]:
            # the kernel gives the far end its number only where the near end asks for one (drivers/net/veth.c)
            asked[0] = self._free_number(ends[0][0], max(ends[0][2] or 0, asked[1]))
        for space, name, _ in ends:
            if self._by_name(space, name) is not None:
                raise KernelRefused(errno.EEXIST, f"{name} exists")
        try:
            answer = self._send_new(operation, asked)
        except KernelRefused as refused:
            if refused.errno not in (errno.EBUSY, errno.EEXIST) or not any(asked):
                raise
            answer = self._send_new(operation, [0] * len(ends))
        return _Done(self._made(ends, self._new_links(operation, answer)), answer.words)

    def _send_new(self, operation: AddVeth | AddBridge | AddMacvlan, asked: Sequence[int]) -> Answer:
        from backend import requests

        match operation:
            case AddVeth():
                near, far = operation.near.namespace, operation.far.namespace
                far_fd = None if near == far else self._fd(far)
                return self._socket(near).write(requests.new_veth(operation, (asked[0], asked[1]), far_fd))
            case AddBridge():
                encoded = requests.new_bridge(operation.name, operation.mac, operation.settings, asked[0])
                return self._socket(operation.namespace).write(encoded)
            case AddMacvlan():
                parent = self._index(operation.parent)
                home = operation.parent.namespace
                target_fd = None if operation.namespace == home else self._fd(operation.namespace)
                return self._socket(home).write(requests.new_macvlan(operation, parent, asked[0], target_fd))
            case _:
                assert_never(operation)

    def _new_links(self, operation: AddVeth | AddBridge | AddMacvlan, answer: Answer) -> list[LinkId]:
        """What was made: as the kernel echoed it; by name where it did not (before Linux 6.2, or across namespaces)."""
        ends = _ends(operation)
        echoed = [LinkMessage(message) for message in answer.echoed if message.type == RTM_NEWLINK]
        found = [LinkId(ends[0][0], message.ifindex) for message in echoed[:1]]
        if found and isinstance(operation, AddVeth) and echoed[0].lower:
            found.append(LinkId(ends[1][0], echoed[0].lower))
        for space, name, _ in ends[len(found) :]:
            link = self._by_name(space, name)
            if link is None:
                raise _Refused("it was made, and is gone already")
            found.append(link.id)
        return found

    def _move(self, operation: MoveLink) -> _Done:
        from backend import requests

        source, target = operation.link.namespace, operation.namespace
        index = self._index(operation.link)
        there = self._by_name(target, operation.name)
        if there is not None and there.id != LinkId(source, index):  # the kernel would move it first, and then refuse
            raise KernelRefused(errno.EEXIST, f"{operation.name} exists there")
        # the number that the kernel would give it anyway: by that it is found, whatever udev calls it by then
        asked = next((one for one in (operation.ifindex, index) if one and not self._taken(target, one)), 0)
        fd = self._fd(target)
        try:
            answer = self._socket(source).write(requests.move(index, operation.name, fd, asked))
        except KernelRefused as refused:
            if refused.errno != errno.EBUSY or not asked:
                raise
            asked = 0
            answer = self._socket(source).write(requests.move(index, operation.name, fd, asked))
        arrived = self._by_index(LinkId(target, asked)) if asked else None
        arrived = arrived or self._by_name(target, operation.name)
        if arrived is None:
            raise _Refused("it was moved, and is gone already")
        if arrived.name != operation.name:
            self._notes.append(f"{operation.name} is called {arrived.name} by now")
        made = self._made(((target, operation.name, operation.ifindex),), [arrived.id])
        return _Done(made, answer.words)

    @staticmethod
    def _made(ends: "Iterable[_Wanted]", links: Sequence[LinkId]) -> Made:
        found: list[tuple[Handle, LinkId]] = []
        for (space, name, wanted), link in zip(ends, links, strict=True):
            found.append((Handle(space, name), link))
            if wanted is not None and wanted != link.ifindex:
                found.append((Handle(space, name, wanted), link))
        return tuple(found)

    # What there is

    def _index(self, handle: Handle) -> int:
        return self._link(handle).id.ifindex

    def _link(self, handle: Handle) -> Link:
        """The link that a handle means, as it is now. Raises _Refused where it is another one."""
        namespace = handle.namespace
        if handle.ifindex is None:
            meant = self._settled.get((namespace, handle.name))
            if meant is None:
                raise _Refused(f"no step has made {handle.name}")
        else:
            meant = LinkId(namespace, handle.ifindex)
            meant = self._instead.get(meant, meant)
        link = self._by_index(meant)
        if link is None:
            raise _Refused(f"{handle.name} is not there any more")
        if link.name not in (handle.name, self._named.get(meant)):
            if handle.kind is not None and link.kind != handle.kind:
                raise _Refused(f"number {meant.ifindex} is now the {link.kind} {link.name}, another link")
            self._notes.append(f"{handle.name} is called {link.name} by now")
        return link

    def _taken(self, namespace: NamespaceId, index: int) -> bool:
        return self._by_index(LinkId(namespace, index)) is not None

    def _free_number(self, namespace: NamespaceId, after: int) -> int:
        return next((index for index in range(after + 1, after + 1000) if not self._taken(namespace, index)), 0)

    def _by_index(self, link: LinkId) -> Link | None:
        return self._ask(link.namespace, get_link(None, link.ifindex))

    def _by_name(self, namespace: NamespaceId, name: str) -> Link | None:
        """By its name, not by an altname."""
        found = self._ask(namespace, request(RTM_GETLINK, 0, _IFINFO + attribute(IFLA_IFNAME, raw_bytes(name) + b"\0")))
        return found if found is not None and found.name == name else None

    def _ask(self, namespace: NamespaceId, question: bytes) -> Link | None:
        try:
            message = self._socket(namespace).ask(question)
        except OSError as error:
            if error.errno != errno.ENODEV:
                raise
            return None
        return LinkMessage(message).decode(namespace, lambda _: None)

    # Where it is

    def _fd(self, namespace: NamespaceId) -> int:
        if namespace not in self._fds:
            try:
                self._fds[namespace] = self._open_namespace(namespace)
            except FileNotFoundError as error:
                raise _Refused("its namespace is gone, or cannot be entered") from error
        return self._fds[namespace]

    def _socket(self, namespace: NamespaceId) -> WritingSocket:
        if namespace not in self._sockets:
            with inside(self._fd(namespace)):
                self._sockets[namespace] = WritingSocket()
        return self._sockets[namespace]


def touched(outcome: Outcome) -> Iterator[LinkId]:
    """The links that an operation was about, as far as they have a number: to be read anew."""
    for handle in _handles(outcome.operation):
        if handle.ifindex is not None:
            yield LinkId(handle.namespace, handle.ifindex)
    for _, link in outcome.made:
        yield link


def _handles(operation: Operation) -> Iterator[Handle]:
    for field in fields(operation):
        value = getattr(operation, field.name)
        if isinstance(value, Handle):
            yield value


_OfOneLink = (
    DeleteLink
    | AddLinkAltname
    | DropLinkAltname
    | SetLinkAlias
    | SetLinkMac
    | SetLinkUp
    | SetLinkMtu
    | SetMaster
    | SetMode
    | SetPortSettings
    | SetBridgeSettings
    | AddLinkAddress
    | DropLinkAddress
    | AddForwarding
    | DropForwarding
    | FlushForwarding
    | AddNeighbour
    | AddClsact
)
_Wanted = tuple[NamespaceId, str, int | None]
"""(where, name, ifindex that is asked for)."""


def _ends(operation: AddVeth | AddBridge | AddMacvlan) -> tuple[_Wanted, ...]:
    if isinstance(operation, AddVeth):
        return tuple((end.namespace, end.name, end.ifindex) for end in (operation.near, operation.far))
    return ((operation.namespace, operation.name, operation.ifindex),)
