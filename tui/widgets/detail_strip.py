"""The detail where there is no room for a pane: a title and three lines below the map or the tree."""

from textual.strip import Strip

from model.cable_path import port_flags
from model.caption import State, full_name, link_kind, port_ordinal, reason_down, state_of
from model.identity import LinkId
from model.link import Link, Macvlan
from model.names import display_name
from model.segments import bridge_of
from model.whose import runtime_word
from tui.session import Session, Subject
from tui.widgets.detail_rates import rate_pieces
from tui.widgets.detail_sheet import Sheet
from tui.widgets.line import Line, Piece
from tui.widgets.link_dot import dot, hue, segment_ink
from tui.widgets.painted import Painted, title_rule


class DetailStrip(Painted):
    """Where it is plugged in, its addresses, what passes; of a namespace whose it is."""

    def __init__(self, session: Session) -> None:
        super().__init__("strip")
        self._session = session
        self._subject: Subject | None = None

    def show(self, subject: Subject | None) -> None:
        """Another thing."""
        self._subject = subject
        self.freshen()

    def links_on_screen(self) -> list[LinkId]:
        """What is to be counted."""
        return [self._subject] if self.display and isinstance(self._subject, LinkId) else []

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # four rows
        sheet = Sheet(self._session, self._subject)
        if not sheet.is_there:
            return [title_rule(self.line(), [], []).strip()]
        remark = [Piece(sheet.remark, "muted")] if sheet.remark else []
        title = title_rule(self.line(), [Piece(sheet.title, "strong", bold=True)], remark)
        return [row.strip() for row in (title, *(self._rows(sheet)))]

    def _rows(self, sheet: Sheet) -> list[Line]:
        lines = [self.line().to(1) for _ in range(3)]
        if sheet.link is None:
            lines[0].add(sheet.namespace_pieces())
            lines[1].add(_owner_pieces(sheet))
            return lines
        dot(lines[0], self._session, sheet.link)
        lines[0].write(" ").add(_place_pieces(self._session, sheet.link))
        lines[1].add(_address_pieces(self._session, sheet.link))
        lines[2].add(rate_pieces(self._session, sheet.link, hue(self._session, sheet.link), lines[2]))
        return lines


def _place_pieces(session: Session, link: Link) -> list[Piece]:
    """Host end, port, bridge."""
    graph = session.graph
    far = graph.peer(link.id)
    pieces = _trouble_pieces(session, link)
    if isinstance(far, Link):
        pieces += [Piece(full_name(graph, far), "strong", bold=True), Piece("  ")]
    port = far if isinstance(far, Link) and bridge_of(graph, far.id) is not None else link
    pieces += _port_pieces(session, port)
    parent = graph.parent(link.id)
    if isinstance(parent, Link):
        mode = f"{link.detail.mode} " if isinstance(link.detail, Macvlan) else ""
        pieces.append(Piece(f"{mode}on {full_name(graph, parent)}, ", "text"))
    pieces.append(Piece(f"{link_kind(graph, link)}, mtu {link.mtu}", "muted"))
    return pieces


def _trouble_pieces(session: Session, link: Link) -> list[Piece]:
    match state_of(session.graph, link):
        case State.DOWN:
            return [Piece(f"DOWN: {reason_down(session.graph, link)}  ", "danger")]
        case State.OFF:
            return [Piece("off  ", "caution")]
        case State.UNKNOWN:
            return [Piece("other end unknown  ", "caution")]
        case State.UP:
            return []


def _port_pieces(session: Session, port: Link) -> list[Piece]:
    """`port 3 of A br0, forwarding, `."""
    graph = session.graph
    bridge = bridge_of(graph, port.id)
    there = graph.link(bridge) if bridge is not None else None
    if bridge is None or there is None:
        return []
    pieces = [Piece(f"port {port_ordinal(graph, bridge, port.id)} of ", "muted")]
    name = f"{session.letters.letter(bridge)} {full_name(graph, there)}"
    pieces.append(Piece(name, segment_ink(session, bridge), bold=True))
    if port.port is not None:
        words = [display_name(port.port.state), *port_flags(port.port)]
        pieces.append(Piece(", " + ", ".join(words), "muted"))
    return [*pieces, Piece(", ", "muted")]


def _address_pieces(session: Session, link: Link) -> list[Piece]:
    """Addresses and MAC."""
    texts = [address.cidr for address in session.graph.addresses(link.id)]
    pieces = [Piece("  ".join(texts) if texts else "no address", "text" if texts else "dim")]
    if link.mac:
        pieces += [Piece("  mac ", "muted"), Piece(link.mac)]
    return pieces


def _owner_pieces(sheet: Sheet) -> list[Piece]:
    """Whose, and which inode."""
    pieces: list[Piece] = []
    for owner in sheet.owners[:4]:
        pieces += [Piece(f"{runtime_word(owner)} ", "muted"), Piece(display_name(owner.name))]
        if owner.image:
            pieces.append(Piece(f" {display_name(owner.image)}", "muted"))
        pieces.append(Piece("  "))
    namespace = sheet.graph.namespace(sheet.space) if sheet.space is not None else None
    if namespace is not None and namespace.inode is not None:
        pieces.append(Piece(f"netns {namespace.inode}", "muted"))
    return pieces
