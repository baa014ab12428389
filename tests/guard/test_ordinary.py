"""What real kernels and programs say to each other across a guarded port, and across a sealed one."""

import errno
import json
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend.firewall import Firewall
from model.dropped import Tally
from model.guard import Guard, Seal
from tests.guard.attacks import BOX_IP, BOX_LL, BOX_MAC, HOST_IP, HOST_LL, HOST_MAC, MATE_IP, MATE_LL
from tests.guard.lab import CAREFUL, HASTY, MATE_PORT, PORT, Lab, ip, until

pytestmark = pytest.mark.root

SERVICE, UDP_SERVICE, SSH = 873, 123, 22
UDHCPD = """\
interface br0
start {address}
end {address}
static_lease {mac} {address}
lease_file {folder}/leases
pidfile {folder}/pid
"""

DNSMASQ = (
    *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=br0", "--bind-interfaces"),
    *("--user=root", "--pid-file=", "--no-ping", "--dhcp-authoritative", f"--dhcp-range={BOX_IP},{BOX_IP}"),
)


careful = pytest.mark.parametrize("lab", [CAREFUL], indirect=True, ids=["with DAD"])


@pytest.fixture
def lab(request: pytest.FixtureRequest, private_host: int, make_netns: Callable[[str], str]) -> Lab:
    """The box's cable is made behind its guard: each test says which."""
    made = Lab(make_netns, bridged=True, ipv6=getattr(request, "param", HASTY))
    ip(
        f"link delete dev {PORT}",
        f"address add {HOST_IP}/24 dev br0",
        f"-n {made.mate} address add {MATE_IP}/24 dev eth0",
    )
    ip(f"-n {made.box} link set dev lo up")
    return made


def plug_behind(lab: Lab, guard: Guard) -> Firewall:
    """The guard stands before the cable does."""
    firewall = Firewall()
    assert firewall.load([guard]) is None
    lab.plug()
    until(lambda: settled(lab.box) and settled(lab.mate) and settled(None, "br0"), "duplicate address detection")
    return firewall


def settled(place: str | None, device: str = "eth0") -> bool:
    """It has a link-local address that nobody contested."""
    shown = subprocess.run(
        ["ip", *(("-n", place) if place else ()), "-j", "-6", "address", "show", "dev", device, "scope", "link"],
        capture_output=True,
        check=True,
    ).stdout
    addresses = [one for link in json.loads(shown) for one in link.get("addr_info", ())]
    assert not any(one.get("dadfailed") for one in addresses)
    return bool(addresses) and not any(one.get("tentative") for one in addresses)


def pings(lab: Lab, *to: str) -> bool:
    command = ["ip", "netns", "exec", lab.box, "ping", "-n", "-c", "1", "-W", "2", *to]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def dropped(firewall: Firewall) -> dict[str, int]:
    counted = firewall.tally()
    assert isinstance(counted, Tally)
    return {one.kind.code: one.frames for one in counted.dropped}


@contextmanager
def service(kind: socket.SocketKind, port: int, place: str | None, lab: Lab) -> Iterator[None]:
    """Answers what it is sent, once to each, over IPv6."""
    with lab.inside(place), socket.socket(socket.AF_INET6, kind) as listener:
        listener.bind(("::", port))
        listener.settimeout(0.05)
        ending = threading.Event()
        if kind is socket.SOCK_STREAM:
            listener.listen()
        thread = threading.Thread(target=_serve, args=(listener, kind, ending))
        thread.start()
        try:
            yield
        finally:
            ending.set()
            thread.join()


def _serve(listener: socket.socket, kind: socket.SocketKind, ending: threading.Event) -> None:
    while not ending.is_set():
        try:
            if kind is socket.SOCK_STREAM:
                with listener.accept()[0] as caller:
                    caller.settimeout(5)
                    caller.sendall(caller.recv(64))
            else:
                said, who = listener.recvfrom(64)
                listener.sendto(said, who)
        except TimeoutError:
            continue


def answers(lab: Lab, kind: socket.SocketKind, address: str, port: int, seconds: float = 5) -> bool:
    """Whether a service answers the box."""
    with lab.inside(lab.box), socket.socket(socket.AF_INET6, kind) as caller:
        caller.settimeout(seconds)
        try:
            caller.connect((address, port, 0, socket.if_nametoindex("eth0")))
            caller.send(b"hello")
            return caller.recv(64) == b"hello"
        except TimeoutError:
            return False
        except OSError as error:
            if error.errno != errno.EHOSTUNREACH:
                raise
            return False


@careful
def test_a_guarded_container_does_what_containers_do(lab: Lab) -> None:
    firewall = plug_behind(lab, Guard((PORT,), BOX_MAC, (BOX_IP,)))
    ip(f"-n {lab.box} address add {BOX_IP}/24 dev eth0")
    assert pings(lab, MATE_IP)
    assert pings(lab, HOST_IP)
    assert pings(lab, "-s", "3000", MATE_IP)
    assert pings(lab, f"{MATE_LL}%eth0")
    assert pings(lab, "-I", "eth0", HOST_LL)
    with service(socket.SOCK_STREAM, SERVICE, None, lab), service(socket.SOCK_DGRAM, UDP_SERVICE, lab.mate, lab):
        assert answers(lab, socket.SOCK_STREAM, HOST_LL, SERVICE)
        assert answers(lab, socket.SOCK_DGRAM, MATE_LL, UDP_SERVICE)
    assert dropped(firewall) == {}


