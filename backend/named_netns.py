"""Names for network namespaces, as ip-netns(8) keeps them: bind mounts of nsfs in /run/netns.

Sources: ip/ipnetns.c of iproute2, mount_namespaces(7), mount(2).
"""

import contextlib
import ctypes
import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Final

from backend.netns import open_own_netns, unshare_netns
from model.names import raw_bytes

RUN_NETNS: Final = Path("/run/netns")
_MS_BIND, _MS_REC, _MS_SHARED = 0x1000, 0x4000, 1 << 20
_MNT_DETACH: Final = 2
_NO_NAME: Final = ("", ".", "..")
_libc = ctypes.CDLL(None, use_errno=True)


def new() -> int:
    """A descriptor of a new, empty namespace, which the caller closes: it lives on if it has a name by then.

    Raises OSError.
    """
    made: list[int] = []

    def make() -> None:
        unshare_netns()
        made.append(open_own_netns())

    in_new_thread(make)
    return made[0]


def attach(fd: int, name: str, place: Path = RUN_NETNS) -> None:
    """A name for the namespace of `fd` (`ip netns attach`). Raises OSError; FileExistsError where the name is taken."""
    path = _path(name, place)
    with _locked(place):
        _share(os.fsencode(place))
        os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0))
        try:
            _mount(_mount_of(fd), path, _MS_BIND)
        except OSError:
            os.unlink(path)  # noqa: PTH108  the name may be any bytes
            raise


def open_named(name: str, place: Path = RUN_NETNS) -> int:
    """A descriptor of the namespace that has this name now; the caller closes it. Raises OSError."""
    fd = os.open(_path(name, place), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if os.fstat(fd).st_dev == os.lstat(os.fsencode(place)).st_dev:  # `ip` too leaves a file, if it dies midway
        os.close(fd)
        raise OSError(errno.EINVAL, "no namespace is mounted there")
    return fd


def drop(fd: int, name: str, place: Path = RUN_NETNS) -> None:
    """Take a name away (`ip netns delete`) from the namespace of `fd`, which `open_named` gave for it. Raises OSError.

    The namespace dies with its last process. Another one that has got the name meanwhile keeps it: what is unmounted is
    the mount that `fd` was opened by, and what is mounted is not unlinked (EBUSY).
    """
    with _locked(place):
        _check(_libc.umount2(_mount_of(fd), _MNT_DETACH), "umount")
        try:
            os.unlink(_path(name, place))  # noqa: PTH108  the name may be any bytes
        except OSError as error:
            if error.errno not in (errno.EBUSY, errno.ENOENT):
                raise


def _mount_of(fd: int) -> bytes:
    return b"/proc/thread-self/fd/%d" % fd


def _path(name: str, place: Path) -> bytes:
    raw = raw_bytes(name)
    if name in _NO_NAME or b"/" in raw or b"\0" in raw:
        raise OSError(errno.EINVAL, "a namespace's name is the name of a file")
    return os.fsencode(place) + b"/" + raw


@contextlib.contextmanager
def _locked(place: Path) -> Iterator[None]:
    """`ip` and we take turns: else each would stack a mount of its own on the directory."""
    place.mkdir(mode=stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH, exist_ok=True)
    fd = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _share(place: bytes) -> None:
    """Make the directory a shared mount: a name given, or taken away, in one mount namespace is so in all."""
    try:
        _mount(b"", place, _MS_SHARED | _MS_REC)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        _mount(place, place, _MS_BIND | _MS_REC)
        _mount(b"", place, _MS_SHARED | _MS_REC)


def _mount(source: bytes, target: bytes, flags: int) -> None:
    _check(_libc.mount(source, target, b"none", flags, None), "mount")


def _check(result: int, call: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")


def in_new_thread(work: Callable[[], None]) -> None:
    """Do it in a thread that ends with it: wherever that goes, nobody else is taken along. Raises what it raises."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  handed to the caller as it is
            failed.append(error)

    thread = Thread(target=run, name="new-namespace")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
