"""`jackfield snapshot`: the whole topology, once."""

from backend.host import Host
from backend.this_machine import machine
from model.json_form import snapshot_form
from tui.commands.exits import Exit
from tui.commands.graph import graph_of
from tui.commands.printing import Paper
from tui.commands.tree import print_tree


def snapshot(host: Host, paper: Paper, *, as_json: bool) -> Exit:
    """Print the graph: the tree for people, or one JSON document."""
    graph = graph_of(host)
    here = machine()
    paper.note_what_is_missing(graph)
    if as_json:
        paper.json(snapshot_form(graph, here))
    else:
        print_tree(graph, here.host, paper)
    return Exit.OK
