"""`jackfield path` and `reach` as they are typed: exit codes and keys are contracts."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from model.conditions import Filters, Hook, HookKind, Stage
from model.facts import AddressSeen, Fact, LinkSeen, NamespaceRead, NamespaceSeen, OwnersSeen
from model.guard import Guard
from model.identity import LinkId
from model.link import BridgePort
from model.probed import Probed
from model.verdict import Because, Flow, Reachable
from tests.commands.sample import Said, raised, sample_host
from tests.model.made import BOX, HOME, WEB, cable, container, ipv4, namespace

Say = Callable[..., Said]

ALL, NOTHING = Flow(broadcast=True, multicast=True, unicast=True), Flow(broadcast=False, multicast=False, unicast=False)
FREE = {space: Filters() for space in (HOME, BOX, WEB)}
DOCKERS = Hook(HookKind.NFT, Stage.BRIDGED_IP, "ip filter FORWARD", chain="forward")


def host(*, isolated: bool = False) -> list[Fact]:
    """tinderbox, and beside it db on the same bridge."""
    facts: list[Fact] = [fact for fact in sample_host() if not is_about_web(fact)]
    host_end, inside = (raised(link) for link in cable(WEB, 10, "vethdb"))
    facts += [NamespaceSeen(namespace(WEB)), NamespaceRead(WEB, (inside,), ((2, ipv4("192.168.1.51")),))]
    facts += [OwnersSeen(WEB, (container("db", 99),)), LinkSeen(host_end)]
    for link, far in ((7, BOX), (10, WEB)):
        port = raised(cable(far, link, "veth8pUZr" if far == BOX else "vethdb")[0])
        facts.append(LinkSeen(replace(port, port=BridgePort(isolated=isolated))))
    return facts


def is_about_web(fact: Fact) -> bool:
    return WEB in (getattr(getattr(fact, "namespace", None), "id", None), getattr(fact, "namespace", None))


def test_a_path_that_is_free_is_yes_hop_by_hop_and_exit_0(say: Say) -> None:
    said = say("path", "tinderbox/eth0", "db/eth0", "--json", facts=host(), filters=FREE)
    (answer,) = said.lines
    assert said.status == 0
    assert (answer["schema"], answer["kind"]) == ("jackfield/1", "path")
    assert (answer["from"], answer["to"]) == ("tinderbox/eth0", "db/eth0")
    assert (answer["reachable"], answer["because"], answer["blocked_at"]) == ("yes", "connected", None)
    assert answer["hops"] == ["tinderbox/eth0", "host/veth8pUZr", "host/br0", "host/vethdb", "db/eth0"]
    assert answer["text"] == "tinderbox/eth0 and db/eth0 can talk"
    assert answer["layer3"] == "IP: both are in 192.168.1.0/24"
    assert "probe" not in answer


def test_isolated_ports_are_no_with_the_place_and_exit_1(say: Say) -> None:
    said = say("path", "tinderbox", "db", "--json", facts=host(isolated=True), filters=FREE)
    (answer,) = said.lines
    assert said.status == 1
    assert (answer["reachable"], answer["because"]) == ("no", "isolated-ports")
    assert answer["blocked_at"] == "host/vethdb"
    assert answer["text"] == "tinderbox/eth0 and db/eth0 cannot talk: both ports of host/br0 are isolated"


def test_a_filter_on_the_way_is_named_and_exit_6(say: Say) -> None:
    said = say("path", "tinderbox", "db", "--json", facts=host(), filters={**FREE, HOME: Filters((DOCKERS,))})
    (answer,) = said.lines
    assert said.status == 6
    assert (answer["reachable"], answer["because"], answer["blocked_at"]) == ("unknown", "filter", "host/br0")
    assert answer["wired"] == "yes"
    assert "nft ip filter FORWARD" in answer["text"]


def test_filters_that_were_not_read_are_no_yes(say: Say) -> None:
    said = say("path", "tinderbox", "db", "--json", facts=host())
    assert said.status == 6
    assert said.lines[0]["because"] == "filter-unread"


def test_people_are_told_the_hops_one_a_line_and_where_it_stops(say: Say) -> None:
    said = say("path", "tinderbox", "db", facts=host(isolated=True), filters=FREE)
    assert said.out.splitlines() == [
        "tinderbox/eth0 and db/eth0 cannot talk: both ports of host/br0 are isolated",
        "  tinderbox/eth0",
        "  host/veth8pUZr",
        "  host/br0",
        "  host/vethdb   blocked here",
        "to allow: jackfield port host/vethdb isolated=off",
    ]


def test_a_port_stands_for_its_other_end(say: Say) -> None:
    said = say("path", "veth8pUZr", "db", "--json", facts=host(), filters=FREE)
    assert said.lines[0]["from"] == "tinderbox/eth0"
    assert "host/veth8pUZr is a port and has no stack of its own" in said.err


@pytest.mark.parametrize("name", ["nobody\x1b[31m", "lo"])
def test_what_nobody_can_talk_from_is_exit_3(say: Say, name: str) -> None:
    said = say("path", name, "db", facts=host(), filters=FREE)
    assert (said.status, said.out) == (3, "")
    assert "\x1b" not in said.err


@pytest.mark.parametrize(
    ("probed", "isolated", "status", "model"),
    [
        (Probed(ALL, ALL), False, 0, "agrees"),
        (Probed(ALL, NOTHING), False, 6, "disagrees"),
        (Probed(NOTHING, NOTHING), True, 1, "agrees"),
        (Probed(ALL, ALL), True, 6, "disagrees"),
    ],
)
def test_a_probe_that_disagrees_is_exit_6(say: Say, probed: Probed, isolated: bool, status: int, model: str) -> None:
    said = say(
        "path", "tinderbox", "db", "--probe", "--json", facts=host(isolated=isolated), filters=FREE, probed=probed
    )
    assert said.status == status
    assert said.lines[0]["probe"]["model"] == model
    words = say("path", "tinderbox", "db", "--probe", facts=host(isolated=isolated), filters=FREE, probed=probed)
    assert ("NOT as was said" in words.out) == (model == "disagrees")


def test_a_guard_of_ours_is_a_yes_and_the_probe_that_it_drops_no_disagreement(say: Say) -> None:
    inside = cable(BOX, 7, "veth8pUZr")[1]
    assert inside.mac is not None
    guard = Guard(("veth8pUZr",), inside.mac, ("192.168.1.50",))
    filters = {**FREE, HOME: Filters(guards={LinkId(HOME, 7): guard})}
    none = Probed(there=NOTHING, back=NOTHING)
    said = say("path", "tinderbox", "db", "--probe", "--json", facts=host(), filters=filters, probed=none)
    assert said.status == 0
    assert (said.lines[0]["reachable"], said.lines[0]["guards"]) == ("yes", ["host/veth8pUZr"])
    assert said.lines[0]["probe"]["model"] == "silent"
    words = say("path", "tinderbox", "db", "--probe", facts=host(), filters=filters, probed=none)
    assert "a guard drops these frames" in words.out


def test_a_probe_that_cannot_be_made_is_exit_4(say: Say) -> None:
    said = say("path", "tinderbox", "db", "--probe", facts=host(), filters=FREE)
    assert said.status == 4
    assert "cannot probe" in said.err


def test_routed_traffic_is_told_where_it_is_certain(say: Say) -> None:
    """Without routes that were read nothing is claimed."""
    facts = [*host(isolated=True), AddressSeen(LinkId(HOME, 3), ipv4("192.168.1.1"))]
    said = say("path", "tinderbox", "db", "--json", facts=facts, filters=FREE)
    assert said.lines[0]["layer3"] is None


def test_reach_tells_classes_and_what_is_between_them(say: Say) -> None:
    said = say("reach", "--json", facts=host(isolated=True), filters=FREE)
    (answer,) = said.lines
    assert said.status == 0
    assert (answer["schema"], answer["kind"]) == ("jackfield/1", "reach")
    by_member = {member: number for number, one in enumerate(answer["classes"]) for member in one["members"]}
    boxes, bridge = by_member["tinderbox/eth0"], by_member["host/br0"]
    assert by_member["db/eth0"] == boxes
    assert answer["classes"][boxes]["within"] == "no"
    between = {(one["from"], one["to"]): one for one in answer["between"]}
    assert between[min(boxes, bridge), max(boxes, bridge)]["reachable"] == "yes"
    assert "matrix" not in answer
    assert all(one["reachable"] in set(Reachable) and one["because"] in set(Because) for one in answer["between"])


def test_reach_full_tells_every_pair(say: Say) -> None:
    said = say("reach", "--json", "--full", "--around", "db", facts=host(isolated=True), filters=FREE)
    matrix = said.lines[0]["matrix"]
    assert matrix["tinderbox/eth0"]["db/eth0"] == "no"
    assert matrix["db/eth0"]["host/br0"] == "yes"
    lines = say("reach", "--full", "--around", "db", facts=host(isolated=True), filters=FREE).out.splitlines()
    assert "yes     host/br0  db/eth0" in lines


def test_reach_around_nobody_is_exit_3(say: Say) -> None:
    assert say("reach", "--around", "nobody", facts=host(), filters=FREE).status == 3


def test_reach_says_how_many_namespaces_were_not_read(say: Say) -> None:
    said = say("reach", "--json", facts=host())
    assert said.lines[0]["complete"] is False
    assert "namespaces could not be read" in said.err


def test_the_comparison_needs_no_host(say: Say) -> None:
    said = say("reach", "--explain", "--json")
    rows = {row["wiring"]: row for row in said.lines[0]["rows"]}
    assert rows["macvlan bridge"]["host"] == "no"
    assert rows["veth on a bridge"]["host"] == "yes"
    assert "macvlan vepa" in say("reach", "--explain").out
