"""Namespaces to change."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.changes.bench import Place
from tests.changes.stand import NEW_NAME, Stand
from tests.kernel.iproute import ip

HOME = """\
link add dev br0 address 02:00:00:00:00:10 type bridge
link add dev br1 address 02:00:00:00:00:11 type bridge stp_state 1 ageing_time 12000
link add dev p0 address 02:00:00:00:00:12 type veth peer name eth0 address 02:00:00:00:00:13 netns {a}
link add dev p1 address 02:00:00:00:00:14 type veth peer name eth0 address 02:00:00:00:00:15 netns {b}
link add dev d0 address 02:00:00:00:00:16 type veth peer name d1 address 02:00:00:00:00:17 netns {a}
link add dev nic0 address 02:00:00:00:00:18 type ifb
link add link nic0 name mv0 address 02:00:00:00:00:19 netns {a} type macvlan mode vepa
link add link nic0 name ms0 address 02:00:00:00:00:1a type macvlan mode source
link set dev ms0 type macvlan macaddr set 02:00:00:00:00:51 02:00:00:00:00:52
link set dev p0 master br0
link set dev p1 master br0
link set dev p0 type bridge_slave isolated on hairpin on cost 7
link set dev p0 alias to-the-a-side
link property add dev p0 altname port-of-a
link set dev br0 up
link set dev p0 up
link set dev p1 up
link set dev d0 up
link set dev nic0 up
link set dev ms0 up
address add 192.0.2.1/24 broadcast 192.0.2.255 dev br0
address add 2001:db8::1/64 dev br0 nodad
address add 198.51.100.1/24 dev d0
route add 203.0.113.0/24 via 192.0.2.254 dev br0 metric 5
route add 10.7.0.0/16 via 198.51.100.2 dev d0 table 1007
neighbour add 192.0.2.77 lladdr 02:00:00:00:00:77 dev br0 nud permanent
"""
INSIDE = """\
link set dev eth0 up
link set dev d1 up
link set dev mv0 up
address add 192.0.2.2/24 dev eth0
address add 2001:db8::2/64 dev eth0 nodad
address add 198.51.100.2/24 dev d1
route add default via 192.0.2.1 dev eth0
route add default via 2001:db8::1 dev eth0
neighbour add 192.0.2.1 lladdr 02:00:00:00:00:10 dev eth0 nud permanent
"""
QUIET = ("net/ipv6/conf/default/accept_dad=0", "net/ipv6/conf/all/accept_dad=0")


@pytest.fixture
def stand(private_host: int, make_netns: Callable[[str], str]) -> Iterator[Stand]:
    """`h` with two bridges, a NIC and a cable; `a` and `b` at their ports."""
    names = {"a": make_netns("stand-a"), "b": make_netns("stand-b")}
    for name in (None, *names.values()):
        into = ["nsenter", f"--net=/run/netns/{name}"] if name else []
        ip_run(*into, "sysctl", "-qw", *QUIET)
        ip("link", "set", "dev", "lo", "up", netns=name)
    wired(HOME.format(**names))
    wired(INSIDE, names["a"])
    wired("link set dev eth0 up\naddress add 192.0.2.3/24 dev eth0\n", names["b"])
    ip_run("bridge", "fdb", "add", "02:00:00:00:00:61", "dev", "p0", "master", "static")
    ip_run("bridge", "fdb", "add", "02:00:00:00:00:62", "dev", "p0", "master", "static", "sticky")
    ip_run("sysctl", "-qw", "net/ipv4/conf/p0/arp_announce=2", "net/ipv6/conf/p0/accept_ra=0")
    ip_run("nsenter", f"--net=/run/netns/{names['a']}", "sysctl", "-qw", "net/ipv4/conf/eth0/rp_filter=2")
    ip_run("tc", "qdisc", "add", "dev", "d0", "clsact")
    inside = ["nsenter", f"--net=/run/netns/{names['b']}", "sleep", "infinity"]
    with subprocess.Popen(inside) as living:  # without its name it lives on
        built = Stand(names)
        yield built
        built.host.close()
        living.kill()
    if Path("/run/netns", NEW_NAME).exists():
        ip("netns", "delete", NEW_NAME)


def wired(lines: str, netns: str | None = None) -> None:
    into = ("nsenter", f"--net=/run/netns/{netns}") if netns else ()
    for line in lines.splitlines():
        ip_run(*into, "ip", *line.split())


def ip_run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stderr)


@pytest.fixture
def place(make_netns: Callable[[str], str]) -> Place:
    """Two empty namespaces, `a` and `b`."""
    return Place(a=make_netns("a"), b=make_netns("b"))
