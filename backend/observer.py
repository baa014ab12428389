"""The observer: from sockets and scans to facts, in an order that loses nothing.

An id is assigned, the namespace is dumped while its events queue up, the dump is told, then the events. What an event
cannot tell is asked for: ids inside an event are the sender's own, so a link whose far end is in another namespace is
read anew, which also gives the far namespace an id (that is how namespaces are found that no scan sees).
"""

import contextlib
import errno
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from backend.coalesce import Coalescer, Event
from backend.discovery import Discovery, Sighting
from backend.netlink_sockets import DumpInterrupted
from backend.netns import NetnsKey, key_of
from backend.rtnetlink import (
    AF_BRIDGE,
    NSID_NOT_ASSIGNED,
    RTM_DELADDR,
    RTM_DELLINK,
    RTM_DELNSID,
    RTM_NEWADDR,
    RTM_NEWLINK,
    RTM_NEWNSID,
    LinkMessage,
    Message,
    decode_address,
    decode_nsid,
)
from backend.this_machine import doer
from backend.wire import Wire
from model.facts import (
    AddressGone,
    AddressSeen,
    Fact,
    LinkGone,
    LinkSeen,
    NamespaceGone,
    NamespaceRead,
    NamespaceSeen,
    Resynced,
)
from model.identity import End, LinkId, NamespaceId, lasting_id
from model.link import Address, Link, Macvlan
from model.namespace import Namespace
from model.rates import Counters

_BATCH: Final = 32
"""Namespaces held open at once while they are given an id: they cannot die before the queue has been looked at."""
_BETWEEN_DRAINS: Final = 8
_DRAIN: Final = 8192
_DUMP_TRIES: Final = 8
_ROUNDS: Final = 50


@dataclass(slots=True)
class Watched:
    """A namespace with an id in the wire's table."""

    nsid: int
    namespace: Namespace
    key: NetnsKey | None
    """None: it was only ever seen through a peer."""
    paths: tuple[str, ...] = ()
    unseen: int = 0
    """How many looks in a row did not come across it."""
    adopted: float = 0.0
    """time.monotonic() when it was found: what was learned of its inode before that is about another namespace."""
    digest: int | None = None
    """Of the last dump of its links, so that one that says the same is not decoded."""
    meaning: int | None = None
    """Of the links decoded from it, so that they are not told again."""
    pids: frozenset[int] = frozenset()
    """Processes in it, where /proc hides it and only the kernel's answer about a pid shows it."""


@dataclass(slots=True)
class Loss:
    """Events that were dropped, and what it took to make up for them."""

    times: int = 0
    last_ms: float = 0.0


@dataclass(slots=True)
class _Pass:
    """What one pass over the queue gathers."""

    facts: list[Fact] = field(default_factory=list)
    fresh: set[tuple[int, int]] = field(default_factory=set)
    """(nsid, ifindex) read from the kernel after the queue was drained: events still in it are older."""
    moves: list[tuple[int, int, int]] = field(default_factory=list)
    """(place in `facts` of a LinkGone, nsid it went to, ifindex there)."""


