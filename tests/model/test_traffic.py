"""Rates for the eye: steps, sparklines, words, and through whose eyes they are told."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.facts import LinkSeen
from model.identity import NamespaceId
from model.rates import Counters, Rate, Rates
from model.topology import Topology
from model.traffic import STEPS, below_peak, over_time, shown_bits
from model.viewpoint import Viewpoint, rate_inside, viewpoint
from tests.model.made import BOX, HOME, link_id, topology_of, veth
from tests.yamato import yamato

BITS = st.floats(0, 1e13, allow_nan=False)


@given(BITS, BITS)
def test_more_bits_are_never_drawn_lower(some: float, others: float) -> None:
    less, more = sorted((some, others))
    assert 0 <= below_peak(less, more) <= below_peak(more, more) <= STEPS


@given(BITS)
def test_only_silence_is_drawn_as_silence(bits: float) -> None:
    assert (below_peak(bits, 1e9) == 0) == (bits == 0)


def test_the_peak_fills_the_height_but_a_whisper_does_not() -> None:
    assert below_peak(2.3e6, 2.3e6) == STEPS
    assert below_peak(100, 100) < STEPS / 2 + 1


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        (0, "0 b/s"),
        (740, "740 b/s"),
        (999.6, "1.0 kb/s"),
        (2_300_000, "2.3 Mb/s"),
        (96_000, "96 kb/s"),
        (9_960_000, "10 Mb/s"),
        (10e9, "10 Gb/s"),
        (999_600_000_000, "1.0 Tb/s"),
    ],
)
def test_a_rate_is_said_in_few_digits(bits: float, text: str) -> None:
    assert shown_bits(bits) == text


@given(BITS)
def test_no_rate_takes_more_than_eight_cells(bits: float) -> None:
    assert len(shown_bits(bits)) <= 8 or bits >= 1e15


def every_second(bits: list[float], start: int = 100) -> list[Rate]:
    return [Rate(rx_bits=one, tx_bits=2 * one, at_s=start + place + 0.5) for place, one in enumerate(bits)]


def test_a_minute_in_twelve_cells_shows_the_most_of_every_five_seconds() -> None:
    rates = every_second([1.0] * 59 + [50.0])
    cells = over_time(rates, 12)
    assert cells[-1] == (50.0, 100.0)
    assert cells[0] == (1.0, 2.0)


def test_what_was_not_read_is_no_silence() -> None:
    assert over_time(every_second([0.0]), 3) == ((None, None), (None, None), (0.0, 0.0))
    assert over_time([], 2) == ((None, None), (None, None))


def test_a_cell_stays_the_same_stretch_of_time_until_all_move_on() -> None:
    rates = every_second([float(place) for place in range(30)], start=100)
    before, after = over_time(rates[:-1], 12), over_time(rates, 12)
    assert before[:-1] == after[:-1]
    moved = over_time([*rates, Rate(at_s=130.5)], 12)
    assert moved[:-1] == after[1:]


def test_a_reading_that_came_late_leaves_no_hole() -> None:
    late = [Rate(rx_bits=1, at_s=100.5), Rate(rx_bits=7, at_s=103.5)]
    assert [received for received, _ in over_time(late, 60)[-4:]] == [1, 7, 7, 7]


def test_a_counter_that_went_back_begins_anew() -> None:
    rates, link = Rates(), link_id(BOX, 2)
    for at, count in enumerate((1000, 2000, 10)):
        rates.record({link: Counters(float(at), rx_bytes=count)})
    assert rates.rate(link) is None


# In and out


@pytest.fixture(scope="module")
def host() -> Topology:
    graph = Topology()
    graph.apply(yamato())
    return graph


def seen(host: Topology, name: str, space: NamespaceId = HOME) -> Viewpoint:
    return viewpoint(host, host.links_named(name, space)[0])


def test_both_ends_of_a_cable_are_told_from_the_inside(host: Topology) -> None:
    assert seen(host, "eth0", NamespaceId("n11")) == Viewpoint("tinderbox")
    assert seen(host, "veth8pUZr") == Viewpoint("tinderbox", is_mirrored=True)


def test_a_tap_is_told_from_its_vm(host: Topology) -> None:
    assert seen(host, "vnet0") == Viewpoint("win11", is_mirrored=True)


def test_bridges_nics_and_cables_to_nowhere_are_told_from_the_host(host: Topology) -> None:
    for name in ("br0", "eth0", "vethZ91kQ", "vxlan42"):
        assert seen(host, name) == Viewpoint("the host")


def test_a_macvlan_is_told_from_whoever_has_it(host: Topology) -> None:
    (child,) = host.links_named("mv0")
    assert viewpoint(host, child) == Viewpoint("backup")


def test_each_end_of_a_direct_cable_is_told_from_one_of_them(host: Topology) -> None:
    ends = [viewpoint(host, link) for link in host.links_named("repl0")]
    assert {end.name for end in ends} == {"web"} or {end.name for end in ends} == {"db"}
    assert sorted(end.is_mirrored for end in ends) == [False, True]


def test_two_ends_in_one_namespace_are_told_by_the_link_itself() -> None:
    graph = topology_of()
    one, other = link_id(HOME, 5), link_id(HOME, 6)
    graph.apply([LinkSeen(veth(HOME, 5, "left", other)), LinkSeen(veth(HOME, 6, "right", one, master=3))])
    right = graph.link(other)
    assert right is not None
    assert viewpoint(graph, right) == Viewpoint("left", is_mirrored=True)


def test_the_rate_of_a_host_end_is_turned_round(host: Topology) -> None:
    rates = Rates()
    end = host.links_named("veth8pUZr", HOME)[0]
    for at in (0, 1):
        rates.record({end.id: Counters(float(at), rx_bytes=at * 125, tx_bytes=at * 1250, tx_errors=at)})
    rate = rate_inside(host, rates, end)
    assert rate is not None
    assert (rate.rx_bits, rate.tx_bits, rate.errors) == (10_000, 1_000, 1)
    assert rate.mirrored() == rates.rate(end.id)
    assert dataclasses.replace(rate).mirrored().mirrored() == rate
    assert rate_inside(host, rates, host.links_named("docker0", HOME)[0]) is None
