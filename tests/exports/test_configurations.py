"""What says the same to LXC, or to udev: read by LXC itself. Containers and udev act on it in tests/keep."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.fake import FakeHost
from model.exports.link_file import link_file
from model.exports.lxc import lxc
from model.identity import LinkId
from model.link import Link
from model.topology import Topology
from tests.yamato import yamato
from tui.__main__ import main

LINE = re.compile(r"lxc\.net\.\d+\.[a-z.]+ = \S.*")
POLICY = """\
[[policy]]
name = "box"
match = { runtime = "lxc", owner = "tinderbox" }
pin = { name = "tinder0", mac = "fe:00:00:00:00:77" }
"""
FORBIDDEN = {chr(code) for code in range(32)} - {"\n"} | {"\x7f", "\u202e"}
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("JACKFIELD_STATE_DIR", str(tmp_path / "state"))
    (tmp_path / "policy.toml").write_text(POLICY)

    def typed(*words: str) -> tuple[int, str, str]:
        typed = ["--policy", str(tmp_path / "policy.toml"), "export", "--format", *words]
        status = int(main(typed, lambda: FakeHost(yamato())))
        out, err = capsys.readouterr()
        return status, out, err

    return typed


def test_a_container_s_cable_is_said_with_the_name_that_it_is_pinned_to(run: Run) -> None:
    status, out, err = run("lxc", "tinderbox")
    assert (status, err) == (0, "")
    assert [line for line in out.splitlines() if line and not line.startswith("#")] == [
        "lxc.net.0.type = veth",
        "lxc.net.0.veth.pair = tinder0",
        "lxc.net.0.link = br0",
        "lxc.net.0.name = eth0",
        "lxc.net.0.hwaddr = 00:16:3e:5a:1a:02",
        "lxc.net.0.flags = up",
    ]
    assert run("lxc", "veth8pUZr")[1] == run("lxc", "tinderbox/eth0")[1] == out


def test_a_macvlan_and_a_nic_have_their_own_words(run: Run) -> None:
    out = run("lxc", "backup")[1]
    assert "lxc.net.0.type = macvlan\nlxc.net.0.macvlan.mode = vepa\nlxc.net.0.link = eth1\n" in out
    assert "lxc.net.1.veth.pair = vethBk01" in out
    assert "lxc.net.0.type = phys\nlxc.net.0.link = eth2\n" in run("lxc", "fw")[1]


def test_a_link_file_gives_the_pinned_mac_and_never_renames_a_veth(run: Run) -> None:
    status, out, _ = run("link", "tinderbox/eth0")
    assert status == 0
    assert "OriginalName=veth8pUZr\nKind=veth" in out
    assert "MACAddress=fe:00:00:00:00:77" in out
    assert "\nName=" not in out
    assert "MACAddressPolicy=none" in run("link", "db/eth0")[1]
    assert "Name=eth0\n" in run("link", "host/eth0")[1]


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("lxc",), 2, "whose?"),
        (("link", "--around", "web"), 2, "whose?"),
        (("dot", "web"), 2, "--around web"),
        (("lxc", "nobody"), 3, "nobody"),
        (("lxc", "br0"), 5, "no container's"),
        (("link", "web"), 5, "which of its links?"),
        (("link", "backup/mv0"), 5, "neither end"),
    ],
)
def test_what_cannot_be_said_is_told(run: Run, words: tuple[str, ...], status: int, says: str) -> None:
    found, out, err = run(*words)
    assert (found, out) == (status, "")
    assert says in err


def test_no_name_makes_a_line_of_its_own(host: Topology) -> None:
    for space in host.namespaces():
        text = lxc(host, space.id, {})
        assert not FORBIDDEN & set(text)
        assert all(LINE.fullmatch(line) for line in text.splitlines() if line and not line.startswith("#"))
    for link in host.links(host.home) if host.home is not None else ():
        try:
            text = link_file(host, link.id, {})
        except ValueError:
            continue
        assert not FORBIDDEN & set(text)
        heads = [line for line in text.splitlines() if line.startswith("[")]
        assert heads == ["[Match]", "[Link]"]
        assert all("=" in line for line in text.splitlines() if line and line not in heads)


def test_lxc_itself_reads_every_value_as_it_was_meant(host: Topology, tmp_path: Path) -> None:
    if shutil.which("lxc-info") is None:
        pytest.skip("not installed: lxc-info")
    for number, space in enumerate(host.namespaces()):
        text = lxc(host, space.id, {})
        wanted = dict(line.split(" = ", 1) for line in text.splitlines() if LINE.fullmatch(line))
        keys = [key for key in wanted if not key.endswith(".flags")]
        if not keys:
            continue
        (tmp_path / f"c{number}").mkdir()
        (tmp_path / f"c{number}" / "config").write_text(text, encoding="utf-8")
        asked = [word for key in keys for word in ("-c", key)]
        told = subprocess.run(
            ["lxc-info", "-P", str(tmp_path), "-n", f"c{number}", *asked], capture_output=True, text=True, check=False
        ).stdout
        assert dict(line.split(" = ", 1) for line in told.splitlines()) == {key: wanted[key] for key in keys}


def test_a_name_that_is_a_pattern_is_not_written_into_a_link_file() -> None:
    graph = Topology()
    graph.apply(yamato())
    assert isinstance(graph.home, str)
    bridge = graph.links_named("br0", graph.home)[0]
    found = link_file(graph, bridge.id, {})
    assert "OriginalName=br0\nKind=bridge" in found
    with pytest.raises(LookupError):
        link_file(graph, LinkId(graph.home, 4000), {})
    assert isinstance(bridge, Link)
