"""What would be, if these requests were made: without asking the kernel, as the kernel would do it."""

import dataclasses
import ipaddress
from collections.abc import Iterable
from typing import assert_never

from model.facts import Fact, HolderSeen, NamespaceGone, NamespaceRead, NamespaceSeen, OwnersSeen
from model.identity import LinkId, NamespaceId
from model.intents import Setting
from model.inventory import Inventory
from model.link import Address, Bridge, BridgePort, Link, Macvlan
from model.names import hex_form
from model.namespace import Namespace
from model.operations import (
    AddBridge,
    AddClsact,
    AddForwarding,
    AddLinkAddress,
    AddLinkAltname,
    AddMacvlan,
    AddNamespace,
    AddNeighbour,
    AddRoute,
    AddVeth,
    DeleteLink,
    DropForwarding,
    DropLinkAddress,
    DropLinkAltname,
    DropNamespace,
    FlushForwarding,
    Handle,
    MoveLink,
    NameNamespace,
    Operation,
    RenameLink,
    SetBridgeSettings,
    SetLinkAlias,
    SetLinkMac,
    SetLinkMtu,
    SetLinkUp,
    SetMaster,
    SetMode,
    SetPortSettings,
    SetSysctl,
    VethEnd,
)
from model.stage import ETHERNET_MTU, Stage, is_passthru, outlives_its_names
from model.topology import Topology

Made = tuple[tuple[Handle, LinkId], ...]
"""Handles without an ifindex, and what they stand for since the operation that made them."""


class Impossible(Exception):
    """The kernel would refuse. The text is its own words for it (errno(3))."""


