"""A container, its neighbour and a bridge, in namespaces; sockets that forge, and counters behind the rules."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend import netns
from backend.firewall import Firewall
from tests.guard.attacks import BOX_MAC, HOST_MAC, MATE_MAC

PORT, PINNED, MATE_PORT = "veth8pUZr", "tinderbox0", "vethMate"
"""The host end of the box's cable, the name it is pinned to, and the neighbour's."""
PATIENCE_S = 20.0
QUIET = ("disable_ipv6", "1")
"""No kernel says anything by itself: every frame is one that the test has sent."""
HASTY = ("accept_dad", "0")
"""Addresses are used at once."""
CAREFUL = ("accept_dad", "1")
"""As everywhere: addresses are used when nobody contested them."""
_BEHIND = """
table netdev behind
delete table netdev behind
table netdev behind {{
{chains}}}
"""
_BEHIND_CHAIN = """\
  chain at_{number} {{
    type filter hook ingress device "{device}" priority 100; policy accept;
    counter
  }}
"""


class Lab:
    """The test's own namespace is the host; `box` and `mate` are the containers' `ip netns` names."""

    def __init__(self, make_netns: Callable[[str], str], *, bridged: bool, ipv6: tuple[str, str] = QUIET) -> None:
        """`ipv6`: what IPv6 is to be like everywhere, as a setting and its value."""
        self.bridged = bridged
        self.box, self.mate = make_netns("box"), make_netns("mate")
        setting, value = ipv6
        for place in (None, self.box, self.mate):
            with self.inside(place):
                for scope in ("default", "all"):
                    Path(f"/proc/sys/net/ipv6/conf/{scope}/{setting}").write_text(value)
        ip(f"link add dev br0 address {HOST_MAC} type bridge", "link set dev br0 up")
        self.plug()
        ip(
            f"link add dev {MATE_PORT} type veth peer name eth0 address {MATE_MAC} netns {self.mate}",
            f"link set dev {MATE_PORT} master br0 up",
            f"-n {self.mate} link set dev eth0 up",
        )

    def plug(self) -> None:
        """Make the box's cable, as a runtime does: in the port, then up."""
        make_cable(self.box)
        if self.bridged:
            ip(f"link set dev {PORT} master br0")
        ip(f"link set dev {PORT} up", f"-n {self.box} link set dev eth0 up")

    @contextmanager
    def inside(self, place: str | None) -> Iterator[None]:
        """Run the body there, on this thread."""
        if place is None:
            yield
            return
        fd = os.open(f"/run/netns/{place}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            with netns.inside(fd):
                yield
        finally:
            os.close(fd)

    def forger(self) -> socket.socket:
        """A socket that sends whole frames from inside the box."""
        return self.packets(self.box, "eth0", kind=0)

    def packets(self, place: str | None, device: str, kind: int = 3) -> socket.socket:
        """A packet(7) socket on a device; `kind` 3 (ETH_P_ALL) hears everything."""
        with self.inside(place):
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
            made.bind((device, kind))
        made.setblocking(False)
        return made

    def watch_behind(self, *devices: str) -> None:
        """Count what is left of the frames on these devices behind everybody else's rules.

        On a kernel whose chains cannot wait, on those that are there.
        """
        if not Firewall().can_wait():
            devices = tuple(name for _, name in socket.if_nameindex() if name in devices)
        chains = "".join(_BEHIND_CHAIN.format(number=n, device=name) for n, name in enumerate(devices))
        subprocess.run(["nft", "-f", "-"], input=_BEHIND.format(chains=chains), text=True, check=True)

    def arrived(self) -> int:
        """Frames that have come past the rules of all watched devices."""
        return _packets("netdev", "behind")

    def learned(self) -> set[str]:
        """The MACs that the bridge has learned or was told."""
        shown = subprocess.run(["bridge", "-j", "fdb", "show", "br", "br0"], capture_output=True, check=True).stdout
        return {entry["mac"] for entry in json.loads(shown)}


def make_cable(box: str, name: str = PORT) -> None:
    ip(f"link add dev {name} type veth peer name eth0 address {BOX_MAC} netns {box}")


def seen() -> int:
    """Frames that have come to our rules."""
    return _packets("netdev", "jackfield_guard", "on_")


def heard(listener: socket.socket) -> list[bytes]:
    """Every frame that has come to a socket since."""
    frames = []
    while True:
        try:
            frames.append(listener.recv(65536))
        except BlockingIOError:
            return frames


def skip_unless_chains_wait() -> None:
    """For what only a kernel can do whose netdev chains wait for their device."""
    if not Firewall().can_wait():
        pytest.skip("before Linux 6.16 a netdev chain cannot wait for its device")


def ip(*lines: str) -> None:
    for line in lines:
        subprocess.run(["ip", *line.split()], check=True)


def until(true: Callable[[], object], what: str) -> None:
    """Wait for a condition."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.002)


def _packets(family: str, table: str, prefix: str = "") -> int:
    """The counters of the base chains of a table, together."""
    listed = subprocess.run(
        ["nft", "-j", "-t", "list", "table", family, table], capture_output=True, check=False
    ).stdout
    total = 0
    for entry in json.loads(listed)["nftables"] if listed else ():
        rule = entry.get("rule", {})
        if "chain" in rule and rule["chain"].startswith(prefix or "at_"):
            total += sum(part["counter"]["packets"] for part in rule["expr"] if "counter" in part)
    return total
