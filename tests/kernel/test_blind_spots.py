"""What makes no event is seen all the same, within one rotation; what makes one is seen at once."""

from collections.abc import Callable

import pytest

from model.change import What
from model.link import BridgePort, Link, Macvlan
from tests.kernel.asking import link_in, links_in
from tests.kernel.iproute import ip
from tests.kernel.live import LiveGraph, live_graph

pytestmark = pytest.mark.root

NEVER = 1e9
ROTATION_S = 2.0
WITHIN_A_ROTATION = ROTATION_S + 8
"""Seconds: this machine may be busy."""
AT_ONCE = 10.0

Condition = Callable[[Link], bool]


def sees(graph: LiveGraph, netns: str, name: str, condition: Condition, seconds: float) -> bool:
    """The link with this name comes to fulfil a condition in time."""

    def fulfilled(graph: LiveGraph) -> bool:
        link = links_in(graph.topology, netns).get(name)
        return link is not None and condition(link)

    return graph.wait_for(fulfilled, seconds)


def isolated(link: Link) -> bool:
    return isinstance(link.port, BridgePort) and link.port.isolated


def macvlan_mode(mode: str) -> Condition:
    return lambda link: isinstance(link.detail, Macvlan) and link.detail.mode == mode


SILENT: dict[str, tuple[str, Condition]] = {
    "alias": ("link set dev x alias word", lambda link: link.alias == "word"),
    "altname": ("link property add dev x altname other", lambda link: link.altnames == ("other",)),
    "macvlan mode": ("link set dev x type macvlan mode private", macvlan_mode("private")),
}


@pytest.mark.parametrize("what", SILENT)
def test_a_silent_change_to_a_link_that_is_down_is_seen_within_a_rotation(
    make_netns: Callable[[str], str], what: str
) -> None:
    command, condition = SILENT[what]
    netns = with_macvlan(make_netns)
    with live_graph(rotation_s=ROTATION_S, look_s=NEVER) as graph:
        ip(*command.split(), netns=netns)
        assert sees(graph, netns, "x", condition, WITHIN_A_ROTATION)


def test_bridge_options_and_port_flags_of_what_is_down_are_seen_within_a_rotation(
    make_netns: Callable[[str], str],
) -> None:
    netns = with_port(make_netns)
    with live_graph(rotation_s=ROTATION_S, look_s=NEVER) as graph:
        ip("link", "set", "dev", "p", "type", "bridge_slave", "isolated", "on", netns=netns)
        ip("link", "set", "dev", "br", "type", "bridge", "ageing_time", "1000", netns=netns)
        assert sees(graph, netns, "p", isolated, WITHIN_A_ROTATION)
        assert sees(graph, netns, "br", lambda link: getattr(link.detail, "ageing_s", 0) == 10, WITHIN_A_ROTATION)


def test_what_is_on_screen_does_not_wait_for_the_rotation(make_netns: Callable[[str], str]) -> None:
    netns = with_macvlan(make_netns)
    with live_graph(rotation_s=NEVER, look_s=NEVER) as graph:
        graph.host.watch_closely([link_in(graph.topology, netns, "x").id])
        ip("link", "set", "dev", "x", "type", "macvlan", "mode", "private", netns=netns)
        assert sees(graph, netns, "x", macvlan_mode("private"), AT_ONCE)


LOUD: dict[str, tuple[str, Condition]] = {
    "mac": ("link set dev x address 02:00:00:00:00:77", lambda link: link.mac == "02:00:00:00:00:77"),
    "mtu": ("link set dev x mtu 1280", lambda link: link.mtu == 1280),
    "up": ("link set dev x up", lambda link: link.up),
}


@pytest.mark.parametrize("what", LOUD)
def test_a_change_that_makes_an_event_is_seen_at_once_though_the_link_is_down(
    make_netns: Callable[[str], str], what: str
) -> None:
    command, condition = LOUD[what]
    netns = with_macvlan(make_netns)
    with live_graph(rotation_s=NEVER, look_s=NEVER) as graph:
        ip(*command.split(), netns=netns)
        assert sees(graph, netns, "x", condition, AT_ONCE)


def test_a_new_name_is_one_rename_though_the_link_is_down(make_netns: Callable[[str], str]) -> None:
    netns = with_macvlan(make_netns)
    with live_graph(rotation_s=NEVER, look_s=NEVER) as graph:
        ip("link", "set", "dev", "x", "name", "y", netns=netns)
        assert sees(graph, netns, "y", lambda _: True, AT_ONCE)
        told = [change for change in graph.changes if "y" in (change.before, change.after)]
        assert [(change.what, change.before, change.after) for change in told] == [(What.RENAMED, "x", "y")]


def test_a_port_flag_is_seen_at_once_on_a_port_that_is_up(make_netns: Callable[[str], str]) -> None:
    """The kernel tells it by a message of the bridge family, which says only half of what the link is."""
    netns = with_port(make_netns)
    for name in ("p", "q", "br"):
        ip("link", "set", "dev", name, "up", netns=netns)
    with live_graph(rotation_s=NEVER, look_s=NEVER) as graph:
        before = link_in(graph.topology, netns, "p")
        ip("link", "set", "dev", "p", "type", "bridge_slave", "isolated", "on", netns=netns)
        assert sees(graph, netns, "p", isolated, AT_ONCE)
        after = link_in(graph.topology, netns, "p")
        assert (after.mtu, after.mac, after.kind, after.peer) == (before.mtu, before.mac, before.kind, before.peer)


def test_leaving_a_bridge_is_no_death(make_netns: Callable[[str], str]) -> None:
    """The kernel tells it by an RTM_DELLINK of the bridge family."""
    netns = with_port(make_netns)
    with live_graph(rotation_s=NEVER, look_s=NEVER) as graph:
        ip("link", "set", "dev", "p", "nomaster", netns=netns)
        assert sees(graph, netns, "p", lambda link: link.master == 0 and link.port is None, AT_ONCE)
        here = [change for change in graph.changes if change.address.startswith(f"{netns}/")]
        words = [change.what for change in here if change.what in (What.DETACHED, What.LINK_REMOVED)]
        assert words == [What.DETACHED]


def with_macvlan(make_netns: Callable[[str], str]) -> str:
    """A namespace with a macvlan `x` that is down."""
    netns = make_netns("blind")
    ip("link", "add", "dev", "lower", "type", "ifb", netns=netns)
    ip("link", "add", "link", "lower", "name", "x", "type", "macvlan", "mode", "bridge", netns=netns)
    return netns


def with_port(make_netns: Callable[[str], str]) -> str:
    """A namespace with a bridge `br`, and its port `p`."""
    netns = make_netns("blind")
    ip("link", "add", "dev", "br", "type", "bridge", netns=netns)
    ip("link", "add", "dev", "p", "type", "veth", "peer", "name", "q", netns=netns)
    ip("link", "set", "dev", "p", "master", "br", netns=netns)
    return netns
