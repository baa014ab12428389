"""Somebody who types one command after the other on the same host."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.fake import FakeHost
from model.facts import Fact, LinkSeen
from model.link import BridgePort, Link
from model.topology import Topology
from tests.commands.sample import HOST_END, raised, sample_host
from tui.__main__ import main


class Operator:
    """Types; `out` and `err` are what came of the last command."""

    def __init__(self, make: Callable[[], FakeHost], capsys: pytest.CaptureFixture[str], policy: Path) -> None:
        self.host = make()
        self.policy = policy
        self._capsys = capsys
        self.out = self.err = ""

    def types(self, *typed: str) -> int:
        """The exit status."""
        words = list(typed)
        if not typed[0].startswith("-") and typed[0] not in ("undo", "redo"):
            words += ["--policy", str(self.policy)]
        try:
            status = int(main(words, lambda: self.host))
        except SystemExit as leaving:
            status = int(leaving.code or 0)
        self.out, self.err = self._capsys.readouterr()
        return status

    def told(self, *typed: str) -> dict[str, Any]:
        """The document of --json."""
        self.status = self.types(*typed, "--json")
        document: dict[str, Any] = json.loads(self.out.splitlines()[0])
        return document

    @property
    def text(self) -> str:
        """Of the policy file."""
        return self.policy.read_text(encoding="utf-8") if self.policy.exists() else ""

    def link(self, name: str) -> Link | None:
        """The link of this name, anywhere."""
        graph = Topology()
        graph.learn(self.host.read())
        return next((link for link in graph.links() if link.name == name), None)


def guarded_host() -> list[Fact]:
    """The sample host, and how its bridge treats the container's port."""
    return [*sample_host(), LinkSeen(replace(raised(HOST_END), port=BridgePort()))]
