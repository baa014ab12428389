"""Sends every forged frame again and again from inside a namespace, whatever becomes of its device."""

import os
import socket
import sys
from itertools import cycle

from backend import netns
from tests.guard.attacks import FORGED


def flood(place: str) -> None:
    """Never returns. A device that went away or is down is asked for again at once."""
    with open(place) as namespace:
        netns.setns(namespace.fileno())
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    frames = cycle([frame for _, frame in FORGED.values()])
    while True:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as forger:
            try:
                forger.bind(("eth0", 0))
                for frame in frames:
                    forger.send(frame)
            except OSError:  # no device, no carrier, or the queue is full
                continue


if __name__ == "__main__":
    flood(sys.argv[1])
