"""A container that floods from its first moment on: rules wait for its host end where that has a name known before."""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path

import pytest

from model.raw_frames import ARP, arp, ethernet
from tests.guard.attacks import BOX_IP, BOX_MAC, FORGED
from tests.guard.lab import PORT, ip, skip_unless_chains_wait
from tests.guard.lab import Lab as Bare
from tests.guard.test_floods import ENOUGH, flooded, more_forged
from tests.keep.daemon import Daemon
from tests.keep.test_lxc import CONFIG
from tests.runtimes.lab import Lab, NotStarted, until

pytestmark = pytest.mark.root
ROUNDS = 10
BOX = f"birth-{os.getpid()}"
HOST_END = "vethbirth"
LXC = Path("/var/lib/lxc")
FLOOD = """\
import json, socket, sys
frames = [bytes.fromhex(text) for text in json.load(open("/frames.json"))]
while True:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as forger:
        try:
            forger.bind(("eth0", 0))
            while True:
                for frame in frames:
                    forger.send(frame)
        except OSError:
            continue
"""
NO_MAC = "00:00:00:00:00:00"
PINNED = f"""\
[[policy]]
name = "box"
match = {{{{ netns = "{{netns}}", link = "eth0" }}}}
pin = {{{{ name = "{PORT}" }}}}
guard = {{{{ mac = "{BOX_MAC}", ipv4 = ["{BOX_IP}"] }}}}
"""
LXC_POLICY = f"""\
[[policy]]
name = "box"
match = {{ runtime = "lxc", owner = "{BOX}", link = "eth0" }}
guard = {{ ipv4 = ["{BOX_IP}"] }}
"""
BEHIND = f"""
table netdev behind
delete table netdev behind
table netdev behind {{
  chain at_it {{
    type filter hook ingress device "{HOST_END}" priority 100; policy accept;
    ether saddr {BOX_MAC} ether type arp arp saddr ip {BOX_IP} counter accept
    ether saddr {BOX_MAC} ether type ip6 accept
    counter
  }}
}}
"""


@contextmanager
def asleep(daemon: Daemon) -> Iterator[None]:
    """While it can do nothing: what holds now was there before."""
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        daemon.process.send_signal(signal.SIGCONT)


@pytest.fixture(params=[True, False], ids=["bridge port", "stand-alone"])
def bare(request: pytest.FixtureRequest, private_host: int, make_netns: Callable[[str], str]) -> Bare:
    skip_unless_chains_wait()
    made = Bare(make_netns, bridged=request.param)
    made.watch_behind(PORT)
    return made


@pytest.fixture(params=["asleep", "awake"])
def watching(request: pytest.FixtureRequest) -> Callable[[Daemon], AbstractContextManager[None]]:
    """The rules that wait are enough by themselves; and what a daemon does to them then opens nothing."""
    return asleep if request.param == "asleep" else lambda _: nullcontext()


def test_nothing_forged_comes_before_the_rules_of_a_cable_whose_name_is_pinned(
    bare: Bare, policy_file: Path, state: Path, watching: Callable[[Daemon], AbstractContextManager[None]]
) -> None:
    policy_file.parent.mkdir()
    policy_file.write_text(PINNED.format(netns=bare.box), encoding="utf-8")
    ip(f"link delete dev {PORT}")
    with Daemon(policy_file, state) as daemon, watching(daemon):
        until_rules_wait(daemon, PORT, f"only {BOX_MAC} will pass")
        bare.plug()
        with flooded(bare):
            for _ in range(ROUNDS):
                ip(f"link delete dev {PORT}")
                bare.plug()
                more_forged()


def until_rules_wait(daemon: Daemon, name: str, lets: str) -> None:
    daemon.until_told("rules", 1)
    assert daemon.texts("rules") == [f"rules wait for {name}, so that no frame comes before them: {lets}"]


# LXC


@pytest.fixture
def lab() -> Iterator[Lab]:
    """With a container, not started, that floods as soon as it runs, and sends as itself now and then."""
    if os.geteuid() != 0:
        pytest.skip("real containers need root")
    if shutil.which("lxc-start") is None:
        pytest.skip("not installed: lxc-start")
    skip_unless_chains_wait()
    home = LXC / BOX
    with Lab() as opened:
        try:
            home.mkdir(parents=True)
            shutil.copytree(opened.rootfs, home / "rootfs", symlinks=True)
            frames = [frame.hex() for _, frame in FORGED.values()] + [arp_of(BOX_MAC).hex()]
            (home / "rootfs/frames.json").write_text(json.dumps(frames))
            (home / "rootfs/flood.py").write_text(FLOOD)
            opened.run("nft", "-f", "-", stdin=BEHIND)
            yield opened
        finally:
            with suppress(NotStarted):
                stop(opened)
            shutil.rmtree(home, ignore_errors=True)


