"""What the driver of a NIC says: its name, speed and duplex.

Sources: linux/ethtool.h, netdevice(7). Both requests are old, and every driver answers them without privileges.
"""

import ctypes
import fcntl
import socket
import struct
from collections.abc import Iterable, Iterator
from typing import Final

from model.tables import Nic

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


def read_nics(asking: socket.socket, indexes: Iterable[int]) -> Iterator[Nic]:
    """Of these links in the namespace that the socket was made in; nothing of those that do not answer."""
    for index in indexes:
        try:
            request = bytearray(_index.pack(b"", index))
            fcntl.ioctl(asking, SIOCGIFNAME, request)
            name = bytes(request[:16])
        except OSError:  # gone since
            continue
        driver = _ask(asking, name, ETHTOOL_GDRVINFO, _driver.size)
        settings = _ask(asking, name, ETHTOOL_GSET, _settings.size)
        if driver is not None or settings is not None:
            yield Nic(index, _driver_name(driver), *_speed(settings))


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
