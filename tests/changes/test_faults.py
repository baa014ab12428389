"""What goes wrong between a plan and its end: it is said, nothing else is touched, and what was done can go back."""

import errno
import multiprocessing
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.host import LinuxHost
from backend.journal import Journal
from backend.writing import WritingSocket
from model.facts import NamespaceRead, NamespaceSeen
from model.identity import LinkId
from model.intents import Rename
from model.operations import (
    AddBridge,
    AddVeth,
    DeleteLink,
    Handle,
    RenameLink,
    SetLinkMtu,
    SetLinkUp,
    VethEnd,
)
from model.plan import Fate, Outcome, Plan, Step
from model.taking_back import taking_back
from tests.changes.bench import A, Place, fates
from tests.kernel.iproute import ip

pytestmark = pytest.mark.root

MAC = "02:00:00:00:00:01"


def test_a_namespace_that_dies_between_plan_and_apply_is_said_to_be_gone(
    private_host: int, make_netns: Callable[[str], str]
) -> None:
    name = make_netns("short")
    ip("link", "add", "dev", "br0", "type", "bridge", netns=name)
    host = LinuxHost()
    facts = host.read()
    space = next(
        fact.namespace.id for fact in facts if isinstance(fact, NamespaceSeen) and name in fact.namespace.names
    )
    links = next(fact.links for fact in facts if isinstance(fact, NamespaceRead) and fact.namespace == space)
    link = next(link for link in links if link.name == "br0")
    ip("netns", "delete", name)
    ip("netns", "add", name)  # another one, under the same name, perhaps with the same inode
    ip("link", "add", "dev", "br0", "index", str(link.id.ifindex), "type", "bridge", netns=name)
    (outcome,) = host.execute([SetLinkUp(Handle(space, "br0", link.id.ifindex), up=True)])
    assert outcome.error == "cannot set br0 up: its namespace is gone, or cannot be entered"
    assert "UP" not in ip("-br", "link", "show", "dev", "br0", netns=name)


def test_a_link_that_dies_midway_ends_the_plan_and_the_rest_can_be_taken_back(place: Place) -> None:
    place.done(AddBridge(A, "br0", MAC), AddVeth(VethEnd(A, "p0"), VethEnd(A, "q0")))
    bridge, cable = place.handle(A, "br0"), place.handle(A, "p0")
    steps = (
        Step(SetLinkMtu(bridge, 1400), (SetLinkMtu(bridge, 1500),)),
        Step(RenameLink(cable, "web0"), (RenameLink(cable, "p0"),)),
        Step(SetLinkUp(cable, up=True), (SetLinkUp(cable, up=False),)),
    )
    plan = Plan(Rename(LinkId(A, cable.ifindex or 0), "web0"), steps)

    def killing(outcome: Outcome) -> None:
        if isinstance(outcome.operation, RenameLink) and outcome.fate is Fate.DONE:
            place.ip(A, "link", "delete", "dev", "web0")

    outcomes = place.do(*plan.operations, told=killing)
    assert fates(outcomes) == ["done", "done", "failed"]
    assert outcomes[2].error == "cannot set p0 up: p0 is not there any more"
    undo = [one.operation for one in taking_back(plan, outcomes)]
    assert fates(place.do(*undo)) == ["failed", "not-tried"]
    from backend.executor import execute

    assert fates(execute(undo, place.open, to_the_end=True)) == ["failed", "done"]
    assert place.link(A, "br0")["mtu"] == 1500


def test_without_the_rights_the_kernel_is_asked_and_its_no_is_said(place: Place) -> None:
    place.done(AddBridge(A, "br0", MAC))
    asking = """
import os, sys
from backend.executor import execute
from model.operations import Handle, SetLinkUp
fd = os.open(sys.argv[1], os.O_RDONLY)
os.setresuid(65534, 65534, 65534)
(outcome,) = execute([SetLinkUp(Handle("a", "br0", int(sys.argv[2])), up=True)], lambda _: os.dup(fd))
sys.stdout.write(f"{outcome.fate.value}: {outcome.error}")
"""
    path, index = f"/run/netns/{place.names[A]}", str(place.index(A, "br0"))
    said = subprocess.run([sys.executable, "-c", asking, path, index], check=True, capture_output=True, text=True)
    assert said.stdout == "failed: cannot set br0 up: not permitted: it needs root (CAP_NET_ADMIN) in that namespace"


def test_an_answer_that_was_lost_is_no_success(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.done(AddBridge(A, "br0", MAC))
    link = place.handle(A, "br0")

    class Deaf(socket.socket):
        def recv(self, *_: object) -> bytes:
            raise OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS))

    def write(self: WritingSocket, request: bytes) -> object:
        self._socket = Deaf(fileno=self._socket.detach())
        return heard(self, request)

    heard = WritingSocket.write
    monkeypatch.setattr(WritingSocket, "write", write)
    (outcome,) = place.do(SetLinkMtu(link, 1400))
    assert outcome.fate is Fate.FAILED
    assert "look whether it was done" in outcome.error


def make_one(netns: str, state: Path, results: "multiprocessing.Queue[str]") -> None:
    place = Place(a=netns)
    journal = Journal(state)
    plan = Plan(Rename(LinkId(A, 1), "x"), (Step(AddBridge(A, "br0", MAC), (DeleteLink(Handle(A, "br0")),)),))
    change = journal.plan(f"by {os.getpid()}", plan)
    (outcome,) = place.do(*plan.operations, told=lambda outcome: journal.step(change, 0, outcome))
    results.put(outcome.fate.value)


def test_of_two_instances_at_once_one_wins_and_both_know(place: Place, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[str] = context.Queue()
    both = [context.Process(target=make_one, args=(place.names[A], tmp_path, results)) for _ in range(2)]
    for one in both:
        one.start()
    said = sorted(results.get(timeout=60) for _ in both)
    for one in both:
        one.join()
    assert said == ["done", "failed"]
    changes = Journal(tmp_path).changes()
    assert sorted(change.outcomes[0].fate.value for change in changes) == ["done", "failed"]
