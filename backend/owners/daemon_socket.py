"""Asking a runtime's daemon: plain HTTP over its unix socket, and never for long."""

import http.client
import json
import socket
from pathlib import Path

_LONGEST = 32 << 20


class DaemonSockets:
    """The sockets of runtimes' daemons. One that kept us waiting is not asked again before the next `new_round()`."""

    def __init__(self, timeout: float = 0.3, root: Path = Path("/")) -> None:
        self.timeout = timeout
        """Seconds for each step of an answer."""
        self._root = root
        self._silent: set[str] = set()

    def new_round(self) -> None:
        """Ask the silent ones again."""
        self._silent.clear()

    def get(self, path: str, url: str) -> object:
        """The JSON that `GET url` answers, None where there is no daemon or it says no. Raises TimeoutError."""
        if path in self._silent:
            raise TimeoutError(f"{path} did not answer")
        connection = _UnixConnection(str(self._root / path.lstrip("/")), self.timeout)
        try:
            connection.request("GET", url)
            answer = connection.getresponse()
            text = answer.read(_LONGEST)
            return json.loads(text) if answer.status == http.client.OK else None
        except TimeoutError:
            self._silent.add(path)
            raise
        except (OSError, http.client.HTTPException, ValueError, RecursionError):
            return None
        finally:
            connection.close()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
