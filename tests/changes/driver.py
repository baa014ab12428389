"""A program that changes something under a timer and then only waits: for tests that end it in every way there is.

    python -m tests.changes.driver STATE NETNS SECONDS [STEPS]

It renames `p0` to `p0x`, takes it out of its bridge and sets its MTU, in the namespace with that name. With STEPS it
kills itself with SIGKILL once so many steps are done; else it writes the id of the change to stdout.
"""

import os
import signal
import sys
import time
from pathlib import Path
from typing import cast

from backend.changes import Order, Timer, apply
from backend.host import Host
from backend.journal import Journal
from model.identity import LinkId
from model.intents import Detach
from model.operations import Handle, RenameLink, SetLinkMtu, SetMaster
from model.plan import Fate, Outcome, Plan, Step
from tests.changes.bench import A, Place

WAITS_S = 120.0
"""It ends by itself then: a test that has failed leaves nothing that waits forever."""


class OnePlace:
    """As much of a Host as applying a plan needs."""

    def __init__(self, place: Place) -> None:
        self.open_namespace = place.open
        self.execute = lambda operations, told: place.do(*operations, told=told)


def plan_for(place: Place) -> Plan:
    """Take `p0` apart."""
    port, bridge = place.handle(A, "p0"), place.handle(A, "br0")
    renamed = Handle(A, "p0x", port.ifindex)
    return Plan(
        Detach(LinkId(A, port.ifindex or 0)),
        (
            Step(RenameLink(port, "p0x"), (RenameLink(renamed, "p0"),)),
            Step(SetMaster(renamed, None), (SetMaster(renamed, bridge),)),
            Step(SetLinkMtu(renamed, 1300), (SetLinkMtu(renamed, 1500),)),
        ),
    )


def main() -> None:
    state, netns, seconds, *rest = sys.argv[1:]
    steps = int(rest[0]) if rest else 0
    place = Place(a=netns)
    done = 0

    def told(outcome: Outcome) -> None:
        nonlocal done
        done += outcome.fate is Fate.DONE
        if steps and done == steps:
            os.kill(os.getpid(), signal.SIGKILL)

    host = cast("Host", OnePlace(place))
    applied = apply(host, Journal(Path(state)), Order("take p0 apart", plan_for(place)), told, Timer(float(seconds)))
    sys.stdout.write(f"{applied.id}\n")
    sys.stdout.flush()
    if not steps:
        time.sleep(WAITS_S)
    sys.exit(f"nobody has ended this program: {done} steps are done")


if __name__ == "__main__":
    main()
