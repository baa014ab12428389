"""The filter language: the same words find the same things on every screen and on the command line."""

import pytest

from model.filter import BadFilter, parse, passes
from model.topology import Topology
from tests.yamato import yamato


@pytest.fixture(scope="module")
def host() -> Topology:
    topology = Topology()
    topology.apply(yamato())
    return topology


def found(graph: Topology, text: str) -> set[str]:
    terms = parse(text)
    return {graph.address(link.id) or "" for link in graph.links() if passes(graph, terms, link.id)}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("state:down", {"host/veth77ab01c", "shop-cache-1/eth0"}),
        ("state:unknown", {"host/vethZ91kQ"}),
        ("kind:macvlan", {"backup/mv0", "scanner/eth0", "printer/eth0"}),
        ("owner:tinder !kind:loop", {"tinderbox/eth0"}),
        ("ns:lab1 !lo", {"lab1/eth0"}),
        ("mac:a2:7d", {"host/vxlan42"}),
        ("address:10.42.0.2", {"lab1/eth0"}),
        ("/vxlan", {"host/vxlan42"}),
        ("REPL0 owner:db", {"db/repl0"}),
        ("a2:7d:1c", {"host/vxlan42"}),
    ],
)
def test_words_find_links(host: Topology, text: str, shown: set[str]) -> None:
    assert found(host, text) == shown


def test_up_and_down_are_what_the_screens_say(host: Topology) -> None:
    assert not found(host, "state:up") & found(host, "state:down")
    assert len(found(host, "state:up") | found(host, "state:down")) == len(host.links())


def test_a_word_that_must_not_hold_takes_away_what_it_finds(host: Topology) -> None:
    assert found(host, "!veth") == {host.address(link.id) for link in host.links()} - found(host, "veth")


@pytest.mark.parametrize("text", ["colour:red", "state:sideways", "!"])
def test_what_is_no_filter_says_what_would_be_one(text: str) -> None:
    with pytest.raises(BadFilter, match=r"there are|write"):
        parse(text)
