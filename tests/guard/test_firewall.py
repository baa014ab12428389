"""Loading guards: all or nothing, our table and no other, in the namespace that was asked for, or a reason."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend import nft as running
from backend.firewall import Firewall
from backend.nft import NftProblem
from backend.nft_answers import forged_in, tally_in
from model.dropped import Dropped, Forged, Tally, sentences, together
from model.guard import Guard
from model.guard_rules import CLASSES
from tests.guard.lab import skip_unless_chains_wait

BOX = Guard(("veth0", "tinderbox0"), "02:00:00:00:00:07", ("192.168.1.50",))
WEB = Guard(("veth1",), "02:00:00:00:00:08")
FOREIGN = """
table inet theirs {
  set blocked { type ipv4_addr; elements = { 192.0.2.1 }
  }
  chain input {
    type filter hook input priority 0; policy accept;
    ip saddr @blocked counter drop
  }
}
table netdev jackfield_guardian {
  chain theirs {
    type filter hook ingress device "lo" priority 0; policy accept;
    counter
  }
}
table bridge jackfield {
  chain theirs {
    type filter hook prerouting priority 0; policy accept;
    counter
  }
}
"""


def nft(*arguments: str, text: str = "", netns: str | None = None) -> str:
    inside = ("nsenter", f"--net=/run/netns/{netns}") if netns else ()
    return subprocess.run([*inside, "nft", *arguments], input=text, text=True, capture_output=True, check=True).stdout


@pytest.fixture
def elsewhere(make_netns: Callable[[str], str]) -> Iterator[tuple[str, int]]:
    """A namespace that is not the test's own: its name and a descriptor."""
    name = make_netns("elsewhere")
    fd = os.open(f"/run/netns/{name}", os.O_RDONLY | os.O_CLOEXEC)
    yield name, fd
    os.close(fd)


@pytest.mark.root
def test_guards_stand_in_the_namespace_that_was_asked_for_alone(private_host: int, elsewhere: tuple[str, int]) -> None:
    name, fd = elsewhere
    skip_unless_chains_wait()
    there = Firewall(fd)
    assert there.load([BOX, WEB]) is None
    assert devices(there) == {"veth0", "tinderbox0", "veth1"}
    assert "jackfield_guard" in nft("list", "tables", netns=name)
    assert nft("list", "ruleset") == ""
    assert os.fstat(private_host).st_ino == Path("/proc/thread-self/ns/net").stat().st_ino
    assert there.remove() is None
    assert nft("list", "ruleset", netns=name) == ""


@pytest.mark.root
def test_tables_of_others_are_the_same_before_and_after(private_host: int) -> None:
    nft("-f", "-", text=FOREIGN)
    before = nft("-s", "list", "ruleset")
    ours = Firewall()
    assert ours.load([BOX]) is None
    assert ours.change([BOX], [WEB]) is None
    assert ours.load([]) is None
    assert ours.remove() is None
    assert ours.remove() is None
    assert nft("-s", "list", "ruleset") == before


@pytest.mark.root
def test_a_change_touches_its_own_ports_and_remembers_the_rest(private_host: int) -> None:
    skip_unless_chains_wait()
    ours = Firewall()
    assert ours.load([BOX, WEB]) is None
    renamed = Guard(("tinderbox0",), BOX.mac, BOX.ipv4)
    assert ours.change([BOX], [renamed]) is None
    assert devices(ours) == {"tinderbox0", "veth1"}
    assert set(ours.guards) == {renamed, WEB}
    assert ours.change([WEB], []) is None
    assert devices(ours) == {"tinderbox0"}


@pytest.mark.root
def test_a_change_after_somebody_flushed_everything_puts_everything_back(private_host: int) -> None:
    skip_unless_chains_wait()
    ours = Firewall()
    assert ours.load([BOX]) is None
    nft("flush", "ruleset")
    assert devices(ours) == set()
    assert ours.change([], [WEB]) is None
    assert devices(ours) == {"veth0", "tinderbox0", "veth1"}


@pytest.mark.root
def test_what_cannot_be_guarded_changes_nothing(private_host: int) -> None:
    ours = Firewall()
    assert ours.load([BOX]) is None
    before = nft("list", "ruleset")
    for refused in (Guard(('a"b',), BOX.mac), Guard(("tinderbox0",), "02:00:00:00:00:09")):
        problem = ours.change([], [refused])
        assert problem is not None
        assert problem.code == "unguardable"
        assert ours.guards == (BOX,)
    assert nft("list", "ruleset") == before


