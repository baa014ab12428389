"""The journal survives whatever happens to whoever writes it."""

import json
import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from backend.journal import FILE, Guard, Journal, TooLate, What, failed, state_directory
from backend.remembered import renamed_by_us
from model.identity import LinkId, NamespaceId
from model.intents import Rename
from model.link import Link
from model.operations import Handle, RenameLink
from model.plan import Fate, Left, Outcome, Plan, Step
from tui.standing import to_redo, why_not_undo

LINK = LinkId(NamespaceId("n1"), 3)
DO, UNDO = RenameLink(Handle(LINK.namespace, "a\udcff", 3), "b"), RenameLink(Handle(LINK.namespace, "b", 3), "a\udcff")
PLAN = Plan(Rename(LINK, "b"), (Step(DO, (UNDO,)), Step(UNDO, (DO,))))
UNNUMBERED = Plan(Rename(LINK, "b"), (Step(RenameLink(Handle(NamespaceId("x1"), "a", 3), "b")),))
GUARD = Guard(42, 77, 1000.5, 60)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "state", "boot-one")


def test_what_was_done_is_found_again_by_another_program(journal: Journal) -> None:
    change = journal.plan("rename host/a", PLAN)
    journal.arm(change, GUARD)
    done = Outcome(DO, Fate.DONE, ((Handle(LINK.namespace, "b"), LINK),))
    refused = Outcome(UNDO, Fate.FAILED, error="no")
    for number, outcome in enumerate((done, refused)):
        journal.step(change, number, Outcome(outcome.operation, Fate.BEGUN))
        journal.step(change, number, outcome)
    journal.applied(change)
    (found,) = Journal(journal.directory, "boot-one").changes()
    assert (found.id, found.title, found.plan, found.boot) == ("c1", "rename host/a", PLAN, "boot-one")
    assert (found.outcomes, found.guard, found.state, found.pending) == ([done, refused], GUARD, What.APPLIED, True)
    assert failed(found) == refused


def test_how_the_links_were_and_are_is_kept(journal: Journal) -> None:
    before, after = Left(LINK, "host/a", Link(LINK, "a\udcff", "veth"), ("192.0.2.1/24",)), Left(LINK, "host/b")
    change = journal.plan("rename", PLAN, (before,))
    assert [(one.were, one.left) for one in journal.changes()] == [((before,), None)]
    journal.arm(change, GUARD)
    journal.leave(change, (after,))
    found = journal.change(change)
    assert found is not None
    assert (found.left, found.state, found.pending) == ((after,), What.ARMED, True)


def test_a_step_of_which_nobody_knows_what_became_is_told_as_begun(journal: Journal) -> None:
    change = journal.plan("rename", PLAN)
    journal.step(change, 0, Outcome(DO, Fate.DONE))
    journal.step(change, 1, Outcome(UNDO, Fate.BEGUN))
    found = journal.change(change)
    assert found is not None
    assert [outcome.fate for outcome in found.outcomes] == [Fate.DONE, Fate.BEGUN]


@pytest.mark.parametrize("torn", [1, 20, -2])
def test_a_line_that_was_torn_costs_that_line_only(journal: Journal, torn: int) -> None:
    first = journal.plan("first", PLAN)
    journal.plan("second", PLAN)
    whole = journal.path.read_bytes()
    lines = whole.splitlines(keepends=True)
    journal.path.write_bytes(lines[0] + lines[1][:torn])
    third = journal.plan("third", PLAN)
    assert [change.title for change in journal.changes()] == ["first", "third"]
    assert first == "c1"
    assert third in ("c2", "c3")


def test_a_line_that_lacks_only_its_end_is_whole(journal: Journal) -> None:
    journal.plan("first", PLAN)
    journal.path.write_bytes(journal.path.read_bytes().removesuffix(b"\n"))
    journal.plan("second", PLAN)
    assert [change.title for change in journal.changes()] == ["first", "second"]


def test_lines_that_we_do_not_understand_are_shown_or_passed_over(journal: Journal) -> None:
    change = journal.plan("rename", PLAN)
    newer = {"v": 2, "id": "c7", "what": "planned", "title": "newer", "plan": {"is": "Hologram"}, "boot": "x"}
    rest = [newer, {"id": change, "what": "sung"}, {"id": change, "what": "step", "step": "x"}, [1], "text"]
    with journal.path.open("ab") as file:
        file.write(b"".join(json.dumps(line).encode() + b"\n" for line in rest) + b"\x00\xff{\n")
    found = journal.changes()
    assert [(one.id, one.plan is None) for one in found] == [("c1", False), ("c7", True)]
    assert journal.plan("next", PLAN) == "c8"


def test_a_confirmation_comes_in_time_or_too_late_never_both(journal: Journal) -> None:
    kept, lost = journal.plan("kept", PLAN), journal.plan("lost", PLAN)
    for change in (kept, lost):
        journal.arm(change, GUARD)
    journal.confirm(kept)
    assert journal.reverting(kept) is False
    assert journal.reverting(lost) is True
    with pytest.raises(TooLate):
        journal.confirm(lost)
    with pytest.raises(TooLate):
        journal.step(lost, 0, Outcome(DO, Fate.BEGUN))
    assert journal.reverting(lost) is False
    journal.reverted(lost, (Outcome(UNDO, Fate.DONE),))
    assert {change.id: (change.state, change.pending) for change in journal.changes()} == {
        kept: (What.CONFIRMED, False),
        lost: (What.REVERTED, False),
    }


