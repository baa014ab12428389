"""Over a real SSH session: the port that carries it is unplugged, the session is lost, and both come back."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.journal import Journal, What
from tests.kernel.iproute import ip

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(shutil.which("sshd", path="/usr/sbin:/usr/bin") is None, reason="no openssh-server here"),
]

JACKFIELD = Path(sys.executable).with_name("jackfield")
CONFIG = """\
ListenAddress 192.0.2.1:2222
HostKey {at}/host
AuthorizedKeysFile {at}/key.pub
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
LogLevel ERROR
"""
DETACH_S = 5


@pytest.fixture
def server(make_netns: Callable[[str], str], tmp_path: Path) -> Iterator[tuple[str, str]]:
    """(a namespace with an sshd behind a bridge's port `p0`, one with the client's end of the cable)."""
    there, here = make_netns("sshd"), make_netns("ssh")
    for line in (
        "link add dev br0 address 02:00:00:00:00:01 type bridge",
        f"link add dev p0 type veth peer name eth0 netns {here}",
        "link set dev p0 master br0",
        "address add 192.0.2.1/24 dev br0",
        "link set dev br0 up",
        "link set dev p0 up",
    ):
        ip(*line.split(), netns=there)
    ip("address", "add", "192.0.2.2/24", "dev", "eth0", netns=here)
    ip("link", "set", "dev", "eth0", "up", netns=here)
    for key in ("host", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / key], check=True)
    (tmp_path / "config").write_text(CONFIG.format(at=tmp_path))
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    into = ["nsenter", f"--net=/run/netns/{there}"]
    with subprocess.Popen([*into, "/usr/sbin/sshd", "-D", "-e", "-f", tmp_path / "config"]) as sshd:
        yield there, here
        sshd.terminate()


class Session:
    """An SSH session with a terminal, and all that it has shown so far."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.shown = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        while said := os.read(self.process.stdout.fileno(), 4096):
            self.shown += said

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def shows(self, text: str) -> bool:
        return text.encode() in self.shown


@pytest.fixture
def session(server: tuple[str, str], tmp_path: Path) -> Iterator[Session]:
    """A shell over SSH, once it answers."""
    _, here = server
    options = ("BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectionAttempts=20")
    command = ["nsenter", f"--net=/run/netns/{here}", "ssh", "-tt", "-q", "-F", "none", "-p", "2222"]
    command += ["-i", os.fspath(tmp_path / "key"), *(f"-o{option}" for option in options), "root@192.0.2.1"]
    with subprocess.Popen(
        [*command, "exec env PS1= sh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as ssh:
        opened = Session(ssh)
        try:
            opened.say("echo read''y")
            eventually(lambda: opened.shows("ready"))
            yield opened
        finally:
            ssh.kill()


def eventually(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.05)


def test_the_port_of_the_own_session_goes_back_by_itself(
    server: tuple[str, str], session: Session, tmp_path: Path
) -> None:
    there, here = server
    journal = Journal(tmp_path / "state")

    def is_port() -> bool:
        return "master br0" in ip("link", "show", "dev", "p0", netns=there)

    def answers() -> bool:
        ping = ["nsenter", f"--net=/run/netns/{here}", "ping", "-q", "-c1", "-W1", "192.0.2.1"]
        return subprocess.run(ping, check=False, capture_output=True).returncode == 0

    session.say(f"JACKFIELD_STATE_DIR={journal.directory} {JACKFIELD} detach host/p0 --revert-after {DETACH_S}")
    eventually(lambda: session.shows("Type p0 to go on"))
    assert session.shows("carries your SSH session from 192.0.2.2")
    assert is_port()
    session.say("p0")
    eventually(lambda: not is_port())
    assert not answers()
    assert journal.changes()[0].pending
    eventually(lambda: journal.changes()[0].state is What.REVERTED)
    assert is_port()
    eventually(answers)
    session.say("echo still''here")
    eventually(lambda: session.shows("stillhere"))


def test_a_wrong_name_unplugs_nothing(server: tuple[str, str], session: Session, tmp_path: Path) -> None:
    session.say(f"JACKFIELD_STATE_DIR={tmp_path / 'state'} {JACKFIELD} detach host/p0")
    eventually(lambda: session.shows("Type p0 to go on"))
    session.say("p1")
    eventually(lambda: session.shows("that was not its name"))
    assert "master br0" in ip("link", "show", "dev", "p0", netns=server[0])
    assert Journal(tmp_path / "state").changes() == []
