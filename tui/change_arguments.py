"""The commands that change something, as they are typed (argparse)."""

import argparse
from collections.abc import Callable

MODES = ("private", "vepa", "bridge", "passthru", "source")
CONSENT = """before it is done:
  The plan is shown. Where it carries your own session, the default route or the last address, its name has to be
  typed, and it goes back by itself after 60 s unless `jackfield confirm` comes in time; where stdin is no terminal,
  --yes says yes, and the timer stays on.
  --dry-run writes the commands to stdout and nothing else: they can be pasted into a shell."""

CHANGES = (
    *("add", "rename", "altname", "alias", "mac", "attach", "detach", "move", "mode"),
    *("up", "down", "mtu", "address", "port", "bridge", "delete"),
    *("confirm", "undo", "redo", "log"),
)
"""These commands."""

NewParser = Callable[[str, str], argparse.ArgumentParser]
"""Makes a command: its name, and its line in the help."""


def add_change_commands(command: NewParser) -> None:
    """All of them."""
    _add(command)
    _of_a_link(command)
    _of_a_bridge(command)
    _kept(command)


def _change(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """What every change takes."""
    made.epilog = f"{made.epilog}\n\n{CONSENT}"
    made.add_argument("--dry-run", action="store_true", help="print the commands, and do nothing")
    made.add_argument("--revert-after", metavar="SECONDS", type=revert_seconds,
                      help="it goes back unless `jackfield confirm` comes in time: 5 to 86400")  # fmt: skip
    made.add_argument("--yes", action="store_true", help="yes to whatever would be asked")
    made.add_argument("--json", action="store_true", help='for programs: "schema": "jackfield/1"')
    return made


def _add(command: NewParser) -> None:
    adding = command("add", "make a veth, a bridge, a macvlan, a macvtap or a namespace")
    kinds = adding.add_subparsers(dest="kind", metavar="KIND", required=True, parser_class=type(adding))

    def kind(name: str, line: str) -> argparse.ArgumentParser:
        made = kinds.add_parser(
            name, help=line, description=line[0].upper() + line[1:] + ".", epilog=adding.epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
        )  # fmt: skip
        return _change(made)

    veth = kind("veth", "a cable with both its ends")
    veth.add_argument("a", metavar="A", help="NAME, or NS/NAME: where it is made")
    veth.add_argument("b", metavar="B", help="the other end")
    veth.add_argument("--mac", help="of A")
    veth.add_argument("--peer-mac", metavar="MAC", help="of B")
    veth.add_argument("--master", metavar="BRIDGE", help="A becomes its port")
    veth.add_argument("--peer-master", metavar="BRIDGE", help="B becomes its port")
    veth.add_argument("--mtu", type=_bytes, metavar="N", help="of both, in bytes")
    veth.add_argument("--down", action="store_true", help="leave both down")
    bridge = kind("bridge", "a bridge, with a MAC that stays")
    bridge.add_argument("name", metavar="X", help="NAME, or NS/NAME")
    bridge.add_argument("--mac")
    bridge.add_argument("--down", action="store_true", help="leave it down")
    for name in ("macvlan", "macvtap"):
        child = kind(name, f"a {name} on a parent, in any namespace")
        child.add_argument("name", metavar="X", help="NAME, or NS/NAME")
        child.add_argument("--on", metavar="PARENT", required=True)
        child.add_argument("--mode", choices=MODES, required=True)
        child.add_argument("--source", metavar="MAC", action="append", default=[], help="for mode source; repeat it")
        child.add_argument("--mac")
        child.add_argument("--down", action="store_true", help="leave it down")
    netns = kind("netns", "a network namespace, as `ip netns` does")
    netns.add_argument("name", metavar="N")


def _of_a_link(command: NewParser) -> None:
    def change(name: str, line: str) -> argparse.ArgumentParser:
        made = _change(command(name, line))
        made.add_argument("link", metavar="X", help="a link: NS/LINK or LINK")
        return made

    change("rename", "give a link another name; it may be up").add_argument("name", metavar="NEW")
    change("alias", "a note on a link; empty: none").add_argument("text", metavar="TEXT")
    change("mac", "give a link another MAC").add_argument("mac", metavar="MAC")
    change("attach", "plug a cable into a bridge; either end will do").add_argument("bridge", metavar="BRIDGE")
    change("detach", "unplug a cable from its bridge")
    move = change("move", "put a link into another namespace")
    move.add_argument("namespace", metavar="NS")
    move.add_argument("--as", dest="name", metavar="NEW", help="under another name")
    mode = change("mode", "switch a macvlan's or macvtap's mode")
    mode.add_argument("mode", metavar="MODE", choices=MODES, help=", ".join(MODES))
    mode.add_argument("--source", metavar="MAC", action="append", default=[], help="for mode source; repeat it")
    change("up", "set a link up")
    change("down", "set a link down")
    change("mtu", "the largest frame of a link").add_argument("mtu", metavar="N", type=_bytes, help="bytes")
    change("delete", "delete a link, or netns:NAME")
    _pairs(command, "altname", "one more name for a link, or one less", "name", "N")
    _pairs(command, "address", "one more IP address on a link, or one less", "cidr", "CIDR")


def _pairs(command: NewParser, name: str, line: str, value: str, shown: str) -> None:
    """`altname add|del X N`."""
    made = _change(command(name, line))
    made.add_argument("what", choices=("add", "del"), metavar="add|del")
    made.add_argument("link", metavar="X", help="a link: NS/LINK or LINK")
    made.add_argument(value, metavar=shown)


def _of_a_bridge(command: NewParser) -> None:
    port = _change(command("port", "how a bridge treats a port: isolated=on hairpin=off cost=10 ..."))
    port.add_argument("link", metavar="X", help="either end of the cable")
    port.add_argument("settings", metavar="NAME=VALUE", nargs="+")
    bridge = _change(command("bridge", "how a bridge works: stp=on vlan_filtering=off ageing=300 ..."))
    bridge.add_argument("link", metavar="X", help="the bridge")
    bridge.add_argument("settings", metavar="NAME=VALUE", nargs="+")


def _kept(command: NewParser) -> None:
    confirm = command("confirm", "keep a change that would go back by itself")
    confirm.add_argument("id", metavar="ID", nargs="?", help="not needed where only one waits")
    undo = _change(command("undo", "take back the last change, or an earlier one"))
    undo.add_argument("id", metavar="ID", nargs="?", help="as `jackfield log` shows it")
    _change(command("redo", "do again what was taken back last"))
    log = command("log", "what this tool did, newest first")
    for made in (confirm, log):
        made.add_argument("--json", action="store_true", help='for programs: "schema": "jackfield/1"')


def revert_seconds(text: str) -> int:
    """5 to 86400. Raises ArgumentTypeError."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 5 <= int(text) <= 86_400):
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds from 5 to 86400")
    return int(text)


def _bytes(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise argparse.ArgumentTypeError(f"{text} is no number of bytes")
    return int(text)
