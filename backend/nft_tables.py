"""One table of nf_tables as the kernel has it, by netlink, in a form in which two that do the same are equal.

Left out is what says nothing about what happens to a frame: handles, counts, comments, the names of anonymous sets.
Source: linux/netfilter/nf_tables.h.
"""

import errno
import struct
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from backend.attributes import attribute, each, walk
from backend.hooks_nft import (
    NFT_MSG_GETCHAIN,
    NFT_MSG_GETTABLE,
    NFTA_CHAIN_HOOK,
    NFTA_CHAIN_NAME,
    NFTA_CHAIN_POLICY,
    NFTA_CHAIN_TABLE,
    NFTA_DEVICE_PREFIX,
    NFTA_HOOK_DEV,
    NFTA_HOOK_DEVS,
    NFTA_HOOK_HOOKNUM,
    NFTA_TABLE_FLAGS,
    NFTA_TABLE_NAME,
)
from backend.netlink_sockets import AskingSocket, DumpInterrupted
from backend.rtnetlink import NLM_F_DUMP, Message, request

_SUBSYSTEM: Final = 10 << 8
NFT_MSG_GETRULE, NFT_MSG_GETSET, NFT_MSG_GETSETELEM = _SUBSYSTEM | 7, _SUBSYSTEM | 10, _SUBSYSTEM | 13
NFT_MSG_GETGEN, NFTA_GEN_ID = _SUBSYSTEM | 16, 1
NFTA_HOOK_PRIORITY: Final = 2
NFTA_CHAIN_TYPE, NFTA_CHAIN_FLAGS = 7, 10
NFTA_RULE_TABLE, NFTA_RULE_CHAIN, NFTA_RULE_EXPRESSIONS = 1, 2, 4
NFTA_EXPR_NAME, NFTA_EXPR_DATA = 1, 2
NFTA_LOOKUP_SET: Final = 1
NFTA_COUNTER_PACKETS: Final = 2
NFTA_SET_TABLE, NFTA_SET_NAME, NFTA_SET_FLAGS, NFTA_SET_KEY_LEN = 1, 2, 3, 5
NFTA_SET_DATA_LEN, NFTA_SET_POLICY, NFTA_SET_DESC, NFTA_SET_TIMEOUT, NFTA_SET_GC_INTERVAL = 7, 8, 9, 11, 12
NFTA_SET_EXPR, NFTA_SET_EXPRESSIONS = 17, 18
NFTA_SET_ELEM_LIST_TABLE, NFTA_SET_ELEM_LIST_SET, NFTA_SET_ELEM_LIST_ELEMENTS = 1, 2, 3
NFT_SET_ANONYMOUS, NFT_SET_EVAL = 1, 0x20
_SET_SETTINGS: Final = (
    NFTA_SET_FLAGS,
    NFTA_SET_KEY_LEN,
    NFTA_SET_DATA_LEN,
    NFTA_SET_POLICY,
    NFTA_SET_DESC,
    NFTA_SET_TIMEOUT,
    NFTA_SET_GC_INTERVAL,
    NFTA_SET_EXPR,
    NFTA_SET_EXPRESSIONS,
)
_NOT_THERE: Final = (errno.ENOENT, errno.EINVAL, errno.EOPNOTSUPP, errno.EPROTONOSUPPORT)
_TRIES: Final = 4

_nfgenmsg = struct.Struct("=BBH")
_be32 = struct.Struct("!I")

Settings = tuple[bytes | None, ...]


class Set(NamedTuple):
    """A set or a map."""

    settings: Settings
    elements: frozenset[bytes]
    """The attributes of each, as they are. None of a set that packets write to: what it holds is no rule."""


class Expression(NamedTuple):
    """One step of a rule."""

    name: str
    told: bytes
    looks_in: Set | None = None
    """The anonymous set that it asks."""


Rule = tuple[Expression, ...]


