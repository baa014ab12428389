"""Every export is opened by its own consumer, on a good host, an empty one, and one whose names are weapons."""

import io
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import networkx as nx
import pytest

from model.exports.dot import dot
from model.exports.graphml import graphml
from model.exports.json_document import json_document
from model.exports.mermaid import is_too_large, mermaid
from model.exports.scene import scene
from model.exports.svg import svg
from model.identity import LinkId
from model.json_form import Machine
from model.names import display_name
from model.topology import Topology
from tests.exports.hostile import HOSTILE
from tests.exports.mermaid_grammar import parse
from tui.palette import DARK, LIGHT

SVG = "{http://www.w3.org/2000/svg}"
GRAPHML = "{http://graphml.graphdrawing.org/xmlns}"
FORBIDDEN = {chr(code) for code in range(32)} - {"\n"} | {chr(code) for code in range(0x7F, 0xA0)} | {"\u202e"}


def documents(host: Topology) -> dict[str, str]:
    return {
        "json": json_document(host, Machine("yamato", None)),
        "dot": dot(host),
        "mermaid": mermaid(host),
        "graphml": graphml(host),
        "svg": svg(host, "<yamato>\n", LIGHT),
    }


def read_xml(text: str) -> ET.Element:
    """An XML parser's opinion."""
    return ET.fromstring(text)  # noqa: S314 # our own text


def names(host: Topology) -> set[str]:
    return {display_name(link.name) for link in host.links() if link.kind != "loopback"}


def test_no_export_holds_what_a_terminal_would_obey(host: Topology) -> None:
    for name, text in documents(host).items():
        assert not FORBIDDEN & set(text), name
        text.encode("utf-8")


def test_the_same_graph_gives_the_same_text(sample: Topology) -> None:
    assert documents(sample) == documents(sample)


# JSON


def test_json_is_the_snapshot(host: Topology) -> None:
    read = json.loads(json_document(host, Machine("yamato", None)))
    assert (read["schema"], read["kind"], len(read["links"])) == ("jackfield/1", "snapshot", len(host.links()))


# DOT


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs graphviz")
def test_graphviz_draws_every_name_as_it_is(host: Topology) -> None:
    drawn = subprocess.run(["dot", "-Tsvg"], input=dot(host), capture_output=True, encoding="utf-8", check=True)
    assert drawn.stderr == ""
    texts = {text for element in read_xml(drawn.stdout).iter(f"{SVG}text") for text in [element.text or ""]}
    assert {name.replace(" ", "\u00a0") for name in names(host)} <= {text.replace(" ", "\u00a0") for text in texts}


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs graphviz")
def test_graphviz_keeps_namespaces_apart_and_columns_in_line(sample: Topology) -> None:
    drawn = subprocess.run(["dot", "-Tjson0"], input=dot(sample), capture_output=True, encoding="utf-8", check=True)
    read = json.loads(drawn.stdout)
    boxes = [item for item in read["objects"] if item["name"].startswith("cluster_")]
    assert len(boxes) == len(sample.namespaces())
    place = {item["name"]: float(item["pos"].split(",")[0]) for item in read["objects"] if "pos" in item}
    columns: dict[int, set[float]] = {}
    for node in scene(sample).nodes:
        assert node.column is not None
        columns.setdefault(node.column, set()).add(place[node.id])
    assert all(len(places) == 1 for places in columns.values())
    assert [min(columns[number]) for number in range(4)] == sorted(min(columns[number]) for number in range(4))


# Mermaid


def test_mermaid_follows_the_grammar_and_shows_every_name_as_it_is(host: Topology) -> None:
    chart = parse(mermaid(host))
    drawn = scene(host)
    assert [chart.texts[box.id] for box in drawn.boxes] == [box.title for box in drawn.boxes]
    assert {node.id: "\n".join(node.lines) for node in drawn.nodes}.items() <= chart.texts.items()
    assert len(chart.edges) == len(drawn.edges)
    assert all({one, other} <= chart.texts.keys() for one, other, _ in chart.edges)


def test_mermaid_says_when_it_is_too_large_for_viewers(sample: Topology) -> None:
    assert not is_too_large(mermaid(sample))
    assert is_too_large("a --- b\n" * 501)


def test_a_cable_is_drawn_once_and_unknown_ends_are_drawn_as_such(sample: Topology) -> None:
    drawn = scene(sample)
    pairs = [frozenset((edge.one, edge.other)) for edge in drawn.edges]
    assert len(pairs) == len(set(pairs))
    assert [node.lines for node in drawn.loose if node.look.value == "unknown"] == [("unknown",)]


