"""What our own guards on the way let pass, in words: they are no filters that nobody knows."""

from collections.abc import Iterator, Sequence

from model.conditions import Conditions
from model.guard import Guard, Seal, own_ipv6
from model.identity import LinkId
from model.inventory import Inventory
from model.names import display_name
from model.verdict import Because, Verdict


def guard_over(around: Conditions, link: LinkId) -> Guard | None:
    """What is guarded at a host end, as far as anybody looked."""
    filters = around.filters.get(link.namespace)
    return None if filters is None else filters.guards.get(link)


def guarded_on(graph: Inventory, around: Conditions, hops: Sequence[LinkId]) -> Iterator[LinkId]:
    """The guarded host ends of a way that it enters, or leaves, by their cable."""
    for place, hop in enumerate(hops):
        if guard_over(around, hop) is not None:
            peer = graph.ends(hop).peer
            if peer is None or peer in hops[max(0, place - 1) : place + 2]:
                yield hop


def guards_words(graph: Inventory, around: Conditions, verdict: Verdict) -> str:
    """What the guard that stopped a frame lets pass; where none did, how those on the way narrow a yes."""
    if verdict.because in (Because.GUARD, Because.SEAL) and verdict.blocked_at is not None:
        guard = guard_over(around, verdict.blocked_at)
        if guard is not None and guard.closed:
            return "nothing passes before it is known who is behind it"
        if guard is not None:
            return _sealed(guard.seal) if guard.seal is not None else f"only what {guard.mac} sends passes"
    if verdict.because is not Because.CONNECTED:
        return ""
    told = ((hop, guard_over(around, hop)) for hop in verdict.guards)
    return "; ".join(f"{_name(graph, hop)} is guarded: {_lets_pass(guard)}" for hop, guard in told if guard is not None)


def allowed(guard: Guard) -> tuple[str, ...]:
    """The addresses that a guarded container may send from; a sealed one has only its link-local address."""
    return own_ipv6(guard) if guard.seal is not None else (*guard.ipv4, *own_ipv6(guard))


def _name(graph: Inventory, link: LinkId) -> str:
    return display_name(graph.address(link) or str(link))


def _lets_pass(guard: Guard) -> str:
    only = f"only ARP and IP pass, from {', '.join(allowed(guard)) or 'no address'}"
    return only if guard.ipv4 else f"{only}; no IPv4"


def _sealed(seal: Seal) -> str:
    ports = [f"{word} {', '.join(map(str, ports))}" for word, ports in (("TCP", seal.tcp), ("UDP", seal.udp)) if ports]
    return f"only {' and '.join(ports) or 'neighbour discovery'} to {seal.host_link_local} ({seal.host_mac}) passes"
