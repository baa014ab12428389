"""The text of guards: hostile names are refused, never bent or injected; a change ends where a fresh load would."""

import itertools
import json
import subprocess
from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backend import netns
from model.guard import Guard, Seal, Unguardable, canonical_guard, device_name_problem, guard_problem
from model.guard_rules import (
    TABLE,
    Family,
    chain_name,
    change_text,
    device_of_chain,
    removal_text,
    table_text,
)
from model.names import link_name_problem, raw_bytes
from tests.guard.lab import skip_unless_chains_wait
from tests.hostile import LINK_NAMES, TEXTS

MAC = "02:00:00:00:00:07"
SEAL = Seal("02:00:00:00:00:01", "fe80::ff:fe00:1", (873, 3128), (53,))
WORSE = (
    'a"b', '"', "a;b", "a\nb", "a b", "veth*", "*", "\\*", "x\\", "}", "{", "};flush", "a,b", "a#b", "`id`", "'",
    "\x7f", "\xff", "\udcff", "\0", "a\0b", "", ".", "..", "a/b", "a:b", "%d", "@x", "$x", "lo", "drop", "0", "-f",
    "fifteen-bytes-x", "sixteen-bytes-xx", "\u202eltr", "e\u0301\u200b", "漢字漢字漢",
)  # fmt: skip
NAMES = tuple(dict.fromkeys((*LINK_NAMES, *TEXTS, *WORSE)))

names = st.text(st.characters(codec=None), max_size=16) | st.sampled_from(NAMES)
macs = st.binary(min_size=6, max_size=6).map(lambda raw: (bytes([raw[0] & 0xFE | 2]) + raw[1:]).hex(":"))
ports = st.lists(st.integers(1, 65535), max_size=4).map(tuple)
seals = st.builds(Seal, macs, macs.map(lambda mac: "fe80::" + mac.replace(":", "")[-4:]), ports, ports)
ipv4s = st.lists(st.ip_addresses(v=4).map(str), max_size=3).map(tuple)
ipv6s = st.lists(st.ip_addresses(v=6).map(str), max_size=3).map(tuple)
plain_names = st.sampled_from([f"v{number}" for number in range(12)])
guards = st.builds(Guard, st.tuples(plain_names), macs, ipv4s, ipv6s, st.booleans()) | st.builds(
    Guard, st.tuples(plain_names), macs, seal=seals
)


def standing_guards(drawn: list[Guard]) -> list[Guard]:
    """Those that rules can be made of, one a device."""
    return list({guard.names: guard for guard in drawn if guard_problem(guard) is None}.values())


@given(names)
@settings(max_examples=200)
def test_a_name_is_refused_with_a_reason_or_stands_between_quotes_and_nowhere_else(name: str) -> None:
    guard = Guard((name,), MAC, ("192.168.1.50",), seal=None)
    if device_name_problem(name) is not None:
        assert guard_problem(guard)
        with pytest.raises(Unguardable):
            table_text([guard])
        with pytest.raises(Unguardable):
            change_text([], [guard])
        return
    plain = Guard(("x",), MAC, ("192.168.1.50",))
    for text, expected in (
        (table_text([guard]), table_text([plain])),
        (change_text([], [guard]), change_text([], [plain])),
        (change_text([guard], []), change_text([plain], [])),
        (table_text([guard], Family.BRIDGE), table_text([plain], Family.BRIDGE)),
    ):
        made = text.replace(f'comment "{name}"', "COMMENT").replace(f'"{name}"', '"x"')
        made = made.replace("COMMENT", f'comment "{name}"').replace(chain_name(name), chain_name("x"))
        assert made == expected


@pytest.mark.parametrize("name", ['a"b', "veth*", "x\\", "a\nb", "\udcff", "x\x1b[31m", "\u202ev", ""], ids=repr)
def test_a_name_that_nft_cannot_say_or_nobody_can_read_is_refused(name: str) -> None:
    assert device_name_problem(name) is not None


@pytest.mark.parametrize("name", ["$(id)", "#7", "-rf", "a;b", "}", "br[x]", "漢字", "lo", "drop", "@x"], ids=repr)
def test_a_name_that_is_only_odd_is_accepted(name: str) -> None:
    assert device_name_problem(name) is None


@given(st.text())
def test_a_reason_can_be_printed_on_one_line(name: str) -> None:
    problem = device_name_problem(name)
    assert problem is None or problem.isprintable()


@given(st.binary(min_size=1, max_size=15))
def test_a_chain_names_its_device_and_no_other(raw: bytes) -> None:
    name = raw.decode("utf-8", "surrogateescape")
    assume(raw_bytes(name) == raw)
    assert device_of_chain(chain_name(name)) == name
    assert chain_name(name).isascii()
    assert device_of_chain("guard") is None


@given(st.lists(guards, max_size=4).map(standing_guards), st.lists(guards, max_size=4).map(standing_guards))
def test_a_change_names_only_what_differs(before: list[Guard], after: list[Guard]) -> None:
    assert change_text(before, before) == ""
    text = change_text(before, after)
    stays = {guard.names for guard in before if canonical_guard(guard) in map(canonical_guard, after)}
    assert not any(f'"{name}"' in text for names_of_one in stays for name in names_of_one)


