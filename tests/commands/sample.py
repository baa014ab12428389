"""A small host with one thing of each sort, and what a command said about it."""

import json
from dataclasses import dataclass, replace
from typing import Any

from model.facts import Fact, HolderSeen, LinkSeen, NamespaceRead, NamespaceSeen, OwnersSeen, Visibility
from model.identity import UNKNOWN, LinkId
from model.link import Link, Tun
from model.namespace import Holder, Owner
from tests.model.made import BOX, HOME, WEB, bridge, cable, ipv4, macvlan, namespace, veth

HOST_END, INSIDE_END = cable()
TINDERBOX = Owner("lxc", "tinderbox", "tinderbox", 4242, image="alpine", labels=(("role", "cc"),))
WIN11 = Owner("qemu", "win11", "win11", 77)

Line = dict[str, Any]


@dataclass
class Said:
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[Line]:
        return [json.loads(line) for line in self.out.splitlines()]


def sample_host() -> list[Fact]:
    """br0 with tinderbox on veth8pUZr and win11 on a tap; web on a macvlan; a veth to nowhere that we can see."""
    return [
        NamespaceSeen(namespace(HOME, home=True)),
        NamespaceRead(
            HOME,
            (
                Link(LinkId(HOME, 1), "lo", "loopback", up=True),
                Link(LinkId(HOME, 2), "eth1", "device", mac="00:16:3e:00:00:02", mtu=1500, up=True),
                raised(replace(bridge(HOME, 3, "br0"), mac="02:00:00:00:01:03")),
                raised(HOST_END),
                Link(LinkId(HOME, 8), "vnet0", "tun", master=3, up=True, detail=Tun("tap")),
                replace(veth(HOME, 9, "vethZ91kQ"), peer=UNKNOWN),
            ),
            ((1, ipv4("127.0.0.1", 8)), (3, ipv4("192.168.1.10"))),
        ),
        NamespaceSeen(namespace(BOX)),
        NamespaceRead(
            BOX,
            (Link(LinkId(BOX, 1), "lo", "loopback"), raised(INSIDE_END)),
            ((2, ipv4("192.168.1.50")),),
        ),
        OwnersSeen(BOX, (TINDERBOX,)),
        NamespaceSeen(namespace(WEB, "web")),
        NamespaceRead(WEB, (macvlan(WEB, 2, "mv0", LinkId(HOME, 2), "vepa"),), ()),
        HolderSeen(LinkId(HOME, 8), Holder(77, "qemu-system-x86", WIN11)),
        Visibility(complete=True),
    ]


def hostile_link(name: str, ifindex: int = 20) -> LinkSeen:
    return LinkSeen(Link(LinkId(HOME, ifindex), name, "bridge", alias=name, altnames=(f"alt{name}",)))


def raised(link: Link) -> Link:
    return replace(link, up=True, carrier=True, operstate="up")
