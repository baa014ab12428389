"""A small host of real containers: every runtime that is installed, in one network namespace of its own, in seconds.

    with Lab() as lab:
        lab.start("docker", "lxc")          # or lab.start(): all of them
        lab.expected                        # what must be found, as data
        lab.run("ip", "link")               # a program inside the lab's namespace
        lab.inside("jackfield", "who", lab.called("d1"))  # the argv of one

Nothing of it is in the machine's own namespace: what shares its host's network shares the lab's. /proc, /run/netns and
the cgroups are the machine's. Whatever the lab started is found again by namespace and environment, and ended by pid.
"""

import contextlib
import itertools
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from backend.processes import Process
from tests.runtimes import sweep

IMAGE = "jf/box:1"
"""The one image of all runtimes: busybox, which sleeps."""
SLEEP = ("/bin/sleep", "100000")
PATIENCE = 20.0
"""Seconds that a runtime may take for what the lab waits for."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A container, pod, VM or process of the lab, as it must be found."""

    runtime: str
    name: str
    pid: int
    """A process in its namespace."""
    image: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    """Those that must be there among others."""
    host_network: bool = False

    @property
    def netns(self) -> int:
        """The inode of its network namespace."""
        return netns_of(self.pid)


@dataclass(frozen=True, slots=True)
class ExpectedTap:
    """A tap or macvtap of the lab's namespace that a VM holds."""

    link: str
    key: str | int
    """As in `Found.holders`: a tap's name, a macvtap's ifindex."""
    machine: str


_numbers = itertools.count(1)
"""Of the labs of this process."""


class NotStarted(Exception):
    """A runtime did not come up; the text is its own."""


