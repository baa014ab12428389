"""A process that holds the live graph, as the UI does. It answers what its parent asks on stdin, a line each, as JSON.

`arrivals`: what changed since the last such question, each with the moment (time.monotonic()) at which the graph knew.
"""

import json
import sys
import threading
import time

from backend.host import LinuxHost
from model.change import What
from model.facts import Fact
from model.topology import Topology


class Held:
    """The graph, and when it came to know what."""

    def __init__(self) -> None:
        self.topology = Topology()
        self.ready = threading.Event()
        self._arrivals: list[tuple[str, float]] = []

    def deliver(self, facts: list[Fact]) -> None:
        """Called by the host's thread."""
        changes = self.topology.apply(facts)
        now = time.monotonic()
        if self.ready.is_set():
            told = (What.ALIAS, What.ADDRESS_ADDED, What.ADDRESS_REMOVED)
            self._arrivals += [(str(change.after), now) for change in changes if change.what in told]
        self.ready.set()

    def arrivals(self) -> list[tuple[str, float]]:
        """Since the last time."""
        found, self._arrivals = self._arrivals, []
        return found


def main() -> None:
    """Hold it until stdin ends."""
    held = Held()
    host = LinuxHost()
    host.start(held.deliver)
    held.ready.wait()
    sys.stdout.write(json.dumps({"links": len(held.topology.links())}) + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        if line == "arrivals\n":
            sys.stdout.write(json.dumps(held.arrivals()) + "\n")
            sys.stdout.flush()
    host.close()


if __name__ == "__main__":
    main()
