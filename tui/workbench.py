"""Where the UI makes its plans: the live graph, the planner, the host."""

from collections.abc import Sequence
from dataclasses import replace

from backend.host import Host
from model.identity import LinkId
from model.intents import Intent
from model.inventory import Inventory
from model.operations import Operation
from model.plan import Plan, Refusal, Surroundings
from model.planner import plan, plan_many, touched
from model.shell import plan_lines
from model.shell_ways import ways_of
from tui.session import Session

NOTHING = Surroundings()
READ_ONLY = "the program was started with --read-only"


class Workbench:
    """What dialogs ask."""

    def __init__(self, session: Session, host: Host, *, read_only: bool) -> None:
        self._session = session
        self._host = host
        self._read_only = read_only

    @property
    def graph(self) -> Inventory:
        """The live graph."""
        return self._session.graph

    def touched(self, intents: Sequence[Intent]) -> frozenset[LinkId]:
        """The links whose surroundings a plan needs."""
        return frozenset(link for intent in intents for link in touched(self.graph, intent))

    def read(self, links: frozenset[LinkId]) -> Surroundings:
        """From a worker: it reads for milliseconds."""
        around = self._host.surroundings(sorted(links))
        return replace(around, may_change=False, why_not=READ_ONLY) if self._read_only else around

    def plan(self, intents: Sequence[Intent], surroundings: Surroundings) -> Plan | Refusal:
        """One plan for all of them."""
        if len(intents) == 1:
            return plan(self.graph, intents[0], surroundings)
        return plan_many(self.graph, intents, surroundings)

    def lines(self, operations: Sequence[Operation], surroundings: Surroundings = NOTHING) -> Sequence[str]:
        """The commands, as they would be pasted into a shell."""
        return plan_lines(operations, ways_of(self.graph, surroundings))
