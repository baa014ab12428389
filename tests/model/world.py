"""A host in memory that says what a kernel would say when it is changed: the truth that a Topology has to follow."""

import dataclasses
from dataclasses import dataclass, field

from model.facts import (
    AddressGone,
    AddressSeen,
    Fact,
    LinkGone,
    LinkSeen,
    NamespaceGone,
    NamespaceRead,
    NamespaceSeen,
    OwnersSeen,
)
from model.identity import LinkId, NamespaceId
from model.link import Address, Link, Macvlan
from model.namespace import Namespace, Owner
from tests.model.made import HOME, bridge, macvlan, namespace, veth


@dataclass
class World:
    """Namespaces with their links; `said` is what the kernel told so far."""

    spaces: dict[NamespaceId, Namespace] = field(default_factory=dict)
    links: dict[LinkId, Link] = field(default_factory=dict)
    addresses: dict[LinkId, list[Address]] = field(default_factory=dict)
    owners: dict[NamespaceId, tuple[Owner, ...]] = field(default_factory=dict)
    said: list[Fact] = field(default_factory=list)
    serial: int = 0

    def __post_init__(self) -> None:
        self.new_namespace(HOME, home=True)

    def say(self, *facts: Fact) -> None:
        self.said.extend(facts)

    def next_serial(self) -> int:
        self.serial += 1
        return self.serial

    def free_ifindex(self, space: NamespaceId, wish: int) -> int:
        """Like the kernel: the same ifindex when it is free, so that ids are used again."""
        while LinkId(space, wish) in self.links:
            wish += 1
        return wish

    # What may be done

    def new_namespace(self, space: NamespaceId, *, home: bool = False) -> None:
        self.spaces[space] = namespace(space, home=home)
        self.links[LinkId(space, 1)] = Link(LinkId(space, 1), "lo", "loopback")
        self.say(NamespaceSeen(self.spaces[space]), self.reading(space))

    def kill_namespace(self, space: NamespaceId) -> None:
        for link in self.links_in(space):
            if link.id in self.links and link.kind == "device":
                self.move(link, HOME)
        for link in self.links_in(space):
            if link.id not in self.links:
                continue
            self.forget(link.id)
            for other in self.dies_with(link):
                self.delete(other)
        del self.spaces[space]
        self.owners.pop(space, None)
        self.say(NamespaceGone(space))

    def name_namespace(self, space: NamespaceId, names: tuple[str, ...]) -> None:
        self.spaces[space] = dataclasses.replace(self.spaces[space], names=names)
        self.say(NamespaceSeen(self.spaces[space]))

    def own(self, space: NamespaceId, owners: tuple[Owner, ...]) -> None:
        self.owners[space] = owners
        self.say(OwnersSeen(space, owners))

    def add_bridge(self, space: NamespaceId) -> None:
        self.put(bridge(space, self.free_ifindex(space, 2), f"br{self.next_serial()}"))

    def add_nic(self, space: NamespaceId) -> None:
        self.put(Link(LinkId(space, self.free_ifindex(space, 2)), f"eth{self.next_serial()}", "device"))

    def add_cable(self, one: NamespaceId, other: NamespaceId) -> None:
        near = LinkId(one, self.free_ifindex(one, 2))
        self.links[near] = Link(near, "taken", "veth")
        far = LinkId(other, self.free_ifindex(other, 2))
        self.put(veth(far.namespace, far.ifindex, f"veth{self.next_serial()}", near))
        self.put(veth(near.namespace, near.ifindex, f"veth{self.next_serial()}", far))

    def add_macvlan(self, parent: Link, space: NamespaceId) -> None:
        self.put(macvlan(space, self.free_ifindex(space, 2), f"mv{self.next_serial()}", parent.id))

    def alter(self, link: Link, number: int) -> None:
        """Rename, re-MAC, switch the mode, up or down ..."""
        mode = Macvlan(["vepa", "private", "bridge"][number % 3]) if link.kind == "macvlan" else link.detail
        self.put(
            [
                dataclasses.replace(link, name=f"r{self.next_serial()}"),
                dataclasses.replace(link, mac=f"02:00:00:00:00:{number % 256:02x}"),
                dataclasses.replace(link, up=not link.up, carrier=not link.up, operstate="down" if link.up else "up"),
                dataclasses.replace(link, mtu=1280 + number, alias=f"a{number}" if number % 2 else None),
                dataclasses.replace(link, altnames=(f"alt{number}",)),
                dataclasses.replace(link, detail=mode),
            ][number % 6]
        )

    def attach(self, link: Link, to: Link | None) -> None:
        if to is None:
            self.put(dataclasses.replace(link, master=0, master_kind=None))
        elif to.id.namespace == link.id.namespace and to.kind == "bridge" and to.id != link.id:
            self.put(dataclasses.replace(link, master=to.id.ifindex, master_kind="bridge"))

    def address(self, link: Link, address: Address) -> None:
        held = self.addresses.setdefault(link.id, [])
        if address in held:
            held.remove(address)
            self.say(AddressGone(link.id, address))
        else:
            held.append(address)
            self.say(AddressSeen(link.id, address))

    def delete(self, link: Link) -> None:
        """A cable goes with both ends, a parent with its children, a bridge lets its ports go first."""
        if link.id not in self.links:
            return
        self.let_ports_go(link)
        for address in self.addresses.get(link.id, []):
            self.say(AddressGone(link.id, address))
        self.forget(link.id)
        for other in self.dies_with(link):
            self.delete(other)
        self.say(LinkGone(link.id))

    def move(self, link: Link, space: NamespaceId) -> None:
        """The other end, and what stands on the link, are told nothing (the kernel's way)."""
        if link.kind not in ("veth", "macvlan", "device") or space == link.id.namespace:
            return
        self.let_ports_go(link)
        for address in self.addresses.get(link.id, []):
            self.say(AddressGone(link.id, address))
        self.forget(link.id)
        new = LinkId(space, self.free_ifindex(space, link.id.ifindex))
        for other in list(self.links.values()):
            if link.id in (other.peer, other.parent):
                self.links[other.id] = dataclasses.replace(
                    other,
                    peer=new if other.peer == link.id else other.peer,
                    parent=new if other.parent == link.id else other.parent,
                )
        self.say(LinkGone(link.id, moved_to=new))
        self.put(dataclasses.replace(link, id=new, master=0, master_kind=None, up=False))

    def read_again(self, space: NamespaceId) -> None:
        self.say(self.reading(space))

    # How

    def put(self, link: Link) -> None:
        self.links[link.id] = link
        self.say(LinkSeen(link))

    def forget(self, link: LinkId) -> None:
        del self.links[link]
        self.addresses.pop(link, None)

    def let_ports_go(self, link: Link) -> None:
        for port in self.links_in(link.id.namespace):
            if port.master == link.id.ifindex:
                self.attach(port, None)

    def dies_with(self, link: Link) -> list[Link]:
        return [other for other in self.links.values() if link.id in (other.peer, other.parent)]

    def links_in(self, space: NamespaceId) -> list[Link]:
        return [link for link in self.links.values() if link.id.namespace == space]

    def reading(self, space: NamespaceId) -> NamespaceRead:
        links = tuple(self.links_in(space))
        held = tuple((link.id.ifindex, address) for link in links for address in self.addresses.get(link.id, []))
        return NamespaceRead(space, links, held)

    def everything(self) -> list[Fact]:
        """A fresh reading of it all."""
        facts: list[Fact] = []
        for space, seen in self.spaces.items():
            facts += [NamespaceSeen(seen), self.reading(space), OwnersSeen(space, self.owners.get(space, ()))]
        return facts