def test_what_was_taken_back_is_not_pending(journal: Journal) -> None:
    change = journal.plan("rename", PLAN)
    journal.arm(change, GUARD)
    journal.applied(change)
    journal.undone(change, (Outcome(UNDO, Fate.DONE),))
    found = journal.change(change)
    assert found is not None
    assert (found.state, found.pending, len(found.undoing)) == (What.UNDONE, False, 1)


def test_only_its_owner_may_read_it(journal: Journal) -> None:
    journal.plan("rename", PLAN)
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(journal.directory.stat().st_mode) == 0o700


def test_it_is_never_written_through_a_link_that_somebody_put_there(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("precious")
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        Journal(tmp_path, "boot").plan("rename", PLAN)
    assert (tmp_path / "elsewhere").read_text() == "precious"


def test_without_a_journal_there_is_nothing(journal: Journal) -> None:
    assert journal.changes() == []
    assert journal.change("c1") is None
    assert not journal.directory.exists()


def test_the_state_directory_is_where_it_is_said_to_be() -> None:
    assert state_directory({"JACKFIELD_STATE_DIR": "/a", "XDG_STATE_HOME": "/b"}) == Path("/a")
    assert state_directory({"XDG_STATE_HOME": "/b"}) == Path("/b/jackfield")
    assert state_directory({}) == Path.home() / ".local/state/jackfield"


def write_many(directory: Path, count: int) -> None:
    journal = Journal(directory, "boot-one")
    for _ in range(count):
        change = journal.plan(f"by {os.getpid()}", PLAN)
        journal.step(change, 0, Outcome(DO, Fate.DONE))
        journal.applied(change)


def test_many_instances_at_once_take_turns(journal: Journal) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(journal.directory, 15)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    changes = journal.changes()
    assert [change.id for change in changes] == [f"c{number}" for number in range(1, 46)]
    assert {change.state for change in changes} == {What.APPLIED}


def write_one(directory: Path) -> None:
    journal = Journal(directory, "boot-one")
    change = journal.plan("rename", UNNUMBERED)
    journal.step(change, 0, Outcome(UNNUMBERED.steps[0].do, Fate.DONE))


@pytest.mark.parametrize("by_another", [False, True])
def test_where_the_kernel_numbers_no_namespaces_only_the_program_that_did_it_takes_it_back(
    journal: Journal, by_another: bool
) -> None:
    """What it calls `x1` may be any other namespace to another program."""
    if by_another:
        writer = multiprocessing.get_context("spawn").Process(target=write_one, args=(journal.directory,))
        writer.start()
        writer.join(60)
    else:
        write_one(journal.directory)
    (change,) = journal.changes()
    why = why_not_undo(change, "boot-one")
    assert (why is None) is not by_another
    assert why is None or "before Linux 5.14" in why
    assert bool(renamed_by_us(journal)) is not by_another
    journal.undone(change.id, ())
    assert (to_redo(journal.changes(), "boot-one") is None) is by_another


def test_the_stamp_differs_when_something_was_written(journal: Journal) -> None:
    before = journal.stamp()
    journal.plan("rename", PLAN)
    assert journal.stamp() != before
    assert journal.stamp() == journal.stamp()


def test_a_link_that_is_called_like_a_change_is_no_change(journal: Journal) -> None:
    """Names of links are in the journal, too; `c1` and `c2` are names that people give."""
    other = Plan(Rename(LINK, "c2"), (Step(RenameLink(Handle(LINK.namespace, "c2", 3), "c1")),))
    first, second = journal.plan("of another", other), journal.plan("the one", PLAN)
    found = journal.change(second)
    assert found is not None
    assert found.title == "the one"
    third = journal.plan("names it", Plan(Rename(LINK, first), PLAN.steps))
    journal.reverted(third, (Outcome(RenameLink(Handle(LINK.namespace, first, 3), "b"), Fate.DONE),))
    journal.confirm(first)
    assert [change.state for change in journal.changes()] == [What.CONFIRMED, What.PLANNED, What.REVERTED]


def test_what_an_undo_with_a_guardian_takes_back_holds_again_when_the_undo_goes_back(journal: Journal) -> None:
    done = journal.plan("rename", PLAN)
    journal.applied(done)
    undo = journal.plan("undo c1: rename", PLAN, undoes=done)

    def state() -> What:
        found = journal.change(done)
        assert found is not None
        assert found == journal.changes()[0]
        return found.state

    assert state() is What.APPLIED
    journal.arm(undo, GUARD)
    assert state() is What.UNDONE
    journal.applied(undo)
    assert state() is What.UNDONE
    journal.reverting(undo)
    assert state() is What.UNDONE
    journal.reverted(undo, ())
    assert state() is What.APPLIED
