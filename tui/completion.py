"""Tab in bash, zsh and fish: commands, options, and the names that this host has now (argcomplete)."""

import argparse
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import argcomplete
from argcomplete.completers import FilesCompleter, SuppressCompleter
from argcomplete.shell_integration import shellcode

from backend.host import Host
from model.inventory import Inventory

SAFE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/-]*")
"""What no shell reads as anything but a word: a container chooses names, and a name such as `$(id)` is not offered."""

Names = Callable[[Inventory], Iterable[str]]


def shell_code(shell: str) -> str:
    """What the shell has to read once, so that tab works after `jackfield`."""
    return str(shellcode(["jackfield"], shell=shell))


def answer(parser: argparse.ArgumentParser, make_host: Callable[[], Host]) -> None:
    """Answer the shell, which asks by the environment (_ARGCOMPLETE, COMP_LINE), and end the program."""
    offer_names(parser, make_host)
    argcomplete.autocomplete(parser, always_complete_options=False, default_completer=SuppressCompleter())


def offer_names(parser: argparse.ArgumentParser, make_host: Callable[[], Host]) -> None:
    """Let each argument that means a thing of the host be completed by what there is."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in set(action.choices.values()):
                offer_names(below, make_host)
        elif (names := _NAMES.get(action.dest)) is not None:
            action.completer = _completer(names, make_host)  # type: ignore[attr-defined]
        elif action.metavar == "FILE":
            action.completer = FilesCompleter()  # type: ignore[attr-defined]


def _completer(names: Names, make_host: Callable[[], Host]) -> Callable[..., list[str]]:
    def found(prefix: str, **_: object) -> list[str]:
        from tui.commands.graph import graph_of

        graph = graph_of(make_host())
        return sorted({name for name in names(graph) if name.startswith(prefix) and SAFE.fullmatch(name)})

    return found


def _links(graph: Inventory) -> Iterator[str]:
    """By address; the host's own by their bare names, too."""
    for link in graph.links():
        yield graph.address(link.id) or ""
        if link.id.namespace == graph.home:
            yield link.name


def _namespaces(graph: Inventory) -> Iterator[str]:
    for space in graph.namespaces():
        yield graph.address(space.id) or ""
        yield from (owner.name for owner in graph.owners(space.id))


def _bridges(graph: Inventory) -> Iterator[str]:
    for link in graph.links():
        if link.kind == "bridge":
            yield graph.address(link.id) or ""
            if link.id.namespace == graph.home:
                yield link.name


def _anything(graph: Inventory) -> Iterator[str]:
    yield from _links(graph)
    yield from _namespaces(graph)


_NAMES: Final[dict[str, Names]] = {
    **dict.fromkeys(("query", "link", "one", "other", "about", "around"), _anything),
    **dict.fromkeys(("on", "to"), _links),
    **dict.fromkeys(("bridge", "master", "peer_master"), _bridges),
    "namespace": _namespaces,
}
"""By the argument's name in tui.arguments and its neighbours."""
