"""All links in one order, kept while they change: the work is in proportion to what changed."""

from bisect import bisect_left, insort
from collections.abc import Iterable

from model.filter import Filter
from model.identity import LinkId
from model.inventory import Inventory
from model.link import Link
from model.link_rows import Column, Order, SortKey, cell_key, listed, name_key
from model.segments import Letters


class Listing:
    """The rows of the table. Told what changed at any time; the rows are put right when somebody asks for them."""

    def __init__(self, graph: Inventory, letters: Letters) -> None:
        self._graph = graph
        self._letters = letters
        self._order = Order()
        self._terms: Filter = ()
        self._idle = False
        self._rows: list[LinkId] = []
        self._keys: dict[LinkId, SortKey] = {}
        """By what the rows that are listed stand where they do."""
        self._names: dict[LinkId, SortKey] = {}
        self._stale: set[LinkId] = set()
        self._is_whole = False

    def touch(self, links: Iterable[LinkId]) -> None:
        """The rows of these may say something else; some of them may be new, or gone."""
        if self._is_whole or self._names:
            self._stale.update(links)

    def forget(self) -> None:
        """Anything may have another row."""
        self._is_whole = False
        self._names.clear()
        self._stale.clear()

    def show(self, order: Order, terms: Filter = (), *, idle: bool = False) -> None:
        """In this order, only what the filter lets through."""
        if (order, terms, idle) == (self._order, self._terms, self._idle) and self._is_whole:
            return
        self._settle_names()
        turned = order == Order(self._order.column, not self._order.descending)
        if turned and (terms, idle) == (self._terms, self._idle) and self._is_whole:
            self._order = order
            return
        same_links = self._is_whole and (terms, idle) == (self._terms, self._idle)
        self._order, self._terms, self._idle = order, terms, idle
        self._is_whole = False
        if same_links:
            self._sort([link for link_id in self._keys if (link := self._graph.link(link_id)) is not None])

    def __len__(self) -> int:
        self._settle()
        return len(self._rows)

    def __getitem__(self, place: int) -> LinkId:
        self._settle()
        return self._rows[-1 - place if self._order.descending else place]

    def links(self) -> list[LinkId]:
        """All of them, in their order."""
        self._settle()
        return self._rows[::-1] if self._order.descending else self._rows[:]

    def place(self, link: LinkId) -> int | None:
        """Where a link stands; None: it is not listed."""
        self._settle()
        key = self._keys.get(link)
        if key is None:
            return None
        place = bisect_left(self._rows, key, key=self._keys.__getitem__)
        return len(self._rows) - 1 - place if self._order.descending else place

    def _settle(self) -> None:
        if not self._is_whole or len(self._stale) > len(self._rows) // 4:
            self._settle_names()
            self._make()
        elif self._stale:
            for link in self._take_stale():
                self._put(link)

    def _settle_names(self) -> None:
        if self._stale:
            for link in self._take_stale():
                self._names.pop(link, None)
            self._is_whole = False

    def _take_stale(self) -> set[LinkId]:
        stale, self._stale = self._stale, set()
        return stale

    def _make(self) -> None:
        """From nothing, but for the names that are known."""
        graph = self._graph
        self._sort(link for link in graph.links() if listed(graph, link, self._terms, idle=self._idle))

    def _sort(self, links: Iterable[Link]) -> None:
        self._keys = {link.id: self._key(link) for link in links}
        self._rows = sorted(self._keys, key=self._keys.__getitem__)
        self._is_whole = True

    def _put(self, link_id: LinkId) -> None:
        """One row: away from where it was, and to where it belongs now."""
        before = self._keys.get(link_id)
        self._names.pop(link_id, None)
        link = self._graph.link(link_id)
        after = None
        if link is not None and listed(self._graph, link, self._terms, idle=self._idle):
            after = self._key(link)
        if before == after:
            return
        if before is not None:
            del self._rows[bisect_left(self._rows, before, key=self._keys.__getitem__)]
            del self._keys[link_id]
        if after is not None:
            self._keys[link_id] = after
            insort(self._rows, link_id, key=self._keys.__getitem__)

    def _key(self, link: Link) -> SortKey:
        name = self._names.get(link.id)
        if name is None:
            name = self._names[link.id] = name_key(self._graph, link)
        if self._order.column is Column.LINK:
            return name
        return *cell_key(self._graph, link, self._order.column, self._letters), *name
