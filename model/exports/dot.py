"""DOT for Graphviz: a cluster a namespace, the outside at the left, who lives there at the right.

The language: graphviz.org/doc/info/lang.html.
"""

from collections.abc import Iterator
from itertools import pairwise

from model.exports.scene import Edge, Look, Node, Scene, Tie, scene
from model.inventory import Inventory

_LOOKS = {
    Look.RAIL: 'shape=box style="filled,bold" fillcolor="#d6ebfa" color="#0067a8"',
    Look.OUTSIDE: 'shape=cds style=filled fillcolor="#e4e8ec" color="#596775"',
    Look.LINK: 'shape=box style="rounded,filled" fillcolor="#ffffff" color="#8e9ba8"',
    Look.GUEST: 'shape=component style=filled fillcolor="#e9e7f8" color="#4a4fc0"',
    Look.UNKNOWN: 'shape=plain fontcolor="#9c5800"',
}
_TIES = {
    Tie.CABLE: 'color="#0067a8"',
    Tie.PORT: 'color="#0067a8" penwidth=2.2',
    Tie.STANDS_ON: 'color="#575000" style=dashed fontcolor="#575000"',
    Tie.UNKNOWN: 'color="#9c5800" style=dotted',
}
_BOX = 'labeljust=l style="rounded,filled" fillcolor="#f4f6f8" color="#c3ccd4"'
_DOWN = 'color="#a8120f" fontcolor="#a8120f"'


def dot(graph: Inventory) -> str:
    """One graph. `dot` lays it out; nothing in it depends on the order in which things were seen."""
    return "\n".join(_document(scene(graph))) + "\n"


def _document(drawn: Scene) -> Iterator[str]:
    yield "graph jackfield {"
    yield "  graph [rankdir=LR compound=true newrank=true nodesep=0.12 ranksep=0.9 fontname=Helvetica fontsize=11]"
    yield '  node [fontname=Helvetica fontsize=10 margin="0.10,0.04" height=0.3]'
    yield "  edge [fontname=Helvetica fontsize=9]"
    for box in drawn.boxes:
        yield f"  subgraph cluster_{box.id} {{"
        yield f"    graph [label={quoted(box.title)} {_BOX}]"
        if not box.nodes:
            yield f'    {box.id}_empty [label="no link" shape=plain fontcolor="#596775"]'
        for node in box.nodes:
            yield f"    {_node(node)}"
        yield "  }"
    for node in drawn.loose:
        yield f"  {_node(node)}"
    columns = {node.id: node.column for node in drawn.nodes if node.column is not None}
    for edge in drawn.edges:
        is_flat = edge.one in columns and columns[edge.one] == columns.get(edge.other)
        yield f"  {_edge(edge, is_flat=is_flat)}"
    yield from _columns(drawn)
    yield "}"


def _columns(drawn: Scene) -> Iterator[str]:
    """What has the same part to play stands in one column."""
    columns: dict[int, list[str]] = {}
    for node in drawn.nodes:
        if node.column is not None:
            columns.setdefault(node.column, []).append(node.id)
    heads = [columns[number][0] for number in sorted(columns)]
    for number in sorted(columns):
        yield f"  {{ rank=same; {'; '.join(columns[number])} }}"
    for one, other in pairwise(heads):
        yield f"  {one} -- {other} [style=invis]"


def _node(node: Node) -> str:
    label = quoted("\n".join(node.lines))
    state = f" {_DOWN}" if node.is_down else ""
    return f"{node.id} [label={label} {_LOOKS[node.look]}{state}]"


def _edge(edge: Edge, *, is_flat: bool) -> str:
    label = f" label={quoted(edge.text)}" if edge.text else ""
    if is_flat:
        label += " constraint=false"
    return f"{edge.one} -- {edge.other} [{_TIES[edge.tie]}{label}]"


def quoted(text: str) -> str:
    """A text as a quoted string that shows exactly this text: `\\` begins escapes in a label, `&` entities."""
    escaped = text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
