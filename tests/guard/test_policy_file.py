"""The policy file on the disk: comments stay, half a file opens no hole, and two writers do not undo each other."""

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.policy_editor import with_policy, without_policy
from backend.policy_file import PolicyFile, put_policy, take_policy
from model.policy import DERIVED, GuardRule, Pin, Policy, SealRule, Selector
from model.policy_text import BadPolicies, read_policies

WRITTEN = """\
# the boxes of the second floor

[[policy]]
name = "tinderbox"     # builds
match = { owner = "tinderbox", runtime = "lxc" } # not the other one
# its address came from the router
guard = { ipv4 = [ "192.168.1.50", ], dhcp = false }

# the shop
[[policy]]
name = "shop"
match.label = { project = "shop" }
[policy.seal]
tcp = [
    873,  # rsync
    3128, # squid
]
"""
LONG_AGO = 1_000_000_000

words = st.text(min_size=1, max_size=8)
ports = st.lists(st.integers(1, 65535), max_size=3).map(tuple)
pins = st.builds(Pin, st.sampled_from(["{owner}-{link}", "x0"]), st.sampled_from([None, DERIVED, "02:00:00:00:00:01"]))
sends = st.none() | st.builds(GuardRule, st.none(), st.just(("192.0.2.1",)), st.just(()), st.booleans())
seals = st.builds(SealRule, st.none() | words, ports, ports)
labels = st.dictionaries(words, words, max_size=2).map(lambda pairs: tuple(sorted(pairs.items())))
selectors = st.builds(Selector, words, st.none() | words, st.none() | words, labels, st.none() | words)
policies = st.builds(Policy, words, selectors, pins, sends) | st.builds(Policy, words, selectors, seal=seals)


def file_of(folder: Path, text: str = WRITTEN) -> Path:
    path = folder / "policy.toml"
    path.write_text(text)
    settle(path)
    return path


def settle(path: Path) -> None:
    """As if it had been written long ago."""
    os.utime(path, (LONG_AGO, LONG_AGO))


def names(file: PolicyFile) -> list[str]:
    return [policy.name for policy in file.policies]


@given(st.lists(policies, max_size=4, unique_by=lambda policy: policy.name))
@settings(deadline=None, max_examples=30)
def test_what_is_written_is_what_is_read(wanted: list[Policy]) -> None:
    text: str | BadPolicies = ""
    for policy in wanted:
        assert isinstance(text, str)
        text = with_policy(text, policy)
    assert isinstance(text, str)
    assert read_policies(text) == tuple(wanted)


@given(policies)
@settings(deadline=None, max_examples=30)
def test_an_entry_that_is_added_and_taken_away_leaves_what_was_there(policy: Policy) -> None:
    more = with_policy(WRITTEN, policy)
    assert isinstance(more, str)
    less = without_policy(more, policy.name)
    assert isinstance(less, str)
    assert less.rstrip("\n") == WRITTEN.rstrip("\n")


def test_a_change_keeps_every_comment_and_every_line_that_it_does_not_touch() -> None:
    changed = Policy("tinderbox", Selector("lxc", "tinderbox"), Pin("{owner}"), GuardRule(ipv4=("192.168.1.51",)))
    text = with_policy(WRITTEN, changed)
    assert isinstance(text, str)
    assert read_policies(text)[0] == changed  # type: ignore[index]  # it is good
    gone = set(WRITTEN.splitlines()) - set(text.splitlines())
    assert gone == {'guard = { ipv4 = [ "192.168.1.50", ], dhcp = false }'}
    for comment in ("second floor", "builds", "not the other one", "from the router", "the shop", "rsync", "squid"):
        assert comment in text


def test_a_change_that_changes_nothing_leaves_the_text_as_it_is() -> None:
    read = read_policies(WRITTEN)
    assert not isinstance(read, BadPolicies)
    assert all(with_policy(WRITTEN, policy) == WRITTEN for policy in read)


def test_the_last_entry_that_is_taken_away_leaves_a_file_that_says_so() -> None:
    text = without_policy('[[policy]]\nname = "x"\nmatch.owner = "x"\nguard = {}\n', "x")
    assert isinstance(text, str)
    assert text.startswith("#")
    assert read_policies(text) == ()


def test_a_bad_file_is_not_changed(tmp_path: Path) -> None:
    path = file_of(tmp_path, "[[policy]\n")
    policy = Policy("x", Selector(owner="x"), guard=GuardRule())
    assert isinstance(put_policy(path, policy), BadPolicies)
    assert isinstance(take_policy(path, "x"), BadPolicies)
    assert path.read_text() == "[[policy]\n"


