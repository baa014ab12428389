"""What is said again changes nothing, and is told from what does."""

from dataclasses import replace

import pytest

from model.facts import Fact, LinkGone, LinkSeen, NamespaceRead, Resynced, Visibility
from model.known import is_known
from model.link import Address
from model.topology import Topology
from tests.yamato import yamato


@pytest.fixture
def graph() -> Topology:
    graph = Topology()
    graph.apply(yamato())
    return graph


def readings(graph: Topology) -> list[NamespaceRead]:
    """Every namespace, read again."""
    return [
        NamespaceRead(
            space.id,
            tuple(graph.links(space.id)),
            tuple((link.id.ifindex, held) for link in graph.links(space.id) for held in graph.addresses(link.id)),
        )
        for space in graph.namespaces()
    ]


def test_what_is_read_again_and_is_the_same_is_known_and_changes_nothing(graph: Topology) -> None:
    again: list[Fact] = [*readings(graph), *map(LinkSeen, graph.links()), graph.visibility]
    assert all(is_known(graph, fact) for fact in again)
    assert not graph.apply(again)


def test_what_is_another_is_not_known(graph: Topology) -> None:
    read = next(read for read in readings(graph) if len(read.links) > 1 and read.addresses)
    link = read.links[0]
    others: list[Fact] = [
        LinkSeen(replace(link, mtu=9000)),
        LinkGone(link.id),
        replace(read, links=read.links[1:]),
        replace(read, links=(replace(link, alias="new"), *read.links[1:])),
        replace(read, addresses=(*(read.addresses or ()), (link.id.ifindex, Address(4, "203.0.113.99", 32)))),
        replace(read, addresses=()),
        Visibility(complete=False),
        Resynced("a burst", 1.0),
    ]
    assert not [fact for fact in others if is_known(graph, fact)]
