"""What is left of a storm leads to where the whole storm leads, and no barrier is crossed."""

import struct
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from backend.coalesce import Coalescer, Event
from backend.rtnetlink import (
    AF_BRIDGE,
    RTM_DELADDR,
    RTM_DELLINK,
    RTM_DELNSID,
    RTM_NEWADDR,
    RTM_NEWLINK,
    RTM_NEWNSID,
    LinkMessage,
    decode_address,
    decode_nsid,
    messages,
)
from tests.netlink.messages import address_body, datagram, link_body, nsid_body, raw

BARRIERS = (RTM_DELLINK, RTM_NEWNSID, RTM_DELNSID)
Heard = tuple[int | None, bytes]

nsids = st.one_of(st.none(), st.integers(0, 2))
ifindexes = st.integers(1, 3)
links = st.builds(
    lambda ifindex, mtu, family: datagram(RTM_NEWLINK, link_body(ifindex, mtu=mtu, family=family)),
    ifindexes,
    st.integers(1280, 1284),
    st.sampled_from((0, AF_BRIDGE)),
)
deaths = st.builds(
    lambda ifindex, family: datagram(RTM_DELLINK, link_body(ifindex, family=family)),
    ifindexes,
    st.sampled_from((0, AF_BRIDGE)),
)
addresses = st.builds(
    lambda kind, ifindex, last: datagram(kind, address_body(ifindex, bytes((10, 0, 0, last)))),
    st.sampled_from((RTM_NEWADDR, RTM_DELADDR)),
    ifindexes,
    st.integers(1, 3),
)
ids = st.builds(
    lambda kind, nsid: datagram(kind, nsid_body(nsid)), st.sampled_from((RTM_NEWNSID, RTM_DELNSID)), st.integers(0, 2)
)
heard = st.tuples(nsids, st.one_of(links, links, addresses, addresses, deaths, ids))
storms = st.lists(heard, max_size=60)


class State(NamedTuple):
    """What a follower of events knows in the end."""

    links: dict[tuple[int | None, int, int], int]
    addresses: set[tuple[int | None, int, str]]
    namespaces: set[int]


def follow(events: list[Event]) -> State:
    """Take each event in, one after the other."""
    state = State({}, set(), set())
    for nsid, message in events:
        if message.type in (RTM_NEWLINK, RTM_DELLINK):
            link = LinkMessage(message)
            if message.type == RTM_NEWLINK:
                state.links[nsid, link.family, link.ifindex] = struct.unpack_from(
                    "=I", message.buffer, message.end - 4
                )[0]
            else:
                state.links.pop((nsid, link.family, link.ifindex), None)
                gone = {key for key in state.addresses if key[:2] == (nsid, link.ifindex)}
                state.addresses.difference_update(gone)
        elif message.type in (RTM_NEWADDR, RTM_DELADDR):
            decoded = decode_address(message)
            assert decoded is not None
            change = state.addresses.add if message.type == RTM_NEWADDR else state.addresses.discard
            change((nsid, decoded[0], decoded[1].text))
        else:
            change_ids = state.namespaces.add if message.type == RTM_NEWNSID else state.namespaces.discard
            change_ids(decode_nsid(message).nsid)
    return state


def every_one(storm: list[Heard]) -> list[Event]:
    return [Event(nsid, message) for nsid, buffer in storm for message in messages(buffer)]


def coalesced(storm: list[Heard]) -> list[Event]:
    coalescer = Coalescer()
    for nsid, buffer in storm:
        coalescer.add(nsid, buffer)
    return coalescer.take()


@given(storms)
def test_what_is_left_leads_to_where_everything_leads(storm: list[Heard]) -> None:
    assert follow(coalesced(storm)) == follow(every_one(storm))


@given(storms, st.integers(0, 60))
def test_it_does_not_matter_when_it_is_taken(storm: list[Heard], cut: int) -> None:
    assert follow(coalesced(storm[:cut]) + coalesced(storm[cut:])) == follow(every_one(storm))


@given(storms)
def test_every_barrier_is_kept_in_order(storm: list[Heard]) -> None:
    def barriers(events: list[Event]) -> list[tuple[int | None, bytes]]:
        return [raw(event) for event in events if event.message.type in BARRIERS]

    assert barriers(coalesced(storm)) == barriers(every_one(storm))


@given(storms)
def test_nothing_crosses_a_barrier(storm: list[Heard]) -> None:
    """Between two barriers are only events that were between them, and no two about the same thing."""
    kept, whole = between_barriers(coalesced(storm)), between_barriers(every_one(storm))
    assert len(kept) == len(whole)
    for few, many in zip(kept, whole, strict=True):
        assert set(few) <= set(many)
        assert len(set(few)) == len(few)


def between_barriers(events: list[Event]) -> list[list[tuple[int | None, bytes]]]:
    parts: list[list[tuple[int | None, bytes]]] = [[]]
    for event in events:
        if event.message.type in BARRIERS:
            parts.append([])
        else:
            parts[-1].append(raw(event))
    return parts


def test_a_storm_about_one_link_is_one_event() -> None:
    storm: list[Heard] = [(1, datagram(RTM_NEWLINK, link_body(7, mtu=1280 + number))) for number in range(1000)]
    coalescer = Coalescer()
    for nsid, buffer in storm:
        coalescer.add(nsid, buffer)
    assert coalescer.taken == 1000
    assert [raw(event) for event in coalescer.take()] == [storm[-1]]
    assert not coalescer.waiting


def test_five_addresses_of_a_link_are_five_events() -> None:
    storm: list[Heard] = [(1, datagram(RTM_NEWADDR, address_body(7, bytes((10, 0, 0, last))))) for last in range(5)]
    assert len(coalesced(storm)) == 5


def test_the_same_link_number_elsewhere_is_another_link() -> None:
    storm: list[Heard] = [(nsid, datagram(RTM_NEWLINK, link_body(7))) for nsid in (None, 0, 1)]
    assert len(coalesced(storm)) == 3


def test_it_knows_which_ids_died_before_they_are_taken() -> None:
    coalescer = Coalescer()
    coalescer.add(None, datagram(RTM_DELNSID, nsid_body(4)))
    coalescer.add(3, datagram(RTM_DELNSID, nsid_body(5)))  # in somebody else's table
    assert coalescer.dead() == {4}


def test_what_is_too_short_to_have_a_key_is_kept() -> None:
    assert len(coalesced([(1, datagram(RTM_NEWLINK, b"\0\0")), (1, datagram(RTM_NEWLINK, b"\0\0"))])) == 2
