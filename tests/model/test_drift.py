"""What policies wish: for whom, when, under which name; and what takes a policy away from nobody."""

import time
from dataclasses import replace

import pytest

from model.drift import drift, promises
from model.facts import AddressSeen, Fact, HolderSeen, LinkGone, LinkSeen, NamespaceRead, NamespaceSeen, OwnersSeen
from model.guard import Guard, Seal
from model.identity import UNKNOWN, LinkId
from model.link import Address, BridgePort, Link, Tun
from model.namespace import Holder, Owner
from model.pinned_names import Whereabouts, derived_mac, pinned_name
from model.policy import DERIVED, GuardRule, Pin, Policies, Policy, SealRule, Selector, fits
from model.topology import Topology
from model.wishes import Drift, Standing
from tests.model.made import BOX, HOME, WEB, cable, container, ipv4, link_id, macvlan, namespace, small_host, veth

BRIDGE_MAC, BRIDGE_LL = "02:00:00:00:00:03", "fe80::ff:fe00:3"
INSIDE_MAC = "02:00:00:00:02:02"
HOST_END = link_id(HOME, 7)
TINDERBOX = Selector(runtime="lxc", owner="tinderbox")


def host(*more: Fact, owner: Owner | None = None, operstate: str = "up") -> Topology:
    """A host on which tinderbox's eth0 hangs on br0 by veth8pUZr."""
    near, far = cable()
    bridge = Link(link_id(HOME, 3), "br0", "bridge", mac=BRIDGE_MAC, up=True)
    graph = Topology()
    graph.apply(
        [
            *small_host(),
            LinkSeen(bridge),
            LinkSeen(replace(near, operstate=operstate, port=BridgePort(), master_kind="bridge")),
            LinkSeen(replace(far, operstate=operstate)),
            OwnersSeen(BOX, (owner or container("tinderbox"),)),
            *more,
        ]
    )
    return graph


def held_against(
    graph: Topology, *policies: Policy, before: Drift | None = None, loaded: tuple[Guard, ...] = ()
) -> Drift:
    return drift(policies, graph, "seed", None if before is None else before.held, loaded)


def codes(found: Drift) -> list[str]:
    return [note.code for note in found.notes]


PIN = Policy("pin", TINDERBOX, Pin("{owner}-{link}", DERIVED))
GUARD = Policy("guard", TINDERBOX, guard=GuardRule(ipv4=("192.168.1.50",)))
SEAL = Policy("seal", TINDERBOX, seal=SealRule("br0", (873, 3128)))
NAME, MAC = "tinderbox-eth0", derived_mac(Whereabouts("tinderbox", "eth0", "lxc"), "seed")


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("web", "web", True),
        ("web", "web2", False),
        ("web-*", "web-1", True),
        ("*", "", True),
        ("*b*d", "abcd", True),
        ("a*a", "a", False),
        ("a*bc*bc", "abc", False),
        ("[a-z]", "b", False),
        ("we?", "web", False),
    ],
)
def test_a_star_stands_for_any_text_and_nothing_else_is_special(pattern: str, text: str, expected: bool) -> None:
    assert fits(pattern, text) is expected


# Whom a policy is for


@pytest.mark.parametrize(
    "selector",
    [
        TINDERBOX,
        Selector(owner="tinder*"),
        Selector(image="debian*", owner="tinderbox"),
        Selector(labels=(("project", "shop"),)),
        Selector(bridge="br0"),
        Selector(owner="tinderbox", link="eth0", bridge="br*"),
    ],
)
def test_a_selector_finds_its_cable(selector: Selector) -> None:
    owner = replace(container("tinderbox"), image="debian:13", labels=(("project", "shop"),))
    assert held_against(host(owner=owner), Policy("p", selector, guard=GuardRule())).guards


