"""Mermaid for wikis and tickets: a flowchart with a subgraph a namespace (mermaid.js.org/syntax/flowchart).

Ids are ours. Labels are quoted, and everything in them that is not plain is an entity code: `#34;` for `"`.
"""

from collections.abc import Iterator
from typing import Final

from model.exports.scene import Edge, Look, Node, Scene, Tie, scene
from model.inventory import Inventory

MOST_EDGES: Final = 500
MOST_CHARACTERS: Final = 50_000
"""What viewers draw unless they are told otherwise (mermaid: maxEdges, maxTextSize)."""

_PLAIN: Final = frozenset(" .,-_/:+=()~")
_LOOKS: Final = {
    Look.RAIL: "fill:#d6ebfa,stroke:#0067a8,stroke-width:2px,color:#1d2833",
    Look.OUTSIDE: "fill:#e4e8ec,stroke:#596775,color:#1d2833",
    Look.LINK: "fill:#ffffff,stroke:#8e9ba8,color:#1d2833",
    Look.GUEST: "fill:#e9e7f8,stroke:#4a4fc0,color:#1d2833",
    Look.UNKNOWN: "fill:#ffffff,stroke:#9c5800,color:#9c5800,stroke-dasharray:3 3",
}
_DOWN: Final = "fill:#ffffff,stroke:#a8120f,color:#a8120f"
_SHAPES: Final = {
    Look.RAIL: ('["', '"]'),
    Look.OUTSIDE: ('(["', '"])'),
    Look.LINK: ('("', '")'),
    Look.GUEST: ('[["', '"]]'),
    Look.UNKNOWN: ('("', '")'),
}
_TIES: Final = {Tie.CABLE: "---", Tie.PORT: "===", Tie.STANDS_ON: "-.-", Tie.UNKNOWN: "-.-"}


def mermaid(graph: Inventory) -> str:
    """One flowchart, from left to right."""
    return "\n".join(_document(scene(graph))) + "\n"


def is_too_large(text: str) -> bool:
    """Whether most viewers would refuse to draw it."""
    edges = sum(text.count(f" {tie}") for tie in set(_TIES.values()))
    return edges > MOST_EDGES or len(text) > MOST_CHARACTERS


def _document(drawn: Scene) -> Iterator[str]:
    yield "flowchart LR"
    for box in drawn.boxes:
        yield f'  subgraph {box.id}["{_label(box.title)}"]'
        if not box.nodes:
            yield f'    {box.id}_empty("no link")'
        for node in box.nodes:
            yield f"    {_node(node)}"
        yield "  end"
    for node in drawn.loose:
        yield f"  {_node(node)}"
    for edge in drawn.edges:
        yield f"  {_edge(edge)}"
    for look, style in _LOOKS.items():
        yield f"  classDef {look.value} {style}"
    yield f"  classDef down {_DOWN}"


def _node(node: Node) -> str:
    left, right = _SHAPES[node.look]
    look = "down" if node.is_down else node.look.value
    return f"{node.id}{left}{'<br/>'.join(_label(line) for line in node.lines)}{right}:::{look}"


def _edge(edge: Edge) -> str:
    text = f'|"{_label(edge.text)}"|' if edge.text else ""
    return f"{edge.one} {_TIES[edge.tie]}{text} {edge.other}"


def _label(text: str) -> str:
    """Letters, digits and a few signs as they are, every other character by its number."""
    return "".join(char if (char.isascii() and char.isalnum()) or char in _PLAIN else f"#{ord(char)};" for char in text)
