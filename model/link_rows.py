"""Every link as a row of one table: what its cells say, and how rows are put in order. Host text is shown safe."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from model.cables import BRIDGE_KINDS
from model.caption import Far, Manner, State, counted, link_kind, main_address, other_end, slashed_name, state_of
from model.change import Change, What
from model.filter import Filter, Term, passes
from model.identity import LinkId
from model.inventory import Inventory
from model.link import Link
from model.names import display_name
from model.natural import address_order, natural
from model.segments import Letters, is_segment, place_of
from model.tree import Entry, Sort, is_idle, is_outside
from model.whose import holder_of, whose


class Column(Enum):
    """A column, in the order of the screen; its value is its head."""

    STATE = "STATE"
    LINK = "LINK"
    KIND = "KIND"
    ADDRESS = "ADDRESS"
    OTHER_END = "OTHER END"
    ON = "ON"
    MAC = "MAC"
    MTU = "MTU"
    RX = "RX"
    TX = "TX"
    BY = "BY"


FIXED: Final = frozenset({Column.STATE, Column.LINK})
"""These are always there."""
UNSORTED: Final = frozenset({Column.RX, Column.TX})
"""Only what is on the screen is counted: it cannot be put in order with the rest."""

NONE = "none"
UNKNOWN_ADDRESS = "unknown"


@dataclass(frozen=True, slots=True)
class LinkRow:
    """What the cells of one link say."""

    owner: str
    """Before the slash of its name."""
    name: str
    at_home: bool
    """It is the host's own."""
    state: State
    kind: str
    address: str
    has_address: bool
    """False: `address` says why there is none."""
    far: Far
    on: LinkId | None
    """The segment that it is plugged into, or that it is."""
    on_name: str
    """Empty where it is the segment itself."""
    mac: str
    mtu: int
    by: str


class Order(NamedTuple):
    """By which column the rows stand."""

    column: Column = Column.LINK
    descending: bool = False


BY_NAME: Final = Order()


@dataclass(frozen=True, slots=True)
class Look:
    """How the operator wants the table."""

    order: Order = BY_NAME
    hidden: frozenset[Column] = frozenset()
    idle: bool = False
    """With the links that every namespace has and nobody uses."""

    @property
    def shown(self) -> frozenset[Column]:
        """The columns that are wanted."""
        return FIXED | (frozenset(Column) - self.hidden)

    def next_order(self, columns: tuple[Column, ...]) -> Order:
        """The following one of these columns, from the left again after the last."""
        able = [column for column in columns if column not in UNSORTED] or [Column.LINK]
        at = able.index(self.order.column) if self.order.column in able else -1
        return Order(able[(at + 1) % len(able)])

    def by(self, column: Column) -> Order:
        """By this column; the other way round where it is by it already."""
        return Order(column, self.order.column is column and not self.order.descending)


SortKey = tuple[object, ...]


def link_row(graph: Inventory, link: Link) -> LinkRow:
    """The cells of one link."""
    owner, by = whose(graph, link.id.namespace)
    held = holder_of(graph, link.id)
    address, has_address = _address(graph, link)
    on = _segment(graph, link)
    segment = graph.link(on) if on is not None and on != link.id else None
    return LinkRow(
        owner,
        display_name(link.name),
        link.id.namespace == graph.home,
        state_of(graph, link),
        kind_word(graph, link),
        address,
        has_address,
        far_end(graph, link),
        on,
        display_name(segment.name) if segment is not None else "",
        link.mac or "",
        link.mtu,
        held.by if held is not None else by,
    )


def kind_word(graph: Inventory, link: Link) -> str:
    """The kind of the link itself: what stands on it does not matter here."""
    return (
        "phys" if link.kind == "device" else link_kind(graph, link) if link.kind == "tun" else display_name(link.kind)
    )


def far_end(graph: Inventory, link: Link) -> Far:
    """What it is plugged into. The segment has a column of its own."""
    home = graph.home if graph.home is not None else link.id.namespace
    peer = graph.peer(link.id)
    if isinstance(peer, Link):
        if home not in (peer.id.namespace, link.id.namespace):
            return Far(slashed_name(graph, peer), Manner.DIRECT)
        is_inside = peer.id.namespace == home != link.id.namespace
        return Far(display_name(peer.name) if is_inside else slashed_name(graph, peer), Manner.CABLE)
    held = holder_of(graph, link.id)
    if held is not None:
        return Far(held.name, Manner.CABLE)
    if link.kind in BRIDGE_KINDS:
        ports = len(graph.ports(link.id))
        return Far(counted(ports, "port") if ports else "no ports")
    if link.kind == "device":
        return Far("outside" if link.id.namespace == home else "whole NIC", Manner.CABLE)
    place = place_of(graph, link)
    far = other_end(graph, link, Entry(link.id, Sort.LINK, link.id, home, place.segment if place else None))
    if is_outside(link) and far.text.startswith("port "):
        return Far(far.text.partition(", ")[2] or "outside", Manner.CABLE)
    return far


