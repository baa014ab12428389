"""The same thing is said in the same words on the map and in the tree; what is not plugged into a bridge says so."""

import pytest

from model.facts import AddressGone, AddressSeen, Fact, LinkSeen, NamespaceSeen, OwnersSeen
from model.identity import LinkId, NamespaceId
from model.link import Address, Link
from model.namespace import Namespace
from tests.ui.stage import on_stage
from tests.yamato import HOME, owner, yamato
from tui.actions import Place

SIZE = (120, 45)
TINDERBOX = LinkId(NamespaceId("n11"), 2)
LINK_LOCAL = Address(6, "fe80::216:3eff:fe5a:1c02", 64, "link")
PATCH = [Place.MAP, Place.TREE]


def veth(link: LinkId, name: str, peer: LinkId) -> Link:
    return Link(link, name, "veth", "02:00:00:00:00:01", 1500, True, True, "up", peer=peer)


def behind_a_wall() -> list[Fact]:
    """A cable to a container whose namespace we may not read."""
    space = NamespaceId("n77")
    return [
        NamespaceSeen(Namespace(space, 4026532977, readable=False, found_by=("process",))),
        OwnersSeen(space, (owner("podman", "vault", 7700),)),
        LinkSeen(veth(LinkId(HOME, 77), "vethVault", LinkId(space, 2))),
    ]


@pytest.mark.parametrize("place", PATCH)
async def test_of_a_hidden_end_it_is_said_whose_it_is(place: Place) -> None:
    async with on_stage([*yamato(), *behind_a_wall()], (120, 60), first=place) as stage:
        row = stage.line_with("vethVault")
        assert "in vault" in row
        assert "unknown" not in row


@pytest.mark.parametrize("place", PATCH)
async def test_a_container_that_is_called_host_is_told_from_the_host(place: Place) -> None:
    space = NamespaceId("n77")
    facts: list[Fact] = [
        NamespaceSeen(Namespace(space, 4026532977, ("host",))),
        LinkSeen(veth(LinkId(HOME, 77), "vethHost", LinkId(space, 2))),
        LinkSeen(veth(LinkId(space, 2), "eth0", LinkId(HOME, 77))),
    ]
    async with on_stage([*yamato(), *facts], (120, 60), first=place) as stage:
        assert "netns:host" in stage.line_with("vethHost")


@pytest.mark.parametrize("place", PATCH)
async def test_a_link_with_a_link_local_address_alone_is_not_said_to_have_none(place: Place) -> None:
    async with on_stage(yamato(), SIZE, first=place) as stage:
        has = stage.app.session.graph.addresses(TINDERBOX)
        await stage.say(*(AddressGone(TINDERBOX, one) for one in has), AddressSeen(TINDERBOX, LINK_LOCAL))
        await stage.shows("link-local only")
        assert "link-local only" in stage.line_with("tinderbox ")
        await stage.say(AddressGone(TINDERBOX, LINK_LOCAL))
        await stage.hides("link-local only")
        assert "no address" in stage.line_with("tinderbox ")


async def test_in_a_bridge_s_rack_a_cable_that_is_on_no_bridge_says_so() -> None:
    """The container stands beside br0, because its first cable does; this one the host routes."""
    box, near = NamespaceId("n11"), LinkId(HOME, 78)
    far = LinkId(box, 9)
    facts = [*yamato(), LinkSeen(veth(near, "vethRt0", far)), LinkSeen(veth(far, "rt0", near))]
    async with on_stage(facts, (160, 45)) as stage:
        assert "vethRt0 routed" in stage.line_with("rt0 ")
        assert "routed" not in stage.line_with("vethK2mQa1")