@pytest.mark.parametrize(
    "selector",
    [
        Selector(owner="tinder"),
        Selector(runtime="docker", owner="tinderbox"),
        Selector(owner="tinderbox", link="eth1"),
        Selector(owner="tinderbox", bridge="br1"),
        Selector(owner="tinderbox", image="debian"),
        Selector(labels=(("project", "shop"),)),
        Selector(netns="web"),
    ],
)
def test_a_selector_of_which_one_word_does_not_hold_finds_nothing(selector: Selector) -> None:
    found = held_against(host(), Policy("p", selector, guard=GuardRule()))
    assert not found.guards
    assert codes(found) == ["no-match"]


def test_a_namespace_is_found_by_its_name() -> None:
    near, far = veth(HOME, 8, "vweb", link_id(WEB, 2)), veth(WEB, 2, "eth0", link_id(HOME, 8))
    found = held_against(host(LinkSeen(near), LinkSeen(far)), Policy("p", Selector(netns="web"), guard=GuardRule()))
    assert [wish.link for wish in found.guards] == [near.id]


@pytest.mark.parametrize(
    ("owner", "code"),
    [
        (replace(container("tinderbox"), proved=False), "no-supervisor"),
        (replace(container("tinderbox"), user="mallory"), "no-supervisor"),
        (replace(container("tinderbox"), host_network=True), "no-match"),
        (Owner("process", "tinderbox", "4242", 4242), "no-match"),
    ],
    ids=["a forged supervisor", "a rootless container", "the host's network", "a process"],
)
def test_who_only_claims_to_be_meant_gets_nothing_and_the_operator_is_told(owner: Owner, code: str) -> None:
    policy = Policy("p", Selector(owner="tinderbox"), PIN.pin, GuardRule())
    found = held_against(host(owner=owner), policy)
    assert not found.pins
    assert not found.guards
    assert codes(found) == [code]


def test_a_forged_owner_beside_the_proved_one_takes_nothing_away() -> None:
    both = OwnersSeen(BOX, (replace(container("mallory"), proved=False), container("tinderbox")))
    found = held_against(host(both), GUARD)
    assert len(found.guards) == 1


# What a container does to its own end


def meddled(*facts: Fact) -> Drift:
    """What is left of a guard for tinderbox's eth0 after this."""
    graph, policy = host(), replace(GUARD, match=replace(TINDERBOX, link="eth0"))
    before = held_against(graph, policy)
    graph.apply(list(facts))
    after = held_against(graph, policy, before=before)
    assert before.rules
    assert after.rules == before.rules
    return after


def test_an_end_that_is_renamed_inside_keeps_its_guard_and_its_pinned_name() -> None:
    _, far = cable()
    meddled(LinkSeen(replace(far, name="hidden")))
    graph = host()
    before = held_against(graph, PIN)
    graph.apply([LinkSeen(replace(far, name="hidden", operstate="up"))])
    assert held_against(graph, PIN, before=before).pins == before.pins


def test_a_container_that_changes_its_mac_keeps_its_guard_and_the_operator_is_told() -> None:
    _, far = cable()
    found = meddled(LinkSeen(replace(far, mac="02:66:66:66:66:66")))
    assert "mac-changed" in codes(found)
    assert "02:66:66:66:66:66" in found.notes[0].text


@pytest.mark.parametrize(("runtime", "mac"), [("docker", "02:42:00:00:00:05"), ("nspawn", INSIDE_MAC)])
def test_a_runtime_may_rename_and_re_mac_an_end_until_it_is_up_but_what_runs_inside_may_not(
    runtime: str, mac: str
) -> None:
    """Docker does, before anything runs there; nspawn leaves setting up to its payload."""
    owner = container("tinderbox", runtime=runtime)
    graph, policy = host(owner=owner, operstate="down"), replace(GUARD, match=Selector(owner="tinderbox"))
    found = held_against(graph, policy)
    near, far = cable()
    for change in (
        replace(far, name="renamed0", mac="02:42:00:00:00:05"),
        replace(far, name="renamed0", mac="02:42:00:00:00:05", operstate="up"),
        replace(far, name="forged0", mac="02:66:66:66:66:66", operstate="up"),
    ):
        graph.apply([LinkSeen(change), LinkSeen(replace(near, operstate=change.operstate))])
        found = held_against(graph, policy, before=found)
    assert [guard.mac for guard in found.rules] == [mac]


