"""The second sentence: what layer 2's answer means for IP, where that is certain."""

from model.conditions import Conditions, Filters, Hook, HookKind, Stage
from model.facts import AddressSeen
from model.identity import NamespaceId
from model.layer3 import layer3
from model.link import Address
from model.reachability import verdict
from model.tables import Route, Tables
from model.topology import Topology
from model.verdict import Reachable
from tests.findings.bench import Host
from tests.reach.blueprint import FAR, NEAR, Blueprint

FORWARD = Hook(HookKind.NFT, Stage.IP, "ip filter FORWARD", chain="forward")


def two_networks() -> Blueprint:
    """The host (near) has two bridges; each has one container, both in the other namespace."""
    plan = Blueprint()
    for number in (1, 2):
        plan.bridge(f"br{number}")
        plan.box(f"c{number}", f"br{number}")
    return plan


def sentence(
    plan: Blueprint, addresses: dict[str, str], near: Filters, routes: dict[NamespaceId, tuple[Route, ...]]
) -> str | None:
    graph: Topology = plan.settled()
    for name, text in addresses.items():
        ip, _, length = text.partition("/")
        address = Address(6 if ":" in ip else 4, ip, int(length), "link" if ip.startswith("fe80") else "global")
        graph.apply([AddressSeen(plan[name], address)])
    tables = {space: Tables(space, routes=routes.get(space, ())) for space in (NEAR, FAR)}
    around = Conditions(filters={NEAR: near, FAR: Filters()}, tables=tables)
    said = verdict(graph, around, plan["c1"], plan["c2"])
    return layer3(graph, around, plan["c1"], plan["c2"], said.wired)


def one_network() -> Blueprint:
    plan = Blueprint()
    plan.bridge("br1")
    plan.box("c1", "br1")
    plan.box("c2", "br1")
    return plan


ROUTED = {"c1": "10.1.0.2/24", "c2": "10.2.0.2/24", "br1": "10.1.0.1/24", "br2": "10.2.0.1/24"}


def routes(plan: Blueprint) -> dict[NamespaceId, tuple[Route, ...]]:
    near = tuple(Route(4, f"10.{number}.0.0/24", None, plan[f"br{number}"].ifindex) for number in (1, 2))
    far = tuple(
        Route(4, f"10.{3 - number}.0.0/24", f"10.{number}.0.1", plan[f"c{number}"].ifindex) for number in (1, 2)
    )
    return {NEAR: near, FAR: far}


def test_one_subnet_is_told() -> None:
    addresses = {"c1": "10.0.0.1/24", "c2": "10.0.0.2/24"}
    assert sentence(one_network(), addresses, Filters(), {}) == "IP: both are in 10.0.0.0/24"


def test_link_local_only_is_told() -> None:
    addresses = {"c1": "fe80::1/64", "c2": "fe80::2/64"}
    assert "only IPv6 link-local" in (sentence(one_network(), addresses, Filters(), {}) or "")


def test_who_has_no_address_is_told() -> None:
    said = sentence(one_network(), {"c1": "10.0.0.1/24"}, Filters(), {})
    assert said is not None
    assert said.endswith("/c2 has no address")


def test_what_addresses_are_behind_a_tap_is_said_to_be_unknown() -> None:
    host = Host()
    br0 = host.bridge("br0", "10.0.0.1/24")
    tap = host.tap("vnet0", "win11", br0)
    host.addresses[tap].append(Address(6, "fe80::1", 64, "link"))  # of the host's end
    graph = host.graph()
    said = layer3(graph, Conditions(), br0, tap, Reachable.YES)
    assert said == "IP: unknown: the addresses behind host/vnet0 are not ours to see"


def test_two_networks_are_routed_where_the_host_forwards() -> None:
    plan = two_networks()
    said = sentence(plan, ROUTED, Filters(forwards_ipv4=True), routes(plan))
    assert said == "IPv4: routed, from host/br1 to host/br2"


def test_forwarding_that_is_off_is_told() -> None:
    plan = two_networks()
    said = sentence(plan, ROUTED, Filters(forwards_ipv4=False), routes(plan))
    assert said == "IPv4: their routes meet at host/br1 to host/br2, but forwarding is off there"


def test_a_filter_of_the_router_is_a_doubt() -> None:
    plan = two_networks()
    said = sentence(plan, ROUTED, Filters((FORWARD,), forwards_ipv4=True), routes(plan))
    assert said == "IPv4: routed, from host/br1 to host/br2, where a filter may refuse it"


def test_without_a_way_back_nothing_is_claimed() -> None:
    plan = two_networks()
    there = {**routes(plan), FAR: routes(plan)[FAR][:1]}
    assert sentence(plan, ROUTED, Filters(forwards_ipv4=True), there) is None
