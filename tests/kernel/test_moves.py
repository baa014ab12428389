"""A link that goes to another namespace is one move, however it goes, and what is tied to it stays tied."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model.change import Change, What
from model.identity import LinkId
from model.link import Link
from tests.kernel.asking import far_end, link_in, links_in
from tests.kernel.hidden import netns_of_a_process, netns_of_a_socket
from tests.kernel.iproute import ip
from tests.kernel.live import LiveGraph, live_graph

pytestmark = pytest.mark.root

NEVER = 1e9
PATIENCE = 20.0


class Ground:
    """Three namespaces, watched live by events alone: no rotation, no look by the clock."""

    def __init__(self, graph: LiveGraph, names: list[str]) -> None:
        self.graph = graph
        self.here, self.there, self.elsewhere = names
        self._fences = itertools.count(1)

    def settle(self) -> None:
        """Until everything that was done up to now has been told: an address that comes last has arrived."""
        fence = f"10.254.{next(self._fences)}.1/32"
        ip("address", "add", fence, "dev", "lo", netns=self.here)
        assert self.graph.wait_for(lambda graph: any(change.after == fence for change in graph.changes), PATIENCE)

    def told_about(self, *names: str) -> list[What]:
        """What was told of comings, goings and moves of links that had these names, before or after."""
        words = (What.MOVED, What.LINK_ADDED, What.LINK_REMOVED)
        return [change.what for change in self.graph.changes if change.what in words and names_in(change) & set(names)]

    def move_of(self, name: str) -> Change:
        """The one move of a link that had this name."""
        (move,) = (change for change in self.graph.changes if change.what is What.MOVED and name in names_in(change))
        return move


def names_in(change: Change) -> set[str]:
    return {end.name for end in (change.before, change.after) if isinstance(end, Link)}


@pytest.fixture
def ground(make_netns: Callable[[str], str]) -> Iterator[Ground]:
    names = [make_netns(word) for word in ("here", "there", "elsewhere")]
    with live_graph(rotation_s=NEVER, look_s=NEVER) as graph:
        ground = Ground(graph, names)
        yield ground


def forget(ground: Ground) -> None:
    """What happened up to now was only to prepare."""
    ground.settle()
    ground.graph.changes.clear()


def test_an_end_of_a_cable_moves_and_the_other_end_follows_it(ground: Ground) -> None:
    ip(
        "link",
        "add",
        "dev",
        "near",
        "type",
        "veth",
        "peer",
        "name",
        "far",
        "netns",
        ground.elsewhere,
        netns=ground.here,
    )
    forget(ground)
    ip("link", "set", "dev", "near", "netns", ground.there, netns=ground.here)
    ground.settle()
    topology = ground.graph.topology
    moved = link_in(topology, ground.there, "near")
    assert ground.told_about("near", "far") == [What.MOVED]
    assert ground.move_of("near").subject == moved.id
    assert far_end(topology, link_in(topology, ground.elsewhere, "far").id) == moved
    assert far_end(topology, moved.id).name == "far"
    assert "near" not in links_in(topology, ground.here)


def test_a_macvlan_moves_and_keeps_its_parent(ground: Ground) -> None:
    ip("link", "add", "dev", "lower", "type", "ifb", netns=ground.here)
    ip("link", "add", "link", "lower", "name", "child", "type", "macvlan", "mode", "private", netns=ground.here)
    forget(ground)
    ip("link", "set", "dev", "child", "netns", ground.there, netns=ground.here)
    ground.settle()
    topology = ground.graph.topology
    assert ground.told_about("child", "lower") == [What.MOVED]
    parent = topology.ends(link_in(topology, ground.there, "child").id).parent
    assert parent == link_in(topology, ground.here, "lower").id


def test_a_parent_moves_and_its_children_stay_and_still_know_it(ground: Ground) -> None:
    ip("link", "add", "dev", "lower", "type", "ifb", netns=ground.here)
    for child in ("one", "two"):
        ip("link", "add", "link", "lower", "name", child, "type", "macvlan", "mode", "bridge", netns=ground.here)
    forget(ground)
    ip("link", "set", "dev", "lower", "netns", ground.there, netns=ground.here)
    ground.settle()
    topology = ground.graph.topology
    assert ground.told_about("lower", "one", "two") == [What.MOVED]
    lower = link_in(topology, ground.there, "lower").id
    for child in ("one", "two"):
        assert topology.ends(link_in(topology, ground.here, child).id).parent == lower


def test_a_plain_device_moves(ground: Ground) -> None:
    ip("link", "add", "dev", "nic", "type", "ifb", netns=ground.here)
    forget(ground)
    ip("link", "set", "dev", "nic", "netns", ground.there, netns=ground.here)
    ground.settle()
    assert ground.told_about("nic") == [What.MOVED]
    assert "nic" in links_in(ground.graph.topology, ground.there)


def test_a_move_to_where_its_name_and_its_number_are_taken_is_still_one_move(ground: Ground) -> None:
    ip("link", "add", "dev", "nic", "type", "ifb", netns=ground.there)
    ip("link", "add", "dev", "nic", "type", "ifb", netns=ground.here)
    forget(ground)
    ip("link", "set", "dev", "nic", "netns", ground.there, "name", "renamed", netns=ground.here)
    ground.settle()
    topology = ground.graph.topology
    assert ground.told_about("nic", "renamed") == [What.MOVED]
    before, after = ground.move_of("nic").before, ground.move_of("nic").after
    assert isinstance(before, Link)
    assert isinstance(after, Link)
    assert (before.name, after.name) == ("nic", "renamed")
    assert before.id.ifindex != after.id.ifindex
    assert {"nic", "renamed"} <= links_in(topology, ground.there).keys()


def test_a_link_that_moves_back_has_moved_twice(ground: Ground) -> None:
    ip(
        "link",
        "add",
        "dev",
        "near",
        "type",
        "veth",
        "peer",
        "name",
        "far",
        "netns",
        ground.elsewhere,
        netns=ground.here,
    )
    forget(ground)
    ip("link", "set", "dev", "near", "netns", ground.there, netns=ground.here)
    ground.settle()
    ip("link", "set", "dev", "near", "netns", ground.here, netns=ground.there)
    ground.settle()
    topology = ground.graph.topology
    assert ground.told_about("near", "far") == [What.MOVED, What.MOVED]
    assert (
        far_end(topology, link_in(topology, ground.elsewhere, "far").id).id == link_in(topology, ground.here, "near").id
    )


def test_a_move_into_a_namespace_that_nobody_has_seen_is_a_move(ground: Ground) -> None:
    ip("link", "add", "dev", "nic", "type", "ifb", netns=ground.here)
    forget(ground)
    with netns_of_a_process() as path:
        ip("link", "set", "dev", "nic", "netns", path, netns=ground.here)
        ground.settle()
        assert ground.told_about("nic") == [What.MOVED]
        topology = ground.graph.topology
        after = ground.move_of("nic").subject
        assert isinstance(after, LinkId)
        namespace = topology.namespace(after.namespace)
        assert namespace is not None
        assert namespace.inode == Path(path).stat().st_ino


def test_an_end_of_a_cable_that_goes_where_nothing_leads_but_the_cable_is_followed(ground: Ground) -> None:
    ip(
        "link",
        "add",
        "dev",
        "near",
        "type",
        "veth",
        "peer",
        "name",
        "far",
        "netns",
        ground.elsewhere,
        netns=ground.here,
    )
    forget(ground)

    def move_there(path: str) -> None:
        ip("link", "set", "dev", "near", "netns", path, netns=ground.here)

    with netns_of_a_socket(move_there):
        ground.settle()
        topology = ground.graph.topology
        moved = far_end(topology, link_in(topology, ground.elsewhere, "far").id)
        hidden = topology.namespace(moved.id.namespace)
        assert moved.name == "near"
        assert hidden is not None
        assert hidden.found_by == ("peer",)
        assert ground.told_about("near", "far") == [What.MOVED]


def test_many_moves_at_once_are_told_once_each(ground: Ground) -> None:
    count = 50
    for number in range(count):
        ip("link", "add", "dev", f"c{number}", "type", "veth", "peer", "name", f"d{number}", netns=ground.here)
    forget(ground)
    lines = [f"link set dev c{number} netns {ground.there}" for number in range(count)]
    ip("-batch", "-", netns=ground.here, stdin="\n".join(lines) + "\n")
    ground.settle()
    names = [f"c{number}" for number in range(count)]
    assert ground.told_about(*names) == [What.MOVED] * count
    topology = ground.graph.topology
    for number in range(count):
        end = link_in(topology, ground.here, f"d{number}")
        assert far_end(topology, end.id).id == link_in(topology, ground.there, f"c{number}").id
