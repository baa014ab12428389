"""A strict parser of the part of Mermaid's flowchart grammar that we write (mermaid.js.org/syntax/flowchart).

Anything else is an error: an id that is not plain, a text that is not quoted, a character that should be an entity.
"""

import re
from dataclasses import dataclass, field
from html import unescape

_TEXT = r'"(?P<text>(?:[A-Za-z0-9 .,\-_/:+=()~]|\#\d+;|<br/>)*)"'
_ID = r"[A-Za-z][A-Za-z0-9_]*"
_SHAPES = (rf"\[{_TEXT}\]", rf"\({_TEXT}\)", rf"\(\[{_TEXT}\]\)", rf"\[\[{_TEXT}\]\]")
_NODES = [re.compile(rf"(?P<id>{_ID}){shape}(?::::(?P<look>[a-z]+))?") for shape in _SHAPES]
_SUBGRAPH = re.compile(rf"subgraph (?P<id>{_ID})\[{_TEXT}\]")
_EDGE = re.compile(rf"(?P<one>{_ID}) (?:---|===|-\.-)(?:\|{_TEXT}\|)? (?P<other>{_ID})")
_CLASS = re.compile(r"classDef [a-z]+ [a-z-]+:[#\w ]+(?:,[a-z-]+:[#\w ]+)*")
_RESERVED = {"end", "graph", "subgraph", "flowchart", "class", "classDef", "click", "style", "default"}


@dataclass
class Flowchart:
    """What was read."""

    texts: dict[str, str] = field(default_factory=dict)
    """Of nodes and subgraphs, as they are shown."""
    subgraphs: dict[str, set[str]] = field(default_factory=dict)
    edges: list[tuple[str, str, str]] = field(default_factory=list)


def parse(document: str) -> Flowchart:
    """Read a whole document. Raises ValueError with the line that is wrong."""
    assert document.isascii()
    lines = document.splitlines()
    if lines[0] != "flowchart LR":
        raise ValueError(lines[0])
    chart, inside = Flowchart(), None
    for line in lines[1:]:
        word = line.strip()
        if word == "end":
            if inside is None:
                raise ValueError(line)
            inside = None
        elif begun := _SUBGRAPH.fullmatch(word):
            if inside is not None:
                raise ValueError(line)
            inside = _add(chart, begun)
            chart.subgraphs[inside] = set()
        elif node := next((found for shape in _NODES if (found := shape.fullmatch(word))), None):
            name = _add(chart, node)
            if inside is not None:
                chart.subgraphs[inside].add(name)
        elif edge := _EDGE.fullmatch(word):
            chart.edges.append((edge["one"], edge["other"], shown(edge["text"] or "")))
        elif not _CLASS.fullmatch(word):
            raise ValueError(line)
    if inside is not None:
        raise ValueError("a subgraph is not ended")
    return chart


def shown(text: str) -> str:
    """What a browser shows for a text: `#35;` is `#`."""
    return unescape(re.sub(r"#(\d+);", r"&#\1;", text.replace("<br/>", "\n")))


def _add(chart: Flowchart, found: re.Match[str]) -> str:
    name = found["id"]
    if name in chart.texts or name in _RESERVED:
        raise ValueError(name)
    chart.texts[name] = shown(found["text"])
    return name
