"""Our own guards as the kernel has them: who is who, from the sets of our table, by netlink.

A table of that name is ours while all of it but who is who is what nft makes of our text: that is loaded into an empty
namespace, and the two are compared. Rules that another release of nft loaded may differ from it: they are no guards
either, until they are loaded again. Source: model.guard_rules.
"""

import threading
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Final, NamedTuple

from backend.hooks_nft import NETLINK_NETFILTER
from backend.hooks_traffic import Device
from backend.kernel_modules import is_loaded
from backend.netlink_sockets import AskingSocket
from backend.netns import unshare_netns
from backend.nft import nft
from backend.nft_tables import Chain, Table, nest, read_table, text
from model.ethernet import link_local
from model.guard import Guard, Seal
from model.guard_rules import TABLE, Family, chain_name, device_of_chain, guard_elements, table_text
from model.identity import LinkId

NFTA_SET_ELEM_KEY, NFTA_DATA_VALUE = 1, 1
_FAMILIES: Final = {Family.NETDEV: 5, Family.BRIDGE: 7}
_NAME_SIZE: Final = 16
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "guarded": (),
    "closed": (),
    "macs": ("mac",),
    "hardware": ("number of 6",),
    "ipv4": ("ipv4",),
    "ipv6": ("ipv6",),
    "targets": ("number of 16",),
    "dhcp": (),
    "sealed": (),
    "seal_hosts": ("mac", "ipv6"),
    "seal_targets": ("number of 16",),
    "seal_tcp": ("port",),
    "seal_udp": ("port",),
}
"""Of the sets that say who is who: what stands after the device's name. Packets write to the others."""
_SIZES: Final = {"mac": 6, "number of 6": 6, "ipv4": 4, "ipv6": 16, "number of 16": 16, "port": 2}
_SAMPLE: Final = Guard(("lo",), "02:00:00:00:00:01")
"""Where a chain must have its device, this one is in every namespace."""
_known: dict[Family, Table] = {}


class Loaded(NamedTuple):
    """Our table in one family."""

    guards: Mapping[LinkId, Guard]
    problem: str = ""
    """Why it is not taken for ours: then nothing is known of who is guarded."""


def loaded_guards(devices: Iterable[Device]) -> dict[Family, Loaded]:
    """In the calling thread's namespace, by the way they hook in; without those of which there is no table.

    Raises OSError (EPERM without root).
    """
    if not is_loaded("nf_tables"):
        return {}
    found = {family: _table(family) for family in Family}
    return {family: _loaded(table, family, devices) for family, table in found.items() if table is not None}


def standing_guards(family: Family) -> dict[str, Guard] | str:
    """Those that hold in the calling thread's namespace, by device, whole and as we write them; or why it is not known.

    Raises OSError.
    """
    table = _table(family) if is_loaded("nf_tables") else None
    if table is None:
        return {}
    written = _written(family)
    if isinstance(written, str):
        return written
    like = _device_chain(written)
    chains = {
        name: chain
        for name, chain in table.chains.items()
        if (device := device_of_chain(name)) is None or (like is not None and chain == like._replace(devices=(device,)))
    }
    table = table._replace(chains=chains)
    if _difference(table, written):
        return {}
    told = _by_device(table)
    if family is Family.NETDEV:
        told = {device: held for device, held in told.items() if chain_name(device) in chains}
    guards = {device: guard for device in told if (guard := _guard(device, told[device])) is not None}
    return {
        device: guard for device, guard in guards.items() if _elements(device, told) == guard_elements([guard], family)
    }


def _table(family: Family) -> Table | None:
    asking = AskingSocket(NETLINK_NETFILTER)
    try:
        return read_table(asking, _FAMILIES[family], TABLE)
    finally:
        asking.close()


def _loaded(table: Table, family: Family, devices: Iterable[Device]) -> Loaded:
    written = _written(family)
    problem = written if isinstance(written, str) else _difference(table, written)
    if problem:
        return Loaded({}, problem)
    told = _by_device(table)
    guards = {device: guard for device in told if (guard := _guard(device, told[device])) is not None}
    chained = {device for chain in table.chains if (device := device_of_chain(chain)) is not None}
    elements = {element for device in told for element in _elements(device, told)}
    if elements != guard_elements(guards.values(), family) or (family is Family.NETDEV and chained != guards.keys()):
        return Loaded({}, "its sets are not filled as jackfield fills them")
    return Loaded({device.link: guards[device.name] for device in devices if device.name in guards})


