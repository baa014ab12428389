"""Screen 2: the tree."""

from typing import ClassVar

from textual.binding import BindingType

from model.filter import Filter
from model.tree import Entry, Sort
from tui.actions import Place, bindings_of
from tui.screens.patch import PatchScreen
from tui.widgets.tree_view import TreeView


class TreeScreen(PatchScreen):
    """What is plugged into what, as an outline."""

    PLACE = Place.TREE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Place.TREE)]

    def make_view(self) -> TreeView:
        return TreeView(self.session)

    @property
    def tree_view(self) -> TreeView:
        """The tree itself."""
        return self.query_one(TreeView)

    def filter_view(self, terms: Filter) -> None:
        self.tree_view.filter((lambda entry: self._matches(terms, entry)) if terms else None)

    def _matches(self, terms: Filter, entry: Entry) -> bool:
        if entry.subject is None or entry.sort in (Sort.HOST, Sort.GROUP):
            return False
        return self.lets_through(terms, entry.subject, both_ends=entry.sort is not Sort.SEGMENT)