@given(st.lists(guards, min_size=1, max_size=4))
def test_two_guards_for_one_device_are_refused(drawn: list[Guard]) -> None:
    one = drawn[0]
    with pytest.raises(Unguardable):
        table_text([one, one])


@pytest.mark.parametrize(
    "guard",
    [
        Guard((), MAC),
        Guard(("v",), "01:00:5e:00:00:01"),
        Guard(("v",), "00:00:00:00:00:00"),
        Guard(("v",), "02:00; flush ruleset"),
        Guard(("v",), MAC, ("192.168.1.50/24",)),
        Guard(("v",), MAC, ("0.0.0.0",)),  # noqa: S104  no listener
        Guard(("v",), MAC, ("255.255.255.255",)),
        Guard(("v",), MAC, ("224.0.0.1",)),
        Guard(("v",), MAC, ("1.2.3.4 }",)),
        Guard(("v",), MAC, (), ("::",)),
        Guard(("v",), MAC, (), ("ff02::1",)),
        Guard(("v",), MAC, (), ("fe80::1%eth0; drop",)),
        Guard(("v",), MAC, (), ("::ffff:1.2.3.4",)),
        Guard(("v",), MAC, ("10.0.0.1",), seal=SEAL),
        Guard(("v",), MAC, seal=Seal("02:00:00:00:00:01", "2001:db8::1", (22,))),
        Guard(("v",), MAC, seal=Seal("02:00:00:00:00:01", "no", (22,))),
        Guard(("v",), MAC, seal=Seal(MAC, "fe80::1", (22,))),
        Guard(("v",), MAC, seal=Seal("02:00:00:00:00:01", "fe80::1", (0,))),
        Guard(("v",), MAC, seal=Seal("02:00:00:00:00:01", "fe80::1", (), (65536,))),
    ],
    ids=repr,
)
def test_what_is_no_address_of_a_container_is_refused_with_a_reason(guard: Guard) -> None:
    assert guard_problem(guard)
    with pytest.raises(Unguardable):
        table_text([guard])


def nft(*arguments: str, text: str = "") -> subprocess.CompletedProcess[bytes]:
    """The real nft, in the test's own namespace."""
    told = text.encode("utf-8", "surrogateescape")
    return subprocess.run(["nft", *arguments], input=told, capture_output=True, check=False)


def load(text: str) -> None:
    done = nft("-f", "-", text=text)
    assert done.returncode == 0, done.stderr


def contents(family: Family) -> list[str]:
    """What the kernel has of our table, without handles and counters, in an order of its own."""
    listed = json.loads(nft("-j", "list", "table", family.value, TABLE).stdout)["nftables"]
    return sorted(json.dumps(_plain(entry), sort_keys=True) for entry in listed)


def _plain(value: object) -> object:
    match value:
        case dict():
            left_out = ("handle", "index", "counter", "expires")
            return {key: _plain(one) for key, one in value.items() if key not in left_out}
        case list():
            return sorted((_plain(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
        case _:
            return value


@pytest.mark.root
@pytest.mark.parametrize("family", list(Family))
def test_the_real_nft_takes_every_name_that_is_accepted(private_host: int, family: Family) -> None:
    if family is Family.NETDEV:
        skip_unless_chains_wait()
    accepted = [name for name in NAMES if device_name_problem(name) is None]
    refused = [name for name in NAMES if link_name_problem(name) is None and name not in accepted]
    assert len(accepted) > 15
    assert refused
    load(table_text((Guard((name,), MAC, ("10.0.0.1",), ("2001:db8::1",)) for name in accepted), family))
    if family is Family.NETDEV:
        listed = json.loads(nft("-j", "list", "table", "netdev", TABLE).stdout)["nftables"]
        chains = {entry["chain"]["name"] for entry in listed if "chain" in entry}
        assert {name for chain in chains if (name := device_of_chain(chain)) is not None} == set(accepted)
    load(removal_text(family))
    assert nft("list", "ruleset").stdout == b""


@pytest.mark.root
@pytest.mark.usefixtures("_namespace")
@pytest.mark.parametrize("family", list(Family))
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_a_change_ends_where_a_fresh_load_would(family: Family, data: st.DataObject) -> None:
    if family is Family.NETDEV:
        skip_unless_chains_wait()
    steps = data.draw(st.lists(st.lists(guards, max_size=4).map(standing_guards), min_size=2, max_size=4))
    load(table_text(steps[0], family))
    for before, after in itertools.pairwise(steps):
        load(change_text(before, after, family))
        changed = contents(family)
        load(table_text(after, family))
        assert changed == contents(family)


@pytest.fixture(scope="module")
def _namespace() -> Iterator[None]:
    """One private namespace for all the examples."""
    home = netns.open_own_netns()
    netns.unshare_netns()
    yield
    netns.setns(home)


@pytest.mark.root
def test_a_table_can_be_loaded_again_and_removed_when_it_is_not_there(private_host: int) -> None:
    skip_unless_chains_wait()
    load(removal_text())
    guard = Guard(("veth0", "tinderbox0"), MAC, ("10.0.0.1",))
    load(table_text([guard]))
    first = contents(Family.NETDEV)
    load(table_text([guard]))
    assert contents(Family.NETDEV) == first
    load(removal_text())
    assert nft("list", "ruleset").stdout == b""
