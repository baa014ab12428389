"""The map of a graph that changes: what lay_out() says of it, with work in proportion to what changed."""

from collections import Counter
from collections.abc import Collection, Iterable

from model.cables import (
    Cable,
    Plugged,
    Uplink,
    Wiring,
    by_age,
    empty,
    in_order_of_age,
    is_left_out,
    plug_in,
    rail_claimed,
)
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.layout import Block, Standing, draw_up
from model.patch_map import Folding, Group, Map, Memory, Seat, Sitter, Stone
from model.seating import by_order, group_at, in_letters_order, sitter_of, take_a_seat
from model.segments import Letters


class KeptMap:
    """Told what was touched (model.link_rows) by a rewiring at any time; laid out when somebody looks.

    What it says of an earlier state is lost: the seats in `Map.memory` go on changing.
    """

    def __init__(self, graph: Inventory, letters: Letters) -> None:
        self._graph = graph
        self._letters = letters
        self._memory = Memory()
        self._seats: dict[Sitter, Seat] = {}
        self._blocks: dict[LinkId | None, Block] = {}
        self._stale: set[LinkId] | None = None
        """None: nothing is known."""
        self._forget()

    def _forget(self) -> None:
        """All but the seats."""
        self._claims: dict[LinkId, LinkId] = {}
        self._claimed: Counter[LinkId] = Counter()
        self._rails: dict[LinkId, None] = {}
        self._home: NamespaceId | None = None
        self._plugged: dict[LinkId, Plugged] = {}
        self._inhabited: Counter[NamespaceId] = Counter()
        self._empty: set[NamespaceId] = set()
        self._cables: dict[LinkId | NamespaceId, Sitter] = {}
        self._own: dict[Sitter, dict[LinkId | NamespaceId, Cable]] = {}
        self._uplinks: dict[LinkId, dict[LinkId, Uplink]] = {}
        self._members: dict[LinkId, set[LinkId]] = {}
        self._places: dict[Sitter, LinkId | None] = {}
        """Beside which rail each stands."""
        self._beside: dict[LinkId | None, dict[Sitter, Group]] = {}
        self._groups: dict[LinkId | None, tuple[Group, ...]] = {}

    def touch(self, links: Iterable[LinkId]) -> None:
        """These may have another place; some of them may be new, or gone."""
        if self._stale is not None:
            self._stale.update(links)

    def forget(self) -> None:
        """Anything may have another place; what was seated is seated where it was."""
        self._stale = None

    def lay_out(self, folding: Folding, gone: Iterable[Stone] = ()) -> Map:
        """As it is now, beside what was laid out last."""
        self._bring_up_to_date()
        uplinks = {rail: sorted(own.values(), key=by_age) for rail, own in self._uplinks.items() if own}
        members = {bond: sorted(own) for bond, own in self._members.items() if own}
        wiring = Wiring(self._rails, uplinks=uplinks, members=members)
        ordinals = in_letters_order(wiring, self._letters)
        standing = Standing(wiring, self._groups, self._seats, self._cables.keys(), ordinals)
        shown = draw_up(self._graph, standing, self._memory, folding, gone, self._blocks)
        self._memory = shown.memory
        return shown

    def rails(self) -> Collection[LinkId]:
        """All of them, the oldest first."""
        self._bring_up_to_date()
        return self._rails

    # What changed

    def _bring_up_to_date(self) -> None:
        graph = self._graph
        if self._stale is None or self._home != graph.home or self._claim_rails(self._stale):
            self._forget()
            self._home = graph.home
            self._stale = {link.id for link in graph.links()}
            self._claim_rails(self._stale)
            self._rails = in_order_of_age(graph, self._claimed)
        moved: set[Sitter] = set()
        for link in self._stale:
            self._replug(link, moved)
        self._stale = set()
        self._replug_empty(moved)
        moved |= self._seats.keys() - self._places.keys()
        for rail in {rail for sitter in moved for rail in self._seat(sitter)}:
            own = self._beside.get(rail)
            self._groups[rail] = tuple(sorted(own.values(), key=by_order)) if own else ()

    def _claim_rails(self, links: Iterable[LinkId]) -> bool:
        """Whether there are other rails now."""
        before = self._claimed.keys() - ()
        for link_id in links:
            link = self._graph.link(link_id)
            claim = None if link is None else rail_claimed(self._graph, link)
            old = self._claims.pop(link_id, None)
            if old is not None:
                self._claimed[old] -= 1
                if not self._claimed[old]:
                    del self._claimed[old]
            if claim is not None:
                self._claims[link_id] = claim
                self._claimed[claim] += 1
        return self._claimed.keys() != before

    def _replug(self, link_id: LinkId, moved: set[Sitter]) -> None:
        link = self._graph.link(link_id)
        before = self._plugged.get(link_id)
        after = None if link is None or is_left_out(link) else plug_in(self._graph, self._rails, link)
        if after == before:
            return
        if before is not None:
            self._unplug(link_id, before, moved)
        if after is not None:
            self._plug(link_id, after, moved)

    def _unplug(self, link_id: LinkId, plugged: Plugged, moved: set[Sitter]) -> None:
        del self._plugged[link_id]
        self._inhabited[link_id.namespace] -= 1
        if plugged.cable is not None:
            self._take_away(plugged.cable.id, moved)
        if plugged.rail is not None:
            self._uplinks[plugged.rail].pop(link_id, None)
        if plugged.bundle is not None:
            self._members[plugged.bundle].discard(link_id)

    def _plug(self, link_id: LinkId, plugged: Plugged, moved: set[Sitter]) -> None:
        self._plugged[link_id] = plugged
        self._inhabited[link_id.namespace] += 1
        if plugged.cable is not None:
            self._put(plugged.cable, moved)
        if plugged.rail is not None and plugged.uplink is not None:
            self._uplinks.setdefault(plugged.rail, {})[link_id] = plugged.uplink
        if plugged.bundle is not None:
            self._members.setdefault(plugged.bundle, set()).add(link_id)

    def _replug_empty(self, moved: set[Sitter]) -> None:
        """Namespaces without a link have a row, too."""
        inhabited = self._inhabited
        now = {space.id for space in self._graph.namespaces() if not inhabited.get(space.id) and not space.home}
        for space in self._empty - now:
            self._take_away(space, moved)
        for space in now - self._empty:
            self._put(empty(space), moved)
        self._empty = now

    def _put(self, cable: Cable, moved: set[Sitter]) -> None:
        sitter = self._cables[cable.id] = sitter_of(cable)
        self._own.setdefault(sitter, {})[cable.id] = cable
        moved.add(sitter)

    def _take_away(self, cable: LinkId | NamespaceId, moved: set[Sitter]) -> None:
        sitter = self._cables.pop(cable)
        del self._own[sitter][cable]
        moved.add(sitter)

    def _seat(self, sitter: Sitter) -> set[LinkId | None]:
        """Give it the seat that it has a right to; the rails beside which somebody comes or goes."""
        changed: set[LinkId | None] = set()
        if sitter in self._places:
            rail = self._places.pop(sitter)
            del self._beside[rail][sitter]
            changed.add(rail)
        own = list(self._own.get(sitter, {}).values())
        if not own:
            self._own.pop(sitter, None)
            self._seats.pop(sitter, None)
            return changed
        seat = self._seats[sitter] = take_a_seat(own, self._seats.get(sitter))
        self._places[sitter] = seat.rail
        self._beside.setdefault(seat.rail, {})[sitter] = group_at(seat, sitter[0], own)
        return changed | {seat.rail}
