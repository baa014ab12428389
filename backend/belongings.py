"""What a link has that is not in the graph, and that the kernel drops with it; and what of it does not come back.

Read by a socket made in the link's namespace and closed again, only for the links that were asked for.
"""

import os
import socket
import struct
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

from backend import hidden_programs, sysctls
from backend.attributes import walk
from backend.executor import OpenNamespace
from backend.kept_entries import (
    NTF_PROXY,
    Unkeepable,
    forwarding_links,
    kept_address,
    kept_forwarding,
    kept_neighbour,
    kept_route,
    raw_fields,
    route_links,
    route_source,
)
from backend.netlink_sockets import AskingSocket, DumpInterrupted
from backend.netns import inside
from backend.processes import PROC
from backend.rtnetlink import (
    AF_BRIDGE,
    IFLA_INFO_SLAVE_DATA,
    IFLA_LINKINFO,
    NLM_F_DUMP,
    RTM_GETADDR,
    LinkMessage,
    Message,
    get_links,
    request,
)
from model.ethernet import link_local
from model.identity import LinkId, NamespaceId
from model.link import Link
from model.operations import AddForwarding, AddLinkAddress, Handle, Operation, RouteSpec
from model.plan import KNOBS, Belongings

RTM_GETROUTE, RTM_GETNEIGH = 26, 30
IFLA_TXQLEN, IFLA_GROUP, IFLA_XDP, IFLA_XDP_ATTACHED, IFLA_XDP_PROG_ID = 13, 27, 43, 2, 4
_FLAGS: Final = {0x80: "its ARP being off", 0x100: "its promiscuous mode", 0x200: "its listening to all groups"}
"""IFF_NOARP, IFF_PROMISC, IFF_ALLMULTI (netdevice(7)), where somebody set them."""
_FOLLOWS_THE_LINK: Final = frozenset([("ipv6", "mtu"), ("ipv6", "mc_forwarding"), ("ipv4", "mc_forwarding")])
"""Not settings: the link's own MTU, and what a multicast daemon does."""
_QUEUES: Final = {"veth": 1000, "bridge": 1000, "macvlan": 1000, "macvtap": 500}
_PORT_DEFAULTS: Final = {
    10: ("proxy_arp", 0),
    11: ("proxy_arp_wifi", 0),
    25: ("mcast_router", 1),
    28: ("mcast_to_unicast", 0),
    29: ("vlan_tunnel", 0),
    31: ("group_fwd_mask", 0),
    32: ("neigh_suppress", 0),
    42: ("mcast_max_groups", 0),
    43: ("neigh_vlan_suppress", 0),
    35: ("backup_port", 0),
    40: ("mab", 0),
}
"""IFLA_BRPORT_* that no BridgePort has, as ip-link(8) calls them, and what a new port has."""
_rtmsg = struct.Struct("=BBBBBBBBI")
_ndmsg = struct.Struct("=BxxxiHBB")
_ifaddr = struct.Struct("=BBBBI")
_ifinfo = struct.Struct("=BxHiII")
_TRIES: Final = 4
_Kept = TypeVar("_Kept")


def read_belongings(links: Sequence[LinkId], open_namespace: OpenNamespace, proc: Path = PROC) -> Iterator[Belongings]:
    """Of each of these links. What cannot be read says why."""
    by_namespace: dict[NamespaceId, list[LinkId]] = defaultdict(list)
    for link in links:
        by_namespace[link.namespace].append(link)
    for namespace, its in by_namespace.items():
        try:
            fd = open_namespace(namespace)
        except OSError as error:
            yield from (Belongings(link, unread=f"its namespace cannot be entered: {error.strerror}") for link in its)
            continue
        try:
            yield from _in_namespace(namespace, its, fd, proc)
        except OSError as error:
            yield from (Belongings(link, unread=error.strerror or str(error)) for link in its)
        finally:
            os.close(fd)


def _in_namespace(namespace: NamespaceId, links: Sequence[LinkId], fd: int, proc: Path) -> list[Belongings]:
    with inside(fd):
        reading = _Reading(namespace, proc)
        try:
            return [reading.belongings(link.ifindex) for link in links]
        finally:
            reading.close()


