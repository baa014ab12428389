"""A graph to try things on: links and addresses as they were read, then as they would be, and the facts that say so.

What the kernel does by itself is here: carriers, a bridge that follows its ports, link-local addresses that come and
go, children that die with their parent. What nobody can know (a NIC's carrier, whether a bridge's MAC was chosen) is
taken as it most likely is.
"""

import dataclasses
from collections.abc import Iterable
from typing import Final

from model.ethernet import link_local
from model.facts import AddressGone, AddressSeen, Fact, LinkGone, LinkSeen
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.link import PEERED_KINDS, Address, BridgePort, Link, Macvlan
from model.namespace import Namespace

NO_MAC: Final = "00:00:00:00:00:00"
SMALLEST_IPV6_MTU: Final = 1280
"""Bytes (RFC 8200, section 5): below it the kernel takes IPv6 off a link."""
ETHERNET_MTU: Final = 1500
LOOPBACK_ADDRESSES: Final = (
    Address(4, "127.0.0.1", 8, "host", flags=("permanent",)),
    Address(6, "::1", 128, "host", flags=("permanent",)),
)
"""What the kernel gives to a loopback that comes up."""
CHILDREN_OF_A_WIRE: Final = frozenset({"macvlan", "macvtap", "ipvlan", "ipvtap", "vlan"})


