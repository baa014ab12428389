"""Names and MACs that pins give: the same each time, fit for the kernel, and different for different cables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.ethernet import is_local, is_multicast
from model.guard import device_name_problem
from model.names import link_name_problem
from model.pinned_names import Whereabouts, derived_mac, pinned, pinned_name
from model.policy import Pin
from tests.hostile import TEXTS

words = st.text(max_size=20) | st.sampled_from(TEXTS)
places = st.builds(Whereabouts, words, words, words, words, words)
templates = st.sampled_from(["{owner}-{link}", "{owner}", "{netns}.{link}", "ve-{owner}-{link}-{runtime}"])


@pytest.mark.parametrize(
    ("template", "where", "name"),
    [
        ("{owner}-{link}", Whereabouts("web", "eth0"), "web-eth0"),
        ("{owner}", Whereabouts("fifteen-bytes-x"), "fifteen-bytes-x"),
        ("tinderbox0", Whereabouts("anything"), "tinderbox0"),
    ],
)
def test_what_fits_is_taken_as_it_is(template: str, where: Whereabouts, name: str) -> None:
    assert pinned_name(template, where) == name


def test_what_does_not_fit_is_shortened_with_a_digest_that_stays_the_same() -> None:
    one = pinned_name("{owner}-{link}", Whereabouts("shop-frontend-1", "eth0"))
    other = pinned_name("{owner}-{link}", Whereabouts("shop-frontend-2", "eth0"))
    assert one.startswith("shop-fron-")
    assert one != other
    assert one == "shop-fron-" + one[-5:] == pinned_name("{owner}-{link}", Whereabouts("shop-frontend-1", "eth0"))


def test_what_a_runtime_makes_up_at_each_start_changes_nothing() -> None:
    first, second = (
        Whereabouts("shop-frontend-1", "eth0", "podman", f"netns-{number}", f"podman{number}") for number in (1, 2)
    )
    assert pinned_name("{owner}-{link}", first) == pinned_name("{owner}-{link}", second)
    assert derived_mac(first, "seed") == derived_mac(second, "seed")
    assert derived_mac(Whereabouts(netns="one"), "seed") != derived_mac(Whereabouts(netns="two"), "seed")


@given(templates, places)
def test_a_pinned_name_is_one_that_the_kernel_takes_and_a_guard_can_name(template: str, where: Whereabouts) -> None:
    name = pinned_name(template, where)
    assert link_name_problem(name) is None
    assert device_name_problem(name) is None
    assert name.isascii()
    assert not name.startswith("-")
    assert pinned_name(template, where) == name


@given(places, places)
def test_different_cables_get_different_names_unless_the_template_says_the_same_of_both(
    one: Whereabouts, other: Whereabouts
) -> None:
    template = "{owner}-{link}"
    full = [f"{where.owner}-{where.link}" for where in (one, other)]
    if full[0] != full[1]:
        assert pinned_name(template, one) != pinned_name(template, other)


@given(places, st.text())
def test_a_derived_mac_is_a_locally_administered_unicast_address(where: Whereabouts, seed: str) -> None:
    mac = derived_mac(where, seed)
    assert is_local(mac)
    assert not is_multicast(mac)
    assert derived_mac(where, seed) == mac


def test_two_hosts_derive_different_macs_and_one_host_always_the_same() -> None:
    where = Whereabouts("tinderbox", "eth0", "lxc")
    assert derived_mac(where, "one host") != derived_mac(where, "another")
    assert derived_mac(where, "one host") == "fe:" + derived_mac(where, "one host")[3:]


def test_the_link_local_address_is_known_before_the_container_is() -> None:
    found = pinned(Pin("tinderbox0", "02:00:00:00:00:07"), Whereabouts(), "seed")
    assert found.link_local == "fe80::ff:fe00:7"
