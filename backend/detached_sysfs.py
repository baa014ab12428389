"""/sys/class/net of any namespace, without mounting anything anywhere: a mount that only a descriptor holds.

What /sys shows belongs to the namespace that was current when it was mounted, whatever the reader's is now. A detached
mount (fsopen(2), fsconfig(2), fsmount(2), Linux 5.2) vanishes with its descriptor: nothing is left in the host.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from model.names import raw_bytes

_FSOPEN, _FSCONFIG, _FSMOUNT = 430, 431, 432
"""The same numbers on every architecture but alpha (include/uapi/asm-generic/unistd.h)."""
_CLOEXEC: Final = 1
_CMD_CREATE: Final = 6
_ATTR_RDONLY: Final = 1
_LONGEST: Final = 4096
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def sysfs() -> Iterator[int]:
    """A descriptor of the root of sysfs as the calling thread's network namespace sees it. Raises OSError."""
    context = _call("fsopen", _FSOPEN, b"sysfs", _CLOEXEC)
    try:
        _call("fsconfig", _FSCONFIG, context, _CMD_CREATE, None, None, 0)
        root = _call("fsmount", _FSMOUNT, context, _CLOEXEC, _ATTR_RDONLY)
    finally:
        os.close(context)
    try:
        yield root
    finally:
        os.close(root)


def link_attribute(root: int, name: str, attribute: str) -> str | None:
    """One file of a link; None where there is no such link, or the kernel has no answer."""
    try:
        fd = os.open(
            b"class/net/%s/%s" % (raw_bytes(name), attribute.encode()), os.O_RDONLY | os.O_CLOEXEC, dir_fd=root
        )
    except OSError:
        return None
    try:
        return os.read(fd, _LONGEST).decode("ascii", "replace").strip()
    except OSError:
        return None
    finally:
        os.close(fd)


def _call(name: str, number: int, *arguments: bytes | int | None) -> int:
    result = int(_libc.syscall(number, *arguments))
    if result < 0:
        failed = ctypes.get_errno()
        raise OSError(failed, f"{name}: {os.strerror(failed)}")
    return result
