"""The same MAC or the same IP address twice on one segment."""

from collections.abc import Iterator
from typing import Final

from model.ethernet import mac_bytes
from model.findings.finding import Finding, Severity
from model.findings.view import View
from model.identity import LinkId
from model.intents import SetMac
from model.link import Address, Link, Macvlan

SHARED_PREFIXES: Final = ("00:00:5e:00:01:", "00:00:5e:00:02:")
"""VRRP's virtual MACs (RFC 5798, 7.3): every router of a group has one, one at a time uses it."""


def macs(view: View) -> Iterator[Finding]:
    """A station's MAC that another station, or a port of a bridge, has too."""
    for mac, holders in view.graph.shared_macs():
        if mac.startswith(SHARED_PREFIXES) or not any(mac_bytes(mac) or b""):
            continue
        for wire, links in view.by_wire(tuple(link for link in holders if link.up)):
            stations = [link for link in links if link.id in wire.stations]
            ports = [link for link in links if link.id in wire.ports and link.master_kind == "bridge"]
            for number, link in enumerate(stations):
                others = (*stations[:number], *ports)
                rival = next((other for other in others if not _is_meant(view, link, other)), None)
                if rival is not None:
                    yield _same_mac(view, *sorted((link, rival), key=lambda one: _blame(view, one)))


def _blame(view: View, link: Link) -> tuple[bool, bool, int, LinkId]:
    """Who is told to take another MAC: a station before a port, an inhabitant before the host, the newer one."""
    return view.is_port(link), link.id.namespace == view.graph.home, -link.id.ifindex, link.id


def _is_meant(view: View, one: Link, other: Link) -> bool:
    return _inherits(view, one, other) or _inherits(view, other, one)


def _inherits(view: View, one: Link, other: Link) -> bool:
    """A bridge has a port's MAC, a passthru macvlan or a vlan its parent's: so it should be."""
    if one.kind in ("bridge", "bond", "team"):
        return other.master_id == one.id
    if view.graph.ends(one.id).parent != other.id:
        return False
    return one.kind not in ("macvlan", "macvtap") or (
        isinstance(one.detail, Macvlan) and one.detail.mode in ("passthru", "source")
    )


def _same_mac(view: View, link: Link, rival: Link) -> Finding:
    is_port = view.is_port(rival)  # a port's MAC is the host's own: frames for it get no further (br_fdb_add_local)
    whose = f"the port {view.address(rival.id)}" if is_port else view.address(rival.id)
    means = "frames for it end at the bridge" if is_port else "frames for one of them go to the other"
    return Finding(
        "duplicate-mac",
        Severity.ERROR,
        link.id,
        f"has the MAC of {whose}, {link.mac}, on the same segment: {means}",
        "A bridge sends frames for a MAC to one place only: the port that it was last seen on, or the bridge itself "
        "where one of its ports has it. Copied containers and VMs often have their original's MAC.",
        SetMac(link.id, free_mac(view, link.mac or "")),
    )


def free_mac(view: View, mac: str) -> str:
    """The next MAC after this one, locally administered, that no link has."""
    raw = mac_bytes(mac) or bytes(6)
    first = (raw[0] | 0x02) & 0xFE
    tail = int.from_bytes(raw[1:], "big")
    while True:
        tail = (tail + 1) % (1 << 40)
        wish = bytes((first, *tail.to_bytes(5, "big"))).hex(":")
        if not view.graph.links_by_mac(wish):
            return wish


def addresses(view: View) -> Iterator[Finding]:
    """Two links that hear each other, in different namespaces, with the same IP address; or the kernel says so."""
    told = set()
    for text, holders in view.graph.shared_addresses():
        claiming = tuple(link for link in holders if link.up and _may_claim(view, link, text))
        for wire, links in view.by_wire(claiming):
            stations = [link for link in links if link.id in wire.stations]
            for link in stations[1:]:
                first = stations[0]
                if link.id.namespace != first.id.namespace:
                    told |= {(link.id, text), (first.id, text)}
                    yield _same_address(view, link, first, text)
    for link, address in _refused(view):
        if (link.id, address.text) not in told:
            yield _dad_failed(link, address)


def _may_claim(view: View, link: Link, text: str) -> bool:
    return any(
        address.text == text and address.scope != "host" and not {"tentative", "dadfailed"} & set(address.flags)
        for address in view.graph.addresses(link.id)
    )


def _same_address(view: View, link: Link, rival: Link, text: str) -> Finding:
    return Finding(
        "duplicate-address",
        Severity.ERROR,
        link.id,
        f"has the address {text}, and so has {view.address(rival.id)} on the same segment",
        "Both answer when somebody asks for it: connections go to whoever answered last, and break in the middle.",
    )


def _refused(view: View) -> Iterator[tuple[Link, Address]]:
    for link in view.graph.links():
        for address in view.graph.addresses(link.id):
            if "dadfailed" in address.flags:
                yield link, address


def _dad_failed(link: Link, address: Address) -> Finding:
    return Finding(
        "duplicate-address",
        Severity.ERROR,
        link.id,
        f"may not use {address.text}: somebody on its segment has that address already",
        "The kernel asked before it used the address (RFC 4862, 5.4), and was answered: it stays unused. The other one "
        "may be outside of this host.",
    )
