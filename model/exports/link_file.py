"""A systemd .link file for a link of the host (systemd.link(5)): udev names a NIC so, and leaves a host end alone.

A veth is matched by the name that it is made with, and never renamed: whoever makes it looks for it by that name until
it is up (measured: a rename on sight fails the start). What helps is the MAC, given as the link appears, and that udev
gives none of its own.
"""

from collections.abc import Mapping

from model.identity import LinkId
from model.inventory import Inventory
from model.link import Link
from model.names import display_name

_PATTERNS = frozenset("*?[]\\")
"""They mean something in [Match]."""


def link_file(graph: Inventory, link: LinkId, macs: Mapping[LinkId, str]) -> str:
    """The text; of a container's end: of its host end. `macs`: those that host ends are pinned to.

    Raises LookupError where there is no such link on the host, ValueError where its name or MAC cannot be written.
    """
    found = _on_host(graph, link)
    name = found.name
    if not name.isascii() or not name.isprintable() or " " in name or '"' in name or _PATTERNS & set(name):
        raise ValueError(f"{display_name(name)}: a .link file cannot say this name")
    if found.kind == "device":
        if found.mac is None:
            raise ValueError(f"{display_name(name)}: it has no MAC that it could be matched by")
        # Kind: a VLAN or a macvlan on it has its MAC, too.
        return f"[Match]\nMACAddress={found.mac}\nKind=!*\n\n[Link]\nName={name}\nMACAddressPolicy=none\n"
    mac = macs.get(found.id)
    given = f"MACAddress={mac}\n" if mac is not None else "MACAddressPolicy=none\n"
    return f"[Match]\nOriginalName={name}\nKind={found.kind}\n\n[Link]\nNamePolicy=keep\n{given}"


def _on_host(graph: Inventory, link: LinkId) -> Link:
    far = graph.peer(link)
    for found in (graph.link(link), far):
        if isinstance(found, Link) and found.id.namespace == graph.home:
            return found
    raise LookupError(link)
