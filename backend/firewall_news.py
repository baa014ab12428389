"""Whether anybody changes the firewall: nf_tables tells every change of rules (NFNLGRP_NFTABLES, linux/nfnetlink.h)."""

import os
import select
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

_NETLINK_NETFILTER: Final = 12
_NFNLGRP_NFTABLES: Final = 7
_MOST: Final = 1 << 16


class FirewallNews:
    """Calls back, from a thread of its own, whenever rules were changed in the namespace of the thread that made it."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """Raises OSError where nothing can be heard."""
        self._changed = changed
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
            with suppress(OSError):  # ENOBUFS: more was changed than could be told
                while self._socket.recv(_MOST):
                    pass
            self._changed()
