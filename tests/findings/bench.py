"""A host that is put together link by link, and what the doctor says about it."""

from dataclasses import replace
from typing import Any

from model.facts import Fact, HolderSeen, NamespaceRead, NamespaceSeen, OwnersSeen, Visibility
from model.findings.examination import findings
from model.findings.finding import Finding
from model.findings.observed import NOTHING_OBSERVED, Observed
from model.identity import End, LinkId, NamespaceId
from model.link import Address, Bridge, BridgePort, Link, Macvlan, Tun
from model.namespace import Holder, Namespace, Owner
from model.topology import Topology

HOME = NamespaceId("n1")


class Host:
    """Everything is up and healthy unless a test says otherwise."""

    def __init__(self) -> None:
        self.spaces: dict[NamespaceId, Namespace] = {}
        self.owners: dict[NamespaceId, tuple[Owner, ...]] = {}
        self.links: dict[LinkId, Link] = {}
        self.addresses: dict[LinkId, list[Address]] = {}
        self.holders: list[Fact] = []
        self.serial = 1
        self.spaces[HOME] = Namespace(HOME, 4026530001, home=True, found_by=("home",))

    def box(self, name: str = "", runtime: str = "lxc", **how: Any) -> NamespaceId:
        """A namespace with a container in it; without a name nobody is in it."""
        self.serial += 1
        space = NamespaceId(f"n{self.serial}")
        self.spaces[space] = Namespace(space, 4026530000 + self.serial, found_by=("process",))
        self.spaces[space] = replace(self.spaces[space], **how)
        if name:
            self.owners[space] = (Owner(runtime, name, name, 4000 + self.serial),)
        return space

    def link(self, kind: str, name: str, *cidrs: str, space: NamespaceId = HOME, **how: Any) -> LinkId:
        self.serial += 1
        made = LinkId(space, self.serial)
        link = Link(made, name, kind, f"02:00:00:00:00:{self.serial:02x}", 1500, True, True, "up")
        self.links[made] = replace(link, **how)
        self.addresses[made] = [address_of(cidr) for cidr in cidrs]
        return made

    def bridge(self, name: str, *cidrs: str, **how: Any) -> LinkId:
        return self.link("bridge", name, *cidrs, **{"detail": Bridge(), **how})

    def nic(self, name: str, *cidrs: str, on: LinkId | None = None, **how: Any) -> LinkId:
        return self.link("device", name, *cidrs, **port_of(on), **how)

    def cable(
        self,
        name: str,
        space: NamespaceId,
        *cidrs: str,
        on: LinkId | None = None,
        near: dict[str, Any] | None = None,
        far: dict[str, Any] | None = None,
    ) -> tuple[LinkId, LinkId]:
        """From the host, plugged into a bridge, to eth0 of a namespace. `near`, `far`: what is special about an end."""
        host = self.link("veth", name, **port_of(on))
        inside = self.link("veth", "eth0", *cidrs, space=space)
        self.links[host] = replace(self.links[host], peer=inside, **(near or {}))
        self.links[inside] = replace(self.links[inside], peer=host, **(far or {}))
        return host, inside

    def patch(self, one: LinkId, other: LinkId, **how: Any) -> tuple[LinkId, LinkId]:
        """A cable from bridge to bridge."""
        near = self.link("veth", f"p{self.serial}", **{**port_of(one), **how})
        far = self.link("veth", f"q{self.serial}", **{**port_of(other), **how})
        self.links[near] = replace(self.links[near], peer=far)
        self.links[far] = replace(self.links[far], peer=near)
        return near, far

    def macvlan(self, parent: End, space: NamespaceId, *cidrs: str, mode: str = "bridge", **how: Any) -> LinkId:
        return self.link("macvlan", "mv0", *cidrs, space=space, parent=parent, detail=Macvlan(mode), **how)

    def tap(self, name: str, vm: str, on: LinkId) -> LinkId:
        made = self.link("tun", name, detail=Tun("tap"), **port_of(on))
        self.holders.append(HolderSeen(made, Holder(77, "qemu-system-x86", Owner("qemu", vm, vm, 77))))
        return made

    def change(self, link: LinkId, **how: Any) -> None:
        self.links[link] = replace(self.links[link], **how)

    def graph(self) -> Topology:
        graph = Topology()
        graph.apply(self.facts())
        return graph

    def facts(self) -> list[Fact]:
        facts: list[Fact] = []
        for space, namespace in self.spaces.items():
            links = [link for link in self.links.values() if link.id.namespace == space]
            held = [(link.id.ifindex, address) for link in links for address in self.addresses[link.id]]
            lo = Link(LinkId(space, 1), "lo", "loopback", "00:00:00:00:00:00", 65536, True, True)
            facts += [NamespaceSeen(namespace), NamespaceRead(space, (lo, *links), tuple(held))]
            facts += [OwnersSeen(space, self.owners.get(space, ()))]
        return [*facts, *self.holders, Visibility(complete=True)]

    def findings(self, observed: Observed = NOTHING_OBSERVED) -> tuple[Finding, ...]:
        return findings(self.graph(), observed)

    def codes(self, observed: Observed = NOTHING_OBSERVED) -> set[tuple[str, str]]:
        """(severity, code) of all that is found."""
        return {(str(finding.severity), finding.code) for finding in self.findings(observed)}

    def of(self, code: str, observed: Observed = NOTHING_OBSERVED) -> list[Finding]:
        return [finding for finding in self.findings(observed) if finding.code == code]


def port_of(bridge: LinkId | None) -> dict[str, Any]:
    if bridge is None:
        return {}
    return {"master": bridge.ifindex, "master_kind": "bridge", "port": BridgePort()}


def address_of(cidr: str, *flags: str) -> Address:
    text, _, length = cidr.partition("/")
    return Address(
        6 if ":" in text else 4, text, int(length), "link" if text.startswith("fe80") else "global", None, flags
    )
