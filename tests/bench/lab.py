"""A large host, in a world of its own: what the benchmarks measure on.

A bridge `br0` with a port `vN` for each of many named namespaces; in each of them lo, the other end `eth0` with an
address, and a macvlan `mv0` on it: four links a namespace.
"""

import os
import subprocess
import sys
from collections.abc import Iterable
from typing import Final

_ENTERED: Final = "JACKFIELD_BENCH_WORLD"


def enter_a_world_of_our_own() -> None:
    """Come back in network, mount and pid namespaces of our own: the machine is not seen, and nothing stays on it."""
    if os.environ.get(_ENTERED):
        subprocess.run(["umount", "--all", "--types", "nsfs"], check=False)  # else we would keep the machine's alive
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    as_user = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    world = ("unshare", *as_user, "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
    os.environ[_ENTERED] = "yes"
    os.execvp(world[0], (*world, sys.executable, "-m", "tests.bench", *sys.argv[1:]))  # noqa: S606


def name_of(number: int) -> str:
    """The namespace that port `v<number>` leads to."""
    return f"box-{number:04}"


def build(numbers: range) -> None:
    """Add these namespaces, and their cables."""
    ip_batch(f"netns add {name_of(number)}" for number in numbers)
    if numbers.start == 1:
        ip_batch(["link add br0 type bridge", "link set br0 up"])
    ip_batch(
        line
        for number in numbers
        for line in (
            f"link add v{number} type veth peer name eth0 netns {name_of(number)}",
            f"link set v{number} master br0 up",
            f"link set v{number} type bridge_slave isolated on",
        )
    )
    for number in numbers:
        ip_batch(
            (
                "link set lo up",
                "link set eth0 addrgenmode none",
                "link set eth0 up",
                f"address add 10.{number // 250}.{number % 250}.2/24 dev eth0",
                "link add mv0 link eth0 type macvlan mode bridge",
            ),
            netns=name_of(number),
        )


def ip_batch(lines: Iterable[str], netns: str | None = None) -> None:
    """Many `ip` commands by one program."""
    within = () if netns is None else ("-n", netns)
    text = "\n".join(lines) + "\n"
    subprocess.run(["ip", *within, "-batch", "-"], input=text, text=True, check=True, stdout=subprocess.DEVNULL)
