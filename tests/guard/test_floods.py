"""While a container sends forged frames as fast as it can, nothing that happens to its cable lets one through."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend.firewall import Firewall
from model.guard import Guard
from tests.guard.attacks import BOX_IP, BOX_IP6, BOX_MAC, FORGED, MATE_MAC
from tests.guard.lab import PINNED, PORT, Lab, heard, ip, seen, skip_unless_chains_wait, until

pytestmark = pytest.mark.root

GUARD = Guard((PORT, PINNED), BOX_MAC, (BOX_IP,), (BOX_IP6,))
ROUNDS = 10
ENOUGH = 500
"""Forged frames that the rules must have seen before the next thing happens."""


@pytest.fixture(params=[True, False], ids=["bridge port", "stand-alone"])
def lab(request: pytest.FixtureRequest, private_host: int, make_netns: Callable[[str], str]) -> Lab:
    skip_unless_chains_wait()
    made = Lab(make_netns, bridged=request.param)
    made.watch_behind(PORT, PINNED)
    return made


@contextmanager
def flooded(lab: Lab) -> Iterator[None]:
    """A guarded port under a flood. That the flood was real, and would have arrived, is shown at the end."""
    mate, host = lab.packets(lab.mate, "eth0"), lab.packets(None, "br0")
    command = [sys.executable, "-m", "tests.guard.flooder", f"/run/netns/{lab.box}"]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as flooder:
        try:
            more_forged()
            yield
            assert lab.arrived() == 0
            forged = {frame for _, frame in FORGED.values()}
            assert not {*heard(mate), *heard(host)} & forged
            assert not lab.learned() & {"02:66:66:66:66:66", MATE_MAC}
            subprocess.run(["nft", "delete", "table", "netdev", "jackfield_guard"], check=True)
            until(lambda: lab.arrived() > ENOUGH, "the flood, once nobody stops it")
        finally:
            flooder.terminate()
            mate.close()
            host.close()


def standing() -> Firewall:
    firewall = Firewall()
    assert firewall.load([GUARD]) is None
    return firewall


def more_forged() -> None:
    before = seen()
    until(lambda: seen() > before + ENOUGH, "the flood at the rules")


def test_a_cable_that_is_made_again_is_never_without_rules(lab: Lab) -> None:
    standing()
    with flooded(lab):
        for _ in range(ROUNDS):
            ip(f"link delete dev {PORT}")
            lab.plug()
            more_forged()


def test_a_port_that_is_renamed_is_never_without_rules(lab: Lab) -> None:
    standing()
    with flooded(lab):
        for _ in range(ROUNDS // 2):
            ip(f"link set dev {PORT} name {PINNED}")
            more_forged()
            ip(f"link set dev {PINNED} name {PORT}")
            more_forged()


def test_a_container_that_restarts_and_is_pinned_each_time_is_never_without_rules(lab: Lab) -> None:
    standing()
    with flooded(lab):
        for _ in range(ROUNDS):
            ip(f"link set dev {PORT} name {PINNED}", f"link delete dev {PINNED}")
            lab.plug()
            more_forged()


def test_a_bridge_that_a_port_enters_and_leaves_hears_nothing(lab: Lab) -> None:
    standing()
    with flooded(lab):
        for _ in range(ROUNDS):
            ip(f"link set dev {PORT} nomaster", f"link set dev {PORT} master br0")
            more_forged()


def test_rules_that_are_loaded_again_or_changed_leave_no_moment_without(lab: Lab) -> None:
    firewall = standing()
    other = Guard((PORT, PINNED), BOX_MAC, ("10.0.0.99",), dhcp=False)
    with flooded(lab):
        for _ in range(ROUNDS):
            assert firewall.load([GUARD]) is None
            more_forged()
            assert firewall.change([GUARD], [other]) is None
            assert firewall.change([other], [GUARD]) is None
            more_forged()


def test_a_port_whose_new_name_is_guarded_first_is_never_without_rules(lab: Lab) -> None:
    firewall = Firewall()
    now, both, then = (Guard(names, BOX_MAC, (BOX_IP,)) for names in ((PORT,), (PORT, PINNED), (PINNED,)))
    assert firewall.load([now]) is None
    with flooded(lab):
        assert firewall.change([now], [both]) is None
        ip(f"link set dev {PORT} name {PINNED}")
        assert firewall.change([both], [then]) is None
        more_forged()
