"""Where a runtime can be asked about a container."""

from dataclasses import dataclass

from backend.owners.daemon_socket import DaemonSockets
from backend.owners.state_file import StateFiles


@dataclass(frozen=True, slots=True)
class Sources:
    """Files, sockets, and the daemons that run here now."""

    files: StateFiles
    sockets: DaemonSockets
    dockerds: tuple[tuple[str, ...], ...] = ()
    """The argv of each trusted dockerd."""
