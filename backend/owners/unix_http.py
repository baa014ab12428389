"""HTTP over a unix socket. Sources: RFC 9112, unix(7)."""

import http.client
import socket

_LONGEST = 32 << 20


def get(path: str, url: str, timeout: float) -> bytes | None:
    """What `GET url` answers; None where it says anything but 200. `timeout` is in seconds, for each step.

    Raises OSError where nobody listens, TimeoutError included; ValueError where the answer is no HTTP.
    """
    connection = _UnixConnection(path, timeout)
    try:
        connection.request("GET", url)
        answer = connection.getresponse()
        return answer.read(_LONGEST) if answer.status == http.client.OK else None
    except http.client.HTTPException as nonsense:
        raise ValueError(f"{path} does not speak HTTP: {nonsense}") from nonsense
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
