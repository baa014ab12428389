"""What is in the practice lab: a small host with bridges, containers, macvlans and cables, and its daily life.

It is wired in the network namespace of the calling thread; each resident is a process of ours in one of its own.
"""

import ctypes
import fcntl
import itertools
import os
import signal
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_interface
from pathlib import Path
from typing import NamedTuple

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from backend import netns

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
MS_BIND, MNT_DETACH = 0x1000, 2
DISCARD = 9
"""The UDP port that nobody answers on (RFC 863)."""

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Resident:
    """A namespace, and the processes that own it."""

    processes: tuple[str, ...]
    """What their `comm` says: 15 bytes at most (PR_SET_NAME, prctl(2))."""
    named: bool = True
    """It has an `ip netns` name."""
    greets: str | None = None
    """The IPv4 address that its first process sends a small datagram to, twice a second."""


@dataclass(frozen=True, slots=True)
class Cable:
    """A veth from the host, or from the resident `near_in`, to the resident `to`."""

    near: str
    to: str
    mac: str
    """The far end's. The near end has the same with fe in front, as LXC does it."""
    addresses: tuple[str, ...]
    far: str = "eth0"
    bridge: str | None = None
    """What the near end is plugged into."""
    up: bool = True
    isolated: bool = False
    near_in: str | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """A macvlan on the uplink: in the resident `to`, or on the host."""

    name: str
    mode: str
    mac: str
    addresses: tuple[str, ...]
    to: str | None = None


UPLINK = "uplink0"
BRIDGES = {"br0": ("192.168.1.1/24", "fd00:1::1/64"), "br1": ("10.0.7.1/24",)}
RESIDENTS = {
    "tinderbox": Resident(("distccd",), greets="192.168.1.12"),
    "db": Resident(("postgres",)),
    "web": Resident(("nginx", "php-fpm"), greets="192.168.1.50"),
    "backup": Resident(("borg",)),
    "guest-a": Resident(("sshd",), greets="10.0.7.1"),
    "guest-b": Resident(("sshd",)),
    "cache": Resident(("redis-server",), greets="10.99.0.1"),
    "a sleeper": Resident(("sleep",), named=False),
    "switch": Resident(("switch",)),
    "mail": Resident(("dovecot",), greets="203.0.113.1"),
    "proxy": Resident(("haproxy",)),
    "vault": Resident(("vault",)),
}
CABLES = (
    Cable(UPLINK, "switch", "00:16:3e:00:71:01", ("203.0.113.1/24",), far="port1"),
    Cable("veth8pUZr", "tinderbox", "00:16:3e:51:9f:02", ("192.168.1.50/24", "fd00:1::50/64"), bridge="br0"),
    Cable("vethV4Bd1n", "db", "00:16:3e:0c:77:1a", ("192.168.1.12/24",), bridge="br0"),
    Cable("vethK3xQ9a", "web", "00:16:3e:a8:20:c4", ("192.168.1.20/24", "fd00:1::20/64"), bridge="br0"),
    Cable("vethN0tMe2", "backup", "00:16:3e:33:e1:5b", ("192.168.1.90/24",), bridge="br0", up=False),
    Cable("vethGuestA", "guest-a", "00:16:3e:00:07:0a", ("10.0.7.10/24",), bridge="br1", isolated=True),
    Cable("vethGuestB", "guest-b", "00:16:3e:00:07:0b", ("10.0.7.11/24",), bridge="br1", isolated=True),
    Cable("vethZz9Qd0", "a sleeper", "00:16:3e:00:07:29", ("10.0.7.41/24",), bridge="br1"),
    Cable("vethR3d1s4", "cache", "00:16:3e:5e:d1:05", ("10.0.7.30/24",), bridge="br1"),
    Cable("sync0", "cache", "00:16:3e:99:00:02", ("10.99.0.2/30",), far="sync0", near_in="db"),
)
SYNC_OF_DB = ("10.99.0.1/30",)
BRANCHES = (
    Branch("mail0", "vepa", "00:16:3e:71:00:25", ("203.0.113.25/24",), to="mail"),
    Branch("proxy0", "bridge", "00:16:3e:71:00:80", ("203.0.113.80/24",), to="proxy"),
    Branch("vault0", "private", "00:16:3e:71:00:c8", ("203.0.113.200/24",), to="vault"),
    Branch("mvhost0", "bridge", "00:16:3e:71:00:02", ("203.0.113.2/24",)),
)
VISITOR = Resident(("gitlab-runner",), greets="192.168.1.50")


