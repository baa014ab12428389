"""Namespaces that are held by something unusual, for as long as the body runs."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backend.netns import open_own_netns, unshare_netns

_HELD_BY_A_PROCESS = """
import ctypes, sys
assert ctypes.CDLL(None).unshare(0x40000000) == 0
print("ready", flush=True)
sys.stdin.read()
"""
_HELD_BY_A_THREAD = """
import ctypes, sys, threading
def hold():
    assert ctypes.CDLL(None).unshare(0x40000000) == 0
    print(threading.get_native_id(), flush=True)
    sys.stdin.read()
threading.Thread(target=hold).start()
"""
_HELD_BY_A_DESCRIPTOR = """
import ctypes, os, sys
home = os.open("/proc/self/ns/net", os.O_RDONLY)
assert ctypes.CDLL(None).unshare(0x40000000) == 0
held = os.open("/proc/self/ns/net", os.O_RDONLY)
assert ctypes.CDLL(None).setns(home, 0x40000000) == 0
print(held, flush=True)
sys.stdin.read()
"""


def in_new_netns(work: Callable[[], None]) -> None:
    """Do some work in a new namespace, on a thread that ends with it."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            unshare_netns()
            work()
        except BaseException as failure:  # noqa: BLE001 - it is raised again, in the caller's thread
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


@contextmanager
def netns_of_a_socket(furnish: Callable[[str], None]) -> Iterator[None]:
    """A namespace that only a socket holds: /proc cannot tell. `furnish` gets a path to it before that is so."""
    held: list[tuple[int, socket.socket]] = []
    in_new_netns(lambda: held.append((open_own_netns(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM))))
    ((fd, holder),) = held
    with holder:
        try:
            furnish(f"/proc/{os.getpid()}/fd/{fd}")
        finally:
            os.close(fd)
        yield


@contextmanager
def netns_of_a_process() -> Iterator[str]:
    """A path to the anonymous namespace of another process."""
    with _child(_HELD_BY_A_PROCESS) as (pid, _):
        yield f"/proc/{pid}/ns/net"


@contextmanager
def netns_of_a_thread() -> Iterator[str]:
    """A path to an anonymous namespace that only a thread of another process is in."""
    with _child(_HELD_BY_A_THREAD) as (pid, word):
        yield f"/proc/{pid}/task/{word}/ns/net"


@contextmanager
def netns_of_a_descriptor() -> Iterator[str]:
    """A path to an anonymous namespace that another process holds open without being in it."""
    with _child(_HELD_BY_A_DESCRIPTOR) as (pid, word):
        yield f"/proc/{pid}/fd/{word}"


@contextmanager
def _child(program: str) -> Iterator[tuple[int, str]]:
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        word = child.stdout.readline().strip()
        try:
            yield child.pid, word
        finally:
            child.kill()