class Stage:
    """The state, and what was said while it changed."""

    def __init__(self, graph: Inventory, pinned: Iterable[LinkId] = ()) -> None:
        self.graph = graph
        self.links: dict[LinkId, Link] = {link.id: link for link in graph.links()}
        self.spaces: dict[NamespaceId, Namespace] = {space.id: space for space in graph.namespaces()}
        self.said: list[Fact] = []
        self._addresses: dict[LinkId, tuple[Address, ...]] = {}
        self.pinned: set[LinkId] = set(pinned)
        """Bridges whose MAC was chosen: of others we cannot know."""
        self.pinned |= {link.id for link in graph.links() if link.kind == "bridge" and self._is_clearly_pinned(link)}
        self._ports: dict[LinkId, set[LinkId]] = {}
        self._children: dict[LinkId, set[LinkId]] = {}
        self._named: dict[tuple[NamespaceId, str], LinkId | None] = {}
        self._highest: dict[NamespaceId, int] = {}

    # Reading

    def addresses(self, link: LinkId) -> tuple[Address, ...]:
        """Those of a link, as they are now."""
        held = self._addresses.get(link)
        return self.graph.addresses(link) if held is None else held

    def peer(self, link: Link) -> Link | None:
        """The other end of a cable, where it is known."""
        if link.kind not in PEERED_KINDS or not isinstance(link.peer, LinkId):
            return None
        far = self.links.get(link.peer)
        return far if far is not None and (far.peer == link.id or not isinstance(far.peer, LinkId)) else None

    def parent(self, link: Link) -> Link | None:
        """The lower link, where it is known."""
        return self.links.get(link.parent) if isinstance(link.parent, LinkId) else None

    def children(self, parent: LinkId) -> list[Link]:
        """What stands on a link, wherever it is."""
        return [self.links[child] for child in sorted(self._standing_on(parent))]

    def ports(self, bridge: LinkId) -> list[Link]:
        """The ports of a bridge (or bond ...)."""
        return [self.links[port] for port in sorted(self._plugged_into(bridge))]

    def named(self, space: NamespaceId, name: str) -> Link | None:
        """The link with this name or altname."""
        if (space, name) in self._named:
            held = self._named[space, name]
            return None if held is None else self.links.get(held)
        for link in self.graph.links_named(name, space):
            now = self.links.get(link.id)
            if now is not None and name in (now.name, *now.altnames):
                return now
        return None

    def follows_its_ports(self, bridge: Link) -> bool:
        """Whether a bridge's MAC may be the lowest of its ports': so it is until somebody chooses one."""
        if bridge.id in self.pinned:
            return False
        macs = self._port_macs(bridge.id)
        return not macs or bridge.mac in (None, NO_MAC, min(macs))

    # Changing

    def put(self, link: Link) -> None:
        """A link is now this."""
        before = self.links.get(link.id)
        if before != link:
            self._index(before, link)
            self.links[link.id] = link
            self.said.append(LinkSeen(link))

    def pin(self, bridge: LinkId) -> None:
        """Its MAC was chosen."""
        self.pinned.add(bridge)

    def free_ifindex(self, space: NamespaceId, wish: int | None = None) -> int:
        """The one that is wished for where it is free, else one that was not there yet."""
        if wish is not None and LinkId(space, wish) not in self.links:
            return wish
        highest = self._highest.get(space)
        if highest is None:
            highest = max((link.ifindex for link in self.links if link.namespace == space), default=1)
        while LinkId(space, highest + 1) in self.links:
            highest += 1
        self._highest[space] = highest + 1
        return highest + 1

    def add_address(self, link: LinkId, address: Address) -> None:
        """One more; one with the same key is replaced."""
        held = self.addresses(link)
        if address not in held:
            self._addresses[link] = (*(one for one in held if one.key != address.key), address)
            self.said.append(AddressSeen(link, address))

    def drop_addresses(self, link: LinkId, gone: Iterable[Address]) -> None:
        """These are no longer there."""
        dropped = tuple(gone)
        if dropped:
            self._addresses[link] = tuple(one for one in self.addresses(link) if one not in dropped)
            self.said.extend(AddressGone(link, address) for address in dropped)

    def remove(self, link: Link) -> None:
        """A link is deleted: a cable with both ends, a parent with its children, a bridge lets its ports go first."""
        if link.id not in self.links:
            return
        self._leave(link)
        doomed = [one for one in (self.peer(link),) if one is not None]
        doomed += [child for child in self.children(link.id) if child.kind != "bridge"]
        self._forget(link.id)
        self.said.append(LinkGone(link.id))
        for other in doomed:
            self.remove(other)

    def move(self, link: Link, space: NamespaceId, name: str, wish: int | None) -> LinkId:
        """A link goes to another namespace: down, without addresses, without a master; what is tied to it stays so."""
        self._leave(link)
        peer, children = self.peer(link), self.children(link.id)
        self._forget(link.id)
        new = LinkId(space, self.free_ifindex(space, link.id.ifindex if wish is None else wish))
        self.said.append(LinkGone(link.id, moved_to=new))
        moved = dataclasses.replace(
            link, id=new, name=name, master=0, master_kind=None, port=None, up=False, carrier=False, operstate="down"
        )
        self._addresses[new] = ()
        self.put(moved)
        if peer is not None:
            self.put(dataclasses.replace(self.links[peer.id], peer=new))
        for child in children:
            self.put(dataclasses.replace(self.links[child.id], parent=new))
        self.settle(new)
        return new

    def set_up(self, link: Link, *, up: bool) -> None:
        """Administratively; going down loses the IPv6 addresses."""
        if link.up == up:
            return
        self.put(dataclasses.replace(link, up=up))
        if link.kind == "bridge":
            for port in self.ports(link.id):
                self.settle(port.id)
        if not up:
            self.drop_addresses(link.id, [one for one in self.addresses(link.id) if one.family == 6])
        elif link.kind == "loopback":
            for address in LOOPBACK_ADDRESSES:
                self.add_address(link.id, address)
        self.settle(link.id)

    def set_mac(self, link: Link, mac: str) -> None:
        """Of a bridge it is a choice that stays; a passthru child and its parent have the same."""
        if link.kind == "bridge":
            self.pin(link.id)
        following = self._following_bridge(link.master_id)
        twins = [child for child in self.children(link.id) if is_passthru(child)]
        parent = self.parent(link)
        if parent is not None and is_passthru(link):
            twins.append(parent)
        for one in (link, *twins):
            self.put(dataclasses.replace(self.links[one.id], mac=mac))
        self._follow(following)

    def set_mtu(self, link: Link, mtu: int) -> None:
        """Children that are larger shrink with it, and a bridge that follows its ports."""
        shrinking = [child for child in self.children(link.id) if child.kind in CHILDREN_OF_A_WIRE and child.mtu > mtu]
        following = self._bridge_of_same_mtu(link.master_id)
        self.put(dataclasses.replace(link, mtu=mtu))
        if mtu < SMALLEST_IPV6_MTU:
            self.drop_addresses(link.id, [one for one in self.addresses(link.id) if one.family == 6])
        elif link.mtu < SMALLEST_IPV6_MTU and link.up and link.carrier:
            self.bring_link_local(self.links[link.id])
        for child in shrinking:
            self.set_mtu(self.links[child.id], mtu)
        self._shrink(following)

    def attach(self, link: Link, bridge: Link | None) -> None:
        """To a bridge, or to nothing; leaving one forgets how it treated the port."""
        if link.master_id is not None:
            old = self.links.get(link.master_id)
            macs, mtus = self._following_bridge(link.master_id), self._bridge_of_same_mtu(link.master_id)
            link = dataclasses.replace(link, master=0, master_kind=None, port=None)
            self.put(link)
            self._follow(macs)
            self._shrink(mtus)
            if old is not None:
                self.settle(old.id)
        if bridge is not None:
            macs = self._following_bridge(bridge.id)
            mtus = None if link.mtu == bridge.mtu else self._bridge_of_same_mtu(bridge.id)
            is_bridge = bridge.kind == "bridge"
            port = fresh_port(link, bridge) if is_bridge else None
            self.put(dataclasses.replace(link, master=bridge.id.ifindex, master_kind=bridge.kind, port=port))
            self._follow(macs)
            self._shrink(mtus)
        self.settle(link.id)

    def bring_link_local(self, link: Link) -> None:
        """The address that follows from its MAC, where it may have one."""
        text = link_local(link.mac)
        if text is None or link.mtu < SMALLEST_IPV6_MTU:
            return
        if link.kind != "loopback" and all(one.text != text for one in self.addresses(link.id)):
            self.add_address(link.id, Address(6, text, 64, "link", flags=("permanent",)))

    def settle(self, start: LinkId) -> None:
        """Work out the carrier of a link, and of all that depend on it."""
        waiting, rounds = [start], 0
        while waiting and rounds < 10_000:
            rounds += 1
            link = self.links.get(waiting.pop())
            if link is None:
                continue
            carrier, operstate = self._carrier(link)
            bridge = self.links.get(link.master_id) if link.master_id is not None else None
            port = _port_then(link, passes=carrier and bridge is not None and bridge.up)
            after = dataclasses.replace(link, carrier=carrier, operstate=operstate, port=port)
            is_news = after != link
            self.put(after)
            if carrier and not link.carrier and not _has_link_local(self.addresses(link.id)):
                self.bring_link_local(after)
            if is_news or link.id == start:
                waiting += [other for other in self._dependents(after) if other != start or is_news]

    # How

    def _carrier(self, link: Link) -> tuple[bool, str]:
        """Whether the cable is in, and operstate (RFC 2863)."""
        if not link.up:
            return False, "down"
        match link.kind:
            case "veth":
                peer = self.peer(link)
                if peer is None:
                    return link.carrier, link.operstate
                return (True, "up") if peer.up else (False, "lowerlayerdown")
            case "bridge":
                has = any(self.links[port].up and self.links[port].carrier for port in self._plugged_into(link.id))
                return (True, "up") if has else (False, "down")
            case kind if kind in CHILDREN_OF_A_WIRE:
                parent = self.parent(link)
                if parent is None:
                    return link.carrier, link.operstate
                return (True, "up") if parent.up and parent.carrier else (False, "lowerlayerdown")
            case "device":
                return (True, "up") if link.operstate == "down" else (link.carrier, link.operstate)
            case "tun":
                held = self.graph.holder(link.id) is not None
                return (True, "up") if held else (link.carrier, link.operstate)
            case _:
                return True, "unknown"

    def _dependents(self, link: Link) -> list[LinkId]:
        found = [child.id for child in self.children(link.id)]
        peer = self.peer(link)
        if peer is not None:
            found.append(peer.id)
        master = self.links.get(link.master_id) if link.master_id is not None else None
        if master is not None and master.kind == "bridge":
            found.append(master.id)
        return found

    def _leave(self, link: Link) -> None:
        """Out of its bridge; and its own ports go."""
        if link.master_id is not None:
            self.attach(link, None)
        for port in self.ports(link.id):
            self.put(dataclasses.replace(port, master=0, master_kind=None, port=None))

    def _forget(self, link: LinkId) -> None:
        self.drop_addresses(link, self.addresses(link))
        self._index(self.links[link], None)
        del self.links[link]

    def _index(self, before: Link | None, after: Link | None) -> None:
        """Who is called so, plugged in where, stands on what: of what changed; all else is as in the graph."""
        if before is not None:
            for name in (before.name, *before.altnames):
                self._named[before.id.namespace, name] = None
            if before.master_id is not None:
                self._plugged_into(before.master_id).discard(before.id)
            if isinstance(before.parent, LinkId):
                self._standing_on(before.parent).discard(before.id)
        if after is not None:
            for name in (after.name, *after.altnames):
                self._named[after.id.namespace, name] = after.id
            if after.master_id is not None:
                self._plugged_into(after.master_id).add(after.id)
            if isinstance(after.parent, LinkId) and after.kind not in PEERED_KINDS:
                self._standing_on(after.parent).add(after.id)

    def _plugged_into(self, bridge: LinkId) -> set[LinkId]:
        found = self._ports.get(bridge)
        if found is None:
            found = self._ports[bridge] = {port.id for port in self.graph.ports(bridge)} & self.links.keys()
        return found

    def _standing_on(self, parent: LinkId) -> set[LinkId]:
        found = self._children.get(parent)
        if found is None:
            standing = {child.id for child in self.graph.children(parent) if child.kind not in PEERED_KINDS}
            found = self._children[parent] = standing & self.links.keys()
        return found

    def _is_clearly_pinned(self, bridge: Link) -> bool:
        """It does not follow the ports that it has."""
        macs = [port.mac for port in self.graph.ports(bridge.id) if port.mac is not None]
        return bool(macs) and bridge.mac not in (None, NO_MAC, min(macs))

    def _port_macs(self, bridge: LinkId) -> list[str]:
        return [mac for port in self._plugged_into(bridge) if (mac := self.links[port].mac) is not None]

    def _following_bridge(self, bridge: LinkId | None) -> LinkId | None:
        seen = self.links.get(bridge) if bridge is not None else None
        return seen.id if seen is not None and seen.kind == "bridge" and self.follows_its_ports(seen) else None

    def _follow(self, bridge: LinkId | None) -> None:
        if bridge is not None:
            mac = min(self._port_macs(bridge), default=NO_MAC)
            for one in (self.links[bridge], *(child for child in self.children(bridge) if is_passthru(child))):
                self.put(dataclasses.replace(one, mac=mac))

    def _bridge_of_same_mtu(self, bridge: LinkId | None) -> LinkId | None:
        """A bridge's MTU is the smallest of its ports' until somebody chooses one."""
        seen = self.links.get(bridge) if bridge is not None else None
        if seen is None or seen.kind != "bridge":
            return None
        return seen.id if seen.mtu == self._smallest_mtu(seen.id) else None

    def _shrink(self, bridge: LinkId | None) -> None:
        if bridge is not None:
            self.set_mtu(self.links[bridge], self._smallest_mtu(bridge))

    def _smallest_mtu(self, bridge: LinkId) -> int:
        return min((self.links[port].mtu for port in self._plugged_into(bridge)), default=ETHERNET_MTU)


