"""Small makers of values, so that a test says only what matters to it."""

from model.facts import Fact, NamespaceRead, NamespaceSeen
from model.identity import LinkId, NamespaceId
from model.json_form import Machine, snapshot_form
from model.link import Address, Link, Macvlan
from model.namespace import Namespace, Owner
from model.topology import Topology

HOME = NamespaceId("n1")
BOX = NamespaceId("n2")
WEB = NamespaceId("n3")
YAMATO = Machine("yamato", "boot")


def namespace(space: NamespaceId, *names: str, home: bool = False) -> Namespace:
    return Namespace(space, inode=4026530000 + int(space[1:]), names=names, home=home, found_by=("process",))


def link_id(space: NamespaceId, ifindex: int) -> LinkId:
    return LinkId(space, ifindex)


def bridge(space: NamespaceId, ifindex: int, name: str) -> Link:
    return Link(LinkId(space, ifindex), name, "bridge", mtu=1500, up=True)


def veth(space: NamespaceId, ifindex: int, name: str, peer: LinkId | None = None, master: int = 0) -> Link:
    mac = f"02:00:00:00:{int(space[1:]):02x}:{ifindex:02x}"
    return Link(LinkId(space, ifindex), name, "veth", mac=mac, mtu=1500, master=master, peer=peer)


def macvlan(space: NamespaceId, ifindex: int, name: str, parent: LinkId, mode: str = "bridge") -> Link:
    return Link(LinkId(space, ifindex), name, "macvlan", parent=parent, detail=Macvlan(mode))


def container(name: str, pid: int = 4242, runtime: str = "lxc") -> Owner:
    return Owner(runtime, name, name, pid)


def ipv4(text: str, prefix_length: int = 24) -> Address:
    return Address(4, text, prefix_length)


def cable(space: NamespaceId = BOX, host_ifindex: int = 7, name: str = "veth8pUZr") -> tuple[Link, Link]:
    """A veth from br0 on the host to eth0 in a container."""
    host_end, inside_end = LinkId(HOME, host_ifindex), LinkId(space, 2)
    return veth(HOME, host_ifindex, name, inside_end, master=3), veth(space, 2, "eth0", host_end)


def small_host() -> list[Fact]:
    """A host with br0, and an empty namespace BOX, and an empty one WEB."""
    return [
        NamespaceSeen(namespace(HOME, home=True)),
        NamespaceRead(HOME, (Link(LinkId(HOME, 1), "lo", "loopback"), bridge(HOME, 3, "br0")), ()),
        NamespaceSeen(namespace(BOX)),
        NamespaceRead(BOX, (), ()),
        NamespaceSeen(namespace(WEB, "web")),
        NamespaceRead(WEB, (), ()),
    ]


def topology_of(*facts: Fact) -> Topology:
    topology = Topology()
    topology.apply([*small_host(), *facts])
    return topology


def snapshot(topology: Topology) -> dict[str, object]:
    return snapshot_form(topology, YAMATO)
