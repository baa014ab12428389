"""Starting a container again and again while `jackfield enforce` pins it: does it start, what is its host end then.

The clock begins with the kernel's own event that the host end is up and its other end elsewhere: renamed before that,
containers fail to start. It ends with the event that tells the pinned name (LXD: the altname). Both are read by this
process, from one socket in the lab's namespace.
"""

import json
import os
import select
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyroute2.netlink.rtnl.marshal import MarshalRtnl

from backend import netns
from model.ethernet import link_local
from tests.keep.daemon import Daemon
from tests.runtimes.boxes import Box
from tests.runtimes.lab import Lab, NotStarted, until

PINNED = "tinder0"
PATIENCE_S = 20.0
_LINKS = 1
_POLICY = """\
[[policy]]
name = "box"
match = {{ runtime = "{runtime}", owner = "{owner}" }}
pin = {{ name = "{name}", mac = "derived" }}
guard = {{ ipv4 = ["192.0.2.2"] }}
"""


@dataclass(frozen=True, slots=True)
class Start:
    """What became of one start."""

    failed: str = ""
    """The runtime's own words; empty: it has started."""
    names: frozenset[str] = frozenset()
    """Of the host end: its name and its altnames."""
    mac: str = ""
    link_local: tuple[str, ...] = ()
    """What it has, once its MAC's own is among them; empty: IPv6 is off at this link."""
    ms: float = 0.0
    """From the first moment at which it may be renamed to its pinned name."""


@contextmanager
def kept(lab: Lab, box: Box, folder: Path) -> Iterator[Daemon]:
    """The daemon, with a policy for this container."""
    policy = folder / f"{box.runtime}.toml"
    policy.write_text(_POLICY.format(runtime=box.runtime, owner=box.name, name=PINNED), encoding="utf-8")
    lab.run("ip", "address", "replace", "198.51.100.1/32", "dev", "uplink0")  # or a bridge has the last one
    with Daemon(policy, folder / f"{box.runtime}-state", lab.inside()) as daemon:
        yield daemon


def start_and_stop(lab: Lab, box: Box) -> Start:
    """Once. Raises NotStarted when it is not pinned, or does not stop."""
    with _links_of(lab) as heard, ThreadPoolExecutor(1) as pool:
        times = pool.submit(_until_pinned, heard)
        try:
            box.pid = box.boot()
            box.inside("ip", "link", "set", "dev", box.cable().inside, "up")  # nspawn leaves that to what it starts
        except NotStarted as failed:
            return Start(failed=str(failed))
        try:
            began, pinned = times.result()
            link = until_it_has_its_address(lab)
        finally:
            box.halt()
            until(lambda: host_end(lab) is None, f"the end of the cable of {box.name}")
    ours = [one["local"] for one in link["addr_info"] if one["scope"] == "link"]
    names = frozenset((link["ifname"], *link.get("altnames", ())))
    return Start("", names, link["address"], tuple(ours), (pinned - began) * 1000)


def host_end(lab: Lab) -> dict[str, Any] | None:
    """The link that has the pinned name, as `ip` shows it; None: there is none."""
    try:
        (link,) = json.loads(lab.run("ip", "-j", "address", "show", "dev", PINNED))
    except NotStarted:
        return None
    return dict(link)


def until_it_has_its_address(lab: Lab) -> dict[str, Any]:
    """The pinned link, once it has the link-local address of its MAC and no other, or IPv6 is off there."""
    found: list[dict[str, Any]] = []

    def settled() -> bool:
        link = host_end(lab)
        if link is None or not link["address"].startswith("fe:"):
            return False
        found.append(link)
        has = [one["local"] for one in link["addr_info"] if one["scope"] == "link"]
        return has == [link_local(link["address"])] or _has_no_ipv6(lab, link["ifname"])

    until(settled, f"the link-local address of {PINNED}: {found[-1:]}")
    return found[-1]


def _has_no_ipv6(lab: Lab, name: str) -> bool:
    return lab.run("cat", f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6") == "1"


@contextmanager
def _links_of(lab: Lab) -> Iterator[socket.socket]:
    home = os.open(f"/run/netns/{lab.name}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        with netns.inside(home):
            heard = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
    finally:
        os.close(home)
    with heard:
        heard.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        heard.bind((0, _LINKS))
        yield heard


def _until_pinned(heard: socket.socket) -> tuple[float, float]:
    """When it could be renamed, and when it was: seconds of the monotonic clock."""
    ripe: dict[int, float] = {}
    end = time.monotonic() + PATIENCE_S
    while select.select([heard], [], [], max(0.0, end - time.monotonic()))[0]:
        raw, now = heard.recv(1 << 18), time.monotonic()
        for event in MarshalRtnl().parse(raw):
            if event["event"] != "RTM_NEWLINK" or event.get("family"):
                continue
            index = event["index"]
            if event.get_attr("IFLA_OPERSTATE") == "UP" and event.get_attr("IFLA_LINK_NETNSID") is not None:
                ripe.setdefault(index, now)
            if PINNED in _names(event):
                return ripe.get(index, now), now
    raise NotStarted(f"nothing was called {PINNED} within {PATIENCE_S:.0f} s")


def _names(event: Any) -> set[str]:
    altnames = event.get_attr("IFLA_PROP_LIST")
    more = altnames.get_attrs("IFLA_ALT_IFNAME") if altnames is not None else ()
    return {event.get_attr("IFLA_IFNAME"), *more}
