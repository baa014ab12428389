"""Where an observer namespace is refused, a pair of sockets in each namespace does: slower, and just as true."""

import errno
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backend import host
from model.facts import Visibility
from tests.kernel.asking import links_in
from tests.kernel.hidden import netns_of_a_process
from tests.kernel.iproute import ip, links_by_ip
from tests.kernel.live import differences, fresh_picture, live_graph, true_picture
from tests.kernel.random_changes import RandomHost

pytestmark = pytest.mark.root

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0
LARGE = 1 << 20
TINY = 2304


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel refuses to listen to all namespaces."""

    def refuse(_: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(host, "ObserverWire", refuse)


@pytest.mark.usefixtures("refused")
def test_a_snapshot_equals_what_ip_says(make_netns: Callable[[str], str]) -> None:
    names = [make_netns(f"f{number}") for number in range(30)]
    RandomHost(names, 11).fill(12)
    assert differences(fresh_picture(names), true_picture(names)) == []


@pytest.mark.usefixtures("refused")
@pytest.mark.parametrize(("receive_buffer", "seed"), [(LARGE, 12), (TINY, 13)], ids=["large buffer", "tiny buffer"])
def test_the_live_graph_is_true_after_a_storm(make_netns: Callable[[str], str], receive_buffer: int, seed: int) -> None:
    names = [make_netns(f"f{number}") for number in range(8)]
    storm = RandomHost(names, seed)
    storm.fill(8)
    with live_graph(receive_buffer=receive_buffer, rotation_s=2, look_s=0.5) as graph:
        storm.change(1_500)
        assert graph.wait_until_equal(names, lambda: true_picture(names)) == []


@pytest.mark.usefixtures("refused")
def test_it_says_what_it_cannot_see() -> None:
    (visibility,) = (fact for fact in host.LinuxHost().read() if isinstance(fact, Visibility))
    assert not visibility.complete
    assert any("no observer namespace" in sentence for sentence in visibility.missing)


@pytest.mark.usefixtures("refused")
def test_a_named_namespace_that_only_we_keep_alive_is_let_go(make_netns: Callable[[str], str]) -> None:
    left, right = make_netns("left"), make_netns("right")
    ip("link", "add", "dev", "l", "type", "veth", "peer", "name", "r", "netns", right, netns=left)
    with live_graph(rotation_s=1e9, look_s=0.3) as graph:
        assert links_in(graph.topology, right)
        ip("netns", "delete", right)
        assert graph.wait_for(lambda graph: not links_in(graph.topology, right), PATIENCE)
        assert graph.wait_for(lambda graph: links_in(graph.topology, left).keys() == {"lo"}, PATIENCE)
        assert {link["name"] for link in links_by_ip(left).values()} == {"lo"}


@pytest.mark.usefixtures("refused")
def test_two_such_programs_do_not_keep_a_namespace_alive_for_each_other(make_netns: Callable[[str], str]) -> None:
    left = make_netns("left")
    program = """
import sys
from backend import host
from backend.wire_each import SocketEachWire
def refuse(_):
    raise PermissionError(1, "refused")
host.ObserverWire = refuse
host.LinuxHost(look_s=0.3).start(lambda facts: print("told", flush=True))
sys.stdin.read()
"""
    other = [sys.executable, "-B", "-c", program]
    with live_graph(rotation_s=1e9, look_s=0.3) as graph:
        with netns_of_a_process() as path:
            ip("link", "add", "dev", "l", "type", "veth", "peer", "name", "r", "netns", path, netns=left)
            inode = Path(path).stat().st_ino
            assert graph.wait_for(lambda graph: bool(graph.topology.namespaces_by_inode(inode)), PATIENCE)
            process = subprocess.Popen(other, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            assert process.stdout.readline() == "told\n"
        with process:
            try:
                assert graph.wait_for(lambda graph: links_in(graph.topology, left).keys() == {"lo"}, PATIENCE)
            finally:
                process.kill()


@pytest.mark.usefixtures("refused")
def test_its_sockets_and_descriptors_are_given_back(private_host: int) -> None:
    host.LinuxHost().read()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        host.LinuxHost().read()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_root_without_the_right_to_broadcast_falls_back(make_netns: Callable[[str], str]) -> None:
    """A container's root, say: CAP_NET_BROADCAST is among what Docker takes away."""
    name = make_netns("kept")
    ip("link", "add", "dev", "x", "type", "ifb", netns=name)
    program = """
import json, sys
from tests.kernel.live import fresh_picture
from backend.host import LinuxHost
from model.facts import Visibility
(seen,) = (fact for fact in LinuxHost().read() if isinstance(fact, Visibility))
names = sorted(link["name"] for link in fresh_picture(sys.argv[1:]).values())
print(json.dumps([seen.missing, names]))
"""
    dropping = ("setpriv", "--bounding-set", "-net_broadcast", "--inh-caps", "-net_broadcast")
    command = [*dropping, sys.executable, "-B", "-c", program, name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    missing, names = json.loads(done.stdout)
    assert any("no observer namespace" in sentence for sentence in missing)
    assert names == ["lo", "x"]


def test_more_namespaces_than_descriptors_is_no_crash(make_netns: Callable[[str], str]) -> None:
    """What cannot be opened is not seen, and that is said; the rest is."""
    names = [make_netns(f"m{number}") for number in range(30)]
    assert names
    program = """
import json, resource
from backend import host
from model.facts import NamespaceRead, Visibility
def refuse(_):
    raise PermissionError(1, "refused")
host.ObserverWire = refuse
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))  # the hard limit too
facts = host.LinuxHost().read()
(seen,) = (fact for fact in facts if isinstance(fact, Visibility))
print(json.dumps([seen.complete, sum(isinstance(fact, NamespaceRead) for fact in facts)]))
"""
    command = [sys.executable, "-B", "-W", "error", "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    complete, read = json.loads(done.stdout)
    assert not complete
    assert read > 3
