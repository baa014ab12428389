"""The tables of one subject, as rows of words: whose each MAC is, what is new, where enter leads."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from model.caption import counted, slashed_name
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.learned import Entry, Mark, Unreadable
from model.link import Bridge
from model.mac_owner import Belongs, mac_owner, neighbour_owner
from model.names import display_name
from model.table_parts import Parts, parts_of
from model.tables import ForwardingEntry, Neighbour, Route, Tables
from tui.session import Session, Subject
from tui.widgets.line import Piece

_BELONGS_INK: Final = {
    Belongs.HERE: "strong",
    Belongs.OUTSIDE: "muted",
    Belongs.STRAY: "caution",
    Belongs.UNKNOWN: "dim",
}
_STATE_INK: Final = {"failed": "danger", "incomplete": "caution", "permanent": "text", "reachable": "text"}
_MAIN_TABLE: Final = 254


class Columns(NamedTuple):
    """Heads, and where they begin: on 80 cells, and on 110 and more."""

    heads: tuple[str, ...]
    narrow: tuple[int, ...]
    wide: tuple[int, ...]


LEARNED: Final = Columns(("MAC", "PORT", "WHO", "AGE"), (0, 19, 33, 55), (0, 22, 42, 80))
NEIGHBOURS: Final = Columns(("ADDRESS", "MAC", "WHO", "STATE"), (0, 27, 46, 64), (0, 42, 62, 90))
ROUTES: Final = Columns(("DESTINATION", "VIA", "LINK", "METRIC"), (0, 27, 46, 59), (0, 42, 70, 88))


class Row(NamedTuple):
    """An entry of a table."""

    entry: Entry
    cells: tuple[Piece, ...]
    """One for each column."""
    short: tuple[Piece, Piece]
    """What stands at the left and at the right where there is little room."""
    mark: Mark | None = None
    subject: Subject | None = None
    copies: str = ""


class Table(NamedTuple):
    """One of the three."""

    name: str
    """In the pane."""
    full_name: str
    columns: Columns
    rows: tuple[Row, ...] = ()
    remark: str = ""
    is_read: bool = True
    is_readable: bool = True
    problem: str = ""
    """Why it is not; said once for each namespace."""


def tables_of(session: Session, subject: Subject) -> Iterator[Table]:
    """Those that have something to say about a thing."""
    parts = parts_of(session.graph, subject)
    if parts is None:
        return
    maker = _Maker(session, parts, subject)
    if parts.learns:
        yield maker.learned()
    yield maker.neighbours()
    yield maker.routes()


class _Maker:
    """Makes the tables of one subject."""

    def __init__(self, session: Session, parts: Parts, subject: Subject) -> None:
        self._session = session
        self._graph: Inventory = session.graph
        self._parts = parts
        self._subject = subject
        self._now = session.clock()
        self._told: set[NamespaceId] = set()

    def learned(self) -> Table:
        """The MACs of a bridge, of a port, or of all bridges of a namespace."""
        name = "LEARNED ON THE PORT" if self._parts.port is not None else "LEARNED"
        table = Table(name, "LEARNED (FDB)", LEARNED)
        found = self._session.learned.found(self._parts.learns_in)
        if not isinstance(found, Tables):
            return self._not_read(table, self._parts.learns_in, found)
        rows = [self._mac_row(entry) for entry in self._parts.forwarding(found)]
        return table._replace(rows=tuple(rows), remark=counted(len(rows), "MAC"))

    def neighbours(self) -> Table:
        """ARP and ND."""
        table = Table("NEIGHBOURS", "NEIGHBOURS", NEIGHBOURS)
        found = self._session.learned.found(self._parts.space)
        if not isinstance(found, Tables):
            return self._not_read(table, self._parts.space, found)
        rows = [self._neighbour_row(one) for one in self._parts.neighbours(found)]
        return table._replace(rows=tuple(rows), remark=self._where(len(rows)))

    def routes(self) -> Table:
        """The main table first."""
        table = Table("ROUTES", "ROUTES", ROUTES)
        found = self._session.learned.found(self._parts.space)
        if not isinstance(found, Tables):
            return self._not_read(table, self._parts.space, found)
        ordered = sorted(self._parts.routes(found), key=lambda route: route.table != _MAIN_TABLE)
        rows = [self._route_row(route) for route in ordered]
        return table._replace(rows=tuple(rows), remark=self._where(len(rows)))

    def _not_read(self, table: Table, space: NamespaceId, found: Unreadable | None) -> Table:
        reason = "" if found is None or space in self._told else found.reason
        self._told.add(space)
        return table._replace(is_read=found is not None, is_readable=found is None, problem=reason)

    def _where(self, count: int) -> str:
        return f"{count:,}, {'host' if self._parts.space == self._graph.home else 'inside'}"

    def _mark(self, space: NamespaceId, entry: Entry) -> Mark | None:
        return self._session.learned.mark(space, entry, self._now)

    def _name(self, space: NamespaceId, ifindex: int | None) -> str:
        link = None if ifindex is None else self._graph.link(LinkId(space, ifindex))
        return "" if ifindex is None else f"index {ifindex}" if link is None else display_name(link.name)

    def _mac_row(self, entry: ForwardingEntry) -> Row:
        space = self._parts.learns_in
        owner = mac_owner(self._graph, entry, LinkId(space, entry.bridge))
        ink = _BELONGS_INK[owner.belongs]
        who = Piece(owner.text, ink, bold=owner.belongs in (Belongs.HERE, Belongs.STRAY))
        age = "" if entry.age_s is None else f"{entry.age_s:,.0f} s"
        vlan = "" if entry.vlan is None else f", vlan {entry.vlan}"
        aged = Piece(f"{age or entry.kind}{vlan}", "muted")
        on_port = self._parts.port is not None
        stray = Piece("not its own" if on_port else owner.text, ink)
        right = stray if owner.belongs is Belongs.STRAY else aged if on_port else Piece(owner.text, "muted")
        return Row(
            entry,
            (
                Piece(entry.mac, "text"),
                Piece(self._name(space, entry.port), "text"),
                who,
                aged._replace(text=f"{aged.text}{self._fades(entry)}"),
            ),
            (Piece(entry.mac), right),
            self._mark(space, entry),
            owner.link,
            entry.mac,
        )

    def _fades(self, entry: ForwardingEntry) -> str:
        """Who is about to be forgotten, and when."""
        bridge = self._graph.link(LinkId(self._parts.learns_in, entry.bridge))
        if entry.age_s is None or bridge is None or not isinstance(bridge.detail, Bridge):
            return ""
        ageing = bridge.detail.ageing_s
        return f"  fades at {ageing:,.0f} s" if entry.age_s > ageing * 2 / 3 else ""

    def _neighbour_row(self, one: Neighbour) -> Row:
        space = self._parts.space
        link = neighbour_owner(self._graph, one)
        who = slashed_name(self._graph, link) if link is not None else "router" if one.router else ""
        if self._parts.link is None:
            who = f"{who or 'unknown'} on {self._name(space, one.ifindex)}"
        state = Piece(one.state, _STATE_INK.get(one.state, "muted"))
        mac = Piece(one.mac, "text") if one.mac else Piece("no answer", "dim")
        cells = (Piece(one.address), mac, Piece(who, "text" if link is not None else "muted"), state)
        short = (Piece(one.address), Piece(one.state, state.ink if one.state != "reachable" else "muted"))
        return Row(one, cells, short, self._mark(space, one), link.id if link is not None else None, one.address)

    def _route_row(self, route: Route) -> Row:
        space = self._parts.space
        via = f"via {route.gateway}" if route.gateway else "direct" if route.kind == "unicast" else route.kind
        link = self._name(space, route.ifindex)
        source = f", from {route.source}" if route.source else ""
        table = f", table {route.table}" if route.table != _MAIN_TABLE else ""
        cells = (
            Piece(route.destination, "strong" if route.destination == "default" else "text"),
            Piece(via, "text" if route.gateway else "muted"),
            Piece(link),
            Piece(f"{route.metric or ''}{table or source}".removeprefix(", "), "muted"),
        )
        short_via = f"{via} {link}" if route.gateway else link or via
        target = LinkId(space, route.ifindex) if route.ifindex is not None else None
        return Row(
            route, cells, (Piece(route.destination), Piece(short_via, "muted")), self._mark(space, route), target,
            route.destination,
        )  # fmt: skip
