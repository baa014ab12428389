"""The composition root: the only place that picks the host, and the command or the UI that looks at it."""

import argparse
import errno
import gc
import os
import sys
from collections.abc import Callable, Sequence

from backend.host import Host
from tui.arguments import CONFIGURATIONS, parser
from tui.change_arguments import CHANGES
from tui.commands.exits import Exit
from tui.commands.printing import Paper, quiet_pipe
from tui.keep_arguments import KEEPING, POLICY


def main(arguments: Sequence[str] | None = None, make_host: Callable[[], Host] | None = None) -> int:
    """Run one command; its exit status."""
    if "_ARGCOMPLETE" in os.environ:
        from tui.completion import answer

        answer(parser(), make_host or _this_host)
    options = parser().parse_args(arguments)
    paper = Paper(ascii_only=getattr(options, "ascii", False))
    try:
        return _run(options, paper, make_host or _this_host)
    except BrokenPipeError:
        quiet_pipe()
        return Exit.OK
    except PermissionError as error:
        paper.note(f"not permitted: {error}")
        return Exit.NOT_PERMITTED
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO):
            raise
        quiet_pipe()
        paper.note(f"not written: {error.strerror}")
        return Exit.REFUSED
    except KeyboardInterrupt:
        return 130


def _run(options: argparse.Namespace, paper: Paper, make_host: Callable[[], Host]) -> int:
    match options.command:
        case "snapshot":
            from tui.commands.snapshot import snapshot

            return snapshot(make_host(), paper, as_json=options.json)
        case "who":
            from tui.commands.who import who

            return who(make_host(), paper, options.query, as_json=options.json)
        case "doctor":
            from tui.commands.doctor import doctor

            return doctor(make_host(), paper, as_json=options.json)
        case "path":
            from tui.commands.path import path

            return path(make_host(), paper, (options.one, options.other), as_json=options.json, probe=options.probe)
        case "completion":
            from tui.completion import shell_code

            sys.stdout.write(shell_code(options.shell))
            return Exit.OK
        case command:
            others = {"reach": _reach, "watch": _watch, "export": _export, "demo": _demo}
            others |= dict.fromkeys(CHANGES, _change) | dict.fromkeys(KEEPING, _keep)
            run = others.get(command, _show)
            return run(options, paper, make_host)


def _demo(options: argparse.Namespace, paper: Paper, make_host: Callable[[], Host]) -> int:
    from tui.commands.demo import LAB_POLICY, enter_lab

    refused = enter_lab(paper)
    if refused is not None:
        return refused
    options.policy_file = options.policy_file or LAB_POLICY
    return _show(options, paper, _lab_host if make_host is _this_host else make_host)


def _reach(options: argparse.Namespace, paper: Paper, make_host: Callable[[], Host]) -> int:
    from tui.commands.reach import comparison, reach

    if options.explain:
        return comparison(paper, as_json=options.json)
    return reach(make_host(), paper, options.around, as_json=options.json, full=options.full)


def _change(options: argparse.Namespace, paper: Paper, make_host: Callable[[], Host]) -> int:
    """What changes something, and what keeps it or takes it back."""
    from tui.commands import kept
    from tui.commands.change import change

    match options.command:
        case "log":
            return kept.log(paper, as_json=options.json)
        case "confirm":
            return kept.confirm(paper, options.id, as_json=options.json)
        case "undo":
            return kept.undo(make_host(), paper, options)
        case "redo":
            return kept.redo(make_host(), paper, options)
        case _:
            return change(make_host(), paper, options)


def _keep(options: argparse.Namespace, paper: Paper, make_host: Callable[[], Host]) -> int:
    """What must stay true."""
    if options.policy_file is not None and options.policy == POLICY:  # given before the command
        options.policy = options.policy_file
    if options.command == "policy":
        from tui.commands.policy import policy

        return policy(make_host(), paper, options.policy, as_json=options.json)
    if options.command == "enforce":
        from tui.commands.enforce import enforce

        return enforce(make_host(), paper, options)
    from tui.commands.keep import keep

    return keep(make_host(), paper, options)


def _watch(options: argparse.Namespace, paper: Paper, make_host: Callable[[], Host]) -> int:
    from model.filter import BadFilter, parse
    from tui.commands.watch import watch

    try:
        terms = parse(options.filter)
    except BadFilter as bad:
        paper.note(f"--filter: {bad}")
        return Exit.USAGE
    return watch(make_host(), paper, terms=terms, seconds=options.seconds, as_json=options.json)


def _export(options: argparse.Namespace, paper: Paper, make_host: Callable[[], Host]) -> int:
    from tui.commands.export import HOPS, Export, export

    if options.hops is not None and options.around is None:
        paper.note("--hops: needs --around: hops are counted from there")
        return Exit.USAGE
    if options.format in CONFIGURATIONS:
        if options.about is None or options.around is not None:
            paper.note(f"--format {options.format}: whose? export --format {options.format} X")
            return Exit.USAGE
        from tui.commands.export_configuration import configuration

        file = options.policy_file or POLICY
        return configuration(make_host(), paper, options.format, options.about, file, options.output)
    if options.about is not None:
        paper.note(f"{options.about}: say --around {options.about}")
        return Exit.USAGE
    hops = HOPS if options.hops is None else options.hops
    wanted = Export(options.format, options.theme, options.output, options.around, hops)
    return export(make_host(), paper, wanted)


def _show(options: argparse.Namespace, paper: Paper, make_host: Callable[[], Host]) -> int:
    """The UI; without a terminal the tree, once, as plain text."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        gc.disable()  # until the first picture stands: what is loaded stays
        from tui.app import run_app

        is_ascii = getattr(options, "ascii", False)
        return run_app(make_host(), read_only=options.read_only, ascii=is_ascii, policy=options.policy_file)
    from tui.commands.snapshot import snapshot

    return snapshot(make_host(), paper, as_json=False)


def _this_host() -> Host:
    from backend.host import LinuxHost

    return LinuxHost()


def _lab_host() -> Host:
    """The practice lab: we made all of it, and the kernel lets nobody in it load BPF programs (capabilities(7))."""
    from backend.host import LinuxHost

    return LinuxHost(foreign_bpf=False)


if __name__ == "__main__":
    sys.exit(main())
