"""Drivers are asked in the namespace that a link is in."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.netns import inside
from backend.nics import ask_driver, read_nics
from model.identity import LinkId, NamespaceId
from model.link import Link
from model.nic import Nic
from tests.kernel.iproute import batch, ip

pytestmark = pytest.mark.root


def test_drivers_say_what_they_are_and_how_fast(make_netns: Callable[[str], str]) -> None:
    netns = make_netns("nics")
    batch(netns, ["link add dev p0 type veth peer name i0", "link add dev br0 type bridge"])
    batch(netns, [f"link set dev {name} up" for name in ("p0", "i0")])
    index = {link["ifname"]: link["ifindex"] for link in json.loads(ip("-j", "link", netns=netns))}
    with Path("/run/netns", netns).open("rb") as opened, inside(opened.fileno()):
        asking = socket.socket()
    with asking:
        assert ask_driver(asking, index["p0"]) == Nic("veth", 10_000, "full")
        assert ask_driver(asking, index["br0"]) == Nic("bridge")
        assert ask_driver(asking, index["lo"]) is None
        assert ask_driver(asking, 999) is None


def test_each_nic_is_asked_in_its_own_namespace_and_one_that_is_gone_is_left_out(
    make_netns: Callable[[str], str],
) -> None:
    netns = make_netns("whole")
    batch(netns, ["link add dev eth9 type veth peer name i0"])
    number = next(link["ifindex"] for link in json.loads(ip("-j", "link", netns=netns)) if link["ifname"] == "eth9")
    here, gone = NamespaceId("here"), NamespaceId("gone")

    def open_namespace(namespace: NamespaceId) -> int:
        if namespace == gone:
            raise FileNotFoundError(namespace)
        return os.open(f"/run/netns/{netns}", os.O_RDONLY | os.O_CLOEXEC)

    links = [Link(LinkId(space, ifindex), "x", "device") for space in (here, gone) for ifindex in (number, 999)]
    links.append(Link(LinkId(here, 1), "lo", "loopback"))
    assert dict(read_nics(links, open_namespace)) == {LinkId(here, number): Nic("veth", 10_000, "full")}
