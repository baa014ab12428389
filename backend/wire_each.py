"""The fallback where an observer namespace is refused: two sockets in each namespace that we may enter.

It pins what it watches (its sockets keep a namespace alive), so a namespace that nothing else shows is let go. It keeps
no descriptor of one open: another program like it would take that for a reason to hold on. Without root it reaches the
namespace the program runs in, and no other.
"""

import errno
import os
import select
from collections.abc import Iterator
from dataclasses import dataclass, field

from backend.descriptors import allow_as_many_as_possible
from backend.netlink_sockets import AskingSocket, Heard, ListeningSocket
from backend.netns import NetnsKey, inside, key_of
from backend.rtnetlink import (
    NSID_NOT_ASSIGNED,
    RTM_DELNSID,
    RTM_NEWNSID,
    Message,
    by_fd,
    by_pid,
    decode_nsid,
    get_addresses,
    get_link,
    get_links,
    get_nsid,
    messages,
    nsid_gone,
)
from backend.wire import EVENT_GROUPS


@dataclass(slots=True)
class _Entered:
    """A namespace with sockets of ours in it."""

    events: ListeningSocket
    asking: AskingSocket
    ids: dict[int, int] = field(default_factory=dict)
    """An id in ITS table -> ours. Emptied whenever that table changes."""


class SocketEachWire:
    """The Wire of one pair of sockets a namespace."""

    pins = True

    def __init__(self, home: NetnsKey, receive_buffer: int) -> None:
        self._home = home
        self._receive_buffer = receive_buffer
        self._entered: dict[int, _Entered] = {}
        self._numbers: dict[NetnsKey, int] = {}
        self._by_fd: dict[int, int] = {}
        self._foreign: dict[int, int] = {}
        """An id in the home namespace's table -> ours, for namespaces that we cannot enter."""
        self._next = 0
        self._epoll = select.epoll()
        allow_as_many_as_possible()

    def assign(self, fd: int) -> int:
        key = key_of(fd)
        if key in self._numbers:
            return self._numbers[key]
        if key == self._home:
            entered = self._enter()
        else:
            with inside(fd):
                entered = self._enter()
        number, self._next = self._next, self._next + 1
        self._entered[number] = entered
        self._numbers[key] = number
        self._by_fd[entered.events.fileno()] = number
        self._epoll.register(entered.events.fileno(), select.EPOLLIN)
        return number

    def _enter(self) -> _Entered:
        """Sockets in the namespace that the calling thread is in now."""
        events = ListeningSocket(EVENT_GROUPS, self._receive_buffer, all_namespaces=False)
        try:
            return _Entered(events, AskingSocket())
        except OSError:
            events.close()
            raise

    def assign_process(self, pid: int) -> int:
        """A namespace that we cannot enter, but that a link of the host's leads to."""
        home = self._numbers.get(self._home)
        answer = None if home is None else self._entered[home].asking.ask(get_nsid(by_pid(pid)))
        theirs = NSID_NOT_ASSIGNED if answer is None else decode_nsid(answer).nsid
        if theirs == NSID_NOT_ASSIGNED:
            raise OSError(errno.ENOENT, "no link of ours leads to the namespace of that process")
        if theirs not in self._foreign:
            self._foreign[theirs], self._next = self._next, self._next + 1
        return self._foreign[theirs]

    def assigned(self) -> set[int]:
        return {*self._entered, *self._foreign.values()}

    def dump_links(self, nsid: int) -> list[Message]:
        return self._at(nsid).asking.dump(get_links(None))

    def dump_addresses(self, nsid: int) -> list[Message]:
        return self._at(nsid).asking.dump(get_addresses(None))

    def get_link(self, nsid: int, ifindex: int, *, counters: bool = False) -> Message:
        answer = self._at(nsid).asking.ask(get_link(None, ifindex, counters=counters))
        if answer is None:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        return answer

    def locate(self, nsid: int, link_nsid: int, /) -> int:
        """Ask its table about every namespace we have entered, and remember the answers."""
        entered = self._at(nsid)
        if link_nsid in entered.ids:
            return entered.ids[link_nsid]
        if nsid == self._numbers.get(self._home) and link_nsid in self._foreign:
            return self._foreign[link_nsid]
        for number, other in self._entered.items():
            entered.ids[self._id_there(entered, other)] = number
        entered.ids.pop(NSID_NOT_ASSIGNED, None)
        return entered.ids.get(link_nsid, NSID_NOT_ASSIGNED)

    def _id_there(self, entered: _Entered, other: _Entered) -> int:
        try:
            fd = other.events.open_netns()
        except OSError:  # only CAP_NET_ADMIN may; without it there is but one namespace
            return NSID_NOT_ASSIGNED
        try:
            answer = entered.asking.ask(get_nsid(by_fd(fd)))
        except OSError:
            return NSID_NOT_ASSIGNED
        finally:
            os.close(fd)
        return NSID_NOT_ASSIGNED if answer is None else decode_nsid(answer).nsid

    def locate_in_event(self, nsid: int, link_nsid: int) -> int:
        return self.locate(nsid, link_nsid)

    def drain(self, most: int) -> tuple[list[Heard], bool, bool]:
        heard: list[Heard] = []
        lost = False
        for fd, _ in self._epoll.poll(0, max(1, len(self._entered))):
            number = self._by_fd[fd]
            entered = self._entered[number]
            its, its_lost, emptied = entered.events.drain(most)
            lost |= its_lost
            for one in its:
                for message in messages(one.buffer):
                    if message.type in (RTM_NEWNSID, RTM_DELNSID):
                        heard += self._its_table_changed(number, message)
                heard.append(Heard(number, one.buffer))
            if not emptied:
                return heard, lost, False
        return heard, lost, True

    def _its_table_changed(self, number: int, message: Message) -> list[Heard]:
        """An id may soon stand for another namespace; one that we could not enter dies like any other."""
        self._entered[number].ids.clear()
        theirs = decode_nsid(message).nsid
        if message.type != RTM_DELNSID or number != self._numbers.get(self._home) or theirs not in self._foreign:
            return []
        return [Heard(None, nsid_gone(self._foreign.pop(theirs)))]

    def watched_fds(self) -> Iterator[int]:
        yield self._epoll.fileno()

    def forget(self, nsid: int) -> None:
        entered = self._entered.pop(nsid, None)
        if entered is None:
            self._foreign = {theirs: ours for theirs, ours in self._foreign.items() if ours != nsid}
            return
        self._numbers = {key: number for key, number in self._numbers.items() if number != nsid}
        self._by_fd.pop(entered.events.fileno())
        self._epoll.unregister(entered.events.fileno())
        entered.events.close()
        entered.asking.close()
        for other in self._entered.values():
            other.ids = {theirs: number for theirs, number in other.ids.items() if number != nsid}

    def close(self) -> None:
        for nsid in list(self._entered):
            self.forget(nsid)
        self._epoll.close()

    def _at(self, nsid: int) -> _Entered:
        try:
            return self._entered[nsid]
        except KeyError:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL)) from None