class Chain(NamedTuple):
    """A chain; `settings` is empty where it is no base chain."""

    settings: Settings
    """Type, hook, priority, policy and flags."""
    devices: tuple[str, ...]
    """That it is bound to by name; of a pattern, its beginning and a `*`."""
    rules: tuple[Rule, ...]


class Table(NamedTuple):
    """A table without what its packets have left in it."""

    flags: int
    chains: dict[str, Chain]
    sets: dict[str, Set]
    """The named ones."""


def read_table(asking: AskingSocket, family: int, name: str) -> Table | None:
    """In the namespace of a NETLINK_NETFILTER socket; None: there is none such.

    Raises OSError; EAGAIN where rules change all the time.
    """
    for _ in range(_TRIES):
        before = generation(asking)
        try:
            table = _table(asking, family, name)
        except DumpInterrupted:
            continue
        if generation(asking) == before:
            return table
    raise OSError(errno.EAGAIN, "the rules change faster than they can be read")


def generation(asking: AskingSocket) -> int:
    """It grows with each change of any table, whosever. Raises OSError."""
    answer = asking.ask(request(NFT_MSG_GETGEN, 0, _nfgenmsg.pack(0, 0, 0)))
    return 0 if answer is None else _number(_fields(answer).get(NFTA_GEN_ID))


def counted(asking: AskingSocket, family: int, name: str) -> dict[str, int]:
    """The frames that the counters of each chain of a table have counted, all together. Raises OSError."""
    found: dict[str, int] = {}
    for fields in _dump(asking, NFT_MSG_GETRULE, family, attribute(NFTA_RULE_TABLE, _c_string(name))):
        listed, chain = fields.get(NFTA_RULE_EXPRESSIONS, b""), text(fields[NFTA_RULE_CHAIN])
        for _, at, size in each(listed, 0, len(listed)):
            told = nest(listed[at : at + size])
            if text(told[NFTA_EXPR_NAME]) == "counter":
                packets = nest(told[NFTA_EXPR_DATA])[NFTA_COUNTER_PACKETS]
                found[chain] = found.get(chain, 0) + int.from_bytes(packets)
    return found


def keys(elements: frozenset[bytes]) -> Iterator[dict[int, bytes]]:
    """The attributes of each element of a set."""
    return map(nest, elements)


def nest(payload: bytes) -> dict[int, bytes]:
    """The attributes in it, where none is there twice."""
    return {kind: payload[at : at + size] for kind, (at, size) in walk(payload, 0, len(payload)).items()}


def text(raw: bytes) -> str:
    """A C string."""
    return raw.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def _table(asking: AskingSocket, family: int, name: str) -> Table | None:
    flags = [
        _number(fields.get(NFTA_TABLE_FLAGS))
        for fields in _dump(asking, NFT_MSG_GETTABLE, family)
        if text(fields[NFTA_TABLE_NAME]) == name
    ]
    if not flags:
        return None
    sets = {
        text(fields[NFTA_SET_NAME]): _set(asking, family, fields)
        for fields in _dump(asking, NFT_MSG_GETSET, family, attribute(NFTA_SET_TABLE, _c_string(name)))
        if text(fields[NFTA_SET_TABLE]) == name
    }
    rules: dict[str, list[Rule]] = {}
    for fields in _dump(asking, NFT_MSG_GETRULE, family, attribute(NFTA_RULE_TABLE, _c_string(name))):
        if text(fields[NFTA_RULE_TABLE]) == name:
            rules.setdefault(text(fields[NFTA_RULE_CHAIN]), []).append(_rule(fields, sets))
    chains = {
        chain: _chain(fields, rules.get(chain, ()))
        for fields in _dump(asking, NFT_MSG_GETCHAIN, family)
        if text(fields[NFTA_CHAIN_TABLE]) == name
        for chain in (text(fields[NFTA_CHAIN_NAME]),)
    }
    return Table(flags[0], chains, {name: one for name, one in sets.items() if not _is(one, NFT_SET_ANONYMOUS)})


