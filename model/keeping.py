"""What an operator keeps true of a container, as entries of the policy: whom it is for, what changes, what it means."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from model.ethernet import link_local
from model.guard import Guard, own_ipv6
from model.identity import LinkId
from model.intents import AddAltname, Intent, LockPort, Rename, SetMac, SetPort
from model.inventory import Inventory
from model.link import Link
from model.names import display_name
from model.plan import Meaning, Refusal, Sign
from model.policy import Policies, Policy, Selector, is_trusted
from model.policy_cables import Cable, cables
from model.shell_words import quoted, shell_line
from model.wishes import Drift, GuardWish, Held, PinWish, SealWish, Standing

Part = Literal["pin", "guard", "seal"]
Wish = PinWish | GuardWish | SealWish


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry of the policy, changed."""

    part: Part
    before: Policy | None
    """None: it is new."""
    after: Policy | None
    """None: nothing is left of it."""
    cable: Cable | None
    """None: it does not exist now, or nothing special is known of it."""

    @property
    def entry(self) -> Policy:
        """Either of the two, for its name and whose it is."""
        entry = self.after or self.before
        if entry is None:
            raise ValueError("an edit of nothing")
        return entry

    @property
    def keeps(self) -> bool:
        """The part is kept after it."""
        return self.after is not None and getattr(self.after, self.part) is not None

    def done(self, policies: Policies) -> Policies:
        """The policies after it."""
        if self.after is not None:
            return with_entry(policies, self.after)
        return tuple(policy for policy in policies if policy.name != self.entry.name)

    def wishes(self, found: Drift) -> tuple[Wish, ...]:
        """What the part wishes, once it is kept."""
        mine = wishes_of(found, self.entry.name) if self.keeps else ()
        return tuple(wish for wish in mine if isinstance(wish, _WISHES[self.part]))


CHILDREN = ("macvlan", "macvtap")
"""They have no end on the host."""
_WISHES: Mapping[Part, type[Wish]] = {"pin": PinWish, "guard": GuardWish, "seal": SealWish}


def cable_at(graph: Inventory, link: LinkId, held: Mapping[LinkId, Held]) -> Cable | None:
    """The container's cable that this is an end of."""
    ends = ((cable, cable.inside) for cable in cables(graph, held))
    return next((cable for cable, inside in ends if link in (cable.host.id, inside.id if inside else None)), None)


def no_cable(graph: Inventory, link: Link) -> Refusal:
    """Why nothing can be kept of what is no end of a container's cable, and what to do instead."""
    where = graph.address(link.id) or str(link.id)
    if link.kind not in CHILDREN:
        text = f"{where}: it is no end of a container's cable; only what a container sends can be kept to the truth"
        return Refusal("no-cable", text)
    text = (
        f"{where} cannot be guarded: it is a {link.kind}, with no end on the host that rules could stand at, and its "
        "own root can change its mode and MAC. Give it a veth instead"
    )
    return Refusal("macvlan", text, tuple(_veth_instead(graph, link, where)))


def _veth_instead(graph: Inventory, child: Link, where: str) -> Iterator[str]:
    """The commands that give a container a veth in the place of a macvlan, with its addresses, and guard it."""
    space = where.rpartition("/")[0]
    taken = {link.name for link in graph.links(child.id.namespace)}
    inside = next(name for name in (f"eth{number}" for number in range(len(taken) + 1)) if name not in taken)
    stem = "".join(char for char in space.rpartition(":")[2] if char.isascii() and char.isalnum())[:10] or "box"
    names = {link.name for link in graph.links(graph.home)} if graph.home is not None else set()
    host = next(name for name in (f"v-{stem}", *(f"v-{stem}{n}" for n in range(2, 99))) if name not in names)
    bridge = _bridge_for(graph)
    if bridge is None:
        yield "jackfield add bridge br0"
    yield f"jackfield add veth host/{host} {quoted(f'{space}/{inside}')} --master {quoted(bridge or 'br0')}"
    yield f"jackfield delete {quoted(where)}"
    for address in graph.addresses(child.id):
        if address.scope != "link":
            yield f"jackfield address add {quoted(f'{space}/{inside}')} {address.cidr}"
    yield f"jackfield guard {host}"


