"""The finder over time: it looks only at what is new, and is not fooled by what changes under it."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend.owners.assembly import Found
from backend.processes import Process
from tests.owners.recorded_host import ID, OTHER_ID, RecordedHost

IN_DOCKER = f"0::/docker/{ID}"


def test_nothing_new_is_the_same_answer_and_reads_nothing(host: RecordedHost, monkeypatch: pytest.MonkeyPatch) -> None:
    host.shim(10, "moby", ID)
    host.proc.process(11, "sh", net="web", parent=10, cgroup=IN_DOCKER)
    first = host.find()
    monkeypatch.setattr(Process, "__init__", lambda *_: pytest.fail("read a process that is not new"))
    assert host.find() is first


def test_a_container_that_comes_and_goes(host: RecordedHost) -> None:
    assert host.owners("web") == ()
    host.shim(10, "moby", ID)
    host.proc.process(11, "sh", net="web", parent=10, cgroup=IN_DOCKER)
    assert host.owner("web").runtime == "docker"
    host.proc.dies(11)
    assert host.owners("web") == ()


def test_a_pid_used_again_belongs_to_its_new_container(host: RecordedHost) -> None:
    host.lxc_monitor(10, "/var/lib/lxc", "box")
    host.proc.process(11, "init", net="web", parent=10, cgroup="0::/lxc.payload.box")
    assert host.owner("web").runtime == "lxc"
    host.proc.dies(10)
    host.proc.dies(11)
    host.shim(10, "moby", ID)
    host.proc.process(11, "sh", net="web", parent=10, cgroup=IN_DOCKER)
    assert host.owner("web").runtime == "docker"


def test_a_process_that_goes_into_another_namespace_takes_its_ownership_along(host: RecordedHost) -> None:
    host.proc.process(11, "vpn")
    assert host.owners("red") == ()
    host.proc.moves(11, "red")
    assert host.owner("red").name == "vpn"
    host.proc.moves(11, "blue")
    assert host.owners("red") == ()
    assert host.owner("blue").name == "vpn"


@pytest.mark.parametrize(
    "lost", [["cgroup"], ["stat"], ["cmdline", "exe"], ["stat", "cgroup", "exe", "status", "cmdline"]]
)
@pytest.mark.parametrize("dying", [10, 11])
def test_a_process_that_dies_while_it_is_identified_is_no_error(
    host: RecordedHost, dying: int, lost: list[str]
) -> None:
    host.shim(10, "moby", ID)
    host.proc.process(11, "sh", net="web", parent=10, cgroup=IN_DOCKER)
    host.lxc_monitor(20, "/var/lib/lxc", "box")
    host.proc.process(21, "init", net="box", parent=20, cgroup="0::/lxc.payload.box")
    host.proc.loses(dying, *lost)
    assert [owner.name for owner in host.owners("box")] == ["box"]
    host.proc.dies(dying)
    assert host.owner("box").name == "box"


def test_a_young_process_is_looked_at_again_until_it_has_settled(host: RecordedHost) -> None:
    tick = int(host.now * 100)
    host.proc.process(11, "ip", "netns", "exec", comm="ip", net="blue", start=tick - 10)
    found = host.find()
    assert found.again
    (host.proc.path / "11" / "stat").write_text(f"11 (dnsmasq) S 1 11 11 0 -1 0 {'0 ' * 12}{tick - 10} 0\n")
    assert host.owner("blue").name == "dnsmasq"
    host.now += 10
    assert not host.find().again


def test_a_container_that_joins_its_cgroup_late_is_recognised(host: RecordedHost) -> None:
    tick = int(host.now * 100)
    host.proc.process(10, "bash", start=tick - 100_00)
    host.proc.process(11, "sh", net="web", parent=10, start=tick - 1)
    assert host.owner("web").runtime == "process"
    (host.proc.path / "11" / "cgroup").write_text("0::/lxc.payload.box\n")
    (host.proc.path / "10" / "exe").unlink()
    (host.proc.path / "10" / "exe").symlink_to("/usr/bin/lxc-start")
    (host.proc.path / "10" / "cmdline").write_bytes(b"[lxc monitor] /var/lib/lxc box\0")
    owner = host.owner("web")
    assert (owner.runtime, owner.name, owner.proved) == ("lxc", "box", True)


def test_an_old_shell_that_becomes_a_supervisor_is_read_anew(host: RecordedHost) -> None:
    host.proc.process(10, "bash", exe="/usr/bin/bash", start=1)
    host.find()
    (host.proc.path / "10" / "exe").unlink()
    (host.proc.path / "10" / "exe").symlink_to("/usr/bin/systemd-nspawn")
    (host.proc.path / "10" / "cmdline").write_bytes(b"systemd-nspawn\0-M\0n1\0")
    host.proc.process(11, "init", net="n1", parent=10, cgroup="0::/payload")
    owner = host.owner("n1")
    assert (owner.runtime, owner.name) == ("nspawn", "n1")


def test_who_called_execve_can_be_looked_at_again(host: RecordedHost) -> None:
    host.proc.process(11, "sh", net="blue", start=1)
    assert host.owner("blue").name == "sh"
    (host.proc.path / "11" / "stat").write_text(f"11 (dnsmasq) S 1 11 11 0 -1 0 {'0 ' * 12}1 0\n")
    host.finder.look_again([11, 99])
    assert host.owner("blue").name == "dnsmasq"


def test_a_container_that_was_renamed_has_its_new_name_at_the_next_change(host: RecordedHost) -> None:
    config = f"/var/lib/docker/containers/{ID}/config.v2.json"
    os.utime(host.file(config, {"Name": "/old"}), ns=(1, 1))
    _docker_container(host)
    assert host.owner("web").name == "old"
    host.file(config, {"Name": "/new"})
    host.proc.process(12, "sh", net="other")
    assert host.owner("web").name == "new"


def test_a_look_at_some_finds_what_they_own(host: RecordedHost) -> None:
    host.find()
    host.shim(10, "moby", ID)
    host.proc.process(11, "sh", net="web", parent=10, cgroup=IN_DOCKER)
    host.proc.process(12, "sh", net="other")
    host.table.refresh_some([11])
    found = host.finder.find(host.table, only=[11])
    assert set(found.owners) == {host.proc.inode("web")}
    host.proc.dies(11)
    host.table.refresh_some([11])
    assert host.finder.find(host.table, only=[11]).owners == {}
    assert set(host.find().owners) == {host.proc.inode("other")}


def test_a_daemon_that_answers_names_the_container(host: RecordedHost) -> None:
    answer = b'HTTP/1.0 200 OK\r\n\r\n{"Name": "/d1", "Config": {"Image": "nginx", "Labels": null}}'
    _docker_container(host)
    with _daemon(host.root / "run" / "docker.sock", lambda peer: peer.sendall(answer)) as asked:
        assert (host.owner("web").name, host.owner("web").image) == ("d1", "nginx")
        assert len(asked) == 1


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.0 404 Not Found\r\n\r\n{}", b"HTTP/1.0 200 OK\r\n\r\n{", b"\xff\xfe", b"HTTP/1.0 200 OK\r\n\r\n[]"],
)
def test_a_daemon_that_answers_nonsense_costs_only_the_name(host: RecordedHost, answer: bytes) -> None:
    _docker_container(host)
    with _daemon(host.root / "run" / "docker.sock", lambda peer: peer.sendall(answer)):
        assert host.owner("web").name == ID[:12]


def test_a_daemon_that_does_not_answer_is_asked_once_a_round_and_again_in_the_next(tmp_path: Path) -> None:
    host = RecordedHost(tmp_path, timeout=0.05)
    _docker_container(host)
    host.shim(20, "moby", OTHER_ID)
    host.proc.process(21, "sh", net="db", parent=20, cgroup=f"0::/docker/{OTHER_ID}")
    heard, done = threading.Event(), threading.Event()

    def say_nothing(_: socket.socket) -> None:
        heard.set()
        done.wait(30)

    with _daemon(host.root / "run" / "docker.sock", say_nothing) as asked:
        found = host.find()
        assert found.again
        assert found.owners[host.proc.inode("web")][0].name == ID[:12]
        assert heard.wait(20)
        assert len(asked) == 1
        done.set()
    host.file(f"/var/lib/docker/containers/{ID}/config.v2.json", {"Name": "/d1"})
    host.file(f"/var/lib/docker/containers/{OTHER_ID}/config.v2.json", {"Name": "/d2"})
    assert (host.owner("web").name, host.owner("db").name) == ("d1", "d2")
    assert not host.find().again


def test_taps_are_held_by_machines_and_by_plain_processes(host: RecordedHost) -> None:
    host.proc.process(10, "qemu-system-x86_64", "-name", "vm1", exe="/usr/bin/qemu-system-x86_64")
    host.proc.descriptor(10, 3, "/dev/net/tun", "pos:\t0\niff:\ttap0\n")
    host.proc.descriptor(10, 4, "/dev/net/tun", "pos:\t0\niff:\ttap0\n")
    host.proc.descriptor(10, 5, "/dev/tap16")
    host.proc.process(11, "openvpn", net="vpn")
    host.proc.descriptor(11, 3, "/dev/net/tun", "pos:\t0\niff:\t\udcfftun\n")
    host.proc.descriptor(11, 4, "/dev/net/tun")
    home, vpn = host.proc.inode("host"), host.proc.inode("vpn")
    holders = host.find(taps=True).holders
    assert set(holders) == {(home, "tap0"), (home, 16), (vpn, "\udcfftun")}
    assert (holders[home, "tap0"].pid, holders[home, "tap0"].comm) == (10, "qemu-system-x86")
    owner = holders[home, 16].owner
    assert owner is not None
    assert (owner.runtime, owner.name) == ("qemu", "vm1")
    assert (holders[vpn, "\udcfftun"].comm, holders[vpn, "\udcfftun"].owner) == ("openvpn", None)
    host.proc.dies(10)
    assert set(host.find().holders) == {(vpn, "\udcfftun")}


def test_an_empty_host_has_no_owners(host: RecordedHost) -> None:
    assert host.find() == Found()


def _docker_container(host: RecordedHost) -> None:
    host.shim(10, "moby", ID)
    host.proc.process(11, "sh", net="web", parent=10, cgroup=IN_DOCKER)


@contextmanager
def _daemon(path: Path, answer: Callable[[socket.socket], object]) -> Iterator[list[bytes]]:
    """A daemon on a unix socket; the value is what it was asked, as it comes."""
    path.parent.mkdir(parents=True)
    asked: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def serve() -> None:
            while True:
                try:
                    peer, _ = listening.accept()
                except OSError:
                    return
                with peer:
                    asked.append(peer.recv(65536))
                    answer(peer)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        try:
            yield asked
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            serving.join()
