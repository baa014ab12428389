"""Everything known of one thing: as a pane, as three lines, as a whole screen."""

from collections.abc import Callable, Iterator
from typing import Final

from textual.strip import Strip

from model.cable_path import Hop, namespace_of, path_of, port_flags
from model.caption import State, counted, full_name, link_kind, main_address, port_ordinal, reason_down, state_of
from model.identity import LinkId, NamespaceId
from model.json_form import owners_of
from model.link import Bridge, Link, Macvlan, Tun, Vlan, Vxlan
from model.names import display_name
from model.namespace import Owner
from model.segments import bridge_of, is_segment, place_of
from model.table_parts import parts_of
from model.tree import is_idle, links_of
from model.whose import holder_of, runtime_word, whose
from tui.session import Session, Subject
from tui.widgets.bars import chip_line
from tui.widgets.line import Line, Piece, length_of
from tui.widgets.painted import Painted, Pane, title_rule

LABEL: Final = 8
"""Cells for labels."""
Write = Callable[[Line], object]
"""Writes one line, from where it stands."""
MOST: Final = 200
"""Ports, links or labels that are listed at most."""


class DetailPane(Pane):
    """A pane at the right, or the whole screen. It scrolls; it has no cursor of its own."""

    def __init__(self, session: Session) -> None:
        super().__init__("detail")
        self._session = session
        self._subject: Subject | None = None
        self._lines: list[Line] = []

    def show(self, subject: Subject | None) -> None:
        """Another thing."""
        if subject != self._subject:
            self.top = 0
        self._subject = subject
        self.freshen()

    def links_on_screen(self) -> Iterator[LinkId]:
        """What is to be counted."""
        if self.is_shown and isinstance(self._subject, LinkId):
            yield self._subject

    def tables_on_screen(self) -> frozenset[NamespaceId]:
        """The namespaces whose tables are to be read."""
        if not self.is_shown or self._subject is None:
            return frozenset()
        parts = parts_of(self._session.graph, self._subject)
        return frozenset() if parts is None else parts.namespaces

    @property
    def is_shown(self) -> bool:
        """It has room."""
        return bool(self.display and self.size.width and self.size.height)

    @property
    def count(self) -> int:
        return len(self._lines)

    @property
    def _has_heading(self) -> bool:
        return False

    def step(self, rows: int) -> None:
        """It scrolls."""
        self.scroll(rows)

    def move_to(self, index: int) -> None:
        """It scrolls."""
        self.scroll(index - self.top)

    def bring_into_view(self) -> None:
        self.top = max(0, min(self.top, self.count - self.page))

    def paint(self, width: int, height: int) -> list[Strip]:
        self._lines = list(self._written())
        self.bring_into_view()
        painted = super().paint(width, height)
        return painted + [self._edge().strip() for _ in range(height - len(painted))]

    def row(self, index: int, *, selected: bool) -> Line:  # noqa: ARG002 # no cursor
        return self._lines[index]

    def _written(self) -> Iterator[Line]:
        for write in _Sheet(self._session, self._subject).lines():
            line = self._edge()
            write(line.to(2))
            yield line

    def _edge(self) -> Line:
        """A wall at the left, heavy while the keys go here; none where it has the whole screen."""
        line = self.line()
        return (
            line if self.has_class("whole") else line.write(self.pen.signs.wall, "strong" if self.has_focus else "edge")
        )


