"""Everything the command line says as JSON: `"schema": "jackfield/1"`, a contract to which keys are only ever added.

Plain values in, plain JSON values out (dict, list, str, int, bool, None). Host text is given as the kernel has it, but
for bytes that are no UTF-8 (model.names.json_text).
"""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from model.address_book import Match
from model.change import Change, Standing, Value, What
from model.ethernet import link_local
from model.identity import UNKNOWN, End, LinkId, Unseen
from model.inventory import Inventory
from model.labels import names_of, owns_links
from model.link import Bridge, BridgePort, Detail, Link, Macvlan, Tun, Vlan, Vxlan
from model.names import hex_form, is_utf8, json_text
from model.namespace import Holder, Namespace, Owner

SCHEMA = "jackfield/1"

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Machine:
    """The host a snapshot is of."""

    host: str
    """Its host name."""
    boot_id: str | None
    """/proc/sys/kernel/random/boot_id: ids are good until it changes."""


@dataclass(frozen=True, slots=True)
class Doer:
    """Who made a change."""

    who: str = "unknown"
    """us, process or unknown."""
    pid: int | None = None
    comm: str | None = None


def snapshot_form(graph: Inventory, machine: Machine) -> Json:
    """The whole graph."""
    namespaces = graph.namespaces()
    return {
        "schema": SCHEMA,
        "kind": "snapshot",
        "host": json_text(machine.host),
        "boot_id": machine.boot_id,
        "complete": graph.visibility.complete,
        "namespaces": [live_namespace_form(graph, namespace) for namespace in namespaces],
        "links": [
            live_link_form(graph, link)
            for namespace in namespaces
            for link in sorted(graph.links(namespace.id), key=lambda link: link.id.ifindex)
        ],
        "warnings": _warnings(graph),
    }


def live_namespace_form(graph: Inventory, namespace: Namespace) -> Json:
    """A namespace that is there."""
    return namespace_form(namespace, graph.address(namespace.id) or "", graph.owners(namespace.id))


def live_link_form(graph: Inventory, link: Link) -> Json:
    """A link that is there."""
    ends = graph.ends(link.id)
    standing = Standing(ends.peer, ends.parent, graph.addresses(link.id), graph.holder(link.id))
    return link_form(link, graph.address(link.id) or "", standing)


def namespace_form(namespace: Namespace, address: str, owners: tuple[Owner, ...]) -> Json:
    """A namespace, what it is called, and whose it is."""
    return {
        "id": namespace.id,
        "inode": namespace.inode,
        "name": address,
        "names": [json_text(name) for name in names_of(namespace)],
        "home": namespace.home,
        "readable": namespace.readable,
        "found_by": list(namespace.found_by),
        "owners": [owner_form(owner) for owner in owners],
    }


def owner_form(owner: Owner) -> Json:
    """A container, pod, VM or process."""
    return {
        "runtime": owner.runtime,
        "name": json_text(owner.name),
        "id": json_text(owner.id),
        "image": _text(owner.image),
        "pid": owner.pid,
        "labels": {json_text(key): json_text(value) for key, value in owner.labels},
        "user": _text(owner.user),
        "proved": owner.proved,
        "host_network": owner.host_network,
    }


def holder_form(holder: Holder | None) -> Json | None:
    """The process that holds a tap, and the VM that it is."""
    if holder is None:
        return None
    return {
        "pid": holder.pid,
        "comm": json_text(holder.comm),
        "owner": owner_form(holder.owner) if holder.owner is not None else None,
    }


def link_form(link: Link, address: str, standing: Standing) -> Json:
    """A link, what it is called, and what it has besides itself."""
    return {
        "id": str(link.id),
        "namespace": link.id.namespace,
        "address": address,
        "ifindex": link.id.ifindex,
        "name": json_text(link.name),
        "name_hex": name_hex(link.name),
        "altnames": [json_text(name) for name in link.altnames],
        "alias": _text(link.alias),
        "kind": link.kind,
        "mac": link.mac,
        "mtu": link.mtu,
        "up": link.up,
        "carrier": link.carrier,
        "operstate": link.operstate,
        "master": id_form(link.master_id),
        "peer": id_form(standing.peer),
        "peer_state": state_form(standing.peer),
        "parent": id_form(standing.parent),
        "parent_state": state_form(standing.parent),
        "addresses": [address.cidr for address in standing.addresses],
        "link_local": link_local(link.mac),
        "detail": detail_form(link.detail),
        "port": port_form(link.port),
        "held_by": holder_form(standing.holder),
    }


def name_hex(name: str) -> str | None:
    """All the bytes of a name that is no UTF-8; None for the others."""
    return None if is_utf8(name) else hex_form(name)


def id_form(end: End) -> str | None:
    """The far end's id; None: there is none, or it is not known (`state_form` tells which)."""
    return str(end) if isinstance(end, LinkId) else None


def state_form(end: End) -> str | None:
    """known, unknown, or None: this kind has none."""
    if end is None:
        return None
    return "unknown" if end is UNKNOWN else "known"


def detail_form(detail: Detail | None) -> Json:
    """What the kind adds."""
    match detail:
        case None:
            return {}
        case Bridge():
            return {
                "stp": detail.stp,
                "vlan_filtering": detail.vlan_filtering,
                "ageing_s": detail.ageing_s,
                "forward_delay_s": detail.forward_delay_s,
                "priority": detail.priority,
                "multicast_snooping": detail.multicast_snooping,
            }
        case Macvlan():
            return {"mode": detail.mode, "sources": list(detail.sources)}
        case Vlan():
            return {"vid": detail.vid, "protocol": detail.protocol}
        case Vxlan():
            return {"vni": detail.vni, "remote": detail.remote, "local": detail.local, "port": detail.port}
        case Tun():
            return {
                "mode": detail.mode,
                "persist": detail.persist,
                "multi_queue": detail.multi_queue,
                "uid": detail.uid,
            }
        case _:
            assert_never(detail)


