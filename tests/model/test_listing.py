"""The rows of the table: the order a person expects, and the same rows whether they were kept or made anew."""

import random
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.facts import LinkSeen
from model.filter import parse
from model.identity import LinkId, NamespaceId
from model.link import Address, Link
from model.link_columns import NARROWEST, link_columns
from model.link_rows import FIXED, UNSORTED, Column, Look, Order, far_end, link_row, rows_touched
from model.listing import Listing
from model.natural import address_order, natural
from model.segments import Letters
from model.tally import Counts, Tally
from model.topology import Topology
from tests.model.test_topology_follows import SEEDS, do_something, in_batches
from tests.model.world import World
from tests.yamato import yamato

SORTED = [column for column in Column if column not in UNSORTED]


@pytest.fixture
def host() -> Topology:
    topology = Topology()
    topology.apply(yamato())
    return topology


def names(topology: Topology, listing: Listing) -> list[str]:
    rows = [link_row(topology, link) for place in range(len(listing)) if (link := topology.link(listing[place]))]
    return [f"{row.owner}/{row.name}" for row in rows]


def test_numbers_in_names_count_by_their_value() -> None:
    assert sorted(["veth10", "Veth9", "veth9", "eth0", "veth9a", ""], key=natural) == [
        "", "eth0", "Veth9", "veth9", "veth9a", "veth10",
    ]  # fmt: skip


def test_names_in_every_script_have_an_order() -> None:
    hostile = ["\udcff\udcfe", "漢字", "٣", "²", "br[/x]", "\x1b[31m", "9" * 400]
    ordered = sorted(hostile, key=natural)
    hostile.reverse()
    assert sorted(hostile, key=natural) == ordered


def test_addresses_count_by_their_value_and_none_comes_last() -> None:
    texts = ["10.0.0.10", "fe80::1", "10.0.0.9", "2001:db8::10", "2001:db8::9", "9.1.1.1"]
    held = [(Address(6 if ":" in text else 4, text, 24, "link" if text[0] == "f" else "global"),) for text in texts]
    ordered = sorted([(), *held], key=address_order)
    assert [addresses[0].text if addresses else "" for addresses in ordered][:5] == [
        "9.1.1.1", "10.0.0.9", "10.0.0.10", "2001:db8::9", "2001:db8::10",
    ]  # fmt: skip


def test_every_link_has_a_row_but_those_that_every_namespace_has(host: Topology) -> None:
    listing = Listing(host, Letters())
    shown = names(host, listing)
    assert len(shown) == sum(link.kind != "loopback" for link in host.links())
    listing.show(Order(), idle=True)
    assert len(listing) == len(host.links())
    listing.show(Order(), parse("kind:loop owner:web"))
    assert names(host, listing) == ["shop-web-1/lo", "web/lo"]


def test_rows_stand_by_name_and_the_other_way_round(host: Topology) -> None:
    listing = Listing(host, Letters())
    shown = names(host, listing)
    assert shown[:3] == ["backup/eth1", "backup/mv0", "db/eth0"]
    assert shown.index("host/veth9a0b1c2") < shown.index("host/veth77ab01c")
    listing.show(Order(Column.LINK, descending=True))
    assert names(host, listing) == shown[::-1]


def test_what_is_down_comes_first_by_state(host: Topology) -> None:
    listing = Listing(host, Letters())
    listing.show(Order(Column.STATE))
    assert names(host, listing)[:3] == ["host/veth77ab01c", "shop-cache-1/eth0", "host/vethZ91kQ"]


def test_a_filter_leaves_the_order(host: Topology) -> None:
    listing = Listing(host, Letters())
    listing.show(Order(Column.ADDRESS), parse("owner:docker !cache"))
    assert names(host, listing)[:2] == ["shop-web-1/eth0", "shop-api-1/eth0"]


def test_each_row_is_found_where_it_stands(host: Topology) -> None:
    listing = Listing(host, Letters())
    for column in SORTED:
        for descending in (False, True):
            listing.show(Order(column, descending))
            assert [listing.place(listing[place]) for place in range(len(listing))] == list(range(len(listing)))
    assert listing.place(LinkId(NamespaceId("n11"), 1)) is None