def configure(*network: str) -> None:
    python = Path(sys.base_prefix).resolve()
    binds = [path for path in ("/usr", "/lib", "/lib64", str(python)) if Path(path).is_dir()]
    lines = [
        *CONFIG.format(home=LXC / BOX, init=f"{python}/bin/python3 -S -E /flood.py").splitlines(),
        f"lxc.net.0.veth.pair = {HOST_END}",
        *(f"lxc.net.0.{line}" for line in network),
        *(f"lxc.mount.entry = {path} {path.lstrip('/')} none ro,bind,create=dir 0 0" for path in binds),
    ]
    (LXC / BOX / "config").write_text("\n".join(lines) + "\n", encoding="utf-8")


def arp_of(mac: str) -> bytes:
    """Somebody asks for itself."""
    return ethernet(mac, ARP, arp(1, (mac, BOX_IP), (NO_MAC, BOX_IP)))


def start(lab: Lab) -> None:
    lab.call(lab.with_sysfs("lxc-start", "-n", BOX))


def stop(lab: Lab) -> None:
    lab.call(lab.with_sysfs("lxc-stop", "-k", "-n", BOX))
    until(lambda: HOST_END not in lab.run("ip", "-br", "link"), "the end of its cable")


def behind(lab: Lab) -> tuple[int, int]:
    """What came past the rules: ARP of its own, and what is forged. Its kernel speaks IPv6 by itself."""
    listed = json.loads(lab.run("nft", "-j", "list", "table", "netdev", "behind"))["nftables"]
    parts = [part for one in listed if "rule" in one for part in one["rule"]["expr"]]
    own, forged = (part["counter"]["packets"] for part in parts if "counter" in part)
    return own, forged


def dropped(lab: Lab) -> int:
    listed = json.loads(lab.run("nft", "-j", "list", "set", "netdev", "jackfield_guard", "dropped"))["nftables"]
    found = next(one["set"] for one in listed if "set" in one)
    return sum(one["elem"]["counter"]["packets"] for one in found.get("elem", ()))


@pytest.mark.parametrize("link", ["link = br0", "mtu = 1500"], ids=["bridge port", "stand-alone"])
def test_a_container_of_lxc_whose_host_end_and_mac_are_configured_forges_nothing_from_its_first_frame_on(
    lab: Lab, policy_file: Path, state: Path, link: str
) -> None:
    configure(link, f"hwaddr = {BOX_MAC}")
    policy_file.parent.mkdir()
    policy_file.write_text(LXC_POLICY, encoding="utf-8")
    with Daemon(policy_file, state, lab.inside()) as daemon:
        until_rules_wait(daemon, HOST_END, f"only {BOX_MAC} will pass")
        with asleep(daemon):
            for _ in range(ROUNDS):
                before, own = dropped(lab), behind(lab)[0]
                start(lab)
                until(lambda: dropped(lab) > before + ENOUGH and behind(lab)[0] > own, "its flood")  # noqa: B023
                assert behind(lab)[1] == 0
                stop(lab)
            start(lab)
            lab.run("nft", "delete", "table", "netdev", "jackfield_guard")
            until(lambda: behind(lab)[1] > 0, "the flood, once nobody stops it")


def test_of_a_container_whose_mac_is_not_known_before_nothing_passes_before_somebody_has_looked(
    lab: Lab, policy_file: Path, state: Path
) -> None:
    configure("link = br0")
    policy_file.parent.mkdir()
    policy_file.write_text(LXC_POLICY, encoding="utf-8")
    with Daemon(policy_file, state, lab.inside()) as daemon:
        until_rules_wait(daemon, HOST_END, "nothing passes until it is known who it is")
        for number in range(1, ROUNDS + 1):
            with asleep(daemon):
                before = dropped(lab)
                start(lab)
                until(lambda: dropped(lab) > before + ENOUGH, "its flood")  # noqa: B023
                assert behind(lab) == (0, 0)
            mac = inside_mac(lab)
            daemon.until(lambda: any(f"may send as {mac}" in text for text in daemon.texts("rules")), "its rules")  # noqa: B023
            stop(lab)
            lab.run("nft", "-f", "-", stdin=BEHIND)  # its kernel has spoken since
            daemon.until(lambda: sum("wait for" in text for text in daemon.texts("rules")) > number, "the wait")  # noqa: B023
    assert f"on_{HOST_END.encode().hex()}" not in lab.run("nft", "list", "ruleset")


def inside_mac(lab: Lab) -> str:
    pid = lab.run("lxc-info", "-n", BOX, "-p", "-H")
    shown = lab.call(["nsenter", f"--net=/proc/{pid}/ns/net", "ip", "-j", "link", "show", "dev", "eth0"])
    return str(json.loads(shown)[0]["address"])
