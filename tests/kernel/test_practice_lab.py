"""The practice lab for real: what is in it, who may have it, and that nothing of it stays."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backend import netns, practice_wiring

ROOT = Path(__file__).parents[2]
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
ENTER = """
import json, os, signal, subprocess, sys
from backend import practice_lab
try:
    practice_lab.enter(lively=False)
except practice_lab.LabRefused as refused:
    sys.exit(str(refused))
"""
PATIENCE = 20.0

pytestmark = pytest.mark.skipif(
    subprocess.run(["unshare", "-Urn", "true"], capture_output=True, check=False).returncode != 0
    or shutil.which("ip") is None,
    reason="needs user namespaces, and the ip program to look with",
)


def start(program: str, *before: str) -> subprocess.Popen[str]:
    """Run `program` in a lab of its own, by way of the command `before`."""
    return subprocess.Popen(
        [*before, sys.executable, "-B", "-c", ENTER + program],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answer(program: str, *before: str) -> Any:
    """What `program` prints in a lab, read as JSON."""
    with start(program, *before) as lab:
        out, err = lab.communicate(timeout=PATIENCE)
    assert (lab.returncode, err) == (0, "")
    return json.loads(out)


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition; fail when it does not come true in time."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def processes_in(inode: int) -> list[str]:
    """The processes of a pid namespace, as this machine numbers them."""
    found = []
    for link in Path("/proc").glob("[0-9]*/ns/pid"):
        try:
            if link.stat().st_ino == inode:
                found.append(link.parts[2])
        except OSError:  # it has ended, or is not ours to look at
            continue
    return found


@pytest.fixture(params=["whoever runs the tests", "nobody"])
def whoever(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The command that makes a lab's program run as one user and as another."""
    if request.param != "nobody":
        return ()
    if os.geteuid() != 0:
        pytest.skip("only root can become nobody")
    able = subprocess.run(
        [*NOBODY, sys.executable, "-c", "import pyroute2, model"], cwd=ROOT, capture_output=True, check=False
    )
    if able.returncode:
        pytest.skip("nobody may not read this checkout or run this Python")
    return NOBODY


LOOK = """
def look(*namespace):
    links = json.loads(subprocess.check_output(["ip", *namespace, "-d", "-j", "addr"]))
    return {
        link["ifname"]: {
            "kind": link.get("linkinfo", {}).get("info_kind"),
            "mode": link.get("linkinfo", {}).get("info_data", {}).get("mode"),
            "bridge": link.get("master"),
            "up": "UP" in link["flags"],
            "addresses": [address["local"] for address in link["addr_info"]],
        }
        for link in links
    }
names = sorted(os.listdir("/run/netns"))
print(json.dumps({"host": look()} | {name: look("-n", name) for name in names}))
"""


def test_the_lab_has_bridges_containers_macvlans_a_vxlan_and_a_cable_between_containers(
    whoever: tuple[str, ...],
) -> None:
    seen = answer(LOOK, *whoever)

    def value(host: str, link: str, key: str) -> Any:
        return seen[host][link][key]

    assert value("host", "br0", "kind") == value("host", "br1", "kind") == "bridge"
    assert value("host", "veth8pUZr", "bridge") == "br0"
    assert "192.168.1.50" in value("tinderbox", "eth0", "addresses")
    assert "fd00:1::50" in value("tinderbox", "eth0", "addresses")
    assert [value(name, f"{name}0", "mode") for name in ("mail", "proxy", "vault")] == ["vepa", "bridge", "private"]
    assert (value("host", "vxlan42", "kind"), value("host", "vxlan42", "bridge")) == ("vxlan", "br1")
    assert value("db", "sync0", "kind") == value("cache", "sync0", "kind") == "veth"
    assert not value("host", "vethN0tMe2", "up")


def test_there_is_a_tap_where_its_device_may_be_opened(whoever: tuple[str, ...]) -> None:
    able = subprocess.run([*whoever, "sh", "-c", "exec 3<>/dev/net/tun"], capture_output=True, check=False).returncode
    assert ("tap0" in answer(LOOK, *whoever)["host"]) == (able == 0)


def test_one_namespace_has_two_owners_and_one_has_no_name() -> None:
    owners = answer("""
owners = {}
for pid in filter(str.isdigit, os.listdir("/proc")):
    if pid != "1" and pid != str(os.getpid()):
        owners.setdefault(os.stat(f"/proc/{pid}/ns/net").st_ino, []).append(open(f"/proc/{pid}/comm").read().strip())
named = {os.stat(f"/run/netns/{name}").st_ino: name for name in os.listdir("/run/netns")}
print(json.dumps({named.get(inode, "?" + comms[0]): sorted(comms) for inode, comms in owners.items()}))
""")
    assert owners["web"] == ["nginx", "php-fpm"]
    assert owners["?sleep"] == ["sleep"]


def test_the_lab_shows_nothing_of_the_machine() -> None:
    seen = answer("""
print(json.dumps({
    "pid": os.getpid(), "processes": len([name for name in os.listdir("/proc") if name.isdigit()]),
    "run": os.listdir("/run"), "host": os.uname().nodename, "state": os.environ["JACKFIELD_STATE_DIR"],
}))
""")
    assert seen["processes"] <= seen["pid"]
    assert (seen["run"], seen["host"], seen["state"]) == (["netns"], "practice-lab", "/run/jackfield")


