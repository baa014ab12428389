"""Whether anybody changes our rules, and who: nf_tables tells every change (NFNLGRP_NFTABLES, linux/nfnetlink.h).

What belongs together ends with a NEWGEN that names the process. Source: nf_tables_gen_notify() in Linux.
"""

import os
import select
import socket
import struct
import threading
from collections.abc import Callable
from typing import Final

from backend.attributes import walk
from backend.rtnetlink import messages
from model.guard_rules import TABLE

_NETLINK_NETFILTER: Final = 12
_NFNLGRP_NFTABLES: Final = 7
_NFT_MSG_NEWGEN: Final = 10 << 8 | 15
_NFTA_GEN_PROC_PID, _NFTA_GEN_PROC_NAME = 2, 3
_HEADER: Final = 4
_MOST: Final = 1 << 16
_OURS: Final = TABLE.encode()
_be32 = struct.Struct("!I")


class FirewallNews:
    """Calls back, from a thread of its own, whenever our table was changed in the namespace of the thread that made it.

    With who did it, as host text; None: it was not told, or more was changed than could be.
    """

    def __init__(self, changed: Callable[[str | None], None]) -> None:
        """Raises OSError where nothing can be heard."""
        self._changed = changed
        self._is_ours = False
        """What was told since the last NEWGEN is about our table, too."""
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_NETFILTER)
        try:
            self._socket.bind((0, 1 << (_NFNLGRP_NFTABLES - 1)))
            self._socket.setblocking(False)
            self._end_out, self._end_in = os.pipe2(os.O_CLOEXEC)
        except OSError:
            self._socket.close()
            raise
        self._thread = threading.Thread(target=self._hear, name="firewall-news", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """No more calls."""
        os.close(self._end_in)
        self._thread.join()
        os.close(self._end_out)
        self._socket.close()

    def _hear(self) -> None:
        poll = select.poll()
        poll.register(self._end_out, select.POLLIN)
        poll.register(self._socket, select.POLLIN)
        while True:
            ready = dict(poll.poll())
            if self._end_out in ready:
                return
            try:
                while told := self._socket.recv(_MOST):
                    self._take(told)
            except BlockingIOError:
                pass
            except OSError:  # ENOBUFS
                self._changed(None)

    def _take(self, told: bytes) -> None:
        for message in messages(told):
            if message.type != _NFT_MSG_NEWGEN:
                self._is_ours = self._is_ours or _OURS in told[message.start : message.end]
            elif self._is_ours:
                self._is_ours = False
                self._changed(_who(told[message.start + _HEADER : message.end]))


def _who(fields: bytes) -> str | None:
    places = {kind: fields[at : at + size] for kind, (at, size) in walk(fields, 0, len(fields)).items()}
    name, pid = places.get(_NFTA_GEN_PROC_NAME), places.get(_NFTA_GEN_PROC_PID)
    if name is None or pid is None or len(pid) < _be32.size:
        return None
    return f"{name.rstrip(bytes(1)).decode('utf-8', 'surrogateescape')} (process {_be32.unpack(pid)[0]})"
