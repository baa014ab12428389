"""Hosts that are large, broken or empty, and windows that change their size meanwhile: on every screen."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from model.facts import Fact, LinkSeen, NamespaceRead, NamespaceSeen, OwnersSeen
from model.identity import LinkId, NamespaceId
from model.link import Bridge, Link
from model.namespace import Namespace, Owner
from tests.bench.large_host import large_host
from tests.ui.stage import Stage, on_stage
from tests.ui.test_hostile import is_sound
from tests.ui.test_map import crowd
from tests.yamato import HOME, yamato, yamato_day
from tui.actions import Place, action_by_id

WIDE = "漢" * 30
"""Sixty cells."""


def all_down() -> Iterator[Fact]:
    """yamato, and nobody has switched anything on."""
    for fact in yamato():
        if isinstance(fact, NamespaceRead):
            links = (replace(link, up=False, carrier=False, operstate="down") for link in fact.links)
            yield NamespaceRead(fact.namespace, tuple(links), fact.addresses)
        elif isinstance(fact, LinkSeen):
            yield LinkSeen(replace(fact.link, up=False, carrier=False, operstate="down"))
        else:
            yield fact


def wide_names() -> Iterator[Fact]:
    """A cable whose altname, alias, namespace and owner are sixty cells wide."""
    space = NamespaceId("n2")
    near, far = LinkId(HOME, 10), LinkId(space, 2)
    ends = [
        Link(link, name, "veth", "02:00:00:00:00:01", up=True, carrier=True, peer=peer, alias=WIDE, altnames=(WIDE,))
        for link, name, peer in ((near, "w" * 15, far), (far, "漢字漢字漢", near))
    ]
    bridge = Link(LinkId(HOME, 3), "b" * 15, "bridge", up=True, altnames=(WIDE,), detail=Bridge())
    yield NamespaceSeen(Namespace(HOME, 1, home=True))
    yield NamespaceRead(HOME, (bridge, replace(ends[0], master=3)), ())
    yield NamespaceSeen(Namespace(space, 2, (WIDE,)))
    yield NamespaceRead(space, (ends[1],), ())
    yield OwnersSeen(space, (Owner("docker", WIDE, WIDE, 7),))


def no_ports() -> list[Fact]:
    """A rail to which nothing is plugged in."""
    bridge = Link(LinkId(HOME, 3), "br0", "bridge", up=True, detail=Bridge())
    return [NamespaceSeen(Namespace(HOME, 1, home=True)), NamespaceRead(HOME, (bridge,), ())]


async def walk(stage: Stage) -> None:
    """Through every screen, and on each of them a little around."""
    for place in Place:
        await stage.press(action_by_id(place.value).keys[0])
        for key in ("end", "home", "down", "pagedown", "right", "left", "up"):
            await stage.press(key)
            is_sound(stage)


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
@pytest.mark.parametrize("host", [all_down, wide_names, no_ports, list])
async def test_a_strange_host_is_walked_through(host: object, size: tuple[int, int]) -> None:
    facts = list(host())  # type: ignore[operator] # each of them is a function
    async with on_stage(facts or [NamespaceSeen(Namespace(HOME, 1, home=True))], size, first=Place.MAP) as stage:
        await walk(stage)


async def test_what_is_down_is_said_of_every_link() -> None:
    async with on_stage(all_down(), (120, 45), first=Place.MAP) as stage:
        assert "○ DOWN tinderbox" in stage.line_with("tinderbox")
        assert " ● " not in "".join(stage.lines[2:])
        await stage.press("3")
        assert not any(line.startswith("   ●") for line in stage.lines)


async def test_a_bridge_with_1023_ports() -> None:
    async with on_stage(crowd(1023), (120, 36), first=Place.MAP) as stage:
        await stage.shows("1,023 ports")
        await stage.press("down", "space", "end")
        assert "worker-1022" in stage.text
        is_sound(stage)
        await walk(stage)


async def test_2500_namespaces() -> None:
    async with on_stage(large_host(2500), (160, 45), first=Place.MAP) as stage:
        assert "2,501 namespaces" in stage.text
        await walk(stage)
        await stage.press("1", "Z", "end")
        is_sound(stage)
        await stage.press("slash")
        await stage.type("box-2499")
        await stage.shows("2 found")


@pytest.mark.parametrize("place", list(Place))
async def test_a_storm_of_sizes_and_changes(place: Place) -> None:
    async with on_stage(yamato(), (120, 45), first=Place.MAP) as stage:
        await stage.press("down", action_by_id(place.value).keys[0])
        sizes = [(20, 5), (120, 45), (59, 14), (29, 5), (160, 45), (1, 1), (80, 24)]
        for turn, batch in enumerate(yamato_day() * 2):
            stage.host.say(*batch)
            await stage.pilot.resize_terminal(*sizes[turn % len(sizes)])
        await stage.resize(120, 45)
        await stage.until(lambda: not stage.app.session.has_mail, "all facts are taken in")
        is_sound(stage)
        assert "too small" not in stage.text
        assert stage.app.frame is not None
        assert stage.app.frame.PLACE is place
