"""What goes wrong at the worst moment costs nothing but a little time."""

import time
from collections.abc import Callable

import pytest

from backend.netlink_sockets import DumpInterrupted
from backend.rtnetlink import Message
from tests.kernel.asking import links_in, named
from tests.kernel.iproute import ip
from tests.kernel.live import differences, true_picture
from tests.kernel.meddling import Watcher, holds, watcher

pytestmark = pytest.mark.root

PATIENCE = 10.0


def cabled(make_netns: Callable[[str], str]) -> tuple[str, str]:
    """Two namespaces, and a cable `left`-`victim` between them."""
    left, right = make_netns("left"), make_netns("right")
    ip("link", "add", "dev", "left", "type", "veth", "peer", "name", "victim", "netns", right, netns=left)
    return left, right


def kill(watcher: Watcher, netns: str, nsid: int) -> None:
    """Delete a namespace, and wait until it is dead."""
    ip("netns", "delete", netns)
    end = time.monotonic() + PATIENCE
    while nsid in watcher.wire.assigned():
        assert time.monotonic() < end, "it does not die"
        time.sleep(0.005)


def once(work: Callable[[int], None], name: str) -> Callable[[int, list[Message]], None]:
    """After the dump that shows a link with this name, do something once."""
    done: list[int] = []

    def after(nsid: int, dumped: list[Message]) -> None:
        if not done and holds(dumped, name):
            done.append(nsid)
            work(nsid)

    return after


def untrue(watcher: Watcher, *netns: str) -> list[str]:
    """What is not as `ip` says. A dead namespace's cables vanish in the kernel's own time: that is waited for."""
    end = time.monotonic() + PATIENCE
    while True:
        found = differences(watcher.picture(*netns), true_picture(netns))
        if not found or time.monotonic() > end:
            return found
        time.sleep(0.005)
        watcher.hear()


def test_a_namespace_that_dies_after_its_dump_is_gone_with_all_it_held(make_netns: Callable[[str], str]) -> None:
    left, right = cabled(make_netns)
    with watcher() as watching:
        watching.wire.after_dump = once(lambda nsid: kill(watching, right, nsid), "victim")
        watching.read()
        assert not links_in(watching.topology, right)
        assert untrue(watching, left) == []
        assert links_in(watching.topology, left).keys() == {"lo"}


def test_a_namespace_that_dies_before_its_dump_is_not_an_empty_one(make_netns: Callable[[str], str]) -> None:
    left, right = cabled(make_netns)
    with watcher() as watching:
        watching.read()
        nsid = watching.nsid_of(right)
        killed: list[int] = []

        def kill_it_first(dumped: int) -> None:
            if dumped == nsid and not killed:
                killed.append(nsid)
                kill(watching, right, nsid)

        watching.wire.before_dump = kill_it_first
        watching.reconcile()
        assert killed
        assert watching.empty_readings() == []
        assert not links_in(watching.topology, right)
        assert untrue(watching, left) == []


def test_an_interrupted_dump_is_asked_for_again(make_netns: Callable[[str], str]) -> None:
    left, right = cabled(make_netns)
    with watcher() as watching:
        interrupted: dict[int, int] = {}

        def interrupt(nsid: int) -> None:
            interrupted[nsid] = interrupted.get(nsid, 0) + 1
            if interrupted[nsid] <= 3:
                raise DumpInterrupted([])

        watching.wire.before_dump = interrupt
        watching.read()
        assert set(interrupted.values()) == {4}
        assert untrue(watching, left, right) == []


@pytest.mark.parametrize("what", ["links", "addresses"])
def test_what_could_not_be_read_at_first_is_read_later_and_was_never_empty(
    make_netns: Callable[[str], str], what: str
) -> None:
    """A namespace that changes faster than it can be dumped, for a while."""
    left, right = cabled(make_netns)
    ip("address", "add", "10.1.1.1/32", "dev", "victim", netns=right)
    with watcher() as watching:

        def refuse(_: int) -> None:
            raise DumpInterrupted([])

        def allow(_: int) -> None: ...

        if what == "links":
            watching.wire.before_dump = refuse
        else:
            watching.wire.before_addresses = refuse
        watching.read()
        assert watching.empty_readings() == []
        watching.wire.before_dump = watching.wire.before_addresses = allow
        watching.reconcile()
        assert untrue(watching, left, right) == []