class Running(NamedTuple):
    """A process of ours."""

    pid: int
    fd: int
    """Its pidfd: setns(2) takes one, so that no descriptor of ours has to hold a namespace."""


class PracticeHost:
    """The host while it runs: its residents, and the names that were given to their namespaces."""

    def __init__(self, names: Path | None) -> None:
        """`names` is where namespaces are named, /run/netns as for `ip netns`; None: they have no names."""
        self._names = names
        self._residents: dict[str, list[Running]] = {}

    def build(self) -> None:
        """Wire everything up. Raises OSError or NetlinkError when the kernel refuses."""
        for name, resident in RESIDENTS.items():
            self._admit(name, resident)
        with IPRoute() as here:
            _raise_up(here, "lo")
            for bridge, addresses in BRIDGES.items():
                here.link("add", ifname=bridge, kind="bridge")
                _raise_up(here, bridge, addresses)
        for cable in CABLES:
            self._plug(cable)
        for branch in BRANCHES:
            self._branch(branch)
        with self._at("db") as db:
            _raise_up(db, "sync0", SYNC_OF_DB)
        self._tunnel("vxlan42", "br1")
        self._start_vm("tap0", "br0")

    def close(self) -> None:
        """End every resident, and with it its links."""
        for name in list(self._residents):
            self._dismiss(name)

    def life(self) -> Iterator[float]:
        """What happens here, for ever; each value is the number of seconds until the next thing.

        The operator may have renamed, moved or deleted what is about to change: then that thing does not happen.
        """
        for day in itertools.count(1):
            visitor = f"ci-runner-{day}"
            for seconds, happens in (
                (4.0, partial(self._welcome, visitor, f"vethCi{day}")),
                (3.0, partial(self._switch, "vethGuestB", "down")),
                (1.5, partial(self._switch, "vethGuestB", "up")),
                (3.0, partial(self._address, "add", "web", "192.168.1.77")),
                (4.0, partial(self._address, "del", "web", "192.168.1.77")),
                (2.5, partial(self._dismiss, visitor)),
            ):
                yield seconds
                with suppress(NetlinkError, OSError, KeyError):
                    happens()

    def _admit(self, name: str, resident: Resident) -> None:
        """Make a namespace, start the processes that live in it, and give it its name."""
        home = netns.open_own_netns()
        try:
            netns.unshare_netns()
            with IPRoute() as inside:
                _raise_up(inside, "lo")
            first, *others = resident.processes
            self._residents[name] = [_start(first, partial(_greet, resident.greets))]
            self._residents[name] += [_start(comm, signal.pause) for comm in others]
            if self._names and resident.named:
                _bind("/proc/thread-self/ns/net", self._names / name)
        finally:
            netns.setns(home)
            os.close(home)

    def _dismiss(self, name: str) -> None:
        """End a resident's processes and take its name away."""
        for process in self._residents.pop(name):
            with suppress(ProcessLookupError):  # somebody was quicker
                signal.pidfd_send_signal(process.fd, signal.SIGKILL)
            with suppress(ChildProcessError):  # the lab's init reaps whatever ends
                os.waitid(os.P_PIDFD, process.fd, os.WEXITED)
            os.close(process.fd)
        if self._names and (self._names / name).exists():
            _libc.umount2(os.fsencode(self._names / name), MNT_DETACH)
            (self._names / name).unlink()

    def _plug(self, cable: Cable) -> None:
        """Lay a cable, and plug it in."""
        with self._at(cable.near_in) as near:
            near.link(
                "add",
                ifname=cable.near,
                kind="veth",
                address="fe" + cable.mac[2:],
                peer={"ifname": cable.far, "address": cable.mac, "net_ns_pid": self._residents[cable.to][0].pid},
            )
            if cable.bridge:
                near.link("set", index=_index(cable.near), master=_index(cable.bridge))
            if cable.isolated:
                near.brport("set", index=_index(cable.near), isolated=1)
            if cable.up:
                _raise_up(near, cable.near)
        with self._at(cable.to) as far:
            _raise_up(far, cable.far, cable.addresses)

    def _branch(self, branch: Branch) -> None:
        """Put a macvlan on the uplink, and move it to where it is wanted."""
        with IPRoute() as here:
            here.link(
                "add",
                ifname=branch.name,
                kind="macvlan",
                link=_index(UPLINK),
                macvlan_mode=branch.mode,
                address=branch.mac,
            )
            if branch.to:
                here.link("set", index=_index(branch.name), net_ns_pid=self._residents[branch.to][0].pid)
        with self._at(branch.to) as there:
            _raise_up(there, branch.name, branch.addresses)

    def _tunnel(self, name: str, bridge: str) -> None:
        """Put a vxlan over the uplink into a bridge. The group is for documentation (RFC 6676): nobody is there."""
        with IPRoute() as here:
            here.link(
                "add",
                ifname=name,
                kind="vxlan",
                address="fe:16:3e:00:42:00",
                vxlan_id=42,
                vxlan_port=4789,
                vxlan_link=_index(UPLINK),
                vxlan_group="233.252.0.42",
            )
            here.link("set", index=_index(name), master=_index(bridge), state="up")

    def _start_vm(self, tap: str, bridge: str) -> None:
        """Start a process that holds a tap, as a virtual machine does; not where /dev/net/tun may not be opened."""
        try:
            device = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return
        try:
            fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", tap.encode(), IFF_TAP | IFF_NO_PI))
            self._residents["the vm"] = [_start("practice-vm", signal.pause, keep=device)]
        finally:
            os.close(device)
        with IPRoute() as here:
            here.link("set", index=_index(tap), address="fe:16:3e:0a:0b:0c", master=_index(bridge), state="up")

    def _welcome(self, name: str, port: str) -> None:
        """A container comes for a while."""
        self._admit(name, VISITOR)
        self._plug(Cable(port, name, "00:16:3e:c1:00:01", ("192.168.1.140/24",), bridge="br0"))

    def _switch(self, link: str, state: str) -> None:
        with IPRoute() as here:
            here.link("set", index=_index(link), state=state)

    def _address(self, command: str, resident: str, address: str) -> None:
        with self._at(resident) as there:
            there.addr(command, index=_index("eth0"), address=address, prefixlen=24)

    @contextmanager
    def _at(self, resident: str | None) -> Iterator[IPRoute]:
        """The thread is in a resident's namespace, or on the host, with a way to the kernel there."""
        place: AbstractContextManager[None] = (
            netns.inside(self._residents[resident][0].fd) if resident else nullcontext()
        )
        with place, IPRoute() as there:
            yield there


