"""/proc as it changes: new, gone, moved and reused pids, and what may not be read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.processes import Process, ProcessesChanged, ProcessTable, netns_of_descriptors, netns_of_threads
from tests.recorded_proc import RecordedProc


@pytest.fixture
def recorded(tmp_path: Path) -> RecordedProc:
    return RecordedProc(tmp_path)


def test_a_first_refresh_finds_every_process_and_its_namespace(recorded: RecordedProc) -> None:
    recorded.process(10, "sleep", "1", net="red")
    table = ProcessTable(recorded.path)
    assert table.refresh().new == {1, 10}
    assert table.netns == {1: recorded.inode("host"), 10: recorded.inode("red")}
    assert table.by_netns() == {recorded.inode("host"): [1], recorded.inode("red"): [10]}
    assert Path(table.path(10)).stat().st_ino == recorded.inode("red")


def test_a_refresh_without_a_change_says_so(recorded: RecordedProc) -> None:
    table = ProcessTable(recorded.path)
    table.refresh()
    assert not table.refresh()


def test_the_next_refresh_tells_new_gone_and_moved_apart(recorded: RecordedProc) -> None:
    for pid in (10, 11):
        recorded.process(pid)
    table = ProcessTable(recorded.path)
    table.refresh()
    recorded.dies(10)
    recorded.moves(11, "red")
    recorded.process(12)
    changed = table.refresh()
    assert changed == ProcessesChanged(new=frozenset({12}), gone=frozenset({10}), moved=frozenset({11}))
    assert changed


def test_a_pid_used_again_is_new_and_read_anew(recorded: RecordedProc) -> None:
    recorded.process(10, comm="first")
    table = ProcessTable(recorded.path)
    table.refresh()
    before = table.process(10)
    recorded.dies(10)
    recorded.process(10, comm="second")
    changed = table.refresh()
    assert changed == ProcessesChanged(new=frozenset({10}), gone=frozenset(), moved=frozenset())
    assert table.process(10).comm == "second"
    assert table.process(10).key != before.key
    assert not before.is_still_there()


def test_a_directory_that_was_only_dropped_from_memory_is_no_new_process(recorded: RecordedProc) -> None:
    recorded.process(10, start=77)
    table = ProcessTable(recorded.path)
    table.refresh()
    table.process(10)
    recorded.dies(10)
    recorded.process(10, start=77)
    assert not table.refresh()


def test_a_look_at_some_leaves_the_others_as_they_were(recorded: RecordedProc) -> None:
    for pid in (10, 11, 12):
        recorded.process(pid)
    table = ProcessTable(recorded.path)
    table.refresh()
    recorded.dies(10)
    recorded.dies(11)
    recorded.moves(12, "red")
    recorded.process(13)
    recorded.process(14)
    changed = table.refresh_some([10, 12, 13, 99])
    assert changed == ProcessesChanged(new=frozenset({13}), gone=frozenset({10}), moved=frozenset({12}))
    assert set(table.netns) == {1, 11, 12, 13}
    assert table.refresh() == ProcessesChanged(new=frozenset({14}), gone=frozenset({11}), moved=frozenset())


def test_a_pid_used_again_is_new_to_a_look_at_some(recorded: RecordedProc) -> None:
    recorded.process(10, comm="first")
    table = ProcessTable(recorded.path)
    table.refresh()
    assert table.process(10).comm == "first"
    recorded.dies(10)
    recorded.process(10, comm="second")
    assert table.refresh_some([10]).new == {10}
    assert table.process(10).comm == "second"


def test_every_field_of_a_process_is_read(recorded: RecordedProc) -> None:
    recorded.process(
        10,
        "a.out",
        "--flag",
        "",
        comm="a.out",
        parent=7,
        cgroup=["9:name=systemd:/sys", "8:pids:/one", "0::/unified"],
        exe="/opt/a.out (deleted)",
        cwd="/srv",
        uid=1000,
        pid_ns="inner",
        start=123,
    )
    process = Process(10, recorded.path)
    assert process.readable
    assert (process.comm, process.ppid, process.starttime, process.kernel_thread) == ("a.out", 7, 123, False)
    assert process.argv == ("a.out", "--flag", "")
    assert process.cgroups == ("/unified", "/sys", "/one")
    assert (process.exe, process.cwd, process.uid) == ("/opt/a.out", "/srv", 1000)
    assert process.pid_namespace == recorded.inode("inner")
    assert process.user_namespace == recorded.inode("host-user")


def test_a_comm_may_hold_brackets_newlines_and_bytes_that_are_no_text(recorded: RecordedProc) -> None:
    recorded.process(10, "\udcff\udcfe", "\x1b[31m", comm=") S 1\n(\udcff)", cgroup="0::/a\udcff:b")
    process = Process(10, recorded.path)
    assert process.comm == ") S 1\n(\udcff)"
    assert process.ppid == 1
    assert process.argv == ("\udcff\udcfe", "\x1b[31m")
    assert process.cgroups == ("/a\udcff:b",)
    assert os.fsencode(process.argv[0]) == b"\xff\xfe"


def test_a_process_that_died_is_a_state(recorded: RecordedProc) -> None:
    recorded.process(10)
    process = Process(10, recorded.path)
    recorded.dies(10)
    assert process.argv is None
    assert process.cgroups is None
    assert (process.exe, process.cwd, process.uid, process.pid_namespace) == (None, None, None, None)
    assert not process.is_still_there()
    assert not Process(10, recorded.path).readable


def test_a_process_that_dies_between_the_listing_and_the_look_is_not_there(recorded: RecordedProc) -> None:
    recorded.process(10)
    recorded.loses(10, "ns/net")
    table = ProcessTable(recorded.path)
    assert 10 not in table.refresh().new
    assert 10 not in table.netns


def test_namespaces_of_single_threads_are_found(recorded: RecordedProc) -> None:
    recorded.process(10)
    recorded.process(11)
    recorded.thread(11, 15, "red")
    found = netns_of_threads([10, 11, 99], recorded.path)
    assert found == {recorded.inode("red"): f"{recorded.path}/11/task/15/ns/net"}


def test_namespaces_held_by_descriptors_are_found(recorded: RecordedProc) -> None:
    recorded.process(10)
    recorded.descriptor(10, 3, "socket:[77]")
    recorded.descriptor(10, 4, "net:[4026532000]")
    recorded.descriptor(10, 5, "net:[no number]")
    assert netns_of_descriptors([10, 99], recorded.path) == {4026532000: f"{recorded.path}/10/fd/4"}


def test_turns_go_round_over_all_processes(recorded: RecordedProc) -> None:
    for pid in (10, 11, 12):
        recorded.process(pid)
    table = ProcessTable(recorded.path)
    table.refresh()
    assert [table.take_turn(3), table.take_turn(3), table.take_turn(3)] == [(1, 10, 11), (12,), (1, 10, 11)]


def test_the_real_proc_shows_ourselves() -> None:
    table = ProcessTable()
    table.refresh()
    own = table.process(os.getpid())
    assert table.netns[own.pid] == Path("/proc/thread-self/ns/net").stat().st_ino
    assert own.ppid == os.getppid()
    assert own.exe == os.path.realpath(sys.executable)
    assert own.uid == os.geteuid()
    assert own.is_still_there()
    assert not own.kernel_thread


def test_a_descriptor_of_our_own_shows_the_namespace_it_holds() -> None:
    with open("/proc/thread-self/ns/net", "rb") as held:
        found = netns_of_descriptors([os.getpid()])
        inode = os.fstat(held.fileno()).st_ino
        assert Path(found[inode]).stat().st_ino == inode


def test_a_real_process_is_new_and_then_gone() -> None:
    table = ProcessTable()
    table.refresh()
    with subprocess.Popen(["sleep", "1000"]) as child:
        assert child.pid in table.refresh().new
        assert table.process(child.pid).ppid == os.getpid()
        child.kill()
    assert child.pid in table.refresh().gone
