"""How every namespace is reached: one listening and one asking socket in an empty namespace of our own.

The observer's namespace is anonymous and lives only in its two sockets. Namespaces get an id in ITS table, are dumped
and heard by that id, and their descriptors are closed again: nothing of ours is left in any namespace, none is pinned.
"""

import errno
import os
from collections.abc import Iterator
from typing import Final, Protocol

from backend.netlink_sockets import AskingSocket, Heard, ListeningSocket
from backend.netns import open_own_netns, setns, unshare_netns
from backend.rtnetlink import (
    GROUP_IPV4_ADDRESS,
    GROUP_IPV6_ADDRESS,
    GROUP_LINK,
    GROUP_NSID,
    NSID_NOT_ASSIGNED,
    Message,
    by_fd,
    by_pid,
    decode_nsid,
    get_addresses,
    get_link,
    get_links,
    get_nsid,
    get_nsids,
    new_nsid,
)

RECEIVE_BUFFER: Final = 32 << 20
EVENT_GROUPS: Final = (GROUP_LINK, GROUP_IPV4_ADDRESS, GROUP_IPV6_ADDRESS, GROUP_NSID)


class Wire(Protocol):
    """Reading namespaces and hearing their events, each named by an id that is good as long as it lives."""

    pins: bool
    """It keeps alive what it watches, so that the death of a namespace must be seen by other means."""

    def assign(self, fd: int) -> int:
        """The id of the namespace of `fd`, given now if it had none. Raises OSError."""

    def assign_process(self, pid: int) -> int:
        """The id of the namespace of a process whose /proc/PID/ns/net we may not open. Raises OSError."""

    def assigned(self) -> set[int]:
        """Every id that stands for a living namespace now."""

    def dump_links(self, nsid: int) -> list[Message]:
        """Every link. Raises OSError or DumpInterrupted."""

    def dump_addresses(self, nsid: int) -> list[Message]:
        """Every address. Raises OSError or DumpInterrupted."""

    def get_link(self, nsid: int, ifindex: int, *, counters: bool = False) -> Message:
        """One link. Raises OSError."""

    def locate(self, nsid: int, link_nsid: int, /) -> int:
        """The id of the namespace that a DUMP or an answer of `nsid` calls `link_nsid`; -1: it has none."""

    def locate_in_event(self, nsid: int, link_nsid: int) -> int:
        """The same for an EVENT of `nsid`, which speaks the sender's own ids."""

    def drain(self, most: int) -> tuple[list[Heard], bool, bool]:
        """See ListeningSocket.drain."""

    def watched_fds(self) -> Iterator[int]:
        """Descriptors to poll for events."""

    def forget(self, nsid: int) -> None:
        """That namespace died, or is not wanted any more."""

    def close(self) -> None:
        """Give everything back."""


class ObserverWire:
    """The Wire of an anonymous observer namespace. Raises OSError where unshare or LISTEN_ALL_NSID is refused."""

    pins = False

    def __init__(self, receive_buffer: int = RECEIVE_BUFFER) -> None:
        home = open_own_netns()
        try:
            unshare_netns()
            try:
                self._events = ListeningSocket(EVENT_GROUPS, receive_buffer, all_namespaces=True)
                self._asking = AskingSocket()
            finally:
                setns(home)
        finally:
            os.close(home)

    def assign(self, fd: int) -> int:
        return self._assign(by_fd(fd))

    def assign_process(self, pid: int) -> int:
        return self._assign(by_pid(pid))

    def _assign(self, whose: bytes) -> int:
        try:
            answer = self._asking.ask(new_nsid(whose))
        except OSError as error:
            if error.errno != errno.EEXIST:
                raise
            answer = self._asking.ask(get_nsid(whose))
        nsid = NSID_NOT_ASSIGNED if answer is None else decode_nsid(answer).nsid
        if nsid == NSID_NOT_ASSIGNED:
            raise OSError(errno.ENOENT, "the kernel gave the namespace no id")
        return nsid

    def assigned(self) -> set[int]:
        return {decode_nsid(message).nsid for message in self._asking.dump(get_nsids())}

    def dump_links(self, nsid: int) -> list[Message]:
        return self._asking.dump(get_links(nsid))

    def dump_addresses(self, nsid: int) -> list[Message]:
        return self._asking.dump(get_addresses(nsid))

    def get_link(self, nsid: int, ifindex: int, *, counters: bool = False) -> Message:
        answer = self._asking.ask(get_link(nsid, ifindex, counters=counters))
        if answer is None:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        return answer

    def locate(self, _nsid: int, link_nsid: int, /) -> int:
        return link_nsid

    def locate_in_event(self, nsid: int, link_nsid: int) -> int:
        for message in self._asking.dump(get_nsids(nsid)):
            ids = decode_nsid(message)
            if ids.nsid == link_nsid:
                return ids.current
        return NSID_NOT_ASSIGNED

    def drain(self, most: int) -> tuple[list[Heard], bool, bool]:
        return self._events.drain(most)

    def watched_fds(self) -> Iterator[int]:
        yield self._events.fileno()

    def forget(self, nsid: int) -> None:
        """Nothing to do: the kernel took the id away when the namespace died."""

    def close(self) -> None:
        self._events.close()
        self._asking.close()