def _bridge_for(graph: Inventory) -> str | None:
    """A bridge of the host: one that leads out, where there is one."""
    bridges = [link for link in graph.links(graph.home) if link.kind == "bridge"] if graph.home is not None else []
    leading = [bridge for bridge in bridges if any(port.kind == "device" for port in graph.ports(bridge.id))]
    found = next(iter([*leading, *bridges]), None)
    return None if found is None else graph.address(found.id)


def addresses_now(graph: Inventory, cable: Cable | None) -> tuple[str, ...]:
    """Those that the container has; but for the link-local one that follows from its MAC, which needs no mention."""
    inside = None if cable is None else cable.inside
    found = () if inside is None else graph.addresses(inside.id)
    return tuple(one.text for one in found if inside is not None and one.text != link_local(inside.mac))


def own_link_locals(graph: Inventory, cable: Cable | None) -> tuple[str, ...]:
    """Those of the container's link-local addresses that do not follow from its MAC (RFC 7217)."""
    inside = None if cable is None else cable.inside
    found = () if inside is None else graph.addresses(inside.id)
    return tuple(one.text for one in found if inside is not None and one.scope == "link" and one.family == 6
                 and one.text != link_local(inside.mac))  # fmt: skip


def selector_of(cable: Cable) -> Selector | None:
    """What will recognise it when it is made again: its owner, else its `ip netns` name. None: nothing would."""
    owner = next(filter(is_trusted, cable.owners), None)
    link = cable.held.inside
    found = None
    if owner is not None:
        found = Selector(runtime=owner.runtime, owner=owner.name, link=link)
    elif cable.space is not None and cable.space.names:
        found = Selector(netns=cable.space.names[0], link=link)
    stars = found is not None and any("*" in (word or "") for word in (found.owner, found.netns, found.link))
    return None if stars else found


def entry_for(policies: Policies, match: Selector) -> Policy:
    """The entry that is for these cables; a new one where there is none."""
    found = next((policy for policy in policies if policy.match == match), None)
    if found is not None:
        return found
    taken = {policy.name for policy in policies}
    whose = match.owner or match.netns or match.bridge or "cables"
    plain = f"{whose}/{match.link}" if match.link else whose
    more = (f"{match.runtime or 'netns'}:{plain}", *(f"{plain} ({number})" for number in range(2, len(taken) + 3)))
    return Policy(next(name for name in (plain, *more) if name not in taken), match)


def with_entry(policies: Policies, entry: Policy) -> Policies:
    """The policies with this one, in the place of the one of its name."""
    if any(policy.name == entry.name for policy in policies):
        return tuple(entry if policy.name == entry.name else policy for policy in policies)
    return (*policies, entry)


def without_part(entry: Policy, part: Part) -> Policy | None:
    """The entry without its pin, guard or seal; None: nothing would be left of it."""
    left = Policy(
        entry.name,
        entry.match,
        None if part == "pin" else entry.pin,
        None if part == "guard" else entry.guard,
        None if part == "seal" else entry.seal,
    )
    return left if left.pin or left.sends else None


def intents_of(wishes: Iterable[Wish]) -> tuple[Intent, ...]:
    """What can be done now. A rename comes last: lines of a shell use the names of their time."""
    found: list[Intent] = []
    renames: list[Intent] = []
    for wish in wishes:
        if wish.standing is not Standing.DUE:
            continue
        match wish:
            case PinWish(link=link, name=name, altname=altname, mac=mac):
                found += [SetMac(link, mac)] if mac is not None else []
                found += [AddAltname(link, altname)] if altname is not None else []
                renames += [Rename(link, name)] if name is not None else []
            case GuardWish(link=link, lock=True, guard=Guard(mac=mac)):
                found.append(LockPort(link, mac))
            case SealWish(link=link, isolate=True):
                found.append(SetPort(link, (("isolated", True),)))
            case _:
                pass
    return (*found, *renames)


def releases_of(found: Drift) -> tuple[Intent, ...]:
    """Ports that were isolated for a seal, as they were."""
    return tuple(SetPort(link, (("isolated", False),)) for link in found.released)