def test_a_container_that_takes_another_address_is_told() -> None:
    found = meddled(AddressSeen(link_id(BOX, 2), ipv4("192.168.1.66")))
    assert codes(found) == ["address-changed"]


@pytest.mark.parametrize("policy", [GUARD, SEAL], ids=["guarded", "sealed"])
def test_a_container_whose_link_local_address_does_not_follow_from_its_mac_is_told(policy: Policy) -> None:
    """Stable privacy addresses (RFC 7217), for one."""
    other = AddressSeen(link_id(BOX, 2), Address(6, "fe80::1234:5678", 64, "link"))
    found = held_against(host(other), policy)
    assert codes(found) == ["address-changed"]


@pytest.mark.parametrize("where", [UNKNOWN, link_id(WEB, 9)], ids=["nobody can tell where", "a namespace of its own"])
def test_an_end_that_is_hidden_in_another_namespace_keeps_its_guard(where: LinkId) -> None:
    near, _ = cable()
    meddled(LinkGone(link_id(BOX, 2)), LinkSeen(replace(near, peer=where)))


def test_owners_that_can_no_longer_be_told_leave_the_guard_where_it_is() -> None:
    meddled(OwnersSeen(BOX, ()))


def test_a_cable_that_is_gone_is_forgotten() -> None:
    graph = host()
    before = held_against(graph, GUARD)
    graph.apply([LinkGone(HOST_END), LinkGone(link_id(BOX, 2))])
    after = held_against(graph, GUARD, before=before)
    assert not after.rules
    assert not after.held


def test_a_policy_that_was_changed_to_mean_somebody_else_lets_go() -> None:
    before = held_against(host(), GUARD)
    after = held_against(host(), replace(GUARD, match=Selector(owner="web")), before=before)
    assert not after.rules


# Pins


def test_a_pin_is_due_when_the_other_end_is_in_its_container_and_up() -> None:
    (wish,) = held_against(host(), PIN).pins
    assert (wish.standing, wish.name, wish.mac) == (Standing.DUE, NAME, MAC)
    assert wish.link_local is not None
    assert wish.link_local.startswith("fe80::fc")


def test_a_pin_waits_while_the_other_end_is_not_up() -> None:
    (wish,) = held_against(host(operstate="down"), PIN).pins
    assert wish.standing is Standing.WAITS
    assert "not up yet" in wish.reason


def test_a_cable_whose_ends_are_both_on_the_host_is_nobodys_yet() -> None:
    near, far = cable()
    both = replace(far, id=link_id(HOME, 8), peer=near.id)
    graph = host(LinkGone(far.id), LinkSeen(both), LinkSeen(replace(near, peer=both.id)))
    assert not held_against(graph, Policy("p", Selector(bridge="br0"), PIN.pin)).pins


def test_a_pin_that_holds_is_right() -> None:
    near, _ = cable()
    graph = host(LinkSeen(replace(near, name=NAME, mac=MAC, operstate="up")))
    (wish,) = held_against(graph, PIN).pins
    assert (wish.standing, wish.name, wish.mac) == (Standing.RIGHT, None, None)


@pytest.mark.parametrize("runtime", ["lxd", "incus"])
def test_a_runtime_that_must_find_the_link_by_its_name_gets_an_altname(runtime: str) -> None:
    policy = replace(PIN, match=Selector(owner="tinderbox"))
    graph = host(owner=container("tinderbox", runtime=runtime))
    (wish,) = held_against(graph, policy).pins
    assert (wish.standing, wish.name, wish.altname) == (Standing.DUE, None, NAME)
    near, _ = cable()
    aim = derived_mac(Whereabouts("tinderbox", "eth0", runtime), "seed")
    graph.apply([LinkSeen(replace(near, altnames=(NAME,), mac=aim, operstate="up"))])
    assert held_against(graph, policy).pins[0].standing is Standing.RIGHT