@contextmanager
def laid_out(names: Path | None = None) -> Iterator[PracticeHost]:
    """The practice host, in the calling thread's network namespace, until the body ends. Needs CAP_SYS_ADMIN there."""
    host = PracticeHost(names)
    try:
        host.build()
        yield host
    finally:
        host.close()


def _index(name: str) -> int:
    return socket.if_nametoindex(name)


def _raise_up(there: IPRoute, name: str, addresses: tuple[str, ...] = ()) -> None:
    index = _index(name)
    there.link("set", index=index, state="up")
    for address in map(ip_interface, addresses):
        there.addr("add", index=index, address=str(address.ip), prefixlen=address.network.prefixlen)


def _bind(namespace: str, name: Path) -> None:
    """Name a namespace as `ip netns attach` does."""
    name.touch(mode=0o444, exist_ok=False)
    if _libc.mount(os.fsencode(namespace), os.fsencode(name), None, MS_BIND, None):
        number = ctypes.get_errno()
        name.unlink()
        raise OSError(number, os.strerror(number), str(name))


def _start(comm: str, live: Callable[[], None], keep: int = -1) -> Running:
    """Start a process in the thread's namespace, of no terminal and with no descriptor of ours but `keep`.

    It ends with its parent, however that ends (PR_SET_PDEATHSIG).
    """
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return Running(pid, os.pidfd_open(pid))
    try:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        _libc.prctl(PR_SET_NAME, comm.encode())
        if os.getppid() == parent:
            os.setsid()
            _close_all_but(keep)
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            live()
    finally:
        os._exit(0)


def _close_all_but(keep: int) -> None:
    limit = os.sysconf("SC_OPEN_MAX")
    os.closerange(0, max(keep, 0))
    os.closerange(keep + 1, limit)


def _greet(address: str | None) -> None:
    """Send a few bytes to a neighbour, twice a second, so that counters move; to nobody: wait for the end."""
    if address is None:
        signal.pause()
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        while True:
            with suppress(OSError):  # the cable may be out just now
                mouth.sendto(bytes(200), (address, DISCARD))
            time.sleep(0.5)