def wishes_of(found: Drift, policy: str) -> tuple[Wish, ...]:
    """Those of one entry."""
    wishes: tuple[Wish, ...] = (*found.pins, *found.guards, *found.seals)
    return tuple(wish for wish in wishes if wish.policy == policy)


def pin_means(graph: Inventory, wish: PinWish) -> list[Meaning]:
    """What a pin gives, with the link-local address before and after."""
    host = graph.link(wish.link)
    where = display_name(graph.address(wish.link) or str(wish.link))
    told: list[Meaning] = []
    if wish.name is not None:
        told.append(Meaning(Sign.GAIN, f"{where} is called {display_name(wish.name)}, at every start"))
    if wish.altname is not None:
        text = (
            f"{where} keeps its name, by which its runtime finds it, and is found as {display_name(wish.altname)}, too"
        )
        told.append(Meaning(Sign.GAIN, text))
    if wish.mac is not None:
        told.append(Meaning(Sign.GAIN, f"{where} has the MAC {wish.mac}, at every start"))
    before = None if host is None else link_local(host.mac)
    if wish.link_local is not None:
        change = f"{before} before, {wish.link_local} after" if before != wish.link_local else f"{before}, as before"
        told.append(Meaning(Sign.GAIN, f"its link-local address: {change}"))
    if wish.standing is Standing.WAITS:
        told.append(Meaning(Sign.DEPENDS, f"not yet: {wish.reason}; `jackfield enforce` does it as soon as it may"))
    return told


def own_option(entry: Policy, name: str) -> Meaning | None:
    """How its runtime gives the host end this name by itself; None: it has no option for it, or which it is is open."""
    owner = entry.match.owner
    match entry.match.runtime:
        case "lxc":
            text = f"LXC can name it so itself, from the start: lxc.net.N.veth.pair = {name} in its configuration"
        case ("lxd" | "incus") as runtime if owner is not None:
            tool = {"lxd": "lxc", "incus": "incus"}[runtime]
            line = shell_line((tool, "config", "device", "set", owner, "NIC", f"host_name={name}"))
            text = f"{runtime} can name it so itself, from the start: {line}"
        case _:
            return None
    return Meaning(Sign.GAIN, text, "runtime-option")


def guard_means(graph: Inventory, wish: GuardWish, guard: Guard) -> list[Meaning]:
    """Who a container may be, and what becomes of the rest."""
    where = display_name(graph.address(wish.link) or str(wish.link))
    addresses = ", ".join((*guard.ipv4, *own_ipv6(guard)))
    told = [
        Meaning(Sign.GAIN, f"behind {where}: sends as {guard.mac}, {addresses}, and as nobody else"),
        Meaning(
            Sign.GAIN, "forged MAC, ARP, IPv4, IPv6, ND, RA and DHCP frames are dropped before a bridge learns them"
        ),
    ]
    if guard.dhcp:
        told.append(Meaning(Sign.MIND, "an IPv4 address that it gets later is dropped until this guard names it"))
    return told


def seal_means(graph: Inventory, wish: SealWish, guard: Guard) -> list[Meaning]:
    """What a sealed container reaches, and how it is written there."""
    where = display_name(graph.address(wish.link) or str(wish.link))
    seal = guard.seal
    if seal is None:
        return []
    ports = [f"{name} {', '.join(map(str, ports))}" for name, ports in (("TCP", seal.tcp), ("UDP", seal.udp)) if ports]
    told = [
        Meaning(Sign.GAIN, f"behind {where}: reaches {' and '.join(ports)} of {wish.reach_at}, and nothing else"),
        Meaning(Sign.LOSS, "it reaches no neighbour, no other service of the host, and nothing outside"),
        Meaning(Sign.MIND, f"from inside, write {wish.reach_at} where the program is told: /etc/hosts holds no zone"),
    ]
    if guard.ipv6:
        text = (
            f"it speaks from {', '.join(guard.ipv6)}, too, which does not follow from its MAC: one that it makes up at "
            "another start is dropped, unless it keeps its secret (stable_secret) or goes by its MAC (addr_gen_mode 0)"
        )
        told.append(Meaning(Sign.MIND, text, "not-by-mac"))
    if wish.isolate:
        told.append(Meaning(Sign.GAIN, "its bridge port is isolated: multicast does not reach its neighbours either"))
    return told
