"""`jackfield export`: the graph as a file for other programs, or as a picture."""

from pathlib import Path
from typing import Final, NamedTuple

from backend.host import Host
from backend.this_machine import machine, netns_inode_of
from model.address_book import Ambiguous, NoSuch, the_link, the_namespace
from model.excerpt import around
from model.identity import LinkId, NamespaceId
from model.inventory import Inventory
from model.json_form import Machine
from tui.commands.exits import Exit
from tui.commands.graph import graph_of
from tui.commands.printing import Paper
from tui.palette import DARK, LIGHT

FORMATS: Final = ("json", "dot", "mermaid", "graphml", "svg")
THEMES: Final = {"light": LIGHT, "dark": DARK}
HOPS: Final = 2


class Export(NamedTuple):
    """What is wanted."""

    format: str
    theme: str = "light"
    file: str | None = None
    """None: stdout."""
    around: str | None = None
    """None: everything."""
    hops: int = HOPS


def export(host: Host, paper: Paper, wanted: Export) -> Exit:
    """Write one document."""
    graph = graph_of(host)
    paper.note_what_is_missing(graph)
    part: Inventory = graph
    if wanted.around is not None:
        centre = find_centre(graph, wanted.around)
        if not isinstance(centre, LinkId | str):
            paper.note(not_found(centre))
            return Exit.NO_SUCH
        part = around(graph, centre, wanted.hops)
    text = document(part, machine(), wanted)
    _warn(paper, wanted.format, text)
    return put(paper, text, wanted.file)


def put(paper: Paper, text: str, file: str | None) -> Exit:
    """Into a file; None: stdout."""
    if file is None:
        paper.document(text)
        return Exit.OK
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        paper.note(f"{file}: not written: {error.strerror}")
        return Exit.NOT_PERMITTED if isinstance(error, PermissionError) else Exit.REFUSED
    return Exit.OK


def document(graph: Inventory, here: Machine, wanted: Export) -> str:
    """The graph in the wanted format."""
    match wanted.format:
        case "json":
            from model.exports.json_document import json_document

            return json_document(graph, here)
        case "dot":
            from model.exports.dot import dot

            return dot(graph)
        case "mermaid":
            from model.exports.mermaid import mermaid

            return mermaid(graph)
        case "graphml":
            from model.exports.graphml import graphml

            return graphml(graph)
        case "svg":
            from model.exports.svg import svg

            return svg(graph, here.host, THEMES[wanted.theme])
    raise ValueError(wanted.format)


def find_centre(graph: Inventory, text: str) -> LinkId | NamespaceId | Ambiguous | NoSuch:
    """The one link or namespace that this means."""
    space = the_namespace(graph, text, netns_inode_of)
    link = the_link(graph, text, netns_inode_of)
    if isinstance(link, NoSuch):
        return space
    if isinstance(space, NoSuch):
        return link if isinstance(link, Ambiguous) else link.id
    subject = link if isinstance(link, Ambiguous) else link.id
    return Ambiguous(text, (*_candidates(graph, space), *_candidates(graph, subject)))


def _candidates(graph: Inventory, found: LinkId | NamespaceId | Ambiguous) -> tuple[str, ...]:
    return found.candidates if isinstance(found, Ambiguous) else (graph.address(found) or "",)


def not_found(answer: Ambiguous | NoSuch) -> str:
    """What was typed means nothing, or too much."""
    if isinstance(answer, NoSuch):
        return f"{answer.text}: no link and no namespace that we can see is called so"
    return f"{answer.text}: several are called so: {', '.join(answer.candidates)}"


def _warn(paper: Paper, wanted: str, text: str) -> None:
    if wanted == "mermaid":
        from model.exports.mermaid import MOST_CHARACTERS, MOST_EDGES, is_too_large

        if is_too_large(text):
            paper.note(
                f"most viewers draw no more than {MOST_EDGES} lines or {MOST_CHARACTERS:,} characters of Mermaid: "
                "take a part with --around"
            )