def _chain(fields: dict[int, bytes], rules: Iterable[Rule]) -> Chain:
    if NFTA_CHAIN_HOOK not in fields:
        return Chain((), (), tuple(rules))
    hook = nest(fields[NFTA_CHAIN_HOOK])
    several = hook.get(NFTA_HOOK_DEVS, b"")
    devices = [
        text(several[at : at + size]) + ("*" if kind == NFTA_DEVICE_PREFIX else "")
        for kind, at, size in each(several, 0, len(several))
    ]
    if NFTA_HOOK_DEV in hook and not devices:
        devices.append(text(hook[NFTA_HOOK_DEV]))
    settings = (
        *(hook.get(kind) for kind in (NFTA_HOOK_HOOKNUM, NFTA_HOOK_PRIORITY)),
        *(fields.get(kind) for kind in (NFTA_CHAIN_TYPE, NFTA_CHAIN_POLICY, NFTA_CHAIN_FLAGS)),
    )
    return Chain(settings, tuple(devices), tuple(rules))


def _rule(fields: dict[int, bytes], sets: dict[str, Set]) -> Rule:
    listed = fields.get(NFTA_RULE_EXPRESSIONS, b"")
    return tuple(_expression(nest(listed[at : at + size]), sets) for _, at, size in each(listed, 0, len(listed)))


def _expression(fields: dict[int, bytes], sets: dict[str, Set]) -> Expression:
    name, told = text(fields[NFTA_EXPR_NAME]), fields.get(NFTA_EXPR_DATA, b"")
    match name:
        case "counter":
            return Expression(name, b"")
        case "lookup":
            asked = nest(told)
            looks_in = sets.get(text(asked[NFTA_LOOKUP_SET]))
            if looks_in is not None and _is(looks_in, NFT_SET_ANONYMOUS):
                del asked[NFTA_LOOKUP_SET]
                return Expression(name, b"".join(attribute(*one) for one in sorted(asked.items())), looks_in)
    return Expression(name, told)


def _set(asking: AskingSocket, family: int, fields: dict[int, bytes]) -> Set:
    settings = tuple(fields.get(kind) for kind in _SET_SETTINGS)
    if _number(fields.get(NFTA_SET_FLAGS)) & NFT_SET_EVAL:
        return Set(settings, frozenset())
    asked = attribute(NFTA_SET_ELEM_LIST_TABLE, fields[NFTA_SET_TABLE])
    asked += attribute(NFTA_SET_ELEM_LIST_SET, fields[NFTA_SET_NAME])
    found: set[bytes] = set()
    for answer in _dump(asking, NFT_MSG_GETSETELEM, family, asked):
        listed = answer.get(NFTA_SET_ELEM_LIST_ELEMENTS, b"")
        found.update(listed[at : at + size] for _, at, size in each(listed, 0, len(listed)))
    return Set(settings, frozenset(found))


def _is(one: Set, flag: int) -> bool:
    return bool(_number(one.settings[0]) & flag)


def _dump(asking: AskingSocket, kind: int, family: int, asked: bytes = b"") -> list[dict[int, bytes]]:
    """The attributes of each answer; nothing where there is no such table or set. Raises OSError or DumpInterrupted."""
    try:
        answers = asking.dump(request(kind, NLM_F_DUMP, _nfgenmsg.pack(family, 0, 0) + asked))
    except OSError as error:
        if error.errno in _NOT_THERE:
            return []
        raise
    return [_fields(answer) for answer in answers]


def _fields(message: Message) -> dict[int, bytes]:
    return nest(message.buffer[message.start + _nfgenmsg.size : message.end])


def _number(raw: bytes | None) -> int:
    return int(_be32.unpack(raw)[0]) if raw else 0


def _c_string(word: str) -> bytes:
    return word.encode() + b"\0"
