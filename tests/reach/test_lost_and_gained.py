"""What a plan takes away and gives, in words: however many pairs, few sentences."""

import dataclasses
from collections.abc import Callable

from model.facts import LinkGone, LinkSeen
from model.identity import LinkId
from model.link import Link, Macvlan
from model.lost_and_gained import LostAndGained, lost_and_gained
from tests.reach.blueprint import Blueprint
from tests.reach.test_classes import boxes


def changed(plan: Blueprint, *changes: tuple[str, Callable[[Link], Link | None]]) -> LostAndGained:
    before, after = plan.settled(), plan.settled()
    touched = []
    for name, change in changes:
        link = after.link(plan[name])
        assert link is not None
        touched.append(link.id)
        new = change(link)
        after.apply([LinkGone(link.id) if new is None else LinkSeen(new)])
    return lost_and_gained(before, after, touched)


def unplugged(link: Link) -> Link:
    return dataclasses.replace(link, master=0, master_kind=None, port=None)


def isolated(link: Link) -> Link:
    assert link.port is not None
    return dataclasses.replace(link, port=dataclasses.replace(link.port, isolated=True))


def test_two_that_lose_each_other_are_told_by_name() -> None:
    told = changed(boxes(2), ("pc0", isolated), ("pc1", isolated))
    assert [sentence.replace("space-n2", "box") for sentence in told.lost] == [
        "box/c0 and box/c1 will no longer reach each other"
    ]
    assert told.gained == ()


def test_a_thousand_pairs_are_one_sentence() -> None:
    told = changed(boxes(1000), ("pc7", unplugged))
    (lost,) = told.lost
    assert lost == "space-n2/c7 will no longer reach host/br0, space-n2/c0 and 998 others"
    (gained,) = told.gained
    assert gained == "host/pc7 and space-n2/c7 will reach each other"


def test_a_bridge_that_goes_down_takes_everybody_from_everybody() -> None:
    told = changed(boxes(30), ("br0", lambda link: dataclasses.replace(link, up=False, carrier=False)))
    assert any("will no longer reach each other" in sentence for sentence in told.lost)
    assert len(told.lost) <= 2
    assert told.gained == ()


def test_a_mode_switch_is_told() -> None:
    plan = Blueprint()
    plan.bridge("switch")
    plan.box("host2", "switch")
    plan.cable("nic", "far")
    plan.plug("far", "switch")
    for number in range(3):
        plan.child(f"m{number}", "nic", "bridge")
    told = changed(plan, ("m1", lambda link: dataclasses.replace(link, detail=Macvlan("private"))))
    assert told.lost == ("host/m1 will no longer reach host/m0 and host/m2",)
    assert told.gained == ()


def test_what_is_new_is_gained_and_what_goes_is_lost() -> None:
    plan = boxes(2)
    told = changed(plan, ("c0", lambda _: None))
    assert told.lost == ("space-n2/c0 will no longer reach host/br0 and space-n2/c1",)


def test_a_link_that_moves_keeps_its_partners_and_nothing_is_told() -> None:
    plan = boxes(3)
    before, after = plan.settled(), plan.settled()
    link = after.link(plan["c1"])
    port = after.link(plan["pc1"])
    assert link is not None
    assert port is not None
    there = LinkId(plan["br0"].namespace, 400)
    after.apply([LinkGone(link.id, there)])
    after.apply([LinkSeen(dataclasses.replace(link, id=there)), LinkSeen(dataclasses.replace(port, peer=there))])
    assert lost_and_gained(before, after, [link.id, port.id], {link.id: there}) == LostAndGained((), ())


def test_what_does_not_matter_is_not_told() -> None:
    assert changed(boxes(5), ("pc1", lambda link: dataclasses.replace(link, mtu=1280))) == LostAndGained((), ())