def outlives_its_names(graph: Inventory, space: Namespace) -> bool:
    """Something else than a name keeps it: a process, a thread, an open descriptor."""
    return space.home or bool(graph.owners(space.id)) or bool({"process", "thread", "descriptor"} & {*space.found_by})


def fresh_port(link: Link, bridge: Link) -> BridgePort:
    """What a bridge makes of a new port (net/bridge/br_if.c); the cost is that of its speed, where that is certain."""
    state = "forwarding" if link.up and link.carrier and bridge.up else "disabled"
    return BridgePort(state=state, cost=2 if link.kind == "veth" else 0, priority=32)


def is_passthru(link: Link) -> bool:
    """A macvlan or macvtap in mode passthru."""
    return isinstance(link.detail, Macvlan) and link.detail.mode == "passthru"


def _port_then(link: Link, *, passes: bool) -> BridgePort | None:
    """A port without carrier, or of a bridge that is down, is disabled; else it forwards (after a while, with STP)."""
    if link.port is None:
        return None
    if not passes:
        return dataclasses.replace(link.port, state="disabled")
    return dataclasses.replace(link.port, state="forwarding") if link.port.state == "disabled" else link.port


def _has_link_local(addresses: Iterable[Address]) -> bool:
    return any(address.family == 6 and address.scope == "link" for address in addresses)
