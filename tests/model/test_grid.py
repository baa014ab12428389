"""The map's columns: what the design promises at each width, and what gives way first."""

import pytest

from model.grid import NARROWEST, Grid, grid


def columns(width: int, lanes: int = 0) -> Grid:
    made = grid(width, lanes)
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("width", "rail", "jack", "name", "link", "address"),
    [(80, 13, 33, 42, 55, 61), (85, 13, 33, 42, 55, 62), (120, 27, 51, 60, 83, 92)],
)
def test_the_columns_of_the_design(width: int, rail: int, jack: int, name: int, link: int, address: int) -> None:
    made = columns(width)
    assert (made.rail, made.jack, made.name, made.link, made.address) == (rail, jack, name, link, address)


def test_things_give_way_in_the_order_of_the_design() -> None:
    order = ["lanes", "speed", "prefix_length", "names", "by", "meter", "outside", "address"]
    missing: list[str] = []
    for width in range(200, NARROWEST - 1, -1):
        made = columns(width)
        gone = {
            "lanes": made.lanes == 0,
            "speed": made.speed is None,
            "prefix_length": not made.prefix_length,
            "names": made.other_end_width < 15,
            "by": made.by is None,
            "meter": made.meter is None,
            "outside": made.outside is None,
            "address": made.address is None,
        }
        missing += [what for what in order if gone[what] and what not in missing]
        assert all(gone[what] for what in missing)
    assert missing == order


@pytest.mark.parametrize("width", range(NARROWEST, 240))
@pytest.mark.parametrize("lanes", [0, 3, 9])
def test_columns_never_overlap_and_end_before_the_margin(width: int, lanes: int) -> None:
    made = columns(width, lanes)
    ends = [made.rail, made.chip, made.other_end, made.other_end + made.other_end_width, made.policy]
    ends += [made.jack, made.mark, made.dot, made.state, made.name, made.name + made.name_width, made.link]
    ends += [made.link + made.link_width]
    if made.address is not None:
        assert made.address_width >= 15
        ends += [made.address, made.address + made.address_width]
    if made.by is not None:
        ends += [made.by - 5, made.by]
    assert ends == sorted(ends)
    assert ends[-1] <= width - 1
    drawn = [made.lane(slot) for slot in range(made.lanes)]
    assert all(column is not None and made.lanes_from < column < made.rail for column in drawn)


def test_a_first_lane_moves_nothing_on_a_wide_screen() -> None:
    assert columns(120, 0) == columns(120, 1) == columns(120, 2)
    assert columns(160, 9).lanes == 4


def test_below_sixty_columns_there_is_no_map() -> None:
    assert grid(59) is None