def test_events_lost_in_the_middle_of_a_resync_are_made_up_for_by_another(make_netns: Callable[[str], str]) -> None:
    left, right = cabled(make_netns)
    with watcher() as watching:
        watching.read()
        changes = iter(range(1280, 1290))

        def change(_nsid: int, dumped: list[Message]) -> None:
            mtu = next(changes, None) if holds(dumped, "victim") else None
            if mtu is not None and mtu < 1284:
                ip("link", "set", "dev", "victim", "mtu", str(mtu), netns=right)
                ip("address", "add", f"10.1.1.{mtu - 1279}/32", "dev", "left", netns=left)
                watching.wire.lose = 2

        watching.wire.after_dump = change
        watching.wire.lose = 1
        watching.hear()
        assert watching.resyncs >= 4
        assert untrue(watching, left, right) == []


def test_a_namespace_that_died_and_one_that_was_born_among_lost_events_are_told(
    make_netns: Callable[[str], str],
) -> None:
    left, right = cabled(make_netns)
    with watcher() as watching:
        watching.read()
        before = named(watching.topology, right).id
        kill(watching, right, watching.nsid_of(right))
        ip("netns", "add", right)
        ip("link", "add", "dev", "left", "type", "veth", "peer", "name", "victim", "netns", right, netns=left)
        watching.wire.lose = 3
        watching.hear()
        assert named(watching.topology, right).id != before
        assert watching.topology.namespace(before) is None
        assert untrue(watching, left, right) == []


@pytest.mark.parametrize("heard", [True, False], ids=["its death is heard", "its death is lost"])
def test_an_id_that_stands_for_another_namespace_between_dump_and_publication(
    make_netns: Callable[[str], str], heard: bool
) -> None:
    """The links that were dumped are nobody's any more, and the addresses that follow are somebody else's."""
    left, right = cabled(make_netns)
    other = make_netns("other")
    with watcher() as watching:

        def give_away(nsid: int) -> None:
            kill(watching, right, nsid)
            ip("netns", "delete", other)
            ip("netns", "add", other)
            ip("link", "add", "dev", "stranger", "type", "ifb", netns=other)
            ip("address", "add", "10.2.2.2/32", "dev", "stranger", netns=other)
            assert watching.nsid_of(other) == nsid, "the kernel gave another id: the test proves nothing"
            watching.wire.lose = 0 if heard else 1

        watching.wire.after_dump = once(give_away, "victim")
        watching.read()
        assert not links_in(watching.topology, right)
        assert untrue(watching, left, other) == []
        assert links_in(watching.topology, other).keys() == {"lo", "stranger"}


def test_a_link_that_was_read_by_itself_is_compared_again(make_netns: Callable[[str], str]) -> None:
    """On a link that is DOWN: it was one thing in a round, another when it was on screen, and is the first again."""
    netns = make_netns("blind")
    ip("link", "add", "dev", "lower", "type", "ifb", netns=netns)
    ip("link", "add", "link", "lower", "name", "x", "type", "macvlan", "mode", "bridge", netns=netns)
    with watcher() as watching:
        watching.read()
        watching.reconcile()
        ip("link", "set", "dev", "x", "type", "macvlan", "mode", "private", netns=netns)
        facts, _ = watching.observer.reread([links_in(watching.topology, netns)["x"].id])
        watching.take(facts)
        assert watching.picture(netns) == true_picture([netns])
        ip("link", "set", "dev", "x", "type", "macvlan", "mode", "bridge", netns=netns)
        watching.reconcile()
        assert untrue(watching, netns) == []


def test_a_link_that_moves_between_two_dumps_is_in_one_place(make_netns: Callable[[str], str]) -> None:
    left, right = cabled(make_netns)
    with watcher() as watching:

        def move(_: int) -> None:
            ip("link", "set", "dev", "left", "netns", right, netns=left)

        watching.wire.after_dump = once(move, "left")
        watching.read()
        assert untrue(watching, left, right) == []