def name_key(graph: Inventory, link: Link) -> SortKey:
    """What rows stand by where nothing else tells them apart. No two links have the same."""
    return natural(whose(graph, link.id.namespace).name), natural(link.name), link.id


def cell_key(graph: Inventory, link: Link, column: Column, letters: Letters) -> SortKey:  # a table
    """The value of a cell, to put rows in order by."""
    match column:
        case Column.STATE:
            return (_SEVERITY[state_of(graph, link)],)
        case Column.KIND:
            return (kind_word(graph, link),)
        case Column.ADDRESS:
            return address_order(graph.addresses(link.id))
        case Column.OTHER_END:
            text = far_end(graph, link).text
            return (not text, natural(text))
        case Column.ON:
            segment = _segment(graph, link)
            return (1, 0, 0) if segment is None else (0, letters.ordinal(segment), segment != link.id)
        case Column.MAC:
            return (link.mac is None, link.mac or "")
        case Column.MTU:
            return (link.mtu,)
        case Column.BY:
            held = holder_of(graph, link.id)
            return ((held or whose(graph, link.id.namespace)).by,)
        case Column.LINK | Column.RX | Column.TX:
            return ()


def listed(graph: Inventory, link: Link, terms: Filter, *, idle: bool) -> bool:
    """Whether a link has a row: of the idle ones only those that are asked for by name or kind."""
    if not all(_lets_through(graph, term, link) for term in terms):
        return False
    return idle or not _is_spare(graph, link) or any(_calls(term.field, term.text, link) for term in terms)


_CONCERN_WHAT_IS_PLUGGED_IN: Final = frozenset({What.LINK_ADDED, What.LINK_REMOVED, What.MOVED, What.RENAMED})


def rows_touched(graph: Inventory, changes: Iterable[Change]) -> Iterator[LinkId]:
    """The links whose rows may say something else after these changes."""
    for change in changes:
        if isinstance(change.subject, LinkId):
            yield from _touched_with(graph, change.subject)
            if change.what in _CONCERN_WHAT_IS_PLUGGED_IN:
                for plugged in (*graph.ports(change.subject), *graph.children(change.subject)):
                    yield from (plugged.id, *_ends_of(graph, plugged.id))
        elif change.subject is not None:
            for link in graph.links(change.subject):
                yield from (link.id, *_ends_of(graph, link.id))
        if isinstance(change.before, Link):
            before = change.before
            yield before.id
            for end in (before.master_id, before.peer, before.parent):
                if isinstance(end, LinkId):
                    yield from (end, *_ends_of(graph, end))
        elif isinstance(change.before, LinkId):
            yield from (change.before, *_ends_of(graph, change.before))


def _lets_through(graph: Inventory, term: Term, link: Link) -> bool:
    """A field is the link's own; a text may be its other end's, which stands on the same row."""
    found = passes(graph, (Term(term.field, term.text),), link.id)
    peer = graph.ends(link.id).peer
    if not found and not term.field and isinstance(peer, LinkId):
        found = passes(graph, (Term("", term.text),), peer)
    return found != term.negated


def _touched_with(graph: Inventory, link: LinkId) -> Iterator[LinkId]:
    """It, the ends it has, and the other end of its parent: that may have become a segment."""
    yield from (link, *_ends_of(graph, link))
    parent = graph.ends(link).parent
    if isinstance(parent, LinkId):
        yield from _ends_of(graph, parent)


def _ends_of(graph: Inventory, link: LinkId) -> Iterator[LinkId]:
    ends = graph.ends(link)
    yield from (end for end in (ends.peer, ends.parent, ends.master) if isinstance(end, LinkId))


def _segment(graph: Inventory, link: Link) -> LinkId | None:
    if is_segment(graph, link):
        return link.id
    place = place_of(graph, link)
    return place.segment if place is not None else None


def _address(graph: Inventory, link: Link) -> tuple[str, bool]:
    address = main_address(graph, link.id)
    if address is not None:
        return address.cidr, True
    namespace = graph.namespace(link.id.namespace)
    unseen = (namespace is not None and not namespace.readable) or holder_of(graph, link.id) is not None
    return UNKNOWN_ADDRESS if unseen else NONE, False


def _is_spare(graph: Inventory, link: Link) -> bool:
    """Idle, and without an address that somebody gave it."""
    return is_idle(link) and all(address.scope == "host" for address in graph.addresses(link.id))


def _calls(field: str, text: str, link: Link) -> bool:
    return field == "kind" or (field == "" and text == link.name.lower())


_SEVERITY: Final = {State.DOWN: 0, State.UNKNOWN: 1, State.UP: 2, State.OFF: 3}
