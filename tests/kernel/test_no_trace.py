"""The program leaves nothing behind: no id in a user's namespace, no namespace kept alive, no link, no descriptor."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.host import LinuxHost
from tests.kernel.asking import links_in
from tests.kernel.hidden import netns_of_a_process
from tests.kernel.iproute import ip
from tests.kernel.live import live_graph

pytestmark = pytest.mark.root

PATIENCE = 20.0


def ids_in(*namespaces: str | None) -> list[list[dict[str, object]]]:
    """The table of ids of each namespace (None: the one we are in), as `ip netns list-id` tells it."""
    return [json.loads(ip("-j", "netns", "list-id", netns=netns) or "[]") for netns in namespaces]


def links_of(*namespaces: str | None) -> list[set[tuple[int, str]]]:
    return [
        {(link["ifindex"], link["ifname"]) for link in json.loads(ip("-j", "link", netns=netns))}
        for netns in namespaces
    ]


def until(condition: Callable[[], bool]) -> None:
    """Wait for what the kernel does in its own time."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def cabled(make_netns: Callable[[str], str]) -> tuple[str, str, str]:
    """Two namespaces with a cable between them, and one that nothing leads to."""
    left, right, alone = make_netns("left"), make_netns("right"), make_netns("alone")
    ip("link", "add", "dev", "l", "type", "veth", "peer", "name", "r", "netns", right, netns=left)
    return left, right, alone


def test_a_reading_gives_no_id_and_no_link_in_any_namespace(
    private_host: int, make_netns: Callable[[str], str]
) -> None:
    spaces = (None, *cabled(make_netns))
    links, ids = links_of(*spaces), ids_in(*spaces)  # in this order: listing links makes the kernel give ids
    LinuxHost().read()
    assert ids_in(*spaces) == ids
    assert links_of(*spaces) == links


def test_a_live_session_gives_no_id_and_no_link_while_it_runs_and_after(
    private_host: int, make_netns: Callable[[str], str]
) -> None:
    left, right, alone = cabled(make_netns)
    spaces = (None, left, right, alone)
    links, ids = links_of(*spaces), ids_in(*spaces)  # in this order: listing links makes the kernel give ids
    with live_graph(rotation_s=1, look_s=0.2) as graph:
        ip("address", "add", "10.1.1.1/32", "dev", "l", netns=left)
        ip("link", "set", "dev", "r", "mtu", "1280", netns=right)
        assert graph.wait_for(lambda graph: links_in(graph.topology, right)["r"].mtu == 1280, PATIENCE)
        assert ids_in(*spaces) == ids
        assert links_of(*spaces) == links
    assert ids_in(*spaces) == ids
    assert links_of(*spaces) == links


def test_a_namespace_that_is_deleted_while_we_watch_really_dies(make_netns: Callable[[str], str]) -> None:
    """Its cables vanish at their other ends, and the kernel takes its ids out of every table."""
    left, right, alone = cabled(make_netns)
    ip("netns", "set", alone, "77", netns=left)  # an id given by hand, that goes when the namespace does
    with live_graph() as graph:
        assert links_in(graph.topology, right)
        ip("netns", "delete", right)
        ip("netns", "delete", alone)
        until(lambda: {name for _, name in links_of(left)[0]} == {"lo"})
        until(lambda: not any(row["nsid"] == 77 for row in ids_in(left)[0]))
        assert graph.wait_for(lambda graph: links_in(graph.topology, left).keys() == {"lo"}, PATIENCE)
        assert graph.wait_for(lambda graph: not links_in(graph.topology, right), PATIENCE)
        assert graph.wait_for(lambda graph: not links_in(graph.topology, alone), PATIENCE)


def test_an_anonymous_namespace_dies_with_its_process_while_we_watch(make_netns: Callable[[str], str]) -> None:
    left = make_netns("left")
    with live_graph(look_s=0.1) as graph:
        with netns_of_a_process() as path:
            inode = Path(path).stat().st_ino
            ip("link", "add", "dev", "l", "type", "veth", "peer", "name", "r", "netns", path, netns=left)
            assert graph.wait_for(lambda graph: bool(graph.topology.namespaces_by_inode(inode)), PATIENCE)
        until(lambda: {name for _, name in links_of(left)[0]} == {"lo"})
        assert graph.wait_for(lambda graph: links_in(graph.topology, left).keys() == {"lo"}, PATIENCE)


def test_a_hundred_readings_and_ten_sessions_leave_no_descriptor_and_no_thread(private_host: int) -> None:
    LinuxHost().read()  # what is opened once, and kept
    with live_graph():
        pass
    before = descriptors(), threading.active_count()
    for _ in range(100):
        LinuxHost().read()
    for _ in range(10):
        with live_graph():
            pass
    assert (descriptors(), threading.active_count()) == before


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_program_that_is_killed_leaves_nothing_either(make_netns: Callable[[str], str]) -> None:
    """Even a program that could not say goodbye leaves no id, no link and no namespace."""
    left, right, alone = cabled(make_netns)
    links, ids = links_of(left, right, alone), ids_in(left, right, alone)
    program = """
import sys
from backend.host import LinuxHost
LinuxHost().start(lambda facts: print("told", flush=True))
sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-B", "-c", program],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "told\n"
        child.kill()
    assert ids_in(left, right, alone) == ids
    assert links_of(left, right, alone) == links
    ip("netns", "delete", right)
    until(lambda: {name for _, name in links_of(left)[0]} == {"lo"})
