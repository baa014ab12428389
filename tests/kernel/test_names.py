"""Whatever the kernel takes as a name is seen as it is: bytes for bytes, and nothing else is lost."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kernel.asking import link_in, links_in, named, read_now
from tests.kernel.iproute import batch, ip
from tests.kernel.live import differences, fresh_picture, live_graph, picture_of, true_picture

pytestmark = pytest.mark.root

LINK_NAMES = (
    b"[red]x",
    b"br[bold]",
    b"x\x1b[31m",
    b"\xff\xfe",
    b"#7",
    b"-rf",
    b"host",
    b"$(id)",
    b"`id`",
    b"a\\nb",
    b"'\"",
    b"\x7f\x01",
    b"if;reboot",
    "\u202eltr".encode(),
    "\u7db2\u7d61".encode(),
    "e\u0301\u200b".encode(),
    b"{x}",
    b"a@b",
    b"fifteen-bytes-x",
)
ALTNAMES = (b"br[/x]", b"a[/", b"new\nline", b"net/eth0", b"\x1b]0;title\x07", b"\xff\xfe/\xfe", b"a b")
ALIASES = (b"[/red]", b"tab\tnew\nline", b"\x1b[2J", b"\xff\xfe", b"x" * 255)
NETNS_WORDS = (
    "two words",
    "new\nline",
    "tab\there",
    "\\040",
    "\udcff\udcfe",
    "[red]",
    "host",
    "#7",
    "\u202e",
    "\x1b[31m",
)


def run(*arguments: bytes | str, netns: str) -> None:
    """`ip`, with arguments that may hold any byte."""
    subprocess.run([b"ip", b"-n", os.fsencode(netns), *map(os.fsencode, arguments)], check=True)


@pytest.mark.parametrize("name", LINK_NAMES, ids=repr)
def test_a_link_name_is_kept_byte_for_byte(make_netns: Callable[[str], str], name: bytes) -> None:
    netns = make_netns("names")
    run("link", "add", "name", name, "type", "ifb", netns=netns)
    link = link_in(read_now(), netns, os.fsdecode(name))
    assert os.fsencode(link.name) == name
    assert link.kind == "ifb"


def test_every_such_name_at_once_and_live(make_netns: Callable[[str], str]) -> None:
    netns = make_netns("names")
    with live_graph(rotation_s=1e9, look_s=1e9) as graph:
        for name in LINK_NAMES:
            run("link", "add", "name", name, "type", "ifb", netns=netns)
        names = {os.fsdecode(name) for name in LINK_NAMES} | {"lo"}
        assert graph.wait_for(lambda graph: links_in(graph.topology, netns).keys() == names, 20)


def test_altnames_with_any_byte_are_kept(make_netns: Callable[[str], str]) -> None:
    netns = make_netns("altnames")
    ip("link", "add", "dev", "x", "type", "ifb", netns=netns)
    for name in ALTNAMES:
        add_altname(netns, "x", name)
    assert link_in(read_now(), netns, "x").altnames == tuple(sorted(os.fsdecode(name) for name in ALTNAMES))


def add_altname(netns: str, link: str, name: bytes) -> None:
    """By a request of our own: `ip` may refuse what the kernel takes."""
    program = """
import os, socket, struct, sys
def attribute(kind, payload):
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) & 3)
body = struct.pack("=BxHiII", 0, 0, socket.if_nametoindex(sys.argv[1]), 0, 0)
body += attribute(0x8000 | 52, attribute(53, os.fsencode(sys.argv[2]) + b"\\0"))  # IFLA_PROP_LIST, IFLA_ALT_IFNAME
asking = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
asking.send(struct.pack("=IHHII", 16 + len(body), 108, 0x605, 1, 0) + body)  # RTM_NEWLINKPROP
number = struct.unpack_from("=i", asking.recv(4096), 16)[0]
sys.exit(os.strerror(-number) if number else 0)
"""
    entering = ("nsenter", f"--net=/run/netns/{netns}")
    subprocess.run([*entering, sys.executable, "-c", program, link, os.fsdecode(name)], check=True)


@pytest.mark.parametrize("alias", ALIASES, ids=lambda alias: repr(alias[:12]))
def test_an_alias_with_any_byte_is_kept(make_netns: Callable[[str], str], alias: bytes) -> None:
    netns = make_netns("alias")
    ip("link", "add", "dev", "x", "type", "ifb", netns=netns)
    run("link", "set", "dev", "x", "alias", alias, netns=netns)
    assert link_in(read_now(), netns, "x").alias == os.fsdecode(alias)


@pytest.mark.parametrize("word", NETNS_WORDS, ids=ascii)
def test_a_namespace_may_be_called_anything(make_netns: Callable[[str], str], word: str) -> None:
    name = make_netns(word)
    subprocess.run([b"ip", b"-n", os.fsencode(name), b"link", b"add", b"dev", b"x", b"type", b"ifb"], check=True)
    topology = read_now()
    assert named(topology, name).names == (name,)
    assert named(topology, name).readable
    assert links_in(topology, name).keys() == {"lo", "x"}


def test_a_namespace_with_two_names_is_one(make_netns: Callable[[str], str]) -> None:
    first = make_netns("one")
    second = make_netns("two\nnames")
    subprocess.run([b"ip", b"netns", b"delete", os.fsencode(second)], check=True)
    target = Path("/run/netns", second)
    target.touch(mode=0)
    try:
        subprocess.run(["mount", "--bind", f"/run/netns/{first}", target], check=True)
        assert named(read_now(), first).names == tuple(sorted((first, second)))
    finally:
        subprocess.run(["umount", target], check=True)
        target.unlink()


def test_the_same_name_and_number_in_many_namespaces_are_many_links(make_netns: Callable[[str], str]) -> None:
    hub = make_netns("hub")
    spokes = [make_netns(f"spoke{number}") for number in range(20)]
    for number, spoke in enumerate(spokes):
        ip("link", "add", "dev", f"to{number}", "type", "veth", "peer", "name", "eth0", "netns", spoke, netns=hub)
    names = [hub, *spokes]
    ours = fresh_picture(names)
    assert {place[1] for place, link in ours.items() if link["name"] == "eth0"} == {2}
    assert differences(ours, true_picture(names)) == []


def test_a_full_bridge_and_the_port_that_the_kernel_refused(make_netns: Callable[[str], str]) -> None:
    """A bridge takes 1,023 ports (BR_MAX_PORTS, net/bridge/br_private.h)."""
    netns = make_netns("full")
    lines = ["link add dev br type bridge"]
    for number in range(1024):
        lines += [f"link add dev p{number} type ifb", f"link set dev p{number} master br"]
    with live_graph(rotation_s=1e9, look_s=1e9) as graph:
        batch(netns, lines)
        assert graph.wait_until_equal([netns], lambda: fresh_picture([netns])) == []
        topology = read_now()
        bridge = link_in(topology, netns, "br").id
        assert len(topology.ports(bridge)) == 1023
        assert link_in(topology, netns, "p1023").master == 0
        assert graph.picture([netns]) == picture_of(topology, [netns])
