"""How much there is, and what of it is wrong: kept while it changes, in proportion to what changed."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from model.caption import State, state_of
from model.identity import LinkId
from model.inventory import Inventory
from model.link import Link


class Counts(NamedTuple):
    """The counts at the right of every screen. Cables count once; what nobody uses is never wrong."""

    namespaces: int = 0
    links: int = 0
    down: int = 0
    unknown: int = 0


class Tally:
    """Told which rows were touched (model.link_rows) at any time; counted when somebody asks."""

    def __init__(self, graph: Inventory) -> None:
        self._graph = graph
        self._states: dict[LinkId, State] = {}
        """What each link counts as."""
        self._sums: Counter[State] = Counter()
        self._stale: set[LinkId] | None = None
        """None: nothing was counted yet."""

    def touch(self, links: Iterable[LinkId]) -> None:
        """These may count as something else; some of them may be new, or gone."""
        if self._stale is not None:
            self._stale.update(links)

    def forget(self) -> None:
        """Anything may count as something else."""
        self._states.clear()
        self._sums.clear()
        self._stale = None

    @property
    def counts(self) -> Counts:
        """As they are now."""
        stale = [link.id for link in self._graph.links()] if self._stale is None else self._stale
        for link_id in stale:
            self._recount(link_id)
        self._stale = set()
        sums = self._sums
        return Counts(len(self._graph.namespaces()), len(self._states), sums[State.DOWN], sums[State.UNKNOWN])

    def _recount(self, link_id: LinkId) -> None:
        before = self._states.pop(link_id, None)
        if before is not None:
            self._sums[before] -= 1
        link = self._graph.link(link_id)
        if link is not None and link.kind != "loopback":
            now = self._states[link_id] = _counts_as(self._graph, link)
            self._sums[now] += 1


def _counts_as(graph: Inventory, link: Link) -> State:
    """Of two ends that are down one counts."""
    state = state_of(graph, link)
    far = graph.peer(link.id) if state is State.DOWN else None
    if isinstance(far, Link) and far.id < link.id and state_of(graph, far) is State.DOWN:
        return State.OFF
    return state