@settings(max_examples=200, deadline=None)
@given(SEEDS, st.integers(1, 50))
def test_counts_that_are_kept_are_those_made_anew(seed: int, deeds: int) -> None:
    chance = random.Random(seed)
    world, topology = World(), Topology()
    for _ in range(deeds):
        do_something(world, chance)
    kept = Tally(topology)
    assert kept.counts == Counts()
    for batch in in_batches(world.said, chance):
        kept.touch(rows_touched(topology, topology.apply(batch)))
        assert kept.counts == Tally(topology).counts


def test_a_cable_with_both_ends_down_counts_once(host: Topology) -> None:
    before = Tally(host).counts
    up = next(link for link in host.links() if link.kind == "veth" and link.up and isinstance(host.peer(link.id), Link))
    far = host.peer(up.id)
    assert isinstance(far, Link)
    for link in (up, far):
        host.apply([LinkSeen(replace(link, up=False, carrier=False, operstate="down"))])
    assert Tally(host).counts == before._replace(down=before.down + 1)


@settings(max_examples=200, deadline=None)
@given(SEEDS, st.integers(1, 50), st.sampled_from(SORTED), st.booleans(), st.sampled_from(["", "eth", "state:up !br"]))
def test_rows_that_are_kept_are_those_made_anew(
    seed: int, deeds: int, column: Column, descending: bool, text: str
) -> None:
    chance = random.Random(seed)
    world, topology, letters = World(), Topology(), Letters()
    for _ in range(deeds):
        do_something(world, chance)
    kept = Listing(topology, letters)
    kept.show(Order(column, descending), parse(text))
    for batch in in_batches(world.said, chance):
        kept.touch(rows_touched(topology, topology.apply(batch)))
        fresh = Listing(topology, letters)
        fresh.show(Order(column, descending), parse(text))
        assert kept.links() == fresh.links()


@settings(max_examples=200, deadline=None)
@given(st.integers(NARROWEST, 300), st.sets(st.sampled_from(list(Column))))
def test_columns_never_overlap_and_never_leave_the_row(width: int, wanted: set[Column]) -> None:
    spans = link_columns(width, FIXED | wanted)
    assert {span.column for span in spans} <= wanted | FIXED
    assert {span.column for span in spans} >= FIXED
    for one, other in pairwise(spans):
        assert one.start + one.width < other.start
    assert spans[-1].start + spans[-1].width < width


@pytest.mark.parametrize(
    ("width", "heads"),
    [
        (80, "STATE LINK KIND ADDRESS OTHER END ON"),
        (110, "STATE LINK KIND ADDRESS OTHER END ON MAC MTU"),
        (120, "STATE LINK KIND ADDRESS OTHER END ON MAC MTU"),
        (150, "STATE LINK KIND ADDRESS OTHER END ON MAC MTU RX TX BY"),
    ],
)
def test_a_wide_table_says_more(width: int, heads: str) -> None:
    assert " ".join(span.column.value for span in link_columns(width, frozenset(Column))) == heads


def test_hidden_columns_make_room_for_others() -> None:
    shown = {span.column for span in link_columns(80, frozenset(Column) - {Column.ADDRESS, Column.OTHER_END})}
    assert Column.MAC in shown


def test_sorting_goes_through_the_columns_that_are_shown_and_begins_again() -> None:
    shown = (Column.STATE, Column.LINK, Column.RX)
    look = Look()
    assert look.next_order(shown) == Order(Column.STATE)
    assert Look(Order(Column.STATE)).next_order(shown) == Order(Column.LINK)
    assert look.by(Column.LINK) == Order(Column.LINK, descending=True)
    assert look.by(Column.MTU) == Order(Column.MTU)


def test_a_tap_says_which_vm_holds_it(host: Topology) -> None:
    tap = host.links_named("vnet0")[0]
    row = link_row(host, tap)
    assert (row.kind, row.far.text, row.by, row.address) == ("tap", "win11", "kvm", "unknown")


def test_the_other_end_is_a_name_that_can_be_looked_for(host: Topology) -> None:
    link = host.links_named("repl0")[0]
    assert far_end(host, link).text == "web/repl0"
