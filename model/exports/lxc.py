"""lxc.net.* lines that say to LXC how a container is plugged in (lxc.container.conf(5)).

LXC takes the rest of a line as the value, without blanks and quotes around it, and knows no escapes: what cannot be
written so stands in a comment.
"""

from collections.abc import Iterator, Mapping

from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.link import Link, Macvlan, Vlan
from model.names import display_name, is_plain, link_name_problem
from model.segments import bridge_of
from model.whose import whose

USUAL_MTU = 1500
_MODES = ("private", "vepa", "bridge", "passthru")


def lxc(graph: Inventory, space: NamespaceId, pinned: Mapping[LinkId, str]) -> str:
    """The lines for one container. `pinned`: names that host ends are pinned to; another one keeps the one it has."""
    lines = [f"# {whose(graph, space).name}, as it is plugged in; what LXC has no word for stands in comments"]
    links = [link for link in graph.links(space) if link.kind != "loopback"]
    for number, link in enumerate(sorted(links, key=lambda link: link.id.ifindex)):
        lines += ["", *_network(graph, link, f"lxc.net.{number}", pinned)]
    if not links:
        lines.append("# it has no links but lo")
    return "\n".join(lines) + "\n"


def _network(graph: Inventory, link: Link, key: str, pinned: Mapping[LinkId, str]) -> Iterator[str]:
    host, parent = graph.peer(link.id), graph.parent(link.id)
    match link.detail:
        case Macvlan(mode=mode) if link.kind == "macvlan":
            yield f"{key}.type = macvlan"
            yield f"{key}.macvlan.mode = {mode}" if mode in _MODES else f"# {display_name(mode)} is no mode of LXC's"
            yield from _below(graph, parent, key)
        case Vlan(vid=vid):
            yield f"{key}.type = vlan"
            yield f"{key}.vlan.id = {vid}"
            yield from _below(graph, parent, key)
        case _ if link.kind == "veth":
            yield f"{key}.type = veth"
            yield from _host_end(graph, host, key, pinned)
        case _ if link.kind == "device":
            yield f"{key}.type = phys"
            yield _line(f"{key}.link", link.name)
        case _:
            yield f"# {display_name(link.name)} is a {display_name(link.kind)}, which LXC does not make"
            return
    yield from _inside(link, key)


def _host_end(graph: Inventory, host: object, key: str, pinned: Mapping[LinkId, str]) -> Iterator[str]:
    if not isinstance(host, Link) or host.id.namespace != graph.home:
        yield "# its other end is not on the host, or cannot be seen: LXC will make one there"
        return
    yield _line(f"{key}.veth.pair", pinned.get(host.id, host.name))
    bridge = bridge_of(graph, host.id)
    there = graph.link(bridge) if bridge is not None else None
    if there is not None:
        yield _line(f"{key}.link", there.name)
    if host.mac is not None:
        yield f"# its host end has {host.mac}: LXC gives it another one at each start; jackfield pin keeps one"


def _below(graph: Inventory, parent: object, key: str) -> Iterator[str]:
    if isinstance(parent, Link) and parent.id.namespace == graph.home:
        yield _line(f"{key}.link", parent.name)
    else:
        yield "# what it stands on cannot be seen from the host"


def _inside(link: Link, key: str) -> Iterator[str]:
    yield _line(f"{key}.name", link.name)
    if link.mac is not None:
        yield f"{key}.hwaddr = {link.mac}"
    if link.mtu not in (0, USUAL_MTU):
        yield f"{key}.mtu = {link.mtu}"
    if link.up:
        yield f"{key}.flags = up"


def _line(key: str, value: str) -> str:
    quotes = "'\""
    if not is_plain(value) or link_name_problem(value) is not None or value[:1] in quotes or value[-1:] in quotes:
        return f"# {key}: '{display_name(value)}' cannot be written here"
    return f"{key} = {value}"
