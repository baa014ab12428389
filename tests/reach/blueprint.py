"""A topology as it is planned: it can be built in the kernel, and it can be told as facts without one."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field

from model.conditions import Conditions
from model.facts import Fact, LinkSeen, NamespaceRead, NamespaceSeen
from model.ground import Ground
from model.identity import LinkId, NamespaceId
from model.layer2 import segments_of
from model.link import Bridge, BridgePort, Detail, Link, Macvlan, Tun, Vxlan
from model.namespace import Namespace
from model.tables import ForwardingEntry, Tables
from model.topology import Topology

NEAR, FAR = NamespaceId("n1"), NamespaceId("n2")
"""Most links are near; which namespace one is in must change nothing."""
_FIRST_IFINDEX = 10
_UNDERLAY = {NEAR: "10.77.0.1", FAR: "10.77.0.2"}
_ON = {True: "on", False: "off"}
_FLAG_WORDS = ("isolated", "hairpin", "learning", "flood", "mcast_flood", "bcast_flood", "locked")
_STATES = ("disabled", "listening", "learning", "forwarding", "blocking")


@dataclass
class Piece:
    """A link."""

    name: str
    kind: str
    ifindex: int
    mac: str
    up: bool = True
    peer: str | None = None
    parent: str | None = None
    master: str | None = None
    port: BridgePort = field(default_factory=BridgePort)
    detail: Detail | None = None
    space: NamespaceId = NEAR

    @property
    def id(self) -> LinkId:
        return LinkId(self.space, self.ifindex)


class Blueprint:
    """Links by name, in the order in which they can be made."""

    def __init__(self) -> None:
        self.pieces: dict[str, Piece] = {}
        self.told: list[tuple[str, str]] = []
        """(port, whose MAC): static entries of forwarding tables."""

    # Planning

    def bridge(self, name: str, *, up: bool = True, stp: bool = False) -> str:
        return self._add(name, "bridge", up=up, detail=Bridge(stp=stp))

    def cable(self, one: str, other: str) -> str:
        """A veth; the first end."""
        self._add(one, "veth", peer=other)
        self._add(other, "veth", peer=one)
        return one

    def plug(self, link: str, bridge: str, **flags: object) -> str:
        """Make it a port."""
        piece = self.pieces[link]
        piece.master = bridge
        piece.port = BridgePort(**flags)  # type: ignore[arg-type]  # a test's own words
        return link

    def box(self, name: str, bridge: str, **flags: object) -> str:
        """A container: a cable from a port of the bridge; its inside end, which lives elsewhere."""
        self.cable(f"p{name}", name)
        self.plug(f"p{name}", bridge, **flags)
        self.pieces[name].space = FAR
        return name

    def child(self, name: str, parent: str, mode: str, *sources: str, kind: str = "macvlan") -> str:
        """A macvlan; `sources` are the links whose MACs it listens to."""
        macs = tuple(self.pieces[source].mac for source in sources)
        self._add(name, kind, parent=parent, detail=Macvlan(mode, macs))
        if mode == "passthru":
            self.pieces[name].mac = self.pieces[parent].mac
        return name

    def tap(self, name: str, bridge: str) -> str:
        """A tap that is a port; the guest behind it is an end."""
        self._add(name, "tun", detail=Tun("tap"))
        return self.plug(name, bridge)

    def tunnel(self, bridge: str) -> None:
        """A vxlan to the far namespace, over a cable of its own: a port here, an end there."""
        self.cable("under0", "under1")
        self.pieces["under1"].space = FAR
        self._add("vx0", "vxlan", detail=Vxlan(7, _UNDERLAY[FAR], _UNDERLAY[NEAR], 4789))
        self.plug("vx0", bridge)
        self._add("vx1", "vxlan", detail=Vxlan(7, _UNDERLAY[NEAR], _UNDERLAY[FAR], 4789), space=FAR)

    def down(self, name: str) -> None:
        self.pieces[name].up = False

    def tell(self, port: str, whose: str) -> None:
        """Let the table say that this link is behind this port."""
        self.told.append((port, whose))

    def _add(self, name: str, kind: str, **more: object) -> str:
        ifindex = _FIRST_IFINDEX + len(self.pieces)
        mac = f"02:6a:66:00:{ifindex >> 8:02x}:{ifindex & 255:02x}"
        self.pieces[name] = Piece(name, kind, ifindex, mac, **more)  # type: ignore[arg-type]  # see above
        return name

    def __getitem__(self, name: str) -> LinkId:
        return self.pieces[name].id

    # As facts

    def graph(self) -> Topology:
        """What a graph would hold; carriers and states of ports are not worked out."""
        graph = Topology()
        graph.apply(list(self._facts()))
        return graph

    def _facts(self) -> Iterator[Fact]:
        for space in (NEAR, FAR):
            yield NamespaceSeen(Namespace(space, names=(f"space-{space}",), home=space == NEAR))
        for space in (NEAR, FAR):
            links = tuple(self._link(piece) for piece in self.pieces.values() if piece.space == space)
            yield NamespaceRead(space, links, ())

    def _link(self, piece: Piece) -> Link:
        master = self.pieces[piece.master] if piece.master else None
        return Link(
            piece.id,
            piece.name,
            piece.kind,
            piece.mac,
            1500,
            up=piece.up,
            carrier=piece.kind == "tun",
            master=master.ifindex if master else 0,
            master_kind=master.kind if master else None,
            peer=self[piece.peer] if piece.peer else None,
            parent=self[self._lowest(piece.parent)] if piece.parent else None,
            detail=piece.detail,
            port=piece.port if master else None,
        )

    def _lowest(self, parent: str) -> str:
        """The kernel stands a macvlan on the lowest device (macvlan_common_newlink)."""
        piece = self.pieces[parent]
        return self._lowest(piece.parent) if piece.kind in ("macvlan", "macvtap") and piece.parent else parent

    def settled(self) -> Topology:
        """The same, with carriers and states of ports as they will be."""
        graph = self.graph()
        seen: list[Fact] = []
        for segment, links in segments_of(graph, [link.id for link in graph.links()]):
            ground = Ground(graph, Conditions(predicted=True), segment, ())
            seen += [
                LinkSeen(self._settled(graph, ground, link)) for link in map(graph.link, links) if link is not None
            ]
        graph.apply(seen)
        return graph

    def _settled(self, graph: Topology, ground: Ground, link: Link) -> Link:
        carrier = link.up and ground.has_carrier(link)
        bridge, port = graph.master(link.id), link.port
        if port is not None and isinstance(bridge, Link) and not (carrier and bridge.up):
            port = dataclasses.replace(port, state="disabled")
        return dataclasses.replace(link, carrier=carrier, port=port)

    def tables(self) -> dict[NamespaceId, Tables]:
        """What the bridges were told."""
        entries = []
        for port, whose in self.told:
            piece = self.pieces[port]
            assert piece.master is not None
            bridge = self.pieces[piece.master].ifindex
            entries.append(ForwardingEntry(bridge, piece.ifindex, self.pieces[whose].mac, "static"))
        return {NEAR: Tables(NEAR, forwarding=tuple(entries)), FAR: Tables(FAR)}

    # As lines for ip and bridge

    def make_lines(self, far: str) -> Iterator[str]:
        """For `ip -batch` in the near namespace; `far` is a path of the other one."""
        for piece in self.pieces.values():
            yield from self._make(piece)
        for piece in self.pieces.values():
            if piece.master and piece.kind not in ("macvlan", "macvtap"):
                yield f"link set dev {piece.name} master {piece.master}"
                yield f"link set dev {piece.name} type bridge_slave {self._flags(piece.port)}"
        for piece in self.pieces.values():
            if piece.kind in ("macvlan", "macvtap"):
                yield from self._make_child(piece)
        for piece in self.pieces.values():
            if piece.master and piece.kind in ("macvlan", "macvtap"):
                yield f"link set dev {piece.name} master {piece.master}"
        for piece in self.pieces.values():
            if piece.space == FAR and piece.kind != "vxlan":  # it would go on tunnelling from where it was made
                yield f"link set dev {piece.name} netns {far}"

    def _make(self, piece: Piece) -> Iterator[str]:
        head = f"link add dev {piece.name} index {piece.ifindex}"
        if piece.kind == "bridge":
            assert isinstance(piece.detail, Bridge)
            yield f"{head} address {piece.mac} type bridge stp_state {int(piece.detail.stp)} mcast_snooping 0"
        elif piece.kind == "veth" and piece.peer is not None and piece.ifindex < self.pieces[piece.peer].ifindex:
            peer = self.pieces[piece.peer]
            yield f"{head} address {piece.mac} type veth peer name {peer.name} index {peer.ifindex} address {peer.mac}"
        elif piece.kind == "tun":
            yield f"link set dev {piece.name} address {piece.mac}"
        elif piece.kind == "vxlan" and piece.space == NEAR:
            yield self._make_tunnel(piece)

    def _make_tunnel(self, piece: Piece) -> str:
        tunnel = piece.detail
        assert isinstance(tunnel, Vxlan)
        ends = f"local {tunnel.local} remote {tunnel.remote} dstport {tunnel.port}"
        return f"link add dev {piece.name} index {piece.ifindex} address {piece.mac} type vxlan id {tunnel.vni} {ends}"

    def _make_child(self, piece: Piece) -> Iterator[str]:
        assert isinstance(piece.detail, Macvlan)
        head = f"link add dev {piece.name} link {piece.parent} index {piece.ifindex}"
        mac = "" if piece.detail.mode == "passthru" else f"address {piece.mac}"
        yield f"{head} {mac} type {piece.kind} mode {piece.detail.mode}"
        for source in piece.detail.sources:
            yield f"link set dev {piece.name} type {piece.kind} macaddr add {source}"

    def _flags(self, port: BridgePort) -> str:
        return " ".join(f"{word} {_ON[getattr(port, word)]}" for word in _FLAG_WORDS)

    def up_lines(self, space: NamespaceId) -> Iterator[str]:
        """For `ip -batch` in this namespace."""
        for piece in self.pieces.values():
            if piece.kind == "vxlan" and piece.space == space == FAR:
                yield self._make_tunnel(piece)
            if piece.name.startswith("under") and piece.space == space:
                yield f"address add {_UNDERLAY[space]}/24 dev {piece.name}"
        for piece in self.pieces.values():
            if piece.space == space and piece.up:
                yield f"link set dev {piece.name} up"

    def state_lines(self) -> Iterator[str]:
        """For `bridge -batch`, once the ports are up: states set by hand (after `ip` a port would be enabled again)."""
        for piece in self.pieces.values():
            if piece.master and piece.port.state != "forwarding":
                yield f"link set dev {piece.name} state {_STATES.index(piece.port.state)}"

    def table_lines(self) -> Iterator[str]:
        """For `bridge -batch`."""
        for port, whose in self.told:
            yield f"fdb add {self.pieces[whose].mac} dev {port} master static"

    def taps(self) -> list[Piece]:
        return [piece for piece in self.pieces.values() if piece.kind == "tun"]

    def with_flags(self, link: str, **flags: object) -> None:
        """Other flags for a port."""
        piece = self.pieces[link]
        piece.port = dataclasses.replace(piece.port, **flags)  # type: ignore[arg-type]  # a test's own words
