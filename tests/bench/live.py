"""What following costs: how soon the graph knows, and what the process and the kernel pay for it."""

import json
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from backend.attributes import attribute
from backend.netlink_sockets import AskingSocket
from backend.netns import inside
from backend.rtnetlink import IFA_ADDRESS, IFA_LOCAL, IFLA_IFALIAS, RTM_NEWADDR, RTM_NEWLINK, request
from tests.bench.lab import ip_batch, name_of

_NLM_F_ACK: Final = 0x4
_NLM_F_CREATE: Final = 0x400
_CHANGES: Final = 300
_STORM: Final = 10_000
_IDLE_S: Final = 20.0
_PATIENCE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class LiveCost:
    """Times in the units that their names end with."""

    link: "Latency"
    """A cable's end has changed, until the graph knows."""
    address: "Latency"
    few_links_us: float
    """CPU a change, in a storm of changes to ten links."""
    addresses_us: float
    """CPU a change, in a storm of addresses that come and go."""
    kept: bool
    """The graph knew the end of each storm."""
    idle_percent: float
    resident_mb: float
    kernel_us: "tuple[Kernel, Kernel]"
    """For a port of the host, whose namespace knows every other; and for a link in a namespace that knows one."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """CPU time of a request that changes a link, in microseconds: telling the listeners included."""

    alone: float
    watched: float


@dataclass(frozen=True, slots=True)
class Latency:
    """In microseconds, from the moment that the kernel has done what was asked and has sent its event."""

    median_us: float
    p99_us: float
    request_us: float
    """What the request took before that moment, waiting included; median."""


class Holder:
    """The process that holds the graph, seen from outside."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.links: int = json.loads(self._line())["links"]

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def arrivals(self) -> dict[str, float]:
        """Value -> when the graph knew it, since the last time."""
        assert self._process.stdin is not None
        self._process.stdin.write("arrivals\n")
        self._process.stdin.flush()
        return dict(json.loads(self._line()))

    def cpu_s(self) -> float:
        """CPU time of all its threads (schedstat, proc(5))."""
        tasks = Path(f"/proc/{self._process.pid}/task")
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9

    def resident_mb(self) -> float:
        """VmRSS (proc(5))."""
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


@contextmanager
def holder() -> Iterator[Holder]:
    """It has read everything when the body begins."""
    command = [sys.executable, "-m", "tests.bench.holder"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Holder(process)
        finally:
            process.kill()


class Changer:
    """Changes links by requests of its own: no program has to start for it."""

    def __init__(self, name: str) -> None:
        """In the namespace that the calling thread is in now."""
        self._asking = AskingSocket()
        self._ifindex = socket.if_nametoindex(name)

    def alias(self, text: str) -> None:
        body = struct.pack("=BxHiII", 0, 0, self._ifindex, 0, 0) + attribute(IFLA_IFALIAS, text.encode())
        self._asking.ask(request(RTM_NEWLINK, _NLM_F_ACK, body))

    def address(self, kind: int, address: bytes) -> None:
        body = struct.pack("=BBBBI", 2, 32, 0, 0, self._ifindex)
        body += attribute(IFA_LOCAL, address) + attribute(IFA_ADDRESS, address)
        self._asking.ask(request(kind, _NLM_F_ACK | (_NLM_F_CREATE if kind == RTM_NEWADDR else 0), body))


def measure(boxes: int) -> LiveCost:
    """Everything, on a lab of so many namespaces."""
    with Path("/run/netns", name_of(boxes // 2)).open("rb") as box, inside(box.fileno()):
        inner = Changer("eth0")
    outer = Changer(f"v{boxes // 2}")
    alone = _kernel_us(outer), _kernel_us(inner)
    with holder() as held:
        watched = _kernel_us(outer), _kernel_us(inner)
        held.arrivals()
        links = _latency(held, lambda number: _changed_alias(outer, number))
        addresses = _latency(held, lambda number: _added_address(inner, number))
        few, few_kept = _storm(held, _FLAPS, "flap-end")
        many, many_kept = _storm(held, _ADDRESSES, "addresses-end")
        resident = held.resident_mb()
        idle = _idle_percent(held)
    return LiveCost(
        links,
        addresses,
        few,
        many,
        few_kept and many_kept,
        idle,
        resident,
        (Kernel(alone[0], watched[0]), Kernel(alone[1], watched[1])),
    )


def _kernel_us(changer: Changer) -> float:
    """Median CPU time of one request: the work that the kernel does for it, telling its listeners included."""
    costs = []
    for number in range(2000):
        began = time.thread_time_ns()
        changer.alias(f"cost {number}")
        costs.append((time.thread_time_ns() - began) / 1000)
    return median(costs)


def _changed_alias(changer: Changer, number: int) -> str:
    changer.alias(f"alias {number}")
    return f"alias {number}"


def _added_address(changer: Changer, number: int) -> str:
    changer.address(RTM_NEWADDR, bytes((172, 16, number >> 8, number & 255)))
    return f"172.16.{number >> 8}.{number & 255}/32"


def _latency(held: Holder, change: Callable[[int], str]) -> Latency:
    """From the end of the request to after the graph. One change at a time, with a pause between."""
    ended: dict[str, float] = {}
    requests = []
    for number in range(_CHANGES):
        began = time.monotonic()
        value = change(number)
        ended[value] = time.monotonic()
        requests.append((ended[value] - began) * 1e6)
        time.sleep(0.005)
    arrived = _until(held, ended.keys())
    times = [(arrived[value] - at) * 1e6 for value, at in ended.items() if value in arrived]
    return Latency(median(times), quantiles(times, n=100)[98], median(requests))


def _until(held: Holder, values: object) -> dict[str, float]:
    """What arrived, when all these have, or when it is too late."""
    wanted = set(values)  # type: ignore[call-overload] # any iterable
    arrived: dict[str, float] = {}
    end = time.monotonic() + _PATIENCE_S
    while not wanted <= arrived.keys() and time.monotonic() < end:
        arrived |= held.arrivals()
        time.sleep(0.01)
    return arrived


_FLAPS: Final = [f"link set dev v{1 + number % 10} alias flap-{number}" for number in range(_STORM)]
_ADDRESSES: Final = [
    f"address {verb} 172.20.{number >> 8}.{number & 255}/32 dev br0"
    for number in range(_STORM // 2)
    for verb in ("add", "del")
]


def _storm(held: Holder, lines: list[str], end: str) -> tuple[float, bool]:
    """CPU of the holder a change, and whether it knew the last one."""
    before = held.cpu_s()
    ip_batch([*lines, f"link set dev v11 alias {end}"])
    kept = end in _until(held, {end})
    return (held.cpu_s() - before) / len(lines) * 1e6, kept


def _idle_percent(held: Holder) -> float:
    time.sleep(1)
    before, began = held.cpu_s(), time.monotonic()
    time.sleep(_IDLE_S)
    return (held.cpu_s() - before) / (time.monotonic() - began) * 100