# GraphML


def test_networkx_reads_back_every_node_and_every_edge(host: Topology) -> None:
    read = nx.read_graphml(io.BytesIO(graphml(host).encode()), force_multigraph=True)
    assert set(read.nodes) == {str(node) for node in host.graph.nodes}
    edges = {(str(one), str(other), relation) for one, other, relation in host.graph.edges(keys=True)}
    assert {(one, other, attributes["relation"]) for one, other, attributes in read.edges(data=True)} == edges
    for link in host.links():
        attributes = read.nodes[str(link.id)]
        assert attributes["label"] == display_name(link.name)
        assert attributes["up"] is link.up


def test_graphml_keeps_the_bytes_of_names_that_are_no_text(host: Topology) -> None:
    read = nx.read_graphml(io.BytesIO(graphml(host).encode()))
    for link in host.links():
        raw = link.name.encode("utf-8", "surrogateescape")
        assert read.nodes[str(link.id)].get("name_hex", raw.hex()) == raw.hex()


# SVG


def texts_of(document: str) -> list[str]:
    return [element.text or "" for element in read_xml(document).iter(f"{SVG}text")]


def test_svg_shows_every_name_as_real_text(host: Topology) -> None:
    assert names(host) - {display_name(name) for name in HOSTILE} <= set(texts_of(svg(host, "yamato", DARK)))
    if any(display_name(HOSTILE[0]) == name for name in names(host)):
        assert {display_name(name) for name in HOSTILE} <= set(texts_of(svg(host, "yamato", DARK)))


def test_svg_has_no_scripts_and_nothing_from_elsewhere(host: Topology) -> None:
    root = read_xml(svg(host, "yamato", LIGHT))
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "g", "title", "rect", "path", "circle", "text"}
    attributes = {key for element in root.iter() for key in element.attrib}
    assert not {key for key in attributes if key.startswith("on") or "href" in key or key in ("style", "class")}


def test_svg_stays_within_its_own_edges(host: Topology) -> None:
    root = read_xml(svg(host, "yamato", LIGHT))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for element in root.iter(f"{SVG}text"):
        end = float(element.attrib["x"]) + float(element.attrib["textLength"])
        assert 0 <= float(element.attrib["x"]) <= end <= width
        assert 0 <= float(element.attrib["y"]) <= height


@pytest.mark.skipif(shutil.which("rsvg-convert") is None, reason="needs librsvg2-bin")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_librsvg_draws_it_in_both_themes(host: Topology, theme: str) -> None:
    palette = {"light": LIGHT, "dark": DARK}[theme]
    document = svg(host, "yamato", palette)
    drawn = subprocess.run(["rsvg-convert"], input=document.encode(), capture_output=True, check=True)
    assert drawn.stderr == b""
    assert drawn.stdout.startswith(b"\x89PNG")


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
def test_a_browser_draws_it(sample: Topology, tmp_path: Path) -> None:
    page, picture = tmp_path / "yamato.svg", tmp_path / "yamato.png"
    page.write_text(svg(sample, "yamato", LIGHT), encoding="utf-8")
    browser = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    own = [f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=1000"]
    look = [f"--screenshot={picture}", "--window-size=900,1000"]
    subprocess.run([*browser, *quiet, *own, *look, page.as_uri()], check=True, capture_output=True, timeout=120)
    assert picture.read_bytes().startswith(b"\x89PNG")
    ground = f'="{LIGHT.ground}"'
    pale = re.sub(r'(fill|stroke)="#\w+"', rf"\1{ground}", page.read_text(encoding="utf-8"))
    page.write_text(pale, encoding="utf-8")
    drawn = picture.stat().st_size
    subprocess.run([*browser, *quiet, *own, *look, page.as_uri()], check=True, capture_output=True, timeout=120)
    assert picture.stat().st_size < drawn / 4, "the picture is not empty: one without ink is far smaller"


def test_ids_of_the_drawings_are_plain_whatever_the_namespace_is_called(host: Topology) -> None:
    ids = [node.id for node in scene(host).nodes]
    assert len(ids) == len(set(ids))
    assert all(name.isascii() and name.replace("_", "a").isalnum() for name in ids)
    assert all(isinstance(link.id, LinkId) for link in host.links())
