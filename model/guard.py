"""What a container may send through its port: values, and what is wrong with them before any rule is made of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from model.ethernet import canonical_mac, is_multicast, link_local
from model.names import display_name, is_plain, link_name_problem

_NOT_IN_NFT = '"*\\'
"""A quoted string of nft ends at a quote; a device name that ends in `*` is a pattern, `\\` escapes it (nft(8))."""
_NO_MAC = "00:00:00:00:00:00"


@dataclass(frozen=True, slots=True)
class Seal:
    """The host's services that a sealed container reaches; it reaches nothing else."""

    host_mac: str
    """Of the bridge, or of the host end of a cable that is no port."""
    host_link_local: str
    tcp: tuple[int, ...] = ()
    udp: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Guard:
    """Who the container behind a port is: whatever it sends as somebody else is dropped."""

    names: tuple[str, ...]
    """Of the host end: the one it has now first, then those that it is about to get."""
    mac: str = ""
    """Of the inside end."""
    ipv4: tuple[str, ...] = ()
    ipv6: tuple[str, ...] = ()
    """Besides the link-local address that follows from the MAC."""
    dhcp: bool = True
    """It may ask a DHCP server for its IPv4 address; it may never be one."""
    seal: Seal | None = None
    closed: bool = False
    """Who it is will only be known when it is there: until then nothing passes."""


class Unguardable(ValueError):
    """No rule can be made of this guard; the text says why."""


def guard_problem(guard: Guard) -> str | None:
    """Why no rules can be made of this guard; None: they can. A sentence that is fit to print."""
    return next(_problems(guard), None)


def guards_problem(guards: Iterable[Guard]) -> str | None:
    """Why these guards cannot stand together; None: they can. No device may have two."""
    seen: set[str] = set()
    for guard in guards:
        problem = guard_problem(guard)
        if problem is not None:
            return problem
        for name in guard.names:
            if name in seen:
                return f"{display_name(name)}: two guards are meant for it"
            seen.add(name)
    return None


def device_name_problem(name: str) -> str | None:
    """Why a device of this name cannot be guarded; None: it can. A name is refused, never bent to fit.

    What the operator is shown is what is loaded, so a name must be fit to be shown as it is.
    """
    if name and not is_plain(name):
        return f"'{display_name(name)}' cannot be guarded: it cannot be shown as it is. Rename the link"
    problem = link_name_problem(name)
    if problem is not None:
        return f"'{name}' is no name of a link: {problem}"
    bad = next((char for char in _NOT_IN_NFT if char in name), None)
    if bad is not None:
        return f"'{name}' cannot be guarded: nft has no way to write {bad} in a name. Rename the link"
    return None


def canonical_guard(guard: Guard) -> Guard:
    """The same with every address in its one canonical form, in order, once. Raises Unguardable."""
    problem = guard_problem(guard)
    if problem is not None:
        raise Unguardable(problem)
    if guard.closed:
        return Guard(tuple(dict.fromkeys(guard.names)), closed=True)
    seal = guard.seal
    if seal is not None:
        host = str(IPv6Address(seal.host_link_local))
        seal = Seal(_mac(seal.host_mac), host, tuple(sorted(set(seal.tcp))), tuple(sorted(set(seal.udp))))
    return Guard(
        tuple(dict.fromkeys(guard.names)),
        _mac(guard.mac),
        tuple(str(address) for address in sorted({IPv4Address(text) for text in guard.ipv4})),
        tuple(str(address) for address in sorted({IPv6Address(text) for text in guard.ipv6})),
        guard.dhcp,
        seal,
    )


def on_device(guard: Guard, name: str) -> Guard:
    """What stands at one of its devices, in the one form that the kernel's sets are read in. Raises Unguardable."""
    known = canonical_guard(replace(guard, names=(name,)))
    return replace(known, ipv6=tuple(address for address in known.ipv6 if address != link_local(known.mac)))


def _problems(guard: Guard) -> Iterator[str]:
    if not guard.names:
        yield "a guard needs the name of the device that it is for"
    for name in guard.names:
        problem = device_name_problem(name)
        if problem is not None:
            yield problem
    if guard.closed:
        return
    yield from _mac_problems(guard.mac)
    for text in guard.ipv4:
        yield from _ipv4_problems(text)
    for text in guard.ipv6:
        yield from _ipv6_problems(text)
    if guard.seal is not None:
        yield from _seal_problems(guard, guard.seal)


def _seal_problems(guard: Guard, seal: Seal) -> Iterator[str]:
    if guard.ipv4 or not all(IPv6Address(text).is_link_local for text in guard.ipv6 if _is_ipv6(text)):
        yield "a sealed container speaks from its link-local address alone: it can be given no others"
    yield from _mac_problems(seal.host_mac)
    yield from _ipv6_problems(seal.host_link_local)
    if not IPv6Address(seal.host_link_local).is_link_local:
        yield f"{seal.host_link_local} is no link-local address of the host"
    if canonical_mac(seal.host_mac) == canonical_mac(guard.mac):
        yield f"{seal.host_mac} is both the host's and the container's"
    for port in (*seal.tcp, *seal.udp):
        if not 1 <= port <= 65535:
            yield f"{port} is no port number"


def _mac_problems(mac: str) -> Iterator[str]:
    canonical = canonical_mac(mac)
    if canonical is None:
        yield f"'{display_name(mac)}' is no MAC address"
    elif is_multicast(canonical) or canonical == _NO_MAC:
        yield f"{canonical} cannot be the MAC address of a link"


def _ipv4_problems(text: str) -> Iterator[str]:
    try:
        address = IPv4Address(text)
    except AddressValueError:
        yield f"'{display_name(text)}' is no IPv4 address (without a prefix length)"
        return
    if (
        address.is_multicast
        or address.is_unspecified
        or address.is_loopback
        or address == IPv4Address("255.255.255.255")
    ):
        yield f"{address} cannot be the address of a container"


def _ipv6_problems(text: str) -> Iterator[str]:
    try:
        address = IPv6Address(text)
    except AddressValueError:
        yield f"'{display_name(text)}' is no IPv6 address (without a prefix length)"
        return
    if address.scope_id is not None:
        yield f"{display_name(text)}: without the name of a link, please"
    elif address.is_multicast or address.is_unspecified or address.is_loopback or address.ipv4_mapped is not None:
        yield f"{address} cannot be the address of a container"


def _is_ipv6(text: str) -> bool:
    return next(_ipv6_problems(text), None) is None


def own_ipv6(guard: Guard) -> tuple[str, ...]:
    """Every IPv6 address that the container speaks from: its link-local one first."""
    own = link_local(guard.mac)
    return tuple(dict.fromkeys((*((own,) if own is not None else ()), *guard.ipv6)))


def _mac(text: str) -> str:
    canonical = canonical_mac(text)
    if canonical is None:
        raise Unguardable(f"'{display_name(text)}' is no MAC address")
    return canonical
