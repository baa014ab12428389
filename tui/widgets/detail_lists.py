"""PLUGGED IN and LINKS: what hangs on a segment, what a namespace holds."""

from collections.abc import Iterator, Sequence
from typing import Final

from model.caption import counted, full_name, link_kind, main_address
from model.identity import NamespaceId
from model.link import Link, Macvlan
from model.tree import is_idle
from model.viewpoint import rate_inside
from model.whose import holder_of
from tui.session import Session
from tui.signs import Signs
from tui.widgets.detail_item import MOST, Item, Write, head
from tui.widgets.detail_tables import column_heads, full_head, in_columns
from tui.widgets.learned_tables import Columns
from tui.widgets.line import Line, Piece, fit
from tui.widgets.link_dot import dot
from tui.widgets.meter import EMPTY_METER, bars, meter_of

LINKS: Final = Columns(("     LINK", "KIND", "ADDRESS", "OTHER END"), (0, 28, 38, 57), (0, 34, 50, 72))


def plugged_items(session: Session, segment: Link, *, wide: bool) -> Iterator[Item]:
    """Ports and children, with whose they are."""
    graph = session.graph
    plugged = [*graph.ports(segment.id), *(link for link in graph.children(segment.id) if link.kind != "vlan")]
    yield from _items(session, "PLUGGED IN", plugged, wide=wide)


def link_items(session: Session, space: NamespaceId, *, wide: bool) -> Iterator[Item]:
    """The links of a namespace; what nobody uses comes last."""
    links = sorted(session.graph.links(space), key=lambda link: (is_idle(link), link.id.ifindex))
    yield from _items(session, "LINKS", links, wide=wide)


def _items(session: Session, name: str, links: Sequence[Link], *, wide: bool) -> Iterator[Item]:
    idle = sum(map(is_idle, links))
    remark = counted(len(links) - idle, "link") + (f", {idle} idle" if idle else "")
    yield full_head(name, remark) if wide else head(name, remark)
    if wide and links:
        yield column_heads(LINKS)
    for link in links[:MOST]:
        yield _full_row(session, link) if wide else _short_row(session, link)
    if len(links) > MOST:
        yield Item(lambda line: line.write(f"and {len(links) - MOST:,} more", "muted"))


def _full_row(session: Session, link: Link) -> Item:
    def write(line: Line) -> None:
        start = line.at
        _state_and_rate(session, link, line)
        line.to(start + 5)
        address = main_address(session.graph, link.id)
        cells = (
            Piece(full_name(session.graph, link), "muted" if is_idle(link) else "text"),
            Piece(link_kind(session.graph, link), "muted"),
            Piece(address.cidr if address is not None else "", "muted"),
            Piece(_far(session, link), "text"),
        )
        in_columns(line, LINKS, cells, begin=start)

    return _entry(session, link, write)


def _short_row(session: Session, link: Link) -> Item:
    def write(line: Line) -> None:
        _state_and_rate(session, link, line)
        line.write(" ")
        name = full_name(session.graph, link)
        line.write(name, "muted" if is_idle(link) else "text", room=max(0, line.room))
        address = main_address(session.graph, link.id)
        remark = _far(session, link) or (address.cidr if address is not None else link_kind(session.graph, link))
        line.right([Piece(fit(remark, line.room - 1, line.pen.signs.cut), "muted")])

    return _entry(session, link, write)


def _entry(session: Session, link: Link, write: Write) -> Item:
    return Item(write, ("link", link.id), link.id, is_counted=True, meter=lambda signs: _meter(session, link, signs))


def _state_and_rate(session: Session, link: Link, line: Line) -> None:
    dot(line, session, link)
    line.write(" ").write(_meter(session, link, line.pen.signs), "muted")


def _meter(session: Session, link: Link, signs: Signs) -> str:
    """Blank until it was read."""
    rate = rate_inside(session.graph, session.rates, link)
    return EMPTY_METER if rate is None else bars(meter_of(rate), signs)


def _far(session: Session, link: Link) -> str:
    """Whose it is, or how it is plugged in."""
    far = session.graph.peer(link.id)
    if isinstance(far, Link):
        return full_name(session.graph, far)
    holder = holder_of(session.graph, link.id)
    if holder is not None:
        return holder.name
    return link.detail.mode if isinstance(link.detail, Macvlan) else ""
