"""A link that moves while namespaces are read has moved: it did not die in one and come to life in another."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from backend.rtnetlink import Message
from model.change import Change, What
from model.link import Link
from tests.kernel.iproute import ip
from tests.kernel.live import differences, true_picture
from tests.kernel.meddling import Watcher, watcher

pytestmark = pytest.mark.root

KINDS = {"a cable": ["veth", "peer", "name", "far"], "a device": ["ifb"]}


@dataclass
class Ground:
    """Three namespaces that were read, and a link `near` in the first."""

    watching: Watcher
    is_cable: bool
    here: str
    there: str
    elsewhere: str

    def move(self, start: str, end: str) -> None:
        ip("link", "set", "dev", "near", "netns", end, netns=start)

    def read_all(self, how: str) -> None:
        """A round of the slow reconcile, or everything anew because events were lost behind those that were heard."""
        if how == "round":
            self.watching.reconcile()
        else:
            self.watching.wire.overrun = 1
            self.watching.hear()
            assert self.watching.resyncs == 1

    def comings_and_goings(self) -> list[tuple[What, str]]:
        """What was told of links in these namespaces: the observer hears the whole machine."""
        ours = {space.id for space in self.watching.topology.namespaces() if {*space.names} & {*self.names}}
        words = (What.MOVED, What.LINK_ADDED, What.LINK_REMOVED)
        told = [(change.what, link_of(change)) for change in self.watching.changes if change.what in words]
        return [(what, link.name) for what, link in told if link.id.namespace in ours]

    @property
    def names(self) -> list[str]:
        return [self.here, self.there, self.elsewhere]

    def untrue(self) -> list[str]:
        return differences(self.watching.picture(*self.names), true_picture(self.names))


def link_of(change: Change) -> Link:
    link = change.before or change.after
    assert isinstance(link, Link)
    return link


@pytest.fixture(params=KINDS)
def ground(request: pytest.FixtureRequest, make_netns: Callable[[str], str]) -> Iterator[Ground]:
    names = [make_netns(word) for word in ("here", "there", "elsewhere")]
    ip("link", "add", "dev", "near", "type", *KINDS[request.param], netns=names[0])
    with watcher() as watching:
        watching.read()
        watching.changes.clear()
        yield Ground(watching, request.param == "a cable", *names)


def first_time(nsid: int, work: Callable[[], None]) -> Callable[..., None]:
    """At the first dump of this namespace, do something."""
    done: list[int] = []

    def at(dumped: int, _: list[Message] | None = None) -> None:
        if dumped == nsid and not done:
            done.append(nsid)
            work()

    return at


@pytest.mark.parametrize(
    ("how", "moment"),
    [
        ("round", "before_dump"),
        ("round", "after_dump"),
        ("resync", "before_dump"),
        ("resync", "after_dump"),
        ("resync", "before_addresses"),
    ],
)
@pytest.mark.parametrize("place", ["here", "there"])
def test_a_move_beside_any_dump_is_one_change(ground: Ground, place: str, moment: str, how: str) -> None:
    nsid = ground.watching.nsid_of(getattr(ground, place))
    setattr(ground.watching.wire, moment, first_time(nsid, lambda: ground.move(ground.here, ground.there)))
    ground.read_all(how)
    assert ground.comings_and_goings() == [(What.MOVED, "near")]
    assert ground.untrue() == []


@pytest.mark.parametrize("how", ["round", "resync"])
@pytest.mark.parametrize("place", ["here", "there", "elsewhere"])
def test_a_link_that_goes_on_at_once_was_never_gone(ground: Ground, place: str, how: str) -> None:
    def go_on() -> None:
        ground.move(ground.here, ground.there)
        ground.move(ground.there, ground.elsewhere)

    nsid = ground.watching.nsid_of(getattr(ground, place))
    ground.watching.wire.before_dump = first_time(nsid, go_on)
    ground.read_all(how)
    told = ground.comings_and_goings()
    assert set(told) == {(What.MOVED, "near")}
    assert ground.untrue() == []


def test_a_move_that_was_heard_before_others_were_lost_is_one_change(ground: Ground) -> None:
    ground.move(ground.here, ground.there)
    ground.read_all("resync")
    assert ground.comings_and_goings() == [(What.MOVED, "near")]
    assert ground.untrue() == []


def test_a_move_that_was_lost_is_told_of_a_cable_which_proves_it_and_of_nothing_else(ground: Ground) -> None:
    """A cable keeps its ends for life. A device that is gone here and one that is new there may be two."""
    ground.move(ground.here, ground.there)
    ground.watching.wire.lose = 1
    ground.watching.hear()
    told = [what for what, _ in ground.comings_and_goings()]
    assert told == ([What.MOVED] if ground.is_cable else [What.LINK_REMOVED, What.LINK_ADDED])
    assert ground.untrue() == []


def test_a_link_on_its_way_when_everything_is_read_arrives(ground: Ground) -> None:
    ground.move(ground.here, ground.there)
    ground.watching.hear()
    ground.move(ground.there, ground.elsewhere)
    ground.read_all("resync")
    assert ground.comings_and_goings() == [(What.MOVED, "near")] * 2
    assert ground.untrue() == []
