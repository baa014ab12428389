"""What one line says about a thing: name, kind, state, address, other end. Host text is shown safe."""

from dataclasses import dataclass
from enum import Enum

from model.cables import BRIDGE_KINDS, CHILD_KINDS
from model.identity import UNKNOWN, LinkId, NamespaceId
from model.inventory import Inventory
from model.link import Address, Link, Macvlan, Tun, Vlan, Vxlan
from model.names import display_name
from model.segments import is_segment, place_of
from model.tree import Entry, Sort, links_of, machine_of
from model.whose import holder_of, whose


class State(Enum):
    """The state of a link, in the word that stands on the screen."""

    UP = "up"
    DOWN = "DOWN"
    OFF = "off"
    """Down, and nobody seems to want it up: no address, no cable, no port."""
    UNKNOWN = "?"
    """The other end cannot be seen."""


class Manner(Enum):
    """What kind of thing an OTHER END is."""

    CABLE = "cable"
    """The name of the host end."""
    DIRECT = "direct"
    """A cable between two namespaces."""
    MODE = "mode"
    """How a macvlan uses its parent's wire."""
    NOTE = "note"
    """A remark: how many ports, whose NIC."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Far:
    """The OTHER END of a line."""

    text: str
    manner: Manner = Manner.NOTE
    leads_to: LinkId | None = None
    """The segment, where it is not the one in whose rack the line stands."""
    trouble: str = ""
    """What is wrong with what it counts."""


@dataclass(frozen=True, slots=True)
class Caption:
    """One line."""

    name: str
    kind: str
    state: State | None = None
    address: str = ""
    has_address: bool = False
    """False: `address` is a remark (`no address`), or empty."""
    far: Far = Far("")


NO_ADDRESS = "no address"
LINK_LOCAL_ONLY = "link-local only"
"""It has an address, which is of use on its own wire alone."""
ADDRESS_UNKNOWN = "address unknown"


def caption(graph: Inventory, entry: Entry, host: str) -> Caption:
    """What to say about an entry of the tree. `host`: the host's name."""
    match entry.sort:
        case Sort.HOST:
            return Caption(display_name(host), "host")
        case Sort.GROUP:
            return Caption(str(getattr(entry.key, "value", "")), "")
        case Sort.NAMESPACE:
            return _namespace_caption(graph, entry)
        case Sort.MACHINE:
            return _machine_caption(graph, entry)
        case Sort.SEGMENT | Sort.LINK | Sort.PORT:
            link = graph.link(entry.subject) if isinstance(entry.subject, LinkId) else None
            if link is None:
                return Caption("", "")
            if entry.sort is Sort.SEGMENT:
                return _segment_caption(graph, link)
            name = display_name(link.name)
            if entry.sort is Sort.PORT and link.id.namespace != entry.seen_from:
                name = full_name(graph, link)
            return _link_caption(graph, link, entry, name)


# Names


def full_name(graph: Inventory, link: Link) -> str:
    """`tinderbox/eth0`; on the host the bare name."""
    return display_name(link.name) if link.id.namespace == graph.home else slashed_name(graph, link)


def slashed_name(graph: Inventory, link: Link) -> str:
    """`tinderbox/eth0`, `host/br0`."""
    return f"{whose(graph, link.id.namespace).name}/{display_name(link.name)}"


# Links


def link_kind(graph: Inventory, link: Link) -> str:
    """The kernel's word for its kind, but `phys` and `outside` for NICs, `tap` for taps, `parent` for parents."""
    if link.kind not in BRIDGE_KINDS and is_segment(graph, link):
        return "parent"
    match link.detail:
        case Tun(mode=mode):
            return mode
    if link.kind == "device":
        return "outside" if link.id.namespace == graph.home else "phys"
    return display_name(link.kind)


