"""Containers of a test's own, that it may rewire, stop and start again; and a ping to each."""

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NamedTuple, Self

from tests.runtimes.lab import IMAGE, SLEEP, Lab, NotStarted, until
from tests.runtimes.parts import containerd, docker, lxc, lxd, nspawn, podman

RUNTIMES = ("lxc", "docker", "podman", "nspawn", "lxd", "containerd")
_OURS, _ITS = "10.219.0.1", "10.219.0.2"


class Cable(NamedTuple):
    """A container's, as it is now."""

    inside: str
    outside: str
    """Its host end's name."""
    number: int
    """The host end's ifindex."""
    bridge: str


@dataclass(slots=True)
class Box:
    """A container: `boot` gives its process, `halt` ends it at once, `remove` leaves nothing of it."""

    lab: Lab
    runtime: str
    name: str
    boot: Callable[[], int]
    halt: Callable[[], None]
    pid: int = 0
    bridge: str = ""
    """The one that it was plugged into when it was started."""
    remove: Callable[[], None] = lambda: None
    """What is left of it when it is stopped."""

    def start(self) -> None:
        """Start it, and give both sides an address."""
        self.pid = self.boot()
        cable = self.cable()
        self.bridge = cable.bridge
        self.lab.run("ip", "address", "add", f"{_OURS}/24", "dev", self.bridge)
        self.inside("ip", "address", "add", f"{_ITS}/24", "dev", cable.inside)
        self.inside("ip", "link", "set", cable.inside, "up")
        self.lab.run("ip", "neighbour", "flush", "to", _ITS)  # it had another MAC before
        self.reached()

    def stop(self) -> None:
        """Stop it."""
        self.halt()
        self.lab.run("ip", "address", "delete", f"{_OURS}/24", "dev", self.bridge)

    def address(self) -> str:
        """Its inner end, as it is typed: by the process, as another lab may have a container of this name."""
        return f"pid:{self.pid}/{self.cable().inside}"

    def cable(self) -> Cable:
        """Its only veth, found by the kernel's own numbers."""
        found: list[Cable] = []

        def plugged() -> bool:
            (near,) = [one for one in self.links() if one.get("linkinfo", {}).get("info_kind") == "veth"]
            far = next(one for one in links(self.lab) if one["ifindex"] == near["link_index"])
            found.append(Cable(near["ifname"], far["ifname"], far["ifindex"], far["master"]))
            return True

        def there() -> bool:
            with suppress(StopIteration, KeyError):
                return plugged()
            return False

        until(there, f"the cable of {self.name}")
        return found[-1]

    def links(self) -> list[dict[str, Any]]:
        """`ip -d -j link`, inside."""
        return list(json.loads(self.inside("ip", "-d", "-j", "link")))

    def inside(self, *argv: str) -> str:
        """Run a program of the machine's in its network namespace."""
        return self.lab.call(["nsenter", f"--net=/proc/{self.pid}/ns/net", "--", *argv])

    def reached(self) -> None:
        """Wait until it answers."""
        until(lambda: self.lab.run("ping", "-c", "1", "-W", "1", _ITS), f"an answer from {self.name}")

    def ping(self) -> "Ping":
        """A hundred packets a second from the host."""
        return Ping(self.lab, _ITS)


class Ping:
    """A hundred packets a second until it is counted; it begins when the first answers have come."""

    def __init__(self, lab: Lab, target: str) -> None:
        words = lab.inside("ping", "-n", "-i", "0.01", target)
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        self._lines = self._process.stdout
        self._answered: set[int] = set()
        self.answers(20)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._lines.close()

    def answers(self, count: int) -> None:
        """Wait for so many more."""
        for line in self._lines:
            self._hear(line)
            count -= "bytes from" in line
            if count <= 0:
                return
        raise AssertionError("ping ended")

    def lost(self) -> tuple[int, int]:
        """How many of how many, once fifty more answers have come; what is still under way is not counted."""
        self.answers(50)
        self._process.send_signal(signal.SIGINT)
        for line in self._lines:
            self._hear(line)
        last = max(self._answered)
        return last - len(self._answered), last

    def _hear(self, line: str) -> None:
        found = re.search(r"bytes from .* icmp_seq=(\d+)", line)
        if found:
            self._answered.add(int(found[1]))


def links(lab: Lab) -> list[dict[str, Any]]:
    """`ip -d -j link` in the lab."""
    return list(json.loads(lab.run("ip", "-d", "-j", "link")))


def standing(lab: Lab) -> set[tuple[int, str]]:
    """Number and name of every link in the lab."""
    return {(one["ifindex"], one["ifname"]) for one in links(lab)}


@contextmanager
def running(lab: Lab, runtime: str) -> Iterator[Box]:
    """One of this runtime, started; it is gone afterwards."""
    box = MAKERS[runtime](lab)
    box.start()
    try:
        yield box
    finally:
        with suppress(NotStarted):
            box.stop()
        box.remove()


def lxc_box(lab: Lab, name: str, *network: str) -> Box:
    """One of LXC's with such a NIC."""
    lxc.define(lab, name, *network)
    return Box(
        lab,
        "lxc",
        name,
        lambda: lxc.boot(lab, name),
        lambda: lxc.halt(lab, name),
        remove=lambda: shutil.rmtree(lab.folder / "lxc" / name),
    )


def _lxc(lab: Lab) -> Box:
    return lxc_box(lab, lab.called("lx-live"), "type = veth", "link = br0", "name = wan0", "flags = up")


def _docker(lab: Lab) -> Box:
    name = lab.called("do-live")
    docker.run(lab, "create", "--name", name, IMAGE, *SLEEP)
    return _asked(lab, "docker", name, docker, ("stop", "-t", "0", name), ("rm", "-f", name))


def _podman(lab: Lab) -> Box:
    name = lab.called("po-live")
    podman.run(lab, "create", "--name", name, "--network", podman.NETWORK, IMAGE, *SLEEP)
    return _asked(lab, "podman", name, podman, ("stop", "-t", "0", name), ("rm", "-f", name))


def _lxd(lab: Lab) -> Box:
    name = lab.called("lxd-live")
    lxd.run(lab, "init", "-q", lxd.IMAGE, name, "-c", "security.privileged=true")
    return _asked(lab, "lxd", name, lxd, ("stop", "-f", name), ("delete", "-f", name))


def _asked(lab: Lab, runtime: str, name: str, part: ModuleType, stop: Sequence[str], remove: Sequence[str]) -> Box:
    """One that a daemon or a program starts and stops by its name."""

    def boot() -> int:
        part.run(lab, "start", name)
        return int(part.pid_of(lab, name))

    def do(*words: str) -> None:
        part.run(lab, *words)

    return Box(lab, runtime, name, boot, lambda: do(*stop), remove=lambda: do(*remove))


def _nspawn(lab: Lab) -> Box:
    box = Box(lab, "nspawn", lab.called("nl"), lambda: 0, lambda: None)

    def boot() -> int:
        supervisor, payload = nspawn.boot(lab, box.name)
        box.halt = lambda: nspawn.halt(supervisor, payload)
        return payload

    box.boot = boot
    return box


def _containerd(lab: Lab) -> Box:
    name = lab.called("ct-live")
    return Box(lab, "containerd", name, lambda: containerd.boot(lab, name), lambda: containerd.halt(lab, name))


MAKERS: Mapping[str, Callable[[Lab], Box]] = {
    "lxc": _lxc,
    "docker": _docker,
    "podman": _podman,
    "nspawn": _nspawn,
    "lxd": _lxd,
    "containerd": _containerd,
}
"""Each makes one that is not started yet."""
