"""Yamato, the sample host: everything that the screens have to show, on one small machine."""

import dataclasses
from collections.abc import Iterator

from model.facts import (
    AddressGone,
    AddressSeen,
    Fact,
    HolderSeen,
    LinkGone,
    LinkSeen,
    NamespaceGone,
    NamespaceRead,
    NamespaceSeen,
    OwnersSeen,
    Visibility,
)
from model.identity import UNKNOWN, LinkId, NamespaceId
from model.link import Address, Bridge, BridgePort, Link, Macvlan, Tun, Vxlan
from model.namespace import Holder, Namespace, Owner

HOME = NamespaceId("n1")
HOST_NAME = "yamato"


class _Space:
    """One namespace that is being put together."""

    def __init__(self, number: int, names: tuple[str, ...] = (), *, home: bool = False) -> None:
        self.id = NamespaceId(f"n{number}")
        self.namespace = Namespace(self.id, 4026532800 + number, names, home=home, found_by=("process",))
        self.owners: tuple[Owner, ...] = ()
        self.links: list[Link] = [Link(LinkId(self.id, 1), "lo", "loopback", mtu=65536, up=True, carrier=True)]
        self.addresses: list[tuple[int, Address]] = [(1, Address(4, "127.0.0.1", 8, "host"))]
        self.holders: list[HolderSeen] = []

    def facts(self) -> Iterator[Fact]:
        yield NamespaceSeen(self.namespace)
        yield NamespaceRead(self.id, tuple(self.links), tuple(self.addresses))
        if self.owners:
            yield OwnersSeen(self.id, self.owners)
        yield from self.holders

    def add(self, link: Link, *cidrs: str) -> LinkId:
        self.links.append(link)
        for cidr in cidrs:
            text, _, length = cidr.partition("/")
            family = 6 if ":" in text else 4
            scope = "link" if text.startswith("fe80") else "global"
            self.addresses.append((link.id.ifindex, Address(family, text, int(length), scope)))
        return link.id


class _Yamato:
    """The host and its inhabitants."""

    def __init__(self) -> None:
        self.host = _Space(1, home=True)
        self.spaces = [self.host]
        self.macs = 0x10

    def inhabitant(self, *owners: Owner, names: tuple[str, ...] = ()) -> _Space:
        space = _Space(len(self.spaces) + 10, names)
        space.owners = owners
        self.spaces.append(space)
        return space

    def mac(self, first: str = "00:16:3e:5a") -> str:
        self.macs += 1
        return f"{first}:{self.macs:02x}:02"

    def bridge(self, ifindex: int, name: str, *cidrs: str) -> int:
        self.host.add(
            Link(
                LinkId(HOME, ifindex),
                name,
                "bridge",
                mac=self.mac("5e:1d:9f:fe"),
                mtu=1500,
                up=True,
                carrier=True,
                operstate="up",
                detail=Bridge(),
            ),
            *cidrs,
        )
        return ifindex

    def nic(self, ifindex: int, name: str, *cidrs: str, master: int = 0, space: _Space | None = None) -> LinkId:
        space = space or self.host
        port = BridgePort() if master else None
        kind = "bridge" if master else None
        link = Link(LinkId(space.id, ifindex), name, "device", self.mac("d8:3a:dd:10"), 1500, True, True, "up")
        link = _with(link, master=master, master_kind=kind, port=port)
        return space.add(link, *cidrs)

    def cable(
        self,
        host: tuple[int, str],
        space: _Space,
        inside: tuple[int, str],
        *cidrs: str,
        master: int = 0,
        up: bool = True,
        isolated: bool = False,
    ) -> None:
        near, far = LinkId(HOME, host[0]), LinkId(space.id, inside[0])
        port = BridgePort("forwarding" if up else "disabled", isolated=isolated) if master else None
        operstate = "up" if up else "lowerlayerdown"
        self.host.add(
            Link(
                near,
                host[1],
                "veth",
                self.mac("fe:16:3e:5a"),
                1500,
                True,
                up,
                operstate,
                peer=far,
                port=port,
                master=master,
                master_kind="bridge" if master else None,
            )
        )
        space.add(Link(far, inside[1], "veth", self.mac(), 1500, up, up, "up" if up else "down", peer=near), *cidrs)

    def tap(self, ifindex: int, name: str, owner: Owner, master: int) -> None:
        link = Link(
            LinkId(HOME, ifindex),
            name,
            "tun",
            self.mac("fe:54:00:7f"),
            1500,
            True,
            True,
            "unknown",
            master=master,
            master_kind="bridge",
            detail=Tun("tap"),
            port=BridgePort(),
        )
        self.host.add(link)
        self.host.holders.append(HolderSeen(link.id, Holder(owner.pid, "qemu-system-x86", owner)))

    def macvlan(self, space: _Space, ifindex: int, name: str, parent: int, mode: str, *cidrs: str) -> None:
        link = Link(
            LinkId(space.id, ifindex),
            name,
            "macvlan",
            self.mac(),
            1500,
            True,
            True,
            "up",
            parent=LinkId(HOME, parent),
            detail=Macvlan(mode),
        )
        space.add(link, *cidrs)

    def facts(self) -> Iterator[Fact]:
        for space in self.spaces:
            yield from space.facts()
        yield Visibility(complete=True)


