"""A sealed LXC container and the real parts: rsync and a proxy of the host's, over link-local IPv6; nothing else."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtimes.boxes import Box, lxc_box
from tests.runtimes.lab import Lab, NotStarted, until

pytestmark = pytest.mark.root

RSYNC, PROXY, SSH, WEB = 873, 3128, 22, 8000
HOST, BOX, MATE, WORLD = "10.5.0.1", "10.5.0.2", "10.5.0.3", "10.5.0.4"
HELLO = "hello from the host"
RSYNCD = """\
use chroot = no
[share]
path = {share}
"""
SQUID = """\
http_port [::]:3128
http_access allow all
cache deny all
access_log none
cache_log /dev/null
netdb_filename none
pinger_enable off
shutdown_lifetime 0 seconds
visible_hostname lab
pid_filename {at}/squid.pid
coredump_dir {at}
"""
PROGRAMS = ("rsync", "curl", "squid", "lxc-attach")


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A host with services, a neighbour and the world on one bridge."""
    if os.geteuid() != 0:
        pytest.skip("real containers need root")
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    with Lab() as opened:
        share = opened.folder / "share"
        share.mkdir()
        (share / "hello").write_text(HELLO)
        opened.run("ip", "address", "add", f"{HOST}/24", "dev", "br0")
        for name, address in (("mate", MATE), ("world", WORLD)):
            _join(opened, name, address)
        (opened.folder / "rsyncd.conf").write_text(RSYNCD.format(share=share))
        (opened.folder / "squid.conf").write_text(SQUID.format(at=opened.folder))
        rsyncd = ("rsync", "--daemon", "--no-detach", f"--config={opened.folder}/rsyncd.conf")
        opened.daemon("rsyncd", opened.inside(*rsyncd))
        opened.daemon("squid", opened.inside("squid", "-N", "-f", f"{opened.folder}/squid.conf"))
        opened.daemon("ssh", opened.inside(*_web(opened, SSH)))
        for port in (RSYNC, PROXY, SSH):
            until(lambda port=port: f":{port} " in opened.run("ss", "-ltn"), f"port {port}")  # type: ignore[misc]
        yield opened


@pytest.fixture
def box(lab: Lab) -> Iterator[Box]:
    """A running container that has the host's programs."""
    made = lxc_box(lab, lab.called("article"), "type = veth", "link = br0", "name = eth0", "flags = up")
    config = lab.folder / "lxc" / made.name / "config"
    entries = (f"lxc.mount.entry = {at} {at[1:]} none ro,rbind,create=dir 0 0\n" for at in ("/usr", "/lib", "/lib64"))
    config.write_text(config.read_text() + "".join(entries))
    made.pid = made.boot()
    made.inside("ip", "address", "add", f"{BOX}/24", "dev", "eth0")
    yield made
    made.halt()


def test_a_sealed_container_gets_files_and_pages_by_the_host_and_reaches_nothing_else(
    lab: Lab, box: Box, state: Path, policy_file: Path
) -> None:
    until(lambda: "tentative" not in lab.run("ip", "-6", "address", "show", "dev", "br0"), "the bridge's address")
    until(lambda: "tentative" not in box.inside("ip", "-6", "address", "show", "dev", "eth0"), "the container's")
    neighbour, outside = f"http://{MATE}:{WEB}/hello", f"http://{WORLD}:{WEB}/hello"
    assert fetched(lab, box, neighbour) == fetched(lab, box, outside) == HELLO

    typed = ("seal", box.name, "--to", "br0", "--tcp", f"{RSYNC},{PROXY}", "--yes", "--json")
    env = {"JACKFIELD_STATE_DIR": str(state)}
    told = json.loads(lab.run(sys.executable, "-m", "tui", *typed, "--policy", str(policy_file), env=env))
    words = " ".join(one["text"] for one in told["means"]).split()
    at = next(word for word in words if word.startswith("fe80::") and word.endswith("%eth0"))

    attached(lab, box, "rsync", "--timeout=10", f"rsync://[{at}]/share/hello", "/tmp/hello")
    assert attached(lab, box, "cat", "/tmp/hello") == HELLO
    proxy = f"http://[{at.replace('%', '%25')}]:{PROXY}"
    assert fetched(lab, box, outside, "--proxy", proxy) == HELLO
    for url in (neighbour, outside, f"http://{HOST}:{SSH}/hello", f"http://[{at.replace('%', '%25')}]:{SSH}/hello"):
        assert fetched(lab, box, url) is None, url


def fetched(lab: Lab, box: Box, url: str, *words: str) -> str | None:
    """What curl gets inside; None: nothing."""
    try:
        return attached(lab, box, "curl", "--silent", "--connect-timeout", "1", *words, url)
    except NotStarted:
        return None


def attached(lab: Lab, box: Box, *argv: str) -> str:
    """Run one of the host's programs in the container."""
    inside = ("lxc-attach", "-P", str(lab.folder / "lxc"), "-n", box.name, "--", *argv)
    return lab.call(lab.with_sysfs(*inside))


def _join(lab: Lab, name: str, address: str) -> None:
    """Somebody else on the bridge, who serves pages."""
    holder = lab.daemon(name, lab.inside("unshare", "--net", *_web(lab, WEB)))
    until(lambda: lab.has_left(holder), name)
    lab.run(
        *("ip", "link", "add", f"v{name}", "up", "master", "br0", "type", "veth"),
        *("peer", "name", "eth0", "netns", str(holder)),
    )
    inside = ["nsenter", f"--net=/proc/{holder}/ns/net", "--"]
    lab.call([*inside, "ip", "address", "add", f"{address}/24", "dev", "eth0"])
    lab.call([*inside, "ip", "link", "set", "dev", "eth0", "up"])


def _web(lab: Lab, port: int) -> tuple[str, ...]:
    return (sys.executable, "-m", "http.server", str(port), "--bind", "::", "--directory", f"{lab.folder}/share")
