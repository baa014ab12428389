"""The commands that change something: what they say, what they do, how they end."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from backend.fake import FakeHost
from backend.journal import Journal, What
from model.identity import LinkId
from model.link import Link
from model.plan import Fate, Lifeline
from model.taking_back import taking_back
from model.topology import Topology
from tests.commands.sample import sample_host
from tests.hostile import LINK_NAMES, TEXTS, hostile_host
from tests.model.made import HOME
from tests.ui.stage import in_name_only
from tests.yamato import yamato
from tui.__main__ import main
from tui.arguments import parser
from tui.change_arguments import CHANGES

KEYS: dict[str, type | tuple[type, ...]] = {
    "schema": str, "kind": str, "id": (str, type(None)), "commands": list, "inverse": list, "lost": list,
    "warnings": list, "means": list, "ok": bool, "confirm_by": (str, type(None)), "error": (dict, type(None)),
    "rules": (str, type(None)), "policy": (dict, type(None)),
}  # fmt: skip


class Operator:
    """Types one command after the other on the same host."""

    def __init__(self, host: FakeHost, capsys: pytest.CaptureFixture[str]) -> None:
        self.host = host
        self._capsys = capsys
        self.out = self.err = ""

    def types(self, *arguments: str) -> int:
        try:
            status = int(main(list(arguments), lambda: self.host))
        except SystemExit as leaving:
            status = int(leaving.code or 0)
        self.out, self.err = self._capsys.readouterr()
        return status

    def told(self, *arguments: str) -> dict[str, Any]:
        self.status = self.types(*arguments, "--json")
        document: dict[str, Any] = json.loads(self.out)
        return document

    @property
    def graph(self) -> Topology:
        topology = Topology()
        topology.learn(self.host.read())
        return topology

    def link(self, name: str) -> Link | None:
        return next((link for link in self.graph.links() if link.name == name), None)


Hire = Callable[..., Operator]


@pytest.fixture
def operator(capsys: pytest.CaptureFixture[str]) -> Operator:
    return Operator(FakeHost(sample_host(), changes=True), capsys)


@pytest.fixture
def on_yamato(capsys: pytest.CaptureFixture[str]) -> Operator:
    """A host on which every link tells all."""
    return Operator(FakeHost(yamato(), changes=True), capsys)


VERBS: Iterable[tuple[str, ...]] = (
    ("add", "veth", "host/web0", "web/eth9", "--master", "br0"),
    ("add", "bridge", "br9"),
    ("add", "macvlan", "web/mv1", "--on", "eth1", "--mode", "bridge"),
    ("add", "macvtap", "mvt1", "--on", "eth1", "--mode", "vepa"),
    ("add", "netns", "lab"),
    ("rename", "veth8pUZr", "vethBox"),
    ("altname", "add", "br0", "lan"),
    ("alias", "br0", "the lan"),
    ("mac", "tinderbox/eth0", "02:00:00:00:00:99"),
    ("detach", "veth8pUZr"),
    ("move", "vethZ91kQ", "web", "--as", "eth7"),
    ("mode", "backup/mv0", "private"),
    ("down", "veth8pUZr"),
    ("mtu", "veth8pUZr", "1400"),
    ("address", "add", "br0", "10.0.0.1/24"),
    ("address", "del", "tinderbox/eth0", "192.168.1.50/24"),
    ("attach", "veth8pUZr", "docker0"),
    ("port", "tinderbox/eth0", "isolated=on", "cost=10"),
    ("bridge", "br0", "stp=on", "ageing=30"),
    ("delete", "docker0"),
)


@pytest.mark.parametrize("typed", VERBS, ids=" ".join)
def test_each_verb_shows_its_commands_does_them_and_is_taken_back(on_yamato: Operator, typed: tuple[str, ...]) -> None:
    operator = on_yamato
    before = operator.graph
    assert operator.types(*typed, "--dry-run") == 0, operator.err
    lines = operator.out.splitlines()
    assert lines
    assert operator.graph.same_as(before)
    done = operator.told(*typed, "--yes")
    assert (operator.status, done["kind"], done["ok"], done["commands"]) == (0, "applied", True, lines)
    assert not operator.graph.same_as(before)
    assert operator.types("undo") == 0, operator.err
    assert "taken back" in operator.err


def test_every_document_of_a_change_has_these_keys(operator: Operator) -> None:
    for typed in (
        ("up", "nobody"),
        ("rename", "br0", "vnet0"),
        ("rename", "br0", "br1", "--dry-run"),
        ("rename", "br0", "br1"),
        ("undo",),
        ("redo",),
    ):
        told = operator.told(*typed)
        assert told.keys() == KEYS.keys(), typed
        assert all(isinstance(told[key], kind) for key, kind in KEYS.items()), told
        assert told["ok"] is (operator.status == 0)


def test_the_exit_status_says_what_happened(operator: Operator) -> None:
    assert operator.types("up", "nobody") == 3
    assert operator.types("mac", "br0", "no-mac") == 2
    assert operator.types("port", "veth8pUZr", "isolated=perhaps") == 2
    assert operator.types("up", "br0", "--revert-after", "1") == 2
    assert operator.types("rename", "br0", "vnet0") == 5
    assert "refused:" in operator.err
    assert operator.types("--read-only", "down", "br0") == 5
    assert operator.types("undo") == 3
    assert operator.types("redo") == 3
    assert operator.types("confirm") == 3
    operator.host.around = replace(operator.host.around, may_change=False, why_not="not root")
    assert operator.types("down", "vnet0") == 4
    assert operator.types("down", "vnet0", "--dry-run") == 0
    link = operator.link("vnet0")
    assert link is not None
    assert link.up


def test_an_ambiguous_name_lists_its_candidates_in_full_form(capsys: pytest.CaptureFixture[str]) -> None:
    operator = Operator(FakeHost(sample_host(), changes=True), capsys)
    operator.types("add", "veth", "web/twin", "tinderbox/twin")
    told = operator.told("down", "twin")
    assert operator.status == 3
    assert told["error"]["code"] == "ambiguous"
    assert "web/twin" in told["error"]["text"]
    assert "tinderbox/twin" in told["error"]["text"]


def test_what_holds_already_is_done_without_a_word_to_the_kernel(operator: Operator) -> None:
    told = operator.told("up", "veth8pUZr")
    assert (operator.status, told["kind"], told["commands"]) == (0, "plan", [])
    assert not Journal().changes()


def test_what_carries_the_operator_is_refused_where_nobody_can_be_asked(operator: Operator) -> None:
    lifeline = Lifeline(LinkId(HOME, 7), "carries your SSH session from 192.0.2.7")
    operator.host.around = replace(operator.host.around, lifelines=(lifeline,))
    told = operator.told("detach", "veth8pUZr")
    assert operator.status == 5
    assert told["error"]["code"] == "consent"
    assert "SSH session" in told["error"]["text"]
    link = operator.link("veth8pUZr")
    assert link is not None
    assert link.master


def test_the_name_has_to_be_typed_in_full(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    lifeline = Lifeline(LinkId(HOME, 7), "carries your SSH session from 192.0.2.7")
    operator.host.around = replace(operator.host.around, lifelines=(lifeline,))
    monkeypatch.setattr("tui.commands.printing.Paper.can_ask", True)
    monkeypatch.setattr("tui.commands.printing.Paper.ask", lambda _paper, _question: "veth8")
    assert operator.types("detach", "veth8pUZr") == 5
    assert "WILL RUN" in operator.err
    assert "ip link set dev veth8pUZr nomaster" in operator.err
    assert "after 60 s" in operator.err


def test_undo_refuses_when_the_world_moved_on(operator: Operator) -> None:
    assert operator.types("rename", "veth8pUZr", "vethBox") == 0
    assert operator.types("mtu", "vethBox", "1400") == 0
    assert operator.types("undo", "c1") == 5
    assert "moved on" in operator.err
    assert operator.types("undo") == 0
    assert operator.types("undo") == 0
    assert operator.link("veth8pUZr") is not None
    assert operator.types("redo") == 0
    assert operator.link("vethBox") is not None
    assert operator.types("redo") == 0
    link = operator.link("vethBox")
    assert link is not None
    assert link.mtu == 1400
    assert operator.types("redo") == 3


def test_the_log_has_what_was_done_newest_first(operator: Operator) -> None:
    operator.types("rename", "veth8pUZr", "vethBox")
    operator.types("up", "vnet0")
    operator.types("mtu", "vethBox", "1400")
    operator.types("undo")
    assert operator.types("log") == 0
    rows = operator.out.splitlines()
    assert [row.split()[0] for row in rows] == ["c2", "c1"]
    assert "taken back" in rows[0]
    assert "rename veth8pUZr to vethBox" in rows[1]
    assert operator.types("log", "--json") == 0
    told = json.loads(operator.out)
    assert (told["schema"], told["kind"]) == ("jackfield/1", "log")
    assert [change["state"] for change in told["changes"]] == ["undone", "applied"]
    assert [change["can_undo"] for change in told["changes"]] == [False, True]


def test_no_name_acts_on_the_terminal_or_on_a_shell(capsys: pytest.CaptureFixture[str]) -> None:
    operator = Operator(FakeHost(hostile_host(), changes=True), capsys)
    for number, _name in enumerate(LINK_NAMES):
        for typed in (
            ("down", f"if:{10 + number}"),
            ("mtu", f"if:{10 + number}", "1400"),
            ("delete", f"if:{10 + number}"),
        ):
            for more in (("--dry-run",), ("--json", "--dry-run"), ()):
                operator.types(*typed, *more)
                assert all(line.isprintable() for line in (operator.out + operator.err).splitlines()), typed
    for text in TEXTS:
        operator.types("alias", "if:300", "--dry-run", "--", text)
        assert all(line.isprintable() for line in (operator.out + operator.err).splitlines()), text
    operator.types("log")
    assert all(line.isprintable() for line in operator.out.splitlines())


def test_every_change_has_a_help_that_says_how_it_asks(capsys: pytest.CaptureFixture[str]) -> None:
    for command in CHANGES:
        with pytest.raises(SystemExit):
            parser().parse_args([command, "-h"])
        told = capsys.readouterr().out
        assert "usage: jackfield" in told
        if command not in ("confirm", "log", "add"):
            assert "--dry-run" in told
            assert "before it is done:" in told


def carries_me(operator: Operator, name: str = "veth8pUZr") -> None:
    link = operator.link(name)
    assert link is not None
    lifeline = Lifeline(link.id, "carries your SSH session from 192.0.2.7")
    operator.host.around = replace(operator.host.around, lifelines=(lifeline,))


@pytest.mark.parametrize("verb", ["undo", "redo"])
def test_what_would_cut_the_operator_off_is_not_taken_back_nor_done_again_unasked(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    assert operator.types("detach", "veth8pUZr") == 0
    if verb == "redo":
        assert operator.types("undo") == 0
    before, were = operator.graph, Journal().changes()
    carries_me(operator)
    told = operator.told(verb)
    assert (operator.status, told["kind"], told["error"]["code"]) == (5, "plan", "consent")
    assert "SSH session" in told["error"]["text"]
    monkeypatch.setattr("tui.commands.printing.Paper.can_ask", True)
    monkeypatch.setattr("tui.commands.printing.Paper.ask", lambda _paper, _question: "veth8")
    assert operator.types(verb) == 5
    assert "after 60 s" in operator.err
    assert operator.types(verb, "--dry-run") == 0
    assert "ip link set dev veth8pUZr " in operator.out
    assert operator.graph.same_as(before)
    assert Journal().changes() == were


def test_an_undo_that_may_cut_the_operator_off_goes_back_unless_it_is_confirmed(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.commands.carrying.arm", in_name_only)
    assert operator.types("detach", "veth8pUZr") == 0
    carries_me(operator)
    told = operator.told("undo", "--yes")
    assert (operator.status, told["kind"], told["id"]) == (0, "applied", "c2")
    assert told["confirm_by"]
    assert "ip link set dev veth8pUZr master br0" in told["commands"]
    assert told["inverse"][-1] == "ip link set dev veth8pUZr nomaster"
    assert operator.types("undo", "c2", "--revert-after", "9") == 2
    assert operator.types("undo") == 0, operator.err  # at once: it would go back anyway
    link = operator.link("veth8pUZr")
    assert link is not None
    assert not link.master
    assert operator.types("undo", "--yes", "--revert-after", "30") == 0, operator.err
    assert operator.types("confirm") == 0
    assert operator.types("undo") == 3
    assert [change.state for change in Journal().changes()] == [What.UNDONE, What.UNDONE, What.CONFIRMED]
    assert operator.types("redo", "--yes") == 0, operator.err
    assert operator.types("undo", "c3") == 5
    assert "redo" in operator.err


@pytest.mark.parametrize("typed", VERBS, ids=" ".join)
def test_every_undo_can_be_taken_back_by_a_guardian(
    on_yamato: Operator, typed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.commands.carrying.arm", in_name_only)
    operator = on_yamato
    assert operator.types(*typed, "--yes") == 0, operator.err
    after = operator.graph
    told = operator.told("undo", "--yes", "--revert-after", "30")
    assert operator.status == 0, told
    assert not any("by itself" in text for text in told["lost"])
    assert not operator.graph.same_as(after)
    undo = Journal().changes()[-1]
    assert undo.plan is not None
    outcomes = operator.host.execute([one.operation for one in taking_back(undo.plan, undo.outcomes)])
    assert {outcome.fate for outcome in outcomes} == {Fate.DONE}, outcomes
    assert operator.types("log") == 0
    assert {link.name for link in operator.graph.links()} == {link.name for link in after.links()}
    for link in after.links():
        assert operator.graph.link(link.id) in (link, None)  # None: it has another number now