def test_a_group_that_a_guarded_container_joins_is_known_to_the_bridge(lab: Lab) -> None:
    ip("link set dev br0 type bridge mcast_snooping 1 mcast_querier 1")
    plug_behind(lab, Guard((PORT,), BOX_MAC))
    with lab.inside(lab.box):
        member = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        index = socket.if_nametoindex("eth0")
    with member:
        group = socket.inet_pton(socket.AF_INET6, "ff15::1234") + index.to_bytes(4, sys.byteorder)
        member.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)

        def joined() -> bool:
            shown = subprocess.run(["bridge", "mdb", "show"], capture_output=True, text=True, check=True).stdout
            return any("ff15::1234" in line and PORT in line for line in shown.splitlines())

        until(joined, "the bridge to know the group")


@pytest.mark.parametrize("server", ["udhcpd", "dnsmasq"])
def test_a_guarded_container_gets_its_address_by_dhcp(lab: Lab, tmp_path: Path, server: str) -> None:
    if server == "dnsmasq" and shutil.which("dnsmasq") is None:
        pytest.skip("not installed: dnsmasq")
    firewall = plug_behind(lab, Guard((PORT,), BOX_MAC, (BOX_IP,)))
    (tmp_path / "leases").touch()
    (tmp_path / "conf").write_text(UDHCPD.format(address=BOX_IP, mac=BOX_MAC, folder=tmp_path))
    script = tmp_path / "script"
    script.write_text(f'#!/bin/sh\n[ "$1" = bound ] && echo "$ip" > {tmp_path}/bound\nexit 0\n')
    script.chmod(0o755)
    argv = {
        "udhcpd": ["busybox", "udhcpd", "-f", str(tmp_path / "conf")],
        "dnsmasq": [*DNSMASQ, f"--dhcp-host={BOX_MAC},{BOX_IP}", f"--dhcp-leasefile={tmp_path}/leases"],
    }[server]
    with subprocess.Popen(argv, stderr=subprocess.DEVNULL) as running:
        try:
            client = ["busybox", "udhcpc", "-f", "-q", "-n", "-i", "eth0", "-s", script, "-t", "5", "-T", "1"]
            inside = ["ip", "netns", "exec", lab.box, *map(str, client)]
            done = subprocess.run(inside, capture_output=True, check=False, timeout=30)
        finally:
            running.terminate()
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "bound").read_text().strip() == BOX_IP
    assert dropped(firewall) == {}


def test_an_address_that_the_container_takes_for_itself_is_of_no_use_to_it(lab: Lab) -> None:
    firewall = plug_behind(lab, Guard((PORT,), BOX_MAC, (BOX_IP,)))
    ip(f"-n {lab.box} address add 10.0.0.66/24 dev eth0")
    assert not pings(lab, "-W", "1", MATE_IP)
    assert set(dropped(firewall)) == {"arp"}


def test_a_sealed_container_reaches_two_services_of_the_host_and_nothing_else(lab: Lab) -> None:
    seal = Seal(HOST_MAC, HOST_LL, (SERVICE,), (UDP_SERVICE,))
    firewall = plug_behind(lab, Guard((PORT,), BOX_MAC, seal=seal))
    ip(f"link set dev {PORT} type bridge_slave isolated on", f"link set dev {MATE_PORT} type bridge_slave isolated on")
    ip(f"-n {lab.box} address add {BOX_IP}/24 dev eth0")
    stream, datagram = socket.SOCK_STREAM, socket.SOCK_DGRAM
    with (
        service(stream, SERVICE, None, lab),
        service(datagram, UDP_SERVICE, None, lab),
        service(stream, SSH, None, lab),
        service(stream, SERVICE, lab.mate, lab),
    ):
        assert answers(lab, stream, HOST_LL, SERVICE)
        assert answers(lab, datagram, HOST_LL, UDP_SERVICE)
        assert not answers(lab, stream, HOST_LL, SSH, 0.5)
        assert not answers(lab, stream, MATE_LL, SERVICE, 0.5)
        assert answers(lab, stream, HOST_LL, SERVICE)
    assert not pings(lab, "-W", "1", HOST_IP)
    assert not pings(lab, "-W", "1", f"{HOST_LL}%eth0")
    assert "sealed" in dropped(firewall)
    assert settled(lab.box)


def test_without_the_seal_the_same_container_reaches_everything(lab: Lab) -> None:
    plug_behind(lab, Guard((PORT,), BOX_MAC))
    with service(socket.SOCK_STREAM, SSH, None, lab), service(socket.SOCK_STREAM, SERVICE, lab.mate, lab):
        assert answers(lab, socket.SOCK_STREAM, HOST_LL, SSH)
        assert answers(lab, socket.SOCK_STREAM, MATE_LL, SERVICE)


@careful
def test_a_container_that_claims_the_hosts_address_does_not_disturb_it(lab: Lab) -> None:
    """Duplicate address detection of the host's own address, contested from inside."""
    plug_behind(lab, Guard((PORT,), BOX_MAC))
    ip(f"-n {lab.box} address add {HOST_LL}/64 dev eth0 nodad")
    ip("link set dev br0 down", "link set dev br0 up")
    until(lambda: settled(None, "br0"), "the host's address")
    assert BOX_LL != HOST_LL
