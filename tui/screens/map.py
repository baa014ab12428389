"""Screen 1: the map."""

from typing import ClassVar, Final

from textual.binding import BindingType

from model.filter import Filter
from model.names import display_name
from model.verdict import Reachable
from tui.actions import Place, bindings_of
from tui.screens.patch import PatchScreen
from tui.widgets.line import Piece
from tui.widgets.map_view import MapView

_ANSWERS: Final = {
    Reachable.YES: ("good", "reaches"),
    Reachable.NO: ("danger", "blocked"),
    Reachable.UNKNOWN: ("caution", "depends"),
}


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

    def on_screen_resume(self) -> None:
        self.map_view.trace(self.session.traced)
        super().on_screen_resume()

    def surveyed(self) -> None:
        """What may drop frames was read: the path that is drawn may have another end."""
        if self.is_ready and self.session.traced is not None:
            self.map_view.trace(self.session.traced)
            self.map_view.rebuild()
            self.freshen_bars()

    def path(self) -> list[str]:
        traced = self.map_view.traced if self.is_ready else None
        if traced is None or self.filter_text:
            return super().path()
        one, other = (self.session.graph.address(end) or "" for end in traced.ends)
        return ["path", f"{display_name(one)} to {display_name(other)}"]

    def remarks(self, width: int) -> list[Piece]:
        traced = self.map_view.traced if self.is_ready else None
        if traced is None or self.filter_text:
            return super().remarks(width)
        ink, word = _ANSWERS[traced.said.reachable]
        return [Piece(word, ink, bold=True), Piece("  esc: the whole map", "muted")]

    def why_not(self, action: str) -> str | None:
        if action == "leave" and self.session.traced is not None:
            return None
        return super().why_not(action)

    def do_leave(self) -> None:
        """The path first, then what every screen leaves."""
        if self.session.traced is None or self.filter_text:
            super().do_leave()
            return
        self.session.traced = None
        self.map_view.trace(None)
        self.map_view.rebuild()
        self.freshen_bars()

    def filter_view(self, terms: Filter) -> None:
        if terms and self.session.traced is not None:
            self.session.traced = self.map_view.traced = None
        self.map_view.filter((lambda subject: self.lets_through(terms, subject, both_ends=True)) if terms else None)
