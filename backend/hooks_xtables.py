"""Legacy iptables, ip6tables, arptables and ebtables, by getsockopt(2).

Rules of iptables-nft are nf_tables' (backend.hooks_nft). Sources: linux/netfilter_ipv4/ip_tables.h,
linux/netfilter_ipv6/ip6_tables.h, linux/netfilter_arp/arp_tables.h, linux/netfilter_bridge/ebtables.h.
"""

import ctypes
import errno
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from backend.kernel_modules import is_loaded
from model.conditions import Hook, HookKind, Stage

_CHAINS: Final = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
_ARP_CHAINS: Final = ("INPUT", "OUTPUT", "FORWARD")
XT_ACCEPT: Final = -2
"""-NF_ACCEPT - 1: how a policy is written in a table."""
_TARGET_HEADER: Final = 32
"""sizeof(struct xt_entry_target); the verdict follows it."""
_EBTABLES: Final = ("filter", "nat", "broute")
EBT_SO_GET_INFO: Final = 128
_NOT_THERE: Final = (errno.ENOENT, errno.ENOPROTOOPT, errno.EINVAL)

_name_and_size = struct.Struct("=32sI4x")
_u16 = struct.Struct("=H")
_s32 = struct.Struct("=i")
_ebt_replace = struct.Struct("=32sIII4x6QI4xQQ")
_libc = ctypes.CDLL(None, use_errno=True)


class _Family(NamedTuple):
    word: str
    listing: str
    """/proc/net/...: the tables that somebody asked for in this namespace."""
    family: int
    level: int
    get_info: int
    """The number of the option; the next one gets the entries."""
    target_offset: int
    """Where an entry says where its target is."""
    stage: Stage
    chains: tuple[str, ...]

    @property
    def info(self) -> struct.Struct:
        """struct ipt_getinfo: name, valid_hooks, hook_entry, underflow, num_entries, size."""
        return struct.Struct(f"=32sI{len(self.chains)}I{len(self.chains)}III")


_FAMILIES: Final = (
    _Family("ip", "ip_tables_names", socket.AF_INET, socket.IPPROTO_IP, 64, 88, Stage.IP, _CHAINS),
    _Family("ip6", "ip6_tables_names", socket.AF_INET6, socket.IPPROTO_IPV6, 64, 140, Stage.IP, _CHAINS),
    _Family("arp", "arp_tables_names", socket.AF_INET, socket.IPPROTO_IP, 96, 168, Stage.ARP, _ARP_CHAINS),
)


def xtables_hooks() -> Iterator[Hook]:
    """Chains that may drop something, in the calling thread's namespace. Raises OSError where they may not be read."""
    for family in _FAMILIES:
        for table in _tables(family.listing):
            for chain in _chains(family, table):
                yield Hook(HookKind.IPTABLES, family.stage, f"{family.word} {table} {chain}", chain=chain.lower())
    if is_loaded("ebtables"):
        yield from _ebtables_hooks()


def _tables(listing: str) -> list[str]:
    try:
        return Path("/proc/thread-self/net", listing).read_text(encoding="ascii", errors="replace").split()
    except FileNotFoundError:
        return []


def _chains(family: _Family, table: str) -> Iterator[str]:
    """A chain that holds its policy alone, which accepts, passes everything."""
    shape, count = family.info, len(family.chains)
    with socket.socket(family.family, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.IPPROTO_RAW) as sock:
        asked = table.encode().ljust(shape.size, b"\0")
        _, valid, *numbers = shape.unpack(_get(sock, family.level, family.get_info, asked))
        starts, policies, size = numbers[:count], numbers[count : 2 * count], numbers[-1]
        asked = _name_and_size.pack(table.encode(), size) + bytes(size)
        entries = _get(sock, family.level, family.get_info + 1, asked)[_name_and_size.size :]
    for number, chain in enumerate(family.chains):
        is_empty = starts[number] == policies[number]
        if valid >> number & 1 and not (is_empty and _verdict(entries, policies[number], family) == XT_ACCEPT):
            yield chain


def _verdict(entries: bytes, at: int, family: _Family) -> int | None:
    """What the policy at this place says; None where there is nothing to read."""
    try:
        target = at + _u16.unpack_from(entries, at + family.target_offset)[0]
        return int(_s32.unpack_from(entries, target + _TARGET_HEADER)[0])
    except struct.error:
        return None


def _ebtables_hooks() -> Iterator[Hook]:
    """Which of its chains the rules are in is not looked at."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.IPPROTO_RAW) as sock:
        for table in _EBTABLES:
            asked = table.encode().ljust(_ebt_replace.size, b"\0")
            try:
                count = _ebt_replace.unpack(_get(sock, socket.IPPROTO_IP, EBT_SO_GET_INFO, asked))[2]
            except OSError as error:
                if error.errno in _NOT_THERE:
                    continue
                raise
            if count:
                yield Hook(HookKind.IPTABLES, Stage.BRIDGE, f"bridge {table}")


def _get(sock: socket.socket, level: int, option: int, asked: bytes) -> bytes:
    """getsockopt(2) that reads what it is given, too. Raises OSError."""
    buffer = ctypes.create_string_buffer(asked, len(asked))
    length = ctypes.c_uint32(len(asked))
    if _libc.getsockopt(sock.fileno(), level, option, buffer, ctypes.byref(length)):
        number = ctypes.get_errno()
        raise OSError(number, f"getsockopt: {os.strerror(number)}")
    return buffer.raw[: length.value]
