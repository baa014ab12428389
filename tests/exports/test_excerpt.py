"""A part of the graph: what is around a thing, by hops, and never an end that is cut off in the middle."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.excerpt import around, excerpt
from model.identity import UNKNOWN, LinkId, NamespaceId
from model.topology import Topology
from tests.yamato import HOME, yamato

SAMPLE = Topology()
SAMPLE.apply(yamato())
WEB = NamespaceId("n13")
LINKS = sorted(link.id for link in SAMPLE.links())


def names(part: Topology) -> set[str]:
    return {part.address(link.id) or "" for link in part.links()}


def test_no_hop_is_the_thing_itself() -> None:
    assert names(around(SAMPLE, WEB, 0)) == set()
    assert [space.id for space in around(SAMPLE, WEB, 0).namespaces()] == [WEB]
    assert names(around(SAMPLE, LinkId(HOME, 4), 0)) == {"host/docker0"}


def test_one_hop_is_what_it_is_plugged_into() -> None:
    assert names(around(SAMPLE, WEB, 1)) == {
        *("web/eth0", "web/eth1", "web/repl0", "db/repl0", "db/eth0"),
        *("host/vethQ7c1dX", "host/veth3f0a1bc", "host/br0", "host/vethK2mQa1", "host/br-7f2c9a1b0d3e"),
    }


def test_two_hops_are_the_neighbours_and_the_outside() -> None:
    seen = names(around(SAMPLE, WEB, 2))
    assert {"tinderbox/eth0", "shop-web-1/eth0", "host/eth0", "host/vnet0", "db/eth0"} <= seen
    assert not {"host/br-lab", "scanner/eth0"} & seen


def test_from_a_host_end_the_centre_is_whoever_is_at_the_other_end() -> None:
    assert around(SAMPLE, LinkId(HOME, 23), 1).same_as(around(SAMPLE, WEB, 1))


def test_far_enough_is_everything_that_hangs_together() -> None:
    assert len(around(SAMPLE, WEB, 50).namespaces()) == 12


def test_a_thing_that_is_not_there_has_nothing_around_it() -> None:
    for gone in (NamespaceId("n999"), LinkId(HOME, 999)):
        with pytest.raises(LookupError):
            around(SAMPLE, gone, 1)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LINKS), st.integers(0, 4))
def test_no_known_end_becomes_unknown_and_more_hops_never_show_less(centre: LinkId, hops: int) -> None:
    part = around(SAMPLE, centre, hops)
    for link in part.links():
        known = SAMPLE.ends(link.id)
        assert UNKNOWN not in part.ends(link.id) or UNKNOWN in known
    assert names(part) <= names(around(SAMPLE, centre, hops + 1))


def test_an_excerpt_of_everything_is_everything() -> None:
    whole = excerpt(SAMPLE, LINKS, [space.id for space in SAMPLE.namespaces()])
    assert whole.same_as(SAMPLE)
