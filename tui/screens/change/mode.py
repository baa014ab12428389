"""`M`: another macvlan mode, with what it changes for each sibling, the host and the outside."""

from collections.abc import Sequence

from textual.widget import Widget

from model.ethernet import canonical_mac
from model.identity import LinkId
from model.intents import SetMacvlanMode
from model.link import Macvlan
from model.mode_switch import Effect, effects
from model.plan import Plan
from model.verdict import Reachable
from tui.screens.change.desk import Desk
from tui.screens.change.dialog import ChangeDialog, Missing, Wish
from tui.screens.change.plan_view import PlanView, Row
from tui.screens.change.rows import Choice, Note, Text
from tui.screens.change.several import named
from tui.signs import Signs
from tui.widgets.line import Piece, fit

MODES = ("private", "vepa", "bridge", "passthru", "source")


class ModeDialog(ChangeDialog):
    """One macvlan or macvtap, or several."""

    VERB = "Switch"

    def __init__(self, desk: Desk, links: Sequence[LinkId]) -> None:
        super().__init__(desk, lambda: f"Macvlan mode of {named(desk.graph, links)}", links)
        self._links = tuple(links)
        first = desk.graph.link(links[0])
        detail = first.detail if first is not None else None
        self._effects: tuple[Effect, ...] = ()
        self._effects_of: Plan | None = None
        self._now = detail if isinstance(detail, Macvlan) else Macvlan("vepa")

    def fields(self) -> Sequence[Widget]:
        return [
            Choice("mode", "mode", MODES, self._now.mode),
            Text("sources", "MACs", " ".join(self._now.sources), placeholder="00:16:3e:00:00:01 ..."),
        ]

    def tell(self) -> None:
        mode = self.choice("mode")
        self.query_one("#sources").display = mode == "source"
        macs = self._macs()
        self.note("sources", Note(f"{len(macs)} MACs") if None not in macs else Note("one is no MAC", "danger"))

    def _macs(self) -> tuple[str | None, ...]:
        return tuple(canonical_mac(text) for text in self.text("sources").replace(",", " ").split())

    def above(self, room: int) -> Sequence[Row]:  # noqa: ARG002 # short enough everywhere
        """Now and then, for each sibling, the host and the outside."""
        plan, signs = self.plan, self.query_one(PlanView).pen.signs
        if plan is None or len(self._links) != 1 or not plan.steps:
            return ()
        if self._effects_of != plan:
            self._effects, self._effects_of = effects(self.desk.graph, self._links[0], plan.operations), plan
        if not self._effects:
            return ()
        rows = [Row((Piece("now", "muted", bold=True), Piece("   then", "muted", bold=True)))]
        for effect in self._effects:
            now, then = (_mark(reached, signs) for reached in (effect.now, effect.then))
            gap = Piece("   ")
            other = Piece(f"{fit(effect.other, 16, signs.cut):<17}", "strong", bold=True)
            rows.append(
                Row((Piece(" "), now, Piece(f"  {signs.becomes}  ", "muted"), then, gap, other, Piece(effect.why)))
            )
        return [*rows, Row()]

    def wish(self) -> Wish:
        mode, macs = self.choice("mode"), self._macs()
        if mode != "source":
            return [SetMacvlanMode(link, mode) for link in self._links]
        sources = tuple(mac for mac in macs if mac is not None)
        if len(sources) < len(macs) or not sources:
            return Missing("Type the MACs that it shall listen to.")
        return [SetMacvlanMode(link, mode, sources) for link in self._links]


def _mark(reached: Reachable, signs: Signs) -> Piece:
    match reached:
        case Reachable.YES:
            return Piece(signs.up, "good", bold=True)
        case Reachable.NO:
            return Piece(signs.blocked, "danger", bold=True)
        case Reachable.UNKNOWN:
            return Piece(signs.unknown, "caution", bold=True)
