"""Namespaces that no name and no process shows are found all the same, and what is said of them is true."""

import contextlib
import os
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from backend import netns
from backend.host import LOOK_S
from backend.netns import inside, serial_of
from model.identity import is_lasting
from model.namespace import Namespace
from model.topology import Topology
from tests.kernel.asking import far_end, link_in, named, read_now
from tests.kernel.hidden import netns_of_a_descriptor, netns_of_a_process, netns_of_a_socket, netns_of_a_thread
from tests.kernel.iproute import ip
from tests.kernel.live import live_graph

pytestmark = pytest.mark.root

NO_SUCH = 0x7FFF
"""An ioctl, and a socket option, that no kernel has."""


def cable(netns: str, name: str, far_path: str, far_name: str) -> None:
    """A veth from a named namespace to one that has a path."""
    ip("link", "add", "dev", name, "type", "veth", "peer", "name", far_name, "netns", far_path, netns=netns)


def at(topology: Topology, inode: int) -> Namespace:
    (found,) = (namespace for namespace in topology.namespaces() if namespace.inode == inode)
    return found


def test_one_that_only_a_socket_holds_is_found_through_a_cable(make_netns: Callable[[str], str]) -> None:
    name = make_netns("near")
    with netns_of_a_socket(lambda path: cable(name, "out", path, "inside")):
        topology = read_now()
        far = far_end(topology, link_in(topology, named(topology, name).id, "out").id)
        hidden = topology.namespace(far.id.namespace)
        assert far.name == "inside"
        assert hidden is not None
        assert (hidden.found_by, hidden.readable, hidden.inode, hidden.names) == (("peer",), False, None, ())
        assert {link.name for link in topology.links(hidden.id)} == {"lo", "inside"}


def test_behind_a_hidden_one_another_is_found(make_netns: Callable[[str], str]) -> None:
    name = make_netns("near")
    with contextlib.ExitStack() as stack:

        def furnish(first: str) -> None:
            cable(name, "out", first, "a")
            stack.enter_context(netns_of_a_socket(lambda second: cable(first, "b", second, "c")))

        stack.enter_context(netns_of_a_socket(furnish))
        topology = read_now()
        near = named(topology, name).id
        middle = far_end(topology, link_in(topology, near, "out").id).id.namespace
        last = far_end(topology, link_in(topology, middle, "b").id)
        assert last.name == "c"
        assert last.id.namespace not in (middle, near)
        assert far_end(topology, last.id).name == "b"


@pytest.mark.parametrize(
    ("held", "how"),
    [(netns_of_a_process, "process"), (netns_of_a_thread, "thread"), (netns_of_a_descriptor, "descriptor")],
)
def test_one_without_a_name_is_found_by_what_holds_it(
    make_netns: Callable[[str], str], held: Callable[[], AbstractContextManager[str]], how: str
) -> None:
    name = make_netns("near")
    with held() as path:
        cable(name, "out", path, "inside")
        topology = read_now()
        anonymous = at(topology, Path(path).stat().st_ino)
        assert (anonymous.found_by, anonymous.readable, anonymous.names) == ((how,), True, ())
        near = link_in(topology, named(topology, name).id, "out")
        assert far_end(topology, near.id).id == link_in(topology, anonymous.id, "inside").id


def test_its_id_is_the_one_that_the_kernel_never_gives_again() -> None:
    with netns_of_a_process() as path:
        serial = serial_at(path)
        if serial is None:
            pytest.skip("this kernel numbers no namespaces")
        assert at(read_now(), Path(path).stat().st_ino).id == f"n{serial}"


def test_before_linux_6_18_its_cookie_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with netns_of_a_process() as path:
        own = Path("/proc/thread-self/ns/net")
        asked = serial_at(path), serial_at(own)
        monkeypatch.setattr(netns, "NS_GET_ID", NO_SUCH)
        if serial_at(own) is None:
            pytest.skip("this kernel has no SO_NETNS_COOKIE")
        before = own.readlink()
        told = serial_at(path), serial_at(own)
        assert own.readlink() == before
        assert told[0] != told[1]
        assert told == asked
        assert at(read_now(), Path(path).stat().st_ino).id == f"n{told[0]}"


def test_where_the_kernel_numbers_none_an_id_is_good_for_this_run_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netns, "NS_GET_ID", NO_SUCH)
    monkeypatch.setattr(netns, "SO_NETNS_COOKIE", NO_SUCH)
    with netns_of_a_process() as path:
        assert not is_lasting(at(read_now(), Path(path).stat().st_ino).id)


def serial_at(path: str | Path) -> int | None:
    fd = os.open(path, os.O_RDONLY)
    try:
        return serial_of(fd)
    finally:
        os.close(fd)


def test_one_that_nothing_points_to_appears_within_a_look() -> None:
    assert LOOK_S <= 5
    with live_graph(look_s=0.2) as graph, netns_of_a_process() as path:
        inode = Path(path).stat().st_ino
        assert graph.wait_for(lambda graph: readable(graph.topology, inode) == [True])


def test_what_became_hidden_is_no_longer_called_readable(make_netns: Callable[[str], str]) -> None:
    """The process that showed it has ended; a cable still leads there, because a socket holds it."""
    name = make_netns("near")
    with live_graph(look_s=0.2) as graph:
        with netns_of_a_process() as path:
            inode = Path(path).stat().st_ino
            holder = socket_in(path)
            cable(name, "out", path, "inside")
            assert graph.wait_for(lambda graph: readable(graph.topology, inode) == [True])
        with holder:
            assert graph.wait_for(lambda graph: readable(graph.topology, inode) == [False])
            near = link_in(graph.topology, named(graph.topology, name).id, "out")
            assert far_end(graph.topology, near.id).name == "inside"


def socket_in(path: str) -> socket.socket:
    fd = os.open(path, os.O_RDONLY)
    try:
        with inside(fd):
            return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    finally:
        os.close(fd)


def readable(topology: Topology, inode: int) -> list[bool]:
    return [namespace.readable for namespace in topology.namespaces() if namespace.inode == inode]
