"""Filters that hang on one link: tc, tcx and XDP. Sources: tc(8), rtnetlink(7), linux/bpf.h, linux/if_link.h."""

import ctypes
import errno
import os
import struct
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from backend.attributes import walk
from backend.netlink_sockets import AskingSocket, DumpInterrupted
from backend.rtnetlink import (
    IFLA_IFNAME,
    IFLA_INFO_DATA,
    IFLA_INFO_KIND,
    IFLA_LINKINFO,
    NLM_F_DUMP,
    Message,
    get_links,
    request,
)
from model.conditions import Hook, HookKind, Stage
from model.identity import LinkId, NamespaceId

RTM_GETQDISC, RTM_GETTFILTER = 38, 46
TCA_KIND: Final = 1
IFLA_XDP, IFLA_XDP_ATTACHED = 43, 2
_BRIDGE_CALLS: Final = {36: "ip", 37: "ip6", 38: "arp"}
"""IFLA_BR_NF_CALL_IPTABLES ...: a bridge's own switches beside the namespace's sysctls."""
_CLSACT: Final = {0xFFFFFFF2: "ingress", 0xFFFFFFF3: "egress"}
_INGRESS: Final = 0xFFFF0000
_PLAIN_QDISCS: Final = frozenset(
    {
        "noqueue",
        "noop",
        "pfifo",
        "bfifo",
        "pfifo_fast",
        "pfifo_head_drop",
        "fq",
        "fq_codel",
        "codel",
        "cake",
        "mq",
        "sfq",
    }
)
"""Kinds that hand on what they get."""
_LOSSY_QDISCS: Final = frozenset({"netem"})
_TRIES: Final = 4

BPF_PROG_QUERY: Final = 16
_TCX: Final = {46: "ingress", 47: "egress"}
_NETKIT: Final = {54: "primary", 55: "peer"}
_BPF_NUMBERS: Final = {
    "x86_64": 321, "aarch64": 280, "riscv64": 280, "loongarch64": 280, "ppc64le": 361, "s390x": 351, "armv7l": 386,
    "i686": 357,
}  # fmt: skip

_ifinfo = struct.Struct("=BxHiII")
_tcmsg = struct.Struct("=BxxxiIII")
_query = struct.Struct("=IIIIQI4x32x")
_libc = ctypes.CDLL(None, use_errno=True)


class Device(NamedTuple):
    """A link as far as filters are concerned."""

    link: LinkId
    name: str
    kind: str
    has_xdp: bool
    calls: frozenset[str]
    """A bridge: the families whose hooks it calls by its own will."""


def devices(namespace: NamespaceId, asking: AskingSocket) -> list[Device]:
    """All links of the namespace that `asking` was made in. Raises OSError."""
    return [_device(namespace, message) for message in _dump(asking, get_links(None))]


def xdp_hooks(found: Iterable[Device]) -> Iterator[Hook]:
    """XDP programs."""
    for device in found:
        if device.has_xdp:
            yield Hook(HookKind.XDP, Stage.LINK, f"on {device.name}", device.link)


def tc_hooks(asking: AskingSocket, found: Iterable[Device]) -> Iterator[Hook]:
    """Filters of clsact, ingress and classful qdiscs, and qdiscs that lose frames. Raises OSError."""
    by_index = {device.link.ifindex: device for device in found}
    for message in _dump(asking, request(RTM_GETQDISC, NLM_F_DUMP, _tcmsg.pack(0, 0, 0, 0, 0))):
        _, ifindex, handle, _, _ = _tcmsg.unpack_from(message.buffer, message.start)
        kind = _text(_fields(message, _tcmsg.size).get(TCA_KIND, b""))
        device = by_index.get(ifindex)
        if device is None or kind in _PLAIN_QDISCS:
            continue
        if kind in _LOSSY_QDISCS:
            yield Hook(HookKind.TC, Stage.LINK, f"{kind} on {device.name}", device.link, "egress")
        for parent, way in _parents(kind, handle):
            if _has_filters(asking, ifindex, parent):
                yield Hook(HookKind.TC, Stage.LINK, f"{kind} {way} on {device.name}", device.link, way)


