"""The commands that keep something true, as they are typed (argparse)."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tui.change_arguments import revert_seconds

POLICY: Final = Path("/etc/jackfield/policy.toml")
KEEPING: Final = ("pin", "unpin", "guard", "unguard", "seal", "unseal", "policy", "enforce")
"""These commands."""
WHOM: Final = """X:
  A container (tinderbox), an `ip netns` name, or either end of its cable (tinderbox/eth0, veth8pUZr). It is written
  down by what it will have again at its next start: runtime, name, and the name of its own end. Of one that does not
  exist yet: NAME/LINK and --runtime."""
DAEMON: Final = """signals:
  SIGHUP   read the policy again (it does so by itself when the file changes); a bad file: the last good one stays
  SIGTERM  end, and leave the rules standing"""
RUNTIMES: Final = ("lxc", "lxd", "incus", "docker", "podman", "containerd", "nspawn")

NewParser = Callable[[str, str], argparse.ArgumentParser]
"""Makes a command: its name, and its line in the help."""


def add_keeping_commands(command: NewParser) -> None:
    """All of them."""

    def verb(name: str, line: str) -> argparse.ArgumentParser:
        made = command(name, line)
        made.epilog = WHOM
        made.add_argument("link", metavar="X", help="see below")
        _file(made)
        made.add_argument("--dry-run", action="store_true", help="print the nft text and the ip lines, and do nothing")
        made.add_argument("--yes", action="store_true", help="yes to whatever would be asked")
        _json(made)
        made.add_argument("--revert-after", metavar="SECONDS", type=revert_seconds,
                          help="it goes back whole unless `jackfield confirm` comes in time: 5 to 86400")  # fmt: skip
        return made

    def first(name: str, line: str) -> argparse.ArgumentParser:
        made = verb(name, line)
        made.add_argument("--runtime", choices=RUNTIMES, help="of a container that does not exist yet")
        return made

    pin = first("pin", "keep the host end's name and MAC, and so its link-local address, at every start")
    pin.add_argument("--name", metavar="N", help="e.g. tinder0, or a template: {owner}-{link}")
    pin.add_argument("--mac", metavar="M", help="a MAC; unless --name stands alone, one that is made up and stays")
    verb("unpin", "let name and MAC come as they will again, from the next start on")
    guard = first("guard", "drop what a container sends as somebody else: MAC, ARP, IPv4, IPv6, ND, RA, DHCP")
    guard.add_argument("--mac", metavar="M", help="of its own end; unless given, the one it has when it is first seen")
    guard.add_argument("--address", metavar="IP", action="append", help="it may use; unless given, those it has now")
    guard.add_argument("--locked", action="store_true", help="lock its bridge port to its MAC, too: a second belt")
    guard.add_argument("--prove", action="store_true", help="then try it, by harmless forgeries from inside; it asks")
    verb("unguard", "remove its rules, and nothing else")
    seal = first("seal", "let a container reach some services of the host by link-local IPv6, and nothing else")
    seal.add_argument("--to", metavar="HOSTLINK", help="the bridge it is in, or its cable's own host end: the default")
    seal.add_argument("--tcp", metavar="PORTS", type=ports, default=(), help="e.g. 873,3128")
    seal.add_argument("--udp", metavar="PORTS", type=ports, default=())
    verb("unseal", "remove its rules, and nothing else")
    shown = command("policy", "what is kept, and how each entry stands now")
    _file(shown)
    _json(shown)
    daemon = command("enforce", "do what the policy asks for as containers start, and tell what was dropped")
    daemon.epilog = DAEMON
    _file(daemon)
    daemon.add_argument("--once", action="store_true", help="do what is due now, and end")
    daemon.add_argument("--print-unit", action="store_true", help="print the systemd unit that runs it, and end")
    _json(daemon)


def ports(text: str) -> tuple[int, ...]:
    """`873,3128`. Raises ArgumentTypeError."""
    found = []
    for word in text.split(","):
        if not (word.isascii() and word.isdecimal() and len(word) <= 5 and 1 <= int(word) <= 65535):
            raise argparse.ArgumentTypeError(f"{word} is no port number")
        found.append(int(word))
    return tuple(sorted(set(found)))


def _file(made: argparse.ArgumentParser) -> None:
    made.add_argument("--policy", metavar="FILE", type=Path, default=POLICY, help=f"unless given, {POLICY}")


def _json(made: argparse.ArgumentParser) -> None:
    made.add_argument("--json", action="store_true", help='for programs: "schema": "jackfield/1"')