@pytest.mark.root
def test_a_kernel_whose_chains_cannot_wait_gets_those_that_are_there_and_the_bridge_rules_for_all(
    private_host: int,
) -> None:
    subprocess.run(["ip", "link", "add", "dev", "veth0", "type", "veth", "peer", "name", "x"], check=True)
    older = Firewall(waits=False)
    assert older.load([BOX, WEB]) is None
    assert devices(older) == {"veth0"}
    guarded = nft("list", "set", "bridge", "jackfield_guard", "guarded")
    assert all(f'"{name}"' in guarded for name in ("veth0", "tinderbox0", "veth1"))
    assert older.change([WEB], []) is None
    assert '"veth1"' not in nft("list", "set", "bridge", "jackfield_guard", "guarded")
    assert older.remove() is None
    assert nft("list", "ruleset") == ""


@pytest.mark.root
def test_asking_whether_chains_can_wait_leaves_nothing(private_host: int) -> None:
    Firewall().load([])
    Firewall().remove()
    assert nft("list", "ruleset") == ""


def test_without_nft_the_reason_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(running, "_PLACES", str(tmp_path))
    assert _code(Firewall(waits=True).load([BOX])) == "missing"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("Error: Could not process rule: Operation not permitted", "not-permitted"),
        ("/dev/stdin:3:4-9: Error: syntax error, unexpected string", "too-old"),
        ("Error: Could not process rule: Operation not supported", "too-old"),
        ("Error: Could not process rule: Device or resource busy", "refused"),
    ],
)
def test_what_nft_says_becomes_a_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, code: str) -> None:
    fake = tmp_path / "nft"
    fake.write_text(f"#!/bin/sh\ncat >/dev/null\necho '{said}' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(running, "_PLACES", f"{tmp_path}:/bin:/usr/bin")
    problem = Firewall(waits=True).load([BOX])
    assert _code(problem) == code
    assert problem is not None
    assert problem.said.strip() == said


@pytest.mark.root
def test_a_namespace_that_cannot_be_entered_is_a_reason() -> None:
    with open("/dev/null") as nothing:
        assert _code(Firewall(nothing.fileno(), waits=True).load([BOX])) == "namespace"


def test_counters_become_values_and_sentences() -> None:
    listed = (
        '{"nftables": [{"metainfo": {}}, {"set": {"name": "dropped", "elem": ['
        '{"elem": {"val": {"concat": ["veth0", 1]}, "counter": {"packets": 41, "bytes": 2460}}},'
        '{"elem": {"val": {"concat": ["veth0", "0x00000006"]}, "counter": {"packets": 1, "bytes": 60}}},'
        '{"elem": {"val": {"concat": ["veth0", 99]}, "counter": {"packets": 5, "bytes": 60}}}]}}]}'
    )
    forged = (
        '{"nftables": [{"set": {"elem": [{"elem": {"val": {"concat": ["veth0", "02:00:00:00:00:66"]},'
        ' "expires": 599, "counter": {"packets": 41, "bytes": 2460}}}]}}]}'
    )
    tally = Tally(tally_in(listed), forged_in(forged, "mac"))
    assert tally.dropped == (
        Dropped("veth0", CLASSES[5], 1, 60),
        Dropped("veth0", CLASSES[0], 41, 2460),
    )
    assert tally.forged == (Forged("veth0", "mac", "02:00:00:00:00:66", 41),)
    assert sentences(tally, "tinder\x1bbox") == [
        "tinder\\x1bbox tried to send as 02:00:00:00:00:66: 41 frames",
        "tinder\\x1bbox tried to send from another IPv4 address: 1 frame",
    ]
    assert tally.of(["veth1"]) == Tally()


def test_what_came_on_top_is_told_and_a_count_that_began_anew_is_all_new() -> None:
    def counted(frames: int) -> Tally:
        return Tally((Dropped("v", CLASSES[0], frames, 60 * frames),), (Forged("v", "mac", "02::1", frames),))

    assert counted(41).since(counted(40)) == counted(1)
    assert counted(3).since(counted(40)) == counted(3)
    assert counted(3).since(counted(3)) == Tally()
    assert counted(3).since(Tally()) == counted(3)


def test_what_two_tables_counted_of_one_port_is_added_up() -> None:
    one = Tally((Dropped("v", CLASSES[0], 2, 120),), (Forged("v", "mac", "02::1", 2),))
    other = Tally(
        (Dropped("v", CLASSES[0], 3, 180), Dropped("w", CLASSES[1], 1, 60)), (Forged("v", "mac", "02::1", 3),)
    )
    both = Tally((Dropped("v", CLASSES[0], 5, 300), Dropped("w", CLASSES[1], 1, 60)), (Forged("v", "mac", "02::1", 5),))
    assert together([one, other]) == both


def devices(firewall: Firewall) -> set[str]:
    """Those that are guarded now."""
    standing = firewall.standing()
    assert not isinstance(standing, NftProblem)
    return set(standing)


def _code(problem: NftProblem | None) -> str | None:
    return None if problem is None else problem.code
