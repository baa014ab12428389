"""PLUGGED IN and LINKS: what hangs on a segment, what a namespace holds."""

from collections.abc import Iterator

from model.caption import counted, full_name, link_kind, main_address
from model.identity import NamespaceId
from model.link import Link, Macvlan
from model.names import display_name
from model.tree import is_idle
from model.viewpoint import rate_inside
from model.whose import holder_of
from tui.session import Session
from tui.widgets.detail_item import MOST, Item, head
from tui.widgets.line import Line, Piece, length_of
from tui.widgets.link_dot import dot
from tui.widgets.meter import bars, meter_of


def plugged_items(session: Session, segment: Link) -> Iterator[Item]:
    """Ports and children, with whose they are."""
    graph = session.graph
    plugged = [*graph.ports(segment.id), *(link for link in graph.children(segment.id) if link.kind != "vlan")]
    yield head("PLUGGED IN", counted(len(plugged), "link"))
    for link in plugged[:MOST]:
        yield _line(session, link, full_name(graph, link), _inside(session, link))
    yield from _more(len(plugged))


def link_items(session: Session, space: NamespaceId) -> Iterator[Item]:
    """The links of a namespace; what nobody uses comes last."""
    graph = session.graph
    links = sorted(graph.links(space), key=lambda link: (is_idle(link), link.id.ifindex))
    yield head("LINKS", f"{len(links):,}")
    for link in links[:MOST]:
        address = main_address(graph, link.id)
        yield _line(session, link, display_name(link.name), address.cidr if address else link_kind(graph, link))
    yield from _more(len(links))


def _inside(session: Session, link: Link) -> str:
    far = session.graph.peer(link.id)
    if isinstance(far, Link):
        return full_name(session.graph, far)
    holder = holder_of(session.graph, link.id)
    if holder is not None:
        return holder.name
    return link.detail.mode if isinstance(link.detail, Macvlan) else ""


def _line(session: Session, link: Link, name: str, remark: str) -> Item:
    def write(line: Line) -> None:
        dot(line, session, link)
        rate = rate_inside(session.graph, session.rates, link)
        line.write(" ").write("  " if rate is None else bars(meter_of(rate), line.pen.signs), "muted").write(" ")
        line.write(name, "muted" if is_idle(link) else "text", room=max(0, line.room))
        if length_of([Piece(remark)]) < line.room:
            line.right([Piece(remark, "muted")])

    return Item(write, key=("link", link.id), subject=link.id, copies=session.graph.address(link.id) or "")


def _more(count: int) -> Iterator[Item]:
    if count > MOST:
        yield Item(lambda line: line.write(f"and {count - MOST:,} more", "muted"))
