"""The tree as plain text: bridge, port, container, inside link. The same rows and words as on screen 2."""

from collections.abc import Iterator

from rich.text import Text

from model.caption import Caption, Far, Manner, State, caption
from model.inventory import Inventory
from model.tree import Row, Sort, rows, tree_of
from tui.commands.printing import Paper

HEADS = ("NAME", "KIND", "STATE", "ADDRESS", "OTHER END")

Cells = tuple[Text, Text, Text, Text, Text]


def print_tree(graph: Inventory, host: str, paper: Paper) -> None:
    """One row a thing; a container with one link is one row."""
    root = tree_of(graph)
    if root is None:
        paper.note("nothing to see: this host's own namespace cannot be read")
        return
    heads = tuple(Text(head, "bold bright_black") for head in HEADS)
    paper.rows([heads, *(_cells(graph, row, host, paper) for row in rows(root, {}))])
    if not root.children:
        paper.note("no bridge, no container, no cable: `jackfield demo` shows a practice lab")


def _cells(graph: Inventory, row: Row, host: str, paper: Paper) -> Cells:
    words = caption(graph, row.entry, host)
    name = Text("".join(_guides(row, paper)), "bright_black")
    name.append_text(paper.shown(words.name, "bold" if row.entry.sort not in (Sort.LINK, Sort.PORT) else ""))
    address = paper.shown(words.address, "" if words.has_address else "bright_black")
    return name, paper.shown(words.kind, "bright_black"), _state(words, paper), address, _far(graph, words.far, paper)


def _guides(row: Row, paper: Paper) -> Iterator[str]:
    for level in range(1, row.depth):
        yield paper.signs.pipe if row.rails >> level & 1 else paper.signs.blank
    if row.depth:
        yield paper.signs.tee if row.rails >> row.depth & 1 else paper.signs.last


def _state(words: Caption, paper: Paper) -> Text:
    match words.state:
        case None:
            return Text()
        case State.UP:
            return Text(f"{paper.signs.up} up")
        case State.DOWN:
            return Text(f"{paper.signs.down} DOWN", "red")
        case State.OFF:
            return Text(f"{paper.signs.down} off", "bright_black")
        case State.UNKNOWN:
            return Text(f"{paper.signs.unknown} unknown", "yellow")


def _far(graph: Inventory, far: Far, paper: Paper) -> Text:
    style = {Manner.UNKNOWN: "yellow", Manner.NOTE: "bright_black"}.get(far.manner, "")
    text = paper.shown(f"{paper.signs.across} {far.text}" if far.manner is Manner.DIRECT else far.text, style)
    if far.trouble:
        text.append(f", {far.trouble}", "red")
    segment = None if far.leads_to is None else graph.link(far.leads_to)
    if segment is not None:
        text.append(f" {paper.signs.becomes} ", "bright_black").append_text(paper.shown(segment.name))
    return text
