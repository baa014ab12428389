"""What the driver of a NIC says: its name, speed and duplex.

Sources: linux/ethtool.h, netdevice(7). Both requests are old, and every driver answers them without privileges.
"""

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from backend.netns import inside
from model.identity import LinkId, NamespaceId
from model.link import Link
from model.nic import Nic

SIOCGIFNAME, SIOCETHTOOL = 0x8910, 0x8946
ETHTOOL_GSET, ETHTOOL_GDRVINFO = 0x1, 0x3
_UNKNOWN_SPEEDS: Final = (0, 0xFFFF, 0xFFFFFFFF)
_DUPLEX: Final = {0: "half", 1: "full"}

_index = struct.Struct("=16si20x")
"""struct ifreq with an ifindex."""
_pointer = struct.Struct("@16sP16x")
"""The same with the address of what is asked."""
_settings = struct.Struct("=IIIHBBBBBBIIHBBIII")
"""struct ethtool_cmd."""
_driver = struct.Struct("=I32s160x")
"""struct ethtool_drvinfo."""


def read_nics(links: Iterable[Link], open_namespace: Callable[[NamespaceId], int]) -> Iterator[tuple[LinkId, Nic]]:
    """Of those that are nobody's virtual links; nothing of those that do not answer.

    Moves the calling thread to each namespace and back.
    """
    nics: dict[NamespaceId, list[LinkId]] = {}
    for link in links:
        if link.kind == "device":
            nics.setdefault(link.id.namespace, []).append(link.id)
    for namespace, own in nics.items():
        try:
            asking = _socket_in(namespace, open_namespace)
        except OSError:  # it has died, or cannot be entered
            continue
        with asking:
            yield from ((link, nic) for link in own if (nic := ask_driver(asking, link.ifindex)) is not None)


def _socket_in(namespace: NamespaceId, open_namespace: Callable[[NamespaceId], int]) -> socket.socket:
    fd = open_namespace(namespace)
    try:
        with inside(fd):
            return socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    finally:
        os.close(fd)


def ask_driver(asking: socket.socket, ifindex: int) -> Nic | None:
    """Of one link in the namespace that the socket was made in."""
    request = bytearray(_index.pack(b"", ifindex))
    try:
        fcntl.ioctl(asking, SIOCGIFNAME, request)
    except OSError:  # gone since
        return None
    name = bytes(request[:16])
    driver = _ask(asking, name, ETHTOOL_GDRVINFO, _driver.size)
    settings = _ask(asking, name, ETHTOOL_GSET, _settings.size)
    return None if driver is None and settings is None else Nic(_driver_name(driver), *_speed(settings))


def _ask(asking: socket.socket, name: bytes, what: int, size: int) -> bytes | None:
    buffer = ctypes.create_string_buffer(struct.pack("=I", what), size)
    try:
        fcntl.ioctl(asking, SIOCETHTOOL, _pointer.pack(name, ctypes.addressof(buffer)))
    except OSError:
        return None
    return buffer.raw


def _driver_name(answer: bytes | None) -> str:
    if answer is None:
        return ""
    return bytes(_driver.unpack(answer)[1]).partition(b"\0")[0].decode("ascii", "replace")


def _speed(answer: bytes | None) -> tuple[int | None, str]:
    if answer is None:
        return None, ""
    fields = _settings.unpack(answer)
    low, duplex, high = fields[3], fields[4], fields[12]
    speed = high << 16 | low
    return (None if speed in _UNKNOWN_SPEEDS else speed), _DUPLEX.get(duplex, "")