def yamato() -> list[Fact]:
    """The facts of one reading."""
    host = _Yamato()
    _host_and_bridges(host)
    _home_lan(host)
    _shop(host)
    _branches(host)
    _the_rest(host)
    return list(host.facts())


def owner(runtime: str, name: str, pid: int, image: str | None = None, **labels: str) -> Owner:
    return Owner(runtime, name, name, pid, image, tuple(sorted(labels.items())))


def _host_and_bridges(host: _Yamato) -> None:
    host.bridge(3, "br0", "192.168.1.10/24")
    host.nic(2, "eth0", master=3)
    host.bridge(4, "docker0", "172.17.0.1/16")
    host.bridge(5, "br-7f2c9a1b0d3e", "172.18.0.1/16")
    host.nic(6, "eth1", "198.51.100.7/24")
    host.bridge(7, "br-lab")
    host.bridge(8, "podman1", "10.89.0.1/24")
    vxlan = Link(
        LinkId(HOME, 9),
        "vxlan42",
        "vxlan",
        host.mac("a2:7d:1c:00"),
        1450,
        True,
        True,
        "unknown",
        master=7,
        master_kind="bridge",
        detail=Vxlan(42, "203.0.113.77"),
        port=BridgePort(),
    )
    host.host.add(vxlan)


def _home_lan(host: _Yamato) -> None:
    tinderbox = host.inhabitant(owner("lxc", "tinderbox", 4242))
    host.cable((21, "veth8pUZr"), tinderbox, (2, "eth0"), "192.168.1.50/24", "fe80::216:3eff:fe5a:1c02/64", master=3)
    db = host.inhabitant(owner("lxc", "db", 4318))
    host.cable((22, "vethK2mQa1"), db, (2, "eth0"), "192.168.1.51/24", master=3, isolated=True)
    web = host.inhabitant(owner("lxc", "web", 5177))
    host.cable((23, "vethQ7c1dX"), web, (2, "eth0"), "192.168.1.52/24", master=3)
    host.cable((24, "veth3f0a1bc"), web, (7, "eth1"), "172.18.0.9/16", master=5)
    _direct(host, (db, 3, "10.9.9.1/30"), (web, 8, "10.9.9.2/30"))
    host.tap(25, "vnet0", owner("libvirt", "win11", 6001), 3)
    host.tap(26, "vnet1", owner("libvirt", "k8slab", 6002), 3)


def _shop(host: _Yamato) -> None:
    names = ("shop-web-1", "shop-api-1", "shop-cache-1", "shop-db-1", "shop-queue-1")
    ends = ("veth1a2b3c4", "veth5d6e7f8", "veth77ab01c", "veth9a0b1c2", "vethe2d19f0")
    addresses = (2, 3, 5, 4, 6)
    for number, (name, end, last) in enumerate(zip(names, ends, addresses, strict=True)):
        service = name.split("-")[1]
        space = host.inhabitant(
            owner("docker", name, 7000 + number, f"shop/{service}:1", project="shop", service=service)
        )
        host.cable((31 + number, end), space, (2, "eth0"), f"172.18.0.{last}/16", master=5, up=name != "shop-cache-1")


def _branches(host: _Yamato) -> None:
    backup = host.inhabitant(owner("lxc", "backup", 4410))
    host.macvlan(backup, 2, "mv0", 6, "vepa", "198.51.100.21/24")
    host.cable((41, "vethBk01"), backup, (3, "eth1"), "192.168.1.70/24", master=3)
    scanner = host.inhabitant(owner("docker", "scanner", 6120))
    host.macvlan(scanner, 2, "eth0", 6, "bridge", "198.51.100.22/24")
    printer = host.inhabitant(owner("lxc", "printer", 6130))
    host.macvlan(printer, 2, "eth0", 6, "private", "198.51.100.23/24")