def test_a_pods_cable_is_left_alone() -> None:
    graph = host(owner=container("tinderbox", runtime="kubernetes"))
    (wish,) = held_against(graph, replace(PIN, match=Selector(owner="tinderbox"))).pins
    assert wish.standing is Standing.REFUSED
    assert "CNI" in wish.reason


def test_a_name_that_is_taken_is_refused_and_never_put_under_this_guard() -> None:
    graph = host(LinkSeen(Link(link_id(HOME, 99), NAME, "dummy")))
    found = held_against(graph, PIN, GUARD)
    assert found.pins[0].standing is Standing.REFUSED
    assert codes(found) == ["name-taken"]
    assert found.rules[0].names == ("veth8pUZr",)


def test_two_cables_that_want_one_name_are_told_and_the_first_gets_it() -> None:
    near, far = veth(HOME, 8, "vother", link_id(BOX, 5)), veth(BOX, 5, "eth1", link_id(HOME, 8))
    graph = host(LinkSeen(replace(near, operstate="up")), LinkSeen(replace(far, operstate="up")))
    found = held_against(graph, Policy("p", TINDERBOX, Pin("fixed0")), GUARD)
    assert [wish.standing for wish in found.pins] == [Standing.DUE, Standing.REFUSED]
    assert [guard.names for guard in found.rules] == [("veth8pUZr", "fixed0"), ("vother",)]
    assert codes(found) == ["name-taken"]


def test_what_a_host_end_will_be_is_known_before_the_container_is() -> None:
    policy = Policy("p", replace(TINDERBOX, link="eth0"), PIN.pin)
    (wish,) = held_against(host(), policy).pins
    promised = promises([policy, Policy("q", Selector(owner="web-*"), PIN.pin)], "seed")
    assert set(promised) == {"p"}
    assert (promised["p"].name, promised["p"].mac, promised["p"].link_local) == (wish.name, wish.mac, wish.link_local)


# Guards and seals


def test_a_guard_has_the_name_of_now_and_the_one_that_is_coming() -> None:
    found = held_against(host(), PIN, GUARD)
    assert found.rules == (Guard(("veth8pUZr", NAME), INSIDE_MAC, ("192.168.1.50",)),)
    assert found.guards[0].standing is Standing.DUE
    again = held_against(host(), PIN, GUARD, loaded=found.rules)
    assert again.guards[0].standing is Standing.RIGHT


def test_a_guard_whose_name_cannot_be_guarded_is_refused_with_a_reason() -> None:
    near, _ = cable(name='a"b')
    found = held_against(host(LinkSeen(replace(near, operstate="up"))), GUARD)
    assert found.guards[0].standing is Standing.REFUSED
    assert "Rename" in found.guards[0].reason
    assert not found.rules


def test_a_seal_leads_to_the_bridge_and_isolates_the_port() -> None:
    (wish,) = held_against(host(), SEAL).seals
    assert wish.guard == Guard(("veth8pUZr",), INSIDE_MAC, dhcp=False, seal=Seal(BRIDGE_MAC, BRIDGE_LL, (873, 3128)))
    assert wish.isolate
    assert wish.reach_at == f"{BRIDGE_LL}%eth0"


def test_a_seal_leads_to_the_address_that_the_bridge_really_has() -> None:
    has = AddressSeen(link_id(HOME, 3), Address(6, "fe80::1", 64, "link"))
    (wish,) = held_against(host(has), SEAL).seals
    assert wish.guard is not None
    assert wish.guard.seal is not None
    assert wish.guard.seal.host_link_local == "fe80::1"


