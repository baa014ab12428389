"""Screen 6: what is kept, a row a pin, a guard or a seal; then the ports from which anything can be sent."""

from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from model.forging import forging, in_words, is_child
from model.guard import own_ipv6
from model.identity import LinkId
from model.inventory import Inventory
from model.keeping import Part
from model.kept import Kept
from model.link import Link, Macvlan
from model.pinned_names import Pinned
from model.policy import Policy, Selector
from model.policy_cables import Cable, cables
from model.wishes import GuardWish, PinWish, PolicyNote, SealWish, Standing


class Section(Enum):
    """What a row is about."""

    PIN = "pin"
    GUARD = "guard"
    SEAL = "seal"
    OPEN = "open"


class State(Enum):
    """The word that a row begins with."""

    KEPT = "kept"
    DRIFT = "drift"
    WAITS = "waits"
    CANNOT = "cannot"
    LOADED = "loaded"
    HITS = "hits"
    MISSING = "missing"
    """Its rules are not in the kernel."""
    UNSEEN = "unseen"
    """Whether its rules are in the kernel cannot be seen."""
    OPEN = "open"


class Row(NamedTuple):
    """One thing that is kept, or could be. Texts are the host's."""

    section: Section
    state: State
    entry: str | None
    """The policy's name; None: nothing is kept of it."""
    link: LinkId | None
    """The host end, or a macvlan; None: it does not exist now."""
    whose: str
    at: str
    """The host end's name."""
    third: str
    """A MAC, or how much has passed."""
    words: str

    @property
    def part(self) -> Part | None:
        """What of its entry it is."""
        match self.section:
            case Section.PIN:
                return "pin"
            case Section.GUARD:
                return "guard"
            case Section.SEAL:
                return "seal"
            case Section.OPEN:
                return None


def rows(graph: Inventory, kept: Kept, promised: dict[str, Pinned], now: datetime) -> list[Row]:
    """All rows, in the order of the screen. `promised`: see model.drift.promises."""
    policies = kept.read.policies
    pins = [_pin(graph, kept, wish) for wish in kept.drift.pins]
    guards = [_sending(graph, kept, wish, now) for wish in kept.drift.guards]
    seals = [_sending(graph, kept, wish, now) for wish in kept.drift.seals]
    notes = {note.policy: note for note in kept.drift.notes}
    for section, found in ((Section.PIN, pins), (Section.GUARD, guards), (Section.SEAL, seals)):
        there = {row.entry for row in found}
        having = (policy for policy in policies if getattr(policy, section.value) is not None)
        found += [_absent(policy, section, notes, promised) for policy in having if policy.name not in there]
    return [*pins, *guards, *seals, *_open(graph, kept)]


def _pin(graph: Inventory, kept: Kept, wish: PinWish) -> Row:
    host = graph.link(wish.link)
    mac = (host.mac if host is not None else None) or ""
    made = Row(Section.PIN, State.KEPT, wish.policy, wish.link, _whose(graph, wish.link), _name(host), mac, "")
    match wish.standing:
        case Standing.RIGHT:
            return made._replace(words=", ".join(filter(None, ("as pinned", wish.link_local))))
        case Standing.DUE:
            return made._replace(state=State.DRIFT, words=kept.pin_drift(wish))
        case Standing.WAITS:
            return made._replace(state=State.WAITS, words=wish.reason)
        case Standing.REFUSED:
            return made._replace(state=State.CANNOT, words=wish.reason)


def _sending(graph: Inventory, kept: Kept, wish: GuardWish | SealWish, now: datetime) -> Row:
    section = Section.SEAL if isinstance(wish, SealWish) else Section.GUARD
    host = graph.link(wish.link)
    tally = kept.read.tally.of(wish.guard.names if wish.guard is not None else ())
    made = Row(
        section,
        State.LOADED,
        wish.policy,
        wish.link,
        _whose(graph, wish.link),
        _name(host),
        "" if tally.passed is None else f"{tally.passed:,} passed",
        f"{tally.frames:,} dropped; {_allowed(wish)}",
    )
    standing = kept.read.standing
    if wish.guard is None:
        return made._replace(state=State.CANNOT, third="", words=wish.reason)
    if standing is None:
        return made._replace(state=State.UNSEEN)
    if not standing.issuperset(wish.guard.names):
        return made._replace(state=State.MISSING, words=f"no rules in the kernel: {_allowed(wish)}")
    if isinstance(wish, SealWish) and wish.isolate:
        return made._replace(state=State.DRIFT, words="its port is not isolated")
    if isinstance(wish, GuardWish) and wish.lock:
        return made._replace(state=State.DRIFT, words="its port is not locked")
    return made._replace(state=State.HITS) if kept.is_hit(wish.link, now) else made