def state_of(graph: Inventory, link: Link) -> State:
    """Up means: frames can pass. An empty bridge has no carrier, and nothing is wrong with it."""
    ends = graph.ends(link.id)
    if link.up and (link.carrier or link.kind in BRIDGE_KINDS):
        return State.UNKNOWN if UNKNOWN in (ends.peer, ends.parent) else State.UP
    return State.DOWN if is_relied_on(graph, link) else State.OFF


def is_relied_on(graph: Inventory, link: Link) -> bool:
    """An address, a port, a cable, a child. A NIC without a cable that nobody uses is not in trouble."""
    ends = graph.ends(link.id)
    return (
        any(end is not None for end in ends[:3])
        or any(address.scope != "link" for address in graph.addresses(link.id))
        or is_segment(graph, link)
    )


def reason_down(graph: Inventory, link: Link) -> str:
    """Why frames do not pass."""
    if not link.up:
        return "switched off"
    far = graph.peer(link.id)
    if isinstance(far, Link) and not far.up:
        return "the other end is switched off"
    parent = graph.parent(link.id)
    if isinstance(parent, Link) and not parent.up:
        return f"{full_name(graph, parent)} is switched off"
    if isinstance(link.detail, Tun) and graph.holder(link.id) is None:
        return "nobody holds it"
    return "no carrier"


def main_address(graph: Inventory, link: LinkId) -> Address | None:
    """The first address that is more than link-local: IPv4 before IPv6."""
    for address in graph.addresses(link):
        if address.scope != "link":
            return address
    return None


def no_address(graph: Inventory, link: LinkId) -> str:
    """The remark where `main_address` finds nothing."""
    return LINK_LOCAL_ONLY if graph.addresses(link) else NO_ADDRESS


def place_word(ordinal: int) -> str:
    """`port 3`."""
    return f"port {ordinal}"


def port_ordinal(graph: Inventory, bridge: LinkId, port: LinkId) -> int:
    """Which of the ports, from 1, by ifindex."""
    return 1 + sum(1 for other in graph.ports(bridge) if other.id < port)


def _address(graph: Inventory, link: Link) -> tuple[str, bool]:
    address = main_address(graph, link.id)
    if address is not None:
        return address.cidr, True
    namespace = graph.namespace(link.id.namespace)
    if namespace is not None and not namespace.readable:
        return ADDRESS_UNKNOWN, False
    is_port = isinstance(graph.ends(link.id).master, LinkId)
    if machine_of(graph, link.id) is not None or (is_port and graph.holder(link.id) is not None):
        return ADDRESS_UNKNOWN, False
    if is_port and link.id.namespace == graph.home:
        return "", False
    return no_address(graph, link.id), False


def _link_caption(graph: Inventory, link: Link, entry: Entry, name: str) -> Caption:
    address, has_address = _address(graph, link)
    far = other_end(graph, link, entry)
    return Caption(name, link_kind(graph, link), state_of(graph, link), address, has_address, far)


def other_end(graph: Inventory, link: Link, entry: Entry) -> Far:
    """What a link is plugged into, as it is seen from where its line stands."""
    ends = graph.ends(link.id)
    place = place_of(graph, link)
    leads_to = place.segment if place is not None and place.segment != entry.rack else None
    if ends.peer is UNKNOWN:
        behind = graph.behind(link.id)
        return Far("peer unknown" if behind is None else f"in {whose(graph, behind).name}", Manner.UNKNOWN)
    if ends.parent is UNKNOWN:
        return Far("parent unknown", Manner.UNKNOWN)
    far = graph.peer(link.id)
    if isinstance(far, Link):
        if far.id.namespace == entry.seen_from and far.id.namespace != link.id.namespace:
            routed = entry.rack is not None and place is None  # it stands beside a bridge, and is not plugged into it
            return Far(display_name(far.name) + (" routed" if routed else ""), Manner.CABLE, leads_to)
        return Far(slashed_name(graph, far), Manner.DIRECT, leads_to)
    if isinstance(link.detail, Macvlan):
        return Far(link.detail.mode, Manner.MODE, leads_to)
    if link.kind in CHILD_KINDS:
        return Far(link.kind, Manner.MODE, leads_to)
    return _other_end_alone(graph, link, entry)