def port_form(port: BridgePort | None) -> Json | None:
    """How a bridge treats one of its ports."""
    return None if port is None else {name: getattr(port, name) for name in _PORT_FIELDS}


def change_form(change: Change, seq: int, at: str, doer: Doer) -> Json:
    """One change: `at` is ISO 8601, UTC."""
    form: Json = {
        "schema": SCHEMA,
        "kind": "change",
        "seq": seq,
        "at": at,
        "what": change.what.value,
        "subject": None if change.subject is None else str(change.subject),
        "address": change.address,
        "before": _value(change, change.before, change.formerly or change.address, change.stood),
        "after": _value(change, change.after, change.address, change.stands),
        "by": {"who": doer.who, "pid": doer.pid, "comm": _text(doer.comm)},
    }
    if change.what is What.RENAMED and isinstance(change.after, str):
        form["name_hex"] = name_hex(change.after)
    if change.what in (What.PEER, What.PARENT) and (change.after is None or isinstance(change.after, LinkId | Unseen)):
        form["state"] = state_form(change.after)
    return form


def who_form(graph: Inventory, query: str, matches: Iterable[Match]) -> Json:
    """Whose each of these links is, and what is at the other end of its cable."""
    return {
        "schema": SCHEMA,
        "kind": "who",
        "query": json_text(query),
        "complete": graph.visibility.complete,
        "matches": [_match(graph, match) for match in matches],
    }


def _match(graph: Inventory, match: Match) -> Json:
    link = match.link
    if link is None:
        return {
            "link": None,
            "address": graph.address(match.namespace),
            "namespace": match.namespace,
            "owners": [owner_form(owner) for owner in graph.owners(match.namespace)],
            "peer": None,
            "peer_state": None,
            "attached_to": None,
        }
    ends = graph.ends(link.id)
    return {
        "link": str(link.id),
        "address": graph.address(link.id),
        "namespace": link.id.namespace,
        "owners": [owner_form(owner) for owner in owners_of(graph, link)],
        "peer": _hidden_peer(graph, link.id) or _peer(graph, ends.peer),
        "peer_state": state_form(ends.peer),
        "attached_to": graph.address(ends.master) if isinstance(ends.master, LinkId) else None,
        "name": json_text(link.name),
        "kind": link.kind,
        "mac": link.mac,
        "addresses": [address.cidr for address in graph.addresses(link.id)],
        "parent": graph.address(ends.parent) if isinstance(ends.parent, LinkId) else None,
        "parent_state": state_form(ends.parent),
        "held_by": holder_form(graph.holder(link.id)),
    }


def owners_of(graph: Inventory, link: Link) -> tuple[Owner, ...]:
    """Whose a link is: its namespace's owners, or the VM that holds it. The host's own links are nobody's."""
    holder = graph.holder(link.id)
    if holder is not None and holder.owner is not None:
        return (holder.owner,)
    return tuple(owner for owner in graph.owners(link.id.namespace) if owns_links(owner))


def _hidden_peer(graph: Inventory, link: LinkId) -> Json | None:
    """Whose the other end is, where the end itself cannot be read."""
    behind = graph.behind(link)
    if behind is None:
        return None
    owners = [owner_form(owner) for owner in graph.owners(behind)]
    return {"link": None, "address": None, "namespace": behind, "owners": owners, "addresses": []}


def _peer(graph: Inventory, peer: End) -> Json | None:
    link = graph.link(peer) if isinstance(peer, LinkId) else None
    if link is None:
        return None
    return {
        "link": str(link.id),
        "address": graph.address(link.id),
        "namespace": link.id.namespace,
        "owners": [owner_form(owner) for owner in owners_of(graph, link)],
        "addresses": [address.cidr for address in graph.addresses(link.id)],
    }


def _warnings(graph: Inventory) -> list[Json]:
    unseen: list[Json] = [
        {"code": "not-visible", "subject": None, "text": json_text(sentence)} for sentence in graph.visibility.missing
    ]
    return unseen + [
        {"code": caution.code, "subject": str(caution.subject), "text": json_text(caution.text)}
        for caution in graph.warnings()
    ]


def _value(change: Change, value: Value, address: str, standing: Standing | None) -> object:
    form: object
    match value:
        case None | bool() | int():
            form = value
        case str():
            form = json_text(value)
        case LinkId() | Unseen():
            form = id_form(value)
        case Link():
            form = link_form(value, address, standing or Standing())
        case Namespace():
            form = _namespace_value(change, value)
        case Owner():
            form = owner_form(value)
        case Holder():
            form = holder_form(value)
        case BridgePort():
            form = port_form(value)
        case Bridge() | Macvlan() | Vlan() | Vxlan() | Tun():
            form = detail_form(value)
        case tuple():
            form = [json_text(str(text)) for text in value]
        case _:
            assert_never(value)
    return form


def _namespace_value(change: Change, namespace: Namespace) -> Json:
    """A namespace as it comes and goes: its owners are told one by one. Where it only changed, without them."""
    form = namespace_form(namespace, change.address, ())
    if change.what is What.NAMESPACE:
        del form["owners"]
    return form


def _text(text: str | None) -> str | None:
    return None if text is None else json_text(text)


_PORT_FIELDS = tuple(field.name for field in dataclasses.fields(BridgePort))
