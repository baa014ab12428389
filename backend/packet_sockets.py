"""Sockets for whole frames (packet(7)), by ifindex: a device's name may be no text that Python can bind to."""

import ctypes
import os
import socket
import struct
from typing import Final

ETH_P_ALL: Final = 3
SO_ATTACH_FILTER: Final = 26
_SKF_AD_IFINDEX: Final = 0xFFFFF000 + 8
"""linux/filter.h: the load address of a frame's ifindex."""
_LD_ABS, _JEQ, _RET = 0x20, 0x15, 0x06
_instruction = struct.Struct("=HBBI")
_sockaddr_ll = struct.Struct("=HHiHBB8s")
_libc = ctypes.CDLL(None, use_errno=True)


def sender(ifindex: int) -> socket.socket:
    """Sends whole frames through a device of the calling thread's namespace, and hears nothing. Raises OSError."""
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
    try:
        _bind(made, 0, ifindex)
    except OSError:
        made.close()
        raise
    return made


def hears_elsewhere(ifindex: int, to: bytes) -> socket.socket:
    """Hears every frame whose destination begins with these four bytes, on every device but one. Raises OSError.

    Of the calling thread's namespace, coming and going; without waiting.
    """
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, 0)
    try:
        _filter(
            made,
            (_LD_ABS, 0, 0, _SKF_AD_IFINDEX),
            (_JEQ, 3, 0, ifindex),
            (_LD_ABS, 0, 0, 0),
            (_JEQ, 0, 1, int.from_bytes(to[:4], "big")),
            (_RET, 0, 0, 0x40000),
            (_RET, 0, 0, 0),
        )
        _bind(made, ETH_P_ALL, 0)
    except OSError:
        made.close()
        raise
    return made


def heard(listener: socket.socket) -> list[bytes]:
    """The frames that have come to a socket since."""
    frames: list[bytes] = []
    while True:
        try:
            frames.append(listener.recv(2048))
        except BlockingIOError:
            return frames


def _bind(made: socket.socket, kind: int, ifindex: int) -> None:
    address = _sockaddr_ll.pack(socket.AF_PACKET, socket.htons(kind), ifindex, 0, 0, 0, b"")
    if _libc.bind(made.fileno(), address, len(address)):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _filter(made: socket.socket, *instructions: tuple[int, int, int, int]) -> None:
    """SO_ATTACH_FILTER: a struct sock_fprog, which points to the instructions."""
    program = ctypes.create_string_buffer(b"".join(_instruction.pack(*one) for one in instructions))
    pointer = struct.pack("@HP", len(instructions), ctypes.addressof(program))
    made.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, pointer)
