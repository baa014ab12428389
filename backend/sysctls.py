"""A link's own sysctls, /proc/sys/net/FAMILY/conf/LINK/KEY (Documentation/networking/ip-sysctl.rst).

What is seen there belongs to the namespace of the calling thread: call this inside it (backend.netns.inside).
"""

import errno
import os
import re
from collections.abc import Mapping
from typing import Final

from model.names import link_name_problem, raw_bytes

_KEY: Final = re.compile(r"[a-z0-9_]+")
FAMILIES: Final = ("ipv4", "ipv6")
_SHARED: Final = (b"all", b"default")
"""Not of a link: a link of such a name has no sysctls (sysctl_dev_name_is_allowed, net/ipv4/devinet.c)."""
_LONGEST: Final = 4096


def read(family: str, link: str, key: str) -> str | None:
    """The value; None where this link has none such, or it may not be read."""
    try:
        return _value(_path(family, link, key))
    except OSError:
        return None


def read_all(family: str, link: str) -> Mapping[str, str]:
    """Every key and its value; empty where the link has none."""
    try:
        directory = _path(family, link, "x").removesuffix(b"/x")
    except OSError:
        return {}
    return _values(directory)


def of_new_links(family: str) -> Mapping[str, str]:
    """What a new link gets in this namespace (conf/default)."""
    return _values(b"/proc/sys/net/%s/conf/default" % family.encode())


def write(family: str, link: str, key: str, value: str) -> None:
    """Raises OSError: ENOENT where this link has no such key, EROFS where /proc/sys is read-only."""
    fd = os.open(_path(family, link, key), os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, value.encode("ascii"))
    finally:
        os.close(fd)


def _values(directory: bytes) -> Mapping[str, str]:
    try:
        keys = sorted(os.listdir(directory))  # noqa: PTH208  a name may be any bytes
    except OSError:
        return {}
    values = ((os.fsdecode(key), _value(directory + b"/" + key)) for key in keys)
    return {key: value for key, value in values if value is not None}


def _value(path: bytes) -> str | None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return os.read(fd, _LONGEST).decode("ascii", "replace").strip()
    except OSError:  # stable_secret while it is not set
        return None
    finally:
        os.close(fd)


def _path(family: str, link: str, key: str) -> bytes:
    """Raises OSError where this would be another file than one of this link."""
    name = raw_bytes(link)
    if family not in FAMILIES or not _KEY.fullmatch(key) or name in _SHARED or link_name_problem(link) is not None:
        raise OSError(errno.ENOENT, "a link of this name has no such sysctl")
    return b"/proc/sys/net/%s/conf/%s/%s" % (family.encode(), name, key.encode())