class Observer:
    """Every namespace that the wire reaches, as facts. Belongs to one thread; nothing here waits."""

    def __init__(self, wire: Wire, discovery: Discovery, home: NetnsKey) -> None:
        self._wire = wire
        self._discovery = discovery
        self._home = home
        self._queue = Coalescer()
        self._table: dict[int, Watched] = {}
        self._by_inode: dict[int, Watched] = {}
        self._by_id: dict[NamespaceId, Watched] = {}
        self._strangers: set[int] = set()
        """Ids that stand for a namespace that nobody has told us about yet."""
        self._unread: set[int] = set()
        self._amiss: set[int] = set()
        """Namespaces that could not be read as a whole when that was tried last: they are tried again."""
        self._doubtful: set[LinkId] = set()
        """Links to read anew: their far end moved, or does not agree with them."""
        self._far: dict[LinkId, End] = {}
        self._pointing: dict[LinkId, set[LinkId]] = {}
        self._passthru: set[LinkId] = set()
        self._taps: dict[LinkId, str] = {}
        self._rotation: list[int] = []
        self._lost = False
        self._serials = 0
        self._shown: set[tuple[int, int]] = set()
        """(nsid, pid) of processes that /proc hides."""
        self.hidden_processes = 0
        """Those whose namespace neither /proc nor the kernel shows us."""
        self.places: Mapping[int, int] = {}
        """pid -> what at_inode() takes, for processes whose namespace only the kernel shows us. Replaced as a whole."""
        self.wants_look = False
        """A namespace died whose inode may already stand for another: look() soon."""
        self.loss = Loss()

    # What a thread calls

    def read(self) -> list[Fact]:
        """Everything, from the beginning."""
        current = _Pass()
        self._read_everything(current)
        self._settle(current)
        return current.facts

    def hear(self) -> list[Fact]:
        """What the events in the queue tell. Quick when there are none."""
        current = _Pass()
        self._drain()
        self._settle(current)
        return current.facts

    def look(self, *, deep: bool = False) -> list[Fact]:
        """Scan for namespaces that came or changed their names without an event."""
        current = _Pass()
        self._drain()
        self._settle(current)
        self._scan(current, deep=deep)
        self._settle(current)
        return current.facts

    def reconcile(self, count: int) -> list[Fact]:
        """Read the next `count` namespaces of an endless round: on DOWN links some changes make no event."""
        current = _Pass()
        self._drain()
        self._unread |= self._amiss & self._table.keys()
        self._amiss.clear()
        self._settle(current)
        some = [self._table[nsid] for nsid in self._next_in_rotation(count) if nsid in self._table]
        self._read_namespaces(some, current, addresses=False)
        self._settle(current)
        return current.facts

    def reread(self, links: Iterable[LinkId]) -> tuple[list[Fact], dict[LinkId, Counters]]:
        """Read these links now, with their counters: they are on screen, or we have just changed them."""
        current = _Pass()
        self._drain()
        self._settle(current)
        counted = {}
        for link in links:
            message = self._reread(link, current, counters=True)
            counters = None if message is None else message.counters(time.monotonic())
            if counters is not None:
                counted[link] = counters
        self._settle(current)
        return current.facts, counted

    @property
    def namespaces(self) -> int:
        """How many are watched."""
        return len(self._table)

    @property
    def events_taken(self) -> int:
        """How many events came in so far, coalesced ones included."""
        return self._queue.taken

    def at_inode(self, inode: int, not_after: float) -> NamespaceId | None:
        """The namespace that had this inode at a moment (time.monotonic()) when something was learned about it.

        A negative number stands for the id of one that no descriptor can be had of.
        """
        watched = self._by_inode.get(inode) if inode >= 0 else self._table.get(-1 - inode)
        return None if watched is None or watched.adopted > not_after else watched.namespace.id

    def watches(self, namespace: NamespaceId) -> bool:
        """It is alive, as far as we know."""
        return namespace in self._by_id

    def is_named(self, namespace: NamespaceId) -> bool:
        """It has an `ip netns` name."""
        return namespace in self._by_id and bool(self._by_id[namespace].namespace.names)

    def tap_named(self, namespace: NamespaceId, name: str) -> LinkId | None:
        """The tun or tap with this name there."""
        return next((link for link, its in self._taps.items() if its == name and link.namespace == namespace), None)

    def open(self, namespace: NamespaceId) -> int:
        """A descriptor of a namespace; the caller closes it. Raises FileNotFoundError where none can be had."""
        watched = self._by_id.get(namespace)
        for path in () if watched is None else watched.paths:
            fd = _open(path)
            if fd is None:
                continue
            if watched is not None and key_of(fd) == watched.key:
                return fd
            os.close(fd)
        raise FileNotFoundError(errno.ENOENT, f"no descriptor of namespace {namespace} can be had")

    def unnamed_paths(self) -> Iterator[tuple[NamespaceId, str]]:
        """How a command reaches each namespace that has no name: `pid:4242` by a process, `/run/...` by a mount."""
        for watched in list(self._by_id.values()):
            if watched.namespace.names or watched.namespace.home:
                continue
            ways = [_way(path) for path in watched.paths]
            way = next((way for way in ways if way.startswith("/")), next((way for way in ways if way), None))
            if way is not None:
                yield watched.namespace.id, way

    # The queue

    def _drain(self) -> None:
        """Take what is in the socket; when something was dropped, all of it, because more may be dropped silently."""
        while True:
            heard, lost, emptied = self._wire.drain(_DRAIN)
            self._lost |= lost
            for nsid, buffer in heard:
                self._queue.add(nsid, buffer)
            if emptied or not self._lost:
                return

    def _settle(self, current: _Pass) -> None:
        """Go on until nothing is open: events, strangers, unread namespaces, doubtful links."""
        for _ in range(_ROUNDS):
            if self._lost:
                self._resync(current)
            self._work_off(current)
            self._drain()
            if not (self._lost or self._strangers or self._unread or self._doubtful or self._queue.waiting):
                break
        self._place_moves(current)

    def _work_off(self, current: _Pass) -> None:
        self._process_queue(current)
        if self._strangers:
            self._meet_strangers(current)
        self._read_unread(current)
        self._reread_doubtful(current)

    def _process_queue(self, current: _Pass) -> None:
        current.fresh.clear()
        for event in self._queue.take():
            self._process(event, current)

    def _process(self, event: Event, current: _Pass) -> None:
        nsid, message = event
        if message.type in (RTM_NEWNSID, RTM_DELNSID):
            if nsid is None:  # else somebody else's table
                self._process_nsid(message, current)
            return
        watched = None if nsid is None else self._table.get(nsid)
        if watched is None:
            return
        if watched.nsid in self._unread:
            self._process_move(watched, message, current)  # the rest is in the dump, which is newer
        elif message.type == RTM_NEWLINK:
            self._process_link(watched, LinkMessage(message), current)
        elif message.type == RTM_DELLINK:
            self._process_gone(watched, LinkMessage(message), current)
        elif message.type in (RTM_NEWADDR, RTM_DELADDR):
            self._process_address(watched, message, current)

    def _process_nsid(self, message: Message, current: _Pass) -> None:
        nsid = decode_nsid(message).nsid
        if message.type == RTM_DELNSID:
            self._strangers.discard(nsid)
            if nsid in self._table:
                self._drop(self._table[nsid], current)
        elif nsid not in self._table:
            self._strangers.add(nsid)

    def _process_link(self, watched: Watched, link: LinkMessage, current: _Pass) -> None:
        place = (watched.nsid, link.ifindex)
        watched.digest = watched.meaning = None
        if place in current.fresh:
            return
        if link.complete and link.link_nsid is None:
            self._see(watched, link, current)
        else:
            self._reread(LinkId(watched.namespace.id, link.ifindex), current)

    def _process_move(self, watched: Watched, message: Message, current: _Pass) -> None:
        """What no dump tells: a link that is not there any more did not die."""
        if message.type == RTM_DELLINK:
            link = LinkMessage(message)
            if not link.family and link.new_nsid is not None:
                self._process_gone(watched, link, current)

    def _process_gone(self, watched: Watched, link: LinkMessage, current: _Pass) -> None:
        gone = LinkId(watched.namespace.id, link.ifindex)
        watched.digest = watched.meaning = None
        current.fresh.discard((watched.nsid, link.ifindex))
        if link.family == AF_BRIDGE:  # it left its bridge
            self._reread(gone, current)
            return
        self._doubtful.discard(gone)
        if link.family:
            return
        went_to = link.new_nsid
        if went_to is not None:
            # The far end hears nothing of a move. Reading it first gives the new namespace an id of ours.
            dependents = set(self._pointing.get(gone, ()))
            for other in dependents:
                self._reread(other, current)
            self._doubtful |= dependents
            nsid = self._locate_move(watched, went_to)
            if nsid != NSID_NOT_ASSIGNED:
                current.moves.append((len(current.facts), nsid, link.new_ifindex or link.ifindex))
        self._forget_far(gone)
        current.facts.append(LinkGone(gone))

    def _locate_move(self, watched: Watched, went_to: int) -> int:
        """The id of the namespace a link went to; a scan gives it one when it has none."""
        for again in (True, False):
            try:
                nsid = self._wire.locate_in_event(watched.nsid, went_to)
            except (OSError, DumpInterrupted):
                return NSID_NOT_ASSIGNED
            if nsid != NSID_NOT_ASSIGNED or not again:
                if nsid not in self._table and nsid != NSID_NOT_ASSIGNED:
                    self._strangers.add(nsid)
                return nsid
            self._assign_unknown()
        return NSID_NOT_ASSIGNED

    def _assign_unknown(self) -> None:
        """Give every namespace of a scan that is not known yet an id. Who they are is asked when the queue is empty."""
        for inode, sighting in self._discovery.scan(deep=False).items():
            if inode in self._by_inode:
                continue
            fd = _open_first(sighting)
            if fd is None:
                continue
            try:
                self._strangers.add(self._wire.assign(fd))
            except OSError:
                continue
            finally:
                os.close(fd)

    def _place_moves(self, current: _Pass) -> None:
        for place, nsid, ifindex in current.moves:
            gone = current.facts[place]
            watched = self._table.get(nsid)
            if isinstance(gone, LinkGone) and watched is not None:
                current.facts[place] = LinkGone(gone.link, LinkId(watched.namespace.id, ifindex))
        current.moves.clear()

    def _process_address(self, watched: Watched, message: Message, current: _Pass) -> None:
        decoded = decode_address(message)
        if decoded is None:
            return
        ifindex, address = decoded
        link = LinkId(watched.namespace.id, ifindex)
        fact = AddressSeen if message.type == RTM_NEWADDR else AddressGone
        current.facts.append(fact(link, address, message.port, doer(message.port).comm))  # a moment later it has ended

    # Links

    def _see(self, watched: Watched, message: LinkMessage, current: _Pass) -> None:
        link = self._decode(watched, message)
        self._note_far(link)
        self._doubtful |= self._passthru & self._pointing.get(link.id, set())  # they take its MAC, and send no event
        current.facts.append(LinkSeen(link))

    def _decode(self, watched: Watched, message: LinkMessage) -> Link:
        """The link; when its far end is in a namespace not known yet, that is a stranger, and the link doubtful."""

        def locate(link_nsid: int) -> NamespaceId | None:
            if link_nsid < 0:
                return None
            nsid = self._wire.locate(watched.nsid, link_nsid)
            other = self._table.get(nsid)
            if other is not None:
                return other.namespace.id
            if nsid >= 0:
                self._strangers.add(nsid)
                self._doubtful.add(LinkId(watched.namespace.id, message.ifindex))
            return None

        return message.decode(watched.namespace.id, locate)

    def _reread(self, link: LinkId, current: _Pass, *, counters: bool = False) -> LinkMessage | None:
        watched = self._by_id.get(link.namespace)
        if watched is None or watched.nsid in self._unread or (watched.nsid, link.ifindex) in current.fresh:
            return None
        try:
            message = LinkMessage(self._wire.get_link(watched.nsid, link.ifindex, counters=counters))
        except OSError:
            return None  # gone, or its namespace is: the event that says so is in the queue
        current.fresh.add((watched.nsid, link.ifindex))
        watched.digest = watched.meaning = None  # what the last round said is no longer what was told last
        self._see(watched, message, current)
        return message

    def _reread_doubtful(self, current: _Pass) -> None:
        """Read each once more, after everything that could be known about its far end is."""
        current.fresh.clear()
        doubtful, self._doubtful = self._doubtful, set()
        for link in sorted(doubtful):
            self._reread(link, current)

    def _note_far(self, link: Link) -> None:
        """Remember where a link's far end is; a peer that says otherwise is read anew."""
        far = link.peer if link.peer is not None else link.parent
        if isinstance(link.detail, Macvlan) and link.detail.mode == "passthru":
            self._passthru.add(link.id)
        if link.kind == "tun":
            self._taps[link.id] = link.name
        before = self._far.get(link.id)
        if isinstance(before, tuple) and before != far:
            self._stop_pointing(link.id, before)
        if far is None:
            self._far.pop(link.id, None)
            return
        self._far[link.id] = far
        if not isinstance(far, tuple):
            return
        self._pointing.setdefault(far, set()).add(link.id)
        if link.peer is not None and self._far.get(far) != link.id:
            other = self._by_id.get(far.namespace)
            if other is not None and other.nsid not in self._unread and before != far:
                self._doubtful.add(far)

    def _stop_pointing(self, link: LinkId, far: LinkId) -> None:
        pointing = self._pointing.get(far)
        if pointing is not None:
            pointing.discard(link)
            if not pointing:
                del self._pointing[far]

    def _forget_far(self, link: LinkId) -> None:
        far = self._far.pop(link, None)
        self._passthru.discard(link)
        self._taps.pop(link, None)
        if isinstance(far, tuple):
            self._stop_pointing(link, far)

    # Namespaces

    def _read_unread(self, current: _Pass) -> None:
        unread = sorted(self._unread)
        for start in range(0, len(unread), _BATCH):
            some = [self._table[nsid] for nsid in unread[start : start + _BATCH] if nsid in self._table]
            self._read_namespaces(some, current, addresses=True)
        self._unread.clear()

    def _read_namespaces(self, some: list[Watched], current: _Pass, *, addresses: bool) -> None:
        """Dump them and say what they hold. One that died meanwhile says so itself, by RTM_DELNSID: it is not empty."""
        dumped = [(watched, self._dump_links(watched)) for watched in some]
        found = {watched.nsid: self._dump_addresses(watched) for watched in some} if addresses else {}
        self._drain()
        dead = self._queue.dead()
        for watched, links in dumped:
            if watched.nsid in dead:
                continue
            if links is None or (addresses and found[watched.nsid] is None):
                self._amiss.add(watched.nsid)
            if links is None:
                continue
            # Read for the first time, it is not compared: the rotation does that, and decodes it once more.
            digest = (
                None if addresses else hash(tuple(message.buffer[message.start : message.end] for message in links))
            )
            if digest is not None and digest == watched.digest:
                continue
            watched.digest = digest
            decoded = tuple([self._decode(watched, LinkMessage(message)) for message in links])
            if digest is not None:
                meaning, watched.meaning = watched.meaning, hash(decoded)
                if meaning == watched.meaning:  # only a bridge's timers differ
                    continue
            for link in decoded:
                self._note_far(link)
            current.facts.append(NamespaceRead(watched.namespace.id, decoded, found.get(watched.nsid)))

    def _dump_links(self, watched: Watched) -> list[Message] | None:
        for _ in range(_DUMP_TRIES):
            try:
                return [message for message in self._wire.dump_links(watched.nsid) if message.type == RTM_NEWLINK]
            except DumpInterrupted:
                continue
            except OSError:
                return None
        return None

    def _dump_addresses(self, watched: Watched) -> tuple[tuple[int, Address], ...] | None:
        for _ in range(_DUMP_TRIES):
            try:
                dumped = self._wire.dump_addresses(watched.nsid)
            except DumpInterrupted:
                continue
            except OSError:
                return None
            decoded = (decode_address(message) for message in dumped if message.type == RTM_NEWADDR)
            return tuple(address for address in decoded if address is not None)
        return None

    def _drop(self, watched: Watched, current: _Pass) -> None:
        """A namespace died."""
        del self._table[watched.nsid]
        self._by_id.pop(watched.namespace.id, None)
        self._unread.discard(watched.nsid)
        self._wire.forget(watched.nsid)
        if watched.key is not None and self._by_inode.get(watched.key.inode) is watched:
            del self._by_inode[watched.key.inode]
            self.wants_look = True
        for link in [link for link in (*self._far, *self._taps) if link.namespace == watched.namespace.id]:
            self._forget_far(link)
        current.facts.append(NamespaceGone(watched.namespace.id))

    def _meet_strangers(self, current: _Pass) -> None:
        """Find out who they are by a scan; those that no scan sees can be read, but not entered."""
        self._scan(current, deep=False)
        shown = {nsid for nsid, _ in self._shown}
        for nsid in sorted(self._strangers):
            if nsid not in self._table:
                self._bind(nsid, None, Sighting(found_by={"process" if nsid in shown else "peer"}), current)
        self._strangers.clear()
        self._place_hidden()

    def _scan(self, current: _Pass, *, deep: bool, verify: bool = False) -> set[int]:
        """Look for namespaces, and adopt those that are new; with `verify` ask for every one who it is now."""
        self.wants_look = False
        sightings = self._discovery.scan(deep=deep)
        asked = sorted(
            (inode for inode in sightings if verify or inode not in self._by_inode),
            key=lambda inode: inode != self._home.inode,
        )
        bound: set[int] = set()
        for start in range(0, len(asked), _BATCH):
            bound |= self._adopt([sightings[inode] for inode in asked[start : start + _BATCH]], current)
        for inode, watched in list(self._by_inode.items()):
            if inode not in sightings and self._wire.pins:  # only we keep it alive
                self._drop(watched, current)
            else:
                self._describe(watched, sightings.get(inode, Sighting()), current)
        return bound | self._ask_about_hidden()

    def _ask_about_hidden(self) -> set[int]:
        """Where the processes are that /proc hides. Ids that still stand for the namespace of the same process."""
        shown: set[tuple[int, int]] = set()
        for pid in self._discovery.hidden:
            with contextlib.suppress(OSError):  # not even the kernel tells, or it has died
                shown.add((self._wire.assign_process(pid), pid))
        self._shown = shown
        self.hidden_processes = len(self._discovery.hidden) - len(shown)
        self._strangers |= {nsid for nsid, _ in shown} - self._table.keys()
        same = {nsid for nsid, pid in shown if nsid in self._table and pid in self._table[nsid].pids}
        self._place_hidden()
        return same

    def _place_hidden(self) -> None:
        places = {}
        for nsid, pid in self._shown:
            watched = self._table.get(nsid)
            if watched is None:
                continue
            if watched.key is None:
                watched.pids = frozenset(other for its, other in self._shown if its == nsid)
            places[pid] = -1 - nsid if watched.key is None else watched.key.inode
        self.places = places

    def _adopt(self, sightings: list[Sighting], current: _Pass) -> set[int]:
        """Give these namespaces an id, and find out which they are.

        While their descriptors are open they cannot die; so after the queue has been worked off, an id that the kernel
        named for one of them is theirs, whatever died under that id before.
        """
        held: list[tuple[int, NetnsKey, int, Sighting]] = []
        try:
            for sighting in sightings:
                fd = _open_first(sighting)
                if fd is None:
                    continue
                try:
                    nsid = self._wire.assign(fd)
                except OSError:
                    os.close(fd)
                    continue
                held.append((fd, key_of(fd), nsid, sighting))
                if len(held) % _BETWEEN_DRAINS == 0:
                    self._drain()
            self._drain()
            self._process_queue(current)
            for _, key, nsid, sighting in held:
                self._bind(nsid, key, sighting, current)
        finally:
            for fd, *_ in held:
                os.close(fd)
        return {nsid for _, _, nsid, _ in held}

    def _bind(self, nsid: int, key: NetnsKey | None, sighting: Sighting, current: _Pass) -> None:
        """From now on this id stands for this namespace."""
        self._strangers.discard(nsid)
        known = self._table.get(nsid)
        if known is not None and (known.key is None or known.key == key):
            if known.key is None and key is not None:
                known.key, known.adopted = key, time.monotonic()
                self._by_inode[key.inode] = known
            self._describe(known, sighting, current)
            return
        if known is not None:  # its death was among the events that were lost
            self._drop(known, current)
        namespace = Namespace(
            self._new_id(key),
            None if key is None else key.inode,
            tuple(sorted(sighting.names)),
            home=key is not None and key == self._home,
            readable=key is not None,
            found_by=tuple(sorted(sighting.found_by)),
        )
        watched = Watched(nsid, namespace, key, tuple(sighting.paths), adopted=time.monotonic())
        self._table[nsid] = watched
        self._by_id[namespace.id] = watched
        if key is not None:
            self._by_inode[key.inode] = watched
        self._unread.add(nsid)
        current.facts.append(NamespaceSeen(namespace))

    def _new_id(self, key: NetnsKey | None) -> NamespaceId:
        if key is not None and key.serial is not None and lasting_id(key.serial) not in self._by_id:
            return lasting_id(key.serial)
        self._serials += 1
        return NamespaceId(f"x{self._serials}")

    def _describe(self, watched: Watched, sighting: Sighting, current: _Pass) -> None:
        """Keep what a scan says about a known namespace; tell it when a name came or went."""
        was = watched.namespace
        watched.paths = tuple(sighting.paths)
        watched.unseen = 0 if watched.paths else watched.unseen + 1
        if watched.unseen == 1 and was.readable:
            return  # it is probably dying: one that lives on without a holder is told at the next look
        inode = was.inode if watched.key is None else watched.key.inode
        names = tuple(sorted(sighting.names)) if sighting.names else ()
        readable = bool(sighting.paths)
        if (inode, names, readable) == (was.inode, was.names, was.readable):
            return
        found_by = tuple(sorted(sighting.found_by)) or was.found_by
        watched.namespace = replace(was, inode=inode, names=names, readable=readable, found_by=found_by)
        current.facts.append(NamespaceSeen(watched.namespace))

    def _next_in_rotation(self, count: int) -> list[int]:
        if not self._rotation:
            self._rotation = sorted(self._table, reverse=True)
        taken = self._rotation[-count:]
        del self._rotation[-count:]
        return taken

    # Loss

    def _resync(self, current: _Pass) -> None:
        started = time.monotonic()
        self.loss.times += 1
        self._read_everything(current)
        self._work_off(current)
        self.loss.last_ms = (time.monotonic() - started) * 1000
        current.facts.append(Resynced("events were lost", self.loss.last_ms))

    def _read_everything(self, current: _Pass) -> None:
        """Who is there, and what each holds, without believing anything from before."""
        self._lost = False
        self._drain()
        self._unread |= self._table.keys()
        self._process_queue(current)
        self._lost = False
        self._place_moves(current)
        self._strangers.clear()
        verified = self._scan(current, deep=True, verify=True)
        for watched in list(self._table.values()):
            if watched.nsid not in verified:  # its id may stand for another namespace by now
                self._drop(watched, current)
        self._strangers |= self._wire.assigned() - self._table.keys()
        self._unread |= self._table.keys()


def _way(path: str) -> str:
    """`pid:4242` for /proc/4242/ns/net, a mount as it is; empty for what a command cannot use (a descriptor)."""
    parts = path.split("/")
    if "proc" not in parts:
        return path
    return f"pid:{parts[-3]}" if parts[-2:] == ["ns", "net"] and parts[-3].isdecimal() and "task" not in parts else ""


def _open(path: str) -> int | None:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None


def _open_first(sighting: Sighting) -> int | None:
    for path in sighting.paths:
        fd = _open(path)
        if fd is not None:
            return fd
    return None
