"""What sits on a link and does not come back: filters, queueing disciplines, XDP and BPF programs, packet sockets.

All of it is read in the namespace of the calling thread. Sources: tc(8), bpf(2), packet(7), linux/{pkt_sched,bpf}.h.
"""

import ctypes
import platform
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from backend.kept_entries import raw_fields
from backend.netlink_sockets import AskingSocket, DumpInterrupted
from backend.processes import PROC, Process, open_files
from backend.rtnetlink import NLM_F_DUMP, Message, request

RTM_GETQDISC, RTM_GETTFILTER = 38, 46
TCA_KIND: Final = 1
TC_H_CLSACT: Final = 0xFFFFFFF1
_SIDES: Final = {0xFFFFFFF2: "incoming", 0xFFFFFFF3: "outgoing"}
_BPF_PROG_QUERY: Final = 16
_TCX: Final = {46: "incoming", 47: "outgoing"}
"""BPF_TCX_INGRESS, BPF_TCX_EGRESS."""
_BPF_NUMBERS: Final = {"x86_64": 321, "aarch64": 280, "riscv64": 280, "ppc64le": 361, "s390x": 351}
_tcmsg = struct.Struct("=BxxxiIII")
_query = struct.Struct("=IIIIQIxxxxQQQQ")
_libc = ctypes.CDLL(None, use_errno=True)


def has_clsact(asking: AskingSocket, index: int) -> bool:
    """It has the clsact qdisc, that filters are attached to."""
    return any(kind == "clsact" for kind, _ in _qdiscs(asking, index))


def on_link(asking: AskingSocket, index: int) -> Iterator[str]:
    """tc filters, a root queueing discipline that somebody chose, tcx programs; each in a few words."""
    for kind, handle in _qdiscs(asking, index):
        if kind != "clsact" and handle >> 16:
            yield f"the queueing discipline {kind}"
    for parent, side in _SIDES.items():
        kinds = sorted({_kind(message) for message in _dump(asking, RTM_GETTFILTER, index, parent)} - {""})
        if kinds:
            yield f"tc filters on {side} traffic ({', '.join(kinds)})"
    for attach, side in _TCX.items():
        count = _programs(index, attach)
        if count:
            yield f"{count} BPF program{'s' * (count > 1)} on {side} traffic (tcx)"


def packet_sockets(proc: Path = PROC) -> Mapping[int, tuple[str, ...]]:
    """ifindex -> who has a packet socket bound to it here; by its inode where no process is seen to have it."""
    bound: dict[int, list[str]] = {}
    try:
        rows = (proc / "thread-self/net/packet").read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return {}
    for row in rows:
        columns = row.split()
        if len(columns) >= 9 and int(columns[4]):
            bound.setdefault(int(columns[4]), []).append(columns[8])
    if not bound:
        return {}
    holders = _holders({inode for inodes in bound.values() for inode in inodes}, proc)
    return {index: tuple(holders.get(inode, "a process") for inode in inodes) for index, inodes in bound.items()}


def _holders(inodes: Iterable[str], proc: Path) -> Mapping[str, str]:
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    found: dict[str, str] = {}
    for pid in (int(entry.name) for entry in proc.iterdir() if entry.name.isdecimal()):
        for _, target in open_files(pid, proc):
            if target in wanted:
                found.setdefault(wanted[target], f"{Process(pid, proc).comm} ({pid})")
    return found


def _qdiscs(asking: AskingSocket, index: int) -> Iterator[tuple[str, int]]:
    for message in _dump(asking, RTM_GETQDISC, index, 0):
        _, its, handle, _, _ = _tcmsg.unpack_from(message.buffer, message.start)
        if its == index:
            yield _kind(message), handle


def _kind(message: Message) -> str:
    return raw_fields(message, _tcmsg.size).get(TCA_KIND, b"").rstrip(b"\0").decode("ascii", "replace")


def _dump(asking: AskingSocket, kind: int, index: int, parent: int) -> list[Message]:
    try:
        return asking.dump(request(kind, NLM_F_DUMP, _tcmsg.pack(0, index, 0, parent, 0)))
    except DumpInterrupted as interrupted:
        return interrupted.messages
    except OSError:  # this kernel has no traffic control
        return []


def _programs(index: int, attach: int) -> int:
    """How many tcx programs; 0 where this kernel, or our rights, cannot tell."""
    number = _BPF_NUMBERS.get(platform.machine())
    if number is None:
        return 0
    attributes = bytearray(_query.pack(index, attach, 0, 0, 0, 0, 0, 0, 0, 0))
    buffer = (ctypes.c_char * len(attributes)).from_buffer(attributes)
    if _libc.syscall(number, _BPF_PROG_QUERY, buffer, len(attributes)):
        return 0
    return int(struct.unpack_from("=I", attributes, 24)[0])
