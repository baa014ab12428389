"""Podman, and CRI-O, which has the same supervisor: conmon says the name, storage the image, a database the labels.

Sources: conmon(8); containers/storage's containers.json; libpod/sqlite_state_internal.go (Podman 4.8 and later).
"""

import contextlib
import json
import os
import re
import urllib.parse
from dataclasses import replace
from pathlib import Path, PurePath

from backend.owners.claim import HEX_ID, CgroupForm, Claim, Description, text_pairs
from backend.owners.command_line import option
from backend.owners.sources import Sources
from backend.owners.state_file import field, text_field
from backend.processes import Process

CGROUPS = (CgroupForm("podman", re.compile(rf"(?:^|/)libpod-(?P<id>{HEX_ID})(?:\.scope)?(?=/|$)")),)
SUPERVISORS = ("conmon", "conmonrs")


def supervised(conmon: Process) -> Claim | None:
    """The container of a conmon; one without an id or a name runs none."""
    argv = conmon.argv or ()
    container, name, bundle = option(argv, "-c", "--cid"), option(argv, "-n", "--name"), option(argv, "-b", "--bundle")
    if not container or not name:
        return None
    if name.startswith("k8s_"):
        return Claim("kubernetes", container, clue=bundle or "")
    return Claim("podman", container, name, clue=bundle or "")


def describe(claim: Claim, sources: Sources) -> Description:
    """Name, image, labels and pod, from what lies around the bundle: ROOT/DRIVER-containers/ID/userdata.

    Name and image are in containers.json, which any podman has; labels are in a database from Podman 4.8 on.
    """
    root = _storage(claim)
    if root is None:
        return Description()
    if sources.files.stamp(f"{root}/db.sql") is None:
        return describe_as_user(claim, sources)
    labels, pod = _labels_and_pod(sources.files.inside(f"{root}/db.sql"), claim.id)
    all_labels = (*labels, ("pod", pod)) if pod else labels
    return replace(describe_as_user(claim, sources), labels=tuple(sorted(all_labels)))


def describe_as_user(claim: Claim, sources: Sources) -> Description:
    """Name and image only: no database is opened that another user may have made."""
    if _storage(claim) is None:
        return Description()
    path = str(PurePath(claim.clue).parents[1] / "containers.json")
    containers = sources.files.json(path)
    for entry in containers if isinstance(containers, list) else ():
        if field(entry, "id") == claim.id:
            return Description(_first_name(field(entry, "names")), _image(entry), source=path)
    return Description()


def is_infra(name: str) -> bool:
    """The container that only holds a pod's namespaces: its name is the pod's short id and `-infra`."""
    return re.fullmatch(r"[0-9a-f]{12}-infra", name) is not None


def _storage(claim: Claim) -> PurePath | None:
    bundle = PurePath(claim.clue)
    if bundle.name != "userdata" or bundle.parent.name != claim.id or len(bundle.parents) < 4:
        return None
    return bundle.parents[2]


def _first_name(names: object) -> str | None:
    return names[0] if isinstance(names, list) and names and isinstance(names[0], str) else None


def _image(entry: object) -> str | None:
    """An entry's `metadata` is JSON again."""
    try:
        return text_field(json.loads(text_field(entry, "metadata") or "{}"), "image-name")
    except (ValueError, RecursionError):
        return None


def _labels_and_pod(database: Path, container: str) -> tuple[tuple[tuple[str, str], ...], str | None]:
    """Its labels, and the name of its pod; nothing where there is no such database."""
    import sqlite3  # here: 20 ms that most hosts need not wait for

    try:
        uri = f"file:{urllib.parse.quote(os.fsencode(database))}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=0.1)) as opened:
            row = opened.execute("SELECT JSON, PodID FROM ContainerConfig WHERE ID = ?", (container,)).fetchone()
            if row is None:
                return (), None
            pod = opened.execute("SELECT Name FROM PodConfig WHERE ID = ?", (row[1],)).fetchone()
            return text_pairs(field(json.loads(row[0]), "labels")), pod[0] if pod else None
    except (sqlite3.Error, ValueError, RecursionError, TypeError):
        return (), None
