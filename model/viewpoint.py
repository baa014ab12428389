"""Through whose eyes the traffic of a link is told: in and out mean something only with a name."""

from typing import NamedTuple

from model.cable_path import inside_and_host_end
from model.cables import BRIDGE_KINDS
from model.caption import full_name
from model.inventory import Inventory
from model.labels import HOST
from model.link import Link, Tun
from model.names import display_name
from model.namespace import Owner
from model.rates import Rate, Rates
from model.whose import holder_of, whose


class Viewpoint(NamedTuple):
    """Who sees it."""

    name: str
    """Fit to print: `tinderbox`, `win11`, `the host`."""
    is_mirrored: bool = False
    """The link's own counters mean the opposite: what it transmits goes in there."""


def viewpoint(graph: Inventory, link: Link) -> Viewpoint:
    """The inside end of a cable, the VM of a tap; of anything else, whoever has it."""
    guest = _guest(graph, link)
    if guest is not None:
        return Viewpoint(display_name(guest.name), is_mirrored=True)
    far = graph.peer(link.id)
    if isinstance(far, Link):
        inside, _ = inside_and_host_end(graph, link)
        if inside is not None:
            is_mirrored = inside.id != link.id
            return Viewpoint(_inhabitant(graph, inside, beside=far if not is_mirrored else link), is_mirrored)
    if link.kind == "macvtap":
        holder_words = holder_of(graph, link.id)
        if holder_words is not None:
            return Viewpoint(holder_words.name)
    return Viewpoint(_inhabitant(graph, link))


def is_mirrored(graph: Inventory, link: Link) -> bool:
    """The same without the name: it is asked for each meter."""
    if _guest(graph, link) is not None:
        return True
    if not isinstance(graph.peer(link.id), Link):
        return False
    inside, _ = inside_and_host_end(graph, link)
    return inside is not None and inside.id != link.id


def _guest(graph: Inventory, link: Link) -> Owner | None:
    """The VM of a tap."""
    if isinstance(link.detail, Tun) and link.detail.mode == "tap":
        holder = graph.holder(link.id)
        return None if holder is None else holder.owner
    return None


def rate_inside(graph: Inventory, rates: Rates, link: Link) -> Rate | None:
    """The last rate of a link, `rx` being what goes in where its viewpoint is."""
    rate = rates.rate(link.id)
    return rate.mirrored() if rate is not None and is_mirrored(graph, link) else rate


def switches(link: Link) -> bool:
    """Whether its own counters leave out what only passes: a bridge counts what is for the host itself."""
    return link.kind in BRIDGE_KINDS


def _inhabitant(graph: Inventory, link: Link, beside: Link | None = None) -> str:
    """Where both ends are in one namespace, the end itself has to be named."""
    if beside is not None and beside.id.namespace == link.id.namespace:
        return full_name(graph, link)
    name = whose(graph, link.id.namespace).name
    return f"the {HOST}" if name == HOST and link.id.namespace == graph.home else name
