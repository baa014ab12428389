"""A thousand guarded ports: what it takes of the CPU, so that a busy machine does not matter."""

import resource

import pytest

from backend.firewall import Firewall
from backend.nft import NftProblem
from model.guard import Guard
from tests.guard.lab import skip_unless_chains_wait

pytestmark = pytest.mark.root


def spent() -> float:
    """Seconds of CPU, of this process and of what it has started."""
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def guard(number: int) -> Guard:
    high, low = divmod(number, 256)
    return Guard((f"veth{number}", f"pinned{number}"), f"02:00:00:00:{high:02x}:{low:02x}", (f"10.0.{high}.{low}",))


def test_a_thousand_ports_are_loaded_within_a_second_and_one_more_at_once(private_host: int) -> None:
    skip_unless_chains_wait()
    firewall, ports = Firewall(), [guard(number) for number in range(1000)]
    assert firewall.load([]) is None
    began = spent()
    assert firewall.load(ports) is None
    loaded = spent()
    assert firewall.change([], [guard(1000)]) is None
    changed = spent()
    standing = firewall.standing()
    assert not isinstance(standing, NftProblem)
    assert len(standing) == 2002
    assert loaded - began < 1
    assert changed - loaded < 0.3
