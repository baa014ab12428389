"""Screen 1: the map."""

from typing import ClassVar

from textual.binding import BindingType

from model.filter import Filter
from tui.actions import Place, bindings_of
from tui.screens.patch import PatchScreen
from tui.widgets.map_view import MapView


class MapScreen(PatchScreen):
    """What is plugged into what, as a patch panel."""

    PLACE = Place.MAP
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(Place.MAP)]

    def make_view(self) -> MapView:
        return MapView(self.session)

    @property
    def map_view(self) -> MapView:
        """The map itself."""
        return self.query_one(MapView)

    def filter_view(self, terms: Filter) -> None:
        self.map_view.filter((lambda subject: self.lets_through(terms, subject, both_ends=True)) if terms else None)
