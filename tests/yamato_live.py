"""What moves on yamato: traffic on every link, what its bridges, neighbours and routes say, and what is kept of it."""

import math
from collections.abc import Iterable
from pathlib import Path

from backend.fake import FakeHost
from model.drift import drift
from model.dropped import Dropped, Forged, Seen, Tally
from model.guard_rules import CLASSES
from model.identity import LinkId, NamespaceId
from model.nic import Nic
from model.policy_text import BadPolicies, read_policies
from model.rates import Counters
from model.tables import ForwardingEntry, Neighbour, Route, Tables
from model.topology import Topology
from tests.yamato import HOME, HOST_NAME, yamato

GATEWAY = "192.168.1.1"
GATEWAY_MAC = "d8:3a:dd:10:4e:01"


def traffic(links: Iterable[LinkId], second: int) -> dict[LinkId, Counters]:
    """The counters of these links after so many seconds: each has its own tide, and both its ends agree."""
    graph = Topology()
    graph.apply(yamato())
    return {link: _counters(graph, link, second) for link in links}


def _counters(graph: Topology, link: LinkId, second: int) -> Counters:
    its = graph.link(link)
    if its is None or not its.carrier:
        return Counters(1000.0 + second)
    peer = graph.ends(link).peer
    key = min(link, peer) if isinstance(peer, LinkId) else link
    one, other = _bytes(key, second, 1), _bytes(key, second, 2)
    received, sent = (one, other) if key == link else (other, one)
    return Counters(1000.0 + second, received, sent, received // 900, sent // 900)


def _bytes(link: LinkId, second: int, way: int) -> int:
    """Deterministic, and never the same for two links: tides of different lengths and heights."""
    seed = (link.ifindex * 7 + len(link.namespace) * 3 + int(link.namespace[1:])) * way
    height = 10 ** (2.5 + seed % 13 / 4)
    return sum(
        int(height * abs(math.sin(at / (3 + seed % 7)) * math.sin(at / (5 + seed % 11))) ** 3) for at in range(second)
    )


def nics() -> dict[LinkId, Nic]:
    """What the drivers of its NICs say."""
    graph = Topology()
    graph.apply(yamato())
    said = {"eth0": Nic("igb", 1000, "full"), "eth1": Nic("igb", 1000, "full"), "eth2": Nic("ixgbe", 10_000, "full")}
    return {link.id: said[link.name] for link in graph.links() if link.kind == "device"}


def tables() -> dict[NamespaceId, Tables]:
    """What each namespace has learned."""
    graph = Topology()
    graph.apply(yamato())
    found = {HOME: _host(graph)}
    for namespace in graph.namespaces():
        if namespace.id != HOME:
            found[namespace.id] = _inside(graph, namespace.id)
    return found


def _mac(graph: Topology, address: str) -> str:
    (link,) = graph.links_by_address(address)
    return link.mac or ""


def _host(graph: Topology) -> Tables:
    forwarding = [
        ForwardingEntry(3, 2, GATEWAY_MAC, "learned", 1.0),
        ForwardingEntry(3, 2, "a4:bb:6d:92:00:7c", "learned", 207.0),
        ForwardingEntry(3, 21, _mac(graph, "192.168.1.50"), "learned", 0.0),
        ForwardingEntry(3, 21, "00:16:3e:77:02:10", "learned", 41.0),
        ForwardingEntry(3, 22, _mac(graph, "192.168.1.51"), "static"),
        ForwardingEntry(3, 23, _mac(graph, "192.168.1.52"), "learned", 12.0),
        ForwardingEntry(3, 25, "52:54:00:7f:b4:72", "learned", 3.0),
    ]
    neighbours = (
        Neighbour(3, GATEWAY, GATEWAY_MAC, "reachable", router=True),
        Neighbour(3, "192.168.1.61", "52:54:00:7f:b4:72", "stale"),
        Neighbour(3, "192.168.1.77", None, "failed"),
        Neighbour(5, "172.18.0.2", _mac(graph, "172.18.0.2"), "reachable"),
    )
    routes = (
        Route(4, "default", GATEWAY, 3, metric=100),
        Route(4, "172.17.0.0/16", None, 4, "172.17.0.1"),
        Route(4, "172.18.0.0/16", None, 5, "172.18.0.1"),
        Route(4, "192.168.1.0/24", None, 3, "192.168.1.10"),
    )
    return Tables(HOME, neighbours, tuple(forwarding), routes)


def _inside(graph: Topology, space: NamespaceId) -> Tables:
    neighbours, routes = list[Neighbour](), list[Route]()
    for link in graph.links(space):
        for address in graph.addresses(link.id):
            if address.family != 4 or address.scope != "global":
                continue
            network = address.text.rsplit(".", 1)[0]
            if not routes:
                routes.append(Route(4, "default", f"{network}.1", link.id.ifindex))
            routes.append(Route(4, f"{network}.0/{address.prefix_length}", None, link.id.ifindex, address.text))
            neighbours.append(Neighbour(link.id.ifindex, f"{network}.1", GATEWAY_MAC, "reachable"))
            neighbours.append(Neighbour(link.id.ifindex, f"{network}.77", None, "failed"))
    return Tables(space, tuple(neighbours), (), tuple(routes))


POLICY = """\
[[policy]]
name = "tinderbox"
match = { runtime = "lxc", owner = "tinderbox" }
pin = { name = "veth8pUZr", mac = "fe:16:3e:5a:19:02" }
guard = { ipv4 = ["192.168.1.50"], ipv6 = ["fe80::216:3eff:fe5a:1c02"] }

[[policy]]
name = "web"
match = { runtime = "lxc", owner = "web", link = "eth0" }
pin = { mac = "fe:16:3e:0e:91:4b" }

[[policy]]
name = "mailer"
match = { runtime = "docker", owner = "mailer", link = "eth0" }
pin = { name = "vethMail01", mac = "fe:16:3e:11:22:33" }

[[policy]]
name = "scanner"
match = { owner = "scanner" }
guard = {}

[[policy]]
name = "db"
match = { runtime = "lxc", owner = "db" }
seal = { to = "br0", tcp = [873, 3128] }
"""
"""What is kept of it: pins, a guard, one that cannot be, a seal."""


def keep(host: FakeHost, policy: Path) -> None:
    """Write the policy, and load its rules, as the daemon would have done."""
    policy.parent.mkdir(exist_ok=True)
    policy.write_text(POLICY, encoding="utf-8")
    graph = Topology()
    graph.learn(host.read())
    policies = read_policies(POLICY)
    assert not isinstance(policies, BadPolicies)
    host.firewall.load(drift(policies, graph, HOST_NAME).rules)


FORGED = Tally(
    (
        Dropped("vethK2mQa1", CLASSES[0], 12, 1200),
        Dropped("vethK2mQa1", CLASSES[13], 3, 240),
    ),
    (Forged("vethK2mQa1", "mac", "02:66:6f:72:67:65", 12),),
    (Seen("veth8pUZr", 1_204_118), Seen("vethK2mQa1", 88_216)),
)
"""What db tried, and what came of it and of tinderbox."""
