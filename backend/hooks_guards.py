"""Our own guards as the kernel has them: who is who, from the sets of our table. By netlink: no nft program is needed.

A table of that name whose rules are not those that we write is nobody's guard. Sources: linux/netfilter/nf_tables.h;
model.guard_rules.
"""

import errno
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from backend.attributes import attribute, each, walk
from backend.hooks_traffic import Device
from backend.kernel_modules import is_loaded
from backend.netlink_sockets import AskingSocket, DumpInterrupted
from backend.rtnetlink import NLM_F_DUMP, Message, request
from model.ethernet import link_local
from model.guard import Guard, Seal
from model.guard_rules import TABLE, Family, device_of_chain, rules_by_chain
from model.identity import LinkId

NETLINK_NETFILTER: Final = 12
_SUBSYSTEM: Final = 10 << 8
NFT_MSG_GETRULE, NFT_MSG_GETSETELEM = _SUBSYSTEM | 7, _SUBSYSTEM | 13
NFTA_RULE_TABLE, NFTA_RULE_CHAIN = 1, 2
NFTA_SET_ELEM_LIST_TABLE, NFTA_SET_ELEM_LIST_SET, NFTA_SET_ELEM_LIST_ELEMENTS = 1, 2, 3
NFTA_SET_ELEM_KEY, NFTA_DATA_VALUE = 1, 1
_FAMILIES: Final = {Family.NETDEV: 5, Family.BRIDGE: 7}
_NAME_SIZE: Final = 16
_NOT_THERE: Final = (errno.ENOENT, errno.EINVAL, errno.EOPNOTSUPP, errno.EPROTONOSUPPORT)

_nfgenmsg = struct.Struct("=BBH")
_be16 = struct.Struct("!H")


def loaded_guards(devices: Iterable[Device]) -> dict[Family, dict[LinkId, Guard] | None]:
    """In the calling thread's namespace, by the way they hook in; None: that table is not there, or not ours.

    Raises OSError (EPERM without root).
    """
    if not is_loaded("nf_tables"):
        return {}
    asking = AskingSocket(NETLINK_NETFILTER)
    try:
        return {family: _guards(asking, family, devices) for family in Family}
    finally:
        asking.close()


def _guards(asking: AskingSocket, family: Family, devices: Iterable[Device]) -> dict[LinkId, Guard] | None:
    counted = _rules(asking, family)
    named = {device: counted.pop(chain) for chain in list(counted) if (device := device_of_chain(chain)) is not None}
    if counted != rules_by_chain(family) or set(named.values()) - {1}:
        return None
    guarded = set(named) if family is Family.NETDEV else {_name(key) for key in _elements(asking, family, "guarded")}
    who = _Who(asking, family)
    found = {device.link: who.guard(device.name) for device in devices if device.name in guarded}
    if None in found.values():
        return None
    return {link: guard for link, guard in found.items() if guard is not None}


def _rules(asking: AskingSocket, family: Family) -> Counter[str]:
    found: Counter[str] = Counter()
    for message in _dump(asking, NFT_MSG_GETRULE, family, attribute(NFTA_RULE_TABLE, _c_string(TABLE))):
        fields = _fields(message)
        if _text(fields.get(NFTA_RULE_TABLE, b"")) == TABLE:
            found[_text(fields.get(NFTA_RULE_CHAIN, b""))] += 1
    return found


class _Who:
    """What the sets say, by device."""

    def __init__(self, asking: AskingSocket, family: Family) -> None:
        kinds = ("macs", "ipv4", "ipv6", "dhcp", "sealed", "seal_hosts", "seal_tcp", "seal_udp")
        self._told: dict[tuple[str, str], list[bytes]] = {}
        for kind in kinds:
            for key in _elements(asking, family, kind):
                self._told.setdefault((kind, _name(key)), []).append(key[_NAME_SIZE:])

    def guard(self, device: str) -> Guard | None:
        """None: it is not guarded by one MAC, or sealed to one host, as all that we write are."""
        macs = self._of("macs", device)
        if len(macs) != 1:
            return None
        mac = _mac(macs[0])
        own = link_local(mac)
        ipv6 = (str(IPv6Address(raw[:16])) for raw in self._of("ipv6", device))
        if not self._of("sealed", device):
            ipv4 = tuple(sorted(str(IPv4Address(raw[:4])) for raw in self._of("ipv4", device)))
            others = tuple(sorted(address for address in ipv6 if address != own))
            return Guard((device,), mac, ipv4, others, bool(self._of("dhcp", device)))
        hosts = self._of("seal_hosts", device)
        if len(hosts) != 1:
            return None
        host = str(IPv6Address(hosts[0][8:24]))
        seal = Seal(_mac(hosts[0]), host, self._ports("seal_tcp", device), self._ports("seal_udp", device))
        return Guard((device,), mac, dhcp=False, seal=seal)

    def _ports(self, kind: str, device: str) -> tuple[int, ...]:
        return tuple(sorted(_be16.unpack_from(raw)[0] for raw in self._of(kind, device)))

    def _of(self, kind: str, device: str) -> list[bytes]:
        return self._told.get((kind, device), [])


def _elements(asking: AskingSocket, family: Family, name: str) -> Iterator[bytes]:
    """The keys of a set: fields one after the other, each padded to 4 bytes."""
    asked = attribute(NFTA_SET_ELEM_LIST_TABLE, _c_string(TABLE)) + attribute(NFTA_SET_ELEM_LIST_SET, _c_string(name))
    for message in _dump(asking, NFT_MSG_GETSETELEM, family, asked):
        listed = _fields(message).get(NFTA_SET_ELEM_LIST_ELEMENTS, b"")
        for _, at, size in each(listed, 0, len(listed)):
            key = _nest(_nest(listed[at : at + size]).get(NFTA_SET_ELEM_KEY, b"")).get(NFTA_DATA_VALUE)
            if key is not None:
                yield key


def _dump(asking: AskingSocket, kind: int, family: Family, asked: bytes) -> list[Message]:
    """Nothing where there is no such table or set. Raises OSError; EAGAIN where rules change all the time."""
    body = _nfgenmsg.pack(_FAMILIES[family], 0, 0) + asked
    for _ in range(4):
        try:
            return asking.dump(request(kind, NLM_F_DUMP, body))
        except DumpInterrupted:
            continue
        except OSError as error:
            if error.errno in _NOT_THERE:
                return []
            raise
    raise OSError(errno.EAGAIN, "the rules change faster than they can be read")


def _fields(message: Message) -> dict[int, bytes]:
    return _nest(message.buffer[message.start + _nfgenmsg.size : message.end])


def _nest(payload: bytes) -> dict[int, bytes]:
    return {kind: payload[at : at + size] for kind, (at, size) in walk(payload, 0, len(payload)).items()}


def _name(key: bytes) -> str:
    return _text(key[:_NAME_SIZE])


def _mac(raw: bytes) -> str:
    return raw[:6].hex(":")


def _c_string(text: str) -> bytes:
    return text.encode() + b"\0"


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
