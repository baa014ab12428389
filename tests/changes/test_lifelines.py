"""What must not be cut: found by what is, not by what a shell's environment says."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend.host import LinuxHost
from backend.lifelines import sessions
from model.facts import LinkSeen, NamespaceRead
from tests.kernel.iproute import ip

pytestmark = pytest.mark.root

SERVE = """
import socket, sys
listening = socket.create_server((sys.argv[1], 0), family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
print(listening.getsockname()[1], flush=True)
connection, _ = listening.accept()
print("up", flush=True)
sys.stdin.read()
"""
CALL = """
import socket, sys
calling = socket.create_connection((sys.argv[1], int(sys.argv[2])))
sys.stdin.read()
"""


@contextmanager
def session(program: Path, near: str, far: str, address: str) -> Iterator[None]:
    """An established connection to a process whose program is `program`; `near` and `far` are paths of namespaces."""
    pipe = subprocess.PIPE
    scoped = address
    with subprocess.Popen(
        ["nsenter", f"--net={near}", program, "-c", SERVE, scoped], stdin=pipe, stdout=pipe, text=True
    ) as server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        with subprocess.Popen(
            ["nsenter", f"--net={far}", sys.executable, "-c", CALL, scoped, port], stdin=pipe
        ) as client:
            assert server.stdout.readline() == "up\n"
            yield
            client.communicate()
        server.communicate()


@pytest.fixture
def sshd(tmp_path: Path) -> Path:
    """A Python that /proc shows as sshd."""
    copied = tmp_path / "sshd"
    shutil.copy(Path(sys.executable).resolve(), copied)
    return copied


@pytest.fixture
def host(private_host: int) -> Iterator[LinuxHost]:
    linux = LinuxHost()
    yield linux
    linux.close()


def found(host: LinuxHost) -> dict[str, set[str]]:
    """Name of a link -> why it must not be cut."""
    facts = host.read()
    links = [link for fact in facts if isinstance(fact, NamespaceRead) for link in fact.links]
    links += [fact.link for fact in facts if isinstance(fact, LinkSeen)]
    names = {link.id: link.name for link in links}
    lines: dict[str, set[str]] = {}
    for lifeline in host.surroundings([]).lifelines:
        lines.setdefault(names[lifeline.link], set()).add(lifeline.why)
    return lines


def wire(other: str) -> None:
    ip("link", "add", "dev", "up0", "type", "veth", "peer", "name", "far0", "netns", other)
    ip("address", "add", "192.0.2.1/24", "dev", "up0")
    ip("address", "add", "2001:db8::1/64", "dev", "up0", "nodad")
    ip("link", "set", "dev", "up0", "up")
    ip("address", "add", "192.0.2.2/24", "dev", "far0", netns=other)
    ip("address", "add", "2001:db8::2/64", "dev", "far0", "nodad", netns=other)
    ip("link", "set", "dev", "far0", "up", netns=other)


def own_path() -> str:
    return f"/proc/{os.getpid()}/task/{threading.get_native_id()}/ns/net"


@pytest.mark.parametrize(("address", "peer"), [("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8::2")])
def test_the_link_that_carries_an_ssh_session_is_one(
    host: LinuxHost, make_netns: Callable[[str], str], sshd: Path, address: str, peer: str
) -> None:
    other = make_netns("far")
    wire(other)
    with session(sshd, own_path(), f"/run/netns/{other}", address):
        assert found(host)["up0"] >= {f"carries your SSH session from {peer}"}
    assert "carries" not in str(found(host))


def test_a_session_in_another_namespace_counts(host: LinuxHost, make_netns: Callable[[str], str], sshd: Path) -> None:
    other = make_netns("far")
    wire(other)
    with session(sshd, f"/run/netns/{other}", own_path(), "192.0.2.2"):
        assert found(host)["far0"] == {"carries your SSH session from 192.0.2.1"}


def test_another_programs_connection_is_none(host: LinuxHost, make_netns: Callable[[str], str]) -> None:
    other = make_netns("far")
    wire(other)
    with session(Path(sys.executable), own_path(), f"/run/netns/{other}", "192.0.2.1"):
        assert "carries" not in str(found(host))


def test_the_default_route_and_the_last_address_are_lifelines(
    host: LinuxHost, make_netns: Callable[[str], str]
) -> None:
    wire(make_netns("far"))
    ip("route", "add", "default", "via", "192.0.2.2", "dev", "up0")
    assert found(host) == {"up0": {"holds the default route", "has the last address of this host"}}
    ip("link", "add", "dev", "br0", "type", "bridge")
    ip("address", "add", "198.51.100.1/24", "dev", "br0")
    assert found(host) == {"up0": {"holds the default route"}}


def test_a_process_that_ends_meanwhile_is_no_error(tmp_path: Path) -> None:
    gone = tmp_path / "4242"
    gone.mkdir()
    (gone / "stat").write_text("4242 (sshd) S 1 1 1 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 77 0 0\n")
    assert list(sessions(tmp_path)) == []