def _the_rest(host: _Yamato) -> None:
    for number in (1, 2):
        lab = host.inhabitant(names=(f"lab{number}",))
        host.cable((50 + number, f"lab{number}h"), lab, (2, "eth0"), f"10.42.0.{number + 1}/24", master=7)
    books = host.inhabitant(owner("podman", "ledger", 8101, "ledger:3"), owner("podman", "tally", 8102, "tally:3"))
    host.cable((61, "veth0"), books, (2, "eth0"), "10.89.0.7/24", master=8)
    host.host.add(
        Link(LinkId(HOME, 62), "vethZ91kQ", "veth", host.mac("fe:16:3e:5a"), 1500, True, True, "up", peer=UNKNOWN)
    )
    firewall = host.inhabitant(owner("lxc", "fw", 8200))
    host.nic(4, "eth2", "203.0.113.9/29", space=firewall)
    sleeper = host.inhabitant(Owner("process", "sleep", "41822", 41822))
    sleeper.add(Link(LinkId(sleeper.id, 2), "dummy0", "dummy", host.mac(), 1500, True, True, "unknown"), "10.0.9.1/32")


def _direct(host: _Yamato, one: tuple[_Space, int, str], other: tuple[_Space, int, str]) -> None:
    ends = [LinkId(space.id, ifindex) for space, ifindex, _ in (one, other)]
    for (space, _, cidr), own, far in zip((one, other), ends, reversed(ends), strict=True):
        space.add(Link(own, "repl0", "veth", host.mac(), 1500, True, True, "up", peer=far), cidr)


def _with(link: Link, *, master: int, master_kind: str | None, port: BridgePort | None) -> Link:
    return Link(
        link.id,
        link.name,
        link.kind,
        link.mac,
        link.mtu,
        link.up,
        link.carrier,
        link.operstate,
        master=master,
        master_kind=master_kind,
        port=port,
    )


def yamato_day() -> list[list[Fact]]:
    """What happens then, one batch after the other: addresses, a stop, a rename, a bridge changed, a loss."""
    host = _Yamato()
    _host_and_bridges(host)
    _home_lan(host)
    _shop(host)
    web, api = host.spaces[3], host.spaces[5]
    mailer = NamespaceId("n90")
    mail_ends = LinkId(HOME, 90), LinkId(mailer, 2)
    near = Link(
        mail_ends[0],
        "veth0c4d5e6",
        "veth",
        "fe:16:3e:5a:90:02",
        1500,
        True,
        True,
        "up",
        peer=mail_ends[1],
        master=5,
        master_kind="bridge",
        port=BridgePort(),
    )
    far = Link(mail_ends[1], "eth0", "veth", "00:16:3e:5a:90:02", 1500, True, True, "up", peer=mail_ends[0])
    cable = next(link for link in host.host.links if link.name == "vethQ7c1dX")
    renamed = dataclasses.replace(cable, name="vethQ7c1d9")
    old, new = Address(4, "172.18.0.3", 16), Address(4, "172.18.0.13", 16)
    inside = next(link.id for link in api.links if link.name == "eth0")
    return [
        [NamespaceSeen(Namespace(mailer, 4026532890, found_by=("process",))),
         NamespaceRead(mailer, (far,), ((2, Address(4, "172.18.0.7", 16)),)), LinkSeen(near)],
        [OwnersSeen(mailer, (owner("docker", "shop-mail-1", 7009, "shop/mail:1"),))],
        [LinkSeen(renamed)],
        [LinkSeen(dataclasses.replace(renamed, master=7))],
        [LinkSeen(dataclasses.replace(renamed, master=3))],
        [LinkSeen(cable)],
        [AddressSeen(inside, new, 7001)],
        [AddressGone(inside, new, 7001)],
        [AddressGone(inside, old), AddressSeen(inside, new)],
        [AddressGone(inside, new), AddressSeen(inside, old)],
        [LinkSeen(dataclasses.replace(web.links[1], mtu=1400))],
        [LinkSeen(web.links[1])],
        [LinkGone(mail_ends[0]), NamespaceGone(mailer)],
    ]  # fmt: skip
