"""From a host to a graph, once."""

import gc

from backend.host import Host
from model.topology import Topology


def graph_of(host: Host) -> Topology:
    """One complete reading. The collector stays off: nothing of a reading is garbage."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        topology = Topology()
        topology.learn(host.read())
    finally:
        if collecting:
            gc.enable()
    return topology
