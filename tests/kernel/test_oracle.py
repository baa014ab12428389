"""The graph is true: it equals what `ip` says, namespace by namespace, and stays so through storms and losses."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kernel.iproute import batch, ip
from tests.kernel.live import differences, fresh_picture, live_graph, picture_of_json, true_picture
from tests.kernel.random_changes import RandomHost

pytestmark = pytest.mark.root

TINY = 2304
LARGE = 32 << 20


@pytest.mark.parametrize("seed", [1, 2])
def test_a_snapshot_equals_what_ip_says_in_every_namespace(make_netns: Callable[[str], str], seed: int) -> None:
    names = [make_netns(f"o{number}") for number in range(55)]
    RandomHost(names, seed).fill(12)
    assert differences(fresh_picture(names), true_picture(names)) == []


def test_the_json_of_a_snapshot_says_what_ip_says(make_netns: Callable[[str], str]) -> None:
    """Through the whole program, and by its documented keys."""
    names = [make_netns(f"j{number}") for number in range(20)]
    RandomHost(names, 6).fill(12)
    said = subprocess.run(
        [sys.executable, "-m", "tui", "snapshot", "--json"],
        capture_output=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert differences(picture_of_json(json.loads(said.stdout), names), true_picture(names)) == []


@pytest.mark.parametrize(("receive_buffer", "seed"), [(LARGE, 3), (TINY, 4)], ids=["large buffer", "tiny buffer"])
def test_the_live_graph_equals_a_fresh_one_after_ten_thousand_changes(
    make_netns: Callable[[str], str], receive_buffer: int, seed: int
) -> None:
    names = [make_netns(f"s{number}") for number in range(12)]
    host = RandomHost(names, seed)
    host.fill(8)
    with live_graph(receive_buffer=receive_buffer, rotation_s=2) as graph:
        host.change(10_000)
        assert graph.wait_until_equal(names, lambda: fresh_picture(names)) == []
        assert graph.wait_until_equal(names, lambda: true_picture(names)) == []
        assert bool(graph.resyncs) == (receive_buffer == TINY)


def test_without_the_rotation_every_change_that_makes_an_event_is_still_seen(make_netns: Callable[[str], str]) -> None:
    """Else the rotation could hide that events are lost. What makes no event on a DOWN link is not done here."""
    silent = ("alias", "altname", "type macvlan mode", "bridge_slave", "group")
    names = [make_netns(f"e{number}") for number in range(8)]
    host = RandomHost(names, 5)
    host.fill(8)
    with live_graph(receive_buffer=LARGE, rotation_s=1e9) as graph:
        host.change(3_000, only=lambda line: not any(word in line for word in silent))
        assert graph.wait_until_equal(names, lambda: fresh_picture(names)) == []
        assert graph.resyncs == 0


@pytest.mark.parametrize("receive_buffer", [LARGE, TINY])
def test_five_addresses_added_at_once_are_five_addresses(make_netns: Callable[[str], str], receive_buffer: int) -> None:
    name = make_netns("five")
    with live_graph(receive_buffer=receive_buffer, rotation_s=1e9) as graph:
        batch(name, [f"address add 10.1.{n}.1/24 dev lo" for n in range(5)] + ["link set lo up"])
        assert graph.wait_until_equal([name], lambda: true_picture([name])) == []


@pytest.mark.parametrize("receive_buffer", [LARGE, TINY])
def test_a_namespace_made_again_at_once_is_another_one(make_netns: Callable[[str], str], receive_buffer: int) -> None:
    """Its inode and its id are often used again."""
    first, second = make_netns("a"), make_netns("b")
    with live_graph(receive_buffer=receive_buffer, rotation_s=1e9) as graph:
        for number in range(30):
            ip("netns", "delete", second)
            ip("netns", "add", second)
            ip(
                "link",
                "add",
                "dev",
                f"c{number}",
                "type",
                "veth",
                "peer",
                "name",
                "inside",
                "netns",
                second,
                netns=first,
            )
        assert graph.wait_until_equal([first, second], lambda: true_picture([first, second])) == []
        ids = {namespace.id for namespace in graph.topology.namespaces() if second in namespace.names}
        assert len(ids) == 1