class Rehearsal:
    """Does one operation after the other on a stage of its own."""

    def __init__(self, graph: Inventory, pinned: Iterable[LinkId] = ()) -> None:
        self.stage = Stage(graph, pinned)

    @property
    def said(self) -> list[Fact]:
        """What the kernel would have said until now."""
        return self.stage.said

    def do_all(self, operations: Iterable[Operation]) -> Made:
        """Several, in order. Raises Impossible at the first one that the kernel would refuse."""
        return tuple(made for operation in operations for made in self.do(operation))

    def do(self, operation: Operation) -> Made:
        """One operation. Raises Impossible."""
        match operation:
            case AddVeth() | AddBridge() | AddMacvlan():
                return self._make(operation)
            case AddNamespace() | DropNamespace() | NameNamespace():
                self._name_namespace(operation)
            case RenameLink():
                link = self.find(operation.link)
                self._claim(link.id.namespace, operation.name, but_of=link)
                self.stage.put(dataclasses.replace(link, name=operation.name))
                return ((Handle(link.id.namespace, operation.name), link.id),)
            case MoveLink():
                return self._move(operation)
            case AddLinkAddress() | DropLinkAddress():
                self._address(operation)
            case SetSysctl():
                self._sysctl(operation)
            case AddRoute() | AddForwarding() | DropForwarding() | FlushForwarding() | AddNeighbour() | AddClsact():
                pass  # nothing of it is in the graph
            case _:
                self._change(operation)
        return ()

    def find(self, handle: Handle) -> Link:
        """The link that a handle means. Raises Impossible."""
        if handle.ifindex is None:
            found = self.stage.named(handle.namespace, handle.name)
        else:
            found = self.stage.links.get(LinkId(handle.namespace, handle.ifindex))
        if found is None:
            raise Impossible("No such device")
        return found

    def _make(self, operation: AddVeth | AddBridge | AddMacvlan) -> Made:
        match operation:
            case AddVeth(near, far):
                mtu = ETHERNET_MTU if operation.mtu is None else operation.mtu
                ids = self._new_id(near), self._new_id(far, beside=near)
                for end, own, other in ((near, ids[0], ids[1]), (far, ids[1], ids[0])):
                    self._claim(own.namespace, end.name)
                    mac = end.mac or _made_up(own)
                    self.stage.put(Link(own, end.name, "veth", mac, mtu, operstate="down", peer=other))
                made = zip((near, far), ids, strict=True)
                return tuple((Handle(own.namespace, end.name), own) for end, own in made)
            case AddBridge():
                own = LinkId(operation.namespace, self.stage.free_ifindex(operation.namespace, operation.ifindex))
                self._claim(own.namespace, operation.name)
                bridge = _bridge_with(Bridge(), operation.settings)
                mac = operation.mac
                self.stage.put(Link(own, operation.name, "bridge", mac, ETHERNET_MTU, operstate="down", detail=bridge))
                self.stage.pin(own)
            case AddMacvlan():
                own = self._make_macvlan(operation)
            case _:
                assert_never(operation)
        return ((Handle(own.namespace, operation.name), own),)

    def _make_macvlan(self, operation: AddMacvlan) -> LinkId:
        parent = self.find(operation.parent)
        while isinstance(parent.detail, Macvlan):  # macvlan_dev_real_dev(): it is put on what is beneath
            beneath = self.stage.parent(parent)
            if beneath is None:
                break
            parent = beneath
        if parent.master:
            raise Impossible("Device or resource busy")
        siblings = [one for one in self.stage.children(parent.id) if isinstance(one.detail, Macvlan)]
        if any(is_passthru(one) for one in siblings) or (siblings and operation.mode == "passthru"):
            raise Impossible("Invalid argument")
        self._claim(operation.namespace, operation.name)
        own = LinkId(operation.namespace, self.stage.free_ifindex(operation.namespace, operation.ifindex))
        mac = parent.mac if operation.mode == "passthru" else operation.mac or _made_up(own)
        detail = Macvlan(operation.mode, tuple(sorted(operation.sources)))
        child = Link(own, operation.name, operation.kind, mac, parent.mtu, operstate="down", detail=detail)
        self.stage.put(dataclasses.replace(child, parent=parent.id))
        return own

    def _new_id(self, end: VethEnd, beside: VethEnd | None = None) -> LinkId:
        """The far end is made first: it gets its wish before the near one, and nobody gets the same."""
        taken = self.stage.free_ifindex(end.namespace, end.ifindex)
        if beside is not None and beside.namespace == end.namespace:
            near = beside.ifindex
            if near == taken:
                taken = self.stage.free_ifindex(end.namespace)
        return LinkId(end.namespace, taken)

    def _name_namespace(self, operation: AddNamespace | DropNamespace | NameNamespace) -> None:
        stage, name = self.stage, operation.name
        holder = next((space for space in stage.spaces.values() if name in space.names), None)
        if isinstance(operation, DropNamespace):
            if holder is None:
                raise Impossible("No such file or directory")
            left = dataclasses.replace(holder, names=tuple(one for one in holder.names if one != name))
            if left.names or outlives_its_names(stage.graph, holder):
                self._say_namespace(left)
            else:
                self._end_namespace(holder.id)
            return
        if holder is not None:
            raise Impossible("File exists")
        if isinstance(operation, NameNamespace):
            seen = stage.spaces.get(operation.namespace)
            if seen is None:
                raise Impossible("No such process")
            self._say_namespace(dataclasses.replace(seen, names=tuple(sorted((*seen.names, name)))))
            return
        space = NamespaceId(f"new-{hex_form(name)}")
        self._say_namespace(Namespace(space, names=(name,), found_by=("mount",)))
        loopback = Link(LinkId(space, 1), "lo", "loopback", "00:00:00:00:00:00", 65536, operstate="down")
        stage.links[loopback.id] = loopback
        stage.said.append(NamespaceRead(space, (loopback,), ()))

    def _say_namespace(self, space: Namespace) -> None:
        self.stage.spaces[space.id] = space
        self.stage.said.append(NamespaceSeen(space))

    def _end_namespace(self, space: NamespaceId) -> None:
        """NICs go home, all else dies."""
        stage = self.stage
        home = stage.graph.home
        for link in [link for link in stage.links.values() if link.id.namespace == space]:
            if link.id not in stage.links:
                continue
            if link.kind == "device" and home is not None:
                stage.move(link, home, link.name, None)
            else:
                stage.remove(link)
        del stage.spaces[space]
        stage.said.append(NamespaceGone(space))

    def _move(self, operation: MoveLink) -> Made:
        link = self.find(operation.link)
        if link.id.namespace == operation.namespace:
            raise Impossible("Invalid argument")
        for name in (operation.name, *link.altnames):
            self._claim(operation.namespace, name)
        if operation.namespace not in self.stage.spaces:
            raise Impossible("No such file or directory")
        new = self.stage.move(link, operation.namespace, operation.name, operation.ifindex)
        return ((Handle(operation.namespace, operation.name), new),)

    def _address(self, operation: AddLinkAddress | DropLinkAddress) -> None:
        link = self.find(operation.link)
        local = ipaddress.ip_interface(operation.cidr)
        text, length, version = str(local.ip), local.network.prefixlen, local.version
        match operation:
            case AddLinkAddress():
                flags = ("permanent",) if operation.valid_s is None else ()
                kept = tuple(flag for flag in operation.flags if flag == "noprefixroute")
                address = Address(version, text, length, operation.scope, operation.peer, (*flags, *kept))
                self.stage.add_address(link.id, address)
            case DropLinkAddress():
                key = (version, text, length, operation.peer)
                found = [one for one in self.stage.addresses(link.id) if one.key == key]
                if not found:
                    raise Impossible("Cannot assign requested address")
                self.stage.drop_addresses(link.id, found)
            case _:
                assert_never(operation)

    def _sysctl(self, operation: SetSysctl) -> None:
        """Of these only two change what can be seen."""
        link = self.find(operation.link)
        match operation.family, operation.key, operation.value:
            case "ipv6", "addr_gen_mode", "0":
                self.stage.bring_link_local(link)
            case "ipv6", "disable_ipv6", "1":
                self.stage.drop_addresses(link.id, [one for one in self.stage.addresses(link.id) if one.family == 6])
            case "ipv6", "disable_ipv6", "0" if link.up and link.carrier:
                self.stage.bring_link_local(link)

    def _change(
        self,
        operation: DeleteLink | AddLinkAltname | DropLinkAltname | SetLinkAlias | SetLinkMac | SetLinkUp | SetLinkMtu
        | SetMaster | SetMode | SetPortSettings | SetBridgeSettings,
    ) -> None:  # fmt: skip
        stage, link = self.stage, self.find(operation.link)
        match operation:
            case DeleteLink():
                stage.remove(link)
            case AddLinkAltname():
                self._claim(link.id.namespace, operation.name)
                stage.put(dataclasses.replace(link, altnames=(*link.altnames, operation.name)))
            case DropLinkAltname():
                if operation.name not in link.altnames:
                    raise Impossible("No such device")
                kept = tuple(name for name in link.altnames if name != operation.name)
                stage.put(dataclasses.replace(link, altnames=kept))
            case SetLinkAlias():
                stage.put(dataclasses.replace(link, alias=operation.text or None))
            case SetLinkMac():
                stage.set_mac(link, operation.mac)
            case SetLinkUp():
                stage.set_up(link, up=operation.up)
            case SetLinkMtu():
                stage.set_mtu(link, operation.mtu)
            case _:
                self._change_plugging(operation, link)

    def _change_plugging(
        self, operation: SetMaster | SetMode | SetPortSettings | SetBridgeSettings, link: Link
    ) -> None:
        stage = self.stage
        match operation:
            case SetMaster():
                children = stage.children(link.id)
                if operation.master is not None and any(isinstance(child.detail, Macvlan) for child in children):
                    raise Impossible("Device or resource busy")
                master = None if operation.master is None else self.find(operation.master)
                if master is not None and master.id in self._beneath(link):
                    raise Impossible("Device or resource busy")
                stage.attach(link, master)
            case SetMode():
                if is_passthru(link) != (operation.mode == "passthru"):
                    raise Impossible("Invalid argument")
                sources = tuple(sorted(operation.sources)) if operation.mode == "source" else ()
                stage.put(dataclasses.replace(link, detail=Macvlan(operation.mode, sources)))
            case SetPortSettings():
                if link.port is None:
                    raise Impossible("Operation not supported")
                port = _port_with(link.port, operation.settings)
                stage.put(dataclasses.replace(link, port=port))
            case SetBridgeSettings():
                old = link.detail if isinstance(link.detail, Bridge) else Bridge()
                stage.put(dataclasses.replace(link, detail=_bridge_with(old, operation.settings)))
            case _:
                assert_never(operation)

    def _beneath(self, link: Link) -> set[LinkId]:
        """The link, and what it stands on."""
        found: set[LinkId] = set()
        below: Link | None = link
        while below is not None and below.id not in found:
            found.add(below.id)
            below = self.stage.parent(below)
        return found

    def _claim(self, space: NamespaceId, name: str, but_of: Link | None = None) -> None:
        holder = self.stage.named(space, name)
        if holder is not None and (but_of is None or holder.id != but_of.id or name in holder.altnames):
            raise Impossible("File exists")


