"""JSON: the form of `snapshot --json`, laid out for reading and for diffs."""

import json

from model.inventory import Inventory
from model.json_form import Machine, snapshot_form


def json_document(graph: Inventory, machine: Machine) -> str:
    """One document. ASCII only: JSON escapes whatever a terminal might obey."""
    return json.dumps(snapshot_form(graph, machine), indent=2) + "\n"