def _difference(found: Table, written: Table) -> str:
    """What is not as we write it, whoever is guarded; empty: nothing."""
    if found.flags != written.flags:
        return "its flags are not as jackfield writes them"
    ours = {name: chain for name, chain in written.chains.items() if device_of_chain(name) is None}
    like = _device_chain(written)
    for name in found.chains:
        device = device_of_chain(name)
        if device is not None and like is not None:
            ours[name] = like._replace(devices=(device,))
    sets, our_sets = ({name: one.settings for name, one in table.sets.items()} for table in (found, written))
    return _unlike("chain", found.chains, ours) or _unlike("set", sets, our_sets)


def _device_chain(written: Table) -> Chain | None:
    return next((chain for name, chain in written.chains.items() if device_of_chain(name) is not None), None)


def _unlike(what: str, found: Mapping[str, object], ours: Mapping[str, object]) -> str:
    differ = sorted(name for name in found.keys() | ours.keys() if found.get(name) != ours.get(name))
    return f"its {what} {differ[0]} is not as jackfield writes it" if differ else ""


def _written(family: Family) -> Table | str:
    """Our table with one device guarded, as the kernel has it when nft has loaded it; or why that is not known."""
    if family not in _known:
        answers: list[Table | str] = []
        thread = threading.Thread(target=lambda: answers.append(_loaded_elsewhere(family)), name="elsewhere")
        thread.start()
        thread.join()
        if isinstance(answers[0], str):
            return answers[0]
        _known[family] = answers[0]
    return _known[family]


def _loaded_elsewhere(family: Family) -> Table | str:
    """In a namespace that ends with the calling thread."""
    try:
        unshare_netns()
        problem = nft(None, ("-f", "-"), table_text([_SAMPLE], family)).problem
        table = _table(family)
    except OSError as error:
        return f"jackfield cannot compare it with what it writes: {error.strerror}"
    if problem is not None or table is None:
        return f"jackfield cannot compare it with what it writes: {problem.text if problem else 'it was not loaded'}"
    return table


def _by_device(table: Table) -> dict[str, list[tuple[str, str]]]:
    """Device -> (set, what stands there after the device's name, as the generator writes it)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for kind, fields in _FIELDS.items():
        for element in table.sets[kind].elements if kind in table.sets else ():
            attributes = nest(element)
            key = nest(attributes.get(NFTA_SET_ELEM_KEY, b"")).get(NFTA_DATA_VALUE, b"")
            rest = _fields(key[_NAME_SIZE:], fields) if len(attributes) == 1 else " with more"
            found.setdefault(text(key[:_NAME_SIZE]), []).append((kind, rest))
    return found


def _elements(device: str, told: Mapping[str, Iterable[tuple[str, str]]]) -> set[tuple[str, str]]:
    """What the sets say of a device, as the generator writes it."""
    return {(kind, f'"{device}"{rest}') for kind, rest in told[device]}


def _fields(key: bytes, forms: Iterable[str]) -> str:
    """Fields one after the other, each padded to 4 bytes, as text."""
    words, at = "", 0
    for form in forms:
        raw = key[at : at + _SIZES[form]]
        words += f" . {_word(form, raw)}"
        at += -(-_SIZES[form] // 4) * 4
    return words


def _word(form: str, raw: bytes) -> str:
    match form:
        case "mac":
            return raw.hex(":")
        case "ipv4":
            return str(IPv4Address(raw))
        case "ipv6":
            return str(IPv6Address(raw))
        case "port":
            return str(int.from_bytes(raw))
    return f"0x{raw.hex()}"


def _guard(device: str, held: Iterable[tuple[str, str]]) -> Guard | None:
    """None: it is not guarded by one MAC, or sealed to one host, as all that we write are."""
    told: dict[str, list[list[str]]] = {}
    for kind, rest in held:
        told.setdefault(kind, []).append(rest.split(" . ")[1:])
    if "closed" in told:
        return Guard((device,), closed=True)
    if len(told.get("macs", ())) != 1:
        return None
    mac = told["macs"][0][0]
    ipv6 = tuple(sorted(address for (address,) in told.get("ipv6", ()) if address != link_local(mac)))
    if "sealed" not in told:
        return Guard((device,), mac, _first(told, "ipv4"), ipv6, "dhcp" in told)
    if len(told.get("seal_hosts", ())) != 1:
        return None
    host_mac, host = told["seal_hosts"][0]
    tcp, udp = (tuple(sorted(map(int, _first(told, kind)))) for kind in ("seal_tcp", "seal_udp"))
    return Guard((device,), mac, ipv6=ipv6, dhcp=False, seal=Seal(host_mac, host, tcp, udp))


def _first(told: Mapping[str, list[list[str]]], kind: str) -> tuple[str, ...]:
    return tuple(sorted(fields[0] for fields in told.get(kind, ())))
