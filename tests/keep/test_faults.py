"""Faults, met by the real daemon on a real kernel: what it says, what it puts back, what it leaves alone."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from model.guard_rules import chain_name
from tests.guard.attacks import BOX_IP, BOX_MAC, MATE_MAC
from tests.guard.lab import HASTY, PORT, Lab
from tests.keep.daemon import Daemon

pytestmark = pytest.mark.root

MAC = "fe:00:00:00:00:77"
PIN = f'pin = {{ name = "tinder0", mac = "{MAC}" }}'
GUARD = f'guard = {{ ipv4 = ["{BOX_IP}"] }}'
TABLE = ("netdev", "jackfield_guard")
NFT = Path("/usr/sbin/nft")
TOO_OLD = """#!/bin/sh
if [ -e %(mended)s ]; then exec %(real)s "$@"; fi
echo "/dev/stdin:3:4-9: Error: syntax error, unexpected string" >&2
exit 1
"""


@pytest.fixture
def lab(private_host: int, make_netns: Callable[[str], str]) -> Lab:
    return Lab(make_netns, bridged=True, ipv6=HASTY)


def entry(netns: str, *parts: str, name: str = "box") -> str:
    return f'[[policy]]\nname = "{name}"\nmatch = {{ netns = "{netns}" }}\n' + "".join(f"{part}\n" for part in parts)


def write(path: Path, *entries: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(entries), encoding="utf-8")


def nft(*arguments: str) -> str:
    return subprocess.run(["nft", *arguments], capture_output=True, text=True, check=True).stdout


def links() -> dict[str, str]:
    """The MAC of each link of the host, by name."""
    shown = subprocess.run(["ip", "-j", "link"], capture_output=True, check=True).stdout
    return {one["ifname"]: one["address"] for one in json.loads(shown)}


def guarded(name: str) -> bool:
    return f'device "{name}"' in nft("list", "ruleset")


# nft


def beside(program: Path) -> list[str]:
    """What starts another program that finds this one in the place of nft."""
    return ["unshare", "--mount", "sh", "-ec", f'mount --bind {program} {NFT}; exec "$@"', "sh"]


@pytest.mark.parametrize(
    ("mode", "why"),
    [(0o644, "nft was not found: install"), (0o755, "does not know a rule")],
    ids=["missing", "old"],
)
def test_without_an_nft_that_can_it_says_so_and_pins_what_is_not_to_be_guarded(
    lab: Lab, policy_file: Path, state: Path, tmp_path: Path, mode: int, why: str
) -> None:
    mended, real, program = tmp_path / "mended", tmp_path / "real", tmp_path / "nft"
    shutil.copy(NFT, real)
    program.write_text(TOO_OLD % {"mended": mended, "real": real})
    program.chmod(mode)
    write(policy_file, entry(lab.box, PIN, GUARD), entry(lab.mate, 'pin = { name = "mate0" }', name="mate"))
    with Daemon(policy_file, state, into=beside(program)) as daemon:
        daemon.until(lambda: "mate0" in links(), "the pin of the other one")
        (told,) = daemon.texts("failed")
        assert told.startswith("the rules cannot be loaded: ")
        assert why in told
        assert PORT in links()
        assert "jackfield_guard" not in nft("list", "ruleset")
        mended.touch()
        program.chmod(0o755)
        daemon.until(lambda: guarded("tinder0") and not guarded(PORT), "the guard, once there is an nft")
        assert links()["tinder0"] == MAC
        assert len(daemon.texts("failed")) == 1
        assert "table bridge" not in nft("list", "tables")


# Others


TAMPERED = {
    "the ruleset is flushed": "flush ruleset",
    "the table is deleted": "delete table netdev jackfield_guard",
    "the table is flushed": "flush table netdev jackfield_guard",
    "the table is put to sleep": "add table netdev jackfield_guard { flags dormant; }",
    "the port's chain is deleted": "delete chain netdev jackfield_guard PORT",
    "the port's chain is flushed": "flush chain netdev jackfield_guard PORT",
    "the port's chain lets everything in": "insert rule netdev jackfield_guard PORT accept",
    "one rule is deleted": "delete rule netdev jackfield_guard guard handle HANDLE",
    "one rule lets everything in": "insert rule netdev jackfield_guard guard accept",
    "one rule is another one": "replace rule netdev jackfield_guard guard handle HANDLE accept",
    "its MAC is taken out": f'delete element netdev jackfield_guard macs {{ "{PORT}" . {BOX_MAC} }}',
    "another MAC is put in": f'add element netdev jackfield_guard macs {{ "{PORT}" . {MATE_MAC} }}',
    "another address is put in": f'add element netdev jackfield_guard ipv4 {{ "{PORT}" . 192.0.2.99 }}',
}


@pytest.mark.parametrize("tampered", TAMPERED.values(), ids=TAMPERED)
def test_what_somebody_does_to_our_rules_is_noticed_put_back_and_said_once(
    lab: Lab, policy_file: Path, state: Path, tampered: str
) -> None:
    write(policy_file, entry(lab.box, GUARD))
    with Daemon(policy_file, state) as daemon:
        daemon.until_told("rules", 1)
        before = held()
        nft("add", "table", "inet", "mine")
        handle = next(line.rpartition(" ")[2] for line in nft("-a", "list", "chain", *TABLE, "guard").splitlines()[2:])
        nft(tampered.replace(" PORT", f" {chain_name(PORT)}").replace("HANDLE", handle))
        daemon.until(lambda: daemon.texts("flushed"), "word of it")
        (told,) = daemon.texts("flushed")
        assert told.startswith("nft (process ")
        assert PORT in told
        assert held() == before
        daemon.end()
        assert len(daemon.texts("flushed")) == 1
        assert daemon.texts("failed") == []


def held() -> str:
    """Our table, but for what it counts."""
    return nft("-s", "list", "table", *TABLE)
