"""What a dialog needs to know, and what it gives back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from model.identity import LinkId
from model.intents import Intent
from model.inventory import Inventory
from model.operations import Operation
from model.plan import Plan, Refusal, Surroundings

if TYPE_CHECKING:
    from backend.keeping import Keeping  # loaded when something is kept

REVERT_S: Final = 60
"""Seconds after which a change of what carries the operator goes back by itself."""


class Desk(Protocol):
    """Where plans are made. Pure and quick, but for `read`."""

    @property
    def graph(self) -> Inventory:
        """As it is now."""

    def touched(self, intents: Sequence[Intent]) -> frozenset[LinkId]:
        """The links whose surroundings a plan needs."""

    def read(self, links: frozenset[LinkId]) -> Surroundings:
        """What is there besides the graph. Blocks: from a worker. Raises OSError."""

    def plan(self, intents: Sequence[Intent], surroundings: Surroundings) -> Plan | Refusal:
        """One plan for all of them."""

    def lines(self, operations: Sequence[Operation], surroundings: Surroundings = ...) -> Sequence[str]:
        """The commands, as they would be pasted into a shell."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the operator said yes to: this very plan."""

    plan: Plan
    title: str
    """The verb and its object."""
    revert_after_s: int | None = None
    """It goes back by itself unless it is kept."""
    takes_back: str = ""
    """An undo: of the change with this id."""
    keeping: "Keeping | None" = None
    """The entry of the policy that goes with it: done first."""
