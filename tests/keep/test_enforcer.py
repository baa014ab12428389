"""What is done as a host changes: when, in which order, once; what is told, and what is left alone."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.enforcing import Enforcer, Kept
from backend.executor import Told, unheard
from backend.fake import FakeHost
from backend.held_cables import HeldCables
from backend.journal import Journal
from backend.nft import NftProblem
from model.dropped import Dropped, Forged, Tally
from model.facts import Fact, LinkSeen, OwnersSeen
from model.guard_rules import CLASSES
from model.operations import Handle, Operation, RenameLink
from model.plan import Consent, Outcome, Plan, Refusal
from model.planner import plan_many
from model.policy import DERIVED, GuardRule, Pin, Policies, Policy, SealRule, Selector
from model.topology import Topology
from tests.commands.sample import HOST_END
from tests.keep.operator import guarded_host
from tests.model.made import BOX as HOLDING
from tests.model.made import HOME

BOX = Selector(runtime="lxc", owner="tinderbox", link="eth0")
PINNED = Policy("box", BOX, pin=Pin("tinder0", "fe:00:00:00:00:01"))
GUARDED = Policy("box", BOX, guard=GuardRule())
BOTH = Policy("box", BOX, pin=PINNED.pin, guard=GuardRule())
SEALED = Policy("box", BOX, seal=SealRule("br0", (873,)))
NOT_YET: Fact = LinkSeen(replace(HOST_END, up=True, operstate="lowerlayerdown"))


class Watching(FakeHost):
    """Notes which rules held when links were changed."""

    def __init__(self, *facts: Fact) -> None:
        super().__init__([*guarded_host(), *facts], changes=True)
        self.held_then: list[tuple[str, ...]] = []

    def execute(self, operations: Sequence[Operation], told: Told = unheard) -> tuple[Outcome, ...]:
        self.held_then.append(tuple(name for guard in self.firewall.guards for name in guard.names))
        return super().execute(operations, told)


class Stage:
    def __init__(self, directory: Path, *facts: Fact) -> None:
        self.host = Watching(*facts)
        self.told: list[Kept] = []
        held = HeldCables(directory, "boot")
        self.enforcer = Enforcer(self.host, Journal(directory, "boot"), held, "seed", self.told.append)

    @property
    def graph(self) -> Topology:
        graph = Topology()
        graph.learn(self.host.read())
        return graph

    def look(self, *policies: Policy) -> None:
        self.enforcer.look(Policies(policies), self.graph)

    def named(self) -> str:
        link = self.graph.link(HOST_END.id)
        return "" if link is None else link.name

    def texts(self, what: str) -> list[str]:
        return [one.text for one in self.told if one.what == what]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_a_pin_is_done_once_and_told_with_its_id(stage: Stage) -> None:
    stage.look(PINNED)
    assert stage.named() == "tinder0"
    stage.look(PINNED)
    assert len(stage.host.held_then) == 1
    (told,) = stage.texts("done")
    assert "(c1)" in told


def test_nothing_is_renamed_before_the_containers_end_is_up(tmp_path: Path) -> None:
    stage = Stage(tmp_path, NOT_YET)
    stage.look(BOTH)
    assert stage.named() == "veth8pUZr"
    assert stage.host.firewall.guards[0].names == ("veth8pUZr", "tinder0")


def test_rules_stand_under_both_names_before_a_rename(stage: Stage) -> None:
    stage.look(BOTH)
    assert set(stage.host.held_then) == {("veth8pUZr", "tinder0")}
    stage.look(BOTH)
    assert [guard.names for guard in stage.host.firewall.guards] == [("tinder0",)]
    assert len(stage.texts("rules")) == 1


def test_without_its_rules_a_guarded_port_is_not_renamed(stage: Stage) -> None:
    stage.host.firewall.refusal = NftProblem("missing", "nft was not found")
    stage.look(BOTH)
    stage.look(BOTH)
    assert stage.named() == "veth8pUZr"
    assert stage.texts("failed") == ["the rules cannot be loaded: nft was not found"]
    stage.host.firewall.refusal = None
    stage.look(BOTH)
    assert stage.named() == "tinder0"


def test_what_somebody_takes_back_is_told_once_and_not_fought_over(stage: Stage) -> None:
    stage.look(PINNED)
    stage.look(PINNED)
    stage.host.execute([RenameLink(Handle(HOME, "tinder0", HOST_END.id.ifindex), "vethudev")])
    for _ in range(3):
        stage.look(PINNED)
    assert stage.named() == "vethudev"
    (told,) = stage.texts("taken-back")
    assert "somebody took it back" in told
    stage.enforcer.forget_tries()
    stage.look(PINNED)
    assert stage.named() == "tinder0"


def test_a_flush_is_noticed_put_back_and_told(stage: Stage) -> None:
    stage.look(GUARDED)
    before = stage.host.firewall.guards
    stage.enforcer.check()
    assert stage.texts("flushed") == []
    stage.host.firewall.flushed = True
    stage.enforcer.check()
    assert stage.host.firewall.guards == before
    assert stage.host.firewall.lost() == frozenset()
    (told,) = stage.texts("flushed")
    assert "veth8pUZr" in told


def test_a_policy_that_goes_takes_its_rules_and_nothing_else(stage: Stage) -> None:
    stage.look(BOTH)
    stage.look(BOTH)
    stage.look()
    assert stage.host.firewall.guards == ()
    assert stage.named() == "tinder0"


def test_a_cable_whose_container_is_ending_keeps_its_name_and_mac(stage: Stage) -> None:
    derived = Policy("box", BOX, pin=Pin("{owner}0", DERIVED))
    stage.look(derived)
    ending = stage.graph
    ending.learn([OwnersSeen(HOLDING, ())])
    stage.enforcer.look((derived,), ending)
    assert len(stage.texts("done")) == 1
    assert stage.texts("failed") == []


def test_a_port_is_isolated_as_long_as_it_is_sealed(stage: Stage) -> None:
    stage.look(SEALED)
    assert isolated(stage)
    stage.look()
    assert not isolated(stage)
    stage.look(SEALED)
    assert isolated(stage)


def isolated(stage: Stage) -> bool:
    """Its port, as the host has it."""
    link = stage.graph.link(HOST_END.id)
    assert link is not None
    assert link.port is not None
    return link.port.isolated


def test_what_needs_the_operators_consent_is_left_to_the_operator(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def needing_consent(*arguments: Any, **options: Any) -> Plan | Refusal:
        made = plan_many(*arguments, **options)
        assert isinstance(made, Plan)
        return replace(made, consent=Consent.NAME, why_consent=("it carries your SSH session",))

    monkeypatch.setattr("backend.enforcing.plan_many", needing_consent)
    stage.look(PINNED)
    assert stage.named() == "veth8pUZr"
    (told,) = stage.texts("refused")
    assert "it carries your SSH session" in told


def test_what_was_dropped_is_told_by_container_and_only_what_is_new(stage: Stage) -> None:
    stage.look(GUARDED)
    forged = Forged("veth8pUZr", "mac", "02:66:00:00:00:66", 41)
    mac = next(kind for kind in CLASSES if kind.code == "mac")
    stage.host.firewall.counted = Tally((Dropped("veth8pUZr", mac, 41, 4000),), (forged,))
    stage.enforcer.count(stage.graph)
    stage.enforcer.count(stage.graph)
    assert stage.texts("dropped") == ["tinderbox/eth0 tried to send as 02:66:00:00:00:66: 41 frames"]


def test_a_flood_of_forged_addresses_is_told_in_few_lines(stage: Stage) -> None:
    stage.look(GUARDED)
    forged = tuple(Forged("veth8pUZr", "mac", f"02:66:00:00:{n >> 8:02x}:{n & 255:02x}", 1) for n in range(1000))
    stage.host.firewall.counted = Tally((), forged)
    stage.enforcer.count(stage.graph)
    assert len(stage.texts("dropped")) == 21
    assert stage.texts("dropped")[-1] == "tinderbox/eth0: 980 more such"


def test_who_a_container_was_outlives_the_daemon(tmp_path: Path) -> None:
    first = Stage(tmp_path)
    first.look(GUARDED)
    (guard,) = first.host.firewall.guards
    inside = next(link for link in first.graph.links() if link.name == "eth0")
    second = Stage(tmp_path, LinkSeen(replace(inside, mac="02:66:00:00:00:66")))
    second.look(GUARDED)
    assert second.host.firewall.guards == (guard,)
    assert any("02:66:00:00:00:66" in text for text in second.texts("note"))
