"""What we may do, and what is made up for a plan."""

from pathlib import Path

import pytest

from backend.fake import FakeHost
from backend.surroundings import fresh_mac, why_no_change
from model.ethernet import is_local, is_multicast
from model.facts import LinkSeen
from model.identity import LinkId
from model.operations import AddBridge, Handle, RenameLink, SetLinkUp
from model.plan import Fate
from tests.changes.bench import fates
from tests.yamato import HOME, yamato


def proc_with(tmp_path: Path, effective: str) -> Path:
    thread = tmp_path / "thread-self"
    thread.mkdir()
    (thread / "status").write_text(f"Name:\tpython\nCapEff:\t{effective}\n")
    return tmp_path


@pytest.mark.parametrize(
    ("effective", "may"), [("000001ffffffffff", True), ("0000000000001000", True), ("00000000a80425fb", False)]
)
def test_what_counts_is_the_capability_not_the_user(tmp_path: Path, effective: str, may: bool) -> None:
    assert (why_no_change(proc_with(tmp_path, effective)) == "") is may


def test_a_fresh_mac_is_local_unicast_and_another_each_time() -> None:
    macs = {fresh_mac() for _ in range(100)}
    assert len(macs) == 100
    assert all(is_local(mac) and not is_multicast(mac) for mac in macs)


def test_a_remembered_host_refuses_every_change() -> None:
    host = FakeHost(yamato())
    outcomes = host.execute([AddBridge(HOME, "br7", "02:00:00:00:00:07")])
    assert fates(outcomes) == ["failed"]
    assert outcomes[0].error == "cannot make the bridge br7: this host is only remembered"
    assert host.surroundings([]).may_change is False


def test_a_fake_host_does_what_it_is_asked_and_tells_it() -> None:
    host = FakeHost(yamato(), changes=True)
    said: list[object] = []
    host.start(said.extend)
    host.say()
    said.clear()
    new, taken = Handle(HOME, "br7"), RenameLink(Handle(HOME, "br0", 3), "br7")
    outcomes = host.execute([AddBridge(HOME, "br7", "02:00:00:00:00:07"), SetLinkUp(new, up=True), taken])
    assert fates(outcomes) == ["done", "done", "failed"]
    assert outcomes[2].kernel == "File exists"
    made = next(link for _, link in outcomes[0].made)
    assert any(isinstance(fact, LinkSeen) and fact.link.id == made and fact.link.up for fact in said)
    assert isinstance(made, LinkId)
    assert outcomes[0].fate is Fate.DONE