class DetailStrip(Painted):
    """Four rows below the tree, where there is no room for a pane."""

    def __init__(self, session: Session) -> None:
        super().__init__("strip")
        self._session = session
        self._subject: Subject | None = None

    def show(self, subject: Subject | None) -> None:
        """Another thing."""
        self._subject = subject
        self.freshen()

    def paint(self, width: int, height: int) -> list[Strip]:  # noqa: ARG002 # four rows
        graph, subject = self._session.graph, self._subject
        link = graph.link(subject) if isinstance(subject, LinkId) else None
        if subject is None or (link is None and graph.namespace(namespace_of(subject)) is None):
            return [title_rule(self.line(), [], []).strip()]
        sheet = _Sheet(self._session, subject)
        title = [Piece(sheet.title, "strong", bold=True)]
        rows = [title_rule(self.line(), title, [Piece(sheet.remark, "muted")] if sheet.remark else [])]
        if link is None:
            rows.append(self.line().to(1).add(sheet.namespace_pieces()))
            rows.append(self.line().to(1).add(sheet.owner_pieces()))
        else:
            place = self.line().to(1)
            sheet.dot(place, link)
            rows.append(place.write(" ").add(sheet.place_pieces(link)))
            rows.append(self.line().to(1).add(sheet.address_pieces(link)))
            rows.append(self.line().to(1).add(sheet.owner_pieces()))
        return [row.strip() for row in rows]


