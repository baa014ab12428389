"""The command line as it is typed (argparse). What it means is tui.commands'."""

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from model.names import display_name
from tui.change_arguments import add_change_commands
from tui.keep_arguments import POLICY, add_keeping_commands

EXITS = """exit status:
  0  done, nothing to do, or the answer is yes     4  not permitted
  1  the answer is no                              5  refused; the reason is on stderr
  2  usage                                         6  cannot be known
  3  no such thing, or ambiguous"""

PICTURES = ("json", "dot", "mermaid", "graphml", "svg")
CONFIGURATIONS = ("lxc", "link")
EXPORTS = """formats:
  json dot mermaid graphml svg   of everything, or of what is --around X
  lxc    lxc.net.* lines that say how container X is plugged in, with the names that its host ends are pinned to
  link   a systemd .link file: names NIC X; gives host end X its pinned MAC as it appears; udev gives none"""
SHELLS = ("bash", "zsh", "fish")
NAMES = """names:
  NS/LINK   tinderbox/eth0, host/br0; a link also by altname, if:7 (ifindex) or hex:ff6e (bytes)
  NS        host, an `ip netns` name, an owner's name or id; also netns:N, owner:N, pid:N, inode:N, id:N
  A name that starts with - comes after --."""


class Parser(argparse.ArgumentParser):
    """argparse, but what was typed is shown safely."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: {display_name(message)}\n")


def parser() -> Parser:
    """Every command and its options."""
    everywhere = Parser(add_help=False)
    everywhere.add_argument(
        "--ascii", action="store_true", default=argparse.SUPPRESS, help="draw with ASCII signs only"
    )
    top = Parser(
        prog="jackfield",
        description="A patch bay for this host's virtual network: every cable, and who owns it. "
        "Without a command: the UI; without a terminal: the tree, once.",
        epilog=f"{NAMES}\n\n{EXITS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[everywhere],
        allow_abbrev=False,
    )
    top.add_argument("--version", action=_Version, nargs=0, help="show the program's version and exit")
    top.add_argument("--read-only", action="store_true", help="change nothing, whatever is asked")
    top.add_argument(
        "--policy",
        metavar="FILE",
        type=Path,
        dest="policy_file",
        help=f"what the UI keeps true; unless given, {POLICY}",
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)

    def command(name: str, line: str) -> Parser:
        return commands.add_parser(
            name,
            help=line,
            description=line[0].upper() + line[1:] + ".",
            epilog=NAMES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            parents=[everywhere],
            allow_abbrev=False,
        )

    def with_json(made: Parser) -> Parser:
        made.add_argument("--json", action="store_true", help='for programs: "schema": "jackfield/1"')
        return made

    with_json(command("snapshot", "the whole topology, once"))
    who = with_json(command("who", "who owns this link, or which links this owner has"))
    who.add_argument("query", metavar="NAME", help="a link, an owner, a namespace, a MAC, an IP address or a pid")
    with_json(command("doctor", "what is wrong here, or worth knowing, and what puts it right"))
    watch = with_json(command("watch", "the changes, one a line, as they happen"))
    watch.add_argument("--filter", metavar="F", default="", help="e.g. 'state:down', 'kind:macvlan owner:web', '!lo'")
    watch.add_argument("--seconds", metavar="N", type=_seconds, help="end after so many seconds")
    path = with_json(command("path", "whether two links can talk on layer 2, by which way, and if not, why"))
    path.add_argument("one", metavar="A", help="a link, or a namespace: the best of its links")
    path.add_argument("other", metavar="B", help="the other one")
    path.add_argument("--probe", action="store_true", help="send a few marked frames, too, and compare")
    reach = with_json(command("reach", "who can talk to whom on layer 2, in classes with the same answers"))
    reach.add_argument("--around", metavar="NS", help="only the networks that this namespace is on")
    reach.add_argument("--full", action="store_true", help="every pair, too")
    reach.add_argument("--explain", action="store_true", help="what veth and each macvlan mode reach: a table, no host")
    export = command("export", "the graph as a file for other programs, or as a picture")
    export.add_argument("about", metavar="X", nargs="?", help="for lxc a container, for link a link")
    export.add_argument("--format", required=True, choices=(*PICTURES, *CONFIGURATIONS))
    export.add_argument("-o", "--output", metavar="FILE", help="write there, not to stdout")
    export.add_argument("--around", metavar="X", help="only what is around this link or namespace")
    export.add_argument("--hops", metavar="N", type=_hops, help="how far around it: 2 unless said otherwise")
    export.epilog = EXPORTS
    export.add_argument("--theme", choices=("light", "dark"), default="light", help="colours of the SVG")
    add_change_commands(command)
    add_keeping_commands(command)
    completion = command("completion", "what a shell reads once, so that tab completes commands and this host's names")
    completion.add_argument("shell", choices=SHELLS, metavar="SHELL", help=f"{', '.join(SHELLS)}")
    command("demo", "the UI on a private practice lab; needs no root, leaves nothing")
    return top


def _hops(text: str) -> int:
    if not (text.isdecimal() and text.isascii() and len(text) <= 4):
        raise argparse.ArgumentTypeError(f"{text} is no number of hops")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds")
    return seconds


class _Version(argparse.Action):
    """Looks the version up only when it is asked for: that costs 20 ms."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import PackageNotFoundError, version

        try:
            found = version("jackfield")
        except PackageNotFoundError:
            found = "(not installed)"
        print(f"jackfield {found}")  # noqa: T201
        parser.exit()