class _Reading:
    """The tables of the namespace that the calling thread is in, each dumped once."""

    def __init__(self, namespace: NamespaceId, proc: Path) -> None:
        self._namespace = namespace
        self._asking = AskingSocket()
        messages = self._dump(get_links(None))
        self._raw = {LinkMessage(message).ifindex: message for message in messages}
        self._links = {
            index: LinkMessage(message).decode(namespace, lambda _: None) for index, message in self._raw.items()
        }
        self._routes = [message for family in (socket.AF_INET, socket.AF_INET6) for message in self._of_routes(family)]
        self._forwarding = self._dump(request(RTM_GETNEIGH, NLM_F_DUMP, _ndmsg.pack(AF_BRIDGE, 0, 0, 0, 0)))
        self._neighbours = [
            *self._dump(request(RTM_GETNEIGH, NLM_F_DUMP, _ndmsg.pack(0, 0, 0, 0, 0))),
            *self._dump(request(RTM_GETNEIGH, NLM_F_DUMP, _ndmsg.pack(0, 0, 0, NTF_PROXY, 0))),
        ]
        self._addresses = self._dump(request(RTM_GETADDR, NLM_F_DUMP, _ifaddr.pack(0, 0, 0, 0, 0)))
        self._packet_sockets = hidden_programs.packet_sockets(proc)

    def close(self) -> None:
        """Give the socket back."""
        self._asking.close()

    def belongings(self, index: int) -> Belongings:
        """Of one link."""
        link = self._links.get(index)
        if link is None:
            return Belongings(LinkId(self._namespace, index), unread="it is not there any more")
        lost: list[str] = []
        return Belongings(
            link.id,
            _kept(self._routes_of(link), lost),
            _kept(self._forwarding_of(link), lost),
            _kept(self._neighbours_of(link), lost),
            tuple(_own_sysctls(link.name)),
            addresses=tuple(self._addresses_of(link)),
            knobs=tuple(_knobs(link.name)),
            clsact=hidden_programs.has_clsact(self._asking, index),
            lost=tuple(dict.fromkeys((*lost, *self._lost(link)))),
        )

    def _routes_of(self, link: Link) -> Iterator[RouteSpec | Unkeepable | None]:
        """Those that lead over it, and those that send from one of its addresses."""
        own = {address.cidr.partition("/")[0] for address in self._addresses_of(link)}
        for message in self._routes:
            if link.id.ifindex in route_links(message) or route_source(message) in own:
                yield kept_route(message, self._namespace, self._handle)

    def _forwarding_of(self, link: Link) -> Iterator[AddForwarding | Unkeepable | None]:
        """Its entries; a bridge's: those of all its ports, which go with it."""
        index = link.id.ifindex
        own = frozenset(other.mac for other in self._links.values() if other.mac is not None)
        for message in self._forwarding:
            port, bridge = forwarding_links(message)
            if index in (port, bridge) and port in self._links:
                yield kept_forwarding(message, self._handle(port), own)

    def _neighbours_of(self, link: Link) -> Iterator[Operation | Unkeepable | None]:
        for message in self._neighbours:
            if _ndmsg.unpack_from(message.buffer, message.start)[1] == link.id.ifindex:
                yield kept_neighbour(message, self._handle(link.id.ifindex))

    def _addresses_of(self, link: Link) -> Iterator[AddLinkAddress]:
        auto = frozenset(filter(None, [link_local(link.mac)]))
        for message in self._addresses:
            if _ifaddr.unpack_from(message.buffer, message.start)[4] == link.id.ifindex:
                address = kept_address(message, self._handle(link.id.ifindex), auto)
                if address is not None:
                    yield address

    def _lost(self, link: Link) -> Iterator[str]:
        """What no operation makes again, each in a few words."""
        index = link.id.ifindex
        fields = raw_fields(self._raw[index], _ifinfo.size)
        yield from hidden_programs.on_link(self._asking, index)
        xdp = _nested(fields.get(IFLA_XDP, b""))
        if any(xdp.get(IFLA_XDP_ATTACHED, b"")):
            identity = int.from_bytes(xdp.get(IFLA_XDP_PROG_ID, b""), sys.byteorder)
            yield f"the XDP program {identity}" if identity else "an XDP program"
        for holder in self._packet_sockets.get(index, ()):
            yield f"the packet socket of {holder}"
        flags = LinkMessage(self._raw[index]).flags
        for bit, words in _FLAGS.items():
            if flags & bit:
                yield words
        group, queue = (int.from_bytes(fields.get(kind, b""), sys.byteorder) for kind in (IFLA_GROUP, IFLA_TXQLEN))
        if group:
            yield f"its group {group}"
        if link.kind in _QUEUES and queue != _QUEUES[link.kind]:
            yield f"its queue length {queue}"
        yield from _port_lost(fields.get(IFLA_LINKINFO, b""))

    def _handle(self, index: int) -> Handle:
        link = self._links.get(index)
        return Handle(self._namespace, link.name if link is not None else f"if{index}", index)

    def _of_routes(self, family: int) -> list[Message]:
        return self._dump(request(RTM_GETROUTE, NLM_F_DUMP, _rtmsg.pack(family, 0, 0, 0, 0, 0, 0, 0, 0)))

    def _dump(self, question: bytes) -> list[Message]:
        """A dump; one that was disturbed again and again is told as it is."""
        found: list[Message] = []
        for _ in range(_TRIES):
            try:
                return self._asking.dump(question)
            except DumpInterrupted as interrupted:
                found = interrupted.messages
        return found


def _kept(found: Iterable[_Kept | Unkeepable | None], lost: list[str]) -> tuple[_Kept, ...]:
    """What can be made again; the rest is noted in `lost`."""
    kept: list[_Kept] = []
    for one in found:
        if isinstance(one, Unkeepable):
            lost.append(one.what)
        elif one is not None:
            kept.append(one)
    return tuple(kept)


def _own_sysctls(name: str) -> Iterator[tuple[str, str, str]]:
    """Those that differ from what a new link gets here."""
    for family in sysctls.FAMILIES:
        fresh = sysctls.of_new_links(family)
        for key, value in sysctls.read_all(family, name).items():
            if (family, key) not in _FOLLOWS_THE_LINK and fresh.get(key) != value:
                yield family, key, value


def _knobs(name: str) -> Iterator[tuple[str, str, str]]:
    for family, key in KNOBS:
        value = sysctls.read(family, name, key)
        if value is not None:
            yield family, key, value


def _port_lost(linkinfo: bytes) -> Iterator[str]:
    port = _nested(_nested(linkinfo).get(IFLA_INFO_SLAVE_DATA, b""))
    for kind, (word, usual) in _PORT_DEFAULTS.items():
        if kind in port and int.from_bytes(port[kind], sys.byteorder) != usual:
            yield f"the port's {word}"


def _nested(raw: bytes) -> Mapping[int, bytes]:
    return {kind: raw[at : at + size] for kind, (at, size) in walk(raw, 0, len(raw)).items()}