def _allowed(wish: GuardWish | SealWish) -> str:
    guard = wish.guard
    if guard is None:
        return ""
    if guard.seal is None:
        return " ".join((guard.mac, *guard.ipv4, *own_ipv6(guard)))
    ports = (*(f"tcp {port}" for port in guard.seal.tcp), *(f"udp {port}" for port in guard.seal.udp))
    where = wish.reach_at if isinstance(wish, SealWish) else ""
    return f"only {', '.join(ports)} of {where}"


def _absent(policy: Policy, section: Section, notes: dict[str, PolicyNote], promised: dict[str, Pinned]) -> Row:
    """An entry that nothing here is meant by."""
    note, coming = notes.get(policy.name), promised.get(policy.name)
    is_pin = section is Section.PIN and coming is not None
    at, mac = (coming.name or "", coming.mac or "") if is_pin and coming is not None else ("", "")
    made = Row(section, State.WAITS, policy.name, None, policy.name, at, mac, "applied when it starts")
    if note is not None and note.code in ("macvlan", "no-supervisor"):
        return made._replace(state=State.CANNOT, link=note.link, words=note.text)
    if note is not None and note.code == "two-policies":
        return made._replace(state=State.CANNOT, link=note.link, words=note.text)
    return made


def _open(graph: Inventory, kept: Kept) -> Iterator[Row]:
    """The ports of containers and VMs before which no rules of ours are wished for."""
    guarded = {wish.link for wish in kept.drift.guards} | {wish.link for wish in kept.drift.seals}
    for cable in cables(graph, kept.read.held):
        if cable.host.id not in guarded and not _is_ours(cable):
            said = in_words(forging(graph, cable.host.id, "", filtered=False))
            mac = (cable.inside.mac if cable.inside is not None else None) or ""
            yield Row(Section.OPEN, State.OPEN, None, cable.host.id, _whose_cable(graph, cable), cable.host.name,
                      mac, f"may forge {said}")  # fmt: skip
    for link in graph.links():
        if is_child(graph, link.id):
            mode = link.detail.mode if isinstance(link.detail, Macvlan) else ""
            whose = graph.address(link.id) or ""
            words = "may forge all, and its own mode: g says what instead"
            yield Row(Section.OPEN, State.OPEN, None, link.id, whose, f"{link.kind} {mode}", link.mac or "", words)


def _is_ours(cable: Cable) -> bool:
    """Held, but gone from where we can see it."""
    return cable.inside is None and not cable.owners


def _whose(graph: Inventory, host: LinkId) -> str:
    inside = graph.peer(host)
    holder = graph.holder(host)
    if holder is not None and holder.owner is not None:
        return holder.owner.name
    return (graph.address(inside.id) if isinstance(inside, Link) else graph.address(host)) or ""


def _whose_cable(graph: Inventory, cable: Cable) -> str:
    if cable.inside is None:
        return cable.owners[0].name if cable.owners else cable.host.name
    return graph.address(cable.inside.id) or cable.host.name


def _name(host: Link | None) -> str:
    return "" if host is None else host.name


def matched_by(match: Selector) -> str:
    """What an entry looks at: `runtime lxc, owner tinderbox, link eth0`."""
    words = [
        f"{word} {value}"
        for word, value in (
            ("runtime", match.runtime), ("owner", match.owner), ("image", match.image), ("netns", match.netns),
            ("link", match.link), ("bridge", match.bridge),
        )
        if value is not None
    ]  # fmt: skip
    return ", ".join([*words, *(f"label {key}={value}" for key, value in match.labels)])
