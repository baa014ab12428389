"""What would have to change for two ends to talk: commands where one does it, else words."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from model.findings.commands import command_of
from model.identity import LinkId
from model.intents import Intent, SetMacvlanMode, SetPort, SetUp
from model.inventory import Inventory
from model.layer2 import MACVLAN_KINDS
from model.link import Bridge, BridgePort, Link, Macvlan
from model.reach_words import called
from model.verdict import Because, Reachable, Verdict

NO_GUARD: Final = "root inside can do that too: a mode is no guard"


class Remedy(NamedTuple):
    """What takes away the first reason; there may be another one behind it."""

    wishes: tuple[Intent, ...] = ()
    words: str = ""
    """What to do instead, or to mind."""


def to_allow(graph: Inventory, one: LinkId, other: LinkId, verdict: Verdict) -> str | None:
    """`jackfield port host/veth1 isolated=off`; None: they can talk, or nothing can be advised. Fit to print."""
    found = remedy(graph, one, other, verdict)
    commands = [command for wish in found.wishes if (command := command_of(graph, wish)) is not None]
    return " · ".join(filter(None, (" ; ".join(commands), found.words))) or None


def remedy(graph: Inventory, one: LinkId, other: LinkId, verdict: Verdict) -> Remedy:
    """An empty one where there is nothing to be done here."""
    if verdict.reachable is Reachable.YES:
        return Remedy()
    at = None if verdict.blocked_at is None else graph.link(verdict.blocked_at)
    found = Remedy() if at is None else _at(graph, at, (one, other), verdict.because)
    if found != Remedy():
        return found
    return Remedy(words=_WORDS.get(verdict.because, "").format(at=called(graph, verdict.blocked_at)))


def _at(graph: Inventory, at: Link, ends: tuple[LinkId, LinkId], because: Because) -> Remedy:
    match because:
        case Because.DOWN:
            return Remedy((SetUp(at.id, up=True),))
        case Because.NO_CARRIER:
            return _carrier(graph, at)
        case Because.ISOLATED_PORTS:
            return Remedy((SetPort(at.id, (("isolated", False),)),))
        case Because.LOCKED:
            return Remedy((SetPort(at.id, (("locked", False),)),))
        case Because.FLOOD_OFF:
            return Remedy((SetPort(at.id, tuple(_flooding(at.port or BridgePort()))),))
        case Because.NOT_FORWARDING:
            return _forwarding(graph, at)
        case _:
            wishes = tuple(_modes(graph, ends)) if because in _BY_MODE else ()
            return Remedy(wishes, NO_GUARD if wishes else "")


def _carrier(graph: Inventory, at: Link) -> Remedy:
    ends = graph.ends(at.id)
    for end in (ends.peer, ends.parent):
        far = graph.link(end) if isinstance(end, LinkId) else None
        if far is not None:
            return Remedy((SetUp(far.id, up=True),)) if not far.up else _carrier(graph, far)
    if at.kind == "bridge":
        return Remedy(words=f"a port of {called(graph, at.id)} that runs: with none, the bridge has no carrier")
    return Remedy(words=f"a cable in {called(graph, at.id)}, and somebody at its other end")


def _flooding(port: BridgePort) -> Iterator[tuple[str, bool]]:
    for flag in ("flood", "bcast_flood", "learning"):
        if not getattr(port, flag):
            yield flag, True


def _forwarding(graph: Inventory, at: Link) -> Remedy:
    bridge = graph.master(at.id)
    if isinstance(bridge, Link) and isinstance(bridge.detail, Bridge) and bridge.detail.stp:
        return Remedy(words="wait: STP lets a port forward after half a minute, unless it would close a loop")
    return Remedy((SetPort(at.id, (("state", "forwarding"),)),))


def _modes(graph: Inventory, ends: tuple[LinkId, LinkId]) -> Iterator[Intent]:
    """Siblings meet where both are in mode bridge; one in mode source hears others when their MACs are on its list."""
    one, other = (graph.link(end) for end in ends)
    if one is None or other is None:
        return
    if one.kind in MACVLAN_KINDS and graph.ends(one.id).parent == graph.ends(other.id).parent:
        for link in (one, other):
            if isinstance(link.detail, Macvlan) and link.detail.mode != "bridge":
                yield SetMacvlanMode(link.id, "bridge")
        return
    for near, far in ((one, other), (other, one)):
        if isinstance(near.detail, Macvlan) and near.detail.mode == "source" and far.mac is not None:
            yield SetMacvlanMode(near.id, "source", (*near.detail.sources, far.mac))


_BY_MODE: Final = frozenset(
    {Because.MACVLAN_PRIVATE, Because.MACVLAN_VEPA, Because.HAIRPIN_UNKNOWN, Because.SOURCE_LIST}
)
_WORDS: Final = {
    Because.NO_PATH: "plug both into one bridge: jackfield attach X BRIDGE",
    Because.HAIRPIN_UNKNOWN: "a switch outside that sends frames back (hairpin, VEPA); or a veth on a bridge",
    Because.MACVLAN_PRIVATE: "a veth on a bridge in its place",
    Because.MACVLAN_HOST: "a macvlan of the host's own beside it, both in mode bridge, with the host's address on it; "
    "or a veth on a bridge in its place",
    Because.PASSTHRU: "another mode, made anew: passthru can be neither left nor joined; or a veth on a bridge",
    Because.FOREIGN_MAC: "a macvlan in mode passthru as the port, or the NIC itself",
    Because.VLAN: "the same VLAN at both ends",
    Because.PORT_MAC: "another MAC for one of them: jackfield doctor offers one",
    Because.DUPLICATE_MAC: "another MAC for one of them: jackfield doctor offers one",
    Because.WRONG_ENTRY: "bridge fdb show says which entry is wrong",
    Because.LOOP: "first break the loop: jackfield doctor names it",
    Because.GUARD: "its own MAC for who is behind {at}; or jackfield unguard {at}",
    Because.SEAL: "jackfield unseal {at}",
    Because.FILTER: "nothing, where the filter's rules let it pass: they are not looked at",
    Because.FILTER_UNREAD: "nothing, where no filter is in the way: as root more can be read",
    Because.OUTSIDE_UNKNOWN: "nothing, where both lead to the same network outside",
}