def _other_end_alone(graph: Inventory, link: Link, entry: Entry) -> Far:
    """The other end of a link that is no cable between two namespaces."""
    holder = graph.holder(link.id)
    if holder is not None and holder.owner is not None:
        return Far(display_name(link.name), Manner.CABLE)
    if holder is not None:
        return Far(f"{display_name(holder.comm)} {holder.pid}", Manner.CABLE)
    parts = []
    bridge = graph.master(link.id)
    if isinstance(bridge, Link) and bridge.kind in BRIDGE_KINDS:
        parts.append(place_word(port_ordinal(graph, bridge.id, link.id)))
    elif isinstance(bridge, Link):
        parts.append(f"in {display_name(bridge.name)}")
    parent = graph.parent(link.id)
    match link.detail:
        case Vlan(vid=vid):
            parts.append(f"vlan {vid}")
        case Vxlan(vni=vni, remote=remote):
            parts.append(f"vni {vni}" + (f" to {remote}" if remote and not parts else ""))
    if isinstance(parent, Link):
        parts.append(f"on {display_name(parent.name)}")
    if link.kind == "device" and entry.seen_from != link.id.namespace:
        parts.append("whole NIC")
    if link.kind not in BRIDGE_KINDS and not parts:
        ports = graph.ports(link.id)
        if ports:
            parts.append(counted(len(ports), "link"))
    return Far(", ".join(parts))


def _segment_caption(graph: Inventory, link: Link) -> Caption:
    address, has_address = _address(graph, link)
    kind = link_kind(graph, link)
    ports = len(graph.ports(link.id))
    children = sum(1 for child in graph.children(link.id) if child.kind in CHILD_KINDS)
    counts = []
    if link.kind in BRIDGE_KINDS:
        counts.append(counted(ports, "port") if ports else "no ports")
    if children:
        counts.append(counted(children, "child", "children"))
    if link.kind in BRIDGE_KINDS and not has_address:
        address = address or no_address(graph, link.id)
    return Caption(display_name(link.name), kind, state_of(graph, link), address, has_address, Far(", ".join(counts)))


def _namespace_caption(graph: Inventory, entry: Entry) -> Caption:
    space = NamespaceId(str(entry.key))
    name, kind = whose(graph, space)
    namespace = graph.namespace(space)
    links = links_of(graph, space)
    if not links:
        readable = namespace is not None and namespace.readable
        return Caption(name, kind, far=Far("no links") if readable else Far("cannot be entered", Manner.UNKNOWN))
    carried = graph.link(entry.carries) if entry.carries is not None else None
    if carried is not None:
        return _carrying(graph, carried, entry, name, kind)
    return Caption(name, kind, far=Far(counted(len(links), "link"), trouble=_trouble(graph, links)))


def _machine_caption(graph: Inventory, entry: Entry) -> Caption:
    taps = [
        link for child in entry.children if isinstance(child.subject, LinkId) and (link := graph.link(child.subject))
    ]
    holder = holder_of(graph, taps[0].id) if taps else None
    if holder is None:
        return Caption("", "")
    name, kind = holder
    if len(taps) == 1:
        return _carrying(graph, taps[0], entry, name, kind)
    return Caption(name, kind, far=Far(counted(len(taps), "link"), trouble=_trouble(graph, taps)))


def _carrying(graph: Inventory, link: Link, entry: Entry, name: str, kind: str) -> Caption:
    """An entry that speaks for its only link."""
    address, has_address = _address(graph, link)
    far = other_end(graph, link, entry)
    if not far.text:
        far = Far(display_name(link.name), Manner.CABLE)
    return Caption(name, kind, state_of(graph, link), address, has_address, far)


def _trouble(graph: Inventory, links: list[Link]) -> str:
    down = sum(1 for link in links if state_of(graph, link) is State.DOWN)
    return f"{down:,} down" if down else ""


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """`1 link`, `1,204 links`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