def rehearse(graph: Inventory, operations: Iterable[Operation]) -> list[Fact]:
    """The facts that would be told if these operations were done. Raises Impossible."""
    rehearsal = Rehearsal(graph)
    rehearsal.do_all(operations)
    return rehearsal.said


def rehearsed(graph: Inventory, operations: Iterable[Operation]) -> Topology:
    """The graph as it would be. Raises Impossible."""
    after = copied(graph)
    after.learn(rehearse(graph, operations))
    return after


def copied(graph: Inventory) -> Topology:
    """A graph that a reader could not tell from this one."""
    copy = Topology()
    copy.learn(restated(graph))
    return copy


def restated(graph: Inventory) -> list[Fact]:
    """A whole reading that says what is in a graph."""
    facts: list[Fact] = [graph.visibility]
    for space in graph.namespaces():
        links = tuple(graph.links(space.id))
        addresses = tuple((link.id.ifindex, address) for link in links for address in graph.addresses(link.id))
        facts += [NamespaceSeen(space), NamespaceRead(space.id, links, addresses)]
        facts.append(OwnersSeen(space.id, graph.owners(space.id)))
        for link in links:
            holder = graph.holder(link.id)
            if holder is not None:
                facts.append(HolderSeen(link.id, holder))
    return facts


def _made_up(link: LinkId) -> str:
    """A MAC for a link to which the kernel would give a random one."""
    return f"fe:00:00:{link.ifindex >> 16 & 0xFF:02x}:{link.ifindex >> 8 & 0xFF:02x}:{link.ifindex & 0xFF:02x}"


def _bridge_with(bridge: Bridge, settings: Iterable[Setting]) -> Bridge:
    changed = dict(settings)
    return Bridge(
        stp=bool(changed.get("stp", bridge.stp)),
        vlan_filtering=bool(changed.get("vlan_filtering", bridge.vlan_filtering)),
        ageing_s=float(changed.get("ageing_s", bridge.ageing_s)),
        forward_delay_s=float(changed.get("forward_delay_s", bridge.forward_delay_s)),
        priority=int(changed.get("priority", bridge.priority)),
        multicast_snooping=bool(changed.get("multicast_snooping", bridge.multicast_snooping)),
    )


def _port_with(port: BridgePort, settings: Iterable[Setting]) -> BridgePort:
    values = {field.name: getattr(port, field.name) for field in dataclasses.fields(port)}
    return BridgePort(**(values | dict(settings)))