def tcx_hooks(found: Iterable[Device]) -> Iterator[Hook]:
    """BPF programs on the tcx and netkit hooks, in the calling thread's namespace.

    Raises OSError: EPERM without root, ENOSYS where the number of bpf(2) is not known.
    """
    for device in found:
        places = {**_TCX, **_NETKIT} if device.kind == "netkit" else _TCX
        for place, way in places.items():
            try:
                count = _programs(device.link.ifindex, place)
            except OSError as error:
                if error.errno == errno.EINVAL:  # a kernel without this hook
                    return
                if error.errno == errno.ENODEV:
                    continue
                raise
            if count:
                yield Hook(HookKind.TC, Stage.LINK, f"bpf {way} on {device.name}", device.link, way)


def _device(namespace: NamespaceId, message: Message) -> Device:
    ifindex = _ifinfo.unpack_from(message.buffer, message.start)[2]
    fields = _fields(message, _ifinfo.size)
    xdp = _nest(fields.get(IFLA_XDP, b""))
    info = _nest(fields.get(IFLA_LINKINFO, b""))
    kind = _text(info.get(IFLA_INFO_KIND, b""))
    options = _nest(info.get(IFLA_INFO_DATA, b"")) if kind == "bridge" else {}
    calls = frozenset(word for number, word in _BRIDGE_CALLS.items() if any(options.get(number, b"")))
    return Device(
        LinkId(namespace, ifindex),
        _text(fields.get(IFLA_IFNAME, b"")),
        kind,
        any(xdp.get(IFLA_XDP_ATTACHED, b"")),
        calls,
    )


def _parents(kind: str, handle: int) -> Iterator[tuple[int, str]]:
    """Where filters of a qdisc hang."""
    match kind:
        case "clsact":
            yield from _CLSACT.items()
        case "ingress":
            yield _INGRESS, "ingress"
        case _ if handle:
            yield handle, "egress"


def _has_filters(asking: AskingSocket, ifindex: int, parent: int) -> bool:
    asked = request(RTM_GETTFILTER, NLM_F_DUMP, _tcmsg.pack(0, ifindex, 0, parent, 0))
    try:
        return bool(_dump(asking, asked))
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.EOPNOTSUPP):  # a kind that takes none
            return False
        raise


def _programs(ifindex: int, place: int) -> int:
    """How many BPF programs hang there (BPF_PROG_QUERY). Raises OSError."""
    number = _BPF_NUMBERS.get(os.uname().machine)
    if number is None:
        raise OSError(errno.ENOSYS, "the number of bpf(2) is not known on this machine")
    buffer = ctypes.create_string_buffer(_query.pack(ifindex, place, 0, 0, 0, 0), _query.size)
    if _libc.syscall(number, BPF_PROG_QUERY, buffer, _query.size) < 0:
        failed = ctypes.get_errno()
        raise OSError(failed, f"bpf: {os.strerror(failed)}")
    return int(_query.unpack(buffer.raw)[5])


def _dump(asking: AskingSocket, asked: bytes) -> list[Message]:
    found: list[Message] = []
    for _ in range(_TRIES):
        try:
            return asking.dump(asked)
        except DumpInterrupted as interrupted:
            found = interrupted.messages
    return found


def _fields(message: Message, header: int) -> dict[int, bytes]:
    start = message.start + header
    places = walk(message.buffer, start, message.end)
    return {kind: message.buffer[start + at : start + at + size] for kind, (at, size) in places.items()}


def _nest(payload: bytes) -> dict[int, bytes]:
    return {kind: payload[at : at + size] for kind, (at, size) in walk(payload, 0, len(payload)).items()}


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