def test_a_name_that_is_no_utf8_is_refused_with_a_reason(tmp_path: Path) -> None:
    refused = put_policy(tmp_path / "policy.toml", Policy("x", Selector(owner="\udcff"), guard=GuardRule()))
    assert isinstance(refused, BadPolicies)
    assert "'\\xff' is no UTF-8" in str(refused.problems[0])


def test_a_file_is_made_where_there_is_none_and_entries_come_and_go(tmp_path: Path) -> None:
    path = tmp_path / "etc" / "policy.toml"
    assert put_policy(path, Policy("x", Selector(owner="x"), guard=GuardRule())) is None
    assert put_policy(path, Policy("y", Selector(owner="y"), Pin("y0"))) is None
    assert take_policy(path, "x") is True
    assert take_policy(path, "x") is False
    settle(path)
    file = PolicyFile(path)
    assert file.reload()
    assert names(file) == ["y"]
    assert [entry.name for entry in path.parent.iterdir()] == ["policy.toml"]


@pytest.mark.parametrize(
    "damage",
    ["[[policy]\n", "", WRITTEN[:300], WRITTEN[:-1], WRITTEN.replace("guard", "gaurd"), "\x00"],
    ids=["broken", "emptied", "half of it", "all but its end", "misspelt", "no text"],
)
def test_a_file_that_is_damaged_leaves_the_last_good_policy_in_force(tmp_path: Path, damage: str) -> None:
    path = file_of(tmp_path)
    file = PolicyFile(path)
    assert file.reload()
    path.write_text(damage)
    settle(path)
    assert not file.reload()
    assert file.problems
    assert names(file) == ["tinderbox", "shop"]


def test_a_file_that_is_gone_leaves_the_last_good_policy_in_force(tmp_path: Path) -> None:
    path = file_of(tmp_path)
    file = PolicyFile(path)
    assert file.reload()
    path.unlink()
    assert not file.reload()
    assert names(file) == ["tinderbox", "shop"]


def test_a_file_that_is_still_being_written_is_not_used_yet(tmp_path: Path) -> None:
    path = file_of(tmp_path)
    file = PolicyFile(path)
    assert file.reload()
    path.write_text(WRITTEN[: WRITTEN.index("# the shop")])
    assert not file.reload()
    assert "being written" in str(file.problems[0])
    assert names(file) == ["tinderbox", "shop"]


def test_a_start_while_the_file_is_bad_takes_what_held_the_last_time(tmp_path: Path) -> None:
    path, kept = file_of(tmp_path), tmp_path / "state" / "policy.toml"
    assert PolicyFile(path, kept).reload()
    path.write_text("[[policy]\n")
    settle(path)
    started = PolicyFile(path, kept)
    assert not started.reload()
    assert names(started) == ["tinderbox", "shop"]
    assert started.problems


def test_a_comment_alone_lets_everything_go(tmp_path: Path) -> None:
    path = file_of(tmp_path)
    file = PolicyFile(path)
    assert file.reload()
    path.write_text("# nothing any more\n")
    settle(path)
    assert file.reload()
    assert names(file) == []


@pytest.mark.parametrize("mode", [0o664, 0o646])
def test_a_file_that_others_may_write_to_is_not_used(tmp_path: Path, mode: int) -> None:
    path = file_of(tmp_path)
    path.chmod(mode)
    file = PolicyFile(path)
    assert not file.reload()
    assert "others may write" in str(file.problems[0])


@pytest.mark.root
def test_a_file_of_somebody_else_is_not_used_by_root(tmp_path: Path) -> None:
    path = file_of(tmp_path)
    os.chown(path, 65534, 65534)
    assert not PolicyFile(path).reload()


def test_a_change_keeps_the_mode_and_a_link_to_the_file(tmp_path: Path) -> None:
    real = file_of(tmp_path)
    real.chmod(0o600)
    link = tmp_path / "link.toml"
    link.symlink_to(real)
    assert put_policy(link, Policy("x", Selector(owner="x"), guard=GuardRule())) is None
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600
    assert '"x"' in real.read_text()


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"

    def write(number: int) -> None:
        put_policy(path, Policy(f"p{number}", Selector(owner=f"p{number}"), guard=GuardRule()))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    read = read_policies(path.read_text())
    assert not isinstance(read, BadPolicies)
    assert {policy.name for policy in read} == {f"p{number}" for number in range(12)}
