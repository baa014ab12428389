"""What the kernel may answer besides what was asked for."""

import errno
import socket
import struct
from collections import deque

import pytest

from backend.netlink_sockets import (
    NETLINK_LISTEN_ALL_NSID,
    SO_RCVBUFFORCE,
    SOL_NETLINK,
    AskingSocket,
    DumpInterrupted,
    ListeningSocket,
)
from backend.rtnetlink import NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR, RTM_NEWLINK, get_link, get_links
from tests.netlink.messages import datagram, link_body

Answer = bytes | OSError | tuple[bytes, int]


class Kernel:
    """The other end of a socket: a script of answers. A tuple is a datagram with the sender's id."""

    def __init__(self) -> None:
        self.answers: deque[Answer] = deque()
        self.drops = 0
        self.closed = 0
        self.refuses: dict[tuple[int, int], OSError] = {}
        self.granted: dict[tuple[int, int], int] = {}

    def socket(self, *_: object) -> "Kernel":
        return self

    def recv(self, _: int) -> bytes:
        return self.recvmsg(0, 0)[0]

    def recvmsg(self, _size: int, _ancillary: int) -> tuple[bytes, list[tuple[int, int, bytes]], int, None]:
        answer = self.answers.popleft() if self.answers else BlockingIOError(errno.EAGAIN, "empty")
        if isinstance(answer, OSError):
            raise answer
        if isinstance(answer, bytes):
            return answer, [], 0, None
        return answer[0], [(SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, struct.pack("=i", answer[1]))], 0, None

    def getsockopt(self, *_: object) -> bytes:
        return struct.pack("=9I", 0, 0, 0, 0, 0, 0, 0, 0, self.drops)

    def setsockopt(self, level: int, option: int, value: int) -> None:
        if (level, option) in self.refuses:
            raise self.refuses[level, option]
        self.granted[level, option] = value

    def send(self, _: bytes) -> None: ...

    def bind(self, _: object) -> None: ...

    def fileno(self) -> int:
        return 99

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    kernel = Kernel()
    monkeypatch.setattr(socket, "socket", kernel.socket)
    return kernel


def link(ifindex: int, flags: int = 0) -> bytes:
    return datagram(RTM_NEWLINK, link_body(ifindex), flags)


def done(number: int = 0, flags: int = 0) -> bytes:
    return datagram(NLMSG_DONE, struct.pack("=i", -number), flags)


def refusal(number: int) -> bytes:
    return datagram(NLMSG_ERROR, struct.pack("=i", -number) + bytes(16))


def listening() -> ListeningSocket:
    return ListeningSocket((1,), 4096, all_namespaces=True)


def test_a_dump_is_all_its_datagrams_and_not_the_end_mark(kernel: Kernel) -> None:
    kernel.answers += [link(1) + link(2), link(3), done()]
    assert [message.type for message in AskingSocket().dump(get_links(0))] == [RTM_NEWLINK] * 3


def test_a_dump_of_a_namespace_that_died_fails_though_it_looks_like_an_empty_one(kernel: Kernel) -> None:
    kernel.answers += [done(errno.EINVAL)]
    with pytest.raises(OSError, match="Invalid argument") as raised:
        AskingSocket().dump(get_links(0))
    assert raised.value.errno == errno.EINVAL


def test_a_dump_that_dies_on_its_way_fails_as_a_whole(kernel: Kernel) -> None:
    kernel.answers += [link(1), refusal(errno.ENODEV)]
    with pytest.raises(OSError, match="No such device"):
        AskingSocket().dump(get_links(0))


@pytest.mark.parametrize("where", ["in a message", "in the end mark"])
def test_a_dump_that_was_interrupted_says_so(kernel: Kernel, where: str) -> None:
    in_message = where == "in a message"
    kernel.answers += [link(1, NLM_F_DUMP_INTR if in_message else 0), done(0, 0 if in_message else NLM_F_DUMP_INTR)]
    with pytest.raises(DumpInterrupted):
        AskingSocket().dump(get_links(0))


def test_after_a_dump_that_failed_the_next_one_is_read_from_its_beginning(kernel: Kernel) -> None:
    kernel.answers += [link(1), done(errno.EINVAL), link(2), done()]
    asking = AskingSocket()
    with pytest.raises(OSError, match="Invalid"):
        asking.dump(get_links(0))
    assert len(asking.dump(get_links(1))) == 1


def test_a_refusal_is_the_kernels_errno(kernel: Kernel) -> None:
    kernel.answers += [refusal(errno.EPERM)]
    with pytest.raises(PermissionError):
        AskingSocket().ask(get_link(0, 1))


def test_a_bare_acknowledgement_is_no_answer(kernel: Kernel) -> None:
    kernel.answers += [refusal(0)]
    assert AskingSocket().ask(get_link(0, 1)) is None


def test_an_empty_answer_is_an_error(kernel: Kernel) -> None:
    kernel.answers += [b""]
    with pytest.raises(OSError, match="empty answer"):
        AskingSocket().ask(get_link(0, 1))


def test_each_event_says_who_sent_it(kernel: Kernel) -> None:
    kernel.answers += [(link(1), 7), link(2)]
    heard, lost, emptied = listening().drain(10)
    assert [one.nsid for one in heard] == [7, None]
    assert (lost, emptied) == (False, True)


def test_a_loss_is_told_and_what_came_after_it_is_kept(kernel: Kernel) -> None:
    kernel.answers += [(link(1), 7), OSError(errno.ENOBUFS, "lost"), (link(2), 7)]
    heard, lost, emptied = listening().drain(10)
    assert (len(heard), lost, emptied) == (2, True, True)


def test_a_loss_that_only_the_counter_shows_is_told_once(kernel: Kernel) -> None:
    events = listening()
    kernel.drops = 3
    assert events.drain(10) == ([], True, True)
    assert events.drain(10) == ([], False, True)


def test_a_full_hand_is_not_an_empty_queue(kernel: Kernel) -> None:
    kernel.answers += [link(1), link(2), link(3)]
    events = listening()
    heard, _, emptied = events.drain(2)
    assert (len(heard), emptied) == (2, False)
    heard, _, emptied = events.drain(2)
    assert (len(heard), emptied) == (1, True)


def test_any_other_failure_is_not_hidden(kernel: Kernel) -> None:
    kernel.answers += [OSError(errno.EBADF, "gone")]
    with pytest.raises(OSError, match="gone"):
        listening().drain(10)


def test_a_refused_socket_is_closed(kernel: Kernel) -> None:
    kernel.refuses[SOL_NETLINK, NETLINK_LISTEN_ALL_NSID] = PermissionError(errno.EPERM, "no CAP_NET_BROADCAST")
    with pytest.raises(PermissionError):
        listening()
    assert kernel.closed == 1


def test_without_the_right_to_force_it_the_buffer_is_what_is_allowed(kernel: Kernel) -> None:
    kernel.refuses[socket.SOL_SOCKET, SO_RCVBUFFORCE] = PermissionError(errno.EPERM, "no CAP_NET_ADMIN")
    listening()
    assert kernel.granted[socket.SOL_SOCKET, socket.SO_RCVBUF] == 4096