def test_a_seal_of_a_port_on_no_bridge_leads_to_its_own_host_end_as_it_will_be() -> None:
    near, _ = cable()
    alone = replace(near, master=0, operstate="up")
    found = held_against(host(LinkSeen(alone)), PIN, replace(SEAL, seal=SealRule(NAME, (873,))))
    (wish,) = found.seals
    assert wish.guard is not None
    assert wish.guard.seal is not None
    assert wish.guard.seal.host_mac == MAC
    assert not wish.isolate


@pytest.mark.parametrize("to", ["br9", "lo"])
def test_a_seal_to_a_link_that_the_cable_does_not_lead_to_is_refused(to: str) -> None:
    (wish,) = held_against(host(), replace(SEAL, seal=SealRule(to, (873,)))).seals
    assert wish.standing is Standing.REFUSED
    assert to in wish.reason


def test_of_two_policies_the_first_in_the_file_is_used_and_the_operator_is_told() -> None:
    found = held_against(host(), SEAL, GUARD)
    assert len(found.rules) == 1
    assert found.rules[0].seal is not None
    assert codes(found) == ["two-policies"]
    assert "'seal' stands before 'guard'" in found.notes[0].text


def test_a_macvlan_cannot_be_guarded_and_the_operator_is_told_what_would_do() -> None:
    child = macvlan(BOX, 5, "mv0", link_id(HOME, 3))
    found = held_against(host(LinkSeen(child)), replace(GUARD, match=replace(TINDERBOX, link="mv0")))
    assert codes(found) == ["macvlan"]
    assert "replace it with a veth" in found.notes[0].text


def test_a_tap_is_guarded_when_the_policy_says_its_mac() -> None:
    tap = Link(link_id(HOME, 30), "vnet0", "tun", up=True, operstate="up", detail=Tun("tap"))
    vm = HolderSeen(tap.id, Holder(6001, "qemu", Owner("libvirt", "win11", "win11", 6001)))
    graph = host(LinkSeen(tap), vm)
    match = Selector(owner="win11")
    without = held_against(graph, Policy("p", match, PIN.pin, GuardRule()))
    assert without.guards[0].standing is Standing.REFUSED
    assert without.pins[0].standing is Standing.REFUSED
    given = held_against(graph, Policy("p", match, guard=GuardRule("02:00:00:00:00:99")))
    assert given.rules == (Guard(("vnet0",), "02:00:00:00:00:99"),)


def test_a_thousand_containers_with_a_policy_each_are_compared_in_a_moment() -> None:
    graph = Topology()
    facts: list[Fact] = list(small_host())
    policies: list[Policy] = []
    for number in range(1000):
        space = NamespaceSeen(namespace(type(BOX)(f"n{100 + number}")))
        inside = veth(space.namespace.id, 2, "eth0", link_id(HOME, 100 + number))
        inside = replace(inside, mac=f"02:00:00:01:{number >> 8:02x}:{number & 255:02x}")
        facts += [
            space,
            NamespaceRead(space.namespace.id, (inside,), ()),
            LinkSeen(veth(HOME, 100 + number, f"v{number}", inside.id, master=3)),
            OwnersSeen(space.namespace.id, (container(f"box-{number}", 5000 + number),)),
        ]
        policies.append(Policy(f"p{number}", Selector("lxc", f"box-{number}", link="eth0"), PIN.pin, GuardRule()))
    graph.apply(facts)
    began = time.process_time()
    found = drift(tuple(policies), graph, "seed")
    assert time.process_time() - began < 1
    assert len(found.rules) == 1000
    assert len({wish.name for wish in found.pins}) == 1000
    assert pinned_name("{owner}-{link}", Whereabouts("box-999", "eth0", "lxc")) in found.rules[-1].names


def test_no_policy_wishes_nothing() -> None:
    nothing: Policies = ()
    assert drift(nothing, host(), "seed") == Drift()
