"""One reading in a fresh process, as a program that starts: says, as JSON, how long each part of it took."""

import gc
import json
import sys
import time

from backend.host import LinuxHost
from model.topology import Topology


def main() -> None:
    """Read, and build the graph."""
    gc.disable()  # as the commands do
    began = time.perf_counter()
    facts = LinuxHost().read()
    read = time.perf_counter()
    topology = Topology()
    topology.learn(facts)
    applied = time.perf_counter()
    found = {
        "read_ms": (read - began) * 1000,
        "topology_ms": (applied - read) * 1000,
        "ms": (applied - began) * 1000,
        "namespaces": len(topology.namespaces()),
        "links": len(topology.links()),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
