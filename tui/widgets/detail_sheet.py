"""Everything that there is to say about one thing, in the order of the screen: narrow, or over its whole width."""

from collections.abc import Iterator
from typing import Final

from model.cable_path import namespace_of
from model.caption import State, counted, full_name, link_kind, reason_down, state_of
from model.identity import LinkId, NamespaceId
from model.json_form import owners_of
from model.namespace import Owner
from model.nic import Nic
from model.segments import is_segment
from model.tree import links_of
from model.whose import holder_of, runtime_word, whose
from tui.session import Session, Subject
from tui.widgets.bars import chip_line
from tui.widgets.detail_cable import cable_items
from tui.widgets.detail_facts import link_facts, netns_fact, nic_facts, owner_facts
from tui.widgets.detail_item import Item, facts, long_fact, nothing, side_by_side
from tui.widgets.detail_lists import link_items, plugged_items
from tui.widgets.detail_policy import policy_items
from tui.widgets.detail_rates import rate_items
from tui.widgets.detail_tables import full_items, short_items
from tui.widgets.learned_tables import tables_of
from tui.widgets.line import Line, Piece
from tui.widgets.link_dot import dot, hue

TWO_COLUMNS: Final = 76
"""Cells from which facts and cable stand side by side, and tables show all their columns."""


class Sheet:
    """One link or namespace, as it is now."""

    def __init__(self, session: Session, subject: Subject | None) -> None:
        self.session = session
        self.graph = session.graph
        self.subject = subject
        self.link = self.graph.link(subject) if isinstance(subject, LinkId) else None
        self.space: NamespaceId | None = None if subject is None else namespace_of(subject)

    @property
    def is_there(self) -> bool:
        """It is not gone."""
        if isinstance(self.subject, LinkId):
            return self.link is not None
        return self.space is not None and self.graph.namespace(self.space) is not None

    @property
    def title(self) -> str:
        """Its name."""
        if self.link is not None:
            return full_name(self.graph, self.link)
        if self.space == self.graph.home:
            return self.session.host_name
        return "" if self.space is None else whose(self.graph, self.space).name

    @property
    def remark(self) -> str:
        """Whose it is."""
        owners = self.owners
        if owners:
            return f"{runtime_word(owners[0])}, pid {owners[0].pid}" if len(owners) == 1 else runtime_word(owners[0])
        return "" if self.space is None else whose(self.graph, self.space).by

    @property
    def owners(self) -> tuple[Owner, ...]:
        """Of the link or the namespace."""
        if self.link is not None:
            return owners_of(self.graph, self.link)
        return () if self.space is None else self.graph.owners(self.space)

    @property
    def _nic(self) -> Nic | None:
        """What its driver said."""
        return None if self.link is None else self.session.observed.nics.get(self.link.id)

    def items(self, width: int) -> Iterator[Item]:
        """All lines."""
        if not self.is_there or self.subject is None:
            return
        wide = width >= TWO_COLUMNS
        known, ways = list(self._known(width // 2 if wide else width)), list(self._ways())
        if wide:
            yield from side_by_side(known, ways)
        else:
            yield from (*known, *([nothing()] if ways else []), *ways)
        for table in tables_of(self.session, self.subject):
            yield from full_items(table, width) if wide else short_items(table, width)
        yield from self._held(wide=wide)

    def _known(self, width: int) -> Iterator[Item]:
        """What it is."""
        yield Item(self._write_title)
        if self.link is not None:
            yield Item(self._write_state)
            if state_of(self.graph, self.link) in (State.DOWN, State.OFF):
                reason = reason_down(self.graph, self.link)
                yield Item(lambda line: line.write(f"  {reason}", "text", room=line.room))
            yield nothing()
            if self._nic is not None:
                yield from nic_facts(self._nic, width)
            yield from link_facts(self.graph, self.link, self.owners, self.title, width)
            yield from policy_items(self.session, self.link.id, width)
        elif self.space is not None:
            yield Item(lambda line: line.add(self.namespace_pieces()))
            yield nothing()
            yield from self._namespace_facts(self.space, width)

    def _ways(self) -> Iterator[Item]:
        """What it is plugged into, and what passes."""
        if self.link is None:
            return
        cable = list(cable_items(self.session, self.link))
        if cable:
            yield from (*cable, nothing())
        yield from rate_items(self.session, self.link, hue(self.session, self.link))

    def _held(self, *, wide: bool) -> Iterator[Item]:
        """What is in it, or on it."""
        if self.link is None and self.space is not None:
            yield nothing()
            yield from link_items(self.session, self.space, wide=wide)
        elif self.link is not None and is_segment(self.graph, self.link):
            yield nothing()
            yield from plugged_items(self.session, self.link, wide=wide)

    def _namespace_facts(self, space: NamespaceId, width: int) -> Iterator[Item]:
        namespace = self.graph.namespace(space)
        yield from owner_facts(self.owners, self.title, "here" if space == self.graph.home else "owner", width)
        if namespace is not None:
            for place, name in enumerate(namespace.names):
                yield from long_fact("" if place else "name", name, width)
            yield from netns_fact(self.graph, space, f"id {space}")
            yield from facts("seen by", [", ".join(namespace.found_by)] if namespace.found_by else [], "muted")

    def _write_title(self, line: Line) -> None:
        by = "" if self.space is None else whose(self.graph, self.space).by
        if self.link is not None:
            holder = holder_of(self.graph, self.link.id)
            by = holder.by if holder is not None else by
            if is_segment(self.graph, self.link):
                letters = self.session.letters
                chip_line(line, f" {letters.letter(self.link.id)} ", letters.ordinal(self.link.id)).write(" ")
        elif self.space == self.graph.home:
            by = "host"
        line.write(self.title, "strong", bold=True, room=line.room).right([Piece(by, "muted")])

    def _write_state(self, line: Line) -> None:
        if self.link is None:
            return
        state = state_of(self.graph, self.link)
        between = f" {line.pen.signs.dot} "
        dot(line, self.session, self.link)
        words = {State.UP: "up", State.UNKNOWN: "up", State.DOWN: "DOWN", State.OFF: "off"}[state]
        line.write(f" {words}", "danger" if state is State.DOWN else "text", bold=state is State.DOWN)
        rest = f"{between}{link_kind(self.graph, self.link)}{between}mtu {self.link.mtu}"
        line.write(rest, "muted", room=max(0, line.room))

    def namespace_pieces(self) -> list[Piece]:
        """How many links, and whether it can be entered."""
        if self.space is None:
            return []
        namespace = self.graph.namespace(self.space)
        pieces = [Piece(counted(len(links_of(self.graph, self.space)), "link"), "text")]
        if namespace is not None and not namespace.readable:
            pieces.append(Piece(", cannot be entered: what is inside is unknown", "caution"))
        return pieces