class _Sheet:
    """What there is to say about one thing."""

    def __init__(self, session: Session, subject: Subject | None) -> None:
        self._session = session
        self._graph = session.graph
        self._subject = subject
        self._link = self._graph.link(subject) if isinstance(subject, LinkId) else None
        self._space: NamespaceId | None = None if subject is None else namespace_of(subject)

    @property
    def title(self) -> str:
        """Its name."""
        if self._link is not None:
            return full_name(self._graph, self._link)
        if self._space == self._graph.home:
            return self._session.host_name
        return "" if self._space is None else whose(self._graph, self._space).name

    @property
    def remark(self) -> str:
        """Whose it is."""
        owners = self._owners()
        if owners:
            return f"{runtime_word(owners[0])}, pid {owners[0].pid}" if len(owners) == 1 else runtime_word(owners[0])
        return "" if self._space is None else whose(self._graph, self._space).by

    def _owners(self) -> tuple[Owner, ...]:
        if self._link is not None:
            return owners_of(self._graph, self._link)
        return () if self._space is None else self._graph.owners(self._space)

    def lines(self) -> Iterator[Write]:
        """One writer for each line."""
        if self._link is not None:
            yield from self._link_lines(self._link)
        elif self._space is not None and self._graph.namespace(self._space) is not None:
            yield from self._namespace_lines(self._space)

    # A link

    def _link_lines(self, link: Link) -> Iterator[Write]:
        by = "" if self._space is None else whose(self._graph, self._space).by
        holder = holder_of(self._graph, link.id)
        yield lambda line: line.write(self.title, "strong", bold=True, room=line.room).right(
            [Piece(holder.by if holder else by, "muted")]
        )
        yield lambda line: self._state(line, link)
        if state_of(self._graph, link) in (State.DOWN, State.OFF):
            yield lambda line: line.write(f"  {reason_down(self._graph, link)}", "text", room=line.room)
        yield _nothing
        yield from self._facts(link)
        hops = path_of(self._graph, link)
        if len(hops) > 1:
            yield _nothing
            yield _head("CABLE")
            yield from self._cable(link, hops)
        if is_segment(self._graph, link):
            yield _nothing
            yield from self._plugged(link)

    def _state(self, line: Line, link: Link) -> None:
        state = state_of(self._graph, link)
        dot = line.pen.signs.dot
        self.dot(line, link)
        words = {State.UP: "up", State.UNKNOWN: "up", State.DOWN: "DOWN", State.OFF: "off"}[state]
        line.write(f" {words}", "danger" if state is State.DOWN else "text", bold=state is State.DOWN)
        rest = f" {dot} {link_kind(self._graph, link)} {dot} mtu {link.mtu}"
        line.write(rest, "muted", room=max(0, line.room))

    def dot(self, line: Line, link: Link) -> None:
        """The state as a sign, in the hue of its segment."""
        signs = line.pen.signs
        match state_of(self._graph, link):
            case State.UP:
                line.write(signs.up, self.hue(link))
            case State.UNKNOWN:
                line.write(signs.unknown, "caution", bold=True)
            case State.DOWN:
                line.write(signs.down, "danger", bold=True)
            case State.OFF:
                line.write(signs.down, "dim")

    def hue(self, link: Link) -> str:
        """The ink of the segment that it is, or leads to."""
        if is_segment(self._graph, link):
            return self._segment_ink(link.id)
        place = place_of(self._graph, link)
        return self._segment_ink(place.segment) if place is not None else "text"

    def _segment_ink(self, segment: LinkId) -> str:
        return f"segment{self._session.letters.ordinal(segment) % 5}"

    def _facts(self, link: Link) -> Iterator[Write]:
        graph = self._graph
        addresses = graph.addresses(link.id)
        for place, address in enumerate(addresses):
            flags = [flag for flag in address.flags if flag in ("tentative", "dadfailed", "deprecated")]
            text = address.text if address.scope == "link" else address.cidr
            yield _fact("" if place else "address", " ".join([text, *flags]))
        if not addresses:
            unseen = holder_of(graph, link.id) is not None
            yield _fact("address", "unknown: it is the VM's own" if unseen else "none", "muted" if unseen else "dim")
        if link.mac:
            yield _fact("mac", link.mac)
        yield from self._owner_facts()
        yield from self._kind_facts(link)
        if link.alias:
            yield _fact("alias", link.alias)
        for place, name in enumerate(link.altnames[:MOST]):
            yield _fact("" if place else "also", name)
        holder = graph.holder(link.id)
        if holder is not None:
            yield _fact("held by", f"{display_name(holder.comm)}, pid {holder.pid}")
        yield from self._netns_fact(link.id.namespace, f"index {link.id.ifindex}")

    def _kind_facts(self, link: Link) -> Iterator[Write]:
        match link.detail:
            case Macvlan(mode=mode, sources=sources):
                yield _fact("mode", mode)
                for place, source in enumerate(sources[:MOST]):
                    yield _fact("" if place else "sources", source)
            case Vlan(vid=vid, protocol=protocol):
                yield _fact("vlan", f"{vid}, {protocol}")
            case Vxlan(vni=vni, remote=remote, local=local, port=port):
                yield _fact("vni", str(vni))
                if remote or local:
                    yield _fact(
                        "tunnel", f"{local or 'any'} to {remote or 'learned'}" + (f", port {port}" if port else "")
                    )
            case Bridge(stp=stp, vlan_filtering=filtering, ageing_s=ageing):
                yield _fact("stp", "on" if stp else "off", "text" if stp else "muted")
                yield _fact("vlans", "filtered" if filtering else "not filtered", "text" if filtering else "muted")
                yield _fact("ageing", f"{ageing:g} s", "muted")
            case Tun(persist=persist, multi_queue=queues):
                words = [word for word, is_set in (("persistent", persist), ("multi queue", queues)) if is_set]
                if words:
                    yield _fact("flags", ", ".join(words), "muted")

    def _owner_facts(self) -> Iterator[Write]:
        for place, owner in enumerate(self._owners()[:MOST]):
            name = "" if owner.name == self.title.partition("/")[0] else f" {display_name(owner.name)}"
            label = "here" if self._link is None and self._space == self._graph.home else "owner"
            yield _fact("" if place else label, f"{runtime_word(owner)}{name}, pid {owner.pid}")
            if owner.image:
                yield _fact("", f"image {display_name(owner.image)}", "muted")
            if owner.user:
                yield _fact("", f"for {display_name(owner.user)}", "muted")
            if not owner.proved:
                yield _fact("", "unproved: it may be a forgery", "caution")
            for key, value in owner.labels[:8]:
                yield _fact("", f"{display_name(key)}={display_name(value)}", "muted")

    def _netns_fact(self, space: NamespaceId, more: str) -> Iterator[Write]:
        namespace = self._graph.namespace(space)
        if namespace is None:
            return
        inode = "not to be had" if namespace.inode is None else str(namespace.inode)
        yield (
            lambda line: (
                line.write("netns", "muted")
                .to(2 + LABEL)
                .add([Piece(inode, "muted"), Piece(f" {line.pen.signs.dot} {more}", "muted")])
            )
        )

    # The cable

    def _cable(self, link: Link, hops: list[Hop]) -> Iterator[Write]:
        hue = self.hue(link)
        for place, hop in enumerate(hops):
            yield self._stop(hop, hue, is_here=hop.link == link.id)
            if place < len(hops) - 1:
                yield _stretch(hop, hue)

    def _stop(self, hop: Hop, hue: str, *, is_here: bool) -> Write:
        def write(line: Line) -> None:
            link = self._graph.link(hop.link) if hop.link is not None else None
            if hop.is_segment and link is not None:
                letters = self._session.letters
                chip_line(line, f" {letters.letter(link.id)} ", letters.ordinal(link.id)).write(" ")
                line.write(hop.name, "strong", bold=True, room=line.room)
            elif link is None and not hop.remark:
                line.write(f"{line.pen.signs.unknown} ", "caution", bold=True).write(
                    "unknown: hidden from us", "caution"
                )
            elif link is None:
                line.write(line.pen.signs.up, hue).write(f" {hop.name}", "text")
            else:
                self.dot(line, link)
                line.write(f" {hop.name}", "strong" if is_here else "text", bold=is_here, room=line.room)
                if not link.up:
                    line.write(" off", "danger")
            if hop.remark:
                line.write(f"  {hop.remark}", "muted", room=max(0, line.room))

        return write

    # A segment

    def _plugged(self, segment: Link) -> Iterator[Write]:
        graph = self._graph
        plugged = [*graph.ports(segment.id), *(link for link in graph.children(segment.id) if link.kind != "vlan")]
        yield _head("PLUGGED IN", counted(len(plugged), "link"))
        for link in plugged[:MOST]:
            yield self._plugged_line(link)
        if len(plugged) > MOST:
            yield _fact("", f"and {len(plugged) - MOST:,} more", "muted")

    def _plugged_line(self, link: Link) -> Write:
        def write(line: Line) -> None:
            far = self._graph.peer(link.id)
            holder = holder_of(self._graph, link.id)
            self.dot(line, link)
            inside = full_name(self._graph, far) if isinstance(far, Link) else holder.name if holder is not None else ""
            mode = link.detail.mode if isinstance(link.detail, Macvlan) else ""
            line.write(f" {full_name(self._graph, link)}", "text", room=max(0, line.room - 2))
            line.right([Piece(inside or mode, "muted")]) if length_of([Piece(inside)]) < line.room else None

        return write

    # A namespace

    def _namespace_lines(self, space: NamespaceId) -> Iterator[Write]:
        graph = self._graph
        namespace = graph.namespace(space)
        by = "host" if space == graph.home else whose(graph, space).by
        yield lambda line: line.write(self.title, "strong", bold=True, room=line.room).right([Piece(by, "muted")])
        yield lambda line: line.add(self.namespace_pieces())
        yield _nothing
        yield from self._owner_facts()
        if namespace is not None:
            for place, name in enumerate(namespace.names):
                yield _fact("" if place else "name", name)
            yield from self._netns_fact(space, f"id {space}")
            if namespace.found_by:
                yield _fact("seen by", ", ".join(namespace.found_by), "muted")
        yield _nothing
        yield _head("LINKS", str(len(graph.links(space))))
        ordered = sorted(graph.links(space), key=lambda link: (is_idle(link), link.id.ifindex))
        for link in ordered[:MOST]:
            yield self._link_line(link)
        if len(ordered) > MOST:
            yield _fact("", f"and {len(ordered) - MOST:,} more", "muted")

    def _link_line(self, link: Link) -> Write:
        def write(line: Line) -> None:
            self.dot(line, link)
            address = main_address(self._graph, link.id)
            line.write(f" {display_name(link.name)}", "muted" if is_idle(link) else "text", room=max(0, line.room))
            line.right([Piece(address.cidr if address else link_kind(self._graph, link), "muted")])

        return write

    # In three lines

    def namespace_pieces(self) -> list[Piece]:
        """How many links, and whether it can be entered."""
        if self._space is None:
            return []
        namespace = self._graph.namespace(self._space)
        links = links_of(self._graph, self._space)
        pieces = [Piece(counted(len(links), "link"), "text")]
        if namespace is not None and not namespace.readable:
            pieces.append(Piece(", cannot be entered: what is inside is unknown", "caution"))
        return pieces

    def place_pieces(self, link: Link) -> list[Piece]:
        """Host end, port, bridge."""
        graph = self._graph
        far = graph.peer(link.id)
        state = state_of(graph, link)
        word = {
            State.DOWN: f"DOWN: {reason_down(graph, link)}  ",
            State.OFF: "off  ",
            State.UNKNOWN: "other end unknown  ",
        }
        pieces = [Piece(word.get(state, ""), "danger" if state is State.DOWN else "caution")] if state in word else []
        if isinstance(far, Link):
            pieces.append(Piece(full_name(graph, far), "strong", bold=True))
            pieces.append(Piece("  "))
        bridge = bridge_of(graph, far.id if isinstance(far, Link) else link.id)
        port = far if isinstance(far, Link) and bridge is not None else link
        if bridge is None:
            bridge, port = bridge_of(graph, link.id), link
        if bridge is not None:
            letters = self._session.letters
            there = graph.link(bridge)
            name = full_name(graph, there) if there is not None else ""
            pieces.append(Piece(f"port {port_ordinal(graph, bridge, port.id)} of ", "muted"))
            pieces.append(Piece(f"{letters.letter(bridge)} {name}", f"segment{letters.ordinal(bridge) % 5}", bold=True))
            if port.port is not None:
                words = [display_name(port.port.state), *port_flags(port.port)]
                pieces.append(Piece(", " + ", ".join(words), "muted"))
            pieces.append(Piece(", ", "muted"))
        parent = graph.parent(link.id)
        if isinstance(parent, Link):
            mode = f"{link.detail.mode} " if isinstance(link.detail, Macvlan) else ""
            pieces.append(Piece(f"{mode}on {full_name(graph, parent)}, ", "text"))
        pieces.append(Piece(f"{link_kind(graph, link)}, mtu {link.mtu}", "muted"))
        return pieces

    def address_pieces(self, link: Link) -> list[Piece]:
        """Addresses and MAC."""
        texts = [address.cidr for address in self._graph.addresses(link.id)]
        pieces = [Piece("  ".join(texts) if texts else "no address", "text" if texts else "dim")]
        if link.mac:
            pieces += [Piece("  mac ", "muted"), Piece(link.mac)]
        return pieces

    def owner_pieces(self) -> list[Piece]:
        """Whose, and in which namespace."""
        pieces: list[Piece] = []
        for owner in self._owners()[:4]:
            pieces += [Piece(f"{runtime_word(owner)} ", "muted"), Piece(display_name(owner.name))]
            if owner.image:
                pieces.append(Piece(f" {display_name(owner.image)}", "muted"))
            pieces.append(Piece("  "))
        namespace = self._graph.namespace(self._space) if self._space is not None else None
        if namespace is not None and namespace.inode is not None:
            pieces.append(Piece(f"netns {namespace.inode}", "muted"))
        if self._link is not None:
            pieces.append(Piece(f" index {self._link.id.ifindex}", "muted"))
        return pieces


def _nothing(line: Line) -> None:
    """An empty line."""


def _head(word: str, remark: str = "") -> Write:
    def write(line: Line) -> None:
        line.write(word, "muted", bold=True).right([Piece(remark, "muted")] if remark else [])

    return write


def _fact(label: str, value: str, ink: str = "text") -> Write:
    def write(line: Line) -> None:
        line.write(label, "muted").to(2 + LABEL).write(value, ink, room=line.room)

    return write


def _stretch(hop: Hop, hue: str) -> Write:
    def write(line: Line) -> None:
        words = f" {line.pen.signs.dot} ".join(hop.join)
        line.write(line.pen.signs.rail, hue).write(f" {words}", "muted", room=line.room)

    return write
