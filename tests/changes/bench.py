"""A few namespaces to change things in, and everything that `ip` and `bridge` say of them."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backend.executor import Told, execute, unheard
from backend.netns import inside
from model.identity import NamespaceId
from model.names import raw_bytes
from model.operations import Handle, Operation
from model.plan import Fate, Outcome
from tests.kernel.iproute import ip

A, B = NamespaceId("a"), NamespaceId("b")


class Place:
    """Named namespaces, known to plans by one letter each."""

    def __init__(self, **names: str) -> None:
        self.names = {NamespaceId(letter): name for letter, name in names.items()}

    def open(self, namespace: NamespaceId) -> int:
        return os.open(Path("/run/netns", self.names[namespace]), os.O_RDONLY | os.O_CLOEXEC)

    def do(self, *operations: Operation, told: Told = unheard) -> tuple[Outcome, ...]:
        return execute(operations, self.open, told)

    def done(self, *operations: Operation) -> tuple[Outcome, ...]:
        """All of them, or the test fails with the reason."""
        outcomes = self.do(*operations)
        for outcome in outcomes:
            assert outcome.fate is Fate.DONE, f"{outcome.error}: {outcome.kernel}"
        return outcomes

    def ip(self, namespace: NamespaceId, *arguments: str) -> str:
        return ip(*arguments, netns=self.names[namespace])

    def handle(self, namespace: NamespaceId, name: str) -> Handle:
        return Handle(namespace, name, self.index(namespace, name))

    def index(self, namespace: NamespaceId, name: str) -> int:
        fd = self.open(namespace)
        try:
            with inside(fd):
                return index_of(name)
        finally:
            os.close(fd)

    def link(self, namespace: NamespaceId, name: str) -> dict[str, Any]:
        """What `ip -d -j link` says of one link, its kind's own words on the same level."""
        listed = json.loads(self.ip(namespace, "-d", "-j", "link"))
        link: dict[str, Any] = next(link for link in listed if link["ifname"] == name)
        info = link.pop("linkinfo", {})
        return {**link, **info.get("info_data", {}), **info.get("info_slave_data", {}), "kind": info.get("info_kind")}

    def addresses(self, namespace: NamespaceId, name: str) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = json.loads(self.ip(namespace, "-d", "-j", "address", "show", "dev", name))
        return next((link["addr_info"] for link in listed if link.get("ifname") == name), [])

    def run(self, namespace: NamespaceId, *command: str) -> str:
        name = self.names[namespace]
        done = subprocess.run(
            ["nsenter", f"--net=/run/netns/{name}", *command], check=True, capture_output=True, text=True
        )
        return done.stdout


def index_of(name: str) -> int:
    """Of a link in the calling thread's namespace, whose name may be any bytes."""
    import ctypes

    index = ctypes.CDLL(None).if_nametoindex(raw_bytes(name))
    assert index, f"no {name!r} here"
    return int(index)


def fates(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.fate.value for outcome in outcomes]
