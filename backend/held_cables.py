"""What is remembered of guarded cables between two runs: so that a container cannot become another by waiting."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from backend.journal import state_directory
from backend.policy_file import write_whole
from backend.this_machine import machine
from model.identity import LinkId, NamespaceId, is_lasting
from model.policy import Selector
from model.wishes import Held

FILE: Final = "held.json"


class HeldCables:
    """The file of one state directory, good for this boot."""

    def __init__(self, directory: Path | None = None, boot_id: str | None = None) -> None:
        self._path = (state_directory() if directory is None else directory) / FILE
        self._boot = boot_id or machine().boot_id or ""
        self._written: Mapping[LinkId, Held] | None = None

    def read(self) -> dict[LinkId, Held]:
        """What was remembered in this boot; nothing where that cannot be read."""
        try:
            document = json.loads(self._path.read_text(encoding="ascii"))
            if document["boot"] != self._boot:
                return {}
            return dict(_cable(one) for one in document["held"])
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def write(self, held: Mapping[LinkId, Held]) -> None:
        """Remember these, and no others. Raises OSError."""
        if held == self._written:
            return
        lasting = [_form(link, one) for link, one in sorted(held.items()) if is_lasting(link.namespace)]
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(self._path, json.dumps({"boot": self._boot, "held": lasting}) + "\n")
        self._written = dict(held)


def _form(link: LinkId, held: Held) -> dict[str, Any]:
    selectors = [asdict(selector) for selector in held.selectors]
    known = {"inside": held.inside, "mac": held.mac, "settled": held.settled, "isolated": held.isolated}
    return {"link": list(link), **known, "selectors": selectors}


def _cable(form: dict[str, Any]) -> tuple[LinkId, Held]:
    space, ifindex = form["link"]
    selectors = tuple(
        Selector(**{**one, "labels": tuple((key, value) for key, value in one["labels"])}) for one in form["selectors"]
    )
    return LinkId(NamespaceId(space), int(ifindex)), Held(
        selectors, form["inside"], form["mac"], form.get("settled", True), form.get("isolated", False)
    )