@pytest.mark.root
def test_a_root_who_enters_does_not_reach_the_machines_namespaces(
    make_netns: Callable[[str], str], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "held"
    elsewhere.touch()
    subprocess.run(["mount", "--bind", f"/run/netns/{make_netns('outside')}", elsewhere], check=True)
    try:
        inode = elsewhere.stat().st_ino
        assert inode != answer(f"print(os.stat({str(elsewhere)!r}).st_ino)")
    finally:
        subprocess.run(["umount", elsewhere], check=True)


def test_where_no_new_proc_may_be_mounted_the_lab_is_built_all_the_same() -> None:
    seen = answer(LOOK, "unshare", "-Urm", "sh", "-c", 'mount -t tmpfs none /proc/irq && exec "$@"', "sh")
    assert "veth8pUZr" in seen["host"]
    assert "eth0" in seen["tinderbox"]


@pytest.mark.parametrize(
    ("program", "status"),
    [("", 0), ("sys.exit(7)", 7), ("os.kill(os.getpid(), signal.SIGTERM)", 128 + signal.SIGTERM)],
)
def test_the_caller_ends_as_the_program_in_the_lab_does(program: str, status: int) -> None:
    with start(program) as lab:
        lab.communicate(timeout=PATIENCE)
    assert lab.returncode == status


def test_a_signal_to_the_caller_reaches_the_program_in_the_lab() -> None:
    with start("""
signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))
print("ready", flush=True)
signal.pause()
""") as lab:
        assert lab.stdout
        assert lab.stdout.readline() == "ready\n"
        lab.terminate()
        assert lab.wait(PATIENCE) == 9


def test_a_program_that_stops_itself_goes_on() -> None:
    assert answer('os.kill(os.getpid(), signal.SIGSTOP); print(json.dumps("on"))') == "on"


WAIT_INSIDE = 'print(os.stat("/proc/self/ns/pid").st_ino, flush=True); signal.pause()'


@pytest.fixture
def waiting_lab() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A lab whose program waits, and the inode of its pid namespace."""
    with start(WAIT_INSIDE) as lab:
        assert lab.stdout
        yield lab, int(lab.stdout.readline())
        lab.kill()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_the_caller_is_killed(
    waiting_lab: tuple[subprocess.Popen[str], int], how: signal.Signals
) -> None:
    lab, inode = waiting_lab
    assert len(processes_in(inode)) > 10
    lab.send_signal(how)
    lab.wait(PATIENCE)
    until(lambda: not processes_in(inode))


def test_nothing_is_left_when_the_program_ends() -> None:
    inode = answer('print(os.stat("/proc/self/ns/pid").st_ino)')
    assert not processes_in(inode)


def test_forbidden_user_namespaces_are_said_in_a_sentence_with_the_way_out() -> None:
    with start(
        "", "unshare", "-Ur", "sh", "-c", 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"', "sh"
    ) as lab:
        _, said = lab.communicate(timeout=PATIENCE)
    assert lab.returncode == 1
    assert "user.max_user_namespaces is 0; unshare: No space left on device" in said
    assert "as root: sysctl user.max_user_namespaces=10000" in said
    assert "Traceback" not in said


def links() -> set[str]:
    """The links of the calling thread's namespace."""
    return {link["ifname"] for link in json.loads(subprocess.check_output(["ip", "-j", "link"]))}


@pytest.mark.root
@pytest.mark.usefixtures("private_host")
def test_the_same_host_can_be_laid_out_in_a_plain_namespace_and_taken_away() -> None:
    with practice_wiring.laid_out():
        assert {"br0", "br1", "veth8pUZr", "uplink0"} <= links()
    until(lambda: not {"veth8pUZr", "uplink0", "mvhost0", "vxlan42"} & links())


@pytest.mark.root
@pytest.mark.usefixtures("private_host")
def test_in_its_daily_life_a_container_comes_and_goes() -> None:
    with practice_wiring.laid_out() as host:
        life = host.life()
        assert "vethCi1" not in links()
        seen = [next(life) and "vethCi1" in links() for _ in range(6)]
        assert seen == [False, True, True, True, True, True]
        next(life)
        until(lambda: "vethCi1" not in links())


@pytest.mark.root
@pytest.mark.usefixtures("private_host")
def test_daily_life_goes_on_when_the_operator_took_everything_apart() -> None:
    with practice_wiring.laid_out() as host:
        for link in links() - {"lo"}:
            subprocess.run(["ip", "link", "delete", link], capture_output=True, check=False)
        life = host.life()
        assert all(next(life) > 0 for _ in range(15))


@pytest.mark.root
def test_laying_out_leaves_the_thread_where_it_was(private_host: int) -> None:
    with practice_wiring.laid_out():
        own = netns.open_own_netns()
        try:
            assert netns.key_of(own) == netns.key_of(private_host)
        finally:
            os.close(own)
