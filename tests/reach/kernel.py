"""Blueprints made real: namespaces of their own, one for what is near and one for what is far."""

import fcntl
import os
import struct
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from backend import netns
from backend.host import LinuxHost
from backend.tables import read_tables
from model.conditions import Conditions, Filters
from model.ground import Ground
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.layer2 import segment_of
from model.link import Bridge, Link
from model.topology import Topology
from tests.reach.blueprint import FAR, NEAR, Blueprint

TUNSETIFF, TUNSETIFINDEX, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x400454DA, 2, 0x1000
SETTLES_WITHIN_S = 20.0


@dataclass
class Built:
    """A blueprint in the kernel."""

    plan: Blueprint
    spaces: dict[NamespaceId, int]
    """A descriptor of each namespace."""
    taps: dict[str, int] = field(default_factory=dict)
    keys: dict[NamespaceId, NamespaceId] = field(default_factory=dict)
    """The graph's own name for each of the blueprint's namespaces."""

    def link(self, name: str) -> LinkId:
        """As the graph has it."""
        piece = self.plan.pieces[name]
        return LinkId(self.keys[piece.space], piece.ifindex)


@contextmanager
def built(*plans: Blueprint) -> Iterator[list[Built]]:
    """Make them all; they are settled when this returns, and gone when the body is left."""
    with ExitStack() as cleanup:
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda plan: _make(plan, cleanup), plans))
        cleanup.enter_context(_shown([fd for one in made for fd in one.spaces.values()]))
        wait_until(lambda: settled(made), "links and ports settle")
        for one in made:
            batch("bridge", one.spaces[NEAR], one.plan.state_lines(), may_be_refused=True)  # of a port that is down
            batch("bridge", one.spaces[NEAR], one.plan.table_lines())
        yield made


@contextmanager
def _shown(fds: Sequence[int]) -> Iterator[None]:
    """Let another process hold them: what the reading process itself holds is not looked at."""
    with subprocess.Popen(["sleep", "infinity"], pass_fds=fds) as holder:
        try:
            yield
        finally:
            holder.terminate()


def _make(plan: Blueprint, cleanup: ExitStack) -> Built:
    spaces = {}
    for space in (NEAR, FAR):
        spaces[space] = new_netns()
        cleanup.callback(os.close, spaces[space])
    one = Built(plan, spaces)
    with netns.inside(spaces[NEAR]):
        for piece in plan.taps():
            one.taps[piece.name] = fd = open_tap(piece.name, piece.ifindex)
            cleanup.callback(os.close, fd)
    far = f"/proc/{os.getpid()}/fd/{spaces[FAR]}"
    batch("ip", spaces[NEAR], plan.make_lines(far))
    for space in (NEAR, FAR):
        batch("ip", spaces[space], plan.up_lines(space))
    return one


def new_netns() -> int:
    """An empty namespace without IPv6's own chatter, held by the descriptor alone."""
    home = netns.open_own_netns()
    try:
        netns.unshare_netns()
        try:
            quiet = Path("/proc/sys/net/ipv6/conf/default/disable_ipv6")
            if quiet.exists():
                quiet.write_text("1")
            return netns.open_own_netns()
        finally:
            netns.setns(home)
    finally:
        os.close(home)


def open_tap(name: str, ifindex: int) -> int:
    """A tap that we hold. Raises OSError where /dev/net/tun may not be used."""
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(fd, TUNSETIFINDEX, struct.pack("I", ifindex))
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return fd


def batch(program: str, space: int, lines: Iterable[str], *, may_be_refused: bool = False) -> None:
    """Many commands by one program, in one namespace."""
    text = "\n".join(lines)
    if text:
        with netns.inside(space):
            run = subprocess.run(
                [program, "-force", "-batch", "-"], input=text, text=True, capture_output=True, check=False
            )
        assert may_be_refused or run.returncode == 0, f"{run.stderr}\n{text}"


def graph_of(made: Sequence[Built]) -> Topology:
    """Read the kernel; whose namespace is whose is put into `made`."""
    while True:
        graph = Topology()
        graph.learn(LinuxHost().read())
        inodes = {(at, space): os.fstat(fd).st_ino for at, one in enumerate(made) for space, fd in one.spaces.items()}
        found = {place: graph.namespaces_by_inode(inode) for place, inode in inodes.items()}
        if all(
            len(ids) == 1 for ids in found.values()
        ):  # else one of the same inode has just died, or its holder starts
            break
    for (at, space), ids in found.items():
        made[at].keys[space] = ids[0]
    return graph


def conditions_of(made: Sequence[Built]) -> Conditions:
    """Tables as they are now. There are no filters: nobody makes any in these namespaces."""
    spaces = {one.keys[space]: fd for one in made for space, fd in one.spaces.items()}
    return Conditions(
        filters={space: Filters() for space in spaces},
        tables={space: read_tables(space, fd) for space, fd in spaces.items()},
    )


def settled(made: Sequence[Built]) -> bool:
    """Whether carriers and states of ports are what they will stay: they lag up to a second behind link up."""
    graph = graph_of(made)
    predicted = Conditions(predicted=True)
    for one in made:
        for space in one.keys.values():
            for link in graph.links(space):
                if link.kind != "loopback" and not _is_settled(graph, predicted, link):
                    return False
    return True


def _is_settled(graph: Inventory, predicted: Conditions, link: Link) -> bool:
    ground = Ground(graph, predicted, segment_of(graph, link.id), ())
    carrier = link.up and ground.has_carrier(link)
    if link.carrier != carrier or (link.operstate in ("up", "unknown")) != carrier:
        return False
    bridge = graph.master(link.id)
    if not isinstance(bridge, Link) or link.port is None:
        return True
    if not (carrier and bridge.up):
        return link.port.state == "disabled"
    stp = isinstance(bridge.detail, Bridge) and bridge.detail.stp
    return link.port.state != "disabled" if stp else link.port.state == "forwarding"


def wait_until(condition: object, what: str, seconds: float = SETTLES_WITHIN_S) -> None:
    """Ask again and again."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.02)
