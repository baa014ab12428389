"""The base chains of nf_tables, by netlink: no nft program is needed. Sources: linux/netfilter/nf_tables.h, nft(8)."""

import errno
import struct
from collections.abc import Iterable, Iterator
from typing import Final

from backend.attributes import each, walk
from backend.hooks_traffic import Device
from backend.kernel_modules import is_loaded
from backend.netlink_sockets import AskingSocket, DumpInterrupted
from backend.rtnetlink import NLM_F_DUMP, Message, request
from model.conditions import Hook, HookKind, Stage
from model.identity import LinkId

NETLINK_NETFILTER: Final = 12
_SUBSYSTEM: Final = 10 << 8
NFT_MSG_GETTABLE, NFT_MSG_GETCHAIN = _SUBSYSTEM | 1, _SUBSYSTEM | 4
NFTA_TABLE_NAME, NFTA_TABLE_FLAGS = 1, 2
NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME, NFTA_CHAIN_HOOK, NFTA_CHAIN_POLICY, NFTA_CHAIN_USE = 1, 3, 4, 5, 6
NFTA_HOOK_HOOKNUM, NFTA_HOOK_DEV, NFTA_HOOK_DEVS = 1, 3, 4
NFTA_DEVICE_NAME, NFTA_DEVICE_PREFIX = 1, 2
NFT_TABLE_F_DORMANT: Final = 1
NF_ACCEPT: Final = 1

FAMILIES: Final = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}
_STAGES: Final = {"bridge": Stage.BRIDGE, "arp": Stage.ARP}
_CHAINS: Final = ("prerouting", "input", "forward", "output", "postrouting", "ingress")
_ARP_CHAINS: Final = ("input", "output", "forward")
_NETDEV_CHAINS: Final = ("ingress", "egress")
_TRIES: Final = 4

_nfgenmsg = struct.Struct("=BBH")
_be32 = struct.Struct("!I")


def nft_hooks(devices: Iterable[Device]) -> Iterator[Hook]:
    """Base chains that may drop something, in the calling thread's namespace. Raises OSError (EPERM without root).

    An empty chain whose policy accepts passes everything, and so does a dormant table.
    """
    if not is_loaded("nf_tables"):
        return
    asking = AskingSocket(NETLINK_NETFILTER)
    try:
        tables = _dump(asking, NFT_MSG_GETTABLE)
        chains = _dump(asking, NFT_MSG_GETCHAIN)
    finally:
        asking.close()
    dormant = {key for key, is_dormant in map(_table, tables) if is_dormant}
    links = {device.name: device.link for device in devices}
    for chain in chains:
        yield from _hooks_of(chain, dormant, links)


def _dump(asking: AskingSocket, kind: int) -> list[Message]:
    found: list[Message] = []
    for _ in range(_TRIES):
        try:
            return asking.dump(request(kind, NLM_F_DUMP, _nfgenmsg.pack(0, 0, 0)))
        except DumpInterrupted as interrupted:
            found = interrupted.messages
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.EOPNOTSUPP, errno.EPROTONOSUPPORT):  # a kernel without nf_tables
                return []
            raise
    return found


def _table(message: Message) -> tuple[tuple[int, str], bool]:
    fields = _fields(message)
    flags = _be32.unpack(fields[NFTA_TABLE_FLAGS])[0] if NFTA_TABLE_FLAGS in fields else 0
    return (message.buffer[message.start], _text(fields[NFTA_TABLE_NAME])), bool(flags & NFT_TABLE_F_DORMANT)


def _hooks_of(chain: Message, dormant: set[tuple[int, str]], links: dict[str, LinkId]) -> Iterator[Hook]:
    fields = _fields(chain)
    number = chain.buffer[chain.start]
    family, table = FAMILIES.get(number, str(number)), _text(fields[NFTA_CHAIN_TABLE])
    if NFTA_CHAIN_HOOK not in fields or (number, table) in dormant or _passes_all(fields):
        return
    hook = fields[NFTA_CHAIN_HOOK]
    places = {kind: hook[at : at + size] for kind, (at, size) in walk(hook, 0, len(hook)).items()}
    names = {"arp": _ARP_CHAINS, "netdev": _NETDEV_CHAINS}.get(family, _CHAINS)
    at = _be32.unpack(places[NFTA_HOOK_HOOKNUM])[0]
    where = names[at] if at < len(names) else str(at)
    name = f"{family} {table} {_text(fields[NFTA_CHAIN_NAME])}"
    if where in _NETDEV_CHAINS:
        for link in _bound_to(places, links):
            yield Hook(HookKind.NFT, Stage.LINK, name, link, where)
    else:
        yield Hook(HookKind.NFT, _STAGES.get(family, Stage.IP), name, None, where)


def _passes_all(fields: dict[int, bytes]) -> bool:
    policy = _be32.unpack(fields[NFTA_CHAIN_POLICY])[0] if NFTA_CHAIN_POLICY in fields else NF_ACCEPT
    use = _be32.unpack(fields[NFTA_CHAIN_USE])[0] if NFTA_CHAIN_USE in fields else 1
    return bool(policy == NF_ACCEPT and use == 0)


def _bound_to(places: dict[int, bytes], links: dict[str, LinkId]) -> Iterator[LinkId]:
    names = [_text(places[NFTA_HOOK_DEV])] if NFTA_HOOK_DEV in places else []
    prefixes: list[str] = []
    nest = places.get(NFTA_HOOK_DEVS, b"")
    for kind, at, size in each(nest, 0, len(nest)):
        word = _text(nest[at : at + size])
        (names if kind == NFTA_DEVICE_NAME else prefixes).append(word)
    for name, link in links.items():
        if name in names or any(name.startswith(prefix) for prefix in prefixes):
            yield link


def _fields(message: Message) -> dict[int, bytes]:
    start = message.start + _nfgenmsg.size
    places = walk(message.buffer, start, message.end)
    return {kind: message.buffer[start + at : start + at + size] for kind, (at, size) in places.items()}


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
