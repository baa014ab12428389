"""What real frames did between two links, and whether the model had said so."""

from dataclasses import dataclass
from enum import StrEnum

from model.verdict import Flow, Reachable, Verdict


@dataclass(frozen=True, slots=True)
class Probed:
    """The frames of a private ethertype that arrived."""

    there: Flow
    back: Flow

    @property
    def whole(self) -> bool:
        """Broadcast and unicast arrived, both ways."""
        return self.there.whole and self.back.whole


class Agreement(StrEnum):
    """The model beside the probe."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    SILENT = "silent"
    """The model had made no promise."""


def agreement(verdict: Verdict, probed: Probed) -> Agreement:
    """Whether the model was right about the way of these frames.

    IP filters let them pass: they are no IP. A guard drops them for the same reason, whoever sends them.
    """
    if verdict.wired is Reachable.UNKNOWN or (verdict.guards and verdict.wired is Reachable.YES):
        return Agreement.SILENT
    return Agreement.AGREES if (verdict.wired is Reachable.YES) == probed.whole else Agreement.DISAGREES
