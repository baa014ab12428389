"""Who changed an address is named as the event comes: a moment later the process may have ended."""

import subprocess
from collections.abc import Callable

import pytest

from model.change import What
from tests.kernel.live import live_graph

pytestmark = pytest.mark.root


def test_the_process_that_set_an_address_is_named(make_netns: Callable[[str], str]) -> None:
    netns = make_netns("who")
    with (
        live_graph() as graph,
        subprocess.Popen(["ip", "-n", netns, "-batch", "-"], stdin=subprocess.PIPE, text=True) as asker,
    ):
        assert asker.stdin is not None
        for number, word in enumerate(("add", "del")):
            asker.stdin.write(f"address {word} 10.7.7.7/24 dev lo\n")
            asker.stdin.flush()
            told = (What.ADDRESS_ADDED, What.ADDRESS_REMOVED)[number]
            assert graph.wait_for(
                lambda graph, told=told: any(  # type: ignore[misc] # this turn's own
                    (change.what, change.by_pid, change.by_comm) == (told, asker.pid, "ip") for change in graph.changes
                )
            )
        asker.stdin.close()