class Lab:
    """The lab's namespace and folder, and what runs there."""

    def __init__(self) -> None:
        sweep.earlier_labs()
        self.name = f"{sweep.PREFIX}{os.getpid()}-{next(_numbers)}"
        self.folder = sweep.FOLDERS / self.name
        self.expected: list[Expected] = []
        self.taps: list[ExpectedTap] = []
        self.absent: dict[str, str] = {}
        """Runtime -> why it is not part of the lab: not installed."""
        self.failed: dict[str, str] = {}
        """Runtime -> what went wrong when it was started."""

    def __enter__(self) -> Self:
        """Make the namespace, its bridge, and the folder."""
        own = Process(os.getpid())
        self.folder.mkdir()
        (self.folder / sweep.STARTED_BY).write_text(f"{own.pid} {own.starttime}")
        (self.folder / "log").mkdir()
        _program_tree(self.rootfs)
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        self.run("ip", "link", "set", "lo", "up")
        self.run("ip", "link", "add", "br0", "up", "type", "bridge")
        self.run("ip", "link", "add", "uplink0", "up", "type", "veth", "peer", "uplink1")
        self.run("ip", "link", "set", "uplink1", "up")
        return self

    def __exit__(self, *_: object) -> None:
        sweep.lab(self.name)

    @property
    def rootfs(self) -> Path:
        """A tree with busybox and little else."""
        return self.folder / "rootfs"

    @property
    def netns(self) -> int:
        """The inode of the lab's own namespace: its runtimes' home."""
        return Path("/run/netns", self.name).stat().st_ino

    def called(self, word: str) -> str:
        """A container's name that no other lab of this machine has: /proc and the cgroups are the machine's."""
        return f"{word}-{os.getpid()}"

    def start(self, *runtimes: str) -> None:
        """Start these runtimes (without any: all), at the same time. What is not installed is in `absent` after it."""
        from tests.runtimes.parts import PARTS

        wanted = runtimes or tuple(PARTS)
        with ThreadPoolExecutor(len(wanted)) as pool:
            outcomes = {name: pool.submit(PARTS[name].start, self) for name in wanted if self._has(name)}
            for runtime, outcome in outcomes.items():
                try:
                    outcome.result()
                except (NotStarted, subprocess.SubprocessError, OSError) as failed:
                    self.failed[runtime] = str(failed)

    def inside(self, *argv: str) -> list[str]:
        """The argv that runs a program in the lab's namespace. (`ip netns exec` would hide the cgroups.)"""
        return ["nsenter", f"--net=/run/netns/{self.name}", "--", *argv]

    def with_sysfs(self, *argv: str) -> list[str]:
        """The same, with a /sys that shows the lab's links: liblxc looks bridges up there. The cgroups stay."""
        kept = self.folder / "cgroup"
        kept.mkdir(exist_ok=True)
        script = (
            f"mount --rbind /sys/fs/cgroup {kept} && mount -t sysfs sysfs /sys && mount --rbind {kept} /sys/fs/cgroup "
            '&& exec "$@"'
        )
        return self.inside("unshare", "--mount", "--propagation", "slave", "sh", "-c", script, "sh", *argv)

    def run(self, *argv: str, env: Mapping[str, str] | None = None, stdin: str = "") -> str:
        """Run a program in the lab's namespace; what it printed. Raises NotStarted with its own words."""
        return self.call(self.inside(*argv), env, stdin)

    def call(self, argv: list[str], env: Mapping[str, str] | None = None, stdin: str = "") -> str:
        """Run such an argv."""
        ran = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            check=False,
            input=stdin,
            env=self._marked(env),
            timeout=60,
        )
        if ran.returncode:
            raise NotStarted(f"{' '.join(argv)}: exit {ran.returncode}: {(ran.stderr or ran.stdout).strip()}")
        return ran.stdout.strip()

    def daemon(self, name: str, argv: list[str], env: Mapping[str, str] | None = None) -> int:
        """Start a program that stays; its pid. What it prints is in log/NAME."""
        with (self.folder / "log" / name).open("wb") as log:
            started = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                env=self._marked(env),
            )
        sweep.ours.append(started)
        return started.pid

    def has_left(self, pid: int) -> bool:
        """Whether a program of `daemon`, which begins in the caller's namespace, went through the lab's to its own."""
        return netns_of(pid) not in (netns_of(os.getpid()), self.netns)

    def expect(self, *expected: Expected) -> None:
        """Called by the parts: this runs now, and must be found."""
        self.expected += expected

    def _has(self, runtime: str) -> bool:
        from tests.runtimes.parts import PARTS

        missing = [program for program in PARTS[runtime].NEEDS if not shutil.which(program)]
        if missing:
            self.absent[runtime] = f"not installed: {', '.join(missing)}"
        return not missing

    def _marked(self, env: Mapping[str, str] | None) -> dict[str, str]:
        return {**os.environ, sweep.MARK: self.name, **(env or {})}


def until(true: Callable[[], object], what: str) -> None:
    """Wait for a condition. Raises NotStarted when it does not come."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError, IndexError, NotStarted):
            if true():
                return
        time.sleep(0.01)
    raise NotStarted(f"waited in vain for {what}")


def netns_of(pid: int) -> int:
    """The inode of the network namespace of a process."""
    return Path("/proc", str(pid), "ns", "net").stat().st_ino


def children_of(pid: int) -> Iterator[int]:
    """The pids of its children."""
    for child in Path("/proc", str(pid), "task", str(pid), "children").read_text().split():
        yield int(child)


def _program_tree(at: Path) -> None:
    for folder in ("bin", "sbin", "etc", "proc", "sys", "dev", "tmp", "run", "usr"):
        (at / folder).mkdir(parents=True)
    shutil.copy("/usr/bin/busybox" if Path("/usr/bin/busybox").exists() else "/bin/busybox", at / "bin/busybox")
    for program in ("sh", "sleep", "ip", "ping"):
        (at / "bin" / program).symlink_to("busybox")
    (at / "etc/passwd").write_text("root:x:0:0:root:/:/bin/sh\n")
    (at / "etc/os-release").write_text("ID=box\n")
