"""A large host as facts, with no kernel behind it.

A bridge and a NIC for each hundred containers; in each container lo, the inside end of a cable from a bridge, and a
macvlan on a NIC: with the host end of the cable four links a container.
"""

from collections.abc import Iterator
from typing import Final

from model.facts import Fact, LinkGone, LinkSeen, NamespaceGone, NamespaceRead, NamespaceSeen, OwnersSeen
from model.identity import LinkId, NamespaceId
from model.link import Address, Link, Macvlan
from model.namespace import Namespace, Owner

HOME: Final = NamespaceId("n1")
_FIRST_BRIDGE: Final = 10
_FIRST_NIC: Final = 500
_FIRST_PORT: Final = 1000


def large_host(boxes: int) -> Iterator[Fact]:
    """Its first reading."""
    racks = range(_racks(boxes))
    links = [
        Link(LinkId(HOME, 1), "lo", "loopback", mtu=65536, up=True, carrier=True),
        *(_link(LinkId(HOME, _FIRST_BRIDGE + at), f"br{at}", "bridge") for at in racks),
        *(_link(LinkId(HOME, _FIRST_NIC + at), f"eth{at}", "device") for at in racks),
        *(host_end(number, boxes) for number in range(boxes)),
    ]
    yield NamespaceSeen(Namespace(HOME, 4026531840, home=True, found_by=("process",)))
    yield NamespaceRead(HOME, tuple(links), ())
    for number in range(boxes):
        yield from box(number, boxes)


def box(number: int, boxes: int) -> Iterator[Fact]:
    """A container: lo, the inside end of its cable, and a macvlan."""
    space = space_of(number)
    eth0 = Link(
        LinkId(space, 2),
        "eth0",
        "veth",
        _mac(number, 2),
        1500,
        up=True,
        carrier=True,
        operstate="up",
        peer=port(number),
    )
    links = (
        Link(LinkId(space, 1), "lo", "loopback", mtu=65536, up=True, carrier=True),
        eth0,
        Link(
            LinkId(space, 3), "mv0", "macvlan", _mac(number, 3), 1500, up=True, carrier=True, operstate="up",
            parent=LinkId(HOME, _FIRST_NIC + number % _racks(boxes)), detail=Macvlan("bridge"),
        ),
    )  # fmt: skip
    address = Address(4, f"10.{number // 250}.{number % 250}.2", 24)
    yield NamespaceSeen(Namespace(space, 4026540000 + number, (f"box-{number:04}",), found_by=("process",)))
    yield NamespaceRead(space, links, ((2, address),))
    yield OwnersSeen(space, (Owner("lxc", f"box-{number:04}", f"box-{number:04}", 5000 + number),))


def host_end(number: int, boxes: int) -> Link:
    """The port that a box's cable is plugged into."""
    bridge = _FIRST_BRIDGE + number % _racks(boxes)
    return Link(
        port(number), f"veth{number:04}", "veth", _mac(number, 1), 1500, up=True, carrier=True, operstate="up",
        master=bridge, master_kind="bridge", peer=LinkId(space_of(number), 2),
    )  # fmt: skip


def stopped(number: int) -> Iterator[Fact]:
    """The container ended."""
    yield NamespaceGone(space_of(number))
    yield LinkGone(port(number))


def started(number: int, boxes: int) -> Iterator[Fact]:
    """It is there again."""
    yield from box(number, boxes)
    yield LinkSeen(host_end(number, boxes))


def space_of(number: int) -> NamespaceId:
    """The namespace of a box."""
    return NamespaceId(f"n{number + 2}")


def port(number: int) -> LinkId:
    """The host end of its cable."""
    return LinkId(HOME, _FIRST_PORT + number)


def _racks(boxes: int) -> int:
    return max(1, boxes // 100)


def _link(link: LinkId, name: str, kind: str) -> Link:
    return Link(link, name, kind, mtu=1500, up=True, carrier=True, operstate="up")


def _mac(number: int, end: int) -> str:
    return f"02:00:{number >> 8:02x}:{number & 255:02x}:00:{end:02x}"
